"""The digest sees every change, and the shared figures show what they are given."""

from types import SimpleNamespace
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from lstm97_book import figures
from lstm97_book.figures import labels
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, StepPatch

from lstm97.net.topology import Topology
from lstm97.tasks.reber import EMBEDDED, REBER, SYMBOLS, draw_strings, legal_successors


@pytest.fixture(autouse=True)
def _style():
    with mpl.rc_context():
        figures.use_style()
        yield
    plt.close("all")


def sample(change=lambda axes: None, scale=1.0) -> Figure:
    """Return a figure with one artist of every kind that the digest covers."""
    figure, axes = plt.subplots()
    x = np.linspace(0.1, 3.0, 30)
    axes.plot(x, scale * np.exp(-x), color=figures.ERROR, label="decay")
    axes.scatter(x, np.sin(x), s=9, color=figures.TRIALS)
    axes.fill_between(x, 0.1, 0.2, color=figures.PAPER)
    axes.bar([1.0, 2.0], [0.3, 0.4], color=figures.GREY)
    axes.imshow(np.arange(6.0).reshape(2, 3) / 7, extent=(0.0, 1.0, 2.0, 3.0), aspect="auto")
    axes.annotate("here", (1.0, 0.5))
    axes.text(2.0, 0.6, "there")
    axes.set_xlabel("lag")
    axes.set_xlim(0.1, 3.0)
    axes.set_ylim(-1.0, 3.0)
    axes.set_xticks([1.0, 2.0], ["one", "two"])
    axes.legend()
    change(axes)
    return figure


def test_digest_repeats_and_ignores_drawing():
    figure = sample()
    before = figures.digest(figure)
    figure.canvas.draw()
    assert figures.digest(figure) == before == figures.digest(sample())
    assert "30 points, (0.1, 0.904837) to (3, 0.0497871)" in before


def test_digest_is_stable_across_rounding_noise():
    assert figures.digest(sample(scale=1 + 1e-12)) == figures.digest(sample())


def test_digest_sees_a_relative_change_of_1e_4():
    assert figures.digest(sample(scale=1 + 1e-4)) != figures.digest(sample())


def test_digest_takes_minus_zero_and_noise_around_zero_for_zero():
    def line(*y):
        figure, axes = plt.subplots()
        axes.plot(range(len(y)), y)
        axes.set_ylim(-2, 2)
        return figures.digest(figure)

    assert line(0.0, 1.0) == line(-0.0, 1.0) == line(1.2e-16, 1.0)
    assert line(1e-6, 1.0) != line(0.0, 1.0)


def test_digest_keeps_small_values_on_a_log_axis():
    def line(small):
        figure, axes = plt.subplots()
        axes.semilogy([1, 2, 3], [1.0, small, 1e-60])
        return figures.digest(figure)

    assert line(1e-40) != line(1.001e-40)


