"""Running trials: one, many, in processes or on a cluster, resumably.

Here: what happens between a specification and a record. Not here: statistics, and what a record means.
"""

from lstm97.trials.trial import Outcome, run_trial

__all__ = ["Outcome", "run_trial"]
