"""The ``lstm97`` command, as far as it is the same for all it can do: streams, signals, errors and exit codes.

It imports nothing that takes time, so that it can be stopped from the start; what it does is in `lstm97.command`.
"""

import sys
from collections.abc import Sequence

from lstm97.command import stopping
from lstm97.command.streams import standard_streams

DIFFERENT = 1
USAGE_ERROR = 2
OUTPUT_LOST = 3


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
        written, 130 after Ctrl-C, 143 after SIGTERM.
    """
    with standard_streams() as (out, err), stopping.with_an_exception():
        with stopping.at_once():
            from lstm97.command.arguments import perform
        code = perform(arguments)
        out.flush()
        err.flush()
        if out.error is not None:
            reason = out.error.strerror or "no reason given"
            print(f"lstm97: not all output could be written ({reason[0].lower()}{reason[1:]})", file=err, flush=True)
        lost = out.error is not None or (err.error is not None and sys.__stderr__ is not None)
        return OUTPUT_LOST if lost and code == 0 else code


if __name__ == "__main__":
    sys.exit(main())
