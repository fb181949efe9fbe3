r"""Many nets side by side: one net in each lane of the processor's vector registers, with the bits of `lstm97.net`.

On-line learning cannot be spread over the sequences of one net, and a net of a hundred weights is too small to fill
a processor's vector registers. Independent trials can: lane 0 holds one trial's net, lane 1 another's. A net that
only answers can be spread: each lane takes some of its sequences.

Nets stand in blocks, as many as there are lanes in a register. A block has all its numbers in one piece of memory
that fits the processor's first caches, so the time of a step does not depend on the number of blocks. Lanes do not
wait for each other: each has its own place in its own batch, which is read where it is. Steps are taken in chunks,
which end where the first lane has something to finish; it finishes that, and its neighbours go on.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm97.engine import equations
from lstm97.engine.layout import CHUNK, MOST_SYMBOLS_WITH_ROWS, Layout, layout_of
from lstm97.engine.rows import WIDTH, aligned, gather, integer_at, put_number, store
from lstm97.learners import LSTM, Learner, Net, Work
from lstm97.learners.base import check_work
from lstm97.net.compiled import compiled
from lstm97.net.network import AT_EVERY_STEP, IN_NEXT_SEQUENCE, Wiring, check_wiring
from lstm97.net.topology import Topology
from lstm97.tasks import Batch

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Fields of `Wiring` that `lstm97.engine.layout.Layout` has as constants, and those that are looked at in each step.
IN_LAYOUT = ("n_inputs", "n_in", "n_out", "n_recurrent", "outputs_see_inputs", "constant_unit")
FOLLOWED = (
    *("g_range", "g_low", "h_range", "h_low", "linear_outputs", "error_derivative", "error_scale"),
    *("initial_y", "output_delay", "update"),
)
KNOWN = IN_LAYOUT + FOLLOWED
#: Units of the hidden layer that lanes hold. With more, their rows don't fit the registers by far, and compiling
#: takes long.
MOST_UNITS = 40
#: Fields of `Places` that are true or false.
FLAGS = ("running", "pending", "due", "before", "counts", "updates", "ends")


class Columns(NamedTuple):
    """Every lane's weights from symbols that have columns: see `lstm97.engine.rows.load_columns`.

    Attributes
    ----------
    w, dw : (WIDTH * symbols * column,) float64
        ``[lane, symbol, unit]``.
    ds_dw : (WIDTH * symbols * column_of_derivatives,) float64
        ``[lane, symbol, derivative]``.
    """

    w: Floats
    dw: Floats
    ds_dw: Floats


class Places(NamedTuple):
    """Where every lane stands in its batch, and what it does at the last step of the chunk.

    Attributes
    ----------
    t : (WIDTH,) int64
        Step that is next.
    i, n : (WIDTH,) int64
        Sequence, and the one to stop before.
    first, last : (WIDTH,) int64
        The sequence's first and last step.
    running : (WIDTH,) bool
        Whether there is anything left.
    pending, due : (WIDTH,) bool
        Whether changes of weights from columns may be pending; whether an update is due at the next sequence's first
        step.
    before, counts, updates, ends : (WIDTH,) bool
        Whether at its last step of the chunk the lane answers before any input, has an error signal, changes its
        weights, ends its sequence.
    symbol : (CHUNK * WIDTH,) int64
        ``[step, lane]``, of symbols that have columns.
    row : (CHUNK, WIDTH) int64
        Row of targets and outputs, for every step with an error signal.
    symbols_at, values_at, offsets_at, targets_at, outputs_at : (WIDTH,) int64
        Addresses of the parts of every lane's batch.
    zeros_at : (1,) int64
        Address of what an idle lane, which goes on computing, has in the place of inputs and targets.
    """

    t: Integers
    i: Integers
    n: Integers
    first: Integers
    last: Integers
    running: Flags
    pending: Flags
    due: Flags
    before: Flags
    counts: Flags
    updates: Flags
    ends: Flags
    symbol: Integers
    row: Integers
    symbols_at: Integers
    values_at: Integers
    offsets_at: Integers
    targets_at: Integers
    outputs_at: Integers
    zeros_at: Integers


@compiled
def idle(places, lane):
    """Let a lane have nothing to do."""
    places.running[lane] = False
    places.t[lane] = 0
    places.symbols_at[lane] = places.zeros_at[0]
    places.values_at[lane] = places.zeros_at[0]
    places.targets_at[lane] = places.zeros_at[0]


@compiled
def steps_to_event(layout, wiring, places):
    """Count the time steps up to the first one after which some lane has something to finish.

    That is the end of its sequence or, with `output_delay`, the step before; where errors come at every step, any
    step that changes weights. At a sequence's first step it is an update that is due, or an answer before any input.

    Returns
    -------
    int
        From 1 to `CHUNK`.
    """
    n = np.int64(CHUNK)
    for lane in range(WIDTH):
        if places.running[lane]:
            t, event = places.t[lane], places.last[lane]
            at_first = t == places.first[lane]
            if layout.every_step:
                if wiring.update == AT_EVERY_STEP or (at_first and (places.due[lane] or wiring.output_delay > 0)):
                    event = t
            elif at_first and places.due[lane]:
                event = t
            elif t <= event - wiring.output_delay:
                event -= wiring.output_delay
            n = min(n, event - t + 1)
    return n


@compiled
def plan(layout, wiring, block, places, n):
    """Say what every lane does in a chunk of n steps.

    Paper: Sec. 5, order of work in a time step; `lstm97.net.network.finish_step`.

    Returns
    -------
    before, counts, updates, ends : bool
        Whether any lane does so: see `Places`.
    """
    delay = wiring.output_delay
    some_before, some_counts, some_updates, some_ends = False, False, False, False
    for lane in range(WIDTH):
        running, first, last = places.running[lane], places.first[lane], places.last[lane]
        t = places.t[lane] + n - 1
        at_first = running and places.t[lane] == first
        before = at_first and delay > 0 and (layout.every_step or first == last)
        counts = running and (t + delay == last or layout.every_step and t + delay < last)
        ends = running and t == last
        updates = ends
        if wiring.update == AT_EVERY_STEP:
            updates = counts
        elif wiring.update == IN_NEXT_SEQUENCE:
            updates = at_first and places.due[lane]
        places.before[lane], places.counts[lane] = before, counts
        places.updates[lane], places.ends[lane] = updates, ends
        some_before, some_counts = some_before or before, some_counts or counts
        some_updates, some_ends = some_updates or updates, some_ends or ends
        block[layout.answers_before * WIDTH + lane] = before
        block[layout.updates * WIDTH + lane] = updates
        block[layout.ends * WIDTH + lane] = ends
        if layout.every_step:
            for a in range(n - 1):
                block[(layout.counts + a) * WIDTH + lane] = running
                places.row[a, lane] = places.t[lane] + a + delay if running else 0
            block[(layout.counts + n - 1) * WIDTH + lane] = counts
            places.row[n - 1, lane] = t + delay if counts else 0
        else:
            block[layout.counts * WIDTH + lane] = counts
            places.row[0, lane] = places.i[lane] if running else 0
    return some_before, some_counts, some_updates, some_ends


@compiled
def set_inputs(layout, block, places, n):
    """Look up every lane's input for n steps."""
    for a in range(n):
        if layout.has_columns:
            for lane in range(WIDTH):
                places.symbol[a * WIDTH + lane] = integer_at(places.symbols_at[lane], places.t[lane] + a)
        elif layout.n_symbol_rows:
            for lane in range(WIDTH):
                symbol = integer_at(places.symbols_at[lane], places.t[lane] + a)
                block[(layout.symbol + a) * WIDTH + lane] = symbol
        else:
            for m in range(layout.n_dense):
                x = gather(places.values_at, places.t, layout.n_dense, a * layout.n_dense + m)
                store(block, layout.x + a * layout.n_x + m, x)


