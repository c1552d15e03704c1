"""The row of a least-squares system has the slope and curvature of its loss, by mpmath."""

import numpy as np
import pytest
from mpmath import mp, mpf

from adamcli.objective.losses import Loss

D = 0.7
LOSSES = {
    "huber": lambda r: r**2 if abs(r) <= D else 2 * mpf(D) * abs(r) - mpf(D) ** 2,
    "soft_l1": lambda r: 2 * mpf(D) ** 2 * (mp.sqrt(1 + (r / D) ** 2) - 1),
    "cauchy": lambda r: mpf(D) ** 2 * mp.log(1 + (r / D) ** 2),
    "arctan": lambda r: mpf(D) ** 2 * mp.atan((r / D) ** 2),
}


@pytest.mark.parametrize("r", [0.0, 1e-9, 0.3, -0.5, 2.5, -40.0])
@pytest.mark.parametrize("name", LOSSES)
def test_a_row_has_the_slope_and_the_curvature_of_its_loss(name, r) -> None:
    mp.dps = 40
    slope, curvature = (float(mp.diff(LOSSES[name], mpf(r), n)) for n in (1, 2))
    system = np.array([[[1.0]], [[r]]])
    Loss(name, D).reweigh(system)
    along, residual = system[:, 0, 0]
    assert 2 * along * residual == pytest.approx(slope, rel=1e-12, abs=1e-15)
    # Where a loss bends too little, a tenth of its slope over r has to do.
    least = 0.1 * slope / r if r else 0.0
    assert 2 * along**2 == pytest.approx(max(curvature, least), rel=1e-10, abs=1e-15)
    found = Loss(name, D).values(np.array([r]))[0]
    assert found == pytest.approx(float(LOSSES[name](mpf(r))), rel=1e-14)
