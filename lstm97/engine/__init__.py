"""The same arithmetic as in `lstm97.net`, for many nets side by side: faster, and equal to the last bit.

Here: how nets share the lanes of a processor. Not here: any formula that `lstm97.net` does not have.
"""
