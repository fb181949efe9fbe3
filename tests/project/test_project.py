"""The project's own files hold to each other."""

import importlib.metadata
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

import lstm97

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
URL = PYPROJECT["project"]["urls"]["Repository"]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> dict[str, str]:
    """Return the lock's pins with their markers, one for each package."""
    pins = re.findall(r"^([a-z0-9][\w.-]*)==(.+?) *\\$", lock, re.MULTILINE)
    return {normal(name): rest for name, rest in pins}


def unlocked(requirements: list[str], lock: str) -> list[str]:
    """Return the requirements that the lock does not carry."""
    names = [re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0] for requirement in requirements]
    return [name for name in names if normal(name) not in locked(lock)]


def requirements() -> list[str]:
    project = PYPROJECT["project"]
    return [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]


def test_lock_carries_every_requirement_with_hashes() -> None:
    assert unlocked([*requirements(), "setuptools"], LOCK) == []
    assert LOCK.count("==") - LOCK.count(" == ") >= len(locked(LOCK))
    unhashed = re.findall(r"^([a-z0-9][\w.-]*==[^\\]*)$", LOCK, re.MULTILINE)
    assert unhashed == []


def test_a_missing_pin_is_seen() -> None:
    assert unlocked(["numba>=0.61"], re.sub(r"(?m)^numba==.*$", "", LOCK)) == ["numba"]


def test_environment_has_the_pins_of_the_lock() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, piped = environment["dependencies"]
    assert environment["name"] == PYPROJECT["project"]["name"]
    assert pip == "pip"
    assert python.removeprefix("python=") in PYPROJECT["project"]["requires-python"]
    *pins, itself, companion = piped["pip"]
    assert (itself, companion) == ("-e .", "-e ./book")
    assert {normal(name): rest for name, rest in (pin.split("==", 1) for pin in pins)} == locked(LOCK)


def test_one_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PYPROJECT["project"]["version"]
    assert importlib.metadata.version("lstm97") == PYPROJECT["project"]["version"]
    companion = tomllib.loads((ROOT / "book" / "pyproject.toml").read_text(encoding="utf-8"))
    assert companion["project"]["version"] == PYPROJECT["project"]["version"]


def test_one_address() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert citation["repository-code"] == URL
    assert config["repository"]["url"] == URL
    assert URL in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "book/index.md", ".ci/run"])
def test_make_commands_in_documents_exist(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"book", "test"} <= named
    assert named <= targets


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md"])
def test_local_links_lead_somewhere(file: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / file).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_readme_shows_the_tree_as_it_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (tree,) = re.findall(r"```text\n(.*?)```", readme, re.DOTALL)
    shown = {line.split()[0].rstrip("/") for line in tree.splitlines() if line and not line.startswith(" ")}
    assert {name for name in shown if not (ROOT / name).exists()} == set()
    hidden = {".git", ".venv", "_build"}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert {name for name in folders - hidden - shown if not name.endswith(".egg-info")} == set()


def chapters(entry: object) -> list[str]:
    """Return every page that a table of contents names, in order."""
    if isinstance(entry, list):
        return [name for part in entry for name in chapters(part)]
    if isinstance(entry, dict):
        own = [entry[key] for key in ("root", "file") if key in entry]
        return own + [name for value in entry.values() for name in chapters(value)]
    return []


def test_contents_name_every_page_and_notebook() -> None:
    top, below = ((ROOT / folder / "_toc.yml").read_text(encoding="utf-8") for folder in ("", "book"))
    assert below == top
    assert not (ROOT / "book" / "_toc.yml").is_symlink()  # some systems make of a link a file with a path in it
    named = chapters(yaml.safe_load(top))
    assert len(named) == len(set(named))
    book = ROOT / "book"
    pages = {path.relative_to(book).with_suffix("").as_posix() for path in book.rglob("*.md")}
    notebooks = {f"executed/{path.stem}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert set(named) == pages | notebooks


def test_supported_pythons_are_tested() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    declared = [line.rpartition(" ")[2] for line in PYPROJECT["project"]["classifiers"] if "Python :: 3." in line]
    assert tested == declared


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def loose(workflow: str) -> list[str]:
    """Name what a workflow leaves open: actions that can change, credentials, rights, and time without a bound."""
    found = [line.strip() for line in re.findall(r"uses:.*", workflow) if not re.search(r"@[0-9a-f]{40} # v\d", line)]
    parsed = yaml.safe_load(workflow)
    if parsed.get("permissions") != {"contents": "read"}:
        found.append("permissions")
    for name, job in parsed["jobs"].items():
        if job.get("timeout-minutes", 999) > 60:
            found.append(f"{name}: no time limit")
        for step in job["steps"]:
            if "checkout" in step.get("uses", "") and step.get("with", {}).get("persist-credentials") is not False:
                found.append(f"{name}: the checkout keeps its credentials")
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_leave_nothing_open(path: Path) -> None:
    workflow = path.read_text(encoding="utf-8")
    assert loose(workflow) == []
    for closed, opened in (
        (r"@[0-9a-f]{40} #", "@"),
        (r"contents: read", "contents: write"),
        (r"timeout-minutes: \d+", "continue-on-error: false"),
        (r"persist-credentials: false", "persist-credentials: true"),
    ):
        assert loose(re.sub(closed, opened, workflow, count=1)), f"without {closed}"


def test_a_bot_looks_for_updates() -> None:
    bot = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))
    assert {one["package-ecosystem"] for one in bot["updates"]} == {"github-actions", "pip"}


def test_notebooks_name_the_kernel_that_every_environment_has() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]["name"] == "python3", path.name


def test_the_readmes_picture_shows_the_committed_records(tmp_path: Path) -> None:
    from lstm97_book.sphinx.generated import draw_results, scores

    def described(path: Path) -> str:
        return re.findall(r"<dc:description>(.*?)</dc:description>", path.read_text(encoding="utf-8"), re.DOTALL)[0]

    found = [one for one in scores() if one.reading == "literal"]
    draw_results(found, tmp_path / "now.svg")
    committed = described(ROOT / "book" / "_assets" / "results.svg")
    assert committed == described(tmp_path / "now.svg"), "the records changed: make notebooks draws the picture anew"
    measured = [one for one in found if one.records]
    draw_results(measured[1:], tmp_path / "other.svg")
    assert committed != described(tmp_path / "other.svg")


def test_every_public_name_is_described_with_an_example() -> None:
    """The page's examples are run as tests of their own."""
    page = (ROOT / "book" / "public-names.md").read_text(encoding="utf-8")
    examples = "\n".join(re.findall(r"^(?:>>>|\.\.\.) (.*)$", page, re.MULTILINE))
    prose = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    for name in lstm97.__all__:
        assert f"`{name}`" in prose
        assert f"lstm97.{name}" in examples


def test_every_public_name_is_there() -> None:
    assert all(getattr(lstm97, name) is not None for name in lstm97.__all__)
