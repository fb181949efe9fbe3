"""The learning systems of the paper, one file each, with one interface."""

from lstm97.learners.base import Learner, Work
from lstm97.learners.bptt import BPTT
from lstm97.learners.cascade import Cascade
from lstm97.learners.chunker import Chunker
from lstm97.learners.elman import Elman
from lstm97.learners.growing import Growing
from lstm97.learners.guessing import Guessing
from lstm97.learners.hierarchy import Hierarchy
from lstm97.learners.leaky import Additive, TimeConstants
from lstm97.learners.lstm import LSTM, Net, Trace
from lstm97.learners.recurrent import RecurrentTopology
from lstm97.learners.rtrl import RTRL
from lstm97.learners.window import Window

__all__ = [
    "BPTT",
    "LSTM",
    "RTRL",
    "Additive",
    "Cascade",
    "Chunker",
    "Elman",
    "Growing",
    "Guessing",
    "Hierarchy",
    "Learner",
    "Net",
    "RecurrentTopology",
    "TimeConstants",
    "Trace",
    "Window",
    "Work",
]
