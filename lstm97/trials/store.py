"""The trial records: one line of JSON per trial, appended, one file per table."""

import errno
import json
import math
import os
import re
import reprlib
import socket
import stat
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from filelock import FileLock, Timeout

from lstm97.checks import shown

#: Version of a record's form; goes up when a field changes its meaning.
SCHEMA = 1
_CHECKOUT = Path(__file__).parents[2]
#: The repository's records, wherever the command is typed; elsewhere a folder below the current one.
DEFAULT = _CHECKOUT / "data" / "runs" if (_CHECKOUT / "pyproject.toml").exists() else Path("data/runs")

Record = dict[str, Any]

#: What a record holds, and of which type.
FIELDS: dict[str, type | tuple[type, ...]] = {
    "schema": int,
    "row": str,
    "reading": str,
    "trial": int,
    "seeds": dict,
    "success": bool,
    "sequences": int,
    "steps": int,
    "cap": int,
    "test": dict,
    "curve": dict,
    "specification": str,
    "versions": dict,
    "commit": (str, type(None)),
    "seconds": float,
}
#: What some records hold besides: `milestones`, the stops before the last one that a trial reached, if the paper
#: prints values for them; `presented`, the number of training sequences presented, where `sequences` counts fewer.
OPTIONAL: dict[str, type | tuple[type, ...]] = {"milestones": dict, "presented": int}
#: What has to be the same whenever and wherever a trial is run.
REPRODUCIBLE = (
    "row",
    "reading",
    "trial",
    "seeds",
    "success",
    "sequences",
    "steps",
    "cap",
    "test",
    "curve",
    "specification",
    *OPTIONAL,
)
#: The largest count in a record: of sequences, of time steps.
LARGEST = 10**15
#: The largest number of a trial.
LAST_TRIAL = 10**6

#: A row's name: that of its table, which names the file, a slash, and what tells the table's rows apart.
_ROW = re.compile(r"[A-Za-z0-9_-]+/.+")
#: The longest text in a record; a row's name may be longer.
_LONGEST_TEXT = 100
_LONGEST_NAME = 1000
#: What a line can look like that its writer did not finish: short, in ASCII, and it begins as records do.
_TORN = re.compile(rb'\{("[ -~]{0,30000})?')
#: The end of a line, where no line should end: a carriage return that belongs to no CRLF.
_BARE_CR = re.compile(rb"\r(?!\n|\Z)")


#: What a table can be called.
_TABLE = re.compile(r"[\w.-]+", re.ASCII)


class StoreError(Exception):
    """The store can't be read or written; the message names the file and the way out."""


class TornLineWarning(UserWarning):
    """A file's last line is half-written: it was skipped, and its trial will be run again."""


# ------------------------------------------------------------------------------------------ a record's form


def check_record(record: Any) -> Record:
    """Check that a record has the fields that a record has, and that each holds what it can hold.

    Parameters
    ----------
    record : object
        What a line's JSON gave.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        Naming what is wrong, by field: of another type, out of its range, missing, unknown, or at odds with another
        field.
    """
    if not isinstance(record, dict):
        raise ValueError("not a record")
    if record.get("schema") != SCHEMA:
        raise ValueError(f"schema is {reprlib.repr(record.get('schema'))}, this version reads {SCHEMA}")
    _check_fields(record, FIELDS, OPTIONAL)
    if not _ROW.fullmatch(record["row"]):
        _refuse("row", record["row"], "must be like table9/6a")
    _check_text("row", record["row"], _LONGEST_NAME)
    for name in ("reading", "specification", *(["commit"] if record["commit"] is not None else [])):
        _check_text(name, record[name])
    for name, version in record["versions"].items():
        _check_text("a name in versions", name)
        _check_text(f"versions.{name}", version)
    _check_count("trial", record["trial"], 1, LAST_TRIAL)
    _check_seeds(record["seeds"], record["trial"])
    _check_count("cap", record["cap"], 1, LARGEST)
    n = presented(record)
    _check_count("presented" if "presented" in record else "sequences", n, 1, record["cap"])
    _check_count("sequences", record["sequences"], 0, n)
    if not record["success"] and record["sequences"] != record["cap"]:
        _refuse("sequences", record["sequences"], f"must be the cap, {record['cap']}, since the trial failed")
    _check_count("steps", record["steps"], n, LARGEST)
    _check_number("seconds", record["seconds"], LARGEST)
    _check_test("test", record["test"])
    _check_curve(record["curve"], n)
    for name, stop in record.get("milestones", {}).items():
        _check_text("a name in milestones", name)
        prefix = f"milestones.{name}"
        if not isinstance(stop, dict):
            _refuse(prefix, stop, "must be an object")
        _check_fields(stop, {"sequences": int, "test": dict}, {}, f"{prefix}.")
        _check_count(f"{prefix}.sequences", stop["sequences"], 0, record["sequences"])
        _check_test(f"{prefix}.test", stop["test"])
    return record


