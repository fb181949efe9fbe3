"""Puts the paper's tables and the published records beside the package when it is built; see pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

DATA = ("paper/*.csv", "runs/*.jsonl", "sweeps/*.jsonl", "bench.json")


class BuildWithData(build_py):
    """A build that copies `data` to where an installed package looks for it: see `lstm97.paths`."""

    def run(self) -> None:
        """Build, and copy; an editable installation reads the checkout's own."""
        super().run()
        if self.editable_mode:
            return
        for pattern in DATA:
            for path in sorted(Path("data").glob(pattern)):
                target = Path(self.build_lib, "lstm97", path)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


setup(cmdclass={"build_py": BuildWithData})
