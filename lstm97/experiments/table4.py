"""Table 4: Experiment 3, Task 3a, noise-free class elements (Sec. 5.3; Tables 10 and 11)."""

from lstm97.experiments.base import Paper
from lstm97.experiments.stopping import ErrorsOnTestSet
from lstm97.experiments.two_sequence import two_sequence_row


def _paper(row: int, sequences: float, wrong: float | None) -> Paper:
    return Paper(f"Table 4, row {row}", sequences, n_weights=102, wrong=wrong)


# Wrong test sequences are the printed fraction of 2560.
ROWS = tuple(
    two_sequence_row(
        "3a",
        T,
        N,
        alpha=1.0,
        stop=ErrorsOnTestSet(beta=0.01, every=T),
        cap=max(200_000, 5 * st2),
        paper=_paper(row, st2, wrong=2560 * fraction),
        milestones=(("ST1", _paper(row, st1, wrong=None)),),
    )
    for row, T, N, st1, st2, fraction in (
        (1, 100, 3, 27_380, 39_850, 0.000195),
        (2, 100, 1, 58_370, 64_330, 0.000117),
        (3, 1000, 3, 446_850, 452_460, 0.000078),
    )
)
