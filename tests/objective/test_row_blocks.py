"""Long arrays in blocks of rows: the bits of whole arrays, in little memory."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.diagnostics import Source
from adamcli.objective import buffers, row_blocks, row_plan
from adamcli.objective import program as program_module
from adamcli.objective.compiler import Compiler, Constant, PerRun, Scope
from adamcli.objective.derivatives import gradient
from adamcli.objective.formula import FormulaObjective
from adamcli.objective.graph import Graph
from adamcli.objective.program import Program
from adamcli.objective.row_blocks import RowBlocks
from adamcli.objective.row_tree import Cut
from adamcli.objective.syntax import parse
from adamcli.objective.variables import Variables
from tests.conftest import same_bits

SHAPES = {"a": (), "b": (), "w": (3,)}
DIM = 5

FIT = "sum((y - (a*exp(-t/b) + w[0]))**2)"


def columns(rows: int, seed: int = 1, *, wild: bool = False) -> dict[str, np.ndarray]:
    """Return columns t and y and a table X (rows, 3); `wild` ones have values that overflow."""
    random = np.random.default_rng(seed)
    found = {
        "t": random.uniform(0, 3, rows),
        "y": random.normal(size=rows),
        "X": random.normal(size=(rows, 3)),
    }
    if wild:
        for array in found.values():
            at = random.integers(0, array.size, 3)
            array.reshape(-1)[at] = np.nan, np.inf, -np.inf
    return found


def compiled(formula: str, data: dict[str, np.ndarray], sloping: bool = True, **constants):
    """Return the program of a formula of SHAPES, and of its gradient."""
    graph, scope = Graph(), Scope(Variables(SHAPES.items()))
    known = {name: Constant(array) for name, array in data.items()}
    scope.constants = {**scope.constants, **known, **constants}
    value = Compiler(graph, parse(Source("f", formula).whole()), scope).compile()
    leaves = [graph.leaf(v.offset, v.shape) for v in scope.variables.values()]
    return Program([value, *gradient(graph, value, leaves)] if sloping else [value])


def evaluated(program: Program, x: np.ndarray, sloping: bool = True) -> np.ndarray:
    """Return the value and the gradient at the points `x` (DIM, runs), below each other."""
    found = np.empty((1 + DIM * sloping, x.shape[1]), dtype=x.dtype)
    parts = [found[0], found[1], found[2], found[3:]] if sloping else [found[0]]
    calls = program.bind(x, parts, x.dtype.type)
    with np.errstate(all="ignore"):
        for _ in range(2):
            # Whatever the first evaluation leaves in the buffers must not matter to the second.
            for call in calls:
                call()
    return found


def blocks_of(program: Program) -> list[RowBlocks]:
    return [step for step in program._steps if isinstance(step, RowBlocks)]


NUMBERS = st.sampled_from(["a", "b", "w[1]", "2.5", "mean(t)"])
ROWS = st.sampled_from(["t", "y", "X[:, 0]", "(X @ w)", "ones(len(t))*a", "t[::-1]", "cumsum(y)"])
ROWS |= st.sampled_from(["sum(X*w, axis=1)", "logsumexp(t[:, None]*w, axis=1)", "max(X*b, axis=1)"])
ROWS |= st.sampled_from(["sum(w[:, None]*exp(-t), axis=0)", "prod(X + w, axis=1)", "(X*w)[:, 1]"])

FUNCTIONS = ["exp", "sin", "abs", "relu", "sigmoid"]


def entry_by_entry(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    any_of = children | NUMBERS
    return (
        st.builds("({} {} {})".format, children, st.sampled_from("+-*/"), any_of)
        | st.builds("({} {} {})".format, any_of, st.sampled_from("+-*/"), children)
        | st.builds("{}({})".format, st.sampled_from(FUNCTIONS), children)
        | st.builds("({})**{}".format, children, st.sampled_from(["2", "3", "1.5", "b"]))
        | st.builds("where({} > {}, {}, {})".format, children, any_of, any_of, children)
        | st.builds("maximum({}, {})".format, children, any_of)
        # What waits for a reduction over the same rows.
        | st.builds("({0} - {1}({0}))".format, children, st.sampled_from(["mean", "max", "norm"]))
    )


def formulas(reductions: str) -> st.SearchStrategy[str]:
    """Return sums of reductions, each of rows that are computed in one or several turns."""
    rows = st.recursive(ROWS, entry_by_entry, max_leaves=4)
    term = st.builds("{}({})".format, st.sampled_from(reductions.split()), rows)
    return st.lists(term, min_size=1, max_size=3).map(" + ".join)


@contextmanager
def cut(long: int, block: int = 1 << 14, again: int = 2) -> Iterator[None]:
    """Set from how many rows on there are blocks, their size, and when nodes are kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buffers, "LONG", long)
        patch.setattr(row_blocks, "BLOCK", block)
        patch.setattr(row_blocks, "LEAST", 1)
        patch.setattr(row_plan, "AGAIN", again)
        patch.setattr(row_plan, "MANY_MORE", 0)
        patch.setattr(program_module, "MANY", 0)
        yield


