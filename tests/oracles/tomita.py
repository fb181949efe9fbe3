"""Four of Tomita's (1982) languages over 0 and 1, on which second-order nets were tried."""

import itertools
import re

import numpy as np

from lstm97.tasks import Batch
from lstm97.tasks.base import offsets_of

#: Words of a language, as a pattern: only ones, ones and zeros in turns, no three zeros in a row, up to four runs.
LANGUAGES = {"1": r"1*", "2": r"(10)*", "4": r"(?!.*000).*", "7": r"0*1*0*1*"}
LONGEST = 8


def draw(language: str, rng: np.random.Generator, n: int) -> Batch:
    """Draw words, every other one of the language; the target at the end says which."""
    pattern, targets = re.compile(LANGUAGES[language]), np.arange(n) % 2
    by_length: tuple[list[list[str]], ...] = ([], [])  # words that are not of the language, and words that are
    for length in range(1, LONGEST + 1):
        words = ["".join(word) for word in itertools.product("01", repeat=length)]
        for member, lists in enumerate(by_length):
            found = [word for word in words if bool(pattern.fullmatch(word)) == member]
            lists += [found] if found else []
    drawn = []
    for target in targets:
        lists = by_length[target]
        words = lists[rng.integers(len(lists))]
        drawn.append(words[rng.integers(len(words))])
    symbols = np.array([int(symbol) for word in drawn for symbol in word])
    offsets = offsets_of(np.array([len(word) for word in drawn]))
    return Batch(symbols, np.zeros((len(symbols), 0)), offsets, targets[:, np.newaxis].astype(float))
