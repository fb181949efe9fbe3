"""Many nets in SIMD lanes: the bits of `LSTM.train` and `LSTM.predict`, whatever shares the lanes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import nets
from support.corruption import corrupted, uncompiled
from support.nets import SETTINGS, Setting, random_settings

from lstm97.engine import lanes, simd
from lstm97.engine.lanes import Lanes, Work, kind_of
from lstm97.experiments import row
from lstm97.learners import LSTM, Net
from lstm97.net import activations, network
from lstm97.net.network import AT_EVERY_STEP, AT_SEQUENCE_END, IN_NEXT_SEQUENCE, new_state
from lstm97.net.reading import READINGS, Reading
from lstm97.tasks import Batch

named = pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS.keys())
UPDATES = {AT_SEQUENCE_END: "sequence end", AT_EVERY_STEP: "every step", IN_NEXT_SEQUENCE: "next sequence"}
SQUASHING = {"text": ("4f-2", "2f-1"), "swapped": ("2f-1", "4f-2"), "task 2a": ("f", "identity")}


def learner_of(setting: Setting, alpha: float = 0.5) -> LSTM:
    """Make the learner whose wiring is the setting's."""
    reading = Reading(
        error="(19)" if setting.error_scale == 1.0 else "(16)",
        output_timing="one step later" if setting.output_delay else "same step",
        update=UPDATES[setting.update],
        initial_activation=setting.initial_y,
        output_unit="linear" if setting.linear_outputs else "logistic",
        output_error="with f'" if setting.error_derivative else "without f'",
    )
    g, h = SQUASHING[setting.squashing]
    learner = LSTM(setting.topology, alpha, 1.0, reading=reading, g=g, h=h)
    assert learner.wiring == setting.wiring()
    return learner


def work_of(setting: Setting, seed: int, lengths: tuple[int, ...], alpha: float = 0.5, learn: bool = True) -> Work:
    """Make a work with random weights, pending updates and sequences."""
    rng = np.random.default_rng(seed)
    weights = nets.random_weights(setting.topology, rng)
    weights.dw[:] = rng.uniform(-1, 1, weights.dw.shape)
    weights.dw_k[:] = rng.uniform(-1, 1, weights.dw_k.shape)
    weights.due[:] = seed % 2
    sequences = nets.random_sequences(setting, rng, lengths)
    batch = Batch(sequences.symbols, sequences.values, sequences.offsets, sequences.targets, setting.every_step)
    return Work(learner_of(setting, alpha), Net(weights, new_state(setting.topology)), batch, learn)


