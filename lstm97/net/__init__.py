"""The net of 1997: its equations, who feeds whom, and every choice that the paper leaves open.

Here: what one time step and one weight update compute, as plain functions that are compiled.
Not here: tasks, learning systems as objects, anything about many trials.
"""
