"""Files of `adamcli plot` are complete or absent, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import QUIET_ENVIRONMENT, ROOT

COMMAND = [sys.executable, "-m", "adamcli"]
ENDLESS = ["--set", "n_iter=1e12"]


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        pytest.param("png", b"\x89PNG\r\n", marks=pytest.mark.slow),
        ("svg", b"<?xml"),
        pytest.param("pdf", b"%PDF", marks=pytest.mark.slow),
        pytest.param("gif", b"GIF89a", marks=pytest.mark.slow),
        pytest.param("webp", b"RIFF", marks=pytest.mark.slow),
        ("html", b"<!doctype html>"),
    ],
)
def test_the_extension_picks_the_format(cli, article, tmp_path, form, begins) -> None:
    paths = [tmp_path / f"{name}.{form}" for name in ("one", "two")]
    for path in paths:
        ended = cli("plot", article, "--set", "n_iter=5", "-o", str(path))
        assert ended == ("", "", 0)
    one, two = (path.read_bytes() for path in paths)
    assert one[:15].lower().startswith(begins.lower())
    assert one == two
    assert sorted(os.listdir(tmp_path)) == [f"one.{form}", f"two.{form}"]


@pytest.mark.parametrize(
    ("files", "message", "code"),
    [
        (["x.csv"], "use one of .png, .svg, .pdf, .gif, .webp, .html", 2),
        (["x"], "the extension picks the format", 2),
        (["x.png", "x.png"], "is named twice", 2),
        (["nodir/x.png"], "cannot be written", 4),
        (["a.html"], "is a source, which would be lost", 2),
        (["folder.svg"], "is a directory", 4),
    ],
)
def test_files_that_cannot_be_written_are_errors_before_any_work(
    cli, tmp_path, monkeypatch, files, message, code
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.html").write_text("objective: x**2\nbounds: {x: [-1, 1]}\n")
    (tmp_path / "folder.svg").mkdir()
    outputs = [word for path in files for word in ("-o", path)]
    ended = cli("plot", "a.html", *ENDLESS, *outputs)
    assert (ended.code, ended.stdout) == (code, "")
    assert message in ended.stderr
    assert sorted(os.listdir(tmp_path)) == ["a.html", "folder.svg"]


def test_a_full_disk_leaves_nothing(cli, article, tmp_path) -> None:
    (tmp_path / "full.html").symlink_to("/dev/full")
    path = tmp_path / "b.svg"
    ended = cli(
        "plot", article, *["--set", "n_iter=5"], "-o", str(tmp_path / "full.html"), "-o", str(path)
    )
    assert ended.code == 4
    assert "No space left on device" in ended.stderr
    assert os.listdir(tmp_path) == ["full.html"]


def test_an_error_in_the_source_leaves_the_old_picture(cli, tmp_path) -> None:
    path = tmp_path / "old.html"
    path.write_text("old")
    assert cli("plot", "-e", "sqrt(x - 10)", "-b", "x=-1,1", "-o", str(path)).code == 3
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["old.html"]


def test_a_full_device_is_an_error(article) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "plot", article],
            stdout=full,
            stderr=subprocess.PIPE,
            env=QUIET_ENVIRONMENT,
            check=False,
        )
    assert done.returncode == 4
    assert b"standard output cannot be written: No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


# Signals.


@pytest.fixture
def endless(tmp_path) -> str:
    """Return a config whose run takes for ever, and says when it has begun."""
    (tmp_path / "f.py").write_text(
        "from pathlib import Path\n\n\ndef f(x):\n"
        "    Path(__file__).with_name('began').touch()\n    return x**2\n"
    )
    path = tmp_path / "endless.yaml"
    path.write_text(
        "objective: {python: f.py:f}\ngradient: 2-point\nbounds: {x: [-1, 1]}\nn_iter: 1e12\n"
    )
    return str(path)


def interrupted(
    config: str, *command: str, signals: list[int], gap: float = 0.0
) -> tuple[int, str, str]:
    """Return how a command ended that got signals, `gap` seconds apart, once it was at work."""
    folder = Path(config).parent
    running = subprocess.Popen(
        [*COMMAND, *command, Path(config).name, "--allow-python"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**QUIET_ENVIRONMENT, "PYTHONPATH": str(ROOT)},
    )
    try:
        until = time.monotonic() + 60
        while not (folder / "began").exists():
            assert time.monotonic() < until
            assert running.poll() is None, running.communicate()
            time.sleep(0.01)
        for number in signals:
            running.send_signal(number)
            time.sleep(gap)
        stdout, stderr = running.communicate(timeout=60)
    finally:
        running.kill()
    return running.returncode, stdout, stderr


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "term")]
)
def test_one_signal_draws_what_was_reached(endless, number, code, word) -> None:
    ended, stdout, stderr = interrupted(endless, "plot", signals=[number])
    assert ended == code
    assert "of adam" in stdout
    assert stderr.startswith(word)
    assert stderr.endswith(": the picture shows what was reached\n")


def test_after_a_signal_no_other_source_is_begun(endless) -> None:
    first = Path(endless).name
    ended, stdout, _ = interrupted(endless, "plot", first, signals=[signal.SIGINT])
    assert ended == 130
    assert "of adam" in stdout
    assert "2 runs" not in stdout


def test_one_signal_writes_the_picture_of_what_was_reached(endless, tmp_path) -> None:
    files = ["-o", "a.html", "-o", "a.csv"]
    assert interrupted(endless, "run", "-q", *files, signals=[signal.SIGINT])[0] == 130
    assert sorted(path.name for path in tmp_path.glob("a.*")) == ["a.csv", "a.html"]


@pytest.mark.parametrize("gap", [0.0, 0.01])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"]
)
def test_a_signal_that_comes_twice_is_one(endless, tmp_path, number, code, gap) -> None:
    command = ["run", "--format", "none", "-o", "a.csv", "-o", "a.json"]
    ended, _, stderr = interrupted(endless, *command, signals=[number, number], gap=gap)
    assert ended == code
    assert "best so far: f([" in stderr
    assert sorted(path.name for path in tmp_path.glob("a.*")) == ["a.csv", "a.json"]


@pytest.mark.parametrize("command", [["run", "-q"], pytest.param(["plot"], marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"]
)
def test_a_later_one_ends_at_once_with_the_file_or_without(
    endless, tmp_path, command, number, code
) -> None:
    # It comes while the picture is drawn, or when that is done.
    ended, stdout, stderr = interrupted(
        endless, *command, "-o", "a.png", signals=[number, number], gap=0.6
    )
    assert (ended, stdout) in ((code, ""), (-number, ""))
    assert "Traceback" not in stderr
    assert [path.name for path in tmp_path.glob("a.*")] in ([], ["a.png"])


def test_a_signal_before_the_first_block_of_a_sweep_still_has_its_code(endless) -> None:
    with open(endless, "a") as config:
        config.write("sweep: {seed: [1, 2]}\n")
    ended, stdout, stderr = interrupted(endless, "plot", signals=[signal.SIGTERM])
    assert (ended, stdout) == (143, "")
    assert stderr.startswith("terminated: ")
