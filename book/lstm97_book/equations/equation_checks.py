r"""A check for every equation of the paper: what the package computes, against a second route.

Each function returns a residual: the largest difference between the two routes, relative to the largest number if
nothing else is said; for an inequality by how much it is violated at worst. `lstm97_book.equations.equations` says
which equation has which check and how large its residual may be; the book prints what they return, and the tests hold
them to the bound.

Second routes are complex-step derivatives of `lstm97_book.equations.second_route`, scalar loops, closed forms, or
simulation. Where a residual should be exactly zero, the check also sees to it that the number is not zero without the
truncation: a check that could not fail returns infinity.
"""

import dataclasses
import math
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm97.learners.lstm import LSTM, Net
from lstm97.net import activations, network
from lstm97.net.topology import Topology
from lstm97.tasks import Adding, Batch, Distractors, Multiplication, distractors
from lstm97.theory import carrousel, cell_error_flow, cost, error_flow, truncation
from lstm97_book.equations import second_route
from lstm97_book.equations.second_route import STEP, by_weights, squared_error, unit

Floats = NDArray[np.float64]


def gap(found: Any, expected: Any) -> float:
    """Compute the largest difference of two arrays, relative to the largest entry of the second.

    Returns
    -------
    float
        Infinity if the shapes differ, the second is zero, or something is not a number.
    """
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape or not found.size:
        return math.inf
    scale = np.abs(expected).max()
    largest = np.abs(found - expected).max() / scale if scale else math.inf
    return float(largest) if np.isfinite(largest) else math.inf


def exactly_zero(values: Any, without: Any) -> float:
    """Return the largest absolute value of what has to be zero, or infinity if it would be zero anyway.

    Parameters
    ----------
    values : array-like
        With the truncation.
    without : array-like
        The same without it.
    """
    return float(np.abs(values).max()) if np.abs(without).max() > 0.0 else math.inf


# --------------------------------------------------------------------------------------------- nets to check with


def plain_net(n: int = 4, q: int = 5, seed: int = 1) -> tuple[Floats, Floats, Floats]:
    """Make an ordinary recurrent net of logistic units: weights, net inputs of a run, derivatives on the way back.

    Returns
    -------
    w : (n, n) float64
    net : (q + 1, n) float64
    f_prime : (q, n) float64
    """
    rng = np.random.default_rng((seed, n, q))
    w, start = rng.uniform(-3.0, 3.0, (n, n)), rng.uniform(size=n)
    net = error_flow.run(w, start, q + 1, offset=0.3)
    return w, net, error_flow.derivatives_on_the_way_back(net, q)


def kicked_run(
    w: Floats, start: Floats, n_steps: int, t: int, kick: NDArray[Any], offset: float = 0.3
) -> NDArray[Any]:
    """Run a net of logistic units with a kick on the net inputs of one step; returns all net inputs.

    Parameters
    ----------
    w : (n, n) float64
    start : (n,) float64
    kick : (n,) complex128

    Returns
    -------
    (n_steps, n) complex128
    """
    y, nets = start.astype(complex), []
    for step in range(n_steps):
        net = w @ y + offset + (kick if step == t else 0.0)
        nets.append(net)
        y = second_route.logistic(net)
    return np.array(nets)


class Example:
    """A small net of 1997 with two blocks and a conventional hidden unit, and one sequence for it."""

    def __init__(self, n_steps: int = 6, every_step: bool = True, outputs_see_inputs: bool = False) -> None:
        rng = np.random.default_rng(9)
        self.topology = Topology(3, (2, 1), 2, n_hidden=1, outputs_see_inputs=outputs_see_inputs)
        self.learner = LSTM(self.topology, alpha=0.5, weight_range=1.0)
        self.net: Net = self.learner.start(rng)
        self.w, self.w_k = self.net.weights.w, self.net.weights.w_k
        targets = rng.uniform(size=(n_steps if every_step else 1, 2))
        values = rng.uniform(-1.0, 1.0, (n_steps, 3))
        empty = np.empty(0, dtype=np.int64)
        self.batch = Batch(empty, values, np.array([0, n_steps]), targets, every_step)
        self.run = second_route.run(self.learner, self.w, self.w_k, self.batch)
        self.frozen = self.run.read
        first = self.topology.first_cell
        self.cells = np.arange(first, first + self.topology.n_cells)
        self.hidden = first + self.topology.n_cells
        self.bias = self.topology.source_names.index("1")

    def states(self) -> list[network.State]:
        """Run the package's network and copy its state after every step."""
        return [
            network.State(*(np.copy(part, order="F") for part in state))
            for _, _, state in truncation.steps(self.learner, self.net.weights, self.batch)
        ]

    def derivative(self, function: Any, frozen: bool, **kick: tuple[int, NDArray[Any]]) -> Floats:
        """Differentiate a function of the run by a kick."""
        found = second_route.run(self.learner, self.w, self.w_k, self.batch, self.frozen if frozen else None, **kick)
        return np.asarray(np.imag(function(found)) / STEP)

    def by_weights(self, function: Any) -> Floats:
        """Differentiate a function of the frozen run by every weight into the hidden layer."""
        return by_weights(
            self.learner,
            self.w,
            self.w_k,
            lambda w, w_k: function(second_route.run(self.learner, w, w_k, self.batch, self.frozen)),
        )

    def sources(self, t: int) -> Floats:
        """Return what the hidden layer reads at a step."""
        return np.concatenate([self.batch.values[t], self.frozen[t], [1.0]])

    def e_y(self, state: network.State, t: int) -> tuple[Floats, Floats]:
        """Compute the output errors of a step and what arrives at cells and hidden units, by the package."""
        e_k, e_y = np.zeros(2), np.zeros(4)
        network.output_errors(self.learner.wiring, self.batch.targets, t, state.y_k, e_k)
        network.hidden_layer_errors(self.learner.wiring, self.w_k, e_k, e_y)
        return e_k, e_y

    def pending(self, state: network.State, t: int) -> tuple[Floats, Floats, Floats]:
        """Compute one step's contributions to the updates and the errors of the states, by the package."""
        wiring, block, source = self.learner.wiring, self.topology.block_of_cell, (-1, self.batch.values, t)
        read = (*source, state.y_before, state.constants)
        e_k, e_y = self.e_y(state, t)
        dw, dw_k = np.zeros_like(self.w), np.zeros_like(self.w_k)
        network.add_output_updates(wiring, e_k, *source, state.y, dw_k)
        network.add_hidden_updates(wiring, block, e_y, state.sigma, *read, dw)
        network.add_out_gate_updates(wiring, block, e_y, state.sigma, state.h_c, *read, dw)
        network.add_cell_updates(wiring, block, e_y, state.sigma, state.h_c, state.ds_dw, dw)
        return dw, dw_k, e_y[: self.topology.n_cells]

    def error_at(self, t: int) -> Any:
        """Return minus one half of a step's squared error, as a function of a run."""
        return lambda run: -0.5 * ((self.batch.targets[t] - run.y_k[t]) ** 2).sum()


