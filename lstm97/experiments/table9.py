"""Table 9: Experiment 6, temporal order (Sec. 5.6; Tables 10 and 11, Tasks 6a and 6b)."""

from lstm97.experiments.base import LSTMRow, Paper
from lstm97.experiments.stopping import ST3
from lstm97.net.topology import Topology
from lstm97.tasks import TemporalOrder

ROWS = (
    LSTMRow(
        name="table9/6a",
        title="Temporal order of two symbols",
        section="5.6",
        task=TemporalOrder(2),
        topology=Topology(n_inputs=8, block_sizes=(2, 2), n_outputs=4, biased="all"),
        alpha=0.5,
        weight_range=0.1,
        in_gate_bias=(-2.0, -4.0),
        out_gate_bias=None,
        stop=ST3(beta=0.1),
        n_trials=20,
        cap=1_000_000,
        paper=Paper("Table 9, row 1", sequences=31_390, n_weights=156, wrong=1),
    ),
    LSTMRow(
        name="table9/6b",
        title="Temporal order of three symbols",
        section="5.6",
        task=TemporalOrder(3),
        topology=Topology(n_inputs=8, block_sizes=(2, 2, 2), n_outputs=8, biased="all"),
        alpha=0.1,
        weight_range=0.1,
        in_gate_bias=(-2.0, -4.0, -6.0),
        out_gate_bias=None,
        stop=ST3(beta=0.1),
        n_trials=10,
        cap=5_000_000,
        paper=Paper("Table 9, row 2", sequences=571_100, n_weights=308, wrong=2),
    ),
)
