"""What the ``lstm97`` command takes, and what becomes of errors."""

import argparse
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any, NoReturn

import lstm97
from lstm97.checks import shown
from lstm97.command import run, show, verify
from lstm97.command.errors import UsageError
from lstm97.command.signals import Stopped, at_once
from lstm97.discovery import FileError
from lstm97.engine.side_by_side import LANES
from lstm97.experiments import rows, sweeps
from lstm97.experiments.pairs import PairError
from lstm97.learners import learners
from lstm97.learners.base import LearnerError
from lstm97.net.reading import READINGS
from lstm97.paths import RUNS
from lstm97.results.record import LAST_TRIAL
from lstm97.results.store import StoreError, TornLineWarning
from lstm97.tasks import tasks
from lstm97.trials.slices import LostError, WorkerError

USAGE_ERROR = 2
#: What a run leaves when it ends early.
SAFE = "finished trials are recorded, the same command goes on from here"
#: Bounds that only a slip of the keyboard exceeds.
MOST_TRIALS, MOST_CAP, MOST_JOBS, MOST_LANES = 100_000, 10**12, 10_000, 1_000

EXIT_CODES = """\
exit codes: 0 done; 1 verify found a difference; 2 bad input, unusable records, or lost workers; 3 the output could
not be written; 4 a fault of the program; 130 stopped by Ctrl-C, 143 by SIGTERM"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (try: {self.prog} --help)")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Refuse what is not known here, where the help is that says what is; argparse leaves it to the top."""
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed, unknown


def _whole(most: int) -> Callable[[str], int]:
    """Read a whole number from 1 up to a bound."""

    def read(text: str) -> int:
        short = text if len(text) <= 30 else f"{text[:27]}..."
        try:
            value = int(text)
        except ValueError:
            value = 0 if len(text) < 1000 else most + 1  # Python reads no number of thousands of digits
        if value < 1:
            raise argparse.ArgumentTypeError(f"{short!r} is not a whole number of at least 1")
        if value > most:
            raise argparse.ArgumentTypeError(f"{short!r} is too large: give at most {most:,}")
        return value

    return read


def _reading(text: str) -> str:
    if text not in READINGS:
        near = get_close_matches(text, READINGS, n=1, cutoff=0.5) or sorted(READINGS)
        raise argparse.ArgumentTypeError(f"there is no reading {shown(text)}: did you mean {' or '.join(near)}?")
    return text


def _sweep(text: str) -> str:
    if text not in sweeps.SWEEPS:
        raise argparse.ArgumentTypeError(f"there is no sweep {shown(text)}: give one of {', '.join(sweeps.SWEEPS)}")
    return text


def _table(text: str) -> str:
    tables = {str(row.table_number or row.table): row.table for row in rows().values()}
    name = tables.get(text, text)
    if name not in tables.values():
        raise argparse.ArgumentTypeError(
            f"there is no table {shown(text)} with rows of ours: give one of {', '.join(tables)}"
        )
    return name


