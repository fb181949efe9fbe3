"""How long a network step takes, beside the same equations as a literal NumPy loop, in one run."""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm97.experiments import row
from lstm97.learners import LSTM, Net
from lstm97.reading import Reading
from lstm97.tasks import Batch
from lstm97.trials.trial import CHUNK

ROW = "table7/T100"
ROUNDS = 25
N_NUMPY = 20  # sequences of the NumPy loop in each round


def numpy_loop(learner: LSTM, net: Net, batch: Batch) -> NDArray[np.float64]:
    """Train as a reader of the appendix would first write it: NumPy, one operation per equation and step.

    Literal reading, dense inputs, blocks with both gates, no conventional hidden units.

    Parameters
    ----------
    learner : LSTM
    net : Net
        Changed in place.
    batch : Batch

    Returns
    -------
    (n, n_outputs) float64
    """
    topology, w, w_k = learner.topology, net.weights.w, net.weights.w_k
    block, n_in, first_cell = topology.block_of_cell, topology.n_in, topology.first_cell
    exists = net.weights.exists
    outputs = np.empty_like(batch.targets)
    for i in range(len(batch)):
        y = np.zeros(topology.n_units)
        s_c = np.zeros(topology.n_cells)
        ds_dw_in = np.zeros((topology.n_cells, topology.n_sources))
        ds_dw_c = np.zeros((topology.n_cells, topology.n_sources))
        for t in range(int(batch.offsets[i]), int(batch.offsets[i + 1])):
            source = np.concatenate([batch.values[t], y, [1.0]])
            sigma = 1 / (1 + np.exp(-(w @ source)))
            y_in, y_out = sigma[block], sigma[n_in + block]
            f_c = sigma[first_cell:]
            g_c = 4 * f_c - 2
            ds_dw_in += np.outer(g_c * y_in * (1 - y_in), source)
            ds_dw_c += np.outer(4 * f_c * (1 - f_c) * y_in, source)
            s_c += y_in * g_c
            h_c = 2 / (1 + np.exp(-s_c)) - 1
            y = np.concatenate([sigma[:first_cell], y_out * h_c])
        read = np.append(y[first_cell:], 1.0)
        y_k = 1 / (1 + np.exp(-(w_k @ read)))
        outputs[i] = y_k
        e_k = y_k * (1 - y_k) * (batch.targets[i] - y_k)
        e_y = w_k[:, : topology.n_cells].T @ e_k
        e_s = y_out * (1 - h_c**2) / 2 * e_y
        dw = np.zeros_like(w)
        np.add.at(dw, block, e_s[:, np.newaxis] * ds_dw_in)
        np.add.at(dw, n_in + block, np.outer(y_out * (1 - y_out) * h_c * e_y, source))
        dw[first_cell:] = e_s[:, np.newaxis] * ds_dw_c
        w += learner.alpha * exists * dw
        w_k += learner.alpha * np.outer(e_k, read)
    return outputs


def bench() -> dict[str, Any]:
    """Time the engine, data and scoring included, and the NumPy loop, alternately.

    Returns
    -------
    dict
        ``row``, ``weights``, ``ns_per_step``, ``numpy_ns_per_step`` (fastest rounds), ``times_faster`` (ratio of
        the two), ``largest_difference`` (between the weights that both learn from the same sequences).
    """
    specification = row(ROW).under(Reading())
    learner, task = specification.learner, specification.task_of(1)
    assert isinstance(learner, LSTM)
    rng = np.random.default_rng(0)
    net = learner.start(rng)

    ours, literal = learner.copy(net), learner.copy(net)
    batch = task.sample(rng, N_NUMPY)
    learner.train(ours, batch)
    numpy_loop(learner, literal, batch)
    difference = max(
        float(np.abs(ours.weights.w - literal.weights.w).max()),
        float(np.abs(ours.weights.w_k - literal.weights.w_k).max()),
    )

    times: list[float] = []
    numpy_times: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        batch = task.sample(rng, CHUNK)
        task.score(batch, learner.train(net, batch))
        times.append((time.perf_counter() - start) / batch.n_steps)
        few = batch.first(N_NUMPY)
        start = time.perf_counter()
        numpy_loop(learner, literal, few)
        numpy_times.append((time.perf_counter() - start) / few.n_steps)
    ns, numpy_ns = 1e9 * min(times), 1e9 * min(numpy_times)
    return {
        "row": ROW,
        "weights": learner.topology.n_weights,
        "ns_per_step": ns,
        "numpy_ns_per_step": numpy_ns,
        "times_faster": numpy_ns / ns,
        "largest_difference": difference,
    }
