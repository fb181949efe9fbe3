"""Table 8: Experiment 5, the multiplication problem (Sec. 5.5; Tables 10 and 11, Task 5)."""

from lstm97.experiments.base import LSTMRow, Paper
from lstm97.experiments.stopping import FewWrong
from lstm97.net.topology import Topology
from lstm97.tasks import Multiplication

ROWS = (
    LSTMRow(
        name="table8/T100",
        title="Multiplication problem, T = 100",
        section="5.5",
        task=Multiplication(T=100),
        topology=Topology(n_inputs=2, block_sizes=(2, 2), n_outputs=1, biased="all"),
        alpha=0.1,
        weight_range=0.1,
        in_gate_bias=None,
        section_in_gate_bias=(-3.0, -6.0),
        out_gate_bias=None,
        stop=FewWrong(n_seq=(140, 13)),
        n_trials=10,
        cap=5 * 1_273_000,
        paper=Paper("Table 8, row 2", sequences=1_273_000, n_weights=93, wrong=14, mse=0.0139),
        milestones=(
            ("n_seq = 140", Paper("Table 8, row 1", sequences=482_000, n_weights=93, wrong=139, mse=0.0223)),
        ),
    ),
)
