"""Where everything stands in a block's memory."""

import pickle
from dataclasses import replace
from typing import Any

import pytest

from lstm97.engine import layout as layouts
from lstm97.engine.layout import MOST_SYMBOLS_WITH_ROWS, Layout, layout_of
from lstm97.net.topology import Topology

NET = Topology(3, (2, 1), 2, n_hidden=1)
FIRST_ROWS = (
    "w",
    "dw",
    "w_k",
    "dw_k",
    "y",
    "y_before",
    "sigma",
    "s_c",
    "h_c",
    "ds_dw",
    "target",
    "constant",
    "alpha",
)


@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("one_hot", [False, True])
def test_parts_follow_each_other(one_hot: bool, every_step: bool) -> None:
    layout = layout_of(NET, one_hot, every_step)
    rows = [layout.constants[name] for name in FIRST_ROWS]
    assert rows == sorted(rows)
    assert layout.dw - layout.w == layout.n_sources * layout.n_units
    assert layout.ds_dw + layout.n_sources * layout.n_derivatives == layout.target
    assert layout.size > max(
        value for name, value in layout.constants.items() if type(value) is int and name != "size"
    )


def test_nets_share_a_layout_if_nothing_in_it_differs() -> None:
    many = MOST_SYMBOLS_WITH_ROWS + 1
    symbols = [layout_of(replace(NET, n_inputs=n), True, False) for n in (3, 4, many, many + 50)]
    assert len(set(symbols)) == 3
    assert symbols[2] == symbols[3]
    assert layout_of(replace(NET, biased="ga"), False, False) == layout_of(replace(NET, biased="b1"), False, False)
    assert layout_of(replace(NET, biased="ga"), False, False) != layout_of(NET, False, False)
    assert layout_of(replace(NET, cells_see_hidden=False), False, False) == layout_of(NET, False, False)


def test_machine_code_belongs_to_all_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layout that divides the memory in another way is another type, though it is of the same net."""
    before = layouts._type_of(layout_of(NET, False, False), None)
    assert pickle.loads(pickle.dumps(before)) == before
    monkeypatch.setattr(layouts, "CHUNK", layouts.CHUNK // 2)
    after: Any = layouts._LayoutType(Layout(NET, False, False))
    assert after.layout == before.layout
    assert after != before


def test_what_it_lacks_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="a layout has no n_gates"):
        _ = layout_of(NET, False, False).n_gates
