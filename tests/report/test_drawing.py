"""Tables fit the terminal: fewer digits, then fewer columns, which are named, and whole frames."""

import re

import pytest

from adamcli.report.drawing import DIGITS, draw
from adamcli.widths import columns
from tests.conftest import Terminal

pytestmark = pytest.mark.usefixtures("terminal")

NUMBERS = {"#": 1.0, "alpha": 1 / 3, "score": 2e-7 / 3, "sd": 1 / 7, "best": -1 / 9, "p": 2 / 3}


def make(digits: int) -> dict[str, list[str]]:
    return {name: [f"{value:.{digits}g}"] * 3 for name, value in NUMBERS.items()}


def shown(width, monkeypatch, cells=make, encoding="utf-8", **options) -> tuple[list, list[str]]:
    """Return the rows of a table with its header, and the lines below it."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal(encoding)
    draw(cells, stream, **options)
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    framed = [line for line in lines if line[0] in "╭├│╰|+"]
    assert len({len(line) for line in framed}) == 1
    rows = [[cell.strip() for cell in re.split("[│|]", line)[1:-1]] for line in framed]
    return [row for row in rows if row], lines[len(framed) :]


@pytest.mark.parametrize(
    ("width", "digits", "names", "below"),
    [
        (120, 10, "# alpha score sd best p", []),
        (76, 6, "# alpha score sd best p", []),
        (57, 4, "# alpha score sd best p", []),
        (50, 4, "# alpha score best p", ["no room for sd"]),
        (40, 4, "# alpha score p", ["no room for sd, best"]),
        (33, 6, "# alpha score", ["no room for sd, best, p"]),
        (20, 6, "# score", ["no room for alpha,", "  sd, best, p"]),
    ],
)
def test_digits_give_way_first_then_columns(monkeypatch, width, digits, names, below) -> None:
    rows, lines = shown(width, monkeypatch, dispensable=("sd", "best"), vital=("score",))
    assert rows[0] == names.split()
    assert rows[1] == [make(digits)[name][0] for name in rows[0]]
    assert len(rows) == 4
    assert lines == below


def test_of_many_columns_that_are_missing_the_first_are_named(monkeypatch) -> None:
    cells = {f"p[{k}]": ["0.5"] for k in range(30)}
    rows, lines = shown(40, monkeypatch, lambda _: cells)
    assert rows[0] == ["p[0]", "p[1]", "p[2]", "p[3]", "p[4]"]
    assert " ".join(map(str.strip, lines)) == "no room for p[5], p[6], p[7], p[8] and 21 more"


def test_columns_that_belong_together_go_together(monkeypatch) -> None:
    cells = {name: ["12345"] for name in ("a", "low", "high", "b")}
    rows, lines = shown(33, monkeypatch, lambda _: cells, dispensable=(("low", "high"),))
    assert (rows[0], lines) == (["a", "low", "high", "b"], [])
    rows, lines = shown(32, monkeypatch, lambda _: cells, dispensable=(("low", "high"),))
    assert (rows[0], lines) == (["a", "b"], ["no room for low, high"])


def test_thousands_of_columns_take_no_longer_than_their_cells(monkeypatch) -> None:
    cells = {f"p[{k}]": ["0.5"] for k in range(20_000)}
    rows, lines = shown(40, monkeypatch, lambda _: cells)
    assert rows[0] == ["p[0]", "p[1]", "p[2]", "p[3]", "p[4]"]
    assert lines[-1].endswith("19,991 more")


def test_numbers_that_more_digits_make_shorter_fit(monkeypatch) -> None:
    numbers = {"#": 1, "index": 12_345_678, "score": 87_654_321}
    rows, lines = shown(32, monkeypatch, lambda d: {k: [f"{v:.{d}g}"] for k, v in numbers.items()})
    assert (rows[1], lines) == (["1", "12345678", "87654321"], [])


@pytest.mark.parametrize("width", range(40, 120, 7))
def test_texts_fold_at_their_spaces_only(monkeypatch, width) -> None:
    cells = {
        "name": ["rotated_hyper_ellipsoid", "cube"],
        "category": ["many minima", "bowl"],
        "domain": ["[-65.536, 65.536]", "[-10, 10]"],
        "minimum": ["-39.16616570377141*d", "0"],
    }
    rows, _ = shown(width, monkeypatch, lambda _: cells, texts=True, dispensable=("category",))
    words = {word for name in rows[0] for text in cells[name] for word in text.split()}
    assert {word for row in rows[1:] for cell in row for word in cell.split()} == words


def test_a_table_of_names_in_wide_characters_fits(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    draw(lambda _: {"漢字漢字漢字": ["1"], "score": ["2"], "漢字漢字": ["3"]}, stream)
    top, header, *_ = stream.getvalue().splitlines()
    assert len(top) == len(header) + len("漢字漢字漢字漢字漢字")


def test_a_terminal_without_box_characters_has_a_frame_of_others(monkeypatch) -> None:
    rows, _ = shown(40, monkeypatch, encoding="ascii", vital=("score",))
    assert "score" in rows[0]


def test_a_title_folds_at_the_width_of_its_table(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    draw(lambda _: {"#": ["1"], "score": ["2"]}, stream, title="settings with best means")
    titled = stream.getvalue().partition("╭")[0]
    assert re.sub(r"\x1b\[\d*m", "", titled).split() == ["settings", "with", "best", "means"]


def test_a_pipe_gets_all_columns_in_most_digits(tmp_path) -> None:
    with (tmp_path / "file").open("w+") as file:
        draw(make, file, dispensable=("sd", "best"))
        file.seek(0)
        header, *rows = file.read().splitlines()
    assert header.split() == list(NUMBERS)
    assert rows[0].split() == [cells[0] for cells in make(DIGITS[0]).values()]


def test_wide_letters_stand_below_each_other(cli) -> None:
    shown = cli("solve", "-e", "(漢字 - 1)**2 + (b - 2)**2", "-b", "漢字=0,3", "-b", "b=0,3").stdout
    table, best = shown.split("\n\n")
    assert len({columns(line) for line in table.splitlines()[:2]}) == 1
    assert len({columns(line.partition("=")[0]) for line in best.splitlines()}) == 1
