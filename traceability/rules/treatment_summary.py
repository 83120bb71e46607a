"""What may be said in public about the treatments of a lot: how many, and whether each waiting period was kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from traceability.rules.waiting import Treatment


@dataclass(frozen=True, slots=True)
class TreatmentSummary:
    """The treatments in a lot's story, counted by what they mean to its buyer."""

    #: Standing treatments up to the harvest, and the last of them.
    count: int = 0
    last_on: date | None = None
    #: Standing ones in whose waiting period the produce was taken.
    broken: int = 0
    #: Standing ones dated after the harvest that were in the books before it was written down.
    dated_after: int = 0
    #: Ones struck out or changed that would have forbidden the harvest.
    struck_out: int = 0

    @property
    def is_kept(self) -> bool:
        """Whether the diary, as it stands, shows every waiting period kept."""
        return not self.broken

    @property
    def doubtful(self) -> int:
        """How many treatments a reader should know of before believing the count."""
        return self.dated_after + self.struck_out


def summarise(treatments: Iterable[Treatment], taken_on: date) -> TreatmentSummary:
    """Count the treatments of a story whose produce was taken on that day, the last one where there were several.

    ``treatments`` are those of ``list_story``: one that is dated after the harvest stands there only because it was in
    the books before the harvest was written down.
    """
    known = list(treatments)
    standing = [one for one in known if not one.is_struck_out]
    before = [one for one in standing if one.given_on <= taken_on]
    return TreatmentSummary(
        count=len(before),
        last_on=max((one.given_on for one in before), default=None),
        broken=sum(one.covers(taken_on) for one in before),
        dated_after=len(standing) - len(before),
        struck_out=sum(one.is_struck_out and one.waiting_until >= taken_on for one in known),
    )
