"""The addresses of the interface, with what each takes and answers."""

from typing import Any

from traceability.api.description.schemas import (
    AGREEMENTS,
    LIMIT_HEADERS,
    PAGE_HEADERS,
    PAGING_PARAMETERS,
    QUERY_PARAMETERS,
    Part,
    answer,
    ref,
)
from traceability.api.negotiation import JSON, JSON_LD
from traceability.rules.epcis_query import EVENT_TYPES

_KEYS: list[dict[str, list[str]]] = [{"bearer": []}, {"key": []}]
_ALWAYS = ("400", "401", "406", "414", "429", "500", "503")
_AGREED = [ref("parameters", name) for name in AGREEMENTS]
_LOCATION: Part = {"Location": {"schema": {"type": "string", "format": "uri"}}}


def _operation(
    summary: str,
    tag: str,
    answers: Part,
    *,
    problems: tuple[str, ...] = (),
    parameters: list[Part] | None = None,
    body: Part | None = None,
    needs_key: bool = False,
    description: str = "",
) -> Part:
    found: Part = {
        "summary": summary,
        "tags": [tag],
        "parameters": [*_AGREED, *(parameters or [])],
        "responses": {
            **answers,
            **{status: ref("responses", status) for status in sorted({*_ALWAYS, *problems})},
        },
    }
    if description:
        found["description"] = description
    if needs_key:
        found["security"] = _KEYS
    if body is not None:
        found["requestBody"] = {"required": True, "content": {JSON: body, JSON_LD: body}}
    return found


def _path(name: str, description: str, schema: Part | None = None) -> Part:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": schema or {"type": "string", "minLength": 1},
        "description": description,
    }


def _options(*, is_capture: bool = False) -> Part:
    headers: dict[str, Part] = {"Allow": {"schema": {"type": "string"}}}
    if is_capture:
        headers |= LIMIT_HEADERS
        headers["GS1-Capture-Error-Behaviour"] = {"schema": {"const": "rollback"}}
    return {
        "summary": "What can be done here, and how we speak.",
        "tags": ["Discovery"],
        "responses": {"204": answer("In the headers.", headers=headers), "429": ref("responses", "429")},
    }


_EVENTS = {"200": answer("A page of events.", "EPCISQueryDocument", PAGE_HEADERS)}
_ASKED = [*QUERY_PARAMETERS, *PAGING_PARAMETERS]


def _names_of(collection: str, what: str, example: str) -> Part:
    path = _path("name", f"One {what}, with every character escaped that has a meaning in addresses.")
    path["example"] = example
    one = {"200": answer("What can be asked about it.", "Collection")}
    return {
        f"/{collection}": {
            "get": _operation(
                f"List each {what} that events name.",
                "Names",
                {"200": answer("A page of names.", "Collection", PAGE_HEADERS)},
                parameters=PAGING_PARAMETERS,
            ),
            "options": _options(),
        },
        f"/{collection}/{{name}}": {
            "parameters": [path],
            "get": _operation(f"What can be asked about one {what}.", "Names", one, problems=("404",)),
            "options": _options(),
        },
        f"/{collection}/{{name}}/events": {
            "parameters": [path],
            "get": _operation(
                f"Events that name one {what}.", "Events", _EVENTS, problems=("404", "413"), parameters=_ASKED
            ),
            "options": _options(),
        },
    }


_TYPE = _path("eventType", "A kind of event.", {"enum": list(EVENT_TYPES)})
_QUERY = _path("queryName", "The name of a query.")
_NOT_THERE = {"501": ref("responses", "501")}
_DOCUMENTS: Part = {"schema": {"anyOf": [ref("schemas", "EPCISDocument"), ref("schemas", "EPCISQueryDocument")]}}
_BEHAVIOUR: Part = {
    "name": "GS1-Capture-Error-Behaviour",
    "in": "header",
    "schema": {"enum": ["rollback", "proceed"], "default": "rollback"},
    "description": "rollback: all events or none. proceed: those without a fault.",
}
_NO_SUBSCRIPTIONS = "Not supported: always 501. Poll GET /events with GE_recordTime instead."