@compiled
def put_outputs(layout, block, places, lane, row, at):
    """Write one lane's outputs."""
    K = layout.n_outputs
    for k in range(K):
        put_number(places.outputs_at[lane], row * K + k, block[(layout.y_k + at * K + k) * WIDTH + lane])


@compiled
def answer_before_input(layout, wiring, block, columns, exists, exists_of_symbols, places, learning):
    """Compute the outputs of reset hidden layers, before any input, and let weights to output units learn from them.

    Paper: App. A.1, the equations after (9) as they are printed: output units see the step before.
    """
    y = layout.y_before + layout.first_cell
    y_k = equations.output_units(layout, wiring, block, y, 0, False)
    store(block, layout.y_k, y_k)
    for lane in range(WIDTH):
        if places.before[lane]:
            if layout.every_step:
                places.row[0, lane] = places.t[lane]
            put_outputs(layout, block, places, lane, places.row[0, lane], 0)
    if learning:
        e_k = equations.output_errors(layout, wiring, block, places.targets_at, places.row[0], y_k)
        store(block, layout.e_k, e_k)
        equations.add_output_updates(layout, block, y, layout.answers_before, 0, 0, False)
        if wiring.update == AT_EVERY_STEP:
            equations.apply_updates(layout, block, exists, layout.answers_before)
            for lane in range(WIDTH):
                if layout.has_columns and places.before[lane]:
                    pending = places.pending[lane]
                    equations.learn_columns(
                        layout, wiring, block, columns, exists_of_symbols, 0, lane, False, True, pending
                    )
                    places.pending[lane] = False
    for lane in range(WIDTH):
        if layout.every_step and places.before[lane]:  # of the answer that follows at the same step
            places.row[0, lane] = places.t[lane] + wiring.output_delay if places.counts[lane] else 0


