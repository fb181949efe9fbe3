"""Tests of lstm97.pages."""

import pytest

from lstm97 import error_flow
from lstm97.pages import source


def test_source_is_the_function_without_its_docstring():
    shown = source(error_flow.decay_per_step)
    assert repr(shown) == "def decay_per_step(n: int, w_max: float) -> float:\n    return n * w_max / 4.0"
    assert shown._repr_markdown_() == f"```python\n{shown!r}\n```"


def test_source_takes_several_functions_compiled_or_not():
    class Compiled:
        py_func = staticmethod(error_flow.decay_per_step)

    code = repr(source(error_flow.output_error, Compiled()))  # type: ignore[arg-type]
    assert code.index("def output_error") < code.index("\n\ndef decay_per_step")
    assert '"""' not in code


def test_source_refuses_nothing():
    with pytest.raises(ValueError, match="no function"):
        source()
