"""Slow, independent routes to the numbers of lstm97.theory.error_flow: scalar loops, no matrices."""

import numpy as np


def run(w, y_start, n_steps, kick=None):
    """Run logistic units with scalar loops; `kick` = (step, unit, amount) is added to one net input."""
    n = len(y_start)
    nets, y = [], list(y_start)
    for t in range(1, n_steps + 1):
        net = [sum(w[i][j] * y[j] for j in range(n)) for i in range(n)]
        if kick is not None and kick[0] == t:
            net[kick[1]] = net[kick[1]] + kick[2]
        nets.append(net)
        y = [1 / (1 + np.exp(-x)) for x in net]
    return nets


def bptt(w, nets, u, q):
    """Put a unit error on unit u at the last step; return every unit's error q steps earlier."""
    n = len(w)
    error = [1.0 if i == u else 0.0 for i in range(n)]
    for back in range(1, q + 1):
        net = nets[-1 - back]
        earlier = []
        for j in range(n):
            arriving = 0.0
            for i in range(n):
                arriving += w[i][j] * error[i]
            slope = np.exp(-net[j]) / (1 + np.exp(-net[j])) ** 2
            earlier.append(slope * arriving)
        error = earlier
    return error


def forward_sensitivity(w, y_start, n_steps, u, v, q):
    """Complex-step derivative of unit u's last net input by unit v's net input q steps earlier."""
    step = 1e-30
    nets = run(w, [complex(y) for y in y_start], n_steps, kick=(n_steps - q, v, 1j * step))
    return nets[-1][u].imag / step
