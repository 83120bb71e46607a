"""Small EPCIS 2.0 events and documents of our own, each valid as it stands."""

from typing import Any

STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
CONTEXT: list[Any] = [STANDARD, {"farm": "https://farm.example/voc/"}]
Event = dict[str, Any]


def make_event(event_type: str = "ObjectEvent", **fields: Any) -> Event:
    """Return a valid event; a field given as ``...`` is left out."""
    common: Event = {
        "type": event_type,
        "eventTime": "2026-03-04T07:30:00.000+07:00",
        "eventTimeZoneOffset": "+07:00",
        "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "readPoint": {"id": "https://farm.example/id/loc/north"},
    }
    own: dict[str, Event] = {
        "ObjectEvent": {"action": "OBSERVE", "epcList": ["https://farm.example/id/obj/one"], "bizStep": "inspecting"},
        "AggregationEvent": {
            "action": "ADD",
            "parentID": "https://farm.example/id/obj/box",
            "childQuantityList": [{"epcClass": "https://farm.example/id/class/rice/a", "quantity": 5, "uom": "KGM"}],
            "bizStep": "packing",
        },
        "AssociationEvent": {
            "action": "ADD",
            "parentID": "https://farm.example/id/obj/barn",
            "childEPCs": ["https://farm.example/id/obj/sensor"],
            "bizStep": "installing",
        },
        "TransactionEvent": {
            "action": "ADD",
            "bizTransactionList": [{"type": "po", "bizTransaction": "https://farm.example/id/bt/one"}],
            "quantityList": [{"epcClass": "https://farm.example/id/class/rice/a", "quantity": 2.5, "uom": "KGM"}],
            "bizStep": "retail_selling",
        },
        "TransformationEvent": {
            "transformationID": "https://farm.example/id/obj/season",
            "inputQuantityList": [{"epcClass": "https://farm.example/id/class/seed", "quantity": 1, "uom": "KGM"}],
            "bizStep": "https://farm.example/voc/bizstep/planting",
        },
    }
    event = {**common, **own[event_type], **fields}
    return {name: value for name, value in event.items() if value is not ...}


def make_document(*events: Event, **fields: Any) -> Event:
    """Return a valid EPCISDocument with these events."""
    document = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-04T00:31:00Z",
        "epcisBody": {"eventList": list(events)},
        **fields,
    }
    return {name: value for name, value in document.items() if value is not ...}


def make_query_document(*events: Event) -> Event:
    """Return a valid EPCISQueryDocument with these events."""
    body = {"queryResults": {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": list(events)}}}
    return make_document(type="EPCISQueryDocument", epcisBody=body)
