"""Standard test functions for optimisation, as formulas, with their domains and minima.

The collections are S. Surjanovic and D. Bingham, Virtual Library of Simulation Experiments (2013);
and M. Jamil and X.-S. Yang, A literature survey of benchmark functions for global optimization
problems (2013, arXiv:1308.4008). Where a formula or a minimum of theirs is misprinted, what stands
here has been mended and computed anew.
"""

from __future__ import annotations

from adamcli.objective.standard.bowls import BOWLS
from adamcli.objective.standard.many_minima import MANY_MINIMA
from adamcli.objective.standard.many_minima_kinked import MANY_MINIMA_KINKED
from adamcli.objective.standard.many_minima_plane import MANY_MINIMA_PLANE
from adamcli.objective.standard.many_minima_twins import MANY_MINIMA_TWINS
from adamcli.objective.standard.model import CATEGORIES, StandardFunction
from adamcli.objective.standard.others import OTHERS
from adamcli.objective.standard.others_tabled import OTHERS_TABLED
from adamcli.objective.standard.plates import PLATES
from adamcli.objective.standard.ridges import RIDGES
from adamcli.objective.standard.valleys import VALLEYS

__all__ = ["CATEGORIES", "STANDARD", "StandardFunction"]

_GROUPS = (
    BOWLS,
    PLATES,
    VALLEYS,
    RIDGES,
    MANY_MINIMA,
    MANY_MINIMA_KINKED,
    MANY_MINIMA_PLANE,
    MANY_MINIMA_TWINS,
    OTHERS,
    OTHERS_TABLED,
)

STANDARD: dict[str, StandardFunction] = {
    function.name: function for group in _GROUPS for function in group
}
"""Every function by its name, category by category."""