@given(
    formula=formulas("sum mean max min prod std norm logsumexp"),
    rows=st.integers(8, 90),
    block=st.sampled_from([1, 2, 5, 12, 40, 500]),
    again=st.sampled_from([1, 2, 100]),
    runs=st.sampled_from([1, 1, 3]),
    wild=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_blocks_have_the_bits_of_whole_arrays(
    formula, rows, block, again, runs, wild, seed
) -> None:
    data = columns(rows, seed, wild=wild)
    x = np.random.default_rng(seed).uniform(0.5, 2, (DIM, runs))
    whole = compiled(formula, data)
    assert not blocks_of(whole)
    with cut(8, block, again):
        program = compiled(formula, data)
        assert same_bits(evaluated(program, x), evaluated(whole, x))
    assert program.numbers == whole.numbers == whole.entries


@given(
    # NumPy's complex product of single numbers depends on whether it is computed in place.
    formula=formulas("sum mean max std norm logsumexp"),
    rows=st.integers(60, 200),
    block=st.sampled_from([40, 100]),
    seed=st.integers(0, 1000),
)
def test_blocks_of_complex_numbers_have_the_bits_of_whole_arrays(
    formula, rows, block, seed
) -> None:
    data = columns(rows, seed)
    x = np.random.default_rng(seed).uniform(0.5, 2, (DIM, 2)) + 1e-9j
    whole = evaluated(compiled(formula, data, sloping=False), x, sloping=False)
    with cut(8, block):
        found = evaluated(compiled(formula, data, sloping=False), x, sloping=False)
    assert same_bits(found.real, whole.real)
    assert same_bits(found.imag, whole.imag)


@pytest.mark.parametrize("runs", [1, 2])
@pytest.mark.parametrize(
    "formula",
    [
        "sum((v - t)**4)",
        "sum((v[1:] - v[:-1]**2)**2) + sum((1 - v)**2)",
        "sum(exp(v - max(v))*y) + v[3]",
        "sum((v[::-1]*t - y)**2)*norm(v)",
        "sum(where(v > 0, v, 0)[:, None]*X)",
    ],
)
def test_variables_may_be_long_as_well(formula, runs) -> None:
    rows, graph = 53, Graph()
    scope = Scope(Variables([("v", (rows,))]), {n: Constant(c) for n, c in columns(rows).items()})
    value = Compiler(graph, parse(Source("f", formula).whole()), scope).compile()
    outputs = [value, *gradient(graph, value, [graph.leaf(0, (rows,))])]
    x = np.random.default_rng(2).normal(size=(rows, runs))

    def found(program: Program) -> np.ndarray:
        f, g = np.empty(runs), np.empty((rows, runs))
        for call in program.bind(x, [f, g]):
            call()
        return np.vstack([f, g])

    whole = found(Program(outputs))
    with cut(8, 10):
        program = Program(outputs)
        assert blocks_of(program)
        assert same_bits(found(program), whole)


@pytest.mark.parametrize("rows", [50, 51])
def test_constants_of_runs_take_turns(rows) -> None:
    k, x = PerRun(np.array([0.5, 1.5, 4.0])), np.random.default_rng(1).uniform(1, 2, (DIM, 3))
    formula = "sum((y - a*exp(-k*t/b))**2) + max(k + y*a)"
    whole = evaluated(compiled(formula, columns(rows), k=k), x)
    with cut(8, 10):
        program = compiled(formula, columns(rows), k=k)
        assert blocks_of(program)
        assert same_bits(evaluated(program, x), whole)


def test_a_fit_of_many_rows_is_in_blocks_with_the_bits_of_whole_arrays() -> None:
    data, x = columns(600_003), np.linspace(1, 2, DIM)[:, None]
    program = compiled(FIT, data)
    assert len(blocks_of(program)) == 1
    with cut(1 << 30):
        whole = compiled(FIT, data)
    assert not blocks_of(whole)
    assert same_bits(evaluated(program, x), evaluated(whole, x))


@pytest.mark.parametrize("rows", [1 << 17, 1 << 20])
@pytest.mark.parametrize("formula", [FIT, "sqrt(mean((y - a*t)**2)) + log(sum(exp(b*y)))"])
def test_memory_does_not_grow_with_the_rows(formula, rows) -> None:
    data, x = columns(rows), np.linspace(1, 2, DIM)[:, None]
    with cut(1 << 17):
        program = compiled(formula, data)
    tracemalloc.start()
    try:
        evaluated(program, x)
        peak = tracemalloc.get_traced_memory()[1] // 8
    finally:
        tracemalloc.stop()
    # Whole arrays would take at least six columns. The tree keeps one more sum for twice the rows.
    assert peak < 700_000
    assert program.entries < peak < 1.3 * program.entries
    assert program.numbers >= 3 * rows


def test_blocks_are_for_many_numbers_in_many_rows() -> None:
    for rows, count in ((100_000, 0), (524_288, 1)):
        assert len(blocks_of(compiled(FIT, columns(rows)))) == count
    for long, count in ((21, 0), (20, 1)):
        with cut(long):
            assert len(blocks_of(compiled(FIT, columns(20)))) == count


def test_nodes_are_computed_again_for_very_many_numbers_alone() -> None:
    formula = "log(sum(exp(a*t)))"
    with cut(10):
        numbers = compiled(formula, columns(20)).numbers
        for many, count in ((numbers + 1, 0), (numbers, 2)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(row_plan, "MANY_MORE", many)
                assert len(blocks_of(compiled(formula, columns(20)))) == count


def test_a_cut_has_every_row_once() -> None:
    for length in (*range(1, 70), 1000, 1023, 1024, 1025):
        for most in (1, 2, 3, 16, 100):
            split = Cut.of(length, most)
            found = [np.arange(length)[rows] for rows in split.slices()] + [*split.rests().values()]
            assert sorted(np.concatenate(found).tolist()) == list(range(length))
            assert split.rows <= most


def test_data_that_were_folded_are_not_kept() -> None:
    rows = 1 << 17
    scope = Scope(Variables(SHAPES.items()), {"t": Constant(np.linspace(0, 1, rows))})
    formula = parse(Source("f", "sum((a - log(1 + exp(t[:, None] - 0.5)))**2) + b*w[0]").whole())
    tracemalloc.start()
    try:
        objective = FormulaObjective(formula, scope)
        kept = tracemalloc.get_traced_memory()[0] // 8
    finally:
        tracemalloc.stop()
    assert objective.numbers > rows
    # The data themselves are older; one column is made of them.
    assert rows <= kept < 1.1 * rows
