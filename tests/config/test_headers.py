"""Columns whose headers are no names: what formulas call them."""

import csv
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adamcli
from adamcli.config.headers import by_name, header_of, title_of
from adamcli.config.load import parse_config
from adamcli.diagnostics import ConfigError
from adamcli.names import is_name
from adamcli.objective.functions import ARITY, CONSTANTS

NAMES = {
    ("t", "y1", "größe"): ["t", "y1", "größe"],
    ("signal (V)", "t [s]", "Temp [°C]", "x(mm)"): ["signal", "t", "Temp", "x"],
    ("max speed (km/h)", "a-b", "U / V", "2nd", "%x%"): ["max_speed", "a_b", "U_V", "_2nd", "x"],
    ("signal (V)", "signal (mV)"): ["signal_V", "signal_mV"],
    ("signal", "signal (V)"): ["signal", "signal_V"],
    ("signal (V)", "signal"): ["signal_V", "signal"],
    ("min", "e", "pi", "lambda", "sum (V)"): ["min_", "e_", "pi_", "lambda_", "sum_"],
    ("a b", "a-b", "c"): [None, None, "c"],
    ("µ", "μ"): [None, None],
    ("µ (m)", "x"): ["μ", "x"],
    ("", "%", "x"): [None, None, "x"],
    ("(V)", "[s]"): ["V", "s"],
    ("a (b (c))", "a (b) (c)"): ["a_b_c", "a_b"],
    ("a_b", "a b", "a-b"): ["a_b", None, None],
    ("x²", "x₁", "Δ T (K)"): [None, None, "Δ_T"],
}


@pytest.mark.parametrize("titles", NAMES, ids=", ".join)
def test_the_names_of_columns(titles) -> None:
    names = {title: name for name, title in header_of(titles).titles.items()}
    assert [names.get(title) for title in titles] == NAMES[titles]
    assert [title for title in titles if title in names] == list(header_of(titles).titles.values())


TITLES = st.lists(
    st.one_of(st.text(max_size=6), st.sampled_from(["a", "a (V)", "a (mV)", "a b", "µ", "μ", "e"])),
    max_size=6,
    unique=True,
)


@given(TITLES)
def test_every_name_can_be_typed_and_belongs_to_one_column(titles: list[str]) -> None:
    header = header_of(titles)
    for name, title in header.titles.items():
        assert is_name(name)
        assert name not in ARITY
        assert name not in CONSTANTS
        assert title_of(title, dict.fromkeys(titles)) == title
        if name not in titles:
            assert title_of(name, dict.fromkeys(titles)) == title
    assert len({*header.titles.values()}) == len(header.titles)
    assert not header.titles.keys() & header.doubtful.keys()
    own = [title for title in titles if title.isascii() and title.isidentifier()]
    assert all(
        header.titles.get(t) == t for t in own if is_name(t) and t not in {**ARITY, **CONSTANTS}
    )


@given(TITLES, st.randoms())
def test_the_order_of_columns_does_not_change_their_names(titles, random) -> None:
    shuffled = random.sample(titles, len(titles))
    assert header_of(titles).titles == header_of(shuffled).titles


COLUMNS = {"t (s)": [0.0, 1.0, 2.0], "signal [V]": [1.0, 2.0, 3.5], "2nd": [1.0, 0.5, 0.25]}
KEYS = "model: signal ~ a*t + b*_2nd\nbounds: {a: [-9, 9], b: [-9, 9]}\nn_iter: 3\n"
PLAIN = {"t": COLUMNS["t (s)"], "signal": COLUMNS["signal [V]"], "_2nd": COLUMNS["2nd"]}