def switched(setting: Setting, number: int) -> Setting:
    """Set those switches that say what is done where a step is finished, in one of the ways."""
    return replace(
        setting,
        update=(AT_SEQUENCE_END, IN_NEXT_SEQUENCE, AT_EVERY_STEP)[number % 3],
        error_scale=(1.0, 2.0)[number // 2 % 2],
        output_delay=(setting.output_delay, 1 - setting.output_delay)[number // 3 % 2],
        initial_y=(setting.initial_y, 0.5)[number // 4 % 2],
    )


def works_of(setting: Setting, n: int) -> list[Work]:
    """Make works of one kind of which no two have the same lengths, rate, or sequences."""
    works = []
    for seed in range(n):
        rng = np.random.default_rng(1000 + seed)
        lengths = tuple(int(length) for length in rng.integers(1, setting.n_steps + 4, size=rng.integers(1, 6)))
        works.append(work_of(setting, seed, lengths, alpha=0.1 * (1 + seed % 7), learn=seed % 5 != 4))
    return works


Bits = tuple[bytes, ...]


def bits(net: Net, outputs: np.ndarray) -> Bits:
    return tuple(part.tobytes() for part in (*net.weights, outputs))


def scalar(work: Work) -> Bits:
    """Present a copy of a work with the scalar engine."""
    net = work.learner.copy(work.net)
    present = work.learner.train if work.learn else work.learner.predict
    return bits(net, present(net, work.batch))


def present_all(works: list[Work], n_lanes: int, module: Any = lanes) -> dict[int, np.ndarray]:
    """Present works of one kind; a lane that is free takes the next one. Return their outputs by index."""
    queue = list(enumerate(works))
    index_of: dict[int, int] = {}
    outputs: dict[int, np.ndarray] = {}
    side_by_side = module.Lanes(module.kind_of(works[0].learner, works[0].batch), n_lanes)
    free = list(range(n_lanes))
    while queue or index_of:
        while queue and free:
            lane = free.pop(0)
            index_of[lane], work = queue.pop(0)
            side_by_side.load(lane, work)
        free = side_by_side.run()
        outputs |= {index_of.pop(lane): side_by_side.unload(lane) for lane in free}
    return outputs


def in_lanes(works: list[Work], n_lanes: int, module: Any = lanes) -> list[Bits]:
    """Present copies of works in lanes."""
    works = [replace(work, net=work.learner.copy(work.net)) for work in works]
    outputs = present_all(works, n_lanes, module)
    assert sorted(outputs) == list(range(len(works)))
    return [bits(work.net, outputs[index]) for index, work in enumerate(works)]


@named
def test_lanes_give_the_bits_of_the_scalar_engine(setting: Setting) -> None:
    """Eleven works in few lanes, then in many, for every way of setting the switches."""
    for number in range(12):
        works = works_of(switched(setting, number), 11)
        expected = [scalar(work) for work in works]
        for n_lanes in (5, 10):
            assert in_lanes(works, n_lanes) == expected


@given(setting=random_settings(), n=st.integers(1, 9), n_lanes=st.integers(1, 9), number=st.integers(0, 11))
@settings(max_examples=60, deadline=None)
def test_lanes_give_the_bits_of_the_scalar_engine_in_any_setting(
    setting: Setting, n: int, n_lanes: int, number: int
) -> None:
    works = works_of(switched(setting, number), n)
    assert in_lanes(works, n_lanes) == [scalar(work) for work in works]


@pytest.mark.parametrize("name", ["adding", "temporal order", "reber"])
def test_a_net_has_the_same_bits_alone_with_others_and_in_any_lane(name: str) -> None:
    setting = replace(SETTINGS[name], update=AT_SEQUENCE_END)
    works = works_of(setting, 12)
    alone = [in_lanes([work], 1)[0] for work in works]
    assert in_lanes(works, 12) == alone
    assert in_lanes(works[::-1], 12) == alone[::-1]
    assert in_lanes(works, 3) == alone


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS.keys())
@pytest.mark.parametrize("name", ["table7/T100", "table9/6a"])
def test_rows_of_the_paper(name: str, reading: Reading) -> None:
    """As in trials: works follow each other on the same nets, some only predict."""
    specification = row(name).under(reading)
    learner, task = specification.learner_of(1), specification.task_of(1)
    nets_in_lanes = [learner.start(np.random.default_rng(seed)) for seed in range(3)]
    nets_alone = [learner.copy(net) for net in nets_in_lanes]
    rng = np.random.default_rng(9)
    for learn in (True, False, True):
        batches = [task.sample(rng, 4) for _ in nets_alone]
        works = [Work(learner, net, batch, learn) for net, batch in zip(nets_in_lanes, batches, strict=True)]
        found = present_all(works, 2)
        present = learner.train if learn else learner.predict
        for index, (net, batch) in enumerate(zip(nets_alone, batches, strict=True)):
            expected = bits(net, outputs := present(net, batch))
            assert outputs.tobytes() == found[index].tobytes()
            assert bits(net, outputs) == expected == bits(nets_in_lanes[index], found[index])


def test_a_long_batch_is_presented_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "PIECE", 7)
    for name in ("adding", "reber"):
        works = works_of(SETTINGS[name], 9)
        assert in_lanes(works, 4) == [scalar(work) for work in works]


def test_a_diverging_net_leaves_its_neighbours_alone() -> None:
    setting = replace(SETTINGS["adding"], linear_outputs=True, update=AT_SEQUENCE_END)
    works = [work_of(setting, seed, (6, 7, 8, 5), alpha=1e200 if seed == 1 else 0.5) for seed in range(3)]
    with np.errstate(all="ignore"):
        expected = [scalar(work) for work in works]
    found = in_lanes(works, 3)
    assert not np.isfinite(np.frombuffer(found[1][0])).all()
    assert found[::2] == expected[::2]


def test_kinds() -> None:
    adding, other = work_of(SETTINGS["adding"], 0, (3,)), work_of(SETTINGS["reber"], 0, (3,))
    one_hot = work_of(replace(SETTINGS["adding"], one_hot=True), 0, (3,))
    swapped = work_of(replace(SETTINGS["adding"], squashing="swapped"), 0, (3,))
    kinds = [kind_of(work.learner, work.batch) for work in (adding, other, one_hot, swapped)]
    assert len(set(kinds)) == 4
    switches = [work_of(switched(SETTINGS["adding"], number), 0, (3,)) for number in range(12)]
    assert len({kind_of(work.learner, work.batch) for work in switches}) == 12
    again = work_of(SETTINGS["adding"], 1, (5, 4), alpha=0.1)
    assert kind_of(again.learner, again.batch) == kinds[0]


# --- negative controls

CONTROLLED = replace(SETTINGS["mixed blocks"], every_step=False, initial_y=0.5)


def plain_lanes(*change: str) -> Any:
    """Make the module's functions plain Python, with vectors as small arrays; perhaps with a piece changed."""

    def store(array: np.ndarray, index: int, numbers: np.ndarray) -> None:
        array.reshape(-1)[index : index + simd.WIDTH] = numbers

    module, plain = corrupted(lanes, *change) if change else uncompiled(lanes), uncompiled(network)
    vars(module).update(
        {name: getattr(plain, name) for name in ("finish_step", "reset", "State", "Weights", "Wiring")}
    )
    vars(module).update(
        load=lambda array, index: array.reshape(-1)[index : index + simd.WIDTH].copy(),
        store=store,
        f=lambda numbers: np.array([activations.f.py_func(number) for number in numbers]),
    )
    return module


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("net_inputs", "load(w, m * row + i_2)", "load(w, m * row + i_1)"),
        ("advance_cells", "load(sigma, block_of_cell[v] * n_lanes + lane)", "load(sigma, lane)"),
        ("advance_derivatives", "factor_0 * x_m", "factor_1 * x_m"),
        ("finish_lane", "nets.alpha[lane]", "nets.alpha[0]"),
        ("Lanes.load", "vectors.y[:, lane] = wiring.initial_y", "vectors.y[:, lane] = 0.0"),
        ("finish_lane", "vectors.ds_dw[m, r, lane] = 0.0", "pass"),
        ("steps_to_finish", "min(n_steps, finish - t + 1)", "finish - t + 1"),
    ],
)  # fmt: skip
def test_a_corrupted_kernel_is_found(function: str, old: str, new: str) -> None:
    works = works_of(CONTROLLED, 9)
    expected = [scalar(work) for work in works]
    try:
        found = in_lanes(works, 4, plain_lanes(function, old, new))
    except IndexError:
        return  # a lane ran out of its batch
    assert found != expected


