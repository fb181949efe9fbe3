"""The smallest nets and sequences, where sizes that should be stated and are guessed from shapes would go wrong.

One input, one hidden unit, one output, with and without biases; sequences of one step, of two (a lag of 1) and of
three. What every learner does is held to a second route, which shares no code with it but its nets' arrays.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import test_chunker
import test_guessing
import test_kalman
import test_search
from numpy.typing import NDArray
from oracles import cascade as oracles_cascade
from oracles import network as oracles
from oracles import recurrent as oracle
from support import nets
from support.corruption import corrupted
from support.every_learner import CLASSES
from support.nets import Setting
from support.recurrent import targets_of

from lstm97.learners import (
    BPTT,
    LSTM,
    RTRL,
    Additive,
    Annealing,
    Cascade,
    Chunker,
    Elman,
    Growing,
    Guessing,
    Hierarchy,
    Kalman,
    MultiGrid,
    NaiveCarrousel,
    RecurrentTopology,
    SecondOrder,
    TimeConstants,
    Window,
)
from lstm97.learners import cascade as cascades
from lstm97.learners import second_order as seconds
from lstm97.learners import window as windows
from lstm97.net.network import AT_SEQUENCE_END
from lstm97.net.topology import Topology
from lstm97.tasks import Batch
from lstm97.tasks.base import offsets_of

Pairs = list[tuple[Any, Any]]
Floats = NDArray[Any]


def one_sequence(n_steps: int, every_step: bool, one_hot: bool) -> Batch:
    rng = np.random.default_rng(3)
    symbols = np.zeros(n_steps if one_hot else 0, dtype=np.int64)
    values = rng.uniform(0.5, 1.5, (n_steps, 0 if one_hot else 1))
    targets = rng.uniform(0, 1, (n_steps if every_step else 1, 1))
    return Batch(symbols, values, offsets_of(np.array([n_steps])), targets, every_step)


def inputs_of(batch: Batch) -> list[Floats]:
    return [np.ones(1) for _ in batch.symbols] if len(batch.symbols) else list(batch.values)


def started(learner: Any) -> Any:
    return learner.start(np.random.default_rng(8))


def changes(learner: Any, batch: Batch) -> tuple[Floats, Floats]:
    """How much a sequence changes the weights."""
    net = started(learner)
    before = learner.copy(net).weights
    learner.train(net, batch)
    return net.weights.w - before.w, net.weights.w_k - before.w_k


Forward = Callable[[Any, list[Floats], Floats, Floats], list[Floats]]


def gradient(learner: Any, batch: Batch, forward: Forward) -> Pairs:
    """Compare outputs with a forward pass from the equations, and updates with its derivatives."""
    weights, inputs = started(learner).weights, inputs_of(batch)
    shown = forward(learner, inputs, weights.w, weights.w_k)
    found = oracle.complex_steps(
        weights.w, weights.w_k, lambda w, w_k: oracle.error(forward(learner, inputs, w, w_k), targets_of(batch))
    )
    w, w_k = changes(learner, batch)
    outputs = learner.predict(started(learner), batch)
    expected = shown if batch.every_step else shown[-1:]
    return [(outputs, np.array(expected)), (w, -found[0]), (w_k, -found[1])]


def with_one(net: Any, *parts: Floats) -> Floats:
    return np.concatenate([*parts, [1.0] if net.biased else []])


def conventional(learner: Any, inputs: list[Floats], w: Floats, w_k: Floats) -> list[Floats]:
    net = learner.topology
    return oracle.run(net, w, w_k, inputs, np.full(net.n_units, learner.initial_y))[1]


def leaky(learner: Any, inputs: list[Floats], w: Floats, w_k: Floats) -> list[Floats]:
    y, outputs = np.zeros(1), []
    for x in inputs:
        net = w @ with_one(learner.topology, x, y)
        if isinstance(learner, TimeConstants):
            y = learner.tau[0] * y + (1 - learner.tau[0]) * oracle.logistic(net)
        else:
            y = y + learner.scale * net
        outputs.append(oracle.logistic(w_k @ with_one(learner.topology, y)))
    return outputs


def carrousel(learner: Any, inputs: list[Floats], w: Floats, w_k: Floats) -> list[Floats]:
    sums = np.cumsum(inputs, axis=0)
    return [oracle.logistic(w_k @ with_one(learner.topology, w @ x)) for x in sums]


def second_order(learner: Any, inputs: list[Floats], w: Floats, w_k: Floats) -> list[Floats]:
    """With x and y alone there are four products for the one unit: y x, x, y, 1."""
    y, outputs = np.zeros(1), []
    for x in inputs:
        y = oracle.logistic(w @ np.array([y[0] * x[0], x[0], y[0], 1.0]))
        outputs.append(oracle.logistic(w_k @ with_one(learner.topology, y)))
    return outputs


def window(learner: Any, inputs: list[Floats], w: Floats, w_k: Floats) -> list[Floats]:
    outputs = []
    for t in range(len(inputs)):
        seen = [inputs[t - d] if d <= t else np.zeros(1) for d in range(learner.window)]
        outputs.append(oracle.logistic(w_k @ np.append(oracle.logistic(w @ np.concatenate([*seen, [1.0]])), 1.0)))
    return outputs


def recurrent(biased: bool, **more: Any) -> RecurrentTopology:
    return RecurrentTopology(1, 1, 1, biased=biased, **more)


def rtrl(biased: bool, batch: Batch) -> Pairs:
    forms: list[dict[str, Any]] = [{}, {"outputs_see_inputs": True}, {"fully_recurrent": True}]
    return [
        pair for form in forms for pair in gradient(RTRL(recurrent(biased, **form), 1.0, 2.0), batch, conventional)
    ]


def bptt(biased: bool, batch: Batch) -> Pairs:
    forms: list[dict[str, Any]] = [{}, {"outputs_see_inputs": True}, {"fully_recurrent": True}]
    pairs = [
        pair for form in forms for pair in gradient(BPTT(recurrent(biased, **form), 1.0, 2.0), batch, conventional)
    ]
    for form in forms:
        learner = BPTT(recurrent(biased, **form), 1.0, 2.0, k=1)
        start = started(learner).weights
        found = oracle.gradient(learner.topology, start.w, start.w_k, inputs_of(batch), targets_of(batch), k=1)
        pairs += zip(changes(learner, batch), (-found[0], -found[1]), strict=True)
    return pairs


def elman(biased: bool, batch: Batch) -> Pairs:
    """Step by step: the derivatives by one step's weights, which change before the next step."""
    learner = Elman(recurrent(biased), 0.7, 2.0)
    start = started(learner).weights
    w, w_k, y = start.w.copy(), start.w_k.copy(), np.full(1, 0.5)
    for x, target in zip(inputs_of(batch), targets_of(batch), strict=True):

        def error(w: Floats, w_k: Floats, x: Floats = x, y: Floats = y, target: Any = target) -> Any:
            return oracle.error(oracle.run(learner.topology, w, w_k, [x], y)[1], [target])

        (after,), _ = oracle.run(learner.topology, w, w_k, [x], y)
        steps = oracle.complex_steps(w, w_k, error)
        w, w_k, y = w - 0.7 * steps[0], w_k - 0.7 * steps[1], after
    found = changes(learner, batch)
    return [(found[0], w - start.w), (found[1], w_k - start.w_k)]


