r"""Many nets side by side: one net in each SIMD lane, with the bits of `lstm97.net.network`.

On-line learning cannot be spread over the sequences of one net, and a net of a hundred weights is too small to fill
a processor's vector registers. Independent trials can: lane 0 holds one trial's net, lane 1 another's.

Only what happens in every time step (net inputs, squashing, derivatives of the internal states, the cells) is
written a second time here, with a loop over lanes innermost. What happens where there is an error signal, and at a
sequence's end, is left to `lstm97.net.network.finish_step`, one lane at a time. In a lane every operation is the one
of `lstm97.net.network`, in the same order; so weights and outputs have the same bits, whatever the other lanes do.

Lanes do not wait for each other: each has its own place in its own batch, and its own learning rate. Switches are
the same in all lanes, which take the whole `Wiring`; `KNOWN` are those that have been thought of here.

Layout
------
L lanes; U, C, M, K as in `lstm97.net.network`. Arrays of `Vectors` have the lane as their last index, so that the
lanes of one number lie side by side. Arrays of `Nets` have it as their first index: each lane's part is what
`lstm97.net.network` takes. Sources whose activation changes from step to step (dense inputs, hidden layer) and
constants stand in both: these are the R columns of `w` from `first_column` on. Of a one-hot input, one column is used
in a step, a different one in every lane: those columns stand in `Nets` only.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm97.engine.simd import WIDTH, f, load, store
from lstm97.learners import LSTM, Learner, Work
from lstm97.learners.base import check_work
from lstm97.net.compiled import compiled
from lstm97.net.network import (
    AT_EVERY_STEP,
    AT_SEQUENCE_END,
    IN_NEXT_SEQUENCE,
    State,
    Weights,
    Wiring,
    check_wiring,
    finish_step,
    new_state,
    reset,
)
from lstm97.net.topology import Topology
from lstm97.tasks import Batch

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: A batch is copied to its lane in pieces of about this many steps, or of one sequence.
PIECE = 65536
#: Fields of `Wiring` that matter in every time step, which is written here; and those that matter where there is
#: something to finish, which `lstm97.net.network` does. A new one belongs to one of the two.
IN_EVERY_STEP = ("n_inputs", "n_in", "n_out", "n_recurrent", "g_range", "g_low", "h_range", "h_low")
WHERE_A_STEP_IS_FINISHED = (
    "outputs_see_inputs",
    "linear_outputs",
    "error_derivative",
    "error_scale",
    "initial_y",
    "output_delay",
    "update",
    "constant_unit",
)
KNOWN = IN_EVERY_STEP + WHERE_A_STEP_IS_FINISHED


class Vectors(NamedTuple):
    """What the hot loop works on, lanes side by side.

    Attributes
    ----------
    x : (R + U, L) float64
        Activations of the sources at this step: dense inputs, hidden layer at t-1, constants. The hidden layer is
        there without recurrent connections, too, behind the others.
    w : (R, U, L) float64
        Weights from these sources.
    ds_dw : (R, 2 C, L) float64
        Derivatives of the internal states by these weights.
    net, sigma, y : (U, L) float64
    s_c, g_c, h_c : (C, L) float64
    ds_dnet : (2 C, L) float64
    """

    x: Floats
    w: Floats
    ds_dw: Floats
    net: Floats
    sigma: Floats
    y: Floats
    s_c: Floats
    g_c: Floats
    h_c: Floats
    ds_dnet: Floats


class Nets(NamedTuple):
    """Every lane's net, and the part of its batch that is being presented.

    Attributes
    ----------
    w, dw : (L, M, U) float64
        Transposed, a lane's part is column-major as in `lstm97.net.network.Weights`.
    w_k, dw_k : (L, sources of the outputs, K) float64
    ds_dw : (L, M, 2 C) float64
        For one-hot inputs, always up to date; the other columns are when there is an error signal.
    exists : (M, U) float64
    due : (L, 1) float64
    symbols : (L, n_steps) int64
    values : (L, n_steps, n_inputs) float64
        One of the two is empty.
    offsets : (L, n + 1) int64
    targets, outputs : (L, n or n_steps, K) float64
    alpha : (L,) float64
    every_step : (L,) bool
    """

    w: Floats
    w_k: Floats
    dw: Floats
    dw_k: Floats
    ds_dw: Floats
    exists: Floats
    due: Floats
    symbols: Integers
    values: Floats
    offsets: Integers
    targets: Floats
    outputs: Floats
    alpha: Floats
    every_step: NDArray[np.bool_]


class Places(NamedTuple):
    """Where every lane stands in its piece of a batch.

    Attributes
    ----------
    t, symbol : (L,) int64
        Step, and its input unit if inputs are one-hot.
    i, n : (L,) int64
        Number of the sequence, and of all sequences.
    first, last : (L,) int64
        The sequence's first and last step.
    finish : (L,) int64
        Next step after which there is something to finish.
    running : (L,) bool
        Whether there is anything left.
    """

    t: Integers
    symbol: Integers
    i: Integers
    n: Integers
    first: Integers
    last: Integers
    finish: Integers
    running: NDArray[np.bool_]


@compiled
def steps_to_finish(wiring, nets, places):
    """Count the time steps up to the first one after which some lane has something to finish.

    That is a step with an error signal, the last step of a sequence, or the first one if an update is due there,
    outputs come one step later, or a constant unit gets its value there.

    Parameters
    ----------
    wiring : Wiring
    nets : Nets
    places : Places
        `finish` is set to every lane's next such step.

    Returns
    -------
    int
        At least 1.
    """
    n_steps, delay = np.int64(1 << 62), wiring.output_delay
    for lane in range(places.t.size):
        if places.running[lane]:
            t, finish = places.t[lane], places.last[lane]
            if (
                nets.every_step[lane]
                or t == places.first[lane]
                and (delay > 0 or wiring.update == IN_NEXT_SEQUENCE or wiring.constant_unit)
            ):
                finish = t
            elif t <= finish - delay:
                finish -= delay
            places.finish[lane] = finish
            n_steps = min(n_steps, finish - t + 1)
    return n_steps


@compiled
def set_inputs(vectors, nets, places, ahead, first_hidden):
    """Look up every lane's input, and begin the sums that are the net inputs.

    Paper: App. A.1, first lines of (6)-(9).

    A one-hot input begins the sum with the weight from the active unit. Otherwise it begins with -0, since the sum
    of that and a number is that number: the sum of the products then has the bits that it has in
    `lstm97.net.network.net_inputs`, where the first product begins it.

    Parameters
    ----------
    vectors : Vectors
        `x` and `net` are set.
    nets : Nets
    places : Places
        `symbol` is set.
    ahead : int
        How many steps the lanes are ahead of their places.
    first_hidden : int
        The hidden layer's first row in `x`.
    """
    x, y, net = vectors.x, vectors.y, vectors.net
    n_units, n_lanes = y.shape
    for i in range(0, n_units * n_lanes, WIDTH):
        store(x, first_hidden * n_lanes + i, load(y, i))
    if nets.symbols.shape[1] > 0:
        for lane in range(n_lanes):
            if places.running[lane]:
                symbol = nets.symbols[lane, places.t[lane] + ahead]
                places.symbol[lane] = symbol
                for l in range(n_units):
                    net[l, lane] = nets.w[lane, symbol, l]
    else:
        for l in range(n_units):
            for lane in range(n_lanes):
                net[l, lane] = -0.0
        for lane in range(n_lanes):
            if places.running[lane]:
                for m in range(nets.values.shape[2]):
                    x[m, lane] = nets.values[lane, places.t[lane] + ahead, m]


@compiled
def net_inputs(w, x, net):
    r"""Add to the net inputs what comes from the sources in `x`: `lstm97.net.network.net_inputs`.

    Paper: App. A.1, first lines of (6)-(9).

    Parameters
    ----------
    w : (R, U, L) float64
    x : (at least R, L) float64
    net : (U, L) float64
        Added to in place, in the order of the sources.
    """
    n_sources, n_units, n_lanes = w.shape
    row = n_units * n_lanes
    for lane in range(0, n_lanes, WIDTH):
        l = 0
        while l + 4 <= n_units:  # four sums side by side: a sum has to wait for each of its additions
            i = l * n_lanes + lane
            i_1, i_2, i_3 = i + n_lanes, i + 2 * n_lanes, i + 3 * n_lanes
            sum_0, sum_1, sum_2, sum_3 = load(net, i), load(net, i_1), load(net, i_2), load(net, i_3)
            for m in range(n_sources):
                x_m = load(x, m * n_lanes + lane)
                sum_0 = sum_0 + load(w, m * row + i) * x_m
                sum_1 = sum_1 + load(w, m * row + i_1) * x_m
                sum_2 = sum_2 + load(w, m * row + i_2) * x_m
                sum_3 = sum_3 + load(w, m * row + i_3) * x_m
            store(net, i, sum_0)
            store(net, i_1, sum_1)
            store(net, i_2, sum_2)
            store(net, i_3, sum_3)
            l += 4
        while l < n_units:
            i = l * n_lanes + lane
            sum_0 = load(net, i)
            for m in range(n_sources):
                sum_0 = sum_0 + load(w, m * row + i) * load(x, m * n_lanes + lane)
            store(net, i, sum_0)
            l += 1


@compiled
def squash(wiring, net, sigma, g_c):
    r"""Squash the net inputs: `lstm97.net.network.squash`.

    Paper: App. A.1 (3), (5), second lines of (6)-(8).

    Parameters
    ----------
    wiring : Wiring
    net, sigma : (U, L) float64
    g_c : (C, L) float64
    """
    n_lanes = net.shape[1]
    for i in range(0, net.size, WIDTH):
        store(sigma, i, f(load(net, i)))
    first_cell = (wiring.n_in + wiring.n_out) * n_lanes
    for i in range(0, g_c.size, WIDTH):
        store(g_c, i, wiring.g_range * load(sigma, first_cell + i) + wiring.g_low)


@compiled
def advance_derivatives(wiring, block_of_cell, x, sigma, g_c, ds_dnet, ds_dw):
    r"""Advance the derivatives by the weights from the sources in `x`: `lstm97.net.network.advance_derivatives`.

    Paper: App. A.1 (14), which is (25) for the input gate and (27) for the cell.

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
    x : (at least R, L) float64
    sigma : (U, L) float64
    g_c : (C, L) float64
    ds_dnet : (2 C, L) float64
        Result.
    ds_dw : (R, 2 C, L) float64
        Advanced in place.
    """
    n_cells = g_c.shape[0]
    n_sources, n_rows, n_lanes = ds_dw.shape
    first_cell = wiring.n_in + wiring.n_out
    for lane in range(0, n_lanes, WIDTH):
        for v in range(n_cells):
            f_c = load(sigma, (first_cell + v) * n_lanes + lane)
            g_prime = wiring.g_range * (f_c * (1.0 - f_c))
            if wiring.n_in:
                y_in = load(sigma, block_of_cell[v] * n_lanes + lane)
                store(ds_dnet, v * n_lanes + lane, load(g_c, v * n_lanes + lane) * (y_in * (1.0 - y_in)))
                store(ds_dnet, (n_cells + v) * n_lanes + lane, g_prime * y_in)
            else:
                store(ds_dnet, (n_cells + v) * n_lanes + lane, g_prime)  # row v stays zero
        for r in range(0, n_rows, 2):  # rows are even in number: one for the gate and one for the cell
            i, i_1 = r * n_lanes + lane, (r + 1) * n_lanes + lane
            factor_0, factor_1 = load(ds_dnet, i), load(ds_dnet, i_1)
            for m in range(n_sources):
                x_m = load(x, m * n_lanes + lane)
                j = m * n_rows * n_lanes
                store(ds_dw, j + i, load(ds_dw, j + i) + factor_0 * x_m)
                store(ds_dw, j + i_1, load(ds_dw, j + i_1) + factor_1 * x_m)


@compiled
def advance_derivatives_of_inputs(places, ds_dnet, ds_dw):
    r"""Advance the derivatives by the weights from every lane's active input unit.

    Paper: App. A.1 (14).

    Parameters
    ----------
    places : Places
    ds_dnet : (2 C, L) float64
    ds_dw : (L, M, 2 C) float64
        Advanced in place.
    """
    n_rows, n_lanes = ds_dnet.shape
    for lane in range(n_lanes):
        if places.running[lane]:
            for r in range(n_rows):
                ds_dw[lane, places.symbol[lane], r] += ds_dnet[r, lane]


@compiled
def advance_cells(wiring, block_of_cell, sigma, g_c, s_c, h_c, y):
    r"""Advance the hidden layer: `lstm97.net.network.advance_cells`.

    Paper: Sec. 4; App. A.1 (6)-(9).

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
    sigma, y : (U, L) float64
    g_c, s_c, h_c : (C, L) float64
    """
    first_cell = wiring.n_in + wiring.n_out
    n_cells, n_lanes = s_c.shape
    for v in range(n_cells):
        for lane in range(0, n_lanes, WIDTH):
            i = v * n_lanes + lane
            increment = load(g_c, i)
            if wiring.n_in:
                increment = load(sigma, block_of_cell[v] * n_lanes + lane) * increment
            store(s_c, i, load(s_c, i) + increment)
    for i in range(0, s_c.size, WIDTH):
        s = load(s_c, i)
        store(h_c, i, wiring.h_range * f(s) + wiring.h_low if wiring.h_range > 0.0 else s)
    for i in range(0, y.size, WIDTH):
        store(y, i, load(sigma, i))
    for v in range(n_cells):
        for lane in range(0, n_lanes, WIDTH):
            y_c = load(h_c, v * n_lanes + lane)
            if wiring.n_out:
                y_c = load(sigma, (wiring.n_in + block_of_cell[v]) * n_lanes + lane) * y_c
            store(y, (first_cell + v) * n_lanes + lane, y_c)


@compiled
def finish_lane(wiring, block_of_cell, vectors, nets, state, places, lane, first_column, first_hidden):
    """Finish one lane's time step where there is something to finish, and go to its next step.

    Paper: App. A.1, (19)-(28).

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
    vectors : Vectors
    nets : Nets
    state : State
        Of one net, to work with.
    places : Places
    lane : int
    first_column, first_hidden : int
        First column of `Nets.w` that `Vectors.w` has, too; the hidden layer's first row in `Vectors.x`.

    Returns
    -------
    bool
        Whether the lane has come to the end of its piece.
    """
    t, first, last = places.t[lane], places.first[lane], places.last[lane]
    ds_dw = nets.ds_dw[lane].T
    w = nets.w[lane].T
    n_sources = w.shape[1]
    n_units, n_cells, n_rows = state.y.size, state.s_c.size, ds_dw.shape[0]
    own_state = State(
        y=state.y,
        y_before=state.y_before,
        constants=state.constants,
        s_c=state.s_c,
        ds_dw=ds_dw,
        y_k=state.y_k,
        net=state.net,
        sigma=state.sigma,
        g_c=state.g_c,
        h_c=state.h_c,
        ds_dnet=state.ds_dnet,
        e_k=state.e_k,
        e_y=state.e_y,
    )
    for l in range(n_units):
        state.y[l] = vectors.y[l, lane]
        state.y_before[l] = vectors.x[first_hidden + l, lane]
        state.sigma[l] = vectors.sigma[l, lane]
    first_constant = vectors.w.shape[0] - state.constants.size
    for n in range(state.constants.size):
        state.constants[n] = vectors.x[first_constant + n, lane]
    for v in range(n_cells):
        state.h_c[v] = vectors.h_c[v, lane]
    for m in range(first_column, n_sources):
        for r in range(n_rows):
            ds_dw[r, m] = vectors.ds_dw[m - first_column, r, lane]
    finish_step(
        wiring,
        block_of_cell,
        Weights(
            w=w,
            w_k=nets.w_k[lane].T,
            dw=nets.dw[lane].T,
            dw_k=nets.dw_k[lane].T,
            exists=nets.exists.T,
            due=nets.due[lane],
        ),
        own_state,
        nets.alpha[lane],
        places.symbol[lane],
        nets.values[lane],
        t,
        first,
        last,
        places.i[lane],
        nets.targets[lane],
        nets.every_step[lane],
        nets.outputs[lane],
    )
    if wiring.update == AT_EVERY_STEP or (t == last if wiring.update == AT_SEQUENCE_END else t == first):
        for m in range(first_column, n_sources):
            for l in range(n_units):
                vectors.w[m - first_column, l, lane] = w[l, m]
    places.t[lane] = t + 1
    state.constants[:] = 1.0
    if t == last:
        reset(wiring, state.y, state.constants, state.s_c, ds_dw)
    for n in range(state.constants.size):
        vectors.x[first_constant + n, lane] = state.constants[n]
    if t < last:
        return False
    for l in range(n_units):
        vectors.y[l, lane] = state.y[l]
    for v in range(n_cells):
        vectors.s_c[v, lane] = 0.0
    for m in range(n_sources - first_column):
        for r in range(n_rows):
            vectors.ds_dw[m, r, lane] = 0.0
    i = places.i[lane] + 1
    places.i[lane] = i
    if i == places.n[lane]:
        return True
    places.first[lane] = t + 1
    places.last[lane] = nets.offsets[lane, i + 1] - 1
    return False


@compiled
def advance(wiring, block_of_cell, vectors, nets, state, places, first_column, first_hidden):
    """Take time steps in all lanes until at least one has come to the end of its piece.

    Paper: Sec. 5, order of work in a time step; App. A.1.

    Parameters
    ----------
    wiring, block_of_cell, vectors, nets, state, places, first_column, first_hidden
        As in `finish_lane`.
    """
    x, w, ds_dw, net, sigma, y, s_c, g_c, h_c, ds_dnet = vectors
    one_hot = nets.symbols.shape[1] > 0
    ended = False
    while not ended:
        n_steps = steps_to_finish(wiring, nets, places)
        for ahead in range(n_steps):
            set_inputs(vectors, nets, places, ahead, first_hidden)
            net_inputs(w, x, net)
            squash(wiring, net, sigma, g_c)
            advance_derivatives(wiring, block_of_cell, x, sigma, g_c, ds_dnet, ds_dw)
            if one_hot:
                advance_derivatives_of_inputs(places, ds_dnet, nets.ds_dw)
            advance_cells(wiring, block_of_cell, sigma, g_c, s_c, h_c, y)
        for lane in range(y.shape[1]):
            if places.running[lane]:
                places.t[lane] += n_steps - 1
                if places.t[lane] == places.finish[lane]:
                    if finish_lane(
                        wiring, block_of_cell, vectors, nets, state, places, lane, first_column, first_hidden
                    ):
                        places.running[lane] = False
                        ended = True
                else:
                    places.t[lane] += 1


@dataclass(frozen=True)
class Kind:
    """What nets and batches must have in common to share lanes.

    Attributes
    ----------
    topology : Topology
    one_hot : bool
        Whether inputs are one-hot.
    wiring : Wiring
    """

    topology: Topology
    one_hot: bool
    wiring: Wiring


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
    """
    if not isinstance(learner, LSTM):
        raise TypeError(f"lanes present batches to nets of LSTM, not of {type(learner).__name__}")
    check_wiring(learner.wiring, "lstm97.engine.lanes", KNOWN)
    return Kind(learner.topology, len(batch.symbols) > 0, learner.wiring)


