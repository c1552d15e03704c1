"""Pictures beside the other outputs of runs, sweeps and searches, which they do not change."""

import json
import os

import numpy as np
import pytest

import adamcli
from adamcli.errors import NoScoreError
from adamcli.optimizer.loop import Watch
from adamcli.pictures.course import Recorder
from adamcli.pictures.kinds import picture_of
from adamcli.pictures.subject import Wish
from adamcli.plotting.subjects import of_result
from adamcli.report.formats import FORMATS, PICTURES, RUN_FILES, SOLVE_FILES, SWEEP_FILES
from adamcli.report.picture_facts import command_of, facts_of
from adamcli.report.picture_files import PictureSteps, Recording, drawn, picture_file
from adamcli.report.step_text import StepLayout
from tests.conftest import ROOT, config_of

FIT = str(ROOT / "configs" / "fit.yaml")
NO_SCORE = ["-e", "sqrt(x - 10)", "-b", "x=-1,1"]
BEGINS = {
    "png": b"\x89PNG\r\n",
    "svg": b"<?xml",
    "pdf": b"%PDF",
    "gif": b"GIF89a",
    "webp": b"RIFF",
    "html": b"<!DOCTYPE html>",
}


def outputs(folder, *names: str) -> list[str]:
    return [word for name in names for word in ("-o", str(folder / name))]


def timeless(path) -> str:
    """Return a file without the line that has the seconds that something took."""
    return "\n".join(line for line in path.read_text().splitlines() if '"seconds"' not in line)


@pytest.mark.parametrize("form", BEGINS)
def test_a_run_is_drawn_by_the_extension(cli, article, tmp_path, form) -> None:
    for name in (f"one.{form}", f"two.{form}"):
        short = ["--set", "n_iter=5"]
        assert cli("run", article, *short, "-q", *outputs(tmp_path, name)) == ("", "", 0)
    one, two = ((tmp_path / f"{name}.{form}").read_bytes() for name in ("one", "two"))
    assert one.startswith(BEGINS[form])
    assert one == two


@pytest.mark.parametrize(
    "command", [["sweep", "-p", "alpha=0.01,0.1"], ["solve"], ["run", "--format", "json"]]
)
def test_every_command_draws_its_result(cli, article, tmp_path, command) -> None:
    assert cli(*command, article, "-q", *outputs(tmp_path, "a.html", "a.svg")).code == 0
    assert (tmp_path / "a.html").read_text().startswith("<!DOCTYPE html>")
    assert b"<svg" in (tmp_path / "a.svg").read_bytes()


@pytest.mark.parametrize(
    ("command", "rows"),
    [
        (["run", "--every", "7", "--fields", "alpha"], "a.csv a.jsonl a.txt a.tsv a.json"),
        (["sweep", "-p", "seed=0..9"], "a.csv a.jsonl a.json"),
        (["solve"], "a.csv a.jsonl a.json"),
    ],
)
def test_other_outputs_do_not_depend_on_a_picture(cli, article, tmp_path, command, rows) -> None:
    ends = []
    for name, pictures in (("plain", []), ("drawn", ["p.html", "p.svg"])):
        folder = tmp_path / name
        folder.mkdir()
        ends.append(cli(*command, article, *outputs(folder, *pictures, *rows.split())))
    assert ends[0] == ends[1]
    for name in rows.split():
        plain, beside = (timeless(tmp_path / folder / name) for folder in ("plain", "drawn"))
        assert plain == beside


def test_a_picture_has_all_steps_whatever_is_shown_of_them(cli, article, tmp_path) -> None:
    for name, every in (("all", []), ("some", ["--every", "20"]), ("log", ["--every", "log"])):
        assert cli("run", article, "-q", *every, *outputs(tmp_path, f"{name}.svg")).code == 0
    pictures = {(tmp_path / f"{name}.svg").read_bytes() for name in ("all", "some", "log")}
    assert len(pictures) == 1


def test_the_exit_code_is_that_of_the_run(cli, article, tmp_path) -> None:
    for arguments, code in (
        ([article, "--expect", "best.score < -1"], 1),
        (["-e", "log(x) + 0*x", "-b", "x=-1,1", "--set", "start=[0.01]", "--set", "alpha=0.1"], 3),
        ([article, "--set", "n_iter=0"], 0),
        ([article, "--set", "direction=maximize"], 0),
    ):
        plain = cli("run", *arguments, "-q")
        beside = cli("run", *arguments, "-q", *outputs(tmp_path, "a.html"))
        assert plain == beside
        assert plain.code == code
        assert (tmp_path / "a.html").exists()
        (tmp_path / "a.html").unlink()


@pytest.mark.parametrize("command", [["run"], ["sweep", "-p", "seed=0..3"], ["solve"]])
def test_without_a_score_there_is_no_picture_but_the_rest(cli, tmp_path, command) -> None:
    plain = cli(*command, *NO_SCORE, "-q", *outputs(tmp_path, "plain.csv", "plain.json"))
    files = outputs(tmp_path, "a.html", "a.png", "a.csv", "a.json")
    beside = cli(*command, *NO_SCORE, "-q", *files)
    assert beside.code == plain.code
    there = {name for name in ("csv", "json") if (tmp_path / f"plain.{name}").exists()}
    assert {path.suffix[1:] for path in tmp_path.glob("a.*")} == there
    assert all((tmp_path / f"a.{n}").stat().st_size > 0 for n in there if n == "json")
    if there:
        for name in ("a.html", "a.png"):
            note = f"{tmp_path / name}: was not written, as no score is finite\n"
            assert note in beside.stderr