@compiled
def finish(layout, wiring, block, columns, exists_of_symbols, places, n, learning):
    """Write down outputs, and let every lane go on to its next step, and from a sequence's end to the next sequence.

    Returns
    -------
    bool
        Whether some lane has come to the end of its batch.
    """
    ended = False
    size = wiring.n_inputs * layout.column_of_derivatives
    for lane in range(WIDTH):
        if places.running[lane]:
            if layout.every_step:
                for a in range(n - 1):
                    put_outputs(layout, block, places, lane, places.row[a, lane], a)
            if places.counts[lane]:
                at = n - 1 if layout.every_step else 0
                put_outputs(layout, block, places, lane, places.row[at, lane], at)
            updates, ends = places.updates[lane], places.ends[lane]
            if learning:
                if layout.has_columns and (places.counts[lane] or updates):
                    equations.learn_columns(
                        layout,
                        wiring,
                        block,
                        columns,
                        exists_of_symbols,
                        places.symbol[(n - 1) * WIDTH + lane],
                        lane,
                        places.counts[lane],
                        updates,
                        places.pending[lane],
                    )
                    places.pending[lane] = not updates
                if wiring.update == IN_NEXT_SEQUENCE:
                    places.due[lane] = ends or places.due[lane] and not updates
                if layout.has_columns and ends:
                    for j in range(lane * size, (lane + 1) * size):
                        columns.ds_dw[j] = 0.0
            places.t[lane] += n
            if ends:
                i = places.i[lane] + 1
                places.i[lane] = i
                if i == places.n[lane]:
                    idle(places, lane)
                    ended = True
                else:
                    places.first[lane] = places.t[lane]
                    places.last[lane] = integer_at(places.offsets_at[lane], i + 1) - 1
    return ended


@compiled
def advance(layout, wiring, block, columns, exists, exists_of_symbols, places, learning):
    """Take time steps in a block's lanes until one of those that learn, or all that answer, have come to their end.

    Paper: Sec. 5, order of work in a time step; App. A.1.

    Parameters
    ----------
    layout : Layout
    wiring : Wiring
    block : (layout.size * WIDTH,) float64
    columns : Columns
    exists : (R U,) float64
        Which weights from sources with rows the topology has.
    exists_of_symbols : (symbols, U) float64
        The same for symbols that have columns.
    places : Places
    learning : bool
        Whether all lanes learn, or all only answer. Without learning there are no derivatives and no errors.
    """
    ended = False
    while not ended:
        n = steps_to_event(layout, wiring, places)
        before, counts, updates, ends = plan(layout, wiring, block, places, n)
        set_inputs(layout, block, places, n)
        equations.take_steps(
            layout, wiring, block, columns.w, places.symbol, places.targets_at, places.row, n, learning
        )
        if before:
            answer_before_input(layout, wiring, block, columns, exists, exists_of_symbols, places, learning)
        if counts:
            equations.find_errors(layout, wiring, block, places.targets_at, places.row, n - 1, learning)
        if learning:
            if layout.every_step:
                equations.learn_at_every_step(layout, block, n)
                for a in range(n):
                    y = layout.y_read + a * layout.n_errors
                    equations.add_output_updates(layout, block, y, layout.counts + a, a, a, True)
            else:
                equations.advance_derivatives(layout, wiring, block, columns.ds_dw, places.symbol, n)
                if counts:
                    equations.add_updates(layout, block, n)
                    equations.add_output_updates(layout, block, layout.y_read, layout.counts, n - 1, 0, True)
        ended = finish(layout, wiring, block, columns, exists_of_symbols, places, n, learning)
        if learning and updates:
            equations.apply_updates(layout, block, exists, layout.updates)
        if ends:
            equations.reset(layout, wiring, block)
        if not learning:
            for lane in range(WIDTH):
                ended = ended and not places.running[lane]


