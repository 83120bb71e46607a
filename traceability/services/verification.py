"""Verification (xác nhận): a household asks, an officer of its commune decides, and the decision is sealed."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import NotFound, Refused
from marketplace.core.outbox import record_event
from sellers.queries import get_commune
from traceability.events import LotSentBack, LotVerified, VerificationRequested
from traceability.models.custody import Record, Verification
from traceability.ports import Signatory
from traceability.queries.concerns import list_concerns
from traceability.queries.goods import list_certificate_uris
from traceability.queries.lots import LOT_NOT_FOUND, LotView, get_lot
from traceability.queries.records import RecordView
from traceability.queries.story import list_story
from traceability.queries.verifications import count_treatments, facts_of, find_own_hand
from traceability.rules import events_custody
from traceability.rules.completeness import list_missing
from traceability.rules.concerns import list_codes_to_explain
from traceability.rules.entries import MAX_NOTE, check_text
from traceability.rules.leaf import hash_content
from traceability.rules.lots import VERIFY_WITHIN, LotState, LotStep
from traceability.rules.statements import Decision, verification
from traceability.rules.waiting import RULE_VERSION
from traceability.services.chain import Draft, append_record, find_replay, lock_chain
from traceability.services.log import announce_key, log_statement
from traceability.services.sale_gate import review_gates
from traceability.services.states import move_lot
from transparency.lot_status import LotStory, SealedRecord


def request_verification(
    *,
    session: Session,
    household_id: int,
    lot_id: int,
    actor: Actor,  # noqa: ARG001 - asking is not sealed; every use case is told who asks
    now: datetime,
) -> LotView:
    """Ask the commune to verify a lot; asking again changes nothing.

    Raises ``Refused`` (``lot_incomplete``) with everything that the diary still lacks.
    """
    lock_chain(session, household_id)
    lot = get_lot(session, lot_id, household_id=household_id)
    if lot.state == LotState.AWAITING:
        return lot
    missing = list_missing(facts_of(list_story(session, lot)))
    if missing:
        message = "Sổ chưa đủ để gửi xã: " + " ".join(item.text for item in missing)
        raise Refused("lot_incomplete", message, missing=[item.code for item in missing])
    move_lot(session, lot, LotStep.REQUEST, requested_at=now, decided_at=None)
    record_event(
        session,
        VerificationRequested(lot.id, lot.code, household_id, lot.commune_id, (now + VERIFY_WITHIN).isoformat()),
    )
    return get_lot(session, lot_id)


def verify_lot(
    *,
    session: Session,
    lot_id: int,
    officer: Actor,
    officer_title: str,
    signatory: Signatory,
    reason: str = "",
    key: uuid.UUID,
    now: datetime,
) -> LotView:
    """Verify a lot; the decision is signed with the officer's key and logged.

    ``reason`` answers the warnings that ask for one. Raises ``NotFound`` for another commune's lot, ``Refused``
    (``own_entries``, ``reason_missing``), ``Conflict``.
    """
    return _decide(session, lot_id, officer, officer_title, signatory, "verified", reason.strip(), key, now)


def send_back_lot(
    *,
    session: Session,
    lot_id: int,
    officer: Actor,
    officer_title: str,
    signatory: Signatory,
    reason: str,
    key: uuid.UUID,
    now: datetime,
) -> LotView:
    """Send a lot back with a reason that the household reads. Raises as ``verify_lot``."""
    check_text(reason, "reason", "Hãy ghi lý do để hộ biết phải bổ sung gì.")
    return _decide(session, lot_id, officer, officer_title, signatory, "sent_back", reason.strip(), key, now)


def _decide(  # noqa: PLR0917
    session: Session,
    lot_id: int,
    officer: Actor,
    officer_title: str,
    signatory: Signatory,
    decision: str,
    reason: str,
    key: uuid.UUID,
    now: datetime,
) -> LotView:
    lot = get_lot(session, lot_id)
    if officer.commune_id is None or lot.commune_id != officer.commune_id:
        raise NotFound("lot_not_found", LOT_NOT_FOUND)
    chain = lock_chain(session, lot.household_id)
    if find_replay(session, chain, key) is not None:
        return get_lot(session, lot_id)
    lot = get_lot(session, lot_id)
    story = list_story(session, lot)
    _check_four_eyes(story, officer)
    explained = _list_explained(session, lot, story, reason) if decision == "verified" else []
    step = LotStep.VERIFY if decision == "verified" else LotStep.SEND_BACK
    move_lot(session, lot, step, decided_at=now)
    goods = events_custody.lot_portion(lot.produce, lot.code, lot.quantity_made, lot.unit, lot.gtin)
    reviewed = [record.hash for record in story]
    record = append_record(
        session,
        chain,
        Draft(
            build=lambda stamp: events_custody.verification(
                stamp, decision, goods, lot.code, officer_title, reviewed, explained
            ),
            occurred_at=now,
            site_id=lot.site_id,
            lot_id=lot.id,
            certificates=list_certificate_uris(session, lot, on=lot.made_on),
            private={"reason": reason},
            role="officer",
        ),
        actor=officer,
        key=key,
        now=now,
    )
    session.execute(
        insert(Verification).values(
            lot_id=lot.id,
            commune_id=lot.commune_id,
            decision=decision,
            officer_party=officer.party,
            officer_title=officer_title,
            record_id=record.id,
            decided_at=now,
        )
    )
    _sign(session, record, story, officer, officer_title, signatory, lot, decision, explained, now)
    review_gates(session=session, lot_ids=[lot.id], now=now)
    told = (lot.id, lot.code, lot.household_id, lot.commune_id, officer_title)
    record_event(session, LotVerified(*told) if decision == "verified" else LotSentBack(*told, reason))
    return get_lot(session, lot_id)


def _sign(  # noqa: PLR0917
    session: Session,
    record: Record,
    story: Sequence[RecordView],
    officer: Actor,
    officer_title: str,
    signatory: Signatory,
    lot: LotView,
    decision: str,
    explained: Sequence[str],
    now: datetime,
) -> None:
    """Sign the decision as the officer and log it as a statement of its own."""
    commune = get_commune(session, lot.commune_id).name
    key_id = announce_key(
        session, party=officer.party, title=officer_title, commune=commune, signatory=signatory, now=now
    )
    seen = session.execute(
        select(Record.body).where(Record.id.in_([one.id for one in story])).order_by(Record.occurred_at, Record.seq)
    )
    treatments = count_treatments(story, lot) if decision == "verified" else None
    sealed = [SealedRecord(one.seq, one.content_hash, one.body, one.declared_seq) for one in story]
    statement = verification(
        Decision(
            lot_code=lot.code,
            decision=decision,
            officer=officer.party,
            officer_title=officer_title,
            record=hash_content(record.body),
            reviewed=[hash_content(body) for (body,) in seen],
            photos=[photo for one in story for photo in one.photos],
            explained=explained,
            decided_at=now,
            key_id=key_id,
            treatments=treatments,
            waiting_rule=RULE_VERSION if treatments is not None else "",
            best_before_on=LotStory(sealed, ()).find_best_before(lot.code) if decision == "verified" else None,
        )
    )
    log_statement(
        session,
        kind="verification",
        content=statement,
        actor_party=officer.party,
        now=now,
        lot_id=lot.id,
        signature_by=signatory,
    )


def _list_explained(session: Session, lot: LotView, story: Sequence[RecordView], reason: str) -> list[str]:
    """Return the codes of the warnings that the officer's reason answers. Raises ``Refused`` when it is missing."""
    codes = list_codes_to_explain(list_concerns(session, lot, story))
    check_text(reason, "reason", maximum=MAX_NOTE)
    if codes and not reason:
        message = "Sổ của lô này có điều phải giải thích. Hãy ghi vì sao vẫn xác nhận được."
        raise Refused("reason_missing", message, field="reason", concerns=codes)
    return codes


def _check_four_eyes(story: Sequence[RecordView], officer: Actor) -> None:
    if find_own_hand(story, officer.party):
        message = "Bạn đã ghi sổ cho lô này nên không được tự xác nhận. Hãy nhờ cán bộ khác của xã."
        raise Refused("own_entries", message)
