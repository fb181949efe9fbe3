"""Negative controls: a module of the package with one expression or statement changed, run without compiling.

A control says what is to be changed as Python that is compared by its syntax tree, so it stays what it is when the
module is formatted anew, gets other comments, moves the function or renames a local variable:

>>> from lstm97.net import activations
>>> corrupted(activations, "f_prime", "1.0 - y", "1.0 + y").f_prime(0.25)
0.3125
>>> corrupted(activations, "f_prime", "(1.0-activation)", "1.0").f_prime(0.25)  # what was y is called otherwise
0.25

What stands there no more, or more than once, is an error, so that no control becomes void unnoticed:

>>> corrupted(activations, "f_prime", "2.0 - y", "2.0")
Traceback (most recent call last):
ValueError: '2.0 - y' stands 0 times in lstm97.net.activations.f_prime; it must stand once
"""

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

COMPILED = "lstm97.net.compiled"


def corrupted(module: ModuleType, function: str, old: str, new: str) -> ModuleType:
    """Run a module with one change in one of its functions, which are plain Python then.

    What the module imports from others may be compiled.

    Parameters
    ----------
    module : module
    function : str
        Its name; that of a method with the class before it.
    old : str
        An expression, or one or more statements that follow each other. They are found by their syntax tree. A name
        that the function does not use stands for a local variable that `old` does not name otherwise; ``...``, once,
        for any number of a call's arguments.
    new : str
        What takes their place; what stands for local variables or arguments does so here, too. ``pass`` where
        nothing takes their place.

    Raises
    ------
    ValueError
        If there is no such function, `old` does not stand in it exactly once, or `new` is the same or has a name
        that stands for nothing.
    """
    tree = ast.parse(inspect.getsource(module))
    body = function_in(tree, function)
    place = f"{module.__name__}.{function}"
    before, after = _parts(old, new)
    matches = list(_matches(before, body))
    if len(matches) != 1:
        raise ValueError(f"{old!r} stands {len(matches)} times in {place}; it must stand once")
    (match,) = matches
    if _same(before, after):
        raise ValueError(f"{old!r} is replaced by itself")
    if unknown := _fill_in(after, match.stands_for) - {*_names(body), *vars(module), *vars(builtins)}:
        raise ValueError(
            f"{', '.join(sorted(unknown))} in {new!r}: no name in {place}, and stands for none in {old!r}"
        )
    match.replace(after)
    return module_of(module, tree)


def uncompiled(module: ModuleType) -> ModuleType:
    """Run a module as it is, with plain Python functions where it has compiled ones.

    Raises
    ------
    ValueError
        If it has none.
    """
    tree = ast.parse(inspect.getsource(module))
    if not any(_is_import_of_compiled(node) for node in tree.body):
        raise ValueError(f"{module.__name__} does not import `compiled`")
    return module_of(module, tree)


def module_of(module: ModuleType, tree: ast.Module) -> ModuleType:
    """Run a syntax tree in the place of a module's own, without compiling its functions."""
    copy = ModuleType(module.__name__)
    for node in [node for node in tree.body if _is_import_of_compiled(node)]:
        assert isinstance(node, ast.ImportFrom)
        vars(copy).update({alias.asname or alias.name: lambda function: function for alias in node.names})
        tree.body.remove(node)
    exec(compile(ast.fix_missing_locations(tree), f"<{module.__name__}, changed>", "exec"), vars(copy))
    return copy


