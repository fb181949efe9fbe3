"""What the ``lstm97`` command does; `lstm97.cli` runs it.

Here: reading what is typed, printing what came out, and ending well. Not here: computing anything.
"""
