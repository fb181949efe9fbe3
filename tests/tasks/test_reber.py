"""The embedded Reber grammar, its strings and sets follow every rule of Sec. 5.1."""

import dataclasses
import re
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from support.batches import SEEDS, broken, sequences
from support.corruption import corrupted, uncompiled

from lstm97.tasks import Batch, EmbeddedReber, reber
from lstm97.tasks.reber import EMBEDDED, REBER, SYMBOLS, draw_sets, draw_strings, legal_successors, predicted, words

#: The same grammar written down another way, as a regular expression.
LOOP = "T*V(?:PXT*V)*"  # from node 3 to node 5; then V ends the string, or P leads to node 4 and S ends it
INNER = f"B(?:TS*X(?:S|X{LOOP}(?:V|PS))|P{LOOP}(?:V|PS))E"
STRING = re.compile("|".join(f"B{outer}{INNER}{outer}E" for outer in "TP"))


def broken_rules(batch: Batch) -> set[str]:
    """Name every rule of Sec. 5.1 that a batch of strings breaks."""
    names, targets = set(), sequences(batch, batch.targets)
    for i, (word, symbols) in enumerate(zip(words(batch), sequences(batch, batch.symbols), strict=True)):
        rules = {
            "grammar": STRING.fullmatch(word) is not None,
            "length": len(word) >= 9,
            "every next symbol": [SYMBOLS[s] for s in targets[i].argmax(axis=1)[:-1]]
            == [SYMBOLS[s] for s in symbols[1:]],
            "one-hot": bool((targets[i].sum(axis=1) == 1.0).all()) and set(targets[i].ravel()) <= {0.0, 1.0},
            "last but one is the second": word[-2] == word[1],
        }
        names |= broken(rules)
    return names | broken({"errors at every step": batch.every_step and len(batch.targets) == batch.n_steps})


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_strings_follow_the_text(seed: int) -> None:
    batch = draw_strings(np.random.default_rng(seed), 40)
    assert len(batch) == 40
    assert broken_rules(batch) == set()


@pytest.mark.parametrize(
    ("rule", "corrupt"),
    [
        ("grammar", lambda batch: dataclasses.replace(batch, symbols=np.where(batch.symbols == 4, 3, batch.symbols))),
        ("last but one is the second", lambda b: dataclasses.replace(b, symbols=swapped(b))),
        ("every next symbol", lambda batch: dataclasses.replace(batch, targets=batch.targets[::-1])),
        ("one-hot", lambda batch: dataclasses.replace(batch, targets=batch.targets / 2)),
        ("errors at every step", lambda batch: dataclasses.replace(batch, every_step=False)),
        (
            "length",
            lambda batch: dataclasses.replace(batch, offsets=np.append(batch.offsets[:-1], batch.offsets[-2] + 5)),
        ),
    ],
)
def test_a_broken_rule_is_seen(rule, corrupt) -> None:
    assert rule in broken_rules(corrupt(draw_strings(np.random.default_rng(1), 40)))


def swapped(batch: Batch) -> np.ndarray:
    """Exchange T and P at the second place."""
    symbols, second = batch.symbols.copy(), batch.offsets[:-1] + 1
    symbols[second] = 3 - symbols[second]  # T is 1, P is 2
    return symbols


@cache
def strings(node: str, length: int) -> frozenset[str]:
    """Follow every path of the embedded grammar from a node to the end, of exactly that many symbols."""
    if node == "end":
        return frozenset({""} if length == 0 else ())
    if length == 0:
        return frozenset()
    return frozenset(s + rest for s, target in EMBEDDED[node].items() for rest in strings(target, length - 1))