@dataclass(frozen=True)
class Kind:
    """What nets and batches must have in common to share lanes.

    Attributes
    ----------
    layout : Layout
    topology : Topology
    wiring : Wiring
    """

    layout: Layout
    topology: Topology
    wiring: Wiring


class KindError(ValueError):
    """A net and its batches can't be presented in lanes; the message names what is in the way."""


def kind_of(learner: Learner, batch: Batch) -> Kind:
    """Tell which lanes can present a batch.

    Returns
    -------
    Kind
        Hashable; works of equal kind can share lanes.

    Raises
    ------
    TypeError
        If the learner is another one than LSTM.
    ValueError
        If its wiring has a switch that the lanes don't know.
    KindError
        If it has no memory cells, is too large, or every step needs weights from too many symbols.
    """
    if not isinstance(learner, LSTM):
        raise TypeError(f"lanes present batches to nets of LSTM, not of {type(learner).__name__}")
    check_wiring(learner.wiring, "lstm97.engine.lanes", KNOWN)
    layout = layout_of(learner.topology, len(batch.symbols) > 0, bool(batch.every_step))
    if not layout.n_cells:
        raise KindError("block_sizes is (): lanes present batches to nets with memory cells, train it by itself")
    if layout.has_columns and (layout.every_step or layout.outputs_see_inputs):
        raise KindError(
            f"n_inputs is {learner.n_inputs}: where outputs see symbols, or errors come at every step, lanes take at "
            f"most {MOST_SYMBOLS_WITH_ROWS} symbols; train it by itself"
        )
    if layout.n_units > MOST_UNITS:
        raise KindError(f"block_sizes: lanes hold {MOST_UNITS} units of the hidden layer, not {layout.n_units}")
    return Kind(layout, learner.topology, learner.wiring)


