"""The key `sweep` of a config, `-p` over it, and plans that are files."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import adamcli
from adamcli.config.axes import Drawn
from adamcli.config.document import read_mapping
from adamcli.config.load import parse_config, read_config
from adamcli.config.sweep import (
    SweepSettings,
    combined,
    read_parameters,
    read_plan,
    read_section,
)
from adamcli.diagnostics import ConfigError, Problems, Source
from adamcli.errors import AdamcliError
from adamcli.sweeps.variations import SweepOptions, vary

HEAD = "objective: x**2 + y**2\nbounds: {x: [-1, 1], y: [-1, 1]}\n"


def section_of(text: str) -> SweepSettings:
    problems = Problems()
    node = read_mapping(Source("c.yaml", "sweep:\n" + text), problems).get("sweep")
    assert node is not None
    settings = read_section(node, problems)
    problems.raise_if_any()
    return settings


def listed(axes) -> dict[str, list]:
    return {
        axis.key: [axis.values.plain(i) for i in range(axis.values.size)]
        for axis in axes
        if not isinstance(axis.values, Drawn)
    }


def problem_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(HEAD + text, "c.yaml")
    return str(caught.value)


def test_a_section_has_axes_in_its_order() -> None:
    text = """
  seed: 0..2
  alpha: [0.1, 0.01]
  n_iter: 5
  direction: minimize, maximize
  beta1: lin(0,1,3)
  objective:
    - x**2
    - max(x, y)
  bounds.x:
    - [-1, 1]
    - {low: 0, high: 2}
  start: {x: 1}
  bounds.y: "[-1, 1], [-2, 2]"
