"""``python -m lstm97`` is the ``lstm97`` command."""

import sys

from lstm97.cli import main

if __name__ == "__main__":
    sys.exit(main())
