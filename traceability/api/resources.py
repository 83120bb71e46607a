"""What events speak of, as addresses to browse: kinds of events, items, steps, dispositions and places."""

from flask import Response, url_for

from epcis.context import STANDARD_CONTEXT, short_word, standard_word
from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.db import db
from traceability.api.access import Caller, check_key
from traceability.api.blueprint import blueprint
from traceability.api.events import answer_events, read_parameters
from traceability.api.negotiation import answer_json
from traceability.api.paging import next_headers, read_turn
from traceability.errors import EpcisProblem
from traceability.queries.epcis_events import has_event_name, list_event_names
from traceability.rules.epcis_names import make_term
from traceability.rules.epcis_query import EVENT_TYPES, AnyTerm
from traceability.rules.identifiers import VOCABULARY

#: Address -> (kind of name, tags under which an event with it is found).
COLLECTIONS = {
    "epcs": ("epc", ("epc", "parent", "in", "out", "class", "inclass", "outclass")),
    "bizSteps": ("bizStep", ("step",)),
    "bizLocations": ("bizLocation", ("loc",)),
    "readPoints": ("readPoint", ("rp",)),
    "dispositions": ("disposition", ("disp",)),
}
_ANY = f"<any({', '.join(COLLECTIONS)}):collection>"
_WORDS = {"bizSteps": "bizStep", "dispositions": "disposition"}


@blueprint.get("/", strict_slashes=False)
@needs(Permission.PUBLIC)
def root() -> Response:
    """List what can be asked here, and say where it is described."""
    check_key()
    members = ["capture", "events", "eventTypes", *COLLECTIONS, "queries"]
    description, pages = url_for("epcis.openapi"), url_for("traceability.interface")
    links = f'<{description}>; rel="service-desc", <{pages}>; rel="service-doc"'
    return answer_json(_collection(members), headers={"Link": links})


@blueprint.get("/eventTypes")
@needs(Permission.PUBLIC)
def event_types() -> Response:
    """List the kinds of events."""
    check_key()
    return answer_json(_collection(list(EVENT_TYPES)))


@blueprint.get("/eventTypes/<event_type>")
@needs(Permission.PUBLIC)
def event_type(event_type: str) -> Response:
    """Say what can be asked about one kind of event."""
    check_key()
    _check_type(event_type)
    return answer_json(_collection(["events"]))


@blueprint.get("/eventTypes/<event_type>/events")
@needs(Permission.PUBLIC)
def events_of_type(event_type: str) -> Response:
    """Return events of one kind."""
    _check_type(event_type)
    return answer_events(read_parameters(), also=AnyTerm((make_term("type", event_type),)))


@blueprint.get(f"/{_ANY}")
@needs(Permission.PUBLIC)
def names(collection: str) -> Response:
    """List what events name."""
    caller = check_key()
    turn = read_turn(caller)
    kind, _ = COLLECTIONS[collection]
    found, has_more = list_event_names(db.session(), kind, viewer=caller.viewer, after=turn.place, limit=turn.per_page)
    headers = next_headers(caller, found[-1] if has_more else None)
    return answer_json(_collection([short_word(name) for name in found]), headers=headers)


@blueprint.get(f"/{_ANY}/<path:name>")
@needs(Permission.PUBLIC)
def named(collection: str, name: str) -> Response:
    """Say what can be asked about one of these names."""
    _check_name(check_key(), collection, name)
    return answer_json(_collection(["events"]))


@blueprint.get(f"/{_ANY}/<path:name>/events")
@needs(Permission.PUBLIC)
def events_of_name(collection: str, name: str) -> Response:
    """Return events that name this."""
    full = _full_name(collection, name)
    _, tags = COLLECTIONS[collection]
    _check_name(check_key(), collection, name)
    return answer_events(read_parameters(), also=AnyTerm(tuple(make_term(tag, full) for tag in tags)))


def _full_name(collection: str, name: str) -> str:
    kind = _WORDS.get(collection)
    return standard_word(kind, name) if kind else name


def _check_name(caller: Caller, collection: str, name: str) -> None:
    kind, _ = COLLECTIONS[collection]
    full = _full_name(collection, name)
    if "\x00" in name or not has_event_name(db.session(), kind, full, viewer=caller.viewer):
        raise EpcisProblem("NoSuchResourceException", "No event that you may see names this.")


def _check_type(event_type: str) -> None:
    if event_type not in EVENT_TYPES:
        raise EpcisProblem("NoSuchResourceException", f"EPCIS knows these kinds of events: {', '.join(EVENT_TYPES)}.")


def _collection(members: list[str]) -> dict[str, object]:
    return {"@context": [STANDARD_CONTEXT, {"cq": VOCABULARY}], "type": "Collection", "member": members}
