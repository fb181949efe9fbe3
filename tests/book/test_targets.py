"""What the engine is held to: the loop in C++ computes the same, and every ratio is of what it says."""

import subprocess
from collections.abc import Callable

import numpy as np
import pytest
from lstm97_book.bench import cpp, targets
from lstm97_book.bench.cpp import LANES, NoCompilerError, trained

from lstm97.learners import LSTM, Net
from lstm97.net.topology import Topology
from lstm97.tasks import Adding, Batch


@pytest.fixture
def compiled() -> None:
    try:
        cpp._library()
    except NoCompilerError as error:
        pytest.skip(str(error))


def problem(n: int) -> tuple[LSTM, list[Net], list[Batch]]:
    _, learner, _ = targets.literal("table7/T100")
    rng = np.random.default_rng(0)
    return learner, [learner.start(rng) for _ in range(n)], [Adding(30).sample(rng, 3 + i) for i in range(n)]


@pytest.mark.parametrize("n", [1, 2 * LANES])
def test_the_loop_in_cpp_has_the_same_bits(compiled: None, n: int) -> None:
    learner, nets, batches = problem(n)
    copies = [learner.copy(net) for net in nets]
    found = trained(learner, nets, batches)()
    expected = [learner.train(net, batch) for net, batch in zip(copies, batches, strict=True)]
    for net, copy, outputs, theirs in zip(nets, copies, found, expected, strict=True):
        assert outputs.tobytes() == theirs.tobytes()
        assert all(one.tobytes() == other.tobytes() for one, other in zip(net.weights, copy.weights, strict=True))
    other = trained(learner, copies, batches)()
    assert [outputs.tobytes() for outputs in other] != [outputs.tobytes() for outputs in found]


def test_other_nets_are_refused(compiled: None) -> None:
    learner, nets, batches = problem(3)
    with pytest.raises(ValueError, match="there are 3 nets: give 1, or a multiple of 8"):
        trained(learner, nets, batches)
    with pytest.raises(ValueError, match="the net has 313 weights: give the adding problem's, with 93"):
        trained(LSTM(Topology(2, (2,) * 4, 1), 0.5, 0.1), nets[:1], batches[:1])


@pytest.mark.parametrize("what", ["no compiler", "a compiler that fails"])
def test_without_a_compiler_ratios_to_cpp_are_left_out(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess((), 1, "", "loop.cpp:1: error: it does not know this\nand more")

    if what == "no compiler":
        monkeypatch.setattr(cpp.shutil, "which", lambda name: None)
    else:
        monkeypatch.setattr(cpp.shutil, "which", lambda name: "/usr/bin/c++")
        monkeypatch.setattr(cpp.subprocess, "run", run)
    said: list[str] = []
    monkeypatch.setattr(cpp, "_library", cpp._library.__wrapped__)
    found = targets._adding(100, 1, 500, said.append)
    assert {target.what for target in found if target.ratio is None} == {
        "16 lanes, adding, T = 100",
        "one trial, adding, T = 100",
    }
    assert len(said) == 1
    assert said[0].endswith("the ratios to C++ are left out")


def test_rounds_are_timed_by_their_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fastest round counts, the first one does not."""
    now, costs = [0], iter([1, 50, 30, 40])

    def round_of(n: int) -> Callable[[], int]:
        def do() -> int:
            now[0] += next(costs)
            return n

        return do

    monkeypatch.setattr(targets.time, "thread_time_ns", lambda: now[0])
    assert targets.timed({"one": round_of(10)}, 3) == {"one": 3.0}


def test_what_is_written_says_whether_it_is_reached() -> None:
    found = targets.as_data([targets.Target("a", "b", 1.1, ratio) for ratio in (1.1, 1.2, None)])
    assert [one["met"] for one in found] == [True, False, None]
