"""Every function of the theory, changed once: a check of an equation must turn red."""

from types import ModuleType

import mutation
import pytest
from mutation import ELSEWHERE, MODULES, checks_of, functions, in_place, mutant, noticed, short

from lstm97.theory import equation_checks, error_flow

ALL = [(module, function) for module in MODULES for function in functions(module)]
CHANGED = [(module, function) for module, function in ALL if f"{short(module)}.{function}" not in ELSEWHERE]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("module", "function"), CHANGED, ids=[f"{short(module)}.{function}" for module, function in CHANGED]
)
def test_a_changed_formula_is_noticed(module: ModuleType, function: str) -> None:
    assert checks_of(f"{short(module)}.{function}")
    found = mutant(module, function, 0)
    assert found
    assert noticed(module, function, found[0]), f"{function}: {found[1]}, and no check noticed"


def test_what_is_left_to_other_tests_exists() -> None:
    names = {f"{short(module)}.{function}" for module, function in ALL}
    assert set(ELSEWHERE) <= names
    assert set(mutation.REACHED_BY) | set(mutation.EXPLAINED) <= names


def test_an_unchanged_copy_is_not_noticed() -> None:
    """Otherwise a mutant could be red because it is a copy."""
    copy = ModuleType("lstm97.theory.error_flow")
    exec(compile(mutation.inspect.getsource(error_flow), "<copy>", "exec"), copy.__dict__)
    assert not noticed(error_flow, "error_factors", copy)
    with in_place(error_flow, copy):
        assert equation_checks.error_flow is copy
    assert equation_checks.error_flow is error_flow
