"""No learner lets compiled code see arrays that are not what it was told: each mismatch is one clear error.

All attempts are made in one process of their own, which writes a line for each: where memory is read or written that
is nobody's, lines are missing.
"""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from support.every_learner import CLASSES, arrays_in, dense, make, next_symbols

from lstm97.engine.lanes import Lanes, kind_of
from lstm97.learners import LSTM, RTRL, RecurrentTopology, Work
from lstm97.net.topology import Topology
from lstm97.tasks import Adding, Batch, Distractors
from lstm97.tasks.base import absolute_errors
from lstm97.theory.truncation import backward_pass, recurrent_inputs

NEXT_SYMBOLS = ("Chunker", "Hierarchy")


def changed(of: str, change: Callable[[Any], Any]) -> Callable[[Batch], Batch]:
    return lambda batch: dataclasses.replace(batch, **{of: change(getattr(batch, of))})


def at(place: Any, value: Any) -> Callable[[Any], Any]:
    def put(array: Any) -> Any:
        array = array.copy()
        array[place] = value
        return array

    return put


#: What is wrong with a batch: which array the message has to name, and the change.
OF_ALL: dict[str, tuple[str, Callable[[Batch], Batch]]] = {
    "one output unit less": ("targets", changed("targets", lambda d: d[:, 1:].copy())),
    "one output unit more": ("targets", changed("targets", lambda d: np.hstack([d, d[:, :1]]))),
    "one row of targets less": ("targets", changed("targets", lambda d: d[1:])),
    "one row of targets more": ("targets", changed("targets", lambda d: np.vstack([d, d[:1]]))),
    "targets of one dimension": ("targets", changed("targets", np.ravel)),
    "targets of float32": ("targets", changed("targets", lambda d: d.astype(np.float32))),
    "targets with gaps": ("targets", changed("targets", lambda d: np.repeat(d, 2, axis=1)[:, ::2])),
    "targets in a list": ("targets", changed("targets", lambda d: d.tolist())),
    "a target that is no number": ("targets", changed("targets", at((1, 0), np.nan))),
    "an infinite target": ("targets", changed("targets", at((-1, -1), np.inf))),
    "no offsets": ("offsets", changed("offsets", lambda o: o[:0])),
    "offsets from 1": ("offsets", changed("offsets", lambda o: o + 1)),
    "offsets that descend": ("offsets", changed("offsets", at(1, 9))),
    "an empty sequence": ("offsets", changed("offsets", at(1, 7))),
    "a negative offset": ("offsets", changed("offsets", at(1, -4))),
    "offsets that run over": ("offsets", changed("offsets", at(1, -(2**63)))),
    "an end beyond the end": ("", changed("offsets", at(-1, 10**6))),
    "an end before the end": ("", changed("offsets", at(-1, 8))),
    "offsets of int32": ("offsets", changed("offsets", lambda o: o.astype(np.int32))),
    "offsets of floats": ("offsets", changed("offsets", lambda o: o.astype(np.float64))),
    "targets at ends taken for every step's": ("", lambda batch: dataclasses.replace(batch, every_step=False)),
    "every_step in words": ("", changed("every_step", lambda _: "no")),
}
OF_SYMBOLS = OF_ALL | {
    "a symbol too many": ("symbols", changed("symbols", at(-1, 3))),
    "a far symbol": ("symbols", changed("symbols", at(0, 2**62))),
    "a negative symbol": ("symbols", changed("symbols", at(0, -1))),
    "one symbol less": ("symbols", changed("symbols", lambda s: s[1:])),
    "symbols of int32": ("symbols", changed("symbols", lambda s: s.astype(np.int32))),
    "symbols of floats": ("symbols", changed("symbols", lambda s: s.astype(np.float64))),
    "symbols of two dimensions": ("symbols", changed("symbols", lambda s: s[:, None])),
    "neither symbols nor values": ("", changed("symbols", lambda s: s[:0])),
    "symbols and values": ("", changed("values", lambda v: np.ones((len(v), 3)))),
}
OF_VALUES = OF_ALL | {
    "one input unit less": ("values", changed("values", lambda v: v[:, 1:].copy())),
    "one input unit more": ("values", changed("values", lambda v: np.hstack([v, v[:, :1]]))),
    "one row of values less": ("values", changed("values", lambda v: v[1:])),
    "values of whole numbers": ("values", changed("values", lambda v: v.astype(np.int64))),
    "values column by column": ("values", changed("values", np.asfortranarray)),
    "a value that is no number": ("values", changed("values", at((0, 0), np.nan))),
    "an infinite value": ("values", changed("values", at((2, 1), -np.inf))),
    "values and symbols": ("", changed("symbols", lambda _: np.zeros(12, dtype=np.int64))),
}
del OF_VALUES["targets at ends taken for every step's"]
OF_VALUES["targets of every step taken for the ends'"] = (
    "targets",
    lambda batch: dataclasses.replace(batch, every_step=True),
)


