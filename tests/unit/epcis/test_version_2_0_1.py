"""What EPCIS 2.0.1 allows is taken, what it forbids is refused, and the fault is named by its place.

The tables are our own reading of the standard: each field with values that it may have, and each way of breaking one.
"""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epcis.context import WORDS
from epcis.validation import EVENT_TYPES, list_event_problems, list_problems
from tests.factories.epcis import CONTEXT, make_document, make_event, make_query_document

_DATA = Path(__file__).parents[2] / "data" / "epcis"
_MOMENT = "2026-03-04T07:30:00.123+07:00"
_URI = st.sampled_from(
    ("https://farm.example/id/obj/1", "urn:epc:id:sgtin:893000.1012345.1", "farm:one", "ni:///a?b#c")
)
_URIS = st.lists(_URI, max_size=3, unique=True)
_NUMBER = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6, allow_nan=False)
_FREE = st.recursive(
    st.none() | st.booleans() | _NUMBER | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=2),
    max_leaves=4,
)
_EXTENSIONS = st.dictionaries(
    st.sampled_from(("farm:note", "farm:Gi%E1%BB%91ng", "https://farm.example/voc/x", "urn:x-farm:y")),
    _FREE,
    max_size=2,
)


def _word(kind: str) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(WORDS[kind])) | st.sampled_from(
        ("https://farm.example/voc/own", "farm:own", "urn:x-y:z")
    )


