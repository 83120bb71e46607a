"""Events of the repository, found by a query and given back as they came.

Each reading is one statement, whatever is asked: exact values lie in one array with a GIN index, moments and record
order in indexes of their own, and pages go on from where the last one ended.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, JSONPATH
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from traceability.models.custody import Record
from traceability.models.epcis import EpcisEvent, EventContext, EventName
from traceability.rules.epcis_access import Viewer
from traceability.rules.epcis_contexts import SharedContext
from traceability.rules.epcis_documents import StoredEvent
from traceability.rules.epcis_names import make_term
from traceability.rules.epcis_query import (
    AnyId,
    AnyNumber,
    AnyTerm,
    Condition,
    EventQuery,
    IsDeclaration,
    Moment,
    NoTerm,
)

#: One answer is made in memory, so it holds at most so many bytes of events (but always one).
MAX_ANSWER_BYTES = 20 * 1024 * 1024
_COMPARE: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "GE": lambda column, value: column >= value,
    "LT": lambda column, value: column < value,
    "GT": lambda column, value: column > value,
    "LE": lambda column, value: column <= value,
    "EQ": lambda column, value: column == value,
}
_JSON_COMPARE = {"GE": ">=", "LT": "<", "GT": ">", "LE": "<=", "EQ": "=="}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the value of the column it is ordered by (None in the order of recording), and the row."""

    value: datetime | None
    row: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, the ``@context`` that they share, and where the next page begins; None when these were the last."""

    events: Sequence[StoredEvent]
    context: Any
    next_place: Place | None


def find_events(session: Session, query: EventQuery, *, viewer: Viewer, after: Place | None, per_page: int) -> Page:
    """Return a page of the events that fit a query and that the viewer may see. One statement.

    The page ends early before an event that would be read otherwise under the context of the others.
    """
    column = None if query.order_by is None else getattr(EpcisEvent, query.order_by)
    statement = _select_events().where(*_conditions(query, viewer))
    if column is None:
        statement = statement.order_by(EpcisEvent.id)
        if after is not None:
            statement = statement.where(EpcisEvent.id > after.row)
    else:
        key = tuple_(column, EpcisEvent.id)
        if after is not None:
            place = tuple_(after.value, after.row)
            statement = statement.where(key < place if query.is_descending else key > place)
        ends = (column.desc(), EpcisEvent.id.desc()) if query.is_descending else (column, EpcisEvent.id)
        statement = statement.order_by(*ends)
    return _make_page(session.execute(statement.limit(per_page + 1)).all(), per_page, query.order_by)


def has_more_than(session: Session, query: EventQuery, *, viewer: Viewer, number: int) -> bool:
    """Say whether more than so many events fit a query. One statement, which stops counting there."""
    found = select(literal(1)).select_from(EpcisEvent).where(*_conditions(query, viewer)).limit(number + 1).subquery()
    return session.execute(select(func.count()).select_from(found)).scalar_one() > number


def find_event(session: Session, event_id: str, *, viewer: Viewer, after: Place | None, per_page: int) -> Page:
    """Return an event and what was declared wrong about it, by its ID or its CBV hash. One statement."""
    is_it = EpcisEvent.event_id == event_id
    if event_id.startswith("ni:///"):
        is_it = or_(is_it, EpcisEvent.cbv_hash == event_id)
    found = _select_events().where(is_it, _is_visible(viewer)).order_by(EpcisEvent.id)
    if after is not None:
        found = found.where(EpcisEvent.id > after.row)
    return _make_page(session.execute(found.limit(per_page + 1)).all(), per_page, None)


def list_event_names(
    session: Session, kind: str, *, viewer: Viewer, after: str | None, limit: int
) -> tuple[Sequence[str], bool]:
    """Return what events name (``bizStep``, ``readPoint``, ``epc`` ...), in order, and whether there is more.

    One statement, which reads no more than a page for each scope.
    """
    pages = [
        select(EventName.name)
        .where(EventName.kind == kind, EventName.scope == scope, *([EventName.name > after] if after else ()))
        .distinct()
        .order_by(EventName.name)
        .limit(limit + 1)
        .subquery()
        for scope in viewer.scopes
    ]
    joined = union_all(*(select(page.c.name) for page in pages)).subquery()
    names = session.scalars(select(joined.c.name).distinct().order_by(joined.c.name).limit(limit + 1)).all()
    return names[:limit], len(names) > limit


def has_event_name(session: Session, kind: str, name: str, *, viewer: Viewer) -> bool:
    """Say whether an event that the viewer may see names this. One statement."""
    known = exists().where(EventName.kind == kind, EventName.scope.in_(viewer.scopes), EventName.name == name)
    return bool(session.scalar(select(known)))


def _select_events() -> Select[*tuple[Any, ...]]:
    return (
        select(
            EpcisEvent.id,
            EpcisEvent.happened_at,
            EpcisEvent.recorded_at,
            func.coalesce(EpcisEvent.content, Record.body).label("content"),
            EventContext.content.label("context"),
            EpcisEvent.event_id,
            EpcisEvent.is_id_given,
        )
        .outerjoin(Record, Record.id == EpcisEvent.record_id)
        .outerjoin(EventContext, EventContext.id == EpcisEvent.context_id)
    )


def _make_page(rows: Sequence[Any], per_page: int, order_by: str | None) -> Page:
    """Return as many events as one answer can hold: by number, by bytes, and under one context."""
    shared = SharedContext()
    events: list[StoredEvent] = []
    weight = 0
    for row in rows[:per_page]:
        event = _view(row)
        weight += len(event.content)
        if (events and weight > MAX_ANSWER_BYTES) or not shared.admit(event):
            break
        events.append(event)
    if len(events) == len(rows):
        return Page(events, shared.value, None)
    last = rows[len(events) - 1]
    return Page(events, shared.value, Place(None if order_by is None else getattr(last, order_by), last.id))


def _view(row: Any) -> StoredEvent:
    return StoredEvent(row.content, row.context, row.event_id, row.is_id_given)


def _is_visible(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.owner_party is None:
        return EpcisEvent.is_public.is_(True)
    return or_(EpcisEvent.is_public, EpcisEvent.owner_party == viewer.owner_party)


def _conditions(query: EventQuery, viewer: Viewer) -> Iterable[ColumnElement[bool]]:
    return (_is_visible(viewer), *(_express(condition) for condition in query.conditions))


def _has_any(terms: Sequence[str]) -> ColumnElement[bool]:
    # The comparator of the dialect; SQLAlchemy's general type for arrays does not know it.
    has_any: ColumnElement[bool] = EpcisEvent.terms.overlap(literal(list(terms), ARRAY(Text)))
    return has_any


def _express(condition: Condition) -> ColumnElement[bool]:
    """Return a condition of the rules as SQL."""
    match condition:
        case AnyTerm(terms):
            return _has_any(terms)
        case Moment(column, comparison, moment):
            return _COMPARE[comparison](getattr(EpcisEvent, column), moment)
        case AnyId(event_ids):
            return EpcisEvent.event_id.in_(event_ids)
        case NoTerm(term):
            return ~_has_any([term])
        case IsDeclaration(expected):
            return EpcisEvent.is_declaration.is_(expected)
        case AnyNumber(key, comparison, numbers):
            # The term narrows it down by index; the path compares exactly, since JSONB keeps decimals as decimals.
            path = " || ".join(f"@ {_JSON_COMPARE[comparison]} $x{place}" for place in range(len(numbers)))
            values = json.dumps({f"x{place}": number for place, number in enumerate(numbers)})
            matches = func.jsonb_path_exists(
                EpcisEvent.numbers[key], cast(f"$[*] ? ({path})", JSONPATH), cast(literal(values, Text), JSONB)
            )
            return and_(_has_any([make_term("#", key)]), matches)
