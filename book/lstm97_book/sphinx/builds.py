"""One build at a time in a folder, and no trust in the pages that an interrupted one left."""

import signal
import sys
from pathlib import Path

from filelock import FileLock, Timeout
from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.config import Config
from sphinx.util import logging

logger = logging.getLogger(__name__)


def end_on_interrupt() -> None:
    """Let Ctrl-C end this process at once, with exit code 130 and without the traceback that Sphinx would print."""
    signal.signal(signal.SIGINT, lambda *_: sys.exit(130))


def setup(app: Sphinx) -> None:
    folder = Path(app.srcdir).parent / "_build"
    lock = FileLock(folder / ".lock")
    unfinished = Path(app.outdir) / ".unfinished"

    def begin(app: Sphinx, config: Config) -> None:
        """Wait for other builds; if the last one was interrupted, let all pages be made anew."""
        folder.mkdir(exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            logger.info("another build is running in this folder: waiting for its end")
            lock.acquire()
        if unfinished.exists():
            # Pages may be half-written or older than what Sphinx remembers of them.
            (Path(app.doctreedir) / ENV_PICKLE_FILENAME).unlink(missing_ok=True)

    def mark(app: Sphinx) -> None:
        unfinished.touch()

    def finish(app: Sphinx, error: Exception | None) -> None:
        unfinished.unlink(missing_ok=True)
        lock.release()

    app.connect("config-inited", begin, priority=50)  # before the notebooks are run
    app.connect("builder-inited", mark)
    app.connect("build-finished", finish, priority=999)
