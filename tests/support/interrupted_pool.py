"""A run that is interrupted while its pool makes its n-th semaphore, before or after Python takes note of it."""

import os
import signal
import sys
from multiprocessing import resource_tracker

from lstm97 import cli

if __name__ == "__main__":
    number, moment, store = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    entered = 0
    register = resource_tracker.register

    def interrupted(name: str, kind: str) -> None:
        """Enter a semaphore, and interrupt this process once."""
        global entered
        entered += 1
        if (entered, moment) == (number, "before"):
            os.kill(os.getpid(), signal.SIGINT)
        register(name, kind)
        if (entered, moment) == (number, "after"):
            os.kill(os.getpid(), signal.SIGINT)

    resource_tracker.register = interrupted  # type: ignore[assignment]
    sys.exit(cli.main(["run", "table9/6b", "--trials", "2", "--cap", "100000000", "--jobs", "2", "--store", store]))
