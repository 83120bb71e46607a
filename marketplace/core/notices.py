"""Telling people: a notice is queued with the change and sent once, by e-mail or on the person's desk."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import ColumnElement, String, any_, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from marketplace.core.models import Notice
from marketplace.core.outbox import record_event
from marketplace.core.ports import Letter, Sending

#: A notice that stayed in "sending" this long belongs to a task that died: whether it went out is unknown.
_STUCK_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class NoticeQueued:
    """An e-mail waits to be sent."""

    name: ClassVar[str] = "core.notice_queued"
    notice_id: int


def queue_email(
    session: Session,
    *,
    key: str,
    recipient: str,
    subject: str,
    text: str,
    html: str | None,
    now: datetime,
) -> bool:
    """Queue an e-mail once for each key; returns False when that key was used before."""
    notice_id = session.execute(
        insert(Notice)
        .values(
            key=key, channel="email", recipient=recipient, subject=subject[:200], body_text=text,
            body_html=html, state="queued", created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Notice.id)
    ).scalar_one_or_none()  # fmt: skip
    if notice_id is None:
        return False
    record_event(session, NoticeQueued(notice_id=notice_id))
    return True


def put_on_desk(
    session: Session, *, key: str, user_id: int, subject: str, text: str, link: str | None, now: datetime
) -> bool:
    """Show a notice on a person's desk once for each key; returns False when that key was used before."""
    notice_id = session.execute(
        insert(Notice)
        .values(
            key=key, channel="desk", recipient=f"user:{user_id}", user_id=user_id, subject=subject[:200],
            body_text=text, link=link, state="sent", created_at=now, sent_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Notice.id)
    ).scalar_one_or_none()  # fmt: skip
    return notice_id is not None


def start_sending(session: Session, notice_id: int, sender_domain: str) -> Letter | None:
    """Mark a queued e-mail as being sent and return it; None when it is no longer waiting."""
    notice = session.execute(select(Notice).where(Notice.id == notice_id).with_for_update()).scalar_one_or_none()
    if notice is None or notice.state != "queued":
        return None
    notice.state = "sending"
    notice.sent_at = func.now()
    return Letter(
        recipient=notice.recipient,
        subject=notice.subject,
        text=notice.body_text,
        html=notice.body_html,
        message_id=f"<notice-{notice.id}@{sender_domain}>",
    )


def finish_sending(session: Session, notice_id: int, sending: Sending | None, now: datetime) -> None:
    """Write down how sending ended; None puts the notice back into the queue (nothing was offered yet)."""
    state = {Sending.DONE: "sent", Sending.REFUSED: "failed", Sending.UNKNOWN: "unknown", None: "queued"}[sending]
    session.execute(
        update(Notice).where(Notice.id == notice_id, Notice.state == "sending").values(state=state, sent_at=now)
    )


def settle_stuck(session: Session, now: datetime) -> int:
    """Turn notices whose sender died half-way into ``unknown``; return how many."""
    stuck = (
        update(Notice)
        .where(Notice.state == "sending", Notice.sent_at < now - _STUCK_AFTER)
        .values(state="unknown")
        .returning(Notice.id)
    )
    return len(session.execute(stuck).all())


@dataclass(frozen=True, slots=True)
class NoticeSums:
    """How far a round of letters is: all that were queued, those that went out, those in doubt or refused."""

    queued: int
    sent: int
    failed: int
    first_queued_at: datetime | None
    last_sent_at: datetime | None


def sum_up_notices(session: Session, keys: Collection[str]) -> NoticeSums:
    """Return how far the letters with these keys are. One statement."""
    is_sent = Notice.state == "sent"
    row = session.execute(
        select(
            func.count(),
            func.count().filter(is_sent),
            func.count().filter(Notice.state.in_(("failed", "unknown"))),
            func.min(Notice.created_at),
            func.max(Notice.sent_at).filter(is_sent),
        ).where(Notice.key == any_(literal(list(keys), ARRAY(String))))
    ).one()
    return NoticeSums(*row)


def list_sent(session: Session, keys: Collection[str]) -> dict[str, datetime]:
    """Return when each of the letters with these keys went out; those that did not are left out. One statement."""
    rows = session.execute(
        select(Notice.key, Notice.sent_at).where(
            Notice.key == any_(literal(list(keys), ARRAY(String))), Notice.state == "sent"
        )
    )
    return {key: sent_at for key, sent_at in rows if sent_at is not None}


@dataclass(frozen=True, slots=True)
class DeskNotice:
    """A notice as its reader sees it."""

    id: int
    subject: str
    text: str
    link: str | None
    created_at: datetime
    is_read: bool


def list_desk_notices(session: Session, user_id: int, limit: int = 30) -> list[DeskNotice]:
    """Return a person's newest notices."""
    rows = session.execute(
        select(Notice).where(Notice.user_id == user_id).order_by(Notice.id.desc()).limit(limit)
    ).scalars()
    return [
        DeskNotice(row.id, row.subject, row.body_text, row.link, row.created_at, row.read_at is not None)
        for row in rows
    ]


def mark_desk_read(session: Session, user_id: int, now: datetime) -> None:
    """Mark every notice of a person as read."""
    session.execute(update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None)).values(read_at=now))


def forget_notices(
    session: Session, *, user_ids: Collection[int], addresses: Collection[str], words: Collection[str]
) -> int:
    """Delete what was written to somebody, and what was written to others with these words in it; return how many."""
    conditions: list[ColumnElement[bool]] = [
        Notice.user_id.in_(user_ids),
        func.lower(Notice.recipient).in_([one.lower() for one in addresses]),
    ]
    conditions += [Notice.body_text.contains(word, autoescape=True) for word in words if word]
    conditions += [Notice.subject.contains(word, autoescape=True) for word in words if word]
    return len(session.execute(delete(Notice).where(or_(*conditions)).returning(Notice.id)).all())
