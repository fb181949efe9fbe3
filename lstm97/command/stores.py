"""Which folder records are read from and written to; what a user tries is never among what is published."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lstm97 import paths
from lstm97.checks import shown
from lstm97.command.errors import UsageError
from lstm97.results.store import Store


def named_store(given: str | None, default: Path) -> Store:
    """Choose the store to read: the one that the user names, or else this one.

    Parameters
    ----------
    given : str or None
        What the user gave with ``--store``.

    Raises
    ------
    UsageError
        If there is no such folder.
    """
    if given is None:
        if not default.is_dir():
            raise UsageError(
                f"there is no folder {default} here: give the folder of the records with --store, or make some with "
                "'lstm97 run ROW'"
            )
        return Store(default)
    try:
        store = Store(given)
        if store.directory.is_dir():
            return store
    except (OSError, RuntimeError) as error:  # a name that is too long, a user who is not there
        raise UsageError(f"--store {shown(given)} is no folder's name ({error}): give another one") from error
    raise UsageError(f"--store {shown(given)}: there is no such folder")


def new_store(given: str | None, default: Path, others: Sequence[Path]) -> Store:
    """Choose the store to write: the one that the user names, or else this one.

    Parameters
    ----------
    given : str or None
        What the user gave with ``--store``.
    others : sequence of path
        Folders of other kinds of records.

    Raises
    ------
    UsageError
        If the user names one of the others.
    """
    if given is None:
        return Store(default)
    store = Store(given)
    for other in others:
        if os.path.realpath(store.directory) == os.path.realpath(other):
            raise UsageError(
                f"--store {given!r} holds records of another kind: name another folder, or none for {default}"
            )
    return store


class Folders(NamedTuple):
    """The folders of the records of rows, of sweeps, and of other pairs."""

    rows: Path
    sweeps: Path
    tries: Path


def folders_to_write() -> Folders:
    """Name the folders that are written where the user names none."""
    return Folders(paths.RUNS, paths.SWEEPS, paths.TRIES)


def folders_to_read() -> Folders:
    """Name the folders that are read where the user names none: the user's own, or else those that are published."""
    own, published = folders_to_write(), (paths.PUBLISHED_RUNS, paths.PUBLISHED_SWEEPS, paths.TRIES)
    return Folders(*(folder if folder.is_dir() else other for folder, other in zip(own, published, strict=True)))
