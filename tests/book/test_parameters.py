"""A notebook's parameters: a good value passes, a bad one gets one error that names it and its choices."""

from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from lstm97_book.pages import parameters
from lstm97_book.pages.parameters import ParameterError

from lstm97 import experiments
from lstm97.results import Evidence, summarise

BAD: list[tuple[Any, tuple[Any, ...], str]] = [
    (parameters.one_of, ("T", 200, (100, 500, 1000)), "T is 200; give one of 100, 500, 1000"),
    (parameters.one_of, ("T", 100.0, (100, 500)), "T is 100.0; give one of 100, 500"),
    (parameters.one_of, ("net", 3, ("3x2-0.5", "4x1-0.5")), "net is 3; give one of '3x2-0.5', '4x1-0.5'"),
    (parameters.one_of, ("variant", "6c", ("6a", "6b")), "variant is '6c'; give one of '6a', '6b'"),
    (parameters.whole_number, ("q", 0, 1, 10), "q is 0; give a whole number from 1 to 10"),
    (parameters.whole_number, ("q", 11, 1, 10), "q is 11; give"),
    (parameters.whole_number, ("q", 2.0, 1, 10), "q is 2.0; give"),
    (parameters.whole_number, ("q", True, 1, 10), "q is True; give"),
    (parameters.whole_number, ("q", "2", 1, 10), "q is '2'; give"),
    (parameters.number, ("scale", -0.1, 0.0, 5.0), "scale is -0.1; give a number from 0 to 5"),
    (parameters.number, ("scale", float("nan"), 0.0, 5.0), "scale is nan; give"),
    (parameters.number, ("scale", True, 0.0, 5.0), "scale is True; give"),
    (parameters.number, ("scale", None, 0.0, 5.0), "scale is None; give"),
    (parameters.profile, ("slow",), "profile is 'slow'; give one of 'quick', 'full'"),
    (parameters.seed, (-1,), "seed is -1; give a whole number from 0 to 4294967295"),
]
GOOD: list[tuple[Any, tuple[Any, ...]]] = [
    (parameters.one_of, ("T", 500, (100, 500, 1000))),
    (parameters.one_of, ("net", "3x2-0.5", ("3x2-0.5", "4x1-0.5"))),
    (parameters.whole_number, ("q", 1, 1, 10)),
    (parameters.whole_number, ("q", 10, 1, 10)),
    (parameters.number, ("scale", 5, 0.0, 5.0)),
    (parameters.number, ("scale", 0.5, 0.0, 5.0)),
    (parameters.profile, ("full",)),
    (parameters.seed, (0,)),
    (parameters.seed, (2**32 - 1,)),
]


@pytest.mark.parametrize(("check", "given", "words"), BAD)
def test_refuses_a_bad_value_with_its_choices(check: Any, given: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ParameterError) as error:
        check(*given)
    assert str(error.value).startswith(words)


@pytest.mark.parametrize(("check", "given"), GOOD)
def test_lets_a_good_value_pass(check: Any, given: tuple[Any, ...]) -> None:
    check(*given)


def evidence(reading: str, trials: dict[int, tuple[bool, int]]) -> Evidence:
    """Make up records of an experiment: success and time steps of every trial."""
    row = experiments.row("table9/6a")
    records = [
        {"trial": trial, "success": success, "sequences": steps // 100, "steps": steps, "cap": row.cap}
        for trial, (success, steps) in trials.items()
    ]
    return Evidence(summarise([], row, reading), records)


LITERAL = {1: (True, 9_000), 2: (True, 3_000), 3: (False, 1_000), 4: (True, 50_000)}


def test_finds_the_reading_among_those_with_records() -> None:
    found = [evidence("literal", LITERAL), evidence("institute", LITERAL), evidence("recurrent", {})]
    assert parameters.reading("institute", found) is found[1]
    with pytest.raises(ParameterError, match="^reading is 'recurrent'; give one of 'literal', 'institute'$"):
        parameters.reading("recurrent", found)


def test_finds_the_trial() -> None:
    one = evidence("literal", LITERAL)
    assert parameters.trial(3, one, "quick") is one.records[2]
    assert parameters.trial(4, one, "full") is one.records[3]
    assert parameters.trial(None, one, "quick")["trial"] == 2, "the shortest of the solved ones"
    assert parameters.trial(None, evidence("literal", {5: (False, 9), 6: (False, 8)}), "quick")["trial"] == 6


@pytest.mark.parametrize(
    ("value", "longest", "words"),
    [
        (7, 1e9, r"trial is 7; of table9/6a under the reading 'literal', give one of 1, 2, 3, 4, or None"),
        (True, 1e9, r"trial is True; .* give one of 1, 2, 3, 4"),
        ("3", 1e9, r"trial is '3'; .* give one of 1, 2, 3, 4"),
        (
            4,
            1e4,
            r'trial is 4; .* takes 50,000 time steps, .*\(10,000 time steps\): give profile = "full", or one of 1',
        ),
        (7, 1e4, r"trial is 7; .* give one of 1, 2, 3, or None"),
        (None, 10, r'trial is None; every recorded trial of table9/6a .*: give profile = "full", or another row'),
    ],
)
def test_refuses_a_trial_without_record_and_a_long_one(
    monkeypatch: pytest.MonkeyPatch, value: object, longest: float, words: str
) -> None:
    monkeypatch.setattr(parameters, "LONGEST", longest)
    with pytest.raises(ParameterError, match=words):
        parameters.trial(value, evidence("literal", LITERAL), "quick")
    if value in (4, None):
        assert parameters.trial(value, evidence("literal", LITERAL), "full")["trial"] in (4, 2)


def test_a_notebook_shows_the_message_alone(capsys: pytest.CaptureFixture[str]) -> None:
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.run_cell("from lstm97_book.pages import parameters\nparameters.one_of('T', 200, (100, 500))")
    InteractiveShell.clear_instance()
    shown = capsys.readouterr()
    assert (shown.out + shown.err).strip().splitlines() == ["ParameterError: T is 200; give one of 100, 500"]
