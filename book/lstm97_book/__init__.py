"""The companion: what makes the book out of the core `lstm97`, which knows nothing of it.

equations/   every equation of the paper with its check, errata, and a second route to the gradient
figures/     the style, the digest, and the figures
pages/       blocks that pages are made of, and what single chapters show
bench/       how long a network step takes, here and in other engines
sphinx/      the extension that runs the notebooks and fills in what is generated
"""
