"""A digest of what a figure shows: text that is compared where images are not stored."""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.spines import Spine
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter
from numpy.typing import NDArray


def digest(figure: Figure) -> str:
    """Describe all that a figure shows in a few lines of text.

    The text names, for every axes, its labels, scales and limits, and for every line, collection, patch
    and image the number of points, the first and the last point, and a hash over all points and the style.
    Numbers are rounded to 6 significant digits before they are hashed, so the text is the same on every
    machine; another value, colour, marker, label, scale or limit gives another text.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure, drawn or not: drawing does not change the digest.

    Returns
    -------
    str
        The first line holds a hash over everything; then one paragraph per axes. Beyond ten artists in one
        axes the rest share a line.

    Raises
    ------
    ValueError
        If the figure shows no finite data point, or holds an artist that the digest cannot describe.
    """
    n_points, paragraphs, full = 0, [], []
    for number, axes in enumerate(_all_axes(figure), start=1):
        points, lines, details = _describe_axes(axes)
        n_points += points
        paragraphs.append(f"axes {number}: " + "\n  ".join(lines))
        full.append(details)
    if n_points == 0:
        raise ValueError("digest: the figure holds no data; plot something finite before asking for its digest")
    outside = [_text(text) for text in [*figure.texts, *_suptitles(figure)] if text.get_text()]
    outside += [_legend(legend) for legend in figure.legends]
    size = " x ".join(_number(side) for side in figure.get_size_inches())
    total = _hash(repr((size, full, outside)))
    count = f"{len(paragraphs)} axes" + (f", {len(outside)} texts beside them" if outside else "")
    return "\n".join([f"figure {total}: {size} in, {count}, {n_points} points", *paragraphs])


def digest_or_size(figure: Figure) -> str:
    """Write a figure as text: its digest, or only its size where nothing is drawn on it."""
    try:
        return digest(figure)
    except ValueError as error:
        return f"<Figure without a digest: {error}>"


def _all_axes(figure: Figure) -> list[Axes]:
    found: list[Axes] = []
    waiting: list[Any] = list(figure.axes)
    while waiting:
        axes = waiting.pop(0)
        found.append(axes)
        waiting = [*axes.child_axes, *waiting]
    return found


def _suptitles(figure: Figure) -> list[Text]:
    names = ("_suptitle", "_supxlabel", "_supylabel")
    return [text for text in (getattr(figure, name, None) for name in names) if text is not None]


def _describe_axes(axes: Axes) -> tuple[int, list[str], str]:
    scales = (axes.get_xscale(), axes.get_yscale())
    head = "; ".join(_describe_axis(axis) for axis in (axes.xaxis, axes.yaxis))
    titles = [axes.get_title(loc=where) for where in ("left", "center", "right")]
    head = "".join(f"{title!r}; " for title in titles if title) + head
    n_points, entries, texts = 0, [], []
    title_texts = {
        id(text) for text in (axes.title, getattr(axes, "_left_title", None), getattr(axes, "_right_title", None))
    }
    for artist in axes.get_children():
        if isinstance(artist, Spine | Axis | Axes) or artist is axes.patch or id(artist) in title_texts:
            continue
        if isinstance(artist, Text):
            texts.append(_text(artist))
        elif isinstance(artist, Legend):
            texts.append(_legend(artist))
        else:
            points, style = _points_and_style(artist)
            n_points += int(np.isfinite(points).all(axis=1).sum())
            entries.append(_entry(artist, points, style, scales))
    details = repr((head, bool(axes.axison), str(axes.get_aspect()), entries, texts))
    shown = (
        entries if len(entries) <= 11 else [*entries[:10], f"{len(entries) - 10} more: {_hash(repr(entries[10:]))}"]
    )
    if texts:
        shown = [*shown, f"{len(texts)} {'text' if len(texts) == 1 else 'texts'}: {_hash(repr(texts))}"]
    return n_points, [head, *shown], details


def _describe_axis(axis: Any) -> str:
    low, high = _rounded(np.array(axis.get_view_interval()), axis.get_scale())
    description = f"{axis.axis_name} {axis.get_label().get_text()!r} {axis.get_scale()} [{low}, {high}]"
    locator, formatter = axis.get_major_locator(), axis.get_major_formatter()
    places = np.asarray(locator() if isinstance(locator, FixedLocator) else [], dtype=np.float64)
    if places.size:
        description += " at " + ", ".join(_rounded(places, axis.get_scale()))
    if isinstance(formatter, FixedFormatter):
        description += " named " + ", ".join(repr(str(name)) for name in formatter.seq)
    elif isinstance(formatter, FuncFormatter) and places.size:
        description += " named " + ", ".join(repr(str(formatter(x, i))) for i, x in enumerate(places))
    return description


def _entry(artist: Any, points: NDArray[np.float64], style: tuple[object, ...], scales: tuple[str, str]) -> str:
    """One line for one artist: its kind, its number of points, the first and the last, and a hash."""
    columns = [_rounded(points[:, axis], scale) for axis, scale in enumerate(scales)]
    rounded = list(zip(*columns, strict=True))
    label = str(artist.get_label())
    name = type(artist).__name__ + (f" {label!r}" if label and not label.startswith("_") else "")
    ends = " to ".join("(" + ", ".join(point) + ")" for point in (rounded[:1] + rounded[-1:])[: len(rounded)])
    whole = _hash(repr((name, rounded, style)))
    return f"{name}: {len(rounded)} points{', ' + ends if ends else ''}, {whole}"


