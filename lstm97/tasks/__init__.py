"""The tasks of Sec. 5, parity and the latch problem, one file each.

Here: drawing sequences, and saying when an answer is correct. Not here: networks, and how one learns.
"""

from lstm97.tasks.adding import Adding
from lstm97.tasks.base import Batch, Task
from lstm97.tasks.distractors import Distractors
from lstm97.tasks.latch import Latch
from lstm97.tasks.long_lag import LongLag
from lstm97.tasks.multiplication import Multiplication
from lstm97.tasks.parity import Parity
from lstm97.tasks.reber import EmbeddedReber
from lstm97.tasks.temporal_order import TemporalOrder
from lstm97.tasks.two_sequence import TwoSequence

__all__ = [
    "Adding",
    "Batch",
    "Distractors",
    "EmbeddedReber",
    "Latch",
    "LongLag",
    "Multiplication",
    "Parity",
    "Task",
    "TemporalOrder",
    "TwoSequence",
]
