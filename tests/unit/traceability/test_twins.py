"""Two different events never share a leaf, also where the event hash of CBV 2.0 takes them for one."""

import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from epcis.event_hash import event_hash
from tests.factories.epcis import CONTEXT, make_event
from traceability.rules.leaf import Leaf, hash_content, write_leaf
from traceability.rules.seal import canonical_bytes

NAMESPACE = "https://farm.example/voc/"
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def content_hash(event: dict[str, Any]) -> bytes:
    return hash_content(canonical_bytes(event))


def with_master_data(**fields: Any) -> dict[str, Any]:
    return make_event(action="ADD", ilmd={f"farm:{name}": value for name, value in fields.items()})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # concatenation: a value that looks like the next field
        (with_master_data(a="1", b="2"), with_master_data(a=f"1{{{NAMESPACE}}}b=2")),
        (make_event(**{"farm:a": {"farm:b": "1"}}), make_event(**{"farm:a": [{"farm:b": "1"}]})),
        # spelling of numbers
        (with_master_data(a="12.50"), with_master_data(a="12.5")),
        (with_master_data(a="12.5"), with_master_data(a=12.5)),
        (with_master_data(a="007"), with_master_data(a="7")),
        (with_master_data(a="１２"), with_master_data(a="12")),
        (with_master_data(a="1_000"), with_master_data(a="1000")),
        # spaces, truth, moments, keys
        (with_master_data(a=" x "), with_master_data(a="x")),
        (with_master_data(a=True), with_master_data(a="true")),
        (make_event(eventTime="2026-03-04T07:30:00.0001+07:00"), make_event()),
        (make_event(epcList=["https://one.example/00/340123451111111111"]),
         make_event(epcList=["https://two.example/00/340123451111111111?x=y"])),
        # what the hash leaves out
        (make_event(eventID=...), make_event()),
        (make_event(recordTime="2026-03-04T00:31:00Z"), make_event()),
        (make_event(certificationInfo=["urn:x-farm:cert"]), make_event()),
        (make_event(errorDeclaration={"declarationTime": "2026-03-05T00:00:00Z"}), make_event()),
    ],
)  # fmt: skip
def test_twins_of_one_event_hash_have_leaves_of_their_own(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert event_hash(one, CONTEXT) == event_hash(other, CONTEXT)
    assert content_hash(one) != content_hash(other)


@given(st.text(min_size=1))
def test_unicode_twins_have_leaves_of_their_own(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assume(composed != decomposed)
    assert content_hash(with_master_data(a=composed)) != content_hash(with_master_data(a=decomposed))
    assert content_hash(with_master_data(**{composed: 1})) != content_hash(with_master_data(**{decomposed: 1}))


NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-9e15, 9e15)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=6)
CONTENTS = st.dictionaries(
    st.text(max_size=4),
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)


def distinct(value: Any) -> Any:
    """Return a form in which only equal JSON is equal: to Python, True equals 1."""
    if isinstance(value, dict):
        return {name: distinct(item) for name, item in value.items()}
    if isinstance(value, list):
        return [distinct(item) for item in value]
    return (isinstance(value, bool), value)


@given(CONTENTS, CONTENTS)
def test_the_bytes_of_two_contents_are_the_same_if_and_only_if_the_contents_are(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (canonical_bytes(one) == canonical_bytes(other)) == (distinct(one) == distinct(other))


@given(CONTENTS)
def test_canonical_bytes_make_a_round_trip(content: dict[str, Any]) -> None:
    written = canonical_bytes(content)
    assert distinct(json.loads(written)) == distinct(content)
    assert canonical_bytes(json.loads(written)) == written


def test_the_same_value_spelled_twice_differs_by_the_hash_of_what_was_sent() -> None:
    """12.50 and 12.5 are one JSON number: the event is the same, what was sent is not."""
    sent = [b'{"farm:a":12.50}', b'{"farm:a":12.5}']
    leaves = {
        write_leaf(
            Leaf("event", NOW, hash_content(canonical_bytes(json.loads(text))), doc_hash=hash_content(text).hex())
        )
        for text in sent
    }
    assert len({hash_content(canonical_bytes(json.loads(text))) for text in sent}) == 1
    assert len(leaves) == 2
