"""What a sweep prints in the end."""

import io

from adamcli.config.load import open_config
from adamcli.optimizer.loop import Control
from adamcli.optimizer.status import Status
from adamcli.report.sweep_table import print_sweep
from adamcli.sweeps.job import SweepJob
from adamcli.sweeps.variations import SweepOptions, vary


def test_a_sweep_that_was_stopped_before_its_first_run_has_no_table(article) -> None:
    control, stream = Control(), io.StringIO()
    control.stop = Status.INTERRUPTED
    options = SweepOptions(("alpha=0.1,0.2", "seed=0,1"))
    with SweepJob(vary(open_config(article), options), options) as job:
        print_sweep(job.run([], control), stream)
    assert stream.getvalue() == "no run is done\n"
