"""Hearing what carriers say: each word is stored once, and all words together place the parcel."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from logistics.models import Movement, Parcel
from logistics.ports import Label, Word
from logistics.rules.folding import Said, advance, contradicts, meaning
from logistics.rules.states import FINAL, UNSETTLED, Attention, ParcelState
from logistics.services.steps import call_for, clear_call, enter, lock_parcel

#: Parcels that do not arrive bring no cash, whatever the carrier wrote there before.
_NO_CASH = frozenset(
    {
        ParcelState.RETURNING,
        ParcelState.RETURNED,
        ParcelState.CANCELLED,
        ParcelState.REFUSED,
        ParcelState.LOST,
    }
)


def apply_words(*, session: Session, carrier: str, words: Sequence[Word], now: datetime) -> str:
    """Store words of a carrier and move their parcels.

    Returns ``applied``, ``repeated``, ``unmatched`` or ``empty``.
    """
    outcomes = [_apply_word(session, carrier, word, now) for word in words]
    for outcome in ("applied", "unmatched", "repeated"):
        if outcome in outcomes:
            return outcome
    return "empty"


def _apply_word(session: Session, carrier: str, word: Word, now: datetime) -> str:
    parcel = _find_for(session, carrier, word)
    if parcel is None:
        return "unmatched"
    counts = not parcel.waybill or not word.waybill or parcel.waybill == word.waybill
    said = Said(word.happened_at, word.code, _read_state(word.state), word.is_returning)
    is_new = session.execute(
        pg_insert(Movement)
        .values(
            parcel_id=parcel.id,
            carrier_code=word.code,
            state=word.state,
            label=word.label[:200],
            waybill=word.waybill,
            happened_at=word.happened_at,
            received_at=now,
            place=word.place[:200],
            reason_code=word.reason_code,
            reason=word.reason[:300],
            is_returning=word.is_returning,
            cod_vnd=word.cod_vnd,
            counts=counts,
            content_key=_content_key(word),
        )
        .on_conflict_do_nothing()
        .returning(Movement.id)
    ).scalar_one_or_none()
    if is_new is None:
        return "repeated"
    parcel.heard_at = now
    if parcel.attention == Attention.SILENT:
        clear_call(parcel)
    if not counts:
        call_for(parcel, Attention.SECOND_WAYBILL, now)
        return "applied"
    if word.waybill and not parcel.waybill:
        parcel.waybill = word.waybill
        if parcel.attention == Attention.WAYBILL_MISSING:
            clear_call(parcel)
    if word.fee_vnd:
        parcel.fee_vnd = word.fee_vnd
    _flag_oddities(parcel, said, word, now)
    _advance(session, parcel, now)
    return "applied"


def _advance(session: Session, parcel: Parcel, now: datetime) -> None:
    words = [
        Said(row.happened_at, row.carrier_code, _read_state(row.state), row.is_returning)
        for row in session.execute(
            select(Movement.happened_at, Movement.carrier_code, Movement.state, Movement.is_returning).where(
                Movement.parcel_id == parcel.id, Movement.counts
            )
        )
    ]
    current = ParcelState(parcel.state)
    standing = advance(current, words)
    if standing.state == current:
        if standing.since is not None and current not in FINAL:
            parcel.state_at, parcel.carrier_code = standing.since, standing.code
        session.flush()
        return
    parcel.carrier_code = standing.code
    enter(session, parcel, standing.state, standing.since or now, now)
    session.flush()


def _flag_oddities(parcel: Parcel, said: Said, word: Word, now: datetime) -> None:
    current = ParcelState(parcel.state)
    if said.state is None:
        call_for(parcel, Attention.UNKNOWN_CODE, now)
    if contradicts(current, parcel.state_at, said):
        call_for(parcel, Attention.AFTER_END, now)
    is_coming_back = meaning(said) in _NO_CASH
    if word.cod_vnd is not None and word.cod_vnd != parcel.cod_vnd and not is_coming_back:
        call_for(parcel, Attention.COD_DIFFERS, now)


def _find_for(session: Session, carrier: str, word: Word) -> Parcel | None:
    """Find and lock the parcel of a word: by our reference, else by the waybill."""
    wanted = [Parcel.reference == word.reference] if word.reference else []
    if word.waybill:
        wanted.append(Parcel.waybill == word.waybill)
    if not wanted:
        return None
    found = session.execute(
        select(Parcel).where(Parcel.carrier == carrier, or_(*wanted)).order_by(Parcel.id).with_for_update()
    ).scalars()
    parcels = list(found)
    return next((parcel for parcel in parcels if parcel.reference == word.reference), parcels[0] if parcels else None)


def _read_state(state: str | None) -> ParcelState | None:
    return ParcelState(state) if state is not None else None


def _content_key(word: Word) -> str:
    """Sum up what a word says; the money in it may be told anew without being another word."""
    parts = (
        word.waybill,
        word.code,
        word.happened_at.isoformat(),
        word.place,
        word.reason_code,
        str(word.is_returning),
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def keep_label(*, session: Session, parcel_id: int, label: Label) -> None:
    """Keep a label for printing."""
    parcel = lock_parcel(session, parcel_id)
    parcel.label_media_type = label.media_type
    parcel.label_content = label.content
    parcel.label_url = label.url
    parcel.label_expires_at = label.expires_at


def flag_silent(*, session: Session, parcel_id: int, before: datetime, now: datetime) -> None:
    """Call a person for a parcel about which nothing was heard since ``before``."""
    parcel = lock_parcel(session, parcel_id)
    last_news = parcel.heard_at or parcel.booked_at
    is_silent = last_news is not None and last_news < before
    if is_silent and parcel.attention is None and ParcelState(parcel.state) not in FINAL | UNSETTLED:
        call_for(parcel, Attention.SILENT, now)


def list_silent(session: Session, before: datetime, limit: int = 50) -> list[tuple[int, str, str | None]]:
    """Return (id, carrier, waybill) of booked parcels without news since ``before``."""
    rows = session.execute(
        select(Parcel.id, Parcel.carrier, Parcel.waybill)
        .where(
            Parcel.state.not_in(FINAL | UNSETTLED),
            Parcel.attention.is_(None),
            or_(Parcel.heard_at < before, Parcel.heard_at.is_(None) & (Parcel.booked_at < before)),
        )
        .order_by(Parcel.id)
        .limit(limit)
    )
    return [(row.id, row.carrier, row.waybill) for row in rows]


def clear_attention(*, session: Session, parcel_id: int) -> None:
    """Note that a person has looked at a parcel."""
    parcel = lock_parcel(session, parcel_id)
    clear_call(parcel)
