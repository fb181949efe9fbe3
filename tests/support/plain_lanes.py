"""`lstm97.engine.lanes` as plain Python: what is read there, run at once for any net, without compiling."""

from typing import Any

from lstm97.engine import equations, lanes
from support.corruption import corrupted, uncompiled


def plain_lanes(module: Any = None, *change: str) -> Any:
    """Make the lanes' functions plain Python, rows as small arrays.

    Parameters
    ----------
    module : module, optional
        `lstm97.engine.lanes` or `lstm97.engine.equations`, if a piece of it is to be changed.
    change : str
        How: see `support.corruption.corrupted`.
    """
    plain: Any = corrupted(lanes, *change) if module is lanes else uncompiled(lanes)
    plain.equations = corrupted(equations, *change) if module is equations else uncompiled(equations)
    return plain
