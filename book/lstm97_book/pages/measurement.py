"""How long network steps take: the measurement that the book shows, or one of a reader's own."""

import json
from pathlib import Path
from typing import Any

from lstm97.paths import DATA
from lstm97_book.pages.parameters import ParameterError

PUBLISHED = DATA / "bench.json"
PARTS = ("engines", "targets", "costs", "trials", "lag", "weights", "symbols", "systems")


def read(bench: object = None) -> dict[str, Any]:
    """Read what ``lstm97 bench --json`` printed.

    Parameters
    ----------
    bench : object
        The parameter `bench`: a path, or None for the published measurement.

    Returns
    -------
    dict
        What `lstm97_book.bench.engines.bench` returned.

    Raises
    ------
    ParameterError
        If there is no such file, or something else is in it.
    """
    make = "give None for the published measurement, or a file that `lstm97 bench --json > mine.json` made"
    try:
        path = PUBLISHED if bench is None else Path(bench)  # type: ignore[arg-type]
        data = dict(json.loads(path.read_text(encoding="utf-8"))["data"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ParameterError(f"bench is {bench!r}, which is no measurement; {make}") from None
    missing = [part for part in PARTS if part not in data]
    if missing:
        raise ParameterError(f"bench is {bench!r}, which lacks {', '.join(missing)}; {make}")
    return data
