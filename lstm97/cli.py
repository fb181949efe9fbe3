"""The ``lstm97`` command, as far as it is the same for all it can do: streams, signals, errors and exit codes.

It imports nothing that takes time, so that it can be stopped from the start; what it does is in `lstm97.command`.
"""

import os
import sys
import traceback
from collections.abc import Sequence

from lstm97.command import signals
from lstm97.command.streams import standard_streams

DIFFERENT = 1
USAGE_ERROR = 2
OUTPUT_LOST = 3
FAULT = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; from the command line if not given.

    Returns
    -------
    int
        Exit code: 0, 1 if `verify` found a difference, 2 for bad input or lost workers, 3 if the output could not be
        written, 4 after a fault of the program, 130 after Ctrl-C, 143 after SIGTERM.
    """
    with standard_streams() as (out, err), signals.with_an_exception():
        code = _imported_and_performed(arguments)
        out.flush()
        err.flush()
        if out.error is not None:
            reason = out.error.strerror or "no reason given"
            print(f"lstm97: not all output could be written ({reason[0].lower()}{reason[1:]})", file=err, flush=True)
        lost = out.error is not None or (err.error is not None and sys.__stderr__ is not None)
        return OUTPUT_LOST if lost and code == 0 else code


def _imported_and_performed(arguments: Sequence[str] | None) -> int:
    try:
        os.getcwd()
    except OSError as error:
        print(f"lstm97: the current folder can't be used ({error.strerror}): go to another one", file=sys.stderr)
        return USAGE_ERROR
    try:
        with signals.at_once():
            from lstm97.command.arguments import perform
    except (ImportError, MemoryError, OSError) as error:
        reason = str(error).partition("\n")[0] or "there is not enough memory"
        print(
            f"lstm97: a part of it can't be loaded ({reason}): set it up again, or allow more memory", file=sys.stderr
        )
        return USAGE_ERROR
    try:
        return perform(arguments)
    except Exception:
        traceback.print_exc()
        print("lstm97: this is a fault of the program: please report it with the lines above", file=sys.stderr)
        return FAULT


if __name__ == "__main__":
    sys.exit(main())
