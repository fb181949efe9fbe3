"""Table 2 and the text below it: Experiment 2, Tasks 2a and 2b (Sec. 5.2; Tables 10 and 11)."""

from lstm97.experiments.base import Paper, Row
from lstm97.stopping import CorrectInARow
from lstm97.tasks import LongLag
from lstm97.topology import Topology


def _row(variant: str, title: str, paper: Paper, n_test: int) -> Row:
    return Row(
        name=f"table2/{variant}",
        title=title,
        section="5.2",
        task=LongLag(p=100, variant=variant),
        topology=Topology(
            n_inputs=101,
            block_sizes=(1,),
            n_outputs=101,
            biased="none",
            out_gates=False,
            recurrent=False,
            outputs_see_inputs=True,
        ),
        alpha=1.0,
        weight_range=0.2,
        in_gate_bias=None,
        out_gate_bias=None,
        stop=CorrectInARow(),
        n_trials=18,
        cap=200_000,
        paper=paper,
        n_test=n_test,
        g="f",
        h="identity",
        grows=True,
    )


# Table 11 has no test set for Task 2a: ours is as large as most others.
ROWS = (
    _row("2a", "Long time lags with regularities, p = 100", Paper("Table 2, row 8", 5_040, n_weights=10_504), 2560),
    _row(
        "2b",
        "Long time lags without regularities, p = 100",
        Paper("Sec. 5.2, Task 2b, text", 5_680, n_weights=10_504),
        n_test=10_000,
    ),
)
