"""Reading events: by query, and one by its ID. Answers are EPCISQueryDocuments."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response, g, request
from sqlalchemy import text

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from traceability.api.access import check_key
from traceability.api.blueprint import blueprint
from traceability.api.negotiation import answer_events_json, read_extensions, read_translation
from traceability.api.paging import hash_token, next_headers, read_expiry, read_turn
from traceability.errors import EpcisProblem
from traceability.queries.epcis_events import Page, Place, find_event, find_events, has_more_than
from traceability.rules.epcis_documents import write_answer
from traceability.rules.epcis_query import Condition, read_query
from traceability.rules.epcis_terms import parse_time
from traceability.rules.leaf import write_time
from traceability.services.named_queries import spend_token

QUERY_NAME = "SimpleEventQuery"
#: A query that takes longer is too complex (EPCIS 2.0: QueryTooComplexException).
_TIMEOUT = text("SET LOCAL statement_timeout = '8s'")


@blueprint.get("/events")
@needs(Permission.PUBLIC)
def events() -> Response:
    """Return the events that fit the parameters."""
    return answer_events(read_parameters())


@blueprint.get("/events/<path:event_id>")
@needs(Permission.PUBLIC)
def event(event_id: str) -> Response:
    """Return one event, and what was declared wrong about it."""
    caller = check_key()
    turn = read_turn(caller)
    if "\x00" in event_id:
        raise _unknown_event()
    page = find_event(
        db.session(), event_id, viewer=caller.viewer, after=_read_place(turn.place), per_page=turn.per_page
    )
    if not page.events:
        raise _unknown_event()
    return _answer_events_json(page, query_name=QUERY_NAME, headers=next_headers(caller, _write_place(page.next_place)))


@blueprint.delete("/nextPageToken/<token>")
@needs(Permission.PUBLIC)
def give_back_token(token: str) -> Response:
    """Make a page token useless before it runs out."""
    check_key()
    expires_at = read_expiry(token)
    if expires_at is not None:
        with transaction() as session:
            if spend_token(session=session, token_hash=hash_token(token), expires_at=expires_at, now=utcnow()):
                return Response(status=204)
    raise EpcisProblem("NoSuchResourceException", "This page token is none of ours, ran out or was given back.")


def read_parameters() -> dict[str, Any]:
    """Return the parameters in the address; one that stands there several times holds alternatives."""
    values = request.args.to_dict(flat=False)
    return {name: given[0] if len(given) == 1 else given for name, given in values.items()}


def answer_events(
    parameters: Mapping[str, Any],
    *,
    prefixes: Mapping[str, str] | None = None,
    also: Condition | None = None,
    query_name: str = QUERY_NAME,
) -> Response:
    """Return the page of events that fit the parameters, and a condition beside them.

    Raises ``EpcisProblem`` for parameters that cannot be read, and when more events fit than ``maxEventCount``.
    """
    caller = check_key()
    query = read_query(parameters, read_extensions() if prefixes is None else prefixes)
    if also is not None:
        query = replace(query, conditions=(*query.conditions, also))
    turn = read_turn(caller)
    session = db.session()
    g.is_querying = True
    session.execute(_TIMEOUT)
    most = query.most if turn.is_first else None
    if most is not None and has_more_than(session, query, viewer=caller.viewer, number=most):
        raise EpcisProblem("QueryTooLargeException", f"More than maxEventCount={most} events fit the query.")
    left = query.limit if turn.is_first else turn.left
    page = find_events(
        session,
        query,
        viewer=caller.viewer,
        after=_read_place(turn.place),
        per_page=turn.per_page if left is None else min(turn.per_page, left),
    )
    if left is not None:
        left -= len(page.events)
    headers = next_headers(caller, None if left == 0 else _write_place(page.next_place), left=left)
    return _answer_events_json(page, query_name=query_name, headers=headers)


def _answer_events_json(page: Page, *, query_name: str, headers: Mapping[str, str]) -> Response:
    created = write_time(utcnow())
    body = write_answer(
        page.events,
        context=page.context,
        query_name=query_name,
        created=created,
        translate=read_translation(),
    )
    return answer_events_json(body, headers=headers)


def _unknown_event() -> EpcisProblem:
    return EpcisProblem("NoSuchResourceException", "There is no event with this ID that you may see.")


def _write_place(place: Place | None) -> list[Any] | None:
    return None if place is None else [None if place.value is None else place.value.isoformat(), place.row]


def _read_place(written: Any) -> Place | None:
    if written is None:
        return None
    value, row = written
    return Place(None if value is None else parse_time(value), row)
