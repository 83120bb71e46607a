"""Parameters of an EPCIS query become conditions, and nothing that is sent gets further than that."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epcis.context import PREFIXES
from traceability.errors import EpcisProblem
from traceability.rules.epcis_query import (
    FIXED_PARAMETERS,
    AnyId,
    AnyNumber,
    AnyTerm,
    EventQuery,
    IsDeclaration,
    Moment,
    NoTerm,
    read_query,
)

_BOUND = {**PREFIXES, "ex": "https://ns.example/"}
_PATTERNED = (
    "EQ_bizTransaction_po",
    "EQ_source_owning_party",
    "GE_value_CEL",
    "LT_quantity",
    "EQ_ex:field",
    "EXISTS_INNER_ILMD_ex:field",
    "GT_ERROR_DECLARATION_ex:field",
    "GE_startTime",
    "LT_errorDeclarationTime",
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.from_regex(r"[0-9T:.Z+|*-]{0,30}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from((*FIXED_PARAMETERS, *_PATTERNED)) | st.text(max_size=40),
        _VALUES,
        max_size=8,
    )
)
def test_whatever_is_asked_is_read_or_refused_in_the_standards_words(parameters):
    said = ""
    try:
        read_query(parameters, _BOUND)
    except EpcisProblem as problem:
        said = problem.name
    assert said in {"", "QueryParameterException", "QueryTooComplexException"}


@pytest.mark.parametrize(
    ("name", "value", "condition"),
    [
        ("eventType", "ObjectEvent|AggregationEvent", AnyTerm(("type=ObjectEvent", "type=AggregationEvent"))),
        ("eventType", ["epcis:ObjectEvent"], AnyTerm(("type=ObjectEvent",))),
        ("EQ_bizStep", "shipping", AnyTerm(("step=https://ref.gs1.org/cbv/BizStep-shipping",))),
        (
            "EQ_bizStep",
            "urn:epcglobal:cbv:bizstep:shipping",
            AnyTerm(("step=https://ref.gs1.org/cbv/BizStep-shipping",)),
        ),
        ("EQ_action", "ADD", AnyTerm(("action=ADD",))),
        ("MATCH_epc", "urn:epc:id:sgtin:1.2.3", AnyTerm(("epc=urn:epc:id:sgtin:1.2.3",))),
        ("MATCH_epc", "urn:epc:idpat:sgtin:1.2.*", AnyTerm(("epc*=sgtin:1.2",))),
        ("MATCH_epc", "urn:epc:idpat:sgtin:*.*.*", AnyTerm(("epc*=sgtin:",))),
        ("MATCH_epcClass", "urn:epc:idpat:sgtin:1.2.*", AnyTerm(("class=urn:epc:idpat:sgtin:1.2.*",))),
        ("WD_readPoint", "urn:x:1", AnyTerm(("rp=urn:x:1",))),
        ("EQ_bizTransaction_po", "urn:x:1", AnyTerm(("bt/https://ref.gs1.org/cbv/BTT-po=urn:x:1",))),
        ("EQ_eventID", "urn:uuid:1|urn:uuid:2", AnyId(("urn:uuid:1", "urn:uuid:2"))),
        ("EXISTS_errorDeclaration", "", IsDeclaration()),
        ("GE_quantity", "12.5", AnyNumber("quantity", "GE", (12.5,))),
        ("EQ_value_CEL", "3|4", AnyNumber("value_CEL", "EQ", (3.0, 4.0))),
        ("EQ_ex:grade", "12.50", AnyTerm(("x:https://ns.example/grade=12.50", "x:https://ns.example/grade=12.5"))),
        ("EXISTS_ILMD_ex:grade", "", AnyTerm(("xl?=https://ns.example/grade",))),
        ("EQ_INNER_ILMD_ex:grade", "A", AnyTerm(("xli:https://ns.example/grade=A",))),
        ("GT_ex:grade", "3", AnyNumber("x:https://ns.example/grade", "GT", (3.0,))),
        (
            "GE_eventTime",
            "2026-11-24T08:00:00+07:00",
            Moment("happened_at", "GE", datetime(2026, 11, 24, 1, tzinfo=UTC)),
        ),
        # A plus sign that nobody escaped arrives as a space.
        (
            "LT_recordTime",
            "2026-11-24T08:00:00 07:00",
            Moment("recorded_at", "LT", datetime(2026, 11, 24, 1, tzinfo=UTC)),
        ),
    ],
)
def test_a_parameter_becomes_a_condition(name, value, condition):
    assert read_query({name: value}, _BOUND).conditions == (condition,)


_EXISTENCES = {
    "EXISTS_sensorElementList": "s",
    "EXISTS_ex:grade": "x?=https://ns.example/grade",
    "EXISTS_INNER_ex:grade": "xi?=https://ns.example/grade",
    "EXISTS_ILMD_ex:grade": "xl?=https://ns.example/grade",
    "EXISTS_INNER_ILMD_ex:grade": "xli?=https://ns.example/grade",
    "EXISTS_ERROR_DECLARATION_ex:grade": "xe?=https://ns.example/grade",
    "EXISTS_INNER_ERROR_DECLARATION_ex:grade": "xei?=https://ns.example/grade",
}


@pytest.mark.parametrize("value", ["", None, "true", "True", True, "1", 1, ["true"]], ids=repr)
def test_existence_is_asked_for(value):
    assert read_query({"EXISTS_errorDeclaration": value}, _BOUND).conditions == (IsDeclaration(expected=True),)
    for name, term in _EXISTENCES.items():
        assert read_query({name: value}, _BOUND).conditions == (AnyTerm((term,)),)


@pytest.mark.parametrize("value", ["false", "FALSE", False, "0", 0, ["false"]], ids=repr)
def test_false_asks_for_what_does_not_have_it(value):
    assert read_query({"EXISTS_errorDeclaration": value}, _BOUND).conditions == (IsDeclaration(expected=False),)
    for name, term in _EXISTENCES.items():
        assert read_query({name: value}, _BOUND).conditions == (NoTerm(term),)


@pytest.mark.parametrize("value", ["no", "2", -1, "true|false", ["true", "false"], [], {}, [None], [[]]], ids=repr)
@pytest.mark.parametrize("name", ["EXISTS_errorDeclaration", *_EXISTENCES])
def test_existence_has_no_third_answer(name, value):
    with pytest.raises(EpcisProblem, match="true, false") as refusal:
        read_query({name: value}, _BOUND)
    assert refusal.value.name == "QueryParameterException"


@pytest.mark.parametrize(
    "name",
    [
        "HASATTR_readPoint",
        "HASATTR_ex:field",
        "EQATTR_readPoint_ex:site",
        "EQATTR_ex:field_ex:site",
        "EQ_ATTR_readPoint_site",
        "EQ_ATTR_ex:field_ex:site",
        "EXISTS_ATTR_ex:field",
    ],
)
@pytest.mark.parametrize("value", ["true", "false", "urn:x:1"])
def test_what_asks_for_master_data_is_refused_and_never_answered_by_guess(name, value):
    with pytest.raises(EpcisProblem, match=name) as refusal:
        read_query({name: value}, {**_BOUND, "ATTR_ex": "https://ns.example/"})
    assert refusal.value.name == "QueryParameterException"


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"nonsense": "1"}, "QueryParameterException"),
        ({"EQ_action": "GIVE"}, "QueryParameterException"),
        ({"eventType": "ObjectEvents"}, "QueryParameterException"),
        ({"GE_eventTime": "yesterday"}, "QueryParameterException"),
        ({"GE_eventTime": "2026-11-24T08:00:00"}, "QueryParameterException"),
        ({"GE_quantity": "many"}, "QueryParameterException"),
        ({"GE_quantity": "inf"}, "QueryParameterException"),
        ({"EQ_other:field": "1"}, "QueryParameterException"),
        ({"MATCH_epc": "urn:epc:idpat:sgtin:*.2.3"}, "QueryParameterException"),
        ({"MATCH_epc": "urn:epc:idpat:sgtin:1.[2-3].*"}, "QueryParameterException"),
        ({"EQ_bizStep": ""}, "QueryParameterException"),
        ({"HASATTR_readPoint_x": "1"}, "QueryParameterException"),
        ({"orderBy": "eventID"}, "QueryParameterException"),
        ({"orderDirection": "UP"}, "QueryParameterException"),
        ({"eventCountLimit": "0"}, "QueryParameterException"),
        ({"eventCountLimit": "5", "maxEventCount": "5"}, "QueryParameterException"),
        ({"EQ_bizStep": "|".join(map(str, range(201)))}, "QueryTooComplexException"),
        ({f"EQ_ex:{number}": "1" for number in range(61)}, "QueryTooComplexException"),
    ],
)
def test_what_cannot_be_asked_is_refused(parameters, name):
    with pytest.raises(EpcisProblem) as refusal:
        read_query(parameters, _BOUND)
    assert refusal.value.name == name
    if name == "QueryParameterException" and "eventCountLimit" not in parameters:
        assert next(iter(parameters)) in refusal.value.detail


def test_order_and_limits_are_read():
    query = read_query({"orderBy": "eventTime", "orderDirection": "ASC", "eventCountLimit": "7"}, _BOUND)
    assert (query.order_by, query.is_descending, query.limit, query.most) == ("happened_at", False, 7, None)
    assert read_query({"maxEventCount": "9"}, _BOUND).most == 9
    assert read_query({"orderBy": "recordTime"}, _BOUND).is_descending
    assert read_query({}, _BOUND) == EventQuery()
