"""Where trials are run: in processes on this machine, or on a Dask cluster."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for

from lstm97.trials.slices import WorkerError

SAFE = "finished trials are recorded, the same command goes on from here"


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
