"""The schedules that the page on formulas shows, against the numbers of PyTorch and Optax."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT, config_of

PAGE = (ROOT / "docs" / "formulas.md").read_text(encoding="utf-8")

RECORDED = json.loads(Path(__file__).with_name("schedules.json").read_text(encoding="utf-8"))

CASES = [
    pytest.param(case, id=f"{case['schedule']}-{case['peer']}-{case['n_iter']}")
    for case in RECORDED["cases"]
]


def formulas_of_the_page() -> dict[str, str]:
    """Return the formulas of the table, and that of the snippet with several lines."""
    table = re.search(r"^\| schedule \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    rows = [[cell.strip() for cell in row.split("|")] for row in table[1].splitlines()]
    found = {name: formula.strip("`") for _, name, formula, *_ in rows}
    (lines,) = re.findall(
        r"^One-cycle,.*\n\n```yaml\nalpha: \|\n((?:  .*\n)+)```", PAGE, re.MULTILINE
    )
    return found | {"one-cycle": re.sub(r"^  ", "", lines, flags=re.MULTILINE)}


FORMULAS = formulas_of_the_page()


def alphas(formula: str, n_iter: int) -> np.ndarray:
    """Return alpha at steps 1, 2, …, n_iter."""
    config = config_of("x**2 + y**2", alpha=json.dumps(formula), n_iter=n_iter)
    return config.hyperparameters.alpha(np.arange(1, n_iter + 1), n_iter)


def test_every_schedule_of_the_page_has_been_recorded() -> None:
    assert set(FORMULAS) == {case["schedule"] for case in RECORDED["cases"]}


@pytest.mark.parametrize("case", CASES)
def test_a_schedule_has_the_numbers_of_its_peer(case) -> None:
    steps = RECORDED["steps"][str(case["n_iter"])]
    found = alphas(FORMULAS[case["schedule"]], case["n_iter"])
    # Where 1 + cos is almost 0, the last digit of the cosine is all that is left of it.
    np.testing.assert_allclose(found[np.array(steps) - 1], case["alpha"], rtol=1e-12, atol=1e-16)
