"""Verdicts are right where the right one is known, remedies help, and both cost little."""

from collections import Counter
from time import perf_counter

import numpy as np
import pytest

import adamcli
from adamcli.config.load import load_config
from adamcli.experiment import prepare, start_of
from adamcli.optimizer import curvature
from adamcli.optimizer.loop import minimize_batch
from adamcli.optimizer.status import Code
from adamcli.optimizer.verdict import judge
from tests.conftest import ROOT
from tests.optimizer.verdict_cases import SLOW, Case, all_cases, slow_steps

CASES = all_cases()

NEGLIGIBLE = 1e-5
"""What may be left at a minimum, as a part of what the run has gained, by the documentation."""


def run(case: Case, **settings):
    return adamcli.minimize(case.fun, case.bounds, **(case.settings | settings))


def merit(case: Case, score: float) -> float:
    return -score if case.settings.get("direction") == "maximize" else score


def some(*codes: str):
    """Return the cases with one of these verdicts, as parameters of a test."""
    chosen = [case for case in CASES if case.expected.split("|")[0] in codes]
    return pytest.mark.parametrize("case", chosen, ids=[case.name for case in chosen])


def test_there_are_many_cases_of_every_verdict() -> None:
    counts = Counter(case.expected.split("|")[0] for case in CASES)
    assert sum(counts.values()) >= 220
    assert sum("|" in case.expected for case in CASES) <= 10
    # Those of minibatches have tests of their own.
    others = {"unknown", "settled", "overfitted"}
    assert set(counts) == {code.value for code in Code} - others
    assert min(counts.values()) >= 9
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_verdict_is_right(case) -> None:
    result = run(case)
    verdict = result.verdict
    assert verdict.code.value in case.expected.split("|"), str(verdict)
    if case.least is not None:
        best, start = merit(case, result.best.score), merit(case, result.start.score)
        excess = best - merit(case, case.least)
        rounding = 1e-14 * max(abs(best), abs(start))
        reached = excess <= NEGLIGIBLE * (start - best) + rounding
        assert reached == (verdict.code is Code.MINIMUM)
    if verdict.code is Code.MINIMUM and verdict.predicted_decrease is not None:
        assert verdict.predicted_decrease <= verdict.tolerance


SGD = [case for case in CASES if case.expected == "descending" and case.settings["method"] == "sgd"]