def _points_and_style(artist: Any) -> tuple[NDArray[np.float64], tuple[object, ...]]:
    """Return an artist's points (n, 2) in the coordinates it was given in, and all else that it shows."""
    common = (
        type(artist).__name__,
        artist.get_visible(),
        artist.get_zorder(),
        artist.get_alpha(),
        _anchors(artist),
    )
    if isinstance(artist, Line2D):
        points: NDArray[np.float64] = np.ma.filled(np.ma.asarray(artist.get_xydata(), dtype=float), np.nan)
        colours = (artist.get_color(), artist.get_markerfacecolor(), artist.get_markeredgecolor())
        dashes = repr(getattr(artist, "_unscaled_dash_pattern", None)) + str(artist.get_linestyle())
        marker = (str(artist.get_marker()), artist.get_markersize(), artist.get_markeredgewidth())
        return points, (
            *common,
            _colours(colours),
            dashes,
            artist.get_linewidth(),
            marker,
            artist.get_drawstyle(),
        )
    if isinstance(artist, Collection):
        return _collection(artist, common)
    if isinstance(artist, AxesImage):
        left, right, bottom, top = artist.get_extent()
        return np.array([[left, bottom], [right, top]]), (*common, _mapped(artist))
    if isinstance(artist, Patch) and not isinstance(artist, FancyArrowPatch):
        points = artist.get_patch_transform().transform(artist.get_path().vertices)
        edges = (artist.get_facecolor(), artist.get_edgecolor())
        look = (
            artist.get_fill(),
            artist.get_linewidth(),
            repr(artist.get_linestyle()),
            str(artist.get_hatch()),
        )
        return np.asarray(points, dtype=float), (*common, _colours(edges), look)
    raise ValueError(
        f"digest: the figure holds a {type(artist).__name__}, which the digest cannot describe; "
        "draw it with lines, collections, patches, images or annotations"
    )


def _collection(artist: Collection, common: tuple[object, ...]) -> tuple[NDArray[np.float64], tuple[object, ...]]:
    outlines = [np.asarray(path.vertices, dtype=float) for path in artist.get_paths()]
    joined = np.concatenate(outlines) if outlines else np.empty((0, 2))
    offsets: NDArray[np.float64] = np.ma.filled(np.ma.asarray(artist.get_offsets(), dtype=float), np.nan).reshape(
        -1, 2
    )
    look: tuple[object, ...] = (
        [round(float(width), 6) for width in np.atleast_1d(artist.get_linewidth())],
        repr(artist.get_linestyle()),
        str(artist.get_hatch()),
        [len(outline) for outline in outlines],
    )
    if artist.get_array() is None:
        look += (_colours([*artist.get_facecolor(), *artist.get_edgecolor()]),)
    else:
        look += (_mapped(artist),)
    if isinstance(artist, PathCollection):
        return offsets, (
            *common,
            look,
            _rounded(joined),
            _rounded(np.asarray(artist.get_sizes(), dtype=float)),
        )
    return joined, (*common, look, _rounded(offsets))


def _mapped(artist: Any) -> tuple[object, ...]:
    """Values that a colour map turns into colours, with the map and its limits."""
    values: NDArray[np.float64] = np.ma.filled(np.ma.asarray(artist.get_array(), dtype=float), np.nan)
    limits = [np.nan if limit is None else float(limit) for limit in artist.get_clim()]
    return (
        artist.get_cmap().name,
        type(artist.norm).__name__,
        _rounded(np.array(limits)),
        values.shape,
        _rounded(values),
    )


def _anchors(artist: Any) -> tuple[bool, ...]:
    """Whether x and y are the axes' data coordinates."""
    return tuple(artist.get_transform().contains_branch_seperately(artist.axes.transData)) if artist.axes else ()


def _text(text: Any) -> tuple[object, ...]:
    places = [*text.get_position()]
    coordinates: object = _anchors(text)
    if isinstance(text, Annotation):
        places += [*text.xy]
        coordinates = [
            kind if isinstance(kind, str | tuple) else type(kind).__name__ for kind in (text.xycoords, text.anncoords)
        ]
        coordinates = (coordinates, text.arrow_patch is not None)
    look = (
        text.get_color(),
        text.get_rotation(),
        text.get_fontsize(),
        text.get_ha(),
        text.get_va(),
        text.get_visible(),
    )
    return text.get_text(), _rounded(np.asarray(places, dtype=float)), coordinates, look


def _legend(legend: Legend) -> tuple[object, ...]:
    handles = [repr(_points_and_style(handle)[1]) for handle in legend.legend_handles if handle is not None]
    return [text.get_text() for text in legend.get_texts()], legend.get_title().get_text(), handles


def _colours(colours: Iterable[Any]) -> list[str]:
    return [
        to_hex(colour, keep_alpha=True) if not isinstance(colour, str) or colour != "none" else "none"
        for colour in colours
    ]


def _rounded(values: NDArray[np.float64], scale: str = "linear") -> list[str]:
    """Round to 6 significant digits, as text.

    On a linear scale what is below 1e-12 of the largest value counts as zero: it is rounding noise and cannot
    be seen. A nudge of 1e-9 keeps values with few decimals off the border between two roundings.
    """
    flat = np.asarray(values, dtype=float).ravel()
    finite = np.abs(flat[np.isfinite(flat)])
    if scale == "linear" and finite.size:
        flat = np.where(np.abs(flat) < 1e-12 * finite.max(), 0.0, flat)
    return [_number(value * (1 + 1e-9)) for value in flat.tolist()]


def _number(value: float) -> str:
    return f"{value + 0.0:.6g}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
