"""What each status means to users, scripts and batches."""

import pickle

import pytest

from adamcli.errors import ExitCode
from adamcli.optimizer.status import STATUSES, Status

EXIT_CODES = {
    "finished": ExitCode.OK,
    "converged": ExitCode.OK,
    "diverged": ExitCode.FAILED,
    "failed": ExitCode.FAILED,
    "interrupted": ExitCode.INTERRUPTED,
    "terminated": ExitCode.TERMINATED,
}


def test_exit_codes_are_those_that_scripts_rely_on() -> None:
    assert {status.value: status.exit_code for status in Status} == EXIT_CODES


def test_a_run_that_took_its_steps_or_met_a_rule_is_a_success() -> None:
    assert [s for s in Status if s.success] == [Status.FINISHED, Status.CONVERGED]


def test_codes_are_positions() -> None:
    assert [status.code for status in STATUSES] == list(range(len(STATUSES)))


@pytest.mark.parametrize("status", Status)
def test_a_status_is_one_object_by_word_and_after_pickling(status) -> None:
    assert Status(status.value) is status
    assert pickle.loads(pickle.dumps(status)) is status


@pytest.mark.parametrize("status", Status)
def test_every_status_says_what_it_means_and_what_to_do(status) -> None:
    sentence = status.sentence(nit=3, n_iter=10, rule="score < 1")
    assert sentence
    assert "{" not in sentence
    assert bool(status.remedy) is not status.success


@pytest.mark.parametrize(
    ("n_iter", "finished", "part"),
    [
        (0, "no step was asked for", "0 of 0 steps"),
        (1, "the only step was taken", "0 of 1 step"),
        (2, "all 2 steps were taken", "0 of 2 steps"),
        (100_000, "all 100000 steps were taken", "0 of 100000 steps"),
    ],
)
def test_few_steps_and_many(n_iter, finished, part) -> None:
    assert Status.FINISHED.sentence(n_iter, n_iter) == finished
    assert Status.INTERRUPTED.sentence(0, n_iter) == f"stopped after {part}"
    assert Status.CONVERGED.sentence(0, n_iter, "t >= 0") == f"t >= 0, after {part}"