def wrong_nets(name: str) -> dict[str, Any]:
    """Nets of other sizes, of another learner, and what is none."""
    bigger = {"one hidden unit more": {"n_hidden": 3}, "one input unit more": {"n_inputs": 4, "n_outputs": 4}}
    nets = {
        what: make(name, **size).start(np.random.default_rng(0))
        for what, size in bigger.items()
        if name != "Cascade" or "n_inputs" in size
    }
    other = "RTRL" if name == "LSTM" else "LSTM"
    nets["another learner's"] = make(other).start(np.random.default_rng(0))
    return nets | {"no net": None, "an array": np.zeros((3, 3))}


def attempts() -> Iterator[tuple[str, str, str, Callable[[], Any], str]]:
    """Go through all learners: name, mismatch, what the message has to name, what is tried, how."""
    for name in CLASSES:
        learner = make(name)
        net = learner.start(np.random.default_rng(1))
        uses = {"train": learner.train, "predict": learner.predict}
        if name == "LSTM":
            uses["trace"] = partial(learner.trace, i=0)
        batches = {"symbols": (next_symbols(), OF_SYMBOLS)}
        if name not in NEXT_SYMBOLS:
            batches["values"] = dense(next_symbols()), OF_VALUES
        for form, (good, wrong) in batches.items():
            for use, do in uses.items():
                for what, (named, change) in wrong.items():
                    yield name, f"{form}: {what}", named, partial(do, net, change(good)), use
                for what, other in wrong_nets(name).items():
                    yield name, f"{form}: {what}", "net", partial(do, other, good), use


