"""Values of an axis as other programs write them, and what is said of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.config.notations import hint_for
from adamcli.config.sweep import read_parameters
from adamcli.diagnostics import ConfigError

MEANT = {
    "seed=0:9": "0..9",
    "seed=9:0": "9..0..-1",
    "seed=0:10:2": "0..10..2",
    "seed=0-9": "0..9",
    "seed=3, 0-9": "0..9",
    "seed=1to9": "1..9",
    "seed=1 to 9": "1..9",
    "seed=0…9": "0..9",
    "seed=0...9": "0..9",
    "seed=0..9:2": "0..8..2",
    "seed=0,1,...,9": "0..9",
    "seed=0,2,...,9": "0..8..2",
    "seed=0,...": "0..9 for a range",
    "seed=range(10)": "0..9",
    "n_iter=range(1, 10, 4)": "1..9..4",
    "seed=[0..9]": "0..9",
    "seed=(0..9)": "0..9",
    "alpha=0.01:0.1": "log(0.01,0.1,10)",
    "alpha=0.1..0.9": "lin(0.1,0.9,10)",
    "alpha=1e-3-1e-1": "log(1e-3,1e-1,10)",
    "alpha=linspace(0,1,5)": "lin(0,1,5)",
    "start.x=np.linspace(0,1,num=5)": "lin(0,1,5)",
    "alpha=logspace(-3,0,4)": "log(1e-3,1e0,4)",
    "alpha=geomspace(1e-3,1,4)": "log(0.001,1,4)",
    "alpha=arange(0,1,0.1)": "0..0.9..0.1",
    "alpha=0.1;0.2": "0.1,0.2",
    "alpha=0.1 | 0.2": "0.1,0.2",
    "alpha=0.1 0.2": "0.1,0.2",
    "alpha=[0.1,0.2]": "0.1,0.2",
    "alpha={0.1,0.2}": "0.1,0.2",
    "method=adam;sgd": "adam,sgd",
    "method=[adam,sgd]": "adam,sgd",
    "constants.k=0:1": "0..1",
}


def said_of(text: str) -> str:
    with pytest.raises(ConfigError) as error:
        read_parameters([text])
    return str(error.value)


@pytest.mark.parametrize("text", MEANT)
def test_other_notations_are_answered_with_ours(text) -> None:
    said = said_of(text)
    assert said.startswith("-p:1:")
    assert said.endswith(f"\n  write {MEANT[text]}")


@pytest.mark.parametrize("text", sorted(MEANT))
def test_what_is_to_be_written_can_be(text) -> None:
    key = text.partition("=")[0]
    assert read_parameters([f"{key}={MEANT[text].partition(' ')[0]}"])[0].values.size > 1


@pytest.mark.parametrize(
    ("theirs", "numbers"),
    [
        ("logspace(-3,0,4)", np.logspace(-3, 0, 4)),
        ("linspace(0,1,5)", np.linspace(0, 1, 5)),
        ("arange(0,1,0.1)", np.arange(0, 1, 0.1)),
        ("range(1,10,4)", np.arange(1, 10, 4)),
        ("range(10,0,-3)", np.arange(10, 0, -3)),
    ],
)
def test_the_values_are_those_of_numpy(theirs, numbers) -> None:
    ours = said_of(f"start.x={theirs}").rpartition("write ")[2]
    found = read_parameters([f"start.x={ours}"])[0].values.numbers
    assert found == pytest.approx(numbers, rel=1e-12)


@pytest.mark.parametrize(
    "text", ["alpha=normal(0,1)", "seed=range(0,0)", "seed=range(0,9,0)", "alpha=foo(1,2)"]
)
def test_ranges_that_there_are_not(text) -> None:
    assert "there is no kind of range called `" in said_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "objective=r = x; r**2",
        "objective=x - 1",
        "alpha=(t + 1)",
        "alpha={x: 1, y: 2}",
        "alpha=0.9 - 0.1",
        "alpha=where(t > 3, 1, 2)",
        "start.x=0-9",
        "start=[1,2]",
        "bounds.x=[0,1]",
        "alpha=range(x)",
        f"alpha={'1 ' * 200}",
    ],
)
def test_values_that_only_look_like_another_notation(text) -> None:
    assert read_parameters([text])[0].values.size == 1


NUMBERS = st.sampled_from(
    ["0", "1", "-3", "9", "0.5", "1e-3", "1e300", "-1e-320", "1e9999", "99999999999999999999"]
)
PARTS = st.sampled_from([":", "-", "..", "...", ";", " ", ",", "linspace(", "range(", ")", "to"])


@given(st.lists(st.one_of(NUMBERS, PARTS), max_size=8), st.sampled_from(["alpha", "seed", "x"]))
def test_whatever_is_written_there_is_an_answer(parts, key) -> None:
    assert hint_for(key, "".join(parts))[:6] in ("", "write ")
