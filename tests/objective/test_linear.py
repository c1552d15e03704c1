"""Sums taken apart into terms, and products into their constants."""

import numpy as np
import pytest

from adamcli.objective.graph import Graph
from adamcli.objective.linear import ratio, terms, whole_factor


def test_the_terms_of_sums_of_sums_are_not_counted_one_by_one() -> None:
    graph = Graph()
    a, b = graph.leaf(0, (3,)), graph.leaf(1, (3,))
    earlier, later, numbers = a, b, [1.0, 1.0]
    for _ in range(90):
        earlier, later = later, later - earlier + later
        numbers = [numbers[1], 2 * numbers[1] - numbers[0]]
    assert {node.index: float(factor) for factor, node in terms(later)} == {0: -90.0, 1: 91.0}


def test_the_constants_of_a_product_are_found_wherever_they_stand() -> None:
    graph = Graph()
    a, b, two = graph.leaf(0, (3,)), graph.leaf(1, (3,)), graph.constant(2.0)
    column = graph.constant([1.0, 2.0, 4.0])
    assert whole_factor(two * a + b) == 1.0
    assert whole_factor(b * graph.constant(3.0) / -two) == -1.5
    assert whole_factor((two * a) * (b * column)).tolist() == [2, 4, 8]
    assert whole_factor(-((b * column) * a) / (a * two)).tolist() == [-0.5, -1, -2]
    assert whole_factor(column / (a * column)).tolist() == [1, 1, 1]


def test_products_of_products_are_not_multiplied_one_by_one() -> None:
    graph = Graph()
    earlier, later = graph.leaf(0), -graph.leaf(1)
    powers = [0, 1]
    for _ in range(60):
        earlier, later = later, later * earlier
        powers = [powers[1], powers[0] + powers[1]]
    assert whole_factor(later) == (-1.0) ** powers[1]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (lambda y, w, p: y - p, lambda y, w, p: p - y, -1),
        (lambda y, w, p: w * (y - p), lambda y, w, p: y - p, "w"),
        (lambda y, w, p: w * y - w * p, lambda y, w, p: p - y, "-w"),
        (lambda y, w, p: y - p - p, lambda y, w, p: y - p, None),
        (lambda y, w, p: y - p, lambda y, w, p: w - p, None),
        (lambda y, w, p: y * y - p, lambda y, w, p: y - p, None),
    ],
)
def test_which_sums_are_multiples_of_each_other(a, b, expected) -> None:
    graph = Graph()
    y, w, p = graph.constant([1.5, 0.0, 4.0]), graph.constant([1.0, 2.0, 0.5]), graph.leaf(0, (3,))
    found = ratio(a(y, w, p), b(y, w, p))
    if expected is None:
        assert found is None
    else:
        known = {"w": w.value, "-w": -w.value}
        assert (
            np.broadcast_to(found, 3).tolist()
            == np.broadcast_to(known.get(expected, expected), 3).tolist()
        )