def every_step(check: Any) -> float:
    """Take the largest residual over the steps of the example.

    Parameters
    ----------
    check : callable
        Takes the example, the step and the network's state after it.
    """
    example = Example()
    return max(check(example, t, state) for t, state in enumerate(example.states()))


# ----------------------------------------------------------------------------------------------------- Section 3.1


def output_error() -> float:
    """Compare the output error with the complex-step derivative of half the squared error."""
    net, target = np.array([0.3, -1.2, 2.0]), np.array([1.0, 0.0, 0.4])
    y = second_route.logistic(net)
    found = error_flow.output_error(error_flow.logistic_prime(net), target, y)
    slope = [-np.imag(0.5 * ((target - second_route.logistic(net + unit(3, i))) ** 2).sum()) / STEP for i in range(3)]
    return gap(found, slope)


def hidden_error() -> float:
    """Compare BPTT's weight gradient with the complex-step gradient of an unrolled net."""
    rng = np.random.default_rng(5)
    w, start, n_steps = rng.uniform(-2.0, 2.0, (4, 4)), rng.uniform(size=4), 6
    target = rng.uniform(size=4)

    def loss(weights: NDArray[Any]) -> Any:
        return (
            -0.5
            * ((target - second_route.logistic(kicked_run(weights, start, n_steps, 0, np.zeros(4))[-1])) ** 2).sum()
        )

    expected = np.zeros((4, 4))
    for place in product(range(4), range(4)):
        stepped = w.astype(complex)
        stepped[place] += 1j * STEP
        expected[place] = np.imag(loss(stepped)) / STEP
    net = error_flow.run(w, start, n_steps, offset=0.3)
    y = np.vstack([start, second_route.logistic(net)])
    f_prime, injected = error_flow.logistic_prime(net), np.zeros((n_steps, 4))
    injected[-1] = error_flow.output_error(f_prime[-1], target, y[-1])
    return gap(error_flow.backpropagate(w, y, f_prime, injected), expected)


def error_factors() -> float:
    """Compare (1) with complex-step derivatives of a forward run, for all pairs of units."""
    n, q = 4, 5
    rng = np.random.default_rng((1, n, q))
    w, start = rng.uniform(-3.0, 3.0, (n, n)), rng.uniform(size=n)
    _, _, f_prime = plain_net(n, q)
    forwards = [np.imag(kicked_run(w, start, q + 1, 0, unit(n, v))[-1]) / STEP for v in range(n)]
    return gap(error_flow.error_factors(w, f_prime)[-1], np.transpose(forwards))


def sum_over_paths() -> float:
    """Compare (2) with errors carried back step by step."""
    w, _, f_prime = plain_net()
    errors = np.eye(4)
    for row in f_prime:
        errors = np.array([[row[j] * sum(w[i, j] * e[i] for i in range(4)) for j in range(4)] for e in errors])
    found = [[error_flow.sum_over_paths(w, f_prime, u, v) for v in range(4)] for u in range(4)]
    return gap(found, errors)


def growth_and_decay() -> float:
    """Compare the rate and the mean of one linear unit's factors with its weight."""
    found = []
    for w in (1.1, 0.9):
        factors = error_flow.error_factors([[w]], np.ones((100, 1)))
        found.append((error_flow.decay_rate(factors[:, 0, 0]), error_flow.mean_factor_per_step(factors)))
    return gap(found, [(math.log(w), w) for w in (1.1, 0.9)])


