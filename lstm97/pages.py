"""What the book's pages show besides figures: a function's source, beside the equation that it is."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Source:
    """Python code that a notebook shows as code."""

    code: str

    def __repr__(self) -> str:
        """Return the bare code."""
        return self.code

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.code}\n```"


def source(*functions: Callable[..., Any]) -> Source:
    """Return the source of functions without their docstrings, ready to be shown.

    Parameters
    ----------
    *functions : functions
        Plain or compiled by Numba.

    Returns
    -------
    Source
        The last value of a notebook's cell is shown as highlighted code.

    Raises
    ------
    ValueError
        If no function is given.
    """
    if not functions:
        raise ValueError("source: no function given; name at least one")
    return Source("\n\n".join(_without_docstring(function) for function in functions))


def _without_docstring(function: Any) -> str:
    text = textwrap.dedent(inspect.getsource(getattr(function, "py_func", function)))
    definition = ast.parse(text).body[0]
    assert isinstance(definition, ast.FunctionDef)
    lines = text.rstrip().splitlines()
    if ast.get_docstring(definition) is not None:
        first = definition.body[0]
        del lines[first.lineno - 1 : first.end_lineno]
    return "\n".join(lines)
