"""The rules of the institute's simulator, written out unit by unit: the differential test of the reading `institute`.

Nothing here comes from the package. Units have names, weights are a dictionary ``{(to, from): value}`` of those that
exist, and learning is on-line, with the simulator's habits: before each sequence every unit is reset to 0.5, the unit
that is always 1 included; the hidden layer reads activations of the step before, outputs those of this step; the sum
of a sequence's contributions is added to the weights at the end of the next sequence's first step, when that step's
contributions, made with the old weights, have joined it.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Weights = dict[tuple[str, str], float]
Sequences = Sequence[Sequence[tuple[Sequence[float], Sequence[float] | None]]]

RESET = 0.5


@dataclass(frozen=True)
class Net:
    """The names of the units; cells stand under their block, whose gates may be missing."""

    blocks: Mapping[str, Sequence[str]]
    hidden: Sequence[str]
    outputs: Sequence[str]
    in_gates: bool = True
    out_gates: bool = True
    identity_h: bool = False
    narrow_g: bool = False  # Task 2a: g is the logistic function itself


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x > -700.0 else 0.0


def train(
    net: Net, weights: Weights, alpha: float, sequences: Sequences, reset_one: float = RESET, late: bool = True
) -> tuple[Weights, Weights]:
    """Present sequences; return the weights, and the contributions that wait for the next sequence, without alpha.

    `reset_one` and `late` are for negative controls: what the unit that is always 1 is reset to, and whether the
    update waits until the end of the next sequence's first step.
    """
    w, waiting = dict(weights), dict.fromkeys(weights, 0.0)
    of_cell = {cell: block for block, cells in net.blocks.items() for cell in cells}
    into = defaultdict(list)
    for to, source in w:
        into[to].append(source)

    def update() -> None:
        for connection in w:
            w[connection] += alpha * waiting[connection]
            waiting[connection] = 0.0

    for number, sequence in enumerate(sequences):
        if number and not late:
            update()
        earlier: dict[str, float] = defaultdict(lambda: RESET, constant=reset_one)
        state = dict.fromkeys(of_cell, 0.0)
        memory: dict[tuple[str, str, str], float] = defaultdict(float)
        for step, (x, target) in enumerate(sequence):
            inputs = {f"x_{m}": value for m, value in enumerate(x, start=1)} | {"1": 1.0}

            def read(source: str, inputs: dict[str, float] = inputs, earlier: dict[str, float] = earlier) -> float:
                return inputs[source] if source in inputs else earlier[source]

            def excited(unit: str, read: Callable[[str], float] = read) -> float:
                return sum(w[unit, source] * read(source) for source in into[unit])

            now = {unit: logistic(excited(unit)) for unit in net.hidden}
            now["constant"] = 1.0
            opened: dict[str, tuple[float, float]] = {}
            for block in net.blocks:
                gate_in, gate_out = f"in_{block}", f"out_{block}"
                if net.in_gates:
                    now[gate_in] = logistic(excited(gate_in))
                if net.out_gates:
                    now[gate_out] = logistic(excited(gate_out))
                opened[block] = now.get(gate_in, 1.0), now.get(gate_out, 1.0)
            squashed = {}
            for cell, block in of_cell.items():
                y_in, y_out = opened[block]
                sigma = logistic(excited(cell))
                g, slope = (sigma, 1.0) if net.narrow_g else (4.0 * sigma - 2.0, 4.0)
                state[cell] += y_in * g
                h = state[cell] if net.identity_h else 2.0 * logistic(state[cell]) - 1.0
                squashed[cell], now[cell] = h, y_out * h
                for source in into[cell]:
                    memory[cell, "cell", source] += slope * sigma * (1.0 - sigma) * y_in * read(source)
                for source in into[f"in_{block}"]:
                    memory[cell, "gate", source] += g * y_in * (1.0 - y_in) * read(source)
            if target is not None:
                # outputs read this step's activations; their bias is the unit that is now 1
                below = now | inputs
                back: dict[str, float] = defaultdict(float)
                for k, wanted in zip(net.outputs, target, strict=True):
                    y = logistic(sum(w[k, source] * below[source] for source in into[k]))
                    error = (wanted - y) * y * (1.0 - y)
                    for source in into[k]:
                        waiting[k, source] += error * below[source]
                        back[source] += w[k, source] * error
                for unit in net.hidden:
                    error = back[unit] * now[unit] * (1.0 - now[unit])
                    for source in into[unit]:
                        waiting[unit, source] += error * read(source)
                for block, cells in net.blocks.items():
                    y_in, y_out = opened[block]
                    gate = y_out * (1.0 - y_out) * sum(squashed[cell] * back[cell] for cell in cells)
                    for source in into[f"out_{block}"]:
                        waiting[f"out_{block}", source] += gate * read(source)
                    for cell in cells:
                        slope = 1.0 if net.identity_h else 0.5 * (1.0 + squashed[cell]) * (1.0 - squashed[cell])
                        error = y_out * slope * back[cell]
                        for source in into[cell]:
                            waiting[cell, source] += error * memory[cell, "cell", source]
                        for source in into[f"in_{block}"]:
                            waiting[f"in_{block}", source] += error * memory[cell, "gate", source]
            if late and step == 0 and number:
                update()
            earlier.clear()
            earlier.update(now)
    return w, waiting
