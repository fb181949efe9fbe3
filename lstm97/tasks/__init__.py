"""The tasks of Sec. 5, one file each. A task draws sequences and knows nothing of networks."""

from lstm97.tasks.adding import Adding
from lstm97.tasks.base import Batch, Task
from lstm97.tasks.temporal_order import TemporalOrder

__all__ = ["Adding", "Batch", "Task", "TemporalOrder"]
