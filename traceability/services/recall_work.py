"""The work of a recall after its beginning: steps noted, the notice, the returns ledger, the end.

Sources: Circular 23/2018/TT-BYT (notice, 24 hours, report) and Circular 17/2021/TT-BNNPTNT (what becomes of goods).
A drill keeps the same books, under its own number, and touches nothing else.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.clock import local_date
from marketplace.core.errors import Conflict, NotFound, Refused
from marketplace.core.outbox import record_event
from marketplace.core.quantity import format_number
from traceability.events import RecalledGoodsBrought
from traceability.models.custody import Chain, Recall, RecallLot
from traceability.models.recall import RecallNotice, RecallReturn, RecallStep
from traceability.ports import Sales, Signatory
from traceability.queries.lots import LotView, list_lots
from traceability.queries.recall_work import LedgerSums, balance_lots, list_done, list_steps, sum_ledger
from traceability.queries.recalls import RecallView, get_recall
from traceability.rules import events_custody
from traceability.rules.entries import check_amount, check_day, check_length, check_text
from traceability.rules.recalls import (
    MAX_WHY_LEFT,
    OUTCOMES,
    PARCEL_SOURCES,
    SOURCES,
    check_step,
    tell_closing,
)
from traceability.services.chain import Draft, append_record, derived_key, lock_chain
from traceability.services.log import announce_key, log_statement

MAX_PLACES = 1000
#: How the numbers of orders, and so of their parcels, begin.
_PARCEL_PREFIX = "DH-"
#: Under this name the ends of recalls get their keys: a recall ends once.
_ENDS = uuid.UUID("5b1f5f6e-0a52-5b8e-8a3e-6c4d7f1f2a90")


@dataclass(frozen=True, slots=True)
class NoticeText:
    """What an officer writes for the notice: packing, places that take goods back, whom to ring, until when."""

    packing: str
    places: str
    contact: str
    until_on: date


@dataclass(frozen=True, slots=True)
class Entry:
    """A line for the returns ledger: goods came back from a ``source``, or met an ``outcome``; the other is empty."""

    lot_id: int
    quantity: Decimal
    happened_on: date
    source: str = ""
    outcome: str = ""
    reference: str = ""


def note_step(
    *,
    session: Session,
    recall_id: int,
    step: str,
    note: str,
    officer: Actor,
    officer_title: str,
    sales: Sales,
    now: datetime,
) -> RecallView:
    """Note that something was done; noting it again changes nothing.

    Raises ``NotFound`` for another commune's recall, ``Refused`` (``step_too_early``, ``step_unknown``).
    """
    recall = _lock(session, recall_id, officer)
    done = list_done(session, recall_id, sales)
    if step in list_steps(session, recall_id):
        return recall
    check_step(step, done)
    check_text(note, "note")
    _add_step(session, recall_id, step, note, officer, officer_title, now)
    return get_recall(session, recall_id)


def write_notice(
    *, session: Session, recall_id: int, text: NoticeText, officer: Actor, key: uuid.UUID, now: datetime
) -> RecallView:
    """Keep what the notice says beyond the ledger; the newest counts. The telephone here is an office's.

    Raises ``NotFound``, ``Refused`` naming the field, ``Conflict`` after the end.
    """
    recall = _lock(session, recall_id, officer)
    _check_open(recall)
    if not text.places.strip():
        message = "Hãy ghi nơi nhận lại hàng, ví dụ Nhà văn hóa thôn 3."
        raise Refused("places_missing", message, field="places")
    check_length(text.places, "places", MAX_PLACES)
    check_length(text.packing, "packing", 200)
    check_length(text.contact, "contact", 200)
    if text.until_on < local_date(recall.started_at):
        message = "Ngày cuối nhận hàng phải sau ngày bắt đầu thu hồi."
        raise Refused("until_too_early", message, field="until_on")
    session.execute(
        pg_insert(RecallNotice)
        .values(
            recall_id=recall_id,
            packing=text.packing.strip(),
            places=text.places.strip(),
            contact=text.contact.strip(),
            until_on=text.until_on,
            officer_party=officer.party,
            written_at=now,
            client_key=key,
        )
        .on_conflict_do_nothing(index_elements=[RecallNotice.client_key])
    )
    return get_recall(session, recall_id)


def note_return(
    *, session: Session, recall_id: int, entry: Entry, officer: Actor, sales: Sales, key: uuid.UUID, now: datetime
) -> int:
    """Add a line to the returns ledger and return its id; the same key returns the same line.

    No more of a lot comes back than was made of it, no more from buyers than left in parcels, and no more is dealt
    with than came back. Raises ``NotFound``, ``Refused`` naming the field, ``Conflict`` after the end.
    """
    recall = _lock(session, recall_id, officer)
    known = session.scalar(
        select(RecallReturn.id).where(RecallReturn.client_key == key, RecallReturn.recall_id == recall_id)
    )
    if known is not None:
        return known
    _check_open(recall)
    if entry.lot_id not in recall.lot_ids:
        message = "Hãy chọn một lô của đợt thu hồi này."
        raise Refused("lot_outside_recall", message, field="lot")
    lot = list_lots(session, [entry.lot_id])[entry.lot_id]
    if bool(entry.source) == bool(entry.outcome) or (entry.source or entry.outcome) not in {*SOURCES, *OUTCOMES}:
        message = "Hãy chọn hàng từ đâu về, hoặc đã xử lý thế nào."
        raise Refused("entry_unclear", message, field="what")
    check_amount(entry.quantity, None, field="quantity")
    check_day(entry.happened_on, local_date(now))
    check_text(entry.reference, "reference")
    sums = sum_ledger(session, recall_id).get(lot.id)
    _check_sums(lot, sums, entry)
    if entry.source in PARCEL_SOURCES:
        _check_parcels(session, lot, sums, entry, sales)
    line_id = session.execute(
        insert(RecallReturn)
        .values(
            recall_id=recall_id,
            lot_id=entry.lot_id,
            source=entry.source or None,
            outcome=entry.outcome or None,
            quantity=entry.quantity,
            reference=entry.reference.strip(),
            happened_on=entry.happened_on,
            noted_at=now,
            officer_party=officer.party,
            client_key=key,
        )
        .returning(RecallReturn.id)
    ).scalar_one()
    if entry.source == "buyer" and not recall.is_drill:
        record_event(
            session,
            RecalledGoodsBrought(recall_id, entry.lot_id, line_id, str(entry.quantity), entry.reference.strip()),
        )
    return line_id


def reverse_return(
    *, session: Session, recall_id: int, line_id: int, officer: Actor, key: uuid.UUID, now: datetime
) -> None:
    """Take a wrong line back by a second one; taking it back again changes nothing.

    Raises ``NotFound``, ``Conflict`` for a line that is itself a reversal or after the end, ``Refused`` when more
    would have been dealt with than came back.
    """
    recall = _lock(session, recall_id, officer)
    line = session.execute(
        select(RecallReturn).where(RecallReturn.id == line_id, RecallReturn.recall_id == recall_id)
    ).scalar_one_or_none()
    if line is None:
        raise NotFound
    if session.scalar(select(RecallReturn.id).where(RecallReturn.reverses_id == line_id)) is not None:
        return
    _check_open(recall)
    if line.reverses_id is not None:
        message = "Dòng này đã là dòng sửa. Hãy ghi lại một dòng mới."
        raise Conflict("reversal_is_final", message)
    sums = sum_ledger(session, recall_id)[line.lot_id]
    if line.source is not None and sums.all_back - line.quantity < sums.all_treated:
        message = "Hàng của dòng này đã được ghi là xử lý rồi. Hãy bỏ dòng xử lý trước."
        raise Refused("treated_already", message)
    session.execute(
        insert(RecallReturn).values(
            recall_id=recall_id,
            lot_id=line.lot_id,
            source=line.source,
            outcome=line.outcome,
            quantity=line.quantity,
            reference=line.reference,
            happened_on=line.happened_on,
            noted_at=now,
            officer_party=officer.party,
            reverses_id=line.id,
            client_key=key,
        )
    )


def close_recall(
    *,
    session: Session,
    recall_id: int,
    officer: Actor,
    officer_title: str,
    commune: str,
    signatory: Signatory,
    sales: Sales,
    now: datetime,
    why_left: str = "",
) -> RecallView:
    """End a recall; ending it again changes nothing. The lots stay recalled for good.

    The end of a real one is sealed in the chain of each household and logged as a signed statement; it says what was
    never collected, and ``why_left``. Raises ``NotFound``; ``Refused`` (``step_too_early``, ``returns_unbalanced``,
    ``why_left_missing``) as long as something is left to do; ``Conflict`` when a lot joined at this very moment.
    """
    chains = {} if _is_drill(session, recall_id) else _lock_households(session, recall_id)
    recall = _lock(session, recall_id, officer)
    if recall.closed_at is not None:
        return recall
    check_step("closed", list_done(session, recall_id, sales))
    sums = sum_ledger(session, recall_id)
    lots = list_lots(session, recall.lot_ids)
    open_lots = [lots[lot_id].code for lot_id, one in sums.items() if one.all_back != one.all_treated]
    if open_lots:
        message = f"Hàng thu về của lô {', '.join(open_lots)} chưa được xử lý hết."
        raise Refused("returns_unbalanced", message, lots=open_lots)
    left = [] if recall.is_drill else _list_left(session, recall_id, lots, sales)
    check_text(why_left, "why_left", "Hàng chưa thu về hết. Hãy ghi rõ vì sao." if left else "", maximum=MAX_WHY_LEFT)
    _add_step(session, recall_id, "closed", why_left if left else "", officer, officer_title, now)
    if not recall.is_drill:
        _seal_end(session, recall, lots, chains, officer, now)
        announce_key(session, party=officer.party, title=officer_title, commune=commune, signatory=signatory, now=now)
        log_statement(
            session,
            kind="recall",
            content=tell_closing(
                recall_id=recall_id,
                lot_code=recall.lot_code,
                officer=officer.party,
                officer_title=officer_title,
                sums=[_tell(lots[lot_id], one) for lot_id, one in sorted(sums.items())],
                left=left,
                why_left=why_left.strip(),
                closed_at=now,
            ),
            actor_party=officer.party,
            now=now,
            lot_id=recall.lot_id,
            signature_by=signatory,
        )
    return get_recall(session, recall_id)


def _is_drill(session: Session, recall_id: int) -> bool:
    return bool(session.scalar(select(Recall.is_drill).where(Recall.id == recall_id)))


def _lock_households(session: Session, recall_id: int) -> dict[int, Chain]:
    """Lock the chains of a recall's households, lowest id first and before the recall, as everywhere."""
    lots = list_lots(session, session.scalars(select(RecallLot.lot_id).where(RecallLot.recall_id == recall_id)))
    return {one: lock_chain(session, one) for one in sorted({lot.household_id for lot in lots.values()})}


