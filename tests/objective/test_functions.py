"""Every function of the language: the same bits alone and in a batch, and a derivative or none."""

import numpy as np
import pytest

from adamcli.objective.derivatives import PIECEWISE_CONSTANT, RULES
from adamcli.objective.functions import ALIASES, ARITY, COMPOSITES, OPERATIONS
from adamcli.objective.graph import Graph
from adamcli.objective.program import Program
from tests.conftest import same_bits

SIZES = (1, 2, 3, 7, 8, 9, 1000)

SPECIAL = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, 1e300, -1e300, 1e22, 0.5, 709.0]


def test_every_primitive_is_differentiable_or_listed_as_constant() -> None:
    assert set(RULES) | PIECEWISE_CONSTANT == set(OPERATIONS)
    assert not set(RULES) & PIECEWISE_CONSTANT


def test_every_rule_has_an_entry_for_each_argument() -> None:
    for name, rules in RULES.items():
        assert len(rules) == OPERATIONS[name].arity, name


def test_every_name_a_user_can_type_means_something() -> None:
    for name in ARITY:
        assert ALIASES.get(name, name) in {*OPERATIONS, *COMPOSITES}


@pytest.mark.parametrize("name", sorted({*ARITY} - {*ALIASES}))
def test_a_run_has_the_same_bits_alone_and_in_a_batch(name: str) -> None:
    graph = Graph()
    node = graph.apply(name, *condition_first(graph, name))
    random = np.random.RandomState(7)
    inputs = np.concatenate(
        [
            random.standard_normal((3, 200)),
            random.uniform(-700, 700, (3, 200)),
            10.0 ** random.uniform(-300, 300, (3, 200)) * random.choice([-1, 1], (3, 200)),
            np.stack([random.permutation(SPECIAL) for _ in range(3)]),
        ],
        axis=1,
    )
    alone = np.concatenate([run(node, inputs[:, [i]]) for i in range(inputs.shape[1])])
    for size in SIZES:
        for first in range(0, inputs.shape[1] - size + 1, size):
            batch = run(node, inputs[:, first : first + size])
            assert same_bits(batch, alone[first : first + size])


def condition_first(graph: Graph, name: str) -> list:
    leaves = [graph.leaf(k) for k in range(ARITY[name])]
    if name == "where":
        leaves[0] = graph.apply("less", leaves[0], leaves[1])
    return leaves


def run(node, inputs: np.ndarray) -> np.ndarray:
    rows, out = [row.copy() for row in inputs], np.empty(inputs.shape[1])
    with np.errstate(all="ignore"):
        for call in Program([node]).bind(rows, [out]):
            call()
    return out
