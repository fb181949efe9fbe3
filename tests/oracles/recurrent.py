"""A slow second route to conventional recurrent nets, from the equations; gradients by complex steps.

Nothing here comes from `lstm97.learners`, but for the names of a topology's fields.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm97.learners.recurrent import RecurrentTopology

Array = NDArray[Any]


def logistic(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def run(
    net: RecurrentTopology, w: Array, w_k: Array, inputs: Sequence[Array], y: Array
) -> tuple[list[Array], list[Array]]:
    """Run the net from activations `y`; return the layer's activations and the outputs of every step."""
    one = [1.0] if net.biased else []
    layer, outputs = [], []
    for x in inputs:
        y = logistic(w @ np.concatenate([x, y, one]))
        layer.append(y)
        if net.fully_recurrent:
            outputs.append(y[net.n_hidden :])
        else:
            below = np.concatenate([x, y, one] if net.outputs_see_inputs else [y, one])
            outputs.append(logistic(w_k @ below))
    return layer, outputs


def error(outputs: Sequence[Array], targets: Sequence[Array | None]) -> Any:
    """Half the sum of squares."""
    pairs = zip(outputs, targets, strict=True)
    return sum(((d - y) ** 2).sum() / 2 for y, d in pairs if d is not None)


def complex_steps(
    w: Array, w_k: Array, of: Callable[[Array, Array], Any], step: float = 1e-30
) -> tuple[Array, Array]:
    """Differentiate a function of the weights by each of them."""
    found = []
    for which, array in enumerate((w, w_k)):
        derivative = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            both = [w.astype(complex), w_k.astype(complex)]
            both[which][place] += 1j * step
            derivative[place] = np.imag(of(*both)) / step
        found.append(derivative)
    return found[0], found[1]


def gradient(
    net: RecurrentTopology,
    w: Array,
    w_k: Array,
    inputs: Sequence[Array],
    targets: Sequence[Array | None],
    k: int | None = None,
    initial_y: float = 0.0,
) -> tuple[Array, Array]:
    """Differentiate the error; with `k`, of every step's error only through the last k steps.

    Then what the layer's activations were before these steps is a constant.
    """
    start = np.full(net.n_units, initial_y)
    if k is None:
        return complex_steps(w, w_k, lambda w, w_k: error(run(net, w, w_k, inputs, start)[1], targets))
    layer = [start, *run(net, w, w_k, inputs, start)[0]]
    total = [np.zeros(w.shape), np.zeros(w_k.shape)]
    for t, target in enumerate(targets):
        if target is None:
            continue
        first = max(0, t + 1 - k)

        def of(w: Array, w_k: Array, first: int = first, t: int = t, target: Array = target) -> Any:
            return error(run(net, w, w_k, inputs[first : t + 1], layer[first])[1][-1:], [target])

        for part, more in zip(total, complex_steps(w, w_k, of), strict=True):
            part += more
    return total[0], total[1]
