"""Sums of products: compiled functions, which take them tile by tile, give the bits of the plain loops."""

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from lstm97.net.compiled import compiled
from lstm97.net.products import add_products
from lstm97.net.registers import TILES

Floats = NDArray[np.float64]
#: Around the numbers of rows and columns of tiles, alone and together.
N_ROWS = sorted({0, 1, 3, 5} | {height for _, heights in TILES for height in heights})
N_COLUMNS = sorted({0, sum(width for width, _ in TILES)} | {width + d for width, _ in TILES for d in (-1, 0, 1)})


@compiled
def in_tiles(a, first, x, into):
    add_products(a, first, x, into)


def matrices(n_rows: int, n: int, n_columns: int) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng([n_rows, n, n_columns])
    return rng.normal(size=(n_rows, n + 2)), rng.normal(size=(n, n_columns)), rng.normal(size=(n_rows, n_columns))


def both(a: Floats, first: int, x: Floats, into: Floats) -> tuple[Floats, Floats]:
    plain, tiled = into.copy(), into.copy()
    with np.errstate(all="ignore"):
        add_products(a, first, x, plain)
    in_tiles(a, first, x, tiled)
    return plain, tiled


@pytest.mark.parametrize("n", [0, 1, 2, 7])
@pytest.mark.parametrize("n_rows", N_ROWS)
def test_tiles_give_the_bits_of_loops(n_rows: int, n: int) -> None:
    for n_columns in N_COLUMNS:
        a, x, into = matrices(n_rows, n, n_columns)
        plain, tiled = both(a, 2, x, into)
        assert plain.tobytes() == tiled.tobytes()


def test_another_order_has_other_bits() -> None:
    """So the comparison sees whether sums are reordered."""
    a, x, into = matrices(5, 7, 43)
    plain, _ = both(a, 2, x, into)
    assert plain.tobytes() != both(a[:, ::-1], 0, x[::-1], into)[1].tobytes()


@pytest.mark.parametrize("number", [np.inf, -np.inf, np.nan, -0.0, 5e-324, 1e308])
def test_numbers_that_are_none(number: float) -> None:
    a, x, into = matrices(4, 3, 12)
    a[1, 3], x[1, ::5], into[2, 7] = number, number, number
    plain, tiled = both(a, 2, x, into)
    assert_array_equal(plain, tiled)
    assert_array_equal(np.signbit(plain), np.signbit(tiled))


@pytest.mark.parametrize(
    "view",
    [np.asfortranarray, lambda a: np.repeat(a, 2, axis=0)[::2], lambda a: np.ascontiguousarray(a.T).T],
    ids=["column-major", "every second row", "transposed"],
)
def test_views(view: Any) -> None:
    a, x, into = matrices(5, 6, 19)
    expected, _ = both(a, 1, x, into)
    assert_array_equal(both(view(a), 1, np.repeat(x, 2, axis=0)[::2], into)[1], expected)
    wide = np.zeros((5, 40))
    wide[:, 3:22] = into
    in_tiles(a, 1, x, wide[:, 3:22])
    assert_array_equal(wide[:, 3:22], expected)
    assert not wide[:, :3].any()
    assert not wide[:, 22:].any()
