"""Runs over minibatches: every path is repeated by a plain loop with gradients by hand."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adamcli
from adamcli.config.batches import split
from adamcli.config.load import parse_config, read_keys
from adamcli.experiment import prepare, run_config
from adamcli.objective.minibatches import order_of
from adamcli.optimizer.loop import Control, Watch, minimize_batch
from adamcli.optimizer.status import Status
from adamcli.sweeps.blocks import Work
from adamcli.sweeps.plan import RunRange
from adamcli.sweeps.variations import SweepOptions, vary

FORMULA = "z = X @ w + b\nmean((z - y)**2)"
BOUNDS = {"w": {"shape": [3], "low": -1, "high": 1}, "b": [-1, 1]}


def data_of(rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, 3))
    return {"X": x, "y": x @ [0.5, -0.3, 0.2] + 0.1 + 0.1 * generator.normal(size=rows)}


def config_of(rows: int = 50, **more):
    from adamcli.config.checking import checked

    keys = {"objective": FORMULA, "bounds": BOUNDS, "data": data_of(rows), "alpha": 0.02}
    return checked(read_keys({**keys, **more}, "<test>"))


def records_of(config) -> list:
    return run_config(config, history=True).history


def mse(data, x) -> float:
    return float(np.mean((data["X"] @ x[:3] + x[3] - data["y"]) ** 2))


def slope(data, x) -> np.ndarray:
    r = 2 * (data["X"] @ x[:3] + x[3] - data["y"]) / len(data["y"])
    return np.append(data["X"].T @ r, r.sum())


def by_hand(data, start, size, epochs, seed, *, shuffle=True, alpha=0.02) -> list[np.ndarray]:
    """Return the points after each epoch, by Adam as the paper has it."""
    x, m, v, t = np.array(start), np.zeros(4), np.zeros(4), 0
    found = []
    for epoch in range(epochs):
        rows = len(data["y"])
        order = np.arange(rows)
        if shuffle and size < rows:
            order = np.random.RandomState([seed, epoch]).permutation(rows)
        for first in range(0, rows, size):
            some = order[first : first + size]
            g = slope({name: a[some] for name, a in data.items()}, x)
            t += 1
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            x = x - alpha * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
            x = np.clip(x, -1, 1)
        found.append(x)
    return found


@pytest.mark.parametrize("size", [1, 7, 16, 25, 49, 50])
@pytest.mark.parametrize("shuffle", [True, False])
def test_the_path_is_that_of_a_plain_loop(size, shuffle) -> None:
    batches = {"rows": ["X", "y"], "size": size, "shuffle": shuffle}
    config = config_of(batches=batches, epochs=4, seed=3)
    result = run_config(config, history=True)
    expected = by_hand(data_of(50), result.start.x, size, 4, 3, shuffle=shuffle)
    assert [record.t for record in result.history] == [0, 1, 2, 3]
    for record, x in zip(result.history, expected, strict=True):
        np.testing.assert_allclose(record.x, x, rtol=1e-9, atol=1e-12)
        assert record.score == pytest.approx(mse(data_of(50), record.x), rel=1e-12)
    assert result.nit == 4 * -(-50 // size)
    assert result.njev == result.nit + 1
    np.testing.assert_allclose(result.gradient, slope(data_of(50), np.array(result.last.x)))


def test_a_batch_of_all_rows_is_the_full_batch_bit_for_bit() -> None:
    whole = records_of(config_of(n_iter=30))
    for size in (50, "all", 1000):
        batches = {"rows": ["X", "y"], "size": size, "shuffle": False}
        assert records_of(config_of(batches=batches, epochs=30)) == whole


def test_batches_in_their_own_order_use_the_same_bits_as_data_given_in_it() -> None:
    """The rows of an epoch, put into that order beforehand, give the same run without shuffling."""
    data, order = data_of(50), order_of(50, 3, 0)
    ordered = {name: array[order] for name, array in data.items()}
    batches = {"rows": ["X", "y"], "size": 16}
    shuffled = run_config(config_of(batches=batches, epochs=1, seed=3))
    batches["shuffle"] = False
    plain = run_config(config_of(data=ordered, batches=batches, epochs=1, seed=3))
    assert shuffled.last.x == plain.last.x


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    assert sorted(order_of(100, 1, 2).tolist()) == list(range(100))
    assert order_of(8, 0, 0).tolist() == np.random.RandomState([0, 0]).permutation(8).tolist()
    different = {tuple(order_of(100, seed, epoch)) for seed in range(5) for epoch in range(5)}
    assert len(different) == 25


def test_rows_that_are_held_out_are_never_learned_from() -> None:
    data = data_of(50)
    kept, held = split(50, 10, shuffle=True)
    batches = {"rows": ["X", "y"], "size": 16, "validation": 0.2}
    result = run_config(config_of(batches=batches, epochs=5), history=True)
    spoiled = {name: array.copy() for name, array in data.items()}
    spoiled["y"][held] = 1e3
    other = run_config(config_of(data=spoiled, batches=batches, epochs=5), history=True)
    assert [r.x for r in result.history] == [r.x for r in other.history]
    for record in result.history:
        own = {name: array[held] for name, array in data.items()}
        assert record.validation == pytest.approx(mse(own, np.array(record.x)), rel=1e-12)
        rest = {name: array[kept] for name, array in data.items()}
        assert record.score == pytest.approx(mse(rest, np.array(record.x)), rel=1e-12)


@given(st.integers(2, 300), st.integers(0, 299), st.booleans())
def test_a_split_is_one(count, held, shuffle) -> None:
    held = min(held, count - 1)
    kept, out = split(count, held, shuffle=shuffle)
    assert len(out) == held
    assert sorted([*kept, *out]) == list(range(count))
    if not shuffle:
        assert kept.tolist() == list(range(count - held))


def test_the_best_point_is_that_of_the_best_validation_score() -> None:
    generator = np.random.default_rng(5)
    x = generator.normal(size=(60, 20))
    data = {"X": x, "y": 2 * x[:, 0] + generator.normal(size=60)}
    bounds = {"w": {"shape": [20], "low": -3, "high": 3}, "b": [-1, 1]}
    batches = {"rows": ["X", "y"], "size": 4, "validation": 0.5}
    config = config_of(
        data=data, bounds=bounds, batches=batches, epochs=200, start={"w": [0] * 20, "b": 0}
    )
    result = run_config(config, history=True)
    scores = [record.validation for record in result.history]
    best = int(np.argmin(scores))
    assert 0 < best < 150, "the case must overfit"
    assert result.best.t == best
    assert result.best.x == result.history[best].x
    assert result.to_dict()["best"]["validation"] == scores[best]
    assert result.verdict.code.value == "overfitted"
    assert f"after {best + 1} of 200" in result.verdict.message


def test_metrics_use_the_lines_of_the_objective() -> None:
    metrics = {"mae": "mean(abs(z - y))", "near": "mean(abs(z - y) < 0.2)", "rows": "len(y)"}
    batches = {"rows": ["X", "y"], "size": 16, "validation": 10}
    result = run_config(config_of(batches=batches, epochs=3, metrics=metrics), history=True)
    _, held = split(50, 10, shuffle=True)
    data = {name: array[held] for name, array in data_of(50).items()}
    for record in result.history:
        off = np.abs(data["X"] @ record.x[:3] + record.x[3] - data["y"])
        assert record.mae == pytest.approx(off.mean(), rel=1e-12)
        assert record.near == np.mean(off < 0.2)
        assert record.rows == 10
    whole = run_config(config_of(n_iter=20, metrics=metrics), history=True)
    assert [r.x for r in whole.history] == [r.x for r in records_of(config_of(n_iter=20))]
    assert whole.history[0].rows == 50
    assert whole.verdict == run_config(config_of(n_iter=20)).verdict


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(2, 40),
    size=st.integers(1, 45),
    epochs=st.integers(0, 4),
    seeds=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3, unique=True),
    method=st.sampled_from(["adam", "amsgrad", "rmsprop", "momentum", "nadam"]),
    held=st.integers(0, 10),
)
def test_a_run_has_the_same_bits_alone_and_in_a_sweep(
    rows, size, epochs, seeds, method, held
) -> None:
    file = read_keys(
        {
            "objective": FORMULA,
            "bounds": BOUNDS,
            "data": data_of(rows),
            "method": method,
            "batches": {"rows": ["X", "y"], "size": size, "validation": min(held, rows - 1)},
            "epochs": epochs,
            "metrics": {"mae": "mean(abs(z - y))"},
        },
        "<test>",
    )
    given_seeds = ",".join(map(str, seeds))
    options = SweepOptions((f"seed={given_seeds}", "alpha=0.01,0.3"))
    variations = vary(file, options)
    found = Work(variations).compute(RunRange(0, variations.plan.size)).rows
    for run in range(variations.plan.size):
        alone = run_config(variations.config(run))
        assert found.columns["best.x"][:, run].tolist() == list(alone.best.x)
        assert found.columns["last.x"][:, run].tolist() == list(alone.last.x)
        assert found.columns["last.mae"][run] == alone.last.measures[-1]
        assert found.columns["nit"][run] == alone.nit


def test_runs_that_end_leave_the_others_as_they_are() -> None:
    """Some runs diverge early, so the rest go on in arrays of their own in the midst of a run."""
    config = config_of(batches={"rows": ["X", "y"], "size": 8}, epochs=20, bounds_mode="start")
    task = prepare(config)
    starts = np.tile(np.array([[0.1], [0.2], [-0.3], [0.4]]), 4000)
    starts[:, 1::2] = 1e200
    found = minimize_batch(task, starts)
    alone = minimize_batch(prepare(config), starts[:, :1])
    assert (found.status[1::2] == Status.DIVERGED.code).all()
    for run in (0, 2, 3998):
        assert found.last.x[:, run].tolist() == alone.last.x[:, 0].tolist()


def test_stopping_rules_count_epochs() -> None:
    batches = {"rows": ["X", "y"], "size": 10}
    whole = run_config(config_of(batches=batches, epochs=60, alpha=0.05), history=True)
    scores = [record.score for record in whole.history]
    stopped = run_config(
        config_of(batches=batches, epochs=60, alpha=0.05, stop=[f"score <= {scores[9]!r}"])
    )
    first = next(t for t, score in enumerate(scores) if score <= scores[9])
    assert stopped.status is Status.CONVERGED
    assert stopped.last.t == first
    assert stopped.nit == 5 * (first + 1)
    assert stopped.message == f"score <= {scores[9]!r}, after {stopped.nit} of 300 steps"


def test_formulas_of_the_step_count_updates() -> None:
    batches = {"rows": ["X", "y"], "size": 10}
    config = config_of(batches=batches, epochs=6, alpha="where(n_iter == 30, 0.02, 0)")
    assert config.n_iter == 30
    assert run_config(config).last.x == run_config(config_of(batches=batches, epochs=6)).last.x
    once = config_of(batches=batches, epochs=2, alpha="where(t == 1, 0.02, 0)")
    result = run_config(once, history=True)
    assert result.history[0].x == result.history[1].x
    first = by_hand(data_of(50), result.start.x, 50, 1, 0)[0]
    assert np.abs(np.array(result.last.x) - result.start.x) == pytest.approx(
        np.abs(first - result.start.x), rel=1e-3
    )


def test_a_stop_between_two_updates_keeps_the_best_epoch() -> None:
    config = config_of(rows=200, batches={"rows": ["X", "y"], "size": 2}, epochs=50)
    task, control = prepare(config), Control()
    seen = []

    class Stopping(type(task.objective)):
        def bind(self, x, f, g):
            found = super().bind(x, f, g)
            calls = [0]

            def count() -> None:
                calls[0] += 1
                if calls[0] == 250:
                    control.stop = Status.TERMINATED

            return found._replace(passes=[[*calls_, count] for calls_ in found.passes])

    task.objective.__class__ = Stopping
    result = minimize_batch(task, np.zeros((4, 1)), control, Watch(seen.append))
    assert result.status[0] == Status.TERMINATED.code
    assert len(seen) == 2
    assert result.nit[0] == 200
    best = min(seen, key=lambda record: record.score)
    assert result.best.t[0] == best.t
    assert result.best.x[:, 0].tolist() == list(best.x)
    assert np.isnan(result.last.score[0])


def test_a_model_with_errors_takes_batches() -> None:
    data = {**data_of(40), "s": np.linspace(0.5, 2.0, 40)}
    common = {"model": "y ~ X @ w + b", "sigma": "s", "bounds": BOUNDS, "data": data}
    batches = {"rows": ["X", "y", "s"], "size": 7}
    from adamcli.config.checking import checked

    result = run_config(checked(read_keys({**common, "batches": batches, "epochs": 3}, "<t>")))
    x = np.array(result.last.x)
    residual = (data["X"] @ x[:3] + x[3] - data["y"]) / data["s"]
    assert result.last.score == pytest.approx(np.sum(residual**2), rel=1e-12)


def test_labels_are_taken_with_their_rows() -> None:
    """A softmax over three classes, whose gradient on each batch is written down by hand."""
    generator = np.random.default_rng(2)
    x, label = generator.normal(size=(30, 2)), generator.integers(0, 3, 30).astype(float)
    result = adamcli.minimize(
        "z = X @ W\nmean(logsumexp(z, axis=1) - sum(z*onehot(label, 3), axis=1))",
        {"W": {"shape": [2, 3], "low": -1, "high": 1}},
        data={"X": x, "label": label},
        batches={"rows": ["X", "label"], "size": 8},
        metrics={"accuracy": "mean(argmax(z, axis=1) == label)"},
        epochs=2,
        alpha=0.05,
        seed=1,
        history=True,
    )
    w, m, v, t = np.array(result.start.x).reshape(2, 3), 0.0, 0.0, 0
    for epoch in range(2):
        order = np.random.RandomState([1, epoch]).permutation(30)
        for some in (order[:8], order[8:16], order[16:24], order[24:]):
            p = np.exp(x[some] @ w)
            p /= p.sum(axis=1, keepdims=True)
            g = x[some].T @ (p - np.eye(3)[label[some].astype(int)]) / len(some)
            t += 1
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            w = np.clip(w - 0.05 * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), -1, 1)
    np.testing.assert_allclose(np.array(result.last.x), w.ravel(), rtol=1e-9)
    hits = np.mean(np.argmax(x @ w, axis=1) == label)
    assert result.history[-1].accuracy == hits


def test_results_can_be_expected_written_and_pickled(tmp_path) -> None:
    batches = {"rows": ["X", "y"], "size": 16, "validation": 0.2}
    config = config_of(
        batches=batches, epochs=3, metrics={"mae": "mean(abs(z - y))"}, expect=["best.mae < 10"]
    )
    result = run_config(config)
    found = json.loads(result.to_json())
    assert found["best"]["mae"] == result.numbers()["best.mae"]
    assert found["config"]["batches"]["validation"] == 10
    assert found["config"]["epochs"] == 3
    assert "n_iter" not in found["config"]
    again = run_config(parse_config(json.dumps(found["config"])))
    assert again.last == result.last
    assert pickle.loads(pickle.dumps(result.best)) == result.best


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs: 3", "`epochs` needs `batches`"),
        ("batches: {rows: [X, y]}\nn_iter: 3", "with `batches`, `epochs` says how long a run is"),
        ("batches: 3", "batches: expected names of data and a size"),
        ("batches: {size: 3}", "batches: `rows` is missing"),
        ("batches: {rows: [X, z]}", "batches.rows: expected names of arrays in `data`"),
        ("batches: {rows: [X, k]}", "batches.rows: expected names of arrays in `data`"),
        ("batches: {rows: [X, short]}", "X has 4, short has 2"),
        ("batches: {rows: X, size: 0}", "batches.size: expected a whole number from 1"),
        ("batches: {rows: X, shuffle: 1}", "batches.shuffle: expected true or false"),
        ("batches: {rows: X, validation: 4}", "a number of rows below 4"),
        ("batches: {rows: X, validation: -0.1}", "batches.validation: expected a part"),
        ("batches: {rows: X, sizes: 4}", "did you mean `size`?"),
        ("metrics: 3", "metrics: expected names and formulas"),
        ("metrics: {score: a}", "`score` is the name of another column"),
        ("metrics: {a: a}", "`a` is the name of a variable"),
        ("metrics: {m: q + a}", "unknown name `q`"),
        ("metrics: {m: X*a}", "the formula is an array of shape (4,), expected one number"),
        ("gradient: 2-point\nmetrics: {m: a}", "metrics: the objective must be a formula"),
        ("gradient: 2-point\nbatches: {rows: X}", "batches: the objective must be a formula"),
    ],
)
def test_what_is_wrong_is_said(text, message) -> None:
    head = "objective: sum((X*a - y)**2)\nbounds: {a: [0, 1]}\nconstants: {k: 2}\n"
    data = "data: {X: [1, 2, 3, 4], y: [1, 2, 3, 4], short: [1, 2]}\n"
    with pytest.raises(adamcli.AdamcliError) as error:
        parse_config(f"{head}{data}{text}\n")
    assert message in str(error.value)


def test_the_picture_of_scores_shows_those_of_validation() -> None:
    from adamcli.pictures.kinds.score import draw
    from adamcli.pictures.subject import Wish
    from adamcli.plotting.subjects import of_result

    batches = {"rows": ["X", "y"], "size": 16, "validation": 0.2}
    result = run_config(config_of(batches=batches, epochs=8), history=True)
    picture = draw([of_result(result)], Wish())
    score, validation = picture.rows[0][0].marks
    assert [score.label, validation.label] == ["score", "validation"]
    assert validation.y.tolist() == [record.validation for record in result.history]
    assert picture.rows[0][0].x.label == "epoch"


def test_an_objective_that_ran_before_gives_other_seeds_their_own_order() -> None:
    task = prepare(config_of(batches={"rows": ["X", "y"], "size": 8}, epochs=2, seed=1))
    start = np.full((4, 1), 0.1)
    first = minimize_batch(task, start).last.x
    again = minimize_batch(task, start).last.x
    assert again.tolist() == first.tolist()
    other = task._replace(objective=task.objective.seeded(np.array([2])))
    alone = prepare(config_of(batches={"rows": ["X", "y"], "size": 8}, epochs=2, seed=2))
    assert (
        minimize_batch(other, start).last.x.tolist() == minimize_batch(alone, start).last.x.tolist()
    )
    assert minimize_batch(other, start).last.x.tolist() != first.tolist()
