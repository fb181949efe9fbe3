"""The same equations in NumPy, PyTorch and JAX, as one would write them there: what the benchmark compares with.

All take a literal reading, dense inputs, an error signal at sequences' ends, blocks with both gates, and no
conventional hidden units. None is used for results.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm97.learners import LSTM, Net
from lstm97.tasks import Batch

Floats = NDArray[np.float64]


def numpy_loop(learner: LSTM, net: Net, batch: Batch) -> Floats:
    """Train as a reader of the appendix would first write it: NumPy, one operation per equation and step.

    Parameters
    ----------
    net : Net
        Changed in place.

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


def torch_loop(learner: LSTM, net: Net, batch: Batch) -> None:
    """Train with PyTorch: eager operations, automatic differentiation, recurrent activations detached.

    Parameters
    ----------
    net : Net
        Changed in place.

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    """
    import torch

    topology, weights = learner.topology, net.weights
    block, first_cell = torch.as_tensor(topology.block_of_cell), topology.first_cell
    w = torch.tensor(np.ascontiguousarray(weights.w), requires_grad=True)
    w_k = torch.tensor(np.ascontiguousarray(weights.w_k), requires_grad=True)
    exists, one = torch.as_tensor(np.ascontiguousarray(weights.exists)), torch.ones(1, dtype=torch.float64)
    values, targets = torch.as_tensor(batch.values), torch.as_tensor(batch.targets)
    for i in range(len(batch)):
        y, s_c = torch.zeros(topology.n_units, dtype=torch.float64), 0.0
        for t in range(int(batch.offsets[i]), int(batch.offsets[i + 1])):
            sigma = torch.sigmoid(w @ torch.cat([values[t], y.detach(), one]))
            s_c = s_c + sigma[block] * (4 * sigma[first_cell:] - 2)
            y_c = sigma[topology.n_in + block] * (2 * torch.sigmoid(s_c) - 1)
            y = torch.cat([sigma[:first_cell], y_c])
        y_k = torch.sigmoid(w_k @ torch.cat([y[first_cell:], one]))
        (0.5 * ((targets[i] - y_k) ** 2).sum()).backward()
        with torch.no_grad():
            for weight, mask in ((w, exists), (w_k, 1.0)):
                assert weight.grad is not None
                weight -= learner.alpha * mask * weight.grad
                weight.grad = None
    weights.w[:], weights.w_k[:] = w.detach().numpy(), w_k.detach().numpy()


def jax_trials(learner: LSTM, max_steps: int) -> Any:
    """Make a JAX function that trains many nets: compiled, a scan over steps and sequences, mapped over trials.

    Parameters
    ----------
    max_steps : int
        Length that sequences are padded to.

    Returns
    -------
    callable
        ``train(w, w_k, values, lengths, targets)`` returns the changed ``w`` and ``w_k``; the shapes are
        (trials, U, M), (trials, K, sources), (trials, n, max_steps, n_inputs), (trials, n), (trials, n, K).

    Raises
    ------
    ImportError
        If JAX is not installed.
    """
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    topology = learner.topology
    block, first_cell, n_in = topology.block_of_cell, topology.first_cell, topology.n_in
    exists = jnp.asarray(topology.connected().astype(np.float64))

    def error(w: Any, w_k: Any, values: Any, length: Any, target: Any) -> Any:
        def step(state: Any, at: Any) -> Any:
            y, s_c = state
            t, x = at
            sigma = jax.nn.sigmoid(w @ jnp.concatenate([x, jax.lax.stop_gradient(y), jnp.ones(1)]))
            s_now = s_c + sigma[block] * (4 * sigma[first_cell:] - 2)
            y_now = jnp.concatenate([sigma[:first_cell], sigma[n_in + block] * (2 * jax.nn.sigmoid(s_now) - 1)])
            runs = t < length
            return (jnp.where(runs, y_now, y), jnp.where(runs, s_now, s_c)), None

        start = (jnp.zeros(topology.n_units), jnp.zeros(topology.n_cells))
        (y, _), _ = jax.lax.scan(step, start, (jnp.arange(max_steps), values))
        y_k = jax.nn.sigmoid(w_k @ jnp.concatenate([y[first_cell:], jnp.ones(1)]))
        return 0.5 * ((target - y_k) ** 2).sum()

    def present(weights: Any, sequence: Any) -> Any:
        w, w_k = weights
        dw, dw_k = jax.grad(error, (0, 1))(w, w_k, *sequence)
        return (w - learner.alpha * exists * dw, w_k - learner.alpha * dw_k), None

    def trial(w: Any, w_k: Any, values: Any, lengths: Any, targets: Any) -> Any:
        return jax.lax.scan(present, (w, w_k), (values, lengths, targets))[0]

    return jax.jit(jax.vmap(trial))