def kalman(biased: bool, batch: Batch) -> Pairs:
    learner = Kalman(recurrent(biased), 2.0, 1.0, variance=5.0, drift=0.01, discount=0.6)
    net = started(learner)
    weights, covariances = test_kalman.textbook(learner, net, batch)
    learner.train(net, batch)
    found = [*net.weights.w, *net.weights.w_k, *net.covariances.p, *net.covariances.p_k]
    return list(zip(found, [*weights, *covariances], strict=True))


def chunker(biased: bool, batch: Batch) -> Pairs:
    pairs: Pairs = []
    for mimics in ("hidden", "state"):
        for surprise in (0.0, 2.0):
            learner = Chunker(1, 1, 0.7, 2.0, surprise, mimics)
            net, other = started(learner), started(learner)
            outputs = test_chunker.step_by_step(learner, other, batch)
            pairs.append((learner.train(net, batch), outputs))
            for one, expected in ((net.lower, other.lower), (net.upper, other.upper)):
                pairs += [(one.weights.w, expected.weights.w), (one.weights.w_k, expected.weights.w_k)]
    return pairs


def hierarchy(biased: bool, batch: Batch) -> Pairs:
    """Nothing is ever predicted by the lowest level, or, with one symbol and any bound, everything."""
    pairs: Pairs = []
    for surprise in (0.0, 1.0):
        learner = Hierarchy(1, 1, 1.0, 2.0, surprise=surprise)
        net = started(learner)
        net.training = 1
        read = batch if surprise == 0.0 else batch.first(0)
        before = learner.copy(net).levels
        low, high = before[0].weights, before[1].weights
        form, inputs = learner.level.topology, inputs_of(batch)
        lowest = oracle.run(form, low.w, low.w_k, inputs, np.zeros(1))[1]
        pairs.append((learner.predict(net, batch), np.array(lowest)))
        if surprise == 0.0:  # nothing is ever predicted
            above = oracle.run(form, high.w, high.w_k, inputs, np.zeros(1))[1]
            pairs[-1] = (pairs[-1][0], np.array(above))
        found = oracle.gradient(form, high.w, high.w_k, inputs, targets_of(batch))
        learner.train(net, batch)
        scale = float(len(read))
        pairs.append((net.levels[0].weights.w, low.w))
        pairs.append((net.levels[1].weights.w - high.w, -scale * found[0]))
        pairs.append((net.levels[1].weights.w_k - high.w_k, -scale * found[1]))
    return pairs


