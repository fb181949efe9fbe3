"""Mutation of formulas: change one operator in one function, and see whether a check or a test notices.

In this folder's parent:

python -m support.mutation            every operator of every function; fails if one survives unexplained
python -m support.mutation network    those whose names begin like this

First come the checks of the equations that name the function. What gets past them is put into a copy of the package,
for one of `TESTS`.
"""

import ast
import inspect
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from lstm97_book.equations import equation_checks
from lstm97_book.equations.equations import EQUATIONS

from lstm97.learners import lstm
from lstm97.net import activations, network
from lstm97.theory import carrousel, cell_error_flow, error_flow, truncation
from support.corruption import module_of

ROOT = Path(__file__).parents[2]

#: All of their public functions are changed, and whatever else an equation names.
MODULES = (error_flow, cell_error_flow, carrousel, truncation, network, activations)

#: Functions that no equation names, and checks that meet them on their way.
REACHED_BY = {
    "theory.error_flow.run": ("error_factors",),
    "theory.error_flow.derivatives_on_the_way_back": ("error_factors",),
    "theory.cell_error_flow.record": ("flow_through_cell", "state_flow"),
    "theory.truncation.steps": ("squared_errors",),
    "net.network.steps": ("squared_errors",),
    "net.network.advance_hidden_layer": ("squared_errors",),
    "net.network.reset": ("weight_update",),
    "net.network.present": ("weight_update",),
    "net.network.apply_updates": ("weight_update",),
    "net.network.new_state": ("weight_update",),
    "net.network.zero_weights": ("weight_update",),
    "net.network.squash": ("cells", "truncated_states"),
    "net.network.hidden_layer_errors": ("updates_through_states", "hidden_errors"),
    "net.activations.exp_reduced": ("logistic",),
    "net.activations.power_of_two": ("logistic",),
}

#: Tests that notice changes which get past the checks of equations, and of which functions.
TESTS = {
    "theory/test_error_flow.py::test_sensitivity_forwards_is_the_factor_backwards": (
        "theory.error_flow.sensitivity",
    ),
    "theory/test_cell_error_flow.py::test_a_random_net_is_drawn_from_its_seed_and_its_input_gates_are_biased": (
        "theory.cell_error_flow.of_random_net",
    ),
    "theory/test_cell_error_flow.py::test_forwards_and_backwards_agree": ("theory.cell_error_flow.sensitivity",),
    "theory/test_carrousel.py::test_conflicts_grow_with_the_lag_and_gates_remove_them": (
        "theory.carrousel.storing_without_gates",
        "theory.carrousel.conflict_shares",
    ),
    "theory/test_carrousel.py::test_noise_adds_up_to_what_the_normal_distribution_says": (
        "theory.carrousel.least_wrong_for_a_sum",
        "theory.carrousel.storing_with_gates",
    ),
    "theory/test_carrousel.py::test_steps_add_up_to_the_update": (
        "theory.carrousel.updates_without_gates",
        "theory.carrousel.updates_with_gates",
    ),
    "theory/test_carrousel.py::test_opposing_share": ("theory.carrousel.opposing_share",),
    "theory/test_truncation.py::test_backward_pass": ("theory.truncation.backward_pass",),
    "theory/test_truncation.py::test_forward_derivatives": ("theory.truncation.forward_derivatives",),
    "theory/test_truncation.py::test_complexity_of_one_net_by_hand": ("theory.truncation.complexity",),
    "theory/test_truncation.py::test_numerical_derivatives": ("theory.truncation.numerical",),
    "theory/test_switches.py::test_a_new_field_is_refused": ("net.network.check_wiring",),
    "theory/test_switches.py::test_a_switch_is_followed_or_refused": ("theory.truncation.check_weights_stay",),
    "theory/test_truncation.py::test_cosine": ("theory.truncation.cosine",),
    "theory/test_cost.py::test_what_others_keep": ("theory.cost.bytes_kept",),
    "net/test_network.py::test_one_step_later_shifts_the_outputs": ("net.network.finish_step",),
    "net/test_network.py::test_responding_without_learning_gives_the_same_bits": ("net.network.respond",),
    "net/test_activations.py::test_exp_is_accurate_over_the_whole_range": (
        "net.activations.exp",
        "net.activations.exp_reduced",
    ),
}
HELD_BY = {function: test for test, functions in TESTS.items() for function in functions}

#: Changes that change nothing: function and number of the operator.
EQUIVALENT = {
    ("theory.cell_error_flow.factor_to_state", 2): "fewer factors: truncated, they are all 1",
    ("theory.cell_error_flow.factor_to_state", 3): "divided by factors: truncated, they are all 1",
}

OPPOSITE: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
}


def short(module: ModuleType) -> str:
    return module.__name__.removeprefix("lstm97.")


def functions(module: ModuleType) -> list[str]:
    """Name a module's own public functions."""
    tree = ast.parse(inspect.getsource(module))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def targets() -> list[tuple[ModuleType, str]]:
    """List what is to be changed: modules, and names of functions or methods."""
    found = [(module, name) for module in MODULES for name in functions(module)]
    for one in EQUATIONS:
        for dotted in one.functions:
            module, _, name = dotted.rpartition(".")
            if module.rpartition(".")[2][:1].isupper():
                module, _, cls = module.rpartition(".")
                name = f"{cls}.{name}"
            target = import_module(f"lstm97.{module}"), name
            if target not in found:
                found.append(target)
    return found