@dataclass
class _Presented:
    """A work in its lane: what is presented, and from which sequence on the rest is to follow."""

    work: Work
    outputs: Floats
    first: int = 0
    end: int = 0


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
        topology = kind.topology
        n_units, n_cells, n_sources = topology.n_units, topology.n_cells, topology.n_sources
        n_dense = 0 if kind.one_hot else topology.n_inputs
        self._first_column = topology.n_inputs if kind.one_hot else 0
        n_shared = n_sources - self._first_column
        self._first_hidden = n_dense if topology.recurrent else n_shared
        L = _rounded_up(n_lanes, WIDTH)
        zeros = np.zeros
        self._vectors = Vectors(
            x=zeros((n_shared + n_units, L)),
            w=zeros((n_shared, n_units, L)),
            ds_dw=zeros((n_shared, 2 * n_cells, L)),
            net=zeros((n_units, L)),
            sigma=zeros((n_units, L)),
            y=zeros((n_units, L)),
            s_c=zeros((n_cells, L)),
            g_c=zeros((n_cells, L)),
            h_c=zeros((n_cells, L)),
            ds_dnet=zeros((2 * n_cells, L)),
        )
        self._constants = slice(n_shared - topology.n_constants, n_shared)
        n_outputs, n_output_sources = topology.n_outputs, topology.n_output_sources
        self._nets = Nets(
            w=zeros((L, n_sources, n_units)),
            w_k=zeros((L, n_output_sources, n_outputs)),
            dw=zeros((L, n_sources, n_units)),
            dw_k=zeros((L, n_output_sources, n_outputs)),
            ds_dw=zeros((L, n_sources, 2 * n_cells)),
            exists=np.ascontiguousarray(topology.connected().T.astype(np.float64)),
            due=zeros((L, 1)),
            symbols=zeros((L, int(kind.one_hot)), dtype=np.int64),
            values=zeros((L, 1, n_dense)),
            offsets=zeros((L, 2), dtype=np.int64),
            targets=zeros((L, 1, n_outputs)),
            outputs=zeros((L, 1, n_outputs)),
            alpha=zeros(L),
            every_step=zeros(L, dtype=bool),
        )
        self._places = Places(
            t=zeros(L, dtype=np.int64),
            symbol=np.full(L, -1),
            i=zeros(L, dtype=np.int64),
            n=zeros(L, dtype=np.int64),
            first=zeros(L, dtype=np.int64),
            last=zeros(L, dtype=np.int64),
            finish=zeros(L, dtype=np.int64),
            running=zeros(L, dtype=bool),
        )
        self._state = new_state(topology)

    def load(self, lane: int, work: Work) -> None:
        """Give a work to a free lane.

        Parameters
        ----------
        work : Work
            Its net is read now; if it learns, it is changed by `unload`.

        Raises
        ------
        ValueError
            If the lane is not free, the work is of another kind, or a sequence is empty.
        """
        learner, net, batch = work.learner, work.net, work.batch
        assert isinstance(learner, LSTM)
        if lane in self._loaded or not 0 <= lane < self.n_lanes:
            raise ValueError(f"lane is {lane}: give one of those that are free")
        if kind_of(learner, batch) != self.kind:
            raise ValueError("the work is of another kind than the lanes: make lanes of its kind_of")
        if len(batch) == 0 or np.diff(batch.offsets).min() < 1:
            raise ValueError("the batch has an empty sequence, or none: give sequences of at least one step")
        check_work(learner, net, batch)
        wiring, nets, vectors = self.kind.wiring, self._nets, self._vectors
        nets.w[lane] = net.weights.w.T
        nets.w_k[lane] = net.weights.w_k.T
        nets.dw[lane] = net.weights.dw.T
        nets.dw_k[lane] = net.weights.dw_k.T
        nets.due[lane] = net.weights.due
        nets.ds_dw[lane] = 0.0
        nets.alpha[lane] = learner.alpha if work.learn else 0.0
        nets.every_step[lane] = batch.every_step
        n_columns = nets.w.shape[1] - self._first_column
        vectors.w[:n_columns, :, lane] = nets.w[lane, self._first_column :]
        vectors.ds_dw[:, :, lane] = 0.0
        vectors.s_c[:, lane] = 0.0
        vectors.y[:, lane] = wiring.initial_y
        constants = vectors.x[self._constants, lane]
        constants[:] = 1.0
        if wiring.constant_unit:
            constants[-1] = wiring.initial_y
        self._loaded[lane] = _Presented(work, np.empty_like(batch.targets))
        self._load_piece(lane)

    def _load_piece(self, lane: int) -> None:
        """Copy the next sequences of a lane's batch."""
        presented = self._loaded[lane]
        batch, start = presented.work.batch, presented.end
        offsets = batch.offsets
        end = int(np.searchsorted(offsets, offsets[start] + PIECE, side="right")) - 1
        end = max(start + 1, min(end, len(batch)))
        presented.first, presented.end = start, end
        steps = slice(int(offsets[start]), int(offsets[end]))
        rows = steps if batch.every_step else slice(start, end)
        n_steps, n_rows = steps.stop - steps.start, rows.stop - rows.start
        if self.kind.one_hot:
            self._room("symbols", n_steps)[lane, :n_steps] = batch.symbols[steps]
        else:
            self._room("values", n_steps)[lane, :n_steps] = batch.values[steps]
        self._room("offsets", end - start + 1)[lane, : end - start + 1] = offsets[start : end + 1] - offsets[start]
        self._room("targets", n_rows)[lane, :n_rows] = batch.targets[rows]
        self._room("outputs", n_rows)
        places = self._places
        places.t[lane], places.i[lane], places.n[lane] = 0, 0, end - start
        places.first[lane], places.last[lane] = 0, offsets[start + 1] - offsets[start] - 1
        places.running[lane] = True

    def _room(self, name: str, n: int) -> NDArray[np.generic]:
        """Make one of the arrays of `Nets` long enough for `n` steps or sequences of every lane."""
        array = getattr(self._nets, name)
        if array.shape[1] < n:
            longer = np.zeros((array.shape[0], n, *array.shape[2:]), dtype=array.dtype)
            longer[:, : array.shape[1]] = array
            self._nets = self._nets._replace(**{name: longer})
            array = longer
        return array

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
        finished: list[int] = []
        while not finished:
            advance(
                self.kind.wiring,
                self.kind.topology.block_of_cell,
                self._vectors,
                self._nets,
                self._state,
                self._places,
                self._first_column,
                self._first_hidden,
            )
            for lane, presented in self._loaded.items():
                if self._places.running[lane]:
                    continue
                batch, first, end = presented.work.batch, presented.first, presented.end
                rows = (
                    slice(int(batch.offsets[first]), int(batch.offsets[end]))
                    if batch.every_step
                    else slice(first, end)
                )
                presented.outputs[rows] = self._nets.outputs[lane, : rows.stop - rows.start]
                if end < len(batch):
                    self._load_piece(lane)
                else:
                    finished.append(lane)
        return finished

    def unload(self, lane: int) -> Floats:
        """Take the outputs of a lane that has presented all of its batch, and free the lane.

        Returns
        -------
        float64, the shape of ``batch.targets``
            As from `LSTM.train` or `LSTM.predict`. If the net learns, its weights are now those after the batch.

        Raises
        ------
        ValueError
            If the lane has no work, or has not finished it.
        """
        if lane not in self._loaded or self._places.running[lane]:
            raise ValueError(f"lane is {lane}: give one of those that `run` has named")
        presented, nets = self._loaded.pop(lane), self._nets
        if presented.work.learn:
            weights = presented.work.net.weights
            weights.w[:] = nets.w[lane].T
            weights.w_k[:] = nets.w_k[lane].T
            weights.dw[:] = nets.dw[lane].T
            weights.dw_k[:] = nets.dw_k[lane].T
            weights.due[:] = nets.due[lane]
        # an idle lane goes on computing; with weights of 0 its numbers stay ordinary
        self._vectors.w[:, :, lane] = 0.0
        self._vectors.net[:, lane] = 0.0
        self._vectors.s_c[:, lane] = 0.0
        return presented.outputs


def _rounded_up(n: int, to: int) -> int:
    return -(-n // to) * to
