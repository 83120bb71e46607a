"""Erasure that keeps proofs: salts and private contents go, the log says which and why, everything sealed stays."""

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.core.errors import Conflict, NotFound
from traceability.models.custody import Chain, PrivateDetail, Record
from traceability.models.gates import Erasure, MasterVersion
from traceability.ports import Signatory
from traceability.queries.erasure import ErasureView, get_erasure, list_mentions
from traceability.rules import statements
from traceability.rules.entries import check_text
from traceability.rules.erasure import MAX_WHY, Wanted, check_request
from traceability.services.log import log_statement


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be logged of an erasure. ``party`` is a random name; nobody who is only named has one."""

    commitments: Sequence[str]
    photos: Sequence[str]
    party: str | None
    operator: str
    is_four_eyes: bool
    kept_reason: str = ""
    kept_until: date | None = None


def ask_erasure(
    *,
    session: Session,
    subject: str,
    subject_id: int | None,
    wanted: str,
    reason: str,
    note: str,
    asked_by: int,
    key: uuid.UUID,
    now: datetime,
) -> int:
    """Write down a request to erase; return its id. A repeated key returns the first one's. Raises ``Refused``."""
    check_request(subject, subject_id, wanted, reason)
    made = session.execute(
        insert(Erasure)
        .values(
            subject=subject,
            subject_id=subject_id,
            wanted=wanted.strip()[:120],
            reason=reason,
            note=note.strip()[:300],
            asked_by=asked_by,
            asked_at=now,
            client_key=key,
        )
        .on_conflict_do_nothing(index_elements=[Erasure.client_key])
        .returning(Erasure.id)
    ).scalar_one_or_none()
    if made is not None:
        return made
    known = session.execute(select(Erasure).where(Erasure.client_key == key)).scalar_one()
    if known.asked_by != asked_by:
        message = "Biểu mẫu này đã được dùng rồi. Hãy tải lại trang."
        raise Conflict("key_in_use", message)
    return known.id


def lock_erasure(session: Session, erasure_id: int) -> ErasureView:
    """Lock a request until the transaction ends and return it. Raises ``NotFound``."""
    if session.execute(select(Erasure.id).where(Erasure.id == erasure_id).with_for_update()).first() is None:
        raise NotFound
    return get_erasure(session, erasure_id)


def find_waiting(session: Session, erasure_id: int) -> ErasureView | None:
    """Lock an erasure that waits for duties to end and return it; None when it ended or somebody else works on it."""
    found = session.execute(
        select(Erasure.id).where(Erasure.id == erasure_id, Erasure.state == "waiting").with_for_update(skip_locked=True)
    ).first()
    return get_erasure(session, erasure_id) if found is not None else None


def let_wait(session: Session, erasure_id: int, *, photos: Collection[str], approved_by: int, now: datetime) -> None:
    """Note that an operator approved an erasure that begins by itself once the duties have ended. Repeatable."""
    session.execute(
        update(Erasure)
        .where(Erasure.id == erasure_id, Erasure.state == "asked")
        .values(state="waiting", photos=sorted(photos), approved_by=approved_by, approved_at=now)
        .execution_options(synchronize_session=False)
    )


def note_paid_out(*, session: Session, erasure_id: int, operator_id: int, now: datetime) -> None:
    """Note that a household got the money of all its sales. Raises ``NotFound`` when the request has ended."""
    done = session.execute(
        update(Erasure)
        .where(Erasure.id == erasure_id, Erasure.subject == "household", Erasure.state.in_(("asked", "waiting")))
        .values(paid_out_at=now, paid_out_by=operator_id)
        .returning(Erasure.id)
        .execution_options(synchronize_session=False)
    ).first()
    if done is None:
        raise NotFound


def refuse_erasure(*, session: Session, erasure_id: int, why: str, done_by: int, now: datetime) -> None:
    """Close a request without erasing anything; what was typed in it goes all the same, ``why`` stays. Repeatable.

    Raises ``Refused`` without a reason, or with somebody's telephone number or e-mail address in it.
    """
    check_text(why, "why", "Hãy ghi vì sao không xóa.", maximum=MAX_WHY)
    session.execute(
        update(Erasure)
        .where(Erasure.id == erasure_id, Erasure.state.in_(("asked", "waiting")))
        .values(state="refused", wanted="", note="", kept_reason=why.strip(), done_by=done_by, done_at=now)
        .execution_options(synchronize_session=False)
    )