def cascade(biased: bool, batch: Batch) -> Pairs:
    """Three epochs of the outputs; then, with one hidden unit, what it does, and slopes of output and candidate."""
    learner, example = Cascade(1, 1, 1, 1), [oracles_cascade.Example(inputs_of(batch), targets_of(batch))]
    net, rng = started(learner), np.random.default_rng(5)
    other = oracles_cascade.Net(net.w.copy(), net.outputs.w.copy(), rng)
    pace = oracles_cascade.Pace(*cascades.OUTPUTS)
    oracles_cascade.train(other, example, 3, 1, (pace, pace), cascades.MOST_EPOCHS, cascades.MU, cascades.OFFSET, 1.0)
    learner.train(net, batch.take(np.zeros(3, dtype=np.int64)))
    pairs: Pairs = [(net.outputs.w, other.w_k)]

    w = np.append(rng.uniform(-2, 2, (1, 2)), [[0.7]], axis=1)
    other.w, other.w_k = w, rng.uniform(-2, 2, (1, 3))
    arrays = batch.symbols, batch.values, batch.offsets, batch.every_step
    n_steps, outputs = batch.n_steps, np.empty_like(batch.targets)
    later, y_at = np.empty(n_steps - len(batch), dtype=np.int64), np.empty((1, n_steps))
    cascades.list_later_steps(batch.offsets, later)
    cascades.respond_hidden(w, 1, *arrays[:3], later, y_at)
    cascades.respond_outputs(other.w_k, 1, *arrays, y_at, np.empty(n_steps), outputs)
    pairs += [
        (y_at.T, np.array(oracles_cascade.hidden(w, inputs_of(batch)))),
        (outputs, oracles_cascade.outputs_of(w, other.w_k, example)),
    ]
    e, slopes = np.empty_like(outputs), np.zeros((1, 3))
    cascades.compute_errors(outputs, batch.targets, cascades.OFFSET, e)
    cascades.add_output_slopes(1, e, *arrays, y_at, slopes)
    pairs.append((slopes, oracles_cascade.output_slopes(other, example, cascades.OFFSET)))
    r, row, known = (
        oracles_cascade.normalised(outputs, outputs - batch.targets, cascades.OFFSET),
        rng.normal(size=4),
        [-1.0],
    )
    cascades.normalise_errors(e)
    candidate, covariances = np.zeros((1, 4)), np.zeros((1, 1))
    memory = np.empty((1, n_steps)), np.zeros((n_steps, 4)), np.empty(4)
    cascades.correlate(row[None], 1, e, np.array([known]), *arrays, later, y_at, *memory, candidate, covariances)
    pairs += [
        (e, r),
        (covariances[0], oracles_cascade.covariances(row, w, example, r)),
        (candidate[0], oracles_cascade.candidate_slopes(row, other, example, r, np.array(known))),
    ]
    return pairs