CHANGES = {
    "line colour": lambda axes: axes.lines[0].set_color(figures.PAPER),
    "line dashes": lambda axes: axes.lines[0].set_linestyle((0, (5, 2))),
    "line width": lambda axes: axes.lines[0].set_linewidth(3),
    "marker": lambda axes: axes.lines[0].set_marker("^"),
    "curve's label": lambda axes: axes.lines[0].set_label("growth"),
    "a curve more": lambda axes: axes.plot([1, 2], [0, 1]),
    "a curve less": lambda axes: axes.lines[0].remove(),
    "one value": lambda axes: axes.lines[0].set_ydata(np.r_[axes.lines[0].get_ydata()[:-1], 0.05]),
    "a value in the middle": lambda axes: axes.lines[0].get_ydata(orig=True).__setitem__(15, 0.3),
    "scatter": lambda axes: axes.collections[0].set_offsets(axes.collections[0].get_offsets() * 1.0001),
    "scatter colour": lambda axes: axes.collections[0].set_facecolor(figures.PAPER),
    "scatter size": lambda axes: axes.collections[0].set_sizes([16]),
    "area": lambda axes: axes.collections[1].set_alpha(0.3),
    "bar height": lambda axes: axes.patches[0].set_height(0.30003),
    "bar colour": lambda axes: axes.patches[0].set_facecolor(figures.PAPER),
    "image value": lambda axes: axes.images[0].set_data(np.arange(6.0).reshape(2, 3) / 7.001),
    "colour map": lambda axes: axes.images[0].set_cmap("gray"),
    "text": lambda axes: axes.texts[1].set_text("nowhere"),
    "text's place": lambda axes: axes.texts[1].set_position((2.0, 0.7)),
    "text's colour": lambda axes: axes.texts[1].set_color(figures.PAPER),
    "annotation's place": lambda axes: setattr(axes.texts[0], "xy", (1.0, 0.6)),
    "axis label": lambda axes: axes.set_xlabel("time"),
    "title": lambda axes: axes.set_title("title", loc="left"),
    "tick names": lambda axes: axes.set_xticks([1.0, 2.0], ["one", "three"]),
    "log axis": lambda axes: axes.set_xscale("log"),
    "limits": lambda axes: axes.set_ylim(-1.0, 2.0),
    "legend": lambda axes: axes.get_legend().get_texts()[0].set_text("growth"),
    "figure's title": lambda axes: axes.figure.suptitle("all"),
    "figure's size": lambda axes: axes.figure.set_size_inches(7, 4),
    "inset": lambda axes: axes.inset_axes((0.5, 0.5, 0.2, 0.2)).plot([1, 2], [3, 4]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_digest_sees(name):
    def change(axes):
        CHANGES[name](axes)
        for line in axes.lines:
            line.recache_always()

    assert figures.digest(sample(change)) != figures.digest(sample())


def test_digest_sees_two_curves_swapped():
    def two(first, second):
        figure, axes = plt.subplots()
        axes.plot([0, 1], first, color=figures.INPUT_GATE)
        axes.plot([0, 1], second, color=figures.OUTPUT_GATE)
        return figures.digest(figure)

    assert two([0, 1], [1, 0]) != two([1, 0], [0, 1])


def test_digest_covers_the_artists_it_folds():
    def many(last):
        figure, axes = plt.subplots()
        for i in range(40):
            axes.plot([0, 1], [i, i + (last if i == 20 else 1)])
        axes.set_ylim(0, 60)
        return figures.digest(figure)

    assert len(many(1.0).splitlines()) == 13
    assert "30 more" in many(1.0)
    assert many(1.0) != many(1.001)


@pytest.mark.parametrize("fill", ["nothing", "axes", "text", "nan"])
def test_digest_refuses_an_empty_figure(fill):
    figure = plt.figure()
    if fill != "nothing":
        axes = figure.add_subplot()
        if fill == "text":
            axes.text(0, 0, "only words")
        elif fill == "nan":
            axes.plot([0, 1], [np.nan, np.nan])
    with pytest.raises(ValueError, match="holds no data"):
        figures.digest(figure)


def test_digest_refuses_what_it_cannot_describe():
    figure = sample(lambda axes: axes.add_patch(FancyArrowPatch((0, 0), (1, 1))))
    with pytest.raises(ValueError, match="FancyArrowPatch"):
        figures.digest(figure)


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["#ffffff", "#121212"])
def test_text_stands_on_white_and_on_dark(ground):
    assert contrast(figures.GREY, ground) > 4
    assert contrast("#333333", "#121212") < 4  # a grey made for white pages does not
    for name in ("text.color", "axes.labelcolor", "xtick.labelcolor", "axes.edgecolor"):
        colour = mpl.rcParams[name]
        assert to_hex(colour if str(colour).startswith("#") else f"#{colour}") == figures.GREY
    assert mpl.rcParams["figure.facecolor"] == mpl.rcParams["axes.facecolor"] == "none"


ROWS: list[dict[str, Any]] = [
    {
        "label": "6a",
        "successes": [20000, 35000, 41000],
        "failures": [],
        "mean": 32000.0,
        "low": 20000.0,
        "high": 41000.0,
        "paper": 31390,
    },
    {
        "label": "6b",
        "successes": [],
        "failures": [5000000, 5000000],
        "mean": None,
        "low": None,
        "high": None,
        "paper": None,
    },
]


def test_sequences_to_success_shows_every_trial():
    _, axes = plt.subplots()
    figures.sequences_to_success(axes, ROWS)
    dots = [line for line in axes.lines if line.get_marker() == "o" and line.get_markersize() == 4]
    assert sorted(np.concatenate([line.get_xdata() for line in dots])) == [20000, 35000, 41000]
    failed = [line for line in axes.lines if line.get_marker() == "^"]
    assert sorted(np.concatenate([line.get_xdata() for line in failed])) == [5000000, 5000000]
    diamonds = [line for line in axes.lines if line.get_marker() == "D"]
    assert [(np.asarray(line.get_xdata()).tolist(), line.get_markerfacecolor()) for line in diamonds] == [
        ([31390], figures.PAPER)
    ]
    words = [text.get_text() for text in axes.texts]
    assert words.count("paper") == 1
    assert "2 of 2 failed" in words
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["6a", "6b"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no rows"),
        ([{**ROWS[0], "successes": [], "paper": None}], "'6a' has no trial"),
        ([{**ROWS[0], "successes": [0, 5]}], "must be positive"),
    ],
)
def test_sequences_to_success_refuses(rows, message):
    _, axes = plt.subplots()
    with pytest.raises(ValueError, match=message):
        figures.sequences_to_success(axes, rows)


