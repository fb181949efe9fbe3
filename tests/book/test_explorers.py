"""The explorers' arithmetic, run in Node, against the package: the network's weights have the same bits."""

import functools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lstm97_book.sphinx.explorers import NOISE, READ, STORE, hand_wired_cell
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from support.switches import LITERAL, VARIANTS, changed, problem, with_a_new_field

from lstm97 import experiments
from lstm97.experiments.stopping import ST3
from lstm97.learners import LSTM
from lstm97.net.reading import READINGS
from lstm97.tasks import Batch, Task
from lstm97.tasks.temporal_order import POSITIONS, SYMBOLS
from lstm97.theory import error_flow
from lstm97.trials.trial import seed_sequence

EXPLORERS = Path(__file__).parents[2] / "book" / "_assets" / "explorers"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None, reason="Node is not installed, so the explorers' arithmetic is not tested"
)

ROWS = {"adding": "table7/T100", "order": "table9/6a"}
rows = pytest.mark.parametrize("name", ROWS.values(), ids=ROWS)


def source(name: str, old: str = "", new: str = "") -> str:
    """Read an explorer's file, with one replacement as a negative control, whatever white space is in it."""
    text = (EXPLORERS / f"{name}.js").read_text(encoding="utf-8")
    if not old:
        return text
    pattern = r"\s*".join(map(re.escape, re.findall(r"\w+|[^\w\s]", old)))
    found = re.findall(pattern, text)
    assert len(found) == 1, f"{old!r} stands {len(found)} times in {name}.js; it must stand once"
    return text.replace(found[0], new)


