"""What a sentence of a page tells: its numbers, names and marks, not the words around them."""

import re

NUMBER = re.compile(r"(?<!\w)(?<!\d[.,])\d+(?:[.,]\d+)*(?!\w)")


def numbers(text: str) -> list[str]:
    """Give a text's numbers in their order, as they are written; a number in a name is none.

    >>> numbers("On average 1,000.5 of 2,560 (a95) were wrong, 31 and 2. Not 7.")
    ['1,000.5', '2,560', '31', '2', '7']
    """
    return NUMBER.findall(text)


def tells(text: str, *parts: str) -> bool:
    """Whether a text has these numbers and names, each as a whole, in this order.

    >>> tells("On average 1,000 of 2,560 were wrong, **C**.", "1,000", "2,560", "**C**")
    True
    >>> tells("On average 1,000 of 2,560 were wrong.", "000", "2,560")
    False
    >>> tells("On average 1,000 of 2,560 were wrong.", "2,560", "1,000")
    False
    """
    wholes = (rf"(?<!\w)(?<!\d[.,]){re.escape(part)}(?!\w|[.,]\d)" for part in parts)
    return re.search(".*?".join(wholes), text, flags=re.DOTALL) is not None
