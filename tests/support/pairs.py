"""Pairs of task and learner that cannot work, and what is said of them."""

from lstm97.experiments.pairs import TASKS

#: The tasks in which targets are the next symbols.
NEXT_SYMBOL = ("reber", "long-lag")
REFUSED = {("reber", "guessing"): "guessing can't learn reber: .* give tolerance"} | {
    (task, learner): f"{learner} can't learn {task}.*: give long-lag or reber"
    for task in TASKS
    for learner in ("chunker", "hierarchy")
    if task not in NEXT_SYMBOL
}
