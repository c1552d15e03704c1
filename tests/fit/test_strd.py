"""Fits reach the certified digits of NIST's nonlinear sets, from both starts of each."""

from functools import lru_cache

import numpy as np
import pytest

from adamcli.config.checking import checked
from adamcli.config.load import read_keys
from adamcli.fit.statistics import fit_at
from tests.fit.cases import fit_from
from tests.fit.strd import SETS, columns_of

FREE = [-np.inf, np.inf]


@lru_cache
def residuals_of(name: str):
    reference = SETS[name]
    names = [f"b{k + 1}" for k in range(len(reference.values))]
    keys = {
        "model": reference.model,
        "bounds": dict.fromkeys(names, FREE),
        "start": dict(zip(names, reference.starts[0], strict=True)),
        "data": columns_of(name),
    }
    return checked(read_keys(keys, name)).objective.residuals


def digits(found, certified) -> float:
    """Return how many digits of the worst number are right; 11 are certified."""
    found, certified = np.array(found), np.array(certified)
    return float(-np.log10(np.maximum(np.abs(found / certified - 1), 1e-11)).min())


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", SETS)
def test_a_fit_has_the_certified_digits(name, start) -> None:
    reference, residuals = SETS[name], residuals_of(name)
    free = np.full(len(reference.values), np.inf)
    found = fit_from(residuals, np.array(reference.starts[start]), -free, free)
    fit = fit_at(residuals, found.x, [f"b{k + 1}" for k in range(len(found.x))])
    assert digits(found.x, reference.values) >= 9
    errors = [estimate.stderr for estimate in fit.parameters.values()]
    if name == "Lanczos1":
        # Its data are exact to 14 digits, so its residuals of 1e-13 are themselves rounding.
        assert digits(errors, reference.errors) > 2
        assert digits(fit.rss, reference.rss) > 2
    else:
        assert digits(errors, reference.errors) >= 9
        assert digits(fit.rss, reference.rss) >= 9.9
    assert not fit.notes