def coth_condition() -> float:
    """Compare the weight that meets the coth condition with the maximum of one step's factor found by a search."""
    from scipy.optimize import minimize_scalar

    found, searched = [], []
    for (y, offset), sign in product(((1.0, 0.0), (0.5, 0.3), (-0.7, 1.0)), (1, -1)):
        w = error_flow.weight_of_greatest_factor(y, offset, sign)
        reach = (0.0, np.sign(w) * (4.0 * abs(w) + 1.0))
        best = minimize_scalar(
            lambda x, y=y, offset=offset: -float(error_flow.single_factor(x, y, offset)),
            bounds=(min(reach), max(reach)),
            method="bounded",
            options={"xatol": 1e-9},
        )
        found += [w, float(error_flow.coth_weight(w * y + offset, y))]
        searched += [best.x, best.x]
    # the search cannot be better than the square root of rounding
    greatest = float(error_flow.logistic_prime(0.0))
    return max(gap(found, searched), gap(greatest, 0.25))


def matrix_form() -> float:
    """Compare the matrix form with the recursion (1)."""
    w, _, f_prime = plain_net()
    found = [[error_flow.matrix_form(w, f_prime, u, v) for v in range(4)] for u in range(4)]
    return gap(found, error_flow.error_factors(w, f_prime)[-1])


def weak_bound() -> float:
    """Measure by how much a factor exceeds the bounds, over random nets; the extreme net must attain the first."""
    worst = 0.0
    for seed in range(50):
        w, _, f_prime = plain_net(5, 6, seed)
        factors, weak = np.abs(error_flow.error_factors(w, f_prime)[-1]), error_flow.weak_bound(w, f_prime)
        for u, v in product(range(5), range(5)):
            first = error_flow.factor_bound(w, f_prime, u, v)
            worst = max(worst, factors[u, v] / first - 1.0, first / weak - 1.0)
    w, f_prime = np.full((5, 5), 0.7), np.full((6, 5), 0.25)
    factor, first = error_flow.error_factors(w, f_prime)[-1, 0, 0], error_flow.factor_bound(w, f_prime, 0, 0)
    return max(worst, gap(first, factor), gap(error_flow.weak_bound(w, f_prime), 25.0 * factor))


def helper_inequalities() -> float:
    """Measure by how much the helper inequalities are violated with the paper's norms; attained by equal weights."""
    rng = np.random.default_rng(7)
    worst = 0.0
    for _ in range(200):
        w, x, y = rng.normal(size=(4, 4)), rng.normal(size=4), rng.normal(size=4)
        worst = max(worst, abs(float(x @ y)) / error_flow.scalar_product_bound(x, y) - 1.0)
        for i, incoming in product(range(4), (True, False)):
            left, right = error_flow.helper_inequality(w, i, incoming)
            worst = max(worst, left / right - 1.0)
        for i in range(4):  # the sum norm is compatible too, so outgoing weights obey it
            left, right = error_flow.helper_inequality(w, i, False, "sum")
            worst = max(worst, left / right - 1.0)
    w = np.array([[2.0, 0.0], [0.5, -1.0]])
    sides = [
        error_flow.helper_inequality(w, 0, incoming, norm) for norm in ("max", "sum") for incoming in (True, False)
    ]
    tight = error_flow.scalar_product_bound([1.0, -1.0], [2.0, -2.0])
    return max(worst, gap(sides, [(2.0, 2.0), (2.0, 2.0), (2.0, 2.5), (2.5, 2.5)]), gap(tight, 4.0))


def exponential_bound() -> float:
    """Measure by how much a factor exceeds n tau^q, over random nets with small weights; attained by one unit."""
    rng, worst, q = np.random.default_rng(8), 0.0, np.arange(1, 31)
    for n in (1, 2, 4, 8):
        for tau in (0.3, 0.9):
            w_max = 4.0 * tau / n
            w = rng.uniform(-w_max, w_max, (n, n))
            net = error_flow.run(w, rng.uniform(size=n), 31)
            factors = error_flow.error_factors(w, error_flow.derivatives_on_the_way_back(net, 30))
            bound = error_flow.exponential_bound(n, w_max, q)
            worst = max(worst, float((np.abs(factors).max(axis=(1, 2)) / bound).max()) - 1.0)
    one = error_flow.error_factors([[3.6]], np.full((30, 1), 0.25))[:, 0, 0]
    return max(worst, gap(error_flow.exponential_bound(1, 3.6, q), one), gap(error_flow.decay_per_step(8, 0.45), 0.9))


def global_error_flow() -> float:
    """Compare global error flow with an error put on all output units at once and carried back."""
    w, _, f_prime = plain_net()
    error = np.array([0.0, 1.0, 0.0, 1.0])
    for row in f_prime:
        error = error_flow.hidden_error(row, w, error)
    return gap(error_flow.global_error_factors(error_flow.error_factors(w, f_prime), [1, 3])[-1], error)


# ----------------------------------------------------------------------------------------------------- Section 3.2


