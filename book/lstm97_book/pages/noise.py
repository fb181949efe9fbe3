"""What noise allows in Experiment 3: the best share of right answers, what a net hears, what looking often does.

Paper: Sec. 5.3.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm97.experiments import Specification
from lstm97.experiments.stopping import ErrorsOnTestSet
from lstm97.learners import LSTM, Net
from lstm97.results import Evidence
from lstm97.tasks import Batch, TwoSequence
from lstm97.tasks.two_sequence import INPUT_VARIANCE
from lstm97.trials.trial import Trial
from lstm97_book.pages.parameters import one_of


def sign_limit(N: int, variance: float = INPUT_VARIANCE) -> float:
    """Compute how often the signal of Task 3b is misleading: the sum of the N elements has the wrong sign.

    The sum of N elements of class 1 is normally distributed with mean N and variance N v, so this is
    P(sum < 0) = Phi(-sqrt(N / v)). Nobody who has to name the class can be wrong less often.

    Paper: Sec. 5.3, Task 3b.

    Parameters
    ----------
    N : int
        Number of elements that tell the class.
    variance : float
        The variance v of the noise on each of them.
    """
    return _below(-math.sqrt(N / variance))


def tolerance_limit(N: int, tolerance: float) -> float:
    """Compute how often the probability of the class, given the elements, is not within a tolerance of the target.

    Given elements with the sum S, class 1 has the probability 1 / (1 + exp(-2 S / v)): the output with the least
    mean squared error. For class 1 it is above 1 - d as long as S exceeds v / 2 log((1 - d) / d).

    Paper: Sec. 5.3, Task 3b; correct are absolute errors below 0.2.

    Parameters
    ----------
    N : int
        Number of elements that tell the class.
    tolerance : float
        The bound d on the absolute error, between 0 and 0.5.

    Raises
    ------
    ValueError
        If `tolerance` is not between 0 and 0.5.
    """
    if not 0.0 < tolerance < 0.5:
        raise ValueError(f"tolerance is {tolerance}: give a number between 0 and 0.5")
    least = INPUT_VARIANCE / 2 * math.log((1 - tolerance) / tolerance)
    return _below((least - N) / math.sqrt(N * INPUT_VARIANCE))


def _below(z: float) -> float:
    """Probability that a standard normal number is below z."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def both_classes(task: TwoSequence, rng: np.random.Generator) -> Batch:
    """Draw one sequence and make the other class's sequence with the same noise out of it.

    Returns
    -------
    Batch
        Class 1, class 2. Without noise on the targets.
    """
    one = task.sample(rng, 1)
    first = one.values[: task.N, 0]
    signal = math.copysign(1.0, 0.5 - float(task.classes_of(one)[0]))
    both = []
    for wanted in (1.0, -1.0):
        values = one.values.copy()
        values[: task.N, 0] = first + (wanted - signal)
        both.append(values)
    offsets = np.array([0, one.n_steps, 2 * one.n_steps])
    return Batch(one.symbols, np.concatenate(both), offsets, task.targets[:, np.newaxis])


def heard(learner: LSTM, net: Net, batch: Batch, n: int) -> NDArray[np.float64]:
    """Measure how much the output listens to each of the first elements.

    The output unit's net input, log(y / (1 - y)), is fitted by least squares as a constant plus a weight times each
    of the first `n` elements. If the output were the probability of the class, the first N weights would be 2 / v
    and the others 0.

    Paper: Sec. 5.3, Task 3b.

    Parameters
    ----------
    net : Net
        With one logistic output unit.
    n : int
        Number of elements.

    Returns
    -------
    (n,) float64
    """
    y = np.clip(learner.predict(net, batch)[:, 0], 1e-12, 1 - 1e-12)
    elements = batch.values[batch.offsets[:-1, np.newaxis] + np.arange(n), 0]
    design = np.column_stack([np.ones(len(batch)), elements])
    return np.asarray(np.linalg.lstsq(design, np.log(y / (1 - y)), rcond=None)[0][1:])


@dataclasses.dataclass(frozen=True)
class Looks:
    """What a trial's test sets showed at every look, had training gone on regardless.

    Attributes
    ----------
    sequences : (n,) int64
        Training sequences presented before each look.
    wrong : (n,) int64
        Wrong sequences of the test set.
    errors : (n,) float64
        Mean absolute error on the test set.
    met : (n,) bool
        Whether the stopping criterion was met.
    """

    sequences: NDArray[np.int64]
    wrong: NDArray[np.int64]
    errors: NDArray[np.float64]
    met: NDArray[np.bool_]

    def first(self, spacing: int) -> float:
        """Say when training would have ended, had only every `spacing`-th look been taken.

        Returns
        -------
        float
            Training sequences; NaN if no such look met the criterion.
        """
        taken = np.flatnonzero(self.met[spacing - 1 :: spacing])
        return float(self.sequences[spacing - 1 :: spacing][taken[0]]) if taken.size else math.nan

    def best(self, n: int) -> float:
        """Find the least mean number of wrong test sequences among any `n` looks in a row.

        Returns
        -------
        float
            NaN if there are fewer looks.
        """
        means = np.convolve(self.wrong, np.full(n, 1.0 / n), mode="valid") if len(self.wrong) >= n else [math.nan]
        return float(np.min(means))


