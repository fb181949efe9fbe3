"""Activations: the error of exp against a high-precision reference, and what the text says of f, g and h."""

import math
from collections.abc import Callable
from decimal import Context, Decimal

import numpy as np
import pytest
from numpy.typing import NDArray
from support.corruption import corrupted, uncompiled

from lstm97.net import activations
from lstm97.net.activations import exp, f, f_prime, g, g_prime, h, h_prime, power_of_two

#: What the tests demand of exp, in units in the last place. Half of one is the best that any function can do.
BOUND = 1.0
PRECISE = Context(prec=60)
LARGEST_ARGUMENT = 709.782712893384  # the largest float64 whose exponential is finite


def arguments(n: int) -> NDArray[np.float64]:
    """Make arguments from the whole range: uniform, tiny, around multiples of ln 2 / 2, subnormal results."""
    rng = np.random.default_rng(1997)
    boundaries = np.arange(-2150, 2048) * (math.log(2.0) / 2)
    near = boundaries + rng.uniform(-1e-9, 1e-9, boundaries.size)
    groups = [
        rng.uniform(-745.2, LARGEST_ARGUMENT, n),
        rng.uniform(-1.0, 1.0, n),
        rng.uniform(-40.0, 40.0, n),
        np.geomspace(1e-300, 1.0, n // 10) * rng.choice([-1.0, 1.0], n // 10),
        rng.uniform(-745.2, -707.0, n),
        near[(near > -745.2) & (near < LARGEST_ARGUMENT)],
        np.array([0.0, -0.0, LARGEST_ARGUMENT, -708.3964185322641, 5e-324, -5e-324]),
    ]
    return np.concatenate(groups)


def error_in_ulp(x: float, result: float) -> float:
    """Distance between `result` and the exponential of `x`, in units in the last place of the latter."""
    exact = Decimal(float(x)).exp(PRECISE)
    ulp = Decimal(math.ulp(float(exact)))
    return float(PRECISE.divide(PRECISE.abs(PRECISE.subtract(Decimal(float(result)), exact)), ulp))


def exceeds_the_bound(function: Callable[[float], float], x: NDArray[np.float64]) -> bool:
    """Whether an error is as large as the bound; it stops at the first one."""
    with np.errstate(over="ignore"):  # a control may overflow when interpreted
        return any(not error_in_ulp(value, function(value)) < BOUND for value in x)


def test_exp_is_accurate_over_the_whole_range() -> None:
    assert not exceeds_the_bound(exp, arguments(5000))


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        # ln 2 not in two parts
        ("exp_reduced", "x - k * LN2_HIGH - k * LN2_LOW", "x - k * (LN2_HIGH + LN2_LOW)"),
        # one coefficient changed by a thousandth
        ("exp_reduced", "1 / 39916800", "1.001 / 39916800"),
        ("exp_reduced", "1 / 5040", "1.000001 / 5040"),
        # the last term dropped
        (
            "exp_reduced",
            "1 / 39916800 + r * (1 / 479001600) + r2 * (1 / 6227020800)",
            "1 / 39916800 + r * (1 / 479001600)",
        ),
        # the polynomial's large terms not added last
        ("exp_reduced", "1.0 + (r + (0.5 * r2 + r2 * r * polynomial))", "1.0 + r + 0.5 * r2 + r2 * r * polynomial"),
        # one factor for the exponent: it cannot represent the subnormal results
        ("exp", "k * 0.5 + ROUND - ROUND", "k"),
    ],
)
def test_a_corrupted_exp_exceeds_the_bound(function: str, old: str, new: str) -> None:
    changed = corrupted(activations, function, old, new)
    assert exceeds_the_bound(changed.exp, arguments(500))


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (0.0, 1.0),
        (-0.0, 1.0),
        (math.inf, math.inf),
        (-math.inf, 0.0),
        (1e308, math.inf),
        (-1e308, 0.0),
        (math.nextafter(LARGEST_ARGUMENT, math.inf), math.inf),
        (-745.1332191019411, 5e-324),  # the smallest positive float64
        (-745.1332191019412, 0.0),
    ],
)
def test_exp_at_the_ends(x: float, expected: float) -> None:
    assert exp(x) == expected


