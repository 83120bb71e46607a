"""What is an EPCIS 2.0 event, what is not, and where the mistake is."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epcis.context import WORDS
from epcis.validation import EVENT_TYPES, MAX_DEPTH, MAX_PROBLEMS, Problem, list_event_problems, list_problems
from tests.factories.epcis import CONTEXT, STANDARD, make_document, make_event, make_query_document

SENSOR = {
    "sensorMetadata": {
        "startTime": "2026-03-01T00:00:00+07:00",
        "endTime": "2026-03-02T00:00:00+07:00",
        "deviceID": "https://farm.example/id/obj/sensor",
        "farm:height": 2,
    },
    "sensorReport": [
        {"type": "Temperature", "minValue": 21.5, "maxValue": 31, "meanValue": 26.25, "uom": "CEL", "farm:n": 144},
        {"type": "RelativeHumidity", "value": 81, "uom": "P1", "exception": "ALARM_CONDITION"},
    ],
}
QUANTITY = {"epcClass": "https://farm.example/id/class/rice/a", "quantity": 12.5, "uom": "KGM"}


def paths_of(event: Any) -> list[str]:
    return [problem.path for problem in list_event_problems(event, CONTEXT)]


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_the_smallest_event_of_each_type_is_valid(event_type: str) -> None:
    assert list_event_problems(make_event(event_type), CONTEXT) == []
    assert list_event_problems(make_event(event_type, readPoint=..., eventID=..., bizStep=...), CONTEXT) == []


@pytest.mark.parametrize("kind", ["farm:Blessing", "https://farm.example/voc/Blessing", "urn:x-farm:blessing"])
def test_an_event_of_a_vendors_own_type_is_one(kind: str) -> None:
    """EPCIS 2.0, 7.4.7: new types may be added, under URIs of those who add them."""
    fields = {"epcList": ["urn:epc:id:sgtin:893000.1012345.1"], "farm:by": "the monk", "bizStep": ...}
    assert list_event_problems(make_event(type=kind, **fields), CONTEXT) == []


@pytest.mark.parametrize(
    ("kind", "fields", "path"),
    [
        ("Blessing", {}, "/type"),
        ("other:Blessing", {}, "/type"),
        ("farm:", {}, "/type"),
        ("epcis:ObjectEvent", {}, "/type"),
        ("https://ref.gs1.org/epcis/ObjectEvent", {}, "/type"),
        ("farm:a b", {}, "/type"),
        (7, {}, "/type"),
        (["ObjectEvent"], {}, "/type"),
        ("farm:Blessing", {"eventTime": "yesterday"}, "/eventTime"),
        ("farm:Blessing", {"epcList": "one"}, "/epcList"),
        ("farm:Blessing", {"bizStep": "flying"}, "/bizStep"),
        ("https://farm.example/lễ", {}, "/type"),
    ],
)
def test_what_is_no_event_of_a_vendors_own_type(kind: Any, fields: dict[str, Any], path: str) -> None:
    assert paths_of(make_event(type=kind, **fields)) == [path]


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_what_every_event_may_carry(event_type: str) -> None:
    event = make_event(
        event_type,
        recordTime="2026-03-04T00:30:01.5Z",
        certificationInfo=["https://farm.example/id/cert/1"],
        disposition="in_progress",
        persistentDisposition={"set": ["recalled"], "unset": ["completeness_inferred"]},
        bizLocation={"id": "https://farm.example/id/loc/north", "farm:row": 3},
        bizTransactionList=[{"bizTransaction": "urn:x-farm:1"}, {"type": "inv", "bizTransaction": "urn:x-farm:2"}],
        sourceList=[{"type": "owning_party", "source": "https://farm.example/id/party/1"}],
        destinationList=[{"type": "location", "destination": "https://farm.example/id/loc/south"}],
        sensorElementList=[SENSOR],
        errorDeclaration={"declarationTime": "2026-03-05T00:00:00Z", "reason": "incorrect_data", "farm:by": "x"},
    )
    event["farm:note"] = {"deep": [1, {"bare": None}]}
    event["https://farm.example/voc/other"] = True
    assert list_event_problems(event, CONTEXT) == []


@pytest.mark.parametrize(("kind", "field"), [("bizStep", "bizStep"), ("disposition", "disposition")])
def test_every_word_of_cbv_is_known(kind: str, field: str) -> None:
    assert {k: len(words) for k, words in WORDS.items() if k in {"bizStep", "disposition", "transaction"}} == {
        "bizStep": 41,
        "disposition": 33,
        "transaction": 13,
    }
    for word in WORDS[kind]:
        assert list_event_problems(make_event(**{field: word}), CONTEXT) == []


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        # formats are asserted
        ({"eventTime": "yesterday"}, "/eventTime"),
        ({"eventTime": "2026-03-04"}, "/eventTime"),
        ({"eventTime": "2026-03-04T07:30:00"}, "/eventTime"),
        ({"eventTime": "2026-02-30T07:30:00Z"}, "/eventTime"),
        ({"eventTime": "2026-03-04T25:30:00Z"}, "/eventTime"),
        ({"eventTime": "2026-03-04T23:59:60Z"}, "/eventTime"),
        ({"eventTime": "0001-01-01T00:00:00+14:00"}, "/eventTime"),
        ({"recordTime": "04/03/2026 07:30"}, "/recordTime"),
        ({"eventTimeZoneOffset": "7"}, "/eventTimeZoneOffset"),
        ({"eventTimeZoneOffset": "+15:00"}, "/eventTimeZoneOffset"),
        ({"eventID": "no uri"}, "/eventID"),
        ({"eventID": "374d95fc-9457-4a51-bd6a-0bba133845a8"}, "/eventID"),
        ({"epcList": ["https://farm.example/id/obj/one", "has space"]}, "/epcList/1"),
        ({"epcList": ["https://farm.example/gạo"]}, "/epcList/0"),
        ({"epcList": "https://farm.example/id/obj/one"}, "/epcList"),
        ({"readPoint": {"id": "north"}}, "/readPoint/id"),
        ({"readPoint": "https://farm.example/id/loc/north"}, "/readPoint"),
        ({"certificationInfo": ["ABC 123"]}, "/certificationInfo"),
        ({"errorDeclaration": {"declarationTime": "soon"}}, "/errorDeclaration/declarationTime"),
        (
            {"errorDeclaration": {"declarationTime": "2026-03-04T00:00:00Z", "correctiveEventIDs": ["x"]}},
            "/errorDeclaration/correctiveEventIDs/0",
        ),
        ({"sensorElementList": [{"sensorReport": [{"type": "Temperature", "time": "noon"}]}]},
         "/sensorElementList/0/sensorReport/0/time"),
        ({"sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": "26"}]}]},
         "/sensorElementList/0/sensorReport/0/value"),
        ({"sensorElementList": [{"sensorReport": [{"type": "Warmth", "value": 26}]}]},
         "/sensorElementList/0/sensorReport/0/type"),
        ({"sensorElementList": [{"sensorReport": [{"value": 26}]}]}, "/sensorElementList/0/sensorReport/0"),
        ({"sensorElementList": [{"sensorMetadata": {"deviceID": "7"}, "sensorReport": [{"type": "Mass"}]}]},
         "/sensorElementList/0/sensorMetadata/deviceID"),
        ({"sensorElementList": [{"sensorReport": []}]}, "/sensorElementList/0/sensorReport"),
        # words
        ({"bizStep": "flying"}, "/bizStep"),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:shipping"}, "/bizStep"),
        ({"disposition": "Active"}, "/disposition"),
        ({"disposition": "urn:epcglobal:cbv:disp:active"}, "/disposition"),
        ({"persistentDisposition": {"set": ["gone"]}}, "/persistentDisposition/set/0"),
        ({"persistentDisposition": {}}, "/persistentDisposition"),
        ({"action": "INSERT"}, "/action"),
        ({"bizTransactionList": [{"type": "bill", "bizTransaction": "urn:x-farm:1"}]}, "/bizTransactionList/0/type"),
        ({"bizTransactionList": [{"type": "po"}]}, "/bizTransactionList/0"),
        ({"sourceList": [{"source": "urn:x-farm:1"}]}, "/sourceList/0"),
        ({"destinationList": [{"type": "buyer", "destination": "urn:x-farm:1"}]}, "/destinationList/0/type"),
        ({"errorDeclaration": {"declarationTime": "2026-03-04T00:00:00Z", "reason": "whim"}},
         "/errorDeclaration/reason"),
        ({"errorDeclaration": {"reason": "incorrect_data"}}, "/errorDeclaration"),
        # quantities
        ({"quantityList": [{**QUANTITY, "quantity": "12"}]}, "/quantityList/0/quantity"),
        ({"quantityList": [{**QUANTITY, "uom": "kilo"}]}, "/quantityList/0/uom"),
        ({"quantityList": [{"epcClass": "urn:x-farm:1", "uom": "KGM"}]}, "/quantityList/0"),
        ({"quantityList": [{"quantity": 2}]}, "/quantityList/0"),
        # fields
        ({"epcList": ...}, ""),
        ({"action": ...}, ""),
        ({"eventTime": ...}, ""),
        ({"eventTimeZoneOffset": ...}, ""),
        ({"type": "Event"}, "/type"),
        ({"type": ...}, "/type"),
        ({"isA": "ObjectEvent"}, ""),
        ({"note": "bare names are no extensions"}, ""),
        ({"parentID": "urn:x-farm:1"}, ""),
        ({"readPoint": {"row": 3}}, "/readPoint"),
        ({"ilmd": {"farm:variety": "ST25"}}, "/action"),
        ({"ilmd": {"farm:variety": "ST25"}, "action": "DELETE"}, "/action"),
        ({"ilmd": {"variety": "ST25"}, "action": "ADD"}, "/ilmd"),
        # prefixes
        ({"shop:note": 1}, "/shop:note"),
        ({"ilmd": {"shop:variety": "ST25"}, "action": "ADD"}, "/ilmd/shop:variety"),
        ({"readPoint": {"id": "urn:x-farm:1", "shop:row": 3}}, "/readPoint/shop:row"),
        # canonical bytes
        ({"farm:n": 2**53}, "/farm:n"),
        ({"farm:n": 10**400}, "/farm:n"),
        ({"farm:n": -1e20}, "/farm:n"),
        ({"farm:n": math.nan}, "/farm:n"),
        ({"farm:n": [math.inf]}, "/farm:n/0"),
        ({"farm:n": {"a/b~c": "\ud800"}}, "/farm:n/a~1b~0c"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(fields: dict[str, Any], path: str) -> None:
    assert paths_of(make_event(**fields)) == [path]


@pytest.mark.parametrize(
    ("event_type", "fields", "path"),
    [
        ("AggregationEvent", {"parentID": ...}, ""),
        ("AggregationEvent", {"childQuantityList": ...}, ""),
        ("AggregationEvent", {"childQuantityList": []}, ""),
        ("AggregationEvent", {"ilmd": {"farm:a": 1}}, ""),
        ("AggregationEvent", {"childEPCs": ["a b"]}, "/childEPCs/0"),
        ("AssociationEvent", {"parentID": ...}, ""),
        ("AssociationEvent", {"childEPCs": ...}, ""),
        ("TransactionEvent", {"bizTransactionList": ...}, ""),
        ("TransactionEvent", {"bizTransactionList": []}, "/bizTransactionList"),
        ("TransactionEvent", {"quantityList": ...}, ""),
        ("TransactionEvent", {"ilmd": {"farm:a": 1}}, ""),
        ("TransformationEvent", {"inputQuantityList": ...}, ""),
        ("TransformationEvent", {"transformationID": ...}, ""),
        ("TransformationEvent", {"transformationID": "season"}, "/transformationID"),
        ("TransformationEvent", {"action": "ADD"}, ""),
        ("TransformationEvent", {"outputQuantityList": [{"quantity": 1}]}, "/outputQuantityList/0"),
    ],
)
def test_what_a_type_asks_for(event_type: str, fields: dict[str, Any], path: str) -> None:
    assert paths_of(make_event(event_type, **fields)) == [path]


@pytest.mark.parametrize(
    ("event_type", "fields"),
    [
        ("ObjectEvent", {"epcList": [], "sensorElementList": [SENSOR]}),
        ("ObjectEvent", {"epcList": ..., "sensorElementList": [SENSOR]}),
        ("ObjectEvent", {"epcList": ..., "quantityList": [QUANTITY]}),
        ("ObjectEvent", {"action": "ADD", "ilmd": {"farm:variety": "ST25", "cbvmda:countryOfOrigin": "VN"}}),
        ("ObjectEvent", {"quantityList": [{"epcClass": "urn:x-farm:1", "quantity": 3}]}),
        ("ObjectEvent", {"bizStep": "cbv:BizStep-shipping"}),
        ("ObjectEvent", {"bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"}),
        ("AggregationEvent", {"action": "OBSERVE", "parentID": ...}),
        ("AggregationEvent", {"action": "DELETE", "childQuantityList": ...}),
        ("TransactionEvent", {"action": "DELETE", "quantityList": ...}),
        ("TransformationEvent", {"inputQuantityList": ..., "outputEPCList": ["urn:x-farm:1"]}),
        ("TransformationEvent", {"transformationID": ..., "outputQuantityList": [QUANTITY]}),
        ("TransformationEvent", {"outputQuantityList": [QUANTITY], "ilmd": {"farm:variety": "ST25"}}),
    ],
)
def test_what_the_standard_allows(event_type: str, fields: dict[str, Any]) -> None:
    assert list_event_problems(make_event(event_type, **fields), CONTEXT) == []


def test_an_event_that_stands_alone_binds_its_own_prefixes() -> None:
    event = make_event(**{"farm:note": 1})
    assert [p.path for p in list_event_problems(event, None)] == [""]
    assert list_event_problems({**event, "@context": CONTEXT}, None) == []
    assert [p.path for p in list_event_problems({**event, "@context": [STANDARD]}, None)] == ["/farm:note"]
    assert [p.path for p in list_event_problems({**event, "@context": 7}, None)] == ["/@context"]


def test_a_context_that_is_not_held_here_is_never_fetched_and_may_bind_any_prefix() -> None:
    context = [STANDARD, "https://elsewhere.example/context.jsonld"]
    assert list_event_problems(make_event(**{"shop:note": 1}), context) == []


@pytest.mark.parametrize("value", [None, 7, "event", [], [make_event()]])
def test_no_object_is_no_event_and_no_document(value: Any) -> None:
    assert list_event_problems(value, CONTEXT) == [Problem("", "must be a JSON object")]
    assert list_problems(value) == [Problem("", "must be a JSON object")]


def test_documents_of_both_kinds() -> None:
    assert list_problems(make_document(*map(make_event, EVENT_TYPES))) == []
    assert list_problems(make_document()) == []
    assert list_problems(make_document(epcisBody={"event": make_event()})) == []
    assert list_problems(make_query_document(make_event(), make_event("AggregationEvent"))) == []


def test_a_document_with_a_header() -> None:
    vocabulary = {
        "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
        "vocabularyElementList": [
            {
                "id": "https://farm.example/id/loc/north",
                "attributes": [{"id": "https://farm.example/voc/area", "attribute": "2 ha"}],
                "children": ["https://farm.example/id/loc/north/1"],
            }
        ],
    }
    header = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    document = make_document(make_event(), epcisHeader=header, id="urn:x-farm:doc", sender="urn:x-farm:a")
    assert list_problems(document) == []
    vocabulary["vocabularyElementList"][0]["id"] = "north"  # type: ignore[index]
    [problem] = list_problems(document)
    assert problem.path == "/epcisHeader/epcisMasterData/vocabularyList/0/vocabularyElementList/0/id"


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"type": "EPCISDoc"}, "/type"),
        ({"type": ...}, "/type"),
        ({"@context": ...}, ""),
        ({"@context": []}, "/@context"),
        ({"@context": "a context"}, "/@context"),
        ({"schemaVersion": "1.2"}, "/schemaVersion"),
        ({"schemaVersion": ...}, ""),
        ({"creationDate": "today"}, "/creationDate"),
        ({"epcisBody": {}}, "/epcisBody"),
        ({"epcisBody": {"eventList": [], "event": {}}}, "/epcisBody"),
        ({"epcisBody": {"eventList": {}}}, "/epcisBody/eventList"),
        ({"epcisBody": {"eventList": [7]}}, "/epcisBody/eventList/0"),
        ({"epcisBody": {"eventList": [make_event(), make_event(bizStep="flying")]}}, "/epcisBody/eventList/1/bizStep"),
        ({"epcisBody": {"event": make_event(action=...)}}, "/epcisBody/event"),
        ({"type": "EPCISQueryDocument"}, "/epcisBody"),
        ({"note": 1}, ""),
    ],
)
def test_what_is_wrong_in_a_document_is_named(fields: dict[str, Any], path: str) -> None:
    assert path in [problem.path for problem in list_problems(make_document(**fields))]


def test_the_path_into_a_query_document() -> None:
    [problem] = list_problems(make_query_document(make_event(), make_event(epcList=["a b"])))
    assert problem.path == "/epcisBody/queryResults/resultsBody/eventList/1/epcList/0"


def test_messages_are_short_and_the_list_ends() -> None:
    document = make_document(*[make_event(bizStep="flying", disposition="x" * 500) for _ in range(MAX_PROBLEMS)])
    problems = list_problems(document)
    assert len(problems) == MAX_PROBLEMS
    assert max(len(problem.message) for problem in problems) <= 160


def test_nesting_ends() -> None:
    value: Any = "core"
    for _ in range(5 * MAX_DEPTH):
        value = [value]
    [problem] = list_event_problems(make_event(**{"farm:deep": value}), CONTEXT)
    assert problem.message == f"is nested more than {MAX_DEPTH} levels deep"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
FIELDS = st.dictionaries(st.sampled_from([*make_event(), "ilmd", "@context"]), JSON, max_size=3)


@given(st.sampled_from(EVENT_TYPES), FIELDS)
def test_nothing_that_parses_raises(event_type: str, fields: dict[str, Any]) -> None:
    event = {**make_event(event_type), **fields}
    for problem in list_event_problems(event, CONTEXT):
        assert problem.path == "" or problem.path.startswith("/")
    list_problems(make_document(event))
