"""EPCIS 2.0 documents as others might write them: valid ones of every kind, and broken ones with where they break.

Written by us after the text of the standard; every identifier is invented.
"""

from collections.abc import Mapping
from typing import Any

from tests.factories.repository import STANDARD

Json = dict[str, Any]
_TIME: Json = {"eventTime": "2026-10-03T20:33:31.116000-06:00", "eventTimeZoneOffset": "-06:00"}
_SGTIN = "urn:epc:id:sgtin:8930001.012345"
_SSCC = "urn:epc:id:sscc:8930001.1234567890"
_LGTIN = "urn:epc:class:lgtin:8930001.012345.998877"
_LINK = "https://id.gs1.org/01/08930001123456"
_FARM = {"farm": "https://ns.trai-ga.example/voc/"}
_OWNERS: Json = {
    "sourceList": [{"type": "possessing_party", "source": "urn:epc:id:pgln:8930001.00001"}],
    "destinationList": [{"type": "owning_party", "destination": "https://id.gs1.org/417/8930001000026"}],
}


def _event(name: str, **fields: Any) -> Json:
    return {"type": name, "eventID": f"urn:uuid:7e5c8a1e-0000-4000-8000-{len(_IDS):012}", **_TIME, **_count(fields)}


_IDS: list[int] = []


def _count(fields: Json) -> Json:
    _IDS.append(len(_IDS))
    return fields


def _document(*events: Json, context: Any = STANDARD, **more: Any) -> Json:
    return {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-10-04T11:30:47.0Z",
        "epcisBody": {"eventList": list(events)},
        **more,
    }


