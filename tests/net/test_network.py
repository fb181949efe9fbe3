"""The network: forward pass and truncated gradient against independent routes, for every kind of topology."""

import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import autograd
import autograd.numpy
import numpy as np
import pytest
from autograd.tracer import getval
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from oracles import network as oracles
from support import nets
from support.corruption import corrupted, uncompiled
from support.nets import (
    SETTINGS,
    Setting,
    largest_difference,
    pending_updates,
    random_sequences,
    random_settings,
    random_weights,
)

from lstm97.net import network
from lstm97.net.network import AT_EVERY_STEP, AT_SEQUENCE_END, IN_NEXT_SEQUENCE, new_state
from lstm97.net.topology import Topology

TOLERANCE = 1e-12

named = pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS.keys())


def problem(setting: Setting, seed: int = 0) -> tuple[network.Weights, nets.Sequences]:
    """Make random weights and one random sequence."""
    rng = np.random.default_rng(seed)
    return random_weights(setting.topology, rng), random_sequences(setting, rng, (setting.n_steps,))


def discrepancy(setting: Setting, module: Any = network, seed: int = 0) -> float:
    """Compare the updates with minus one half of the frozen run's derivative."""
    weights, sequence = problem(setting, seed)
    updates = pending_updates(setting, weights, sequence, module)
    gradient = oracles.gradient(nets.example(setting, weights, sequence))
    return largest_difference(updates, {name: -value / 2 for name, value in gradient.items()})


# --- forward pass


@named
def test_outputs_are_those_of_the_oracle(setting: Setting) -> None:
    weights, sequence = problem(setting)
    _, outputs = oracles.run(nets.example(setting, weights, sequence))
    expected = outputs if setting.every_step else outputs[-1:]
    assert nets.present(setting, weights, sequence) == pytest.approx(np.array(expected), abs=1e-14)


@named
def test_responding_without_learning_gives_the_same_bits(setting: Setting) -> None:
    rng = np.random.default_rng(3)
    weights, sequences = random_weights(setting.topology, rng), random_sequences(setting, rng, (4, 1, 6))
    expected, outputs = nets.present(setting, weights, sequences), np.full(sequences.targets.shape, np.nan)
    network.respond(
        setting.wiring(),
        setting.topology.block_of_cell,
        weights,
        new_state(setting.topology),
        sequences.symbols,
        sequences.values,
        sequences.offsets,
        setting.every_step,
        outputs,
    )
    assert_array_equal(outputs, expected)


def test_one_step_later_shifts_the_outputs() -> None:
    """Both timings give the same outputs, a step apart; the first are those of the reset hidden layer."""
    later = SETTINGS["one step later"]
    weights, sequence = problem(later)
    same_step = nets.present(replace(later, output_delay=0), weights, sequence)
    outputs = nets.present(later, weights, sequence)
    assert_array_equal(outputs[1:], same_step[:-1])
    bias = later.topology.output_source_names.index("1")
    hidden = slice(later.topology.n_inputs, bias)
    net = weights.w_k[:, hidden].sum(axis=1) * later.initial_y + weights.w_k[:, bias]
    assert outputs[0] == pytest.approx(1 / (1 + np.exp(-net)), abs=1e-15)


# --- gradients


@named
def test_updates_are_half_the_derivative_of_the_frozen_run(setting: Setting) -> None:
    """(19), (21)-(28) against complex steps, with the y(t-1) that enter the hidden layer held constant."""
    assert discrepancy(setting) < TOLERANCE


@given(random_settings(), st.integers(0, 1000))
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_updates_of_random_nets_are_half_the_derivative_of_the_frozen_run(setting: Setting, seed: int) -> None:
    assert discrepancy(setting, seed=seed) < TOLERANCE