@pytest.mark.parametrize("case", SGD, ids=[case.name for case in SGD])
def test_descending_runs_descend(case) -> None:
    """In the last quarter of the steps the score neither rises, nor does it stay the same."""
    records = []
    run(case, callback=records.append)
    scores = np.array([record.score for record in records])
    last = scores[-len(scores) // 4 :]
    assert (np.diff(last) < 0).all()


@pytest.mark.parametrize(("flat", "left"), SLOW)
def test_more_steps_and_what_is_left_are_those_of_the_closed_form(flat, left) -> None:
    case = next(c for c in CASES if c.name == f"descending, {flat:g} as steep, {left:g} left")
    verdict = run(case).verdict
    start = 1.0 + 1e-6
    gained = start - left
    assert verdict.predicted_decrease == pytest.approx(left, rel=0.03)
    assert verdict.gained == pytest.approx(gained, rel=0.03)
    exact = slow_steps(flat, NEGLIGIBLE * gained / left)
    assert 0.95 * exact <= verdict.more_steps <= 2.05 * exact
    assert f"about {verdict.more_steps:,} more steps would do" in verdict.remedy
    # In the last tenth of the steps, or a little more as the course is noted now and then.
    n_iter = case.settings["n_iter"]

    def shrinks(steps: float) -> float:
        return left * ((1 - 0.5 * flat) ** (-2 * steps) - 1)

    assert 0.99 * shrinks(0.1 * n_iter) <= verdict.recent_decrease <= shrinks(0.2 * n_iter + 2)
    assert verdict.is_doubtful == (left / gained > 0.01)


def doubtful_oscillation(method: str, start_in_steps: int, part: float) -> bool:
    """Return whether a run is doubtful that ends `part` of a step beside a kink."""
    alpha = 0.1
    keys = {} if method == "sgd" else {"beta1": 0, "beta2": 0, "eps": 0}
    result = adamcli.minimize(
        "abs(x)", {"x": (-200, 200)}, start=[alpha * (start_in_steps + part)], alpha=alpha,
        method=method, n_iter=2 * start_in_steps + 200, **keys,
    )  # fmt: skip
    assert result.verdict.code is Code.OSCILLATING
    return result.verdict.is_doubtful


@pytest.mark.parametrize("method", ["sgd", "adam"])
@pytest.mark.parametrize("part", [0.1, 0.2, 0.3])
def test_an_oscillation_is_doubtful_if_it_hides_more_than_a_hundredth(method, part) -> None:
    assert doubtful_oscillation(method, 5, part)
    assert not doubtful_oscillation(method, 1000, part)


@some("limited", "unmoved", "flat", "saddle", "diverged")
def test_these_are_always_doubtful(case) -> None:
    verdict = run(case).verdict
    assert verdict.is_doubtful or verdict.code.value == "descending"


@some("minimum", "noisy")
def test_these_are_never_doubtful(case) -> None:
    assert not run(case).verdict.is_doubtful


def test_the_article_is_silent(cli, article) -> None:
    assert cli("run", article).stderr == ""
    assert adamcli.run_config(load_config(article)).verdict.code is Code.MINIMUM


@pytest.mark.parametrize("name", ["bounds", "lines", "maximize", "rosenbrock", "schedule",
                                  "start", "gradient", "python"])  # fmt: skip
def test_the_gallery_arrives(name) -> None:
    config = load_config(str(ROOT / "configs" / f"{name}.yaml"))
    assert adamcli.run_config(config, allow_python=True).verdict.code is Code.MINIMUM


# Remedies.

REMEDIES = (
    (r"alpha: ([-+\d.e]+) with n_iter: (\d+)$", lambda a, n: {"alpha": float(a), "n_iter": int(n)}),
    (r"alpha: ([-+\d.e]+)(?=$|,)", lambda a: {"alpha": float(a)}),
    (r"alpha: (\S+\*\(1 - t/n_iter\))", lambda a: {"alpha": a}),
    (r"or n_iter: (\d+)|try n_iter: (\d+)", lambda a, b: {"n_iter": int(a or b)}),
    (r"about ([\d,]+) more steps", lambda n: {"more": int(n.replace(",", ""))}),
    (r"try ([-+\d.e]+) times the alpha", lambda k: {"times": k}),
    (r"try eps: ([-+\d.e]+)", lambda e: {"eps": float(e)}),
)
"""What remedies say, and the settings that they mean."""


def remedies_of(case: Case, result) -> list[dict]:
    import re

    found = []
    for pattern, meaning in REMEDIES:
        match = re.search(pattern, result.verdict.remedy)
        if match is not None:
            found.append(meaning(*match.groups()))
    for settings in found:
        if "more" in settings:
            settings["n_iter"] = result.nit + settings.pop("more")
        if "times" in settings:
            settings["alpha"] = f"{settings.pop('times')}*({case.settings['alpha']})"
    return found


PENDING = ("limited", "descending", "oscillating", "unmoved")


@some(*PENDING)
def test_no_remedy_makes_it_worse(case) -> None:
    result = run(case)
    if not case.settings.get("n_iter", 1) or case.settings.get("alpha") == 0:
        assert "above 0" in result.verdict.remedy
        return
    remedies = remedies_of(case, result)
    assert remedies
    for settings in remedies:
        if settings.get("n_iter", 0) <= 100_000:
            better = run(case, **settings)
            assert merit(case, better.best.score) <= merit(case, result.best.score)


@pytest.mark.parametrize("code", PENDING)
def test_most_remedies_lead_to_the_minimum_or_much_nearer(code) -> None:
    helped, much = 0, 0
    for case in CASES:
        if case.expected.split("|")[0] != code or case.least is None:
            continue
        result = run(case)
        for settings in remedies_of(case, result):
            if settings.get("n_iter", 0) > 100_000:
                continue
            better, least = run(case, **settings), merit(case, case.least)
            before, after = (merit(case, r.best.score) - least for r in (result, better))
            helped += 1
            much += better.verdict.code is Code.MINIMUM or after <= 0.2 * before
    assert helped >= 15
    assert much >= 0.7 * helped


@pytest.mark.parametrize("case", [c for c in CASES if c.name.startswith("lost beside eps")],
                         ids=lambda case: case.name)  # fmt: skip
def test_the_eps_that_is_named_helps(case) -> None:
    result = run(case)
    (settings,) = remedies_of(case, result)
    assert set(settings) == {"eps"}
    assert run(case, **settings).best.score < 0.1 * result.best.score


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"stop": "t > 50"}, "a stricter rule than `t > 50`"),
        ({"alpha": "0.001"}, "n_iter: "),
        ({"alpha": "0.001/sqrt(t)"}, "times the alpha"),
        ({"n_iter": 0}, "set an n_iter above 0"),
        ({"alpha": 0}, "set an alpha above 0"),
    ],
)
def test_remedies_of_short_ways(settings, said) -> None:
    verdict = adamcli.minimize("(x - 3)**2", {"x": (-5, 5)}, **settings).verdict
    assert verdict.code is Code.LIMITED
    assert said in verdict.remedy