def write_delimited(path, delimiter: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([[*COLUMNS], *zip(*COLUMNS.values(), strict=True)])


def write_parquet(path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table(COLUMNS), path)


WRITERS = {
    "d.csv": lambda path: write_delimited(path, ","),
    "d.tsv": lambda path: write_delimited(path, "\t"),
    "d.txt": lambda path: write_delimited(path, " "),
    "d.npz": lambda path: np.savez(path, **{k: np.array(v) for k, v in COLUMNS.items()}),
    "d.parquet": write_parquet,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", WRITERS)
def test_formulas_use_the_names_whatever_the_format(folder, cli, name) -> None:
    WRITERS[name](folder / name)
    plain = parse_config(f"{KEYS}data: {json.dumps(PLAIN)}\n", folder=folder)
    expected = adamcli.run_config(plain)
    found = adamcli.run_config(parse_config(f"{KEYS}data: {name}\n", folder=folder))
    assert (found.x == expected.x).all()
    assert found.fit == expected.fit
    (folder / "c.yaml").write_text(KEYS, encoding="utf-8")
    ran = cli("run", "c.yaml", "--data", name, "--format", "json")
    assert json.loads(ran.stdout)["best"]["x"] == dict(zip("ab", expected.x.tolist(), strict=True))
    # A column can also be named by either of both.
    chosen = f"{{t: '{name}:t (s)', signal: '{name}:signal', _2nd: {name}:2nd}}"
    by_hand = adamcli.run_config(parse_config(f"{KEYS}data: {chosen}\n", folder=folder))
    assert (by_hand.x == expected.x).all()


def test_columns_from_python_are_named_alike() -> None:
    rows = {"t (s)": np.arange(3.0), "signal (V)": [1, 3, 5], "min": np.ones(3)}
    bounds = {"a": (-9, 9), "b": (-9, 9)}
    found = adamcli.solve(model="signal ~ a*t + b*min_", data=rows, bounds=bounds)
    assert found.x.tolist() == pytest.approx([2, 1])
    with pytest.raises(ConfigError, match="write signal for the column `signal \\(V\\)`"):
        adamcli.solve(model="signal (V) ~ a*t + b", data=rows, bounds=bounds)
    twins = {"a-b": [1, 2], "a b": [3, 4], "y": [5, 6]}
    with pytest.raises(ConfigError, match="`a-b` is not a name"):
        adamcli.solve(model="y ~ a*a_b + b", data=twins, bounds=bounds)


def test_matrices_take_headers_and_names(folder) -> None:
    write_delimited(folder / "d.csv", ",")
    config = "objective: sum((X@w)**2)\nbounds: {w: {low: -1, high: 1, shape: 2}}\nn_iter: 2\n"
    results = []
    for columns in ("['t (s)', '2nd']", "[t, _2nd]"):
        data = f"data: {{X: {{file: d.csv, columns: {columns}, standardize: true}}}}\n"
        results.append(adamcli.run_config(parse_config(config + data, folder=folder)))
    assert results[0].to_dict()["standardized"] == results[1].to_dict()["standardized"]
    assert [*results[0].to_dict()["standardized"]["X"]] == ["t (s)", "2nd"]
    ranged = f"{config}data: {{X: {{file: d.csv, columns: t..signal}}}}\n"
    assert adamcli.run_config(parse_config(ranged, folder=folder)).x.shape == (2,)


def test_new_rows_are_named_alike(folder, cli) -> None:
    write_delimited(folder / "d.csv", ",")
    (folder / "new.csv").write_text("t (s),2nd\n5,1\n", encoding="utf-8")
    (folder / "c.yaml").write_text(f"{KEYS}data: d.csv\n", encoding="utf-8")
    result = adamcli.solve_config(adamcli.load_config("c.yaml"))
    a, b = result.x.tolist()
    expected = 5 * a + b
    assert result.predict({"t (s)": [5.0], "2nd": [1.0]}).fitted == pytest.approx([expected])
    assert result.evaluate("a*t + b*_2nd", {"t (s)": [5.0], "2nd": [1.0]}) == pytest.approx(
        [expected]
    )
    assert result.evaluate("t", "new.csv") == [5.0]
    ended = cli("solve", "c.yaml", "--predict", "p.csv", "--at", "new.csv", "-q")
    assert (ended.stderr, ended.code) == ("", 0)
    (row,) = csv.DictReader((folder / "p.csv").read_text(encoding="utf-8").splitlines())
    assert float(row["fitted"]) == pytest.approx(expected)
    assert row["t (s)"] == "5.0"
    given = ("--set", f"start={{a: {a!r}, b: {b!r}}}", "-q", "--format", "csv")
    shown = cli("predict", "c.yaml", "--data", "new.csv", *given)
    assert float(shown.stdout.split()[-1]) == pytest.approx(expected)


HINTS = {
    "signal [V] ~ a*t + b": "write signal for the column `signal [V]`",
    "signal ~ a*t (s) + b": "write t for the column `t (s)`",
    "signal ~ a*t + b*2nd": "write _2nd for the column `2nd`",
    "signal ~ a*q + b": "data: t (`t (s)`), signal (`signal [V]`), _2nd (`2nd`)",
}


@pytest.mark.parametrize("model", HINTS)
def test_errors_say_what_to_type_for_a_column(folder, model) -> None:
    write_delimited(folder / "d.csv", ",")
    text = f"model: '{model}'\nbounds: {{a: [0, 1], b: [0, 1]}}\ndata: d.csv\n"
    with pytest.raises(ConfigError) as caught:
        parse_config(text, folder=folder)
    assert HINTS[model] in str(caught.value)
    of_bounds = "if it is a variable" in str(caught.value)
    assert str(caught.value).count("\n  ") == 3 + of_bounds


def test_errors_say_which_columns_share_a_name(folder) -> None:
    (folder / "d.csv").write_text("u (V),u (mV),a-b,a b,min\n1,2,3,4,5\n", encoding="utf-8")
    problems = {
        "u": "d.csv: `u` could be more than one column: u_V (`u (V)`), u_mV (`u (mV)`)\n",
        "a_b": "`a-b`, `a b`; name one of them by data: {a_b: 'd.csv:a-b'}\n",
        "min": "write min_ for the column `min`",
    }
    for name, message in problems.items():
        with pytest.raises(ConfigError) as caught:
            parse_config(
                f"objective: (x - {name})**2\nbounds: {{x: [0, 1]}}\ndata: d.csv\n", folder=folder
            )
        assert message in str(caught.value) + "\n"


@pytest.mark.parametrize("title", ["e", "e (V)"])
def test_a_constant_that_is_a_column_as_well_leaves_no_doubt(folder, title) -> None:
    (folder / "e.csv").write_text(f"n,{title}\n1,2\n3,2\n")
    rest = "bounds: {a: [0, 5]}\nstart: {a: 2}\nn_iter: 0\n"
    for data in ("e.csv", f"{{n: [1, 3], {title}: [2, 2]}}"):
        with pytest.raises(ConfigError) as error:
            parse_config(f"objective: sum(((n - a)/e)**2)\n{rest}data: {data}\n", folder=folder)
        said = f"`e` may mean the constant, or the column `{title}`: write e_ for the column"
        assert said in str(error.value)
        text = f"objective: sum(((n - a)/e_)**2)\n{rest}data: {data}\n"
        assert adamcli.run_config(parse_config(text, folder=folder)).last.score == 0.5
    # Where there is no such column, it is the constant.
    parse_config(f"objective: sum((n - a*e)**2)\n{rest}data: {{n: [1, 3]}}\n")


def test_what_the_config_names_hides_a_name_that_was_made(folder) -> None:
    (folder / "d.csv").write_text("k (N/m),r (m),c (F),y\n7,8,9,2\n", encoding="utf-8")
    text = (
        "objective: |\n  r = k - y\n  r**2 + 0*c\nbounds: {k: [0, 4]}\nstart: {k: 1}\n"
        "constants: {c: 3}\ndata: d.csv\nn_iter: 0\n"
    )
    assert (
        adamcli.run_config(parse_config(text.replace("r**2", "sum(r**2)"), folder=folder)).fun
        == 1.0
    )


def test_a_header_that_is_a_name_still_cannot_be_a_variable_as_well(folder) -> None:
    (folder / "d.csv").write_text("k,y\n7,2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="`k` is a variable and a constant"):
        parse_config("objective: sum(k - y)\nbounds: {k: [0, 4]}\ndata: d.csv\n", folder=folder)


def test_columns_by_name() -> None:
    assert by_name({"a (V)": 1, "b": 2, "%": 3}) == {"a": 1, "b": 2}
