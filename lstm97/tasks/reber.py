"""Experiment 1, the embedded Reber grammar."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import array, whole
from lstm97.net.compiled import compiled
from lstm97.tasks.base import Batch, Task, absolute_errors, offsets_of, one_hot

#: Size of the training set, and of the test set.
N_STRINGS = 256
SYMBOLS = ("B", "T", "P", "S", "X", "V", "E")

Grammar = Mapping[str, Mapping[str, str]]

#: The Reber grammar (Figure 3) as a graph: from every node, the symbols of its edges and the nodes they lead to.
#: Strings run from node 0 to node 7.
REBER: Grammar = {
    "0": {"B": "1"},
    "1": {"T": "2", "P": "3"},
    "2": {"S": "2", "X": "4"},
    "3": {"T": "3", "V": "5"},
    "4": {"X": "3", "S": "6"},
    "5": {"P": "4", "V": "6"},
    "6": {"E": "7"},
    "7": {},
}


def embed(grammar: Grammar) -> dict[str, dict[str, str]]:
    """Put two copies of a grammar between B, T or P before them, and the same T or P, E after them.

    Paper: Figure 4.

    Parameters
    ----------
    grammar : mapping
        Like `REBER`: its strings run from node 0 to node 7.

    Returns
    -------
    dict
        The larger grammar. Nodes: begin, fork, T0 to T7, P0 to P7 (the copies), join, end.
    """
    embedded = {"begin": {"B": "fork"}, "fork": {"T": "T0", "P": "P0"}}
    for outer in "TP":
        for node, edges in grammar.items():
            embedded[outer + node] = {symbol: outer + target for symbol, target in edges.items()}
        embedded[outer + "7"][outer] = "join"
    return embedded | {"join": {"E": "end"}, "end": {}}


#: The embedded Reber grammar (Figure 4); strings run from begin to end.
#:
#: :meta hide-value:
EMBEDDED = embed(REBER)


def shortest(grammar: Grammar) -> int:
    """Count the symbols of a grammar's shortest string.

    Parameters
    ----------
    grammar : mapping
        Like `EMBEDDED`: its strings run from its first node to its last.
    """
    start, *_, end = grammar
    reached, n = {start}, 0
    while end not in reached:
        reached = {target for node in reached for target in grammar[node].values()}
        n += 1
    return n


_NODES = tuple(EMBEDDED)
_BEGIN, _END, _NONE = _NODES.index("begin"), _NODES.index("end"), -1
#: Node that a symbol leads to, (n_nodes, 7); -1 where it is not legal.
_TARGETS = np.array([[_NODES.index(EMBEDDED[node].get(symbol, "end")) for symbol in SYMBOLS] for node in _NODES])
_LEGAL = np.array([[symbol in EMBEDDED[node] for symbol in SYMBOLS] for node in _NODES])
_TARGETS[~_LEGAL] = _NONE
#: The two choices at each node, (n_nodes, 2), the same symbol twice where there is no choice.
_CHOICES = np.array([[legal.argmax(), 6 - legal[::-1].argmax()] for legal in _LEGAL])


def draw_strings(rng: np.random.Generator, n: int) -> Batch:
    """Draw `n` strings of the embedded Reber grammar, independently of each other.

    Where a node has two edges, each is taken with probability 1/2. A string of L symbols makes L - 1 steps, since
    its last symbol is a target only. L is at least 9, and 12 on average.

    Paper: Sec. 5.1. (The minimal time lag of 9 that it mentions is the length of the shortest string.)

    Returns
    -------
    Batch
        Symbols; the next symbol as the target of every step.

    Examples
    --------
    >>> batch = draw_strings(np.random.default_rng(3), 3)
    >>> words(batch)
    ['BTBTXSETE', 'BTBTSXSETE', 'BPBTSXSEPE']
    """
    nodes = np.full(n, _BEGIN)
    running = np.arange(n)  # the strings that have not ended
    columns = []
    while running.size:
        chosen = _CHOICES[nodes[running], rng.integers(0, 2, size=running.size)]
        nodes[running] = _TARGETS[nodes[running], chosen]
        columns.append(np.full(n, _NONE))
        columns[-1][running] = chosen
        running = running[nodes[running] != _END]
    return _batch(np.stack(columns, axis=1) if n else np.zeros((0, 1), dtype=np.int64))


def _batch(strings: NDArray[np.int64]) -> Batch:
    """Make a batch of strings, one per row, padded with -1."""
    lengths = (strings != _NONE).sum(axis=1)
    is_input = np.arange(strings.shape[1]) < lengths[:, np.newaxis] - 1
    symbols, successors = strings[is_input], strings[:, 1:][is_input[:, :-1]]
    targets = one_hot(successors, len(SYMBOLS))
    return Batch(symbols, np.zeros((len(symbols), 0)), offsets_of(lengths - 1), targets, every_step=True)


def words(batch: Batch) -> list[str]:
    """Write a batch's strings as words, the last symbol included."""
    letters = "".join(SYMBOLS[s] for s in batch.symbols)
    last = "".join(SYMBOLS[s] for s in batch.targets[batch.offsets[1:] - 1].argmax(axis=1))
    return [letters[batch.offsets[i] : batch.offsets[i + 1]] + last[i] for i in range(len(batch))]


