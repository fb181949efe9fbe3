"""Rows whose trials take milliseconds.

``table7/small`` is the adding problem with a criterion that an untrained net may meet soon. The others are rows of
every table, tested on few sequences.
"""

import dataclasses

from lstm97.experiments import table1, table2, table3, table4, table7, table8, table9
from lstm97.experiments.stopping import ST3
from lstm97.tasks import EmbeddedReber

_OF_TABLES = [
    next(row for row in table.ROWS if row.name == name)
    for table, name in (
        (table1, "table1/3x2-0.5"),
        (table2, "table2/2b"),
        (table3, "table3/q50-p50"),
        (table4, "table4/T100-N1"),
        (table7, "table7/T100"),
        (table8, "table8/T100"),
        (table9, "table9/6a"),
    )
]
ROWS = (
    dataclasses.replace(table7.ROWS[0], name="table7/small", stop=ST3(1.0, 3), n_test=10),
    *(
        # Table 1's test sets have one size
        dataclasses.replace(
            row,
            name=f"small/{row.name.replace('/', '-')}",
            n_test=row.n_test if isinstance(row.tasks[0], EmbeddedReber) else 10,
        )
        for row in _OF_TABLES
    ),
)
