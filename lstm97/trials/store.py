"""The trial records: one line of JSON per trial, appended, one file per table."""

import json
import math
import os
import socket
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

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
OPTIONAL: dict[str, type] = {"milestones": dict, "presented": int}
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


class StoreError(Exception):
    """The store can't be read or written; the message names the file and the way out."""


class TornLineWarning(UserWarning):
    """A file's last line is half-written: it was skipped, and its trial will be run again."""


def check_record(record: Any) -> Record:
    """Check that a record has the fields that a record has.

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
        Naming what is wrong.
    """
    if not isinstance(record, dict):
        raise ValueError("not a record")
    if record.get("schema") != SCHEMA:
        raise ValueError(f"schema is {record.get('schema')!r}, this version reads {SCHEMA}")
    for name, kind in FIELDS.items():
        if name not in record:
            raise ValueError(f"{name} is missing")
        if not isinstance(record[name], kind) or (kind is int and isinstance(record[name], bool)):
            raise ValueError(f"{name} is {record[name]!r}")
    for name, kind in OPTIONAL.items():
        if name in record and not isinstance(record[name], kind):
            raise ValueError(f"{name} is {record[name]!r}")
    return record


class Store:
    """Trial records in a folder.

    Every record is one line, written by a single call under a lock, so that readers and other runners see all of it
    or nothing. Nothing is ever changed or deleted, but for a half-written last line that a killed writer left.

    Parameters
    ----------
    directory : path
        Made when the first record is written.
    """

    def __init__(self, directory: str | os.PathLike[str] = DEFAULT) -> None:
        self.directory = Path(directory)

    def path(self, table: str) -> Path:
        """Name the file of a table.

        Parameters
        ----------
        table : str
            E.g. ``table9``.

        Returns
        -------
        pathlib.Path
        """
        return self.directory / f"{table}.jsonl"

    def prepare(self) -> None:
        """Make the folder, and make sure that it can be written.

        Raises
        ------
        StoreError
            If it can't.
        """
        try:
            (self.directory / ".locks").mkdir(parents=True, exist_ok=True)
            probe = self.directory / ".locks" / "probe"
            probe.touch()
        except OSError as error:
            raise StoreError(
                f"the store {str(self.directory)!r} can't be written ({error.strerror}): "
                "give another folder with --store"
            ) from error

    def append(self, record: Record) -> None:
        """Add a record.

        Parameters
        ----------
        record : dict

        Raises
        ------
        StoreError
            If the store can't be written.
        ValueError
            If the record lacks a field or has one of the wrong type; nothing is written then.
        """
        check_record(record)
        line = (json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n").encode()
        table = record["row"].partition("/")[0]
        self.prepare()
        try:
            with (
                FileLock(self.directory / ".locks" / f"{table}.lock"),
                open(self.path(table), "ab+", buffering=0) as file,
            ):
                self._drop_torn_line(file)
                if file.write(line) != len(line):
                    raise OSError(None, "disk full")
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(f"{self.path(table)} can't be written ({error.strerror})") from error

    def _drop_torn_line(self, file: Any) -> None:
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            return
        file.seek(size - 1)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        complete = file.read().rfind(b"\n") + 1
        warnings.warn(f"{file.name}: dropped a half-written last line", TornLineWarning, stacklevel=3)
        file.truncate(complete)

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
            If a line other than the last is broken; the message names file and line.

        Warns
        -----
        TornLineWarning
            If the last line is half-written. It is skipped.
        """
        found: dict[int, Record] = {}
        for record in self.lines(row.partition("/")[0]):
            if (record["row"], record["reading"]) != (row, reading):
                continue
            if specification is not None and record["specification"] != specification:
                continue
            known = found.get(record["trial"])
            if known is None or record["cap"] > known["cap"]:
                found[record["trial"]] = record
        return [found[trial] for trial in sorted(found)]

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
        path = self.path(table)
        try:
            lines = path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(f"{path} can't be read ({error.strerror})") from error
        *complete, last = lines
        for number, line in enumerate(complete, start=1):
            try:
                yield check_record(json.loads(line))
            except ValueError as error:
                raise StoreError(
                    f"{path}, line {number}: {error}; restore the line, or delete it to have its trial run again"
                ) from error
        if last:
            warnings.warn(f"{path}: the half-written last line was skipped", TornLineWarning, stacklevel=2)

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
        """
        path = self._lock(row, reading, trial)
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            yield False
            return
        holder = path.with_suffix(".holder")
        try:
            with suppress(OSError):  # it is a help, no more
                holder.write_text(f"process {os.getpid()} on {socket.gethostname()} since {time.strftime('%F %T')}")
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
        try:
            return self._lock(row, reading, trial).with_suffix(".holder").read_text()
        except (OSError, ValueError):
            return ""

    def _lock(self, row: str, reading: str, trial: int) -> Path:
        return self.directory / ".locks" / f"{row.replace('/', '-')}-{reading}-{trial}.lock"


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
