"""A sweep on a cluster gives the bytes that it gives here, though workers die."""

import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress

import pytest

from adamcli.config.load import open_config
from adamcli.errors import FileError
from adamcli.sweeps import cluster as cluster_module
from adamcli.sweeps.blocks import Done, RunRange, Work, WorkerError
from adamcli.sweeps.cluster import _kept, _Parcel, compute_block
from adamcli.sweeps.variations import SweepOptions, vary
from tests.conftest import QUIET_ENVIRONMENT, ROOT
from tests.sweeps.test_resume import killed, lines_in, runs_in, started, wait_until
from tests.sweeps.test_store import contents, picky_config

pytest.importorskip("distributed")

ARTICLE = str(ROOT / "configs" / "article.yaml")
LONG = ["--set", "n_iter=1500", "-p", "seed=0..39999"]


class Cluster:
    """A scheduler on the loopback, and workers that are processes of one thread."""

    def __init__(self, folder) -> None:
        self._folder, self._environment = folder, {**QUIET_ENVIRONMENT}
        file = folder / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
        self._processes = [self._start("dask_scheduler", *options, "--scheduler-file", str(file))]
        self.workers: list[subprocess.Popen] = []
        wait_until(lambda: file.exists() and file.read_text().endswith("}"))
        self.address = json.loads(file.read_text())["address"]

    def add_workers(self, count: int) -> None:
        """Start workers, and wait until the cluster has two."""
        options = ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"]
        options += ["--local-directory", str(self._folder)]
        for _ in range(count):
            worker = self._start("dask_worker", self.address, *options)
            self.workers.append(worker)
            self._processes.append(worker)
        code = "import sys; from distributed import Client\n"
        code += "with Client(sys.argv[1], timeout=60) as client: client.wait_for_workers(2, 60)"
        subprocess.run([sys.executable, "-c", code, self.address], timeout=120, check=True)

    def stop(self) -> None:
        """End everything."""
        for process in self._processes[::-1]:
            process.kill()
            process.wait()

    def _start(self, module: str, *arguments: str) -> subprocess.Popen:
        # The files of the tests are not where the workers are.
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Return a cluster with two workers."""
    running = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        running.add_workers(2)
        yield running
    finally:
        running.stop()


def both(process, tmp_path, cluster, *arguments: str):
    """Return how a sweep ended on a cluster and here, and the rows that they wrote."""
    ends = []
    for name, options in (("there.csv", ["--scheduler", cluster.address]), ("here.csv", [])):
        output = str(tmp_path / name)
        ends.append(process("sweep", *arguments, *options, "-o", output, "-q", "--format", "json"))
    return ends, (tmp_path / "there.csv").read_bytes(), (tmp_path / "here.csv").read_bytes()


def test_rows_from_a_cluster_are_those_from_here(process, tmp_path, cluster) -> None:
    ends, there, here = both(process, tmp_path, cluster, ARTICLE, "-p", "seed=0..1999")
    assert there == here
    assert there.count(b"\n") == 2001
    assert [(end.stderr, end.code) for end in ends] == [("", 0)] * 2


def test_data_go_to_the_workers(process, tmp_path, cluster) -> None:
    shutil.copy(ROOT / "configs" / "fit.yaml", tmp_path)
    shutil.copytree(ROOT / "configs" / "data", tmp_path / "data")
    few = ["--set", "n_iter=50", "-p", "seed=0..19"]
    _, there, here = both(process, tmp_path, cluster, str(tmp_path / "fit.yaml"), *few)
    assert there == here


def test_code_goes_to_the_workers_and_its_failures_come_back(process, tmp_path, cluster) -> None:
    sweep = [picky_config(tmp_path), "-p", "seed=0..9", "--allow-python"]
    ends, there, here = both(process, tmp_path, cluster, *sweep)
    assert there == here
    assert b"failed" in there
    assert [end.code for end in ends] == [3, 3]
    assert "ValueError: too far" in ends[0].stderr


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_row(process, tmp_path, cluster) -> None:
    path, rows, here = tmp_path / "s.db", tmp_path / "rows.csv", tmp_path / "here.csv"
    outputs = ["--store", str(path), "-o", str(rows), "-q"]
    running = started(
        ARTICLE, *LONG, *outputs, "--scheduler", cluster.address, stderr=subprocess.PIPE
    )
    try:
        wait_until(lambda: runs_in(path) > 0)
        victim = cluster.workers.pop(0)
        victim.kill()
        victim.wait()
        before = runs_in(path)
        _, complaints = running.communicate(timeout=120)
    finally:
        killed(running)
        cluster.add_workers(2 - len(cluster.workers))
    assert before < 40_000
    assert (running.returncode, "Traceback" in complaints) == (0, False)
    process("sweep", ARTICLE, *LONG, "--store", str(tmp_path / "here.db"), "-o", str(here), "-q")
    assert rows.read_bytes() == here.read_bytes()
    assert contents(path) == contents(tmp_path / "here.db")


def test_a_cluster_goes_on_where_a_sweep_was_interrupted(process, tmp_path, cluster) -> None:
    path, whole = tmp_path / "s.db", tmp_path / "whole.db"
    sweep = [picky_config(tmp_path), "-p", "seed=0..39", "--allow-python", "--fail-on", "never"]
    running = started(*sweep, "-j", "1", "--store", str(path), env={"NAP": "0.02"}, stdout=-1)
    try:
        wait_until(lambda: runs_in(path) > 0)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    finally:
        killed(running)
    assert 0 < runs_in(path) < 40
    log = tmp_path / "calls"
    options = ["--scheduler", cluster.address, "--store", str(path)]
    there = process("sweep", *sweep, *options, env={"CALLS": str(log)})
    here = process("sweep", *sweep, "--store", str(whole))
    assert (there.stdout, there.code) == (here.stdout, 0)
    assert contents(path)["runs"] == contents(whole)["runs"]
    assert lines_in(log) == 0


def test_a_file_outside_of_the_folder_of_the_config_is_refused(process, tmp_path, cluster) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "points.csv").write_text("x,y\n1,2\n3,4\n")
    config = folder / "c.yaml"
    config.write_text("objective: mean((y - a*x)**2)\nbounds: {a: [0, 3]}\ndata: ../points.csv\n")
    ended = process("sweep", str(config), "-p", "seed=0..3", "--scheduler", cluster.address)
    assert (ended.stdout, ended.code) == ("", 2)
    assert "points.csv: is outside the folder of the config" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_cannot_be_reached_is_an_error(cli, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(cluster_module, "CONNECT_SECONDS", 0.5)
    with closing(socket.socket()) as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
        store = str(tmp_path / "s.db")
        sweep = ["sweep", ARTICLE, "-p", "seed=0..3", "--store", store, "--scheduler", address]
        ended = cli(*sweep)
    assert (ended.stdout, ended.code) == ("", 2)
    assert ended.stderr.startswith(f"--scheduler {address}: cannot be reached: ")
    assert "tcp://host:8786" in ended.stderr.splitlines()[1]
    assert not os.path.exists(f"{store}-lock")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1", "http://127.0.0.1:1", "tcp://", "127"])
def test_an_address_that_is_none_is_an_error(process, address) -> None:
    ended = process("sweep", ARTICLE, "-p", "seed=0..3", "--scheduler", address)
    assert (ended.stdout, ended.code) == ("", 2)
    assert ended.stderr.startswith(f"--scheduler {address}: ")
    assert len(ended.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("tls://127.0.0.1:1", "export DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT=cert.pem"),
        ("ucx://127.0.0.1:1", "pip install distributed-ucxx"),
        ("inproc://x", "tcp://host:8786"),
    ],
)
def test_what_an_address_needs_is_said(process, address, hint) -> None:
    ended = process("sweep", ARTICLE, "-p", "seed=0..3", "--scheduler", address)
    assert (ended.stdout, ended.code) == ("", 2)
    assert ended.stderr.startswith(f"--scheduler {address}: cannot be reached: ")
    assert "unpack" not in ended.stderr
    assert hint in ended.stderr


def test_without_dask_the_command_that_installs_it_is_shown(cli, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    ended = cli("sweep", ARTICLE, "-p", "seed=0..3", "--scheduler", "tcp://127.0.0.1:1")
    assert (ended.stdout, ended.code) == ("", 2)
    assert ended.stderr.splitlines() == [
        "--scheduler: needs the package distributed",
        "  pip install 'adamcli[dask]'",
    ]


def work_of(config: str, *parameters: str, allow_python: bool = False) -> Work:
    """Return what a worker would get."""
    options = SweepOptions(parameters or ("seed=0..9",), allow_python=allow_python)
    return Work(vary(open_config(config, ["n_iter=3"]), options))


@pytest.fixture
def sent():
    """Return a function that computes a block as a worker elsewhere would."""

    def compute(parcel) -> Done | WorkerError:
        return compute_block(pickle.dumps(parcel), f"{time.monotonic_ns()}", RunRange(0, 2))

    yield compute
    with suppress(AttributeError):
        del _kept.work, _kept.digest


@pytest.mark.parametrize("name", ["numpy", "adamcli", "platform", "processor", "blas"])
def test_a_worker_with_another_version_refuses(sent, name) -> None:
    parcel = _Parcel(work_of(ARTICLE))
    assert isinstance(sent(parcel), Done)
    (parcel.environment["versions"] if name in ("numpy", "adamcli") else parcel.environment)[
        name
    ] = "0.7"
    answer = sent(parcel)
    assert isinstance(answer, WorkerError)
    assert answer.exit_code == 3
    assert f"has {name} " in str(answer)
    assert "here it is 0.7" in str(answer)


def test_another_python_is_no_reason_to_refuse(sent) -> None:
    parcel = _Parcel(work_of(ARTICLE))
    parcel.environment["versions"]["python"] = "2.7"
    assert isinstance(sent(parcel), Done)


DATA_CONFIG = "objective: mean((y - a*x)**2)\nbounds: {a: [0, 3]}\ndata: NAME\n"


@pytest.mark.parametrize("kind", ["beside", "in a folder", "a link", "by .."])
def test_a_worker_has_the_files_that_it_needs(sent, tmp_path, kind) -> None:
    folder = tmp_path / "config"
    (folder / "data").mkdir(parents=True)
    names = {"in a folder": "data/p.csv", "a link": "link.csv", "by ..": "data/../p.csv"}
    name = names.get(kind, "p.csv")
    (folder / ("data/p.csv" if kind == "in a folder" else "p.csv")).write_text("x,y\n1,2\n3,4\n")
    if kind == "a link":
        (folder / "link.csv").symlink_to("p.csv")
    (folder / "c.yaml").write_text(DATA_CONFIG.replace("NAME", name))
    work = work_of(str(folder / "c.yaml"))
    wanted = work.compute(RunRange(0, 2))
    parcel = _Parcel(work_of(str(folder / "c.yaml")))
    shutil.rmtree(folder)
    answer = sent(parcel)
    assert isinstance(answer, Done), str(answer)
    assert (
        answer.rows.columns["best.score"].tobytes() == wanted.rows.columns["best.score"].tobytes()
    )


def test_a_file_that_is_named_by_its_whole_path_has_to_be_the_same_there(sent, tmp_path) -> None:
    data = tmp_path / "p.csv"
    data.write_text("x,y\n1,2\n3,4\n")
    (tmp_path / "c.yaml").write_text(DATA_CONFIG.replace("NAME", str(data)))
    work = work_of(str(tmp_path / "c.yaml"))
    answer = sent(_Parcel(work))
    assert isinstance(answer, Done)
    parcel = _Parcel(work_of(str(tmp_path / "c.yaml")))
    parcel.work.variations.allow_python = True  # Another parcel, which is not known there yet.
    data.write_text("x,y\n1,2\n3,5\n")
    assert "has other content on a worker" in str(sent(parcel))
    data.unlink()
    assert "p.csv: cannot be read" in str(sent(parcel))


def test_a_worker_has_the_files_of_all_runs(sent, tmp_path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x,y\n1,2\n3,4\n")
    (tmp_path / "c.yaml").write_text(DATA_CONFIG.replace("NAME", "a.csv"))
    parcel = _Parcel(work_of(str(tmp_path / "c.yaml"), "data=a.csv,b.csv"))
    (tmp_path / "b.csv").unlink()
    answer = sent(parcel)
    assert isinstance(answer, Done), str(answer)


def test_a_file_that_is_gone_is_an_error_and_no_traceback(tmp_path) -> None:
    (tmp_path / "p.csv").write_text("x,y\n1,2\n3,4\n")
    (tmp_path / "c.yaml").write_text(DATA_CONFIG.replace("NAME", "p.csv"))
    work = work_of(str(tmp_path / "c.yaml"))
    assert work.variations.first.files
    (tmp_path / "p.csv").unlink()
    with pytest.raises(FileError, match=r"p\.csv"):
        _Parcel(work)


def test_a_signal_ends_a_sweep_on_a_cluster(process, tmp_path, cluster) -> None:
    path = tmp_path / "s.db"
    sweep = [ARTICLE, *LONG, "--store", str(path)]
    running = started(*sweep, "--scheduler", cluster.address, stdout=-1, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: runs_in(path) > 0)
        running.send_signal(signal.SIGTERM)
        _, complaints = running.communicate(timeout=60)
    finally:
        killed(running)
    assert running.returncode == 143
    told = (
        f"terminated after {runs_in(path):,} of 40,000 runs; the same command resumes from {path}"
    )
    assert complaints.splitlines()[-1] == told
    assert 0 < runs_in(path) < 40_000


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_second_signal_ends_a_sweep_on_a_cluster_with_a_word(
    tmp_path, cluster, number, code
) -> None:
    path = tmp_path / "s.db"
    sweep = [ARTICLE, *LONG, "--store", str(path), "--scheduler", cluster.address]
    running = started(*sweep, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: runs_in(path) > 0)
        for _ in range(2):
            running.send_signal(number)
            time.sleep(0.001)
        _, complaints = running.communicate(timeout=20)
    finally:
        killed(running)
    assert running.returncode == code
    word = "interrupted" if number == signal.SIGINT else "terminated"
    # The first may have ended the sweep already.
    assert complaints.splitlines()[-1].startswith((f"{word} at once; the same", f"{word} after "))
    assert 0 < runs_in(path) < 40_000
    assert "Traceback" not in complaints


@pytest.mark.slow
def test_a_scheduler_that_dies_ends_a_sweep_and_what_was_done_is_kept(tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("dying")
    path, cluster = folder / "s.db", Cluster(folder)
    try:
        cluster.add_workers(2)
        sweep = [ARTICLE, *LONG, "--store", str(path), "--scheduler", cluster.address]
        running = started(*sweep, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            wait_until(lambda: runs_in(path) > 0)
            cluster.stop()
            _, complaints = running.communicate(timeout=60)
        finally:
            killed(running)
    finally:
        cluster.stop()
    assert running.returncode == 3
    assert "Traceback" not in complaints
    assert "scheduler" in complaints
    assert 0 < runs_in(path) < 40_000
