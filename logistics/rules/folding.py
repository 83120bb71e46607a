"""From everything a carrier said to where the parcel stands.

Messages come late, twice and out of order. The state is therefore never "the last message", but a fold over
all words in the order of the carrier's own clock: the same words give the same state, in whatever order
they came in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from logistics.rules.states import FINAL, RANK, STEPS, UNSETTLED, ParcelState


@dataclass(frozen=True, slots=True)
class Said:
    """One word of a carrier, as far as folding needs it. ``state`` is None for a code that we do not know."""

    happened_at: datetime
    code: str
    state: ParcelState | None
    is_returning: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a parcel stands and since when (the carrier's clock; None as long as no word counts)."""

    state: ParcelState
    since: datetime | None = None
    code: str = ""


#: On the way back carriers use the words of the way out once more; they all mean "returning".
_BACK = {
    ParcelState.PICKED_UP: ParcelState.RETURNING,
    ParcelState.IN_TRANSIT: ParcelState.RETURNING,
    ParcelState.OUT_FOR_DELIVERY: ParcelState.RETURNING,
    ParcelState.DELIVERY_FAILED: ParcelState.RETURNING,
    ParcelState.AVAILABLE_FOR_PICKUP: ParcelState.RETURNING,
    ParcelState.DELIVERED: ParcelState.RETURNED,
}


def meaning(said: Said) -> ParcelState | None:
    """Return what a word means for the parcel, the way back considered."""
    if said.state is None or not said.is_returning:
        return said.state
    return _BACK.get(said.state, said.state)


def fold(words: Iterable[Said]) -> Standing:
    """Return where a booked parcel stands after these words, whatever order they are given in.

    Words with the same time count in the order of the journey. A word whose step is not allowed is passed
    over; after an end nothing counts any more.
    """
    standing = Standing(ParcelState.BOOKED)
    for said in in_order(words):
        wanted = meaning(said)
        if standing.state in FINAL:
            break
        if (wanted is not None and wanted in STEPS[standing.state]) or (
            wanted == standing.state and standing.since is None
        ):
            standing = Standing(wanted, said.happened_at, said.code)
    return standing


def in_order(words: Iterable[Said]) -> Sequence[Said]:
    """Return words by the carrier's clock, then by how far along they are."""
    return sorted(words, key=_place)


def _place(said: Said) -> tuple[datetime, int, str, bool]:
    wanted = meaning(said)
    return said.happened_at, RANK[wanted] if wanted else -1, said.code, said.is_returning


def advance(current: ParcelState, words: Iterable[Said]) -> Standing:
    """Return where a parcel stands now, given where it stood: an end that was told to others stays.

    Any word proves that the carrier holds the parcel, so one whose booking was unsettled counts as booked.
    """
    standing = fold(words)
    if current in FINAL and standing.state != current:
        return Standing(current)
    if current in UNSETTLED or current == standing.state or standing.since is not None:
        return standing
    return Standing(current)


def contradicts(current: ParcelState, since: datetime, said: Said) -> bool:
    """Say whether a word that came after an end tells another story than that end, and so needs a person.

    Late and surplus messages are normal. Another end is not; neither is a parcel that travels after it was
    called off.
    """
    wanted = meaning(said)
    if current not in FINAL or wanted is None or wanted == current:
        return False
    if wanted in FINAL:
        return True
    never_left = current in {ParcelState.REFUSED, ParcelState.CANCELLED}
    return never_left and said.happened_at > since and RANK[wanted] >= RANK[ParcelState.PICKED_UP]
