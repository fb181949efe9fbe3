"""Explorers: pictures that become alive where the page is read with JavaScript. A block in a page

    ```{explorer} NAME
    :name: fig-NAME
    :alt: What to see in the picture.

    The caption.
    ```

is a figure with the picture that the function below draws for NAME, and the scripts of `_assets/explorers` put the
explorer in its place. So a page without JavaScript, a printed one and the README's viewer have the picture.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.directives.patches import Figure

SHARED = ("picture", "network", "tasks")
#: The inputs with which the memory cell's explorer begins: noise, "store" at step 3, "read" at step 16.
NOISE = (0.3, -0.6, 0.9, -0.4, 0.5, 0.8, -0.9, 0.2, -0.3, 0.7, -0.5, 0.6, -0.8, 0.4, -0.2, 0.1)
STORE, READ = 3, 16


def setup(app: Sphinx) -> None:
    app.add_directive("explorer", Explorer)
    app.connect("html-page-context", add_scripts)


class Explorer(Figure):
    """A figure that scripts bring to life."""

    option_spec = {"alt": directives.unchanged_required, "name": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in PICTURES:
            raise self.error(f"no explorer {name!r}; there are: {', '.join(PICTURES)}")
        picture = Path("executed") / f"explorer-{name}.svg"
        draw(name, Path(self.state.document.settings.env.srcdir) / picture)
        self.arguments[0] = f"/{picture.as_posix()}"
        self.options["figclass"] = ["explorer", f"explorer-{name}"]
        return super().run()


def add_scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the explorers' scripts and styles where a page has one."""
    classes = [name for figure in doctree.findall(nodes.figure) for name in figure["classes"]] if doctree else []
    named = [name for name in PICTURES if f"explorer-{name}" in classes]
    if named:
        app.add_css_file("explorers/explorers.css")
    for name in (*SHARED, *named) if named else ():
        app.add_js_file(f"explorers/{name}.js", loading_method="defer")


def draw(name: str, path: Path) -> None:
    """Draw the picture that stands where there is no JavaScript."""
    import matplotlib.pyplot as plt

    from lstm97_book import figures

    figures.use_style()
    figure = PICTURES[name]()
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Description": figures.digest(figure)})
    plt.close(figure)


def error_flow() -> Any:
    """Random nets of ten logistic units, weights up to 0.35, as the explorer begins."""
    import matplotlib.pyplot as plt

    from lstm97.theory import error_flow
    from lstm97_book import figures

    n, w_max, lags = 10, 0.35, np.arange(1, 41)
    rng = np.random.default_rng(1997)
    w = rng.uniform(-w_max, w_max, (n, n))
    net = error_flow.run(w, rng.uniform(0.0, 1.0, n), lags[-1] + 10)
    f_prime = error_flow.derivatives_on_the_way_back(net, lags[-1])
    factors = np.abs(error_flow.error_factors(w, f_prime)).max(axis=(1, 2))
    bound = error_flow.exponential_bound(n, w_max, lags)
    figure, axes = plt.subplots(figsize=(7, 4))
    axes.plot(lags, factors, color=figures.ERROR)
    axes.plot(lags, bound, color=figures.ERROR, ls=figures.DASHES[1])
    axes.set_yscale("log")
    axes.set_xlim(1, lags[-1])
    axes.set_xlabel("lag q (time steps back)")
    axes.set_ylabel("largest |factor|")
    figures.label_lines(axes, [(factors[-1], "factor"), (bound[-1], "bound")])
    return figure


def memory_cell() -> Any:
    """The cell as the explorer begins."""
    import matplotlib.pyplot as plt

    from lstm97_book import figures

    values = np.zeros((len(NOISE), 3))
    values[:, 0] = NOISE
    values[STORE - 1, 1] = values[READ - 1, 2] = 1.0
    figure, panels = plt.subplots(4, figsize=(7, 6), sharex=True)
    figures.gates_and_states(panels, hand_wired_cell(values, -5.0, -5.0), marks={STORE: "store", READ: "read"})
    return figure


def hand_wired_cell(values: Any, in_bias: float, out_bias: float) -> Any:
    """Run the explorer's cell: the signal leads to the cell, "store" and "read" to the gates."""
    from lstm97.learners import LSTM
    from lstm97.net.topology import Topology
    from lstm97.tasks import Batch

    topology = Topology(n_inputs=3, block_sizes=(1,), n_outputs=1)
    learner = LSTM(topology, alpha=0.0, weight_range=0.0, in_gate_bias=(in_bias,), out_gate_bias=(out_bias,))
    net = learner.start(np.random.default_rng(0))
    net.weights.w[[2, 0, 1], [0, 1, 2]] = 1.0, 10.0, 10.0
    net.weights.w_k[0, 0] = 8.0
    batch = Batch(np.empty(0, dtype=np.int64), values, np.array([0, len(values)]), np.zeros((1, 1)))
    return learner.trace(net, batch, 0)


def train() -> Any:
    """The learning curves of the recorded trials of Task 6a."""
    import matplotlib.pyplot as plt

    from lstm97.experiments.stopping import ST3
    from lstm97.results import evidence
    from lstm97.results.summary import course
    from lstm97_book import figures

    one = next(one for one in evidence("table9") if (one.row.name, one.reading) == ("table9/6a", "literal"))
    assert isinstance(one.row.stop, ST3)
    figure, axes = plt.subplots(figsize=(7, 3.6))
    axes.set_yscale("log")
    curves = [(*course(record)[:2], record in one.solved) for record in one.records]
    figures.learning_curves(axes, curves, criterion=one.row.stop.beta)
    return figure


PICTURES: dict[str, Callable[[], Any]] = {"train": train, "memory-cell": memory_cell, "error-flow": error_flow}
