"""What every task gives and every learner takes: a ragged batch of sequences."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import array, flag, whole
from lstm97.net.compiled import compiled

#: No sequence is longer: 500 of them, drawn at a time, would fill the memory.
MOST_STEPS = 100_000
Rows = slice | NDArray[np.int64]
_INTEGER, _FLOAT = np.dtype(np.int64), np.dtype(np.float64)

#: Numbers that NumPy draws before compiled code could be loaded for them.
FEW = 5000


@dataclass(frozen=True)
class Batch:
    """Sequences of various lengths, one after the other, with their targets.

    Attributes
    ----------
    symbols : (n_steps,) int64, or (0,)
        The input unit that is 1 at every step, if the task's inputs are one-hot.
    values : (n_steps, n_inputs) float64, or (n_steps, 0)
        Input activations at every step, if they are not.
    offsets : (n + 1,) int64
        Sequence i holds the steps ``offsets[i]`` to ``offsets[i + 1] - 1``.
    targets : (n, n_outputs) or (n_steps, n_outputs) float64
        One row per sequence, or one per step.
    every_step : bool
        Whether there is an error signal at every step, or at the sequences' ends only.
    expected : float64, or None
        What the outputs are judged by, where that is not the targets: an array of the shape of `targets`, or
        (n, n_outputs) if outputs are judged at the sequences' ends only. It plays no part in learning.
    """

    symbols: NDArray[np.int64]
    values: NDArray[np.float64]
    offsets: NDArray[np.int64]
    targets: NDArray[np.float64]
    every_step: bool = False
    expected: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def n_steps(self) -> int:
        """Number of time steps of all sequences together."""
        return int(self.offsets[-1])

    def first(self, n: int) -> "Batch":
        """Take the first `n` sequences.

        Returns
        -------
        Batch
            Views, no copies.

        Raises
        ------
        ValueError
            If there are not as many.
        """
        return self.part(0, n)

    def part(self, first: int, last: int) -> "Batch":
        """Take the sequences from `first` to `last`, the latter excluded.

        Returns
        -------
        Batch
            Views, but for the offsets.

        Raises
        ------
        ValueError
            If there are no such sequences.
        """
        if not 0 <= first <= last <= len(self):
            raise ValueError(
                f"sequences {first} to {last}: give numbers from 0 to {len(self)}, the first not the larger"
            )
        offsets = self.offsets[first : last + 1]
        return self._part(slice(int(offsets[0]), int(offsets[-1])), slice(first, last), offsets - offsets[0])

    def take(self, indices: NDArray[np.int64]) -> "Batch":
        """Pick sequences, in the order of their indices.

        Parameters
        ----------
        indices : (k,) int64
            The same sequence may come several times.

        Returns
        -------
        Batch
            Copies.

        Raises
        ------
        ValueError
            If they are no whole numbers, or there is no such sequence.
        """
        indices = np.asarray(indices)
        if indices.ndim != 1 or (indices.size and indices.dtype.kind not in "iu"):
            raise ValueError(f"indices are {indices.dtype} of shape {indices.shape}: give a list of whole numbers")
        if indices.size and not 0 <= indices.min() <= indices.max() < len(self):
            raise ValueError(
                f"indices: give numbers from 0 to {len(self) - 1}, not {indices.min()} to {indices.max()}"
            )
        indices = indices.astype(np.int64)
        lengths = np.diff(self.offsets)[indices]
        offsets = offsets_of(lengths)
        steps = np.repeat(self.offsets[indices] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return self._part(steps, indices, offsets)

    def _part(self, steps: Rows, sequences: Rows, offsets: NDArray[np.int64]) -> "Batch":
        expected = self.expected
        if expected is not None:
            expected = _rows(expected, sequences if len(expected) == len(self) else steps)
        return Batch(
            self.symbols[steps] if len(self.symbols) else self.symbols,
            self.values[steps],
            offsets,
            _rows(self.targets, steps if self.every_step else sequences),
            self.every_step,
            expected,
        )


def _rows(matrix: NDArray[np.float64], which: Rows) -> NDArray[np.float64]:
    """Take rows of a matrix, a view where they lie side by side; `take` is five times as fast as an index."""
    return matrix[which] if isinstance(which, slice) else matrix.take(which, axis=0)


def check(batch: Batch, n_inputs: int, n_outputs: int) -> None:
    """Check that a batch is what a net of given size can be presented with.

    Compiled code reads where it is told to read, so nothing that is not checked here may reach it.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Numbers of the net's input units and output units.

    Raises
    ------
    ValueError
        If an array is of another type or shape than `Batch` says, if a sequence is empty, if there is no such input
        unit, if symbols and values are both given, or if a number is not finite.
    """
    check_offsets(batch)
    symbols, values, targets, n_steps = batch.symbols, batch.values, batch.targets, batch.n_steps
    are_symbols = isinstance(symbols, np.ndarray) and symbols.size > 0
    if are_symbols and isinstance(values, np.ndarray) and values.size:
        raise ValueError("symbols and values are both given: give one of them, and let the other be empty")
    what = "an input unit for every step, or none at all"
    array("symbols", symbols, _INTEGER, (n_steps if are_symbols else 0,), what)
    if are_symbols or not n_steps:
        array("values", values, _FLOAT, (n_steps, -1), "a row for every step, and no column beside symbols")
        if are_symbols and not 0 <= symbols.min() <= symbols.max() < n_inputs:
            wrong = symbols.min() if symbols.min() < 0 else symbols.max()
            raise ValueError(f"symbols has {wrong}: give input units from 0 to {n_inputs - 1}, or a larger net")
    else:
        what = "a row for every step, a column for every input unit of the net"
        array("values", values, _FLOAT, (n_steps, n_inputs), what)
    if batch.every_step:
        what = "a row for every step, a column for every output unit of the net"
        array("targets", targets, _FLOAT, (n_steps, n_outputs), what)
    else:
        what = "a row for every sequence, a column for every output unit of the net"
        array("targets", targets, _FLOAT, (len(batch), n_outputs), what)
    for name, numbers in (("values", values), ("targets", targets)):
        _check_finite(name, numbers)


def check_offsets(batch: Batch) -> None:
    """Check that a batch's sequences follow each other, none of them empty.

    Raises
    ------
    ValueError
        If they don't, or `every_step` is not true or false.
    """
    offsets = batch.offsets
    if not isinstance(batch.every_step, bool | np.bool_):
        flag("every_step", batch.every_step)
    array("offsets", offsets, _INTEGER, (-1,), "where each sequence begins, and where the last one ends")
    if not len(offsets) or offsets[0] != 0:
        raise ValueError(f"offsets begins with {offsets[:1]}: give 0, where the first sequence begins")
    follows = offsets[1:] > offsets[:-1]
    if not follows.all():
        i = int(np.argmin(follows))
        raise ValueError(f"offsets has {offsets[i + 1]} after {offsets[i]}: give every sequence at least one step")


def _check_finite(name: str, numbers: NDArray[np.float64]) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        total = numbers.sum()  # not finite if one of them is not: quicker than to look at each
    if not np.isfinite(total) and not np.isfinite(numbers).all():
        row = int(np.argmin(np.isfinite(numbers).all(axis=1)))
        raise ValueError(f"{name} has {numbers[row].tolist()} in row {row}: give finite numbers")


class Task(ABC):
    """What a task has to offer. A task knows nothing of networks.

    Attributes
    ----------
    name : str
        What the command calls it. A class in this package that has one is found: see `lstm97.tasks.tasks`.
    defaults : mapping of str to value
        Parameters that the command does not have to be given.
    next_symbols : bool
        Whether the targets are the next symbols, at every step.
    right_is_enough : bool
        Whether a trial ends as soon as every test sequence is right, for tasks that the paper has no rule for.
    reads : mapping of str to tuple
        Parameters that are a reading's to choose, with the choices that the task knows.
    """

    name: ClassVar[str]
    defaults: ClassVar[Mapping[str, Any]] = {}
    next_symbols: ClassVar[bool] = False
    right_is_enough: ClassVar[bool] = False
    reads: ClassVar[Mapping[str, tuple[Any, ...]]] = {}

    @property
    def like(self) -> str:
        """Name of the row whose conditions it takes where nothing else is given."""
        raise NotImplementedError(f"{type(self).__name__} is like no row: give it a property 'like'")

    @property
    @abstractmethod
    def n_inputs(self) -> int:
        """Number of input units."""

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Number of output units."""

    @property
    @abstractmethod
    def tolerance(self) -> float:
        """Bound on the absolute error of every output unit of a correctly processed sequence."""

    @property
    @abstractmethod
    def minimal_length(self) -> int:
        """Fewest time steps of a sequence (Table 10, column 2)."""

    @property
    @abstractmethod
    def minimal_lag(self) -> int:
        """Fewest steps from the last input that matters to the error signal that needs it (Table 10, column 3)."""

    def check_n_test(self, n: int) -> None:
        """Check that there can be a test set of `n` sequences.

        Raises
        ------
        ValueError
            If there can't.
        """
        whole("n_test", n)

    @abstractmethod
    def sample(self, rng: np.random.Generator, n: int) -> Batch:
        """Draw `n` sequences."""

    def unseen(self, rng: np.random.Generator, n: int) -> Batch:
        """Draw `n` sequences of a test set."""
        return self.sample(rng, n)

    def unseen_in_parts(self, rng: np.random.Generator, n: int) -> Iterator[Batch]:
        """Draw `n` sequences of a test set, those of `unseen`, and give them one part after the other.

        For tasks whose test sets would fill the memory; those of others are one part.
        """
        yield self.unseen(rng, n)

    def score(self, batch: Batch, outputs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Compare outputs with the targets, or with what the batch expects instead.

        Paper: Table 11, column 6, ABS(beta).

        Parameters
        ----------
        outputs : float64, the shape of ``batch.targets``

        Returns
        -------
        errors : (n, n_outputs) float64
            Absolute errors; of a sequence that is judged at every step, each output unit's largest.
        correct : (n,) bool
            Whether all of a sequence's errors are below the tolerance.
        """
        errors = absolute_errors(batch, outputs)
        correct: NDArray[np.bool_] = np.all(errors < self.tolerance, axis=1)
        return errors, correct


def absolute_errors(batch: Batch, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute every sequence's absolute errors.

    Parameters
    ----------
    outputs : float64, the shape of ``batch.targets``

    Returns
    -------
    (n, n_outputs) float64
        Of a sequence that is judged at every step, each output unit's largest.

    Raises
    ------
    ValueError
        If outputs or what is expected are of another shape than the batch's.
    """
    expected = batch.targets if batch.expected is None else batch.expected
    check_offsets(batch)
    if outputs.shape != batch.targets.shape:
        raise ValueError(f"outputs is of shape {outputs.shape}: give {batch.targets.shape}, that of the targets")
    n_rows = (batch.n_steps, len(batch)) if batch.every_step else (len(batch),)
    if len(batch.targets) != n_rows[0]:
        raise ValueError(f"targets has {len(batch.targets)} rows: give {n_rows[0]}, as the offsets say")
    if len(expected) not in n_rows or expected.shape[1:] != outputs.shape[1:]:
        raise ValueError(
            f"expected is of shape {expected.shape}: give a row for every step or sequence, "
            f"{outputs.shape[1]} columns in it"
        )
    if len(expected) == len(batch) and batch.every_step:  # judged at the sequences' ends only
        outputs = outputs[batch.offsets[1:] - 1]
    if len(expected) == len(batch):
        errors: NDArray[np.float64] = np.abs(expected - outputs)
        return errors
    errors = np.zeros((len(batch), outputs.shape[1]))
    _largest_errors(expected, outputs, batch.offsets, errors)
    return errors


@compiled
def _largest_errors(expected, outputs, offsets, errors):
    for i in range(offsets.size - 1):
        for t in range(offsets[i], offsets[i + 1]):
            for k in range(outputs.shape[1]):
                error = abs(expected[t, k] - outputs[t, k])
                if error > errors[i, k] or error != error:  # what is not a number stays so
                    errors[i, k] = error


def uniform(rng: np.random.Generator, low: float, high: float, values: NDArray[np.float64]) -> None:
    """Fill an array as ``rng.uniform(low, high, size=values.size)`` would, in two thirds of its time.

    Compiled code draws real numbers with NumPy's bits and no more slowly; for whole numbers it takes far longer.
    """
    if values.size < FEW:
        values[:] = rng.uniform(low, high, size=values.size)
    else:
        _fill_uniform(rng, low, high, values)


def normal(rng: np.random.Generator, mean: float, deviation: float, values: NDArray[np.float64]) -> None:
    """Fill an array as ``rng.normal(mean, deviation, size=values.size)`` would, in half of its time."""
    if values.size < FEW:
        values[:] = rng.normal(mean, deviation, size=values.size)
    else:
        _fill_normal(rng, mean, deviation, values)


@compiled
def _fill_uniform(rng, low, high, values):
    for i in range(values.size):
        values[i] = low + (high - low) * rng.random()


@compiled
def _fill_normal(rng, mean, deviation, values):
    for i in range(values.size):
        values[i] = mean + deviation * rng.standard_normal()


def random_lengths(rng: np.random.Generator, T: int, n: int) -> NDArray[np.int64]:
    """Draw sequence lengths between T and T + T/10, both included.

    Paper: Sec. 5.3, 5.4, 5.5.

    Parameters
    ----------
    T : int
        Minimal sequence length.

    Returns
    -------
    (n,) int64
    """
    return rng.integers(T, T + T // 10, size=n, endpoint=True)


def offsets_of(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn sequence lengths into the offsets of their first steps.

    Parameters
    ----------
    lengths : (n,) int64

    Returns
    -------
    (n + 1,) int64
    """
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])


def one_hot(indices: NDArray[np.int64], n_units: int) -> NDArray[np.float64]:
    """Write indices as rows in which that unit is 1 and all others are 0.

    Paper: Sec. 5.1, 5.2, 5.6, local representation.

    Parameters
    ----------
    indices : (n,) int64

    Returns
    -------
    (n, n_units) float64
    """
    rows = np.zeros((len(indices), n_units))
    rows[np.arange(len(indices)), indices] = 1.0
    return rows
