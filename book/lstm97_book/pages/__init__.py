"""What pages show besides figures.

Here: blocks that several pages share, and the computations that a single chapter shows. Not here: the core's own.
"""

from lstm97.text import Table, duration, fraction, number
from lstm97_book.pages import parameters
from lstm97_book.pages.blocks import (
    Markdown,
    Source,
    agreements,
    by_table,
    card,
    comparison,
    conditions,
    escaped,
    foot,
    misclassified,
    paper_values,
    ratios_of,
    readings_compared,
    reruns,
    scaling_of,
    source,
    tally,
    tell,
    tested,
    trials_of,
    verdict,
    verdict_counts,
)

__all__ = [
    "Markdown",
    "Source",
    "Table",
    "agreements",
    "by_table",
    "card",
    "comparison",
    "conditions",
    "duration",
    "escaped",
    "foot",
    "fraction",
    "misclassified",
    "number",
    "paper_values",
    "parameters",
    "ratios_of",
    "readings_compared",
    "reruns",
    "scaling_of",
    "source",
    "tally",
    "tell",
    "tested",
    "trials_of",
    "verdict",
    "verdict_counts",
]
