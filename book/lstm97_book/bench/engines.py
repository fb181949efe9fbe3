"""How long a network step takes: the engines beside others in one run, and how the cost grows, for every system.

Times are per network step and trial, and contain what a trial needs: drawing sequences, learning, scoring. Machines
differ, and a busy one disturbs: every comparison is made in turns within one run, each engine's fastest round counts,
and what is worth keeping are the ratios.
"""

import importlib.util
import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm97.engine.lanes import Lanes, Work, kind_of
from lstm97.engine.side_by_side import LANES
from lstm97.experiments import lstm_rows, row
from lstm97.experiments.pairs import PairError, make_pair
from lstm97.learners import LSTM, Cascade, Learner, Net, learners
from lstm97.learners.cascade import MOST_EPOCHS, CascadeNet, Progress, QuickpropWeights
from lstm97.net.reading import Reading
from lstm97.net.topology import Topology
from lstm97.tasks import Batch, Distractors
from lstm97_book.bench import targets
from lstm97_book.bench.other_engines import jax_trials, numpy_loop, torch_loop
from lstm97_book.bench.targets import literal, present, timed

ROW = "table7/T100"
#: Sequences of the slow engines in each round.
N_NUMPY, N_TORCH, N_JAX = 20, 2, 20
JAX_TRIALS = 64

#: What systems learn while their cost is measured, where that is not adding, nor, for those that predict symbols,
#: Task 2a: a window looks at few steps, and gets a target at each; the cascade was made for the Reber grammar.
OTHERWISE = {"window": ("long-lag:p=20",), "cascade": ("reber",)}


@dataclass(frozen=True)
class Extent:
    """How much is measured.

    Attributes
    ----------
    rounds : int
        Of each engine; the fastest counts.
    steps : int
        Time steps of one trial in one round, about.
    lanes, blocks, symbols, hidden : tuple of int
        Points at which growth is measured: trials side by side, blocks of memory cells, distractors, hidden units.
    rows : tuple of str
        Rows with different lags.
    every_net : bool
        Whether ratios and costs are measured of all nets, or of the adding problem's only.
    """

    rounds: int = 7
    steps: int = 20_000
    lanes: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    rows: tuple[str, ...] = ("table7/T100", "table7/T500", "table7/T1000")
    blocks: tuple[int, ...] = (1, 2, 4, 8)
    symbols: tuple[int, ...] = (50, 100, 200, 500, 1000)
    hidden: tuple[int, ...] = (4, 8, 16, 32)
    every_net: bool = True


FULL = Extent()
#: One short round of everything at one point: what is printed is all there, and no number means much.
QUICK = Extent(1, 500, (4,), ("table7/T100",), blocks=(1,), symbols=(50,), hidden=(4,), every_net=False)


def _timed(rounds: Mapping[str, Callable[[], int]], n: int) -> dict[str, float]:
    """Time rounds by the wall: other libraries compute in several threads."""
    return timed(rounds, n, time.perf_counter_ns)


