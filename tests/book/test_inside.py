"""What is read off nets is what is in them: cut blocks, codes, drift, and what becomes of a symbol."""

import dataclasses
import itertools
from typing import cast

import numpy as np
import pytest
from lstm97_book.pages import inside

from lstm97.experiments import LSTMRow
from lstm97.experiments import lstm_row as row
from lstm97.experiments.stopping import FewWrong
from lstm97.learners import LSTM, Growing, Net
from lstm97.net.reading import READINGS, Reading
from lstm97.tasks import Adding, Distractors, LongLag, Multiplication, TemporalOrder, temporal_order
from lstm97.tasks.reber import SYMBOLS, draw_strings, legal_successors, predicted, words
from lstm97.trials.trial import run_trial, seed_sequence

LEARNER = cast(LSTM, row("table9/6a").under(Reading()).learner)
TASK = TemporalOrder(2)


def lstm_of(of: LSTMRow, reading: str = "literal") -> LSTM:
    learner = of.under(READINGS[reading]).learner
    learner = learner.lstm if isinstance(learner, Growing) else learner
    assert isinstance(learner, LSTM)
    return learner


def random_net(seed: int = 0, scale: float = 2.0) -> Net:
    rng = np.random.default_rng(seed)
    net = LEARNER.start(rng)
    net.weights.w[:] = rng.uniform(-scale, scale, net.weights.w.shape) * net.weights.exists
    net.weights.w_k[:] = rng.uniform(-scale, scale, net.weights.w_k.shape)
    return net


def index(name: str) -> int:
    return LEARNER.topology.unit_names.index(name)


def source(name: str) -> int:
    return LEARNER.topology.source_names.index(name)


@pytest.mark.parametrize("j", [0, 1])
def test_what_a_cut_block_holds_makes_no_difference(j: int) -> None:
    net, batch = random_net(), TASK.sample(np.random.default_rng(1), 20)
    cut = LEARNER.without_block(net, j)
    own = [index(f"{kind}_{j + 1}") for kind in ("in", "out")] + [index(f"c_{j + 1}^{v}") for v in (1, 2)]
    changed = LEARNER.copy(cut)
    changed.weights.w[own] += 1.0  # everything that enters the block
    np.testing.assert_array_equal(LEARNER.predict(cut, batch), LEARNER.predict(changed, batch))
    # Negative controls: in the whole net it does make a difference, and the other block still speaks.
    whole = LEARNER.copy(net)
    whole.weights.w[own] += 1.0
    assert not np.array_equal(LEARNER.predict(net, batch), LEARNER.predict(whole, batch))
    other = LEARNER.copy(cut)
    other.weights.w[index(f"c_{2 - j}^1")] += 1.0
    assert not np.array_equal(LEARNER.predict(cut, batch), LEARNER.predict(other, batch))


def test_cutting_leaves_the_net_alone_and_refuses_other_blocks() -> None:
    net = random_net()
    before = net.weights.w.copy()
    LEARNER.without_block(net, 1)
    np.testing.assert_array_equal(net.weights.w, before)
    with pytest.raises(ValueError, match="block 2 does not exist: give a number from 0 to 1"):
        LEARNER.without_block(net, 2)


def test_self_connections_are_the_weights_named_so() -> None:
    net = random_net()
    names = [name for name in LEARNER.topology.unit_names if name.startswith("c_")]
    assert list(LEARNER.self_connections(net)) == [net.weights.w[index(name), source(name)] for name in names]


def test_right_class_asks_for_the_largest_output_only() -> None:
    batch = TASK.all_orders(np.random.default_rng(0))
    outputs = 0.1 * batch.targets
    assert inside.right_class(batch, outputs).all()
    outputs[2] = [0.0, 0.0, 0.1, 0.2]
    assert list(inside.right_class(batch, outputs)) == [True, True, False, True]


