"""Sections 3 and 4 and the appendix, beside the network that runs.

Here: formulas, and what follows from them. Not here: what the experiments run.

error_flow       Sec. 3.1: how errors vanish or explode in ordinary recurrent nets
carrousel        Sec. 3.2: the constant error carrousel without gates, and its two conflicts
by_hand          Sec. 4: nets whose weights are set by hand
abuse            Sec. 4: memory cells that become biases
truncation       App. A.1: what is cut from the gradient
cost             App. A.1 (29): operations and storage, counted
cell_error_flow  App. A.2: error flow through a memory cell
measures         what an error measure can be, given how many answers are wrong

Nothing here is needed to run a trial.
"""
