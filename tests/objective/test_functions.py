"""Every function of the language: the same bits alone and in a batch, and a derivative or none."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from adamcli.objective import arrays, products, rearranging
from adamcli.objective.arrays import REDUCTIONS, STRUCTURES
from adamcli.objective.derivatives import PIECEWISE_CONSTANT, RULES
from adamcli.objective.functions import (
    ALIASES,
    ARITY,
    COMPOSITES,
    OPERATIONS,
    WHOLE,
    WITH_AXIS,
)
from adamcli.objective.graph import Graph
from adamcli.objective.products import PRODUCTS
from adamcli.objective.program import Program
from adamcli.objective.rearranging import REARRANGING, WITH_LENGTHS
from tests.conftest import evaluate, objective_of, same_bits

SIZES = (1, 2, 3, 7, 8, 9, 1000)

SPECIAL = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, 1e300, -1e300, 1e22, 0.5, 709.0]


def test_every_primitive_is_differentiable_or_listed_as_constant() -> None:
    modules = (arrays, products, rearranging)
    sources = [Path(module.__file__).read_text(encoding="utf-8") for module in modules]
    named = re.findall(r'Operation\("(\w+)"', "".join(sources))
    primitives = {*OPERATIONS, *named, "sum", "prod", "min", "max", "argmin", "argmax"}
    # `entry` and `concat` have pieces of arrays as derivatives.
    by_pieces = {"entry", "concat"}
    only_in_gradients = {"assemble", "others", "scatter", "digamma"}
    kinds = [set(RULES), set(PIECEWISE_CONSTANT), by_pieces, only_in_gradients]
    assert set().union(*kinds) == primitives
    assert sum(map(len, kinds)) == len(primitives)


def test_every_rule_has_an_entry_for_each_argument() -> None:
    for name, rules in RULES.items():
        arity = {"reshape": 1, "matmul": 2}.get(name) or WHOLE.get(name, 1)
        assert len(rules) == (OPERATIONS[name].arity if name in OPERATIONS else arity), name


def test_every_name_a_user_can_type_means_something() -> None:
    makers = {"len", "arange", "zeros", "ones"}
    whole = {*REDUCTIONS, *STRUCTURES, *PRODUCTS, *REARRANGING, *WITH_LENGTHS}
    known = {*OPERATIONS, *COMPOSITES, *whole, *makers}
    for name in ARITY:
        assert ALIASES.get(name, name) in known
    assert set(REDUCTIONS) == WITH_AXIS - set(REARRANGING)


@pytest.mark.parametrize("name", sorted({*ARITY} - {*ALIASES, *WHOLE}))
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
    assert_bits_do_not_depend_on_the_batch(lambda x: run(node, x), inputs)


@pytest.mark.parametrize("exponent", [2.0, 0.5, -1.0, 3.0, 1.0, 0.0, 2.5])
@pytest.mark.parametrize("formula", ["x**y", "sum((arange(5) + x + 4)**y)"])
def test_powers_have_the_same_bits_alone_and_among_other_exponents(formula, exponent) -> None:
    objective = objective_of(formula)
    random = np.random.RandomState(1)
    points = np.stack([random.uniform(0.1, 3, 400), random.choice([2, 0.5, -1, 3, 1.5], 400)])
    points[1, ::2] = exponent
    f, g = evaluate(objective, points)
    for k in range(0, 400, 2):
        alone_f, alone_g = evaluate(objective, points[:, [k]])
        assert same_bits(alone_f, f[[k]])
        assert same_bits(alone_g, g[:, [k]])


def assert_bits_do_not_depend_on_the_batch(function, inputs: np.ndarray) -> None:
    alone = np.concatenate([function(inputs[:, [i]]) for i in range(inputs.shape[1])], axis=-1)
    for size in SIZES:
        for first in range(0, inputs.shape[1] - size + 1, size):
            batch = function(inputs[:, first : first + size])
            assert same_bits(batch, alone[..., first : first + size])


ARRAY_FORMULAS = [
    "sum(x)",
    "mean(x*k)",
    "prod(x)",
    "min(x)",
    "max(x)",
    "var(x)",
    "std(x)",
    "norm(x)",
    "logsumexp(x)",
    "sum(softmax(x)*k)",
    "sum(cumsum(x)*k)",
    "dot(x, k)",
    "x @ k",
    "sum(m @ x)",
    "sum(x @ m)",
    "sum((m @ transpose(m)) @ x)",
    "sum(sum(m*x, axis=0)*k)",
    "sum(sum(m*x, axis=1)**2)",
    "sum(x[1:]*x[:-1]) + sum(x[::2])",
    "sum(concat(x, x[::-1])**3)",
    "sum(exp(x)/(1 + x**2))",
    "sum(where(x > 0, sqrt(x), x**2))",
    "max(m*x, axis=0)[0]*x[-1]",
    "sum(x**1.3) + prod(sin(x))",
    "sum(where(abs(k - x[0]) < 1, (k - x[0])**2, abs(k - x[0])))",
    "sum(maximum(m @ x, x[0]*k))",
]


@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 9, 33])
@pytest.mark.parametrize("formula", ARRAY_FORMULAS)
def test_reductions_have_the_same_bits_alone_and_in_a_batch(formula: str, length: int) -> None:
    if length < 2 and "x[1:]" in formula:
        return
    random = np.random.RandomState(length)
    constants = json.dumps(
        {
            "k": random.standard_normal(length).tolist(),
            "m": random.standard_normal((length, length)).tolist(),
        }
    )
    bounds = f"{{x: {{low: -9, high: 9, shape: {length}}}}}"
    objective = objective_of(formula, bounds, constants=constants)

    def value_and_gradient(x: np.ndarray) -> np.ndarray:
        f, g = evaluate(objective, x)
        return np.vstack([f, g])

    inputs = random.standard_normal((length, 1000)) * 10.0 ** random.uniform(-3, 3, (length, 1000))
    whole = value_and_gradient(inputs)
    for size in SIZES:
        for first in range(0, min(1000 - size + 1, 6 * size), size):
            part = value_and_gradient(inputs[:, first : first + size])
            assert same_bits(part, whole[:, first : first + size])


def condition_first(graph: Graph, name: str) -> list:
    leaves = [graph.leaf(k) for k in range(ARITY[name])]
    if name == "where":
        leaves[0] = graph.apply("less", leaves[0], leaves[1])
    return leaves


def run(node, inputs: np.ndarray) -> np.ndarray:
    out = np.empty(inputs.shape[1])
    with np.errstate(all="ignore"):
        for call in Program([node]).bind(inputs.copy(), [out]):
            call()
    return out


def test_long_choices_between_an_array_and_zero_keep_every_bit() -> None:
    random = np.random.RandomState(3)
    chosen = random.choice(np.array(SPECIAL), (5000, 2))
    for condition in (random.uniform(size=(5000, 2)) < 0.5, np.array([[True, False]])):
        for other in (0.0, -0.0, 1.5):
            out = np.full((5000, 2), 7.0)
            OPERATIONS["where"].kernel(condition, chosen, np.array(other), out)
            assert same_bits(out, np.where(condition, chosen, other))
            OPERATIONS["where"].kernel(condition, np.array(-0.0), np.array(other), out)
            assert same_bits(out, np.where(condition, np.full((5000, 2), -0.0), other))