class _Block:
    """The memory of as many nets as a register has lanes."""

    def __init__(self, kind: Kind) -> None:
        layout = self.layout = kind.layout
        self.wiring, topology = kind.wiring, kind.topology
        S = self.n_symbols = topology.n_inputs if layout.has_columns else 0
        U, K, R = layout.n_units, layout.n_outputs, layout.n_sources
        self.memory = aligned(layout.size * WIDTH)
        self.rows = self.memory.reshape(-1, WIDTH)
        self.columns = Columns(
            w=aligned(WIDTH * S * layout.column),
            dw=aligned(WIDTH * S * layout.column),
            ds_dw=aligned(WIDTH * S * layout.column_of_derivatives),
        )
        exists = topology.connected().T.astype(np.float64)
        self.exists, self.exists_of_symbols = exists[S:].ravel(), np.ascontiguousarray(exists[:S])
        self._zeros = np.zeros(CHUNK * max(1, layout.n_dense) + layout.n_outputs)
        fields: dict[str, Any] = dict.fromkeys(Places._fields, np.zeros(WIDTH, dtype=np.int64))
        fields |= dict.fromkeys(FLAGS, np.zeros(WIDTH, dtype=np.bool_))
        fields |= {"symbol": np.zeros(CHUNK * WIDTH, dtype=np.int64), "row": np.zeros((CHUNK, WIDTH), dtype=np.int64)}
        fields["zeros_at"] = np.array([self._zeros.ctypes.data])
        self.places = Places(**{name: array.copy() for name, array in fields.items()})
        # parts of the memory as arrays, the lane as their last index
        self.w, self.dw = (self._part(first, R, U) for first in (layout.w, layout.dw))
        self.w_k, self.dw_k = (self._part(first, layout.n_output_sources, K) for first in (layout.w_k, layout.dw_k))
        self.w_of_symbols, self.dw_of_symbols = (
            part.reshape(WIDTH, S, layout.column)[:, :, :U] for part in self.columns[:2]
        )
        for lane in range(WIDTH):
            idle(self.places, lane)

    def _part(self, first: int, *shape: int) -> Floats:
        return self.rows[first : first + shape[0] * shape[1]].reshape(*shape, WIDTH)

    def set_net(self, lane: int | slice, net: Net) -> None:
        """Give one lane or all lanes a net."""
        weights, S = net.weights, self.n_symbols
        self.w[..., lane] = _as_lanes(weights.w.T[S:], lane)
        self.w_k[..., lane] = _as_lanes(weights.w_k.T, lane)
        self.w_of_symbols[lane] = weights.w.T[:S]

    def begin(self, lanes: slice, batch: Batch, outputs: Floats, first: Any, end: Any) -> None:
        """Let lanes present some of a batch's sequences to their nets, each from a first one up to an end."""
        layout, wiring, places, rows = self.layout, self.wiring, self.places, self.rows
        # forget what the lanes went on computing while they were idle
        rows[layout.y : layout.y + layout.n_units, lanes] = wiring.initial_y
        rows[layout.s_c : layout.s_c + layout.n_cells, lanes] = 0.0
        rows[layout.constant, lanes] = wiring.initial_y if wiring.constant_unit else 1.0
        rows[layout.ds_dw : layout.ds_dw + layout.n_sources * layout.n_derivatives, lanes] = 0.0
        self.columns.ds_dw.reshape(WIDTH, -1)[lanes] = 0.0
        for name in ("symbols", "values", "offsets", "targets"):
            getattr(places, f"{name}_at")[lanes] = getattr(batch, name).ctypes.data
        places.outputs_at[lanes] = outputs.ctypes.data
        places.i[lanes], places.n[lanes] = first, end
        places.t[lanes] = places.first[lanes] = batch.offsets[first]
        places.last[lanes] = batch.offsets[first + 1] - 1
        places.running[lanes] = True
        places.pending[lanes], places.due[lanes] = True, False

    def advance(self, learning: bool) -> None:
        """Take steps until some lane has presented its sequences; without learning, until all have."""
        advance(
            self.layout,
            self.wiring,
            self.memory,
            self.columns,
            self.exists,
            self.exists_of_symbols,
            self.places,
            learning,
        )


def _as_lanes(array: Floats, lane: int | slice) -> Floats:
    return array[..., np.newaxis] if isinstance(lane, slice) else array


@dataclass
class _Presented:
    """A work in its lane, and where its outputs are written."""

    work: Work
    outputs: Floats


