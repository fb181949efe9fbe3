"""Topology: the paper's weight counts, names, connections, and errors that say what to do."""

import csv
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm97.net.topology import Topology

PAPER = Path(__file__).parents[2] / "data" / "paper"


def rows(name: str) -> list[dict[str, str]]:
    with (PAPER / name).open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def of_table_10(row: dict[str, str]) -> Topology:
    """Build the net that a row of Table 10 describes."""
    fully_connected = row["connectivity"] == "F"
    return Topology(
        n_inputs=int(row["inputs"]),
        block_sizes=(int(row["block_size"]),) * int(row["blocks"]),
        n_outputs=int(row["outputs"]),
        biased=row["biased_units"],
        out_gates=row["output_gate_bias"] != "no og",
        recurrent=fully_connected,
        outputs_see_inputs=not fully_connected,
    )


def one_hidden_unit(n_inputs: int, n_outputs: int) -> Topology:
    """Build the competitors' net of Sec. 5.2: one self-recurrent hidden unit; layers see all layers below."""
    return Topology(n_inputs, (), n_outputs, n_hidden=1, biased="none", outputs_see_inputs=True)


def test_table_10_has_25_rows() -> None:
    assert [int(row["row"]) for row in rows("table10.csv")] == list(range(1, 26))


@pytest.mark.parametrize("row", rows("table10.csv"), ids=lambda row: row["task"])
def test_number_of_weights_of_table_10(row: dict[str, str]) -> None:
    assert of_table_10(row).n_weights == int(row["weights"])


@pytest.mark.parametrize("wrong", ["biased", "recurrent", "outputs_see_inputs"])
def test_another_topology_misses_table_10(wrong: str) -> None:
    """Negative control: each property of the topology is needed for the counts."""
    hits = 0
    for row in rows("table10.csv"):
        net = of_table_10(row)
        values: dict[str, Any] = {"biased": "none" if net.biased != "none" else "ga"}
        values |= {name: not getattr(net, name) for name in ("recurrent", "outputs_see_inputs")}
        changed = Topology(**{name: getattr(net, name) for name in net.__dataclass_fields__} | {wrong: values[wrong]})
        hits += changed.n_weights == int(row["weights"])
    assert hits == 0


@pytest.mark.parametrize("row", rows("table01.csv")[4:], ids=lambda row: f"row {row['row']}")
def test_number_of_weights_of_table_1(row: dict[str, str]) -> None:
    net = Topology(7, (int(row["block_size"]),) * int(row["blocks"]), 7, biased="ga")
    assert net.n_weights == int(row["weights_min"]) == int(row["weights_max"])


@pytest.mark.parametrize("row", rows("table02.csv")[:6], ids=lambda row: f"row {row['row']}")
def test_number_of_weights_of_the_baselines_of_table_2(row: dict[str, str]) -> None:
    p = int(row["delay_p"])
    assert one_hidden_unit(p + 1, p + 1).n_weights == int(row["weights"])


def test_number_of_weights_of_the_chunker_of_table_2() -> None:
    """The printed number is that of one of its two nets, the one with an output unit more."""
    chunker = rows("table02.csv")[6]
    p = int(chunker["delay_p"])
    assert chunker["method"] == "CH"
    assert one_hidden_unit(p + 1, p + 2).n_weights == int(chunker["weights"])


def test_number_of_weights_of_lstm_in_table_2() -> None:
    lstm = rows("table02.csv")[7]
    p = int(lstm["delay_p"])
    assert lstm["method"] == "LSTM"

    def net(recurrent: bool) -> Topology:
        return Topology(
            p + 1, (1,), p + 1, biased="none", out_gates=False, recurrent=recurrent, outputs_see_inputs=True
        )

    assert net(recurrent=False).n_weights == int(lstm["weights"])
    assert net(recurrent=True).n_weights == int(lstm["weights"]) + 4


@pytest.mark.parametrize("row", rows("table03.csv"), ids=lambda row: f"row {row['row']}")
def test_number_of_weights_of_table_3(row: dict[str, str]) -> None:
    assert Topology(int(row["p"]) + 4, (1, 1), 2, biased="none").n_weights == int(row["weights"])


@pytest.mark.parametrize(
    ("table", "row", "net"),
    [
        *(("table07.csv", i, Topology(2, (2, 2), 1)) for i in range(3)),
        ("table09.csv", 0, Topology(8, (2, 2), 4)),
        ("table09.csv", 1, Topology(8, (2, 2, 2), 8)),
    ],
)
def test_number_of_weights_of_tables_7_and_9(table: str, row: int, net: Topology) -> None:
    assert net.n_weights == int(rows(table)[row]["weights"])


