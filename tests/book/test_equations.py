"""The list of the paper's equations: complete, every part there, every residual below its bound."""

from pathlib import Path

import pytest
from lstm97_book.equations import equation_checks, equations, errata
from lstm97_book.equations.equations import EQUATIONS, Equation
from support.mutation import names_of

from lstm97.tasks.distractors import expected_length, expected_occurrences

ROOT = Path(__file__).parents[2]
EACH = pytest.mark.parametrize("one", EQUATIONS, ids=lambda one: one.key)


def complaints(one: Equation) -> list[str]:
    """Name every part that an entry lacks."""
    found = [
        f"{part} is empty"
        for part in ("key", "section", "name", "latex", "meaning", "functions", "check", "test", "notebook")
        if not getattr(one, part)
    ]
    for function in one.functions:
        try:
            equations.Equation.resolve(one)
        except (AttributeError, ModuleNotFoundError):
            found.append(f"{function} does not exist")
    if not (getattr(equation_checks, one.check, None).__doc__ or "") if hasattr(equation_checks, one.check) else True:
        found.append(f"check {one.check} does not exist or says nothing")
    file, _, name = one.test.partition("::")
    if name not in names_of(ROOT / "tests" / file):
        found.append(f"test {one.test} does not exist")
    if not (ROOT / "notebooks" / f"{one.notebook}.ipynb").exists():
        found.append(f"notebook {one.notebook} does not exist")
    if one.latex.count("{") != one.latex.count("}") or one.latex.count(r"\begin") != one.latex.count(r"\end"):
        found.append("braces or environments do not match")
    if not 0.0 < one.bound <= 1e-2:
        found.append(f"bound {one.bound} is no bound")
    return found


def test_there_are_63_equations() -> None:
    numbered = [int(one.key) for one in EQUATIONS if one.numbered]
    assert sorted(numbered) == list(range(1, 42))
    assert len(EQUATIONS) == 63
    assert len({one.key for one in EQUATIONS}) == 63
    assert len({one.check for one in EQUATIONS}) == 63


@EACH
def test_entry_is_complete(one: Equation) -> None:
    assert complaints(one) == []


@pytest.mark.parametrize(
    ("part", "value", "word"),
    [
        ("meaning", "", "meaning is empty"),
        ("functions", ("error_flow.nothing",), "does not exist"),
        ("check", "nothing", "check nothing"),
        ("test", "test_equations.py::test_nothing", "test_nothing does not exist"),
        ("notebook", "9-9-nothing", "notebook 9-9"),
        ("latex", r"\frac{1}{2", "braces"),
        ("bound", 1.0, "no bound"),
    ],
)
def test_an_entry_that_lacks_a_part_is_found(part: str, value: object, word: str) -> None:
    one = Equation(**{**vars(EQUATIONS[0]), part: value})
    assert any(word in complaint for complaint in complaints(one))


@EACH
def test_residual(one: Equation) -> None:
    assert one.residual() <= one.bound


def test_gap_sees_what_a_comparison_could_miss() -> None:
    assert equation_checks.gap([1.0, 2.0], [1.0, 2.5]) == 0.2
    assert equation_checks.gap([0.0], [0.0]) == float("inf")
    assert equation_checks.gap([float("nan")], [1.0]) == float("inf")
    assert equation_checks.gap([1.0], [1.0, 1.0]) == float("inf")
    assert equation_checks.exactly_zero([0.0], [0.0]) == float("inf")
    assert equation_checks.exactly_zero([0.5], [1.0]) == 0.5


def test_equation_is_found_by_its_key() -> None:
    assert all(equations.equation(one.key) is one for one in EQUATIONS)
    with pytest.raises(KeyError, match="no equation '42'"):
        equations.equation("42")


def test_expected_length_is_one_less_than_printed() -> None:
    assert expected_length(1000) == pytest.approx(1013.0)
    assert expected_occurrences(1000, 100) == pytest.approx(10.09)


def test_errata_are_decided_by_numbers() -> None:
    repaired, printed = errata.index_order()
    assert repaired < 1e-12 < 0.1 < printed
    straight, crossed = errata.rows_and_columns()
    assert straight < 1e-12 < 0.1 < crossed
    left, right = errata.norm_counterexample()
    assert left > right
    assert errata.factor_two() == pytest.approx(2.0, abs=1e-7)
    weights, printed_count, right_count = errata.cost_of_output_updates()
    assert weights == right_count != printed_count
    assert errata.largest_possible_mse() < 0.0139
    pages = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    for one in errata.errata():
        assert all((one.where, one.printed, one.right, one.decides))
        assert one.page in pages
