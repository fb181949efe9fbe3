"""Set up .venv from requirements.lock: again only when what it is made from changed, and one process at a time."""

import fcntl
import hashlib
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
MADE_FROM = ("requirements.lock", "pyproject.toml", "book/pyproject.toml")


def made_from(root: Path) -> str:
    """Hash the contents of the files that say what is installed; their dates mean nothing."""
    digests = [hashlib.sha256((root / name).read_bytes()) for name in MADE_FROM]
    return "".join(f"{digest.hexdigest()}\n" for digest in digests)


def why_not() -> str:
    """Say why this Python cannot do it; nothing if it can."""
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        return (
            f"lstm97 needs Python 3.11, 3.12 or 3.13, and {sys.executable} is {sys.version.split()[0]}.\n"
            "Name another one, for example: make book PYTHON=python3.12"
        )
    if not (find_spec("ensurepip") and find_spec("venv")):
        return (
            f"{sys.executable} cannot make virtual environments: its venv module is missing.\n"
            "On Debian and Ubuntu: apt install python3-venv"
        )
    return ""


def install(root: Path, lock: IO[str]) -> None:
    """Make the virtual environment, or bring it up to date; the lock is held until what runs here ends, too."""
    venv = root / ".venv"
    pip: list[str | Path] = [
        venv / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    commands: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", venv],
        [*pip, "--require-hashes", "-r", "requirements.lock"],
        [*pip, "--no-deps", "--no-build-isolation", "-e", ".", "-e", "./book"],
    ]
    for command in commands:
        subprocess.run(command, check=True, cwd=root, pass_fds=[lock.fileno()])


def set_up(root: Path) -> None:
    """Install, unless that is done; wait for whoever else does it at the moment."""
    stamp = root / ".venv" / ".set-up"
    stamp.parent.mkdir(exist_ok=True)
    with (stamp.parent / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another process sets up .venv: waiting for its end.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        made = made_from(root)
        if stamp.exists() and stamp.read_text() == made:
            return
        stamp.unlink(missing_ok=True)
        print("Setting up .venv from requirements.lock: once, a minute or two.", flush=True)
        install(root, lock)
        stamp.write_text(made)


if __name__ == "__main__":
    reason = why_not()
    if reason:
        sys.exit(reason)
    try:
        set_up(ROOT)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    except KeyboardInterrupt:
        sys.exit(130)
