r"""Error flow in ordinary recurrent nets: Section 3.1 of the paper, one function per equation.

A net has n non-input units, all connected to all. ``w[i, j]`` is the weight from unit j to unit i. Unit i
computes :math:`net_i(t) = \sum_j w_{ij} y^j(t-1)` and :math:`y^i(t) = f_i(net_i(t))`. Errors flow backwards
along the same weights. All functions take the derivatives that the error meets on its way back as an array
``f_prime`` of shape (q, n): row m-1 holds :math:`f'_i(net_i(t-m))` for m = 1, ..., q. Then it does not matter
which activation functions, inputs or states produced them.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit

Array = NDArray[np.float64]


def logistic_prime(net: ArrayLike) -> Array:
    r"""Compute the derivative of the logistic sigmoid.

    Paper: Sec. 3.1; App. A.1 (3).

    .. math:: f'(x) = f(x)\,(1 - f(x)) = f(x)\,f(-x) \le \tfrac14, \quad f(x) = \frac{1}{1 + e^{-x}}

    Returns
    -------
    ndarray of the same shape
        Greatest at net = 0, where it is 1/4.
    """
    net = _array(net)
    return np.asarray(expit(net) * expit(-net))


def run(w: ArrayLike, y_start: ArrayLike, n_steps: int, offset: ArrayLike = 0.0) -> Array:
    r"""Run a net of logistic units and return all net inputs.

    Paper: Sec. 3.1, the two unnumbered equations before the hidden units' error.

    .. math:: net_i(t) = \sum_j w_{ij}\, y^j(t-1) + b_i, \qquad y^i(t) = f(net_i(t))

    Parameters
    ----------
    w : (n, n) array-like
        ``w[i, j]`` leads from unit j to unit i.
    y_start : (n,) array-like
        Activations at step 0.
    n_steps : int
        Steps to run.
    offset : (n,) array-like or float
        Constant net input from outside these units, b, such as a bias.

    Returns
    -------
    (n_steps, n) ndarray
        Net inputs at the steps 1, ..., n_steps.

    Raises
    ------
    ValueError
        If w is not square, y_start does not fit it, or n_steps is below 1.
    """
    w = _weights(w)
    y = _array(y_start)
    if y.shape != (len(w),):
        raise ValueError(f"y_start has shape {y.shape}; a net of {len(w)} units needs ({len(w)},)")
    if n_steps < 1:
        raise ValueError(f"n_steps is {n_steps}; at least 1 is needed")
    b = _array(offset)
    net = np.empty((n_steps, len(w)))
    for t in range(n_steps):
        net[t] = w @ y + b
        y = expit(net[t])
    return net


def derivatives_on_the_way_back(net: ArrayLike, q: int) -> Array:
    r"""Collect the derivatives that an error meets when it leaves the last step and goes back q steps.

    Paper: Sec. 3.1, the factors :math:`f'_i(net_i(t-m))` of (1) and (2), logistic units.

    Parameters
    ----------
    net : (n_steps, n) array-like
        Net inputs, as :func:`run` returns them; the last row is step t.
    q : int
        Steps to go back.

    Returns
    -------
    (q, n) ndarray
        Row m-1 holds :math:`f'_i(net_i(t-m))`.

    Raises
    ------
    ValueError
        If q is below 1, or the run holds fewer than q steps before its last.
    """
    net = _array(net)
    if not 1 <= q < len(net):
        raise ValueError(f"q is {q}; a run of {len(net)} steps allows 1 to {len(net) - 1} steps back")
    t = len(net) - 1
    return logistic_prime(net[t - q : t][::-1])


def output_error(f_prime: ArrayLike, target: ArrayLike, y: ArrayLike) -> Array:
    r"""Compute the error signal of output units.

    Paper: Sec. 3.1, first (unnumbered) equation. It belongs to half the squared error: there is no factor 2.

    .. math:: \vartheta_k(t) = f'_k(net_k(t))\,(d_k(t) - y^k(t))

    Parameters
    ----------
    f_prime, target, y : (K,) array-like
        Derivatives :math:`f'_k(net_k(t))`, targets :math:`d_k(t)` and activations :math:`y^k(t)`.

    Returns
    -------
    (K,) ndarray
    """
    return _array(f_prime) * (_array(target) - _array(y))


def hidden_error(f_prime: ArrayLike, w: ArrayLike, error: ArrayLike) -> Array:
    r"""Carry error signals one step back in time.

    Paper: Sec. 3.1, the unnumbered equation for a non-output unit j.

    .. math:: \vartheta_j(t) = f'_j(net_j(t)) \sum_i w_{ij}\, \vartheta_i(t+1)

    Parameters
    ----------
    f_prime : (n,) array-like
        :math:`f'_j(net_j(t))`.
    w : (n, n) array-like
        ``w[i, j]`` leads from unit j to unit i.
    error : (n,) array-like
        :math:`\vartheta_i(t+1)`.

    Returns
    -------
    (n,) ndarray
    """
    return _array(f_prime) * (_array(error) @ _weights(w))


def backpropagate(w: ArrayLike, y: ArrayLike, f_prime: ArrayLike, injected: ArrayLike) -> Array:
    r"""Sum up the contributions to every weight's update by backpropagation through time.

    Paper: Sec. 3.1, "Conventional BPTT", without the learning rate. Output units get their errors from targets,
    all units get errors from the step after.

    .. math::
        \sum_t \vartheta_j(t)\, y^l(t-1), \qquad
        \vartheta_j(t) = \vartheta^{target}_j(t) + f'_j(net_j(t)) \sum_i w_{ij}\, \vartheta_i(t+1)

    Parameters
    ----------
    w : (n, n) array-like
        ``w[i, j]`` leads from unit j to unit i.
    y : (n_steps + 1, n) array-like
        Activations at the steps 0, ..., n_steps.
    f_prime : (n_steps, n) array-like
        :math:`f'_j(net_j(t))` at the steps 1, ..., n_steps.
    injected : (n_steps, n) array-like
        Errors from targets at the same steps, as from :func:`output_error`; 0 where there is none.

    Returns
    -------
    (n, n) ndarray
        ``[j, l]``: for the weight from unit l to unit j.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    w, f_prime = _weights_and_derivatives(w, f_prime)
    y, injected = _array(y), _array(injected)
    if y.shape != (len(f_prime) + 1, len(w)) or injected.shape != f_prime.shape:
        raise ValueError(
            f"y has shape {y.shape} and injected {injected.shape}; "
            f"f_prime of shape {f_prime.shape} needs {(len(f_prime) + 1, len(w))} and {f_prime.shape}"
        )
    total, error = np.zeros_like(w), np.zeros(len(w))
    for t in range(len(f_prime) - 1, -1, -1):
        error = injected[t] + hidden_error(f_prime[t], w, error)
        total += np.outer(error, y[t])
    return total