def test_a_net_that_uses_one_block_loses_nothing_without_the_other() -> None:
    net, batch = random_net(), TASK.all_orders(np.random.default_rng(0))
    for name in ("in_2", "out_2", "c_2^1", "c_2^2"):
        net.weights.w[:, source(name)] = 0.0
    net.weights.w_k[:, 2:4] = 0.0
    same = LEARNER.predict(LEARNER.without_block(net, 1), batch)
    np.testing.assert_array_equal(same, LEARNER.predict(net, batch))
    assert inside.without_each_block(LEARNER, net, batch)[1] == inside.right_class(batch, same).mean()


def order_code(net: Net) -> inside.OrderCode:
    batch = TASK.all_orders(np.random.default_rng(3))
    symbols = batch.symbols[: batch.offsets[1]]
    first, second = np.flatnonzero(symbols >= temporal_order.SYMBOLS.index("X")) + 1
    return inside.order_code(LEARNER, net, batch, (int(first), int(second)))


def test_a_gate_that_sees_symbols_only_has_no_contrast() -> None:
    net = random_net()
    net.weights.w[index("in_1"), LEARNER.topology.n_inputs : -1] = 0.0
    code = order_code(net)
    assert code.gate_contrast[0] == 0.0
    assert code.gate_contrast[1] > 0.0  # a gate that sees the hidden layer has one
    np.testing.assert_array_equal(code.y_in[0, 0], code.y_in[1, 0])  # the first X, whatever comes later
    np.testing.assert_array_equal(code.w_cc, LEARNER.self_connections(net))


def test_three_symbols_have_the_contrast_of_all_their_contexts() -> None:
    of = lstm_of(row("table9/6b"))
    net = of.start(np.random.default_rng(2))
    batch = TemporalOrder(3).all_orders(np.random.default_rng(3))
    steps = np.flatnonzero(batch.symbols[: batch.offsets[1]] >= temporal_order.SYMBOLS.index("X")) + 1
    code = inside.order_code(of, net, batch, steps)
    assert (code.y_in.shape, code.s_c.shape) == ((8, 3, 3), (8, 6))
    orders = list(itertools.product("XY", repeat=3))
    of_symbol = {
        symbol: [code.y_in[i, k] for i, order in enumerate(orders) for k in range(3) if order[k] == symbol]
        for symbol in "XY"
    }
    ranges = [np.ptp(values, axis=0) for values in of_symbol.values()]
    np.testing.assert_array_equal(code.gate_contrast, np.maximum(*ranges))
    assert (code.gate_contrast > 0.0).all()


def test_order_code_wants_every_order() -> None:
    with pytest.raises(ValueError, match="holds 3 sequences"):
        inside.order_code(LEARNER, random_net(), TASK.sample(np.random.default_rng(0), 3), (10, 50))


def test_drift_is_what_the_state_gains_per_step() -> None:
    specification = row("table7/T100").under(Reading())
    learner = cast(LSTM, specification.learner)
    net = learner.start(np.random.default_rng(0))
    net.weights.w[:] = 0.0  # gates stand at 0.5, cells see their bias alone
    net.weights.w[learner.topology.first_cell, -1] = 1.0
    task = Adding(T=100)
    batch = task.sample(np.random.default_rng(0), 3)
    drift = inside.drift_per_step(learner, net, batch, task.last_mark(batch))
    expected = 0.5 * (4.0 / (1.0 + np.exp(-1.0)) - 2.0)
    np.testing.assert_allclose(drift, [[expected, 0.0, 0.0, 0.0]] * 3, rtol=1e-12)


def test_last_mark_is_the_second_marked_pair() -> None:
    batch = Adding(T=100).sample(np.random.default_rng(0), 50)
    for i, step in enumerate(Adding.last_mark(batch)):
        markers = batch.values[batch.offsets[i] : batch.offsets[i + 1], 1]
        assert markers[step - 1] == 1.0
        assert not (markers[step:] == 1.0).any()
        assert (markers[: step - 1] == 1.0).sum() == 1