def single_unit() -> float:
    """Compare a single unit's errors with the recursion (1) for a net of one unit."""
    f_prime = np.random.default_rng(3).uniform(0.1, 0.9, 20)
    found = carrousel.error_back(f_prime, 1.3, 1.0)
    constant = carrousel.error_back(np.full(1000, 0.25), 4.0, 0.7)
    return max(
        gap(found, error_flow.error_factors([[1.3]], f_prime[:, None])[:, 0, 0]), gap(constant, np.full(1000, 0.7))
    )


def constant_activation() -> float:
    """Check by complex steps that f' w = 1, and that the activation stays; with a constant it moves by c/w a step."""
    w, constant = 2.5, 0.75
    nets = np.linspace(-2.0, 2.0, 9)
    values = carrousel.constant_flow_activation(nets, w, constant)
    slopes = np.diff(values) / np.diff(nets)
    held, moved = carrousel.hold(0.8, w, 1000), carrousel.hold(0.8, w, 1000, constant)
    return max(
        gap(slopes * w, np.ones(8)),
        gap(values[4], constant / w),
        gap(held, np.full(1001, 0.8)),
        gap(moved, 0.8 + np.arange(1001) * constant / w),
    )


# ----------------------------------------------------------------------------------------- Section 4 and App. A.1


def _forward(name: str, units: slice, own: str = "y", outputs_see_inputs: bool = False) -> float:
    example = Example(outputs_see_inputs=outputs_see_inputs)
    states = example.states()
    found = np.array([getattr(state, name)[units] for state in states])
    return gap(found, getattr(example.run, own)[:, units])


def gates() -> float:
    """Compare the gates of the package with those of the second route."""
    return max(_forward("net", slice(0, 4), "net"), _forward("y", slice(0, 4)))


def in_gates() -> float:
    """Compare the input gates of the package with those of the second route."""
    return max(_forward("net", slice(0, 2), "net"), _forward("y", slice(0, 2)))


def out_gates() -> float:
    """Compare the output gates of the package with those of the second route."""
    return max(_forward("net", slice(2, 4), "net"), _forward("y", slice(2, 4)))


def hidden_units() -> float:
    """Compare the conventional hidden unit of the package with that of the second route."""
    return max(_forward("net", slice(7, 8), "net"), _forward("y", slice(7, 8)))


def cells() -> float:
    """Compare net inputs, internal states and outputs of the cells with those of the second route."""
    return max(_forward("net", slice(4, 7), "net"), _forward("s_c", slice(None), "s_c"), _forward("y", slice(4, 7)))


def held_state() -> float:
    """Compare the cells with the second route; and with a shut input gate the state must not change by one bit."""
    example = Example(n_steps=50)
    example.w[:2, :] = 0.0
    example.w[:2, example.bias] = -800.0
    shut = np.array([state.s_c for state in example.states()])
    return max(cells(), float(np.abs(shut).max()))


def output_units() -> float:
    """Compare the output units with those of the second route, also where they see the inputs."""
    return max(_forward("y_k", slice(None), "y_k", sees) for sees in (False, True))


def _squashing(function: Any, derivative: Any, scale: float, low: float) -> float:
    x = np.linspace(-30.0, 30.0, 601)
    half = np.tanh(x / 2.0)  # f = (1 + tanh(x/2)) / 2
    found = [function(value) for value in x]
    slope = [derivative(value) for value in x]
    expected = scale * (1.0 + half) / 2.0 + low
    return max(gap(found, expected), gap(slope, scale * (1.0 - half**2) / 4.0))


def logistic() -> float:
    """Compare f and f' with the hyperbolic tangent of half the argument."""
    return _squashing(activations.f, lambda x: activations.f_prime(activations.f(x)), 1.0, 0.0)


def squash_states() -> float:
    """Compare h and h' with the hyperbolic tangent of half the argument."""
    return _squashing(activations.h, activations.h_prime, 2.0, -1.0)


def squash_inputs() -> float:
    """Compare g and g' with the hyperbolic tangent of half the argument."""
    return _squashing(activations.g, activations.g_prime, 4.0, -2.0)


# ----------------------------------------------------------------------------------- App. A.1, what is cut


def _frozen_kick(read_out: Any) -> tuple[Floats, Floats]:
    """Differentiate by what the hidden layer reads of the step before: in the frozen run, and in the ordinary one."""
    example, found = Example(), []
    for frozen in (True, False):
        found.append(
            np.array(
                [
                    example.derivative(read_out, frozen, y=(t, unit(example.topology.n_units, u)))
                    for t in range(5)
                    for u in range(example.topology.n_units)
                ]
            )
        )
    return found[0], found[1]


def cut_net_inputs() -> float:
    """Check that in the frozen run later net inputs do not depend on activations, and that errors end there."""
    cut, whole = _frozen_kick(lambda run: run.net)
    example = Example()
    flow = cell_error_flow.record(example.learner, example.net, example.batch)
    at_cells = np.zeros((6, 3))
    at_cells[-1] = 1.0
    ended, going_on = (cell_error_flow.carry_back(flow, at_cells, truncated) for truncated in (True, False))
    not_cells = np.setdiff1d(np.arange(8), np.concatenate([example.cells, flow.in_gate]))
    frozen = truncation.recurrent_inputs(example.learner, example.net.weights, example.batch)
    return max(
        exactly_zero(cut, whole),
        exactly_zero(ended.net[:-1][:, not_cells], going_on.net[:-1][:, not_cells]),
        gap(frozen, example.frozen),
    )