@named
def test_error_of_16_doubles_the_updates(setting: Setting) -> None:
    """The factor 2 between (16) and (19)."""
    weights, sequence = problem(setting)
    single = pending_updates(setting, weights, sequence)
    double = pending_updates(replace(setting, error_scale=2.0), weights, sequence)
    assert double == {name: 2 * value for name, value in single.items()}
    gradient = oracles.gradient(nets.example(setting, weights, sequence))
    assert largest_difference(double, {name: -value for name, value in gradient.items()}) < TOLERANCE


def test_without_recurrence_nothing_is_cut() -> None:
    for name in ("task 2a", "no recurrence"):
        setting = SETTINGS[name]
        weights, sequence = problem(setting)
        updates = pending_updates(setting, weights, sequence)
        exact = oracles.gradient(nets.example(setting, weights, sequence), truncated=False)
        assert largest_difference(updates, {name: -value / 2 for name, value in exact.items()}) < TOLERANCE


def test_with_recurrence_something_is_cut() -> None:
    """Negative control: the exact gradient is another one wherever the hidden layer sees itself."""
    for setting in SETTINGS.values():
        if setting.topology.n_recurrent and setting.n_steps > 1:
            weights, sequence = problem(setting)
            example = nets.example(setting, weights, sequence)
            exact, truncated = oracles.gradient(example, truncated=False), oracles.gradient(example)
            assert largest_difference(truncated, exact) > 1e-4


def differentiable_error(
    xp: Any, array: Any, cut: Any, setting: Setting, sequence: nets.Sequences, w: Any, w_k: Any
) -> Any:
    """Compute E in a library that differentiates; `cut` detaches what enters the hidden layer from itself."""
    net, n_cells = setting.topology, setting.topology.n_cells
    values = sequence.dense(net.n_inputs).values if setting.one_hot else sequence.values
    block, first_cell = net.block_of_cell, net.first_cell
    (g_range, g_low), (h_range, h_low) = setting.ranges

    def logistic(x: Any) -> Any:
        return 1.0 / (1.0 + xp.exp(-x))

    w = w * array(net.connected().astype(np.float64))
    bias = array(np.ones(net.n_output_sources - net.n_inputs * net.outputs_see_inputs - n_cells - net.n_hidden))
    y = array(np.full(net.n_units, setting.initial_y))
    s = array(np.zeros(n_cells))
    x_before = array(np.zeros(net.n_inputs))
    total = 0.0 * w.sum()  # depends on w even where all derivatives are zero
    for t in range(len(values)):
        x, before = array(values[t]), y
        constants = np.ones(net.n_constants)
        constants[net.n_constants - net.constant_unit :] = setting.initial_y if t == 0 else 1.0
        sources = [x, cut(before)[: net.n_recurrent], array(constants)]
        sigma = logistic(w @ xp.concatenate(sources))
        y_in = sigma[block] if net.in_gates else 1.0
        y_out = sigma[net.n_in + block] if net.out_gates else 1.0
        s = s + y_in * (g_range * sigma[first_cell : first_cell + n_cells] + g_low)
        y_c = y_out * (h_range * logistic(s) + h_low if h_range else s)
        y = xp.concatenate([sigma[:first_cell], y_c, sigma[first_cell + n_cells :]])
        if setting.every_step or t == len(values) - 1:
            x_below, below = (x_before, before) if setting.output_delay else (x, y)
            net_k = w_k @ xp.concatenate([x_below[: net.n_inputs * net.outputs_see_inputs], below[first_cell:], bias])
            target = array(sequence.targets[t if setting.every_step else 0])
            y_k = net_k if setting.linear_outputs else logistic(net_k)
            if setting.error_derivative or setting.linear_outputs:
                total = total + ((target - y_k) ** 2).sum()
            else:  # twice the cross-entropy
                total = total - 2.0 * (target * xp.log(y_k) + (1.0 - target) * xp.log(1.0 - y_k)).sum()
        x_before = x
    return total


