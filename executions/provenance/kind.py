"""What is said of one kind of event."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event.

    Args:
        title: what people read.
        when: when it is written, a sentence.
        data: field of the data → what it holds; a question mark ends the name of a field that may be missing.
    """

    title: str
    when: str
    data: dict[str, str]


STEP = "name of the step"
HOLD = "id of the hold"
FREEZE = "id of the freeze"
QUESTION = {"suspension": "id of the question", "key": "its key in the step"}
ASKED = {
    **QUESTION,
    "step": STEP,
    "kind": "`input`, `approval`, `event`, `time` or `children`",
}