# Runs that were stopped.


def stop_at(t: int):
    def observe(record) -> None:
        if record.t == t:
            raise StopIteration

    return observe


@pytest.mark.parametrize(
    ("t", "alpha", "expected"), [(40, 0.001, "limited"), (1500, f"0.2*{1}/t**0.5", "minimum")]
)
def test_an_interrupted_formula_is_judged(t, alpha, expected) -> None:
    result = adamcli.minimize(
        "(x - 2)**2", {"x": (-5, 5)}, start=[-2.0], n_iter=10_000, alpha=alpha, callback=stop_at(t)
    )
    assert result.nit == t + 1
    assert result.verdict.code.value == expected


def test_code_is_not_called_after_an_interrupt() -> None:
    calls = []

    def fun(x):
        calls.append(1)
        return float(x @ x)

    result = adamcli.minimize(fun, [(-1, 1)] * 2, callback=stop_at(7))
    assert result.verdict.code is Code.UNKNOWN
    assert len(calls) == result.nfev


# What a verdict must not depend on.


@pytest.mark.parametrize("case", CASES[::3], ids=[case.name for case in CASES[::3]])
def test_a_verdict_has_the_same_bits_each_time(case) -> None:
    fresh = next(c for c in all_cases() if c.name == case.name)
    again = next(c for c in all_cases() if c.name == case.name)
    assert repr(run(fresh).verdict) == repr(run(again).verdict)


@pytest.mark.parametrize("power", [-100, -20, 1, 20, 100])
@pytest.mark.parametrize("alpha", ["0.001", "0.3*(1 - t/n_iter)", "3"])
def test_a_factor_of_the_score_changes_figures_by_that_factor(power, alpha) -> None:
    bounds, settings = {"x": (-4, 4), "y": (-4, 4)}, {"alpha": alpha, "eps": 0.0, "n_iter": 300}
    formula = "(x - 1)**2 + 2*(y - 1)**2 + x*y"
    one = adamcli.minimize(formula, bounds, **settings).verdict
    other = adamcli.minimize(f"({formula})*{2.0**power!r}", bounds, **settings).verdict
    assert other.code is one.code
    assert other.is_doubtful == one.is_doubtful
    assert other.remedy == one.remedy
    for figure in ("gradient_norm", "predicted_decrease", "tolerance", "recent_decrease", "gained"):
        assert getattr(other, figure) == pytest.approx(2.0**power * getattr(one, figure), rel=1e-6)


