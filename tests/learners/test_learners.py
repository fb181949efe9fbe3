"""What all learners promise; the LSTM learner: initial weights, training and prediction, and what a trace shows."""

import pickle
import re
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from oracles import network as oracles
from support import nets
from support.nets import Setting
from support.pairs import REFUSED

from lstm97.experiments.pairs import make_pair
from lstm97.learners import LSTM, Net, Work, learners
from lstm97.learners.base import LearnerError
from lstm97.learners.elman import Elman
from lstm97.net.network import new_state
from lstm97.net.reading import READINGS, Reading
from lstm97.net.topology import Topology
from lstm97.tasks import Batch

NET = Topology(2, (2, 1), 2, n_hidden=1)
LEARNER = LSTM(NET, alpha=0.5, weight_range=0.1, in_gate_bias=(-3.0, -6.0))


@pytest.mark.parametrize("learn", [True, False])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lambda outputs: outputs[1:], r"returned float64 of shape \(2, 1\): return float64 of shape \(3, 1\)"),
        (lambda outputs: outputs.ravel(), r"returned float64 of shape \(3,\): return float64 of shape \(3, 1\)"),
        (lambda outputs: outputs.astype(np.float32), r"returned float32 of shape \(3, 1\): return float64"),
        (lambda outputs: outputs.tolist(), "returned list: return float64"),
        (lambda outputs: None, "returned NoneType: return float64"),
        (lambda outputs: outputs[9], "raised IndexError: index 9 is out of bounds"),
        (lambda outputs: outputs, ""),
    ],
)
def test_what_a_learner_does_wrong_is_said_with_its_file(given: Any, says: str, learn: bool) -> None:
    class Mine(Elman):
        def train(self, net: Any, batch: Batch) -> Any:
            return given(super().train(net, batch))

        def predict(self, net: Any, batch: Batch) -> Any:
            return given(super().predict(net, batch))

    specification = make_pair("parity:T=3", "elman").under(Reading())
    right: Any = specification.learner_of(1)
    learner = Mine(right.topology, right.alpha, right.weight_range)
    batch = specification.task_of(1).sample(np.random.default_rng(0), 3)
    work = Work(learner, learner.start(np.random.default_rng(1)), batch, learn)
    if not says:
        assert work.do().shape == (3, 1)
        return
    where = rf"^{re.escape(__file__)}(, line \d+)?: Mine\.{'train' if learn else 'predict'} {says}"
    with pytest.raises(LearnerError, match=where) as caught:
        work.do()
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.calls) == (str(caught.value), caught.value.calls)
    assert ("IndexError" in again.calls) == ("IndexError" in says)


