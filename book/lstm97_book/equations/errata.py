r"""What the paper gets wrong in print, each with a number that decides it.

The numbers are computed when they are asked for. None of the slips touches what the paper shows; they matter to
whoever computes along.
"""

from dataclasses import dataclass

import numpy as np

from lstm97.experiments import rows
from lstm97.net import activations
from lstm97.net.topology import Topology
from lstm97.tasks.distractors import expected_length
from lstm97.theory import cell_error_flow, error_flow, truncation
from lstm97.theory.measures import largest_mse
from lstm97_book.equations.equation_checks import Example, FlowExample, gap, plain_net


@dataclass(frozen=True)
class Erratum:
    """A slip in print.

    Attributes
    ----------
    where : str
        Section, equation or table.
    printed, right : str
        What the paper has, and what it has to be.
    decides : str
        A number that tells the two apart, with what it is.
    page : str
        The notebook that shows it.
    """

    where: str
    printed: str
    right: str
    decides: str
    page: str


def index_order() -> tuple[float, float]:
    """Measure how far the sum over paths is from the recursion (1), in the repaired and in the printed order.

    Paper: Sec. 3.1 (2).

    Returns
    -------
    repaired, printed : float
        Largest difference, relative to the largest factor of a random net of four units, five steps back.
    """
    w, _, f_prime = plain_net()
    factors = error_flow.error_factors(w, f_prime)[-1]
    right, printed = (
        [[error_flow.sum_over_paths(weights, f_prime, u, v) for v in range(4)] for u in range(4)]
        for weights in (w, w.T)
    )
    return gap(right, factors), gap(printed, factors)


def rows_and_columns() -> tuple[float, float]:
    """Measure how far the matrix form is from (1), with elements in row i and column j, and the other way round.

    Paper: Sec. 3.1, the sentence on the element of a matrix.

    Returns
    -------
    row_column, column_row : float
    """
    w, _, f_prime = plain_net()
    factors = error_flow.error_factors(w, f_prime)[-1]
    right, printed = (
        [[error_flow.matrix_form(weights, f_prime, u, v) for v in range(4)] for u in range(4)] for weights in (w, w.T)
    )
    return gap(right, factors), gap(printed, factors)


def norm_counterexample() -> tuple[float, float]:
    r"""Compute both sides of the helper inequality for incoming weights, with compatible norms that break it.

    Paper: Sec. 3.1, :math:`\|e_u W\|_x \le \|W\|_A \|e_u\|_x`.

    Returns
    -------
    left, right : float
        With the sum norm, W = ((1, 1), (0, 0)) and the first unit.
    """
    return error_flow.helper_inequality([[1.0, 1.0], [0.0, 0.0]], 0, incoming=True, norm="sum")


def factor_two() -> float:
    """Divide the derivative of (16) by the update of (19)-(28).

    Paper: App. A.1 (16)-(19).

    Returns
    -------
    float
        Over the weights to output units of a small net.
    """
    example = Example()
    update = truncation.backward_pass(example.learner, example.net, example.batch).w_k
    derivative = -2.0 * truncation.numerical(example.learner, example.net, example.batch, truncated=True).w_k
    return float(-(derivative * update).sum() / (update * update).sum())


def cost_of_output_updates() -> tuple[int, int, int]:
    """Count the weights from cells and hidden units to output units, which (22) has to update one by one.

    Paper: App. A.1, paragraph after (29), which says K(H + C).

    Returns
    -------
    weights, printed, right : int
        For K = 4, H = 3, C = 2, S = 2: the weights that there are, K(H + C) and K(H + CS).
    """
    net = Topology(8, (2, 2), 4, n_hidden=3)
    weights = net.n_outputs * (net.n_output_sources - 1)  # without the bias
    return weights, 4 * (3 + 2), 4 * (3 + 2 * 2)


