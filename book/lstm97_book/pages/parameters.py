"""Checks of what a reader sets in a notebook's first cell: one clear error for a value that will not do."""

from collections.abc import Sequence
from typing import Any

from lstm97.results import Evidence
from lstm97.results.record import Record
from lstm97.text import number as written

PROFILES = ("quick", "full")
#: Time steps of the longest trial that the profile "quick" runs again: about two minutes.
LONGEST = 500_000_000


class ParameterError(ValueError):
    """A notebook's parameter will not do; the message names it, its value and the choices."""

    def _render_traceback_(self) -> list[str]:
        """Let a notebook show the message alone: the reader's value is wrong, not the page's code."""
        return [f"{type(self).__name__}: {self}"]


def one_of(name: str, value: object, choices: Sequence[object]) -> None:
    """Refuse a parameter that is none of its choices.

    Parameters
    ----------
    name : str
        As it stands in the notebook's first cell.
    choices : sequence
        All of one type, such as numbers or names.

    Raises
    ------
    ParameterError
        If no choice equals the value and has its type.
    """
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        raise ParameterError(f"{name} is {value!r}; give one of {', '.join(map(repr, choices))}")


def whole_number(name: str, value: object, least: int, most: int) -> None:
    """Refuse a parameter that is not a whole number between two bounds.

    Parameters
    ----------
    name : str
        As it stands in the notebook's first cell.
    least, most : int
        Both are still good.

    Raises
    ------
    ParameterError
        If it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ParameterError(f"{name} is {value!r}; give a whole number from {least} to {most}")


def number(name: str, value: object, least: float, most: float) -> None:
    """Refuse a parameter that is not a number between two bounds.

    Parameters
    ----------
    name : str
        As it stands in the notebook's first cell.
    least, most : float
        Both are still good.

    Raises
    ------
    ParameterError
        If it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ParameterError(f"{name} is {value!r}; give a number from {least:g} to {most:g}")


def profile(value: object) -> None:
    """Refuse a parameter `profile` that is not one of `PROFILES`.

    Raises
    ------
    ParameterError
        If it is not.
    """
    one_of("profile", value, PROFILES)


def seed(value: object) -> None:
    """Refuse a parameter `seed` that no generator takes as it is.

    Raises
    ------
    ParameterError
        If it is not a whole number from 0 to 2**32 - 1.
    """
    whole_number("seed", value, 0, 2**32 - 1)


def reading(value: object, found: Sequence[Evidence]) -> Evidence:
    """Find a row's trials under the reading that a reader asks for.

    Parameters
    ----------
    value : object
        The parameter `reading`.
    found : sequence of Evidence
        One row's, from `lstm97.results.evidence`.

    Raises
    ------
    ParameterError
        If no trial of the row is recorded under the reading.
    """
    recorded = {one.reading: one for one in found if one.records}
    one_of("reading", value, tuple(recorded))
    return recorded[str(value)]


def trial(value: object, one: Evidence, profile: str) -> Record:
    """Find the record of the trial that a reader asks for, and that the page runs again.

    Parameters
    ----------
    value : object
        The parameter `trial`: a number, or None for the trial that takes the fewest time steps, a solved one if there
        is any.
    profile : str
        With "quick", trials of more than `LONGEST` time steps are refused.

    Raises
    ------
    ParameterError
        If there is no record of this trial, or it takes too long, or every trial does.
    """
    short = {record["trial"]: record for record in one.records if profile == "full" or record["steps"] <= LONGEST}
    choices = ", ".join(map(str, sorted(short)))
    steps: dict[Any, int] = {record["trial"]: record["steps"] for record in one.records}
    where = f"{one.row.name} under the reading {one.reading!r}"
    limit = f'more than profile "quick" runs again ({written(LONGEST)} time steps)'
    if not short:
        raise ParameterError(
            f"trial is {value!r}; every recorded trial of {where} takes {limit}: "
            'give profile = "full", or another row'
        )
    if value is None:
        solved = [record for record in one.solved if record["trial"] in short]
        return min(solved or short.values(), key=lambda record: (record["steps"], record["trial"]))
    if type(value) is int and value in steps and value not in short:
        raise ParameterError(
            f"trial is {value}; this trial of {where} takes {written(steps[value])} time steps, {limit}: "
            f'give profile = "full", or one of {choices}'
        )
    if type(value) is not int or value not in short:
        raise ParameterError(f"trial is {value!r}; of {where}, give one of {choices}, or None for the shortest")
    return short[value]