@pytest.mark.parametrize("power", [-20, -3, 10, 20])
@pytest.mark.parametrize("factor", ["0.001", "0.1*(1 - t/n_iter)", "1"])
def test_the_unit_of_the_variables_does_not_matter(power, factor) -> None:
    def verdict(unit: float):
        return adamcli.minimize(
            f"(x/{unit!r} - 1)**2 + 2*(y/{unit!r} + 1)**2", {"x": (-4 * unit, 4 * unit),
            "y": (-4 * unit, 4 * unit)}, alpha=f"{factor}*width", eps=0.0, n_iter=300,
        ).verdict  # fmt: skip

    assert verdict(2.0**power).code is verdict(1.0).code


# Mathematics and cost.


@pytest.mark.parametrize("dim", [1, 2, 3, 8, 40])
def test_the_parabola_has_the_minimum_of_linear_algebra_and_the_same_bits_alone(dim) -> None:
    random = np.random.default_rng(dim)
    roots = random.normal(size=(dim, dim, 5))
    matrix = np.einsum("ikp,jkp->ijp", roots, roots) + np.eye(dim)[:, :, np.newaxis]
    slope = random.normal(size=(dim, 5))
    decrease, step, pivots = curvature._solved(matrix, slope)
    for k in range(5):
        exact = np.linalg.solve(matrix[..., k], slope[:, k])
        assert step[:, k] == pytest.approx(-exact, rel=1e-8, abs=1e-8)
        assert decrease[k] == pytest.approx(0.5 * slope[:, k] @ exact, rel=1e-9)
        assert (pivots[:, k] > 0).all()
        alone = curvature._solved(matrix[..., k].copy(), slope[:, k].copy())
        assert alone[0] == decrease[k]
        assert (alone[1] == step[:, k]).all()
        assert (alone[2] == pivots[:, k]).all()


@pytest.mark.parametrize("scheme", ["2-point", "3-point", "given"])
@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 50])
@pytest.mark.parametrize("kink", [False, True])
def test_python_functions_are_called_less_than_in_ten_steps(scheme, dim, kink) -> None:
    fun = (lambda x: float(abs(x).sum())) if kink else (lambda x: float(x @ x))
    slope = (lambda x: np.sign(x)) if kink else (lambda x: 2 * x)
    jac = slope if scheme == "given" else scheme
    result = adamcli.minimize(fun, [(-1, 1)] * dim, jac=jac, n_iter=50, alpha=0.01)
    step = result.nfev / (result.nit + 1)
    if scheme == "given":
        assert result.verdict.nfev + result.verdict.njev <= 20
    else:
        assert result.verdict.nfev <= 10 * step


def test_a_large_formula_takes_less_than_ten_evaluations() -> None:
    x = np.linspace(0, 5, 100_000)
    result = adamcli.minimize(
        "mean((y - a*exp(-b*x) - c)**2)", {"a": (0, 5), "b": (0, 5), "c": (-1, 1)}, n_iter=20,
        data={"x": x.tolist(), "y": (2 * np.exp(-x)).tolist()},
    )  # fmt: skip
    assert result.verdict.njev <= 10


@pytest.mark.slow
def test_the_articles_verdict_takes_less_than_a_millisecond(article) -> None:
    config = load_config(article)
    task, start = prepare(config), start_of(config)[:, np.newaxis]
    batch, best = minimize_batch(task, start), 1.0
    for _ in range(200):
        began = perf_counter()
        judge(task, batch, config.variables.coordinate_names())
        best = min(best, perf_counter() - began)
    print(f"{1e3 * best:.3f} ms")
    assert best < 1e-3
