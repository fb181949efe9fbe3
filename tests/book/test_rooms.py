"""The picture of the architecture is that of the contracts which the checks hold."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from lstm97_book.sphinx import rooms

ROOT = Path(__file__).parents[2]
#: Modules at the top that belong to no room.
BESIDE = {"__main__"}


@pytest.fixture
def page(tmp_path: Path) -> tuple[str, Path]:
    (tmp_path / "book" / "executed").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return rooms.architecture(tmp_path), tmp_path / "book" / "executed"


@pytest.mark.parametrize(("package", "folder"), [("lstm97", ROOT), ("lstm97_book", ROOT / "book")])
def test_every_room_stands_in_a_contract(package: str, folder: Path) -> None:
    """So no package can be added that no contract holds."""
    named = {
        room
        for contract in rooms.contracts(ROOT)
        for layer in contract.layers
        for room in layer
        if room.startswith(f"{package}.")
    }
    there = {path.stem for path in (folder / package).iterdir() if not path.name.startswith(("__", "."))}
    assert named == {f"{package}.{name}" for name in there - BESIDE}


def test_the_page_shows_and_describes_every_room(page: tuple[str, Path]) -> None:
    text, folder = page
    for contract in rooms.contracts(ROOT):
        package = contract.layers[0][0].partition(".")[0]
        picture = (folder / f"layers-{package}.svg").read_text(encoding="utf-8")
        for room in (room for layer in contract.layers for room in layer):
            assert find_spec(room)
            assert f"**`{room}`**" in text
            assert f"<!-- {room.rpartition('.')[2]} -->" in picture


def test_packages_say_what_lives_there_and_what_must_not(page: tuple[str, Path]) -> None:
    for contract in rooms.contracts(ROOT):
        for room in (room for layer in contract.layers for room in layer):
            spec = find_spec(room)
            assert spec is not None
            if spec.submodule_search_locations and room != "lstm97_book.sphinx":
                assert re.match(r"Here: .*Not here: ", rooms.purpose(room)[1], re.DOTALL), room