def cut_activations() -> float:
    """Check that in the frozen run later activations of gates and cells do not depend on earlier activations."""
    example = Example()
    found = [
        example.derivative(lambda run, t=t: run.y[t + 1 :], frozen, y=(t, unit(example.topology.n_units, u))).ravel()
        for frozen in (True, False)
        for t in range(5)
        for u in range(example.topology.n_units)
    ]
    half = len(found) // 2
    return exactly_zero(np.concatenate(found[:half]), np.concatenate(found[half:]))


def _dy_dw(example: Example, t: int, state: network.State) -> Floats:
    dy_dw = np.zeros((4, 8, 12))
    network.hidden_layer_derivatives(
        example.learner.wiring,
        example.topology.block_of_cell,
        state.sigma,
        state.h_c,
        state.ds_dw,
        -1,
        example.batch.values,
        t,
        state.y_before,
        state.constants,
        dy_dw,
    )
    return dy_dw


def foreign_weights() -> float:
    """Check that a cell's output does not depend on weights of other blocks and units, as truncated."""
    example = Example()
    last = example.states()[-1]
    found = _dy_dw(example, 5, last)
    whole = by_weights(
        example.learner,
        example.w,
        example.w_k,
        lambda w, w_k: second_route.run(example.learner, w, w_k, example.batch).y[-1, example.cells],
    )
    frozen = example.by_weights(lambda run: run.y[-1, example.cells])
    foreign = np.ones((3, 8), dtype=bool)
    for c, j in enumerate(example.topology.block_of_cell):
        foreign[c, [j, 2 + j, 4 + c]] = False
    return max(exactly_zero(found[:3][foreign], whole[foreign]), exactly_zero(frozen[foreign], whole[foreign]))


# ----------------------------------------------------------------------------------- App. A.1, (10)-(15)


def truncated_outputs() -> float:
    """Compare (10) with complex-step derivatives of the frozen run, over all steps."""
    example = Example()
    frozen = example.by_weights(lambda run: run.y_k)
    found = np.zeros((6, 2, 8, 12))
    for t, state in enumerate(example.states()):
        network.output_derivatives(
            example.learner.wiring, example.w_k, state.y_k, _dy_dw(example, t, state), found[t]
        )
    own = max(
        gap(
            activations.f_prime.py_func(state.y_k[0]) * np.append(state.y[4:], 1.0),
            [
                example.derivative(lambda run, t=t: run.y_k[t, 0], True, net_k=(t, unit(2, 0))) * source
                for source in np.append(example.run.y[t, 4:], 1.0)
            ],
        )
        for t, state in enumerate(example.states())
    )
    return max(gap(found, frozen), own, gap(_summed(example), _expected_updates(example)))


def _summed(example: Example) -> Floats:
    return truncation.forward_derivatives(example.learner, example.net, example.batch)


def _expected_updates(example: Example) -> Floats:
    return -0.5 * example.by_weights(lambda run: squared_error(run.y_k, example.batch))


def truncated_hidden() -> float:
    """Compare (11) with complex-step derivatives of the frozen run."""
    example = Example()
    frozen = example.by_weights(lambda run: run.y[:, example.hidden])
    return gap([_dy_dw(example, t, state)[3] for t, state in enumerate(example.states())], frozen)


def truncated_in_gates() -> float:
    """Compare (12), the factor f' of an input gate times its source, with complex-step derivatives."""
    example = Example()
    frozen = example.by_weights(lambda run: run.y[:, 0])[:, 0]
    found = [state.ds_dnet[0] / state.g_c[0] * example.sources(t) for t, state in enumerate(example.states())]
    return gap(found, frozen)


def truncated_out_gates() -> float:
    """Compare (13), from the derivative of a cell's output, with complex-step derivatives."""
    example = Example()
    frozen = example.by_weights(lambda run: run.y[:, 2])[:, 2]
    found = [_dy_dw(example, t, state)[0, 2] / state.h_c[0] for t, state in enumerate(example.states())]
    return gap(found, frozen)


def _state_derivatives(into_cell: bool, into_gate: bool) -> float:
    example = Example()
    frozen = example.by_weights(lambda run: run.s_c)
    found = truncation.state_derivatives(example.learner, example.net, example.batch)
    residuals = []
    for c, j in enumerate(example.topology.block_of_cell):
        if into_gate:
            residuals.append(gap(found[0][:, c], frozen[:, c, j]))
        if into_cell:
            residuals.append(gap(found[1][:, c], frozen[:, c, 4 + c]))
    return max(residuals)


def truncated_states() -> float:
    """Compare (14) with complex-step derivatives of the frozen run."""
    return _state_derivatives(into_cell=True, into_gate=True)


def states_by_gate_weights() -> float:
    """Compare (25) with complex-step derivatives of the frozen run."""
    return _state_derivatives(into_cell=False, into_gate=True)