def _seal_end(  # noqa: PLR0917 - what the records are made of
    session: Session,
    recall: RecallView,
    lots: Mapping[int, LotView],
    chains: Mapping[int, Chain],
    officer: Actor,
    now: datetime,
) -> None:
    if {lot.household_id for lot in lots.values()} != chains.keys():
        message = "Đợt thu hồi vừa có thêm lô. Hãy xem lại rồi kết thúc."
        raise Conflict("recall_changed", message)
    for household_id, chain in chains.items():
        own = [lot for _, lot in sorted(lots.items()) if lot.household_id == household_id]
        goods = [events_custody.lot_portion(lot.produce, lot.code, lot.quantity_made, lot.unit) for lot in own]
        codes = [lot.code for lot in own]
        append_record(
            session,
            chain,
            Draft(
                build=lambda stamp, goods=goods, codes=codes: events_custody.recall_closed(  # type: ignore[misc]
                    stamp, goods, codes
                ),
                occurred_at=now,
                lots={lot.id: None for lot in own},
                role="officer",
            ),
            actor=officer,
            key=derived_key(_ENDS, f"recall-{recall.id}-{household_id}"),
            now=now,
        )


def _lock(session: Session, recall_id: int, officer: Actor) -> RecallView:
    """Lock a recall of the officer's commune until the transaction ends. Raises ``NotFound``."""
    session.execute(select(Recall.id).where(Recall.id == recall_id).with_for_update())
    if officer.commune_id is None:
        raise NotFound
    return get_recall(session, recall_id, commune_id=officer.commune_id)