"""
    settings = section_of(text)
    assert listed(settings.axes) == {
        "seed": [0, 1, 2],
        "alpha": [0.1, 0.01],
        "n_iter": [5],
        "direction": ["minimize", "maximize"],
        "beta1": [0.0, 0.5, 1.0],
        "objective": ["x**2", "max(x, y)"],
        "bounds.x": ["[-1, 1]", "{low: 0, high: 2}"],
        "start": ["{x: 1}"],
        "bounds.y": ["[-1, 1]", "[-2, 2]"],
    }
    assert [axis.key for axis in settings.axes] == list(listed(settings.axes))
    assert settings[1:] == (False, None, "sobol", 0, ())


def test_a_section_has_options_that_are_not_axes() -> None:
    settings = section_of(
        "  zip: true\n  samples: 1e3\n  sampler: uniform\n  sample_seed: 7\n  alpha: uniform(0,1)\n"
    )
    assert settings[1:] == (True, 1000, "uniform", 7, ())
    assert [axis.key for axis in settings.axes] == ["alpha"]
    assert [axis for axis in settings.axes if isinstance(axis.values, Drawn)] == list(settings.axes)


def test_only_distributions_are_drawn() -> None:
    settings = section_of("  seed: 0..2\n  alpha: uniform(0,1)\n  beta1: choice(0.5, 0.9)\n")
    assert [
        axis.key for axis in [axis for axis in settings.axes if isinstance(axis.values, Drawn)]
    ] == ["alpha", "beta1"]


@pytest.mark.parametrize("samples", [1, 10_000_000])
def test_the_fewest_and_the_most_samples(samples) -> None:
    assert section_of(f"  samples: {samples}\n").samples == samples


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_the_first_and_the_last_sample_seed(seed) -> None:
    assert section_of(f"  sample_seed: {seed}\n").sample_seed == seed


BAD = {
    "sweep: 3": "c.yaml:3:8: sweep: expected axes, such as {alpha: [0.01, 0.1], seed: 0..9}, "
    "found `3`\n    sweep: 3\n           ^",
    "sweep: [1]": "c.yaml:3:8: sweep: expected axes",
    "sweep:": "c.yaml:3:7: sweep: expected axes",
    "sweep:\n  alpah: 1": "c.yaml:4:3: `alpah` is not a key of the config\n      alpah: 1\n"
    "      ^^^^^\n  did you mean `alpha`?",
    "sweep: {zips: true}": "c.yaml:3:9: `zips` is not a key of the config\n"
    "    sweep: {zips: true}\n            ^^^^\n  did you mean `zip`?",
    "sweep:\n  expect: x < 1": "c.yaml:4:3: `expect` cannot be an axis of a sweep",
    "sweep:\n  sweep: 1": "c.yaml:4:3: `sweep` cannot be an axis of a sweep",
    "sweep:\n  1: 2": "c.yaml:4:3: `1` is not a key of the config",
    "sweep:\n  alpha:\n": "c.yaml:4:3: the axis `alpha` is empty",
    "sweep:\n  alpha: []\n": "c.yaml:4:3: the axis `alpha` is empty",
    "sweep:\n  alpha:\n  - 0.1\n  - 0.10\n": "c.yaml:6:5: the axis `alpha` has the value 0.1 twice"
    "\n      - 0.10\n        ^^^^",
    "sweep:\n  alpha: 0.1, 0.1": "c.yaml:4:15: the axis `alpha` has the value 0.1 twice",
    'sweep:\n  alpha: "0.1, 0.1"': "c.yaml:4:16: the axis `alpha` has the value 0.1 twice",
    "sweep:\n  alpha: |\n    0.1,\n    0.1\n": "c.yaml:6:5: the axis `alpha` has the value",
    "sweep:\n  seed: 0..9..4": "c.yaml:4:9: seed: 0..9..4: steps of 4 do not reach 9",
    "sweep:\n  alpha: 0.5, lin(0,1,1)": "c.yaml:4:15: alpha: lin(0,1,1): expected a whole number",
    "sweep:\n  bounds.x: [[0, 1], [0, 1]]": "c.yaml:4:22: the axis `bounds.x` has the value",
    "sweep:\n  alpha: 1\n  alpha: 2": "c.yaml:5:3: `alpha` is given twice",
    "sweep:\n  zip: yes": "c.yaml:4:8: sweep.zip: expected true or false, found the text `yes`",
    "sweep:\n  zip: 1": "c.yaml:4:8: sweep.zip: expected true or false, found `1`",
    "sweep:\n  samples: 0": "c.yaml:4:12: sweep.samples: expected a whole number from 1 to",
    "sweep:\n  samples: 10000001": "a whole number from 1 to 10000000, found `10000001`",
    "sweep:\n  samples: 1.5": "sweep.samples: expected a whole number",
    "sweep:\n  sampler: sobl": "c.yaml:4:12: sweep.sampler: expected one of sobol, uniform, "
    "found the text `sobl`\n      sampler: sobl\n               ^^^^\n  did you mean `sobol`?",
    "sweep:\n  sample_seed: -1": "c.yaml:4:16: sweep.sample_seed: expected a whole number from 0",
    "sweep:\n  sample_seed: 4294967296": "from 0 to 4294967295, found `4294967296`",
}


@pytest.mark.parametrize("text", BAD)
def test_bad_sections_point_into_the_file(text) -> None:
    assert BAD[text] in problem_of(text)


def test_everything_wrong_in_a_section_is_reported_with_the_rest_of_the_config() -> None:
    message = problem_of("alpha: -1\nsweep:\n  alpah: 1\n  zip: 3\n  seed: 9..0\n  expect: 1\n")
    lines = [line.split(": ")[0] for line in message.splitlines() if line.startswith("c.yaml:")]
    assert lines == ["c.yaml:3:8", "c.yaml:5:3", "c.yaml:6:8", "c.yaml:7:9", "c.yaml:8:3"]


def test_an_error_inside_a_quoted_value_points_to_its_line() -> None:
    assert problem_of('sweep:\n  bounds.x: "[-1, 1], [-2"\n').startswith("c.yaml:4:")
    assert problem_of("sweep:\n  bounds.x: '[0, 1],{low: 0, low: 1}'\n").startswith("c.yaml:4:")


def test_a_config_with_a_section_is_a_config_of_one_run() -> None:
    plain = adamcli.parse_config(HEAD + "alpha: 0.02\n")
    with_section = adamcli.parse_config(
        HEAD + "alpha: 0.02\nsweep: {alpha: [0.1, 0.2], seed: 0..9}\n"
    )
    assert with_section.hyperparameters == plain.hyperparameters
    assert with_section.resolved() == plain.resolved()
    with pytest.raises(adamcli.ConfigError, match=r"has the value 0\.1 twice"):
        adamcli.parse_config(HEAD + "sweep: {alpha: [0.1, 0.1]}\n")


def test_a_parameter_takes_the_place_of_an_axis_of_the_section() -> None:
    section = section_of("  alpha: [1, 2]\n  seed: 0..9\n").axes
    axes = combined(section, read_parameters(["beta1=0.5,0.9", "alpha=3,4"]))
    assert listed(axes) == {"alpha": [3, 4], "seed": list(range(10)), "beta1": [0.5, 0.9]}
    assert [axis.key for axis in axes] == ["alpha", "seed", "beta1"]
    assert combined(section, ()) == section


def test_a_parameter_inside_an_axis_of_the_section_is_refused() -> None:
    section = section_of("  bounds: [[[0, 1], [0, 1]]]\n").axes
    with pytest.raises(ConfigError, match=r"-p:1:1: the axes `bounds` and `bounds.x` set the same"):
        combined(section, read_parameters(["bounds.x=[1,2]"]))


def test_a_plan_is_comma_or_tab_separated() -> None:
    expected = {"alpha": [0.1, 0.2], "seed": [1, 2], "objective": ["x**2", "max(x,y)"]}
    comma = 'alpha,seed,objective\n0.1,1,x**2\n0.2,2,"max(x,y)"\n'
    tab = "alpha\tseed\tobjective\n0.1\t1\tx**2\n0.2\t2\tmax(x,y)\n"
    spaced = 'alpha , seed,objective\n 0.1, 1 ,x**2\n0.2 ,2,"max(x,y)"'
    windows = comma.replace("\n", "\r\n")
    for text in (comma, tab, spaced, windows, comma.replace("\n", "\n\n")):
        assert listed(read_plan(text, "p")) == expected


COLUMNS = {
    "1 2 3": [1, 2, 3],
    "1 2 1 1": [1, 2, 1, 1],
    "1 2.0": [1.0, 2.0],
    "1 1e1": [1.0, 10.0],
    "-3 +4": [-3, 4],
    ".5 1": [0.5, 1.0],
    "1 log(t)": [1, "log(t)"],
    "log(t) log(t)": ["log(t)", "log(t)"],
    "true null": [True, None],
    "[1,\u00a02] {a:\u00a01}": ["[1, 2]", "{a: 1}"],
    "'1' 'a'": ["1", "a"],
    "1e400 1": [float("inf"), 1],
    "0..9 lin(0,1,3)": ["0..9", "lin(0,1,3)"],
}


@pytest.mark.parametrize("cells", COLUMNS)
def test_columns(cells) -> None:
    rows = "\n".join(f'"{cell}"'.replace("\u00a0", " ") for cell in cells.split(" "))
    values = listed(read_plan(f"alpha\n{rows}\n", "p"))["alpha"]
    assert values == COLUMNS[cells]
    assert list(map(type, values)) == list(map(type, COLUMNS[cells]))


@given(
    st.lists(
        st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 2**32 - 1)),
        min_size=1,
    )
)
def test_numbers_of_a_plan_keep_every_bit(rows) -> None:
    text = "alpha,seed\n" + "".join(f"{alpha!r},{seed}\n" for alpha, seed in rows)
    found = listed(read_plan(text, "p"))
    assert [repr(alpha) for alpha in found["alpha"]] == [repr(alpha) for alpha, _ in rows]
    assert [repr(seed) for seed in found["seed"]] == [repr(seed) for _, seed in rows]


def test_quoted_cells_hold_separators_quotes_and_lines() -> None:
    text = 'objective,alpha\n"max(x, y)",1\n"a = x\na + ""b""",2\n'
    assert listed(read_plan(text, "p"))["objective"] == ["max(x, y)", 'a = x\na + "b"']