def states_by_cell_weights() -> float:
    """Compare (27) with complex-step derivatives of the frozen run."""
    return _state_derivatives(into_cell=True, into_gate=False)


def truncated_cells() -> float:
    """Compare (15) with complex-step derivatives of the frozen run."""
    example = Example()
    frozen = example.by_weights(lambda run: run.y[:, example.cells])
    return gap([_dy_dw(example, t, state)[:3] for t, state in enumerate(example.states())], frozen)


# ----------------------------------------------------------------------------------- App. A.1, backward pass


def squared_errors() -> float:
    """Compare the package's squared error with that of the second route."""
    example = Example()
    found = truncation.squared_error(example.learner, example.net.weights, example.batch)
    return gap(found, squared_error(example.run.y_k, example.batch))


def weight_update() -> float:
    """Compare the change of the weights by training with -alpha/2 times the frozen run's gradient."""
    example = Example()
    trained = example.learner.copy(example.net)
    dataclasses.replace(example.learner, alpha=0.0).train(trained, example.batch)  # leaves a state to be reset
    example.learner.train(trained, example.batch)
    by_outputs = np.zeros_like(example.w_k)
    for place in np.ndindex(by_outputs.shape):
        stepped = example.w_k.astype(complex)
        stepped[place] += 1j * STEP
        outputs = second_route.run(example.learner, example.w, stepped, example.batch).y_k
        by_outputs[place] = -0.5 * np.imag(squared_error(outputs, example.batch)) / STEP
    alpha = example.learner.alpha
    return max(
        gap(trained.weights.w - example.w, alpha * _expected_updates(example)),
        gap(trained.weights.w_k - example.w_k, alpha * by_outputs),
    )


def errors_of_units() -> float:
    """Compare every conventional error e_l of the package with the complex-step derivative that defines it."""
    return max(output_errors(), hidden_errors(), out_gate_errors())


def output_errors() -> float:
    """Compare (19) with minus one half of the complex-step derivative of (16)."""
    return every_step(
        lambda example, t, state: gap(
            example.e_y(state, t)[0],
            [example.derivative(example.error_at(t), True, net_k=(t, unit(2, k))) for k in range(2)],
        )
    )


def _error_of(example: Example, t: int, units: Any) -> list[Floats]:
    return [example.derivative(example.error_at(t), True, net=(t, unit(8, int(l)))) for l in units]


def hidden_errors() -> float:
    """Compare (20) with the complex-step derivative of the same step's error; the bias row of the update is e_i."""
    return every_step(
        lambda example, t, state: gap(
            example.pending(state, t)[0][[7], example.bias], _error_of(example, t, [example.hidden])
        )
    )


def out_gate_errors() -> float:
    """Compare (21) with the complex-step derivative of the same step's error; the bias row of the update is e_out."""
    return every_step(
        lambda example, t, state: gap(
            example.pending(state, t)[0][[2, 3], example.bias], _error_of(example, t, [2, 3])
        )
    )


def conventional_updates() -> float:
    """Compare (22) with complex-step derivatives of one step's error by weights to outputs, hidden unit and gates."""
    rows = [2, 3, 7]
    residuals = []
    for sees in (False, True):  # whether outputs see the inputs
        example = Example(outputs_see_inputs=sees)
        for t, state in enumerate(example.states()):
            dw, dw_k, _ = example.pending(state, t)
            below = np.concatenate([example.batch.values[t] if sees else [], example.run.y[t, 4:], [1.0]])
            e_k = [example.derivative(example.error_at(t), True, net_k=(t, unit(2, k))) for k in range(2)]
            residuals += [
                gap(dw[rows], np.outer(_error_of(example, t, rows), example.sources(t))),
                gap(dw_k, np.outer(e_k, below)),
            ]
    return max(residuals)


def state_errors() -> float:
    """Compare (23) with the complex-step derivative of one step's error by the internal states."""
    return every_step(
        lambda example, t, state: gap(
            example.pending(state, t)[2],
            [example.derivative(example.error_at(t), True, s_c=(t, unit(3, c))) for c in range(3)],
        )
    )


def _one_step_updates(rows: list[int]) -> float:
    """Compare one step's contributions to weights of gates and cells with the frozen run's derivatives."""
    example = Example()
    frozen = [-0.5 * example.by_weights(lambda run, t=t: squared_error_at(run, example.batch, t)) for t in range(6)]
    return max(gap(example.pending(state, t)[0][rows], frozen[t][rows]) for t, state in enumerate(example.states()))


def squared_error_at(run: second_route.Run, batch: Batch, t: int) -> Any:
    """Compute one step's squared error of a run."""
    return ((batch.targets[t] - run.y_k[t]) ** 2).sum()


def updates_through_states() -> float:
    """Compare (24), weights into input gates and cells, with the frozen run, step by step."""
    return _one_step_updates([0, 1, 4, 5, 6])


def in_gate_updates() -> float:
    """Compare (26) with the frozen run, step by step."""
    return _one_step_updates([0, 1])


def cell_updates() -> float:
    """Compare (28) with the frozen run, step by step."""
    return _one_step_updates([4, 5, 6])