class Lanes:
    """Lanes for nets of one kind.

    Parameters
    ----------
    n_lanes : int
        Number of works that can be presented at a time.

    Raises
    ------
    ValueError
        If `n_lanes` is below 1.
    """

    def __init__(self, kind: Kind, n_lanes: int) -> None:
        if n_lanes < 1:
            raise ValueError(f"n_lanes is {n_lanes}: give at least 1")
        self.kind, self.n_lanes = kind, n_lanes
        self._loaded: dict[int, _Presented] = {}
        self._learner: Learner | None = None

    @cached_property
    def _blocks(self) -> list[_Block]:
        return [_Block(self.kind) for _ in range(-(-self.n_lanes // WIDTH))]

    @cached_property
    def _answering(self) -> _Block:
        return _Block(self.kind)

    def load(self, lane: int, work: Work) -> None:
        """Give a work to a free lane.

        Parameters
        ----------
        work : Work
            It learns. Its net is read now, and changed by `unload`.

        Raises
        ------
        ValueError
            If the lane is not free, the work is of another kind or does not learn, or a sequence is empty.
        """
        if lane in self._loaded or not 0 <= lane < self.n_lanes:
            raise ValueError(f"lane is {lane}: give one of those that are free")
        if not work.learn:
            raise ValueError("learn is False: give the work to `answer`")
        self._check(work)
        batch, block, l = work.batch, self._blocks[lane // WIDTH], lane % WIDTH
        layout, weights = block.layout, work.net.weights
        S = block.n_symbols
        outputs = np.empty_like(batch.targets)
        block.set_net(l, work.net)
        block.begin(slice(l, l + 1), batch, outputs, 0, len(batch))
        block.dw[..., l], block.dw_k[..., l] = weights.dw.T[S:], weights.dw_k.T
        block.dw_of_symbols[l] = weights.dw.T[:S]
        block.rows[layout.alpha, l] = work.learner.alpha  # type: ignore[attr-defined]
        block.places.due[l] = block.wiring.update == IN_NEXT_SEQUENCE and weights.due[0] == 1.0
        self._loaded[lane] = _Presented(work, outputs)

    def _check(self, work: Work) -> None:
        batch, layout = work.batch, self.kind.layout
        if (
            work.learner is not self._learner  # that of last time needs no look
            or (len(batch.symbols) > 0) != layout.one_hot
            or batch.every_step != layout.every_step
        ):
            if kind_of(work.learner, batch) != self.kind:
                raise ValueError("the work is of another kind than the lanes: make lanes of its kind_of")
            self._learner = work.learner
        check_work(work.learner, work.net, batch)
        if not len(batch):
            raise ValueError("the batch has no sequence: give at least one")

    def run(self) -> list[int]:
        """Present sequences in all lanes until at least one lane has presented all of its batch.

        Returns
        -------
        list of int
            The lanes that have; `unload` them.

        Raises
        ------
        ValueError
            If no lane has work.
        """
        if not self._loaded:
            raise ValueError("no lane has work: load one")
        for block in self._blocks:
            if block.places.running.any():
                block.advance(learning=True)
        return [lane for lane in self._loaded if not self._is_running(lane)]

    def _is_running(self, lane: int) -> bool:
        return bool(self._blocks[lane // WIDTH].places.running[lane % WIDTH])

    def unload(self, lane: int) -> Floats:
        """Take the outputs of a lane that has presented all of its batch, and free the lane.

        Returns
        -------
        float64, the shape of ``batch.targets``
            As from `LSTM.train`. The net's weights are now those after the batch.

        Raises
        ------
        ValueError
            If the lane has no work, or has not finished it.
        """
        if lane not in self._loaded or self._is_running(lane):
            raise ValueError(f"lane is {lane}: give one of those that `run` has named")
        block, l = self._blocks[lane // WIDTH], lane % WIDTH
        presented, S = self._loaded.pop(lane), block.n_symbols
        weights = presented.work.net.weights
        weights.w.T[S:], weights.w_k.T[:] = block.w[..., l], block.w_k[..., l]
        weights.dw.T[S:], weights.dw_k.T[:] = block.dw[..., l], block.dw_k[..., l]
        weights.w.T[:S], weights.dw.T[:S] = block.w_of_symbols[l], block.dw_of_symbols[l]
        if block.wiring.update == IN_NEXT_SEQUENCE:
            weights.due[0] = float(block.places.due[l])
        return presented.outputs

    def answer(self, work: Work) -> Floats:
        """Compute the outputs of one net that does not learn; each lane takes some of the sequences.

        Returns
        -------
        float64, the shape of ``batch.targets``
            As from `LSTM.predict`.

        Raises
        ------
        ValueError
            If the work is of another kind, or a sequence is empty.
        """
        self._check(work)
        batch, block = work.batch, self._answering
        outputs = np.empty_like(batch.targets)
        block.set_net(slice(None), work.net)
        # sequences for about as many steps in each lane; with few, the first lanes have none
        ends = np.searchsorted(batch.offsets, np.arange(1, WIDTH + 1) * (batch.offsets[-1] / WIDTH))
        first = np.concatenate([[0], ends[:-1]])
        busy = np.flatnonzero(first < ends)
        block.begin(slice(0, len(busy)), batch, outputs, first[busy], ends[busy])
        block.advance(learning=False)
        return outputs
