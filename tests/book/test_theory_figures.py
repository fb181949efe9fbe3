"""Tests of lstm97_book.figures.theory: figures show what they are given, and nothing is shaded by accident."""

from collections.abc import Iterator

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from lstm97_book import figures
from matplotlib.axes import Axes


@pytest.fixture
def axes() -> Iterator[Axes]:
    with mpl.rc_context():
        figures.use_style()
        figure, made = plt.subplots()
        yield made
        figures.digest(figure)  # everything can be described
    plt.close("all")


def test_unfolded_net_shades_by_value(axes: Axes) -> None:
    figures.unfolded_net(axes, [("input", [1.0, 0.0, 0.5]), ("state", [0.25, 0.25, 0.25])], [(0, 1, 0), (1, 1, 1)])
    alphas = [[float(colour[3]) for colour in np.asarray(row.get_facecolor())] for row in axes.collections]
    assert alphas == [[1.0, 0.0, 0.5], [0.25, 0.25, 0.25]]
    assert len(axes.texts) == 3 + 2  # links within a step, and to the next
    assert [label.get_text() for label in axes.get_yticklabels()] == ["input", "state"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "rows of one length"),
        ([("a", [0.0]), ("b", [0.0, 1.0])], "rows of one length"),
        ([("a", [1.5])], "between 0 and 1"),
    ],
)
def test_unfolded_net_refuses(rows: list[tuple[str, list[float]]], message: str) -> None:
    _, made = plt.subplots()
    with pytest.raises(ValueError, match=message):
        figures.unfolded_net(made, rows, [])
    plt.close("all")


def test_errors_over_lag_start_at_lag_zero(axes: Axes) -> None:
    figures.errors_over_lag(axes, [("one", [1.0, -0.5, 0.25], figures.ERROR), ("two", [1.0, 1.0], figures.GREY)], "e")
    assert np.asarray(axes.lines[0].get_xydata()).tolist() == [[0, 1.0], [1, 0.5], [2, 0.25]]
    assert axes.get_xlim() == (0, 2)
    with pytest.raises(ValueError, match="no curves"):
        figures.errors_over_lag(axes, [], "e")


def test_updates_that_disagree_are_hatched(axes: Axes) -> None:
    figures.updates_over_time(axes, [1.0, -2.0, 3.0, 0.0], -2, "w", figures.INPUT_GATE)
    bars = {bar.get_height(): bar.get_hatch() for bar in axes.patches if hasattr(bar, "get_height")}
    assert bars == {1.0: None, 3.0: None, 0.0: None, -2.0: "////"}


def test_against_lag_and_counts_and_marks(axes: Axes) -> None:
    figures.against_lag(axes, [1, 10], [("share", [0.1, 0.4], figures.ERROR)], "share")
    assert axes.get_xscale() == "log"
    assert axes.get_ylim()[0] <= 0.0
    figures.marks_on_steps(axes, {3: "read"})
    assert [text.get_text() for text in axes.texts] == ["share", "read"]
    _, other = plt.subplots()
    figures.counts_against_size(other, [("A", [1, 10], [2, 20], figures.ERROR)], "n", "count")
    assert (other.get_xscale(), other.get_yscale()) == ("log", "log")
