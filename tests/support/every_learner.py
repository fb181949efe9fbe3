"""One of every kind of learner, found as the command finds them: a new one is tested without a word."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from lstm97 import learners
from lstm97.learners import LSTM, RecurrentTopology
from lstm97.net.network import State
from lstm97.net.topology import Topology
from lstm97.tasks import Batch
from lstm97.tasks.base import offsets_of

#: By class: those that the command knows, and the one that LSTM becomes where its cells are added.
CLASSES: dict[str, Any] = {cls.__name__: cls for cls in (*learners.learners().values(), learners.Growing)}


def fields(cls: Any, n_inputs: int, n_outputs: int, n_hidden: int, biased: bool = True) -> dict[str, Any]:
    """Give what has no default; a field that stands nowhere here has to be added."""
    see = cls in (learners.Growing, LSTM)
    net = Topology(n_inputs, (1,) * n_hidden, n_outputs, biased="all" if biased else "none", outputs_see_inputs=see)
    recurrent = RecurrentTopology(n_inputs, n_hidden, n_outputs, biased=biased)
    values = {
        "topology": net if cls is LSTM else recurrent,
        "lstm": LSTM(net, 0.5, 1.0),
        "n_inputs": n_inputs,
        "n_outputs": n_outputs,
        "n_symbols": n_inputs,
        "n_hidden": n_hidden,
        "alpha": 0.5,
        "weight_range": 1.0,
        "tau": (0.5,) * n_hidden,
        "delays": 2,
        "window": 2,
        "tolerance": 0.1,
    }
    missing = dataclasses.MISSING
    needed = [one.name for one in dataclasses.fields(cls) if one.default is one.default_factory is missing]
    return {name: values[name] for name in needed}


def make(name: str, n_inputs: int = 3, n_outputs: int = 3, n_hidden: int = 2, **more: Any) -> Any:
    cls = CLASSES[name]
    if cls is learners.Cascade:
        more = {"n_sequences": 2} | more
    return cls(**fields(cls, n_inputs, n_outputs, n_hidden), **more)


def next_symbols(n: int = 3, lengths: tuple[int, ...] = (4, 3, 5)) -> Batch:
    """Symbols, with the next one as the target of every step: what every learner can be given."""
    rng = np.random.default_rng(0)
    symbols = rng.integers(n, size=sum(lengths))
    symbols[:n] = np.arange(n)
    targets = np.eye(n)[rng.integers(n, size=len(symbols))]
    return Batch(symbols, np.zeros((len(symbols), 0)), offsets_of(np.array(lengths)), targets, every_step=True)


def dense(batch: Batch) -> Batch:
    """Write the inputs out; targets at the sequences' ends only."""
    targets = batch.targets[batch.offsets[1:] - 1]
    values = np.eye(int(batch.symbols.max()) + 1)[batch.symbols]
    return Batch(np.zeros(0, dtype=np.int64), values, batch.offsets, targets)


def arrays_in(net: Any) -> Iterator[np.ndarray]:
    """Find all arrays of a net."""
    if isinstance(net, np.ndarray):
        yield net
    elif isinstance(net, tuple | list):
        for one in net:
            yield from arrays_in(one)
    elif dataclasses.is_dataclass(net):
        for one in dataclasses.fields(net):
            yield from arrays_in(getattr(net, one.name))


def same(one: Any, other: Any) -> bool:
    """Whether two nets are equal in every number, and in the state of their random generators.

    What LSTM's nets have as `State` is reset before each sequence, so it may differ.
    """
    if isinstance(one, float):
        return isinstance(other, float) and one == other
    if type(one).__name__ != type(other).__name__:  # a module without compiled functions has its own types
        return False
    if isinstance(one, State):
        return True
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, np.random.Generator):
        return same(one.bit_generator.state, other.bit_generator.state)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if dataclasses.is_dataclass(one):
        return all(same(getattr(one, each.name), getattr(other, each.name)) for each in dataclasses.fields(one))
    return bool(one == other)
