"""Operations that choose and join entries: values of NumPy, exact gradients, bits, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamcli.diagnostics import ConfigError
from tests.conftest import config_of, evaluate, objective_of, same_bits

BOUNDS = "{w: {low: -1, high: 1, shape: [3, 4]}, b: {low: -1, high: 1, shape: 3}, s: [-1, 1]}"
ROWS = np.random.RandomState(5).uniform(-1, 1, (16, 9))
K = np.array([2, 0, 1, 1, 2, 2, 2, -1])
CONSTANTS = "{k: [2, 0, 1, 1, 2, 2, 2, -1], g: [[1, 0], [2, 2]], c: [0.5, -2, 7]}"

SMOOTH = {
    "sum(sin(take(b, k))*arange(8))": lambda w, b, s: (np.sin(b[K]) * np.arange(8)).sum(),
    "sum(take(w, k, axis=0)**2*arange(4))": lambda w, b, s: (w[K] ** 2 * np.arange(4)).sum(),
    "sum(exp(take(w, g, axis=1))*s)": lambda w, b, s: (
        np.exp(np.take(w, [[1, 0], [2, 2]], axis=1)) * s
    ).sum(),
    "take(w, 5)*take(w, -1) + take(b, 1)": lambda w, b, s: w[1, 1] * w[2, 3] + b[1],
    "take(w, 1, axis=1)[2] + sum(take(w, argmax(b), axis=0)**3)": lambda w, b, s: (
        w[2, 1] + (w[b.argmax()] ** 3).sum()
    ),
    "sum(take(w*w, argmin(w, axis=1), axis=1)[0])": lambda w, b, s: (w * w)[
        0, w.argmin(axis=1)
    ].sum(),
    "sum(take(c, argmax(w, axis=0)))*b[0]": (
        lambda w, b, s: np.take([0.5, -2, 7], w.argmax(axis=0)).sum() * b[0]
    ),
    "sum(onehot(argmax(w, axis=1), 4)*w**2)": lambda w, b, s: (w.max(axis=1) ** 2).sum(),
    "sum(onehot(arange(3), 3)*outer(b, b))": lambda w, b, s: (b * b).sum(),
    "sum(reshape(w, 4, 3)**2*b)": lambda w, b, s: (w.reshape(4, 3) ** 2 * b).sum(),
    "sum(reshape(transpose(w), (2, -1))[1]*s)": lambda w, b, s: (w.T.reshape(2, -1)[1] * s).sum(),
    "sum(reshape(w[:, ::2], -1)*arange(6)**2)": lambda w, b, s: (
        w[:, ::2].reshape(-1) * np.arange(6) ** 2
    ).sum(),
    "reshape(s, 1, 1)[0, 0] + sum(s[None]*b)": lambda w, b, s: s + (s * b).sum(),
    "sum(outer(b, w[0])*w) + sum(outer(s, b))": lambda w, b, s: (
        (np.outer(b, w[0]) * w).sum() + (s * b).sum()
    ),
    "sum((b[:, None] - b[None])**4) + sum(w[:, None, 1]*s)": lambda w, b, s: (
        ((b[:, None] - b[None]) ** 4).sum() + (w[:, 1] * s).sum()
    ),
    "sum(concat(w, b[:, None], axis=1)**3)": lambda w, b, s: (w**3).sum() + (b**3).sum(),
    "sum(concat(w, w[:1]*s, axis=-2)[3])": lambda w, b, s: (w[0] * s).sum(),
    "sum(stack(w[:, 0], b, c, axis=1)*stack(s, 1, 2))": lambda w, b, s: (
        np.stack([w[:, 0], b, [0.5, -2, 7]], axis=1) * np.array([s, 1, 2])
    ).sum(),
    "sum(stack(b, b**2)[1]) + sum(stack(w, w*s, axis=-1)[:, 1])": lambda w, b, s: (
        (b**2).sum() + (np.stack([w, w * s], axis=-1)[:, 1]).sum()
    ),
    "where(s > 2, sum(sqrt(take(b, k))), s)": lambda w, b, s: s,
}


def test_arguments_may_stand_in_a_tuple_as_in_numpy() -> None:
    for formula, same in [
        ("sum(reshape(w, (2, -1))[1]*s)", "sum(reshape(w, 2, -1)[1]*s)"),
        ("sum(concat((b, s))*arange(4))", "sum(concat(b, s)*arange(4))"),
        ("sum(stack((b, 2*b), axis=1)*zeros((3, 1)))", "sum(stack(b, 2*b, axis=1)*zeros(3, 1))"),
    ]:
        found = [evaluate(objective_of(each, BOUNDS), ROWS) for each in (formula, same)]
        assert same_bits(found[0][0], found[1][0])


def parts_of(point: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    return point[:12].reshape(3, 4), point[12:15], point[15]


@pytest.mark.parametrize("formula", SMOOTH)
def test_values_are_those_of_numpy_and_gradients_those_of_the_complex_step(formula: str) -> None:
    objective = objective_of(formula, BOUNDS, constants=CONSTANTS)
    values, exact = evaluate(objective, ROWS)
    expected = [SMOOTH[formula](*parts_of(point)) for point in ROWS.T]
    np.testing.assert_allclose(values, expected, rtol=1e-13, atol=1e-15)
    stepped = objective_of(formula, BOUNDS, constants=CONSTANTS, gradient="complex-step")
    again, slopes = evaluate(stepped, ROWS)
    assert np.array_equal(values, again)
    np.testing.assert_allclose(exact, slopes, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("formula", SMOOTH)
def test_a_run_has_the_same_bits_alone_and_among_others(formula: str) -> None:
    objective = objective_of(formula, BOUNDS, constants=CONSTANTS)
    values, slopes = evaluate(objective, ROWS)
    for run, point in enumerate(ROWS.T):
        alone = evaluate(objective, point[:, None].copy())
        assert same_bits(alone[0][0], values[run])
        assert same_bits(alone[1][:, 0], slopes[:, run])


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.lists(st.integers(1, 3), min_size=0, max_size=2),
    st.data(),
)
def test_taking_and_adding_back_along_any_axis(shape, index_shape, data) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    length, count = shape[axis], int(np.prod(index_shape))
    drawn = data.draw(st.lists(st.integers(-length, length - 1), min_size=count, max_size=count))
    indices = np.array(drawn).reshape(index_shape)
    size = int(np.prod(shape))
    points = np.random.RandomState(size).uniform(-1, 1, (size, 3))
    bounds, constants = f"{{x: {{low: -1, high: 1, shape: {shape}}}}}", f"{{k: {indices.tolist()}}}"
    taken = [np.take(p.reshape(shape), indices, axis) for p in points.T]
    weight = f"reshape(sin(1 + arange({taken[0].size})), {taken[0].shape or (1,)})"
    if not taken[0].shape:
        weight = "sin(1)"
    # Constant indices, and the same ones computed.
    for index in ("k", f"k + 0*floor(x{[0] * len(shape)})"):
        formula = f"sum({weight}*take(x, {index}, axis={axis})**2)"
        values, slopes = evaluate(objective_of(formula, bounds, constants=constants), points)
        factor = np.sin(1 + np.arange(taken[0].size)).reshape(taken[0].shape)
        np.testing.assert_allclose(values, [(factor * t**2).sum() for t in taken], rtol=1e-12)
        for run in range(points.shape[1]):
            expected = np.zeros(shape)
            onto = np.moveaxis(expected, axis, 0)
            back = (2 * factor * taken[run]).reshape(
                *taken[run].shape[: axis % len(shape)], -1, *shape[axis % len(shape) + 1 :]
            )
            np.add.at(onto, indices.reshape(-1), np.moveaxis(back, axis % len(shape), 0))
            np.testing.assert_allclose(slopes[:, run].reshape(shape), expected, rtol=1e-12)


def test_many_equal_indices_are_added_in_pairs() -> None:
    constants = f"{{k: {[0, 1, 1] * 40_000}}}"
    objective = objective_of(
        "0.1*sum(take(x, k))", "{x: {low: 0, high: 1, shape: 3}}", constants=constants
    )
    _, slopes = evaluate(objective, np.array([[0.5, 0.1], [0.25, 0.2], [1.0, 0.3]]))
    # One by one, 80,000 additions of 0.1 would be wrong by 1e-10.
    np.testing.assert_allclose(
        slopes, np.array([[4000.0] * 2, [8000.0] * 2, [0.0] * 2]), rtol=4e-15
    )


def test_computed_indices_of_no_entry_give_nan() -> None:
    bounds = "{x: {low: -9, high: 9, shape: 2}, i: [-9, 9]}"
    points = np.array([[3.0] * 5, [5.0] * 5, [0.0, 1.0, -2.0, 2.0, 0.5]])
    values, slopes = evaluate(objective_of("take(x, i)", bounds), points)
    np.testing.assert_array_equal(values, [3, 5, 3, np.nan, np.nan])
    np.testing.assert_array_equal(slopes[:, :3], [[1, 0, 1], [0, 1, 0], [0, 0, 0]])
    values, _ = evaluate(objective_of("sum(onehot(i, 2)*x)", bounds), points)
    np.testing.assert_array_equal(values, [3, 5, np.nan, np.nan, np.nan])


def test_ties_have_the_first_index_and_no_slope() -> None:
    points = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 3.0]])
    bounds = "{x: {low: -9, high: 9, shape: 3}}"
    values, slopes = evaluate(objective_of("argmax(x) + 10*argmin(x)", bounds), points)
    assert values.tolist() == [20.0, 2.0]
    assert not slopes.any()


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("take(b, 3)", "expected whole numbers from -3 to 2, found the index 3"),
        ("take(b, 0.5)", "expected whole numbers from -3 to 2, found the index 0.5"),
        ("take(b, 0, axis=1)", "there is no axis 1 in an array of shape (3,)"),
        ("sum(onehot(c, 3))", "expected whole numbers from 0 to 2, found the label 0.5"),
        ("sum(onehot(b, 0))", "expected a whole number from 1 to 500,000,000"),
        ("sum(onehot(b, s))", "expected a whole number from 1 to 500,000,000"),
        ("sum(reshape(w, 5, 2))", "the shape (3, 4) has 12 entries, which do not fill (5, 2)"),
        ("sum(reshape(w, 5, -1))", "the shape (3, 4) has 12 entries, which do not fill (5, -1)"),
        ("sum(reshape(w, -1, -1))", "only one length may be -1"),
        ("sum(reshape(w, 0))", "expected a whole number from 1 to 500,000,000, or -1"),
        ("sum(reshape(w, 2, (2, 3)))", "a formula has one value, found several"),
        ("sum(outer((b, b)))", "`outer` takes 2 arguments, found 1"),
        ("reshape(w, ())", "`reshape` takes 2 or more arguments, found 1"),
        ("reshape(w)", "`reshape` takes 2 or more arguments, found 1"),
        ("sum(concat(w, b))", "the shapes (3, 4) and (3,) cannot be joined along axis 0"),
        ("sum(concat(w, w[1:], axis=1))", "(3, 4) and (2, 4) cannot be joined along axis 1"),
        ("sum(concat(b, b, axis=1))", "there is no axis 1 in an array of shape (3,)"),
        ("sum(stack(w, b))", "the shapes (3, 4) and (3,) cannot be stacked"),
        ("sum(stack(b, b, axis=2))", "arrays of shape (3,) cannot be stacked along axis 2"),
        ("argmax(w, axis=2)[0]", "there is no axis 2 in an array of shape (3, 4)"),
        ("outer(b, b, axis=0)", "`outer` takes no named arguments"),
        ("sum(s[None, 0])", "`s` is a single number and has no entries"),
        ("b[None, 0, 0]", "its shape is (3,), found 2 indices"),
        ("sum(take(b, b > 0))", "expected a number, found a condition"),
        ("sum(outer(zeros(90000), zeros(90000)))", "needs 64.8 GB of memory"),
        ("sum(onehot(zeros(90000), 90000))", "needs 64.8 GB of memory"),
    ],
)
def test_errors_say_what_was_expected(formula: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        config_of(formula, BOUNDS, constants=CONSTANTS)
    assert message in str(error.value)
    assert "^" in str(error.value)


def test_joined_and_reshaped_residuals_are_still_a_sum_of_squares() -> None:
    formula = "sum(reshape(concat((w[0] - 1)**2, 2*(b - w[:, 0])**2), -1, 1))"
    residuals = config_of(formula, BOUNDS).objective.residuals
    assert residuals is not None
    assert residuals.rows == 7
    found = residuals.values(ROWS)
    w, b = ROWS[:12].reshape(3, 4, -1), ROWS[12:15]
    expected = np.concatenate([w[0] - 1, np.sqrt(2) * (b - w[:, 0])])
    np.testing.assert_allclose(np.sort(found**2, axis=0), np.sort(expected**2, axis=0), rtol=1e-13)
    slopes = residuals.system(ROWS, found)[:-1]
    np.testing.assert_allclose(
        2 * (slopes * found).sum(axis=1),
        evaluate(objective_of(formula, BOUNDS), ROWS)[1],
        atol=1e-12,
    )


def test_rows_that_are_mixed_have_the_right_jacobian() -> None:
    formula = "sum((take(b, k) - take(w, k, axis=0)[:, 1]*s)**2)"
    residuals = config_of(formula, BOUNDS, constants=CONSTANTS).objective.residuals
    assert residuals is not None
    found = residuals.values(ROWS)
    slopes = residuals.system(ROWS, found)[:-1]
    objective = objective_of(formula, BOUNDS, constants=CONSTANTS)
    np.testing.assert_allclose(
        2 * (slopes * found).sum(axis=1), evaluate(objective, ROWS)[1], atol=1e-12
    )