@named
def test_updates_are_those_of_autograd_with_the_cuts(setting: Setting) -> None:
    weights, sequence = problem(setting)

    def error(w: Any, w_k: Any, cut: Any = getval) -> Any:
        return differentiable_error(autograd.numpy, np.asarray, cut, setting, sequence, w, w_k)

    gradient = nets.by_name(
        setting.topology,
        autograd.grad(error, 0)(weights.w, weights.w_k),
        autograd.grad(error, 1)(weights.w, weights.w_k),
    )
    updates = pending_updates(setting, weights, sequence)
    assert largest_difference(updates, {name: -value / 2 for name, value in gradient.items()}) < TOLERANCE
    # negative control: without the cuts, the gradient is the exact one
    uncut = nets.by_name(
        setting.topology,
        autograd.grad(lambda w: error(w, weights.w_k, lambda y: y))(weights.w),
        autograd.grad(error, 1)(weights.w, weights.w_k),
    )
    exact = oracles.gradient(nets.example(setting, weights, sequence), truncated=False)
    assert largest_difference(uncut, exact) < TOLERANCE


@pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is not installed; autograd checks the same"
)
@named
def test_updates_are_those_of_torch_with_the_cuts(setting: Setting) -> None:
    import torch

    weights, sequence = problem(setting)
    w = torch.tensor(np.ascontiguousarray(weights.w), requires_grad=True)
    w_k = torch.tensor(np.ascontiguousarray(weights.w_k), requires_grad=True)
    differentiable_error(torch, torch.as_tensor, lambda y: y.detach(), setting, sequence, w, w_k).backward()
    assert w.grad is not None
    assert w_k.grad is not None
    gradient = nets.by_name(setting.topology, w.grad.numpy(), w_k.grad.numpy())
    updates = pending_updates(setting, weights, sequence)
    assert largest_difference(updates, {name: -value / 2 for name, value in gradient.items()}) < TOLERANCE


def test_conventional_hidden_units_follow_20() -> None:
    """e_i = f'_i sum_k w_ki e_k, and the update is the sum of e_i(t) y^m(t-1)."""
    for name in ("hidden units", "hidden units only", "no gates", "no recurrence"):
        setting = SETTINGS[name]
        weights, sequence = problem(setting)
        example = nets.example(setting, weights, sequence)
        activations, outputs = oracles.run(example)
        w = example.weights
        expected = {weight: 0.0 for weight in w if weight[0].startswith("i_")}
        assert expected
        for t, target in enumerate(example.targets):
            if target is None:
                continue
            e_k = [y * (1 - y) * (d - y) for d, y in zip(target, outputs[t], strict=True)]
            sources = {f"x_{m}": x for m, x in enumerate(example.inputs[t], start=1)}
            sources |= {"1": 1.0, "constant": 1.0} | activations[t]  # of the step before
            for i, m in expected:
                y_i = activations[t + 1][i]
                e_i = y_i * (1 - y_i) * sum(w[f"k_{k}", i] * e for k, e in enumerate(e_k, start=1))
                expected[i, m] += e_i * sources[m]
        updates = pending_updates(setting, weights, sequence)
        assert largest_difference({weight: updates[weight] for weight in expected}, expected) < TOLERANCE


def derivatives_of_the_outputs(
    setting: Setting, weights: network.Weights, sequence: nets.Sequences
) -> list[tuple[Any, Any]]:
    """Compute (10) at every step, through (11)-(15), with the activations of the outputs."""
    topology, wiring, block = setting.topology, setting.wiring(), setting.topology.block_of_cell
    state = new_state(topology)
    dy_dw = np.zeros((topology.n_cells + topology.n_hidden, topology.n_units, topology.n_sources))
    found = []
    network.reset(wiring, state.y, state.constants, state.s_c, state.ds_dw)
    for t in range(setting.n_steps):
        symbol = sequence.symbols[t] if setting.one_hot else -1
        given_input = (symbol, sequence.values, t)
        y_before = state.y.copy()
        constants = state.constants.copy()
        network.net_inputs(wiring, weights.w, *given_input, state.y, constants, state.net)
        network.squash(wiring, state.net, state.sigma, state.g_c)
        network.advance_derivatives(
            wiring, block, *given_input, state.y, constants, state.sigma, state.g_c, state.ds_dnet, state.ds_dw
        )
        state.constants[:] = 1.0
        network.advance_cells(wiring, block, state.sigma, state.g_c, state.s_c, state.h_c, state.y)
        network.output_units(wiring, weights.w_k, *given_input, state.y, state.y_k)
        network.hidden_layer_derivatives(
            wiring, block, state.sigma, state.h_c, state.ds_dw, *given_input, y_before, constants, dy_dw
        )
        dy_k_dw = np.zeros((topology.n_outputs, topology.n_units, topology.n_sources))
        network.output_derivatives(wiring, weights.w_k, state.y_k, dy_dw, dy_k_dw)
        found.append((state.y_k.copy(), dy_k_dw * weights.exists))
    return found


