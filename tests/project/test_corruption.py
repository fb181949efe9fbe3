"""The tool of the negative controls: it finds what is to be changed by syntax, once, or says that it doesn't."""

import ast
import inspect
import textwrap
from types import ModuleType
from typing import Any

import pytest
from support.corruption import corrupted, function_in, module_of, uncompiled

from lstm97.learners import cascade
from lstm97.net import activations
from lstm97.theory import error_flow

PLACE = ("sums", "total += w[i, j] * y[j]", "total += w[j, i] * y[j]")

SOURCES = {
    "as it is": """
        def sums(w, y):
            total = 0.0
            for i in range(2):
                for j in range(2):
                    total += w[i, j] * y[j]
            return total
        """,
    "formatted anew": """
        def sums( w , y ):
            total=0.0
            for i in range(2):
             for j in range(2):
              total += (
                  w[i,j]  # the weight
                  * y[ j ]
              )
            return total
        """,
    "with another function before it": """
        def other(w, y):
            total = 0.0
            for i in range(2):
                for j in range(2):
                    total += w[i, j] * y[j]
            return total


        def sums(w, y):
            total = 0.0
            for i in range(2):
                for j in range(2):
                    total += w[i, j] * y[j]
            return total
        """,
    "with other names of locals": """
        def sums(weights, before):
            total = 0.0
            for unit in range(2):
                for source in range(2):
                    total += weights[unit, source] * before[source]
            return total
        """,
}


def module(source: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    source = textwrap.dedent(source)
    made = ModuleType("made")
    exec(source, vars(made))
    monkeypatch.setattr(inspect, "getsource", lambda _: source)
    return made


def sums_of(made: Any) -> float:
    w = {(i, j): 10.0 ** (2 * i + j) for i in range(2) for j in range(2)}
    return float(made.sums(w, [1.0, 2.0]))


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_a_change_depends_on_syntax_only(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = module(source, monkeypatch)
    assert sums_of(made) == 1 + 20 + 100 + 2000
    assert sums_of(corrupted(made, *PLACE)) == 1 + 200 + 10 + 2000


@pytest.mark.parametrize(
    ("function", "old", "new", "says"),
    [
        ("f_primes", "y", "x", "no function 'f_primes'"),
        ("f_prime", "1.0 + y", "1.0", "stands 0 times in lstm97.net.activations.f_prime"),
        ("f_prime", "y", "1.0", "stands 2 times"),
        ("f_prime", "a * (1.0 - b)", "a", "stands 0 times"),  # two names are two variables
        ("f_prime", "1 - y", "y", "stands 0 times"),  # another type of number
        ("f_prime", "1.0 - y", "(1.0-y)", "replaced by itself"),
        ("f_prime", "1.0 - y", "1.0 - x", "x in '1.0 - x': no name"),
        ("f", "exp_reduced(-x)", "exp_reduced(...)", r"\.\.\. in 'exp_reduced\(...\)': no name"),
        ("f", "exp_reduced(..., ...)", "x", "stands 0 times"),
        ("f", "other(-x)", "x", "stands 0 times"),  # a function of the module is no local variable
    ],
)
def test_a_control_that_does_not_apply_is_an_error(function: str, old: str, new: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        corrupted(activations, function, old, new)


CALLS = """
    def pair(a, b, c):
        first = (a, b)
        second = sum([a, b, c], 0)
        return first, second, max(a, b, c)
    """


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("second = sum(...)", "second = 0", ((1, 2), 0, 3)),
        ("max(...)", "max(..., 7)", ((1, 2), 6, 7)),
        ("max(a, ..., c)", "min(c, ...)", ((1, 2), 6, 2)),
        ("max(..., a, b, c)", "max(...)", TypeError),  # there are no others
        ("first = (a, b)\nother = sum(...)", "other = first = sum(...)", (6, 6, 3)),
        ("return first, second, max(...)", "pass", None),
        ("max(..., c)", "max(..., 0)", ((1, 2), 6, 2)),
        ("sum(..., 1)", "0", ValueError),
    ],
)
def test_expressions_statements_and_arguments(
    old: str, new: str, expected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = module(CALLS, monkeypatch)
    assert made.pair(1, 2, 3) == ((1, 2), 6, 3)
    if isinstance(expected, type):
        with pytest.raises(expected):
            corrupted(made, "pair", old, new).pair(1, 2, 3)
    else:
        assert corrupted(made, "pair", old, new).pair(1, 2, 3) == expected


def test_methods_are_found_by_their_class() -> None:
    tree = ast.parse(inspect.getsource(cascade))
    assert function_in(tree, "Progress.ends").name == "ends"
    never = corrupted(cascade, "Progress.ends", "self.epochs >= self.end", "False")
    assert not never.Progress(1).ends(1.0, cascade.OUTPUTS)
    assert cascade.Progress(1).ends(1.0, cascade.OUTPUTS)


def test_functions_are_plain_and_the_module_stays() -> None:
    plain = uncompiled(activations)
    assert not hasattr(plain.f_prime, "py_func")
    assert hasattr(activations.f_prime, "py_func")
    with pytest.raises(ValueError, match=r"lstm97\.theory\.error_flow does not import `compiled`"):
        uncompiled(error_flow)
    assert module_of(error_flow, ast.parse("x = 1")).x == 1
