"""What trials left: a record's form, the files they lie in, and what they say beside the paper.

Here: storing, reading, statistics, verdicts. Not here: running anything, pages, figures.
"""

from lstm97.results.frame import records
from lstm97.results.scoreboard import scoreboard
from lstm97.results.store import Store, StoreError
from lstm97.results.summary import VERDICTS, Evidence, Summary, evidence, summarise, summarise_table

__all__ = [
    "VERDICTS",
    "Evidence",
    "Store",
    "StoreError",
    "Summary",
    "evidence",
    "records",
    "scoreboard",
    "summarise",
    "summarise_table",
]