def test_each_value_of_a_plan_knows_its_cell() -> None:
    numbers, texts = read_plan("alpha,objective\n1,x\n2,y\n3,x\n", "p")
    assert [str(numbers.values.places.at(i)) for i in range(3)] == ["p:2:1", "p:3:1", "p:4:1"]
    assert str(numbers.values.node(1).span) == "p:3:1"
    assert str(texts.values.node(1).span) == "p:3:3"


BAD_PLANS = {
    "": "p.csv:1:1: expected a line of keys and a row for each run",
    "alpha\n": "p.csv:1:1: expected a line of keys and a row for each run",
    "alpha,seed\n1,2\n3\n": "p.csv:3:1: expected 2 values, found 1\n    3\n    ^",
    "alpha,seed\n1,2\n3,4,5\n": "p.csv:3:5: expected 2 values, found 3\n    3,4,5\n        ^",
    "alpha\n1\n2,3": "p.csv:3:3: expected 1 value, found 2\n    2,3\n      ^",
    "alpha,seed\n1,2\n,3\n": "p.csv:3:1: the column `alpha` has an empty cell\n    ,3\n    ^",
    "alpha,objective\n1,x\n2, \n": "p.csv:3:3: the column `objective` has an empty cell",
    'alpha\n1\n""\n3': "p.csv:3:1: the column `alpha` has an empty cell",
    "alpha,alpha\n1,2": "p.csv:1:7: the column `alpha` is given twice\n    alpha,alpha\n",
    "alpha, alpha\n1,2": "p.csv:1:8: the column `alpha` is given twice",
    'alpha,objective\n1,x\n2,"x, y"\n"3",,': "p.csv:4:6: expected 2 values, found 3",
    "alpah\n1": "p.csv:1:1: `alpah` is not a key of the config\n    alpah\n    ^^^^^\n  did you",
    "alpha,\n1,\n": "p.csv:1:7: `` is not a key of the config",
    "0.1,1\n0.2,2\n": "p.csv:1:1: `0.1` is not a key of the config",
    "expect\n1\n": "p.csv:1:1: `expect` cannot be an axis of a sweep",
    "bounds,seed,bounds.x\n1,2,3": "p.csv:1:13: the axes `bounds` and `bounds.x` set the same key",
    # The lines of the file are counted, and not the rows.
    "alpha,seed\n\n\n1,2\n3\n": "p.csv:5:1: expected 2 values, found 1\n    3\n    ^",
    'alpha,objective\n1,"a\nb"\n2\n': "p.csv:4:1: expected 2 values, found 1\n    2\n    ^",
    "\nalpha,seed\n1,2\n,3\n": "p.csv:4:1: the column `alpha` has an empty cell",
    'seed,alpha\n1,"[0.1\n2,3\n': "p.csv:2:3: this is not a table: unexpected end of data\n    1",
    'seed,alpha\n1,"{a: 1, a: 2}"\n': "p.csv:2:11: `a` is given twice\n",
    'seed\talpha\n1\t"{a: 1, a: 2}"\n': "p.csv:2:11: `a` is given twice\n",
}


