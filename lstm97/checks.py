"""Checks of what users give: an error names the parameter, its value, and what to give instead."""

import reprlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

#: Bound on real parameters, so that twice as much is a number, too.
MOST = 1e300
#: A net of more weights takes longer for a step than anybody wants to wait, and soon more memory than there is.
MOST_WEIGHTS = 10_000_000
#: Up to here every whole number is a real one as well.
MOST_WHOLE = 2**53

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60


def shown(value: Any) -> str:
    """Write a value down for a message, in short."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python writes no numbers of thousands of digits
        return "a number of thousands of digits"


def whole(name: str, value: Any, least: int = 1, most: int = MOST_WHOLE, why: str = "") -> None:
    """Check a whole number. NumPy's are none, since a specification has to be written as JSON.

    Parameters
    ----------
    name : str
        The parameter, as the user wrote it.
    why : str
        The reason for the bound that is not kept, if it is not plain.

    Raises
    ------
    ValueError
        If it is none, or out of bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        own = f"int({value})" if isinstance(value, np.integer) else f"a whole number of at least {least}"
        raise ValueError(f"{name} is {shown(value)}: give {own}")
    if value < least:
        raise ValueError(f"{name} is {shown(value)}: give at least {least}{why}")
    if value > most:
        raise ValueError(f"{name} is {shown(value)}: give at most {most:,}")


def real(name: str, value: Any, wanted: str = "a number", fits: Callable[[float], bool] = lambda _: True) -> None:
    """Check a real number.

    Parameters
    ----------
    name : str
        The parameter, as the user wrote it.
    wanted : str
        What to give, in words.
    fits : callable
        Tells whether a finite number is that.

    Raises
    ------
    ValueError
        If it is not finite, or anything else than what is wanted.
    """
    if isinstance(value, np.number) and not isinstance(value, float):
        raise ValueError(f"{name} is {shown(value)}: give float({value})")
    is_number = isinstance(value, float | int) and not isinstance(value, bool)
    if not is_number or value != value or not fits(value):
        raise ValueError(f"{name} is {shown(value)}: give {wanted}")
    most = MOST_WHOLE if isinstance(value, int) else MOST
    if abs(value) > most:
        raise ValueError(f"{name} is {shown(value)}: give {wanted} of at most {most:g}")


def positive(name: str, value: Any) -> None:
    """Check a positive number: see `real`."""
    real(name, value, "a positive number", lambda x: x > 0.0)


def not_negative(name: str, value: Any) -> None:
    """Check a number that may be 0: see `real`."""
    real(name, value, "0 or a positive number", lambda x: x >= 0.0)


def choice(name: str, value: Any, choices: Iterable[Any]) -> None:
    """Check one of several choices.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    choices = tuple(choices)
    if not any(type(value) is type(one) and value == one for one in choices):
        raise ValueError(f"{name} is {shown(value)}: give one of {', '.join(map(repr, choices))}")


def flag(name: str, value: Any) -> None:
    """Check a parameter that is true or false: see `choice`."""
    choice(name, value, (True, False))


def instance(name: str, value: Any, kind: str, has: str) -> None:
    """Check an object by an attribute that its kind alone has.

    Parameters
    ----------
    kind : str
        What to give.
    has : str
        The attribute.

    Raises
    ------
    ValueError
        If it lacks that.
    """
    if isinstance(value, type) or not hasattr(value, has):
        raise ValueError(f"{name} is {shown(value)}: give a {kind}")


def array(name: str, value: Any, dtype: np.dtype[Any], shape: tuple[int, ...], what: str) -> None:
    """Check an array that compiled code is to read, which looks neither at its bounds nor at its type.

    Parameters
    ----------
    shape : tuple of int
        -1 where any number will do.
    what : str
        What there is one of for every row, and for every column.

    Raises
    ------
    ValueError
        If it is no such array, or not in C's order.
    """
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{name} is {shown(value)}: give an array of {dtype}, {what}")
    if value.dtype != dtype or not value.flags.c_contiguous:
        order = "" if value.flags.c_contiguous else " with gaps"
        raise ValueError(f"{name} is an array of {value.dtype}{order}: give a contiguous one of {dtype}, {what}")
    if value.shape == shape:
        return
    if value.ndim != len(shape) or any(n not in (-1, m) for n, m in zip(shape, value.shape, strict=True)):
        wanted = ", ".join("any" if n < 0 else str(n) for n in shape) + "," * (len(shape) == 1)
        raise ValueError(f"{name} is of shape {value.shape}: give ({wanted}), {what}")
