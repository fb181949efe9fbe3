"""The measurement that the book shows, or one of a reader's own."""

import json
from pathlib import Path
from typing import Any

from lstm97.paths import DATA

RECORDED = DATA / "bench.json"


def read(path: str | Path = RECORDED) -> dict[str, Any]:
    """Read what ``lstm97 bench --json`` printed.

    Parameters
    ----------
    path : str or Path
        The published measurement if nothing else is given.

    Returns
    -------
    dict
        What `lstm97_book.bench.engines.bench` returned.

    Raises
    ------
    ValueError
        If there is no such file, or something else is in it.
    """
    make = "lstm97 bench --json > mine.json makes one"
    try:
        data = dict(json.loads(Path(path).read_text(encoding="utf-8"))["data"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"bench is {str(path)!r}, which is not a readable measurement; {make}") from error
    parts = ("engines", "trials", "lag", "weights", "symbols", "systems")
    missing = [part for part in parts if part not in data]
    if missing:
        raise ValueError(f"bench is {str(path)!r}, which lacks {', '.join(missing)}; {make}")
    return data
