"""What an officer should look at before verifying a lot: warnings that the diary itself gives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Concern:
    """A warning about a lot: a code for programs, a full sentence for the officer.

    ``needs_reason``: the lot is verified only with the officer's own stated reason, which is sealed with the decision.
    ``record_id`` is the record that it is about, when there is one.
    """

    code: str
    text: str
    needs_reason: bool = False
    record_id: int | None = None
