"""The equations of `lstm97.net.network` for nets side by side, in rows.

Paper: Sec. 4; App. A.1, (6)-(9), (14), (19)-(28).

A block holds `WIDTH` nets, one in each lane, in one piece of memory that a `lstm97.engine.layout.Layout` divides
into rows. In a lane every operation is the one of `lstm97.net.network`, in the same order, so it has the same bits,
whatever the other lanes do. What not all lanes do at a time is computed in all, and written in those that a row of
flags chooses.

Functions that have a name from there do the same. Steps are taken in chunks, at whose last step some lane has
something to finish. A chunk's steps leave behind what derivatives and updates need of them; these then pass over all
steps of the chunk, source by source.
"""

from lstm97.engine.rows import (
    WIDTH,
    add_groups,
    add_to_columns,
    equals,
    f,
    full,
    gather,
    is_set,
    join,
    load,
    load_columns,
    load_every,
    number_in,
    spread,
    store,
    take,
    where,
)
from lstm97.net.compiled import compiled


@compiled
def net_inputs(layout, wiring, block, columns_w, symbols, a):
    r"""Compute the net inputs of the hidden layer at step a of the chunk.

    Paper: App. A.1, first lines of (6)-(9).

    Parameters
    ----------
    layout : Layout
    wiring : Wiring
    block : float64
        The block's memory.
    columns_w : float64
        Weights from symbols that have columns, ``[lane, symbol, unit]``.
    symbols : (CHUNK * WIDTH,) int64
        These symbols, ``[step, lane]``.
    a : int

    Returns
    -------
    rows (U)
    """
    x = layout.x + a * layout.n_x
    first = 0
    if layout.has_columns:
        net = load_columns(columns_w, symbols, a * WIDTH, wiring.n_inputs, layout.column, layout.n_units)
    elif layout.n_symbol_rows:
        symbol = load(block, layout.symbol + a, 1)
        net = load(block, layout.w, layout.n_units)
        for m in range(1, layout.n_symbol_rows):
            net = where(equals(symbol, m), load(block, layout.w + m * layout.n_units, layout.n_units), net)
    else:
        net = load(block, layout.w, layout.n_units) * load(block, x, 1)
        first = 1
    w = layout.w + layout.n_symbol_rows * layout.n_units
    for m in range(first, layout.n_dense + layout.n_recurrent):
        net = net + load(block, w + m * layout.n_units, layout.n_units) * load(block, x + m, 1)
    w = w + (layout.n_dense + layout.n_recurrent) * layout.n_units
    if layout.biased:
        net = net + load(block, w, layout.n_units)
        w = w + layout.n_units
    if layout.constant_unit:
        net = net + load(block, w, layout.n_units) * load(block, x + layout.n_dense + layout.n_recurrent, 1)
    return net


