"""Laws of the seal: any change to any record shows, and only there."""

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from traceability.rules.seal import GENESIS, canonical_bytes, commit, find_break, seal

CONTENTS = st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers(-(2**53) + 1, 2**53 - 1))
Link = tuple[int, bytes, bytes, bytes]


def make_chain(contents: list[dict[str, object]]) -> list[Link]:
    links, previous = [], GENESIS
    for seq, content in enumerate(contents, 1):
        body = canonical_bytes(content)
        own = seal(previous, body)
        links.append((seq, previous, own, body))
        previous = own
    return links


@given(st.lists(CONTENTS, max_size=8))
def test_an_untouched_chain_has_no_break(contents: list[dict[str, object]]) -> None:
    assert find_break(make_chain(contents)) is None


@given(st.lists(CONTENTS, min_size=1, max_size=8), st.data())
def test_a_changed_body_shows_at_its_place(contents: list[dict[str, object]], data: st.DataObject) -> None:
    links = make_chain(contents)
    index = data.draw(st.integers(0, len(links) - 1))
    seq, previous, own, body = links[index]
    links[index] = (seq, previous, own, body + b" ")
    assert find_break(links) == index + 1


@given(st.lists(CONTENTS, min_size=2, max_size=8), st.data())
def test_a_body_sealed_anew_shows_at_the_next_record(contents: list[dict[str, object]], data: st.DataObject) -> None:
    links = make_chain(contents)
    index = data.draw(st.integers(0, len(links) - 2))
    seq, previous, _, body = links[index]
    links[index] = (seq, previous, seal(previous, body + b" "), body + b" ")
    assert find_break(links) == index + 2


@given(st.lists(CONTENTS, min_size=2, max_size=8), st.data())
def test_a_missing_or_moved_record_shows(contents: list[dict[str, object]], data: st.DataObject) -> None:
    links = make_chain(contents)
    index = data.draw(st.integers(0, len(links) - 2))
    assert find_break(links[:index] + links[index + 1 :]) == index + 1
    swapped = [*links[:index], links[index + 1], links[index], *links[index + 2 :]]
    assert find_break(swapped) == index + 1


@given(CONTENTS)
def test_one_content_has_one_spelling(content: dict[str, object]) -> None:
    backwards = dict(reversed(content.items()))
    assert canonical_bytes(content) == canonical_bytes(backwards)
    assert json.loads(canonical_bytes(content)) == content


def test_the_spelling_is_that_of_rfc_8785() -> None:
    content = {"b": 1.0, "a": "đ", "c": [True, None, 1e21, 0.002]}
    expected = '{"a":"đ","b":1,"c":[true,null,1e+21,0.002]}'
    assert canonical_bytes(content) == expected.encode()


def test_a_commitment_needs_its_salt() -> None:
    content = canonical_bytes({"supplier": "Đại lý Bà Hòa"})
    assert commit(b"1" * 32, content) != commit(b"2" * 32, content)
    assert commit(b"1" * 32, content) == hashlib.sha256(b"1" * 32 + content).hexdigest()
