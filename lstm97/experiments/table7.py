"""Table 7: Experiment 4, the adding problem (Sec. 5.4; Tables 10 and 11, Task 4)."""

from lstm97.experiments.base import LSTMRow, Paper
from lstm97.experiments.stopping import ST3
from lstm97.net.topology import Topology
from lstm97.tasks import Adding


def _row(T: int, cap: int, paper: Paper) -> LSTMRow:
    return LSTMRow(
        name=f"table7/T{T}",
        title=f"Adding problem, T = {T}",
        section="5.4",
        task=Adding(T=T),
        topology=Topology(n_inputs=2, block_sizes=(2, 2), n_outputs=1, biased="all"),
        alpha=0.5,
        weight_range=0.1,
        in_gate_bias=(-3.0, -6.0),
        out_gate_bias=None,
        stop=ST3(beta=0.01),
        n_trials=10,
        cap=cap,
        paper=paper,
    )


ROWS = (
    _row(100, 2_000_000, Paper("Table 7, row 1", sequences=74_000, n_weights=93, wrong=1)),
    _row(500, 2_000_000, Paper("Table 7, row 2", sequences=209_000, n_weights=93, wrong=0)),
    _row(
        1000,
        5_000_000,
        Paper("Table 7, row 3", sequences=853_000, n_weights=93, wrong=1, least=370_000, most=2_020_000),
    ),
)
