"""Table 6: Experiment 3, Task 3c, noisy targets (Sec. 5.3; Tables 10 and 11)."""

from lstm97.experiments.base import Paper
from lstm97.experiments.stopping import ErrorsOnTestSet
from lstm97.experiments.two_sequence import two_sequence_row

# Wrong test sequences are the printed fraction of 2560.
ROWS = tuple(
    two_sequence_row(
        "3c",
        100,
        N,
        alpha=0.1,
        stop=ErrorsOnTestSet(beta=0.015, every=100, milestones=()),
        cap=5 * sequences,
        paper=Paper(
            f"Table 6, row {row}", sequences, n_weights=102, wrong=2560 * fraction, mean_absolute_error=difference
        ),
    )
    for row, N, sequences, fraction, difference in (
        (1, 3, 269_650, 0.00558, 0.014),
        (2, 1, 565_640, 0.00441, 0.012),
    )
)
