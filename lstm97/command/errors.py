"""What goes wrong in the command by its own account; other errors say the same of the parts that it uses."""


class UsageError(Exception):
    """Bad input; the message names it and the way out."""
