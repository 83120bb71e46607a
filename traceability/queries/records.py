"""Records, read back from the bytes that were sealed."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session, aliased

from marketplace.core.clock import local_date
from marketplace.core.errors import NotFound
from traceability.models.custody import Lot, PrivateDetail, Record
from traceability.models.log import LogEntry, LogPosition
from traceability.rules.leaf import hash_content
from traceability.rules.lots import read_code
from traceability.rules.waiting import Treatment

_PREFIX = "cq:"
Declaration = aliased(Record, name="declaration")
Corrective = aliased(Record, name="corrective")


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record (bản ghi). ``details`` are our own fields of its body, without their prefix; ``private`` lies apart.

    ``declared_at`` is set when it was declared wrong; ``corrected_by`` then names the record that replaces it.
    """

    id: int
    household_id: int
    seq: int
    hash: str
    kind: str
    season_id: int | None
    lot_id: int | None
    occurred_at: datetime
    recorded_at: datetime
    entered_by: str
    entered_role: str
    is_helper: bool
    corrects_id: int | None
    waiting_until: date | None
    photos: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)
    made_on: date | None = None
    best_before_on: date | None = None
    declared_at: datetime | None = None
    declared_reason: str = ""
    corrected_by: int | None = None
    #: Where it stands in the log; None until the keeper has given it a place.
    place: int | None = None
    #: URI of the site at which it happened, and whether its private details were erased.
    read_point: str = ""
    is_erased: bool = False
    #: SHA-256 of the exact bytes, in hexadecimal: under this its leaf in the log names it.
    content_hash: str = ""

    @property
    def happened_on(self) -> date:
        """The calendar day in Viet Nam."""
        return local_date(self.occurred_at)

    @property
    def is_in_force(self) -> bool:
        """Whether it still stands."""
        return self.declared_at is None


def select_records(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return the statement that reads records with their private details and what was declared about them."""
    return (
        select(
            Record,
            PrivateDetail.content,
            Declaration.body,
            Declaration.recorded_at,
            Corrective.id,
            LogPosition.place,
            PrivateDetail.erased_at,
        )
        .outerjoin(PrivateDetail, PrivateDetail.record_id == Record.id)
        .outerjoin(Declaration, and_(Declaration.corrects_id == Record.id, Declaration.kind == "declaration"))
        .outerjoin(Corrective, and_(Corrective.corrects_id == Record.id, Corrective.kind != "declaration"))
        .outerjoin(LogEntry, LogEntry.record_id == Record.id)
        .outerjoin(LogPosition, LogPosition.entry_id == LogEntry.id)
        .where(Record.kind != "declaration", *conditions)
    )


def read_records(
    session: Session, statement: Select[*tuple[Any, ...]], values: Mapping[str, Any] | None = None
) -> list[RecordView]:
    """Run a statement made by ``select_records``."""
    return [_view(*row) for row in session.execute(statement, values)]


def get_record(session: Session, record_id: int, *, household_id: int) -> RecordView:
    """Return a record of a household. Raises ``NotFound``."""
    found = read_records(session, select_records(Record.id == record_id, Record.household_id == household_id))
    if not found:
        message = "Không tìm thấy ghi chép này."
        raise NotFound("record_not_found", message)
    return found[0]


def list_season_records(session: Session, season_id: int) -> Sequence[RecordView]:
    """Return the records of a season, newest first."""
    statement = select_records(Record.season_id == season_id)
    return read_records(session, statement.order_by(Record.occurred_at.desc(), Record.seq.desc()).limit(500))


def list_supplied_lots(session: Session, season_id: int) -> Sequence[int]:
    """Return the lots of this ledger that a season's inputs name as their supplier's lots. Two statements."""
    incoming = select_records(Record.season_id == season_id, Record.kind == "incoming")
    codes = {
        code
        for record in read_records(session, incoming)
        if record.is_in_force and (code := read_code(str(record.details.get("supplierLot", "")))) is not None
    }
    if not codes:
        return []
    return list(session.scalars(select(Lot.id).where(Lot.code.in_(codes)).order_by(Lot.id)))


def list_waiting(records: Iterable[RecordView]) -> list[Treatment]:
    """Return those of these records that started a waiting period."""
    return [
        Treatment(
            one.id,
            str(one.details.get("product", "")),
            one.happened_on,
            one.waiting_until,
            one.recorded_at,
            not one.is_in_force,
        )
        for one in records
        if one.waiting_until is not None
    ]


def has_key(session: Session, household_id: int, key: uuid.UUID) -> bool:
    """Say whether a household's form key was used before."""
    found = session.execute(
        select(Record.id).where(Record.client_key == key, Record.household_id == household_id)
    ).first()
    return found is not None


def _view(  # noqa: PLR0917 - a row, column by column
    record: Record,
    content: bytes | None,
    declaration: bytes | None,
    declared_at: datetime | None,
    corrected_by: int | None,
    place: int | None,
    erased_at: datetime | None,
) -> RecordView:
    body = json.loads(record.body)
    ilmd = body.get("ilmd", {})
    wrong = json.loads(declaration)["errorDeclaration"] if declaration else {}
    return RecordView(
        id=record.id,
        household_id=record.household_id,
        seq=record.seq,
        hash=record.hash.hex(),
        kind=record.kind,
        season_id=record.season_id,
        lot_id=record.lot_id,
        occurred_at=record.occurred_at,
        recorded_at=record.recorded_at,
        entered_by=record.entered_by,
        entered_role=record.entered_role,
        is_helper=record.is_helper,
        corrects_id=record.corrects_id,
        waiting_until=record.waiting_until,
        photos=tuple(body.get("cq:photos", ())),
        details={name.removeprefix(_PREFIX): value for name, value in body.items() if name.startswith(_PREFIX)}
        | {name.removeprefix(_PREFIX): value for name, value in ilmd.items()}
        | ({"sensors": body["sensorElementList"]} if "sensorElementList" in body else {}),
        private=json.loads(content) if content else {},
        made_on=_day(ilmd.get("cq:madeOn")),
        best_before_on=_day(ilmd.get("cq:bestBeforeOn")),
        declared_at=declared_at,
        declared_reason=str(wrong.get("cq:reason", "")),
        corrected_by=corrected_by,
        place=place,
        read_point=str(body.get("readPoint", {}).get("id", "")),
        is_erased=erased_at is not None,
        content_hash=hash_content(record.body).hex(),
    )


def view_record(session: Session, record: Record) -> RecordView:
    """Turn a row that was just written into its view."""
    return get_record(session, record.id, household_id=record.household_id)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