def counted_twice() -> tuple[float, float]:
    """Measure the error at the states in full, with the cell's way to itself in (31) alone and in (30) as well.

    Paper: App. A.2 (30), (31), (33).

    Returns
    -------
    once, twice : float
        Largest difference from the complex-step derivative, relative to the largest error.
    """
    example = FlowExample()
    flow, expected = example.flow, example.numerical("s_c", 3, frozen=False)
    errors, factors = example.back(truncated=False), cell_error_flow.state_factors(example.flow, truncated=False)
    twice, later = np.zeros_like(errors.s_c), np.zeros(3)
    for t in range(5, -1, -1):
        arriving = example.at_cells[t].copy()
        if t < 5:
            arriving += cell_error_flow.arriving_error(flow.w, errors.net[t + 1])[flow.cell]
        factor = factors[t] if t < 5 else np.ones(3)
        later = cell_error_flow.state_error(factor, later, flow.y_out[t], flow.h_prime[t], arriving)
        twice[t] = later
    return gap(errors.s_c, expected), gap(twice, expected)


def largest_possible_mse() -> float:
    """Bound the mean squared error that Table 8's own counts allow.

    Paper: Table 8, row n_seq = 13, with 14 wrongly processed sequences on average; the text says never more than 15.

    Returns
    -------
    float
        The column prints 0.0139 as MSE.
    """
    row = rows()["table8/T100"]
    return largest_mse(15, row.n_test, row.tasks[0].tolerance)


def errata() -> list[Erratum]:
    """List the slips, with their numbers computed."""
    repaired, printed = index_order()
    straight, crossed = rows_and_columns()
    left, right = norm_counterexample()
    weights, with_c, with_cs = cost_of_output_updates()
    once, twice = counted_twice()
    table8 = rows()["table8/T100"].paper.mse
    return [
        Erratum(
            "Sec. 3.1 (2)",
            r"$w_{l_m l_{m-1}}$",
            r"$w_{l_{m-1} l_m}$",
            f"distance from (1): {_small(repaired)} repaired, {printed:.2f} as printed",
            "3-1-exponentially-decaying-error",
        ),
        Erratum(
            "Sec. 3.1, matrix form",
            "$[A]_{ij}$ in column $i$, row $j$",
            "row $i$, column $j$",
            f"distance from (1): {_small(straight)} repaired, {crossed:.2f} as printed",
            "3-1-exponentially-decaying-error",
        ),
        Erratum(
            "Sec. 3.1, helper inequality",
            r"$\|e_u W\|_x \le \|W\|_A \|e_u\|_x$ from compatible norms",
            "true for the pair of norms that the paper uses",
            f"sum norm, $W$ = ((1, 1), (0, 0)): {left:g} > {right:g}",
            "3-1-exponentially-decaying-error",
        ),
        Erratum(
            "Sec. 5.2, Task 2c",
            "expected length $q + 14$",
            "$q + 13$",
            f"the series for $q$ = 50 sums to {expected_length(50):.6f}",
            "5-2-long-time-lags",
        ),
        Erratum(
            "App. A.1 (16)-(19)",
            "(19) as the derivative of (16)",
            "of one half of (16)",
            f"derivative over update: {factor_two():.6f}",
            "a-1-truncated-gradient",
        ),
        Erratum(
            "App. A.1, cost of (22)",
            "$K(H+C)$ steps for output units",
            "$K(H+CS)$",
            f"$K$ = 4, $H$ = 3, $C$ = $S$ = 2: {weights} weights; printed {with_c}, repaired {with_cs}",
            "a-1-truncated-gradient",
        ),
        Erratum(
            "App. A.2 (33)",
            "equals sign, with (30) and (31) in full",
            "for the truncated rule; in full the factor is 1",
            f"distance from the derivative: {_small(once)} with 1, {twice:.2f} with (30)",
            "a-2-error-flow",
        ),
        Erratum(
            "Table 8, row 2",
            f"MSE {table8}",
            "not a mean squared error",
            f"the table's own counts allow at most {largest_possible_mse():.4f}",
            "5-5-multiplication",
        ),
        Erratum(
            "Table 10, caption",
            "$h$ in [-2, 2], $g$ in [-1, 1]",
            "$h$ in [-1, 1], $g$ in [-2, 2], as in (4), (5)",
            f"(4) and (5) at $x$ = 40: {_at_40()}",
            "5-7-summary-of-conditions",
        ),
    ]


def _at_40() -> str:
    return f"$h$ = {activations.h(40.0):g}, $g$ = {activations.g(40.0):g}"


def _small(value: float) -> str:
    return "less than 1e-12" if value < 1e-12 else f"{value:.2g}"
