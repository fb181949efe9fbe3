"""Numerical functions, which Numba compiles when they are first called.

Numba takes longer to import than all the rest, so it is not, until there is something to compute.
"""

import os
from collections.abc import Callable
from functools import update_wrapper
from threading import RLock
from typing import Any, TypeVar

T = TypeVar("T")
_LOCK = RLock()
#: What `column_major` was given, until Numba is told.
COLUMN_MAJOR: list[type] = []


class Compiled:
    """A function that is compiled when it is first called, by Python or by another compiled function.

    Attributes
    ----------
    py_func : function
        The plain Python function, with the same bits.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function)
        self.py_func = function
        self._dispatcher: Any = None

    @property
    def dispatcher(self) -> Any:
        """What compiles it, a `numba.core.dispatcher.Dispatcher`."""
        if self._dispatcher is None:
            with _LOCK:
                from lstm97.net.machine_code import dispatcher_of

                self._dispatcher = self._dispatcher or dispatcher_of(self.py_func)
        return self._dispatcher

    @property
    def _numba_type_(self) -> Any:
        """What it is to other compiled functions."""
        return self.dispatcher._numba_type_

    def __call__(self, *arguments: Any) -> Any:
        """Compute."""
        return self.dispatcher(*arguments)


def compiled(function: Callable[..., Any]) -> Any:
    """Have a numerical function compiled; its ``.py_func`` stays the plain Python function, with the same bits.

    Where the environment variable ``NUMBA_DISABLE_JIT`` is set, as for debugging, nothing is compiled.

    Parameters
    ----------
    function : callable
        It takes its arguments by position and allocates no arrays.
    """
    return function if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0") else Compiled(function)


def column_major(arrays: type[T]) -> type[T]:
    """Let compiled functions take the matrices of a NamedTuple as column-major, whatever their size.

    A matrix of one row or one column is row-major as well; Numba would call it that, and compile a second time.

    Parameters
    ----------
    arrays : type
        A NamedTuple of arrays.

    Returns
    -------
    type
        The same.
    """
    COLUMN_MAJOR.append(arrays)
    return arrays
