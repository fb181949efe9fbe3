"""The book's own Sphinx extension.

builds.py      one build at a time in a folder
execution.py   runs notebooks/*.ipynb when a build starts, and only what changed
run.py         runs one of them through papermill
kernels.py     what they run in: nothing of the user's own settings
exports.py     the records as CSV and Parquet
generated.py   text that is made from records, docstrings and executed notebooks while pages are read
explorers.py   pictures that scripts bring to life: error flow, the memory cell, a net that learns in the page
pages.py       equation numbers, captions of tables, links to the source notebooks, offline MathJax
rooms.py       the architecture, from the import contracts
refresh.py     `make notebooks`: stores what the source notebooks print
"""

from sphinx.application import Sphinx

from . import builds, execution, explorers, exports, generated, pages


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("sphinx.ext.autodoc")
    builds.end_on_interrupt()
    builds.setup(app)
    # Before the table of contents is read, which asks for the executed copies (priority 900).
    app.connect("config-inited", execution.run_notebooks, priority=100)
    app.connect("config-inited", exports.export, priority=110)
    generated.setup(app)
    explorers.setup(app)
    pages.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
