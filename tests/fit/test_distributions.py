"""Quantiles and tails have all the digits that matter; the oracle is mpmath."""

import pytest
from mpmath import betainc, findroot, gammainc, inf, mp, mpf, ncdf

from adamcli.fit.distributions import chi_squared_tail, half_width


@pytest.mark.parametrize("level", [0.5, 0.6827, 0.95, 0.99])
@pytest.mark.parametrize("dof", [1, 2, 3, 4, 5, 12, 29, 120, 999, 100_000, 10_000_000])
def test_quantiles_of_t_have_twelve_digits(dof, level) -> None:
    mp.dps = 40
    found = half_width(level, dof)

    def miss(t):
        x = dof / (dof + t * t)
        return 1 - betainc(mpf(dof) / 2, mpf(1) / 2, 0, x, regularized=True) - mpf(level)

    assert found == pytest.approx(float(findroot(miss, found)), rel=1e-12)


def test_with_a_known_scale_the_quantile_is_that_of_the_normal_distribution() -> None:
    mp.dps = 40
    exact = findroot(lambda z: 2 * ncdf(z) - 1 - mpf(0.95), 1.96)
    assert half_width(0.95, float(inf)) == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize(
    ("value", "dof"),
    [(1e-3, 3), (0.1, 5), (1, 1), (12.3, 12), (30, 10), (99.5, 100), (250, 100), (1e5, 99_999)],
)
def test_tails_of_chi_squared_have_ten_digits(value, dof) -> None:
    mp.dps = 40
    exact = gammainc(mpf(dof) / 2, mpf(value) / 2, inf, regularized=True)
    assert chi_squared_tail(value, dof) == pytest.approx(float(exact), rel=1e-10)
