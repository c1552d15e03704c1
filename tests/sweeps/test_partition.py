"""Partitions: runs that agree on some columns, compared with a dictionary of their values."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.config.sweep import SweepSettings, read_parameters, read_plan
from adamcli.sweeps.plan import Partition, Plan, make_plan

LISTED = ["seed", "n_iter", "eps"]
TABLED = ["alpha", "beta1", "objective"]


@st.composite
def plans(draw) -> tuple[Plan, list[int]]:
    """Draw a plan of a table, axes and samples, and which of its columns are looked at."""
    width = draw(st.integers(0, 3))
    cells = [st.sampled_from("12"), st.sampled_from(["0.5", "0.25", "1"]), st.sampled_from("xyz")]
    table = ()
    if width:
        rows = draw(st.lists(st.tuples(*cells[:width]), min_size=1, max_size=7))
        text = "\n".join(",".join(row) for row in [TABLED[:width], *rows])
        table = read_plan(text, "p")
    zipped = draw(st.booleans())
    sizes = draw(st.lists(st.integers(1, 4), min_size=1 - bool(width), max_size=3))
    if zipped:
        sizes = sizes[:1] * len(sizes)
    texts = [f"{key}=0..{size - 1}" for key, size in zip(LISTED, sizes, strict=False)]
    samples = draw(st.one_of(st.none(), st.integers(1, 6)))
    if samples is not None:
        texts.append("beta2=choice(0.1,0.2,0.3)")
        texts.append("direction=choice(minimize,maximize)")
    settings = SweepSettings(read_parameters(texts), zipped, samples, "uniform", 1, table)
    plan = make_plan(settings)
    some = draw(st.lists(st.integers(0, len(plan.axes) - 1), unique=True))
    return plan, some


def classes_of(plan: Plan, keys: list[str]) -> list[tuple]:
    """Return what each run has at some keys, by the plain definition."""
    return [tuple(repr(plan.values(run)[key]) for key in keys) for run in range(plan.size)]


@given(plans())
def test_runs_are_in_one_class_if_and_only_if_their_values_are_equal(drawn) -> None:
    plan, some = drawn
    columns = [plan.axes[i] for i in some]
    partition = Partition(columns)
    numbers = partition.classes(np.arange(plan.size))
    values = classes_of(plan, [column.key for column in columns])
    assert len(set(zip(numbers.tolist(), values, strict=True))) == len(set(values))
    assert len(set(numbers.tolist())) == len(set(values)) == partition.count
    assert set(numbers.tolist()) == set(range(partition.count))


@given(plans())
def test_examples_are_one_run_of_each_class_in_their_order(drawn) -> None:
    plan, some = drawn
    partition = Partition([plan.axes[i] for i in some])
    examples = partition.examples(partition.count)
    assert all(0 <= run < plan.size for run in examples)
    assert partition.classes(np.array(examples)).tolist() == list(range(partition.count))
    assert list(partition.all_examples()) == examples
    assert partition.examples(10**6) == examples


@given(plans(), st.integers(1, 5))
def test_of_too_many_classes_the_examples_are_few(drawn, most) -> None:
    plan, some = drawn
    partition = Partition([plan.axes[i] for i in some])
    examples = partition.examples(most)
    assert 0 < len(examples) <= most
    assert len(set(examples)) == len(examples)
    assert all(0 <= run < plan.size for run in examples)


@given(plans())
def test_numbers_do_not_depend_on_which_runs_are_asked_for(drawn) -> None:
    plan, some = drawn
    partition = Partition([plan.axes[i] for i in some])
    everything = partition.classes(np.arange(plan.size))
    runs = np.arange(plan.size)[::-2]
    assert partition.classes(runs).tolist() == everything[runs].tolist()
    assert partition.classes(runs[:0]).tolist() == []


def plan_of(*texts: str, **options) -> Plan:
    return make_plan(SweepSettings(read_parameters(texts), **options))


def test_no_columns_are_one_class() -> None:
    partition = Partition([])
    assert partition.count == 1
    assert partition.classes(np.arange(5)).tolist() == [0] * 5
    assert partition.examples(3) == list(partition.all_examples()) == [0]


def test_all_columns_of_a_product_are_a_class_a_run() -> None:
    plan = plan_of("alpha=1,2,3", "seed=0..1", "objective=x,y")
    partition = Partition(plan.axes)
    assert partition.classes(np.arange(12)).tolist() == list(range(12))


def test_columns_that_go_together_are_no_product() -> None:
    plan = plan_of("alpha=1,2,3", "seed=5,6,7", zipped=True)
    assert Partition(plan.axes).count == 3
    table = read_plan("alpha,seed,eps\n1,1,1\n1,2,2\n2,1,3\n1,1,4\n", "p")
    columns = make_plan(SweepSettings(table=table)).axes
    counts = [Partition(c).count for c in (columns[:1], columns[1:2], columns[:2], columns)]
    assert counts == [2, 2, 3, 4]


def test_axes_of_one_length_are_a_product_unless_they_are_zipped() -> None:
    plan = plan_of("alpha=1,2,3", "seed=5,6,7")
    assert Partition(plan.axes).count == 9


def test_axes_of_one_value_change_nothing() -> None:
    plan = plan_of("alpha=1", "beta1=0.5", "seed=5,6,7", "eps=2")
    assert Partition(plan.axes).count == 3
    assert Partition([plan.axes[0], plan.axes[3]]).count == 1


@pytest.mark.parametrize("most", [4, 5, 100])
def test_of_more_classes_than_asked_for_every_value_is_shown(most) -> None:
    plan = plan_of("alpha=1,2,3", "objective=x,y")
    examples = Partition(plan.axes).examples(most)
    assert len(examples) == (6 if most >= 6 else 4)
    assert {plan.values(run)["alpha"] for run in examples} == {1, 2, 3}
    assert {plan.values(run)["objective"] for run in examples} == {"x", "y"}


def test_a_large_plan_is_not_spelled_out() -> None:
    plan = plan_of("alpha=0..999", "beta1=0..999", "seed=0..999")
    partition = Partition([plan.axes[0], plan.axes[2]])
    assert partition.count == 10**6
    runs = np.array([0, 999, 1000, 123_456_789, 999_999_999])
    assert partition.classes(runs).tolist() == [0, 999, 0, 123_789, 999_999]
    assert len(partition.examples(10)) == 10


def test_the_order_of_the_columns_is_that_of_the_digits() -> None:
    plan = plan_of("alpha=1,2", "seed=0..2")
    alpha, seed = plan.axes
    numbers = Partition([seed, alpha]).classes(np.arange(6)).tolist()
    expected = {pair: i for i, pair in enumerate(product([0, 1, 2], [1, 2]))}
    assert numbers == [expected[plan.values(r)["seed"], plan.values(r)["alpha"]] for r in range(6)]


def test_texts_and_numbers_that_look_alike_are_not_one_value() -> None:
    plan = make_plan(SweepSettings(table=read_plan("objective\nx\n'1'\n1\n1\n", "p")))
    numbers = Partition(plan.axes).classes(np.arange(4)).tolist()
    assert numbers[2] == numbers[3]
    assert numbers[1] != numbers[2]
