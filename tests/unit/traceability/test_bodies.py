"""Whatever is typed in, each body is a valid EPCIS 2.0 event."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epcis.validation import list_event_problems
from marketplace.core.quantity import UNITS
from traceability.rules import events_custody, events_farm, identifiers
from traceability.rules.bodies import Body, Stamp, declare_error
from traceability.rules.entries import OPERATORS, HarvestEntry, IncomingEntry, PackEntry, WorkEntry
from traceability.rules.events_farm import SeasonRef
from traceability.rules.seal import canonical_bytes
from traceability.rules.templates import INCOMING_LABELS, WORK_LABELS

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
ULID = "01JD3ZQ5V6W7X8Y9Z0ABCDEFGH"
SEASON = SeasonRef(ULID, "Rau muống")
LOT = events_custody.lot_portion("Rau muống", "TN-26-0001", Decimal("12.5"), "kg")
GTIN_LOT = events_custody.lot_portion("Rau muống", "TN-26-0001", Decimal(3), "bo", "08938501230010")

TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)
AMOUNTS = st.none() | st.decimals(Decimal("0.001"), Decimal(1_000_000), places=3)
UNIT_CODES = st.none() | st.sampled_from(sorted(UNITS))
PHOTOS = st.lists(st.from_regex(r"[0-9a-f]{64}", fullmatch=True), max_size=2).map(tuple)


@st.composite
def stamps(draw: st.DrawFn) -> Stamp:
    return Stamp(
        event_id=draw(st.uuids()),
        occurred_at=NOW - timedelta(milliseconds=draw(st.integers(0, 10**11))),
        recorded_at=NOW,
        household_party=ULID,
        entered_by=ULID,
        entered_role="household",
        place=draw(st.sampled_from([None, ULID])),
        photos=draw(PHOTOS),
        commitment=draw(st.sampled_from([None, "ab" * 32])),
        certificates=draw(st.sampled_from([(), (identifiers.certificate_uri(7),)])),
        is_day_only=draw(st.booleans()),
    )


def check(body: Body) -> Body:
    assert list_event_problems(body, None) == []
    written = canonical_bytes(body)
    assert canonical_bytes(json.loads(written)) == written
    return body


@given(stamps(), st.sampled_from(sorted(INCOMING_LABELS)), TEXTS, TEXTS, TEXTS, AMOUNTS, UNIT_CODES)
def test_what_came_in(
    stamp: Stamp, what: str, name: str, paper: str, batch: str, amount: Decimal | None, unit: str | None
) -> None:
    entry = IncomingEntry(
        what=what, name=name, happened_on=TODAY, amount=amount, unit=unit, paper_no=paper, supplier_lot=batch
    )
    assert check(events_farm.incoming(stamp, SEASON, entry, None))["bizStep"] == "receiving"


@given(stamps(), st.sampled_from(sorted(WORK_LABELS)), TEXTS, TEXTS, AMOUNTS, UNIT_CODES, st.none() | st.dates())
def test_work(
    stamp: Stamp, kind: str, product: str, dose: str, amount: Decimal | None, unit: str | None, until: date | None
) -> None:
    entry = WorkEntry(
        kind=kind, happened_on=TODAY, product=product, ingredient=dose, dose=dose, target=product, waiting_days=3,
        operator=min(OPERATORS), amount=amount, unit=unit,
    )  # fmt: skip
    body = check(events_farm.work(stamp, SEASON, entry, until))
    if body["type"] == "TransformationEvent":
        assert body["transformationID"] == identifiers.object_uri(ULID)
        assert "outputQuantityList" not in body


@given(stamps(), TEXTS, TEXTS, st.sampled_from(["harvest", "slaughter", "making"]), st.booleans())
def test_harvests(stamp: Stamp, produce: str, grade: str, origin: str, has_gtin: bool) -> None:  # noqa: FBT001
    entry = HarvestEntry(
        happened_on=TODAY, amount=Decimal("12.5"), unit="kg", best_before_on=TODAY, grade=grade, produce=produce
    )
    gtin = "08938501230010" if has_gtin else None
    for inputs in ([], [LOT, GTIN_LOT]):
        body = check(
            events_farm.harvest(stamp, SEASON, entry, origin=origin, lot_code="TN-26-0001", gtin=gtin, inputs=inputs)
        )
        assert body["transformationID"] == identifiers.object_uri(ULID)
        assert body["ilmd"]["cbvmda:lotNumber"] == "TN-26-0001"
        assert ("cbvmda:harvestStartDate" in body["ilmd"]) == (origin == "harvest")


Build = Callable[[Stamp, str], Body]
PACKED = PackEntry(happened_on=TODAY, taken=Decimal(5), amount=Decimal(10), unit="goi", best_before_on=TODAY)
CUSTODY: dict[str, Build] = {
    "season_opened": lambda stamp, text: events_farm.season_opened(stamp, SeasonRef(ULID, text), "vegetable"),
    "season_closed": lambda stamp, text: events_farm.season_closed(stamp, SeasonRef(ULID, text)),
    "packing": lambda stamp, text: events_custody.packing(stamp, PACKED, LOT, text, "TN-26-0002"),
    "split": lambda stamp, _: events_custody.regrouping(stamp, "split", [LOT], [LOT, GTIN_LOT], ["A", "B"]),
    "merge": lambda stamp, _: events_custody.regrouping(stamp, "merge", [LOT, GTIN_LOT], [LOT], ["A"]),
    "loss": lambda stamp, text: events_custody.loss(stamp, LOT, "A", text),
    "listed": lambda stamp, _: events_custody.sale(stamp, "listed", LOT, "A"),
    "unlisted": lambda stamp, _: events_custody.sale(stamp, "unlisted", GTIN_LOT, "A"),
    "verified": lambda stamp, text: events_custody.verification(stamp, "verified", LOT, "A", text, ["ab" * 32]),
    "sent back": lambda stamp, text: events_custody.verification(stamp, "sent_back", LOT, "A", text, []),
    "held": lambda stamp, text: events_custody.holding(stamp, "held", [LOT, GTIN_LOT], ["A", "B"], text),
    "released": lambda stamp, text: events_custody.holding(stamp, "released", [LOT], ["A"], text),
    "recall": lambda stamp, text: events_custody.recall(stamp, [LOT], ["A"], text, text),
    "sold": lambda stamp, _: events_custody.goods_sold(stamp, ULID, [LOT, GTIN_LOT], ["A", "B"]),
    "parcel_packed": lambda stamp, _: events_custody.parcel_packed(
        stamp, identifiers.parcel_uri(ULID), ULID, [LOT], ["A"]
    ),
    "unpacked": lambda stamp, _: events_custody.parcel_unpacked(
        stamp, identifiers.parcel_uri(ULID, "389385012300000015"), ULID, [LOT], ["A"]
    ),
    **{
        kind: lambda stamp, _, kind=kind: events_custody.parcel_moved(  # type: ignore[misc]
            stamp, kind, identifiers.parcel_uri(ULID, "389385012300000015"), ULID
        )
        for kind in ("parcel_shipped", "parcel_delivered", "parcel_returned")
    },
}


@pytest.mark.parametrize("name", sorted(CUSTODY))
@settings(max_examples=15)
@given(stamp=stamps(), text=TEXTS)
def test_the_chain_of_custody(name: str, stamp: Stamp, text: str) -> None:
    body = check(CUSTODY[name](stamp, text))
    corrective = [uuid.UUID(int=1)]
    for reason, events in (("incorrect_data", corrective), ("did_not_occur", [])):
        declared = declare_error(body, declared_at=NOW, reason=reason, corrective=events)
        declared["errorDeclaration"]["cq:reason"] = text
        check(declared)
        assert {field: value for field, value in declared.items() if field != "errorDeclaration"} == body


def test_a_sale_names_a_consignment_and_nobody() -> None:
    stamp = Stamp(uuid.UUID(int=1), NOW, NOW, ULID, ULID, "household")
    body = events_custody.goods_sold(stamp, ULID, [LOT], ["A"])
    assert (body["type"], body["action"], body["bizStep"]) == ("TransactionEvent", "ADD", "retail_selling")
    assert body["bizTransactionList"] == [{"type": "po", "bizTransaction": identifiers.transaction_uri(ULID)}]
    assert "destinationList" not in body