same_step = pytest.mark.parametrize(
    "setting",
    [setting for setting in SETTINGS.values() if setting.output_delay == 0 and setting.topology.n_units],
    ids=[name for name, setting in SETTINGS.items() if setting.output_delay == 0 and setting.topology.n_units],
)


@same_step
def test_truncated_derivatives_of_the_outputs_are_those_of_the_frozen_run(setting: Setting) -> None:
    """(10)-(15) themselves, at every step."""
    weights, sequence = problem(setting)
    expected = oracles.output_derivatives(nets.example(setting, weights, sequence))
    for (_, dy_k_dw), of_step in zip(derivatives_of_the_outputs(setting, weights, sequence), expected, strict=True):
        for k, of_unit in enumerate(of_step):
            into_hidden = {w: value for w, value in of_unit.items() if not w[0].startswith("k_")}
            named = nets.by_name(setting.topology, dy_k_dw[k], weights.w_k)
            assert largest_difference({w: named[w] for w in into_hidden}, into_hidden) < TOLERANCE


@same_step
def test_backward_pass_is_the_forward_derivative_times_the_error(setting: Setting) -> None:
    """(19)-(28) against the sum over steps and outputs of (t^k - y^k) times (10), divided by f' if (19) lacks it."""
    weights, sequence = problem(setting)
    steps = derivatives_of_the_outputs(setting, weights, sequence)
    total = np.zeros(weights.w.shape)
    for t, (y_k, dy_k_dw) in enumerate(steps):
        if setting.every_step or t == setting.n_steps - 1:
            target = sequence.targets[t if setting.every_step else 0]
            factor = 1.0 if setting.error_derivative else 1.0 / (y_k * (1.0 - y_k))
            total += np.einsum("k,klm->lm", (target - y_k) * factor, dy_k_dw)
    updates = pending_updates(setting, weights, sequence)
    expected = nets.by_name(setting.topology, total, weights.w_k)
    into_hidden = [weight for weight in updates if not weight[0].startswith("k_")]
    assert largest_difference({w: updates[w] for w in into_hidden}, {w: expected[w] for w in into_hidden}) < TOLERANCE


# --- negative controls

