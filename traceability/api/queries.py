"""Queries that an owner keeps under names. Subscriptions to them are not offered: events are polled."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Response, request, url_for

from epcis.context import prefixes_of
from epcis.validation import is_context
from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from traceability.api.access import check_key, require_key
from traceability.api.blueprint import blueprint
from traceability.api.events import answer_events
from traceability.api.negotiation import answer_json, public_address, read_body, read_extensions
from traceability.api.paging import next_headers, read_turn
from traceability.errors import EpcisProblem
from traceability.queries.named_queries import NamedQueryView, find_named_query, list_named_queries
from traceability.rules.epcis_documents import read_json
from traceability.rules.epcis_query import PAGING, read_query
from traceability.rules.leaf import write_time
from traceability.services.named_queries import drop_query, keep_query

_NAME = re.compile(r"[^/\x00-\x1f\x7f]{1,120}")
_LONGEST = 100_000
_CONTEXT = "@context"


@blueprint.get("/queries")
@needs(Permission.PUBLIC)
def queries() -> Response:
    """List the queries of the key's owner."""
    key = require_key("may_query")
    caller = check_key()
    turn = read_turn(caller)
    found = list_named_queries(db.session(), owner_party=key.owner_party, after=turn.place, limit=turn.per_page + 1)
    shown = found[: turn.per_page]
    headers = next_headers(caller, shown[-1].name if len(found) > len(shown) else None)
    return answer_json([_describe(query) for query in shown], headers=headers)


@blueprint.post("/queries")
@needs(Permission.PUBLIC)
def new_query() -> Response:
    """Keep a query under a name."""
    key = require_key("may_query")
    name, query, context = _read_definition()
    # The context stands beside the query, or inside it (query schema of EPCIS 2.0.1).
    prefixes = {**read_extensions(), **prefixes_of(context, query.get(_CONTEXT))}
    read_query(_without_context(query), prefixes)
    with transaction() as session:
        keep_query(
            session=session, owner_party=key.owner_party, name=name, query=query, prefixes=prefixes, now=utcnow()
        )
    location = public_address(f"{url_for('epcis.queries')}/{quote(name, safe='')}")
    return answer_json({"name": name, "query": query}, status=201, headers={"Location": location})


@blueprint.get("/queries/<name>")
@needs(Permission.PUBLIC)
def named_query(name: str) -> Response:
    """Return a query as it was kept."""
    return answer_json(_describe(_get(name)))


@blueprint.delete("/queries/<name>")
@needs(Permission.PUBLIC)
def delete_query(name: str) -> Response:
    """Delete a query."""
    key = require_key("may_query")
    with transaction() as session:
        is_dropped = "\x00" not in name and drop_query(session=session, owner_party=key.owner_party, name=name)
    if not is_dropped:
        raise _unknown()
    return Response(status=204)


@blueprint.get("/queries/<name>/events")
@needs(Permission.PUBLIC)
def events_of_query(name: str) -> Response:
    """Return the events that fit a query."""
    query = _get(name)
    if request.headers.get("Upgrade", "").strip().lower() == "websocket":
        raise _no_subscriptions()
    others = set(request.args) - PAGING
    if others:
        detail = f"A named query takes perPage and nextPageToken, and not {min(others)[:60]!r}."
        raise EpcisProblem("QueryParameterException", detail)
    return answer_events(_without_context(query.query), prefixes=query.prefixes, query_name=query.name)


@blueprint.route("/queries/<name>/subscriptions", methods=["GET", "POST"])
@needs(Permission.PUBLIC)
def subscriptions(name: str) -> Response:  # noqa: ARG001 - there are none of any query
    """Say that nobody can subscribe."""
    raise _no_subscriptions()


@blueprint.route("/queries/<name>/subscriptions/<subscription_id>", methods=["GET", "DELETE"])
@needs(Permission.PUBLIC)
def subscription(name: str, subscription_id: str) -> Response:  # noqa: ARG001 - as above
    """Say that nobody can subscribe."""
    raise _no_subscriptions()


def _get(name: str) -> NamedQueryView:
    key = require_key("may_query")
    query = None if "\x00" in name else find_named_query(db.session(), name, owner_party=key.owner_party)
    if query is None:
        raise _unknown()
    return query


def _read_definition() -> tuple[str, dict[str, Any], Any]:
    body = read_body()
    if len(body) > _LONGEST:
        raise EpcisProblem("QueryTooComplexException", f"A query is written in at most {_LONGEST} bytes.")
    try:
        content = read_json(body)
    except EpcisProblem as problem:
        raise EpcisProblem("QueryValidationException", problem.detail) from problem
    if not isinstance(content, dict) or not isinstance(content.get("query"), dict):
        fault = ("/query", "is an object of parameters")
        raise EpcisProblem("QueryValidationException", 'Send {"name": "...", "query": {...}}.', faults=[fault])
    name = content.get("name")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None or name in {".", ".."}:
        fault = ("/name", "is a text of 1 to 120 characters without a slash")
        raise EpcisProblem("QueryValidationException", "A query is kept under a name.", faults=[fault])
    if not _can_be_kept(content):
        raise EpcisProblem("QueryValidationException", "A query holds no NUL and nothing that is no Unicode.")
    query = content["query"]
    for place, holder in ((f"/{_CONTEXT}", content), (f"/query/{_CONTEXT}", query)):
        if _CONTEXT in holder and not is_context(holder[_CONTEXT]):
            fault = (place, "is the address of a JSON-LD context, an object that binds prefixes, or a list of both")
            raise EpcisProblem("QueryValidationException", "The context cannot be read.", faults=[fault])
    return name, query, content.get(_CONTEXT)


def _without_context(query: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a query: the context only says what the prefixes in their names stand for."""
    return {name: value for name, value in query.items() if name != _CONTEXT}


def _can_be_kept(content: Any) -> bool:
    """Say whether PostgreSQL takes a JSON value: it knows neither NUL nor half a surrogate pair."""
    try:
        written = json.dumps(content, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return b"\\u0000" not in written


def _describe(query: NamedQueryView) -> dict[str, Any]:
    return {"name": query.name, "query": query.query, "createdAt": write_time(query.created_at)}


def _unknown() -> EpcisProblem:
    return EpcisProblem("NoSuchNameException", "You have no query of this name.")


def _no_subscriptions() -> EpcisProblem:
    detail = "Subscriptions are not supported by this server. Poll GET /events with GE_recordTime instead."
    return EpcisProblem("ImplementationException", detail)
