"""The drawings and measures of the page on previous work."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
from lstm97_book.figures import ERROR, INPUT_GATE, INTERNAL_STATE
from lstm97_book.pages import previous_work
from lstm97_book.pages.previous_work import (
    DRAWINGS,
    N_STEPS,
    both_sequences,
    draw,
    left_of_the_first_symbol,
    left_over_steps,
    solved_by_lag,
)
from matplotlib.text import Annotation

from lstm97.learners import RTRL, RecurrentTopology, TimeConstants, Window


def arrows(name: str, colour: str) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """List the arrows of one colour as (from, to)."""
    _, axes = plt.subplots()
    draw(axes, DRAWINGS[name])
    found = [
        (tuple(one.xyann), tuple(one.xy))
        for one in axes.texts
        if isinstance(one, Annotation) and one.arrowprops and one.arrowprops["color"] == colour
    ]
    plt.close()
    return found  # type: ignore[return-value]


def test_errors_follow_links() -> None:
    for drawing in DRAWINGS.values():
        unfolded = drawing.unfolded
        for kind in (unfolded.errors, unfolded.same_step, unfolded.carried, unfolded.constant):
            assert set(kind) <= set(unfolded.links), drawing.title


def test_how_far_an_error_goes_back() -> None:
    first = {name: min((end[0] for _, end in arrows(name, ERROR)), default=math.inf) for name in DRAWINGS}
    assert all(first[name] == 1 for name in ("bptt", "time-constants", "additive", "narx", "lstm"))
    assert all(first[name] == N_STEPS for name in ("rtrl", "elman", "window", "chunker", "cascade", "kalman"))
    assert first["guessing"] == first["annealing"] == first["multi-grid"] == math.inf
    assert len(arrows("rtrl", INPUT_GATE)) == N_STEPS - 1  # derivatives are carried forward
    assert arrows("bptt", INPUT_GATE) == []
    assert len(arrows("additive", INTERNAL_STATE)) == N_STEPS - 1


def test_both_sequences_differ_in_the_first_symbol_only() -> None:
    batch = both_sequences(6)
    differ = batch.symbols[:6] != batch.symbols[6:]
    assert differ.tolist() == [True, *[False] * 5]
    assert len(batch) == 2


def test_what_is_left_of_the_first_symbol() -> None:
    p = 12
    window = left_of_the_first_symbol(Window(p + 1, 3, p + 1, 4, 1.0, 0.2), p, 2)
    assert window.shape == (2, p)
    assert (window[:, :4] > 0).all()  # as long as the window holds it
    assert (window[:, 4:] == 0).all()
    net = RecurrentTopology(p + 1, 2, p + 1)
    rtrl = left_of_the_first_symbol(RTRL(net, 1.0, 0.2), p, 2)
    slow = left_of_the_first_symbol(TimeConstants(net, 1.0, 0.2, (0.9, 0.9)), p, 2)
    assert (rtrl[:, -1] < 1e-6 * rtrl[:, 0]).all()
    assert np.allclose(slow[:, -1] / slow[:, 0], 0.9 ** (p - 1), rtol=0.5)


def test_what_is_left_is_drawn_down_to_rounding() -> None:
    _, axes = plt.subplots()
    left_over_steps(axes, {"LSTM": np.array([0.1, 0.1, 0.1]), "RTRL": np.array([0.1, 1e-10, 1e-20])})
    assert [np.array(line.get_xydata())[:, 0].tolist() for line in axes.lines[:2]] == [[1, 2, 3], [1, 2]]
    assert {text.get_text() for text in axes.texts} == {"LSTM", "RTRL"}
    plt.close()
    _, axes = plt.subplots()
    near = {name: np.array([0.1, end, 1e-20, 1e-20]) for name, end in (("a", 1e-15), ("b", 2e-15), ("c", 1e-3))}
    left_over_steps(axes, near)
    assert {text.get_text() for text in axes.texts} == {"a\nb", "c"}  # where curves end together, so do their names
    plt.close()
    with pytest.raises(ValueError, match="no system"):
        left_over_steps(axes, {})


def test_tiles_say_how_many_were_solved() -> None:
    _, axes = plt.subplots()
    found = {
        "a": [[(True, 2_000.0), (True, 4_000.0)], [(False, 9.0), (True, 50_000.0)]],
        "b": [[(False, 9.0), (False, 9.0)], []],
    }
    solved_by_lag(axes, (2, 10), found, "lag")
    assert [text.get_text() for text in axes.texts] == ["2/2", "3.0k", "1/2", "50k"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b"]
    assert [np.array(line.get_xydata()).tolist() for line in axes.lines] == [[[0, 1]]]  # the triangle
    full, half = (np.array(patch.get_facecolor()) for patch in axes.patches)
    assert full[3] == half[3] == 1.0  # no page shines through
    assert (full[:3] < half[:3]).all()
    assert full[:3].min() > 0.4  # light enough for dark text
    plt.close()
    with pytest.raises(ValueError, match="as many columns as named"):
        solved_by_lag(axes, (2, 10), {}, "lag")
    with pytest.raises(ValueError, match="as many columns as named"):
        solved_by_lag(axes, (2, 10), {"a": [[]]}, "lag")


def test_the_module_draws_what_it_lists() -> None:
    for name in DRAWINGS:
        _, axes = plt.subplots()
        previous_work.draw(axes, DRAWINGS[name])
        assert len(axes.lines) == len(DRAWINGS[name].unfolded.rows)
        plt.close()
