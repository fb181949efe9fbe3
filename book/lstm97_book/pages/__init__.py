"""What pages show besides figures.

Here: blocks that several pages share, and the computations that a single chapter shows. Not here: the core's own.
"""