def error_factors(w: ArrayLike, f_prime: ArrayLike) -> Array:
    r"""Compute by which factor an error is scaled on its way back, for all units and all lags.

    Paper: Sec. 3.1 (1), evaluated for all u and v at once.

    .. math::
        \frac{\partial\vartheta_v(t-q)}{\partial\vartheta_u(t)} = \begin{cases}
        f'_v(net_v(t-1))\, w_{uv} & q = 1 \\
        f'_v(net_v(t-q)) \sum_{l=1}^n
        \frac{\partial\vartheta_l(t-q+1)}{\partial\vartheta_u(t)}\, w_{lv} & q > 1
        \end{cases}

    Parameters
    ----------
    w : (n, n) array-like
        ``w[i, j]`` leads from unit j to unit i.
    f_prime : (q, n) array-like
        Row m-1 holds :math:`f'_i(net_i(t-m))`.

    Returns
    -------
    (q, n, n) ndarray
        ``factors[q - 1, u, v]`` is the factor from unit u at step t to unit v at step t-q.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    w, f_prime = _weights_and_derivatives(w, f_prime)
    factors = np.empty((len(f_prime), *w.shape))
    factors[0] = w * f_prime[0]
    for q in range(1, len(f_prime)):
        factors[q] = (factors[q - 1] @ w) * f_prime[q]
    return factors


def path_products(w: ArrayLike, f_prime: ArrayLike, u: int, v: int) -> Array:
    r"""Compute the product along every path from unit u at step t to unit v at step t-q.

    Paper: Sec. 3.1 (2), the summands, with :math:`l_0 = u` and :math:`l_q = v`. Erratum: the paper prints the
    weight's indices in the other order, :math:`w_{l_m l_{m-1}}`. That contradicts (1), because w leads from
    its second index to its first: the error goes back from :math:`l_{m-1}` to :math:`l_m`, along the weight
    that leads from :math:`l_m` to :math:`l_{m-1}`. Passing ``w.T`` gives the sum in the printed order; the
    two agree for symmetric w.

    .. math:: \prod_{m=1}^{q} f'_{l_m}(net_{l_m}(t-m))\; w_{l_{m-1} l_m}

    Parameters
    ----------
    w : (n, n) array-like
        ``w[i, j]`` leads from unit j to unit i.
    f_prime : (q, n) array-like
        Row m-1 holds :math:`f'_i(net_i(t-m))`.
    u, v : int
        Where the error starts and where it arrives, counted from 0.

    Returns
    -------
    (n ** (q - 1),) ndarray
        One product per path.

    Raises
    ------
    ValueError
        If the shapes do not fit, a unit does not exist, or there are more than a million paths.
    """
    w, f_prime = _weights_and_derivatives(w, f_prime)
    n, q = len(w), len(f_prime)
    _check_units(n, u, v)
    if n ** (q - 1) > 10**6:
        raise ValueError(f"{n ** (q - 1)} paths are too many; use error_factors instead")
    products = []
    for between in itertools.product(range(n), repeat=q - 1):
        path = (u, *between, v)
        steps = range(1, q + 1)
        factors = [f_prime[m - 1, path[m]] * w[path[m - 1], path[m]] for m in steps]
        products.append(np.prod(factors))
    return np.array(products)


def sum_over_paths(w: ArrayLike, f_prime: ArrayLike, u: int, v: int) -> float:
    r"""Compute the factor from unit u to unit v as the sum over all paths between them.

    Paper: Sec. 3.1 (2), with the weight's indices in the order that (1) implies (see :func:`path_products`).

    .. math::
        \frac{\partial\vartheta_v(t-q)}{\partial\vartheta_u(t)} = \sum_{l_1=1}^{n} \cdots \sum_{l_{q-1}=1}^{n}
        \prod_{m=1}^{q} f'_{l_m}(net_{l_m}(t-m))\; w_{l_{m-1} l_m}

    Parameters
    ----------
    w, f_prime, u, v
        As for :func:`path_products`, with the same errors.
    """
    return float(path_products(w, f_prime, u, v).sum())


def matrix_form(w: ArrayLike, f_prime: ArrayLike, u: int, v: int) -> float:
    r"""Compute the factor from unit u to unit v as a product of matrices.

    Paper: Sec. 3.1, the unnumbered formula that rewrites (2) for q > 1. Element (i, j) is in row i and
    column j, as the formula needs; the paper's sentence has column i and row j.

    .. math:: (W_{u^T})^T\, F'(t-1) \prod_{m=2}^{q-1} \big(W F'(t-m)\big)\; W_v\, f'_v(net_v(t-q))

    Here :math:`W_{u^T}` holds the weights into u, :math:`W_v` the weights out of v, and :math:`F'(t-m)` is
    the diagonal matrix of derivatives.

    Parameters
    ----------
    w, f_prime, u, v
        As for :func:`error_factors` and :func:`path_products`; q must be at least 2.

    Raises
    ------
    ValueError
        If the shapes do not fit, a unit does not exist, or q is 1.
    """
    w, f_prime = _weights_and_derivatives(w, f_prime)
    _check_units(len(w), u, v)
    q = len(f_prime)
    if q < 2:
        raise ValueError("q is 1, but this needs q > 1; use error_factors")
    row = w[u, :] @ np.diag(f_prime[0])
    for m in range(2, q):
        row = row @ (w @ np.diag(f_prime[m - 1]))
    return float(row @ w[:, v] * f_prime[q - 1, v])


def global_error_factors(factors: ArrayLike, outputs: Sequence[int]) -> Array:
    r"""Add up the factors of all output units: global error flow.

    Paper: Sec. 3.1, paragraph "Global error flow".

    .. math:: \sum_{u:\ u\ \text{output unit}} \frac{\partial\vartheta_v(t-q)}{\partial\vartheta_u(t)}

    Parameters
    ----------
    factors : (q, n, n) array-like
        From :func:`error_factors`.
    outputs : sequence of int
        The output units, counted from 0.

    Returns
    -------
    (q, n) ndarray
        For every lag and every unit v.
    """
    return _array(factors)[:, list(outputs), :].sum(axis=1)


def sensitivity(w: ArrayLike, net: ArrayLike, kick: ArrayLike) -> Array:
    r"""Follow a small change of the first step's net inputs forwards through a run of logistic units.

    Not in the paper: error flow the other way round, what a net still feels of its first input.

    .. math:: \frac{\partial y^i(t)}{\partial x(1)} = f'_i(net_i(t)) \sum_j w_{ij}\,
        \frac{\partial y^j(t-1)}{\partial x(1)}

    Parameters
    ----------
    w : (n, n) array-like
        ``w[i, j]`` leads from unit j to unit i.
    net : (n_steps, n) array-like
        Net inputs, as :func:`run` returns them.
    kick : (n,) array-like
        Change of every net input at the first step, for instance the weights from one input unit.

    Returns
    -------
    (n_steps, n) ndarray
        Change of every activation.
    """
    w, change = _weights(w), _array(kick)
    found = []
    for row in logistic_prime(net):
        found.append(row * change)
        change = w @ found[-1]
    return np.array(found)


def decay_rate(largest: ArrayLike) -> float:
    r"""Fit the rate of an exponential to factors against the lag.

    Paper: Sec. 3.1, "increases exponentially with q", "decreases exponentially with q".

    Parameters
    ----------
    largest : (q,) array-like
        Absolute factors at the lags 1, ..., q, none of them zero.

    Returns
    -------
    float
        Slope of the natural logarithm per step: negative for decay.
    """
    largest = _array(largest)
    return float(np.polyfit(np.arange(1, len(largest) + 1), np.log(largest), 1)[0])


def mean_factor_per_step(factors: ArrayLike) -> float:
    r"""Compute the mean scaling per step of the pair of units with the greatest factor, over the longest lag.

    Not in the paper: one number that says how fast error flow shrinks (below 1) or grows (above 1).

    .. math:: \Big(\max_{u,v}
        \Big|\frac{\partial\vartheta_v(t-q)}{\partial\vartheta_u(t)}\Big|\Big)^{1/q}

    Parameters
    ----------
    factors : (q, ...) array-like
        From :func:`error_factors` or :func:`global_error_factors`.
    """
    factors = _array(factors)
    return float(np.abs(factors[-1]).max() ** (1.0 / len(factors)))


def row_sum_norm(w: ArrayLike) -> float:
    r"""Compute the matrix norm that the paper pairs with the maximum norm of vectors.

    Paper: Sec. 3.1.

    .. math:: \|W\|_A = \max_r \sum_s |w_{rs}|

    Parameters
    ----------
    w : (n, n) array-like
    """
    return float(np.abs(_weights(w)).sum(axis=1).max())


def scalar_product_bound(x: ArrayLike, y: ArrayLike) -> float:
    r"""Bound a scalar product by the vectors' norms, with the maximum norm.

    Paper: Sec. 3.1, "Weak upper bound", first step.

    .. math:: |x^T y| \le n\, \|x\|_x\, \|y\|_x

    Parameters
    ----------
    x, y : (n,) array-like

    Returns
    -------
    float
        The right side.
    """
    x, y = _array(x), _array(y)
    return float(len(x) * np.abs(x).max() * np.abs(y).max())


def helper_inequality(w: ArrayLike, unit: int, incoming: bool, norm: str = "max") -> tuple[float, float]:
    r"""Compute both sides of the two inequalities by which the paper gets rid of single units' weights.

    Paper: Sec. 3.1, "This inequality results from". The one for outgoing weights follows from the norms being
    compatible. The one for incoming weights does not follow, although the paper writes the two alike: it holds for
    the maximum norm and fails for the sum norm, with :math:`W = \begin{pmatrix}1&1\\0&0\end{pmatrix}` and u = 1.

    .. math:: \|W_v\|_x = \|W e_v\|_x \le \|W\|_A \|e_v\|_x, \qquad
        \|W_{u^T}\|_x = \|e_u W\|_x \le \|W\|_A \|e_u\|_x

    Parameters
    ----------
    w : (n, n) array-like
    unit : int
        v if outgoing weights are meant, u if incoming, counted from 0.
    norm : {"max", "sum"}
        The greatest component with the greatest row sum, or the sum of components with the greatest column sum.

    Returns
    -------
    left, right : float

    Raises
    ------
    ValueError
        If w is not square, the unit does not exist, or the norm has another name.
    """
    w = _weights(w)
    _check_units(len(w), unit, unit)
    if norm not in ("max", "sum"):
        raise ValueError(f"norm is {norm!r}; it must be 'max' or 'sum'")
    weights = np.abs(w[unit, :] if incoming else w[:, unit])
    if norm == "max":
        return float(weights.max()), row_sum_norm(w)
    return float(weights.sum()), row_sum_norm(w.T)


def factor_bound(w: ArrayLike, f_prime: ArrayLike, u: int, v: int) -> float:
    r"""Compute the paper's first upper bound of a factor, for q > 1.

    Paper: Sec. 3.1, "Weak upper bound", with the row-sum norm and the maximum norm. A net whose weights are
    all equal and whose derivatives are all greatest attains it.

    .. math:: n\,(f'_{max})^q\; \|W_v\|_x\, \|W_{u^T}\|_x\, \|W\|_A^{q-2}, \quad
        f'_{max} = \max_{m=1,\dots,q} \|F'(t-m)\|_A

    Parameters
    ----------
    w, f_prime, u, v
        As for :func:`matrix_form`, with the same errors.

    Returns
    -------
    float
        No smaller than the factor's absolute value.
    """
    w, f_prime = _weights_and_derivatives(w, f_prime)
    _check_units(len(w), u, v)
    q = len(f_prime)
    if q < 2:
        raise ValueError("q is 1, but this needs q > 1; use weak_bound")
    f_max, norm = np.abs(f_prime).max(), row_sum_norm(w)
    out_of_v, into_u = np.abs(w[:, v]).max(), np.abs(w[u, :]).max()
    return float(len(w) * f_max**q * out_of_v * into_u * norm ** (q - 2))


def weak_bound(w: ArrayLike, f_prime: ArrayLike) -> float:
    r"""Compute the paper's weak upper bound, the same for all pairs of units.

    Paper: Sec. 3.1, "Weak upper bound", right end of the inequality.

    .. math:: n\,\big(f'_{max}\, \|W\|_A\big)^q

    Parameters
    ----------
    w, f_prime
        As for :func:`error_factors`, with the same errors.

    Returns
    -------
    float
        No smaller than any factor's absolute value at lag q.
    """
    w, f_prime = _weights_and_derivatives(w, f_prime)
    f_max, norm = np.abs(f_prime).max(), row_sum_norm(w)
    return float(len(w) * (f_max * norm) ** len(f_prime))


def decay_per_step(n: int, w_max: float) -> float:
    r"""Compute tau, the factor by which the bound shrinks per step in a net of logistic units.

    Paper: Sec. 3.1, last paragraph. Below 1 if all weights are smaller than 4/n in absolute value.

    .. math:: \tau = \frac{n\, w_{max}}{4}

    Parameters
    ----------
    n : int
        Number of units.
    w_max : float
        Greatest absolute weight.
    """
    return n * w_max / 4.0


def exponential_bound(n: int, w_max: float, q: ArrayLike) -> Array:
    r"""Compute the exponential bound for nets of logistic units.

    Paper: Sec. 3.1, last inequality.

    .. math:: n\,\tau^q, \quad \tau = \frac{n\, w_{max}}{4}

    Parameters
    ----------
    n : int
        Number of units.
    w_max : float
        Greatest absolute weight.
    q : array-like of int
        Lags.

    Returns
    -------
    ndarray
        One bound per lag.
    """
    return np.asarray(n * decay_per_step(n, w_max) ** _array(q))


def single_factor(w: ArrayLike, y: float, offset: float = 0.0) -> Array:
    r"""Compute the factor of one step, for a logistic unit with one constant source.

    Paper: Sec. 3.1, the paragraph on the logistic sigmoid. The weight is the one into the unit whose
    derivative is taken, as in the printed order of (2). In the right order the same pairs occur along a path,
    once its product is grouped one place further.

    .. math:: |f'(net)\, w|, \quad net = w\,y + b

    Parameters
    ----------
    w : array-like
        Weights.
    y : float
        The source's constant activation.
    offset : float
        All other net input, b.

    Returns
    -------
    ndarray
        One factor per weight. Below 1 wherever ``|w| < 4``.
    """
    w = _array(w)
    return np.abs(logistic_prime(w * y + offset) * w)


def coth_weight(net: ArrayLike, y: float) -> Array:
    r"""Compute the right side of the paper's condition for a greatest factor.

    Paper: Sec. 3.1. The condition is implicit: net contains w.

    .. math:: w = \frac1y \coth\!\big(\tfrac12\, net\big)

    Parameters
    ----------
    net : array-like
        Net input, not zero.
    y : float
        The source's constant activation, not zero.
    """
    return np.asarray(1.0 / (y * np.tanh(_array(net) / 2.0)))


def weight_of_greatest_factor(y: float, offset: float = 0.0, sign: int = 1) -> float:
    r"""Solve the paper's condition for the weight at which one step's factor is greatest.

    Paper: Sec. 3.1, :math:`w = \frac1y \coth(\frac12 net)` with :math:`net = w\,y + b`. There is one solution
    with positive and one with negative net input.

    Parameters
    ----------
    y : float
        The source's constant activation, not zero.
    offset : float
        All other net input, b.
    sign : {1, -1}
        The sign of the net input, and of w y.

    Returns
    -------
    float
        The weight.

    Raises
    ------
    ValueError
        If y is zero or sign is neither 1 nor -1.
    """
    if y == 0:
        raise ValueError("y is 0; the source must not be zero")
    if sign not in (1, -1):
        raise ValueError(f"sign is {sign}; it must be 1 or -1")
    reach = abs(offset) + 4.0  # the residual changes sign closer to 0

    def residual(x: float) -> float:
        return x - offset - 1.0 / np.tanh(x / 2.0)

    near, far = sign * 1e-9, sign * reach
    net = brentq(residual, near, far, xtol=1e-14, rtol=1e-14)
    return float((net - offset) / y)


def _array(values: ArrayLike) -> Array:
    return np.asarray(values, dtype=np.float64)


def _weights(w: ArrayLike) -> Array:
    w = _array(w)
    if w.ndim != 2 or w.shape[0] != w.shape[1] or w.size == 0:
        raise ValueError(f"w has shape {w.shape}; it must be square, (n, n), with w[to, from]")
    return w


def _weights_and_derivatives(w: ArrayLike, f_prime: ArrayLike) -> tuple[Array, Array]:
    w, f_prime = _weights(w), _array(f_prime)
    if f_prime.ndim != 2 or f_prime.shape[1] != len(w) or len(f_prime) == 0:
        raise ValueError(
            f"f_prime has shape {f_prime.shape}; a net of {len(w)} units needs (q, {len(w)}) with q >= 1"
        )
    return w, f_prime


def _check_units(n: int, u: int, v: int) -> None:
    for name, unit in (("u", u), ("v", v)):
        if not 0 <= unit < n:
            raise ValueError(f"{name} is {unit}; the net's units are 0 to {n - 1}")