def test_what_is_read_is_what_runs() -> None:
    works = works_of(CONTROLLED, 9)
    assert in_lanes(works, 4, plain_lanes()) == [scalar(work) for work in works]


def test_vectors_have_the_bits_of_numbers() -> None:
    """The logistic sigmoid of eight numbers at a time, ordinary and not."""

    @numba.njit
    def squash(numbers, squashed):
        for i in range(0, numbers.size, simd.WIDTH):
            simd.store(squashed, i, simd.f(simd.load(numbers, i)))

    rng = np.random.default_rng(0)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 708.0, -708.0, 5e-324, 1e308, -1e308, 36.7, -36.7]
    numbers = np.concatenate([special, rng.normal(0, 1, 2000), rng.normal(0, 100, 2036)])
    squashed = np.empty_like(numbers)
    squash(numbers, squashed)
    ordinary = ~np.isnan(numbers)  # a not-a-number's sign means nothing
    expected = np.array([activations.f(number) for number in numbers])
    assert squashed[ordinary].tobytes() == expected[ordinary].tobytes()
    assert np.isnan(squashed[~ordinary]).all()
    assert squashed.tobytes() != np.array([activations.f(number + 1e-9) for number in numbers]).tobytes()


def test_a_neighbours_weight_would_be_seen() -> None:
    """The comparison sees a tiny change of one weight of one net."""
    works = works_of(SETTINGS["adding"], 3)
    expected = [scalar(work) for work in works]
    works[1].net.weights.w[0, 0] += 1e-14
    found = in_lanes(works, 3)
    assert [a == b for a, b in zip(found, expected, strict=True)] == [True, False, True]


# --- bad input


def load_twice(free: Lanes, work: Work) -> None:
    free.load(0, work)
    free.load(0, work)


def load_and_unload(free: Lanes, work: Work) -> None:
    free.load(0, work)
    free.unload(0)


@dataclass
class Misuse:
    call: Callable[[Lanes, Work], Any]
    says: str


@pytest.mark.parametrize(
    "misuse",
    [
        Misuse(lambda free, work: Lanes(free.kind, 0), "n_lanes is 0: give at least 1"),
        Misuse(lambda free, work: free.run(), "no lane has work"),
        Misuse(lambda free, work: free.load(2, work), "lane is 2: give one of those that are free"),
        Misuse(lambda free, work: load_twice(free, work), "lane is 0"),
        Misuse(lambda free, work: load_and_unload(free, work), "lane is 0: give one of those that `run`"),
        Misuse(lambda free, work: free.unload(1), "lane is 1: give one of those that `run`"),
        Misuse(lambda free, work: free.load(0, work_of(SETTINGS["reber"], 0, (3,))), "of another kind"),
        Misuse(lambda free, work: free.load(0, work_of(SETTINGS["adding"], 0, (3, 0))), "has an empty sequence"),
    ],
    ids=lambda misuse: misuse.says,
)
def test_bad_input_is_named(misuse: Misuse) -> None:
    work = work_of(SETTINGS["adding"], 0, (3,))
    with pytest.raises(ValueError, match=misuse.says):
        misuse.call(Lanes(kind_of(work.learner, work.batch), 2), work)
