"""What notebooks run in: this environment's kernel, and none of the user's own settings."""

import os
from pathlib import Path

#: Variables by which a user's settings for IPython or Matplotlib would come in.
USERS = ("MATPLOTLIBRC", "MPLBACKEND", "PYTHONSTARTUP")


def environment(root: Path) -> dict[str, str]:
    """Return the environment's variables, with folders below `_build` for what lies in the user's home otherwise."""
    folder = root / "_build" / ".kernels"
    own = {name: folder / name for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR")}
    for path in own.values():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name not in USERS}
    # The kernel of this environment, whatever kernels the user has installed elsewhere.
    ours = {"JUPYTER_PREFER_ENV_PATH": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    return kept | ours | {name: str(path) for name, path in own.items()}
