"""The explorers in the built pages, opened from disk in headless Chromium: moved, and compared with the package."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lstm97_book.sphinx.explorers import NOISE, READ, STORE, hand_wired_cell
from test_explorers import QUICK_SEED, largest_factors

from lstm97.theory import error_flow

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

HTML = Path(__file__).parents[2] / "_build" / "html"
PAGES = {
    "train": "train-it-here.html",
    "memory-cell": "executed/4-memory-cell.html",
    "error-flow": "executed/3-1-exponentially-decaying-error.html",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in BROWSERS if (path := shutil.which(name))), None)
#: No sandbox, because continuous integration may run as root; the rest keeps the browser from calling home.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 800}

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None, reason="Chromium is not installed, so the explorers are not tested in a page"
    ),
    pytest.mark.skipif(
        not (HTML / PAGES["train"]).exists(), reason="the book has not been built: run `make book` first"
    ),
]
explorers = pytest.mark.parametrize("name", PAGES)


class Book:
    """The explorers' pages, each opened once, because a page takes long to load; tests set what they rely on."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser
        self.failures: list[str] = []
        self._open: dict[str, Any] = {}

    def figure(self, name: str, viewport: Any = DESKTOP) -> Any:
        """Give an explorer's figure in a window of a size."""
        if name not in self._open:
            self._open[name] = self.opened(name, has_touch=True)
            self._open[name].locator(".live svg").last.wait_for()
        figure = self._open[name]
        figure.page.set_viewport_size(viewport)
        return figure

    def opened(self, name: str, reduced_motion: str = "reduce", **settings: Any) -> Any:
        context = self.browser.new_context(viewport=DESKTOP, reduced_motion=reduced_motion, **settings)
        context.set_default_timeout(120_000)
        context.route("**/mathjax/**", lambda route: route.abort())  # the greater part of the time
        page = context.new_page()
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.goto((HTML / PAGES[name]).as_uri(), wait_until="domcontentloaded")
        return page.locator(f"figure.explorer-{name}")


@pytest.fixture(scope="module")
def opened_book() -> Iterator[Book]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield Book(browser)
        browser.close()


@pytest.fixture
def book(opened_book: Book) -> Iterator[Book]:
    opened_book.failures.clear()
    yield opened_book
    assert opened_book.failures == [], "a script failed"


def number(text: str) -> float:
    """Read a number as the explorers write it."""
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
    mantissa, _, exponent = text.replace(",", "").partition("·10")
    return float(mantissa.translate(raised)) * 10.0 ** int(exponent.translate(raised) or 0)


def facts(figure: Any) -> list[float]:
    return [number(text) for text in figure.locator("dd").all_inner_texts()]


def drawn(figure: Any) -> list[float]:
    """Read the numbers that the memory cell's drawing says in words."""
    words = figure.locator("svg").first.get_attribute("aria-label")
    return [number(found) for found in re.findall(r"−?\d(?:[\d,.]*\d)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?", words)]


# --- the pages


def test_a_picture_stands_where_there_are_no_scripts(book: Book) -> None:
    figure = book.opened("train", java_script_enabled=False)
    assert figure.locator("img").bounding_box()["width"] > 300
    assert figure.locator(".live").count() == 0
    figure.page.context.close()


@explorers
def test_the_explorer_takes_the_pictures_place(book: Book, name: str) -> None:
    figure = book.figure(name)
    assert figure.locator(".live svg").count() >= 1
    assert figure.locator("img").count() == 0
    assert figure.locator("figcaption").inner_text()


def violations(figure: Any) -> list[str]:
    """Let axe look at an explorer."""
    found = axe.Axe().run(figure.page, context="figure.explorer").response
    assert found["passes"]
    return [violation["id"] for violation in found["violations"]]


@explorers
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(book: Book, name: str, scheme: str, viewport: Any) -> None:
    figure = book.figure(name, viewport)
    figure.page.emulate_media(color_scheme=scheme)
    playwright.expect(figure.page.locator("html")).to_have_attribute("data-theme", scheme)
    assert violations(figure) == []


@explorers
def test_a_phone_shows_all_of_it(book: Book, name: str) -> None:
    figure = book.figure(name, PHONE)
    assert figure.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for control in figure.locator("button, select, input").all():
        assert control.bounding_box()["height"] >= 44
    letters = figure.locator("svg text").evaluate_all(
        "texts => texts.map(t => parseFloat(getComputedStyle(t).fontSize))"
    )
    assert min(letters) >= 12


# --- error flow


RANDOM_NET = """(n) => {
  const { w, y } = makeErrorFlow().randomNet(n, 1);
  return { w: Array.from(w), y: Array.from(y) };
}"""


def test_error_flow_shows_the_packages_numbers(book: Book) -> None:
    figure = book.figure("error-flow")
    weights, units, lag = figure.locator("input[type=range]").all()
    for slider, presses in ((weights, 25), (units, 5), (lag, 29)):
        slider.press("Home")
        for _ in range(presses):
            slider.press("ArrowRight")
    assert weights.get_attribute("aria-valuetext") == "0.71"
    n, w_max, q = 6, 2.0**-0.5, 30
    for activation, most in (("logistic", 0.25), ("tanh", 1.0), ("linear", 1.0)):
        figure.locator("select").select_option(activation)
        net = figure.page.evaluate(RANDOM_NET, n)
        factor = largest_factors(net, n, w_max, activation, 100)[q - 1]
        tau = error_flow.decay_per_step(n, 4.0 * most * w_max)
        assert facts(figure) == pytest.approx([factor, n * tau**q, factor ** (1 / q), tau], rel=6e-3)
    before = facts(figure)
    figure.get_by_role("button", name="Another random net").click()
    assert facts(figure) != before
    assert "largest factor" in figure.get_by_role("status").inner_text()
    figure.locator("select").select_option("tanh")
    weights.press("End")
    lag.press("End")  # saturated units let nothing through
    assert facts(figure)[0] == facts(figure)[2] == 0.0


