"""A store goes on with the sweep that began it, and says by name what another one has different."""

import json
import shutil

import pytest

from tests.conftest import ROOT
from tests.sweeps.test_store import contents, left_unfinished, picky_config, restated

FIT = ROOT / "configs" / "fit.yaml"


def fit_config(folder) -> str:
    """Copy the config with data into a folder."""
    text = FIT.read_text().replace("expect: best.score", "# best.score")
    (folder / "fit.yaml").write_text(text)
    shutil.copytree(FIT.parent / "data", folder / "data")
    return str(folder / "fit.yaml")


def refused(cli, path, *arguments: str) -> str:
    """Return why a sweep must not go on with a store, whose bytes stay what they are."""
    before = path.read_bytes()
    ended = cli("sweep", *arguments, "--store", str(path))
    assert (ended.stdout, ended.code) == ("", 2)
    assert ended.stderr.startswith(f"{path}: belongs to another sweep\n")
    assert path.read_bytes() == before
    assert not path.with_name(path.name + "-lock").exists()
    assert not path.with_name(path.name + "-journal").exists()
    return ended.stderr


@pytest.mark.parametrize(
    ("other", "line"),
    [
        (["--set", "n_iter=7"], "  config.n_iter: 5 in {path}, 7 now"),
        (["--set", "alpha=0.5"], "  config.alpha: 0.02 in {path}, 0.5 now"),
        (["--set", "bounds.x=[-2,1]"], "  config.bounds.x: [-1.0, 1.0] in {path}, [-2.0, 1.0] now"),
        (["--set", "direction=maximize"], "  config.direction: 'minimize' in {path}, 'maximize' "),
        (["--set", "start={x: 0.5}"], "  config.start.x: nothing in {path}, 0.5 now"),
        (["-p", "seed=0..9"], "  axis.seed: 0..19 in {path}, 0..9 now"),
        (["-p", "seed=0..9"], "  runs: 40 in {path}, 20 now"),
        (["-p", "beta1=0.6,0.8"], "  axis.beta1: 0.7,0.8 in {path}, 0.6,0.8 now"),
        (["-p", "eps=1e-7,1e-9"], "  axis.eps: nothing in {path}, 1e-7,1e-9 now"),
        (["--shard", "2/4"], "  runs: 0 to 39 in {path}, 10 to 19 now"),
    ],
)
def test_another_sweep_is_refused_with_both_values(cli, tmp_path, article, other, line) -> None:
    path = tmp_path / "s.db"
    plan = {"seed": "0..19", "beta1": "0.7,0.8"}
    options = ["--set", "n_iter=5"]
    own = [part for key, values in plan.items() for part in ("-p", f"{key}={values}")]
    assert cli("sweep", article, *options, *own, "--store", str(path), "-q").code == 0
    if other[0] == "-p":
        key, _, values = other[1].partition("=")
        plan[key] = values
        own = [part for key, values in plan.items() for part in ("-p", f"{key}={values}")]
        other = []
    why = refused(cli, path, article, *options, *own, *other)
    assert line.format(path=path) in why
    same = [part for part in why.splitlines() if "n_iter" in part or "beta2" in part]
    assert same == ([] if "n_iter" not in line else [line.format(path=path)])


def test_all_differences_are_told_at_once(cli, tmp_path, article) -> None:
    path = tmp_path / "s.db"
    cli("sweep", article, "-p", "seed=0..3", "--store", str(path), "-q")
    why = refused(cli, path, article, "-p", "seed=0..4", "--set", "eps=1e-9", "--set", "n_iter=3")
    told = [line.split(":")[0].strip() for line in why.splitlines()]
    assert told[1:5] == ["axis.seed", "runs", "config.eps", "config.n_iter"]


