"""The recorded measurement, and one of a reader's own."""

import json
from pathlib import Path

import pytest
from lstm97_book.bench import recorded


def test_the_published_measurement_is_read_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert recorded.read()["engines"][0]["ns_per_step"] > 0


def test_a_readers_own_is_read(tmp_path: Path) -> None:
    own = recorded.read() | {"trials": []}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"data": own}))
    assert recorded.read(path) == own != recorded.read()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (None, "not a readable measurement"),
        ("{", "not a readable measurement"),
        ("[]", "not a readable measurement"),
        ('{"data": null}', "not a readable measurement"),
        ('{"data": {"engines": []}}', "lacks trials, lag, weights, symbols, systems"),
    ],
)
def test_anything_else_is_refused_with_a_way_out(tmp_path: Path, text: str | None, word: str) -> None:
    path = tmp_path / "mine.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=rf"mine\.json.*{word}.*lstm97 bench --json"):
        recorded.read(path)
