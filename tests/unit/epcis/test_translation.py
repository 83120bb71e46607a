"""Identifiers in the other spelling: what can be translated comes back, and nothing else is touched."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epcis.event_hash import event_hash
from epcis.translation import to_digital_link, to_epc_urn, translate_event
from tests.factories.epcis import CONTEXT, make_event
from traceability.rules import identifiers

_PAIRS = (
    ("urn:epc:id:sgtin:4012345.011111.987", "01/04012345111118/21/987"),
    ("urn:epc:class:lgtin:4012345.012345.Lot987", "01/04012345123456/10/Lot987"),
    ("urn:epc:idpat:sgtin:4012345.012345.*", "01/04012345123456"),
    ("urn:epc:id:upui:4012345.012345.51qIgY", "01/04012345123456/235/51qIgY"),
    ("urn:epc:id:sscc:4012345.3111111111", "00/340123451111111111"),
    ("urn:epc:id:sgln:4012345.00005.122", "414/4012345000054/254/122"),
    ("urn:epc:id:sgln:4012345.00005.0", "414/4012345000054"),
    ("urn:epc:id:pgln:4012345.00005", "417/4012345000054"),
    ("urn:epc:id:grai:4012345.00022.334455", "8003/04012345000221334455"),
    ("urn:epc:idpat:grai:4012345.00022.*", "8003/04012345000221"),
    ("urn:epc:id:giai:4012345.ABC345", "8004/4012345ABC345"),
    ("urn:epc:id:gsrn:4012345.0000006765", "8018/401234500000067657"),
    ("urn:epc:id:gsrnp:4012345.0000000007", "8017/401234500000000074"),
    ("urn:epc:id:gdti:4012345.00001.A9", "253/4012345000016A9"),
    ("urn:epc:idpat:gdti:4012345.00001.*", "253/4012345000016"),
    ("urn:epc:id:sgcn:4012345.00001.12", "255/401234500001612"),
    ("urn:epc:id:cpi:4012345.AB-1.1234", "8010/4012345AB-1/8011/1234"),
    ("urn:epc:idpat:cpi:4012345.AB-1.*", "8010/4012345AB-1"),
    ("urn:epc:id:ginc:4012345.xyz47", "401/4012345xyz47"),
    ("urn:epc:id:gsin:4012345.222333444", "402/40123452223334442"),
    ("urn:epc:id:itip:4012345.011111.01.02.987", "8006/040123451111180102/21/987"),
    ("urn:epc:idpat:itip:4012345.011111.01.02.*", "8006/040123451111180102"),
)


def _seven(digits: str) -> int | None:
    return 7 if digits.startswith("4012345") else None


def _urn(uri: str) -> str:
    return to_epc_urn(uri, _seven)


@pytest.mark.parametrize(("urn", "path"), _PAIRS)
def test_a_key_has_two_spellings(urn: str, path: str) -> None:
    link = f"https://id.gs1.org/{path}"
    assert to_digital_link(urn) == link
    assert _urn(link) == urn
    assert (to_digital_link(link), _urn(urn)) == (link, urn)


@pytest.mark.parametrize(
    ("link", "urn"),
    [
        ("https://brand.example/shop/01/04012345111118/21/987?17=261231", "urn:epc:id:sgtin:4012345.011111.987"),
        ("https://id.gs1.org/01/04012345111118/10/L1/21/987", "urn:epc:id:sgtin:4012345.011111.987"),
        ("https://id.gs1.org/01/4012345111118", "urn:epc:idpat:sgtin:4012345.011111.*"),
    ],
)
def test_a_link_of_any_domain_has_a_urn(link: str, urn: str) -> None:
    assert _urn(link) == urn
    assert to_digital_link(link) == link


@pytest.mark.parametrize(
    "uri",
    [
        "https://choque.example/id/class/ngo/th-1-2610-0001",
        "https://example.org/01/nothing",
        "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "urn:epc:id:usdod:CAGEY.5678",
        "urn:epc:id:imovn:9176187",
        "urn:epc:id:sgtin:4012345.11111.98",
        "urn:epc:idpat:sgtin:4012345.*.*",
        # a check digit that is wrong, and a prefix that nobody knows
        "https://id.gs1.org/01/04012345111119/21/987",
        "https://id.gs1.org/01/08931234567892/10/L",
        "",
        "shipping",
    ],
)
def test_what_has_no_other_spelling_stays(uri: str) -> None:
    assert (to_digital_link(uri), _urn(uri)) == (uri, uri)


@given(
    st.text() | st.from_regex(r"https://id\.gs1\.org/[0-9]{2,4}/[0-9A-Za-z/.%-]{0,30}"), st.none() | st.integers(-3, 20)
)
def test_any_text_is_taken(text: str, length: int | None) -> None:
    assert isinstance(to_digital_link(text), str)
    assert isinstance(to_epc_urn(text, lambda _: length), str)


@given(
    st.integers(6, 12),
    st.text("0123456789", min_size=13, max_size=13),
    st.text("ABCxyz019.-_", min_size=1, max_size=20),
    st.sampled_from(("id:sgtin", "class:lgtin")),
)
def test_whatever_the_prefix_translation_comes_back(length: int, digits: str, serial: str, scheme: str) -> None:
    urn = f"urn:epc:{scheme}:{digits[:length]}.{digits[length:]}.{serial}"
    assert to_epc_urn(to_digital_link(urn), lambda _: length) == urn


_FULL: dict[str, Any] = {
    "epcList": [_PAIRS[0][0], "urn:uuid:1", "https://choque.example/id/obj/1"],
    "quantityList": [{"epcClass": _PAIRS[1][0], "quantity": 2.5, "uom": "KGM"}, {"epcClass": "urn:x:1"}],
    "readPoint": {"id": _PAIRS[5][0], "farm:urn": _PAIRS[5][0]},
    "bizLocation": {"id": _PAIRS[6][0]},
    "bizTransactionList": [{"type": "po", "bizTransaction": _PAIRS[13][0]}],
    "sourceList": [{"type": "owning_party", "source": _PAIRS[7][0]}],
    "destinationList": [{"type": "location", "destination": _PAIRS[6][0]}],
    "sensorElementList": [
        {
            "sensorMetadata": {"deviceID": _PAIRS[10][0]},
            "sensorReport": [{"type": "Temperature", "deviceID": _PAIRS[10][0], "stringValue": _PAIRS[10][0]}],
        }
    ],
    "farm:note": _PAIRS[0][0],
    "action": "ADD",
    "ilmd": {"farm:from": _PAIRS[0][0]},
}


def test_the_fields_of_the_standard_are_translated_and_nothing_else() -> None:
    event = make_event(**_FULL)
    links = translate_event(event, to_digital_link)
    assert translate_event(links, _urn) == event
    written = repr({name: value for name, value in links.items() if name not in {"ilmd", "farm:note"}})
    assert written.count("urn:epc:") == 2  # a place's extension and a sensor's text
    assert (links["ilmd"], links["farm:note"]) == (event["ilmd"], event["farm:note"])
    assert links["epcList"] == [f"https://id.gs1.org/{_PAIRS[0][1]}", "urn:uuid:1", "https://choque.example/id/obj/1"]
    assert links["quantityList"][0] == {"epcClass": f"https://id.gs1.org/{_PAIRS[1][1]}", "quantity": 2.5, "uom": "KGM"}


@pytest.mark.parametrize(
    ("event_type", "fields"),
    [
        ("AggregationEvent", {"parentID": _PAIRS[4][0], "childEPCs": [_PAIRS[0][0]]}),
        ("AssociationEvent", {"parentID": _PAIRS[8][0], "childQuantityList": [{"epcClass": _PAIRS[2][0]}]}),
        ("TransformationEvent", {"inputEPCList": [_PAIRS[0][0]], "outputQuantityList": [{"epcClass": _PAIRS[1][0]}]}),
        ("TransformationEvent", {"transformationID": _PAIRS[13][0], "outputEPCList": [_PAIRS[0][0]]}),
    ],
)
def test_each_type_is_translated_and_keeps_its_event_hash(event_type: str, fields: dict[str, Any]) -> None:
    event = make_event(event_type, **fields)
    links = translate_event(event, to_digital_link)
    assert "urn:epc:" not in repr(links)
    assert translate_event(links, _urn) == event
    assert event_hash(links, CONTEXT) == event_hash(event, CONTEXT)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_a_field_that_is_not_what_it_should_be_stays(value: Any) -> None:
    event = dict.fromkeys((*_FULL, "parentID"), value)
    assert translate_event(event, to_digital_link).keys() == event.keys()


def test_names_of_our_own_are_never_taken_for_gs1_keys() -> None:
    for uri in (identifiers.class_uri("Ngô nếp", "TH-16378-2610-0001"), identifiers.party_uri("0" * 26)):
        assert (to_digital_link(uri), to_epc_urn(uri, lambda _: 7)) == (uri, uri)