def test_axe_sees_a_control_without_a_label(book: Book) -> None:
    figure = book.figure("error-flow")
    figure.locator("label").first.evaluate("label => label.remove()")
    assert violations(figure) == ["label"]


# --- the memory cell


def test_the_cell_shows_the_packages_numbers(book: Book) -> None:
    figure = book.figure("memory-cell")
    in_bias, out_bias, step = figure.locator("input[type=range]").all()
    for _ in range(4):
        in_bias.press("ArrowRight")
    for _ in range(2):
        out_bias.press("ArrowLeft")
    figure.get_by_role("group", name="the signal").get_by_role("slider").first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "ArrowRight", "End"):
        figure.page.keyboard.press(key)
    figure.get_by_role("group", name="store").get_by_role("slider").nth(6).click()
    step.press("Home")
    for _ in range(6):
        step.press("ArrowRight")

    values = np.zeros((len(NOISE), 3))
    values[:, 0] = NOISE
    values[2:4, 0] = 1.0
    values[[STORE - 1, 6, READ - 1], [1, 1, 2]] = 1.0
    trace = hand_wired_cell(values, -3.0, -6.0)
    at, _, y_in, net_c, _, s_c, _, _, y_out, y_c, *_ = drawn(figure)
    assert (at, net_c) == (7, NOISE[6])
    expected = [getattr(trace, name)[6, 0] for name in ("y_in", "s_c", "y_out", "y_c")]
    assert [y_in, s_c, y_out, y_c] == pytest.approx(expected, rel=6e-3)


def test_a_finger_paints_the_signal(book: Book) -> None:
    figure = book.figure("memory-cell", PHONE)
    signal = figure.get_by_role("group", name="the signal")
    signal.tap(position={"x": signal.bounding_box()["width"] * 9.5 / 16, "y": 2})
    assert float(signal.get_by_role("slider").nth(9).get_attribute("aria-valuenow")) > 0.8
    assert drawn(figure)[0] == 10


def test_the_error_travels_back(book: Book) -> None:
    assert book.figure("memory-cell").get_by_role("button", name="Play").count() == 0  # less motion was asked for
    figure = book.opened("memory-cell", reduced_motion="no-preference")
    errors = figure.locator("svg").last.locator("polyline.error").first
    figure.get_by_role("button", name="Play").click()
    assert points(errors) == 0
    seen = {points(errors)}
    while figure.get_by_role("button", name="Stop").count():
        seen.add(points(errors))
    assert len(seen) > 4  # none, then one step more at a time
    assert points(errors) == READ
    assert figure.get_by_role("slider", name="Step shown").get_attribute("aria-valuetext") == "1 of 16"
    figure.page.context.close()


def points(line: Any) -> int:
    return len(line.get_attribute("points").split())


# --- a net that learns


def test_a_net_learns_in_the_page(book: Book) -> None:
    figure = book.figure("train")
    status, seed = figure.get_by_role("status"), figure.get_by_role("spinbutton", name="Seed")
    seed.fill(str(QUICK_SEED))
    seed.press("Enter")
    for n in (1, 2):
        figure.get_by_role("button", name="Step").click()
        playwright.expect(figure.locator("dd").first).to_have_text(str(n))
    figure.get_by_role("button", name="Start").click()
    playwright.expect(status).to_contain_text("Learned after", timeout=240_000)
    sequences, _, mean_error, in_a_row = facts(figure)
    assert f"{int(sequences):,} sequences" in status.inner_text()
    # single steps and slices of time play no part: a trial in one go ends at the same sequence
    in_one_go = """(seed) => {
      const trial = new (makeTrial())({ task: "order", seed, alpha: 0.5 });
      while (!trial.solved) trial.learn();
      return trial.sequences;
    }"""
    assert sequences == figure.page.evaluate(in_one_go, QUICK_SEED)
    assert mean_error < 0.1
    assert in_a_row >= 2000
    figure.get_by_role("button", name="Reset").click()
    playwright.expect(figure.locator("dd").first).to_have_text("0")
    playwright.expect(status).to_contain_text("Ready")


def test_the_adding_problem_can_be_chosen_paused_and_continued(book: Book) -> None:
    """It takes minutes to learn, so that it can't end before the pause."""
    figure = book.figure("train")
    figure.get_by_label("Task").select_option("adding")
    figure.get_by_role("button", name="Start").click()
    playwright.expect(figure.locator("svg").last).to_have_attribute("aria-label", re.compile(r"targets 0\.\d+\.$"))
    status, sequences = figure.get_by_role("status"), figure.locator("dd").first
    playwright.expect(sequences).to_have_text(re.compile(r"\d{3}"), timeout=60_000)
    figure.get_by_role("button", name="Pause").click()
    playwright.expect(status).to_contain_text("Paused after", timeout=60_000)
    paused_after = number(sequences.inner_text())
    figure.get_by_role("button", name="Start").click()
    playwright.expect(status).to_have_text("Learning.")
    figure.get_by_role("button", name="Pause").click()
    playwright.expect(status).to_contain_text("Paused after", timeout=60_000)
    assert number(sequences.inner_text()) > paused_after
