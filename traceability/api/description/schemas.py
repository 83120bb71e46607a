"""Parts of the description that paths share: schemas, parameters, headers, answers."""

from typing import Any

from traceability.api.negotiation import CAPTURE_LIMITS, EPC_FORMATS, EPCIS_VERSION, JSON, JSON_LD
from traceability.api.paging import DEFAULT_PER_PAGE, MAX_PER_PAGE
from traceability.api.problems import PROBLEM_JSON, PROBLEMS
from traceability.rules.epcis_documents import MAX_BYTES, MAX_EVENTS
from traceability.rules.epcis_query import EVENT_TYPES, FIXED_PARAMETERS, MAX_PARAMETERS, MAX_VALUES

Part = dict[str, Any]
_TEXT: Part = {"type": "string"}
_URI: Part = {"type": "string", "format": "uri"}
_MOMENT: Part = {"type": "string", "format": "date-time"}
_VERSION: Part = {"type": "string", "pattern": r"^\d{1,4}(\.\d{1,4}){0,2}$", "example": EPCIS_VERSION}
_CONTEXT: Part = {
    "anyOf": [_URI, {"type": "object"}, {"type": "array", "items": {"anyOf": [_URI, {"type": "object"}]}}]
}


def ref(kind: str, name: str) -> Part:
    """Return a reference to a shared part."""
    return {"$ref": f"#/components/{kind}/{name}"}


_EVENT: Part = {
    "type": "object",
    "description": (
        "An event of EPCIS 2.0.1 (JSON schema of GS1, checked with formats). Extension fields are bound to a namespace"
        " by @context, which is never fetched."
    ),
    "required": ["type", "eventTime", "eventTimeZoneOffset"],
    "properties": {
        "@context": _CONTEXT,
        "type": {"anyOf": [{"enum": list(EVENT_TYPES)}, _URI]},
        "eventID": _URI,
        "eventTime": _MOMENT,
        "eventTimeZoneOffset": {"type": "string", "pattern": r"^([+-])((0[0-9]|1[0-3]):([0-5][0-9])|14:00)$"},
        "recordTime": _MOMENT,
        "action": {"enum": ["ADD", "OBSERVE", "DELETE"]},
        "bizStep": _TEXT,
        "disposition": _TEXT,
        "epcList": {"type": "array", "items": _URI},
        "errorDeclaration": {"type": "object"},
    },
    "example": {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent",
        "eventTime": "2026-11-18T09:30:00.000+07:00",
        "eventTimeZoneOffset": "+07:00",
        "epcList": ["urn:epc:id:sgtin:8930001.012345.1"],
        "action": "OBSERVE",
        "bizStep": "shipping",
    },
}
_DOCUMENT: Part = {
    "type": "object",
    "required": ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    "properties": {
        "@context": _CONTEXT,
        "type": {"const": "EPCISDocument"},
        "schemaVersion": _TEXT,
        "creationDate": _MOMENT,
        "epcisHeader": {"type": "object"},
        "epcisBody": {
            "type": "object",
            "required": ["eventList"],
            "properties": {"eventList": {"type": "array", "maxItems": MAX_EVENTS, "items": ref("schemas", "Event")}},
        },
    },
}
_QUERY_DOCUMENT: Part = {
    "type": "object",
    "required": ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    "properties": {
        "@context": _CONTEXT,
        "type": {"const": "EPCISQueryDocument"},
        "schemaVersion": _TEXT,
        "creationDate": _MOMENT,
        "epcisBody": {
            "type": "object",
            "required": ["queryResults"],
            "properties": {
                "queryResults": {
                    "type": "object",
                    "required": ["resultsBody"],
                    "properties": {
                        "queryName": _TEXT,
                        "resultsBody": {
                            "type": "object",
                            "required": ["eventList"],
                            "properties": {"eventList": {"type": "array", "items": ref("schemas", "Event")}},
                        },
                    },
                }
            },
        },
    },
}
_PROBLEM: Part = {
    "type": "object",
    "description": "RFC 9457; types as EPCIS 2.0 names them, about:blank where it has no name.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"enum": ["about:blank", *(f"epcisException:{name}" for name in PROBLEMS)]},
        "title": _TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": _TEXT,
        "instance": _TEXT,
        "errors": {
            "type": "array",
            "description": "Each fault with the JSON pointer (RFC 6901) of its place.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string", "pattern": "^#"}, "detail": _TEXT},
            },
        },
    },
}
_JOB: Part = {
    "type": "object",
    "required": ["captureID", "createdAt", "running", "success", "captureErrorBehaviour", "errors"],
    "properties": {
        "captureID": {"type": "string", "format": "uuid"},
        "createdAt": _MOMENT,
        "finishedAt": _MOMENT,
        "running": {"type": "boolean"},
        "success": {"type": "boolean", "description": "Nothing has gone wrong so far."},
        "captureErrorBehaviour": {"enum": ["rollback", "proceed"]},
        "errors": {"type": "array", "items": ref("schemas", "Problem")},
        "cq:eventCount": {"type": "integer", "minimum": 0, "description": "Events in the document."},
        "cq:capturedCount": {
            "type": "integer",
            "minimum": 0,
            "description": "Those that are new here; the others failed, or were captured before.",
        },
    },
}
_PARAMETERS: Part = {
    "type": "object",
    "description": (
        "Parameters of SimpleEventQuery (EPCIS 2.0 section 8.2.7.1), and paging. Beyond those named here:"
        " EQ_bizTransaction_<type>, EQ_source_<type>, EQ_destination_<type>; EQ|GT|GE|LT|LE_<quantity, value, minValue,"
        " maxValue, meanValue, sDev, percRank, percValue>[_<uom>]; EQ|GT|GE|LT|LE_<time, startTime, endTime>;"
        " EQ|GT|GE|LT|LE|EXISTS_[INNER_][ILMD_|ERROR_DECLARATION_]<prefix:field> for extension fields, with prefixes"
        " bound by GS1-Extensions (or @context in a named query, beside the query or in it). EXISTS_...=false asks for"
        " events without the field. HASATTR_ and EQATTR_ are refused: no master data is kept."
    ),
    "maxProperties": MAX_PARAMETERS,
    "properties": {"@context": {**_CONTEXT, "description": "Binds the prefixes of this query; no parameter."}},
    "additionalProperties": {
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "items": _TEXT, "maxItems": MAX_VALUES},
        ]
    },
}
_WHOLE = {"type": "integer", "minimum": 1, "maximum": 1_000_000}
_EXISTS: Part = {"type": "string", "enum": ["", "true", "false", "1", "0"]}
_OF_PARAMETER: dict[str, Part] = {
    "eventType": {"type": "string", "example": "ObjectEvent|TransformationEvent"},
    "EQ_action": {"type": "string", "pattern": r"^(ADD|OBSERVE|DELETE)(\|(ADD|OBSERVE|DELETE)){0,2}$"},
    "orderBy": {"enum": ["eventTime", "recordTime"]},
    "orderDirection": {"enum": ["ASC", "DESC"]},
    "eventCountLimit": {**_WHOLE, "description": "No more than so many events in all. Not with maxEventCount."},
    "maxEventCount": {**_WHOLE, "description": "More than so many: 413 QueryTooLargeException."},
    "EQ_quantity": {"type": "number"},
    "EXISTS_errorDeclaration": {**_EXISTS, "description": "Error declarations only; with false, everything else."},
    "EXISTS_sensorElementList": {**_EXISTS, "description": "Events with sensor data only; with false, those without."},
    "WD_readPoint": {"type": "string", "description": "As EQ_readPoint: we know of no place inside another."},
    "WD_bizLocation": {"type": "string", "description": "As EQ_bizLocation: we know of no place inside another."},
}


