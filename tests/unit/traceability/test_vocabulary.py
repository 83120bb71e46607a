"""Every word of ours that a record may hold is published, in both languages."""

import json
import re
from pathlib import Path

import pytest

from traceability.rules import bodies, identifiers
from traceability.rules.events_farm import CBV_STEPS
from traceability.rules.templates import WORK_LABELS
from traceability.rules.vocabulary import GROUPS, TERMS, write_term, write_vocabulary

SOURCE = [path.read_text(encoding="utf-8") for path in (Path(__file__).parents[3] / "traceability").rglob("*.py")]


def test_every_field_that_the_code_writes_is_published() -> None:
    used = {name for text in SOURCE for name in re.findall(r'"cq:([A-Za-z]+)"', text)}
    assert len(used) > 30
    assert used <= {term.path for term in TERMS.values() if term.kind == "field"}


def test_every_step_that_the_code_writes_is_published() -> None:
    used = set(WORK_LABELS) - set(CBV_STEPS)
    used |= {name for text in SOURCE for name in re.findall(r'step_uri\("([a-z_]+)"\)', text)}
    assert used == {term.path.removeprefix("bizstep/") for term in TERMS.values() if term.kind == "step"}


def test_every_other_address_in_the_vocabulary_is_published() -> None:
    used = {name for text in SOURCE for name in re.findall(r"\{identifiers\.VOCABULARY\}([a-zA-Z0-9/-]+)", text)}
    assert used == {term.path for term in TERMS.values() if term.kind in {"measurement", "method"}}


def test_bodies_bind_their_prefix_to_the_vocabulary() -> None:
    assert bodies.CONTEXT[1] == {"cq": identifiers.VOCABULARY}


@pytest.mark.parametrize("term", TERMS.values(), ids=list(TERMS))
def test_every_word_is_told_in_both_languages(term) -> None:
    assert term.kind in GROUPS
    assert len({term.vi, term.en, term.about_vi, term.about_en}) == 4
    assert bool(term.holds) == (term.kind == "field")
    written = write_term(term)
    assert written["@id"] == identifiers.VOCABULARY + term.path
    for name in ("rdfs:label", "rdfs:comment"):
        assert [one["@language"] for one in written[name]] == ["vi", "en"]
        assert all(one["@value"] for one in written[name])


def test_the_whole_is_one_document_in_which_every_word_stands_once() -> None:
    whole = json.loads(json.dumps(write_vocabulary()))
    addresses = [node["@id"] for node in whole["@graph"]]
    assert len(addresses) == len(set(addresses)) == len(TERMS) + 2
    prefixes = set(whole["@context"])
    names = {name for node in whole["@graph"] for name in node if not name.startswith("@")}
    assert {name.partition(":")[0] for name in names} <= prefixes
