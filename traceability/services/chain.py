"""Appends records to a household's chain. Nothing else in the code base writes a record."""

import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from epcis.validation import list_event_problems
from marketplace.accounts.rules import Actor
from marketplace.core.base import plain_insert
from marketplace.core.errors import Conflict, Refused
from marketplace.core.ids import new_ulid
from marketplace.core.photos import has_photo
from traceability.models.custody import Chain, Place, PrivateDetail, Record, RecordLot, RecordPhoto
from traceability.rules.bodies import Body, Stamp
from traceability.rules.entries import role_of
from traceability.rules.seal import GENESIS, canonical_bytes, commit, seal
from traceability.services.event_store import index_record
from traceability.services.log import log_record

_SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Draft:
    """A record about to be sealed. ``private`` stays outside the seal, bound by a salted commitment."""

    build: Callable[[Stamp], Body]
    occurred_at: datetime
    is_day_only: bool = False
    site_id: int | None = None
    season_id: int | None = None
    lot_id: int | None = None
    lots: Mapping[int, Decimal | None] = field(default_factory=dict)
    photos: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    private: Mapping[str, str] = field(default_factory=dict)
    waiting_until: date | None = None
    corrects_id: int | None = None
    event_id: uuid.UUID | None = None
    role: str | None = None


def lock_chain(session: Session, household_id: int) -> Chain:
    """Lock the head of a household's chain (made on first use) until the transaction ends.

    Every changing use case calls this before anything else, so that records never fork and lots are never
    counted twice. Several households are locked in ascending order of their ids.
    """
    chain = session.execute(_locked_chain(), {"household_id": household_id}).scalar_one_or_none()
    if chain is not None:
        return chain
    session.execute(
        pg_insert(Chain)
        .values(household_id=household_id, party=new_ulid(), head_seq=0, head_hash=GENESIS)
        .on_conflict_do_nothing(index_elements=[Chain.household_id])
    )
    return session.execute(_locked_chain(), {"household_id": household_id}).scalar_one()


@cache
def _locked_chain() -> Select[Chain]:
    """Return the statement that locks a chain; every entry in a diary runs it, so it is built once."""
    return (
        select(Chain)
        .where(Chain.household_id == bindparam("household_id"))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def find_replay(session: Session, chain: Chain, key: uuid.UUID) -> Record | None:
    """Return the record that this key sealed before, or None. Raises ``Conflict`` for another household's key."""
    record = session.execute(select(Record).where(Record.client_key == key)).scalar_one_or_none()
    if record is not None and record.household_id != chain.household_id:
        message = "Biểu mẫu này đã được dùng rồi. Hãy tải lại trang."
        raise Conflict("key_in_use", message)
    return record


def append_record(
    session: Session, chain: Chain, draft: Draft, *, actor: Actor, key: uuid.UUID, now: datetime
) -> Record:
    """Seal a record at the head of a locked chain, make it an event, queue it for the log and return it.

    Raises ``Refused`` when a photo is not stored.
    """
    for sha256 in draft.photos:
        if not has_photo(session, sha256):
            message = "Không tìm thấy ảnh đã gửi. Hãy gửi lại ảnh."
            raise Refused("photo_unknown", message, field="photos")
    private = {name: text for name, text in draft.private.items() if text}
    salt, content = secrets.token_bytes(_SALT_BYTES), canonical_bytes(private)
    event_id = draft.event_id or uuid.uuid4()
    role = draft.role or role_of(actor)
    commitment = commit(salt, content) if private else None
    body = draft.build(
        Stamp(
            event_id=event_id,
            occurred_at=draft.occurred_at,
            recorded_at=now,
            household_party=chain.party,
            entered_by=actor.party,
            entered_role=role,
            place=name_place(session, draft.site_id) if draft.site_id is not None else None,
            photos=draft.photos,
            commitment=commitment,
            certificates=draft.certificates,
            is_day_only=draft.is_day_only,
        )
    )
    _check_event(body)
    sealed = canonical_bytes(body)
    record = Record(
        household_id=chain.household_id,
        seq=chain.head_seq + 1,
        prev_hash=chain.head_hash,
        hash=seal(chain.head_hash, sealed),
        body=sealed,
        event_id=event_id,
        kind="declaration" if "errorDeclaration" in body else body["cq:kind"],
        season_id=draft.season_id,
        lot_id=draft.lot_id,
        occurred_at=draft.occurred_at,
        recorded_at=now,
        client_key=key,
        corrects_id=draft.corrects_id,
        waiting_until=draft.waiting_until,
        photo_count=len(draft.photos),
        entered_by=actor.party,
        entered_role=role,
        is_helper=actor.is_helper,
    )
    session.add(record)
    chain.head_seq, chain.head_hash = record.seq, record.hash
    session.flush()
    cbv_hash = index_record(session, record_id=record.id, body=body)
    log_record(session, record, party=chain.party, commitment=commitment, cbv_hash=cbv_hash, now=now)
    if private:
        session.execute(plain_insert(PrivateDetail), {"record_id": record.id, "salt": salt, "content": content})
    if draft.photos:
        photos = [{"record_id": record.id, "sha256": sha256} for sha256 in dict.fromkeys(draft.photos)]
        session.execute(plain_insert(RecordPhoto), photos)
    if draft.lots:
        session.execute(
            plain_insert(RecordLot),
            [
                {"record_id": record.id, "lot_id": lot_id, "quantity": quantity}
                for lot_id, quantity in sorted(draft.lots.items())
            ],
        )
    return record


def _check_event(body: Body) -> None:
    """Raise ``ValueError`` for what is no valid EPCIS 2.0 event: a mistake in a builder is never sealed."""
    problems = list_event_problems(body, None)
    if problems:
        message = f"{body.get('cq:kind')}: {problems[0].path or '/'} {problems[0].message}"
        raise ValueError(message)


def derived_key(key: uuid.UUID, part: str) -> uuid.UUID:
    """Return the key of a second record that one use case seals, so that the pair replays together."""
    return uuid.uuid5(key, part)


def name_place(session: Session, site_id: int) -> str:
    """Return the random name of a site in sealed records, given on first use."""
    known = session.execute(_ulid_of_site(), {"site_id": site_id}).scalar_one_or_none()
    if known is not None:
        return known
    session.execute(
        pg_insert(Place).values(site_id=site_id, ulid=new_ulid()).on_conflict_do_nothing(index_elements=[Place.site_id])
    )
    return session.execute(_ulid_of_site(), {"site_id": site_id}).scalar_one()


@cache
def _ulid_of_site() -> Select[str]:
    return select(Place.ulid).where(Place.site_id == bindparam("site_id"))
