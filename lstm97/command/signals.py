"""Ctrl-C and its relatives: they end the command at once, whatever it is at, with one line and no traceback."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

#: Ctrl-C, what `kill` sends, and what a closed terminal sends where there are terminals.
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]

#: Seconds for cleaning up.
PATIENCE = 4.0


class Stopped(KeyboardInterrupt):
    """A signal that ends the command."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum

    @property
    def exit_code(self) -> int:
        """As shells count: 130 after Ctrl-C."""
        return 128 + self.signum

    def __str__(self) -> str:
        return "interrupted" if self.signum == signal.SIGINT else "terminated"

    def leaving(self, left: str) -> str:
        """Say that it happened, and what it leaves.

        Parameters
        ----------
        left : str
            Nothing is said of it if it is empty.
        """
        return f"{self}; {left}" if left else str(self)

    def leave(self, left: str) -> NoReturn:
        """End the process here and now, with one line: see `leaving`."""
        try:
            os.write(2, f"lstm97: {self.leaving(left)}\n".encode())
        finally:
            os._exit(self.exit_code)


@contextmanager
def _handled(handler: Any) -> Iterator[None]:
    """Have signals handled, but for those that are ignored, as under nohup; only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {signum: signal.getsignal(signum) for signum in SIGNALS}
    chosen = [signum for signum in SIGNALS if before[signum] is not signal.SIG_IGN]
    for signum in chosen:
        signal.signal(signum, handler)
    try:
        yield
    finally:
        for signum in chosen:
            if signal.getsignal(signum) is handler:  # after a signal they stay ignored until the process has ended
                signal.signal(signum, before[signum])


def at_once(left: str = "") -> Any:
    """End the process when a signal comes: where nothing is to be cleaned up, as while modules are imported.

    Where formulas are compiled, too: an exception would be lost among the compiler's.

    Parameters
    ----------
    left : str
        See `Stopped.leaving`.
    """

    def leave(signum: int, frame: FrameType | None) -> NoReturn:
        Stopped(signum).leave(left)

    return _handled(leave)


def with_an_exception() -> Any:
    """Raise `Stopped` when a signal comes, once: what follows is cleaning up, which further signals don't disturb.

    The process ends in any case after a while.
    """

    def stop(signum: int, frame: FrameType | None) -> NoReturn:
        for ignored in SIGNALS:
            signal.signal(ignored, signal.SIG_IGN)
        stopped = Stopped(signum)
        last_resort = threading.Timer(PATIENCE, stopped.leave, [""])
        last_resort.daemon = True
        last_resort.start()
        raise stopped

    return _handled(stop)
