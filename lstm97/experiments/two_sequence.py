"""What the rows of Tables 4, 5 and 6 share (Sec. 5.3; Table 10, Tasks 3a to 3c)."""

from lstm97.experiments.base import LSTMRow, Paper
from lstm97.experiments.stopping import StoppingRule
from lstm97.net.topology import Topology
from lstm97.tasks import TwoSequence

TABLES = {"3a": "table4", "3b": "table5", "3c": "table6"}


def two_sequence_row(
    variant: str,
    T: int,
    N: int,
    alpha: float,
    stop: StoppingRule,
    cap: int,
    paper: Paper,
    milestones: tuple[tuple[str, Paper], ...] = (),
) -> LSTMRow:
    """Make a row of Experiment 3.

    Parameters
    ----------
    variant : {"3a", "3b", "3c"}
    T, N : int
        See `lstm97.tasks.TwoSequence`.
    milestones : tuple of (str, Paper)
    """
    return LSTMRow(
        name=f"{TABLES[variant]}/T{T}-N{N}",
        title=f"Task {variant}, T = {T}, N = {N}",
        section="5.3",
        task=TwoSequence(T=T, N=N, variant=variant),
        topology=Topology(n_inputs=1, block_sizes=(1, 1, 1), n_outputs=1, biased="b1"),
        alpha=alpha,
        weight_range=0.1,
        in_gate_bias=(-1.0, -3.0, -5.0),
        out_gate_bias=(-2.0, -4.0, -6.0),
        stop=stop,
        n_trials=10,
        cap=cap,
        paper=paper,
        milestones=milestones,
    )