def node(sources: list[str], body: str, given: Any = None) -> Any:
    """Run the body of a function of `given` after the sources; return what it returns."""
    run = f"process.stdout.write(JSON.stringify(((given) => {{{body}}})({json.dumps(given)})))"
    done = subprocess.run(
        [str(NODE), "-"],
        input="\n".join([*sources, run]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- the network

LEARN = """
const { Net } = makeNetwork();
const net = new Net(given.net);
net.w.set(given.w);
net.w_k.set(given.w_k);
const outputs = given.sequences.map((sequence) => {
  net.present(sequence, given.alpha);
  return Array.from(net.y_k);
});
return { w: Array.from(net.w), w_k: Array.from(net.w_k), outputs };
"""


def shape(name: str) -> dict[str, Any]:
    topology = experiments.lstm_row(name).topology
    return {"nInputs": topology.n_inputs, "blockSizes": list(topology.block_sizes), "nOutputs": topology.n_outputs}


def in_javascript(sequence: Batch) -> dict[str, Any]:
    """Write one sequence down as the script takes it."""
    inputs = {"values": sequence.values.ravel().tolist()}
    if len(sequence.symbols):
        inputs = {"symbols": sequence.symbols.tolist()}
    return {"nSteps": sequence.n_steps, "target": sequence.targets[0].tolist(), **inputs}


@functools.cache
def learned_by_the_package(name: str, n: int) -> tuple[dict[str, Any], dict[str, NDArray[np.float64]]]:
    """Let the package learn `n` sequences of a row; return what it began with, and what came out."""
    row = experiments.lstm_row(name)
    assert isinstance(row.task, Task)
    learner = row.learner_under(READINGS["literal"])
    assert isinstance(learner, LSTM)
    for_weights, for_data, _ = (np.random.default_rng(seed) for seed in seed_sequence(name, 1).spawn(3))
    net, batch = learner.start(for_weights), row.task.sample(for_data, n)

    def in_order() -> dict[str, NDArray[np.float64]]:
        return {"w": net.weights.w.ravel(order="F"), "w_k": net.weights.w_k.ravel(order="F")}

    parts = [batch.part(i, i + 1) for i in range(n)]
    given = {key: value.tolist() for key, value in in_order().items()}
    given |= {"net": shape(name) | learner.wiring._asdict(), "alpha": row.alpha}
    given["sequences"] = [in_javascript(one) for one in parts]
    outputs = learner.train(net, batch)
    return given, in_order() | {"outputs": outputs}


@rows
@pytest.mark.parametrize("n", [100, 1000])
def test_weights_after_updates_have_the_packages_bits(name: str, n: int) -> None:
    given, expected = learned_by_the_package(name, n)
    found = node([source("network")], LEARN, given)
    assert np.mean(expected["w"] != given["w"]) > 0.8
    for key, value in expected.items():
        assert_array_equal(np.array(found[key]), value)


@rows
@pytest.mark.parametrize(
    ("old", "new"),
    [  # the same on paper, rounded elsewhere
        ("= f_prime(sigma[nBlocks + j]) * sum", "= sigma[nBlocks + j] * (sum * (1 - sigma[nBlocks + j]))"),
        ("const h_prime = 2 * f_prime((h_c[v] + 1) / 2)", "const h_prime = (1 - h_c[v] * h_c[v]) / 2"),
        ("const e_r = 1 + (r + (0.5 * r2 + r2 * r * polynomial))", "const e_r = Math.exp(r)"),
    ],
    ids=["(21)", "h'", "exp"],
)
def test_one_changed_operation_gives_other_bits(name: str, old: str, new: str) -> None:
    given, expected = learned_by_the_package(name, 1000)
    found = node([source("network", old, new)], LEARN, given)
    assert_allclose(found["w"], expected["w"], rtol=1e-9, atol=1e-12)
    assert (np.array(found["w"]) != expected["w"]).any()


LEARN_OR_REFUSE = (
    f"const learn = (given) => {{{LEARN}}}; try {{ return learn(given); }} catch (e) {{ return e.message; }}"
)


def learn_variant(learner: LSTM, wiring: dict[str, Any]) -> tuple[Any, NDArray[np.float64]]:
    """Let script and package learn a sequence; return what the script gives or says, and the package's weights."""
    net, batch = problem(learner, every_step=False)
    topology = learner.topology
    sizes = {"nInputs": topology.n_inputs, "blockSizes": topology.block_sizes, "nOutputs": topology.n_outputs}
    given = {"net": sizes | wiring, "alpha": learner.alpha, "sequences": [in_javascript(batch)]}
    given |= {"w": net.weights.w.ravel(order="F").tolist(), "w_k": net.weights.w_k.ravel(order="F").tolist()}
    learner.train(net, batch)
    return node([source("network")], LEARN_OR_REFUSE, given), net.weights.w.ravel(order="F")


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_switch_is_followed_or_refused(variant: str) -> None:
    learner = VARIANTS[variant]
    found, expected = learn_variant(learner, learner.wiring._asdict())
    if variant == "two inputs":
        assert_array_equal(np.array(found["w"]), expected)
    else:
        name, _, rest = found.partition(" is ")
        assert name in changed(learner)
        assert rest.endswith("only: give this")


def test_a_new_switch_is_refused() -> None:
    found, _ = learn_variant(LITERAL, with_a_new_field(LITERAL.wiring)._asdict())
    assert found == "new_switch is unknown to network.js: let it follow this setting"
    found, expected = learn_variant(LITERAL, LITERAL.wiring._asdict())
    assert_array_equal(np.array(found["w"]), expected)


# --- tasks and trials

TASKS = [source("network"), source("tasks")]
TRIAL = [*TASKS, source("train")]


@pytest.mark.parametrize("task", ROWS)
def test_settings_are_those_of_the_row(task: str) -> None:
    row = experiments.lstm_row(ROWS[task])
    assert isinstance(row.task, Task)
    assert isinstance(row.stop, ST3)
    assert node(TASKS, "return makeTasks().tasks[given]", task) | {"outputs": None} == {
        "net": shape(row.name),
        "alpha": row.alpha,
        "weightRange": row.weight_range,
        "inGateBias": list(row.in_gate_bias or ()),
        "tolerance": row.task.tolerance,
        "beta": row.stop.beta,
        "outputs": None,
    }


SAMPLE = """
const { generator, tasks } = makeTasks();
const random = generator(1, 1);
return Array.from({ length: 2000 }, () => {
  const { nSteps, symbols, values, target, marks } = tasks[given].sample(random);
  return { nSteps, x: Array.from(symbols || values), target, marks: marks.map(({ t }) => t) };
});
"""


def test_adding_sequences_keep_the_rules_of_the_text() -> None:
    firsts, seconds, lengths = set(), set(), set()
    for one in node(TASKS, SAMPLE, "adding"):
        x, markers = np.array(one["x"]).reshape(-1, 2).T
        marked = np.flatnonzero(markers == 1.0)
        assert sorted(one["marks"]) == marked.tolist()
        assert len(marked) == 2
        ends = {0, len(x) - 1} - set(marked.tolist())
        assert set(np.flatnonzero(markers == -1.0).tolist()) == ends
        assert np.count_nonzero(markers) == 2 + len(ends)
        assert np.abs(x).max() <= 1.0
        assert (x[0] == 0.0) == (0 in marked)
        assert one["target"] == [0.5 + x[one["marks"]].sum() / 4.0]
        firsts.add(one["marks"][0])
        seconds.add(one["marks"][1])
        lengths.add(one["nSteps"])
    assert (firsts, seconds, lengths) == (set(range(10)), set(range(50)), set(range(100, 111)))


def test_order_sequences_keep_the_rules_of_the_text() -> None:
    places: list[set[int]] = [set(), set()]
    classes, lengths = set(), set()
    for one in node(TASKS, SAMPLE, "order"):
        word = [SYMBOLS[symbol] for symbol in one["x"]]
        relevant = [t for t, symbol in enumerate(word) if symbol in "XY"]
        assert one["marks"] == relevant
        assert (word[0], word[-1], word.count("E"), word.count("B")) == ("E", "B", 1, 1)
        first, second = (int(word[t] == "Y") for t in relevant)
        assert np.flatnonzero(one["target"]).tolist() == [2 * first + second]
        assert sum(one["target"]) == 1
        for seen, t in zip(places, relevant, strict=True):
            seen.add(t + 1)
        classes.add((first, second))
        lengths.add(one["nSteps"])
    assert places == [set(range(low, high + 1)) for low, high in POSITIONS[2]]
    assert (len(classes), lengths) == (4, set(range(100, 111)))


#: Few sequences until success, so that the tests are short. The browser's test takes the same.
QUICK_SEED = 3


def test_a_trial_ends_where_the_papers_rule_ends_it() -> None:
    body = """
    const Trial = makeTrial();
    const trial = new Trial({ task: "order", seed: given, alpha: 0.5 });
    const judged = [];
    const judge = trial.judge.bind(trial);
    trial.judge = (sequence) => { judged.push(judge(sequence)); return judged.at(-1); };
    while (!trial.solved && trial.sequences < 60000) trial.learn();
    trial.judge = judge;
    const { errors, window } = trial.curve;
    return { judged: judged.map(({ error, correct }) => [error, correct]), errors, window, test: trial.test() };
    """
    found = node(TRIAL, body, QUICK_SEED)
    errors = np.array([[error] for error, _ in found["judged"]])
    correct = np.array([right for _, right in found["judged"]])
    (reached,) = ST3(beta=0.1).watch().observe(errors, correct)
    assert reached.after == len(errors)
    # the curve's points are the means of its windows
    n, window = len(found["errors"]), found["window"]
    assert_allclose(found["errors"], errors[: n * window].reshape(n, window).mean(axis=1))
    # the paper allows a few wrong sequences of the test, Table 9
    assert found["test"]["n"] == 2560
    assert found["test"]["wrong"] < 10


# --- error flow

FACTORS = """
const { randomNet, largestFactors, tau, bound } = makeErrorFlow();
const { n, w_max, activation, q } = given;
const net = randomNet(n, 7);
return {
  w: Array.from(net.w),
  y: Array.from(net.y),
  largest: largestFactors(net, w_max, activation, q),
  tau: tau(n, w_max, activation),
  bound: bound(n, w_max, activation, q),
};
"""


def largest_factors(found: dict[str, Any], n: int, w_max: float, activation: str, q: int) -> NDArray[np.float64]:
    """Compute what the explorer shows, from the same weights and start, with the package's functions."""
    w = w_max * np.array(found["w"]).reshape(n, n)
    if activation == "logistic":
        f_prime = error_flow.derivatives_on_the_way_back(error_flow.run(w, found["y"], q + 10), q)
    elif activation == "tanh":
        y, rows = np.array(found["y"]), []
        for _ in range(q + 9):
            y = np.tanh(w @ y)
            rows.append(1.0 - y * y)
        f_prime = np.array(rows[::-1][:q])
    else:
        f_prime = np.ones((q, n))
    return np.abs(error_flow.error_factors(w, f_prime)).max(axis=(1, 2))


@pytest.mark.parametrize("activation", ["logistic", "tanh", "linear"])
@pytest.mark.parametrize(("n", "w_max", "q"), [(1, 3.5, 20), (4, 0.35, 50), (10, 1.0, 100), (20, 2.0, 30)])
def test_factors_and_bounds_are_those_of_the_package(activation: str, n: int, w_max: float, q: int) -> None:
    found = node([*TASKS, source("error-flow")], FACTORS, {"n": n, "w_max": w_max, "activation": activation, "q": q})
    largest = np.array(found["largest"], dtype=np.float64)
    assert_allclose(largest, largest_factors(found, n, w_max, activation, q), rtol=1e-6)
    most = 0.25 if activation == "logistic" else 1.0
    assert found["tau"] == pytest.approx(error_flow.decay_per_step(n, w_max * 4.0 * most))
    assert found["bound"] == pytest.approx(float(error_flow.exponential_bound(n, w_max * 4.0 * most, q)))
    assert largest[-1] <= found["bound"]


def test_the_printed_order_of_indices_is_seen() -> None:
    corrupted = source("error-flow", "w_max * w[l * n + v]", "w_max * w[v * n + l]")
    found = node([*TASKS, corrupted], FACTORS, {"n": 4, "w_max": 2.0, "activation": "logistic", "q": 20})
    assert not np.allclose(found["largest"], largest_factors(found, 4, 2.0, "logistic", 20), rtol=0.01)


# --- the memory cell

CELL = "return makeMemoryCell().run(given.inputs, given.bias)"
BEGINNING = np.zeros((len(NOISE), 3))
BEGINNING[:, 0] = NOISE
BEGINNING[[STORE - 1, READ - 1], [1, 2]] = 1.0
BIASES = [(-5.0, -5.0), (0.0, 0.0), (1.5, -0.5)]


def run_cell(in_bias: float, out_bias: float, code: str = "") -> dict[str, NDArray[np.float64]]:
    given = {"inputs": BEGINNING.tolist(), "bias": {"in": in_bias, "out": out_bias}}
    rows = node([source("network"), code or source("memory-cell")], CELL, given)
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


@pytest.mark.parametrize(("in_bias", "out_bias"), BIASES)
def test_the_cell_has_the_packages_bits(in_bias: float, out_bias: float) -> None:
    found, trace = run_cell(in_bias, out_bias), hand_wired_cell(BEGINNING, in_bias, out_bias)
    for name in ("y_in", "y_out", "s_c", "y_c"):
        assert_array_equal(found[name], getattr(trace, name)[:, 0])


def derivatives_of_the_last_output(in_bias: float, out_bias: float) -> NDArray[np.float64]:
    """Differentiate y_c at the last step by every net input of every step, by moving the inputs a little."""
    weights, d = (1.0, 10.0, 10.0), 1e-5
    slopes = np.zeros(BEGINNING.shape)
    for t, m in np.ndindex(BEGINNING.shape):
        ends = []
        for sign in (1.0, -1.0):
            moved = BEGINNING.copy()
            moved[t, m] += sign * d / weights[m]
            ends.append(hand_wired_cell(moved, in_bias, out_bias).y_c[-1, 0])
        slopes[t, m] = (ends[0] - ends[1]) / (2.0 * d)
    return slopes


@pytest.mark.parametrize(("in_bias", "out_bias"), BIASES)
def test_the_error_that_travels_back_is_a_derivative(in_bias: float, out_bias: float) -> None:
    found, slopes = run_cell(in_bias, out_bias), derivatives_of_the_last_output(in_bias, out_bias)
    for m, name in enumerate(("e_c", "e_in", "e_out")):
        assert_allclose(found[name], slopes[:, m], atol=1e-9)
    assert len(set(found["e_s"])) == 1


def test_a_wrong_error_is_seen() -> None:
    corrupted = source("memory-cell", "e_s * row.g * f_prime(row.y_in)", "e_s * row.h * f_prime(row.y_in)")
    found, slopes = run_cell(0.0, 0.0, corrupted), derivatives_of_the_last_output(0.0, 0.0)
    assert not np.allclose(found["e_in"], slopes[:, 1], atol=1e-3)
