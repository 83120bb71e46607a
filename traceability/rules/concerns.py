"""What an officer should look at before verifying a lot: warnings that the diary itself gives."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from traceability.rules.diary_keeping import AtOnce, Entry, find_gap, find_written_at_once
from traceability.rules.sale_gate import Taking
from traceability.rules.templates import WORK_LABELS
from traceability.rules.waiting import explain_doubt, list_doubts

#: A waiting period that ended so few days before the harvest is worth a look at the label.
_NEAR_DAYS = 3
#: Lots of one household written down on one day.
_MANY_LOTS = 5
#: A photo may be so many days older than the work that it shows.
_PHOTO_DAYS = 2
#: Days without an entry after which a season looks unattended, by template; what is not named here is not asked.
_LONGEST_GAP = {"rice": 30, "vegetable": 21, "fruit": 60, "pig": 30, "poultry": 30, "cattle": 60, "fish": 45}
#: Kinds of records with which a lot begins that was not made out of another.
OUTCOMES = ("harvest", "slaughter", "making")
#: Kinds of records that the household writes about its work.
DIARY_KINDS = frozenset({"incoming", *OUTCOMES, *WORK_LABELS})


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


@dataclass(frozen=True, slots=True)
class Reused:
    """A photo of a lot's story that also stands in a record about something else."""

    record_id: int
    happened_on: date
    other_household: bool


@dataclass(frozen=True, slots=True)
class OldPhoto:
    """A photo that its camera dates before the work that it is said to show."""

    record_id: int
    happened_on: date
    taken_on: date


def list_waiting_concerns(takings: Iterable[Taking]) -> list[Concern]:
    """Return what speaks against the days of harvest, and treatments whose waiting period ended just before."""
    concerns = []
    for taking in takings:
        if taking.written_at is not None:
            for doubt in list_doubts(taking.treatments, taking.taken_on, taking.written_at):
                text = f"Lô {taking.lot_code}: {explain_doubt(doubt, taking.taken_on, taking.word)}"
                concerns.append(Concern(doubt.kind.value, text, needs_reason=True, record_id=doubt.treatment.record_id))
        near = [
            one
            for one in taking.treatments
            if not one.is_struck_out
            and one.waiting_until < taking.taken_on <= one.waiting_until + timedelta(days=_NEAR_DAYS)
        ]
        concerns.extend(
            Concern(
                "treatment_near_harvest",
                f"Thuốc {one.product} dùng ngày {one.given_on:%d/%m/%Y}, hết cách ly ngày "
                f"{one.waiting_until:%d/%m/%Y}, {taking.word} ngay sau đó, ngày {taking.taken_on:%d/%m/%Y}. "
                "Hãy so số ngày cách ly với nhãn thuốc.",
                record_id=one.record_id,
            )
            for one in near
        )
    return concerns


def list_keeping_concerns(entries: Sequence[Entry], template: str) -> list[Concern]:
    """Return what speaks against a diary that is said to have been kept day by day."""
    concerns = []
    if at_once := find_written_at_once(entries):
        concerns.append(Concern("written_at_once", tell_written_at_once(at_once)))
    elif late := [one for one in entries if one.is_late]:
        latest = max(late, key=lambda one: one.days_late)
        text = (
            f"{len(late)} trong {len(entries)} việc ghi sổ muộn hơn 2 ngày; muộn nhất là việc ngày "
            f"{latest.done_on:%d/%m/%Y}, ghi sau {latest.days_late} ngày."
        )
        concerns.append(Concern("written_late", text))
    longest = _LONGEST_GAP.get(template)
    if longest is not None and (gap := find_gap([one.done_on for one in entries], longest)):
        first, last = gap
        text = f"Từ {first:%d/%m/%Y} đến {last:%d/%m/%Y} sổ không ghi việc nào ({(last - first).days} ngày)."
        concerns.append(Concern("gap", text))
    return concerns


def tell_written_at_once(found: AtOnce) -> str:
    """Say that most of a diary was written on one day."""
    return (
        f"{found.count} trong {found.total} việc của {found.span_days} ngày được ghi vào sổ cùng một ngày, "
        f"{found.written_on:%d/%m/%Y}: sổ này không được ghi hằng ngày."
    )


def list_photo_concerns(reused: Iterable[Reused], old: Iterable[OldPhoto]) -> list[Concern]:
    """Return what speaks against the photos of a story."""
    concerns = [
        Concern(
            "photo_used_twice",
            f"Ảnh của việc ngày {one.happened_on:%d/%m/%Y} đã dùng cho "
            f"{'sổ của hộ khác' if one.other_household else 'một việc hoặc một lô khác của hộ'}.",
            record_id=one.record_id,
        )
        for one in reused
    ]
    concerns.extend(
        Concern(
            "photo_too_old",
            f"Ảnh của việc ngày {one.happened_on:%d/%m/%Y} được chụp ngày {one.taken_on:%d/%m/%Y} theo máy ảnh.",
            record_id=one.record_id,
        )
        for one in old
        if (one.happened_on - one.taken_on).days > _PHOTO_DAYS
    )
    return concerns


def list_lot_count_concerns(count: int, written_on: date) -> list[Concern]:
    """Return a warning when a household wrote down many lots on one day."""
    if count < _MANY_LOTS:
        return []
    return [Concern("many_lots_at_once", f"Hộ ghi {count} lô cùng một ngày, {written_on:%d/%m/%Y}.")]


def list_codes_to_explain(concerns: Iterable[Concern]) -> list[str]:
    """Return the codes of what an officer has to give a reason for, each once."""
    return sorted({one.code for one in concerns if one.needs_reason})