def _one_trial(task: Any, learner: Learner, steps: int, net: Any = None) -> Callable[[], int]:
    """Make a round of one trial by itself, perhaps with another net than the learner starts with."""
    rng = np.random.default_rng(0)
    net = learner.start(rng) if net is None else net
    n = max(1, steps // int(task.sample(rng, 20).n_steps / 20))

    def engine() -> int:
        batch = task.sample(rng, n)
        task.score(batch, learner.train(net, batch))
        return batch.n_steps

    return engine


def _side_by_side(task: Any, learner: LSTM, steps: int, n_lanes: int) -> Callable[[], int]:
    """Make a round of as many trials as there are lanes."""
    rng = np.random.default_rng(0)
    nets = [learner.start(rng) for _ in range(n_lanes)]
    n = max(1, steps // int(task.sample(rng, 20).n_steps / 20))
    lanes: list[Lanes] = []

    def engine() -> int:
        batches = [task.sample(rng, n) for _ in nets]
        if not lanes:
            lanes.append(Lanes(kind_of(learner, batches[0]), n_lanes))
        for batch, outputs in present(lanes[0], learner, nets, batches):
            task.score(batch, outputs)
        return sum(batch.n_steps for batch in batches)

    return engine


def _padded(batches: Sequence[Batch], max_steps: int) -> tuple[Any, Any, Any]:
    """Write batches as arrays with one row per trial: values padded to `max_steps`, lengths, targets."""
    n = len(batches[0])
    values = np.zeros((len(batches), n, max_steps, batches[0].values.shape[1]))
    lengths = np.array([np.diff(batch.offsets) for batch in batches])
    for trial, batch in enumerate(batches):
        for i in range(n):
            values[trial, i, : lengths[trial, i]] = batch.values[batch.offsets[i] : batch.offsets[i + 1]]
    return values, lengths, np.array([batch.targets for batch in batches])


def engines(extent: Extent = FULL) -> list[dict[str, Any]]:
    """Compare the engines on the adding problem, T = 100, and check that all learn the same.

    PyTorch and JAX take part where they are installed.

    Returns
    -------
    list of dict
        Per engine: ``engine``, ``trials`` (side by side), ``ns_per_step``, ``times`` (its time over that of one trial
        on the compiled engine), ``largest_difference`` (between weights after the same few sequences and those of the
        compiled engine).
    """
    _, learner, task = literal(ROW)
    rng = np.random.default_rng(0)
    net = learner.start(rng)
    few = task.sample(rng, N_NUMPY)
    reference = learner.copy(net)
    learner.train(reference, few)

    def difference(other: Net) -> float:
        pairs = zip(reference.weights[:2], other.weights[:2], strict=True)
        return max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs)

    def trained(train: Callable[[LSTM, Net, Batch], object]) -> Net:
        other = learner.copy(net)
        train(learner, other, few)
        return other

    def slow(train: Callable[[LSTM, Net, Batch], object], n: int) -> Callable[[], int]:
        own = learner.copy(net)

        def engine() -> int:
            batch = task.sample(rng, n)
            train(learner, own, batch)
            return batch.n_steps

        return engine

    def in_lanes(_: LSTM, own: Net, batch: Batch) -> None:
        lanes = Lanes(kind_of(learner, batch), 1)
        lanes.load(0, Work(learner, own, batch))
        lanes.run()
        lanes.unload(0)

    of_lanes = difference(trained(in_lanes))
    contestants: dict[str, tuple[int, Callable[[], int], float]] = {
        "lstm97, one trial": (1, _one_trial(task, learner, extent.steps), 0.0),
        "lstm97, 16 lanes": (16, _side_by_side(task, learner, extent.steps, 16), of_lanes),
        "lstm97, 32 lanes": (32, _side_by_side(task, learner, extent.steps, 32), of_lanes),
        "NumPy loop": (1, slow(numpy_loop, N_NUMPY), difference(trained(numpy_loop))),
    }
    if importlib.util.find_spec("torch") is not None:
        contestants["PyTorch, eager"] = (1, slow(torch_loop, N_TORCH), difference(trained(torch_loop)))
    if importlib.util.find_spec("jax") is not None:
        contestants |= _jax(learner, task, net, few, difference)
    times = _timed({name: engine for name, (_, engine, _) in contestants.items()}, extent.rounds)
    return [
        {
            "engine": name,
            "trials": n_trials,
            "ns_per_step": times[name],
            "times": times[name] / times["lstm97, one trial"],
            "largest_difference": largest,
        }
        for name, (n_trials, _, largest) in contestants.items()
    ]


def _jax(
    learner: LSTM, task: Any, net: Net, few: Batch, difference: Callable[[Net], float]
) -> dict[str, tuple[int, Callable[[], int], float]]:
    """Make the rounds of JAX, with one trial and with many."""
    max_steps = task.T + task.T // 10
    train = jax_trials(learner, max_steps)

    def weights(n_trials: int) -> list[Any]:
        return [np.repeat(np.ascontiguousarray(w)[np.newaxis], n_trials, axis=0) for w in net.weights[:2]]

    def engine_of(n_trials: int) -> Callable[[], int]:
        rng = np.random.default_rng(0)
        state = weights(n_trials)

        def engine() -> int:
            batches = [task.sample(rng, N_JAX) for _ in range(n_trials)]
            state[:] = [np.asarray(w) for w in train(*state, *_padded(batches, max_steps))]
            return sum(batch.n_steps for batch in batches)

        return engine

    other = learner.copy(net)
    w, w_k = train(*weights(1), *_padded([few], max_steps))
    other.weights.w[:], other.weights.w_k[:] = w[0], w_k[0]
    largest = difference(other)
    return {
        "JAX, one trial": (1, engine_of(1), largest),
        f"JAX, {JAX_TRIALS} trials": (JAX_TRIALS, engine_of(JAX_TRIALS), largest),
    }


def growth(extent: Extent = FULL) -> dict[str, list[dict[str, Any]]]:
    """Measure how the cost of a step grows with trials side by side, time lag, weights and number of symbols.

    Returns
    -------
    dict of str to list of dict
        ``trials``, ``lag``, ``weights``, ``symbols``: per point its abscissa under the same name, ``one``
        (nanoseconds per step of one trial by itself) and ``lanes`` (per step and trial, with ``n_lanes`` trials
        side by side).
    """
    _, learner, task = literal(ROW)
    side_by_side = {str(n): _side_by_side(task, learner, extent.steps, n) for n in extent.lanes}
    times = _timed({"one": _one_trial(task, learner, extent.steps)} | side_by_side, extent.rounds)
    found = {
        "trials": [{"trials": n, "n_lanes": n, "one": times["one"], "lanes": times[str(n)]} for n in extent.lanes]
    }

    def pair(abscissa: str, value: int, task: Any, learner: LSTM) -> dict[str, Any]:
        one, lanes = (
            _one_trial(task, learner, extent.steps),
            _side_by_side(task, learner, extent.steps, LANES),
        )
        times = _timed({"one": one, "lanes": lanes}, extent.rounds)
        return {abscissa: value, "n_lanes": LANES} | times

    found["lag"] = []
    for name in extent.rows:
        _, learner, task = literal(name)
        found["lag"].append(pair("lag", row(name).tasks[0].T // 2, task, learner))  # type: ignore[attr-defined]
    found["weights"] = []
    task = literal(ROW)[2]
    for n_blocks in extent.blocks:
        topology = Topology(n_inputs=2, block_sizes=(2,) * n_blocks, n_outputs=1)
        found["weights"].append(pair("weights", topology.n_weights, task, LSTM(topology, 0.5, 0.1)))
    found["symbols"] = []
    for p in extent.symbols:
        topology = Topology(n_inputs=p + 4, block_sizes=(1, 1), n_outputs=2, biased="none")
        found["symbols"].append(pair("symbols", p, Distractors(q=1000, p=p), LSTM(topology, 0.01, 0.2)))
    return found


def systems(extent: Extent = FULL, say: Callable[[str], None] = lambda text: None) -> dict[str, list[dict[str, Any]]]:
    """Measure how the cost of a step grows with the hidden layer, for every learning system.

    LSTM has half as many blocks of two cells as the others have hidden units. A cascade, which grows by itself, is
    given its hidden units, and measured while it trains candidates for the next one. What else has no number of
    hidden units to be set is measured as it is.

    Parameters
    ----------
    say : callable
        Told what is measured next.

    Returns
    -------
    dict of str to list of dict
        By learner, as `lstm97.learners.learners` names them: ``task``, ``hidden``, ``weights`` and
        ``ns_per_step``.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for name in learners():
        task_text = task_of(name)
        has_size = "n_hidden" in inspect.signature(learners()[name].for_task).parameters
        say(f"    {name}")
        found[name] = []
        for n_hidden in extent.hidden:
            if name == "lstm":
                learner: Learner = LSTM(Topology(2, (2,) * (n_hidden // 2), 1), 0.5, 0.1)
                task = literal(ROW)[2]
            else:
                sized = f"{name}:n_hidden={n_hidden}" if has_size else name
                specification = make_pair(task_text, sized).under(Reading())
                learner, task = specification.learner_of(1), specification.task_of(1)
            net = _grown(learner, n_hidden) if isinstance(learner, Cascade) else None
            n_weights = (net or learner).n_weights
            times = _timed({"one": _one_trial(task, learner, extent.steps, net)}, min(3, extent.rounds))
            point = {"task": task_text, "hidden": n_hidden, "weights": n_weights, "ns_per_step": times["one"]}
            found[name].append(point)
    return found


def task_of(name: str) -> str:
    """Say what a learning system learns while its cost is measured.

    Parameters
    ----------
    name : str
        As `lstm97.learners.learners` names it.

    Returns
    -------
    str
        As `lstm97.experiments.pairs.make_pair` takes it.

    Raises
    ------
    PairError
        If it can learn nothing that there is.
    """
    for task in (*OTHERWISE.get(name, ()), "adding", "long-lag:p=20"):
        with suppress(PairError):
            make_pair(task, name)
            return task
    raise PairError(f"{name} can learn neither adding nor long-lag: name what it can learn in OTHERWISE")


def _grown(learner: Cascade, n_hidden: int) -> CascadeNet:
    """Make a cascade that has hidden units, with random weights, and is about to train candidates."""
    rng = np.random.default_rng(0)
    n_sources = learner.n_inputs + n_hidden + 1

    def weights(n: int, n_sources: int) -> NDArray[np.float64]:
        return rng.uniform(-1.0, 1.0, size=(n, n_sources))

    net = learner.start(rng)
    w = weights(n_hidden, n_sources)
    w[:, learner.n_inputs : -1] = np.tril(w[:, learner.n_inputs : -1])
    return replace(
        net,
        w=w,
        outputs=QuickpropWeights.new(weights(learner.n_outputs, n_sources)),
        pool=QuickpropWeights.new(weights(learner.n_candidates, n_sources + 1)),
        progress=Progress(MOST_EPOCHS),
    )


def bench(extent: Extent = FULL, say: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """Measure all of it.

    Parameters
    ----------
    say : callable
        Told what is measured next.

    Returns
    -------
    dict
        ``engines``, ``targets`` (see `lstm97_book.bench.targets.Target`), ``costs`` (see
        `lstm97_book.bench.targets.costs`), what `growth` returns, and ``systems``.
    """
    say("the engines, one beside the other (1 of 5)")
    found: dict[str, Any] = {"engines": engines(extent)}
    say("how near they are to what can be reached (2 of 5)")
    found["targets"] = targets.as_data(
        targets.measure(extent.rounds, 5 * extent.steps // 2, say, every_net=extent.every_net)
    )
    say("what a step of every row of LSTM costs (3 of 5)")
    of_rows = lstm_rows() if extent.every_net else {ROW: row(ROW)}
    found["costs"] = targets.costs(of_rows, min(2, extent.rounds), extent.steps)
    say("how the cost of a step grows (4 of 5)")
    found |= growth(extent)
    say("all learning systems (5 of 5)")
    return found | {"systems": systems(extent, say)}
