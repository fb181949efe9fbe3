"""A slow second route to the network: loops over named units, from the equations, any kind of number.

Nothing here comes from `lstm97.net.network`. Weights are a dictionary ``{(to, from): value}``. A value may be a
complex number, or an array of them, so that one run gives the complex-step derivative by all weights at once.

*Frozen run* (truncation, App. A.1): the activations y^u(t-1) that enter cells, gates and conventional hidden
units are numbers recorded in an ordinary run. The truncated derivatives must be the derivatives of that run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Values = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """A net, how the paper is read, and one sequence with its targets (None where a step has no target)."""

    n_inputs: int
    block_sizes: tuple[int, ...]
    n_outputs: int
    n_hidden: int
    weights: Mapping[tuple[str, str], float]  # those that exist
    in_gates: bool
    out_gates: bool
    inputs: Sequence[Sequence[float]]
    targets: Sequence[Sequence[float] | None]
    g: tuple[float, float] = (4.0, -2.0)  # length and lower end of the range
    h: tuple[float, float] = (2.0, -1.0)  # a length of 0 is the identity
    linear_outputs: bool = False
    error_derivative: bool = True
    initial_y: float = 0.0
    output_delay: int = 0

    def hidden_layer(self) -> list[str]:
        names = [f"i_{i}" for i in range(1, self.n_hidden + 1)]
        for j, size in enumerate(self.block_sizes, start=1):
            names += [f"in_{j}"] * self.in_gates + [f"out_{j}"] * self.out_gates
            names += [f"c_{j}^{v}" for v in range(1, size + 1)]
        return names


def logistic(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def net_input(unit: str, sources: Values, weights: Mapping[tuple[str, str], Any]) -> Any:
    """net_l = sum over u of w_lu y^u, over the weights that exist."""
    return sum(w * sources[u] for (to, u), w in weights.items() if to == unit)


def run(
    example: Example,
    weights: Sequence[Mapping[tuple[str, str], Any]] | None = None,
    frozen: Sequence[Values] | None = None,
) -> tuple[list[Values], list[list[Any]]]:
    """Run the net over the sequence.

    Parameters
    ----------
    example : Example
    weights : sequence of mapping, optional
        The weights of every step, in place of the example's.
    frozen : sequence of dict, optional
        Activations of the hidden layer, as this function returns them; those of step t-1 enter it at step t.

    Returns
    -------
    activations : list of dict
        Of the hidden layer: before the first step, then after every step.
    outputs : list of list
        Of the output units, at every step.
    """
    layer = example.hidden_layer()
    constants: Values = {"1": 1.0, "constant": example.initial_y}  # a hidden unit that is 1, and reset like all
    y: Values = dict.fromkeys(layer, example.initial_y)
    s: Values = {name: 0.0 for name in layer if name.startswith("c_")}
    activations, outputs = [dict(y)], []
    x_before: Values = {f"x_{m}": 0.0 for m in range(1, example.n_inputs + 1)}
    for t, values in enumerate(example.inputs):
        x: Values = {f"x_{m}": value for m, value in enumerate(values, start=1)}
        before = y
        w = example.weights if weights is None else weights[t]
        sources = {**constants, **x, **(before if frozen is None else frozen[t])}
        net = {name: net_input(name, sources, w) for name in layer}
        y = {}
        for name in layer:
            if name.startswith(("i_", "in_", "out_")):
                y[name] = logistic(net[name])
        for name in s:
            block = name[2:].split("^")[0]
            y_in = y[f"in_{block}"] if example.in_gates else 1.0
            y_out = y[f"out_{block}"] if example.out_gates else 1.0
            g = example.g[0] * logistic(net[name]) + example.g[1]
            s[name] = s[name] + y_in * g
            h = example.h[0] * logistic(s[name]) + example.h[1] if example.h[0] else s[name]
            y[name] = y_out * h
        below = {**constants, **x, **y} if example.output_delay == 0 else {**constants, **x_before, **before}
        nets = [net_input(f"k_{k}", below, w) for k in range(1, example.n_outputs + 1)]
        outputs.append(nets if example.linear_outputs else [logistic(net) for net in nets])
        activations.append(dict(y))
        constants["constant"] = 1.0
        x_before = x
    return activations, outputs


def error(example: Example, outputs: Sequence[Sequence[Any]]) -> Any:
    """E = sum over steps with a target of (16); if its derivative is to have no f', twice the cross-entropy."""
    total: Any = 0.0
    if not example.error_derivative and not example.linear_outputs:
        for target, y_k in zip(example.targets, outputs, strict=True):
            for d, y in zip(target or (), y_k if target else (), strict=True):
                total = total - 2.0 * (d * np.log(y) + (1.0 - d) * np.log(1.0 - y))
        return total
    for target, y_k in zip(example.targets, outputs, strict=True):
        if target is not None:
            total = total + sum((d - y) ** 2 for d, y in zip(target, y_k, strict=True))
    return total


def complex_run(
    example: Example, truncated: bool, step: float, weights: Sequence[Mapping[tuple[str, str], Any]] | None
) -> list[list[Any]]:
    """Run with weights that have one entry per weight; in its own entry a weight has an imaginary part."""
    weights = [example.weights] * len(example.inputs) if weights is None else weights
    recorded, _ = run(example, weights)
    parts = dict(zip(example.weights, np.eye(len(example.weights)) * 1j * step, strict=True))
    stepped = [{name: w[name] + parts[name] for name in parts} for w in weights]
    return run(example, stepped, recorded if truncated else None)[1]


def imaginary(example: Example, value: Any, step: float) -> dict[tuple[str, str], float]:
    parts = np.broadcast_to(np.imag(value) / step, len(example.weights))
    return dict(zip(example.weights, parts.tolist(), strict=True))


def gradient(
    example: Example,
    truncated: bool = True,
    weights: Sequence[Mapping[tuple[str, str], Any]] | None = None,
    step: float = 1e-30,
) -> dict[tuple[str, str], float]:
    """Differentiate E by every weight with complex steps.

    Of the frozen run if truncated, else of the run itself. Given the weights of every step, the derivative is
    by a change that they all share.
    """
    outputs = complex_run(example, truncated, step, weights)
    return imaginary(example, error(example, outputs), step)


def output_derivatives(
    example: Example, truncated: bool = True, step: float = 1e-30
) -> list[list[dict[tuple[str, str], float]]]:
    """Differentiate every output unit at every step by every weight: the truncated derivatives (10)."""
    outputs = complex_run(example, truncated, step, None)
    return [[imaginary(example, y, step) for y in y_k] for y_k in outputs]
