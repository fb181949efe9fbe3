"""Where trials are run: in processes on this machine, or on a Dask cluster."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for
from pkgutil import resolve_name
from types import FrameType
from typing import Any

from lstm97.trials.slices import LostError, WorkerError, check, software

#: Seconds that a cluster has for its answers when trials begin.
TIMEOUT = 5.0
#: Seconds without a worker after which a cluster counts as lost.
GRACE = 15.0


def available_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and end when the parent ends, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put signals off while a pool or a process is made, and keep Ctrl-C from a new process until that ignores it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted: list[int] = []

    def note(signum: int, frame: FrameType | None) -> None:
        noted.append(signum)

    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    for one, handler in before.items():
        if callable(handler):
            signal.signal(one, note)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for one, handler in before.items():
            signal.signal(one, handler)
        for signum in noted:
            signal.raise_signal(signum)


class _Pool(ProcessPoolExecutor):
    """A pool that is not stopped halfway through the start of a process."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        with _undisturbed():
            return super().submit(fn, *args, **kwargs)


@contextmanager
def processes(n: int) -> Iterator[Executor]:
    """Make an executor of `n` processes; when left by an exception, their trials are given up at once.

    Raises
    ------
    LostError
        If a process died, which gives up all of them.
    """
    # Spawned processes inherit no locks, so that a killed runner's claims end with it.
    pool = None
    try:
        with _undisturbed():  # a pool that is half made would leave its semaphores to the system
            pool = _Pool(n, mp_context=get_context("spawn"), initializer=_start_worker)
        yield pool
        pool.shutdown()
    except BaseException as error:
        if pool is not None:
            for process in list((pool._processes or {}).values()):
                process.terminate()
            pool.shutdown(wait=True, cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            raise LostError(
                "a process that ran trials died (killed, or out of memory: then give fewer --jobs)"
            ) from error
        raise


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Make an executor of a Dask cluster. What a worker had in hand when it was lost is run again by another one.

    Parameters
    ----------
    address : str
        Of the cluster's scheduler, e.g. ``tcp://192.168.1.10:8786``.

    Yields
    ------
    executor : concurrent.futures.Executor
    n : int
        Number of threads that the cluster's workers have together.

    Raises
    ------
    WorkerError
        If Dask is not installed, nothing answers at the address, or the cluster does not have the software of here.
    LostError
        If the cluster is lost, or all of its workers.
    """
    for name in ("distributed", "distributed.client"):  # what fails is said by the errors below
        logging.getLogger(name).setLevel(logging.CRITICAL)
    client, lost = _connect(address)
    import dask

    # A slice's trials travel with it and stay with the scheduler, so that a lost slice can be run again.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GB"}), client:
        _check_software(client, address)
        executor = client.get_executor(pure=False)
        done, alone = threading.Event(), threading.Event()
        threading.Thread(target=_watch, args=(client, executor, done, alone), daemon=True).start()
        try:
            yield executor, sum(client.ncores().values())
        except lost as error:
            if alone.is_set():
                raise LostError(
                    f"the Dask cluster at {address} has no workers left: start some with 'dask worker {address}', "
                    "where the same lstm97 is installed as here"
                ) from error
            raise LostError(
                f"the Dask cluster at {address} was lost ({str(error) or 'its scheduler does not answer'})"
            ) from error
        finally:
            done.set()
            executor.shutdown(wait=False)


def _within(seconds: float, ask: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function that may never return; after so many seconds, raise `TimeoutError`, and leave it to itself."""
    answer: Future[Any] = Future()

    def call() -> None:
        try:
            answer.set_result(ask(*args, **kwargs))
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=call, daemon=True).start()
    return answer.result(seconds)


def _check_software(client: Any, address: str) -> None:
    """Check that a cluster has workers, and that they and the scheduler have the software of here."""
    try:
        client.wait_for_workers(1, TIMEOUT)
    except TimeoutError as error:
        raise WorkerError(
            f"the Dask cluster at {address} has no workers: start some with 'dask worker {address}'"
        ) from error
    name = f"{software.__module__}:{software.__name__}"
    try:
        for ask in (client.run_on_scheduler, client.run):
            _within(2 * TIMEOUT, ask, resolve_name, name)
            answers = _within(4 * TIMEOUT, ask, software)
            for theirs in [answers] if ask == client.run_on_scheduler else answers.values():
                check(theirs)
    except TimeoutError as error:
        raise WorkerError(f"the scheduler or a worker of the Dask cluster at {address} does not answer") from error
    except WorkerError:
        raise
    except Exception as error:  # whatever an import there may raise
        raise WorkerError(
            f"the scheduler or a worker of the Dask cluster at {address} lacks lstm97, or has another version "
            f"({type(error).__name__}: {error}): install the version of here in all of their environments"
        ) from error


def _watch(client: Any, executor: Executor, done: threading.Event, alone: threading.Event) -> None:
    """Give up what is in flight once there has been no worker for a while: Dask would wait for one for ever."""
    without = 0.0
    while not done.wait(1.0):
        try:
            without = 0.0 if client.scheduler_info(n_workers=-1)["workers"] else without + 1.0
        except (OSError, RuntimeError):  # the client notices by itself that the scheduler is lost
            return
        if without >= GRACE:
            alone.set()
            executor.shutdown(wait=False)
            return


def _connect(address: str) -> tuple[Any, tuple[type[BaseException], ...]]:
    """Connect with a scheduler; return the client, and the errors by which it says that the cluster is lost."""
    try:
        from distributed import Client, KilledWorker
        from distributed.comm.addressing import parse_address, parse_host_port
    except ImportError as error:
        raise WorkerError("--dask needs Dask: install it with pip install 'lstm97[dask]'") from error
    try:
        host, port = parse_host_port(parse_address(address)[1])
        socket.create_connection((host, port), timeout=TIMEOUT).close()
        client = _within(2 * TIMEOUT, Client, address, timeout=TIMEOUT, set_as_default=False)
    except Exception as error:  # what is no scheduler may be misread in any way
        known = isinstance(error, OSError | ValueError)
        reason = (str(error) if known else "") or "what listens there does not answer as one"
        raise WorkerError(
            f"no Dask scheduler answers at {address!r} ({reason}): start one with 'dask scheduler --host 127.0.0.1', "
            "and give the address that it prints; trust is needed: who reaches a scheduler runs code on its workers"
        ) from error
    return client, (KilledWorker, CancelledError)
