"""Where data lies: the paper's tables, the records that come with the package, and those that a user makes.

In a checkout all of it is in the folder ``data``. An installed package has a copy of the paper's tables and of the
published records, which is only read; what is run there goes below the current folder.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent
IN_CHECKOUT = (_CHECKOUT / "pyproject.toml").is_file() and not (_PACKAGE / "data").is_dir()
DATA = (_CHECKOUT if IN_CHECKOUT else _PACKAGE) / "data"
#: The paper's tables as CSV.
PAPER = DATA / "paper"
#: The published records of rows and of sweeps.
PUBLISHED_RUNS, PUBLISHED_SWEEPS = DATA / "runs", DATA / "sweeps"
#: Where new records go: of rows, of sweeps, and of other pairs, which are nobody's but the reader's.
_NEW = DATA if IN_CHECKOUT else Path("data")
RUNS, SWEEPS, TRIES = _NEW / "runs", _NEW / "sweeps", _NEW / "tries"
