"""A learning system unfolded in time, as data: who feeds whom, and where errors and derivatives go."""

from dataclasses import dataclass

#: A link: from layer, to layer, and how many steps later.
Link = tuple[int, int, int]

#: Of a net with one hidden layer: from there to the outputs, and to itself.
TOP: Link = (1, 2, 0)
LOOP: Link = (1, 1, 1)


@dataclass(frozen=True)
class Unfolded:
    """A system unfolded in time.

    Attributes
    ----------
    rows : tuple of str
        Kinds of units, from bottom to top.
    links : tuple of (int, int, int)
        Who feeds whom: from row, to row, steps later.
    errors : tuple of (int, int, int)
        Links that an error goes back along, to earlier steps as well.
    same_step : tuple of (int, int, int)
        Links that an error goes back along within the step of the target only.
    carried : tuple of (int, int, int)
        Links along which derivatives are carried forward in time.
    constant : tuple of (int, int, int)
        Links of fixed weight 1, or with a fixed time constant.
    silent : tuple of (int, int)
        Row and step of units that do nothing.
    """

    rows: tuple[str, ...] = ("input", "hidden", "output")
    links: tuple[Link, ...] = ((0, 1, 0), LOOP, TOP)
    errors: tuple[Link, ...] = ()
    same_step: tuple[Link, ...] = ()
    carried: tuple[Link, ...] = ()
    constant: tuple[Link, ...] = ()
    silent: tuple[tuple[int, int], ...] = ()
