"""Every equation of the paper, with its check.

Here: the list, the checks, the errata, and the gradient by another route. Not here: what the experiments run.
"""