def complexity() -> float:
    """Compare counted products with the appendix's steps over many nets: one minus R squared of the straight line."""
    points = [(truncation.complexity(net), cost.products_per_step(net)) for net in nets_to_count()]
    bounded = max(products / counts.weights for counts, products in points)
    _, _, r_squared = cost.line_fit([counts.steps for counts, _ in points], [products for _, products in points])
    return 1.0 - r_squared if bounded < 4.0 else math.inf


def nets_to_count() -> list[Topology]:
    """Make nets of many sizes K, H, C, S and I."""
    rng = np.random.default_rng(29)
    nets = []
    for _ in range(24):
        k, h, c, s, i = (int(rng.integers(low, high)) for low, high in ((1, 9), (0, 9), (1, 7), (1, 5), (1, 25)))
        nets.append(Topology(i, (s,) * c, k, n_hidden=h))
    return nets


def storage() -> float:
    """Compare what is kept with 2CSI numbers, and a run of 100 steps with one of 100,000."""
    learner = LSTM(Topology(3, (2, 2), 1), alpha=0.1, weight_range=0.1)
    kept = network.new_state(learner.topology).ds_dw.size
    return max(
        gap(truncation.complexity(learner.topology).stored, kept),
        gap(cost.bytes_kept(learner, 100_000), cost.bytes_kept(learner, 100)),
    )


# --------------------------------------------------------------------------------------------------- Section 5


def expected_length() -> float:
    """Compare the series of Task 2c with q + 13, and with 20,000 sampled sequences (within four standard errors)."""
    q = 50
    batch = Distractors(q=q, p=50).sample(np.random.default_rng(2), 20_000)
    lengths = np.diff(batch.offsets) + 1  # the last symbol is a target only
    z = abs(lengths.mean() - distractors.expected_length(q)) / (lengths.std() / math.sqrt(len(lengths)))
    return gap(distractors.expected_length(q), q + 13.0) if z < 4.0 else math.inf


def expected_occurrences() -> float:
    """Compare the expected occurrences of one distractor with (q + 9) / p, and with sampled sequences."""
    q, p = 50, 20
    batch = Distractors(q=q, p=p).sample(np.random.default_rng(3), 20_000)
    counts = np.add.reduceat((batch.symbols == 0).astype(np.float64), batch.offsets[:-1])
    z = abs(counts.mean() - distractors.expected_occurrences(q, p)) / (counts.std() / math.sqrt(len(counts)))
    return gap(distractors.expected_occurrences(q, p), (q + 9.0) / p) if z < 4.0 else math.inf


def _marked(task: Any, rule: Any) -> float:
    batch = task.sample(np.random.default_rng(4), 200)
    expected = []
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        value, mark = batch.values[first:last].T
        expected.append(rule(*value[mark == 1.0]))
    return max(gap(batch.targets[:, 0], expected), float(np.abs(batch.targets - 0.5).max() > 0.5))


def adding_target() -> float:
    """Compare the targets of sampled sequences with the rule applied to the marked values that they show."""
    return _marked(Adding(T=40), lambda x_1, x_2: 0.5 + (x_1 + x_2) / 4.0)


def multiplication_target() -> float:
    """Compare the targets of sampled sequences with the product of the marked values that they show."""
    return _marked(Multiplication(T=40), lambda x_1, x_2: x_1 * x_2)


# --------------------------------------------------------------------------------------------------- App. A.2


class FlowExample(Example):
    """The example with an error of its own at every cell's output, and its flow."""

    def __init__(self, n_steps: int = 6) -> None:
        super().__init__(n_steps)
        if n_steps > 100:  # keep the states from drifting to where h' rounds to 0
            self.w[:2, self.bias] = -8.0
            self.run = second_route.run(self.learner, self.w, self.w_k, self.batch)
            self.frozen = self.run.read
        self.flow = cell_error_flow.record(self.learner, self.net, self.batch)
        self.at_cells = np.random.default_rng(12).normal(size=(n_steps, 3))

    def objective(self, run: second_route.Run) -> Any:
        """Return the sum whose derivatives the errors are: what arrives at the cells times their outputs."""
        return (self.at_cells * run.y[:, self.cells]).sum()

    def back(self, truncated: bool) -> cell_error_flow.Errors:
        """Carry the errors back by the package."""
        return cell_error_flow.carry_back(self.flow, self.at_cells, truncated)

    def numerical(self, name: str, size: int, frozen: bool) -> Floats:
        """Differentiate the objective by kicks on every step and unit."""
        return np.array(
            [
                [self.derivative(self.objective, frozen, **{name: (t, unit(size, u))}) for u in range(size)]
                for t in range(len(self.at_cells))
            ]
        )


def state_factors() -> float:
    """Compare (30) in full with the complex-step derivative of one state by the one before, and truncated with 1."""
    example = FlowExample()
    full = [
        [example.derivative(lambda run, t=t, c=c: run.s_c[t + 1, c], False, s_c=(t, unit(3, c))) for c in range(3)]
        for t in range(5)
    ]
    cut = cell_error_flow.state_factors(example.flow, truncated=True)
    return max(gap(cell_error_flow.state_factors(example.flow, truncated=False), full), gap(cut, np.ones((5, 3))))