def checks_of(name: str) -> list[tuple[str, float]]:
    """Name the checks that hold a function, with their bounds."""
    named = [one for one in EQUATIONS if name in one.functions or one.check in REACHED_BY.get(name, ())]
    return [(one.check, one.bound) for one in named]


class Change(ast.NodeTransformer):
    """Changes one operator of one function: the one with the given number."""

    def __init__(self, function: str, number: int) -> None:
        self.function, self.number, self.seen, self.changed = function, number, -1, ""
        self.inside = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        if node.name != self.function:
            return node
        node.body = [self.visit(part) for part in node.body]
        return node

    def visit_Raise(self, node: ast.Raise) -> Any:
        return node

    def visit_If(self, node: ast.If) -> Any:
        if isinstance(node.body[0], ast.Raise):
            return node  # what input is refused: held by the tests of bad input
        if "symbol" not in ast.unparse(node.test):  # one-hot columns: held by test_network.py, the same bits
            node.body = [self.visit(part) for part in node.body]
        node.orelse = [self.visit(part) for part in node.orelse]
        return node

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        node.value = self.visit(node.value)  # places in arrays are not formulas
        return node

    def _hit(self, operator: ast.operator) -> ast.operator | None:
        if type(operator) not in OPPOSITE:
            return None
        self.seen += 1
        if self.seen != self.number:
            return None
        other = OPPOSITE[type(operator)]()
        self.changed = f"{type(operator).__name__} becomes {type(other).__name__}"
        return other

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        node.op = self._hit(node.op) or node.op
        node.left, node.right = self.visit(node.left), self.visit(node.right)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        node.op = self._hit(node.op) or node.op
        node.value = self.visit(node.value)
        return node


class Nothing(ast.NodeTransformer):
    """Empties a function that has no operator to change."""

    def __init__(self, function: str) -> None:
        self.function = function

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        if node.name == self.function:
            node.body = [ast.Return(ast.Constant(None))]
        return node


def changed_source(module: ModuleType, function: str, number: int) -> tuple[str, str] | None:
    """Change one operator in a module's source, or return None if the function has no operator of that number.

    A function without any operator is emptied instead, once.
    """
    function = function.rpartition(".")[2]
    tree = ast.parse(inspect.getsource(module))
    change = Change(function, number)
    changed = change.visit(tree)
    what = change.changed
    if not what:
        if number or change.seen >= 0:
            return None
        changed, what = Nothing(function).visit(ast.parse(inspect.getsource(module))), "is emptied"
    return ast.unparse(ast.fix_missing_locations(changed)), what


@contextmanager
def in_place(module: ModuleType, copy: ModuleType) -> Iterator[None]:
    """Let checks, and what they use, see the copy and its classes instead of the module and its own."""
    kept = []
    for user in (equation_checks, truncation, lstm):
        for name, value in list(vars(user).items()):
            own = inspect.isclass(value) and value.__module__ == module.__name__ and user is not module
            if value is module or own:
                kept.append((user, name, value))
                setattr(user, name, getattr(copy, name) if own else copy)
    try:
        yield
    finally:
        for user, name, value in kept:
            setattr(user, name, value)


def noticed(module: ModuleType, function: str, copy: ModuleType) -> bool:
    """Tell whether a check of the function turns red: exceeds its bound, or breaks."""
    with in_place(module, copy), np.errstate(all="ignore"):
        for check, bound in checks_of(f"{short(module)}.{function}"):
            try:
                residual = getattr(equation_checks, check)()
            except Exception:
                return True
            if not residual <= bound:
                return True
    return False


def noticed_by_test(module: ModuleType, source: str, test: str) -> bool:
    """Tell whether a test turns red, or brings the interpreter down, in a copy with one module changed."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("lstm97", "tests"):
            shutil.copytree(ROOT / name, Path(folder, name), ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "data", "notebooks", "book"):
            Path(folder, name).symlink_to(ROOT / name)
        Path(folder, *module.__name__.split(".")).with_suffix(".py").write_text(source)
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/{test}"]
        run = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": folder}, capture_output=True)
        return run.returncode == 1 or run.returncode < 0  # 2 to 5: it was not run


def main() -> None:
    made, by_tests, sound, equivalent, survivors = 0, 0, set(), set(), []
    begins = tuple(sys.argv[1:]) or ("",)
    for module, function in targets():
        name, number = f"{short(module)}.{function}", 0
        while name.startswith(begins) and (found := changed_source(module, function, number)):
            made, number = made + 1, number + 1
            source, what = found
            print(f"{made:4d} {name}, operator {number}: {what}", file=sys.stderr)
            if checks_of(name) and noticed(module, function, module_of(module, ast.parse(source))):
                continue
            if name in HELD_BY:
                if name not in sound and noticed_by_test(module, inspect.getsource(module), HELD_BY[name]):
                    sys.exit(f"{HELD_BY[name]} is red before anything is changed")
                sound.add(name)
                if noticed_by_test(module, source, HELD_BY[name]):
                    by_tests += 1
                    continue
            if (name, number) in EQUIVALENT:
                equivalent.add((name, number))
                continue
            survivors.append(f"{name}, operator {number}: {what}")
    print(f"{made} mutants: {by_tests} noticed by tests, {len(equivalent)} equivalent, all but these by checks")
    unneeded = [name for name in HELD_BY if name not in sound]
    unneeded += [f"{name}, operator {number}" for name, number in EQUIVALENT if (name, number) not in equivalent]
    stale = [f"{name}: not needed any more" for name in unneeded if name.startswith(begins)]
    print(*survivors, *stale, sep="\n")
    sys.exit(bool(survivors or stale))


if __name__ == "__main__":
    main()


def names_of(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