def _check_open(recall: RecallView) -> None:
    if recall.closed_at is not None:
        message = "Đợt thu hồi này đã kết thúc nên sổ không ghi thêm được nữa."
        raise Conflict("recall_closed", message)


def _check_sums(lot: LotView, sums: LedgerSums | None, entry: Entry) -> None:
    back = sums.all_back if sums else Decimal(0)
    treated = sums.all_treated if sums else Decimal(0)
    if entry.source and back + entry.quantity > lot.quantity_made:
        message = f"Lô {lot.code} chỉ có {format_number(lot.quantity_made)} nên không thể thu về nhiều hơn."
        raise Refused("more_than_was_made", message, field="quantity")
    if entry.outcome and treated + entry.quantity > back:
        message = f"Lô {lot.code} mới thu về {format_number(back)}, đã xử lý {format_number(treated)}."
        raise Refused("more_than_came_back", message, field="quantity")


def _check_parcels(session: Session, lot: LotView, sums: LedgerSums | None, entry: Entry, sales: Sales) -> None:
    number = entry.reference.strip()
    is_number = entry.source == "parcel" or number.upper().startswith(_PARCEL_PREFIX)
    if is_number and not sales.is_parcel_of(session, number, lot.id):
        message = (
            f"Không có kiện nào mang số này chở hàng của lô {lot.code}. Hãy ghi số kiện như ở danh sách người mua."
        )
        raise Refused("parcel_unknown", message, field="reference")
    sold = sales.sum_sold(session, [lot.id]).get(lot.id, Decimal(0))
    back = sums.from_parcels if sums else Decimal(0)
    if back + entry.quantity > sold:
        message = (
            f"Lô {lot.code} mới gửi đi {format_number(sold)} trong các kiện, đã nhận về {format_number(back)}, "
            "nên người mua không thể trả nhiều hơn."
        )
        raise Refused("more_than_was_sold", message, field="quantity")


