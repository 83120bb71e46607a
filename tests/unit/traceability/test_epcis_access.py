"""What anybody may see of a household's records, kind by kind."""

import ast

import pytest

from tests.architecture.source import ROOT, parse
from traceability.rules.epcis_access import MARKET_PARTY, PUBLIC, Viewer, is_public_record, scope_of
from traceability.rules.templates import WORK_LABELS

PRIVATE = {
    "listed",
    "unlisted",
    "sold",
    "unpacked",
    "parcel_packed",
    "parcel_shipped",
    "parcel_delivered",
    "parcel_returned",
}
OPEN = {
    "season_opened",
    "season_closed",
    "incoming",
    "harvest",
    "slaughter",
    "making",
    "packing",
    "split",
    "merge",
    "loss",
    "details",
    "verification",
    "held",
    "released",
    "recall",
    "recall_closed",
    *WORK_LABELS,
}


@pytest.mark.parametrize("kind", sorted(PRIVATE))
def test_sales_and_parcels_are_not_public(kind):
    assert not is_public_record(kind)


@pytest.mark.parametrize("kind", sorted(OPEN))
def test_what_a_lots_page_shows_is_public(kind):
    assert is_public_record(kind)


def test_every_kind_that_a_builder_names_was_thought_of():
    named = set()
    for path in (ROOT / "traceability" / "rules").glob("events_*.py"):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "make_body":
                kind = node.args[1]
                if isinstance(kind, ast.Constant):
                    named.add(kind.value)
    assert {"season_opened", "sold", "verification"} <= named
    assert named - PRIVATE - OPEN - {"sensors"} == set()


def test_a_scope_is_everybodys_or_its_owners():
    assert scope_of(owner_party="A", is_public=True) == PUBLIC
    assert scope_of(owner_party="A", is_public=False) == "A"
    assert Viewer().scopes == (PUBLIC,)
    assert Viewer(MARKET_PARTY).scopes == (PUBLIC, MARKET_PARTY)
