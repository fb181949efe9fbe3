"""Kill runners with signal 9 again and again, then let one finish: run by `test_runner`, in a process of its own.

Runners are forked off, so that a start takes milliseconds and not seconds, and dozens of kills fit into a test.
"""

import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from lstm97.results.store import Store
from lstm97.trials.runner import run
from support.small_rows import add_small_row, references, small_jobs

N_TRIALS = 200


def start(store: str) -> int:
    """Start a runner; return its process id."""
    if pid := os.fork():
        return pid
    status = 1
    try:
        run(small_jobs(N_TRIALS), Store(store), ThreadPoolExecutor(2), 2, n_lanes=3, seconds=0.0, show=False)
        status = 0
    finally:
        os._exit(status)


def main(store: str, n_runners: int, n_kills: int) -> None:
    """Kill `n_kills` runners, `n_runners` of which run at a time, and print how many were at work when they were."""
    add_small_row()
    references(small_jobs(1))  # whatever takes long the first time
    before = time.perf_counter()
    references(small_jobs(10))
    moment = 4 * (time.perf_counter() - before) / 10  # most seconds until a kill, so that all of them find work
    rng = random.Random(n_runners)
    at_work, runners = 0, [start(store) for _ in range(n_runners)]
    for _ in range(n_kills):
        time.sleep(rng.uniform(0.0, moment))
        pid = runners.pop(rng.randrange(n_runners))
        if os.waitpid(pid, os.WNOHANG)[0] == 0:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            at_work += 1
        runners.append(start(store))
    for pid in runners:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    print(at_work)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