CORRUPTIONS = {
    "(25) without f'": ("advance_derivatives", "g_c[v] * f_prime(y_in)", "g_c[v]"),
    "(25) without g": ("advance_derivatives", "g_c[v] * f_prime(y_in)", "f_prime(y_in)"),
    "(27) without g'": ("advance_derivatives", "g_prime * y_in", "y_in"),
    "(27) without y_in": ("advance_derivatives", "g_prime * y_in", "g_prime"),
    "(25), (27) with the other gate": (
        "advance_derivatives",
        "sigma[block_of_cell[v]]",
        "sigma[wiring.n_in + block_of_cell[v]]",
    ),
    "(25), (27) without the hidden layer": (
        "advance_derivatives",
        "ds_dnet[r] * y_u",
        "0.0",
    ),
    "(25), (27) without the sum over time": (
        "advance_derivatives",
        "ds_dw[r, m] += ds_dnet[r] * x_m",
        "ds_dw[r, m] = ds_dnet[r] * x_m",
    ),
    "(19) without f'": ("output_errors", "wiring.error_scale * derivative", "wiring.error_scale"),
    "(20) without f'": ("add_hidden_updates", "f_prime(sigma[l]) * e_y[n]", "e_y[n]"),
    "(20) with another unit's error": (
        "add_hidden_updates",
        "f_prime(sigma[l]) * e_y[n]",
        "f_prime(sigma[l]) * e_y[0]",
    ),
    "(20)-(23) with another column": ("hidden_layer_errors", "w_k[k, first + n]", "w_k[k, first]"),
    "(21) without h": ("add_out_gate_updates", "h_c[v] * e_y[v]", "e_y[v]"),
    "(21) with one cell's error": ("add_out_gate_updates", "h_c[v] * e_y[v]", "h_c[v] * e_y[j]"),
    "(22) without the hidden layer": ("add_row_update", "e_l * y_before[u]", "0.0"),
    "(22) with y(t) for y(t-1)": (
        "advance_hidden_layer",
        "for u in range(y.size):\n    y_before[u] = y[u]\nadvance_cells(...)",
        "advance_cells(...)\nfor u in range(y.size):\n    y_before[u] = y[u]",
    ),
    "(22) with another cell": ("add_output_updates", "y[first_cell + n]", "y[first_cell]"),
    "(23) without h'": ("add_cell_updates", "y_out * h_prime * e_y[v]", "y_out * e_y[v]"),
    "(23) without y_out": ("add_cell_updates", "y_out * h_prime * e_y[v]", "h_prime * e_y[v]"),
    "(26) without the sum over cells": (
        "add_cell_updates",
        "dw[block_of_cell[v], m] += e_s[v] * ds_dw[v, m]",
        "dw[block_of_cell[v], m] = e_s[v] * ds_dw[v, m]",
    ),
    "(26) with the cell's derivative": ("add_cell_updates", "ds_dw[v, m]", "ds_dw[n_cells + v, m]"),
    "(28) with the gate's derivative": ("add_cell_updates", "ds_dw[n_cells + v, m]", "ds_dw[v, m]"),
    "derivatives not reset": ("reset", "ds_dw[:, :] = 0.0", "pass"),
    "states not reset": ("reset", "s_c[:] = 0.0", "pass"),
    "activations not reset": ("reset", "y[:] = wiring.initial_y", "pass"),
}
CONTROLLED = SETTINGS["hidden units"]


def test_interpreted_network_passes_the_check() -> None:
    assert discrepancy(CONTROLLED, uncompiled(network)) < TOLERANCE


@pytest.mark.parametrize(("function", "old", "new"), CORRUPTIONS.values(), ids=CORRUPTIONS.keys())
def test_a_corrupted_network_fails_the_check(function: str, old: str, new: str) -> None:
    assert discrepancy(CONTROLLED, corrupted(network, function, old, new)) > 1e-3


# --- when weights change, and on what


UPDATES = {"sequence end": AT_SEQUENCE_END, "every step": AT_EVERY_STEP, "next sequence": IN_NEXT_SEQUENCE}
updating = pytest.mark.parametrize("update", UPDATES.values(), ids=UPDATES.keys())


@updating
@named
def test_two_sequences_in_one_call_or_two(setting: Setting, update: int) -> None:
    setting = replace(setting, update=update)
    rng = np.random.default_rng(3)
    weights = random_weights(setting.topology, rng)
    both = random_sequences(setting, rng, (setting.n_steps, setting.n_steps + 2))
    one_by_one, state = nets.copy(weights), new_state(setting.topology)
    outputs = nets.present(setting, weights, both, alpha=0.3)
    apart = [nets.present(setting, one_by_one, both.only(i, setting.every_step), 0.3, state) for i in range(2)]
    assert_array_equal(outputs, np.concatenate(apart))
    for part, other in zip(weights, one_by_one, strict=True):
        assert_array_equal(part, other)


def changed(
    weights: dict[tuple[str, str], float], gradient: dict[tuple[str, str], float], alpha: float
) -> dict[tuple[str, str], float]:
    return {name: value - alpha / 2 * gradient[name] for name, value in weights.items()}