def test_long_values_are_cut_where_they_differ(cli, tmp_path) -> None:
    path, config = tmp_path / "s.db", tmp_path / "c.yaml"
    bounds = "bounds: {x: [-1, 1]}\nn_iter: 3\n"
    long = "x**2 + " * 20
    config.write_text(f"objective: {long}x**4\n{bounds}")
    cli("sweep", str(config), "-p", "seed=0..3", "--store", str(path), "-q")
    config.write_text(f"objective: {long}x**6\n{bounds}")
    why = refused(cli, path, str(config), "-p", "seed=0..3")
    (line,) = [line for line in why.splitlines() if "config.objective" in line]
    before, now = line.removeprefix("  config.objective: ").split(f" in {path}, ")
    assert before != now.removesuffix(" now")


@pytest.mark.parametrize("axis", ["alpha=0.1,0.2", "beta1=0.7,0.8,0.9"])
def test_the_order_of_the_axes_numbers_the_runs_and_belongs_to_a_part_of_a_plan(
    cli, tmp_path, article, axis
) -> None:
    path, part = tmp_path / "s.db", ["--shard", "1/2", "-q"]
    cli("sweep", article, "-p", axis, "-p", "seed=0..4", *part, "--store", str(path))
    why = refused(cli, path, article, "-p", "seed=0..4", "-p", axis, *part)
    assert f"  axes: {axis.partition('=')[0]} x seed in {path}, seed x " in why


def test_a_plan_from_a_file_is_known_by_its_values(cli, tmp_path, article) -> None:
    path, plan = tmp_path / "s.db", tmp_path / "plan.csv"
    plan.write_text("alpha,seed\n0.1,1\n0.2,2\n")
    cli("sweep", article, "--plan", str(plan), "--store", str(path), "-q")
    copy = tmp_path / "copy.csv"
    copy.write_text("alpha,seed\n0.1,1\n0.2,2\n")
    assert cli("sweep", article, "--plan", str(copy), "--store", str(path), "-q").code == 0
    plan.write_text("alpha,seed\n0.1,1\n0.3,2\n")
    assert "axis.alpha: 2 values" in refused(cli, path, article, "--plan", str(plan))


@pytest.mark.parametrize("option", [["--sample-seed", "1"], ["--sampler", "uniform"]])
def test_a_drawn_plan_is_known_by_how_it_was_drawn(cli, tmp_path, article, option) -> None:
    path = tmp_path / "s.db"
    drawn = [article, "-p", "alpha=loguniform(1e-3,1e-1)", "--samples", "8"]
    cli("sweep", *drawn, "--store", str(path), "-q")
    assert "axis.alpha: loguniform(1e-3,1e-1) (8 of" in refused(cli, path, *drawn, *option)


@pytest.mark.parametrize("before", [True, False])
def test_points_that_were_not_asked_for_before_are_refused_with_both_values(
    cli, tmp_path, article, before
) -> None:
    path, options = tmp_path / "s.db", ["--points", "--no-points"]
    sweep = [article, "-p", "seed=0..3"]
    cli("sweep", *sweep, options[not before], "--store", str(path), "-q")
    why = refused(cli, path, *sweep, options[before])
    assert f" in {path}" in why
    assert " now" in why
    assert "points" in why or "best.x.x" in why


def test_data_that_changed_are_refused(cli, tmp_path) -> None:
    path = tmp_path / "s.db"
    sweep = [fit_config(tmp_path), "-p", "seed=0..3", "--set", "n_iter=5"]
    cli("sweep", *sweep, "--store", str(path), "-q")
    assert cli("sweep", *sweep, "--store", str(path), "-q").code == 0
    data = tmp_path / "data" / "misra1a.csv"
    data.write_text(data.read_text().replace("1", "2", 1))
    why = refused(cli, path, *sweep)
    assert f"misra1a.csv: sha256:{hash_in(path, 'misra1a.csv')[:40]}" in why
    assert why.count("sha256:") == 2


def hash_in(path, name: str) -> str:
    """Return the hash that a store has of a file, without its prefix."""
    identity = json.loads(dict(contents(path)["meta"])["identity"])
    (text,) = [text for key, text in identity.items() if key.endswith(name)]
    return text.removeprefix("sha256:")