def _query_parameter(name: str) -> Part:
    schema = _OF_PARAMETER.get(name) or (_MOMENT if name.endswith("Time") else {"type": "string", "minLength": 1})
    return {"name": name, "in": "query", "schema": schema}


def _header_parameter(name: str, schema: Part, description: str) -> Part:
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": description}


#: Headers that any request may bring.
AGREEMENTS: dict[str, Part] = {
    **{
        f"GS1-{standard}-{what}": _header_parameter(f"GS1-{standard}-{what}", _VERSION, "We speak 2.0; else 406.")
        for standard in ("EPCIS", "CBV")
        for what in ("Version", "Min", "Max")
    },
    "GS1-EPC-Format": _header_parameter(
        "GS1-EPC-Format",
        {"enum": list(EPC_FORMATS), "default": "No_Preference"},
        "How identifiers of events are spelled in answers. No_Preference and Never_Translates: as they came, byte for"
        " byte. Always_GS1_Digital_Link and Always_EPC_URN: translated where the identifier has such a spelling; others"
        " (private addresses, EPC schemes without a GS1 key, Digital Links under a company prefix that nobody knows)"
        " stay as they are. The header of the answer says which it is.",
    ),
    "GS1-Extensions": _header_parameter(
        "GS1-Extensions",
        {"type": "string", "example": "ex=https://ns.example.com/epcis/"},
        "Binds prefixes of extension fields: name=namespace, with commas between several.",
    ),
}
QUERY_PARAMETERS = [_query_parameter(name) for name in dict.fromkeys(FIXED_PARAMETERS)]
PAGING_PARAMETERS: list[Part] = [
    {
        "name": "perPage",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999, "default": DEFAULT_PER_PAGE},
        "description": f"At most so many; never more than {MAX_PER_PAGE}.",
    },
    {
        "name": "nextPageToken",
        "in": "query",
        "schema": _TEXT,
        "description": "From the Link header (rel=next) of the page before. Runs out after an hour.",
    },
]
_SPOKEN_HEADERS: dict[str, Part] = {
    "GS1-EPCIS-Version": {"schema": _VERSION},
    "GS1-CBV-Version": {"schema": _VERSION},
    "GS1-EPC-Format": {"schema": {"enum": list(EPC_FORMATS[1:])}},
    "GS1-Extensions": {"schema": _TEXT},
    "GS1-Vendor-Version": {"schema": _TEXT},
}
LIMIT_HEADERS: dict[str, Part] = {
    "GS1-EPCIS-Capture-Limit": {"schema": {"const": CAPTURE_LIMITS["GS1-EPCIS-Capture-Limit"]}},
    "GS1-EPCIS-Capture-File-Size-Limit": {"schema": {"const": CAPTURE_LIMITS["GS1-EPCIS-Capture-File-Size-Limit"]}},
}
PAGE_HEADERS: dict[str, Part] = {
    "Link": {"schema": _TEXT, "description": 'The next page, rel="next"; absent on the last.'},
    "GS1-Next-Page-Token-Expires": {"schema": _MOMENT},
}


