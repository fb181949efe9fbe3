"""The learning systems of the paper, one file each, with one interface."""

from lstm97.learners.base import Learner, Work
from lstm97.learners.bptt import BPTT
from lstm97.learners.growing import Growing
from lstm97.learners.lstm import LSTM, Net, Trace
from lstm97.learners.recurrent import RecurrentTopology
from lstm97.learners.rtrl import RTRL

__all__ = ["BPTT", "LSTM", "RTRL", "Growing", "Learner", "Net", "RecurrentTopology", "Trace", "Work"]
