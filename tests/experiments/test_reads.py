"""What a reading chooses reaches the task, the rule or the net that declares it, and nothing by its name alone."""

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from lstm97.experiments import LSTMRow, lstm_row, lstm_rows, rows, stopping
from lstm97.experiments.base import with_choices
from lstm97.learners import LSTM, Growing
from lstm97.net.reading import Reading
from lstm97.tasks import Adding, tasks

RULES = [cls for cls in vars(stopping).values() if dataclasses.is_dataclass(cls) and hasattr(cls, "watch")]
PARTS: list[Any] = [*tasks().values(), *RULES, LSTM, LSTMRow]
READ = [(part, name) for part in PARTS for name in part.reads]


def test_every_field_of_a_reading_is_read_and_every_choice_known() -> None:
    assert len(RULES) == 5
    assert {name for _, name in READ} == {entry.name for entry in dataclasses.fields(Reading)}
    choices = {entry["name"]: {entry["default"], *entry["alternatives"]} for entry in Reading.describe()}
    for part, name in READ:
        assert set(part.reads[name]) == choices[name], (part, name)
        if part not in (LSTM, LSTMRow):
            assert name in {entry.name for entry in dataclasses.fields(part)}


class Spy(Reading):
    """A reading that notes which of its fields are looked at."""

    seen: ClassVar[set[str]] = set()

    def __getattribute__(self, name: str) -> Any:
        if name in Reading.__dataclass_fields__:
            Spy.seen.add(name)
        return super().__getattribute__(name)


def test_rows_look_at_what_they_declare_and_at_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the checks, which look at all that is declared."""
    for module in ("lstm97.learners.lstm", "lstm97.experiments.base"):
        monkeypatch.setattr(f"{module}.check_choices", lambda *_: None)
    by_rows: set[str] = set()
    by_nets: set[str] = set()
    reading = Spy()
    for row in lstm_rows().values():
        Spy.seen.clear()
        learner = row.learner_under(reading)
        by_rows |= Spy.seen - {"output_unit"}  # by which a net knows a reading
        net = learner.lstm if isinstance(learner, Growing) else learner
        Spy.seen.clear()
        _ = net.wiring
        net.start(np.random.default_rng(0))
        by_nets |= Spy.seen
    assert by_rows == set(LSTMRow.reads)
    assert by_nets == set(LSTM.reads)


def test_a_shared_name_alone_connects_nothing() -> None:
    @dataclass(frozen=True)
    class Other(Adding):
        count: str = "mine"

    other = with_choices(Other(30), Reading(second_mark="position", count="exclusive"))
    assert (other.second_mark, other.count) == ("position", "mine")


def test_a_declared_field_that_no_reading_has_is_an_error() -> None:
    class Other(Adding):
        reads = {**Adding.reads, "third_mark": ("anywhere",)}

        third_mark = "anywhere"

    with pytest.raises(ValueError, match="Other reads 'third_mark', which Reading lacks"):
        with_choices(Other(30), Reading())


@pytest.mark.parametrize(("part", "name"), READ, ids=lambda part: getattr(part, "__name__", part))
def test_a_choice_that_a_part_does_not_know_is_refused(part: Any, name: str) -> None:
    """A reading's new choice doesn't pass for one of the old ones."""
    reading = Reading()
    object.__setattr__(reading, name, "a new choice")
    row = lstm_row("table7/T100")
    parts = [one for row in rows().values() for one in (*row.tasks, row.stop) if isinstance(one, part)]
    with pytest.raises(ValueError, match=f"{name} is 'a new choice': give one of"):
        LSTM(row.topology, 0.5, 0.1, reading=reading) if part is LSTM else (
            row.learner_under(reading) if part is LSTMRow else with_choices(parts[0], reading)
        )
