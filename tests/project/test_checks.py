"""Nonsense is refused where it is given, with the parameter's name and what to give instead."""

import dataclasses
import typing
from typing import Any

import numpy as np
import pytest
from support.every_learner import CLASSES, fields

from lstm97 import checks, tasks
from lstm97.experiments import stopping
from lstm97.experiments.stopping import ST3
from lstm97.learners import RecurrentTopology
from lstm97.net.reading import check_choices
from lstm97.net.topology import Topology
from lstm97.tasks import Adding

THOUSANDS = 10**5000
#: By type of the parameter: what no parameter of that type can be.
NONSENSE: dict[str, list[Any]] = {
    "int": ["a", None, 2.0, True, [3], np.int64(3), float("nan"), -1, 10**18, THOUSANDS, -THOUSANDS],
    "float": ["a", None, True, [0.5], np.float32(0.5), float("nan"), float("inf"), -float("inf"), 1e308, 10**400],
    "str": ["x", "", 1, None, ["a"], True],
    "bool": ["yes", 1, 0.0, None, np.True_],
    "tuple": [
        "a",
        3,
        None,
        (None,) * 2,
        ("a", "b"),
        (float("nan"), 0.5),
        [0.5, 0.6],
        (True, False),
        (np.int64(1),) * 2,
    ],
    "object": ["x", 3, None, Topology, object()],
}
#: What may be nothing.
OPTIONAL = ("k", "longest", "in_gate_bias", "out_gate_bias")
#: Real numbers that may be below 0.
SIGNED = ("improvement", "addition")

GIVEN: dict[str, tuple[Any, dict[str, Any]]] = {
    **{name: (cls, fields(cls, 3, 3, 2)) for name, cls in CLASSES.items()},
    **{cls.__name__: (cls, {"T": 30, "N": 3, "p": 4, "q": 3, "n_relevant": 2}) for cls in tasks.tasks().values()},
    "ST3": (stopping.ST3, {"beta": 0.1}),
    "CorrectInARow": (stopping.CorrectInARow, {}),
    "FewWrong": (stopping.FewWrong, {"n_seq": (140, 13)}),
    "ErrorsOnTestSet": (stopping.ErrorsOnTestSet, {"beta": 0.1, "every": 100}),
    "AllPredicted": (stopping.AllPredicted, {}),
    "Topology": (Topology, {"n_inputs": 2, "block_sizes": (2,), "n_outputs": 1}),
    "RecurrentTopology": (RecurrentTopology, {"n_inputs": 2, "n_hidden": 2, "n_outputs": 1}),
}


def make(name: str, **changes: Any) -> Any:
    cls, given = GIVEN[name]
    given = {key: value for key, value in given.items() if key in {one.name for one in dataclasses.fields(cls)}}
    return cls(**given | changes)


def kind_of(hint: Any) -> str:
    hint = next((one for one in typing.get_args(hint) if one is not type(None)), hint) if "|" in str(hint) else hint
    hint = typing.get_origin(hint) or hint
    return hint.__name__ if hint.__name__ in NONSENSE else "object"


def parameters() -> list[tuple[str, str, str]]:
    """Every parameter of everything that a user can make: of what, its name, its type."""
    return [
        (name, entry.name, kind_of(typing.get_type_hints(cls)[entry.name]))
        for name, (cls, _) in GIVEN.items()
        for entry in dataclasses.fields(cls)
    ]


def test_all_can_be_made() -> None:
    """The control, and there are rules for all that the package has."""
    for name in GIVEN:
        make(name)
    rules = {name for name, one in vars(stopping).items() if dataclasses.is_dataclass(one) and hasattr(one, "watch")}
    assert rules <= set(GIVEN)
    assert len(parameters()) > 100
    assert {kind for _, _, kind in parameters()} == set(NONSENSE)


@pytest.mark.parametrize(("name", "parameter", "kind"), parameters(), ids=lambda part: part)
def test_nonsense_is_refused_by_name(name: str, parameter: str, kind: str) -> None:
    for value in NONSENSE[kind]:
        if value is None and parameter in OPTIONAL:
            continue
        with pytest.raises(ValueError, match=rf"^{parameter} is .*give .*\Z") as caught:
            make(name, **{parameter: value})
        assert len(str(caught.value)) < 200
    if kind == "float":
        for value in (-1.0, -1e-9, -5):
            if parameter in SIGNED:
                make(name, **{parameter: value})
            else:
                with pytest.raises(ValueError, match=f"{parameter} is -.*: give"):
                    make(name, **{parameter: value})


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (lambda: checks.whole("n", 4, 5, why=", not less"), "n is 4: give at least 5, not less"),
        (lambda: checks.whole("n", 6, most=5), "n is 6: give at most 5"),
        (lambda: checks.whole("n", np.int32(4)), "n is np.int32(4): give int(4)"),
        (lambda: checks.real("x", np.float32(4)), "x is np.float32(4.0): give float(4.0)"),
        (lambda: checks.real("x", 2e300), "x is 2e+300: give a number of at most 1e+300"),
        (lambda: checks.real("x", -(10**16)), "x is -10000000000000000: give a number of at most 9.0072e+15"),
        (
            lambda: checks.positive("x", THOUSANDS),
            "x is a number of thousands of digits: give a positive number of at",
        ),
        (lambda: checks.choice("x", True, (1, 2)), "x is True: give one of 1, 2"),
        (lambda: ST3(0.1, count="all"), "count is 'all': give one of 'inclusive', 'exclusive'"),
        (lambda: checks.choice("x", "y" * 1000, ("a",)), "x is 'yyyyyyyy"),
    ],
)
def test_what_a_check_says(check: Any, says: str) -> None:
    with pytest.raises(ValueError, match="give") as caught:
        check()
    assert str(caught.value).startswith(says)
    assert len(str(caught.value)) < 150


def test_what_is_right_passes() -> None:
    for value in (1, 5):
        checks.whole("n", value, most=5)
    for number in (0.5, 3, -2.0, np.float64(1.5), 1e300):
        checks.real("x", number)
    checks.not_negative("x", 0)
    checks.flag("x", False)
    check_choices(Adding.reads, Adding(30, first_pair="keep marker"))