@pytest.mark.parametrize("n_relevant", [2, 3])
def test_all_orders_differ_in_the_relevant_symbols_only(n_relevant: int) -> None:
    task = TemporalOrder(n_relevant)
    batch = task.all_orders(np.random.default_rng(5))
    words = batch.symbols.reshape(task.n_outputs, -1)
    relevant = (words != words[0]).any(axis=0)
    assert relevant.sum() == n_relevant
    assert set(words[:, relevant].ravel()) == {temporal_order.SYMBOLS.index(symbol) for symbol in "XY"}
    # The classes are those of the sampler: look each order up in what it draws.
    drawn = task.sample(np.random.default_rng(6), 200)
    for a, b, target in zip(drawn.offsets[:-1], drawn.offsets[1:], drawn.targets, strict=True):
        order = [s for s in drawn.symbols[a:b] if s >= temporal_order.SYMBOLS.index("X")]
        assert [list(word[relevant]) for word in words][int(target.argmax())] == order
    assert task.minimal_lag == {2: 40, 3: 24}[n_relevant]


def test_snapshots_are_the_nets_of_the_trial_itself() -> None:
    specification = row("table9/6a").under(Reading())
    seen = {n: LEARNER.copy(net).weights for n, net in inside.snapshots(specification, 2, [0, 500, 1500])}
    weights, *_ = seed_sequence("table9/6a", 2).spawn(3)
    np.testing.assert_array_equal(seen[0].w, LEARNER.start(np.random.default_rng(weights)).weights.w)
    for cap in (500, 1500):
        np.testing.assert_array_equal(seen[cap].w, run_trial(specification, 2, cap).net.weights.w)
    assert not np.array_equal(seen[500].w, seen[1500].w)


def test_snapshots_do_not_stop_where_the_trial_does() -> None:
    specification = row("table1/3x2-0.5").under(Reading())
    at_once = dataclasses.replace(specification, stop=FewWrong(n_seq=(2,), window=1))
    assert run_trial(at_once, 1, 1000).presented == 1
    assert [n for n, _ in inside.snapshots(at_once, 1, [500, 1000])] == [500, 1000]


@pytest.mark.parametrize("moments", [[], [250], [1000, 500], [-500]])
def test_snapshots_refuse_other_moments(moments: list[int]) -> None:
    with pytest.raises(ValueError, match="give rising multiples of 500"):
        list(inside.snapshots(row("table9/6a").under(Reading()), 1, moments))


def test_steps_of_a_reber_string_have_their_kinds() -> None:
    batch = draw_strings(np.random.default_rng(0), 50)
    kinds = inside.kinds_of_step(batch)
    for word, a, b in zip(words(batch), batch.offsets[:-1], batch.offsets[1:], strict=True):
        assert kinds[a:b].tolist() == [
            inside.FRAME,
            inside.FRAME,
            *[inside.INNER] * (len(word) - 5),
            inside.OUTER,
            inside.FRAME,
        ]
    # The outer step is the only one after the second at which what is legal depends on the outer symbol.
    differs = legal_successors(batch) != legal_successors(inside.with_other_outer_symbol(batch))
    np.testing.assert_array_equal(differs.any(axis=1), kinds == inside.OUTER)


def test_the_other_outer_symbol_changes_nothing_else() -> None:
    batch = draw_strings(np.random.default_rng(1), 20)
    exchange = {"T": "P", "P": "T"}
    other = inside.with_other_outer_symbol(batch)
    expected = [w[0] + exchange[w[1]] + w[2:-2] + exchange[w[-2]] + w[-1] for w in words(batch)]
    assert words(other) == expected
    back = inside.with_other_outer_symbol(other)
    np.testing.assert_array_equal(back.targets, batch.targets)
    assert words(batch) != expected  # the batch itself is left alone


