r"""The squashing functions of App. A.1 (3)-(5) and their derivatives.

Everything rests on `exp`, which uses nothing but IEEE 754 additions, multiplications and exponent-field arithmetic.
A C library's ``exp`` may round differently from one machine to the next, and after a few thousand updates one
different bit is another trajectory. This one gives the same bits everywhere, compiled or interpreted.

Each function is compiled by Numba without fast-math; its ``.py_func`` is the plain Python that you read here.
"""

import numpy as np

from lstm97.net.compiled import compiled

LOG2_E = 1.4426950408889634
# ln 2 in two parts (Cody and Waite): the first has enough trailing zeros that k * LN2_HIGH is exact.
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
# Adding 1.5 * 2**52 rounds to the nearest integer and leaves that integer in the low bits.
ROUND = 6755399441055744.0
LARGEST = 710.0  # exp overflows to infinity at 709.78...
SMALLEST = -746.0  # exp underflows to zero at -745.13...
SATURATED = 708.0  # exp of anything within +-708 is an ordinary number, and f is 0 or 1 to 300 digits beyond


@compiled
def power_of_two(k):
    """Compute 2**k exactly for an integral float `k` in [-1022, 1023], by writing the exponent field."""
    bits = np.float64(k + ROUND).view(np.int64)
    return np.int64((bits + 1023) << 52).view(np.float64)


@compiled
def exp_reduced(x):
    r"""Split the exponential function: :math:`\exp(x) = 2^k e^r` with :math:`|r| \le \tfrac12 \ln 2`.

    A polynomial of degree 13 (Taylor, paired up so that short chains can run side by side) gives :math:`e^r`.

    Parameters
    ----------
    x : float64
        Within [-746, 710], or NaN.

    Returns
    -------
    e_r, k : float64
        k is integral.
    """
    k = (x * LOG2_E + ROUND) - ROUND
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    r8 = r4 * r4
    low = (1 / 6 + r * (1 / 24)) + r2 * (1 / 120 + r * (1 / 720))
    middle = (1 / 5040 + r * (1 / 40320)) + r2 * (1 / 362880 + r * (1 / 3628800))
    high = 1 / 39916800 + r * (1 / 479001600) + r2 * (1 / 6227020800)
    # exp(r) = 1 + r + r**2 / 2 + r**3 * polynomial(r), the large terms added last
    polynomial = low + r4 * middle + r8 * high
    return 1.0 + (r + (0.5 * r2 + (r2 * r) * polynomial)), k


@compiled
def exp(x):
    """Compute the exponential function with the same bits on every machine.

    Two exact factors give the power of two, also where the result overflows or is subnormal. The error is measured
    in ``tests``.

    Parameters
    ----------
    x : float64
        Any value. NaN gives NaN, large arguments give infinity, very negative ones zero.

    Returns
    -------
    float64
    """
    x = LARGEST if x > LARGEST else x
    x = SMALLEST if x < SMALLEST else x
    e_r, k = exp_reduced(x)
    half = (k * 0.5 + ROUND) - ROUND
    return (e_r * power_of_two(half)) * power_of_two(k - half)


@compiled
def f(x):
    r"""Squash with the logistic sigmoid, range [0, 1].

    Paper: App. A.1 (3).

    .. math:: f(x) = \frac{1}{1 + \exp(-x)}

    Beyond +-708 it keeps the value that it has there, which is 1, or 0 to 300 digits.
    """
    x = SATURATED if x > SATURATED else x
    x = -SATURATED if x < -SATURATED else x
    e_r, k = exp_reduced(-x)
    return 1.0 / (1.0 + e_r * power_of_two(k))


@compiled
def g(x):
    r"""Squash a cell's net input, range [-2, 2].

    Paper: App. A.1 (5). The caption of Table 10 gives this range to h and h's to g; the text is followed.

    .. math:: g(x) = \frac{4}{1 + \exp(-x)} - 2
    """
    return 4.0 * f(x) - 2.0


@compiled
def h(x):
    r"""Squash a cell's internal state, range [-1, 1].

    Paper: App. A.1 (4).

    .. math:: h(x) = \frac{2}{1 + \exp(-x)} - 1
    """
    return 2.0 * f(x) - 1.0


@compiled
def f_prime(y):
    r"""Differentiate f where its value is `y`: :math:`f' = y\,(1 - y)`, at most 1/4."""
    return y * (1.0 - y)


@compiled
def g_prime(x):
    r"""Differentiate g at `x`: :math:`g' = 4 f (1 - f)`, at most 1."""
    return 4.0 * f_prime(f(x))


@compiled
def h_prime(x):
    r"""Differentiate h at `x`: :math:`h' = 2 f (1 - f)`, at most 1/2."""
    return 2.0 * f_prime(f(x))