_SHIPPED = _event(
    "ObjectEvent",
    action="OBSERVE",
    epcList=[f"{_SGTIN}.1", f"{_SGTIN}.2"],
    bizStep="shipping",
    disposition="in_transit",
    readPoint={"id": "urn:epc:id:sgln:8930001.00001.0"},
    bizTransactionList=[
        {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:8930001000016:152"},
        {"bizTransaction": "https://example.org/id/bt/without-a-type"},
    ],
    **_OWNERS,
)
VALID: Mapping[str, Json] = {
    "an object event by EPC URNs": _document(_SHIPPED),
    "an object event by Digital Links, with quantities": _document(
        _event(
            "ObjectEvent",
            action="ADD",
            epcList=[f"{_LINK}/21/1"],
            quantityList=[
                {"epcClass": f"{_LINK}/10/L1", "quantity": 200.5, "uom": "KGM"},
                {"epcClass": f"{_LINK}/10/L2", "quantity": 3},
            ],
            bizStep="https://ref.gs1.org/cbv/BizStep-commissioning",
            disposition="https://ref.gs1.org/cbv/Disp-active",
            bizLocation={"id": "https://id.gs1.org/414/8930001000019/254/kho-1"},
            ilmd={"cbvmda:lotNumber": "L1", "cbvmda:bestBeforeDate": "2026-12-31"},
        )
    ),
    "an aggregation with classes": _document(
        _event(
            "AggregationEvent",
            action="ADD",
            parentID=_SSCC,
            childEPCs=[f"{_SGTIN}.1"],
            childQuantityList=[{"epcClass": _LGTIN, "quantity": 10, "uom": "KGM"}],
            bizStep="packing",
            disposition="in_progress",
        ),
        _event("AggregationEvent", action="DELETE", parentID=_SSCC, childEPCs=[], bizStep="unpacking"),
    ),
    "a transaction": _document(
        _event(
            "TransactionEvent",
            action="ADD",
            bizTransactionList=[{"type": "inv", "bizTransaction": "https://example.org/id/bt/inv-9"}],
            parentID=_SSCC,
            epcList=[f"{_SGTIN}.1"],
            quantityList=[{"epcClass": _LGTIN, "quantity": 1.25, "uom": "KGM"}],
            bizStep="accepting",
        )
    ),
    "a transformation in two halves": _document(
        _event(
            "TransformationEvent",
            transformationID="urn:uuid:0b7a7a2e-0000-4000-8000-00000000aaaa",
            inputQuantityList=[{"epcClass": _LGTIN, "quantity": 5, "uom": "KGM"}],
            bizStep="https://ns.trai-ga.example/voc/bizstep/planting",
        ),
        _event(
            "TransformationEvent",
            transformationID="urn:uuid:0b7a7a2e-0000-4000-8000-00000000aaaa",
            inputEPCList=[f"{_SGTIN}.7"],
            outputEPCList=[f"{_SGTIN}.8"],
            outputQuantityList=[{"epcClass": _LGTIN, "quantity": 0.001, "uom": "KGM"}],
            bizStep="creating_class_instance",
            ilmd={"farm:harvest": {"farm:start": "2026-10-01", "farm:people": [3, "ba", None, True]}},
        ),
        context=[STANDARD, _FARM],
    ),
    "an association": _document(
        _event(
            "AssociationEvent",
            action="ADD",
            parentID="urn:epc:id:grai:8930001.12345.1",
            childEPCs=["urn:epc:id:giai:8930001.sensor9"],
            bizStep="assembling",
        )
    ),
    "sensors": _document(
        _event(
            "ObjectEvent",
            action="OBSERVE",
            epcList=[],
            bizStep="sensor_reporting",
            readPoint={"id": "https://example.org/id/loc/barn"},
            sensorElementList=[
                {
                    "sensorMetadata": {
                        "time": "2026-10-03T13:00:00Z",
                        "startTime": "2026-10-03T12:00:00Z",
                        "endTime": "2026-10-03T13:00:00Z",
                        "deviceID": "urn:epc:id:giai:8930001.sensor9",
                        "deviceMetadata": "https://id.gs1.org/8004/8930001sensor9",
                        "rawData": "https://example.org/raw/1",
                        "dataProcessingMethod": "https://id.gs1.org/253/8930001000014p1",
                        "bizRules": "https://id.gs1.org/253/8930001000014r1",
                    },
                    "sensorReport": [
                        {"type": "Temperature", "value": 26.0, "uom": "CEL", "minValue": 25.5, "maxValue": 30},
                        {"type": "gs1:AbsoluteHumidity", "meanValue": 12.1, "sDev": 0.2, "uom": "A93"},
                        {"type": "gs1:MT-Illuminance", "percRank": 50, "percValue": 8, "uom": "LUX"},
                        {"type": "Angle", "component": "x", "value": -0.5, "uom": "DD"},
                        {
                            "type": "Temperature",
                            "exception": "ALARM_CONDITION",
                            "stringValue": "nóng",
                            "booleanValue": False,
                            "bizRules": "https://id.gs1.org/253/8930001000014r1",
                        },
                        {"type": "Count", "hexBinaryValue": "ABCD01", "uriValue": "https://example.org/v/1"},
                    ],
                }
            ],
        )
    ),
    "a persistent disposition and a certificate": _document(
        _event(
            "ObjectEvent",
            action="OBSERVE",
            epcList=[f"{_SGTIN}.5"],
            bizStep="inspecting",
            persistentDisposition={"set": ["completeness_verified"], "unset": ["completeness_inferred"]},
            certificationInfo=["https://example.org/id/bt/cert-1"],
        )
    ),
    "an error declaration beside its event": _document(
        _SHIPPED | {"eventID": "urn:uuid:7e5c8a1e-0000-4000-8000-00000000ffff"},
        _SHIPPED
        | {
            "eventID": "urn:uuid:7e5c8a1e-0000-4000-8000-00000000ffff",
            "errorDeclaration": {
                "declarationTime": "2026-11-07T14:00:00.000Z",
                "reason": "incorrect_data",
                "correctiveEventIDs": ["urn:uuid:404d95fc-0000-4000-8000-0bba1338aaaa"],
                "farm:who": "kho",
            },
        },
        context=[STANDARD, _FARM],
    ),
    "extensions everywhere, in several alphabets": _document(
        _event(
            "ObjectEvent",
            action="OBSERVE",
            epcList=[f"{_SGTIN}.6"],
            bizStep="farm:weighing",
            readPoint={"id": "https://example.org/id/loc/2", "farm:door": "Đông"},
            **{
                "farm:text": "Bưởi Luận Văn \u0301 \U0001f34a",
                "farm:number": 12.50,
                "farm:tiny": 1e-9,
                "farm:whole": 9007199254740991,
                "farm:truth": False,
                "farm:nothing": None,
                "farm:deep": [{"farm:a": [1, {"farm:b": "x"}]}, []],
            },
        ),
        context=[STANDARD, _FARM],
    ),
    "a context as an object, and one with a type in braces": _document(
        _event(
            "ObjectEvent",
            action="OBSERVE",
            epcList=[f"{_SGTIN}.9"],
            **{"own:at": "2026-10-03T13:00:00Z", "more:x": 1},
        ),
        context=[
            STANDARD,
            {"own": "https://own.example/", "own:at": {"@id": "https://own.example/at", "@type": "xsd:dateTime"}},
            {"more": {"@id": "https://more.example/", "@prefix": True}},
        ],
    ),
    "an event with a context of its own": _document(
        {
            "@context": [{"inner": "https://inner.example/"}],
            **_event("ObjectEvent", action="OBSERVE", epcList=[f"{_SGTIN}.10"], **{"inner:x": "y"}),
        }
    ),
    "no event IDs": _document(
        {"type": "ObjectEvent", **_TIME, "action": "OBSERVE", "epcList": [f"{_SGTIN}.11"], "bizStep": "storing"},
        {"type": "ObjectEvent", **_TIME, "action": "OBSERVE", "epcList": [f"{_SGTIN}.12"], "bizStep": "storing"},
    ),
    "a single event in its body": {
        **{name: value for name, value in _document().items() if name != "epcisBody"},
        "epcisBody": {"event": _event("ObjectEvent", action="OBSERVE", epcList=[f"{_SGTIN}.13"], bizStep="loading")},
    },
    "master data in the header": _document(
        _event("ObjectEvent", action="OBSERVE", epcList=[f"{_SGTIN}.14"], bizStep="loading"),
        epcisHeader={
            "epcisMasterData": {
                "vocabularyList": [
                    {
                        "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
                        "vocabularyElementList": [
                            {
                                "id": "urn:epc:id:sgln:8930001.00001.0",
                                "attributes": [{"id": "cbvmda:site", "attribute": "8930001000019"}],
                            }
                        ],
                    }
                ]
            }
        },
    ),
    "what a query answered": {
        "@context": [STANDARD],
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-10-04T11:30:47.0Z",
        "epcisBody": {
            "queryResults": {
                "queryName": "elsewhere",
                "resultsBody": {
                    "eventList": [
                        _event(
                            "ObjectEvent",
                            recordTime="2026-10-04T11:00:00Z",
                            action="OBSERVE",
                            epcList=[f"{_SGTIN}.15"],
                            bizStep="receiving",
                        )
                    ]
                },
            }
        },
    },
    "no events at all": _document(),
}


def _broken(**changes: Any) -> Json:
    event = {
        "type": "ObjectEvent",
        **_TIME,
        "action": "OBSERVE",
        "epcList": [f"{_SGTIN}.99"],
        "bizStep": "shipping",
        **changes,
    }
    return _document({name: value for name, value in event.items() if value is not ...})


_FIRST = "/epcisBody/eventList/0"
#: What is wrong -> (document, where).
INVALID: Mapping[str, tuple[Json, str]] = {
    "a time that is none": (_broken(eventTime="yesterday"), f"{_FIRST}/eventTime"),
    "a time without its offset": (_broken(eventTimeZoneOffset="+7"), f"{_FIRST}/eventTimeZoneOffset"),
    "no time": (_broken(eventTime=...), _FIRST),
    "an action that is none": (_broken(action="LOOK"), f"{_FIRST}/action"),
    "an EPC that is no URI": (_broken(epcList=["a number 7"]), f"{_FIRST}/epcList/0"),
    "a word that CBV does not have": (_broken(bizStep="dancing"), f"{_FIRST}/bizStep"),
    "a quantity that is text": (
        _broken(quantityList=[{"epcClass": _LGTIN, "quantity": "ten"}]),
        f"{_FIRST}/quantityList/0/quantity",
    ),
    "lot data on an observation": (_broken(ilmd={"cbvmda:lotNumber": "1"}), f"{_FIRST}/action"),
    "a kind of event that is none": (_broken(type="SubjectEvent"), f"{_FIRST}/type"),
    "a field that nothing binds": (_broken(**{"nowhere:x": 1}), f"{_FIRST}/nowhere:x"),
    "an event that is a number": (_document(7), _FIRST),  # type: ignore[arg-type]
    "a document without a date": (_document(_SHIPPED, creationDate=None), "/creationDate"),
    "a list that is an object": (_document() | {"epcisBody": {"eventList": {}}}, "/epcisBody/eventList"),
    "a transformation of nothing into nothing": (
        _document({"type": "TransformationEvent", **_TIME, "bizStep": "commissioning"}),
        _FIRST,
    ),
}


def events_in(document: Json) -> list[Json]:
    """Return the events of a document, wherever it keeps them."""
    body = document["epcisBody"]
    if "event" in body:
        return [body["event"]]
    body = body.get("queryResults", {}).get("resultsBody", body)
    return list(body["eventList"])
