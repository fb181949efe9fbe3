"""Many nets in SIMD lanes: the bits of `LSTM.train` and `LSTM.predict`, whatever shares the lanes."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core.registry import cpu_target
from support import nets
from support.nets import SETTINGS, Setting, random_settings
from support.plain_lanes import plain_lanes

from lstm97.engine import equations, lanes
from lstm97.engine.lanes import KindError, Lanes, Work, kind_of
from lstm97.engine.layout import CHUNK, MOST_SYMBOLS_WITH_ROWS, layout_of
from lstm97.engine.rows import WIDTH
from lstm97.experiments import row
from lstm97.learners import LSTM, Net
from lstm97.net.network import AT_EVERY_STEP, AT_SEQUENCE_END, IN_NEXT_SEQUENCE, new_state
from lstm97.net.reading import READINGS, Reading
from lstm97.net.topology import Topology
from lstm97.tasks import Batch

#: More symbols than rows are made for, so that each lane has columns of its own.
COLUMNS = {
    "columns": Setting(Topology(MOST_SYMBOLS_WITH_ROWS + 1, (2, 1), 2, n_hidden=1, biased="ga"), one_hot=True),
    "half columns": Setting(
        Topology(MOST_SYMBOLS_WITH_ROWS + 2, (1,), 1, biased="none", recurrent=False), one_hot=True
    ),
    "columns, one step later": Setting(
        Topology(MOST_SYMBOLS_WITH_ROWS + 1, (1, 1), 2, constant_unit=True),
        one_hot=True,
        output_delay=1,
        initial_y=0.5,
    ),
}
IN_LANES = {name: setting for name, setting in (SETTINGS | COLUMNS).items() if setting.topology.n_cells}
#: Those that are compiled, seconds each; the others run interpreted, with the same code.
COMPILED = ("adding", "reber", "hidden units", "columns", "half columns")
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
    queue = [(index, work) for index, work in enumerate(works) if work.learn]
    index_of: dict[int, int] = {}
    side_by_side = module.Lanes(module.kind_of(works[0].learner, works[0].batch), n_lanes)
    outputs = {index: side_by_side.answer(work) for index, work in enumerate(works) if not work.learn}
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


@pytest.mark.parametrize("name", COMPILED)
def test_lanes_give_the_bits_of_the_scalar_engine(name: str) -> None:
    """Eleven works in few lanes, then in many, for every way of setting the switches."""
    for number in range(12):
        works = works_of(switched(IN_LANES[name], number), 11)
        expected = [scalar(work) for work in works]
        for n_lanes in (5, WIDTH + 2):
            assert in_lanes(works, n_lanes) == expected


@pytest.mark.parametrize("name", [name for name in IN_LANES if name not in COMPILED])
def test_interpreted_lanes_give_the_bits_of_the_scalar_engine(name: str) -> None:
    plain = plain_lanes()
    for number in range(12):
        works = works_of(switched(IN_LANES[name], number), 11)
        assert in_lanes(works, 5, plain) == [scalar(work) for work in works]


@given(setting=random_settings(), n=st.integers(1, 9), n_lanes=st.integers(1, 9), number=st.integers(0, 11))
@settings(max_examples=40, deadline=None)
def test_lanes_give_the_bits_of_the_scalar_engine_in_any_setting(
    setting: Setting, n: int, n_lanes: int, number: int
) -> None:
    works = works_of(switched(setting, number), n)
    if setting.topology.n_cells:
        assert in_lanes(works, n_lanes, plain_lanes()) == [scalar(work) for work in works]
    else:
        with pytest.raises(KindError):
            kind_of(works[0].learner, works[0].batch)


def test_long_sequences_take_several_chunks() -> None:
    for name in ("adding", "reber", "columns"):
        lengths = [(CHUNK - 1, CHUNK, CHUNK + 1), (3 * CHUNK + 2,), (1, 2 * CHUNK)]
        works = [work_of(switched(IN_LANES[name], 0), seed, lengths[seed % 3]) for seed in range(WIDTH + 1)]
        assert in_lanes(works, WIDTH + 1) == [scalar(work) for work in works]


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


def test_a_diverging_net_leaves_its_neighbours_alone() -> None:
    setting = replace(SETTINGS["adding"], linear_outputs=True, update=AT_SEQUENCE_END)
    works = [work_of(setting, seed, (6, 7, 8, 5), alpha=1e200 if seed == 1 else 0.5) for seed in range(3)]
    with np.errstate(all="ignore"):
        expected = [scalar(work) for work in works]
    found = in_lanes(works, 3)
    assert not np.isfinite(np.frombuffer(found[1][0])).all()
    assert found[::2] == expected[::2]


def test_negative_zeros_become_zeros_where_the_scalar_engine_adds_zero() -> None:
    """Also in weights from symbols that have columns, before any input, with nothing pending."""
    setting = replace(IN_LANES["columns, one step later"], update=AT_EVERY_STEP)
    works = [work_of(setting, seed, (1, 1)) for seed in range(2)]
    for work in works:
        work.net.weights.w[:] = work.net.weights.dw[:] = -0.0
    works[0].net.weights.dw[:] = 0.0
    expected = [scalar(work) for work in works]
    assert in_lanes(works, 2, plain_lanes()) == expected
    assert expected[0][0] != works[0].net.weights.w.tobytes()


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


def test_a_batch_may_have_a_flag_of_numpy() -> None:
    """Compiled functions can't take it as a constant, and others with that layout would get it, too."""
    work, flag = work_of(SETTINGS["mixed blocks"], 0, (3,)), np.array([True])[0]
    layout_of.cache_clear()
    kind = kind_of(work.learner, replace(work.batch, every_step=flag))
    assert kind.layout.every_step is True
    assert kind == kind_of(work.learner, work.batch)