def draw_sets(rng: np.random.Generator, n_strings: int = N_STRINGS) -> tuple[Batch, Batch]:
    """Draw a training set and a test set.

    The strings of the training set are drawn independently, so they repeat; so are those of the test set, except
    that strings of the training set are passed over.

    Paper: Sec. 5.1, Training/Testing.

    Parameters
    ----------
    n_strings : int
        Size of each of the two sets.

    Returns
    -------
    training, test : Batch
    """
    training = draw_strings(rng, n_strings)
    known = set(words(training))
    new: list[NDArray[np.int64]] = []
    while len(new) < n_strings:
        more = draw_strings(rng, n_strings)
        new += [_string(more, i) for i, word in enumerate(words(more)) if word not in known]
    strings = np.full((n_strings, max(map(len, new[:n_strings]), default=1)), _NONE)
    for row, string in zip(strings, new, strict=False):
        row[: len(string)] = string
    return training, _batch(strings)


def _string(batch: Batch, i: int) -> NDArray[np.int64]:
    """Take string i with its last symbol."""
    last = batch.offsets[i + 1] - 1
    return np.append(batch.symbols[batch.offsets[i] : last + 1], batch.targets[last].argmax())


def legal_successors(batch: Batch) -> NDArray[np.bool_]:
    """Find the symbols that may follow at every step: one or two.

    After the inner string only the outer symbol that the string began with is legal.

    Paper: Sec. 5.1, "the possible next symbol(s)".

    Parameters
    ----------
    batch : Batch
        Strings of the embedded Reber grammar.

    Returns
    -------
    (n_steps, 7) bool

    Raises
    ------
    ValueError
        If a string is not one of the grammar, or there is not one symbol at every step.

    Examples
    --------
    >>> batch = draw_strings(np.random.default_rng(4), 1)
    >>> ["".join(np.array(SYMBOLS)[legal]) for legal in legal_successors(batch)]
    ['TP', 'B', 'TP', 'TV', 'PV', 'E', 'P', 'E']
    """
    _check_symbols(batch)
    nodes = np.full(len(batch), _BEGIN)
    legal = np.zeros((batch.n_steps, len(SYMBOLS)), dtype=np.bool_)
    lengths = np.diff(batch.offsets)
    for t in range(int(lengths.max(initial=0))):
        running = np.flatnonzero(lengths > t)
        steps = batch.offsets[running] + t
        nodes[running] = _TARGETS[nodes[running], batch.symbols[steps]]
        wrong = running[nodes[running] == _NONE]
        if wrong.size:
            raise ValueError(
                f"string {wrong[0]} leaves the grammar at symbol {t + 1}: give strings of the embedded Reber grammar"
            )
        legal[steps] = _LEGAL[nodes[running]]
    return legal


def _check_symbols(batch: Batch) -> None:
    symbols = batch.symbols
    array("symbols", symbols, np.dtype(np.int64), (batch.n_steps,), "one of the grammar's symbols for every step")
    if symbols.size and not 0 <= symbols.min() <= symbols.max() < len(SYMBOLS):
        raise ValueError(f"symbols: give numbers from 0 to 6, not {symbols.min()} to {symbols.max()}")


