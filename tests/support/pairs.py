"""Pairs of task and learner that cannot work, and what is said of them."""

from lstm97.tasks import tasks

REFUSED = {("reber", "guessing"): "guessing can't learn reber: .* give tolerance"} | {
    (task, learner): f"{learner} can't learn {task}.*: give long-lag or reber"
    for task in tasks()
    for learner in ("chunker", "hierarchy")
    if task not in ("reber", "long-lag")  # whose targets are the next symbols
}