def test_the_graph_and_the_regular_expression_are_the_same_grammar() -> None:
    counts = {length: len(strings("begin", length)) for length in range(17)}
    assert [length for length, n in counts.items() if n][0] == 9
    assert [counts[length] for length in range(9, 14)] == [4, 6, 8, 14, 22]
    assert strings("begin", 9) == {"BTBTXSETE", "BTBPVVETE", "BPBTXSEPE", "BPBPVVEPE"}
    assert all(STRING.fullmatch(word) for length in counts for word in strings("begin", length))
    for length in (9, 10):  # and the other way round
        inner = [""]
        for _ in range(length - 4):
            inner = [word + symbol for word in inner for symbol in SYMBOLS]
        found = {word for word in inner if re.fullmatch(INNER, word)}
        assert {f"B{outer}{word}{outer}E" for word in found for outer in "TP"} == strings("begin", length)


def test_every_node_has_one_or_two_edges() -> None:
    for grammar, end in ((REBER, "7"), (EMBEDDED, "end")):
        assert {len(edges) for node, edges in grammar.items() if node != end} <= {1, 2}
        assert grammar[end] == {}
        assert {target for edges in grammar.values() for target in edges.values()} <= set(grammar)
    assert len(EMBEDDED) == 2 * len(REBER) + 4


def expected_length(grammar, begin: str, end: str) -> Fraction:
    """Solve for the mean number of symbols to the end, exactly, by elimination of one node after the other."""
    nodes = [node for node in grammar if node != end]
    rows = []
    for node in nodes:
        row = {node: Fraction(1), "": Fraction(1)}  # mean - sum of the successors' means = 1
        for target in grammar[node].values():
            if target != end:
                row[target] = row.get(target, Fraction(0)) - Fraction(1, len(grammar[node]))
        rows.append(row)
    for i, pivot in enumerate(nodes):
        j = next(j for j in range(i, len(rows)) if rows[j].get(pivot))
        rows[i], rows[j] = rows[j], rows[i]
        rows[i] = {name: value / rows[i][pivot] for name, value in rows[i].items()}
        for j, row in enumerate(rows):
            if j != i and row.get(pivot):
                names = row.keys() | rows[i].keys()
                rows[j] = {n: row.get(n, Fraction(0)) - row[pivot] * rows[i].get(n, Fraction(0)) for n in names}
    return rows[nodes.index(begin)][""]


def test_lengths() -> None:
    assert expected_length(REBER, "0", "7") == 8
    assert expected_length(EMBEDDED, "begin", "end") == 12
    n = 20_000
    batch = draw_strings(np.random.default_rng(0), n)
    lengths = np.diff(batch.offsets) + 1
    assert lengths.min() == 9
    assert abs(lengths.mean() - 12) < 4 * lengths.std() / np.sqrt(n)
    assert abs((lengths == 9).mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / n)


def test_choices_are_even() -> None:
    batch = draw_strings(np.random.default_rng(2), 5000)
    followers: Counter[tuple[str, str]] = Counter()
    for word in words(batch):
        node = "begin"
        for symbol in word:
            followers[node, symbol] += 1
            node = EMBEDDED[node][symbol]
    for node, edges in EMBEDDED.items():
        counts = [followers[node, symbol] for symbol in edges]
        if len(counts) == 2:
            assert abs(counts[0] - counts[1]) < 4 * np.sqrt(sum(counts))


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_legal_successors_are_the_edges_of_the_graph(seed: int) -> None:
    batch = draw_strings(np.random.default_rng(seed), 20)
    legal = legal_successors(batch)
    assert legal.shape == (batch.n_steps, 7)
    assert legal.dtype == np.bool_
    assert set(legal.sum(axis=1)) <= {1, 2}
    assert (legal[batch.targets == 1.0]).all()
    for word, rows in zip(words(batch), sequences(batch, legal), strict=True):
        node = "begin"
        for symbol, row in zip(word, rows, strict=False):
            node = EMBEDDED[node][symbol]
            assert {SYMBOLS[k] for k in np.flatnonzero(row)} == set(EMBEDDED[node])
        assert [SYMBOLS[k] for k in np.flatnonzero(rows[-2])] == [word[1]]


