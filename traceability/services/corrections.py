"""Corrections: what is sealed stays; an error declaration says that it was wrong, and a new record says how it was.

Source: EPCIS 2.0, 7.4.1.3 (error declaration): the event again under its own ID, with why it is wrong and the IDs of
the events that replace it.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.clock import local_date
from marketplace.core.errors import Conflict, NotFound, Refused
from traceability.models.custody import Chain, Record
from traceability.queries.records import RecordView, get_record, list_waiting, view_record
from traceability.rules import events_farm
from traceability.rules.bodies import Body, Stamp, declare_error, moment_of
from traceability.rules.entries import IncomingEntry, WorkEntry, check_incoming, check_text, check_work
from traceability.rules.events_farm import SeasonRef
from traceability.rules.templates import WORK_LABELS
from traceability.services.chain import Draft, append_record, derived_key, find_replay, lock_chain
from traceability.services.diary import waiting_until
from traceability.services.hold import review_site_lots
from traceability.services.sale_gate import review_site
from traceability.services.seasons import get_open_season


def correct_record(
    *,
    session: Session,
    household_id: int,
    record_id: int,
    reason: str,
    changes: Mapping[str, object],
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> RecordView:
    """Declare a diary entry wrong and seal the right one; return the new record.

    ``changes`` are fields of the entry by name. Only what came in and work can be corrected: a lot's amount is
    corrected by a loss or a new lot. A changed treatment holds or releases the season's lots. Raises ``NotFound``,
    ``Conflict`` (``already_corrected``), ``Refused``.
    """
    chain = lock_chain(session, household_id)
    replayed = find_replay(session, chain, key)
    if replayed is not None:
        return view_record(session, replayed)
    old, row = _lock_correctable(session, household_id, record_id, reason)
    season = get_open_season(session, household_id, old.season_id or 0)
    ref = SeasonRef(season.transformation_id, season.produce)
    today = local_date(now)
    values: dict[str, Any] = dict(changes)
    entry = replace(read_entry(old), **values)
    until = None
    if isinstance(entry, WorkEntry):
        check_work(entry, today, season.started_on)
        until = waiting_until(entry)
    else:
        check_incoming(entry, today)
    event_id = uuid.uuid4()
    _declare(session, chain, row, reason, [event_id], actor=actor, key=derived_key(key, "declaration"), now=now)

    def build(stamp: Stamp) -> Body:
        if isinstance(entry, WorkEntry):
            return events_farm.work(stamp, ref, entry, until)
        return events_farm.incoming(stamp, ref, entry, None)

    private = {"note": entry.note.strip()}
    if isinstance(entry, IncomingEntry):
        private["supplier"] = entry.supplier.strip()
    record = append_record(
        session,
        chain,
        Draft(
            build=build,
            occurred_at=moment_of(entry.happened_on, now),
            is_day_only=True,
            site_id=season.site_id,
            season_id=season.id,
            photos=entry.photos,
            private=private,
            waiting_until=until,
            corrects_id=row.id,
            event_id=event_id,
        ),
        actor=actor,
        key=key,
        now=now,
    )
    changed = list_waiting([old, view_record(session, record)])
    review_site_lots(session, chain, season.site_id, changed, actor=actor, key=key, now=now)
    review_site(session, season.site_id, now=now)
    return view_record(session, record)


def withdraw_record(
    *,
    session: Session,
    household_id: int,
    record_id: int,
    reason: str,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> RecordView:
    """Declare that an entry should never have been written. It stays readable. Raises as ``correct_record``."""
    chain = lock_chain(session, household_id)
    if find_replay(session, chain, key) is not None:
        return get_record(session, record_id, household_id=household_id)
    old, row = _lock_correctable(session, household_id, record_id, reason)
    season = get_open_season(session, household_id, old.season_id or 0)
    _declare(session, chain, row, reason, [], actor=actor, key=key, now=now)
    review_site_lots(session, chain, season.site_id, list_waiting([old]), actor=actor, key=key, now=now)
    review_site(session, season.site_id, now=now)
    return get_record(session, record_id, household_id=household_id)


def read_entry(record: RecordView) -> IncomingEntry | WorkEntry:
    """Return what was entered, as the forms know it."""
    facts = record.details
    amount = Decimal(str(facts["amount"])) if "amount" in facts else None
    unit = str(facts["unit"]) if "unit" in facts else None
    if record.kind == "incoming":
        return IncomingEntry(
            what=str(facts.get("what", "")),
            name=str(facts.get("name", "")),
            happened_on=record.happened_on,
            amount=amount,
            unit=unit,
            supplier=record.private.get("supplier", ""),
            paper_no=str(facts.get("paperNo", "")),
            supplier_lot=str(facts.get("supplierLot", "")),
            note=record.private.get("note", ""),
            photos=record.photos,
        )
    return WorkEntry(
        kind=record.kind,
        happened_on=record.happened_on,
        product=str(facts.get("product", "")),
        ingredient=str(facts.get("activeIngredient", "")),
        dose=str(facts.get("dose", "")),
        target=str(facts.get("target", "")),
        waiting_days=int(facts["waitingDays"]) if "waitingDays" in facts else None,
        operator=str(facts.get("operatorRole", "household")),
        amount=amount,
        unit=unit,
        note=record.private.get("note", ""),
        photos=record.photos,
    )


def is_correctable(record: RecordView) -> bool:
    """Say whether an entry can be corrected: it is a diary entry, and still stands."""
    return (
        record.is_in_force
        and record.season_id is not None
        and (record.kind == "incoming" or record.kind in WORK_LABELS)
    )


def _lock_correctable(session: Session, household_id: int, record_id: int, reason: str) -> tuple[RecordView, Record]:
    record = get_record(session, record_id, household_id=household_id)
    if not record.is_in_force:
        message = "Ghi chép này đã được đính chính rồi. Hãy sửa ở dòng mới."
        raise Conflict("already_corrected", message)
    if not is_correctable(record):
        message = "Chỉ đính chính được giống, vật tư và việc đã làm. Lượng của lô thì ghi hao hụt."
        raise Refused("not_correctable", message)
    check_text(reason, "reason", "Hãy ghi vì sao sửa.")
    row = session.execute(select(Record).where(Record.id == record_id)).scalar_one_or_none()
    if row is None:
        raise NotFound
    return record, row


def _declare(
    session: Session,
    chain: Chain,
    row: Record,
    reason: str,
    corrective: list[uuid.UUID],
    *,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> None:
    sealed: dict[str, Any] = json.loads(row.body)

    def build(_stamp: Stamp) -> Body:
        body = declare_error(
            sealed,
            declared_at=now,
            reason="incorrect_data" if corrective else "did_not_occur",
            corrective=corrective,
        )
        body["errorDeclaration"]["cq:reason"] = reason.strip()
        return body

    append_record(
        session,
        chain,
        Draft(
            build=build,
            occurred_at=row.occurred_at,
            season_id=row.season_id,
            lot_id=row.lot_id,
            corrects_id=row.id,
            event_id=row.event_id,
        ),
        actor=actor,
        key=key,
        now=now,
    )
