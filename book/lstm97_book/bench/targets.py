"""How near the engine is to what can be reached: ratios, each of two things that are timed in turns in one run.

Times are of one thread's computing, drawing sequences and scoring left out, unless it is said otherwise. What each
ratio should be at most was set before the engine was built.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm97.engine.lanes import Lanes, kind_of
from lstm97.engine.side_by_side import kind
from lstm97.experiments import Row, Specification, row
from lstm97.learners import LSTM, Net, Work
from lstm97.net.reading import Reading
from lstm97.net.topology import Topology
from lstm97.tasks import Batch, Task
from lstm97.trials.estimate import NO_CAP
from lstm97.trials.slices import advance
from lstm97.trials.trial import Trial
from lstm97_book.bench import cpp

Round = Callable[[], int]


@dataclass(frozen=True)
class Target:
    """A ratio that should be small.

    Attributes
    ----------
    what : str
    over : str
        What its time is divided by; "ns" if it is nanoseconds per step.
    most : float
        What the ratio should be at most.
    ratio : float or None
        None if it could not be measured.
    """

    what: str
    over: str
    most: float
    ratio: float | None


def timed(
    rounds: Mapping[str, Round], n: int, clock: Callable[[], int] = lambda: time.thread_time_ns()
) -> dict[str, float]:
    """Do rounds in turns; return each one's nanoseconds per step, the fastest time that it was done.

    Parameters
    ----------
    rounds : mapping of str to callable
        A round does its work when called, and returns the number of steps.
    n : int
        How often each is done.
    clock : callable
        Nanoseconds: of this thread's computing or, where others compute as well, `time.perf_counter_ns`.
    """
    best = dict.fromkeys(rounds, float("inf"))
    for i in range(n + 1):
        for name, do in rounds.items():
            start = clock()
            steps = do()
            if i:  # the first round compiles
                best[name] = min(best[name], (clock() - start) / steps)
    return best


def _nets(learner: LSTM, task: Task, n: int, steps: int) -> tuple[list[Net], list[Batch]]:
    rng = np.random.default_rng(0)
    n_sequences = max(2, steps // int(task.sample(rng, 20).n_steps / 20))
    return [learner.start(rng) for _ in range(n)], [task.sample(rng, n_sequences) for _ in range(n)]


def present(
    lanes: Lanes, learner: LSTM, nets: Sequence[Net], batches: Sequence[Batch]
) -> Iterator[tuple[Batch, NDArray[np.float64]]]:
    """Train nets side by side, one in each lane; give each batch with its outputs as soon as it is through."""
    for lane, (net, batch) in enumerate(zip(nets, batches, strict=True)):
        lanes.load(lane, Work(learner, net, batch))
    left = len(nets)
    while left:
        for lane in lanes.run():
            yield batches[lane], lanes.unload(lane)
            left -= 1


def in_lanes(learner: LSTM, task: Task, n: int, steps: int) -> Round:
    """Make a round of nets that learn side by side."""
    nets, batches = _nets(learner, task, n, steps)
    lanes = Lanes(kind_of(learner, batches[0]), n)

    def do() -> int:
        return sum(batch.n_steps for batch, _ in present(lanes, learner, nets, batches))

    return do


def alone(learner: LSTM, task: Task, steps: int) -> Round:
    """Make a round of one net that learns."""
    (net,), (batch,) = _nets(learner, task, 1, steps)

    def do() -> int:
        learner.train(net, batch)
        return batch.n_steps

    return do


def answering(learner: LSTM, task: Task, steps: int) -> dict[str, Round]:
    """Make rounds of one net that answers, in lanes and alone."""
    (net,), (batch,) = _nets(learner, task, 1, steps)
    lanes = Lanes(kind_of(learner, batch), 1)

    def side_by_side() -> int:
        lanes.answer(Work(learner, net, batch, learn=False))
        return batch.n_steps

    def by_itself() -> int:
        learner.predict(net, batch)
        return batch.n_steps

    return {"answering in lanes": side_by_side, "answering alone": by_itself}


def in_cpp(learner: LSTM, task: Task, n: int, steps: int) -> Round:
    """Make a round of nets that learn in C++."""
    nets, batches = _nets(learner, task, n, steps)
    run = cpp.trained(learner, nets, batches)

    def do() -> int:
        run()
        return sum(batch.n_steps for batch in batches)

    return do


def running(specification: Specification, steps: int, n: int = 16) -> Round:
    """Make a round of trials as `lstm97 run` runs them: drawing, learning, scoring, looking at test sets.

    Of one trial, if its net can't share lanes.
    """
    n = n if kind(specification.learner_of(1), specification.task_of(1)) else 1
    trials = [Trial(specification, number, NO_CAP) for number in range(1, n + 1)]

    def do() -> int:
        before = sum(trial.steps for trial in trials)
        advance(trials, len(trials), steps / 100_000)
        return sum(trial.steps for trial in trials) - before

    return do


def literal(name: str) -> tuple[Specification, LSTM, Task]:
    """Take a row's specification, its learner and its task."""
    specification = row(name).under(Reading())
    assert isinstance(specification.learner, LSTM)
    return specification, specification.learner, specification.task_of(1)