def test_learning_curves_tell_solved_from_failed():
    _, axes = plt.subplots()
    figures.learning_curves(axes, [([1, 2], [0.3, 0.1], True), ([1, 2, 3], [0.3, 0.3, 0.2], False)], criterion=0.1)
    assert axes.lines[0].get_color() == figures.TRIALS
    assert axes.lines[2].get_color() == figures.FAILURE
    assert [text.get_text() for text in axes.texts] == ["criterion", "1 solved", "1 failed"]


@pytest.mark.parametrize("curves", [[], [([1, 2], [0.1], True)], [([], [], True)]])
def test_learning_curves_refuse(curves):
    _, axes = plt.subplots()
    with pytest.raises(ValueError, match="learning_curves"):
        figures.learning_curves(axes, curves)


def trace(n_steps=12):
    rng = np.random.default_rng(0)
    widths = {"y_in": 2, "y_out": 2, "s_c": 4, "y_c": 4, "y_k": 1}
    return SimpleNamespace(**{name: rng.uniform(size=(n_steps, width)) for name, width in widths.items()})


def test_gates_and_states_draws_every_unit():
    figure, panels = plt.subplots(4, sharex=True)
    figures.gates_and_states(panels, trace(), marks={3: "X"}, targets=[0.5])
    labels = [text.get_text() for axes in panels for text in axes.texts]
    for label in ("in 1", "in 2", "out 1", "out 2", "cell 4", "output 1", "target", "X"):
        assert label in labels
    assert figures.digest(figure) == figures.digest(figure)


def test_gates_and_states_works_without_gates():
    _, panels = plt.subplots(4)
    without = trace()
    without.y_in = np.empty((12, 0))
    figures.gates_and_states(panels, without)
    assert "in 1" not in [text.get_text() for text in panels[0].texts]


def test_gates_and_states_refuses_other_shapes():
    _, panels = plt.subplots(4)
    with pytest.raises(ValueError, match="four axes"):
        figures.gates_and_states(panels[:2], trace())
    short = trace()
    short.s_c = short.s_c[:-1]
    with pytest.raises(ValueError, match="12 steps"):
        figures.gates_and_states(panels, short)