def destroy_household(session: Session, household_id: int, *, now: datetime) -> list[str]:
    """Destroy the private details and the master data of a household; return the commitments that stay."""
    details = session.scalars(
        select(PrivateDetail.id)
        .join(Record, Record.id == PrivateDetail.record_id)
        .where(Record.household_id == household_id, PrivateDetail.content.is_not(None))
    ).all()
    return destroy_details(session, details, now=now) + _destroy_versions(session, household_id, now)


def destroy_mentions(session: Session, wanted: Wanted, *, now: datetime) -> list[str]:
    """Destroy every private detail, of whichever household, that mentions somebody; return their commitments."""
    return destroy_details(session, list_mentions(session, wanted), now=now)


def destroy_details(session: Session, detail_ids: Collection[int], *, now: datetime) -> list[str]:
    """Destroy salts and contents of private details; return their commitments, which stay in record and log."""
    gone = session.scalars(
        update(PrivateDetail)
        .where(PrivateDetail.id.in_(detail_ids), PrivateDetail.content.is_not(None))
        .values(salt=None, content=None, erased_at=now)
        .returning(PrivateDetail.record_id)
        .execution_options(synchronize_session=False)
    ).all()
    bodies = session.scalars(select(Record.body).where(Record.id.in_(gone)).order_by(Record.id))
    return [str(json.loads(body)["cq:privateCommit"]) for body in bodies]


def _destroy_versions(session: Session, household_id: int, now: datetime) -> list[str]:
    return sorted(
        session.scalars(
            update(MasterVersion)
            .where(MasterVersion.household_id == household_id, MasterVersion.content.is_not(None))
            .values(salt=None, content=None, erased_at=now)
            .returning(MasterVersion.commitment)
            .execution_options(synchronize_session=False)
        ).all()
    )


def find_party(session: Session, household_id: int) -> str | None:
    """Return the random name of a household in the log, or None when nothing was ever sealed for it."""
    return session.scalar(select(Chain.party).where(Chain.household_id == household_id))


def finish_erasure(
    session: Session, erasure_id: int, notice: Notice, *, done_by: int, signatory: Signatory, now: datetime
) -> None:
    """Log an erasure, signed by the office, and close its request; nothing stays of what was typed in it."""
    request = get_erasure(session, erasure_id)
    content = statements.erased(
        subject=request.subject,
        party=notice.party,
        reason=request.reason,
        commitments=notice.commitments,
        photos=notice.photos,
        is_four_eyes=notice.is_four_eyes,
        at=now,
    )
    entry_id = log_statement(
        session,
        kind="erasure",
        content={**content, **({"by": notice.operator} if notice.operator else {})},
        actor_party=statements.OFFICE,
        now=now,
        subject=notice.party,
        signature_by=signatory,
    )
    session.execute(
        update(Erasure)
        .where(Erasure.id == erasure_id, Erasure.state.in_(("asked", "waiting")))
        .values(
            state="done",
            wanted="",
            note="",
            photos=list(notice.photos),
            done_by=done_by,
            done_at=now,
            destroyed=len(notice.commitments),
            kept_reason=notice.kept_reason,
            kept_until=notice.kept_until,
            entry_id=entry_id,
        )
        .execution_options(synchronize_session=False)
    )


def list_ended_duties(session: Session, on: date) -> Sequence[ErasureView]:
    """Return erasures of which something was kept by law until a day that has come."""
    ids = session.scalars(
        select(Erasure.id).where(Erasure.state == "done", Erasure.kept_until <= on).order_by(Erasure.id)
    ).all()
    return [get_erasure(session, one) for one in ids]


def end_duty(session: Session, erasure_id: int) -> None:
    """Note that nothing is kept any more."""
    session.execute(
        update(Erasure)
        .where(Erasure.id == erasure_id)
        .values(kept_until=None, kept_reason="")
        .execution_options(synchronize_session=False)
    )