def tried() -> Iterator[dict[str, Any]]:
    for name, what, named, do, use in attempts():
        try:
            do()
            error, says = "", "nothing"
        except Exception as one:
            error, says = type(one).__name__, str(one)
        yield {"learner": name, "what": what, "named": named, "use": use, "error": error, "says": says}


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    """Make all attempts in another process."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=False, env=env)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (lines[-1:], done.stderr[-500:])  # the next one after the last crashed
    return lines


def test_every_attempt_was_made(found: list[dict[str, Any]]) -> None:
    assert len(found) == sum(1 for _ in attempts()) > 60 * len(CLASSES)
    assert {one["learner"] for one in found} == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_every_mismatch_is_one_clear_error(name: str, found: list[dict[str, Any]]) -> None:
    unclear = [
        one
        for one in found
        if one["learner"] == name
        and (
            one["error"] != "ValueError"
            or not ("give" in one["says"] and one["named"] in one["says"])
            or "\n" in one["says"]
        )
    ]
    assert unclear == []


@pytest.mark.parametrize("name", CLASSES)
def test_what_fits_is_presented_and_what_does_not_changes_nothing(name: str) -> None:
    """The control: without a change nothing is wrong with the batches."""
    learner = make(name)
    net = learner.start(np.random.default_rng(1))
    before = [array.copy() for array in arrays_in(net)]
    for what, (_, change) in OF_SYMBOLS.items():
        with pytest.raises(ValueError, match="give"):
            learner.train(net, change(next_symbols()))
        assert all(map(np.array_equal, arrays_in(net), before)), what
    batches = [next_symbols(), next_symbols().first(0), next_symbols(lengths=(1, 2))]
    for batch in batches if name in NEXT_SYMBOLS else [*batches, *map(dense, batches[::2])]:
        net = learner.start(np.random.default_rng(1))
        assert learner.predict(net, batch).shape == batch.targets.shape
        assert np.isfinite(learner.train(net, batch)).all()


def test_the_pair_of_a_small_net_and_many_symbols() -> None:
    learner = LSTM(Topology(2, (2, 2), 1), 0.1, 0.1)
    batch = Distractors(50, 50).sample(np.random.default_rng(0), 500)
    with pytest.raises(ValueError, match="symbols has 53: give input units from 0 to 1, or a larger net"):
        learner.train(learner.start(np.random.default_rng(0)), batch)


def test_lanes_and_the_theory_check_as_well() -> None:
    learner = LSTM(Topology(2, (2, 2), 1), 0.1, 0.1)
    net, batch = learner.start(np.random.default_rng(0)), Adding(30).sample(np.random.default_rng(0), 1)
    wrong = dataclasses.replace(batch, targets=np.zeros((1, 2)))
    other = LSTM(Topology(2, (2, 3), 1), 0.1, 0.1).start(np.random.default_rng(0))
    for bad_net, bad_batch, says in ((net, wrong, "targets is of shape"), (other, batch, "net: its w is float64 of")):
        lanes = Lanes(kind_of(learner, batch), 4)
        with pytest.raises(ValueError, match=says):
            lanes.load(0, Work(learner, bad_net, bad_batch))
        lanes.load(0, Work(learner, net, batch))  # the lane is still free
        for use in (backward_pass, lambda *of: recurrent_inputs(of[0], of[1].weights, of[2])):
            with pytest.raises(ValueError, match=says):
                use(learner, bad_net, bad_batch)


@pytest.mark.parametrize("i", [-1, 3])
def test_a_sequence_that_is_not_there_has_no_trace(i: int) -> None:
    learner = make("LSTM")
    with pytest.raises(ValueError, match=f"sequence {i} does not exist: give a number from 0 to 2"):
        learner.trace(learner.start(np.random.default_rng(0)), next_symbols(), i)


@pytest.mark.parametrize(
    ("change", "outputs", "says"),
    [
        ({}, (12, 2), r"outputs is of shape \(12, 2\): give \(12, 3\)"),
        ({}, (11, 3), "outputs is of shape"),
        ({"offsets": np.array([0, 4, 7, 13])}, (12, 3), "targets has 12 rows: give 13, as the offsets say"),
        ({"offsets": np.array([0, 4, 4, 12])}, (12, 3), "give every sequence at least one step"),
        ({"expected": np.zeros((12, 2))}, (12, 3), r"expected is of shape \(12, 2\): give a row"),
        ({"expected": np.zeros((5, 3))}, (12, 3), "expected is of shape"),
    ],
)
def test_outputs_are_compared_with_what_they_can_be_compared_with(
    change: dict[str, Any], outputs: tuple[int, int], says: str
) -> None:
    batch = dataclasses.replace(next_symbols(), **change)
    with pytest.raises(ValueError, match=says):
        absolute_errors(batch, np.zeros(outputs))


def test_weights_of_another_type_are_seen() -> None:
    learner = RTRL(RecurrentTopology(3, 2, 3), 0.5, 0.2)
    net = learner.start(np.random.default_rng(0))
    net.weights = net.weights._replace(w=net.weights.w.astype(np.float32))
    with pytest.raises(ValueError, match="net: its w is float32 of shape"):
        learner.train(net, next_symbols())


if __name__ == "__main__":
    for line in tried():
        print(json.dumps(line), flush=True)
