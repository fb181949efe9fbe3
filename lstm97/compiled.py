"""How the numerical functions are compiled: Numba, without fast-math, cached on disk.

Numba's own cache looks at a function's own file only, so a function that calls one from another file would go on
with the old formula after that one was changed. Here the folder of the cache is named after the contents of all of
the package's modules: change any, and everything is compiled anew.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

_PACKAGE = Path(__file__).parent


def _source_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        source = path.read_bytes()
        if b"compiled" in source:
            digest.update(path.relative_to(_PACKAGE).as_posix().encode())
            digest.update(source)
    return digest.hexdigest()[:16]


_CACHE = _PACKAGE / "__pycache__" / f"numba-{_source_hash()}"


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a numerical function; its ``.py_func`` stays the plain Python function, with the same bits.

    Fast-math stays off, so that no sum is reordered and no product fused. Division by zero gives infinity, as in
    NumPy; without Python's check LLVM can vectorise. The interpreter lock is released while the function runs.
    The functions allocate no arrays, so reference counting is left out: it costs more than the arithmetic.

    Parameters
    ----------
    function : callable

    Returns
    -------
    numba.core.dispatcher.Dispatcher
    """
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(_CACHE)
    try:
        return numba.njit(function, cache=True, error_model="numpy", nogil=True, forceinline=True, _nrt=False)
    finally:
        numba.config.CACHE_DIR = before
