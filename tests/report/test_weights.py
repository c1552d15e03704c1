"""The best point as a file of arrays, and a start from it."""

from pathlib import Path

import numpy as np
import pytest

import adamcli
from adamcli.config.load import load_config, parse_config

NETWORK = """\
objective: sum((W - 0.3)**2) + (b + 1)**2 + sum(file**2)
bounds:
  W: {low: -1, high: 1, shape: [2, 3]}
  b: [-2, 2]
  file: {low: -1, high: 1, shape: 2}
alpha: 0.05
n_iter: 7
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NETWORK)
    return tmp_path


@pytest.mark.parametrize("command", ["run", "solve"])
def test_the_file_has_every_variable_at_the_best_point(cli, folder, command) -> None:
    ended = cli(command, "net.yaml", "-q", "-o", "w.npz", "-o", "r.json")
    assert ended.code == 0, ended.stderr
    config = load_config("net.yaml")
    found = adamcli.run_config(config) if command == "run" else adamcli.solve_config(config)
    with np.load("w.npz") as arrays:
        assert set(arrays.files) == {"W", "b", "file"}
        assert arrays["W"].shape == (2, 3)
        assert arrays["b"].shape == ()
        flat = np.concatenate([arrays[name].ravel() for name in ("W", "b", "file")])
    assert flat.tobytes() == np.array(found.best.x).tobytes()


def test_a_sweep_writes_its_best_run(cli, folder) -> None:
    assert cli("sweep", "net.yaml", "-p", "seed=0..9", "-q", "-o", "w.npz").code == 0
    best = adamcli.sweep("net.yaml", {"seed": range(10)}).best
    with np.load("w.npz") as arrays:
        assert np.array_equal(arrays["W"], best["W"])


def test_the_same_run_writes_the_same_bytes(cli, folder) -> None:
    for name in ("a.npz", "b.npz"):
        cli("run", "net.yaml", "-q", "-o", name)
    assert (folder / "a.npz").read_bytes() == (folder / "b.npz").read_bytes()


def test_a_run_starts_where_another_was_best(cli, folder) -> None:
    cli("run", "net.yaml", "-q", "-o", "w.npz")
    best = adamcli.run_config(load_config("net.yaml")).best
    config = load_config("net.yaml", ["start=w.npz"])
    assert config.start == best.x
    assert config.files == ("w.npz",)
    assert adamcli.run_config(config).start.score == best.score
    # A file that is read is not overwritten.
    ended = cli("run", "net.yaml", "--set", "start=w.npz", "-o", "w.npz")
    assert ended.code == 2
    assert "would be lost" in ended.stderr


def test_what_is_not_in_the_file_is_drawn(folder) -> None:
    np.savez("part.npz", b=np.array(0.25))
    config = load_config("net.yaml", ["start=part.npz"])
    drawn = adamcli.run_config(load_config("net.yaml")).start.x
    found = adamcli.run_config(config).start.x
    assert found[6] == 0.25
    assert found[:6] + found[7:] == drawn[:6] + drawn[7:]


def test_the_path_goes_along_with_the_config(cli, folder) -> None:
    (folder / "deep").mkdir()
    np.savez("part.npz", b=np.array(0.25))
    cli("solve", "net.yaml", "--set", "start=part.npz", "--print-config", "-q")
    config = parse_config(NETWORK + "start: part.npz\n", folder=folder)
    from adamcli.config.write import yaml_of

    text = yaml_of(config.file.tree, folder, folder / "deep")
    assert 'start: "../part.npz"' in text
    assert parse_config(text, folder=folder / "deep").start == config.start


def _bad(arrays: dict) -> None:
    np.savez("bad.npz", **arrays)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: None, "bad.npz: No such file or directory"),
        (lambda: _bad({"w": np.ones((2, 3))}), "bad.npz: `w` is not a variable"),
        (lambda: _bad({"W": np.ones((3, 2))}), "`W` has the shape (3, 2), expected (2, 3)"),
        (lambda: _bad({"b": np.array(np.nan)}), "`b` has entries that are not finite"),
        (lambda: _bad({"b": np.array("x")}), "`b` is not an array of real numbers"),
        (lambda: Path("bad.npz").write_bytes(b"PK\x03\x04 no"), "bad.npz: "),
        (lambda: Path("bad.npz").write_bytes(b"\x93NUMPY"), "is not an npz file"),
    ],
)
def test_a_wrong_file_is_an_error_at_its_name(cli, folder, make, message) -> None:
    make()
    ended = cli("run", "net.yaml", "--set", "start=bad.npz", "-q")
    assert ended.code == 2
    assert message in ended.stderr
    assert "--set:1:7" in ended.stderr


def test_nothing_is_written_where_no_score_is_finite(cli, folder) -> None:
    ended = cli("run", "-e", "sqrt(x - 10)", "-b", "x=-1,1", "-q", "-o", "w.npz")
    assert ended.code == 3
    assert not (folder / "w.npz").exists()
    assert "w.npz: was not written, as no score is finite" in ended.stderr


def test_a_damaged_file_is_no_traceback(cli, folder) -> None:
    cli("run", "net.yaml", "-q", "-o", "w.npz")
    with np.load("w.npz") as arrays:
        np.savez_compressed("small.npz", **{name: arrays[name] for name in ("W", "b")})
    for name in ("w.npz", "small.npz"):
        whole = (folder / name).read_bytes()
        for k in range(0, len(whole), 17):
            (folder / name).write_bytes(whole[:k] + bytes([whole[k] ^ 0x55]) + whole[k + 1 :])
            assert cli("run", "net.yaml", "--set", f"start={name}", "-q").code in (0, 2)