def test_code_that_changed_is_refused(cli, tmp_path) -> None:
    path = tmp_path / "s.db"
    sweep = [picky_config(tmp_path), "-p", "seed=0..3", "--allow-python", "--fail-on", "never"]
    cli("sweep", *sweep, "--store", str(path), "-q")
    code = tmp_path / "picky.py"
    code.write_text(code.read_text().replace("x * x", "x * x + 1"))
    why = refused(cli, path, *sweep)
    assert "picky.py: sha256:" in why
    assert why.count("sha256:") == 2


def test_files_of_one_name_in_two_folders_are_two_files(cli, tmp_path) -> None:
    for name, text in {
        "a": "def f(x):\n    return x * x\n",
        "b": "def f(x):\n    return 2 * x\n",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "code.py").write_text(text)
    config, path = tmp_path / "c.yaml", tmp_path / "s.db"
    config.write_text(
        "objective: {python: a/code.py:f}\ngradient: {python: b/code.py:f}\n"
        "bounds: {x: [-1, 1]}\nn_iter: 3\n"
    )
    sweep = [str(config), "-p", "seed=0..3", "--allow-python"]
    for name in ("a", "b"):
        path.unlink(missing_ok=True)
        assert cli("sweep", *sweep, "--store", str(path), "-q").code == 0
        code = tmp_path / name / "code.py"
        code.write_text(code.read_text() + "\nCHANGED = True\n")
        assert "code.py" in refused(cli, path, *sweep)


@pytest.mark.parametrize("changed", ["a.csv", "b.csv"])
def test_the_files_of_all_runs_count(cli, tmp_path, changed) -> None:
    config, path = tmp_path / "c.yaml", tmp_path / "s.db"
    config.write_text(
        "objective: mean((y - a*x)**2)\nbounds: {a: [-1, 1]}\ndata: a.csv\nn_iter: 3\n"
    )
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x,y\n1,2\n3,4\n")
    sweep = [str(config), "-p", "data=a.csv,b.csv", "-p", "seed=0..1"]
    assert cli("sweep", *sweep, "--store", str(path), "-q").code == 0
    (tmp_path / changed).write_text("x,y\n1,2\n3,5\n")
    assert changed in refused(cli, path, *sweep)


def test_a_config_by_another_path_is_the_same(cli, tmp_path, monkeypatch) -> None:
    path = tmp_path / "s.db"
    sweep = ["-p", "seed=0..3", "--set", "n_iter=5", "--store", str(path), "-q"]
    cli("sweep", fit_config(tmp_path), *sweep)
    moved = tmp_path / "moved"
    moved.mkdir()
    fit_config(moved)
    monkeypatch.chdir(moved)
    assert cli("sweep", "fit.yaml", *sweep).code == 0


@pytest.mark.parametrize("option", [["-j", "2"], ["--top", "3"], ["--fail-on", "never"]])
def test_what_does_not_decide_about_results_may_change(cli, tmp_path, article, option) -> None:
    path = tmp_path / "s.db"
    sweep = ["sweep", article, "-p", "seed=0..3", "--store", str(path), "-q"]
    assert cli(*sweep).code == 0
    assert cli(*sweep, *option).code == 0


@pytest.mark.parametrize("name", ["numpy", "adamcli", "platform", "processor", "blas"])
def test_other_versions_are_noted_and_the_sweep_goes_on(cli, tmp_path, article, name) -> None:
    path, whole = tmp_path / "s.db", tmp_path / "whole.db"
    sweep = ["sweep", article, "-p", "seed=0..9", "-q"]
    cli(*sweep, "--store", str(whole))
    cli(*sweep, "--store", str(path))
    surroundings = json.loads(dict(contents(path)["meta"])["surroundings"])
    (surroundings["versions"] if name in ("numpy", "adamcli") else surroundings)[name] = "0.0.7"
    left_unfinished(path, (0, 4))
    restated(path, surroundings=json.dumps(surroundings))
    ended = cli(*sweep, "--store", str(path))
    assert ended.code == 0
    (note,) = ended.stderr.splitlines()
    assert note.startswith(f"note: {path} was begun with {name} 0.0.7, now ")
    assert contents(path)["runs"] == contents(whole)["runs"]
    assert cli(*sweep, "--store", str(whole)).stderr == ""
