"""Every function of the theory, changed once: a check of an equation must turn red."""

import ast
import inspect
from types import ModuleType

import pytest
from lstm97_book.equations import equation_checks
from support import mutation
from support.corruption import module_of
from support.mutation import changed_source, checks_of, in_place, names_of, noticed, short, targets

from lstm97.theory import error_flow

ALL = targets()
CHECKED = [
    (module, function)
    for module, function in ALL
    if checks_of(f"{short(module)}.{function}") and f"{short(module)}.{function}" not in mutation.HELD_BY
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("module", "function"), CHECKED, ids=[f"{short(module)}.{function}" for module, function in CHECKED]
)
def test_a_changed_formula_is_noticed(module: ModuleType, function: str) -> None:
    found = changed_source(module, function, 0)
    assert found
    source, what = found
    copy = module_of(module, ast.parse(source))
    assert noticed(module, function, copy), f"{function}: {what}, and no check noticed"


def test_every_function_is_held() -> None:
    names = {f"{short(module)}.{function}": (module, function) for module, function in ALL}
    unchecked = set(names) - {f"{short(module)}.{function}" for module, function in CHECKED}
    assert unchecked <= set(mutation.HELD_BY)
    assert set(mutation.HELD_BY) | set(mutation.REACHED_BY) <= set(names)
    assert all(hasattr(equation_checks, check) for checks in mutation.REACHED_BY.values() for check in checks)
    for held in mutation.TESTS:
        file, _, test = held.partition("::")
        assert test in names_of(mutation.ROOT / "tests" / file)
    assert all(changed_source(*names[name], number - 1) for name, number in mutation.EQUIVALENT)


def test_an_unchanged_copy_is_not_noticed() -> None:
    """Otherwise a mutant could be red because it is a copy."""
    copy = module_of(error_flow, ast.parse(inspect.getsource(error_flow)))
    assert not noticed(error_flow, "error_factors", copy)
    with in_place(error_flow, copy):
        assert equation_checks.error_flow is copy
    assert equation_checks.error_flow is error_flow
