"""Negative controls: a module of the package with one piece of its source changed, run without compiling."""

import inspect
import re
from types import ModuleType


def corrupted(module: ModuleType, old: str, new: str) -> ModuleType:
    """Run a module's source with one replacement; its functions are plain Python.

    What it imports from other modules may be compiled.

    Raises
    ------
    ValueError
        If `old` does not stand in the source exactly once, so that a control cannot become void unnoticed.
    """
    source = inspect.getsource(module)
    if source.count(old) != 1:
        raise ValueError(f"{old!r} stands {source.count(old)} times in {module.__name__}; it must stand once")
    if old == new:
        raise ValueError(f"{old!r} is replaced by itself")
    return interpreted(module, source.replace(old, new))


def interpreted(module: ModuleType, source: str | None = None) -> ModuleType:
    """Run a module's source, or another one in its place, without compiling."""
    code = inspect.getsource(module) if source is None else source
    importing = re.search(r"^from lstm97\.net\.compiled import (.+)\n", code, flags=re.MULTILINE)
    if importing:
        names = importing[1].split(", ")
        code = code.replace(importing[0], " = ".join(names) + " = lambda function: function\n")
    elif source is None:
        raise ValueError(f"{module.__name__} does not import `compiled`")
    copy = ModuleType(module.__name__)
    exec(compile(code, f"<{module.__name__}, changed>", "exec"), copy.__dict__)
    return copy