@pytest.mark.parametrize(
    ("names", "message", "code"),
    [
        (["a.html", "a.html"], "is named twice", 2),
        (["missing/a.png", "a.csv"], "cannot be written", 4),
        (["config.html"], "is the config, which would be lost", 2),
        (["folder.svg"], "is a directory", 4),
    ],
)
@pytest.mark.parametrize("command", [["run"], ["sweep", "-p", "seed=0..3"], ["solve"]])
def test_what_cannot_be_written_is_an_error_before_any_work(
    cli, tmp_path, command, names, message, code
) -> None:
    config = tmp_path / "config.html"
    config.write_text("objective: x**2 + y**2\nbounds: {x: [-1, 1], y: [-1, 1]}\nn_iter: 1e12\n")
    (tmp_path / "folder.svg").mkdir()
    ended = cli(*command, str(config), "-q", *outputs(tmp_path, *names))
    assert (ended.code, ended.stdout) == (code, "")
    assert message in ended.stderr
    assert sorted(os.listdir(tmp_path)) == ["config.html", "folder.svg"]


@pytest.mark.parametrize("command", [["run"], ["sweep", "-p", "seed=0..3"], ["solve"]])
def test_a_full_disk_is_an_error(cli, article, tmp_path, command) -> None:
    (tmp_path / "full.html").symlink_to("/dev/full")
    ended = cli(*command, article, "-q", *outputs(tmp_path, "full.html"))
    assert ended.code == 4
    assert ended.stderr == f"{tmp_path / 'full.html'}: cannot be written: No space left on device\n"
    assert os.listdir(tmp_path) == ["full.html"]


def test_a_full_disk_leaves_the_other_outputs_of_a_run(cli, article, tmp_path) -> None:
    (tmp_path / "full.html").symlink_to("/dev/full")
    assert cli("run", article, "-q", *outputs(tmp_path, "full.html", "a.csv")).code == 4
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 61


def test_a_run_that_fails_leaves_the_old_picture(cli, tmp_path) -> None:
    (tmp_path / "f.py").write_text("def f(x):\n    raise ValueError('no')\n")
    config = tmp_path / "c.yaml"
    config.write_text("objective: {python: f.py:f}\nbounds: {x: [0, 1]}\ngradient: 2-point\n")
    (tmp_path / "a.html").write_text("old")
    ended = cli("run", str(config), "--allow-python", "-q", *outputs(tmp_path, "a.html", "a.svg"))
    assert ended.code == 3
    assert (tmp_path / "a.html").read_text() == "old"
    assert not (tmp_path / "a.svg").exists()
    assert not list(tmp_path.glob("*.part"))


def test_every_command_with_files_takes_every_picture() -> None:
    for files in (RUN_FILES, SWEEP_FILES, SOLVE_FILES):
        assert {form.name for form in PICTURES} <= {form.name for form in files}
    assert {form.name for form in PICTURES} == set(BEGINS)
    assert all(FORMATS[name].extensions == (f".{name}",) for name in BEGINS)


def test_a_recording_has_the_course_of_the_run() -> None:
    config, recording = config_of("(1 - x)**2 + y**4", n_iter=30), Recording()
    watch = Watch(recording.row, recording.fields)
    result = adamcli.run_config(config, history=True, watch=watch)
    course = recording.subject(result).course
    np.testing.assert_array_equal(course.x, [record.x for record in result.history])
    np.testing.assert_array_equal(course.score, [record.score for record in result.history])
    # The gradient by hand, at the point after each step.
    gradient = np.hypot(-2 * (1 - course.x[:, 0]), 4 * course.x[:, 1] ** 3)
    np.testing.assert_allclose(course.norm, gradient, rtol=1e-12)


def test_what_has_no_score_is_no_picture() -> None:
    config = config_of("sqrt(x - 10) + y")
    result = adamcli.run_config(config)
    with pytest.raises(NoScoreError, match="no finite score"):
        picture_file("svg", result)
    with pytest.raises(NoScoreError, match="no finite score"):
        PictureSteps("svg", StepLayout(config.variables)).end(result)


def test_a_page_says_what_was_found_and_how_to_get_it_again(cli, tmp_path) -> None:
    config = tmp_path / "problem.yaml"
    config.write_text("objective: (a - 1)**2 + b**2\nbounds: {a: [-2, 2], b: [-2, 2]}\nseed: 4\n")
    for command, text in (
        (["run"], "adamcli run config.yaml"),
        (["solve"], "adamcli solve config.yaml"),
        (["sweep", "-p", "alpha=0.01,0.1"], "adamcli sweep config.yaml -p alpha="),
    ):
        assert cli(*command, str(config), "-q", *outputs(tmp_path, "a.html")).code == 0
        page = (tmp_path / "a.html").read_text()
        assert text in page
        if command != ["sweep", "-p", "alpha=0.01,0.1"]:
            assert "(a - 1)**2 + b**2" in page
            assert "seed: 4" in page


def test_the_facts_are_the_same_however_long_it_took() -> None:
    recorder, pages = Recorder(), []
    result = adamcli.run_config(config_of("x**2 + y**2", n_iter=1234), watch=Watch(recorder.add))
    course = recorder.course()
    for seconds in (0.001, 1000.0):
        result.seconds = seconds
        found = of_result(result, course)
        assert dict(facts_of(found))["steps"] == "1,234"
        pages.append(drawn("html", picture_of([found], Wish()), found))
    assert pages[0] == pages[1]
    assert command_of(found) == "adamcli run config.yaml"


def test_the_result_in_a_pipe_is_json_beside_a_picture(cli, article, tmp_path) -> None:
    ended = cli("run", article, "--format", "json", *outputs(tmp_path, "a.svg"))
    assert json.loads(ended.stdout)["nit"] == 60
