"""How Numba compiles the numerical functions: without fast-math, the machine code kept on disk.

Numba's own cache looks at a function's own file only, so a function that calls one from another file would go on
with the old formula after that one was changed. Here the folder of a function's machine code is named after the
contents of its module and of all modules of the package that this one imports, directly or through others: change
any of them, and the function is compiled anew.

The machine code goes into the package's ``__pycache__``; if that cannot be written, into the folder that the
environment variable ``NUMBA_CACHE_DIR`` names, into the user's cache, or into a temporary folder of the user's own.
What cannot be read is thrown away and compiled again; what cannot be written is compiled in every process.
"""

import hashlib
import inspect
import logging
import os
import re
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from glob import escape
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.sigutils import normalize_signature
from numba.extending import typeof_impl
from numba.misc.appdirs import AppDirs

from lstm97.net import registers
from lstm97.net.compiled import COLUMN_MAJOR

#: Modules that tell Numba what compiled functions do in the place of plain ones.
DEFINING = (registers,)

_PACKAGE = Path(__file__).parents[1]
_IMPORT = re.compile(r"^[ \t]*(?:from (lstm97[\w.]*) )?import (\([^)]*\)|.*)", re.MULTILINE)


def _file(module: str) -> Path | None:
    """Find the file of a module of the package."""
    top, *parts = module.split(".")
    path = _PACKAGE.joinpath(*parts)
    found = [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]
    return found[0] if found and top == _PACKAGE.name else None


@cache
def _imported(file: Path) -> set[Path]:
    """List the files of the package that one of its files names in its imports."""
    named = set()
    for package, names in _IMPORT.findall(file.read_text(encoding="utf-8")):
        for name in re.findall(r"[\w.]+", names):
            named.add((_file(f"{package}.{name}") or _file(package)) if package else _file(name))
    return {path for path in named if path}


@cache
def _sources(file: Path) -> frozenset[Path]:
    """List one of the package's files and all the others that it imports, directly or through others."""
    files, new = {file}, {file}
    while new:
        new = {imported for one in new for imported in _imported(one)} - files
        files |= new
    return frozenset(files)


@cache
def _source_hash(file: Path) -> str:
    digest = hashlib.sha256()
    for one in sorted(_sources(file)):
        digest.update(one.relative_to(_PACKAGE).as_posix().encode() + b"\0" + one.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _temporary() -> Path | None:
    """Make a temporary folder into which nobody else can put anything; None if there is no such folder."""
    if not hasattr(os, "getuid"):
        return None
    try:
        folder = Path(tempfile.gettempdir(), f"lstm97-{os.getuid()}")
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    return folder if (found.st_uid, found.st_mode) == (os.getuid(), stat.S_IFDIR | 0o700) else None


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


@cache
def _folder() -> Path | None:
    """Choose the folder for machine code; None, and a line that says so, if no folder can be written."""
    own, users = _PACKAGE / "__pycache__" / "numba", Path(AppDirs("lstm97", appauthor=False).user_cache_dir, "numba")
    if _is_writable(own):
        return own
    if numba.config.CACHE_DIR and _is_writable(named := Path(numba.config.CACHE_DIR, "lstm97").absolute()):
        return named
    if users.is_absolute() and _is_writable(users):  # it is not where the user has no home
        return users
    if (temporary := _temporary()) and _is_writable(temporary):
        return temporary
    _say("no folder for them can be written; name one in the environment variable NUMBA_CACHE_DIR")
    return None


@cache
def _say(why: str) -> None:
    """Say once that machine code is not kept."""
    logging.getLogger("lstm97").warning(
        "lstm97: compiled functions are not kept, so each process starts slowly: %s", why
    )


class _Cache(FunctionCache):
    """Numba's cache of one function; it compiles where that one fails."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the machine code for a signature; None if there is none that can be used."""
        try:
            found = super().load_overload(sig, target_context)
        except Exception:  # whatever a broken file makes of itself
            self._discard()
            return None
        if found is not None and tuple(found.signature.args) != tuple(normalize_signature(sig)[0]):
            self._discard()  # two processes that wrote at the same time can have mixed up their files
            return None
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the machine code for a signature, if it can be written."""
        try:
            super().save_overload(sig, data)
        except Exception as error:
            self.disable()
            self._discard()
            why = error.strerror if isinstance(error, OSError) else repr(error)
            _say(f"{why}, in {_folder()}")

    def _discard(self) -> None:
        name = escape(self._impl.filename_base)
        for pattern in (f"{name}.nbi", f"{name}.*.nbc"):
            for path in Path(self.cache_path).glob(pattern):
                with suppress(OSError):
                    path.unlink()


def _cache_of(function: Callable[..., Any]) -> FunctionCache | None:
    """Make the cache of one of the package's functions."""
    file, folder = Path(inspect.getfile(function)), _folder()
    if folder is None or not (file.is_relative_to(_PACKAGE) and file.is_file()):
        return None
    module = ".".join(file.relative_to(_PACKAGE).with_suffix("").parts)
    folder /= f"{module}-{_source_hash(file)}"
    config = numba.config
    before = config.CACHE_DIR, getattr(config, "CACHE_LOCATOR_CLASSES", "")
    config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = str(folder), ""
    try:
        made = _Cache(function)
    except RuntimeError:  # Numba found no folder
        made = None
    finally:
        config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = before
    if made is None or not Path(made.cache_path).is_relative_to(folder):  # another folder knows nothing of the hash
        _say(f"{folder} cannot be written")
        return None
    return made


def _type_of(value: Any, context: Any) -> numba.types.Type:
    """Say what a NamedTuple of arrays is to Numba: see `lstm97.net.compiled.column_major`."""
    found = []
    for part in value:
        of_part = typeof_impl(part, context)
        matrix = isinstance(of_part, numba.types.Array) and of_part.ndim == 2 and part.flags.f_contiguous
        found.append(of_part.copy(layout="F") if matrix else of_part)
    return numba.types.BaseTuple.from_types(found, type(value))


def tell_types() -> None:
    """Tell Numba about the types that `lstm97.net.compiled.column_major` was given since."""
    while COLUMN_MAJOR:
        typeof_impl.register(COLUMN_MAJOR.pop())(_type_of)


def dispatcher_of(function: Callable[..., Any]) -> Any:
    """Make what compiles a numerical function: see `lstm97.net.compiled.compiled`.

    Fast-math stays off, so that no sum is reordered and no product fused. Division by zero gives infinity, as in
    NumPy; without Python's check LLVM can vectorise. The interpreter lock is released while the function runs.
    The functions allocate no arrays, so reference counting is left out: it costs more than the arithmetic.

    Parameters
    ----------
    function : callable
        Its machine code is kept on disk if it is one of the package's.
    """
    tell_types()
    dispatcher = numba.njit(function, error_model="numpy", nogil=True, forceinline=True, _nrt=False)
    if kept := _cache_of(function):
        dispatcher._cache = kept
    return dispatcher