@named
def test_update_at_the_sequence_end(setting: Setting) -> None:
    setting = replace(setting, update=AT_SEQUENCE_END)
    weights, sequence = problem(setting)
    example = nets.example(setting, weights, sequence)
    nets.present(setting, weights, sequence, alpha=0.3)
    expected = changed(dict(example.weights), oracles.gradient(example), 0.3)
    found = nets.by_name(setting.topology, weights.w, weights.w_k)
    assert largest_difference(found, expected) < TOLERANCE
    assert not weights.dw.any()
    assert not weights.dw_k.any()


@same_step
def test_update_at_every_step(setting: Setting) -> None:
    """Each step's contribution is made with the weights of that step; derivatives go on from before."""
    setting = replace(setting, update=AT_EVERY_STEP)
    weights, sequence = problem(setting)
    example = nets.example(setting, weights, sequence)
    outputs = nets.present(setting, weights, sequence, alpha=0.3)
    history, expected_outputs = [dict(example.weights)], []
    for t, target in enumerate(example.targets):
        up_to_t = replace(example, inputs=example.inputs[: t + 1], targets=[None] * t + [target])
        if target is not None:
            expected_outputs.append(oracles.run(up_to_t, history)[1][-1])
        history.append(changed(history[-1], oracles.gradient(up_to_t, weights=history), 0.3))
    found = nets.by_name(setting.topology, weights.w, weights.w_k)
    assert largest_difference(found, history[-1]) < TOLERANCE
    assert outputs == pytest.approx(np.array(expected_outputs), abs=1e-13)


def test_update_at_every_step_is_the_sequence_end_if_errors_come_there_only() -> None:
    setting = SETTINGS["adding"]
    weights, sequence = problem(setting)
    other = nets.copy(weights)
    nets.present(replace(setting, update=AT_EVERY_STEP), weights, sequence, alpha=0.3)
    nets.present(replace(setting, update=AT_SEQUENCE_END), other, sequence, alpha=0.3)
    assert_array_equal(weights.w, other.w)
    assert_array_equal(weights.w_k, other.w_k)


@pytest.mark.parametrize("name", ["adding", "temporal order", "hidden units only"])
def test_update_in_the_next_sequence(name: str) -> None:
    """Weights change after the hidden layer's first step in the next sequence."""
    setting = replace(SETTINGS[name], update=IN_NEXT_SEQUENCE)
    weights, first = problem(setting)
    _, second = problem(setting, seed=1)
    before = nets.example(setting, weights, first)
    state = new_state(setting.topology)
    nets.present(setting, weights, first, 0.3, state)
    assert nets.by_name(setting.topology, weights.w, weights.w_k) == before.weights
    outputs = nets.present(setting, weights, second, 0.3, state)
    expected = changed(dict(before.weights), oracles.gradient(before), 0.3)
    assert largest_difference(nets.by_name(setting.topology, weights.w, weights.w_k), expected) < TOLERANCE
    example = replace(nets.example(setting, weights, second), weights=expected)
    history = [before.weights] + [expected] * (setting.n_steps - 1)
    assert outputs[0] == pytest.approx(np.array(oracles.run(example, history)[1][-1]), abs=1e-13)
    pending = nets.by_name(setting.topology, weights.dw, weights.dw_k)
    gradient = oracles.gradient(example, weights=history)
    assert largest_difference(pending, {name: -value / 2 for name, value in gradient.items()}) < TOLERANCE


@named
def test_weights_that_do_not_exist_stay_zero(setting: Setting) -> None:
    setting = replace(setting, update=AT_SEQUENCE_END)
    weights, sequence = problem(setting)
    nets.present(setting, weights, sequence, alpha=0.5)
    assert not weights.w[weights.exists == 0].any()


