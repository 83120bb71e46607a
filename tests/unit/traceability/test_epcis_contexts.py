"""Events of mixed contexts: each comes back letter for letter, and says on its page what it said when it came."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epcis.context import STANDARD_CONTEXT as STANDARD
from tests.factories.repository import EXAMPLE, make_event
from tests.unit.traceability.json_ld import read
from traceability.rules.epcis_contexts import SharedContext
from traceability.rules.epcis_documents import StoredEvent, write_answer
from traceability.rules.identifiers import VOCABULARY
from traceability.rules.seal import canonical_bytes

_OLDER = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
#: Contexts as partners write them, and as somebody would who wants others' events to say something else.
_CONTEXTS: tuple[Any, ...] = (
    None,
    STANDARD,
    [STANDARD],
    [_OLDER],
    [STANDARD, EXAMPLE],
    [STANDARD, {"ex": "https://other.example/"}],
    [STANDARD, {"farm": "https://farm.example/"}],
    [STANDARD, {"farm": {"@id": "https://farm.example/", "@prefix": True}}],
    [
        STANDARD,
        {"farm:note": {"@id": "https://farm.example/note", "@type": "xsd:date"}, "farm": "https://farm.example/"},
    ],
    [STANDARD, EXAMPLE, {"more": "ex:more/"}],
    [STANDARD, {"more": "ex:more/"}, EXAMPLE],
    [STANDARD, {"cq": VOCABULARY}],
    [STANDARD, {"cq": "https://evil.example/"}],
    [STANDARD, {"urn": "https://evil.example/urn/"}],
    [STANDARD, {"inner": "https://evil.example/inner"}],
    [STANDARD, {"Ngô nếp": "https://evil.example/kind"}],
    [STANDARD, {"@vocab": "https://evil.example/vocab/"}],
    [STANDARD, {"ex": "farm:sub/"}],
    [STANDARD, "https://partner.example/context.jsonld"],
    [STANDARD, "https://evil.example/context.jsonld"],
    [EXAMPLE, STANDARD],
    EXAMPLE,
)
_FIELDS: tuple[dict[str, Any], ...] = (
    {},
    {"ex:note": "Ngô nếp"},
    {"farm:note": {"inner": "cq:x"}},
    {"https://farm.example/x": ["urn:x:1", "more:a"]},
    {"@context": [STANDARD, {"cq": VOCABULARY}], "cq:kind": "harvest"},
    {"@context": {"ex": "farm:x/"}, "ex:at": 1},
    {"@context": [_OLDER, {"cq": VOCABULARY}], "cq:kind": "cq:x"},
    {"@context": [STANDARD, {"action": "https://evil.example/action"}]},
    {"@context": [STANDARD, "https://evil.example/context.jsonld"], "cq:kind": "x"},
    {"https://farm.example/x": {"@context": {"type": "https://evil.example/type"}, "a": 1}},
)
_EVENTS = st.tuples(st.sampled_from(_CONTEXTS), st.sampled_from(_FIELDS), st.booleans())


def _store(context: Any, fields: dict[str, Any], number: int, *, is_id_given: bool) -> StoredEvent:
    event = make_event(
        eventID=f"urn:example:{number}" if is_id_given else None, epcList=[f"urn:epc:id:sgtin:1.{number}.1"]
    )
    written = canonical_bytes({**event, **fields})
    kept = None if context is None else canonical_bytes(context)
    return StoredEvent(written, kept, f"urn:example:{number}", is_id_given)


def _turn_pages(events: Sequence[StoredEvent]) -> list[tuple[Any, list[StoredEvent]]]:
    pages: list[tuple[SharedContext, list[StoredEvent]]] = []
    for event in events:
        if not pages or not pages[-1][0].admit(event):
            shared = SharedContext()
            assert shared.admit(event)
            pages.append((shared, []))
        pages[-1][1].append(event)
    return [(shared.value, page) for shared, page in pages]


def _meaning(event: Any, context: Any) -> Any:
    try:
        return read(event, context)
    except ValueError:
        return "unreadable"


@settings(max_examples=400)
@given(st.lists(_EVENTS, min_size=1, max_size=12))
def test_on_every_page_every_event_is_what_came_and_says_what_it_said(drawn: list[tuple[Any, Any, bool]]) -> None:
    events = [_store(context, fields, n, is_id_given=given_) for n, (context, fields, given_) in enumerate(drawn)]
    seen = []
    for context, page in _turn_pages(events):
        written = write_answer(page, context=context, query_name="q", created="2026-11-20T03:00:00.000Z")
        answer = json.loads(written)
        given_back = answer["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        for stored, event in zip(page, given_back, strict=True):
            came = json.loads(stored.content)
            assert event == (came if stored.is_id_given else {"eventID": stored.event_id, **came})
            [(alone, _)] = _turn_pages([stored])
            # What its document said, or the standard where the event came by itself.
            if stored.context is not None:
                assert _meaning(came, alone) == _meaning(came, json.loads(stored.context))
            assert _meaning(came, answer["@context"]) == _meaning(came, alone)
            # Nobody's page becomes unreadable by a neighbour.
            if _meaning(came, alone) != "unreadable":
                assert _meaning(given_back, answer["@context"]) != "unreadable"
            seen.append(stored)
    assert seen == events


def test_contexts_that_do_not_touch_one_another_share_a_page() -> None:
    contexts = [
        None,
        [STANDARD, EXAMPLE],
        [STANDARD, {"farm": "https://farm.example/"}],
        [STANDARD],
        [STANDARD, EXAMPLE],
    ]
    fields = [{"@context": [STANDARD, {"cq": VOCABULARY}], "cq:kind": "x"}, {"ex:a": 1}, {"farm:b": 2}, {}, {"ex:c": 3}]
    events = [_store(c, f, n, is_id_given=True) for n, (c, f) in enumerate(zip(contexts, fields, strict=True))]
    [(context, page)] = _turn_pages(events)
    assert context == [STANDARD, {**EXAMPLE, "farm": "https://farm.example/"}]
    assert page == events


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([STANDARD, EXAMPLE], [STANDARD, {"ex": "https://other.example/"}]),
        ([STANDARD, {"urn": "https://evil.example/"}], [STANDARD]),
        ([STANDARD], [STANDARD, {"urn": "https://evil.example/"}]),
        ([STANDARD], [STANDARD, "https://elsewhere.example/context.jsonld"]),
        ([STANDARD], [STANDARD, {"@vocab": "https://evil.example/"}]),
        ([STANDARD], [STANDARD, {"ilmd": "https://evil.example/"}]),
        ([STANDARD], [STANDARD, {"@protected": True, "farm": "https://farm.example/"}]),
        ([STANDARD], [STANDARD, {"kind": "@type"}]),
        ([STANDARD], [_OLDER]),
        ([STANDARD], [EXAMPLE, STANDARD]),
        ([STANDARD], EXAMPLE),
        ([STANDARD], [STANDARD, {"https": "https://evil.example/"}]),
    ],
)
def test_contexts_that_touch_one_another_stand_on_different_pages(first: Any, second: Any) -> None:
    events = [_store(context, {}, number, is_id_given=True) for number, context in enumerate((first, second))]
    pages = _turn_pages(events)
    assert [len(page) for _, page in pages] == [1, 1]
    assert [context for context, _ in pages] == [first, second]


@pytest.mark.parametrize(
    "fields",
    [
        {"@context": [STANDARD, {"action": "https://evil.example/action"}]},
        {"@context": [STANDARD, "https://unreachable.example/context.jsonld"]},
        {"ex:a": {"@context": "https://unreachable.example/context.jsonld"}},
        {"ex:a": {"@id": 7}},
        {"ex:a": {"type": 7}},
        {"ex:a": {"eventID": "a", "id": "b"}},
    ],
)
def test_an_event_that_cannot_be_read_takes_no_page_of_others_with_it(fields: dict[str, Any]) -> None:
    """A reader's program gives up the whole document where one event of it is no JSON-LD."""
    context = [STANDARD, EXAMPLE]
    stored = [_store(context, fields if n == 1 else {"ex:a": n}, n, is_id_given=True) for n in range(4)]
    assert [page for _, page in _turn_pages(stored)] == [[stored[0]], [stored[1]], [stored[2], stored[3]]]


def test_a_hundred_contexts_that_do_not_touch_one_another_take_few_pages() -> None:
    events = [
        _store([STANDARD, {f"p{n}": f"https://p{n}.example/"}], {f"p{n}:x": 1}, n, is_id_given=True) for n in range(100)
    ]
    assert len(_turn_pages(events)) <= 4


def test_the_same_context_shares_a_page_however_strange_it_is() -> None:
    context = [STANDARD, "https://elsewhere.example/context.jsonld", {"@vocab": "https://own.example/"}]
    events = [_store(context, {"ex:n": n}, n, is_id_given=n % 2 == 0) for n in range(50)]
    assert [(found, len(page)) for found, page in _turn_pages(events)] == [(context, 50)]