def reber_net(w_tc: float) -> tuple[LSTM, Net]:
    """Make a net whose first cell adds up the outer symbol and nothing else."""
    learner = lstm_of(row("table1/4x1-0.1"))
    net = learner.start(np.random.default_rng(0))
    net.weights.w[:] = 0.0
    net.weights.w[learner.topology.first_cell, SYMBOLS.index("T")] = w_tc
    return learner, net


def test_outer_symbol_is_followed_from_the_state_to_the_output() -> None:
    learner, net = reber_net(1.0)
    batch = draw_strings(np.random.default_rng(2), 30)
    seen = inside.outer_symbol(learner, net, batch)
    step = 0.5 * (4.0 / (1.0 + np.exp(-1.0)) - 2.0)  # an input gate at 0.5 times g(1)
    assert seen.written == pytest.approx(step)
    assert seen.kept == pytest.approx(step)
    ts = np.array([word[1:-2].count("T") for word in words(batch)])
    other = np.array([word[1:-2].count("T") for word in words(inside.with_other_outer_symbol(batch))])
    h = np.abs(np.tanh(step * ts / 2) - np.tanh(step * other / 2))
    assert seen.squashed == pytest.approx(h.mean())
    assert seen.shown == pytest.approx(0.5 * h.mean())  # an output gate at 0.5
    assert seen.size == pytest.approx((step * ts).mean() / 4)  # one cell of four
    assert seen.slope == pytest.approx(0.5)  # three of four cells are at 0
    # Negative control: a net that writes nothing keeps nothing.
    silent = inside.outer_symbol(*reber_net(0.0), batch)
    assert silent.written == silent.kept == silent.shown == 0.0


def test_wrong_steps_are_counted_by_kind() -> None:
    learner, net = reber_net(0.0)
    batch = draw_strings(np.random.default_rng(2), 30)
    kinds, right = inside.kinds_of_step(batch), np.zeros(batch.n_steps, dtype=bool)
    seen = inside.outer_symbol(learner, net, batch)
    np.testing.assert_array_equal(seen.wrong, [1.0, 1.0, 1.0])  # all outputs are equal: none is ahead
    right[:] = predicted(legal_successors(batch), learner.predict(random_reber_net(learner), batch))
    seen = inside.outer_symbol(learner, random_reber_net(learner), batch)
    np.testing.assert_allclose(seen.wrong, [1.0 - right[kinds == kind].mean() for kind in range(3)])
    assert 0.0 < seen.wrong[inside.INNER] < 1.0


def random_reber_net(learner: LSTM) -> Net:
    net = learner.start(np.random.default_rng(3))
    net.weights.w_k[:] = np.random.default_rng(3).uniform(-2, 2, net.weights.w_k.shape)
    net.weights.w[:] = np.random.default_rng(4).uniform(-2, 2, net.weights.w.shape) * net.weights.exists
    return net


def test_holding_measures_what_the_gates_push_into_a_cell() -> None:
    learner = lstm_of(row("table3/q50-p50"))
    topology = learner.topology
    net = learner.start(np.random.default_rng(0))
    net.weights.w[:] = 0.0  # all gates stand at 0.5
    first = topology.first_cell
    net.weights.w[first, topology.n_inputs : topology.n_inputs + 4] = 0.1  # from the four gates
    batch = Distractors(q=50, p=50).sample(np.random.default_rng(0), 4)
    held = inside.holding(learner, net, batch, step=2)
    drift = 0.5 * (4.0 / (1.0 + np.exp(-0.2)) - 2.0)
    np.testing.assert_allclose(held.drift, [drift, 0.0], rtol=1e-12)
    np.testing.assert_allclose(held.y_in, [0.5, 0.5])
    np.testing.assert_allclose(held.y_out, [0.5, 0.5])
    steps = np.diff(batch.offsets)
    s_c = drift * (steps - 1)  # at the first step the gates' activations are still 0
    np.testing.assert_allclose(held.size, [s_c.mean(), 0.0], rtol=1e-12)
    np.testing.assert_allclose(held.slope, [((1 - np.tanh(s_c / 2) ** 2) / 2).mean(), 0.5], rtol=1e-9)
    np.testing.assert_allclose(held.let_in[0], (steps - 3).mean(), rtol=1e-9)  # as much at every step
    # Negative control: cells that see inputs only do not drift.
    blind = lstm_of(row("table3/q50-p50"), "cells-see-inputs")
    net.weights.w[:] *= blind.start(np.random.default_rng(0)).weights.exists
    assert inside.holding(blind, net, batch, step=2).drift.max() == 0.0