def parser() -> argparse.ArgumentParser:
    """Make the parser of the whole command.

    Returns
    -------
    argparse.ArgumentParser
        Parsed arguments have the function to be called as ``action``; as ``left``, what it leaves if it is stopped;
        and as ``at_once``, whether nothing is to be cleaned up then.
    """
    made = _Parser(
        prog="lstm97",
        description="Run the experiments of Hochreiter and Schmidhuber (1997), and compare with the paper's tables.",
        epilog=f"example: lstm97 run table9/6a && lstm97 table 9\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--version", action="version", version=f"lstm97 {lstm97.__version__}")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str,
        action: Callable[[argparse.Namespace], int | None],
        about: str,
        example: str,
        left: str = "",
        at_once: bool = True,
    ) -> argparse.ArgumentParser:
        subcommand = commands.add_parser(
            name,
            help=about,
            description=about,
            epilog=f"example: {example}\n\n{EXIT_CODES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        subcommand.set_defaults(action=action, left=left, at_once=at_once)
        return subcommand

    subcommand = command("rows", show.show_rows, "List every row with the paper's values.", "lstm97 rows --json")
    _add_json(subcommand)

    subcommand = command(
        "run",
        run.run_trials,
        "Run the trials of rows that have no record yet, in parallel; stop it at any time and start it again.",
        "lstm97 run 'table7/*' --trials 3 --jobs 2",
        SAFE,
        at_once=False,
    )
    subcommand.add_argument(
        "row", nargs="*", metavar="ROW", help="a row such as table9/6a, or a wildcard such as 'table7/*'"
    )
    subcommand.add_argument(
        "--task",
        metavar="TASK",
        help="instead of rows, any task with any learner, such as --task adding:T=100 --learner bptt:k=10; "
        f"tasks: {', '.join(tasks())}",
    )
    subcommand.add_argument(
        "--learner",
        metavar="LEARNER",
        help=f"learners: {', '.join(learners())}; what is not given is as in the row whose task is most like it",
    )
    subcommand.add_argument(
        "--sweep",
        type=_sweep,
        metavar="NAME",
        help=f"instead of rows, all pairs of one of the book's sweeps: {', '.join(sweeps.SWEEPS)}",
    )
    subcommand.add_argument(
        "--trials", type=_whole(MOST_TRIALS), metavar="N", help="number of trials (default: the paper's; 3 of a pair)"
    )
    subcommand.add_argument(
        "--first", type=_whole(LAST_TRIAL), default=1, metavar="K", help="number of the first trial (default: 1)"
    )
    _add_jobs(subcommand)
    subcommand.add_argument(
        "--cap", type=_whole(MOST_CAP), metavar="N", help="give a trial up after N sequences (default: the row's)"
    )
    subcommand.add_argument(
        "--reading",
        type=_reading,
        default="literal",
        metavar="NAME",
        help=f"one of {', '.join(READINGS)} (default: literal)",
    )
    _add_store(subcommand, f"{RUNS}, and beside it sweeps and tries")
    _add_json(subcommand)

    subcommand = command(
        "table", show.show_table, "Print a table: the paper's values beside ours, with verdicts.", "lstm97 table 9"
    )
    subcommand.add_argument(
        "table", type=_table, metavar="N", help="number of the paper's table, or the first part of other rows' names"
    )
    _add_store(subcommand, str(RUNS))
    _add_json(subcommand)

    subcommand = command(
        "verify",
        verify.verify,
        "Run recorded trials again and compare exactly. First it says how long that takes.",
        "lstm97 verify --sample 5 --row table9/6a",
        "nothing was changed",
        at_once=False,
    )
    subcommand.add_argument(
        "--row",
        action="append",
        metavar="ROW",
        help="only this row, wildcard, or pair such as 'tries/adding*'; may be repeated",
    )
    subcommand.add_argument(
        "--sweep",
        action="append",
        type=_sweep,
        metavar="NAME",
        help=f"only this sweep, one of {', '.join(sweeps.SWEEPS)}; may be repeated",
    )
    subcommand.add_argument(
        "--sample", type=_whole(MOST_CAP), metavar="K", help="only K trials, spread evenly over rows and readings"
    )
    subcommand.add_argument("--all", action="store_true", help="all recorded trials, which takes many hours")
    _add_jobs(subcommand)
    _add_store(subcommand, f"{RUNS}, and beside it sweeps and tries")
    _add_json(subcommand)

    for plug_in in entry_points(group="lstm97.commands"):  # of other packages, such as the book's
        plug_in.load()(command, _add_json)
    return made


def _add_store(subcommand: argparse.ArgumentParser, default: str) -> None:
    subcommand.add_argument("--store", metavar="DIR", help=f"folder of the records (default: {default})")


def _add_json(subcommand: argparse.ArgumentParser) -> None:
    subcommand.add_argument("--json", action="store_true", help="print JSON: version, description, data")


def _add_jobs(subcommand: argparse.ArgumentParser) -> None:
    subcommand.add_argument(
        "--jobs",
        type=_whole(MOST_JOBS),
        metavar="J",
        help="processes (default: one per core, or per thread of the cluster's workers)",
    )
    subcommand.add_argument(
        "--lanes",
        type=_whole(MOST_LANES),
        default=LANES,
        metavar="L",
        help="trials side by side in a process, 1 for none (default: %(default)s)",
    )
    subcommand.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="run on the Dask cluster whose scheduler has this address; start it with --host 127.0.0.1 unless all of "
        "the network is trusted: who reaches a scheduler runs code on its workers, and a scheduler can run code here",
    )


def perform(arguments: Sequence[str] | None) -> int:
    """Do what the command was told.

    Parameters
    ----------
    arguments : sequence of str or None
        See `lstm97.cli.main`.

    Returns
    -------
    int
        Exit code.
    """
    left = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", TornLineWarning)
            warnings.showwarning = lambda message, *_args, **_kwargs: _complain(str(message))
            parsed = parser().parse_args(arguments)
            left = parsed.left
            with at_once(left) if parsed.at_once else nullcontext():
                return parsed.action(parsed) or 0
    except LostError as error:
        _complain("; ".join(filter(None, (str(error), left))))
    except LearnerError as error:
        _complain(str(error))
        print(error.calls, end="", file=sys.stderr, flush=True)
    except (UsageError, PairError, FileError, StoreError, WorkerError) as error:
        _complain(str(error))
    except MemoryError as error:
        _complain(
            f"there is not enough memory ({error or 'none is left'}): give a smaller task, or fewer --jobs or --lanes"
        )
    except OSError as error:
        _complain(f"the system refuses ({error.strerror or error}): its limits may be too low; ulimit -a lists them")
    except Stopped as stopped:
        _complain(stopped.leaving(left))
        return stopped.exit_code
    except SystemExit as ended:  # after --help and --version
        return int(ended.code or 0)
    return USAGE_ERROR


#: Characters of a message; what a user typed can be of any length.
LONGEST = 1500


def _complain(text: str) -> None:
    """Say what was wrong in one line, whatever came with the message."""
    line = re.sub(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+", " ", text)
    short = line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}"
    print(f"lstm97: {short}", file=sys.stderr, flush=True)
