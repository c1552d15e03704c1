"""A table has each run's level on each axis, whatever its values were written as."""

import numpy as np
import pytest

from adamcli.errors import UsageError
from adamcli.pictures.table import Table, TableAxis
from tests.pictures.kinds.grids import table


def levels_of(axis: TableAxis) -> list:
    """Return the level of each run, as a number or a word."""
    levels = axis.words if axis.numbers is None else axis.numbers.tolist()
    return [levels[k] for k in axis.places.tolist()]


def test_numbers_ascend_and_words_keep_their_order() -> None:
    found = table({"alpha": ["0.1", "1e-3", "0.1", "2"], "method": ["b", "a", "b", "c"]}, [1] * 4)
    alpha, method = found.axes
    assert alpha.numbers.tolist() == [0.001, 0.1, 2.0]
    assert levels_of(alpha) == [0.1, 0.001, 0.1, 2.0]
    assert method.words == ("b", "a", "c")
    assert levels_of(method) == ["b", "a", "b", "c"]


def test_one_word_among_numbers_makes_all_of_them_words() -> None:
    axis = TableAxis.of_values("alpha", ["0.1", 0.1, "0.1/t", 2])
    assert axis.numbers is None
    assert levels_of(axis) == ["0.1", "0.1", "0.1/t", "2"]


@pytest.mark.parametrize("odd", ["nan", "inf", "1_000", "", "true"])
def test_what_no_config_takes_for_a_number_is_a_word(odd: str) -> None:
    assert TableAxis.of_values("k", ["1", odd]).words == ("1", odd)


def test_equal_numbers_are_one_level_however_they_are_written() -> None:
    axis = TableAxis.of_values("k", ["1", "1.0", "10", "1e1", "-0.0", "0"])
    assert axis.numbers.tolist() == [0.0, 1.0, 10.0]


def test_levels_that_no_run_has_are_dropped() -> None:
    axis = TableAxis("k", np.array([2, 0, 2]), np.array([1.0, 2.0, 3.0]))
    assert levels_of(axis.used()) == [3.0, 1.0, 3.0]
    assert axis.used().numbers.tolist() == [1.0, 3.0]
    words = TableAxis("k", np.array([2, 2]), None, ("a", "b", "c")).used()
    assert (words.words, levels_of(words)) == (("c",), ["c", "c"])


def test_repeats_come_last_and_are_left_out_if_there_is_one() -> None:
    found = table({"seed": [1, 2], "start.x": [0, 0], "alpha": [1, 2]}, [1, 2])
    assert [axis.key for axis in found.axes] == ["alpha", "seed"]
    assert [axis.key for axis in found.varied] == ["alpha"]
    assert [axis.key for axis in found.repeated] == ["seed"]


def test_scores_that_are_not_finite_are_none() -> None:
    found = table({"k": [1, 2, 3, 4]}, [1.0, np.inf, -np.inf, np.nan])
    assert found.finite().tolist() == [0]
    assert np.isnan(found.score[1:]).all()


def test_a_key_that_was_not_varied_is_named_with_the_nearest() -> None:
    found = table({"alpha": [1, 2], "beta1": [1, 1]}, [1, 2])
    assert found.axis("alpha").key == "alpha"
    with pytest.raises(UsageError, match=r"`alhpa` was not varied.*\n.*did you mean `alpha`"):
        found.axis("alhpa")
    with pytest.raises(UsageError, match="`beta1` was not varied"):
        found.axis("beta1")


def test_the_total_is_that_of_the_runs_unless_it_is_given() -> None:
    assert table({"k": [1, 2]}, [1, 2]).total == 2
    assert table({"k": [1, 2]}, [1, 2], 9).total == 9
    assert Table.of([], np.array([])).total == 0