@pytest.mark.parametrize("p", [5, 10])
def test_a_net_that_solves_task_2b_pays_at_every_step(p: int) -> None:
    base = row("table2/2b")
    task = LongLag(p=p, variant="2b")
    topology = dataclasses.replace(base.topology, n_inputs=p + 1, n_outputs=p + 1)
    learner = lstm_of(dataclasses.replace(base, task=task, topology=topology))
    net = learner.start(np.random.default_rng(0))
    w, w_k = net.weights.w, net.weights.w_k
    w[:], w_k[:] = 0.0, -50.0
    x, y = p - 1, p
    w[:, y] = 50.0  # y gets in with 1, x with a quarter of a quarter at most, all else is shut out
    w[0, :y] = -50.0
    w_k[x], w_k[y] = 3.0, -3.0
    w_k[x, -1], w_k[y, -1] = -6.0, 6.0
    batch = task.sample(np.random.default_rng(1), 200)
    outputs = learner.predict(net, batch)
    assert task.score(batch, outputs)[1].all()
    least = inside.least_error_when_solved(p, task.tolerance)
    is_x = batch.symbols[batch.offsets[:-1]] == x
    squared = np.add.reduceat((outputs - batch.targets) ** 2, batch.offsets[:-1])
    assert (squared[is_x, x] > least).all()
    assert least > 1.0  # more than always answering 0


def test_the_identity_has_slope_1() -> None:
    learner = lstm_of(row("table2/2a"))
    batch = LongLag(p=100).sample(np.random.default_rng(0), 2)
    held = inside.holding(learner, learner.start(np.random.default_rng(0)), batch, step=1)
    np.testing.assert_array_equal(held.slope, [1.0])
    assert held.size[0] > 5.0


def test_saturation_is_the_slope_of_h_over_its_largest() -> None:
    learner, net = LEARNER, random_net()
    batch = TASK.sample(np.random.default_rng(3), 4)
    s_c, left = inside.saturation(learner, net, batch)
    np.testing.assert_array_equal(s_c, [learner.trace(net, batch, i).s_c[-1] for i in range(4)])
    step = 1e-5
    slope = (np.tanh((s_c + step) / 2) - np.tanh((s_c - step) / 2)) / (2 * step)
    np.testing.assert_allclose(left, slope / 0.5, atol=1e-6)


def test_the_initial_net_is_the_one_that_the_trial_starts_from() -> None:
    specification = row("table9/6a").under(Reading())
    one, again, other = (inside.initial_net(specification, trial) for trial in (1, 1, 2))
    np.testing.assert_array_equal(one.weights.w, again.weights.w)
    assert not np.array_equal(one.weights.w, other.weights.w)


def test_explained_is_the_share_of_the_variance() -> None:
    rng = np.random.default_rng(0)
    states = rng.normal(size=(5000, 2))
    noise = rng.normal(size=5000)
    assert inside.explained(states, 3.0 + states @ [1.0, -2.0]) == pytest.approx(1.0)
    assert inside.explained(states, noise) < 0.01
    assert inside.explained(states, states[:, 0] + noise) == pytest.approx(0.5, abs=0.05)


def test_marked_pair_values_make_the_target() -> None:
    batch = Multiplication(T=100).sample(np.random.default_rng(0), 500)
    x_1, x_2 = inside.marked_pair_values(batch)
    np.testing.assert_allclose(x_1 * x_2, batch.targets[:, 0])
