"""Where trials are run: in processes on this machine, or on a Dask cluster."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for
from pkgutil import resolve_name
from typing import Any

from lstm97.trials.slices import WorkerError

SAFE = "finished trials are recorded, the same command goes on from here"

#: Seconds that a cluster has for its first answer.
TIMEOUT = 5.0


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
def processes(n: int) -> Iterator[Executor]:
    """Make an executor of `n` processes; when left by an exception, their trials are given up at once.

    Parameters
    ----------
    n : int

    Yields
    ------
    concurrent.futures.Executor

    Raises
    ------
    WorkerError
        If a process died, which gives up all of them.
    """
    # Spawned processes inherit no locks, so that a killed runner's claims end with it.
    pool = ProcessPoolExecutor(n, mp_context=get_context("spawn"), initializer=_start_worker)
    try:
        yield pool
    except BaseException as error:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            raise WorkerError(
                f"a process that ran trials died (killed, or out of memory: then give fewer --jobs); {SAFE}"
            ) from error
        raise
    pool.shutdown()


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
        If Dask is not installed, nothing answers at the address, or the cluster is lost.
    """
    client, lost = _connect(address)
    for name in ("distributed", "distributed.client"):  # what fails is said by the errors below
        logging.getLogger(name).setLevel(logging.CRITICAL)
    import dask

    # A slice's trials travel with it and stay with the scheduler, so that a lost slice can be run again.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GB"}), client:
        try:
            client.wait_for_workers(1, TIMEOUT)
        except TimeoutError as error:
            raise WorkerError(
                f"the Dask cluster at {address} has no workers: start some with 'dask worker {address}'"
            ) from error
        try:
            for ask in (client.run_on_scheduler, client.run):
                ask(resolve_name, f"{WorkerError.__module__}:SLICE")
        except (ImportError, AttributeError) as error:
            raise WorkerError(
                f"the scheduler or a worker of the Dask cluster at {address} lacks lstm97 ({error}): install "
                "the version of here in all of their environments"
            ) from error
        executor = client.get_executor(pure=False)
        try:
            yield executor, sum(client.ncores().values())
        except lost as error:
            raise WorkerError(
                f"the Dask cluster at {address} was lost ({str(error) or 'its scheduler does not answer'}); {SAFE}"
            ) from error
        finally:
            executor.shutdown(wait=False)


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
        client = Client(address, timeout=TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise WorkerError(
            f"no Dask scheduler answers at {address!r} ({error}): start one with 'dask scheduler', and give the "
            "address that it prints"
        ) from error
    return client, (KilledWorker, CancelledError)