# --- negative controls

CONTROLLED = replace(SETTINGS["mixed blocks"], every_step=False, initial_y=0.5)


@pytest.mark.parametrize(
    ("name", "module", "function", "old", "new"),
    [
        ("controlled", equations, "net_inputs", "load(block, x + m, 1)", "load(block, x, 1)"),
        ("controlled", equations, "take_steps", "take(sigma, layout.in_of_cell)", "take(sigma, layout.out_of_cell)"),
        ("controlled", equations, "advance_derivatives", "load(block, x + 1, 1)", "load(block, x, 1)"),
        ("controlled", equations, "apply_updates", "load(block, layout.alpha, 1)", "full(0.5, 1)"),
        ("controlled", equations, "reset", "full(wiring.initial_y, U)", "full(0.0, U)"),
        ("controlled", equations, "reset", "full(0.0, two_c)", "load(block, row, two_c)"),
        ("constant unit", lanes, "_Block.begin", "wiring.initial_y if wiring.constant_unit else 1.0", "1.0"),
        ("controlled", lanes, "Lanes.load", "block.rows[layout.alpha, l]", "block.rows[layout.alpha, :]"),
        ("controlled", lanes, "steps_to_event", "min(n, event - t + 1)", "event - t + 1"),
        ("controlled", lanes, "plan", "places.i[lane] if running else 0", "0"),
        ("hidden units", equations, "updates_of_source", "e_hidden * x", "e_hidden"),
        ("cells see inputs", equations, "apply_updates", "spread(exists, m * U, U) * dw", "dw"),
        ("reber", equations, "net_inputs", "equals(symbol, m)", "equals(symbol, 0)"),
        ("reber", equations, "learn_at_every_step", "is_set(load(block, layout.counts + a, 1))", "active"),
        ("reber", equations, "learn_at_every_step", "load(block, layout.ds_dnet + a * two_c, two_c) * x", "0.0 * x"),
        ("one step later", equations, "add_output_updates", "dw + e_k * x", "dw + e_k"),
        ("columns", equations, "learn_columns", "m == symbol", "m == 0"),
        ("columns", equations, "learn_columns", "pending or not updates", "not updates"),
        ("constant unit", equations, "take_steps", "full(1.0, 1)", "full(wiring.initial_y, 1)"),
    ],
)  # fmt: skip
def test_a_corrupted_kernel_is_found(name: str, module: Any, function: str, old: str, new: str) -> None:
    """Each where some setting comes to."""
    works = works_of(CONTROLLED if name == "controlled" else switched(IN_LANES[name], 0), 9)
    expected = [scalar(work) for work in works]
    try:
        found = in_lanes(works, 4, plain_lanes(module, function, old, new))
    except (IndexError, ValueError):
        return  # a lane ran out of its batch, or of its chunk
    assert found != expected


def test_what_is_read_is_what_runs() -> None:
    works = works_of(CONTROLLED, 9)
    assert in_lanes(works, 4, plain_lanes()) == [scalar(work) for work in works]


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
        Misuse(lambda free, work: free.unload(99), "lane is 99: give one of those that `run`"),
        Misuse(lambda free, work: free.load(0, replace(work, learn=False)), "learn is False: give the work to"),
        Misuse(lambda free, work: free.answer(work_of(SETTINGS["reber"], 0, (3,))), "of another kind"),
        Misuse(
            lambda free, work: free.answer(work_of(SETTINGS["adding"], 0, (0,))),
            "give every sequence at least one step",
        ),
        Misuse(lambda free, work: free.load(0, work_of(SETTINGS["reber"], 0, (3,))), "of another kind"),
        Misuse(
            lambda free, work: free.load(0, work_of(SETTINGS["adding"], 0, (3, 0))),
            "give every sequence at least one step",
        ),
    ],
    ids=lambda misuse: misuse.says,
)
def test_bad_input_is_named(misuse: Misuse) -> None:
    work = work_of(SETTINGS["adding"], 0, (3,))
    with pytest.raises(ValueError, match=misuse.says):
        misuse.call(Lanes(kind_of(work.learner, work.batch), 2), work)


# --- other processors

_, HOST, FEATURES = cpu_target.target_context.codegen().magic_tuple()
#: What a processor is asked to do without: registers of eight numbers; those of four and fused operations, too.
LESSER = {
    "no AVX-512": (HOST, re.sub(r"\+avx512", "-avx512", FEATURES)),
    "generic": ("generic", ""),
}


def fingerprint() -> str:
    """Hash what some works make of their nets and outputs: dense inputs, errors at every step, columns."""
    digest = hashlib.sha256()
    for name in ("adding", "reber", "columns"):
        for parts in in_lanes(works_of(switched(IN_LANES[name], 1), 5), 5):
            digest.update(b"".join(parts))
    return digest.hexdigest()


@pytest.mark.parametrize("lesser", LESSER)
def test_processors_that_can_do_less_give_the_same_bits(lesser: str) -> None:
    environment = dict(zip(("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"), LESSER[lesser], strict=True))
    here = Path(__file__).parents[1]
    environment["PYTHONPATH"] = os.pathsep.join([str(here), str(here.parent), os.environ.get("PYTHONPATH", "")])
    code = "from engine.test_lanes import fingerprint, WIDTH; print(fingerprint(), WIDTH)"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    assert result.stdout.split() == [fingerprint(), "4"]