def test_a_string_outside_the_grammar_is_refused() -> None:
    batch = draw_strings(np.random.default_rng(0), 3)
    symbols = batch.symbols.copy()
    symbols[batch.offsets[1] + 2] = SYMBOLS.index("E")
    strange = dataclasses.replace(batch, symbols=symbols)
    for judge in (legal_successors, lambda strings: EmbeddedReber().score(strings, strings.targets)):
        with pytest.raises(ValueError, match="string 1 leaves the grammar at symbol 3"):
            judge(strange)
        with pytest.raises(ValueError, match="symbols: give numbers from 0 to 6, not -1 to 6"):
            judge(dataclasses.replace(batch, symbols=np.where(symbols == 0, -1, 6)))
        with pytest.raises(ValueError, match="symbols is of shape"):
            judge(dataclasses.replace(batch, symbols=symbols[:-1]))


def test_legal_units_have_to_be_the_most_active_ones() -> None:
    legal = np.array([[True, False, True, False], [False, True, False, False]])
    outputs = np.array([[0.3, 0.2, 0.9, 0.1], [0.1, 0.2, 0.0, 0.1]])
    assert predicted(legal, outputs).tolist() == [True, True]
    assert predicted(legal, outputs[:, ::-1]).tolist() == [False, False]
    assert predicted(legal, np.full((2, 4), 0.5)).tolist() == [False, False]  # a tie
    one_right_of_two = np.array([[0.2, 0.3, 0.9, 0.1], [0.1, 0.2, 0.0, 0.1]])
    assert predicted(legal, one_right_of_two).tolist() == [False, True]
    batch = draw_strings(np.random.default_rng(0), 50)
    legal = legal_successors(batch)
    assert predicted(legal, legal.astype(np.float64)).all()
    assert not predicted(legal, batch.targets).all()  # a certain guess of one of two is not enough


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_no_test_string_is_a_training_string(seed: int) -> None:
    training, test = draw_sets(np.random.default_rng(seed), 64)
    assert (len(training), len(test)) == (64, 64)
    assert broken_rules(training) == broken_rules(test) == set()
    assert set(words(training)).isdisjoint(words(test))
    assert (legal_successors(test)[test.targets == 1.0]).all()


def test_the_training_set_is_drawn_independently() -> None:
    """So it repeats itself, and the test set, drawn from what is left, has longer strings."""
    training, test = draw_sets(np.random.default_rng(4))
    assert (len(training), len(test)) == (256, 256)
    assert 70 < len(set(words(training))) < 130
    assert (words(training)) == words(draw_strings(np.random.default_rng(4), 256))
    assert np.diff(test.offsets).mean() > np.diff(training.offsets).mean() + 2


def test_a_pair_depends_on_its_number_alone() -> None:
    one, again, two = EmbeddedReber(1), EmbeddedReber(1), EmbeddedReber(2)
    assert words(one.training) == words(again.training)
    assert words(one.test) == words(again.test)
    assert words(one.training) != words(two.training)
    assert one == again != two


def test_exemplars_are_picked_at_random_from_the_training_set() -> None:
    task = EmbeddedReber(3)
    n = 20_000
    batch = task.sample(np.random.default_rng(0), n)
    assert broken_rules(batch.first(200)) == set()
    drawn, there = Counter(words(batch)), Counter(words(task.training))
    assert drawn.keys() == there.keys()
    for word, count in there.items():
        share = count / 256
        assert abs(drawn[word] / n - share) < 5 * np.sqrt(share / n)


def test_the_distinct_strings_are_those_of_both_sets_each_once() -> None:
    task = EmbeddedReber(2)
    both = words(task.training) + words(task.test)
    found = words(task.distinct)
    assert found == list(dict.fromkeys(both))
    assert len(found) < len(both)
    assert set(found) > set(words(task.training))  # negative control: one set is not enough
    assert broken_rules(task.distinct) == set()


