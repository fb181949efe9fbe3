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

from lstm97.experiments.sweeps import LAGS, SWEEPS
from lstm97.learners import RTRL, RecurrentTopology, TimeConstants, Window
from lstm97.results import evidence
from lstm97.results.summary import sweep_records


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


def test_what_is_left_starts_from_the_seed_that_was_given() -> None:
    learner = RTRL(RecurrentTopology(5, 2, 5), 1.0, 0.2)
    three = left_of_the_first_symbol(learner, 4, 3)
    np.testing.assert_array_equal(left_of_the_first_symbol(learner, 4, 2, seed=1), three[1:])
    assert (three[0] != three[1]).any()


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


SOLVED, FAILED = (True, 500.0), (False, 1000.0)


def test_outcomes_are_those_of_the_records() -> None:
    found = previous_work.outcomes("lag")
    assert list(found) == list(SWEEPS["lag"].learners)
    records = sweep_records(SWEEPS["lag"])
    for column, task in enumerate(SWEEPS["lag"].tasks):
        trials = found["bptt"][column]
        assert [success for success, _ in trials] == [record["success"] for record in records[task, "bptt"]]
        assert all(sequences <= SWEEPS["lag"].cap for _, sequences in trials)
    assert any(success for trials in found["bptt"] for success, _ in trials)
    assert not all(success for trials in found["bptt"] for success, _ in trials)


def test_every_searched_task_and_every_condition_has_a_name() -> None:
    assert len(previous_work.SEARCHED) == len(SWEEPS["guessing"].tasks)
    names = [previous_work.condition(learner) for learner in SWEEPS["rtrl"].learners]
    assert len(set(names)) == len(names)
    assert "learning rate 1, on-line, no resets" in names


def test_how_far_a_system_got() -> None:
    cascade = next(one.summary for one in evidence("table1") if one.row.name == "table1/cascade")
    nothing = [[FAILED, FAILED]] * len(LAGS)
    found = {
        "lag": {"rtrl": nothing, "bptt": [[SOLVED, SOLVED], [SOLVED, FAILED], *nothing[2:]]},
        "guessing": {"guessing": [[SOLVED], *[[FAILED]] * (len(previous_work.SEARCHED) - 1)]},
        "other-tasks": {"kalman": [[FAILED], [FAILED, SOLVED]]},
    }
    said = {name: previous_work.furthest(name, found, cascade) for name in ("rtrl", "bptt", "guessing", "kalman")}
    assert said["rtrl"] == "No trial of the sweep over lags was solved."
    assert said["bptt"] == f"The longest lag with a solved trial was {LAGS[1]} (1 of 2 trials)."
    assert said["guessing"].startswith("Tasks with a solved trial: 3a, T = 100. Without: 3a, T = 500; latch")
    assert said["kalman"] == "Tasks with a solved trial: temporal order. Without: adding."
    assert previous_work.furthest("my-own", found, cascade) == "Not measured yet."
    of_cascade = f"{cascade.n_solved} of {cascade.n} were solved"
    assert of_cascade in previous_work.furthest("cascade", found, cascade)


def test_exponents_leave_the_smallest_net_out() -> None:
    points = [
        {"hidden": 2**k, "weights": 4**k, "ns_per_step": 8.0**k if k else 1e9, "task": "adding"} for k in range(4)
    ]
    assert previous_work.exponents(points) == pytest.approx((3.0, 1.5))
    one_hot = [point | {"task": "reber"} for point in points]
    of_units, of_weights = previous_work.exponents(one_hot)
    assert of_units == pytest.approx(3.0)
    assert math.isnan(of_weights)
    assert previous_work.growth(3.0, 1.5) == (
        "Cost of a step: hidden units to the power of 3.0, weights to the power of 1.5."
    )