def test_exp_is_largest_before_it_overflows() -> None:
    assert exp(LARGEST_ARGUMENT) == pytest.approx(np.finfo(np.float64).max, rel=1e-12)
    assert math.isfinite(exp(LARGEST_ARGUMENT))


def test_nan_stays_nan() -> None:
    for function in (exp, f, g, h):
        assert math.isnan(function(math.nan))


def test_power_of_two_is_exact() -> None:
    for k in range(-1022, 1024):
        assert power_of_two(float(k)) == math.ldexp(1.0, k)


def bits(function: Callable[[float], float], x: NDArray[np.float64]) -> NDArray[np.int64]:
    values = np.array([function(value) for value in x])
    values[np.isnan(values)] = math.nan  # IEEE 754 leaves the sign of a computed NaN open
    return values.view(np.int64)


@pytest.mark.parametrize("name", ["exp", "f", "g", "h", "g_prime", "h_prime"])
def test_compiled_and_interpreted_give_the_same_bits(name: str) -> None:
    x = np.concatenate([arguments(1000), [math.inf, -math.inf, math.nan, 1e308, -1e308]])
    function, plain = getattr(activations, name), getattr(uncompiled(activations), name)
    compiled = bits(function, x)
    with np.errstate(over="ignore"):
        for other in (plain, function.py_func):
            assert np.array_equal(bits(other, x), compiled)


GRID = np.concatenate([np.linspace(-50.0, 50.0, 2001), [-1e4, 1e4]])


@pytest.mark.parametrize(
    ("function", "low", "high", "reference"),
    [
        (f, 0.0, 1.0, lambda x: (1 + math.tanh(x / 2)) / 2),
        (g, -2.0, 2.0, lambda x: 2 * math.tanh(x / 2)),
        (h, -1.0, 1.0, lambda x: math.tanh(x / 2)),
    ],
    ids=["f", "g", "h"],
)
def test_ranges_of_the_text(
    function: Callable[[float], float], low: float, high: float, reference: Callable[[float], float]
) -> None:
    """App. A.1 (3)-(5); each is a hyperbolic tangent in disguise."""
    values = np.array([function(x) for x in GRID])
    assert values.min() == pytest.approx(low, abs=1e-300)
    assert values.max() == high
    assert (np.diff(values[:-2]) >= 0).all()
    assert values == pytest.approx(np.array([reference(x) for x in GRID]), abs=1e-15)


def test_f_is_3_bit_for_bit() -> None:
    """f takes a shorter way than through exp, to the same bits. Far to the left it stops just above 0."""
    for x in np.concatenate([arguments(2000), [708.0, -708.0]]):
        if abs(x) <= 708.0:
            assert f(x) == 1.0 / (1.0 + exp(-x))
    assert f(1e4) == f(math.inf) == 1.0
    assert 0.0 < f(-1e4) == f(-math.inf) == f(-708.0) < 1e-300


@pytest.mark.parametrize(
    ("function", "derivative", "greatest"),
    [(f, lambda x: f_prime(f(x)), 1 / 4), (g, g_prime, 1.0), (h, h_prime, 1 / 2)],
    ids=["f", "g", "h"],
)
def test_derivatives(
    function: Callable[[float], float], derivative: Callable[[float], float], greatest: float
) -> None:
    values = np.array([derivative(x) for x in GRID])
    assert values.max() == greatest == derivative(0.0)
    step = 2.0**-18
    differences = np.array([(function(x + step) - function(x - step)) / (2 * step) for x in GRID])
    assert values == pytest.approx(differences, abs=1e-9)


def test_derivatives_by_the_values() -> None:
    """f' = f (1 - f), h' = (1 - h^2) / 2, g' = 1 - g^2 / 4."""
    for x in GRID:
        assert f_prime(f(x)) == f(x) * (1 - f(x))
        assert h_prime(x) == pytest.approx((1 - h(x) ** 2) / 2, abs=1e-15)
        assert g_prime(x) == pytest.approx(1 - g(x) ** 2 / 4, abs=1e-15)
