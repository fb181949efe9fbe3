"""The learning systems of the paper, one file each, with one interface."""

from lstm97.learners.base import Learner, Work
from lstm97.learners.growing import Growing
from lstm97.learners.lstm import LSTM, Net, Trace

__all__ = ["LSTM", "Growing", "Learner", "Net", "Trace", "Work"]