@pytest.mark.parametrize("text", BAD_PLANS)
def test_errors_in_plans_point_at_the_cell(text) -> None:
    with pytest.raises(ConfigError) as caught:
        read_plan(text, "p.csv")
    assert BAD_PLANS[text] in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "objective,alpha\n" + "x" * 200_000 + ",\n",
        'alpha,objective\n1,"a\n2,b\n',
    ],
    ids=["a cell that is too long", "a quote without an end"],
)
def test_a_text_that_is_not_a_table_is_an_error_for_the_user(text) -> None:
    with pytest.raises(AdamcliError):
        read_plan(text, "p.csv")


def test_the_line_ends_of_old_macs_are_read_or_refused() -> None:
    with contextlib.suppress(AdamcliError):
        assert listed(read_plan("alpha\r1\r2\r", "p.csv")) == {"alpha": [1, 2]}


def test_a_value_that_cannot_be_read_is_reported_with_its_line() -> None:
    with pytest.raises(ConfigError) as caught:
        read_plan('bounds.x\n"[1, 2]"\n"[1"\n', "p.csv")
    assert str(caught.value).startswith("p.csv:3:")


def test_a_plan_of_many_different_texts_is_read_in_linear_time() -> None:
    text = "objective,alpha\n" + "".join(f"x**2 + {i}*x,0.1\n" for i in range(8000))
    begin = time.process_time()
    objective, _ = read_plan(text, "p")
    assert objective.values.size == 8000
    assert time.process_time() - begin < 1.0


BAD_VALUES = {
    'seed,bounds.x\n1,"[0, 1]"\n2,"[0, foo]"\n': 'p.csv:3:8: |    2,"[0, foo]"|           ^^^',
    'seed,objective\n1,x\n2,"x +\n  zz"\n': "p.csv:3:7: ",
    'seed,objective\n1,x\n2,"y = x\ny + zz"\n': 'p.csv:4:5: |    y + zz"|        ^^',
    "seed\tobjective\n1\tx\n2\tx+zz\n": "p.csv:3:5: |    2 x+zz|        ^^",
    "alpha,seed\n0.1,1\n0.2,-2\n": "p.csv:3:5: |    0.2,-2|        ^^",
    'seed,objective\n1,"x"\n2,"x + ""z"""\n': 'p.csv:3:9: |    2,"x + ""z"""|            ^^^',
}
"""Plans with a wrong value; after each its place, its line and the caret."""


@pytest.mark.parametrize("text", BAD_VALUES)
def test_errors_in_values_point_into_the_cell(text, tmp_path) -> None:
    file = read_config("objective: x\nbounds: {x: [0, 1]}\n")
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(ConfigError) as caught:
        vary(file, SweepOptions(plan=str(tmp_path / "p.csv")))
    said = str(caught.value).replace(f"{tmp_path}/", "").splitlines()
    place, *line = BAD_VALUES[text].split("|")
    assert said[0].startswith(place)
    assert said[1 : 1 + len(line)] == line
