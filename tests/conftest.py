"""All tests run without the user's own settings for Matplotlib and IPython, as the notebooks do."""

import os
from pathlib import Path

import pytest
from lstm97_book.sphinx.kernels import environment

from lstm97.trials.executors import available_cores

clean = environment(Path(__file__).parents[1])
for name in os.environ.keys() - clean.keys():
    del os.environ[name]
os.environ.update(clean)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a file's tests run in one worker, with its fixtures, but for those that are marked to stand alone."""
    for item in items:
        if not item.get_closest_marker("alone"):
            item.add_marker(pytest.mark.xdist_group(item.path.as_posix()))


def pytest_xdist_auto_num_workers() -> int:
    """Start one worker more than there are cores, since many tests wait: for signals, for processes, for kernels."""
    return available_cores() + 1
