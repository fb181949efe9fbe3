"""Table 5: Experiment 3, Task 3b, noisy class elements (Sec. 5.3; Tables 10 and 11)."""

from lstm97.experiments.base import Paper
from lstm97.experiments.stopping import ErrorsOnTestSet
from lstm97.experiments.two_sequence import two_sequence_row


def _paper(row: int, sequences: float, wrong: float | None) -> Paper:
    return Paper(f"Table 5, row {row}", sequences, n_weights=102, wrong=wrong)


# ST1: fewer than 6 of 256 wrong. Wrong test sequences are the printed fraction of 2560.
ROWS = tuple(
    two_sequence_row(
        "3b",
        T,
        N,
        alpha=1.0,
        stop=ErrorsOnTestSet(beta=0.04, every=T, most_wrong=5),
        cap=max(200_000, 5 * st2),
        paper=_paper(row, st2, wrong=2560 * fraction),
        milestones=(("ST1", _paper(row, st1, wrong=None)),),
    )
    for row, T, N, st1, st2, fraction in (
        (1, 100, 3, 41_740, 43_250, 0.00828),
        (2, 100, 1, 74_950, 78_430, 0.01500),
        (3, 1000, 1, 481_060, 485_080, 0.01207),
    )
)
