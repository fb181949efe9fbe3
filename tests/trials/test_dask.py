"""A Dask cluster runs the same trials: a real scheduler and real workers, one of which is killed in mid-run."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.small_rows import references

import lstm97
from lstm97.cli import main
from lstm97.experiments import row
from lstm97.results.store import Store
from lstm97.trials.executors import cluster
from lstm97.trials.runner import differences, plan, run
from lstm97.trials.slices import LostError, WorkerError

Client = pytest.importorskip("distributed").Client

JOBS = plan([row("table7/T100"), row("table9/6a")], "literal", 4, 1, 2500)
JOBS += plan([row("table1/3x2-0.5")], "literal", 1, 1, 600)
OPTIONS = ["--no-nanny", "--nthreads", "1", "--dashboard-address", "127.0.0.1:0"]


def start(*arguments: str, folder: Path | None = None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,  # modules are looked for here first
    )


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--dashboard-address", "127.0.0.1:0")
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            assert process.poll() is None
            time.sleep(0.1)
    yield f"tcp://127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def workers(scheduler: str, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[list[subprocess.Popen[bytes]]]":
    local = ["--local-directory", str(tmp_path_factory.mktemp("dask"))]
    started = [start("worker", scheduler, *OPTIONS, *local) for _ in range(2)]
    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2, 60)
    yield started
    for worker in started:
        worker.kill()
        worker.wait()


def test_an_address_without_a_scheduler(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for address in ("tcp://127.0.0.1:1", "127.0.0.1", "nothing://x:1"):
        assert main(["run", "table9/6a", "--store", str(tmp_path), "--dask", address]) == 2
        _check_no_scheduler(capsys.readouterr().err, address)


def _check_no_scheduler(message: str, address: str) -> None:
    assert message.startswith(f"lstm97: no Dask scheduler answers at '{address}'")
    assert "start one with 'dask scheduler --host 127.0.0.1'" in message
    assert "who reaches a scheduler runs code on its workers" in message
    assert message.count("\n") == 1


@pytest.mark.parametrize("greets", [False, True])
def test_an_address_where_something_else_listens(
    greets: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Something that keeps silent, or answers as a web server does."""
    monkeypatch.setattr("lstm97.trials.executors.TIMEOUT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepted = []

        def accept() -> None:
            while True:
                try:
                    accepted.append(server.accept()[0])
                    if greets:
                        accepted[-1].sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        start = time.monotonic()
        assert main(["run", "table9/6a", "--store", str(tmp_path), "--dask", address]) == 2
        assert time.monotonic() - start < 20
        _check_no_scheduler(capsys.readouterr().err, address)
        for connection in accepted:
            connection.close()


def test_a_cluster_without_workers(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lstm97.trials.executors.TIMEOUT", 1.0)
    with pytest.raises(WorkerError, match="has no workers: start some with 'dask worker"), cluster(scheduler):
        pass


def test_a_cluster_without_lstm97(scheduler: str, tmp_path: Path) -> None:
    (tmp_path / "lstm97").mkdir()
    (tmp_path / "lstm97" / "__init__.py").write_text("raise ImportError('not here')")  # hides the real one
    worker = start("worker", scheduler, *OPTIONS, "--local-directory", str(tmp_path), folder=tmp_path)
    try:
        with Client(scheduler, set_as_default=False) as client:
            client.wait_for_workers(1, 60)
        with pytest.raises(WorkerError, match="lacks lstm97.* install the version of here"), cluster(scheduler):
            pass
    finally:
        worker.kill()
        worker.wait()
    with Client(scheduler, set_as_default=False) as client:
        while client.ncores():
            time.sleep(0.1)


def with_other_source(folder: Path, more: str) -> Path:
    """Copy the package, and add something to a module."""
    shutil.copytree(Path(lstm97.__file__).parent, folder / "lstm97", ignore=shutil.ignore_patterns("__pycache__"))
    module = folder / "lstm97" / "trials" / "trial.py"
    module.write_text(f"{module.read_text()}\n{more}\n")
    return folder


@pytest.mark.parametrize("more", ["# a comment", "del Curve", "import nothing_of_this_name"])
def test_a_worker_with_another_source_is_refused_at_the_start(scheduler: str, tmp_path: Path, more: str) -> None:
    folder = with_other_source(tmp_path, more)
    worker = start("worker", scheduler, *OPTIONS, "--local-directory", str(tmp_path), folder=folder)
    try:
        with Client(scheduler, set_as_default=False) as client:
            client.wait_for_workers(1, 60)
        with (
            pytest.raises(WorkerError, match=r"another source of lstm97|lacks lstm97, or has another version"),
            cluster(scheduler),
        ):
            pass
    finally:
        worker.kill()
        worker.wait()
    with Client(scheduler, set_as_default=False) as client:
        while client.ncores():
            time.sleep(0.1)


def test_a_worker_with_another_source_that_comes_later_leaves_no_silence(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes over from one that is lost, is given trials that it can't even read, and dies of them."""
    monkeypatch.setattr("lstm97.trials.executors.GRACE", 8.0)
    folder = with_other_source(tmp_path, "del Curve")
    local = ["--local-directory", str(tmp_path)]
    good, bad = start("worker", scheduler, *OPTIONS, *local), None
    try:
        with Client(scheduler, set_as_default=False) as client:
            client.wait_for_workers(1, 60)

        def run_with_a_replacement() -> None:
            nonlocal bad
            with cluster(scheduler) as (executor, _):
                bad = start("worker", scheduler, *OPTIONS, *local, folder=folder)
                good.kill()
                run(JOBS, Store(tmp_path / "runs"), executor, 2, n_lanes=2, seconds=0.1, show=False)

        with pytest.raises(LostError, match="no workers left.*where the same lstm97 is installed as here"):
            run_with_a_replacement()
    finally:
        for worker in (good, bad):
            if worker is not None:
                worker.kill()
                worker.wait()
    with Client(scheduler, set_as_default=False) as client:
        while client.ncores():
            time.sleep(0.1)


def test_that_no_worker_is_left_is_said(scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lstm97.trials.executors.GRACE", 2.0)
    worker = start("worker", scheduler, *OPTIONS, "--local-directory", str(tmp_path))
    store = Store(tmp_path / "runs")

    def kill_in_mid_run() -> None:
        while not store.path("table1").exists():
            time.sleep(0.02)
        worker.kill()

    def run_without_an_end() -> None:
        with cluster(scheduler) as (executor, _):
            threading.Thread(target=kill_in_mid_run).start()
            (endless,) = plan([row("table9/6a")], "literal", 1, 9, 10**9)
            run([*JOBS, endless], store, executor, 2, n_lanes=2, seconds=0.1, show=False)

    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(1, 60)
    with pytest.raises(LostError, match="has no workers left: start some with 'dask worker"):
        run_without_an_end()
    worker.wait()


def test_without_dask_the_command_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["run", "table9/6a", "--store", str(tmp_path), "--dask", "tcp://127.0.0.1:1"]) == 2
    assert "pip install 'lstm97[dask]'" in capsys.readouterr().err


def test_the_command_runs_and_verifies_on_a_cluster(
    scheduler: str, workers: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ["--store", str(tmp_path / "runs"), "--dask", scheduler]
    assert main(["run", "table9/6a", "--trials", "2", "--cap", "600", *store]) == 0
    assert "0 of 2 trials solved" in capsys.readouterr().out
    assert main(["verify", "--all", *store]) == 0
    assert "2 of 2 trials reproduced exactly" in capsys.readouterr().out


def test_with_a_worker_killed_in_mid_run_nothing_is_lost(
    scheduler: str, workers: "list[subprocess.Popen[bytes]]", tmp_path: Path
) -> None:
    store = Store(tmp_path / "runs")

    def kill_one_in_mid_run() -> None:
        while not store.path("table1").exists():
            time.sleep(0.02)
        os.kill(workers[0].pid, signal.SIGKILL)

    with cluster(scheduler) as (executor, _):
        killer = threading.Thread(target=kill_one_in_mid_run)
        killer.start()
        new = run(JOBS, store, executor, 2, n_lanes=2, seconds=0.1, show=False)
        killer.join()
    assert workers[0].wait(5) == -signal.SIGKILL
    assert workers[1].poll() is None
    expected = references(JOBS)
    assert len(new) == len(JOBS)
    for job, record in expected.items():
        (recorded,) = [one for one in store.records(job.row, job.reading) if one["trial"] == job.trial]
        assert differences(record, recorded) == {}