@updating
def test_nothing_is_learned_at_rate_zero(update: int) -> None:
    setting = replace(SETTINGS["mixed blocks"], update=update)
    weights, sequence = problem(setting)
    before = nets.copy(weights)
    nets.present(setting, weights, sequence, alpha=0.0)
    assert_array_equal(weights.w, before.w)
    assert_array_equal(weights.w_k, before.w_k)


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if setting.one_hot])
def test_symbols_and_one_hot_vectors_give_the_same_bits(name: str) -> None:
    setting = replace(SETTINGS[name], update=AT_SEQUENCE_END)
    rng = np.random.default_rng(4)
    weights = random_weights(setting.topology, rng)
    symbols = random_sequences(setting, rng, (5, 3, 6))
    other, dense = nets.copy(weights), symbols.dense(setting.topology.n_inputs)
    assert_array_equal(
        nets.present(setting, weights, symbols, alpha=0.5), nets.present(setting, other, dense, alpha=0.5)
    )
    assert_array_equal(weights.w, other.w)
    assert_array_equal(weights.w_k, other.w_k)


# --- bits, memory, drift


def test_all_of_the_package_interpreted_gives_the_same_bits() -> None:
    here = Path(__file__).parents[1]
    code = (
        "import types; from support import nets; from lstm97.net import activations, network; "
        "assert type(network.present) is type(activations.exp) is types.FunctionType; "
        "print(nets.fingerprint())"
    )
    environment = os.environ | {
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": os.pathsep.join([str(here), str(here.parent), os.environ.get("PYTHONPATH", "")]),
    }
    interpreted_bits = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout.strip()
    assert interpreted_bits == nets.fingerprint()


def test_the_python_function_gives_the_same_bits() -> None:
    class Plain:
        present = staticmethod(network.present.py_func)

    setting = replace(SETTINGS["hidden units"], update=AT_SEQUENCE_END)
    weights, sequence = problem(setting)
    for module in (Plain, uncompiled(network)):
        compiled_weights, other = nets.copy(weights), nets.copy(weights)
        outputs = nets.present(setting, compiled_weights, sequence, alpha=0.5)
        assert_array_equal(outputs, nets.present(setting, other, sequence, alpha=0.5, module=module))
        assert_array_equal(compiled_weights.w, other.w)
        assert_array_equal(compiled_weights.w_k, other.w_k)


def test_memory_does_not_depend_on_the_length_of_the_sequence() -> None:
    """App. A.1, storage: 2 C S I derivatives. The state is made once, and no step makes it larger."""
    setting = SETTINGS["adding"]
    net = setting.topology
    state = new_state(net)
    assert state.ds_dw.size == 2 * net.n_cells * net.n_sources
    sizes = [part.nbytes for part in state]
    rng = np.random.default_rng(6)
    weights = random_weights(net, rng, width=0.1)
    for n_steps in (10, 100_000):
        nets.present(setting, weights, random_sequences(setting, rng, (n_steps,)), 0.1, state)
        assert [part.nbytes for part in state] == sizes


@pytest.mark.parametrize(("gate_bias", "stays"), [(-1e4, True), (0.0, False)])
def test_a_closed_input_gate_keeps_the_state_bit_for_bit(gate_bias: float, stays: bool) -> None:
    """Sec. 3.2 and 4: the carrousel. With the gate half open, the state drifts."""
    setting = Setting(Topology(2, (1,), 1, recurrent=False), n_steps=1001)
    rng = np.random.default_rng(8)
    weights, sequence = random_weights(setting.topology, rng), random_sequences(setting, rng, (1001,))
    # the first input opens the gate in the first step only, the second is noise for the cell
    sequence.values[:, 0] = 0.0
    sequence.values[0, 0] = 1.0
    weights.w[0] = [1e4 + 5.0, 0.0, gate_bias]
    states = []
    for n_steps in (1, 1001):
        state = new_state(setting.topology)
        part = replace(sequence, values=sequence.values[:n_steps], offsets=np.array([0, n_steps]))
        nets.present(setting, nets.copy(weights), part, state=state)
        states.append(state.s_c[0])
    assert states[0] != 0.0
    assert (states[0] == states[1]) == stays