@compiled
def take_steps(layout, wiring, block, columns_w, symbols, targets_at, rows_of_targets, n, learning):
    r"""Advance the hidden layers by n steps: net inputs, gates, cells, conventional hidden units.

    Paper: Sec. 4; App. A.1 (6)-(9), and the factors before y^m(t-1) in (14).

    .. math:: s_c(t) = s_c(t-1) + y^{in}(t)\, g(net_c(t)), \qquad y^c(t) = y^{out}(t)\, h(s_c(t))

    Where there are errors at every step, those of all steps but the last are found, too: `find_errors`.

    Parameters
    ----------
    layout : Layout
    wiring : Wiring
    block : float64
        Its rows of inputs are set, in `x` or `symbol`.
    columns_w, symbols
        As in `net_inputs`.
    targets_at, rows_of_targets
        As in `find_errors`; for every step.
    n : int
    learning : bool
        Whether any lane learns. If none does, nothing but outputs is computed.
    """
    y = load(block, layout.y, layout.n_units)
    s_c = load(block, layout.s_c, layout.n_cells)
    for a in range(n):
        x = layout.x + a * layout.n_x
        if layout.n_recurrent:
            store(block, x + layout.n_dense, y)
        if layout.constant_unit:
            store(block, x + layout.n_dense + layout.n_recurrent, load(block, layout.constant, 1))
            store(block, layout.constant, full(1.0, 1))
        store(block, layout.y_before, y)
        sigma = f(net_inputs(layout, wiring, block, columns_w, symbols, a))
        f_c = take(sigma, layout.cells)
        g_c = wiring.g_range * f_c + wiring.g_low
        g_prime = wiring.g_range * (f_c * (1.0 - f_c))
        ds_dnet = layout.ds_dnet + a * layout.n_derivatives
        if layout.n_in:
            y_in = take(sigma, layout.in_of_cell)
            if learning:
                store(block, ds_dnet, g_c * (y_in * (1.0 - y_in)))
                store(block, ds_dnet + layout.n_cells, g_prime * y_in)
            s_c = s_c + y_in * g_c
        else:
            if learning:
                store(block, ds_dnet, full(0.0, layout.n_cells))
                store(block, ds_dnet + layout.n_cells, g_prime)
            s_c = s_c + g_c
        h_c = s_c
        if wiring.h_range > 0.0:
            h_c = wiring.h_range * f(s_c) + wiring.h_low
        y_c = h_c
        if layout.n_out:
            y_c = take(sigma, layout.out_of_cell) * h_c
        y = join(join(take(sigma, layout.gates), y_c), take(sigma, layout.hidden))
        if layout.every_step or a == n - 1:
            store(block, layout.sigma, sigma)
            store(block, layout.h_c, h_c)
            store(block, layout.y, y)
        if layout.every_step and a < n - 1:
            find_errors(layout, wiring, block, targets_at, rows_of_targets, a, learning)
    store(block, layout.s_c, s_c)