def arriving_errors() -> float:
    """Compare (31) with the complex-step derivative by the cells' outputs of what happens afterwards."""
    example = FlowExample()
    later = example.back(truncated=False).net
    found = [cell_error_flow.arriving_error(example.flow.w, later[t + 1])[example.cells] for t in range(5)]
    expected = [
        [
            example.derivative(
                lambda run, t=t: (example.at_cells[t + 1 :] * run.y[t + 1 :][:, example.cells]).sum(),
                False,
                y=(t, unit(8, int(c))),
            )
            for c in example.cells
        ]
        for t in range(5)
    ]
    return gap(found, expected)


def _truncated_errors(units: Any) -> float:
    example = FlowExample()
    return gap(example.back(truncated=True).net[:, units], example.numerical("net", 8, frozen=True)[:, units])


def out_gate_flow() -> float:
    """Compare (32) with complex-step derivatives of the frozen run."""
    return _truncated_errors([2, 3])


def state_flow() -> float:
    """Compare (33) with complex-step derivatives by the internal states, truncated and in full."""
    example = FlowExample()
    return max(
        gap(example.back(truncated).s_c, example.numerical("s_c", 3, frozen=truncated)) for truncated in (True, False)
    )


def returning_flow() -> float:
    """Compare (34) before truncation with the complex-step derivative of a state by the cell's output before it."""
    example = FlowExample()
    expected = [
        [
            example.derivative(lambda run, t=t, c=c: run.s_c[t + 1, c], False, y=(t, unit(8, int(example.cells[c]))))
            for c in range(3)
        ]
        for t in range(5)
    ]
    cut = example.derivative(lambda run: run.s_c, True, y=(0, unit(8, int(example.cells[0]))))
    return max(gap(cell_error_flow.returning_factors(example.flow), expected), exactly_zero(cut, expected))


def constant_flow() -> float:
    """Compare (35), carried over 1000 steps, with 1: exactly."""
    example = FlowExample(n_steps=1001)
    at_cells = np.zeros((1001, 3))
    at_cells[-1] = 1.0
    errors = cell_error_flow.carry_back(example.flow, at_cells, truncated=True).s_c
    factors = cell_error_flow.state_factors(example.flow, truncated=True)
    return max(gap(errors / errors[-1], np.ones((1001, 3))), gap(np.cumprod(factors, axis=0), np.ones((1000, 3))))


def cell_flow() -> float:
    """Compare (36) with complex-step derivatives of the frozen run."""
    return _truncated_errors([4, 5, 6])


def in_gate_flow() -> float:
    """Compare (37) with complex-step derivatives of the frozen run."""
    return _truncated_errors([0, 1])


def external_flow() -> float:
    """Compare (38) with complex-step derivatives of the ordinary run; a hidden unit has external error only."""
    example = FlowExample()
    full, numerical = example.back(truncated=False), example.numerical("net", 8, frozen=False)
    return max(gap(full.net[:, 7], numerical[:, 7]), gap(full.net, numerical))


def no_external_flow() -> float:
    """Compare (39) before truncation with complex steps through the hidden unit; in the frozen run it is 0."""
    example = FlowExample()
    full, cut = (
        np.array(
            [
                [
                    example.derivative(
                        lambda run, t=t, c=c: run.y[t + 1, example.cells[c]], frozen, net=(t, unit(8, example.hidden))
                    )
                    for t in range(5)
                ]
                for c in range(3)
            ]
        )
        for frozen in (False, True)
    )
    found = [cell_error_flow.external_factors(example.flow, c, example.hidden) for c in range(3)]
    return max(gap(found, full), exactly_zero(cut, full))


def flow_to_states() -> float:
    """Compare (40) with complex-step derivatives of the last output by every earlier state, frozen."""
    example = FlowExample()
    found = [[cell_error_flow.factor_to_state(example.flow, c, 5 - t) for c in range(3)] for t in range(6)]
    expected = [
        [
            example.derivative(lambda run, c=c: run.y[-1, example.cells[c]], True, s_c=(t, unit(3, c)))
            for c in range(3)
        ]
        for t in range(6)
    ]
    return gap(found, expected)


def flow_through_cell() -> float:
    """Compare (41) with complex steps in the frozen run, up to 1000 steps back, and with the product in it."""
    example = FlowExample(n_steps=1001)
    residuals = []
    for q in (0, 1, 2, 10, 100, 1000):
        t = 1000 - q
        for c, j in enumerate(example.topology.block_of_cell):
            expected = [
                example.derivative(lambda run, c=c: run.y[-1, example.cells[c]], True, net=(t, unit(8, int(place))))
                for place in (example.cells[c], j)
            ]
            found = cell_error_flow.factors_through_cell(example.flow, c, q)
            to_state = cell_error_flow.factor_to_state(example.flow, c, q)
            at = (
                example.flow.g_prime[t, c],
                example.flow.y_in[t, c],
                example.flow.f_prime_in[t, c],
                example.flow.g[t, c],
            )
            by_product = (
                float(cell_error_flow.cell_error(at[0], at[1], to_state)),
                float(cell_error_flow.in_gate_error(at[2], at[3], to_state)),
            )
            residuals += [gap(found, expected), gap(by_product, expected)]
    return max(residuals)