def guessing(biased: bool, batch: Batch) -> Pairs:
    pairs = []
    for name in ("A1", "A2"):
        learner = Guessing(1, 1, 1, 1e-9, name, weight_range=2.0)
        net = started(learner)
        outputs = np.array(test_guessing.forward(learner, net.w, inputs_of(batch)))
        pairs.append((learner.predict(net, batch), outputs if batch.every_step else outputs[-1:]))
        again, kept = started(learner).rng.uniform(-2.0, 2.0, net.w.shape) * learner.connected(), net.w
        learner.train(net, batch)  # whose outputs are wrong
        assert not np.array_equal(kept, net.w)
        pairs.append((net.w, again))
    return pairs


def search(kind: Any) -> Callable[[bool, Batch], Pairs]:
    def route(biased: bool, batch: Batch) -> Pairs:
        """Whether the candidate becomes the point after one sequence."""
        topology, pairs = recurrent(biased), []
        for seed in range(6):
            learner = kind(topology, 2.0, n_shown=1)
            net = learner.start(np.random.default_rng(seed))
            point, candidate = net.w.copy(), net.candidate.copy()
            shown = [test_search.forward(topology, as_steps(batch), one) for one in (point, candidate)]
            if not batch.every_step:
                shown = [one[-1:] for one in shown]
            pairs.append((learner.predict(net, batch), shown[0]))
            errors = [((one - batch.targets) ** 2).mean() for one in shown]
            learner.train(net, batch)
            if errors[1] < errors[0]:
                pairs.append((net.w, candidate))
            elif kind is MultiGrid:
                pairs.append((net.w, point))
        return pairs

    return route


def as_steps(batch: Batch) -> Batch:
    return Batch(batch.symbols, batch.values, batch.offsets, np.zeros((batch.n_steps, 1)), every_step=True)


def lstm(biased: bool, batch: Batch) -> Pairs:
    """One sequence's update, for one cell with and without gates, and for a conventional hidden unit alone."""
    pairs: Pairs = []
    code = "all" if biased else "none"
    for topology in (
        Topology(1, (1,), 1, biased=code),
        Topology(1, (1,), 1, biased=code, in_gates=False, out_gates=False, recurrent=False),
        Topology(1, (1,), 1, n_hidden=1, biased=code, outputs_see_inputs=True, cells_see_hidden=False),
        Topology(1, (), 1, n_hidden=1, biased=code),
    ):
        learner = LSTM(topology, 0.7, 2.0)
        setting = Setting(topology, bool(len(batch.symbols)), batch.every_step, update=AT_SEQUENCE_END)
        net = started(learner)
        sequence = nets.Sequences(batch.symbols, batch.values, batch.offsets, batch.targets)
        example = nets.example(setting, net.weights, sequence)
        outputs = np.array(oracles.run(example)[1])
        pairs.append((learner.predict(net, batch), outputs if batch.every_step else outputs[-1:]))
        slopes = oracles.gradient(example)
        before = nets.by_name(topology, net.weights.w, net.weights.w_k)
        learner.train(net, batch)
        after = nets.by_name(topology, net.weights.w, net.weights.w_k)
        names = list(before)
        pairs.append(  # (19) has no factor of 2
            (np.array([after[one] - before[one] for one in names]), np.array([-0.35 * slopes[one] for one in names]))
        )
    return pairs


