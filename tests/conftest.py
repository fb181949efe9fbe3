"""All tests run without the user's own settings for Matplotlib and IPython, as the notebooks do."""

import os
from pathlib import Path

from lstm97_book.sphinx.kernels import environment

clean = environment(Path(__file__).parents[1])
for name in os.environ.keys() - clean.keys():
    del os.environ[name]
os.environ.update(clean)
