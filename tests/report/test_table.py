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
from adamcli.report.step_table import StepTable
from adamcli.report.step_text import StepLayout
from adamcli.report.text import array_text
from adamcli.report.thinning import readable_step
from tests.conftest import ROOT, Terminal

pytestmark = pytest.mark.usefixtures("terminal")


def drawn(records, *, names="x y", n_iter=60, fields=(), stream=None, result=None) -> str:
    variables = Variables((name, ()) for name in names.split())
    table = StepTable(StepLayout(variables, fields, steps=n_iter), stream or Terminal())
    text = table.begin() + "".join(map(table.row, records))
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


@pytest.mark.parametrize("width", [10, 30, 50])
def test_a_very_narrow_terminal_wraps_but_loses_nothing(monkeypatch, width) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = plain(drawn([Record(7, (0.25, -0.5), 0.125)]))
    for part in (">7", "f([ 0.25 -0.5 ]) =", "0.12500"):
        assert part in text


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
    assert table.begin().startswith(note if step > 1 else "╭")


@given(st.integers(1001, 10**18))
def test_a_thinned_table_has_between_fifty_and_126_rows(n_iter) -> None:
    step = readable_step(n_iter)
    assert str(step).strip("0") in ("1", "2", "5")
    assert 50 <= len(range(0, n_iter, step)) <= 125
