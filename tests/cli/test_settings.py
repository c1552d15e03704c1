"""Words of a command line that are keys of a config, and what is said of them."""

import pytest

from adamcli.cli.settings import UNKNOWN, as_options, is_setting, setting_of
from tests.conftest import ROOT

ARTICLE = str(ROOT / "configs" / "article.yaml")
PLANE = ["-e", "x**2", "-b", "x=-1,1"]

SAID = {
    ("run", ARTICLE, "alpha=3"): "--set alpha=3",
    ("run", ARTICLE, "alpha=3", "n_iter=5"): "--set alpha=3 --set n_iter=5",
    ("run", ARTICLE, "alpha=0.1/t", "--set", "seed=2"): "--set alpha=0.1/t",
    ("run", *PLANE, "alpha=3"): "--set alpha=3",
    ("run", "alpha=3"): "--set alpha=3",
    ("run", "alpha=3", "n_iter=5"): "--set alpha=3 --set n_iter=5",
    ("run", "-e", "x**2", "x=-1,1"): "-b x=-1,1",
    ("run", "-e", "x**2", "x=[-1,1]"): "-b 'x=[-1,1]'",
    ("check", ARTICLE, "lr=3"): "--set alpha=3",
    ("check", ARTICLE, "momentum=0.4"): "--set method=momentum --set beta1=0.4",
    ("solve", ARTICLE, "bounds.x=[0, 1]"): "--set 'bounds.x=[0, 1]'",
    ("solve", ARTICLE, "alhpa=3"): "--set alpha=3",
    ("predict", ARTICLE, "alpha=3"): "--set alpha=3",
    ("plot", ARTICLE, "alpha=3"): "--set alpha=3",
    ("plot", "alpha=3", "n_iter=5", ARTICLE): "--set alpha=3 --set n_iter=5",
    ("sweep", ARTICLE, "alpha=0.1"): "--set alpha=0.1",
    ("sweep", ARTICLE, "alpha=0.1,0.2", "seed=0..9"): "-p alpha=0.1,0.2 -p seed=0..9",
    ("sweep", "alpha=log(1e-3,1,4)"): "-p 'alpha=log(1e-3,1,4)'",
    ("run", ARTICLE, "--alpha", "3"): "--set alpha=3",
    ("run", ARTICLE, "--alpha", "-3"): "--set alpha=-3",
    ("run", ARTICLE, "--alpha=3"): "--set alpha=3",
    ("run", ARTICLE, "--lr", "3"): "--set alpha=3",
    ("run", ARTICLE, "--n_iter", "3"): "--set n_iter=3",
    ("run", ARTICLE, "--n-iter", "3"): "--set n_iter=3",
    ("run", ARTICLE, "--start.x", "1"): "--set start.x=1",
    ("run", ARTICLE, "--seed", "--quiet"): "--set seed=VALUE",
    ("sweep", ARTICLE, "--alpha", "0.1,0.2"): "-p alpha=0.1,0.2",
    ("sweep", ARTICLE, "--seed=0..9"): "-p seed=0..9",
}


@pytest.mark.parametrize("arguments", SAID, ids=lambda a: " ".join(a).replace(ARTICLE, "CONFIG"))
def test_a_setting_is_answered_with_its_options(cli, arguments) -> None:
    ended = cli(*arguments)
    assert ended.stderr.endswith(f"\n  write {SAID[arguments]}\n")
    assert "Possible options" not in ended.stderr
    assert (ended.stdout, ended.code) == ("", 2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["functions", "rosenbrock", "alpha=3"],
        ["functions", "--alpha", "3"],
        ["run", ARTICLE, "foo=3"],
        ["run", ARTICLE, "--summry"],
    ],
)
def test_what_no_option_takes_is_not_recommended(cli, arguments) -> None:
    ended = cli(*arguments)
    assert ended.code == 2
    assert "write" not in ended.stderr


def test_a_file_may_have_the_name_of_a_setting(cli, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alpha=3").write_text("objective: x**2\nbounds: {x: [0, 1]}\n")
    assert cli("run", "alpha=3", "-q").code == 0


def test_what_set_was_given_for_axes_is_told(cli) -> None:
    ended = cli("sweep", ARTICLE, "--set", "alpha=0.1,0.2", "--set", "seed=0..9", "--set", "eps=1")
    assert ended == ("", "nothing is varied\n  write -p alpha=0.1,0.2 -p seed=0..9\n", 2)


def test_options_are_those_that_are_taken() -> None:
    words = ["alpha=1,2", "x=0,1", "seed=3", "foo=1"]
    assert as_options(words, ["--set", "-p", "-b"]) == "-p alpha=1,2 -b x=0,1 --set seed=3"
    assert as_options(words, ["--set"]) == "--set alpha=1,2 --set seed=3"
    assert as_options(words, []) == ""


def test_settings_and_options_are_told_apart() -> None:
    assert [w for w in ["a=1", "a.b=", "--a=1", "=1", "a b=1", "a"] if is_setting(w)] == [
        "a=1",
        "a.b=",
    ]
    assert setting_of("--alpha", ["--alpha"]) == f"alpha={UNKNOWN}"
    assert setting_of("--alpha", ["-q", "--alpha", ".5", "x"]) == "alpha=.5"
    assert setting_of("--alpha", ["--alpha=a=b"]) == "alpha=a=b"
