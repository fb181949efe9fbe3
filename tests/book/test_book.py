"""The built pages: nothing comes from another host, and downloads and links lead to the sources."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from lstm97_book.sphinx import explorers

ROOT = Path(__file__).parents[2]
HTML = ROOT / "_build" / "html"
FOREIGN = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
CSS_URL = re.compile(r"""(?:url\(\s*|@import\s+)["']?\s*((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)
LOADED_LINKS = {"stylesheet", "preload", "prefetch", "modulepreload", "icon", "preconnect", "dns-prefetch"}


def pages() -> list[Path]:
    """Return the built pages, without the theme's templates, which lie beside its styles."""
    return sorted(page for page in HTML.rglob("*.html") if "_static" not in page.parts)


needs_book = pytest.mark.skipif(
    not (HTML / "index.html").exists(), reason="the book has not been built: run `make book` first"
)


def loaded_from_elsewhere(page: str) -> list[str]:
    """Return every address on another host that a browser would ask while it shows the page."""
    soup = BeautifulSoup(page, "html.parser")
    addresses = [tag.get(name) for name in ("src", "srcset", "data", "poster") for tag in soup.select(f"[{name}]")]
    addresses += [tag.get("href") for tag in soup.select("link") if LOADED_LINKS & set(tag.get("rel") or [])]
    styles = [tag.get_text() for tag in soup.find_all("style")]
    styles += [str(tag.get("style")) for tag in soup.select("[style]")]
    # Scripts in the page that fetch, import or name a library elsewhere.
    scripts = [tag.get_text() for tag in soup.find_all("script") if "json" not in str(tag.get("type"))]
    named = [found for text in scripts for found in re.findall(r"https?://[^\"'\s)]+", text)]
    styled = [found for text in styles for found in CSS_URL.findall(text)]
    return [str(address) for address in addresses if FOREIGN.match(str(address))] + named + styled


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//cdn.example/x.css">',
        '<img src="http://example/x.png">',
        "<style>@font-face { src: url(https://fonts.example/x.woff) }</style>",
        '<script>const URL = "https://unpkg.example/thebe"</script>',
    ],
)
def test_scan_sees_a_foreign_address(page: str) -> None:
    assert loaded_from_elsewhere(page)


def test_scan_lets_links_be() -> None:
    assert not loaded_from_elsewhere(
        '<a href="https://doi.org/x">x</a><img src="_images/a.png"><link rel="next" href="b.html">'
    )


@needs_book
def test_pages_load_nothing_from_elsewhere() -> None:
    found = {page.name: bad for page in pages() if (bad := loaded_from_elsewhere(page.read_text(encoding="utf-8")))}
    assert not found


@needs_book
def test_styles_load_nothing_from_elsewhere() -> None:
    found = {css.name: CSS_URL.findall(css.read_text(encoding="utf-8")) for css in HTML.rglob("*.css")}
    assert not {name: bad for name, bad in found.items() if bad}


@needs_book
def test_every_local_resource_exists() -> None:
    missing = set()
    for page in pages():
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        for tag in [
            *soup.select("img[src]"),
            *soup.select("script[src]"),
            *soup.select("link[href]"),
        ]:
            address = str(tag.get("src") or tag.get("href")).split("?")[0].split("#")[0]
            if address and not FOREIGN.match(address) and not address.startswith("data:"):
                target = (page.parent / address).resolve()
                if not target.exists():
                    missing.add(f"{page.relative_to(HTML)}: {address}")
    assert not missing


@needs_book
def test_mathematics_is_on_board() -> None:
    assert (HTML / "_static" / "mathjax" / "tex-mml-chtml.js").exists()
    assert list((HTML / "_static" / "mathjax" / "output" / "chtml" / "fonts").rglob("*.woff"))
    assert "_static/mathjax/tex-mml-chtml.js" in (HTML / "notation.html").read_text(encoding="utf-8")


@needs_book
def test_every_figure_says_what_to_see() -> None:
    bare = []
    for page in sorted((HTML / "executed").glob("*.html")):
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        for image in soup.select("article img"):
            if not image.get("alt") or str(image["alt"]).endswith(".png"):
                bare.append(f"{page.name}: {image['src']}")
    assert not bare


@needs_book
def test_buttons_and_downloads_lead_to_the_source_notebook() -> None:
    for page in sorted((HTML / "executed").glob("*.html")):
        source = f"notebooks/{page.stem}.ipynb"
        text = page.read_text(encoding="utf-8")
        assert "book/executed/" not in text
        for start in ("mybinder.org", "colab.research.google.com", "/edit/main/", "/blob/main/"):
            assert re.search(rf"{re.escape(start)}[^\"]*{re.escape(source)}", text), f"{page.name}: {start}"
        downloaded = HTML / "_sources" / "executed" / f"{page.stem}.ipynb"
        assert json.loads(downloaded.read_text()) == json.loads((ROOT / source).read_text())
        executed = json.loads(page.with_suffix(".ipynb").read_text())
        assert f'href="{page.stem}.ipynb"' in text
        assert "{glue:" not in "".join("".join(cell["source"]) for cell in executed["cells"])
        shown = [
            mime for cell in executed["cells"] for out in cell.get("outputs", ()) for mime in out.get("data", {})
        ]
        has_figures = any("figure" in cell["metadata"].get("mystnb", {}) for cell in executed["cells"])
        assert ("image/png" in shown) == has_figures


@needs_book
def test_explorers_have_a_page_and_their_scripts() -> None:
    placed: set[str] = set()
    for page in pages():
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        scripts = [Path(str(tag["src"]).split("?")[0]) for tag in soup.select("script[src]")]
        loaded = {script.stem for script in scripts if script.parent.name == "explorers"}
        # without scripts, the picture stays
        shown = {name for name in explorers.PICTURES if soup.select(f"figure.explorer-{name} img")}
        placed |= shown
        assert loaded == (shown | set(explorers.SHARED) if shown else set()), page.name
    assert placed == set(explorers.PICTURES)
