"""The published measurement, and one of a reader's own."""

import json
from pathlib import Path

import pytest
from lstm97_book.pages import measurement
from lstm97_book.pages.parameters import ParameterError


def test_the_published_measurement_is_read_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert measurement.read()["engines"][0]["ns_per_step"] > 0


def test_a_readers_own_is_read(tmp_path: Path) -> None:
    own = measurement.read() | {"trials": []}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"data": own}))
    assert measurement.read(str(path)) == own != measurement.read()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (None, "which is no measurement"),
        ("{", "which is no measurement"),
        ("[]", "which is no measurement"),
        ('{"data": null}', "which is no measurement"),
        ('{"data": {"engines": []}}', "lacks targets, costs, trials, lag, weights, symbols, systems"),
    ],
)
def test_anything_else_is_refused_with_a_way_out(tmp_path: Path, text: str | None, word: str) -> None:
    path = tmp_path / "mine.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ParameterError, match=rf"mine\.json.*{word}.*lstm97 bench --json"):
        measurement.read(str(path))


def test_a_value_that_is_no_path_is_refused() -> None:
    with pytest.raises(ParameterError, match="bench is 3, which is no measurement"):
        measurement.read(3)