def _object(
    fields: dict[str, Any], needed: tuple[str, ...] = (), also: Any = None
) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with the needed fields, some of the others, and extension fields where they are allowed."""
    own = st.fixed_dictionaries(
        {name: fields[name] for name in needed},
        optional={name: one for name, one in fields.items() if name not in needed},
    )
    return own if also is None else st.tuples(own, also).map(lambda both: {**both[1], **both[0]})


_MOMENTS = st.sampled_from((_MOMENT, "2026-03-04T00:30:00Z", "2026-03-04T00:30:00.5-11:30"))
_PARTS = {
    "time": _MOMENTS,
    "deviceID": _URI,
    "deviceMetadata": _URI,
    "rawData": _URI,
    "dataProcessingMethod": _URI,
    "bizRules": _URI,
}
_METADATA = _object({**_PARTS, "startTime": _MOMENTS, "endTime": _MOMENTS}, also=_EXTENSIONS)
_REPORT = _object(
    {
        **_PARTS,
        "type": _word("measurement"),
        "exception": _word("alert"),
        "microorganism": _URI,
        "chemicalSubstance": _URI,
        "coordinateReferenceSystem": _URI,
        "component": _word("component"),
        **dict.fromkeys(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), _NUMBER),
        "uom": st.sampled_from(("CEL", "P1", "mg/kg", "")),
        "stringValue": st.text(max_size=5),
        "booleanValue": st.booleans(),
        "hexBinaryValue": st.sampled_from(("0f", "F012AFF")),
        "uriValue": _URI,
    },
    needed=("type",),
    also=_EXTENSIONS,
)
_SENSORS = st.lists(
    _object(
        {"sensorMetadata": _METADATA, "sensorReport": st.lists(_REPORT, min_size=1, max_size=2)},
        needed=("sensorReport",),
        also=_EXTENSIONS,
    ),
    max_size=2,
)
_PLACE = _object({"id": _URI, "row": _FREE}, needed=("id",), also=_EXTENSIONS)
_WORDS_OF_STATE = st.lists(_word("disposition"), min_size=1, max_size=3, unique=True)
_QUANTITY = st.one_of(
    st.fixed_dictionaries({"epcClass": _URI}, optional={"quantity": _NUMBER}),
    st.fixed_dictionaries({"epcClass": _URI, "quantity": _NUMBER, "uom": st.sampled_from(("KGM", "EA", "P1"))}),
)
_QUANTITIES = st.lists(_QUANTITY, max_size=2)
_SOME_QUANTITIES = st.lists(_QUANTITY, min_size=1, max_size=2)
_SOME_URIS = st.lists(_URI, min_size=1, max_size=3, unique=True)
_TRANSACTION = _object({"type": _word("transaction"), "bizTransaction": _URI}, needed=("bizTransaction",))


def _ends(name: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries({"type": _word("sdt"), name: _URI}), max_size=2)


_COMMON = {
    "eventID": _URI,
    "recordTime": _MOMENTS,
    "certificationInfo": _URI | _URIS,
    "errorDeclaration": _object(
        {"declarationTime": _MOMENTS, "reason": _word("reason"), "correctiveEventIDs": _URIS},
        needed=("declarationTime",),
        also=_EXTENSIONS,
    ),
    "bizStep": _word("bizStep"),
    "disposition": _word("disposition"),
    "persistentDisposition": st.one_of(
        st.fixed_dictionaries({"set": _WORDS_OF_STATE}, optional={"unset": _WORDS_OF_STATE}),
        st.fixed_dictionaries({"unset": _WORDS_OF_STATE}),
    ),
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "bizTransactionList": st.lists(_TRANSACTION, max_size=2),
    "sourceList": _ends("source"),
    "destinationList": _ends("destination"),
    "sensorElementList": _SENSORS,
}
_ACTION = st.sampled_from(("ADD", "OBSERVE", "DELETE"))
_ILMD = _EXTENSIONS
_GROUPS = {
    "ObjectEvent": st.one_of(
        st.fixed_dictionaries({"action": _ACTION, "epcList": _URIS}, optional={"quantityList": _QUANTITIES}),
        st.fixed_dictionaries({"action": _ACTION, "quantityList": _SOME_QUANTITIES}),
        st.fixed_dictionaries({"action": st.just("ADD"), "epcList": _URIS, "ilmd": _ILMD}),
        st.fixed_dictionaries(
            {
                "action": _ACTION,
                "readPoint": _PLACE,
                "sensorElementList": st.lists(
                    st.fixed_dictionaries({"sensorReport": st.lists(_REPORT, min_size=1, max_size=1)}),
                    min_size=1,
                    max_size=1,
                ),
            }
        ),
    ),
    "AggregationEvent": st.one_of(
        st.fixed_dictionaries(
            {"action": _ACTION, "parentID": _URI, "childEPCs": _SOME_URIS},
            optional={"childQuantityList": _QUANTITIES},
        ),
        st.fixed_dictionaries({"action": st.just("OBSERVE"), "childQuantityList": _SOME_QUANTITIES}),
        st.fixed_dictionaries({"action": st.just("DELETE"), "parentID": _URI}),
    ),
    "AssociationEvent": st.one_of(
        st.fixed_dictionaries(
            {"action": _ACTION, "parentID": _URI, "childEPCs": _SOME_URIS}, optional={"childQuantityList": _QUANTITIES}
        ),
        st.fixed_dictionaries({"action": _ACTION, "parentID": _URI, "childQuantityList": _SOME_QUANTITIES}),
        st.fixed_dictionaries({"action": st.just("DELETE"), "parentID": _URI}),
    ),
    "TransactionEvent": st.one_of(
        st.fixed_dictionaries({"action": _ACTION, "epcList": _URIS}, optional={"parentID": _URI}),
        st.fixed_dictionaries({"action": _ACTION, "quantityList": _SOME_QUANTITIES}),
        st.fixed_dictionaries({"action": st.just("DELETE")}),
    ),
    "TransformationEvent": st.one_of(
        st.fixed_dictionaries(
            {"inputEPCList": _SOME_URIS, "outputQuantityList": _SOME_QUANTITIES},
            optional={"ilmd": _ILMD, "transformationID": _URI, "inputQuantityList": _QUANTITIES},
        ),
        st.fixed_dictionaries({"inputQuantityList": _SOME_QUANTITIES, "transformationID": _URI}),
        st.fixed_dictionaries({"outputEPCList": _SOME_URIS, "transformationID": _URI}, optional={"ilmd": _ILMD}),
    ),
    "farm:Blessing": _object({"rest": _FREE, "epcList": _URIS, "ilmd": _ILMD}),
}


@st.composite
def _allowed(draw: Callable[..., Any], event_type: str | None = None) -> dict[str, Any]:
    """Draw an event as EPCIS 2.0.1 allows it."""
    kind = draw(st.sampled_from(sorted(_GROUPS))) if event_type is None else event_type
    event = {
        "type": kind,
        "eventTime": draw(_MOMENTS),
        "eventTimeZoneOffset": draw(st.sampled_from(("+07:00", "-14:00", "+14:00", "-00:30"))),
        **draw(_object(_COMMON)),
        **draw(_EXTENSIONS),
        **draw(_GROUPS[kind]),
    }
    if kind == "TransactionEvent":
        event["bizTransactionList"] = draw(st.lists(_TRANSACTION, min_size=1, max_size=2))
    return event


@given(events=st.lists(_allowed(), max_size=3), is_answer=st.booleans())
def test_what_the_standard_allows_is_taken(*, events: list[dict[str, Any]], is_answer: bool) -> None:
    make = make_query_document if is_answer else make_document
    assert list_problems(make(*events)) == []
    assert [list_event_problems(event, CONTEXT) for event in events] == [[]] * len(events)


_NO_URI = ("", "no uri", "7", "https://farm.example/gạo", 7, None, True, {}, ["urn:x:1"])
_NO_MOMENT = ("2026-03-04", "2026-03-04T07:30:00", "yesterday", "", 20260304, None)
_NO_NUMBER = ("4", None, True, [4], {})
_NO_TEXT = (4, None, True, [], {})
_IN_REPORT = ("sensorElementList", 0, "sensorReport", 0)
_IN_METADATA = ("sensorElementList", 0, "sensorMetadata")
_FULL: dict[str, Any] = {
    "eventID": "urn:x:e",
    "recordTime": _MOMENT,
    "certificationInfo": ["urn:x:c"],
    "errorDeclaration": {"declarationTime": _MOMENT, "reason": "incorrect_data", "correctiveEventIDs": ["urn:x:d"]},
    "bizStep": "packing",
    "disposition": "active",
    "persistentDisposition": {"set": ["recalled"], "unset": ["active"]},
    "readPoint": {"id": "urn:x:r"},
    "bizLocation": {"id": "urn:x:b"},
    "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:t"}],
    "sourceList": [{"type": "location", "source": "urn:x:s"}],
    "destinationList": [{"type": "owning_party", "destination": "urn:x:s"}],
    "sensorElementList": [
        {
            "sensorMetadata": {
                **dict.fromkeys(_PARTS, "urn:x:m"),
                **dict.fromkeys(("time", "startTime", "endTime"), _MOMENT),
            },
            "sensorReport": [{"type": "Temperature", "value": 4, "uom": "CEL"}],
        }
    ],
}
#: Where -> values that may not stand there, in an event of any type.
_FORBIDDEN: dict[tuple[str | int, ...], tuple[Any, ...]] = {
    ("eventTime",): _NO_MOMENT,
    ("recordTime",): _NO_MOMENT,
    ("eventTimeZoneOffset",): ("7", "+7:00", "+14:30", "+15:00", "07:00", "Z", 7, None),
    ("eventID",): _NO_URI,
    ("certificationInfo",): (7, None, "no uri", ["no uri"], {}, [{"id": "urn:x:1"}]),
    ("errorDeclaration",): ([], "incorrect_data", None),
    ("errorDeclaration", "declarationTime"): _NO_MOMENT,
    ("errorDeclaration", "reason"): ("whim", "urn:epcglobal:cbv:er:incorrect_data", 7, None),
    ("errorDeclaration", "correctiveEventIDs"): ("urn:x:d", None, {}),
    ("errorDeclaration", "correctiveEventIDs", 0): _NO_URI[:5],
    ("bizStep",): ("flying", "urn:epcglobal:cbv:bizstep:packing", "http://ns.gs1.org/cbv/BizStep-packing", 7, None),
    ("disposition",): ("Active", "urn:epcglobal:cbv:disp:active", "https://ns.gs1.org/cbv/Disp-active", 7, None),
    ("persistentDisposition",): ({}, [], "recalled", None),
    ("persistentDisposition", "set"): ([], ["recalled", "recalled"], "recalled", None),
    ("persistentDisposition", "unset"): ([], ["active", "recalled", "active"], None),
    ("persistentDisposition", "set", 0): ("gone", "urn:epcglobal:cbv:disp:recalled", 7),
    ("readPoint",): ("urn:x:r", [], None),
    ("readPoint", "id"): _NO_URI,
    ("bizLocation",): ("urn:x:b", None),
    ("bizLocation", "id"): _NO_URI,
    ("bizTransactionList",): ({}, "po", None),
    ("bizTransactionList", 0, "type"): ("bill", "urn:epcglobal:cbv:btt:po", 7),
    ("bizTransactionList", 0, "bizTransaction"): _NO_URI[:4],
    ("sourceList", 0, "type"): ("buyer", "urn:epcglobal:cbv:sdt:location"),
    ("sourceList", 0, "source"): _NO_URI[:4],
    ("destinationList", 0, "type"): ("buyer", 7),
    ("destinationList", 0, "destination"): _NO_URI[:4],
    ("sensorElementList",): ({}, None),
    ("sensorElementList", 0, "sensorReport"): ([], {}, None),
    **{(*_IN_METADATA, name): _NO_MOMENT for name in ("time", "startTime", "endTime")},
    **{(*_IN_METADATA, name): _NO_URI for name in _PARTS if name != "time"},
    (*_IN_REPORT, "type"): ("Warmth", "https://gs1.org/voc/Temperature", "https://www.gs1.org/voc/Mass", 7, None),
    (*_IN_REPORT, "exception"): ("ALARM", "https://gs1.org/voc/ALARM_CONDITION", 7, None),
    (*_IN_REPORT, "time"): _NO_MOMENT,
    (*_IN_REPORT, "component"): ("w", "urn:epcglobal:cbv:Comp-x", 7),
    **{
        (*_IN_REPORT, name): _NO_URI
        for name in (*_PARTS, "microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue")
        if name != "time"
    },
    **{
        (*_IN_REPORT, name): _NO_NUMBER
        for name in ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
    },
    (*_IN_REPORT, "uom"): _NO_TEXT,
    (*_IN_REPORT, "stringValue"): _NO_TEXT,
    (*_IN_REPORT, "booleanValue"): ("true", 1, None),
    (*_IN_REPORT, "hexBinaryValue"): ("0x", "", 7, None),
}
_CASES = [(where, value) for where, values in _FORBIDDEN.items() for value in values]


@given(st.sampled_from(EVENT_TYPES), st.sampled_from(_CASES))
def test_a_forbidden_value_is_refused_by_its_place(event_type: str, case: tuple[tuple[str | int, ...], Any]) -> None:
    where, value = case
    event = make_event(event_type, **copy.deepcopy(_FULL))
    assert list_event_problems(event, CONTEXT) == []
    assert _paths_after(event, where, value)[0].startswith("".join(f"/{step}" for step in where))


@pytest.mark.parametrize(
    ("where", "event_type"),
    [
        ((), "ObjectEvent"),
        ((), "TransformationEvent"),
        (("errorDeclaration",), "AggregationEvent"),
        (("sensorElementList", 0), "TransactionEvent"),
        (_IN_METADATA, "AssociationEvent"),
        (_IN_REPORT, "ObjectEvent"),
    ],
)
@pytest.mark.parametrize("name", ["note", "my_ns:note", "farm:gạo", "farm:a b", "farm:a#b#c", "farm:a%zz"])
def test_a_name_that_is_no_uri_is_no_extension(where: tuple[str | int, ...], event_type: str, name: str) -> None:
    event = make_event(event_type, **copy.deepcopy(_FULL))
    assert _paths_after(event, (*where, name), 1) == ["".join(f"/{step}" for step in where)]


def _paths_after(event: dict[str, Any], where: tuple[str | int, ...], value: Any) -> list[str]:
    inner: Any = event
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = value
    return [problem.path for problem in list_event_problems(event, CONTEXT)]


_TWICE = ["urn:x:1", "urn:x:1"]


@pytest.mark.parametrize(
    ("event_type", "fields", "path"),
    [
        ("ObjectEvent", {"epcList": _TWICE}, "/epcList"),
        ("TransformationEvent", {"inputEPCList": _TWICE}, "/inputEPCList"),
        ("TransformationEvent", {"outputEPCList": _TWICE}, "/outputEPCList"),
        ("ObjectEvent", {"epcList": ..., "readPoint": ..., "sensorElementList": _FULL["sensorElementList"]}, ""),
        ("ObjectEvent", {"sensorElementList": [{"sensorReport": [{"exception": "ALARM_CONDITION"}]}]},
         "/sensorElementList/0/sensorReport/0"),
        ("AggregationEvent", {"persistentDisposition": {"set": []}}, "/persistentDisposition/set"),
        ("ObjectEvent", {"readPoint": {"row": 1}}, "/readPoint"),
    ],
)  # fmt: skip
def test_what_else_is_forbidden(event_type: str, fields: dict[str, Any], path: str) -> None:
    assert [one.path for one in list_event_problems(make_event(event_type, **fields), CONTEXT)] == [path]


@pytest.mark.parametrize(
    ("event_type", "fields"),
    [
        # The schema asks for different URIs in three lists only.
        ("TransactionEvent", {"epcList": _TWICE}),
        ("AggregationEvent", {"childEPCs": _TWICE}),
        ("ObjectEvent", {"certificationInfo": []}),
        ("ObjectEvent", {"readPoint": {"id": "urn:x:1", "row": 3}}),
        ("AggregationEvent", {"persistentDisposition": {"set": ["recalled"]}}),
        ("ObjectEvent", {"sensorElementList": [{"sensorReport": [{"type": "Mass", "value": 1, "uom": "milligram"}]}]}),
    ],
)
def test_what_else_is_allowed(event_type: str, fields: dict[str, Any]) -> None:
    assert list_event_problems(make_event(event_type, **fields), CONTEXT) == []


def test_a_report_may_name_the_rules_that_it_was_judged_by() -> None:
    document = json.loads((_DATA / "sensor-report-with-business-rules.json").read_text(encoding="utf-8"))
    assert list_problems(document) == []
    document["epcisBody"]["eventList"][0]["sensorElementList"][0]["sensorReport"][0]["bizRules"] = "no uri"
    [problem] = list_problems(document)
    assert problem.path == "/epcisBody/eventList/0/sensorElementList/0/sensorReport/0/bizRules"


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": "Trại gà Tân Ninh", "receiver": "chợ", "instanceIdentifier": "1"},
        {"schemaVersion": "2"},
        {"schemaVersion": "2.0.1"},
        {"epcisBody": {"eventList": [], "note": 1}},
        {"farm:note": 1},
        {"epcisHeader": {"farm:note": 1, "epcisMasterData": {"note": 1, "vocabularyList": []}}},
    ],
)
def test_what_a_document_may_hold(fields: dict[str, Any]) -> None:
    assert list_problems(make_document(**fields)) == []


@pytest.mark.parametrize("left_out", ["schemaVersion", "creationDate"])
def test_an_answer_may_leave_out_what_a_document_may_not(left_out: str) -> None:
    assert [one.path for one in list_problems(make_document(**{left_out: ...}))] == [""]
    answer = make_query_document(make_event())
    del answer[left_out]
    assert list_problems(answer) == []


@pytest.mark.parametrize("name", ["sender", "receiver", "instanceIdentifier"])
def test_an_answer_has_no_sender(name: str) -> None:
    assert [one.path for one in list_problems(make_query_document() | {name: "x"})] == [""]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"@context": [*CONTEXT, CONTEXT[0]]}, "/@context"),
        ({"sender": 7}, "/sender"),
        ({"epcisHeader": {"note": 1}}, "/epcisHeader"),
        (
            {"epcisHeader": {"epcisMasterData": {"vocabularyList": [{}]}}},
            "/epcisHeader/epcisMasterData/vocabularyList/0",
        ),
        *(
            (
                {
                    "epcisHeader": {
                        "epcisMasterData": {
                            "vocabularyList": [
                                {
                                    "type": "urn:x:v",
                                    "vocabularyElementList": [
                                        {"id": "urn:x:1", "attributes": [{"id": "urn:x:2", "attribute": value}]}
                                    ],
                                }
                            ]
                        }
                    }
                },
                "/epcisHeader/epcisMasterData/vocabularyList/0/vocabularyElementList/0/attributes/0/attribute",
            )
            for value in (None, True, [])
        ),
    ],
)
def test_what_a_document_may_not_hold(fields: dict[str, Any], path: str) -> None:
    assert [one.path for one in list_problems(make_document(**fields))] == [path]
