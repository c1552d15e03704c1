"""Plans: products, axes that go together, values that are drawn, and plans that are files."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.config.sweep import SweepSettings, read_parameters, read_plan
from adamcli.diagnostics import ConfigError
from adamcli.errors import UsageError
from adamcli.search.designs import design
from adamcli.sweeps.plan import MAX_RUNS, Plan, digit, make_plan


def plan_of(*texts: str, **options) -> Plan:
    return make_plan(SweepSettings(read_parameters(texts), **options))


def runs_of(plan: Plan) -> list[tuple]:
    return [tuple(plan.values(run).values()) for run in range(plan.size)]


def problem_of(*texts: str, **options) -> str:
    with pytest.raises((ConfigError, UsageError)) as caught:
        plan_of(*texts, **options)
    return str(caught.value)


def test_a_product_with_the_last_axis_fastest() -> None:
    plan = plan_of("alpha=0.1,0.2", "direction=minimize,maximize", "seed=0..2")
    assert plan.keys == ["alpha", "direction", "seed"]
    assert plan.size == 12
    assert runs_of(plan) == list(product([0.1, 0.2], ["minimize", "maximize"], [0, 1, 2]))


AXES = st.lists(st.integers(1, 5), min_size=1, max_size=4)
KEYS = ["alpha", "beta1", "beta2", "eps"]


@given(sizes=AXES)
def test_a_product_of_any_axes(sizes) -> None:
    values = [[10 * i + j for j in range(size)] for i, size in enumerate(sizes)]
    texts = [f"{key}={','.join(map(str, some))}" for key, some in zip(KEYS, values, strict=False)]
    plan = plan_of(*texts)
    assert runs_of(plan) == list(product(*values))
    runs = np.arange(plan.size)
    for column, some in zip(plan.axes, values, strict=True):
        assert column.places(runs).tolist() == [column.place(run) for run in runs]
        assert [some[i] for i in column.places(runs)] == [
            plan.values(run)[column.key] for run in range(plan.size)
        ]


def test_zipped_axes_go_together() -> None:
    plan = plan_of("alpha=0.1,0.2,0.3", "seed=7,5,6", "objective=x,y,z", zipped=True)
    assert plan.size == 3
    assert runs_of(plan) == [(0.1, 7, "x"), (0.2, 5, "y"), (0.3, 6, "z")]


def test_zipped_axes_have_one_length() -> None:
    message = problem_of("alpha=1,2", "beta1=1,2", "seed=0..2", zipped=True)
    assert message.splitlines()[0] == (
        "-p:1:1: the axes `alpha` and `seed` are paired value by value, but have 2 and 3 values"
    )
    assert message.endswith("without --zip every combination is run")
    # One value is not repeated.
    assert "have 2 and 1" in problem_of("alpha=1,2", "seed=1", zipped=True)


def test_values_are_shown_as_they_were_written() -> None:
    plan = plan_of("alpha=0.30,1e-4", "seed=1..2", "objective=x ** 2", "bounds.x=[-1,1]")
    assert plan.texts(1) == ["0.3", "2", "x ** 2", "[-1, 1]"]
    assert plan.texts(2) == ["0.0001", "1", "x ** 2", "[-1, 1]"]


def test_a_plan_describes_how_its_values_were_written() -> None:
    plan = plan_of("alpha=log(1e-4,1e-1,20)", "seed=0..99")
    assert plan.describe() == {"alpha": "log(1e-4,1e-1,20)", "seed": "0..99"}


def test_one_run_is_a_plan() -> None:
    assert runs_of(plan_of("alpha=0.1")) == [(0.1,)]


def test_without_axes_nothing_is_varied() -> None:
    assert problem_of().startswith("nothing is varied\n  add, for example, -p ")


def test_too_many_runs_are_refused_and_the_most_are_not() -> None:
    texts = ["alpha=lin(0,1,1000)", "beta1=lin(0,1,1000)"]
    assert plan_of(*texts, "seed=0..999").size == MAX_RUNS == 1_000_000_000
    assert problem_of(*texts, "seed=0..1000") == (
        "the plan has 1,001,000,000 runs; the most is 1,000,000,000"
    )
    # Whole numbers of a machine would wrap around.
    many = [f"{key}=0..9999" for key in (*KEYS, "seed")]
    assert "has 100,000,000,000,000,000,000 runs" in problem_of(*many)


def test_the_last_run_of_a_large_plan() -> None:
    plan = plan_of("alpha=0..999", "beta1=0..999", "seed=0..999")
    assert list(plan.values(999_999_999).values()) == [999, 999, 999]
    assert list(plan.values(123_456_789).values()) == [123, 456, 789]
    places = [c.places(np.array([123_456_789])).tolist() for c in plan.axes]
    assert places == [[123], [456], [789]]


@given(run=st.integers(0, 10**9 - 1), stride=st.integers(1, 10**9), size=st.integers(1, 10**7))
def test_a_digit_is_a_quotient_and_a_remainder(run, stride, size) -> None:
    assert digit(np.array([run]), stride, size).tolist() == [run // stride % size]


DRAWN = ["uniform(-0.5,2)", "loguniform(1e-4,1e-1)"]


@pytest.mark.parametrize("sampler", ["sobol", "uniform"])
@pytest.mark.parametrize("text", DRAWN)
@given(samples=st.integers(1, 300), seed=st.integers(0, 2**32 - 1))
def test_drawn_values_stay_within_their_ends(sampler, text, samples, seed) -> None:
    plan = plan_of(f"alpha={text}", samples=samples, sampler=sampler, sample_seed=seed)
    values = plan.axes[0].values.numbers
    low, high = (-0.5, 2) if text.startswith("u") else (1e-4, 1e-1)
    assert plan.size == len(values) == samples
    assert ((low <= values) & (values <= high)).all()


@pytest.mark.parametrize("sampler", ["sobol", "uniform"])
def test_drawn_values_have_their_distribution(sampler) -> None:
    texts = ["alpha=uniform(-1,3)", "eps=loguniform(1e-4,1)", "seed=choice(7, 8, 9, 5)"]
    plan = plan_of(*texts, samples=4096, sampler=sampler, sample_seed=1)
    uniform, log, choice = (column.values.numbers for column in plan.axes)
    for u in ((uniform + 1) / 4, (np.log10(log) + 4) / 4):
        # Kolmogorov's distance to the uniform distribution; 0.03 is far beyond chance.
        assert np.abs(np.sort(u) - np.arange(4096) / 4096).max() < 0.03
    counts = [np.count_nonzero(choice == value) for value in (7, 8, 9, 5)]
    assert sum(counts) == 4096
    assert min(counts) > 900


def test_drawn_values_come_from_the_design_in_the_order_of_the_axes() -> None:
    plan = plan_of("beta1=uniform(0,1)", "alpha=uniform(0,1)", samples=8, sample_seed=3)
    assert plan.keys == ["beta1", "alpha"]
    points = design("sobol", 8, 2, 3)
    assert (plan.axes[0].values.numbers == points[0]).all()
    assert (plan.axes[1].values.numbers == points[1]).all()


def test_draws_are_reproducible_and_differ_by_seed_and_sampler() -> None:
    def drawn(**options) -> list:
        return runs_of(plan_of("alpha=uniform(0,1)", samples=20, **options))

    assert drawn(sample_seed=1) == drawn(sample_seed=1)
    assert drawn(sample_seed=1) != drawn(sample_seed=2)
    assert drawn(sampler="uniform") != drawn(sampler="sobol")
    assert drawn(sampler="uniform", sample_seed=1) != drawn(sampler="uniform", sample_seed=2)


@given(samples=st.integers(1, 60), more=st.integers(1, 60))
def test_the_first_samples_do_not_depend_on_how_many_follow(samples, more) -> None:
    texts = ["alpha=loguniform(1e-3,1)", "beta1=uniform(0,1)"]
    few, many = (
        runs_of(plan_of(*texts, samples=n, sampler="uniform", sample_seed=5))
        for n in (samples, samples + more)
    )
    assert many[:samples] == few


def test_choices_are_whole_numbers_texts_and_formulas() -> None:
    plan = plan_of("seed=choice(1,2)", "alpha=choice(log(t),0.5)", samples=32)
    assert {type(seed) for seed, _ in runs_of(plan)} == {int}
    assert set(runs_of(plan)) == set(product([1, 2], ["log(t)", 0.5]))


def test_every_sample_is_combined_with_every_value_of_the_listed_axes() -> None:
    plan = plan_of("seed=0..2", "alpha=uniform(0,1)", "n_iter=5,6", samples=4)
    alone = runs_of(plan_of("alpha=uniform(0,1)", samples=4))
    assert plan.keys == ["alpha", "seed", "n_iter"]
    assert runs_of(plan) == [
        (*alpha, seed, n) for alpha, seed, n in product(alone, [0, 1, 2], [5, 6])
    ]


def test_samples_with_zipped_axes() -> None:
    plan = plan_of("alpha=uniform(0,1)", "seed=1,2", "n_iter=5,6", samples=3, zipped=True)
    alone = runs_of(plan_of("alpha=uniform(0,1)", samples=3))
    assert runs_of(plan) == [(*a, *pair) for a, pair in product(alone, [(1, 5), (2, 6)])]


def test_a_plan_of_samples_describes_how_they_were_drawn() -> None:
    plan = plan_of("alpha=uniform(0, 1)", samples=3, sampler="uniform", sample_seed=9)
    assert plan.describe()["alpha"] == "uniform(0, 1) (3 of uniform, seed 9)"


def test_distributions_need_a_number_of_samples() -> None:
    assert problem_of("seed=1", "alpha=loguniform(1e-4,1)").splitlines() == [
        "-p:1:1: alpha: loguniform(...) draws values",
        "    alpha=loguniform(1e-4,1)",
        "    ^^^^^",
        "  add --samples N",
    ]


def test_samples_need_a_distribution() -> None:
    assert problem_of("seed=1", samples=3).startswith("--samples: there is no axis to draw")


def test_more_axes_than_sobol_has_dimensions_are_refused() -> None:
    texts = [f"constants.k{i}=uniform(0,1)" for i in range(41)]
    assert "found 41 axes" in problem_of(*texts, samples=2)
    assert plan_of(*texts, samples=2, sampler="uniform").size == 2


TABLE = "alpha,objective\n0.1,x\n0.2,y\n0.1,x\n"


def test_a_file_is_a_run_a_row() -> None:
    plan = make_plan(SweepSettings(table=read_plan(TABLE, "p")))
    assert runs_of(plan) == [(0.1, "x"), (0.2, "y"), (0.1, "x")]


def test_rows_of_a_file_are_combined_with_axes_and_samples() -> None:
    table, axes = read_plan(TABLE, "p"), read_parameters(["seed=0..1", "eps=uniform(0,1)"])
    plan = make_plan(SweepSettings(axes, samples=2, table=table))
    assert plan.keys == ["alpha", "objective", "eps", "seed"]
    eps = [value for (value,) in runs_of(plan_of("eps=uniform(0,1)", samples=2))]
    rows = [(0.1, "x"), (0.2, "y"), (0.1, "x")]
    assert runs_of(plan) == [(*row, e, s) for row, e, s in product(rows, eps, [0, 1])]


def test_files_with_other_values_are_described_differently() -> None:
    def described(text: str) -> dict[str, str]:
        return make_plan(SweepSettings(table=read_plan(text, "p"))).describe()

    assert described(TABLE) == described(TABLE.replace("\n", "\n\n"))
    assert described(TABLE) != described(TABLE.replace("0.2", "0.3"))
    assert described(TABLE) != described(TABLE.replace("y", "z"))
    assert described(TABLE) != described(TABLE + "0.1,x\n")


def test_places_of_equal_values_are_one() -> None:
    alpha, objective = make_plan(SweepSettings(table=read_plan(TABLE, "p"))).axes
    assert alpha.distinct().tolist() == [0, 1, 0]
    assert objective.distinct().tolist() == [0, 1, 0]