def predicted(legal: NDArray[np.bool_], outputs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell at which steps the legal successors' output units are the most active ones.

    Every legal unit has to be more active than every other one; among themselves they may be in any order.

    Paper: Sec. 5.1, Training/Testing.

    Parameters
    ----------
    legal : (n_steps, 7) bool
        From `legal_successors`.
    outputs : (n_steps, 7) float64

    Returns
    -------
    (n_steps,) bool
    """
    least_legal = np.where(legal, outputs, np.inf).min(axis=1)
    most_other = np.where(legal, -np.inf, outputs).max(axis=1)
    return np.asarray(least_legal > most_other)


@compiled
def _judge(symbols, offsets, outputs, correct):
    """Tell of every string whether it is `predicted` at all steps; return whether all are strings of the grammar.

    It is `legal_successors` and `predicted` in one pass, for a trial judges every string that it learns.
    """
    for i in range(offsets.size - 1):
        node = _BEGIN
        correct[i] = True
        for t in range(offsets[i], offsets[i + 1]):
            node = _TARGETS[node, symbols[t]]
            if node == _NONE:
                return False
            least_legal, most_other = np.inf, -np.inf
            for k in range(outputs.shape[1]):
                y_k = outputs[t, k]
                if y_k != y_k:  # what is not a number is no prediction
                    correct[i] = False
                elif _LEGAL[node, k]:
                    least_legal = min(least_legal, y_k)
                else:
                    most_other = max(most_other, y_k)
            if not least_legal > most_other:
                correct[i] = False
    return True


@dataclass(frozen=True)
class EmbeddedReber(Task):
    """Predict the next symbol of a string of the embedded Reber grammar, at every step.

    The grammar is `EMBEDDED`. To predict the last but one symbol, the net has to remember the second. Training
    strings are picked from a training set of 256 strings; another 256 make up the test set. A trial has succeeded
    when all symbols of all strings of both sets are predicted: see `predicted`. That depends on the order of the
    output units' activations alone: the task has no tolerance, its value is not a number.

    Paper: Sec. 5.1; Table 1.

    Parameters
    ----------
    pair : int
        Which pair of training and test set, from 1. The number gives the pair's seed. The paper has three.

    Raises
    ------
    ValueError
        If `pair` is below 1.

    Examples
    --------
    >>> task = EmbeddedReber(pair=1)
    >>> len(task.training), len(task.test), set(words(task.training)) & set(words(task.test))
    (256, 256, set())
    >>> set(words(task.sample(np.random.default_rng(0), 1000))) <= set(words(task.training))
    True
    """

    pair: int = 1

    name = "reber"
    next_symbols = True
    n_inputs = len(SYMBOLS)
    n_outputs = len(SYMBOLS)
    tolerance = math.nan

    @property
    def like(self) -> str:
        """Row of the same task: see `lstm97.tasks.base.Task.like`."""
        return "table1/3x2-0.1"

    def __post_init__(self) -> None:
        whole("pair", self.pair)

    def check_n_test(self, n: int) -> None:
        """Check that `n` is the size of the pair's test set: see `lstm97.tasks.Task.check_n_test`."""
        whole("n_test", n)
        if n != N_STRINGS:
            raise ValueError(f"n_test is {n}: the test set has {N_STRINGS} strings")

    @property
    def minimal_length(self) -> int:
        """Fewest time steps of a string; its last symbol is a target only."""
        return shortest(EMBEDDED) - 1

    @property
    def minimal_lag(self) -> int:
        """Fewest steps from the second symbol to the prediction of the last but one, which repeats it."""
        return self.minimal_length - 1 - 2

    @cached_property
    def _sets(self) -> tuple[Batch, Batch]:
        return draw_sets(np.random.default_rng([*b"embedded Reber grammar", self.pair]))

    @property
    def training(self) -> Batch:
        """The 256 training strings."""
        return self._sets[0]

    @property
    def test(self) -> Batch:
        """The 256 test strings."""
        return self._sets[1]

    def sample(self, rng: np.random.Generator, n: int) -> Batch:
        """Pick `n` strings of the training set.

        Returns
        -------
        Batch
            Symbols, one target per step.
        """
        return self.training.take(rng.integers(0, len(self.training), size=n))

    def unseen(self, rng: np.random.Generator, n: int) -> Batch:
        """Take the test set; its strings are not in the training set.

        Parameters
        ----------
        rng : numpy.random.Generator
            Not used: the pair has one test set.
        n : int
            Size of the test set.

        Raises
        ------
        ValueError
            If `n` is not the size of the test set.
        """
        if n != len(self.test):
            raise ValueError(f"n is {n}: the test set has {len(self.test)} strings")
        return self.test

    @cached_property
    def distinct(self) -> Batch:
        """The strings of both sets, each once."""
        training, test = self._sets
        both = Batch(
            np.concatenate([training.symbols, test.symbols]),
            np.concatenate([training.values, test.values]),
            np.concatenate([training.offsets, training.offsets[-1] + test.offsets[1:]]),
            np.concatenate([training.targets, test.targets]),
            every_step=True,
        )
        first = {word: i for i, word in reversed(list(enumerate(words(both))))}
        return both.take(np.array(sorted(first.values())))

    def score(self, batch: Batch, outputs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Compute every string's errors, and whether all of its symbols are predicted.

        Parameters
        ----------
        outputs : (n_steps, 7) float64

        Returns
        -------
        errors : (n, 7) float64
            Each output unit's largest absolute difference from the target, the symbol that did follow.
        correct : (n,) bool
        """
        errors, correct = absolute_errors(batch, outputs), np.empty(len(batch), dtype=np.bool_)
        _check_symbols(batch)
        if not _judge(batch.symbols, batch.offsets, outputs, correct):
            legal_successors(batch)  # says which string it is
        return errors, correct
