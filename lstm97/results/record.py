"""A trial's record: what it holds, whether it can be right, and what it says at a smaller cap or an earlier stop."""

import math
import re
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

#: Version of a record's form; goes up when a field changes its meaning.
SCHEMA = 1
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


def check_record(record: Any) -> Record:
    """Check that a record has the fields that a record has, and that each holds what it can hold.

    Parameters
    ----------
    record : object
        What a line's JSON gave.

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
        refuse("row", record["row"], "must be like table9/6a")
    _check_text("row", record["row"], _LONGEST_NAME)
    for name in ("reading", "specification", *(["commit"] if record["commit"] is not None else [])):
        _check_text(name, record[name])
    for name, version in record["versions"].items():
        _check_text("a name in versions", name)
        _check_text(f"versions.{name}", version)
    check_count("trial", record["trial"], 1, LAST_TRIAL)
    _check_seeds(record["seeds"], record["trial"])
    check_count("cap", record["cap"], 1, LARGEST)
    n = presented(record)
    check_count("presented" if "presented" in record else "sequences", n, 1, record["cap"])
    check_count("sequences", record["sequences"], 0, n)
    if not record["success"] and record["sequences"] != record["cap"]:
        refuse("sequences", record["sequences"], f"must be the cap, {record['cap']}, since the trial failed")
    check_count("steps", record["steps"], n, LARGEST)
    _check_number("seconds", record["seconds"], LARGEST)
    _check_test("test", record["test"])
    _check_curve(record["curve"], n)
    for name, stop in record.get("milestones", {}).items():
        _check_text("a name in milestones", name)
        prefix = f"milestones.{name}"
        if not isinstance(stop, dict):
            refuse(prefix, stop, "must be an object")
        _check_fields(stop, {"sequences": int, "test": dict}, {}, f"{prefix}.")
        check_count(f"{prefix}.sequences", stop["sequences"], 0, record["sequences"])
        _check_test(f"{prefix}.test", stop["test"])
    return record


def refuse(name: str, value: Any, why: str = "") -> NoReturn:
    """Raise a `ValueError` that names a field, its value, and what it must be."""
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
            refuse(f"{prefix}{name}", value, "is of another type than a record's")


def _check_text(name: str, value: Any, longest: int = _LONGEST_TEXT) -> None:
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value) <= longest:
        refuse(name, value, f"must be printable text of 1 to {longest} characters")


def check_count(name: str, value: Any, least: int, most: int) -> None:
    """Check a whole number between two bounds; a `ValueError` says what is wrong."""
    if type(value) is not int or not least <= value <= most:  # a bool is an int, too, but no count
        refuse(name, value, f"must be a whole number from {least} to {most}")


def _check_number(name: str, value: Any, most: float = math.inf) -> None:
    if type(value) is not float or not math.isfinite(value) or not 0.0 <= value <= most:
        refuse(name, value, "must be a number of at least 0" + (f", at most {most:g}" if most < math.inf else ""))


def _check_seeds(seeds: Record, trial: int) -> None:
    _check_fields(seeds, {"entropy": str, "spawn_key": list}, {}, "seeds.")
    if not re.fullmatch(r"[0-9]{1,50}", seeds["entropy"]):
        refuse("seeds.entropy", seeds["entropy"], "must be a whole number")
    if seeds["spawn_key"] != [trial] or type(seeds["spawn_key"][0]) is not int:
        refuse("seeds.spawn_key", seeds["spawn_key"], f"must be [{trial}], the number of the trial")


def _check_test(name: str, test: Record) -> None:
    """Check the figures of a test; an error figure is None if it was no finite number."""
    errors = ("mean_absolute_error", "mse")
    _check_fields(test, {"n": int, "wrong": int} | dict.fromkeys(errors, (float, type(None))), {}, f"{name}.")
    check_count(f"{name}.n", test["n"], 1, LARGEST)
    check_count(f"{name}.wrong", test["wrong"], 0, test["n"])
    for figure in errors:
        if test[figure] is not None:
            _check_number(f"{name}.{figure}", test[figure])


def _check_curve(curve: Record, n: int) -> None:
    """Check the learning curve of a trial that presented `n` sequences: it has a point for every window."""
    _check_fields(curve, {"window": int, "mean_absolute_error": list, "wrong": list}, {}, "curve.")
    window, errors, wrong = curve["window"], curve["mean_absolute_error"], curve["wrong"]
    check_count("curve.window", window, 1, LARGEST)
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
            check_count(f"curve.wrong[{i}]", n_wrong, 0, window if i < n_points - 1 else most)


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


def at_stop(record: Record, milestone: str) -> Record:
    """Read a record as if its trial had ended at a milestone.

    Parameters
    ----------
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
    """Read how many training sequences were presented, which may be more than count."""
    return int(record["presented"] if "presented" in record else record["sequences"])


def is_done(record: Record, cap: int) -> bool:
    """Tell whether a record answers what a trial with this cap would give.

    Returns
    -------
    bool
        Yes if the trial succeeded within the cap, or failed at this cap or a larger one.
    """
    return bool(record["cap"] >= cap or (record["success"] and presented(record) <= cap))


def answers(records: Sequence[Record], cap: int) -> list[Record]:
    """Keep the records that say what a trial with this cap would give.

    A trial that was given up earlier than at `cap` says nothing about it, and is left to be run again.
    """
    return [record for record in records if is_done(record, cap)]


def under_cap(record: Record, cap: float = math.inf) -> tuple[bool, float]:
    """Read a record's outcome as if training had been given up at `cap`.

    Returns
    -------
    success : bool
    sequences : float
        Until success, or the cap.
    """
    if record["success"] and presented(record) <= cap:
        return True, float(record["sequences"])
    return False, float(min(cap, record["cap"]))
