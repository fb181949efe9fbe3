"""How long a network step takes: this package's engines, other engines, and every learning system.

Here: measuring speed. Not here: anything that a result depends on.
"""
