"""From trial records to a row's summary and its verdict, by one rule for every row."""

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lstm97.experiments import Row, rows
from lstm97.experiments.sweeps import Sweep
from lstm97.net.reading import READINGS, Reading
from lstm97.paths import PUBLISHED_SWEEPS
from lstm97.results.record import Record, answers, at_stop, is_done, presented, under_cap
from lstm97.results.store import Store

VERDICTS = {
    "A": "reproduced",
    "B": "within a factor of 3",
    "C": "ordering only",
    "N": "not reproduced",
    "U": "undecided",
    "": "not measured yet",
}
#: Why a record counts in no figure, by `LeftOut.reason`.
REASONS = {
    "row": "of a row that this version does not have",
    "reading": "of a reading that this version does not have",
    "specification": "of another specification: the row or the reading has changed since",
    "number": "beyond the paper's number of trials",
    "cap": "given up before the row's cap",
}
#: Steps that the distribution of a bootstrap mean is computed in; a grid up to 32 times as fine moves no end of a
#: published interval by a thousandth.
BOOTSTRAP_STEPS = 2**18


#: Of the normal distribution, 95 % lie within so many standard deviations.
Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Summary:
    """What a row's trials say, beside what the paper prints.

    Trials count up to the number that the paper reports on; records of others are kept apart.
    Numbers of sequences are over all of these trials; a failed trial counts as its cap, which makes a mean with
    failures a lower bound. ``mean_solved`` leaves failed trials out. Where the paper itself reports failures beside
    successes, its mean is over the solved trials: there ours, its interval and the ratio leave them out, too.

    Attributes
    ----------
    row : Row
    reading : str
    n, n_solved : int
        Trials, and those that met the stopping criterion within the cap.
    rate_low, rate_high : float
        95 % Wilson interval of the success rate.
    mean, low, high : float
        Mean number of sequences, and its 95 % bootstrap interval: see `bootstrap_mean`.
    mean_solved, median, least, most : float
    wrong, mean_absolute_error, mse : float
        Means of the test figures of the solved trials.
    ratio : float
        Our mean over the paper's.
    verdict : str
        A key of `VERDICTS`.
    seconds : float
        Computing time of all trials together.
    n_beyond : int
        Trials beyond the paper's number that have a record; they count in no other figure.
    """

    row: Row
    reading: str
    n: int = 0
    n_solved: int = 0
    rate_low: float = math.nan
    rate_high: float = math.nan
    mean: float = math.nan
    low: float = math.nan
    high: float = math.nan
    mean_solved: float = math.nan
    median: float = math.nan
    least: float = math.nan
    most: float = math.nan
    wrong: float = math.nan
    mean_absolute_error: float = math.nan
    mse: float = math.nan
    ratio: float = math.nan
    verdict: str = ""
    seconds: float = 0.0
    n_beyond: int = 0

    @property
    def complete(self) -> bool:
        """Whether there are as many trials as the paper reports on."""
        return self.n >= self.row.n_trials

    @property
    def n_failed(self) -> int:
        """Trials that were given up at the cap."""
        return self.n - self.n_solved

    @property
    def is_bound(self) -> bool:
        """Whether the mean is a lower bound, since failed trials count in it as their caps."""
        return self.n_failed > 0 and not (self.row.paper.leaves_failures_out and self.n_solved)

    @property
    def share_is_off(self) -> bool:
        """Whether the share of solved trials is over a half away from the paper's, or 0 where the paper's is not."""
        printed = self.row.paper.solved
        if not self.n_solved:
            return printed != 0.0
        return printed is not None and abs(self.n_solved / self.n - printed) > 0.5

    @property
    def share_agrees(self) -> bool:
        """Whether the 95 % interval of the share holds the paper's; any success agrees with "some fraction"."""
        printed = self.row.paper.solved
        return self.n_solved > 0 if printed is None else self.rate_low <= printed <= self.rate_high


def wilson(k: int, n: int) -> tuple[float, float]:
    """Compute the 95 % Wilson interval of a success rate.

    Parameters
    ----------
    k, n : int
        Successes, trials.

    Returns
    -------
    low, high : float
    """
    share, half = k / n, Z_95**2 / (2 * n)
    spread = Z_95 * math.sqrt(share * (1 - share) / n + (half / Z_95) ** 2)
    low, high = ((share + half + sign * spread) / (1 + 2 * half) for sign in (-1, 1))
    return (0.0 if k == 0 else low), (1.0 if k == n else high)