_PATHS: dict[str, Any] = {
    "/": {
        "get": _operation("List what can be asked here.", "Discovery", {"200": answer("Addresses.", "Collection")}),
        "options": _options(is_capture=True),
    },
    "/capture": {
        "post": _operation(
            "Capture a document.",
            "Capture",
            {"202": answer("Taken in; Location is its job.", headers={**_LOCATION, **LIMIT_HEADERS})},
            problems=("403", "413", "415"),
            parameters=[_BEHAVIOUR],
            body=_DOCUMENTS,
            needs_key=True,
            description="The bytes are kept as they came. Sending the same document again changes nothing and succeeds:"
            " events that are known letter for letter are passed over, new ones are captured. Another event under a"
            " known ID is an error (ResourceAlreadyExistsException in the job).",
        ),
        "get": _operation(
            "List the jobs of the key's owner, newest first.",
            "Capture",
            {
                "200": answer(
                    "A page of jobs.",
                    {"type": "array", "items": ref("schemas", "CaptureJob")},
                    {**PAGE_HEADERS, **LIMIT_HEADERS},
                )
            },
            problems=("403",),
            parameters=PAGING_PARAMETERS,
            needs_key=True,
        ),
        "options": _options(is_capture=True),
    },
    "/capture/{captureID}": {
        "parameters": [_path("captureID", "The job, from the Location header.")],
        "get": _operation(
            "What became of a document.",
            "Capture",
            {"200": answer("The job.", "CaptureJob", LIMIT_HEADERS)},
            problems=("403", "404"),
            needs_key=True,
        ),
        "options": _options(is_capture=True),
    },
    "/events": {
        "get": _operation(
            "Events that fit the parameters.",
            "Events",
            _EVENTS,
            problems=("413",),
            parameters=_ASKED,
            description="Values of one parameter are alternatives (`|` between them); different ones must all hold."
            " Further parameters: see QueryParameters.",
        ),
        "post": _operation(
            "Capture one event at once.",
            "Capture",
            {"201": answer("The event, with its ID.", "Event", {**_LOCATION, **LIMIT_HEADERS})},
            problems=("403", "409", "413", "415"),
            body={"schema": ref("schemas", "Event")},
            needs_key=True,
        ),
        "options": _options(is_capture=True),
    },
    "/events/{eventID}": {
        "parameters": [_path("eventID", "The ID of an event, or its CBV hash; every character escaped.")],
        "get": _operation(
            "One event, and what was declared wrong about it.",
            "Events",
            {"200": answer("The event and its error declarations.", "EPCISQueryDocument", PAGE_HEADERS)},
            problems=("404",),
            parameters=PAGING_PARAMETERS,
        ),
        "options": _options(),
    },
    "/eventTypes": {
        "get": _operation("List the kinds of events.", "Names", {"200": answer("The five kinds.", "Collection")}),
        "options": _options(),
    },
    "/eventTypes/{eventType}": {
        "parameters": [_TYPE],
        "get": _operation(
            "What can be asked about one kind.",
            "Names",
            {"200": answer("Addresses.", "Collection")},
            problems=("404",),
        ),
        "options": _options(),
    },
    "/eventTypes/{eventType}/events": {
        "parameters": [_TYPE],
        "get": _operation("Events of one kind.", "Events", _EVENTS, problems=("404", "413"), parameters=_ASKED),
        "options": _options(),
    },
    **_names_of("epcs", "item or class of goods", "urn:epc:id:sgtin:8930001.012345.1"),
    **_names_of("bizSteps", "business step", "shipping"),
    **_names_of("bizLocations", "business location", "urn:epc:id:sgln:8930001.00001.0"),
    **_names_of("readPoints", "read point", "urn:epc:id:sgln:8930001.00001.0"),
    **_names_of("dispositions", "disposition", "in_transit"),
    "/queries": {
        "get": _operation(
            "List the queries of the key's owner.",
            "Queries",
            {
                "200": answer(
                    "A page of queries.", {"type": "array", "items": ref("schemas", "NamedQuery")}, PAGE_HEADERS
                )
            },
            problems=("403",),
            parameters=PAGING_PARAMETERS,
            needs_key=True,
        ),
        "post": _operation(
            "Keep a query under a name.",
            "Queries",
            {"201": answer("Kept.", "NamedQuery", _LOCATION)},
            problems=("403", "409", "413", "415"),
            body={"schema": ref("schemas", "NamedQuery")},
            needs_key=True,
        ),
        "options": _options(),
    },
    "/queries/{queryName}": {
        "parameters": [_QUERY],
        "get": _operation(
            "A query as it was kept.",
            "Queries",
            {"200": answer("The query.", "NamedQuery")},
            problems=("403", "404"),
            needs_key=True,
        ),
        "delete": _operation(
            "Delete a query.", "Queries", {"204": answer("Deleted.")}, problems=("403", "404"), needs_key=True
        ),
        "options": _options(),
    },
    "/queries/{queryName}/events": {
        "parameters": [_QUERY],
        "get": _operation(
            "Events that fit a query.",
            "Queries",
            _EVENTS,
            problems=("403", "404", "413", "501"),
            parameters=PAGING_PARAMETERS,
            needs_key=True,
            description="A WebSocket (Upgrade) is not supported: 501.",
        ),
        "options": _options(),
    },
    "/queries/{queryName}/subscriptions": {
        "parameters": [_QUERY],
        "get": _operation("List subscriptions.", "Queries", _NOT_THERE, description=_NO_SUBSCRIPTIONS),
        "post": _operation("Subscribe.", "Queries", _NOT_THERE, description=_NO_SUBSCRIPTIONS),
        "options": _options(),
    },
    "/queries/{queryName}/subscriptions/{subscriptionID}": {
        "parameters": [_QUERY, _path("subscriptionID", "A subscription.")],
        "get": _operation("A subscription.", "Queries", _NOT_THERE, description=_NO_SUBSCRIPTIONS),
        "delete": _operation("End a subscription.", "Queries", _NOT_THERE, description=_NO_SUBSCRIPTIONS),
        "options": _options(),
    },
    "/nextPageToken/{token}": {
        "parameters": [_path("token", "A page token.")],
        "delete": _operation(
            "Give a page token back before it runs out.", "Events", {"204": answer("Given back.")}, problems=("404",)
        ),
        "options": _options(),
    },
    "/openapi.json": {
        "get": _operation("This description.", "Discovery", {"200": answer("OpenAPI 3.1.", {"type": "object"})}),
        "options": _options(),
    },
}


def _with_404(address: str, item: dict[str, Any]) -> dict[str, Any]:
    """Add to every operation on something named that there may be nothing of that name."""
    if "{" not in address:
        return item
    missing = {"404": ref("responses", "404")}
    return {
        method: part | {"responses": {**part["responses"], **missing}} if method != "parameters" else part
        for method, part in item.items()
    }


PATHS = {address: _with_404(address, item) for address, item in _PATHS.items()}