def topology(**changes):
    return Topology(**{"n_inputs": 8, "block_sizes": (2, 2), "n_outputs": 4, **changes})


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, {"cell": 4, "in": 2, "out": 2}),
        ({"block_sizes": (2, 2, 2), "n_outputs": 8}, {"cell": 6, "in": 3, "out": 3}),
        (
            {
                "n_inputs": 101,
                "n_outputs": 101,
                "block_sizes": (1,),
                "out_gates": False,
                "outputs_see_inputs": True,
            },
            {"cell": 1, "in": 1},
        ),
        ({"n_hidden": 3, "in_gates": False}, {"cell": 4, "out": 2, "hidden": 3}),
    ],
)
def test_draw_topology_shows_every_hidden_unit(changes, counts):
    figure, axes = plt.subplots()
    figures.draw_topology(axes, topology(**changes))
    words = [text.get_text() for text in axes.texts]
    assert {kind: words.count(kind) for kind in ("in", "out", "cell", "hidden") if kind in words} == counts
    assert f"{topology(**changes).n_weights:,} weights" in words
    assert figures.digest(figure).startswith("figure ")


@pytest.mark.parametrize(
    ("changes", "n_back"),
    [({}, 4), ({"recurrent": False}, 0), ({"cells_see_hidden": False}, 2)],
)
def test_draw_topology_draws_the_way_back_only_where_there_is_one(changes, n_back):
    _, axes = plt.subplots()
    figures.draw_topology(axes, topology(**changes))
    assert sum(type(patch).__name__ == "PathPatch" for patch in axes.patches) == n_back


def test_draw_cell_names_all_parts():
    figure, axes = plt.subplots()
    figures.draw_cell(axes)
    words = {text.get_text() for text in axes.texts}
    assert {"$g$", "$s_c$", "$h$", "$in$", "$out$", "1.0", "$y^{in}$", "$y^{out}$", "$y^c$"} <= words
    assert figures.digest(figure).startswith("figure ")


def test_labels_do_not_overlap():
    places = labels.spread(np.array([0.5, 0.5, 0.51, 0.9]), 0.1)
    assert np.diff(np.sort(places)).min() > 0.1 - 1e-5
    assert places[3] == pytest.approx(0.9)
    assert np.diff(np.sort([0.5, 0.5, 0.51, 0.9])).min() < 0.1  # they did before


def test_sequences_to_success_says_what_is_not_measured():
    _, axes = plt.subplots()
    figures.sequences_to_success(axes, [ROWS[0], {**ROWS[1], "failures": [], "paper": 571100}])
    words = [text.get_text() for text in axes.texts]
    assert words.count("not measured yet") == 1
    assert words.count("paper") == 2


def test_sequences_to_success_calls_a_mean_with_failures_a_lower_bound():
    _, axes = plt.subplots()
    figures.sequences_to_success(axes, [{**ROWS[0], "failures": [1000000]}])
    assert "mean, at least" in [text.get_text() for text in axes.texts]


def points(line: Any) -> Any:
    """Return a line's points as lists."""
    return line.get_xydata().tolist()


def test_milestones_join_the_two_marks_of_each_trial():
    _, axes = plt.subplots()
    rows = [("trial 1", 70_000, 500_000, True), ("trial 2", float("nan"), 2_000_000, False)]
    figures.milestones(axes, rows, ("learned", "stopped"), paper=74_000)
    assert points(axes.lines[0]) == [[70_000, 0], [500_000, 0]]
    assert [line.get_marker() for line in axes.lines if len(points(line)) == 1] == ["o", "o", "o", "^", "D"]
    words = [text.get_text() for text in axes.texts]
    assert words == ["learned", "stopped", "paper"]
    with pytest.raises(ValueError, match="no trials"):
        figures.milestones(axes, [], ("learned", "stopped"))


