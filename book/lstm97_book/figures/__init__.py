"""The figures, their style, and their digest.

Here: drawing on given axes what is given as numbers. Not here: computing these numbers.
"""