def measure(
    rounds: int, steps: int, say: Callable[[str], None] = lambda text: None, every_net: bool = True
) -> list[Target]:
    """Measure the ratios.

    Parameters
    ----------
    rounds : int
        How often each is done; the fastest counts.
    steps : int
        Time steps of one net in one round, about.
    say : callable
        Told what can't be measured.
    every_net : bool
        Whether to go beyond the net of the adding problem: others take long to compile, once.
    """
    found = [*_adding(100, rounds, steps, say), *_adding(1000, rounds, steps, say)]
    return [*found, *_other_nets(rounds, steps), *_runs(rounds, steps)] if every_net else found


def _adding(T: int, rounds: int, steps: int, say: Callable[[str], None]) -> list[Target]:
    """Measure the adding problem's net against C++, and what it does in other ways."""
    specification, learner, task = literal(f"table7/T{T}")
    do = {
        "16 lanes": in_lanes(learner, task, 16, steps),
        "one trial": alone(learner, task, steps),
        "64 lanes": in_lanes(learner, task, 64, steps),
        **answering(learner, task, 16 * steps),
    }
    try:
        do |= {"one in C++": in_cpp(learner, task, 1, steps), "16 lanes in C++": in_cpp(learner, task, 16, steps)}
    except cpp.NoCompilerError as error:
        say(f"{error}; the ratios to C++ are left out")
    ns = timed(do, rounds)
    run = timed({"lstm97 run": running(specification, steps), "16 lanes": do["16 lanes"]}, max(1, rounds // 2))

    def target(what: str, over: str, most: float, ns: dict[str, float] = ns) -> Target:
        ratio = ns[what] / ns[over] if over in ns else None
        return Target(f"{what}, adding, T = {T}", over, most, ratio)

    targets = [
        target("16 lanes", "16 lanes in C++", 1.1),
        target("16 lanes", "one trial", 0.23),
        target("lstm97 run", "16 lanes", {100: 1.4, 1000: 1.15}[T], run),
    ]
    if T == 100:
        targets += [
            target("64 lanes", "16 lanes", 1.05),
            target("answering in lanes", "16 lanes", 0.85),
            target("answering in lanes", "answering alone", 0.2),
            target("one trial", "one in C++", 1.1),
        ]
    return targets


def _other_nets(rounds: int, steps: int) -> list[Target]:
    """Measure lanes against one trial for larger nets and other tasks."""
    large = LSTM(Topology(n_inputs=2, block_sizes=(2,) * 4, n_outputs=1), 0.5, 0.1)
    nets = {"313 weights": (large, literal("table7/T100")[2], 0.4)}
    for name in ("3x2", "4x1"):
        nets[f"Table 1, {name}"] = (*literal(f"table1/{name}-0.5")[1:], 0.3)
    targets = []
    for what, (learner, task, most) in nets.items():
        ns = timed({"lanes": in_lanes(learner, task, 16, steps), "alone": alone(learner, task, steps)}, rounds)
        targets.append(Target(f"16 lanes, {what}", "one trial", most, ns["lanes"] / ns["alone"]))
    of_p = {p: in_lanes(*literal(f"table3/q{p}-p{p}")[1:], 16, steps) for p in (50, 1000)}
    ns = timed({str(p): do for p, do in of_p.items()}, rounds)
    return [*targets, Target("16 lanes, Task 2c, p = 1000", "p = 50", 1.1, ns["1000"] / ns["50"])]


def _runs(rounds: int, steps: int) -> list[Target]:
    """Measure what else a run takes time for where sequences are short, or test sets are looked at."""
    few = max(1, rounds // 2)
    specification, learner, task = literal("table6/T100-N3")
    ns = timed({"run": running(specification, steps), "lanes": in_lanes(learner, task, 16, steps)}, few)
    looks = Target("lstm97 run with looks, Table 6, T = 100", "16 lanes", 3.0, ns["run"] / ns["lanes"])
    ns = timed({"run": running(literal("table1/3x2-0.5")[0], steps)}, few)
    return [looks, Target("lstm97 run, Table 1, 3x2", "ns", 400.0, ns["run"])]


def costs(rows: Mapping[str, Row], rounds: int, steps: int) -> list[dict[str, Any]]:
    """Measure how long a time step of a trial takes in rows of LSTM, as `lstm97 run` runs it.

    Returns
    -------
    list of dict
        ``row`` and ``ns_per_step``: everything but the test at a trial's end, for 16 trials side by side, or as many
        as the paper has; for one where nets can't share lanes.
    """
    found = []
    for name, entry in rows.items():
        do = running(entry.under(Reading()), steps, min(16, entry.n_trials))
        found.append({"row": name, "ns_per_step": timed({name: do}, rounds)[name]})
    return found


def as_data(targets: list[Target]) -> list[dict[str, Any]]:
    """Write them for JSON, each with whether it is met."""
    return [
        vars(target) | {"met": None if target.ratio is None else target.ratio <= target.most} for target in targets
    ]
