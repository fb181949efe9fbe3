"""Run one notebook through papermill, in a process that ends when its standard input does.

python run.py SOURCE RESULT PROFILE

Whoever starts it holds the other end, so it ends with him, however he ends, and a second later its kernel.
"""

import os
import sys
import threading
from pathlib import Path

import nbformat
import papermill


def end_with_input() -> None:
    """Wait for the end of standard input."""
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    source, result, profile = sys.argv[1:]
    threading.Thread(target=end_with_input, daemon=True).start()
    notebook = papermill.execute_notebook(
        source,
        None,
        {"profile": profile},
        kernel_name="python3",
        cwd=str(Path(source).parent),
        progress_bar=False,
    )
    nbformat.write(notebook, result)
