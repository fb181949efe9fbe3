"""Where the code that runs a trial comes from."""

import os
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import lstm97

_PACKAGE = Path(lstm97.__file__).resolve().parent


@cache
def commit() -> str | None:
    """Name the commit of the package's source.

    Returns
    -------
    str or None
        Twelve digits of the commit, and "-dirty" if a file of the package was changed since or added; None if the
        package does not lie in a checkout of its own repository, but for example in another project's environment.
    """
    checkout = _PACKAGE.parent
    try:
        project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8")).get("project", {})
        if project.get("name") != _PACKAGE.name or Path(_git("rev-parse", "--show-toplevel")).resolve() != checkout:
            return None
        changed = _git("status", "--porcelain", "--", _PACKAGE.name)
        return _git("rev-parse", "--short=12", "HEAD") + "-dirty" * bool(changed)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def _git(*command: str) -> str:
    """Ask git about the checkout around the package, whatever the environment says about other ones."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "--no-optional-locks", *command],
        cwd=_PACKAGE.parent,
        env=env,
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.strip()
