"""Standard output and standard error whose failures are noted, not raised: work goes on, and the exit code tells."""

import codecs
import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import TextIO

#: What is written for a character that the stream's encoding lacks; anything else is written as its code.
STAND_INS = {
    "≥": ">=",
    "≤": "<=",
    "–": "-",
    "—": "-",
    "\N{MINUS SIGN}": "-",
    "×": "x",
    "…": "...",
    "\N{NO-BREAK SPACE}": " ",
    "ö": "oe",
    "ü": "ue",
    "ä": "ae",
}


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    character = error.object[error.start]
    return STAND_INS.get(character, character.encode("ascii", "backslashreplace").decode()), error.start + 1


codecs.register_error("lstm97.stand-in", _stand_in)


class Stream(io.TextIOBase):
    """A stream that takes text and never raises: what can't be written any more is dropped.

    Parameters
    ----------
    stream : text stream or None
        Where the text goes; None for one that was closed before the command started.

    Attributes
    ----------
    error : OSError or None
        The first failure.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.error: OSError | None = None if stream else OSError(errno.EBADF, "it is closed")

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the stream."""
        return (self._stream and self._stream.encoding) or "utf-8"

    def isatty(self) -> bool:
        """Tell whether it is a terminal that can still be written."""
        return self.error is None and self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        """Return the stream's file descriptor."""
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return self._stream.fileno()

    def plain(self, text: str) -> str:
        """Replace the characters that the encoding lacks."""
        return text.encode(self.encoding, "lstm97.stand-in").decode(self.encoding)

    def write(self, text: str) -> int:
        """Write text, if it still can be."""
        if self.error is None and self._stream is not None:
            try:
                self._stream.write(self.plain(text))
            except (OSError, ValueError) as error:
                self._give_up(error)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        if self.error is None and self._stream is not None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self.error = error if isinstance(error, OSError) else OSError(errno.EBADF, "it is closed")
        with suppress(OSError, ValueError):  # the interpreter flushes at its end what is still in the buffer
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


@contextmanager
def standard_streams() -> Iterator[tuple[Stream, Stream]]:
    """Put a `Stream` in the place of standard output and of standard error.

    Yields
    ------
    out, err : Stream
    """
    for descriptor in range(3):  # one that is closed would be given to the next file, and be printed into
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    out, err = Stream(sys.stdout), Stream(sys.stderr)
    with redirect_stdout(out), redirect_stderr(err):
        try:
            yield out, err
        finally:
            out.flush()
            err.flush()
