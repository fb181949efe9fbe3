"""Table 1: Experiment 1, the embedded Reber grammar (Sec. 5.1; Tables 10 and 11, Task 1)."""

from lstm97.experiments.base import Paper, Row
from lstm97.stopping import AllPredicted
from lstm97.tasks import EmbeddedReber
from lstm97.topology import Topology


def _row(block_sizes: tuple[int, ...], alpha: float, paper: Paper) -> Row:
    n, size = len(block_sizes), block_sizes[0]
    return Row(
        name=f"table1/{n}x{size}-{alpha:g}",
        title=f"Embedded Reber grammar, {n} blocks of size {size}, learning rate {alpha:g}",
        section="5.1",
        task=(EmbeddedReber(1), EmbeddedReber(2), EmbeddedReber(3)),
        topology=Topology(n_inputs=7, block_sizes=block_sizes, n_outputs=7, biased="ga"),
        alpha=alpha,
        weight_range=0.2,
        in_gate_bias=None,
        out_gate_bias=(-1.0, -2.0, -3.0, -4.0)[:n],
        stop=AllPredicted(),
        n_trials=30,
        cap=200_000,
        paper=paper,
        n_test=256,
    )


ROWS = (
    _row((1, 1, 1, 1), 0.1, Paper("Table 1, row 5", sequences=39_740, n_weights=264)),
    _row((2, 2, 2), 0.1, Paper("Table 1, row 6", sequences=21_730, n_weights=276)),
    _row((2, 2, 2), 0.2, Paper("Table 1, row 7", sequences=14_060, n_weights=276, solved=0.97)),
    _row((1, 1, 1, 1), 0.5, Paper("Table 1, row 8", sequences=9_500, n_weights=264, solved=0.97)),
    _row((2, 2, 2), 0.5, Paper("Table 1, row 9", sequences=8_440, n_weights=276, least=3_800, most=24_100)),
)