def _list_left(
    session: Session, recall_id: int, lots: Mapping[int, LotView], sales: Sales
) -> list[Mapping[str, object]]:
    """Tell what of each lot was never collected: with its buyers, and elsewhere."""
    balances = balance_lots(session, recall_id, lots.values(), sales.sum_sold(session, lots.keys()))
    return [
        {
            "lot": lots[lot_id].code,
            "unit": lots[lot_id].unit,
            "withBuyers": _plain(one.missing),
            "elsewhere": _plain(one.uncollected),
        }
        for lot_id, one in sorted(balances.items())
        if one.is_left
    ]


def _add_step(  # noqa: PLR0917 - one row, column by column
    session: Session, recall_id: int, step: str, note: str, officer: Actor, officer_title: str, now: datetime
) -> None:
    session.execute(
        insert(RecallStep).values(
            recall_id=recall_id,
            step=step,
            note=note.strip(),
            officer_party=officer.party,
            officer_title=officer_title,
            done_at=now,
        )
    )


def _tell(lot: LotView, sums: LedgerSums) -> dict[str, object]:
    return {
        "lot": lot.code,
        "unit": lot.unit,
        "cameBack": _plain(sums.all_back),
        "outcomes": {name: _plain(amount) for name, amount in sorted(sums.treated.items()) if amount},
    }


def _plain(amount: Decimal) -> str:
    return format(amount.normalize(), "f")
