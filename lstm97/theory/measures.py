"""What an error measure can be, given how many answers are wrong.

Paper: Sec. 5.5, Table 8, whose column "MSE" holds numbers that no mean squared error can be.
"""

import math


def largest_mse(wrong: float, n: int, tolerance: float) -> float:
    """Compute the largest mean squared error that answers in [0, 1] to targets in [0, 1] can have.

    Those that are wrong can be off by 1 at most, all others by the tolerance.

    Paper: Sec. 5.5, Table 8.

    Parameters
    ----------
    wrong : float
        Number of answers that are wrong.
    n : int
        Number of answers.
    tolerance : float
        Bound on the absolute error of the others.

    Raises
    ------
    ValueError
        If `wrong` is not between 0 and `n`.
    """
    if not 0 <= wrong <= n:
        raise ValueError(f"wrong is {wrong}: give a number from 0 to n, which is {n}")
    return (wrong + (n - wrong) * tolerance**2) / n


def share_beyond(tolerance: float, root_mean_square: float) -> float:
    """Compute how many errors are larger than a tolerance, if they are normally distributed around 0.

    Parameters
    ----------
    root_mean_square : float
        Standard deviation of the errors.

    Returns
    -------
    float
        Share of the errors.
    """
    return math.erfc(tolerance / (root_mean_square * math.sqrt(2)))


def root_mean_square(mean_absolute_error: float) -> float:
    """Turn the mean absolute value of normally distributed errors around 0 into their root mean square."""
    return mean_absolute_error * math.sqrt(math.pi / 2)
