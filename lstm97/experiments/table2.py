"""Table 2 and the text below it: Experiment 2, Tasks 2a and 2b (Sec. 5.2; Tables 10 and 11)."""

import math

from lstm97.experiments.base import CompetitorRow, LSTMRow, Paper
from lstm97.experiments.stopping import CorrectInARow
from lstm97.learners import BPTT, RTRL, Chunker, Learner, RecurrentTopology
from lstm97.net.topology import Topology
from lstm97.tasks import LongLag

#: Learning rates of the rows that are printed with 1.0 - 10.0: those of the rows for p = 4. Trials take them in turn.
ALPHAS = (1.0, 4.0, 10.0)
#: Nets for p = 100 are given up after fewer sequences than the table's 5,000,000, of 100 steps each.
SMALL_CAP = 100_000


def _net(p: int) -> RecurrentTopology:
    return RecurrentTopology(n_inputs=p + 1, n_hidden=1, n_outputs=p + 1, outputs_see_inputs=True)


def _competitor(
    name: str,
    title: str,
    task: LongLag,
    learner: Learner | tuple[Learner, ...],
    paper: Paper,
) -> CompetitorRow:
    chance = 0 if paper.solved == 0.0 else int(5 * paper.sequences)
    return CompetitorRow(
        name=f"table2/{name}",
        title=title,
        section="5.2",
        task=task,
        learner=learner,
        stop=CorrectInARow(),
        n_trials=18,
        cap=max(SMALL_CAP, chance) if task.p == 100 else 5_000_000,
        paper=paper,
    )


def _rtrl(p: int, alphas: tuple[float, ...] = ALPHAS) -> tuple[Learner, ...]:
    return tuple(RTRL(_net(p), alpha, weight_range=0.2) for alpha in alphas)


def _bptt(p: int) -> tuple[Learner, ...]:
    return tuple(BPTT(_net(p), alpha, weight_range=0.2) for alpha in ALPHAS)


def _rtrl_p4(alpha: float, paper: Paper) -> CompetitorRow:
    title = f"RTRL, p = 4, learning rate {alpha:g}"
    return _competitor(f"rtrl-p4-{alpha:g}", title, LongLag(p=4), _rtrl(4, (alpha,)), paper)


def _never(place: str, n_weights: int) -> Paper:
    return Paper(place, 5_000_000, n_weights, solved=0.0)


def _failed(n_weights: int) -> Paper:
    return Paper("Sec. 5.2, Task 2b, text", math.nan, n_weights, solved=0.0)


def _row(variant: str, title: str, paper: Paper, n_test: int) -> LSTMRow:
    return LSTMRow(
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


# Table 11 has no test set for Task 2a: ours is as large as most others. Of the systems that fail in Task 2b, the text
# says no more than that.
CHUNKER = Chunker(n_symbols=101, n_hidden=1, alpha=1.0, weight_range=0.2)
TASK_2B = LongLag(p=100, variant="2b")
ROWS: tuple[CompetitorRow | LSTMRow, ...] = (
    _rtrl_p4(1.0, Paper("Table 2, row 1", 1_043_000, n_weights=36, solved=0.78)),
    _rtrl_p4(4.0, Paper("Table 2, row 2", 892_000, n_weights=36, solved=0.56)),
    _rtrl_p4(10.0, Paper("Table 2, row 3", 254_000, n_weights=36, solved=0.22)),
    _competitor("rtrl-p10", "RTRL, p = 10", LongLag(p=10), _rtrl(10), _never("Table 2, row 4", 144)),
    _competitor("rtrl-p100", "RTRL, p = 100", LongLag(p=100), _rtrl(100), _never("Table 2, row 5", 10_404)),
    _competitor("bptt-p100", "BPTT, p = 100", LongLag(p=100), _bptt(100), _never("Table 2, row 6", 10_404)),
    _competitor(
        "chunker-p100",
        "Chunker, p = 100",
        LongLag(p=100),
        CHUNKER,
        Paper("Table 2, row 7", 32_400, n_weights=10_506, solved=0.33),
    ),
    _row("2a", "Long time lags with regularities, p = 100", Paper("Table 2, row 8", 5_040, n_weights=10_504), 2560),
    _row(
        "2b",
        "Long time lags without regularities, p = 100",
        Paper("Sec. 5.2, Task 2b, text", 5_680, n_weights=10_504),
        n_test=10_000,
    ),
    _competitor("2b-chunker", "Chunker without regularities, p = 100", TASK_2B, CHUNKER, _failed(10_506)),
    _competitor("2b-rtrl", "RTRL without regularities, p = 100", TASK_2B, _rtrl(100), _failed(10_404)),
    _competitor("2b-bptt", "BPTT without regularities, p = 100", TASK_2B, _bptt(100), _failed(10_404)),
)