def growing(biased: bool, batch: Batch) -> Pairs:
    """Without its cell the net is an output unit that sees the input; with it, what `lstm` above is about."""
    topology = Topology(1, (1,), 1, biased="all" if biased else "none", outputs_see_inputs=True)
    learner = Growing(LSTM(topology, 1.0, 2.0), 2.0)
    net = started(learner)
    assert net.small is not None
    w_k = net.small.weights.w_k.copy()

    def outputs(w_k: Floats) -> list[Floats]:
        return [oracle.logistic(w_k @ with_one(recurrent(biased), x)) for x in inputs_of(batch)]

    found = oracle.complex_steps(np.zeros((0, 0)), w_k, lambda _, w_k: oracle.error(outputs(w_k), targets_of(batch)))
    shown = np.array(outputs(w_k) if batch.every_step else outputs(w_k)[-1:])
    pairs = [(learner.predict(net, batch), shown)]
    learner.train(net, batch)
    pairs.append((net.small.weights.w_k - w_k, -found[1]))
    many = batch.take(np.zeros(399, dtype=np.int64))
    kept = net.small.weights
    learner.train(net, many)  # no error falls by as much as that
    assert net.small is None
    pairs.append((net.full.weights.w_k[:, [m for m in range(w_k.shape[1] + 1) if m != 1]], kept.w_k))
    return pairs


#: The second route of every learner; NARX nets have their own grid in `test_narx`.
ROUTES: dict[str, Callable[[bool, Batch], Pairs]] = {
    "RTRL": rtrl,
    "BPTT": bptt,
    "Elman": elman,
    "TimeConstants": lambda biased, batch: gradient(TimeConstants(recurrent(biased), 1.0, 2.0, (0.7,)), batch, leaky),
    "Additive": lambda biased, batch: gradient(Additive(recurrent(biased), 1.0, 2.0, 0.3), batch, leaky),
    "NaiveCarrousel": lambda biased, batch: gradient(NaiveCarrousel(recurrent(biased), 1.0, 2.0), batch, carrousel),
    "SecondOrder": lambda biased, batch: gradient(SecondOrder(recurrent(biased), 1.0, 2.0), batch, second_order),
    "Window": lambda biased, batch: [
        pair for size in (1, 2) for pair in gradient(Window(1, 1, 1, size, 1.0, 2.0), batch, window)
    ],
    "Kalman": kalman,
    "Chunker": chunker,
    "Hierarchy": hierarchy,
    "Cascade": cascade,
    "Guessing": guessing,
    "Annealing": search(Annealing),
    "MultiGrid": search(MultiGrid),
    "LSTM": lstm,
    "Growing": growing,
}
#: Learners without a choice of biases, and those that predict the next symbol at every step.
NO_CHOICE = ("Window", "Chunker", "Hierarchy", "Cascade", "Guessing")
NEXT_SYMBOLS = ("Chunker", "Hierarchy")
CASES = [
    (name, biased, n_steps, every_step, one_hot)
    for name in ROUTES
    for biased in (False, True)
    for n_steps in (1, 2, 3)
    for every_step in (False, True)
    for one_hot in (False, True)
    if not (name in NO_CHOICE and biased)
    if not (name in NEXT_SYMBOLS and not (every_step and one_hot))
]


def furthest(pairs: Pairs) -> float:
    """By how much does anything differ, relative to the largest number that it stands beside?"""
    worst = 0.0
    for found, expected in pairs:
        assert found.shape == expected.shape
        scale = max(float(np.abs(expected).max(initial=0.0)), 1e-6)
        worst = max(worst, float(np.abs(found - expected).max(initial=0.0)) / scale)
    return worst


def test_every_learner_is_here() -> None:
    assert set(ROUTES) == set(CLASSES) - {"NARX"}


@pytest.mark.parametrize(("name", "biased", "n_steps", "every_step", "one_hot"), CASES)
def test_the_second_route(name: str, biased: bool, n_steps: int, every_step: bool, one_hot: bool) -> None:
    assert furthest(ROUTES[name](biased, one_sequence(n_steps, every_step, one_hot))) < 1e-9


def test_a_size_that_is_off_by_one_is_seen() -> None:
    wrong = corrupted(windows, "hidden_layer", "w[i, window * n_inputs]", "w[i, window * n_inputs - 1]")
    assert furthest(gradient(wrong.Window(1, 1, 1, 2, 1.0, 2.0), one_sequence(2, True, False), window)) > 1e-3
    wrong = corrupted(seconds, "net_inputs", "w[i, first + n_units]", "w[i, first]")
    learner = wrong.SecondOrder(recurrent(True), 1.0, 2.0)
    assert furthest(gradient(learner, one_sequence(2, True, False), second_order)) > 1e-3
