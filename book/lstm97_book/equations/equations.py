r"""The paper's 63 equations as data: 41 with a number and 22 without, each with everything that belongs to it.

The list lives here and nowhere else. The book's page of equations is made from it, and the tests go through it: an entry
that lacks a part, or whose residual exceeds its bound, turns them red.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lstm97_book.equations import equation_checks

#: Residuals of numbers that both routes compute to rounding.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Equation:
    """One equation of the paper.

    Attributes
    ----------
    key : str
        The paper's number, or a name of ours for an equation without one.
    section : str
        Where it stands in the paper.
    name : str
        What it is, in a few words.
    latex : str
        The equation, corrected where the paper's print has a slip.
    meaning : str
        One plain sentence.
    functions : tuple of str
        The functions of the package that are this equation, with their module.
    check : str
        A function of `lstm97_book.equations.equation_checks`: its docstring names the second route.
    bound : float
        The residual may not exceed it.
    test : str
        File and function of a test that would fail.
    notebook : str
        The notebook that shows the equation.
    slip : str
        What the print has instead, if anything.
    """

    key: str
    section: str
    name: str
    latex: str
    meaning: str
    functions: tuple[str, ...]
    check: str
    test: str
    notebook: str
    bound: float = ROUNDING
    slip: str = ""

    @property
    def numbered(self) -> bool:
        """Whether the paper numbers it."""
        return self.key.isdigit()

    @property
    def title(self) -> str:
        """The number, if the paper has one, and the name."""
        return f"({self.key}) {self.name}" if self.numbered else self.name

    def residual(self) -> float:
        """Compute the largest difference between the package and the second route."""
        return float(getattr(equation_checks, self.check)())

    def resolve(self) -> tuple[Callable[..., Any], ...]:
        """Find the functions.

        Raises
        ------
        AttributeError, ModuleNotFoundError
            If one does not exist.
        """
        found = []
        for dotted in self.functions:
            *module, name = dotted.split(".")
            if module[-1][:1].isupper():  # a method
                *module, cls = module
                found.append(getattr(getattr(importlib.import_module(".".join(["lstm97", *module])), cls), name))
            else:
                found.append(getattr(importlib.import_module(".".join(["lstm97", *module])), name))
        return tuple(found)


DECAY = "3-1-exponentially-decaying-error"
CONSTANT = "3-2-constant-error-flow"
CELL = "4-memory-cell"
TRUNCATED = "a-1-truncated-gradient"
FLOW = "a-2-error-flow"

_RESIDUAL = "book/test_equations.py::test_residual"
_FLOW = "theory/test_cell_error_flow.py::test_"
_E = Equation

EQUATIONS: tuple[Equation, ...] = (
    # ------------------------------------------------------------------------------------------------ Section 3.1
    _E(
        "output error",
        "Sec. 3.1",
        "Error of an output unit",
        r"\vartheta_k(t) = f'_k(net_k(t))\,(d_k(t) - y^k(t)), \qquad y^i(t) = f_i(net_i(t)), \qquad "
        r"net_i(t) = \sum_j w_{ij}\, y^j(t-1)",
        "How far an output unit is off, times how much its net input could do about it.",
        ("theory.error_flow.output_error", "theory.error_flow.run"),
        "output_error",
        "theory/test_error_flow.py::test_output_error_is_the_slope_of_half_the_squared_error",
        DECAY,
    ),
    _E(
        "hidden error",
        "Sec. 3.1",
        "Error of any other unit, and its part in an update",
        r"\vartheta_j(t) = f'_j(net_j(t)) \sum_i w_{ij}\, \vartheta_i(t+1), \qquad "
        r"\text{contribution to } w_{jl}:\ \alpha\, \vartheta_j(t)\, y^l(t-1)",
        "Backpropagation through time: a unit collects the errors of the units it feeds, one step later.",
        ("theory.error_flow.hidden_error", "theory.error_flow.backpropagate"),
        "hidden_error",
        "theory/test_error_flow.py::test_backpropagation_through_time_equals_real_time_recurrent_learning",
        DECAY,
    ),
    _E(
        "1",
        "Sec. 3.1",
        "Error factor, by recursion",
        r"\frac{\partial\vartheta_v(t-q)}{\partial\vartheta_u(t)} = \begin{cases} f'_v(net_v(t-1))\, w_{uv} & q = 1 "
        r"\\ f'_v(net_v(t-q)) \sum_{l=1}^{n} \frac{\partial\vartheta_l(t-q+1)}{\partial\vartheta_u(t)}\, w_{lv} & q > 1 "
        r"\end{cases}",
        "By which factor an error at unit u has been scaled when it arrives at unit v, q steps earlier.",
        ("theory.error_flow.error_factors",),
        "error_factors",
        "theory/test_error_flow.py::test_factors_equal_an_error_carried_back_step_by_step",
        DECAY,
    ),
    _E(
        "2",
        "Sec. 3.1",
        "Error factor, as a sum over paths",
        r"\frac{\partial\vartheta_v(t-q)}{\partial\vartheta_u(t)} = \sum_{l_1=1}^{n} \cdots \sum_{l_{q-1}=1}^{n}\; "
        r"\prod_{m=1}^{q} f'_{l_m}(net_{l_m}(t-m))\; w_{l_{m-1} l_m}, \qquad l_0 = u,\ l_q = v",
        "The same factor: every way from u to v contributes the product of the weights and slopes along it.",
        ("theory.error_flow.path_products", "theory.error_flow.sum_over_paths"),
        "sum_over_paths",
        "theory/test_error_flow.py::test_recursion_equals_sum_over_paths_and_matrix_form",
        DECAY,
        slip=r"The weight is printed as $w_{l_m l_{m-1}}$, which leads the other way.",
    ),
    _E(
        "growth or decay",
        "Sec. 3.1",
        "When the largest product grows, and when it shrinks",
        r"|f'_{l_m}(net_{l_m}(t-m))\, w_{l_{m-1} l_m}| > 1.0 \ \text{for all } m: \text{ growth}, \qquad "
        r"< 1.0 \ \text{for all } m: \text{ decay, exponentially in } q",
        "Factors above 1 blow an error up, factors below 1 make it vanish.",
        ("theory.error_flow.error_factors", "theory.error_flow.decay_rate", "theory.error_flow.mean_factor_per_step"),
        "growth_and_decay",
        "theory/test_error_flow.py::test_one_linear_unit_scales_by_its_weight_per_step",
        DECAY,
    ),
    _E(
        "coth",
        "Sec. 3.1",
        "The weight with the greatest factor",
        r"w = \frac{1}{y} \coth\!\big(\tfrac12\, net\big), \qquad \max f' = \tfrac14, \qquad "
        r"|f'(net)\, w| < 1 \text{ if } |w| < 4",
        "A logistic unit passes most of an error at one middling weight: smaller weights weaken it, larger ones saturate.",
        (
            "theory.error_flow.weight_of_greatest_factor",
            "theory.error_flow.coth_weight",
            "theory.error_flow.single_factor",
            "theory.error_flow.logistic_prime",
        ),
        "coth_condition",
        "theory/test_error_flow.py::test_the_coth_condition_gives_the_greatest_factor",
        DECAY,
        bound=1e-7,
    ),
    _E(
        "global error flow",
        "Sec. 3.1",
        "Global error flow",
        r"\sum_{u:\ u\ \text{output unit}} \frac{\partial\vartheta_v(t-q)}{\partial\vartheta_u(t)}",
        "The errors of all output units together vanish as the single ones do.",
        ("theory.error_flow.global_error_factors",),
        "global_error_flow",
        "theory/test_error_flow.py::test_global_error_flow_adds_the_output_units",
        DECAY,
    ),
    _E(
        "matrix form",
        "Sec. 3.1",
        "Error factor, as a product of matrices",
        r"(W_{u^T})^T\, F'(t-1) \prod_{m=2}^{q-1} \big(W F'(t-m)\big)\; W_v\, f'_v(net_v(t-q)), \qquad "
        r"[W]_{ij} = w_{ij},\ [W_v]_i = w_{iv},\ [W_{u^T}]_i = w_{ui}",
        "The sum over paths once more, ready for norms.",
        ("theory.error_flow.matrix_form",),
        "matrix_form",
        "theory/test_error_flow.py::test_recursion_equals_sum_over_paths_and_matrix_form",
        DECAY,
        slip=r"$[A]_{ij}$ is called the element in column $i$ and row $j$; it has to be row $i$ and column $j$.",
    ),
    _E(
        "weak upper bound",
        "Sec. 3.1",
        "Weak upper bound",
        r"\left|\frac{\partial\vartheta_v(t-q)}{\partial\vartheta_u(t)}\right| \le n\,(f'_{max})^q\, \|W_v\|_x\, "
        r"\|W_{u^T}\|_x\, \|W\|_A^{q-2} \le n\,\big(f'_{max} \|W\|_A\big)^q",
        "No factor is larger than this, whatever the net does.",
        ("theory.error_flow.factor_bound", "theory.error_flow.weak_bound", "theory.error_flow.row_sum_norm"),
        "weak_bound",
        "theory/test_error_flow.py::test_no_net_exceeds_the_bounds",
        DECAY,
    ),
    _E(
        "helper inequalities",
        "Sec. 3.1",
        "Helper inequalities of the bound",
        r"|x^Ty| \le n \|x\|_x \|y\|_x, \qquad \|W_v\|_x = \|W e_v\|_x \le \|W\|_A \|e_v\|_x \le \|W\|_A, \qquad "
        r"\|W_{u^T}\|_x = \|e_u W\|_x \le \|W\|_A \|e_u\|_x \le \|W\|_A",
        "A single unit's weights are no larger than the norm of all weights.",
        ("theory.error_flow.scalar_product_bound", "theory.error_flow.helper_inequality"),
        "helper_inequalities",
        "theory/test_error_flow.py::test_helper_inequality_needs_the_papers_pair_of_norms",
        DECAY,
        slip="The last one does not follow from compatible norms. It holds for the pair that the paper uses, "
        "and fails for the sum norm.",
    ),
    _E(
        "exponential bound",
        "Sec. 3.1",
        "Exponential decay by small weights",
        r"|w_{ij}| \le w_{max} < \frac{4.0}{n} \ \Rightarrow\ \tau := \frac{n\, w_{max}}{4.0} < 1.0, \qquad "
        r"\left|\frac{\partial\vartheta_v(t-q)}{\partial\vartheta_u(t)}\right| \le n\,\tau^q",
        "If all weights are small, every error decays exponentially, in every such net.",
        ("theory.error_flow.exponential_bound", "theory.error_flow.decay_per_step"),
        "exponential_bound",
        "theory/test_error_flow.py::test_small_weights_force_exponential_decay",
        DECAY,
    ),
    # ------------------------------------------------------------------------------------------------ Section 3.2
    _E(
        "single unit",
        "Sec. 3.2",
        "Error flow through a single unit",
        r"\vartheta_j(t) = f'_j(net_j(t))\, \vartheta_j(t+1)\, w_{jj}, \qquad "
        r"\text{constant if } f'_j(net_j(t))\, w_{jj} = 1.0",
        "An error that goes round a single unit stays what it is only if slope times weight is 1.",
        ("theory.carrousel.error_back",),
        "single_unit",
        "theory/test_carrousel.py::test_error_stays_only_if_slope_times_weight_is_one",
        CONSTANT,
    ),
    _E(
        "constant error carrousel",
        "Sec. 3.2",
        "The unit with constant error flow",
        r"f_j(net_j(t)) = \frac{net_j(t)}{w_{jj}}, \qquad y^j(t+1) = f_j(net_j(t+1)) = f_j(w_{jj}\, y^j(t)) = y^j(t)",
        "Such a unit is linear, and it keeps its activation as well: the constant error carrousel.",
        ("theory.carrousel.constant_flow_activation", "theory.carrousel.hold"),
        "constant_activation",
        "theory/test_carrousel.py::test_constant_of_integration_moves_the_activation",
        CONSTANT,
        slip="The constant of integration is left out; with one, the error stays constant but the activation moves.",
    ),
    # -------------------------------------------------------------------------------------------------- Section 4
    _E(
        "gate units",
        "Sec. 4",
        "Gate units",
        r"y^{out_j}(t) = f_{out_j}(net_{out_j}(t)), \quad y^{in_j}(t) = f_{in_j}(net_{in_j}(t)), \qquad "
        r"net_l(t) = \sum_u w_{lu}\, y^u(t-1), \quad l \in \{out_j, in_j, c_j\}",
        "Two ordinary logistic units watch over every cell.",
        ("net.network.net_inputs", "net.network.squash"),
        "gates",
        "net/test_network.py::test_outputs_are_those_of_the_oracle",
        CELL,
    ),
    _E(
        "memory cell",
        "Sec. 4",
        "Internal state and output of a cell",
        r"y^{c_j}(t) = y^{out_j}(t)\, h(s_{c_j}(t)), \qquad s_{c_j}(0) = 0, \quad "
        r"s_{c_j}(t) = s_{c_j}(t-1) + y^{in_j}(t)\, g(net_{c_j}(t)) \ \text{ for } t > 0",
        "The state keeps what it has and adds what the input gate lets in; the output gate decides what is shown.",
        ("net.network.advance_cells", "net.network.reset"),
        "held_state",
        "net/test_network.py::test_a_closed_input_gate_keeps_the_state_bit_for_bit",
        CELL,
    ),
    # -------------------------------------------------------------------------------------------------- Section 5
    _E(
        "expected length",
        "Sec. 5.2",
        "Expected length of a sequence of Task 2c",
        r"4 + \sum_{k=0}^{\infty} \tfrac{1}{10} \left(\tfrac{9}{10}\right)^k (q + k) = q + 13",
        "The distractors go on for nine more steps on average.",
        ("tasks.distractors.expected_length",),
        "expected_length",
        "book/test_equations.py::test_expected_length_is_one_less_than_printed",
        "5-2-long-time-lags",
        slip=r"The sum is printed as $q + 14$.",
    ),
    _E(
        "expected occurrences",
        "Sec. 5.2",
        "Expected occurrences of one distractor",
        r"\frac{q + 9}{p} \approx \frac{q}{p}",
        "How often a net meets the same distractor in one sequence.",
        ("tasks.distractors.expected_occurrences",),
        "expected_occurrences",
        "book/test_equations.py::test_expected_length_is_one_less_than_printed",
        "5-2-long-time-lags",
        slip=r"Printed as $(q + 10)/p$, from the same sum.",
    ),
    _E(
        "adding target",
        "Sec. 5.4",
        "Target of the adding problem",
        r"0.5 + \frac{X_1 + X_2}{4.0}",
        "The sum of the two marked values, scaled to lie between 0 and 1.",
        ("tasks.adding.Adding.combine",),
        "adding_target",
        _RESIDUAL,
        "5-4-adding",
    ),
    _E(
        "multiplication target",
        "Sec. 5.5",
        "Target of the multiplication problem",
        r"X_1 \times X_2",
        "The product of the two marked values.",
        ("tasks.multiplication.Multiplication.combine",),
        "multiplication_target",
        _RESIDUAL,
        "5-5-multiplication",
    ),
    # ------------------------------------------------------------------------------------------------- App. A.1
    _E(
        "3",
        "App. A.1",
        "Logistic sigmoid",
        r"f(x) = \frac{1}{1 + \exp(-x)}",
        "Squashes the net inputs of gates, conventional hidden units and output units, to between 0 and 1.",
        ("net.activations.f", "net.activations.f_prime"),
        "logistic",
        _RESIDUAL,
        TRUNCATED,
    ),
    _E(
        "4",
        "App. A.1",
        "The function h",
        r"h(x) = \frac{2}{1 + \exp(-x)} - 1",
        "Squashes internal states, to between -1 and 1.",
        ("net.activations.h", "net.activations.h_prime"),
        "squash_states",
        _RESIDUAL,
        TRUNCATED,
        slip="The caption of Table 10 gives it the range of g.",
    ),
    _E(
        "5",
        "App. A.1",
        "The function g",
        r"g(x) = \frac{4}{1 + \exp(-x)} - 2",
        "Squashes net inputs of cells, to between -2 and 2.",
        ("net.activations.g", "net.activations.g_prime"),
        "squash_inputs",
        _RESIDUAL,
        TRUNCATED,
        slip="The caption of Table 10 gives it the range of h.",
    ),
    _E(
        "6",
        "App. A.1",
        "Conventional hidden unit",
        r"net_i(t) = \sum_u w_{iu}\, y^u(t-1), \qquad y^i(t) = f_i(net_i(t))",
        "A hidden unit without a memory of its own.",
        ("net.network.net_inputs", "net.network.squash", "net.network.advance_cells"),
        "hidden_units",
        "net/test_network.py::test_outputs_are_those_of_the_oracle",
        TRUNCATED,
    ),
    _E(
        "7",
        "App. A.1",
        "Input gate",
        r"net_{in_j}(t) = \sum_u w_{in_ju}\, y^u(t-1), \qquad y^{in_j}(t) = f_{in_j}(net_{in_j}(t))",
        "How far block j is open to what comes in.",
        ("net.network.net_inputs", "net.network.squash", "net.network.advance_cells"),
        "in_gates",
        "net/test_network.py::test_outputs_are_those_of_the_oracle",
        TRUNCATED,
    ),
    _E(
        "8",
        "App. A.1",
        "Output gate",
        r"net_{out_j}(t) = \sum_u w_{out_ju}\, y^u(t-1), \qquad y^{out_j}(t) = f_{out_j}(net_{out_j}(t))",
        "How much of block j is shown to the rest of the net.",
        ("net.network.net_inputs", "net.network.squash", "net.network.advance_cells"),
        "out_gates",
        "net/test_network.py::test_outputs_are_those_of_the_oracle",
        TRUNCATED,
    ),
    _E(
        "9",
        "App. A.1",
        "Memory cell",
        r"\begin{aligned} net_{c_j^v}(t) &= \sum_u w_{c_j^vu}\, y^u(t-1) \\ "
        r"s_{c_j^v}(t) &= s_{c_j^v}(t-1) + y^{in_j}(t)\, g(net_{c_j^v}(t)) \\ "
        r"y^{c_j^v}(t) &= y^{out_j}(t)\, h(s_{c_j^v}(t)) \end{aligned}",
        "Cell v of block j: net input, internal state, output.",
        ("net.network.net_inputs", "net.network.squash", "net.network.advance_cells"),
        "cells",
        "net/test_network.py::test_outputs_are_those_of_the_oracle",
        TRUNCATED,
    ),
    _E(
        "output units",
        "App. A.1",
        "Output unit",
        r"net_k(t) = \sum_{u\ \text{not a gate}} w_{ku}\, y^u(t), \qquad y^k(t) = f_k(net_k(t))",
        "Output units see cells and conventional hidden units, but no gates.",
        ("net.network.output_units",),
        "output_units",
        "net/test_network.py::test_outputs_are_those_of_the_oracle",
        TRUNCATED,
        slip=r"Printed with $y^u(t-1)$; the backward pass and Section 5 need the same step.",
    ),
    _E(
        "cut net inputs",
        "App. A.1",
        "What is cut: net inputs",
        r"\frac{\partial net_{in_j}(t)}{\partial y^u(t-1)} \approx_{tr} 0, \qquad "
        r"\frac{\partial net_{out_j}(t)}{\partial y^u(t-1)} \approx_{tr} 0, \qquad "
        r"\frac{\partial net_{c_j}(t)}{\partial y^u(t-1)} \approx_{tr} 0 \qquad \forall u",
        "An error that arrives at the net inputs of a cell or its gates goes no further back.",
        ("theory.truncation.recurrent_inputs", "theory.cell_error_flow.carry_back"),
        "cut_net_inputs",
        _RESIDUAL,
        TRUNCATED,
    ),
    _E(
        "cut activations",
        "App. A.1",
        "What follows for activations",
        r"\frac{\partial y^{in_j}(t)}{\partial y^u(t-1)} \approx_{tr} 0, \qquad "
        r"\frac{\partial y^{out_j}(t)}{\partial y^u(t-1)} \approx_{tr} 0, \qquad "
        r"\frac{\partial y^{c_j}(t)}{\partial y^u(t-1)} \approx_{tr} 0 \qquad \forall u",
        "So nothing that gates and cells do counts as a consequence of what units did one step earlier.",
        ("theory.truncation.recurrent_inputs",),
        "cut_activations",
        _RESIDUAL,
        TRUNCATED,
    ),
    _E(
        "foreign weights",
        "App. A.1",
        "What follows for weights",
        r"\frac{\partial y^{c_j^v}(t)}{\partial w_{lm}} = \sum_u \frac{\partial y^{c_j^v}(t)}{\partial y^u(t-1)} "
        r"\frac{\partial y^u(t-1)}{\partial w_{lm}} \approx_{tr} 0, \qquad l \notin \{c_j^v, in_j, out_j\}",
        "A cell learns through its own weights and those of its gates only.",
        ("net.network.hidden_layer_derivatives",),
        "foreign_weights",
        _RESIDUAL,
        TRUNCATED,
    ),
    _E(
        "10",
        "App. A.1",
        "Truncated derivatives of output units",
        r"\frac{\partial y^k(t)}{\partial w_{lm}} \approx_{tr} f'_k(net_k(t)) \begin{cases} y^m(t-1) & l = k \\ "
        r"w_{kc_j^v}\, \dfrac{\partial y^{c_j^v}(t-1)}{\partial w_{lm}} & l = c_j^v \\ "
        r"\sum_{v=1}^{S_j} w_{kc_j^v}\, \dfrac{\partial y^{c_j^v}(t-1)}{\partial w_{lm}} & l = in_j \text{ or } l = out_j "
        r"\\ \sum_{i\ \text{hidden unit}} w_{ki}\, \dfrac{\partial y^i(t-1)}{\partial w_{lm}} & \text{otherwise} "
        r"\end{cases}",
        "How an output unit answers to a weight: through the cells that the weight belongs to.",
        ("net.network.output_derivatives", "theory.truncation.forward_derivatives"),
        "truncated_outputs",
        "net/test_network.py::test_truncated_derivatives_of_the_outputs_are_those_of_the_frozen_run",
        TRUNCATED,
        slip="As printed; in the order of work of Section 5, $t-1$ on the right side means $t$.",
    ),
    _E(
        "11",
        "App. A.1",
        "Truncated derivative of a conventional hidden unit",
        r"\frac{\partial y^i(t)}{\partial w_{lm}} \approx_{tr} \delta_{li}\, f'_i(net_i(t))\, y^m(t-1)",
        "A conventional hidden unit knows its own weights only.",
        ("net.network.hidden_layer_derivatives",),
        "truncated_hidden",
        _RESIDUAL,
        TRUNCATED,
    ),
    _E(
        "12",
        "App. A.1",
        "Truncated derivative of an input gate",
        r"\frac{\partial y^{in_j}(t)}{\partial w_{lm}} \approx_{tr} \delta_{in_jl}\, f'_{in_j}(net_{in_j}(t))\, y^m(t-1)",
        "An input gate knows its own weights only.",
        ("net.network.advance_derivatives",),
        "truncated_in_gates",
        _RESIDUAL,
        TRUNCATED,
    ),
    _E(
        "13",
        "App. A.1",
        "Truncated derivative of an output gate",
        r"\frac{\partial y^{out_j}(t)}{\partial w_{lm}} \approx_{tr} \delta_{out_jl}\, "
        r"f'_{out_j}(net_{out_j}(t))\, y^m(t-1)",
        "An output gate knows its own weights only.",
        ("net.network.hidden_layer_derivatives",),
        "truncated_out_gates",
        _RESIDUAL,
        TRUNCATED,
    ),
    _E(
        "14",
        "App. A.1",
        "Truncated derivative of an internal state",
        r"\begin{aligned} \frac{\partial s_{c_j^v}(t)}{\partial w_{lm}} \approx_{tr} {}& (\delta_{in_jl} + \delta_{c_j^vl})\, "
        r"\frac{\partial s_{c_j^v}(t-1)}{\partial w_{lm}} + \delta_{in_jl}\, f'_{in_j}(net_{in_j}(t))\, "
        r"g(net_{c_j^v}(t))\, y^m(t-1) \\ & + \delta_{c_j^vl}\, y^{in_j}(t)\, g'(net_{c_j^v}(t))\, y^m(t-1) \end{aligned}",
        "The one derivative with a past: yesterday's, with the factor 1, plus what today adds.",
        ("net.network.advance_derivatives", "theory.truncation.state_derivatives"),
        "truncated_states",
        _RESIDUAL,
        TRUNCATED,
    ),
    _E(
        "15",
        "App. A.1",
        "Truncated derivative of a cell's output",
        r"\frac{\partial y^{c_j^v}(t)}{\partial w_{lm}} \approx_{tr} \delta_{out_jl}\, "
        r"\frac{\partial y^{out_j}(t)}{\partial w_{lm}}\, h(s_{c_j^v}(t)) + (\delta_{in_jl} + \delta_{c_j^vl})\, "
        r"h'(s_{c_j^v}(t))\, \frac{\partial s_{c_j^v}(t)}{\partial w_{lm}}\, y^{out_j}(t)",
        "A cell's output answers through its output gate and through its state.",
        ("net.network.hidden_layer_derivatives",),
        "truncated_cells",
        _RESIDUAL,
        TRUNCATED,
    ),
    _E(
        "16",
        "App. A.1",
        "Squared error",
        r"E(t) = \sum_{k:\ k\ \text{output unit}} (t^k(t) - y^k(t))^2",
        "What learning is to make small.",
        ("theory.truncation.squared_error",),
        "squared_errors",
        "theory/test_truncation.py::test_squared_error",
        TRUNCATED,
        slip="(19) is the derivative of one half of it.",
    ),
    _E(
        "17",
        "App. A.1",
        "Weight update",
        r"\Delta w_{lm}(t) = -\alpha\, \frac{\partial E(t)}{\partial w_{lm}}",
        "A weight moves against the slope of the error.",
        ("net.network.apply_updates", "net.network.present"),
        "weight_update",
        "theory/test_truncation.py::test_backward_pass",
        TRUNCATED,
    ),
    _E(
        "18",
        "App. A.1",
        "A unit's error",
        r"e_l(t) := -\frac{\partial E(t)}{\partial net_l(t)}",
        "How much a larger net input of unit l would reduce the error.",
        ("net.network.output_errors", "net.network.add_hidden_updates", "net.network.add_out_gate_updates"),
        "errors_of_units",
        _RESIDUAL,
        TRUNCATED,
        slip="Together with (16) it gives twice the right side of (19).",
    ),
    _E(
        "19",
        "App. A.1",
        "Error of an output unit",
        r"e_k(t) = f'_k(net_k(t))\, (t^k(t) - y^k(t))",
        "As in Section 3.1; the learning rates of the tables belong to it.",
        ("net.network.output_errors",),
        "output_errors",
        "net/test_network.py::test_error_of_16_doubles_the_updates",
        TRUNCATED,
        slip="The factor 2 of the derivative of (16) is missing.",
    ),
    _E(
        "20",
        "App. A.1",
        "Error of a conventional hidden unit",
        r"e_i(t) = f'_i(net_i(t)) \sum_{k:\ k\ \text{output unit}} w_{ki}\, e_k(t)",
        "Ordinary backpropagation from the output units.",
        ("net.network.add_hidden_updates", "net.network.hidden_layer_errors"),
        "hidden_errors",
        "net/test_network.py::test_conventional_hidden_units_follow_20",
        TRUNCATED,
    ),
    _E(
        "21",
        "App. A.1",
        "Error of an output gate",
        r"e_{out_j}(t) = f'_{out_j}(net_{out_j}(t)) \left( \sum_{v=1}^{S_j} h(s_{c_j^v}(t)) "
        r"\sum_{k:\ k\ \text{output unit}} w_{kc_j^v}\, e_k(t) \right)",
        "Opening the gate further helps if what the cells hold is what the outputs lack.",
        ("net.network.add_out_gate_updates", "net.network.hidden_layer_errors"),
        "out_gate_errors",
        _RESIDUAL,
        TRUNCATED,
    ),
    _E(
        "22",
        "App. A.1",
        "Update of weights to outputs, hidden units and output gates",
        r"\Delta w_{lm}(t) = \alpha\, e_l(t)\, y^m(t-1)",
        "Error of the unit times activation of the source.",
        ("net.network.add_row_update", "net.network.add_output_updates"),
        "conventional_updates",
        _RESIDUAL,
        TRUNCATED,
        slip=r"For weights to output units the source is $y^m(t)$. Its cost is printed as $K(H+C)$; it is $K(H+CS)$.",
    ),
    _E(
        "23",
        "App. A.1",
        "Error of an internal state",
        r"e_{s_{c_j^v}}(t) := -\frac{\partial E(t)}{\partial s_{c_j^v}(t)} = f_{out_j}(net_{out_j}(t))\, "
        r"h'(s_{c_j^v}(t)) \sum_{k:\ k\ \text{output unit}} w_{kc_j^v}\, e_k(t)",
        "What of the error gets into the carrousel: as far as the output gate is open and h is not saturated.",
        ("net.network.add_cell_updates", "net.network.h_derivative"),
        "state_errors",
        _RESIDUAL,
        TRUNCATED,
        slip=r"The left side is printed without $(t)$.",
    ),
    _E(
        "24",
        "App. A.1",
        "Gradient of weights into input gates and cells",
        r"-\frac{\partial E(t)}{\partial w_{lm}} = \sum_{v=1}^{S_j} e_{s_{c_j^v}}(t)\, "
        r"\frac{\partial s_{c_j^v}(t)}{\partial w_{lm}}, \qquad l = in_j \text{ or } l = c_j^v",
        "The error of today's state times what the state remembers of the weight.",
        ("net.network.add_cell_updates",),
        "updates_through_states",
        "theory/test_truncation.py::test_backward_pass",
        TRUNCATED,
    ),
    _E(
        "25",
        "App. A.1",
        "Derivative of a state by a weight into its input gate",
        r"\frac{\partial s_{c_j^v}(t)}{\partial w_{in_jm}} = \frac{\partial s_{c_j^v}(t-1)}{\partial w_{in_jm}} "
        r"+ g(net_{c_j^v}(t))\, f'_{in_j}(net_{in_j}(t))\, y^m(t-1)",
        "(14) for the input gate; one of two kinds of numbers that learning keeps from step to step.",
        ("net.network.advance_derivatives",),
        "states_by_gate_weights",
        "theory/test_truncation.py::test_state_derivatives_are_what_training_ends_with",
        TRUNCATED,
    ),
    _E(
        "26",
        "App. A.1",
        "Update of weights into an input gate",
        r"\Delta w_{in_jm}(t) = \alpha \sum_{v=1}^{S_j} e_{s_{c_j^v}}(t)\, \frac{\partial s_{c_j^v}(t)}{\partial w_{in_jm}}",
        "All cells of the block have a say in what their gate learns.",
        ("net.network.add_cell_updates",),
        "in_gate_updates",
        "theory/test_truncation.py::test_backward_pass",
        TRUNCATED,
        slip=r"The index of the sum is printed as $s$; it is $v$.",
    ),
    _E(
        "27",
        "App. A.1",
        "Derivative of a state by a weight into its cell",
        r"\frac{\partial s_{c_j^v}(t)}{\partial w_{c_j^vm}} = \frac{\partial s_{c_j^v}(t-1)}{\partial w_{c_j^vm}} "
        r"+ g'(net_{c_j^v}(t))\, f_{in_j}(net_{in_j}(t))\, y^m(t-1)",
        "(14) for the cell; the other kind of numbers that learning keeps.",
        ("net.network.advance_derivatives",),
        "states_by_cell_weights",
        "theory/test_truncation.py::test_state_derivatives_are_what_training_ends_with",
        TRUNCATED,
        slip="The number stands on the line that says which weights are meant.",
    ),
    _E(
        "28",
        "App. A.1",
        "Update of weights into a cell",
        r"\Delta w_{c_j^vm}(t) = \alpha\, e_{s_{c_j^v}}(t)\, \frac{\partial s_{c_j^v}(t)}{\partial w_{c_j^vm}}",
        "The same for a cell, which is alone responsible.",
        ("net.network.add_cell_updates",),
        "cell_updates",
        "theory/test_truncation.py::test_backward_pass",
        TRUNCATED,
    ),
    _E(
        "29",
        "App. A.1",
        "Complexity of a step",
        r"O(KH + KCS + HI + CSI) = O(W), \qquad W = KH + KCS + CSI + 2CI + HI",
        "A step costs a fixed number of operations per weight. Residual: one minus $R^2$ of counted products over the "
        "appendix's steps.",
        ("theory.truncation.complexity", "theory.cost.products_per_step"),
        "complexity",
        "theory/test_cost.py::test_products_grow_in_proportion_to_the_papers_steps",
        TRUNCATED,
        bound=1e-2,
        slip=r"W has no biases of output units, and the cost of (22) is $K(H+CS)$, not $K(H+C)$.",
    ),
    _E(
        "storage",
        "App. A.1",
        "Storage",
        r"2\,C\,S\,I \ \text{ values of } \frac{\partial s_{c_j^v}}{\partial w_{lm}}",
        "What has to be kept does not depend on the length of the sequence.",
        ("theory.cost.bytes_kept", "net.network.new_state", "theory.truncation.complexity"),
        "storage",
        "theory/test_cost.py::test_storage_does_not_depend_on_the_length",
        TRUNCATED,
    ),
    # ------------------------------------------------------------------------------------------------- App. A.2
    _E(
        "30",
        "App. A.2",
        "From state to state",
        r"\begin{aligned} \frac{\partial s_{c_j}(t-k)}{\partial s_{c_j}(t-k-1)} = {}& 1 + \sum_u \Big[ "
        r"\frac{\partial y^{in_j}(t-k)}{\partial y^u(t-k-1)} \frac{\partial y^u(t-k-1)}{\partial s_{c_j}(t-k-1)} \Big] "
        r"g(net_{c_j}(t-k)) \\ &+ y^{in_j}(t-k)\, g'(net_{c_j}(t-k)) \sum_u \Big[ "
        r"\frac{\partial net_{c_j}(t-k)}{\partial y^u(t-k-1)} \frac{\partial y^u(t-k-1)}{\partial s_{c_j}(t-k-1)} \Big] "
        r"\\ \approx_{tr} {}& 1 \end{aligned}",
        "Inside the carrousel an error is multiplied by 1 per step; all else is cut.",
        ("theory.cell_error_flow.state_factors", "theory.cell_error_flow.record"),
        "state_factors",
        _FLOW + "one_step_from_state_to_state",
        FLOW,
    ),
    _E(
        "31",
        "App. A.2",
        "Error that arrives at a cell's output",
        r"\vartheta_j(t) := \sum_i w_{ic_j}\, \vartheta_i(t+1)",
        "Collected from the units that the cell feeds.",
        ("theory.cell_error_flow.arriving_error",),
        "arriving_errors",
        _RESIDUAL,
        FLOW,
    ),
    _E(
        "32",
        "App. A.2",
        "Error at the output gate",
        r"\vartheta_{out_j}(t) \approx_{tr} \frac{\partial y^{out_j}(t)}{\partial net_{out_j}(t)} "
        r"\frac{\partial y^{c_j}(t)}{\partial y^{out_j}(t)}\, \vartheta_j(t)",
        "One part of the error changes the output gate's weights, and stops.",
        ("theory.cell_error_flow.out_gate_error",),
        "out_gate_flow",
        _RESIDUAL,
        FLOW,
    ),
    _E(
        "33",
        "App. A.2",
        "Error at the internal state",
        r"\vartheta_{s_{c_j}}(t) = \frac{\partial s_{c_j}(t+1)}{\partial s_{c_j}(t)}\, \vartheta_{s_{c_j}}(t+1) "
        r"+ \frac{\partial y^{c_j}(t)}{\partial s_{c_j}(t)}\, \vartheta_j(t)",
        "What was in the carrousel stays; what comes in through the output gate is added.",
        ("theory.cell_error_flow.state_error", "theory.cell_error_flow.carry_back"),
        "state_flow",
        _FLOW + "errors_in_full_are_not_counted_twice",
        FLOW,
        slip="Written with an equals sign, but right for the truncated rule only: in full, (30) and (31) both hold "
        "the way through the cell's own output.",
    ),
    _E(
        "34",
        "App. A.2",
        "No way back to the cell's own output",
        r"\frac{\partial \vartheta_j(t)}{\partial \vartheta_{s_{c_j}}(t+1)} = \sum_i w_{ic_j} "
        r"\frac{\partial \vartheta_i(t+1)}{\partial \vartheta_{s_{c_j}}(t+1)} \approx_{tr} 0",
        "The loop that the truncation cuts. The check compares it before the cut.",
        ("theory.cell_error_flow.returning_factors",),
        "returning_flow",
        _RESIDUAL,
        FLOW,
    ),
    _E(
        "35",
        "App. A.2",
        "Constant error flow",
        r"\frac{\partial \vartheta_{s_{c_j}}(t)}{\partial \vartheta_{s_{c_j}}(t+1)} = "
        r"\frac{\partial s_{c_j}(t+1)}{\partial s_{c_j}(t)} \approx_{tr} 1",
        "The heart of the paper: an error in the carrousel does not change.",
        ("theory.cell_error_flow.state_factors", "theory.cell_error_flow.carry_back"),
        "constant_flow",
        _FLOW + "an_error_in_the_carrousel_stays_the_same_number",
        FLOW,
    ),
    _E(
        "36",
        "App. A.2",
        "Error at the cell's net input",
        r"\vartheta_{c_j}(t) = \frac{\partial g(net_{c_j}(t))}{\partial net_{c_j}(t)} "
        r"\frac{\partial s_{c_j}(t)}{\partial g(net_{c_j}(t))}\, \vartheta_{s_{c_j}}(t)",
        "On its way out through the cell's input, the error is scaled by the input gate and by the slope of g.",
        ("theory.cell_error_flow.cell_error",),
        "cell_flow",
        _RESIDUAL,
        FLOW,
    ),
    _E(
        "37",
        "App. A.2",
        "Error at the input gate",
        r"\vartheta_{in_j}(t) \approx_{tr} \frac{\partial y^{in_j}(t)}{\partial net_{in_j}(t)} "
        r"\frac{\partial s_{c_j}(t)}{\partial y^{in_j}(t)}\, \vartheta_{s_{c_j}}(t)",
        "On its way out through the input gate, it is scaled by the slope of the gate and by g.",
        ("theory.cell_error_flow.in_gate_error",),
        "in_gate_flow",
        _RESIDUAL,
        FLOW,
    ),
    _E(
        "38",
        "App. A.2",
        "External error",
        r"\vartheta_v^e(t) = \frac{\partial y^v(t)}{\partial net_v(t)} \sum_l "
        r"\frac{\partial net_l(t+1)}{\partial y^v(t)}\, \vartheta_l(t+1)",
        "What a unit would get from the units that it feeds.",
        ("theory.cell_error_flow.external_error", "theory.cell_error_flow.carry_back"),
        "external_flow",
        _RESIDUAL,
        FLOW,
    ),
    _E(
        "39",
        "App. A.2",
        "No external error from a cell",
        r"\begin{aligned} \frac{\partial \vartheta_v^e(t-1)}{\partial \vartheta_j(t)} = {}& "
        r"\frac{\partial y^v(t-1)}{\partial net_v(t-1)} \Big( \frac{\partial \vartheta_{out_j}(t)}{\partial \vartheta_j(t)} "
        r"\frac{\partial net_{out_j}(t)}{\partial y^v(t-1)} \\ & + \frac{\partial \vartheta_{in_j}(t)}{\partial \vartheta_j(t)} "
        r"\frac{\partial net_{in_j}(t)}{\partial y^v(t-1)} + \frac{\partial \vartheta_{c_j}(t)}{\partial \vartheta_j(t)} "
        r"\frac{\partial net_{c_j}(t)}{\partial y^v(t-1)} \Big) \approx_{tr} 0 \end{aligned}",
        "A cell's error never gets to other units. The check compares it before the cut.",
        ("theory.cell_error_flow.external_factors",),
        "no_external_flow",
        _RESIDUAL,
        FLOW,
    ),
    _E(
        "40",
        "App. A.2",
        "From a cell's output to its earlier states",
        r"\frac{\partial \vartheta_{s_{c_j}}(t-q)}{\partial \vartheta_j(t)} \approx_{tr} \begin{cases} "
        r"\dfrac{\partial y^{c_j}(t)}{\partial s_{c_j}(t)} & q = 0 \\ "
        r"\dfrac{\partial s_{c_j}(t-q+1)}{\partial s_{c_j}(t-q)} "
        r"\dfrac{\partial \vartheta_{s_{c_j}}(t-q+1)}{\partial \vartheta_j(t)} & q > 0 \end{cases}",
        "Scaled once on entering, then by 1 per step.",
        ("theory.cell_error_flow.factor_to_state",),
        "flow_to_states",
        _RESIDUAL,
        FLOW,
    ),
    _E(
        "41",
        "App. A.2",
        "From a cell's output to its inputs",
        r"\begin{aligned} \frac{\partial \vartheta_v(t-q)}{\partial \vartheta_j(t)} &\approx_{tr} "
        r"\frac{\partial \vartheta_v(t-q)}{\partial \vartheta_{s_{c_j}}(t-q)} \left( \prod_{m=q}^{1} "
        r"\frac{\partial s_{c_j}(t-m+1)}{\partial s_{c_j}(t-m)} \right) \frac{\partial y^{c_j}(t)}{\partial s_{c_j}(t)} \\ "
        r"&\approx_{tr} y^{out_j}(t)\, h'(s_{c_j}(t)) \begin{cases} g'(net_{c_j}(t-q))\, y^{in_j}(t-q) & v = c_j \\ "
        r"g(net_{c_j}(t-q))\, f'_{in_j}(net_{in_j}(t-q)) & v = in_j \end{cases} \end{aligned}",
        "Four numbers scale the error, two where it enters and two where it leaves; how long it was inside plays no part.",
        ("theory.cell_error_flow.factors_through_cell",),
        "flow_through_cell",
        _FLOW + "the_way_through_a_cell_does_not_depend_on_its_length",
        FLOW,
    ),
)


def equation(key: str) -> Equation:
    """Find an equation.

    Parameters
    ----------
    key : str
        The paper's number or the name.

    Raises
    ------
    KeyError
        If there is no such equation.
    """
    for one in EQUATIONS:
        if one.key == key:
            return one
    raise KeyError(f"no equation {key!r}")
