"""Records and results as text: complete, strict, and the same everywhere."""

import csv
import io
import json

import numpy as np
import pytest

from adamcli.experiment import run_config
from adamcli.fields import json_of
from adamcli.objective.variables import Variables
from adamcli.optimizer.loop import Watch
from adamcli.optimizer.result import Record
from adamcli.report.formats import FORMATS
from adamcli.report.run_outputs import Outputs
from adamcli.report.step_text import StepLayout
from adamcli.report.summary import summary_rows
from adamcli.report.thinning import parse_every
from adamcli.results import hash_of
from tests.conftest import GOLDEN, config_of

VARIABLES = Variables([("a", ()), ("w", (2, 2))])
MORE = {"alpha": 0.5, "gradient_norm": 2.0}
RECORD = Record(3, (0.1, 1e-300, -0.0, 1 / 3, float("inf")), float("nan"), MORE)


class Memory:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.text, self.state = "", "open"

    def write(self, text: str) -> None:
        assert self.state == "open"
        self.text += text

    def finish(self) -> None:
        self.state = "finished"

    def close(self) -> None:
        assert self.state == "finished"
        self.state = "closed"

    def discard(self) -> None:
        self.state = "discarded"


def step_text(name: str, variables=VARIABLES, fields=()):
    return FORMATS[name].step_text(StepLayout(variables, fields))


def text_of(name: str, config, every: str = "1") -> str:
    sink, outputs = Memory(), Outputs()
    outputs.add(step_text(name, config.variables), sink, parse_every(every))
    outputs.begin()
    result = run_config(config, watch=outputs.watch())
    outputs.end(result)
    assert sink.state == "closed"
    return sink.text


def article():
    return config_of("x**2 + y**2", alpha=0.02, beta1=0.8, beta2=0.999, n_iter=60, seed=1)


def test_lines_are_the_articles_digit_for_digit() -> None:
    assert text_of("lines", article()) == (GOLDEN / "article.txt").read_text(encoding="utf-8")


def test_none_is_the_last_line_alone() -> None:
    assert text_of("none", article()) == "f([ 0.00018407 -0.00054858]) = 0.000000\n"


def test_json_lines_are_strict_and_complete() -> None:
    row = step_text("jsonl", fields=("alpha", "gradient_norm")).row(RECORD)
    assert json.loads(row, parse_constant=pytest.fail) == {
        "t": 3,
        "x": {"a": 0.1, "w": [[1e-300, -0.0], [1 / 3, None]]},
        "score": None,
        "alpha": 0.5,
        "gradient_norm": 2.0,
    }
    assert row.endswith("}\n")


