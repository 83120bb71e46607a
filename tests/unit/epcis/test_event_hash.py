"""The event hash of CBV 2.0: published values, what it ignores on purpose, and where it cannot tell events apart."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epcis.event_hash import event_hash, pre_hash_string
from epcis.validation import EVENT_TYPES, list_event_problems
from tests.factories.epcis import CONTEXT, STANDARD, make_event

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "epcis" / "event-hashes.json").read_text(encoding="utf-8"))
PUBLISHED = [
    pytest.param(vector, number, id=f"{vector['document']}-{number}")
    for vector in VECTORS
    for number in range(len(vector["events"]))
]


@pytest.mark.parametrize(("vector", "number"), PUBLISHED)
def test_published_hashes(vector: dict[str, Any], number: int) -> None:
    event = vector["events"][number]
    assert list_event_problems(event, vector["context"]) == []
    assert event_hash(event, vector["context"]) == f"ni:///sha-256;{vector['hashes'][number]}?ver=CBV2.0"


def test_a_published_pre_hash_string() -> None:
    [vector] = [vector for vector in VECTORS if "preHash" in vector]
    assert pre_hash_string(vector["events"][0], vector["context"]) == vector["preHash"]


def test_the_order_of_fields() -> None:
    event = make_event(
        disposition="in_progress",
        quantityList=[{"uom": "KGM", "quantity": 12.50, "epcClass": "https://farm.example/id/class/rice/a"}],
        **{"farm:note": "  spaces  ", "farm:b": [2, 1], "farm:a": {"farm:c": True}},
    )
    assert pre_hash_string(event, CONTEXT) == (
        "eventType=ObjectEvent"
        "eventTime=2026-03-04T00:30:00.000Z"
        "eventTimeZoneOffset=+07:00"
        "epcListepc=https://farm.example/id/obj/one"
        "quantityListquantityElementepcClass=https://farm.example/id/class/rice/aquantity=12.5uom=KGM"
        "action=OBSERVE"
        "bizStep=https://ref.gs1.org/cbv/BizStep-inspecting"
        "disposition=https://ref.gs1.org/cbv/Disp-in_progress"
        "readPointid=https://farm.example/id/loc/north"
        "{https://farm.example/voc/}a{https://farm.example/voc/}c=true"
        "{https://farm.example/voc/}b=1"
        "{https://farm.example/voc/}b=2"
        "{https://farm.example/voc/}note=spaces"
    )


@pytest.mark.parametrize("event_type", EVENT_TYPES)
@given(seed=st.integers(0, 2**32))
def test_neither_order_nor_spelling_of_words_counts(event_type: str, seed: int) -> None:
    event = make_event(
        event_type,
        disposition="active",
        bizTransactionList=[
            {"type": "po", "bizTransaction": "urn:x-farm:1"},
            {"type": "inv", "bizTransaction": "urn:x-farm:2"},
        ],
        sourceList=[{"type": "owning_party", "source": "urn:x-farm:3"}],
        **{"farm:z": {"farm:b": 1, "farm:a": [3, 2]}, "farm:y": "x"},
    )
    dice = random.Random(seed)
    shuffled = _shuffle(event, dice)
    shuffled["disposition"] = dice.choice(["active", "cbv:Disp-active", "https://ref.gs1.org/cbv/Disp-active"])
    other_prefix = json.loads(json.dumps(shuffled).replace('"farm:', '"f2:'))
    expected = event_hash(event, CONTEXT)
    assert event_hash(shuffled, CONTEXT) == expected
    assert event_hash(other_prefix, [STANDARD, {"f2": "https://farm.example/voc/"}]) == expected
    assert event_hash({**shuffled, "@context": CONTEXT}, None) == expected


def _shuffle(value: Any, dice: random.Random) -> Any:
    if isinstance(value, dict):
        names = list(value)
        dice.shuffle(names)
        return {name: _shuffle(value[name], dice) for name in names}
    if isinstance(value, list):
        items = [_shuffle(item, dice) for item in value]
        dice.shuffle(items)
        return items
    return value


@pytest.mark.parametrize(
    "fields",
    [
        {"eventID": "urn:uuid:00000000-0000-4000-8000-000000000000"},
        {"eventID": ...},
        {"recordTime": "2026-03-04T01:00:00Z"},
        {"certificationInfo": ["https://farm.example/id/cert/1"]},
        {"errorDeclaration": {"declarationTime": "2026-03-05T00:00:00Z", "reason": "incorrect_data"}},
        {"eventTime": "2026-03-04T00:30:00.0004Z"},
        {"eventTime": "2026-03-04T00:29:59.9996Z"},
        {"bizStep": "https://ref.gs1.org/cbv/BizStep-inspecting"},
        {"rdfs:comment": "for readers only"},
    ],
)
def test_what_the_hash_does_not_see(fields: dict[str, Any]) -> None:
    """These are different records with one identity, which is why the hash seals nothing."""
    assert event_hash(make_event(**fields), CONTEXT) == event_hash(make_event(), CONTEXT)


@pytest.mark.parametrize(
    "fields",
    [
        {"eventTime": "2026-03-04T07:30:00.001+07:00"},
        {"eventTimeZoneOffset": "+08:00"},
        {"bizStep": "receiving"},
        {"action": "DELETE"},
        {"readPoint": {"id": "https://farm.example/id/loc/south"}},
        {"readPoint": {"id": "https://farm.example/id/loc/north", "farm:row": 3}},
        {"epcList": []},
        {"farm:note": ""},
        {"quantityList": [{"epcClass": "urn:x-farm:1"}]},
    ],
)
def test_what_the_hash_sees(fields: dict[str, Any]) -> None:
    assert event_hash(make_event(**fields), CONTEXT) != event_hash(make_event(), CONTEXT)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (1, "1"),
        (1.0, "1"),
        ("1.50", "1.5"),
        ("+007", "7"),
        ("1e3", "1E+3"),
        (1e-7, "0.0000001"),
        ("1e999999999", "1e999999999"),
        ("1e-999999999", "1e-999999999"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        (None, "None"),
        (False, "false"),
    ],
)
def test_numbers_have_one_spelling(written: Any, expected: str) -> None:
    assert pre_hash_string(make_event(**{"farm:n": written}), CONTEXT).endswith(f"n={expected}")


def test_an_extension_that_says_a_standard_word_is_written_as_the_reference_does() -> None:
    event = make_event(bizStep="other", **{"farm:reason": "other", "farm:kind": "packing"})
    assert pre_hash_string(event, CONTEXT).endswith(
        "{https://farm.example/voc/}kind=packing{https://farm.example/voc/}reason=https://ref.gs1.org/cbv/BizStep-other"
    )


def test_the_type_of_a_transaction_comes_first_or_not_at_all() -> None:
    first = make_event(bizTransactionList=[{"type": "po", "bizTransaction": "urn:x-farm:1"}])
    second = make_event(bizTransactionList=[{"bizTransaction": "urn:x-farm:1", "type": "po"}])
    assert event_hash(first, CONTEXT) == event_hash(second, CONTEXT)
    untyped = make_event(bizTransactionList=[{"bizTransaction": "urn:x-farm:1"}])
    assert pre_hash_string(untyped, CONTEXT).endswith("bizTransactionListbizTransaction=urn:x-farm:1")
