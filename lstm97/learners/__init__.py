"""The learning systems of the paper, one file each, with one interface.

Here: settings, training, answering. Not here: tasks by name, rows, files, statistics.
"""

from lstm97.learners.base import Learner, Work
from lstm97.learners.bptt import BPTT
from lstm97.learners.cascade import Cascade
from lstm97.learners.chunker import Chunker
from lstm97.learners.elman import Elman
from lstm97.learners.growing import Growing
from lstm97.learners.guessing import Guessing
from lstm97.learners.hierarchy import Hierarchy
from lstm97.learners.kalman import Kalman
from lstm97.learners.leaky import Additive, TimeConstants
from lstm97.learners.lstm import LSTM, Net, Trace
from lstm97.learners.naive_carrousel import NaiveCarrousel
from lstm97.learners.narx import NARX
from lstm97.learners.recurrent import RecurrentTopology
from lstm97.learners.rtrl import RTRL
from lstm97.learners.search import Annealing, MultiGrid
from lstm97.learners.second_order import SecondOrder
from lstm97.learners.window import Window

__all__ = [
    "BPTT",
    "LSTM",
    "NARX",
    "RTRL",
    "Additive",
    "Annealing",
    "Cascade",
    "Chunker",
    "Elman",
    "Growing",
    "Guessing",
    "Hierarchy",
    "Kalman",
    "Learner",
    "MultiGrid",
    "NaiveCarrousel",
    "Net",
    "RecurrentTopology",
    "SecondOrder",
    "TimeConstants",
    "Trace",
    "Window",
    "Work",
]
