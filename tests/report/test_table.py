"""The table: the text Rich would give, a row at a time, on every kind of terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from adamcli.config.load import parse_config
from adamcli.experiment import run_config
from adamcli.objective.variables import Variables
from adamcli.optimizer.result import Record
from adamcli.report.step_table import StepTable, table_or_lines
from adamcli.report.step_text import StepLayout
from adamcli.report.text import array_text, closing_line
from adamcli.report.thinning import readable_step
from tests.conftest import ROOT, Terminal

pytestmark = pytest.mark.usefixtures("terminal")


def drawn(records, *, names="x y", n_iter=60, fields=(), stream=None, result=None) -> str:
    variables = Variables((name, ()) for name in names.split())
    table = StepTable(StepLayout(variables, fields, steps=n_iter), stream or Terminal())
    text = table.start(1.0, 1.0) + "".join(map(table.row, records))
    return text + (table.end(result) if result else "")


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def article_run():
    config = parse_config((ROOT / "configs" / "article.yaml").read_text(encoding="utf-8"))
    result = run_config(config, history=True)
    return list(result.history), result


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_rows_are_those_of_a_table_that_rich_draws_at_once(monkeypatch, width) -> None:
    monkeypatch.setenv("COLUMNS", width)
    records, result = article_run()
    records.append(Record(60, (float("nan"), 1e-300), float("nan")))
    ours = drawn(records, result=result).splitlines()[:-2]
    widths = [len(cell) - 2 for cell in plain(ours[1]).split("│")[1:-1]]
    whole = RichTable(box=box.ROUNDED, header_style="bold")
    for title, size in zip(("t", "f(x, y)", "score"), widths, strict=True):
        whole.add_column(Text(title), width=size, justify="right", overflow="fold")
    best = float("inf")
    for record in records:
        style = "green" if record.score < best else "red" if record.score != record.score else ""
        best = min(best, record.score)
        whole.add_row(
            Text(f">{record.t}", style="dim"),
            Text(f"f({array_text(record.x)}) ="),
            Text(f"{record.score:.5f}", style=style),
        )
    console = Console(file=Terminal(), color_system="auto", markup=False, highlight=False)
    with console.capture() as capture:
        console.print(whole, crop=False)
    assert ours == capture.get().splitlines()


@pytest.mark.parametrize("width", [70, 80, 120, 200])
@pytest.mark.parametrize("dim", [1, 2, 8, 40, 3000])
def test_every_row_is_one_line_that_fits_the_terminal(monkeypatch, width, dim) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    x = [-1.25e-107 * 9.0 ** (k % 40) for k in range(dim)]
    records = [Record(t, tuple(x), -1.25) for t in (0, 59)]
    lines = plain(drawn(records, names=" ".join(f"v{k}" for k in range(dim)))).splitlines()
    assert len(lines) == 5
    assert {len(line) for line in lines} == {len(lines[0])}
    assert len(lines[0]) <= width
    assert ("..." in lines[3]) == (f"{x[dim // 2]:.8e}" not in lines[3] and dim > 2)


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of the header and of each row of a framed table."""
    lines = [line for line in plain(text).splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


@pytest.mark.parametrize("width", [38, 40, 50, 60, 66, 70, 80, 120])
@pytest.mark.parametrize("dim", [1, 2, 3, 12, 3000])
@pytest.mark.parametrize("fields", [(), ("alpha",), ("alpha", "gradient_norm")])
def test_a_table_fits_and_says_what_is_missing(monkeypatch, width, dim, fields) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    x = tuple(-1.25e-5 * (k + 1) for k in range(dim))
    records = [Record(t, x, -1.25, {"alpha": 0.5, "gradient_norm": 7e-30}) for t in (0, 59)]
    names = [f"v{k}" for k in range(dim)]
    text = drawn(records, names=" ".join(names), fields=fields)
    assert max(map(len, plain(text).splitlines())) <= width
    header, first, last = rows_of(text)
    assert (first[0], last[0]) == (">0", ">59")
    shown = dict(zip(header, last, strict=True))
    assert shown["score"] == "-1.25000"
    note, _, _ = plain(text).partition("╭")
    left_out = note.replace("\n ", "").removeprefix("no room for ").strip().split(", ")
    for name, value in {"alpha": "0.5", "gradient_norm": "7e-30"}.items():
        assert (name in shown) == (name in fields and name not in left_out)
        assert shown.get(name, value) == value
    others = set(header) - {"t", "score", *fields}
    assert (note == "") == (len(header) == 3 + len(fields))
    for title in others:
        numbers = re.findall(r"[-+.e\d]+\d", shown[title])
        # A number that is shown is that of a coordinate, rounded, and not the half of another.
        assert all(min(abs(float(n) / value - 1) for value in x) < 0.01 for n in numbers)
        assert (len(numbers) < dim) == ("..." in shown[title])


@pytest.mark.parametrize(
    ("width", "cell"),
    [
        (66, "f([-0.14595599  0.42064899]) ="),
        (60, "[-0.145956 0.420649]"),
        (50, "[-0.146 0.4206]"),
        (40, "[-0.146 0.421]"),
    ],
)
def test_the_point_gives_way_first(monkeypatch, width, cell) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = drawn([Record(0, (-0.14595599119742136, 0.4206489871112542), 0.19824872)])
    assert rows_of(text)[1] == [">0", cell, "0.19825"]


def test_after_the_point_the_last_fields_give_way(monkeypatch) -> None:
    more = {"alpha": 0.25, "gradient_norm": 1.5}
    record = Record(0, (0.0, 0.0), 1.0, more)
    for width, header in ((60, ["t", "score", *more]), (40, ["t", "score", "alpha"])):
        monkeypatch.setenv("COLUMNS", str(width))
        assert rows_of(drawn([record], fields=tuple(more)))[0] == header


@pytest.mark.parametrize(
    ("width", "title"),
    [
        (120, "f(mass, speed, temperature, pressure, age)"),
        (60, "mass, speed, temperature, ..."),
        (45, "mass, speed, ..."),
        (40, "mass, ..."),
    ],
)
def test_the_heading_names_the_variables_that_fit(monkeypatch, width, title) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    names = "mass speed temperature pressure age"
    assert rows_of(drawn([Record(0, (0.5,) * 5, 1.0)], names=names))[0][1] == title


def test_what_there_is_no_room_for_has_its_own_name(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "38")
    text = drawn(
        [Record(0, (0.5,) * 4, 1.0, {"alpha": 0.5})], names="m1 m2 m3 m4", fields=("alpha",)
    )
    assert plain(text).startswith("no room for m1, m2, m3, m4\n")


@pytest.mark.parametrize("width", [10, 20])
def test_where_no_frame_fits_there_are_lines(monkeypatch, width) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    variables = Variables([("x", ()), ("y", ())])
    text = table_or_lines(StepLayout(variables, steps=60), Terminal())
    assert text.begin() + text.row(Record(7, (0.25, -0.5), 0.125)) == (
        ">7 f([ 0.25 -0.5 ]) = 0.12500\n"
    )


@pytest.mark.parametrize("width", [40, 66, 80])
def test_the_last_line_is_folded(monkeypatch, width) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    config = parse_config("{objective: sum(x**2), bounds: [-1, 1], dim: 12, n_iter: 2}")
    result = run_config(config, history=True)
    lines = plain(drawn(result.history, names="x y", result=result)).splitlines()
    closing = lines[lines.index("Done!") + 1 :]
    assert max(map(len, closing)) <= width
    assert " ".join(closing).split() == closing_line(result.closing).split()


def test_a_score_too_wide_for_its_column_is_folded() -> None:
    lines = plain(drawn([Record(0, (0.0, 0.0), -1e300)])).splitlines()[3:]
    assert "".join(line.split("│")[3].strip() for line in lines) == f"{-1e300:.5f}"


def test_a_row_reads_as_the_articles_line() -> None:
    text = plain(drawn([Record(0, (-0.14595599119742136, 0.4206489871112542), 0.19824872)]))
    cells = [cell.strip() for cell in text.splitlines()[3].strip("│").split("│")]
    assert " ".join(cells) == ">0 f([-0.14595599  0.42064899]) = 0.19825"


def test_rows_of_nan_are_not_taken_for_markup() -> None:
    text = plain(drawn([Record(7, (float("nan"), float("nan")), float("nan"))]))
    assert "f([nan nan]) =" in text


def test_percent_signs_and_brackets_in_names_are_left_alone() -> None:
    assert "f(a, b)" in plain(drawn([], names="a b"))


def test_no_color_means_no_escape_sequences(monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in drawn(article_run()[0])


def test_colours_on_a_terminal() -> None:
    assert "\x1b[32m" in drawn([Record(0, (0.0, 0.0), 1.0)])


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_frames_are_ascii_where_the_encoding_has_no_others(encoding) -> None:
    text = drawn(article_run()[0][:3], stream=Terminal(encoding))
    text.encode(encoding)
    assert plain(text).startswith("+---")


def test_optional_fields_are_columns() -> None:
    more = {"alpha": 0.25, "gradient_norm": 1.5}
    text = plain(drawn([Record(0, (0.0, 0.0), 1.0, more)], fields=tuple(more)))
    assert "alpha" in text.splitlines()[1]
    assert text.splitlines()[3].split("│")[-3:-1] == ["         0.25 ", "           1.5 "]


def test_the_end_closes_the_frame_and_says_done() -> None:
    records, result = article_run()
    assert plain(drawn(records, result=result)).endswith(
        "╯\nDone!\nf([ 0.00018407 -0.00054858]) = 0.000000\n"
    )


@pytest.mark.parametrize(
    ("n_iter", "step"),
    [(0, 1), (1000, 1), (1001, 20), (2499, 20), (2500, 50), (5000, 100), (10**6, 20_000)],
)
def test_a_long_table_is_thinned_to_a_round_number_of_steps(n_iter, step) -> None:
    table = StepTable(StepLayout(Variables([("x", ())]), steps=n_iter), Terminal())
    assert table.thin() == step
    note = f"1 step in {step:,} is shown; --every 1 shows all\n"
    assert table.start(1.0, 1.0).startswith(note if step > 1 else "╭")


@given(st.integers(1001, 10**18))
def test_a_thinned_table_has_between_fifty_and_126_rows(n_iter) -> None:
    step = readable_step(n_iter)
    assert str(step).strip("0") in ("1", "2", "5")
    assert 50 <= len(range(0, n_iter, step)) <= 125