@compiled
def advance_derivatives(layout, wiring, block, columns_ds_dw, symbols, n):
    r"""Advance the derivatives of the internal states by n steps.

    Paper: App. A.1 (14), which is (25) for the input gate and (27) for the cell.

    Two sources at a time: the sum of one would wait for each of its additions.

    Parameters
    ----------
    layout : Layout
    wiring : Wiring
    block : float64
    columns_ds_dw : float64
        Derivatives by weights from symbols that have columns, ``[lane, symbol, derivative]``.
    symbols
        As in `net_inputs`.
    n : int
    """
    two_c = layout.n_derivatives
    if layout.has_columns:
        for a in range(n):
            ds_dnet = load(block, layout.ds_dnet + a * two_c, two_c)
            add_to_columns(columns_ds_dw, symbols, a * WIDTH, wiring.n_inputs, layout.column_of_derivatives, ds_dnet)
    for m in range(layout.n_symbol_rows):
        ds_dw = load(block, layout.ds_dw + m * two_c, two_c)
        for a in range(n):
            active = equals(load(block, layout.symbol + a, 1), m)
            ds_dw = where(active, ds_dw + load(block, layout.ds_dnet + a * two_c, two_c), ds_dw)
        store(block, layout.ds_dw + m * two_c, ds_dw)
    row = layout.ds_dw + layout.n_symbol_rows * two_c
    n_changing = layout.n_dense + layout.n_recurrent
    for m in range(0, n_changing // 2 * 2, 2):
        one = load(block, row + m * two_c, two_c)
        other = load(block, row + m * two_c + two_c, two_c)
        for a in range(n):
            ds_dnet = load(block, layout.ds_dnet + a * two_c, two_c)
            x = layout.x + a * layout.n_x + m
            one = one + ds_dnet * load(block, x, 1)
            other = other + ds_dnet * load(block, x + 1, 1)
        store(block, row + m * two_c, one)
        store(block, row + m * two_c + two_c, other)
    for m in range(n_changing // 2 * 2, layout.n_x + layout.biased):
        one = load(block, row + m * two_c, two_c)
        for a in range(n):
            one = one + load(block, layout.ds_dnet + a * two_c, two_c) * changing_source(layout, block, m, a)
        store(block, row + m * two_c, one)


@compiled
def changing_source(layout, block, m, a):
    """Take the activation of a source at step a of the chunk.

    Parameters
    ----------
    m : int
        The source, counted from the first one that is no symbol.

    Returns
    -------
    rows (1)
    """
    n_changing = layout.n_dense + layout.n_recurrent
    x = layout.x + a * layout.n_x
    if layout.biased and m == n_changing:
        return full(1.0, 1)
    if layout.biased and m > n_changing:
        return load(block, x + n_changing, 1)
    return load(block, x + m, 1)


@compiled
def output_units(layout, wiring, block, y, a, see_inputs):
    r"""Compute the output units' activations.

    Paper: App. A.1, the unnumbered equations after (9).

    Parameters
    ----------
    y : int
        First of the C + H rows that they read: cells and conventional hidden units.
    a : int
        Step of the chunk whose inputs they see, if they see any.
    see_inputs : bool
        Not before a sequence's first input.

    Returns
    -------
    rows (K)
    """
    K = layout.n_outputs
    net = full(0.0, K)
    w_k = layout.w_k
    if layout.outputs_see_inputs:
        if see_inputs:
            for m in range(layout.n_symbol_rows):
                active = equals(load(block, layout.symbol + a, 1), m)
                net = where(active, net + load(block, w_k + m * K, K), net)
            for m in range(layout.n_dense):
                net = net + load(block, w_k + m * K, K) * load(block, layout.x + a * layout.n_x + m, 1)
        w_k = w_k + (layout.n_symbol_rows + layout.n_dense) * K
    for m in range(layout.n_errors):
        net = net + load(block, w_k + m * K, K) * load(block, y + m, 1)
    if layout.outputs_biased:
        net = net + load(block, w_k + layout.n_errors * K, K)
    y_k = net
    if not wiring.linear_outputs:
        y_k = f(net)
    return y_k


@compiled
def output_errors(layout, wiring, block, targets_at, rows_of_targets, y_k):
    """Compute the output units' errors.

    Paper: App. A.1 (19).

    Parameters
    ----------
    targets_at : (WIDTH,) int64
        Addresses of every lane's targets.
    rows_of_targets : (WIDTH,) int64
        The row that counts, or any other if none does.
    y_k : rows (K)

    Returns
    -------
    rows (K)
    """
    for k in range(layout.n_outputs):
        store(block, layout.target + k, gather(targets_at, rows_of_targets, layout.n_outputs, k))
    difference = load(block, layout.target, layout.n_outputs) - y_k
    if wiring.error_derivative:
        return (wiring.error_scale * (y_k * (1.0 - y_k))) * difference
    return wiring.error_scale * difference


@compiled
def find_errors(layout, wiring, block, targets_at, rows_of_targets, a, learning):
    r"""Compute the outputs at step a of the chunk, and the errors that they send back.

    Paper: App. A.1 (19), (20), (21), (23).

    Errors are those of every unit's own updates: of output units, of conventional hidden units and output gates (with
    f'), and of the internal states.

    Parameters
    ----------
    targets_at : (WIDTH,) int64
    rows_of_targets : (CHUNK, WIDTH) int64
        As in `output_errors`, for every step with an error signal; the first alone counts if that is no step but
        the chunk's last.
    learning : bool
        If no lane learns, errors are left out.
    """
    K = layout.n_outputs
    at = a if layout.every_step else 0
    y_read = load(block, layout.y + layout.first_cell, layout.n_errors)
    store(block, layout.y_read + at * layout.n_errors, y_read)
    y_k = output_units(layout, wiring, block, layout.y + layout.first_cell, a, True)
    store(block, layout.y_k + at * K, y_k)
    if learning:
        e_k = output_errors(layout, wiring, block, targets_at, rows_of_targets[at], y_k)
        store(block, layout.e_k + at * K, e_k)
        e_y = full(0.0, layout.n_errors)
        first = layout.w_k
        if layout.outputs_see_inputs:
            first = first + (layout.n_symbol_rows + layout.n_dense) * K
        for k in range(K):
            w_k = load_every(block, first + k, layout.n_errors, K)
            e_y = e_y + w_k * load(block, layout.e_k + at * K + k, 1)
        sigma = load(block, layout.sigma, layout.n_units)
        h_c = load(block, layout.h_c, layout.n_cells)
        e_c = take(e_y, layout.errors_of_cells)
        f_h = take(sigma, layout.hidden)
        e_hidden = (f_h * (1.0 - f_h)) * take(e_y, layout.errors_of_hidden)
        store(block, layout.e_hidden + at * layout.n_hidden, e_hidden)
        h_prime = full(1.0, layout.n_cells)
        if wiring.h_range > 0.0:
            f_s = (h_c - wiring.h_low) / wiring.h_range
            h_prime = wiring.h_range * (f_s * (1.0 - f_s))
        if layout.n_out:
            y_out = take(sigma, layout.out_gates)
            error = add_groups(full(0.0, layout.n_out), h_c * e_c, layout.cells_of_out_gate)
            store(block, layout.e_out + at * layout.n_out, (y_out * (1.0 - y_out)) * error)
            h_prime = take(sigma, layout.out_of_cell) * h_prime
        store(block, layout.e_s + at * layout.n_cells, h_prime * e_c)


@compiled
def updates_of_source(layout, block, dw, ds_dw, x, active, at):
    r"""Add one step's contributions to the pending changes of the weights from one source.

    Paper: App. A.1 (22), (26), (28).

    .. math::
        \Delta w_{in_jm}(t) = \alpha \sum_v e_{s_{c_j^v}}(t)\,
            \frac{\partial s_{c_j^v}(t)}{\partial w_{in_jm}}, \qquad
        \Delta w_{c_j^vm}(t) = \alpha\, e_{s_{c_j^v}}(t)\, \frac{\partial s_{c_j^v}(t)}{\partial w_{c_j^vm}},
            \qquad
        \Delta w_{lm}(t) = \alpha\, e_l(t)\, y^m(t-1)

    Parameters
    ----------
    dw : rows (U)
    ds_dw : rows (2 C)
        Derivatives by the weights from this source.
    x : rows (1)
        Its activation.
    active : mask
        Lanes in which the source is active: all, or those whose symbol it is. In the others, output gates and
        conventional hidden units have no contributions.
    at : int
        Which of the steps with an error signal.

    Returns
    -------
    rows (U)
    """
    e_s = load(block, layout.e_s + at * layout.n_cells, layout.n_cells)
    e_out = load(block, layout.e_out + at * layout.n_out, layout.n_out)
    e_hidden = load(block, layout.e_hidden + at * layout.n_hidden, layout.n_hidden)
    of_in = take(dw, layout.in_gates)
    if layout.n_in:
        of_in = add_groups(of_in, e_s * take(ds_dw, layout.of_in_gates), layout.cells_of_in_gate)
    of_out = take(dw, layout.out_gates)
    of_out = where(active, of_out + e_out * x, of_out)
    of_cells = take(dw, layout.cells) + e_s * take(ds_dw, layout.of_cells)
    of_hidden = take(dw, layout.hidden)
    of_hidden = where(active, of_hidden + e_hidden * x, of_hidden)
    return join(join(of_in, of_out), join(of_cells, of_hidden))


@compiled
def add_updates(layout, block, n):
    """Add the contributions of the chunk's last step to the pending changes of the hidden layer's weights.

    Paper: App. A.1 (20)-(23), (26), (28).
    """
    U, two_c = layout.n_units, layout.n_derivatives
    counts = is_set(load(block, layout.counts, 1))
    for m in range(layout.n_symbol_rows):
        dw, ds_dw = load(block, layout.dw + m * U, U), load(block, layout.ds_dw + m * two_c, two_c)
        active = equals(load(block, layout.symbol + n - 1, 1), m)
        new = updates_of_source(layout, block, dw, ds_dw, full(1.0, 1), active, 0)
        store(block, layout.dw + m * U, where(counts, new, dw))
    for m in range(layout.n_sources - layout.n_symbol_rows):
        row = m + layout.n_symbol_rows
        dw, ds_dw = load(block, layout.dw + row * U, U), load(block, layout.ds_dw + row * two_c, two_c)
        x = changing_source(layout, block, m, n - 1)
        new = updates_of_source(layout, block, dw, ds_dw, x, counts, 0)
        store(block, layout.dw + row * U, where(counts, new, dw))


@compiled
def learn_at_every_step(layout, block, n):
    r"""Advance the derivatives by n steps, and add what each step contributes to the pending changes.

    Paper: App. A.1 (14), (20)-(23), (26), (28).

    Of a source, derivatives and changes stay in registers for all steps. `lstm97 bench` shows what that brings, as
    the ratio of lanes to one trial for Table 1's nets.
    """
    U, two_c = layout.n_units, layout.n_derivatives
    for m in range(layout.n_symbol_rows):
        dw, ds_dw = load(block, layout.dw + m * U, U), load(block, layout.ds_dw + m * two_c, two_c)
        for a in range(n):
            active = equals(load(block, layout.symbol + a, 1), m)
            ds_dw = where(active, ds_dw + load(block, layout.ds_dnet + a * two_c, two_c), ds_dw)
            new = updates_of_source(layout, block, dw, ds_dw, full(1.0, 1), active, a)
            dw = where(is_set(load(block, layout.counts + a, 1)), new, dw)
        store(block, layout.dw + m * U, dw)
        store(block, layout.ds_dw + m * two_c, ds_dw)
    for m in range(layout.n_sources - layout.n_symbol_rows):
        row = m + layout.n_symbol_rows
        dw, ds_dw = load(block, layout.dw + row * U, U), load(block, layout.ds_dw + row * two_c, two_c)
        for a in range(n):
            x = changing_source(layout, block, m, a)
            ds_dw = ds_dw + load(block, layout.ds_dnet + a * two_c, two_c) * x
            counts = is_set(load(block, layout.counts + a, 1))
            dw = where(counts, updates_of_source(layout, block, dw, ds_dw, x, counts, a), dw)
        store(block, layout.dw + row * U, dw)
        store(block, layout.ds_dw + row * two_c, ds_dw)


@compiled
def add_output_updates(layout, block, y, flags, a, at, see_inputs):
    r"""Add the contributions of one step to the pending changes of the weights to output units.

    Paper: App. A.1 (22), l = k.

    Parameters
    ----------
    y : int
        First of the C + H rows that the output units read.
    flags : int
        Row of flags: lanes with an error signal.
    a : int
        Step of the chunk.
    at : int
        Which of the steps with an error signal.
    see_inputs : bool
        As in `output_units`.
    """
    K, dw_k = layout.n_outputs, layout.dw_k
    counts, e_k = is_set(load(block, flags, 1)), load(block, layout.e_k + at * K, K)
    if layout.outputs_see_inputs:
        if see_inputs:
            for m in range(layout.n_symbol_rows):
                dw = load(block, dw_k + m * K, K)
                active = equals(load(block, layout.symbol + a, 1), m)
                store(block, dw_k + m * K, where(counts, where(active, dw + e_k, dw), dw))
            for m in range(layout.n_dense):
                dw = load(block, dw_k + m * K, K)
                x = load(block, layout.x + a * layout.n_x + m, 1)
                store(block, dw_k + m * K, where(counts, dw + e_k * x, dw))
        dw_k = dw_k + (layout.n_symbol_rows + layout.n_dense) * K
    for m in range(layout.n_errors):
        dw = load(block, dw_k + m * K, K)
        store(block, dw_k + m * K, where(counts, dw + e_k * load(block, y + m, 1), dw))
    if layout.outputs_biased:
        dw = load(block, dw_k + layout.n_errors * K, K)
        store(block, dw_k + layout.n_errors * K, where(counts, dw + e_k, dw))


@compiled
def apply_updates(layout, block, exists, flags):
    r"""Change the weights by their pending changes, and forget these, in the lanes that a row of flags chooses.

    Paper: App. A.1, "each weight's total update"; (17).

    Parameters
    ----------
    exists : (R U,) float64
        Which weights from sources with rows the topology has.
    flags : int
        The row.
    """
    U, K = layout.n_units, layout.n_outputs
    lanes, alpha = is_set(load(block, flags, 1)), load(block, layout.alpha, 1)
    for m in range(layout.n_sources):
        w, dw = load(block, layout.w + m * U, U), load(block, layout.dw + m * U, U)
        store(block, layout.w + m * U, where(lanes, w + alpha * (spread(exists, m * U, U) * dw), w))
        store(block, layout.dw + m * U, where(lanes, full(0.0, U), dw))
    for m in range(layout.n_output_sources):
        w, dw = load(block, layout.w_k + m * K, K), load(block, layout.dw_k + m * K, K)
        store(block, layout.w_k + m * K, where(lanes, w + alpha * dw, w))
        store(block, layout.dw_k + m * K, where(lanes, full(0.0, K), dw))


@compiled
def reset(layout, wiring, block):
    """Forget the sequence in the lanes that have come to its end.

    Paper: Sec. 5, common conditions; Sec. 4, s_c(0) = 0.
    """
    U, C, two_c = layout.n_units, layout.n_cells, layout.n_derivatives
    lanes = is_set(load(block, layout.ends, 1))
    store(block, layout.y, where(lanes, full(wiring.initial_y, U), load(block, layout.y, U)))
    store(block, layout.s_c, where(lanes, full(0.0, C), load(block, layout.s_c, C)))
    if layout.constant_unit:
        store(block, layout.constant, where(lanes, full(wiring.initial_y, 1), load(block, layout.constant, 1)))
    for m in range(layout.n_sources):
        row = layout.ds_dw + m * two_c
        store(block, row, where(lanes, full(0.0, two_c), load(block, row, two_c)))


@compiled
def learn_columns(layout, wiring, block, columns, exists, symbol, lane, counts, updates, pending):
    """Do for one lane's weights from symbols that have columns what `add_updates` and `apply_updates` do for rows.

    Paper: App. A.1 (20)-(23), (26), (28).

    Parameters
    ----------
    columns : Columns
    exists : (symbols, U) float64
    symbol : int
        The symbol of the chunk's last step.
    counts, updates : bool
        Whether there is an error signal, and whether the weights change.
    pending : bool
        Whether changes are pending from before.
    """
    alpha = block[layout.alpha * WIDTH + lane]
    for m in range(wiring.n_inputs):
        first = (lane * wiring.n_inputs + m) * layout.column
        derivatives = (lane * wiring.n_inputs + m) * layout.column_of_derivatives
        for l in range(layout.n_units):
            dw = columns.dw[first + l] if pending else 0.0
            if counts:
                v = l - layout.first_cell
                if l < layout.n_in:
                    for c in range(layout.n_cells):
                        if number_in(layout.block_of_cell, c) == l:
                            dw += block[(layout.e_s + c) * WIDTH + lane] * columns.ds_dw[derivatives + c]
                elif 0 <= v < layout.n_cells:
                    e_s = block[(layout.e_s + v) * WIDTH + lane]
                    dw += e_s * columns.ds_dw[derivatives + layout.n_cells + v]
                elif m == symbol:
                    error = layout.e_out + l - layout.n_in
                    if v >= layout.n_cells:
                        error = layout.e_hidden + v - layout.n_cells
                    dw += block[error * WIDTH + lane]
            if updates:
                columns.w[first + l] += alpha * (exists[m, l] * dw)
                dw = 0.0
            if pending or not updates:
                columns.dw[first + l] = dw