def _refuse(name: str, value: Any, why: str = "") -> NoReturn:
    raise ValueError(f"{name} is {reprlib.repr(value)}" + (f", it {why}" if why else ""))


def _check_fields(
    record: Mapping[str, Any],
    needed: Mapping[str, type | tuple[type, ...]],
    optional: Mapping[str, type | tuple[type, ...]],
    prefix: str = "",
) -> None:
    for name in needed:
        if name not in record:
            raise ValueError(f"{prefix}{name} is missing")
    for name, value in record.items():
        kind = needed.get(name) or optional.get(name)
        if kind is None:
            raise ValueError(f"{reprlib.repr(prefix + name)} is no field of a record")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            _refuse(f"{prefix}{name}", value, "is of another type than a record's")


def _check_text(name: str, value: Any, longest: int = _LONGEST_TEXT) -> None:
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value) <= longest:
        _refuse(name, value, f"must be printable text of 1 to {longest} characters")


def _check_count(name: str, value: Any, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:  # a bool is an int, too, but no count
        _refuse(name, value, f"must be a whole number from {least} to {most}")


def _check_number(name: str, value: Any, most: float = math.inf) -> None:
    if type(value) is not float or not math.isfinite(value) or not 0.0 <= value <= most:
        _refuse(name, value, "must be a number of at least 0" + (f", at most {most:g}" if most < math.inf else ""))


def _check_seeds(seeds: Record, trial: int) -> None:
    _check_fields(seeds, {"entropy": str, "spawn_key": list}, {}, "seeds.")
    if not re.fullmatch(r"[0-9]{1,50}", seeds["entropy"]):
        _refuse("seeds.entropy", seeds["entropy"], "must be a whole number")
    if seeds["spawn_key"] != [trial] or type(seeds["spawn_key"][0]) is not int:
        _refuse("seeds.spawn_key", seeds["spawn_key"], f"must be [{trial}], the number of the trial")


def _check_test(name: str, test: Record) -> None:
    """Check the figures of a test; an error figure is None if it was no finite number."""
    errors = ("mean_absolute_error", "mse")
    _check_fields(test, {"n": int, "wrong": int} | dict.fromkeys(errors, (float, type(None))), {}, f"{name}.")
    _check_count(f"{name}.n", test["n"], 1, LARGEST)
    _check_count(f"{name}.wrong", test["wrong"], 0, test["n"])
    for figure in errors:
        if test[figure] is not None:
            _check_number(f"{name}.{figure}", test[figure])


def _check_curve(curve: Record, n: int) -> None:
    """Check the learning curve of a trial that presented `n` sequences: it has a point for every window."""
    _check_fields(curve, {"window": int, "mean_absolute_error": list, "wrong": list}, {}, "curve.")
    window, errors, wrong = curve["window"], curve["mean_absolute_error"], curve["wrong"]
    _check_count("curve.window", window, 1, LARGEST)
    n_points = -(-n // window)
    for name, points in (("mean_absolute_error", errors), ("wrong", wrong)):
        if len(points) != n_points:
            raise ValueError(
                f"curve.{name} has {len(points)} points, {n} sequences in windows of {window} make {n_points}"
            )
    numbers = [error for error in errors if error is not None]
    if not (
        set(map(type, numbers)) <= {float} and all(map(math.isfinite, numbers)) and min(numbers, default=0.0) >= 0.0
    ):
        for i, error in enumerate(errors):
            if error is not None:
                _check_number(f"curve.mean_absolute_error[{i}]", error)
    most = n - (n_points - 1) * window
    if not (set(map(type, wrong)) == {int} and min(wrong) >= 0 and max(wrong) <= window and wrong[-1] <= most):
        for i, n_wrong in enumerate(wrong):
            _check_count(f"curve.wrong[{i}]", n_wrong, 0, window if i < n_points - 1 else most)


def contradiction(one: Record, other: Record) -> str:
    """Find what two records of one trial contradict each other in.

    What a trial gives depends on its specification and its number alone; the cap only says when it is given up. So
    two records with the same cap agree in every field of `REPRODUCIBLE`; versions, commit and computing time may
    differ. If the caps differ and the trial was solved under the smaller one, they agree in all of these but the cap.
    If it failed under the smaller one, then under the larger one it was solved later than that, if at all, took more
    time steps, had reached the same milestones, and its learning curve begins as the other does.

    Parameters
    ----------
    one, other : dict
        Records with the same row, reading, specification and trial.

    Returns
    -------
    str
        Name of a field that can't be right in both; empty if there is none.
    """
    less, more = sorted((one, other), key=lambda record: int(record["cap"]))
    if less["cap"] == more["cap"] or less["success"]:
        return next((name for name in REPRODUCIBLE if name != "cap" and less.get(name) != more.get(name)), "")
    if less["seeds"] != more["seeds"]:
        return "seeds"
    if presented(more) <= less["cap"]:
        return "success"
    if less["steps"] >= more["steps"]:
        return "steps"
    reached = more.get("milestones", {})
    if ("milestones" in less) != ("milestones" in more) or not less.get("milestones", {}).items() <= reached.items():
        return "milestones"
    window = more["curve"]["window"]
    merged, rest = divmod(window, less["curve"]["window"])
    n_whole = presented(less) // window
    begin = [sum(less["curve"]["wrong"][i * merged : (i + 1) * merged]) for i in range(n_whole)]
    return "curve" if rest or begin != more["curve"]["wrong"][:n_whole] else ""


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
            _refuse("row", record["row"], "belongs in another file")
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
        Made when the first record is written. ``~`` is the user's folder.

    Raises
    ------
    StoreError
        If that is no name of a folder.
    """

    def __init__(self, directory: str | os.PathLike[str] = DEFAULT) -> None:
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

        Returns
        -------
        pathlib.Path

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

        Parameters
        ----------
        record : dict

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
        found: dict[int, _Line] = {}
        for line in read.of_row.get((row, reading), ()):
            if specification is not None and line.specification != specification:
                continue
            known = found.get(line.trial)
            if known is None or line.cap > known.cap:
                found[line.trial] = line
        return [read.record(found[trial]) for trial in sorted(found)]

    def lines(self, table: str) -> Iterator[Record]:
        """Iterate over all records of a table, in the order in which they were written.

        Parameters
        ----------
        table : str

        Yields
        ------
        dict

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

        Parameters
        ----------
        row, reading : str
        trial : int

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
            _check_count("trial", trial, 1, LAST_TRIAL)  # now, and not when its record is written
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

        Parameters
        ----------
        row, reading : str
        trial : int

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


def at_stop(record: Record, milestone: str) -> Record:
    """Read a record as if its trial had ended at a milestone.

    Parameters
    ----------
    record : dict
    milestone : str
        Name of the milestone; empty for the last stop, which leaves the record as it is.

    Returns
    -------
    dict
        With `success`, `sequences` and `test` of that moment; the curve stays that of the whole trial, and says of
        how many sequences it is.
    """
    if not milestone:
        return record
    reached = record.get("milestones", {}).get(milestone)
    curve = record["curve"] | {"presented": presented(record)}
    record = {name: value for name, value in record.items() if name != "presented"} | {"curve": curve}
    if reached is None:
        return record | {"success": False, "sequences": record["cap"]}
    return record | {"success": True, **reached}


def presented(record: Record) -> int:
    """Read how many training sequences were presented, which may be more than count.

    Parameters
    ----------
    record : dict

    Returns
    -------
    int
    """
    return int(record["presented"] if "presented" in record else record["sequences"])


def is_done(record: Record, cap: int) -> bool:
    """Tell whether a record answers what a trial with this cap would give.

    Parameters
    ----------
    record : dict
    cap : int

    Returns
    -------
    bool
        Yes if the trial succeeded within the cap, or failed at this cap or a larger one.
    """
    return bool(record["cap"] >= cap or (record["success"] and presented(record) <= cap))


def answers(records: Sequence[Record], cap: int) -> list[Record]:
    """Keep the records that say what a trial with this cap would give.

    A trial that was given up earlier than at `cap` says nothing about it, and is left to be run again.

    Parameters
    ----------
    records : sequence of dict
    cap : int

    Returns
    -------
    list of dict
    """
    return [record for record in records if is_done(record, cap)]


def under_cap(record: Record, cap: float = math.inf) -> tuple[bool, float]:
    """Read a record's outcome as if training had been given up at `cap`.

    Parameters
    ----------
    record : dict
    cap : float

    Returns
    -------
    success : bool
    sequences : float
        Until success, or the cap.
    """
    if record["success"] and presented(record) <= cap:
        return True, float(record["sequences"])
    return False, float(min(cap, record["cap"]))