def test_that_memory_is_lacking_is_no_fault_of_the_learner(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(Elman, "train", train)
    specification = make_pair("parity:T=3", "elman").under(Reading())
    learner, batch = specification.learner_of(1), specification.task_of(1).sample(np.random.default_rng(0), 3)
    with pytest.raises(MemoryError):
        Work(learner, learner.start(np.random.default_rng(1)), batch).do()


@pytest.mark.parametrize("task", ["long-lag:p=3,variant=2b", "two-sequence:T=10,N=3"])
@pytest.mark.parametrize("name", learners())
def test_what_a_learner_promises(name: str, task: str) -> None:
    """Batches of any size, predictions that change nothing, and copies that go on by themselves."""
    if (task.partition(":")[0], name) in REFUSED:
        return
    # an epoch of cascade-correlation is 256 sequences, if nothing else is said
    specification = make_pair(task, f"{name}:n_sequences=40" if name == "cascade" else name).under(Reading())
    learner, sequences = specification.learner_of(1), specification.task_of(1)
    batch, test = (sequences.sample(np.random.default_rng(seed), n) for seed, n in ((2, 120), (3, 20)))
    nets = [learner.start(np.random.default_rng(1)) for _ in range(3)]
    before = learner.predict(nets[0], test)
    copied = learner.copy(nets[0])
    whole = learner.train(nets[0], batch)
    after = learner.predict(nets[0], test)
    assert whole.shape == batch.targets.shape
    assert not np.array_equal(after, before)

    ends = (0, 1, 50, 51, 120)
    parts = []
    for first, last in zip(ends[:-1], ends[1:], strict=True):
        parts.append(learner.train(nets[1], batch.part(first, last)))
        learner.predict(nets[1], test)
    assert_array_equal(np.concatenate(parts), whole)
    assert_array_equal(learner.predict(nets[1], test), after)

    # what it makes of a sequence hangs on no other one: test sets are presented in parts
    apart = [learner.predict(nets[0], test.part(first, last)) for first, last in ((0, 1), (1, 8), (8, 20))]
    assert_array_equal(np.concatenate(apart), after)

    assert_array_equal(learner.predict(copied, test), before)
    assert_array_equal(learner.train(copied, batch), whole)
    assert_array_equal(learner.predict(copied, test), after)
    # the control: one of them teaches less
    learner.train(nets[2], batch.first(1))
    assert not np.array_equal(learner.predict(nets[2], test), after)


def batch_of(setting: Setting, lengths: tuple[int, ...]) -> Batch:
    sequences = nets.random_sequences(setting, np.random.default_rng(2), lengths)
    return Batch(sequences.symbols, sequences.values, sequences.offsets, sequences.targets, setting.every_step)


def start(learner: LSTM, seed: int = 0) -> Net:
    return learner.start(np.random.default_rng(seed))


def test_initial_weights() -> None:
    weights = start(LEARNER).weights
    bias = NET.source_names.index("1")
    assert weights.w[:2, bias].tolist() == [-3.0, -6.0]
    others = np.concatenate([np.delete(weights.w, bias, axis=1).ravel(), weights.w_k.ravel()])
    assert 0.05 < np.abs(others).max() <= 0.1
    assert len(np.unique(others)) == others.size
    assert_array_equal(start(LEARNER).weights.w, weights.w)
    assert not np.array_equal(start(LEARNER, seed=1).weights.w, weights.w)


def test_initial_weights_of_the_institute() -> None:
    """Of 2000 evenly spaced values, and gate biases added to them."""
    learner = LSTM(NET, 0.5, 0.1, in_gate_bias=(-3.0, -6.0), reading=READINGS["institute"])
    weights = start(learner).weights
    bias = NET.source_names.index("1")
    random_part = weights.w[:2, bias] - [-3.0, -6.0]
    assert (np.abs(random_part) <= 0.1 + 1e-12).all()
    assert random_part.all()
    steps = np.concatenate([weights.w_k.ravel(), random_part]) / 1e-4
    assert steps == pytest.approx(np.round(steps), abs=1e-8)


def test_weights_that_the_topology_lacks_are_zero() -> None:
    weights = start(LSTM(Topology(2, (2,), 1, biased="ga"), 0.5, 0.1)).weights
    assert not weights.w[weights.exists == 0].any()
    assert weights.w[weights.exists == 1].all()


def test_predicting_changes_nothing_and_training_does() -> None:
    batch = batch_of(Setting(NET), (4, 5))
    net = start(LEARNER)
    kept = LEARNER.copy(net)
    first = LEARNER.predict(net, batch)
    assert_array_equal(net.weights.w, kept.weights.w)
    trained = LEARNER.train(net, batch)
    assert_array_equal(trained[0], first[0])  # before learning from it
    assert not np.array_equal(trained[1], first[1])
    assert not np.array_equal(net.weights.w, kept.weights.w)
    assert_array_equal(LEARNER.predict(kept, batch), first)


@pytest.mark.parametrize("output_timing", ["same step", "one step later"])
@pytest.mark.parametrize("outputs_see_inputs", [False, True])
@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("gates", [False, True])
def test_trace(output_timing: str, outputs_see_inputs: bool, one_hot: bool, gates: bool) -> None:
    topology = Topology(
        2, (2, 1), 2, n_hidden=1, in_gates=gates, out_gates=gates, outputs_see_inputs=outputs_see_inputs
    )
    learner = LSTM(topology, 0.5, 1.0, reading=Reading(output_timing=output_timing))
    setting = Setting(topology, one_hot=one_hot, every_step=True)
    net = Net(nets.random_weights(topology, np.random.default_rng(1)), new_state(topology))
    batch = batch_of(setting, (3, 5))
    trace = learner.trace(net, batch, 1)
    assert_array_equal(trace.y_k, learner.predict(net, batch)[3:])
    sequence = nets.Sequences(batch.symbols, batch.values, batch.offsets, batch.targets).only(1, True)
    activations, _ = oracles.run(nets.example(setting, net.weights, sequence))
    for column, names in (
        (trace.y_in, ("in_1", "in_2")),
        (trace.y_out, ("out_1", "out_2")),
        (trace.y_c, ("c_1^1", "c_1^2", "c_2^1")),
    ):
        expected = [[step.get(name, 1.0) for name in names] for step in activations[1:]]
        assert column == pytest.approx(np.array(expected), abs=1e-14)
    increments = np.diff(trace.s_c, axis=0, prepend=0.0)
    assert (np.abs(increments) <= 2.0).all()
    assert increments.any()


@pytest.mark.parametrize(
    ("biases", "says"),
    [
        ({"in_gate_bias": (-3.0,)}, "in_gate_bias has 1 values for 2 gates: give one for each, or None"),
        ({"out_gate_bias": (-1.0, -2.0, -3.0)}, "out_gate_bias has 3 values for 2 gates"),
    ],
)
def test_bad_input_is_named(biases: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        LSTM(NET, 0.5, 0.1, **biases)