def test_the_test_set_is_the_pairs_whatever_the_random_numbers() -> None:
    task = EmbeddedReber(1)
    for seed in (0, 1):
        assert words(task.unseen(np.random.default_rng(seed), 256)) == words(task.test)
    for n in (255, 2560):
        with pytest.raises(ValueError, match=f"n is {n}: the test set has 256 strings"):
            task.unseen(np.random.default_rng(0), n)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_a_string_is_correct_if_all_of_its_symbols_are_predicted(seed: int) -> None:
    """A plain check of Sec. 5.1: the units of the possible next symbols are always the most active ones."""
    rng, task = np.random.default_rng(seed), EmbeddedReber(1)
    batch = task.sample(rng, 12)
    outputs = 0.6 * legal_successors(batch) + rng.uniform(0.0, 0.65, size=(batch.n_steps, 7))
    errors, correct = task.score(batch, outputs)
    for i, (word, shown) in enumerate(zip(words(batch), sequences(batch, outputs), strict=True)):
        node, right, largest = "begin", True, np.zeros(7)
        for t, symbol in enumerate(word[:-1]):
            node = EMBEDDED[node][symbol]
            most_active = sorted(range(7), key=lambda k: -shown[t, k])[: len(EMBEDDED[node])]
            right = right and {SYMBOLS[k] for k in most_active} == set(EMBEDDED[node])
            target = np.array([float(s == word[t + 1]) for s in SYMBOLS])
            largest = np.maximum(largest, abs(target - shown[t]))
        assert correct[i] == right
        assert np.array_equal(errors[i], largest)


#: Outputs that tie, that are no numbers, and that are none of these.
VALUES = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0, np.inf, -np.inf, np.nan])


def misjudged(judge: Callable[..., bool]) -> int:
    """Count the strings that are not judged as `legal_successors` and `predicted` do, among strings of every kind."""
    n = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        batch = draw_strings(rng, 9)
        legal = legal_successors(batch)
        outputs = legal + rng.uniform(0.0, 0.9, legal.shape)
        chosen = rng.random(legal.shape) < (0.0, 1.0 / legal.size, 0.02)[seed % 3]
        outputs[chosen] = rng.choice(VALUES, size=np.count_nonzero(chosen))
        correct = np.empty(len(batch), dtype=np.bool_)
        assert judge(batch.symbols, batch.offsets, outputs, correct)
        right = sequences(batch, predicted(legal, outputs))
        n += int(np.count_nonzero(correct != [part.all() for part in right]))
    return n


@pytest.mark.parametrize("judge", [reber._judge, uncompiled(reber)._judge], ids=["compiled", "interpreted"])
def test_one_pass_judges_strings_as_the_definition_does(judge: Callable[..., bool]) -> None:
    assert misjudged(judge) == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("y_k != y_k", "y_k > 2.0"),
        ("least_legal > most_other", "least_legal >= most_other"),
        ("min(least_legal, y_k)", "max(least_legal, y_k)"),
        ("max(most_other, y_k)", "min(most_other, y_k)"),
    ],
)
def test_another_judgement_is_seen(old: str, new: str) -> None:
    """Negative control for the test above."""
    assert misjudged(corrupted(reber, "_judge", old, new)._judge) > 0


def test_one_symbol_that_is_not_predicted_makes_a_string_wrong() -> None:
    task = EmbeddedReber(1)
    outputs = legal_successors(task.test).astype(np.float64)
    assert task.score(task.test, outputs)[1].all()
    outputs[task.test.offsets[6] - 2] = np.eye(7)[0]  # the last symbol but one of string 5
    assert np.flatnonzero(~task.score(task.test, outputs)[1]).tolist() == [5]


def test_no_tolerance_calls_an_output_correct() -> None:
    assert not EmbeddedReber().tolerance > 0.0


def test_bad_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="pair is 0: give at least 1"):
        EmbeddedReber(0)