def test_errors_against_targets_marks_what_is_wrong():
    _, axes = plt.subplots()
    figures.errors_against_targets(axes, [0.1, 0.5, 0.9], [0.05, 0.01, -0.04], tolerance=0.04)
    fine, wrong = axes.lines[:2]
    assert points(fine) == [[0.5, 0.01]]
    assert (points(wrong), wrong.get_marker()) == ([[0.1, 0.05], [0.9, -0.04]], "^")
    with pytest.raises(ValueError, match="equally long"):
        figures.errors_against_targets(axes, [0.1, 0.2], [0.1], tolerance=0.04)


def test_marked_values_name_the_marked_pairs():
    values = [[0.3, -1], [0.5, 1], [-0.2, 0], [-0.25, 1], [0.1, -1]]
    figure, panels = plt.subplots(2)
    figures.marked_values(panels, values, "target 0.562")
    words = [text.get_text() for axes in panels for text in axes.texts]
    assert words == ["$X_1$ = 0.50", "$X_2$ = \u22120.25", "target 0.562"]
    assert figures.digest(figure) == figures.digest(figure)
    with pytest.raises(ValueError, match="two axes"):
        figures.marked_values(panels[:1], values, "")


def test_symbols_over_time_point_out_the_relevant_ones():
    _, axes = plt.subplots()
    figures.symbols_over_time(axes, [0, 2, 3, 2, 1], ["E", "B", "a", "X"], "X", "class Q")
    assert points(axes.lines[1]) == [[3, 3]]
    assert [text.get_text() for text in axes.texts] == ["X at step 3", "class Q"]
    with pytest.raises(ValueError, match="from 0 to 3"):
        figures.symbols_over_time(axes, [0, 4], ["E", "B", "a", "X"], "X", "")


def test_states_side_by_side_draws_a_panel_per_cell():
    _, panels = plt.subplots(2, 2)
    traces = [trace(), trace()]
    figures.states_side_by_side(panels.ravel(), traces, ["XY", "YX"], [0, 0, 1, 1], marks=[3])
    assert [axes.get_title(loc="left") for axes in panels.ravel()][2] == "block 2, cell 1"
    assert all([text.get_text() for text in axes.texts] == ["XY", "YX"] for axes in panels.ravel())
    with pytest.raises(ValueError, match="3 panels for 4 cells"):
        figures.states_side_by_side(panels.ravel()[:3], traces, ["XY", "YX"], [0, 0, 1, 1])


@pytest.mark.parametrize("grammar", [REBER, EMBEDDED])
def test_draw_grammar_draws_every_edge_with_its_symbol(grammar):
    figure, axes = plt.subplots()
    figures.draw_grammar(axes, grammar)
    drawn = sorted(text.get_text() for text in axes.texts if text.get_text() in SYMBOLS)
    assert drawn == sorted(symbol for edges in grammar.values() for symbol in edges)
    places = figures.grammar_places(grammar)
    nodes = next(line for line in axes.lines if len(points(line)) == len(grammar))
    assert {tuple(point) for point in points(nodes)} == set(places.values())
    assert len(set(places.values())) == len(grammar)
    # An arrow for every edge that is no loop, from the source to the target; a loop for every other.
    arrows: list[Any] = [text for text in axes.texts if getattr(text, "arrow_patch", None) is not None]
    edges = [(node, target) for node, edges in grammar.items() for target in edges.values()]
    assert len(arrows) == sum(node != target for node, target in edges)
    for arrow, (node, target) in zip(arrows, [edge for edge in edges if edge[0] != edge[1]], strict=True):
        start, end = np.array(arrow.get_position()), np.array(arrow.xy)
        assert np.hypot(*(start - places[node])) < 0.2
        assert np.hypot(*(end - places[target])) < 0.2
    assert figures.digest(figure).startswith("figure ")


def test_draw_grammar_marks_the_outer_symbols_outside_the_copies_only():
    _, axes = plt.subplots()
    figures.draw_grammar(axes, EMBEDDED, outer="TP")
    marked = [text.get_text() for text in axes.texts if to_hex(text.get_color()) == figures.INTERNAL_STATE.lower()]
    assert sorted(marked) == ["P", "P", "T", "T"]


