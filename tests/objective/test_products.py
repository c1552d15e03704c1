"""Matrix products by BLAS: exact, with exact gradients, and the same bits wherever a run stands."""

import os
import subprocess
import sys

import mpmath
import numpy as np
import pytest

from adamcli.objective import products
from adamcli.objective.arrays import reduce, transpose
from adamcli.objective.derivatives import gradient
from adamcli.objective.graph import Graph, Node
from adamcli.objective.products import dot, matmul
from adamcli.objective.program import Program
from tests.conftest import ROOT, evaluate, objective_of, same_bits

Shape = tuple[int, ...]

PAIRS: list[tuple[Shape, Shape]] = [
    ((40, 30), (30, 5)),
    ((30, 7), (7, 40)),
    ((1, 700), (700, 3)),
    ((700, 3), (3, 1)),
    ((64, 65), (65, 33)),
    ((1797, 64), (64, 32)),
    ((64, 1797), (1797, 10)),
    ((2000, 20), (20,)),
    ((20,), (20, 2001)),
    ((3, 9001), (9001,)),
    ((9001,), (9001, 3)),
    ((130, 131), (131, 129)),
    ((2, 100_003), (100_003, 3)),
]
"""Shapes of factors, several of which are cut into tiles that are not all equal."""


def program_of(
    shapes: tuple[Shape, Shape], turned: tuple[bool, bool] = (False, False), constant: int = -1
) -> tuple[Program, int, Node]:
    """Return a program of a product and the gradient of its sum of squares, and its coordinates."""
    graph, nodes, leaves, offset = Graph(), [], [], 0
    random = np.random.default_rng(1)
    for place, shape in enumerate(shapes):
        own = shape[::-1] if turned[place] else shape
        if place == constant:
            # A named array; `transpose` of one is folded.
            node = graph.constant(random.normal(size=own))
        else:
            node = graph.leaf(offset, own)
            leaves.append(node)
            offset += int(np.prod(own))
        nodes.append(transpose(node) if turned[place] else node)
    y = matmul(*nodes)
    value = reduce("sum", graph.apply("square", y))
    return Program([y, value, *gradient(graph, value, leaves)]), offset, y


def run_at(program: Program, x: np.ndarray) -> list[np.ndarray]:
    outs = [np.empty((*node.shape, x.shape[1])) for node in program._outputs]
    with np.errstate(all="ignore"):
        for call in program.bind(x, outs):
            call()
    return outs


@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("constant", [-1, 0, 1])
@pytest.mark.parametrize("shapes", PAIRS[:11], ids=str)
def test_a_run_has_the_same_bits_alone_and_in_any_batch(shapes, constant, turned) -> None:
    turned = tuple(t and len(shape) == 2 for t, shape in zip(turned, shapes, strict=True))
    program, dim, y = program_of(shapes, turned, constant)
    assert y.operation.name == "matmul"
    x = np.random.default_rng(2).normal(size=(dim, 11))
    alone = [run_at(program, x[:, k : k + 1].copy()) for k in range(11)]
    for some in ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [7, 3], [10, 9, 8], [5]):
        # The second time the runs are a part of a wider array.
        for points in (x[:, some], np.repeat(x[:, some], 2, axis=1)[:, ::2]):
            for k, run in enumerate(some):
                for own, all_of_them in zip(alone[run], run_at(program, points), strict=True):
                    assert same_bits(own[..., 0], all_of_them[..., k])


def test_copies_of_many_runs_are_made_in_parts_of_any_width(monkeypatch) -> None:
    program, dim, _ = program_of(((40, 30), (30, 5)))
    x = np.random.default_rng(2).normal(size=(dim, 101))
    wide = run_at(program, x)
    for scratch in (1, 5_000, 20_000):
        monkeypatch.setattr("adamcli.objective.blas.SCRATCH", scratch)
        for one, other in zip(wide, run_at(program, x), strict=True):
            assert same_bits(one, other)


