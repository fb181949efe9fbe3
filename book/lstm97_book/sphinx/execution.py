"""Run the notebooks when a build starts, and only those that changed."""

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

from .kernels import environment

logger = logging.getLogger(__name__)

PROFILES = ("quick", "full")
PACKAGES = ("lstm97", "numpy", "scipy", "numba", "matplotlib")


def run_notebooks(app: Sphinx, config: Config) -> None:
    """Bring book/executed/ up to date with notebooks/, the package and the data."""
    root = Path(app.srcdir).parent
    profile = os.environ.get("LSTM97_PROFILE", "quick")
    if profile not in PROFILES:
        sys.exit(f"LSTM97_PROFILE is {profile!r}; it must be one of {', '.join(PROFILES)}")
    executed = root / "book" / "executed"
    executed.mkdir(exist_ok=True)
    sources = sorted((root / "notebooks").glob("*.ipynb"))
    for stale in {path.name for path in executed.glob("*.*")} - {path.name for path in sources}:
        (executed / stale).unlink()

    own = [Path(__file__), Path(__file__).with_name("run.py"), Path(__file__).with_name("kernels.py")]
    common = digest([root / "requirements.lock", *own, *package_and_data(root)])
    keys = {source: f"{profile} {digest([source])} {common}" for source in sources}
    due = [source for source in sources if stored_run(executed / source.name).get("key") != keys[source]]
    if not due:
        return
    logger.info("running %d of %d notebooks (profile %s)", len(due), len(sources), profile)
    # The notebooks' processes read the one end, and end when the other is closed, as it is when this process ends.
    read, held = os.pipe()
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        runs = [pool.submit(run_one, source, executed / source.name, profile, keys[source], read) for source in due]
        failures = [message for run in runs if (message := run.result())]
    finally:
        os.close(held)
        pool.shutdown(cancel_futures=True)
        os.close(read)
    if failures:
        # Not an exception: its traceback through Sphinx would bury the notebook's own.
        sys.exit("\n" + "\n\n".join(failures))


def package_and_data(root: Path) -> list[Path]:
    """Return every file that a notebook's result can depend on: the package and the data."""
    files = [path for folder in ("lstm97", "data", "book/lstm97_book") for path in (root / folder).rglob("*")]
    return sorted(p for p in files if p.is_file() and p.suffix in {".py", ".mplstyle", ".csv", ".jsonl", ".json"})


def digest(paths: Iterable[Path]) -> str:
    """Hash files by name and content."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def stored_run(path: Path) -> dict[str, Any]:
    """Return what is known of the run that made an executed copy: key, profile, seconds, versions."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))["metadata"].get("lstm97", {})
    except (FileNotFoundError, ValueError, KeyError):
        return {}


def run_one(source: Path, target: Path, profile: str, key: str, until_end_of: int) -> str:
    """Run one notebook into `target`; return an empty string or, if it raised, what to tell the author."""
    started = time.perf_counter()
    half_written = target.with_suffix(".part")
    command = [sys.executable, str(Path(__file__).with_name("run.py")), str(source), str(half_written), profile]
    done = subprocess.run(
        command,
        stdin=until_end_of,
        capture_output=True,
        text=True,
        env=environment(source.parents[1]),
        check=False,
        start_new_session=True,  # Ctrl-C is for the build, which ends its notebooks
    )
    if done.returncode:
        return f"notebooks/{source.name} raised (profile {profile}):\n{traceback_of(done.stderr)}"
    notebook: Any = nbformat.read(half_written, as_version=4)
    seconds = time.perf_counter() - started
    notebook.cells = [cell for cell in notebook.cells if not repeats_default(cell, profile)]
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if "figure" in cell.metadata.get("mystnb", {}):
            # The caption belongs to the image, not to what the cell's last line returned.
            cell.outputs = [out for out in cell.outputs if any(m.startswith("image/") for m in out.get("data", {}))]
    notebook.metadata.pop("papermill", None)
    notebook.metadata["lstm97"] = {
        "key": key,
        "profile": profile,
        "seconds": round(seconds, 1),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
    }
    nbformat.write(notebook, half_written)
    os.replace(half_written, target)
    logger.info("  notebooks/%s: %.1f s", source.name, seconds)
    return ""


def repeats_default(cell: Any, profile: str) -> bool:
    """Whether papermill's injected cell says what the notebook's own parameters cell says already."""
    return "injected-parameters" in cell.metadata.get("tags", []) and profile == PROFILES[0]


def traceback_of(stderr: str) -> str:
    """Return the notebook's own traceback out of papermill's, without colours."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", stderr)
    return plain[max(plain.rfind("Exception encountered at"), 0) :].strip()