def test_a_changed_edge_changes_the_digest():
    def drawing(grammar):
        figure, axes = plt.subplots()
        figures.draw_grammar(axes, grammar)
        return figures.digest(figure)

    assert drawing(REBER) != drawing({**REBER, "2": {"S": "2", "X": "5"}})
    assert drawing(REBER) == drawing(dict(REBER))


def test_draw_grammar_refuses_an_unknown_node():
    with pytest.raises(ValueError, match="no place for the nodes 8"):
        figures.draw_grammar(plt.subplots()[1], {"0": {"B": "8"}, "8": {}})


def test_string_and_successors_shows_what_is_read_and_what_may_follow():
    _, axes = plt.subplots()
    batch = draw_strings(np.random.default_rng(4), 1)  # BPBPVVEPE
    legal = legal_successors(batch)
    figures.string_and_successors(axes, batch.symbols, legal, SYMBOLS, (2, 7))
    read = next(line for line in axes.lines if line.get_marker() == "o" and len(points(line)) == 8)
    assert [SYMBOLS[int(y)] for _, y in points(read)] == list("BPBPVVEP")
    squares, asked = (points(line) for line in axes.lines if line.get_marker() == "s")
    assert len(squares) == legal.sum()
    assert (asked[0][0], SYMBOLS[int(asked[0][1])]) == (7, "P")
    with pytest.raises(ValueError, match="give \\(8, 7\\)"):
        figures.string_and_successors(axes, batch.symbols, legal[:3], SYMBOLS, (2, 7))


def test_labelled_curves_label_every_curve():
    figure, axes = plt.subplots()
    figures.labelled_curves(
        axes, [0, 10, 20], [("a", [1, 2, 3], figures.ERROR), ("b", [3, 2, 1], figures.GREY)], "share"
    )
    assert {text.get_text() for text in axes.texts} == {"a", "b"}
    assert [[y for _, y in points(line)] for line in axes.lines] == [[1, 2, 3], [3, 2, 1]]
    assert axes.get_ylabel() == "share"
    before = figures.digest(figure)
    axes.lines[1].set_ydata([3, 2, 1.1])
    assert figures.digest(figure) != before
    with pytest.raises(ValueError, match="give at least one"):
        figures.labelled_curves(axes, [0], [], "share")
    with pytest.raises(ValueError, match="'a' has values of shape"):
        figures.labelled_curves(axes, [0], [("a", [1, 2], figures.GREY)], "share")


SERIES: list[dict[str, Any]] = [
    {"x": [50, 100], "paper": [30e3, 31e3]},
    {"label": "one", "x": [50, 100], "trials": [[(8e4, True), (2e5, False)], [(2e5, False)]], "means": [14e4, 2e5]},
    {"label": "two", "x": [50], "trials": [[(25e3, True), (26e3, True)]], "means": [25.5e3]},
]


def test_scaling_shows_the_paper_and_every_trial():
    figure, axes = plt.subplots()
    figures.scaling(axes, SERIES, "lag")
    shown = {
        marker: [tuple(point) for line in axes.lines if line.get_marker() == marker for point in points(line)]
        for marker in "Dos^"
    }
    assert shown["D"] == [(50, 30e3), (100, 31e3)]
    assert next(line for line in axes.lines if line.get_marker() == "D").get_color() == figures.PAPER
    assert [y for _, y in shown["o"]] == [8e4]
    assert [y for _, y in shown["s"]] == [25e3, 26e3]
    assert [y for _, y in shown["^"]] == [2e5, 2e5]
    # Every mark is nearer to its own lag than to another one.
    marks = [x for marker in "os^" for x, _ in shown[marker]]
    assert all(min(abs(np.log(x / 50)), abs(np.log(x / 100))) < np.log(2) / 3 for x in marks)
    assert {text.get_text() for text in axes.texts} == {"paper", "one", "two"}
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_xlabel()) == ("log", "log", "lag")
    other = [*SERIES[:2], {**SERIES[2], "trials": [[(25e3, True), (27e3, True)]]}]
    changed, axes = plt.subplots()
    figures.scaling(axes, other, "lag")
    assert figures.digest(changed) != figures.digest(figure)