@pytest.mark.parametrize(("name", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_delimited_rows_have_a_column_a_coordinate(name, delimiter) -> None:
    form = step_text(name, fields=("alpha",))
    rows = list(csv.reader(io.StringIO(form.begin() + form.row(RECORD)), delimiter=delimiter))
    assert rows[0] == ["t", "a", "w[0,0]", "w[0,1]", "w[1,0]", "w[1,1]", "score", "alpha"]
    assert rows[1][0] == "3"
    assert [float(v) for v in rows[1][1:6]] == list(RECORD.x)
    assert rows[1][6:] == ["nan", "0.5"]


@pytest.mark.parametrize("name", ["jsonl", "csv", "tsv"])
def test_records_have_all_their_digits(name) -> None:
    records = run_config(article(), history=True).history
    text = text_of(name, article())
    if name == "jsonl":
        found = [json.loads(row) for row in text.splitlines()]
        assert [(r["t"], tuple(r["x"].values()), r["score"]) for r in found] == [
            record[:3] for record in records
        ]
    else:
        rows = list(csv.reader(io.StringIO(text), delimiter="," if name == "csv" else "\t"))[1:]
        assert [(int(t), (float(x), float(y)), float(s)) for t, x, y, s in rows] == [
            record[:3] for record in records
        ]


def test_the_result_as_json() -> None:
    result = json.loads(text_of("json", article()), parse_constant=pytest.fail)
    assert result["status"] == "finished"
    assert result["success"] is True
    assert (result["nit"], result["nfev"], result["njev"]) == (60, 61, 61)
    assert result["start"]["t"] == -1
    assert result["best"]["x"] == {"x": 0.00018407125259332362, "y": -0.0005485780545134107}
    assert result["divergence"] is None
    assert result["config"]["alpha"] == 0.02
    assert set(result["versions"]) == {"adamcli", "numpy", "python"}
    known = np.show_config(mode="dicts")
    assert result["blas"].startswith(known["Build Dependencies"]["blas"]["name"])
    assert set(known["SIMD Extensions"]["baseline"]) <= set(result["processor"].split())
    assert result["config_hash"] == hash_of(article().resolved())


def test_a_diverged_result_is_strict_json_too() -> None:
    config = config_of("log(x) + y", start="{x: 0.01}", alpha=0.1)
    result = json.loads(text_of("json", config), parse_constant=pytest.fail)
    assert result["status"] == "diverged"
    assert result["success"] is False
    assert result["last"]["score"] is None
    assert result["divergence"]["quantity"] == "f"
    assert result["divergence"]["value"] in ("-inf", "nan")
    assert "f is" in result["message"]


def test_the_hash_knows_experiments_apart() -> None:
    assert hash_of(article().resolved()) == hash_of(article().resolved())
    assert hash_of(article().resolved()) != hash_of(config_of("x**2 + y**2").resolved())


def shown(n_iter: int, every: str) -> list[int]:
    text = text_of("csv", config_of("x**2 + y**2", n_iter=n_iter), every)
    return [int(row.split(",")[0]) for row in text.splitlines()[1:]]


@pytest.mark.parametrize(
    ("n_iter", "every", "steps"),
    [
        (5, "1", [0, 1, 2, 3, 4]),
        (10, "4", [0, 4, 8, 9]),
        (9, "4", [0, 4, 8]),
        (3, "100", [0, 2]),
        (1, "7", [0]),
        (0, "1", []),
        (12, "log", [*range(11), 11]),
        (232, "log", [*range(10), *range(10, 100, 10), 100, 200, 231]),
    ],
)
def test_thinning_keeps_the_last_step(n_iter, every, steps) -> None:
    assert shown(n_iter, every) == steps


def test_several_outputs_get_the_same_records() -> None:
    config, sinks, outputs = article(), [], Outputs()
    for name in ("csv", "jsonl"):
        sinks.append(Memory())
        outputs.add(step_text(name, config.variables), sinks[-1])
    outputs.begin()
    outputs.end(run_config(config, watch=Watch(outputs.observe)))
    assert sinks[0].text == text_of("csv", config)
    assert sinks[1].text == text_of("jsonl", config)


def test_formats_that_show_no_steps_ask_for_none() -> None:
    outputs = Outputs()
    outputs.add(step_text("json"), Memory())
    outputs.add(step_text("none"), Memory())
    watch = outputs.watch()
    assert watch is not None
    assert watch.observe is None


def test_the_summary_names_the_active_bounds() -> None:
    config = config_of("x - 2*y", alpha=0.5, direction="maximize")
    result = run_config(config)
    result.seconds = 0.25
    assert result.active_bounds == {"x": "upper", "y": "lower"}
    rows = dict(summary_rows(result))
    assert rows["active bounds"] == "x (upper), y (lower)"
    assert rows["status"] == "finished: all 100 steps were taken"
    assert rows["steps"] == "100 in 0.25 s"
    assert rows["best"].startswith("f([ 1. -1.]) = 3 at t = ")


def test_without_a_box_no_bound_is_active() -> None:
    assert run_config(config_of("x + y", alpha=0.5, bounds_mode="start")).active_bounds == {}


@pytest.mark.parametrize(
    "text", ["α漢é", "a\x7fb", "\u202eα", "\udcff", "\U000e0100", '\n\t"\\', "\U0001d6fc"]
)
def test_json_has_letters_as_they_are_and_escapes_what_cannot_be_seen(text) -> None:
    written = json_of({text: text})
    assert json.loads(written) == {text: text}
    assert written.isprintable()
    assert ("\\u" in written) == (not text.isprintable() and text != '\n\t"\\')