def answer(description: str, schema: str | Part | None = None, headers: dict[str, Part] | None = None) -> Part:
    """Return an answer of a successful request; ``schema`` names a shared one."""
    found: Part = {"description": description, "headers": {**_SPOKEN_HEADERS, **(headers or {})}}
    if schema is not None:
        body = ref("schemas", schema) if isinstance(schema, str) else schema
        found["content"] = {JSON: {"schema": body}, JSON_LD: {"schema": body}}
    return found


def _problem(description: str, *names: str, headers: dict[str, Part] | None = None) -> Part:
    types = {"properties": {"type": {"enum": [f"epcisException:{name}" for name in names] or ["about:blank"]}}}
    schema = {"allOf": [ref("schemas", "Problem"), types]}
    return {"description": description, "headers": headers or {}, "content": {PROBLEM_JSON: {"schema": schema}}}


COMPONENTS: Part = {
    "securitySchemes": {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    },
    "schemas": {
        "Event": _EVENT,
        "EPCISDocument": _DOCUMENT,
        "EPCISQueryDocument": _QUERY_DOCUMENT,
        "Problem": _PROBLEM,
        "CaptureJob": _JOB,
        "Collection": {
            "type": "object",
            "required": ["@context", "type", "member"],
            "properties": {
                "@context": _CONTEXT,
                "type": {"const": "Collection"},
                "member": {"type": "array", "items": _TEXT},
            },
        },
        "QueryParameters": _PARAMETERS,
        "NamedQuery": {
            "type": "object",
            "required": ["name", "query"],
            "properties": {
                "@context": _CONTEXT,
                "name": {"type": "string", "minLength": 1, "maxLength": 120, "pattern": r"^[^/\u0000-\u001f\u007f]+$"},
                "query": ref("schemas", "QueryParameters"),
                "createdAt": _MOMENT,
            },
            "example": {"name": "harvests", "query": {"eventType": ["TransformationEvent"], "perPage": 30}},
        },
    },
    "parameters": AGREEMENTS,
    "responses": {
        "400": _problem(
            "Something in the request is wrong; `errors` name each place.",
            "ValidationException",
            "QueryValidationException",
            "QueryParameterException",
        ),
        "401": _problem("A key is needed, or the one that came is not known.", "SecurityException"),
        "403": _problem("The key may not do this.", "SecurityException"),
        "404": _problem("There is no such thing, or not for you.", "NoSuchResourceException", "NoSuchNameException"),
        "406": _problem("We cannot answer like that.", "NotAcceptableException"),
        "409": _problem("It exists already.", "ResourceAlreadyExistsException"),
        "413": _problem(
            f"Too much: more than {MAX_EVENTS} events or {MAX_BYTES} bytes, or a query that finds or costs too much.",
            "CaptureLimitExceededException",
            "QueryTooLargeException",
            "QueryTooComplexException",
            headers=LIMIT_HEADERS,
        ),
        "414": _problem("The address is too long; keep the query under a name.", "URITooLongException"),
        "415": _problem("Neither JSON nor JSON-LD. XML is not supported.", "UnsupportedMediaTypeException"),
        "429": _problem("Too many requests; see Retry-After."),
        "500": _problem("An error on our side.", "ImplementationException"),
        "501": _problem("Subscriptions are not supported.", "ImplementationException"),
        "503": _problem("The database does not answer at the moment.", "ImplementationException"),
    },
}
