"""Run the source notebooks in place with their own parameters, and store what they print, without images.

make notebooks                    all of them, and the README's picture from the records
make notebooks NAME=5-4-adding    one
"""

import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from .generated import draw_results, scores
from .kernels import environment

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
PICTURE = Path(__file__).parents[2] / "_assets" / "results.svg"


def refresh(path: Path) -> None:
    """Run one notebook and write it back."""
    notebook: Any = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=None, record_timing=False, kernel_name="python3")
    client.execute(cwd=str(path.parent), env=environment(path.parents[1]))
    tidy(notebook)
    half_written = path.with_suffix(".part")
    nbformat.write(notebook, half_written)
    os.replace(half_written, path)


def tidy(notebook: Any) -> None:
    """Drop images and what would differ from one machine to the next."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
    }
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for output in cell.outputs:
                for mime in [mime for mime in output.get("data", {}) if mime.startswith("image/")]:
                    del output.data[mime]
                    output.metadata.pop(mime, None)


def main(names: list[str]) -> int:
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    known = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    if unknown := sorted(set(names) - set(known)):
        print(f"no notebook named {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    if not names:
        draw_results([one for one in scores() if one.reading == "literal"], PICTURE)
    for name in names or known:
        print(f"notebooks/{name}.ipynb", flush=True)
        refresh(NOTEBOOKS / f"{name}.ipynb")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
