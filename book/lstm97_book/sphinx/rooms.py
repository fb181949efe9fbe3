"""The architecture in pictures, made from the import contracts of pyproject.toml and the packages' docstrings."""

import importlib
import inspect
import textwrap
import tomllib
from pathlib import Path
from typing import NamedTuple

#: Of a room: width and height, and the room between two layers, in inches.
WIDTH, HEIGHT, GAP = 2.1, 0.62, 0.34


class Contract(NamedTuple):
    """Layers of rooms; each imports only from those below it, and rooms of one layer not from each other."""

    name: str
    layers: list[list[str]]


def contracts(root: Path) -> list[Contract]:
    """Read the layers that the checks hold the packages to, the highest first."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return [
        Contract(contract["name"], [layer.split(" | ") for layer in contract["layers"]])
        for contract in settings["contracts"]
        if contract["type"] == "layers"
    ]


def purpose(module: str) -> list[str]:
    """Return the paragraphs of a package's docstring: what it is; what lives there, and what must not."""
    return inspect.cleandoc(importlib.import_module(module).__doc__ or "").split("\n\n")


def draw(layers: list[list[str]], path: Path) -> None:
    """Draw layers as rows of boxes, the highest first; an arrow says who may import whom."""
    pyplot = importlib.import_module("matplotlib.pyplot")
    figures = importlib.import_module("lstm97_book.figures")
    figures.use_style()
    widest = max(map(len, layers))
    figure, axes = pyplot.subplots(figsize=(0.3 + WIDTH * 1.08 * widest, 0.2 + (HEIGHT + GAP) * len(layers)))
    for number, layer in enumerate(layers):
        y = -(HEIGHT + GAP) * number
        left = -WIDTH * 1.08 * len(layer) / 2
        for place, room in enumerate(layer):
            x = left + WIDTH * 1.08 * (place + 0.5)
            box = pyplot.Rectangle((x - WIDTH / 2, y), WIDTH, HEIGHT, fill=False, ec=figures.INTERNAL_STATE, lw=1.4)
            axes.add_patch(box)
            axes.text(x, y + HEIGHT / 2, room.rpartition(".")[2], ha="center", va="center", color=figures.GREY)
        if number + 1 < len(layers):
            arrow = {"arrowstyle": "->", "color": figures.GREY}
            axes.annotate("", (0, y - GAP), (0, y), arrowprops=arrow)
    axes.set(xlim=(-WIDTH * 0.56 * widest, WIDTH * 0.56 * widest), ylim=(y - 0.1, HEIGHT + 0.1))
    axes.set_aspect("equal")
    axes.axis("off")
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def architecture(root: Path) -> str:
    """Draw the layers of core and companion, and say what lives in each room."""
    parts = []
    for contract in contracts(root):
        package = contract.layers[0][0].partition(".")[0]
        draw(contract.layers, root / "book" / "executed" / f"layers-{package}.svg")
        order = "; ".join(", ".join(room.rpartition(".")[2] for room in layer) for layer in contract.layers)
        parts.append(
            f"```{{figure}} executed/layers-{package}.svg\n:name: fig-layers-{package}\n"
            f":alt: From top to bottom: {order}.\n\n"
            f"The rooms of `{package}`. {contract.name}; rooms side by side do not know each other. The checks hold "
            "this, and the picture is made from what they check.\n```\n"
        )
        for room in (room for layer in reversed(contract.layers) for room in layer):
            first, *rest = purpose(room)
            text = "\n\n".join([first, *rest[:1]] if rest and rest[0].startswith("Here:") else [first])
            parts.append(f"**`{room}`**\n: {textwrap.indent(text, '  ').strip()}\n")
    return "\n".join(parts)
