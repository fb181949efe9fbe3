"""Table 1: Experiment 1, the embedded Reber grammar (Sec. 5.1; Tables 10 and 11, Task 1)."""

from lstm97.experiments.base import CompetitorRow, LSTMRow, Paper
from lstm97.experiments.stopping import AllPredicted
from lstm97.learners import RTRL, Cascade, Elman, Learner, RecurrentTopology
from lstm97.net.topology import Topology
from lstm97.tasks import EmbeddedReber

TASKS = (EmbeddedReber(1), EmbeddedReber(2), EmbeddedReber(3))


def _competitor(name: str, title: str, learner: Learner, paper: Paper) -> CompetitorRow:
    return CompetitorRow(
        name=f"table1/{name}",
        title=f"Embedded Reber grammar, {title}",
        section="5.1",
        task=TASKS,
        learner=learner,
        stop=AllPredicted(),
        n_trials=30,
        cap=200_000 if paper.solved == 0.0 else max(200_000, int(5 * paper.sequences)),
        paper=paper,
        n_test=256,
    )


def _rtrl(n_hidden: int, alpha: float, paper: Paper) -> CompetitorRow:
    net = RecurrentTopology(n_inputs=7, n_hidden=n_hidden, n_outputs=7, fully_recurrent=True)
    title = f"RTRL, {n_hidden} hidden units, learning rate {alpha:g}"
    return _competitor(f"rtrl-{n_hidden}", title, RTRL(net, alpha, weight_range=0.2), paper)


def _row(block_sizes: tuple[int, ...], alpha: float, paper: Paper) -> LSTMRow:
    n, size = len(block_sizes), block_sizes[0]
    return LSTMRow(
        name=f"table1/{n}x{size}-{alpha:g}",
        title=f"Embedded Reber grammar, {n} blocks of size {size}, learning rate {alpha:g}",
        section="5.1",
        task=TASKS,
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


# The paper names no learning rate of Elman's net: 0.1 is that of the first LSTM rows.
ROWS = (
    _rtrl(3, 0.05, Paper("Table 1, row 1", sequences=173_000, n_weights=170, solved=None)),
    _rtrl(12, 0.1, Paper("Table 1, row 2", sequences=25_000, n_weights=494, solved=None)),
    _competitor(
        "elman-15",
        "Elman's net, 15 hidden units",
        Elman(RecurrentTopology(n_inputs=7, n_hidden=15, n_outputs=7), alpha=0.1, weight_range=0.2),
        Paper("Table 1, row 3", sequences=200_000, n_weights=435, solved=0.0),
    ),
    _competitor(
        "cascade",
        "recurrent cascade-correlation",
        Cascade(n_inputs=7, n_outputs=7),
        Paper("Table 1, row 4", sequences=182_000, n_weights=119, most_weights=198, solved=0.5),
    ),
    _row((1, 1, 1, 1), 0.1, Paper("Table 1, row 5", sequences=39_740, n_weights=264)),
    _row((2, 2, 2), 0.1, Paper("Table 1, row 6", sequences=21_730, n_weights=276)),
    _row((2, 2, 2), 0.2, Paper("Table 1, row 7", sequences=14_060, n_weights=276, solved=0.97)),
    _row((1, 1, 1, 1), 0.5, Paper("Table 1, row 8", sequences=9_500, n_weights=264, solved=0.97)),
    _row((2, 2, 2), 0.5, Paper("Table 1, row 9", sequences=8_440, n_weights=276, least=3_800, most=24_100)),
)