def test_scaling_works_before_anything_is_measured():
    figure, axes = plt.subplots()
    figures.scaling(axes, SERIES[:1], "lag")
    assert figures.digest(figure).startswith("figure ")
    with pytest.raises(ValueError, match="give the paper's at least"):
        figures.scaling(axes, [], "lag")
    with pytest.raises(ValueError, match="must be positive"):
        figures.scaling(axes, [{"x": [0.0], "paper": [1.0]}], "lag")


RATIOS = [
    ("Table 9", [ROWS[0] | {"verdict": "A"}]),
    ("Table 7", [ROWS[1] | {"mean": 3e5, "low": 2e5, "high": 4e5, "paper": 74_000, "verdict": "N"}]),
]


def test_ratios_stand_in_groups_over_the_papers_value():
    figure, axes = plt.subplots()
    figures.ratios_to_paper(axes, RATIOS)
    paper = ROWS[0]["paper"]
    assert points(axes.lines[0])[0][0] == pytest.approx(ROWS[0]["successes"][0] / paper)
    assert [text.get_text() for text in axes.texts][:4] == ["Table 9", "A", "Table 7", "N"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [ROWS[0]["label"], ROWS[1]["label"]]
    assert axes.get_xlim()[0] <= 1 / 3
    assert axes.get_xlim()[1] >= 3
    assert figures.digest(figure) == figures.digest(figure)
    with pytest.raises(ValueError, match="no groups"):
        figures.ratios_to_paper(axes, [])
    with pytest.raises(ValueError, match="no trial"):
        figures.ratios_to_paper(axes, [("Table 9", [RATIOS[0][1][0] | {"successes": [], "failures": []}])])


def test_noisy_sequence_points_out_the_first_elements():
    _, axes = plt.subplots()
    figures.noisy_sequence(axes, [1.0, 1.0, 0.2, -0.4], 2, "class 1")
    rest, signal = axes.lines[1:]
    assert points(signal) == [[1, 1.0], [2, 1.0]]
    assert points(rest) == [[3, 0.2], [4, -0.4]]
    with pytest.raises(ValueError, match="of which 3 matter"):
        figures.noisy_sequence(axes, [1.0], 3, "")


def test_looks_that_met_the_criterion_stand_out():
    _, axes = plt.subplots()
    figures.looks_at_test_sets(axes, [100, 200, 300], [0.5, 0.01, 0.02], [False, True, False], 0.015)
    missed, met = axes.lines[1:3]
    assert (points(missed), missed.get_marker()) == ([[100, 0.5], [300, 0.02]], "^")
    assert points(met) == [[200, 0.01]]
    with pytest.raises(ValueError, match="equally long"):
        figures.looks_at_test_sets(axes, [100], [0.5, 0.1], [True], 0.015)


def test_outputs_beside_targets_have_one_height():
    _, axes = plt.subplots()
    figures.outputs_beside_targets(axes, [0.1, 0.3, 0.8, 0.7], [0.2, 0.2, 0.8, 0.8], [0, 0, 1, 1], [0.2, 0.8])
    heights = [patch.get_data()[0] for patch in axes.patches if isinstance(patch, StepPatch)]
    assert [values.max() for values in heights] == [1.0] * 4
    assert [text.get_text() for text in axes.texts] == ["class 1: 0.2", "class 2: 0.8"]
    with pytest.raises(ValueError, match="one of each per sequence"):
        figures.outputs_beside_targets(axes, [0.1], [0.2, 0.3], [0], [0.2, 0.8])


def test_a_users_own_settings_do_not_shine_through() -> None:
    with plt.rc_context({"text.usetex": True, "lines.linestyle": ":"}):
        figures.use_style()
        assert plt.rcParams["text.usetex"] is False
        assert plt.rcParams["lines.linestyle"] == "-"
