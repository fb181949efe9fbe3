"""Every ambiguity of the paper that a row meets, as a named switch.

Where the paper is silent, contradicts itself or can be read in two ways, the code asks the reading; it never hides
a choice. The default of every field is the literal choice: what the text says, or, where it says nothing, the
plainest way of doing it. Some readings have names: `READINGS`.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from lstm97.checks import choice


def _switch(default: Any, alternatives: tuple[Any, ...], passage: str, meaning: str) -> Any:
    """Declare a field: its literal choice, the other choices, the passage, and what the choices mean."""
    return field(
        default=default,
        metadata={"alternatives": alternatives, "passage": passage, "meaning": meaning},
    )


@dataclass(frozen=True)
class Reading:
    """One way of reading the paper.

    Each field's choices, passage and meaning are data: `Reading.describe` lists them, and the book's page on
    readings is made from that list.

    Raises
    ------
    ValueError
        If a field is given a choice that it does not have.
    """

    error: str = _switch(
        "(19)",
        ("(16)",),
        "App. A.1, (16)-(19)",
        "(16) and (18) give an output error with a factor of 2 that (19) lacks. `(19)` follows the formula as "
        "printed, `(16)` the derivative: it doubles every learning rate.",
    )
    output_timing: str = _switch(
        "same step",
        ("one step later",),
        "Sec. 5, processing steps (1)-(3); App. A.1, (10), (20)-(23)",
        "Section 5 computes the hidden layer and then the outputs within one step, the appendix writes y(t-1). "
        "`same step` lets output units read the cells of the same step, which alone fits (20)-(23); with "
        "`one step later` they read those of the step before.",
    )
    update: str = _switch(
        "sequence end",
        ("every step", "next sequence"),
        "Sec. 5, on-line learning; App. A.1, last sentence of the backward pass",
        "When the weights change. `sequence end`: by the sum over all time steps, as the appendix says. "
        "`every step`: at each error signal. `next sequence`: by the sum, but only at the end of the next "
        "sequence's first step, whose own contributions join it, as in the institute's simulator.",
    )
    initial_activation: float = _switch(
        0.0,
        (0.5,),
        "Sec. 5, activations are reset; Sec. 5.1, reinitialised with zeros",
        "What activations of the hidden layer are reset to before each sequence. The institute's simulator takes "
        "0.5, the logistic sigmoid of no input. Internal states are reset to 0 in both.",
    )
    ranges: str = _switch(
        "text",
        ("Table 10",),
        "App. A.1, (4), (5); caption of Table 10",
        "The text has g in [-2, 2] and h in [-1, 1]. The caption of Table 10 swaps the two.",
    )
    gate_bias: str = _switch(
        "set",
        ("added",),
        "Sec. 5.3, 5.4, 5.6: gate biases are initialised with given values",
        "`set`: the bias weight starts at the given value. `added`: the value is added to a random initial weight, "
        "as in the institute's simulator.",
    )
    initial_weights: str = _switch(
        "uniform",
        ("grid",),
        "Sec. 5; Table 11: initial weights are chosen in an interval",
        "`uniform`: any number of the interval. `grid`: one of 2000 evenly spaced values, as in the institute's "
        "simulator.",
    )
    output_bias: str = _switch(
        "weight",
        ("constant unit",),
        "Sec. 5.4, 5.6: all non-input units have bias weights",
        "`weight`: an output unit's bias is a weight of its own. `constant unit`: the bias comes from a hidden unit "
        "that is always 1 and that gates and cells see as well, as in the institute's simulator: one step late, so "
        "at a sequence's first step as it was reset. That makes more weights than the paper counts.",
    )
    initial_range: str | float = _switch(
        "Table 11",
        (0.5,),
        "Sec. 5.1-5.6; Table 11, column 3",
        "The initial weights' interval. `Table 11`: [-0.1, 0.1], in Experiments 1 and 2 [-0.2, 0.2]. `0.5`: "
        "[-0.5, 0.5], against the text; larger weights shorten the plateau that training starts on.",
    )
    output_unit: str = _switch(
        "logistic",
        ("linear",),
        "App. A.1 (3), the activation functions of output units",
        "`logistic`, as in all tasks of Section 5. `linear`: the output is the net input and f' is 1, against the "
        "text.",
    )
    output_error: str = _switch(
        "with f'",
        ("without f'",),
        "App. A.1 (19)",
        "Whether an output unit's error has the factor f'. (19) has it. Without it the error is the derivative of "
        "the cross-entropy, which does not vanish where a logistic output saturates.",
    )
    cell_sources: str = _switch(
        "hidden layer",
        ("inputs",),
        "Sec. 4 and Figure 2; Table 10, code F and the column of weights",
        "Whether memory cells see gates and cells of the step before, as Section 4 says and the weight counts need, "
        "or `inputs` only. Gates see the hidden layer in both.",
    )
    recurrence: str = _switch(
        "Table 10",
        ("always",),
        "Sec. 5.2, Task 2a; Table 10, code B; Table 2, weights of LSTM",
        "Whether the hidden layer of Tasks 2a and 2b sees itself. Code B and the 10504 weights leave that out; "
        "Section 4 calls the hidden layer fully self-connected, which makes 10508.",
    )
    multiplication_gates: str = _switch(
        "Table 10",
        ("Sec. 5.4",),
        "Sec. 5.5, architecture like in Section 5.4; Table 10, code r",
        "Where the biases of the input gates start in Experiment 5. `Table 10`: at random, like all other weights, "
        "which Section 5.5 says, too. `Sec. 5.4`: at -3 and -6, as in Experiment 4, whose architecture the section "
        "takes over.",
    )
    addition: float = _switch(
        0.01,
        (0.1,),
        "Sec. 5.2, Task 2a: added once the error has stopped decreasing",
        "When the memory cell of Tasks 2a and 2b and its gate are added: once the mean error of 200 sequences is "
        "less than this share below that of the 200 before.",
    )
    test_set: str = _switch(
        "fresh",
        ("fixed",),
        "Sec. 5.3: 256 randomly chosen test sequences",
        "Whether each look at a test set during training takes new sequences, or all looks of a trial the same.",
    )
    run_count: str = _switch(
        "exclusive",
        ("inclusive",),
        "Sec. 5.2, Tables 2, 3: success during 10,000 successive sequences",
        "Whether the 10,000 sequences of the criterion count as training sequences. The text counts what comes "
        "before them: Table 2 has means below 10,000.",
    )
    second_mark: str = _switch(
        "unmarked",
        ("position",),
        "Sec. 5.4: one of the first T/2 - 1 still unmarked pairs",
        "`unmarked`: the first T/2 - 1 of the pairs that are not yet marked, so up to position T/2, which gives the "
        "stated minimal lag of T/2. `position`: positions 1 to T/2 - 1, except the marked one.",
    )
    first_pair: str = _switch(
        "set input",
        ("keep marker", "ignore value"),
        "Sec. 5.4: in the rare case where the first pair gets marked",
        "`set input`: the first pair's marker becomes 1 and its value 0 (in Sec. 5.5: 1), for the input and the "
        "target. `keep marker`: the same, but its marker stays -1. `ignore value`: the marker becomes 1, the input "
        "value stays, and only the target counts it as 0.",
    )
    average_error: str = _switch(
        "absolute",
        ("squared",),
        "Sec. 5.4, 5.6: the average training error",
        "What is averaged, over output units and the 2000 most recent sequences. With `squared` the condition of "
        "Sec. 5.4 would follow from the other one.",
    )
    count: str = _switch(
        "inclusive",
        ("exclusive",),
        "Tables 7, 9: training sequences required to achieve the stopping criterion",
        "Whether the 2000 sequences that the criterion looks at count as training sequences. Training stops after "
        "them, so `inclusive` is what the words say. Weights and test figures are the same in both.",
    )

    def __post_init__(self) -> None:
        for entry in dataclasses.fields(self):
            choices = (entry.default, *entry.metadata["alternatives"])
            value = getattr(self, entry.name)
            if value not in choices:
                raise ValueError(f"{entry.name} is {value!r}: give one of {', '.join(map(repr, choices))}")

    @classmethod
    def describe(cls) -> list[dict[str, Any]]:
        """List every switch.

        Returns
        -------
        list of dict
            One per field: ``name``, ``default``, ``alternatives``, ``passage``, ``meaning``.
        """
        return [{"name": entry.name, "default": entry.default, **entry.metadata} for entry in dataclasses.fields(cls)]

    def differences(self) -> Iterator[tuple[str, Any]]:
        """Iterate over the fields that are not the literal choice."""
        for entry in dataclasses.fields(self):
            if getattr(self, entry.name) != entry.default:
                yield entry.name, getattr(self, entry.name)


#: The named readings: the paper's words; the later simulator of the first author's institute; and departures from
#: the words that bring some rows near the printed numbers.
READINGS: dict[str, Reading] = {
    "literal": Reading(),
    "institute": Reading(
        update="next sequence",
        initial_activation=0.5,
        gate_bias="added",
        initial_weights="grid",
        output_bias="constant unit",
    ),
    "cells-see-inputs": Reading(cell_sources="inputs"),
    "wide-start": Reading(initial_range=0.5, output_error="without f'"),
    "wide-start-linear": Reading(initial_range=0.5, output_unit="linear"),
    "recurrent": Reading(recurrence="always"),
    "gates-as-adding": Reading(multiplication_gates="Sec. 5.4"),
    "ranges-of-table-10": Reading(ranges="Table 10"),
}


def named(name: str) -> Reading:
    """Find a reading by its name.

    Raises
    ------
    KeyError
        If there is none of that name; the message has the nearest names.
    """
    if name not in READINGS:
        near = get_close_matches(name, READINGS, cutoff=0.0)
        raise KeyError(f"there is no reading {name!r}: did you mean {' or '.join(near)}?")
    return READINGS[name]


def check_choices(reads: Mapping[str, tuple[Any, ...]], of: Any) -> None:
    """Check choices that are a reading's to make, against those that a task, a stopping rule or a net knows.

    Parameters
    ----------
    reads : mapping of str to tuple
        By field of `Reading`, the choices that are known.
    of : object
        What has the fields.

    Raises
    ------
    ValueError
        If a choice is none of them.
    """
    for name, known in reads.items():
        choice(name, getattr(of, name), known)
