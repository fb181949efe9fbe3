"""The figures, their style, and their digest.

Here: drawing on given axes what is given as numbers. Not here: computing these numbers.
"""

from lstm97_book.figures.digest import (
    digest,
)
from lstm97_book.figures.labels import (
    label_lines,
)
from lstm97_book.figures.nets import (
    draw_cell,
    draw_topology,
    gates_and_states,
    labelled_curves,
    states_side_by_side,
)
from lstm97_book.figures.sequences import (
    AROUND_PLACES,
    HALF_APART,
    REBER_PLACES,
    draw_grammar,
    grammar_places,
    marked_values,
    noisy_sequence,
    outputs_beside_targets,
    string_and_successors,
    symbols_over_time,
)
from lstm97_book.figures.style import (
    CELL_OUTPUT,
    DASHES,
    ERROR,
    FAILURE,
    GREY,
    INPUT_GATE,
    INTERNAL_STATE,
    LABEL,
    OUTPUT_GATE,
    PAPER,
    TARGET,
    TRIALS,
    use_style,
)
from lstm97_book.figures.theory import (
    against_lag,
    counts_against_size,
    errors_over_lag,
    marks_on_steps,
    unfolded_net,
    updates_over_time,
)
from lstm97_book.figures.trials import (
    READING_MARKERS,
    cost_growth,
    engines_compared,
    errors_against_targets,
    learning_curves,
    looks_at_test_sets,
    milestones,
    ratios_to_paper,
    scaling,
    sequences_to_success,
)

__all__ = [
    "INPUT_GATE",
    "OUTPUT_GATE",
    "INTERNAL_STATE",
    "CELL_OUTPUT",
    "ERROR",
    "FAILURE",
    "PAPER",
    "GREY",
    "TRIALS",
    "TARGET",
    "LABEL",
    "DASHES",
    "use_style",
    "digest",
    "label_lines",
    "sequences_to_success",
    "ratios_to_paper",
    "learning_curves",
    "milestones",
    "looks_at_test_sets",
    "errors_against_targets",
    "READING_MARKERS",
    "scaling",
    "engines_compared",
    "cost_growth",
    "outputs_beside_targets",
    "marked_values",
    "noisy_sequence",
    "symbols_over_time",
    "REBER_PLACES",
    "AROUND_PLACES",
    "HALF_APART",
    "grammar_places",
    "draw_grammar",
    "string_and_successors",
    "labelled_curves",
    "gates_and_states",
    "states_side_by_side",
    "draw_cell",
    "draw_topology",
    "unfolded_net",
    "errors_over_lag",
    "updates_over_time",
    "against_lag",
    "counts_against_size",
    "marks_on_steps",
]
