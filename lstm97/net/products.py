"""Sums of products of which a whole matrix is due: most of the work of learners that carry derivatives along."""


def add_products(a, first, x, into):
    r"""Add the product of two matrices to a third.

    .. math:: \mathit{into}_{ic} \leftarrow \mathit{into}_{ic} + a_{i,\mathit{first}}\, x_{0c}
        + a_{i,\mathit{first}+1}\, x_{1c} + \dots

    Every product is rounded, and added before the next one. This is what the function means; what compiled functions
    do in its place, with the same bits, is `lstm97.net.registers`.

    Parameters
    ----------
    a : (I, any) float64
    first : int
        The column of `a` that belongs to row 0 of `x`.
    x : (n, C) float64
    into : (I, C) float64
        Added to in place; other memory than `x`.
    """
    for i in range(into.shape[0]):
        for j in range(x.shape[0]):
            for c in range(into.shape[1]):
                into[i, c] += a[i, first + j] * x[j, c]
