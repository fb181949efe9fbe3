"""The loop in C++ that the engines are held to: `loop.cpp`, compiled where there is a compiler."""

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lstm97.learners import LSTM, Net
from lstm97.tasks import Batch

SOURCE = Path(__file__).with_name("loop.cpp")
#: No sum reordered, no product fused: the same bits.
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC", "-x", "c++", "-std=c++17")
LANES = 8


class NoCompilerError(Exception):
    """There is no C++ compiler, or it can't compile the loop; the message says why."""


@cache
def _library() -> ctypes.CDLL:
    compiler = next((path for name in ("g++", "clang++", "c++") if (path := shutil.which(name))), None)
    if compiler is None:
        raise NoCompilerError("there is no C++ compiler: install g++ or clang++")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "loop.so")
        result = subprocess.run(
            [compiler, *FLAGS, str(SOURCE), "-o", str(made)], capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise NoCompilerError(f"{compiler} can't compile {SOURCE.name}: {result.stderr.strip().splitlines()[0]}")
        return ctypes.CDLL(str(made))


def trained(learner: LSTM, nets: Sequence[Net], batches: Sequence[Batch]) -> Callable[[], list[NDArray[np.float64]]]:
    """Make a function that trains nets of the adding problem on a batch each, and returns their outputs.

    Parameters
    ----------
    nets : sequence of Net
        One, or whole lanes of eight. They are changed in place.
    batches : sequence of Batch

    Raises
    ------
    NoCompilerError
        If C++ can't be compiled.
    ValueError
        If it is another net than the adding problem's, or the number of nets is neither 1 nor a multiple of 8.
    """
    if learner.topology.n_weights != 93 or learner.topology.block_sizes != (2, 2):
        raise ValueError(f"the net has {learner.topology.n_weights} weights: give the adding problem's, with 93")
    if len(nets) != 1 and len(nets) % LANES:
        raise ValueError(f"there are {len(nets)} nets: give 1, or a multiple of {LANES}")
    train = _library().train_one if len(nets) == 1 else _library().train_eight
    outputs = [np.empty(len(batch)) for batch in batches]
    lengths = np.array([len(batch) for batch in batches])
    arrays = (
        [net.weights.w.T for net in nets],  # column-major, so this is in one piece
        [net.weights.w_k.T for net in nets],
        *(
            [np.ascontiguousarray(getattr(batch, part)) for batch in batches]
            for part in ("values", "offsets", "targets")
        ),
        outputs,
    )

    def run() -> list[NDArray[np.float64]]:
        for first in range(0, len(nets), LANES):
            lanes = slice(first, first + LANES)
            pointers = [
                (ctypes.c_void_p * len(part[lanes]))(*(of.ctypes.data for of in part[lanes])) for part in arrays
            ]
            train(*pointers, ctypes.c_void_p(lengths[lanes].ctypes.data), ctypes.c_double(learner.alpha))
        return outputs

    return run