def test_formula_of_the_appendix_lacks_the_output_biases() -> None:
    """W = KH + KCS + CSI + 2CI + HI counts a bias only if I counts the constant 1, and never an output's."""
    for row in rows("table10.csv"):
        net = of_table_10(row)
        if net.biased == "all":
            k, c, s, i = net.n_outputs, net.n_blocks, int(row["block_size"]), net.n_sources
            assert net.n_weights == k * c * s + c * s * i + 2 * c * i + k


def test_names_and_order() -> None:
    net = Topology(2, (1, 2), 1, n_hidden=1)
    units = ("in_1", "in_2", "out_1", "out_2", "c_1^1", "c_2^1", "c_2^2", "i_1")
    assert net.unit_names == units
    assert net.source_names == ("x_1", "x_2", *units, "1")
    assert net.output_source_names == ("c_1^1", "c_2^1", "c_2^2", "i_1", "1")
    assert net.block_of_cell.tolist() == [0, 1, 1]
    assert net.block_of_cell.dtype == np.int64
    assert (net.n_blocks, net.n_cells, net.n_in, net.n_out, net.first_cell) == (2, 3, 2, 2, 4)


SWITCHES = ("in_gates", "out_gates", "recurrent", "outputs_see_inputs", "constant_unit")


@pytest.mark.parametrize("values", list(itertools.product([False, True], repeat=len(SWITCHES))))
@pytest.mark.parametrize("biased", ["none", "ga", "b1", "all"])
def test_counts_are_those_of_the_names(biased: str, values: tuple[bool, ...]) -> None:
    switches: dict[str, Any] = dict(zip(SWITCHES, values, strict=True))
    net = Topology(3, (2, 1), 2, n_hidden=1, biased=biased, **switches)
    assert net.n_units == len(net.unit_names) == len(set(net.unit_names))
    assert net.n_sources == len(net.source_names) == len(set(net.source_names))
    assert net.n_output_sources == len(net.output_source_names) == len(set(net.output_source_names))
    assert net.connected().shape == (net.n_units, net.n_sources)
    assert net.n_weights == net.connected().sum() + 2 * net.n_output_sources


def biased_groups(net: Topology) -> list[bool]:
    if "1" not in net.source_names:
        return [False] * net.n_units
    return net.connected()[:, net.source_names.index("1")].tolist()


@pytest.mark.parametrize(
    ("biased", "expected", "outputs"),
    [
        ("none", [False, False, False, False], False),
        ("ga", [True, True, False, False], False),
        ("b1", [True, True, True, True], False),
        ("all", [True, True, True, True], True),
    ],
)
def test_biased_units(biased: str, expected: list[bool], outputs: bool) -> None:
    net = Topology(1, (1,), 1, n_hidden=1, biased=biased)
    assert biased_groups(net) == expected
    assert ("1" in net.output_source_names) == outputs
    # nothing but a bias can be missing
    others = [m for m, name in enumerate(net.source_names) if name != "1"]
    assert net.connected()[:, others].all()


def test_constant_unit_is_a_source_of_the_whole_hidden_layer() -> None:
    without, with_it = (
        Topology(2, (2,), 1, biased="b1"),
        Topology(2, (2,), 1, biased="b1", constant_unit=True),
    )
    assert with_it.source_names == (*without.source_names, "constant")
    assert with_it.connected()[:, -1].all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"n_inputs": 0}, "n_inputs is 0: give at least 1"),
        ({"n_inputs": 2.0}, "n_inputs is 2.0: give a whole number of at least 1"),
        ({"n_inputs": True}, "n_inputs is True: give a whole number"),
        ({"n_inputs": np.int64(2)}, r"n_inputs is np.int64\(2\): give int\(2\)"),
        ({"n_inputs": 10**6, "block_sizes": (10,)}, "weights, more than 10,000,000; give fewer"),
        ({"n_outputs": -1}, "n_outputs is -1"),
        ({"n_hidden": -1}, "n_hidden is -1: give at least 0"),
        ({"block_sizes": (2, 0)}, "block_sizes is 0: give at least 1"),
        ({"block_sizes": (1.5,)}, "block_sizes is 1.5: give a whole number of at least 1"),
        ({"block_sizes": (True,)}, "block_sizes is True"),
        ({"block_sizes": 2}, "block_sizes is 2: give a tuple"),
        ({"recurrent": "no"}, "recurrent is 'no': give one of True, False"),
        ({"block_sizes": ()}, "the hidden layer is empty: give block_sizes or n_hidden"),
        ({"biased": "gates"}, "biased is 'gates': give one of 'none', 'ga', 'b1', 'all'"),
    ],
)
def test_bad_input_is_named(arguments: dict[str, Any], says: str) -> None:
    good: dict[str, Any] = {"n_inputs": 2, "block_sizes": (1,), "n_outputs": 1}
    with pytest.raises(ValueError, match=says):
        Topology(**good | arguments)
