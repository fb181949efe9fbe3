"""The trial records: one line of JSON per trial, appended, one file per table."""

import errno
import json
import os
import re
import reprlib
import socket
import stat
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from filelock import FileLock, Timeout

from lstm97.checks import shown
from lstm97.paths import IN_CHECKOUT, PUBLISHED_RUNS, PUBLISHED_SWEEPS
from lstm97.results.record import LAST_TRIAL, Record, check_count, check_record, contradiction, refuse

#: What a line can look like that its writer did not finish: short, in ASCII, and it begins as records do.
_TORN = re.compile(rb'\{("[ -~]{0,30000})?')
#: The end of a line, where no line should end: a carriage return that belongs to no CRLF.
_BARE_CR = re.compile(rb"\r(?!\n|\Z)")
#: How a file begins that gzip has compressed.
_GZIP = b"\x1f\x8b"


#: What a table can be called.
_TABLE = re.compile(r"[\w.-]+", re.ASCII)


class StoreError(Exception):
    """The store can't be read or written; the message names the file and the way out."""


class TornLineWarning(UserWarning):
    """A file's last line is half-written: it was skipped, and its trial will be run again."""


# ------------------------------------------------------------------------------------------ a record's form


# ------------------------------------------------------------------------------------------ lines and files


def _parse(line: bytes) -> Any:
    """Read a line's JSON as strictly as it is written: no key twice, nothing that is no number."""

    def unique(pairs: list[tuple[str, Any]]) -> Record:
        made = dict(pairs)
        if len(made) != len(pairs):
            twice = next(name for i, (name, _) in enumerate(pairs) if name in dict(pairs[:i]))
            raise ValueError(f"{reprlib.repr(twice)} is given twice")
        return made

    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is no number of JSON's")

    try:
        return json.loads(line.decode(), object_pairs_hook=unique, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON at column {error.colno} ({error.msg})") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _checked(path: Path, number: int, line: bytes) -> Record:
    """Read and check a line of a table's file."""
    try:
        record = check_record(_parse(line))
        if record["row"].partition("/")[0] != path.stem:
            refuse("row", record["row"], "belongs in another file")
        return record
    except ValueError as error:
        raise StoreError(
            f"{path}, line {number}: {error}; restore the line, or delete it to have its trial run again"
        ) from error


def _is_torn(line: bytes) -> bool:
    """Whether a last line without an end is what a killed writer left: the beginning of a record, and no more."""
    if not _TORN.fullmatch(line):
        return False
    try:
        json.JSONDecoder().raw_decode(line.decode())
    except json.JSONDecodeError:
        return True
    except (ValueError, RecursionError):
        pass
    return False  # something whole stands there


def _end_of_lines(path: Path, content: bytes) -> int:
    """Say where a file's lines end: before a half-written one, after a whole one that lacks its end only."""
    if content.startswith(_GZIP):
        raise StoreError(f"{path} is compressed: put it there unpacked, e.g. by gzip -dc < {path.name}")
    if _BARE_CR.search(content):
        raise StoreError(
            f"{path}: lines end in a carriage return alone; turn each into a line feed, e.g. by "
            f"tr '\\r' '\\n' < {path.name}"
        )
    end = content.rfind(b"\n") + 1
    return end if _is_torn(content[end:]) else len(content)


def _status(path: Path) -> os.stat_result | None:
    """Look a file up without opening it; None if there is none."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path} can't be read ({error.strerror})") from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "no regular file"
        raise StoreError(f"{path} is {kind}: put the file itself there, or give another folder with --store")
    return status


class _Line(NamedTuple):
    """Where a record stands in a file, and what is asked of it before it is read."""

    number: int
    start: int
    end: int
    specification: str
    trial: int
    cap: int


@dataclass
class _Lines:
    """The lines of a file, read and checked once for every version of it; of one that grew, only what is new."""

    version: tuple[int, ...] = ()
    content: bytes = b""
    in_order: list[_Line] = field(default_factory=list)
    of_row: dict[tuple[str, str], list[_Line]] = field(default_factory=dict)  # by row and reading
    of_trial: dict[tuple[str, str, str, int], list[_Line]] = field(default_factory=dict)  # and specification, trial

    def record(self, line: _Line) -> Record:
        record: Record = json.loads(self.content[line.start : line.end])
        return record

    def extend(self, path: Path, content: bytes) -> None:
        """Read on in a file whose beginning is known."""
        start, self.content = len(self.content), content
        for text in content[start:].splitlines(keepends=True):
            number, end = len(self.in_order) + 1, start + len(text)
            record = _checked(path, number, text)
            line = _Line(number, start, end, record["specification"], record["trial"], record["cap"])
            row, reading = record["row"], record["reading"]
            others = self.of_trial.setdefault((row, reading, line.specification, line.trial), [])
            for other in others:
                if name := contradiction(self.record(other), record):
                    raise StoreError(
                        f"{path}: lines {other.number} and {number} are both of trial {line.trial} of {row} "
                        f"({reading}), and contradict each other in {name}; run the trial again in another store to "
                        "see which one is right, and delete the other"
                    )
            others.append(line)
            self.in_order.append(line)
            self.of_row.setdefault((row, reading), []).append(line)
            start = end


#: What was read in this process, by the file's path.
_READ: dict[str, _Lines] = {}


def _read(path: Path) -> _Lines:
    """Read a table's file.

    Raises
    ------
    StoreError
        If it can't be read, is no regular file, or has a broken line or two that contradict each other.
    """
    status = _status(path)
    if status is None:
        return _Lines()
    place, version = os.path.abspath(path), (status.st_ino, status.st_mtime_ns, status.st_size)
    known = _READ.get(place, _Lines())
    if known.version == version:
        return known
    _READ.pop(place, None)  # until all of it is known to be good
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} can't be read ({error.strerror})") from error
    end = _end_of_lines(path, content)
    if end < len(content):
        warnings.warn(f"{path}: the half-written last line was skipped", TornLineWarning, stacklevel=3)
    whole = content[:end] if content.endswith(b"\n", 0, end) or not end else content + b"\n"
    if not whole.startswith(known.content):
        known = _Lines()
    known.extend(path, whole)
    known.version, _READ[place] = version, known
    return known


def _cannot_write(place: Path | str, error: OSError | NotImplementedError) -> StoreError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return StoreError(f"{place} can't be written ({reason}): give fewer --lanes or --jobs, or raise 'ulimit -n'")
    return StoreError(f"{place} can't be written ({reason}): give another folder with --store")


class Store:
    """Trial records in a folder.

    Every record is one line, written by a single call under a lock, so that readers and other runners see all of it
    or nothing. Nothing is ever changed or deleted, but for a half-written last line that a killed writer left: one
    without an end that begins as a record does, is no longer than one, and is not whole.

    Parameters
    ----------
    directory : path
        Made when the first record is written. ``~`` is the user's folder. The published records of rows if none is
        given; those that came with an installed package are only read.

    Raises
    ------
    StoreError
        If that is no name of a folder.
    """

    def __init__(self, directory: str | os.PathLike[str] = PUBLISHED_RUNS) -> None:
        if not os.fspath(directory) or "\0" in os.fspath(directory):
            raise StoreError(f"the store's folder is {os.fspath(directory)!r}: give the name of a folder")
        try:
            self.directory = Path(directory).expanduser()
        except RuntimeError as error:
            raise StoreError(f"the store's folder is {os.fspath(directory)!r}: {error}") from error

    def path(self, table: str) -> Path:
        """Name the file of a table.

        Parameters
        ----------
        table : str
            E.g. ``table9``.

        Raises
        ------
        StoreError
            If a file can't have that name.
        """
        if not _TABLE.fullmatch(table):
            raise StoreError(f"{shown(table)} is no name of a table: give one such as table9")
        return self.directory / f"{table}.jsonl"

    def prepare(self) -> None:
        """Make the folder, and make sure that it can be written.

        Raises
        ------
        StoreError
            If it can't.
        """
        if not IN_CHECKOUT and self.directory in (PUBLISHED_RUNS, PUBLISHED_SWEEPS):
            raise StoreError(
                f"{self.directory} holds the published records, which are only read: give another folder"
            )
        locks = self.directory / ".locks"
        try:
            locks.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot_write(locks, error) from error
        for folder in (self.directory, locks):
            try:
                with tempfile.TemporaryFile(dir=folder):
                    pass
            except OSError as error:
                raise _cannot_write(folder, error) from error

    def append(self, record: Record) -> None:
        """Add a record.

        Raises
        ------
        StoreError
            If the store can't be written, or its last line is neither a record nor half of one.
        ValueError
            If the record lacks a field or has one that holds what it can't; nothing is written then.
        """
        check_record(record)
        line = (json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n").encode()
        table = record["row"].partition("/")[0]
        path = self.path(table)
        self.prepare()
        try:
            with FileLock(self.directory / ".locks" / f"{table}.lock"):
                _status(path)
                with open(path, "ab+", buffering=0) as file:
                    line = self._end_last_line(path, file) + line
                    if file.write(line) != len(line):
                        raise OSError(None, "disk full")
                    os.fsync(file.fileno())
        except (OSError, NotImplementedError) as error:
            raise _cannot_write(getattr(error, "filename", None) or path, error) from error

    def _end_last_line(self, path: Path, file: Any) -> bytes:
        """Drop a half-written last line; return what a whole one still needs."""
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            return b""
        file.seek(size - 1)
        if file.read(1) == b"\n":
            return b""
        file.seek(0)
        content = file.read()
        end = _end_of_lines(path, content)
        if end < size:
            warnings.warn(f"{path}: dropped a half-written last line", TornLineWarning, stacklevel=3)
            file.truncate(end)
            return b""
        _checked(path, content.count(b"\n") + 1, content[content.rfind(b"\n") + 1 :])
        return b"\n"

    def records(self, row: str, reading: str, specification: str | None = None) -> list[Record]:
        """Read the records of a row under a reading.

        Parameters
        ----------
        row, reading : str
            Names.
        specification : str, optional
            Hash; records of another specification are left out.

        Returns
        -------
        list of dict
            One per trial, by the trial's number. Of several records of a trial, the one with the largest cap.

        Raises
        ------
        StoreError
            If the file can't be read or is no regular file, a line is broken, or two lines contradict each other (see
            `contradiction`); the message names the file, and the lines.

        Warns
        -----
        TornLineWarning
            If the last line is half-written. It is skipped. The warning comes once for every state of the file.
        """
        read = _read(self.path(row.partition("/")[0]))
        of_trial: dict[int, _Line] = {}
        for line in read.of_row.get((row, reading), ()):
            if specification is not None and line.specification != specification:
                continue
            known = of_trial.get(line.trial)
            if known is None or line.cap > known.cap:
                of_trial[line.trial] = line
        return [read.record(of_trial[trial]) for trial in sorted(of_trial)]

    def lines(self, table: str) -> Iterator[Record]:
        """Iterate over all records of a table, in the order in which they were written.

        Raises
        ------
        StoreError
            As in `records`.
        """
        read = _read(self.path(table))
        yield from map(read.record, list(read.in_order))

    @contextmanager
    def claim(self, row: str, reading: str, trial: int) -> Iterator[bool]:
        """Claim a trial for this runner, so that no other runs it at the same time.

        The claim ends with the process, however it ends. Beside the lock it is written who has it: see `holder`.

        Yields
        ------
        bool
            Whether the trial is ours.

        Raises
        ------
        StoreError
            If the trial can't be claimed, or its record could not be written.
        """
        try:
            check_count("trial", trial, 1, LAST_TRIAL)  # now, and not when its record is written
        except ValueError as error:
            raise StoreError(str(error)) from error
        path = self.path(row.partition("/")[0])
        if _status(path) and not os.access(path, os.W_OK):
            raise _cannot_write(path, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
        lock = FileLock(self._lock(row, reading, trial))
        try:
            lock.acquire(blocking=False)
        except Timeout:
            yield False
            return
        except (OSError, NotImplementedError) as error:
            raise _cannot_write(lock.lock_file, error) from error
        holder = self._lock(row, reading, trial).with_suffix(".holder")
        try:
            with suppress(OSError):  # it is a help, no more
                new = holder.with_suffix(f".{os.getpid()}")
                new.unlink(missing_ok=True)
                with open(new, "x") as file:
                    file.write(f"process {os.getpid()} on {socket.gethostname()} since {time.strftime('%F %T')}")
                new.replace(holder)  # whatever stood there, it is not written into
            yield True
        finally:
            with suppress(OSError):
                holder.unlink()
            lock.release()

    def holder(self, row: str, reading: str, trial: int) -> str:
        """Say which process has claimed a trial, where, and since when.

        Returns
        -------
        str
            As the runner with the claim wrote it; empty if none did. A runner that was killed leaves it behind: only
            a claim that fails says that the trial is in hand.
        """
        path = self._lock(row, reading, trial).with_suffix(".holder")
        try:
            return path.read_text() if stat.S_ISREG(path.lstat().st_mode) else ""
        except (OSError, ValueError):
            return ""

    def _lock(self, row: str, reading: str, trial: int) -> Path:
        return self.directory / ".locks" / f"{row.replace('/', '-')}-{reading}-{trial}.lock"


# ------------------------------------------------------------------------------------------ what a record says
