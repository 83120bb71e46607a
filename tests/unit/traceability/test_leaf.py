import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import Refused
from traceability.rules.leaf import MAX_BYTES, ChainLink, Leaf, Signature, hash_content, write_leaf, write_time
from traceability.rules.seal import canonical_bytes
from traceability.rules.statements import key_announced, name_key

AT = datetime(2026, 11, 24, 3, 0, 0, 123456, tzinfo=UTC)
LEAF = Leaf(kind="event", logged_at=AT, content_hash=hash_content(b"{}"))


def test_a_leaf_is_spelt_in_one_way():
    leaf = replace(
        LEAF,
        actor="01JDXV6N1P3Z4Y5X6W7V8T9S0R",
        signature=Signature("0011223344556677", b"\x01" * 64),
        chain=ChainLink("01JDXV6N1P3Z4Y5X6W7V8T9S0Q", 7, b"\x02" * 32),
        cbv_hash="ni:///sha-256;00?ver=CBV2.0",
        private_commit="ab" * 32,
        corrects=b"\x03" * 32,
    )
    assert write_leaf(leaf).decode() == (
        '{"actor":"01JDXV6N1P3Z4Y5X6W7V8T9S0R","actorKeyId":"0011223344556677",'
        '"cbvHash":"ni:///sha-256;00?ver=CBV2.0",'
        '"chain":{"hash":"' + "02" * 32 + '","party":"01JDXV6N1P3Z4Y5X6W7V8T9S0Q","seq":7},'
        '"contentHash":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",'
        '"corrects":"' + "03" * 32 + '","kind":"event","privateCommit":"' + "ab" * 32 + '",'
        '"recordTime":"2026-11-24T03:00:00.123Z",'
        '"signature":"' + "AQEB" * 21 + 'AQ==","v":1}'
    )


def test_what_is_not_known_is_left_out():
    assert set(json.loads(write_leaf(LEAF))) == {"v", "kind", "recordTime", "contentHash"}


def test_a_leaf_that_does_not_fit_a_bundle_is_refused():
    with pytest.raises(Refused) as refusal:
        write_leaf(replace(LEAF, subject="x" * MAX_BYTES))
    assert refusal.value.code == "leaf_too_long"


@pytest.mark.parametrize("hours", [0, 7, -11])
def test_times_are_written_in_utc(hours):
    moment = AT.astimezone(timezone(timedelta(hours=hours)))
    assert write_time(moment) == "2026-11-24T03:00:00.123Z"


_texts = st.text(max_size=8)
_contents = st.dictionaries(
    _texts,
    st.one_of(_texts, st.integers(-9, 9), st.floats(-9, 9), st.booleans(), st.lists(_texts, max_size=2)),
    max_size=3,
)


@given(_contents, _contents)
def test_two_different_contents_never_share_a_leaf(one, other):
    bytes_of_one, bytes_of_other = canonical_bytes(one), canonical_bytes(other)
    leaves = [
        write_leaf(replace(LEAF, content_hash=hash_content(content))) for content in (bytes_of_one, bytes_of_other)
    ]
    assert (leaves[0] == leaves[1]) == (bytes_of_one == bytes_of_other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"t": "X\u00e3"}, {"t": "Xa\u0303"}),
        ({"a": "1", "b": "2"}, {"a": "1\nb=2"}),
        ({"a": "12"}, {"a": "1", "": "2"}),
        ({"q": "12.50"}, {"q": "12.5"}),
        ({"q": 12}, {"q": "12"}),
        ({"ilmd": {"ex:a": "x", "ex:b": "y"}}, {"ilmd": {"ex:a": "xex:b=y"}}),
        ({"l": ["a", "b"]}, {"l": ["b", "a"]}),
        ({"l": ["ab"]}, {"l": ["a", "b"]}),
        ({"x": " y"}, {"x": "y"}),
    ],
    ids=["NFC and NFD", "a line inside", "joined", "zeros in text", "number and text", "ILMD", "order", "cut", "space"],
)
def test_twins_have_leaves_of_their_own(one, other):
    assert hash_content(canonical_bytes(one)) != hash_content(canonical_bytes(other))


def test_a_keys_name_comes_from_the_key():
    key = bytes(range(32))
    told = key_announced(party="p", public_key=key, title="Cán bộ xã", commune="Tân Ninh", valid_from=AT)
    assert told["keyId"] == name_key(key) == hashlib.sha256(key).hexdigest()[:16]
    assert told["publicKey"] == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