def function_in(tree: ast.Module, name: str) -> ast.FunctionDef:
    """Find a function, or a class's method, in a module's syntax tree.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    node: Any = tree
    for part in name.split("."):
        node = next((one for one in getattr(node, "body", []) if getattr(one, "name", None) == part), None)
    if not isinstance(node, ast.FunctionDef):
        raise ValueError(f"there is no function {name!r}")
    return node


class _Match(NamedTuple):
    """Where nodes stand in a tree, and what local variable each unknown name of the pattern stands for."""

    stands_for: dict[str, Any]
    replace: Callable[[list[ast.AST]], None]


def _is_import_of_compiled(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == COMPILED


def _parts(old: str, new: str) -> tuple[list[ast.AST], list[ast.AST]]:
    """Parse both: as an expression each if they are two, else as statements."""
    before, after = (ast.parse(textwrap.dedent(text)).body for text in (old, new))
    expressions = [part[0].value for part in (before, after) if len(part) == 1 and isinstance(part[0], ast.Expr)]
    if len(expressions) == 2:
        return [expressions[0]], [expressions[1]]
    return list(before), list(after)


def _fill_in(nodes: list[ast.AST], stands_for: dict[str, Any]) -> set[str]:
    """Put in what names and dots stand for; return the names that are there then, dots that stand for nothing too."""
    for name in _all_names(nodes):
        name.id = stands_for.get(name.id, name.id)
    names = {name.id for name in _all_names(nodes)}
    for call in [node for part in nodes for node in ast.walk(part) if isinstance(node, ast.Call)]:
        if any(map(_is_dots, call.args)):
            if "..." not in stands_for:
                return {"..."}
            call.args = [one for arg in call.args for one in (stands_for["..."] if _is_dots(arg) else [arg])]
    return names


def _same(one: list[ast.AST], other: list[ast.AST]) -> bool:
    return list(map(ast.dump, one)) == list(map(ast.dump, other))


def _all_names(nodes: list[ast.AST]) -> list[ast.Name]:
    return [name for node in nodes for name in ast.walk(node) if isinstance(name, ast.Name)]


def _names(function: ast.FunctionDef) -> set[str]:
    """Name everything that a function uses, its arguments included."""
    return {node.id for node in _all_names([function])} | _locals(function)


def _locals(function: ast.FunctionDef) -> set[str]:
    arguments = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    return arguments | {node.id for node in _all_names([function]) if isinstance(node.ctx, ast.Store)}


def _matches(pattern: list[ast.AST], function: ast.FunctionDef) -> Iterator[_Match]:
    """Find where the pattern's nodes stand one after the other in a function."""
    named = {name.id for name in _all_names(pattern)}
    unknown, free = named - _names(function), _locals(function) - named
    for parent in ast.walk(function):
        for field, value in ast.iter_fields(parent):
            nodes = value if isinstance(value, list) else [value]
            for i in range(len(nodes) - len(pattern) + 1):
                bound: dict[str, Any] = {}
                if all(_equal(one, nodes[i + n], unknown, free, bound) for n, one in enumerate(pattern)):
                    yield _Match(bound, _replacing(parent, field, i, len(pattern)))


def _replacing(parent: ast.AST, field: str, first: int, n: int) -> Callable[[list[ast.AST]], None]:
    def replace(nodes: list[ast.AST]) -> None:
        value = getattr(parent, field)
        if isinstance(value, list):
            value[first : first + n] = nodes
        else:
            (only,) = nodes
            setattr(parent, field, only)

    return replace


def _is_dots(node: Any) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _equal(one: Any, other: Any, unknown: set[str], free: set[str], bound: dict[str, Any]) -> bool:
    """Compare two nodes or their fields; an unknown name equals the free one that it is bound to by that."""
    if type(one) is not type(other):
        return False
    if isinstance(one, ast.Name) and one.id in unknown:
        if other.id not in free or (one.id not in bound and other.id in bound.values()):
            return False
        return bound.setdefault(one.id, other.id) == other.id
    if isinstance(one, ast.AST):
        return all(
            _equal(part, getattr(other, field, None), unknown, free, bound) for field, part in ast.iter_fields(one)
        )
    if isinstance(one, list):
        dots = [i for i, node in enumerate(one) if _is_dots(node)]
        if dots and len(other) >= len(one) - 1:
            first, last = dots[0], len(other) - (len(one) - 1 - dots[0])
            bound["..."] = other[first:last]
            one, other = one[:first] + one[first + 1 :], other[:first] + other[last:]
        return len(one) == len(other) and all(
            _equal(a, b, unknown, free, bound) for a, b in zip(one, other, strict=True)
        )
    return bool(one == other)
