"""Rows of lanes: what is compiled has the bits of the Python functions that say what it means."""

from typing import Any

import numba
import numpy as np
import pytest

from lstm97.engine import rows
from lstm97.engine.layout import Layout
from lstm97.engine.rows import WIDTH, aligned
from lstm97.net import activations
from lstm97.net.topology import Topology

FEWER, HALF = WIDTH - 1, WIDTH // 2
LAYOUT = Layout(Topology(2, (1, 2), 2), False, False)


def memory(n: int, seed: int = 0) -> np.ndarray:
    numbers = aligned(n * WIDTH)
    numbers[:] = np.random.default_rng(seed).normal(size=numbers.size)
    return numbers


def both(function: Any, *arguments: Any, n: int = 16) -> tuple[bytes, bytes]:
    """Run a function that changes memory, compiled and interpreted."""
    compiled, plain = memory(n), memory(n)
    numba.njit(function, error_model="numpy", _nrt=False)(compiled, *arguments)
    function(plain, *arguments)
    return compiled.tobytes(), plain.tobytes()


def arithmetic(block):
    x, y, one = rows.load(block, 0, 3), rows.load_every(block, 3, 3, 2), rows.load(block, 9, 1)
    rows.store(block, 0, (x + y) * one - 2.0 * y / x)
    rows.store(block, 3, rows.negative(1.0 - one * x))
    rows.store(block, 6, rows.exact_product_plus(x, 2.0, y))


def selecting(block, layout):
    x = rows.join(rows.load(block, 0, 3), rows.full(0.5, 1))
    rows.store(block, 4, rows.take(x, layout.block_of_cell))
    positive = rows.is_set(rows.load(block, 0, 1))
    rows.store(block, 8, rows.where(positive, rows.rows_from(x, 1, 2), rows.rows_from(x, 0, 2)))
    rows.store(block, 10, rows.where(rows.equals(rows.load(block, 12, 1), 0), x, x + 1.0))
    rows.store(block, 14, rows.add_groups(rows.load(block, 5, 2), x, layout.cells_of_in_gate))


def reading_lanes(block, numbers, addresses, positions):
    rows.store(block, 0, rows.gather(addresses, positions, 2, 1))
    rows.store(block, 1, rows.spread(numbers, 1, 3))
    rows.put_number(addresses[0], 0, rows.integer_at(addresses[1], 1) + 1.0)


def turning_columns(block, columns, symbols):
    x = rows.load_columns(columns, symbols, 0, 3, WIDTH, FEWER)
    rows.store(block, 0, x)
    rows.add_to_columns(columns, symbols, 0, 3, WIDTH, x * 0.5)
    rows.store(block, 8, rows.load_columns(columns, symbols, 0, 3, WIDTH, 2))


def turning_half_columns(block, columns, symbols):
    x = rows.load_columns(columns, symbols, 0, 3, HALF, 2)
    rows.add_to_columns(columns, symbols, 0, 3, HALF, x)
    rows.store(block, 0, rows.load_columns(columns, symbols, 0, 3, HALF, 2))


def test_arithmetic() -> None:
    compiled, plain = both(arithmetic)
    assert compiled == plain != memory(16).tobytes()


def test_selections_and_masks() -> None:
    compiled, plain = both(selecting, LAYOUT)
    assert compiled == plain != memory(16).tobytes()


def test_what_lanes_have_in_memory_of_their_own() -> None:
    own, numbers = np.arange(2.0 * WIDTH * 4).reshape(WIDTH, 8), np.arange(5.0)
    addresses = np.array([own[lane].ctypes.data for lane in range(WIDTH)])
    compiled, plain = both(reading_lanes, numbers, addresses, np.arange(WIDTH) % 4)
    assert compiled == plain != memory(16).tobytes()
    assert own[0, 0] == own.view(np.int64)[1, 1] + 1.0


@pytest.mark.parametrize(("function", "size"), [(turning_columns, WIDTH), (turning_half_columns, HALF)])
def test_columns(function: Any, size: int) -> None:
    symbols = np.arange(WIDTH) * 2 % 3
    results = []
    for run in (numba.njit(function, error_model="numpy", _nrt=False), function):
        block, columns = memory(16), aligned(WIDTH * 3 * size)
        columns[:] = np.random.default_rng(1).normal(size=columns.size)
        run(block, columns, symbols)
        results.append((block.tobytes(), columns.tobytes()))
    assert results[0] == results[1]
    assert results[0][0] != memory(16).tobytes()


def test_the_sigmoid_has_the_bits_that_single_numbers_have() -> None:
    """Ordinary numbers and others, for every way of dividing rows into groups."""

    @numba.njit
    def squash(block):
        rows.store(block, 0, rows.f(rows.load(block, 0, 1)))
        rows.store(block, 1, rows.f(rows.load(block, 1, 5)))
        rows.store(block, 6, rows.f(rows.load(block, 6, 10)))

    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 708.0, -708.0, 5e-324, 1e308, -1e308, 36.7, -36.7]
    rng = np.random.default_rng(0)
    numbers = np.concatenate([special, rng.normal(0, 1, 128 * WIDTH), rng.normal(0, 100, 128 * WIDTH - len(special))])
    squashed = []
    for part in numbers.reshape(-1, 16 * WIDTH):
        block = aligned(part.size)
        block[:] = part
        squash(block)
        squashed.append(block)
    found, expected = np.concatenate(squashed), np.array([activations.f(number) for number in numbers])
    ordinary = ~np.isnan(numbers)  # a not-a-number's sign means nothing
    assert found[ordinary].tobytes() == expected[ordinary].tobytes()
    assert np.isnan(found[~ordinary]).all()
    with np.errstate(over="ignore"):
        assert rows.f(numbers.reshape(-1, WIDTH)).ravel()[ordinary].tobytes() == expected[ordinary].tobytes()
    assert found.tobytes() != np.array([activations.f(number + 1e-9) for number in numbers]).tobytes()


def test_a_count_that_changes_is_refused() -> None:
    @numba.njit
    def read(block, n):
        rows.store(block, 0, rows.load(block, 0, n))

    with pytest.raises(TypeError, match="not known when the function is compiled"):
        read(memory(2), 1)