def bootstrap_mean(values: Sequence[float]) -> tuple[float, float]:
    """Compute the 95 % bootstrap interval (BCa) of a mean.

    Nothing is drawn: the distribution of the mean of n values, each drawn from those given, is the n-fold convolution
    of theirs, and its quantiles don't depend on a seed. Values between two steps of the grid are shared between the
    two so that the mean stays what it is.

    Returns
    -------
    low, high : float
        NaN if there are no two different values: one trial, or trials that all failed, say nothing about the spread.

    References
    ----------
    B. Efron, Better bootstrap confidence intervals, JASA 82(397):171-185, 1987.
    """
    return _bootstrap_mean(tuple(sorted(values)), BOOTSTRAP_STEPS)


@cache
def _bootstrap_mean(ordered: tuple[float, ...], steps: int) -> tuple[float, float]:
    from statistics import NormalDist  # here, like the fast Fourier transform, since few commands need an interval

    from numpy.fft import irfft, rfft

    normal = NormalDist()
    values, n = np.asarray(ordered, dtype=np.float64), len(ordered)
    if n < 2 or values[0] == values[-1]:
        return math.nan, math.nan
    spread = values[-1] - values[0]
    per_value = max(steps // n, 256)
    if all(value.is_integer() for value in ordered):  # then they may lie on the grid
        per_value = min(per_value, int(spread) // math.gcd(*(int(value - ordered[0]) for value in ordered)))
    place = (values - values[0]) / spread * per_value
    below = np.minimum(place.astype(np.int64), per_value - 1)
    single = np.bincount(below, below + 1 - place, per_value + 1) + np.bincount(
        below + 1, place - below, per_value + 1
    )
    size = n * per_value + 1  # of the sum's distribution
    length = 1 << size.bit_length()  # a power of two is transformed fast
    mean = irfft(rfft(single / n, length) ** n, length)[:size]
    up_to = np.cumsum(mean)

    bias = normal.inv_cdf(float(np.interp(place.sum(), np.arange(size), up_to - mean / 2)))
    away = values - values.mean()
    acceleration = np.sum(away**3) / (6 * np.sum(away**2) ** 1.5)
    z = bias + np.array([normal.inv_cdf(0.025), normal.inv_cdf(0.975)])
    levels = [normal.cdf(level) for level in bias + z / (1 - acceleration * z)]
    low, high = values[0] + spread * np.minimum(np.searchsorted(up_to, levels), size - 1) / (size - 1)
    return float(low), float(high)


def counted(records: Sequence[Record], row: Row) -> tuple[list[Record], list[Record]]:
    """Choose the records that a row's figures are made of.

    Parameters
    ----------
    records : sequence of dict
        Of the row, under one reading, one per trial.
    row : Row
        With the stop that the figures are about.

    Returns
    -------
    records, beyond : list of dict
        Those that say what a trial with the row's cap gives, as they were at the stop: of trials 1 to the number that
        the paper reports on, and of others, which count in no figure.
    """
    answered = answers([at_stop(record, row.milestone) for record in records], row.cap)
    return (
        [record for record in answered if record["trial"] <= row.n_trials],
        [record for record in answered if record["trial"] > row.n_trials],
    )


def summarise(records: Sequence[Record], row: Row, reading: str) -> Summary:
    """Summarise a row's trials; the verdict may still miss a C, which takes the table's other rows.

    Parameters
    ----------
    records : sequence of dict
        Those that were given up at a smaller cap than the row's do not count, nor those of trials beyond the paper's
        number.
    """
    records, beyond = counted(records, row)
    if not records:
        return Summary(row, reading, n_beyond=len(beyond))
    outcomes = [under_cap(record, row.cap) for record in records]
    values = [sequences for _, sequences in outcomes]
    solved = [sequences for success, sequences in outcomes if success]
    tests = [record["test"] for record, (success, _) in zip(records, outcomes, strict=True) if success]
    averaged = solved if row.paper.leaves_failures_out and solved else values
    low, high = bootstrap_mean(averaged)
    rate_low, rate_high = wilson(len(solved), len(values))
    mean = math.fsum(averaged) / len(averaged)

    def mean_of(figure: str) -> float:
        figures = [math.nan if test[figure] is None else test[figure] for test in tests]  # a net that ran away
        try:
            return math.fsum(figures) / len(figures) if figures else math.nan
        except OverflowError:
            return math.inf

    summary = Summary(
        row=row,
        reading=reading,
        n=len(values),
        n_solved=len(solved),
        rate_low=rate_low,
        rate_high=rate_high,
        mean=mean,
        low=low,
        high=high,
        mean_solved=math.fsum(solved) / len(solved) if solved else math.nan,
        median=float(np.median(values)),
        least=min(values),
        most=max(values),
        wrong=mean_of("wrong"),
        mean_absolute_error=mean_of("mean_absolute_error"),
        mse=mean_of("mse"),
        ratio=mean / row.paper.sequences,
        seconds=math.fsum(record["seconds"] for record in records),
        n_beyond=len(beyond),
    )
    return dataclasses.replace(summary, verdict=_verdict(summary) if summary.complete else "")


def _verdict(summary: Summary) -> str:
    """Judge a number of sequences: the rule of the whole book.

    N if the share of solved trials is more than half away from the printed one, or if no trial was solved where the
    paper has some solved. Else A if the shares agree, the printed one lying in the 95 % interval of ours, and the
    mean's 95 % interval holds the printed mean or the two are within a factor of 1.5; B if they are within 3; else N,
    unless `with_orderings` finds a C. Which trials a mean is over: see `Summary`. Where the paper prints no number of
    sequences, the shares decide between A and N. U if the paper has no trial solved by a number of sequences, and
    ours, of which none was solved either, were given up before it.
    """
    if summary.share_is_off:
        return "N"
    if math.isnan(summary.ratio):
        return "A" if summary.share_agrees else "N"
    if summary.row.paper.solved == 0.0 and not summary.n_solved and summary.ratio < 1.0:
        return "U"
    factor = max(summary.ratio, 1 / summary.ratio)
    agrees = summary.low <= summary.row.paper.sequences <= summary.high or factor <= 1.5
    if agrees and summary.share_agrees:
        return "A"
    return "B" if factor <= 3 else "N"


def with_orderings(summaries: Sequence[Summary]) -> list[Summary]:
    """Give a C to rows that are out by more than a factor of 3 but stand in the paper's order within their table.

    A row without a solved trial stands behind all that have one. A milestone is compared with that of other rows:
    that a trial reaches its stops in order says nothing.

    Parameters
    ----------
    summaries : sequence of Summary
        The rows of one table under one reading.
    """
    judged = []
    for summary in summaries:
        others = [
            other
            for other in summaries
            if other.complete and other.row.name != summary.row.name and other.row.milestone == summary.row.milestone
        ]
        ours, printed = _places(summary)
        in_order = others and all(
            (ours < theirs and printed < other_printed)
            or (ours > theirs and printed > other_printed)
            or ours == theirs == printed == other_printed == math.inf
            for theirs, other_printed in map(_places, others)
        )
        if summary.verdict == "N" and not summary.share_is_off and in_order:
            summary = dataclasses.replace(summary, verdict="C")
        judged.append(summary)
    return judged


def _places(summary: Summary) -> tuple[float, float]:
    """Say where a row stands among those of its table: measured, printed."""
    paper = summary.row.paper
    return (
        summary.mean if summary.n_solved else math.inf,
        paper.sequences if paper.solved != 0.0 else math.inf,
    )


def rows_of_table(table: str) -> list[Row]:
    """List the rows of a table.

    Parameters
    ----------
    table : str
        E.g. ``table9``.

    Raises
    ------
    KeyError
        If there is no such table.
    """
    tables = dict.fromkeys(row.table for row in rows().values())
    if table not in tables:
        raise KeyError(f"there is no table {table!r}: give one of {', '.join(tables)}")
    return [row for row in rows().values() if row.table == table]


def summarise_table(table: str, store: Store) -> list[Summary]:
    """Summarise the rows of a table, under every reading that has records and always under the literal one.

    Parameters
    ----------
    table : str
        E.g. ``table9``.

    Returns
    -------
    list of Summary
        Literal reading first; within a reading, in the paper's order.

    Raises
    ------
    KeyError
        If there is no such table.
    StoreError
        If records can't be read.
    """
    stops = [stop for row in rows_of_table(table) for stop in row.stops]
    shown: list[Summary] = []
    for name, reading in READINGS.items():
        summaries = [summarise(store.records(row.name, name, row.under(reading).hash), row, name) for row in stops]
        shown += [summary for summary in with_orderings(summaries) if summary.n or name == "literal"]
    return shown


@dataclass(frozen=True)
class Evidence:
    """A row under a reading: the summary, and the records behind it.

    Attributes
    ----------
    summary : Summary
    records : list of dict
        By the trial's number, up to the paper's number of trials; empty if nothing was measured yet.
    beyond : list of dict
        Of trials beyond that number, which count in no figure.
    """

    summary: Summary
    records: list[Record]
    beyond: list[Record] = dataclasses.field(default_factory=list)

    @property
    def row(self) -> Row:
        """The row."""
        return self.summary.row

    @property
    def reading(self) -> str:
        """The reading's name."""
        return self.summary.reading

    @property
    def solved(self) -> list[Record]:
        """The records of the trials that met the stopping criterion."""
        return [record for record in self.records if under_cap(record, self.row.cap)[0]]


def evidence(table: str, store: Store | None = None) -> list[Evidence]:
    """Collect a table's rows with their records: what a page on an experiment is made from.

    Parameters
    ----------
    table : str
        E.g. ``table9``.
    store : Store, optional

    Returns
    -------
    list of Evidence
        In the order of `summarise_table`.

    Raises
    ------
    StoreError
        If records can't be read.
    """
    store = store or Store()

    def records(summary: Summary) -> list[Record]:
        return store.records(summary.row.name, summary.reading, summary.row.under(READINGS[summary.reading]).hash)

    return [Evidence(summary, *counted(records(summary), summary.row)) for summary in summarise_table(table, store)]


@dataclass(frozen=True)
class LeftOut:
    """Records in a table's file that count in no figure, for one reason.

    Attributes
    ----------
    row, reading : str
        As the records have them.
    reason : str
        A key of `REASONS`.
    n : int
        Number of records.
    """

    row: str
    reading: str
    reason: str
    n: int

    def __str__(self) -> str:
        """Say it in a line."""
        records = "record" if self.n == 1 else "records"
        return f"{self.row} ({self.reading}): {self.n} {records} {REASONS[self.reason]}"


def left_out(table: str, store: Store) -> list[LeftOut]:
    """Say which records of a table count in no figure, and why.

    A trial given up early is not named if another record says what it gives at the row's cap.

    Parameters
    ----------
    table : str
        E.g. ``table9``.

    Returns
    -------
    list of LeftOut
        In the order in which such records first stand in the file; empty if all count.

    Raises
    ------
    KeyError
        If there is no such table.
    StoreError
        If records can't be read.
    """
    known = {row.name: row for row in rows_of_table(table)}
    hashes = {
        (row.name, name): row.under(reading).hash for row in known.values() for name, reading in READINGS.items()
    }
    records = list(store.lines(table))
    done = {
        (record["row"], record["reading"], record["specification"], record["trial"])
        for record in records
        if record["row"] in known and is_done(record, known[record["row"]].cap)
    }

    def reason(record: Record) -> str:
        name, reading = record["row"], record["reading"]
        if name not in known:
            return "row"
        if reading not in READINGS:
            return "reading"
        if record["specification"] != hashes[name, reading]:
            return "specification"
        if record["trial"] > known[name].n_trials:
            return "number"
        return "" if (name, reading, record["specification"], record["trial"]) in done else "cap"

    counts = Counter((record["row"], record["reading"], reason(record)) for record in records)
    return [LeftOut(*key, n) for key, n in counts.items() if key[2]]


def course(record: Record) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Unfold a record's learning curve.

    Returns
    -------
    sequences : (n,) float64
        Sequence presentations at the end of every window.
    errors : (n,) float64
        Mean absolute error of the output units within the window.
    wrong : (n,) float64
        Share of the window's sequences that were processed wrongly.
    """
    curve = record["curve"]
    n = len(curve["wrong"])
    total = curve.get("presented", presented(record))
    sequences = np.minimum(curve["window"] * np.arange(1.0, n + 1), total)
    share = np.asarray(curve["wrong"]) / np.diff(sequences, prepend=0.0)
    return sequences, np.asarray(curve["mean_absolute_error"], dtype=np.float64), share


def first_below(record: Record, bound: float) -> float:
    """Find when the mean training error first fell below a bound.

    Returns
    -------
    float
        Sequence presentations at the end of the first such window of the learning curve; NaN if there is none.
    """
    sequences, errors, _ = course(record)
    below = np.flatnonzero(errors < bound)
    return float(sequences[below[0]]) if below.size else math.nan


def sweep_records(sweep: Sweep, store: Store | None = None) -> dict[tuple[str, str], list[Record]]:
    """Read what was recorded of a sweep.

    Parameters
    ----------
    store : Store, optional

    Returns
    -------
    dict of (task, learner) to list of dict
        By the trial's number; the list is empty if nothing was measured yet.
    """
    store = store or Store(PUBLISHED_SWEEPS)
    return {
        key: [
            record
            for record in answers(store.records(pair.name, "literal", pair.under(Reading()).hash), sweep.cap)
            if record["trial"] <= sweep.n_trials
        ]
        for key, pair in sweep.pairs.items()
    }
