"""The line of a sweep: what it says at each look, and in little room."""

import pytest

from adamcli.report.sweep_view import Look, SweepView


def view_of(*looks: tuple[float, float], runs: int = 40_000) -> SweepView:
    view = SweepView(runs)
    for done, seconds in looks:
        view.add(Look(int(done), done), seconds)
    return view


def test_the_figures() -> None:
    view = view_of((1_000.0, 10.0), (11_000.4, 12.0))
    assert view.figures() == ["runs 11,000/40,000", " 27.5%", "5,000 runs/s", "ETA 0:00:06"]


def test_part_of_a_run_is_seen() -> None:
    first, second = (view_of((0.0, 0.0), (done, 1.0), runs=3).figures() for done in (0.25, 0.5))
    assert first == ["runs 0/3", "  8.3%", "0.25 runs/s", "ETA 0:00:11"]
    assert second[1] == " 16.7%"


def test_runs_that_are_all_on_their_way_are_not_done() -> None:
    view = SweepView(4)
    view.add(Look(0, 1.55), 1.0)
    assert view.figures() == ["runs 0/4", " 38.8%"]


def test_what_was_stored_before_has_no_part_in_the_rate() -> None:
    assert view_of((20_000.0, 5.0)).figures() == ["runs 20,000/40,000", " 50.0%"]
    assert "1,000 runs/s" in view_of((20_000.0, 5.0), (21_000.0, 6.0)).figures()


def test_it_never_goes_back_nor_beyond_the_end() -> None:
    assert view_of((100.0, 0.0), (90.0, 1.0)).figures()[0] == "runs    100/40,000"
    assert view_of((0.0, 0.0), (41_000.0, 1.0)).figures()[:2] == ["runs 40,000/40,000", "100.0%"]


@pytest.mark.parametrize("width", [10, 20, 40, 60, 80, 200])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_line_fits(width, ascii_only) -> None:
    text = view_of((0.0, 0.0), (10_000.0, 1.0)).text(width, ascii_only=ascii_only).plain
    assert len(text) <= width
    assert "\n" not in text
    assert text.isascii() or not ascii_only
    if width == 200:
        full, rest = "=-" if ascii_only else "━─"
        assert text.endswith("  " + full * 10 + rest * 30)
