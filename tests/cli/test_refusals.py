"""What the system refuses is told with its name and the reason, and exits with 4."""

import os
import shlex
import subprocess
import sys

import pytest

from tests.conftest import QUIET_ENVIRONMENT, ROOT

ARTICLE = shlex.quote(str(ROOT / "configs" / "article.yaml"))


@pytest.fixture
def shell(tmp_path):
    """Return a function that runs a line in a shell, where `adamcli` is the command."""

    def run(line: str) -> tuple[int, str]:
        python = shlex.quote(sys.executable)
        done = subprocess.run(
            ["/bin/sh", "-c", f'adamcli() {{ {python} -m adamcli "$@"; }}\n{line}'],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**QUIET_ENVIRONMENT, "PYTHONPATH": str(ROOT)},
        )
        return done.returncode, done.stderr

    return run


@pytest.mark.parametrize(
    "line", [f"run {ARTICLE} -o o.csv", f"sweep {ARTICLE} -p seed=0,1 --store s.db"]
)
def test_a_working_directory_that_is_gone(shell, line) -> None:
    code, said = shell(f"mkdir gone; cd gone; rmdir ../gone; adamcli {line} -q")
    assert (code, said) == (4, "the working directory cannot be used: No such file or directory\n")


def test_too_many_files(shell, tmp_path) -> None:
    outputs = " ".join(f"-o {k}.csv" for k in range(40))
    code, said = shell(f"ulimit -n 32; adamcli run {ARTICLE} -q {outputs}")
    assert code == 4
    assert said.endswith(".csv: cannot be written: Too many open files\n")
    assert not os.listdir(tmp_path)


def test_too_many_files_for_workers(shell) -> None:
    code, said = shell(f"ulimit -n 9; adamcli sweep {ARTICLE} -p seed=0..99999 -q -j 4")
    assert code == 4
    assert said == (
        "no more files can be opened: Too many open files\n  raise the limit: ulimit -n 1024\n"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
@pytest.mark.parametrize("line", ["run c.yaml -o o.csv", "check c.yaml --write w.yaml"])
def test_a_file_system_that_is_read_only(shell, tmp_path, line) -> None:
    (tmp_path / "m").mkdir()
    mount = f"mount -t tmpfs x m && cp {ARTICLE} m/c.yaml && mount -o remount,ro m || exit 99"
    inner = f"{mount}; cd m; {shlex.quote(sys.executable)} -m adamcli {line} -q"
    code, said = shell(f"unshare -m sh -c {shlex.quote(inner)}")
    if code in (1, 99):
        pytest.skip("mounting is not allowed")
    assert (code, said) == (4, f"{line.split()[-1]}: cannot be written: Read-only file system\n")
