"""How far a run has come: a progress bar on a terminal, and elsewhere a plain line now and then."""

import sys
import time

from tqdm import tqdm

#: Seconds between plain lines.
EVERY = 60.0


class Bar:
    """Progress on standard error.

    Parameters
    ----------
    total, done : int
        Number of trials, and of those that are over already.
    show : bool
        Whether to show anything.
    unit : str
        What is counted.
    """

    def __init__(self, total: int, done: int, show: bool = True, unit: str = "trial") -> None:
        self._unit, self._total, self._done = unit, total, done
        self._bar = tqdm(
            total=total,
            initial=done,
            unit=unit,
            file=sys.stderr,
            disable=not (show and sys.stderr.isatty()),
            smoothing=0.1,
            miniters=0,  # steps go on between the ends of trials: the bar is drawn again after every slice
            mininterval=0.0,
        )
        self._plain = show and self._bar.disable
        self._next = time.monotonic() + EVERY

    def advance(self, n: int = 1) -> None:
        """Count what is over."""
        self._done += n
        self._bar.update(n)

    def show(self, about: str = "") -> None:
        """Draw the bar again, or write a line if it is time.

        Parameters
        ----------
        about : str
            What else to say.
        """
        self._bar.set_postfix_str(about, refresh=False)
        self._bar.update(0)
        if self._plain and time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY
            self.say(f"{self._done} of {self._total} {self._unit}s{about and ', '}{about}")

    def say(self, text: str, out: bool = False) -> None:
        """Write a line above the bar.

        Parameters
        ----------
        out : bool
            Whether to write it to standard output, not to standard error.
        """
        self._bar.clear()
        print(text, file=sys.stdout if out else sys.stderr, flush=True)
        self._bar.refresh()

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()
