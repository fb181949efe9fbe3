"""Table 3: Experiment 2, Task 2c, long time lags and distractors (Sec. 5.2; Tables 10 and 11, Tasks 2c-1 to 2c-9)."""

from lstm97.experiments.base import LSTMRow, Paper
from lstm97.experiments.stopping import CorrectInARow
from lstm97.net.topology import Topology
from lstm97.tasks import Distractors


def _row(number: int, q: int, p: int, n_weights: int, sequences: int) -> LSTMRow:
    return LSTMRow(
        name=f"table3/q{q}-p{p}",
        title=f"Long time lags and distractors, q = {q}, p = {p}",
        section="5.2",
        task=Distractors(q=q, p=p),
        topology=Topology(n_inputs=p + 4, block_sizes=(1, 1), n_outputs=2, biased="none"),
        alpha=0.01,
        weight_range=0.2,
        in_gate_bias=None,
        out_gate_bias=None,
        stop=CorrectInARow(),
        n_trials=20,
        cap=max(200_000, 5 * sequences + 10_000),
        paper=Paper(f"Table 3, row {number}", sequences, n_weights),
        n_test=10_000,
    )


ROWS = tuple(
    _row(number, *values)
    for number, values in enumerate(
        (
            (50, 50, 364, 30_000),
            (100, 100, 664, 31_000),
            (200, 200, 1_264, 33_000),
            (500, 500, 3_064, 38_000),
            (1_000, 1_000, 6_064, 49_000),
            (1_000, 500, 3_064, 49_000),
            (1_000, 200, 1_264, 75_000),
            (1_000, 100, 664, 135_000),
            (1_000, 50, 364, 203_000),
        ),
        start=1,
    )
)
