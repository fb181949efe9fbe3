"""Run a notebook with other parameters in a process of its own that is ready at once.

A server with the libraries loaded forks a process for each run, so nothing of one run is left for the next, and no
kernel has to start. The published parameters are run in kernels, as readers run them.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from papermill import inspect_notebook
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

SERVER = get_context("forkserver")
#: What every notebook imports.
SERVER.set_forkserver_preload(["lstm97_book.pages", "lstm97_book.figures", "support.notebooks"])


class Shown(NamedTuple):
    """What a notebook gave: all of its cells' outputs as text, and the error that ended it, empty if none did."""

    text: str
    error: str


def show(path: Path, folder: Path, parameters: dict[str, object]) -> Shown:
    """Run a notebook in another folder, with the parameters put in as papermill does it, until a cell fails."""
    if unknown := parameters.keys() - inspect_notebook(path).keys():
        return Shown("", f"unknown parameters: {', '.join(sorted(unknown))}")
    with ProcessPoolExecutor(1, SERVER) as pool:
        return pool.submit(_show, path, folder, parameters).result()


def _show(path: Path, folder: Path, parameters: dict[str, object]) -> Shown:
    matplotlib.use("module://matplotlib_inline.backend_inline")  # as in a kernel
    os.chdir(folder)
    notebook: Any = parameterize_notebook(load_notebook_node(str(path)), parameters)
    shell = InteractiveShell.instance()
    texts: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        with capture_output() as captured:
            result = shell.run_cell(cell.source)
        if not result.success:
            error = result.error_before_exec or result.error_in_exec
            return Shown("\n".join(texts), f"{type(error).__name__}: {error}")
        displayed = [output.data.get("text/plain", "") for output in captured.outputs]
        texts += filter(None, [captured.stdout, captured.stderr, *displayed])
    return Shown("\n".join(texts), "")
