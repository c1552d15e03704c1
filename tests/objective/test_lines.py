"""The lines of a formula at a point: only those that an expression needs are computed."""

import numpy as np
import pytest

from adamcli.diagnostics import ConfigError, Source
from adamcli.objective.compiler import Constant, Scope
from adamcli.objective.lines import evaluate
from adamcli.objective.syntax import parse
from adamcli.objective.variables import Variables

FORMULA = """\
h = tanh(X @ W)
z = h @ w + b
loss = y - z
half = w/2
sum(loss**2)
"""

RANDOM = np.random.default_rng(7)
X, W, w = RANDOM.normal(size=(5, 2)), RANDOM.normal(size=(2, 3)), RANDOM.normal(size=3)
VARIABLES = Variables([("W", (2, 3)), ("w", (3,)), ("b", ())])
POINT = np.concatenate([W.ravel(), w, [0.25]])
UNUSABLE = {"y": "new.csv has no column `y`"}


def parsed(text: str, name: str = "f"):
    return parse(Source(name, text).whole())


def shown(*texts: str, **constants: np.ndarray):
    named = {name: Constant(array) for name, array in {"X": X, **constants}.items()}
    scope = Scope(VARIABLES, named, {n: r for n, r in UNUSABLE.items() if n not in constants})
    return evaluate(parsed(FORMULA), [parsed(text, "show") for text in texts], scope, POINT)


def test_values_are_those_of_numpy() -> None:
    z = np.tanh(X @ W) @ w + 0.25
    found = shown("z", "exp(h)", "half", "b", "X", "z > 0", "sum(z)", "pi*b")
    expected = [z, np.exp(np.tanh(X @ W)), w / 2, 0.25, X, z > 0, z.sum(), np.pi / 4]
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.shape == np.shape(theirs)
        np.testing.assert_allclose(mine, theirs, rtol=1e-13, atol=1e-15)
    assert 0 < (z > 0).sum() < 5


def test_lines_that_are_not_needed_need_no_data() -> None:
    assert shown("z")[0].shape == (5,)
    with pytest.raises(ConfigError, match=r"f:3:8: new.csv has no column `y`"):
        shown("loss")
    with pytest.raises(ConfigError, match=r"show:1:5: new.csv has no column `y`"):
        shown("z + y")
    np.testing.assert_array_equal(shown("loss", y=np.ones(5))[0], 1 - shown("z")[0])


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        ("", ""),
        ("b", ""),
        ("half", "half"),
        ("z", "h z"),
        ("loss", "h z loss"),
        ("h half", "h half"),
    ],
)
def test_lines_for_names(names, kept) -> None:
    lines = parsed(FORMULA).lines_for(names.split())
    assert [target.name for target, _ in lines.assignments] == kept.split()


def test_unknown_names_are_told_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError) as caught:
        shown("hal + 1", "qqqqq*2")
    text = str(caught.value)
    assert "unknown name `hal`\n    hal + 1\n    ^^^\n  did you mean `half`?" in text
    assert "lines: h, z, loss, half\n  variables: W, w, b" in text
    with pytest.raises(ConfigError, match="`exp` is a function"):
        shown("exp")


def test_an_error_in_an_expression_points_into_it() -> None:
    with pytest.raises(ConfigError, match=r"show:1:3: the shapes \(5,\) and \(3,\)"):
        shown("z + w")
