"""What a lot's story must hold before its commune is asked to verify it."""

from collections.abc import Iterable
from dataclasses import dataclass

from traceability.rules.templates import WORK_LABELS

#: Stands in sealed decisions, so that a later change of the rule does not rewrite what was decided under this one.
RULE_VERSION = "completeness/1"
_OUTCOMES = frozenset({"harvest", "slaughter", "making"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One step of a lot's story, reduced to what completeness asks."""

    kind: str
    photo_count: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a lot still lacks: a code for programs, a sentence for people."""

    code: str
    text: str


def list_missing(facts: Iterable[Fact]) -> list[Missing]:
    """Return what a story lacks, in the order in which the work is done; an empty list when it is complete."""
    steps = list(facts)
    kinds = {step.kind for step in steps}
    missing = []
    if "incoming" not in kinds:
        missing.append(Missing("incoming", "Chưa ghi giống hoặc nguyên liệu lấy từ đâu."))
    if not kinds & WORK_LABELS.keys():
        missing.append(Missing("work", "Chưa ghi việc chăm sóc hay chế biến nào."))
    if not kinds & _OUTCOMES:
        missing.append(Missing("outcome", "Chưa ghi ngày thu hoạch, giết mổ hoặc làm ra."))
    if not any(step.photo_count for step in steps):
        missing.append(Missing("photo", "Chưa có ảnh nào. Hãy chụp ít nhất một ảnh ngoài đồng hoặc lúc thu hoạch."))
    return missing