@pytest.mark.parametrize("shapes", [*PAIRS, ((7, 9), (9, 5)), ((3, 4), (4,))], ids=str)
def test_products_agree_with_exact_sums(shapes) -> None:
    random = np.random.default_rng(3)
    a, b = (random.normal(size=shape) for shape in shapes)
    graph = Graph()
    found = Program([matmul(graph.leaf(0, a.shape), graph.constant(b))]).value(a.reshape(-1, 1))
    found = found[..., 0].reshape(-1)
    rows, columns = a.reshape(-1, shapes[0][-1]), b.reshape(shapes[1][0], -1)
    places = [(i, j) for i in range(len(rows)) for j in range(columns.shape[1])]
    for k in random.choice(len(places), min(25, len(places)), replace=False):
        i, j = places[k]
        with mpmath.workdps(40):
            exact = float(mpmath.fdot(rows[i].tolist(), columns[:, j].tolist()))
        size = float(np.abs(rows[i]) @ np.abs(columns[:, j]))
        assert abs(found[k] - exact) <= 3e-15 * size
    np.testing.assert_allclose(found, (a @ b).reshape(-1), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(
    "formula",
    [
        "sum(tanh(A @ w)**2)",
        "sum(tanh(transpose(w) @ transpose(A))**2)",
        "sum(transpose(A) @ (A @ w)*w)",
        "sum(tanh(w @ transpose(w)))",
        "sum(sin(transpose(w) @ w))",
        "sum((A @ v)**3) + sum((v @ w)**2)",
        "sum((v @ transpose(A))**2) + sum(sin(w @ u))",
        "sum(sin(u @ transpose(w)))*sum(cos(transpose(w) @ v))",
        "sum(dot(A, w)) + mean((A @ w)[3:, 1:] @ transpose(w)[1:])",
        "sum(relu(A @ w - 0.5)*(A @ w)**2) + sum(where(w > 0, w, w**2) @ u)",
        "sum(maximum(A @ (w*v[0]), 0)**2 @ transpose(w[::-1]))",
        "logsumexp(A @ w + u) + sum(A[::2] @ w[:, ::-1]) + sum(A[:, ::-1] @ v)",
    ],
)
def test_gradients_agree_with_the_complex_step(formula: str) -> None:
    bounds = (
        "{w: {low: -1, high: 1, shape: [40, 6]}, v: {low: -1, high: 1, shape: 40}, "
        "u: {low: -1, high: 1, shape: 6}}"
    )
    constant = "sin(1 + transpose(ones(40, 1)*arange(50))*(2 + arange(40)))"
    text = formula.replace("A", constant)
    x = np.random.default_rng(5).uniform(-1, 1, (286, 3))
    value, exact = evaluate(objective_of(text, bounds), x)
    again, stepped = evaluate(objective_of(text, bounds, gradient="complex-step"), x)
    assert np.array_equal(value, again)
    np.testing.assert_allclose(exact, stepped, rtol=1e-8, atol=1e-9 * np.abs(exact).max())


def test_infinite_factors_and_nan_count_as_in_numpy() -> None:
    graph, a = Graph(), np.ones((50, 40))
    a[3, 4], a[5, 6], a[7, 8] = np.inf, np.nan, -np.inf
    for b in (np.zeros((40, 5)), np.ones((40, 5)), np.zeros(40), np.ones(40)):
        y = matmul(graph.constant(a), graph.leaf(0, b.shape))
        assert y.operation.name == "matmul"
        with np.errstate(all="ignore"):
            expected = a @ b
        assert np.array_equal(Program([y]).value(b.reshape(-1, 1))[..., 0], expected, True)


@pytest.mark.parametrize("runs", [1, 3])
def test_a_branch_that_was_not_taken_contributes_nothing_even_if_it_is_nan(runs) -> None:
    # Rows of w below 0 have the logarithm NaN; of those that are 0 it is -inf.
    bounds = "{w: {low: -9, high: 9, shape: [30, 20]}, v: {low: -9, high: 9, shape: [20, 9]}}"
    formula = "sum(where(sum(w, axis=1) > 0, sum((log(w) @ v)**2, axis=1), 0))"
    w = np.random.default_rng(6).uniform(0.5, 2, (30, 20))
    w[4], w[9] = -1.0, 0.0
    v = np.random.default_rng(7).normal(size=(20, 9))
    x = np.concatenate([w.reshape(-1), v.reshape(-1)])[:, None].repeat(runs, axis=1)
    value, slopes = evaluate(objective_of(formula, bounds, bounds_mode="start"), x)
    taken = np.log(np.delete(w, [4, 9], axis=0))
    z = taken @ v
    np.testing.assert_allclose(value, (z**2).sum())
    np.testing.assert_allclose(slopes[600:, 0].reshape(20, 9), 2 * taken.T @ z, rtol=1e-12)
    by_w = np.insert(2 * z @ v.T / np.delete(w, [4, 9], axis=0), [4, 8], 0.0, axis=0)
    np.testing.assert_allclose(slopes[:600, 0].reshape(30, 20), by_w, rtol=1e-12)
    assert same_bits(slopes, slopes[:, :1].repeat(runs, axis=1))


def test_small_products_are_sums_entry_by_entry() -> None:
    graph = Graph()
    for first, second in (((2, 2), (2, 2)), ((8, 8), (8, 8)), ((30, 30), (30,)), ((9, 1), (1, 99))):
        assert matmul(graph.leaf(0, first), graph.leaf(0, second)).operation.name != "matmul"
    vectors = dot(graph.leaf(0, (5000,)), graph.leaf(5000, (5000,)))
    assert vectors.operation.name == "sum"
    assert products.ALWAYS > 30 * 30


def test_no_array_of_all_products_is_made() -> None:
    program, _, _ = program_of(((500, 60), (60, 50)))
    assert program.entries < 4 * (500 * 60 + 60 * 50 + 500 * 50)


DIGEST = """
import numpy as np
from hashlib import sha256
from tests.objective.test_products import PAIRS, program_of, run_at
digest = sha256()
for shapes in PAIRS:
    for constant in (-1, 0):
        program, dim, _ = program_of(shapes, constant=constant)
        for out in run_at(program, np.random.default_rng(8).normal(size=(dim, 2))):
            digest.update(out.tobytes())
print(digest.hexdigest())
"""


@pytest.mark.slow
def test_the_bits_do_not_depend_on_the_threads_of_blas() -> None:
    found = set()
    for threads in ("1", "2", "4"):
        settings = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        done = subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, **settings},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout)
    assert len(found) == 1, found