def looks(specification: Specification, trial: int, n: int) -> Looks:
    """Train a trial's net on, and look at a test set as often as the row does, whatever the looks show.

    Paper: Sec. 5.3, stopping criteria.

    Parameters
    ----------
    specification : Specification
        With the stopping rule `lstm97.experiments.stopping.ErrorsOnTestSet`.
    trial : int
        From 1. Weights, training sequences and test sets are those of the trial itself.
    n : int
        Number of training sequences.

    Raises
    ------
    TypeError
        If the rule is another one.
    """
    rule = specification.stop
    if not isinstance(rule, ErrorsOnTestSet):
        raise TypeError(f"looks: {type(rule).__name__} looks at no test set; give a row of Table 4, 5 or 6")
    endless = dataclasses.replace(
        rule, beta=0.0, most_wrong=rule.size, milestones=()
    )  # every look sees the whole set
    running = Trial(dataclasses.replace(specification, stop=endless), trial, n)
    parts: dict[int, list[tuple[Any, Any]]] = {}
    while (work := running.work()) is not None:
        outputs = work.do()
        if not work.learn:
            parts.setdefault(running.presented, []).append(running.task.score(work.batch, outputs))
        running.take(outputs)
    wrong, errors = [], []
    for of_look in parts.values():
        of_set, correct = (np.concatenate(of_parts) for of_parts in zip(*of_look, strict=True))
        wrong.append(int(np.count_nonzero(~correct)))
        errors.append(math.fsum(of_set.ravel()) / of_set.size)
    met = (np.array(wrong) <= rule.most_wrong) & (np.array(errors) < rule.beta)
    return Looks(np.array(list(parts)), np.array(wrong), np.array(errors), met)


def ratio(hard: Evidence, easy: Evidence) -> tuple[float, float]:
    """Say how much longer one row or stop takes than another, in the paper and here.

    Returns
    -------
    paper, ours : float
        Ratios of mean numbers of sequences; ours is NaN if one of the two was not measured.
    """
    paper = hard.row.paper.sequences / easy.row.paper.sequences
    ours = hard.summary.mean / easy.summary.mean if hard.records and easy.records else math.nan
    return paper, ours


def of_row(found: Sequence[Evidence], variant: str, T: int, N: int) -> list[Evidence]:
    """Find the row that a reader asks for by its task, under every reading, up to the last stop.

    Parameters
    ----------
    variant, T, N
        See `lstm97.tasks.TwoSequence`; parameters of the page.

    Raises
    ------
    lstm97_book.pages.parameters.ParameterError
        If there is no such row.
    """
    left = [one for one in found if not one.row.milestone]
    for name, value in (("variant", variant), ("T", T), ("N", N)):
        choices = list(dict.fromkeys(getattr(one.row.task, name) for one in left))
        one_of(name, value, choices)
        left = [one for one in left if getattr(one.row.task, name) == value]
    return left


def compared(ends: Sequence[Evidence], of: Mapping[str, Evidence]) -> dict[str, tuple[float, float]]:
    """Set every row's last stop beside its first one, and N = 1 beside N = 3.

    Paper: Tables 4, 5 and 6.

    Parameters
    ----------
    ends : sequence of Evidence
        Rows up to their last stops.
    of : dict of str to Evidence
        All stops of all rows, by label.

    Returns
    -------
    dict of str to (float, float)
        From `ratio`, by the row's title with what is compared.
    """
    pairs = {}
    for end in ends:
        name = end.row.name
        task: Any = end.row.task
        others = {"ST2 over ST1": f"{name} (ST1)"}
        if task.N == 1:
            others["N = 1 over N = 3"] = name.replace("N1", "N3")
        for words, label in others.items():
            if label in of:
                pairs[f"{end.row.title}: {words}"] = ratio(end, of[label])
    return pairs


def wrong_and_misclassified(learner: LSTM, net: Net, batch: Batch, tolerance: float) -> tuple[float, float]:
    """Measure how often a net is on the wrong side of 0.5, and how often it is not within the tolerance.

    Paper: Sec. 5.3, Task 3b.

    Parameters
    ----------
    net : Net
        With one output unit.
    batch : Batch
        With targets 0 and 1.

    Returns
    -------
    side, misclassified : float
        Shares of the sequences.
    """
    outputs, targets = learner.predict(net, batch)[:, 0], batch.targets[:, 0]
    side = float(np.mean((outputs < 0.5) == (targets == 1.0)))
    return side, float(np.mean(np.abs(outputs - targets) >= tolerance))
