"""Every record of a whole life is a valid EPCIS 2.0 event, corrections included, and they hang together."""

import json
import uuid
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from epcis.event_hash import event_hash
from epcis.validation import list_event_problems
from sellers.models import Certificate
from sellers.queries import get_household
from tests.factories.sellers import make_household, make_site
from tests.factories.traceability import (
    OFFICER_TITLE,
    SIGNATORY,
    make_keeper,
    make_officer_actor,
    make_photo,
    make_season,
    make_standard,
    make_verified_lot,
)
from traceability.models.custody import Record
from traceability.rules import events_custody, identifiers
from traceability.rules.bodies import Body, Stamp
from traceability.rules.entries import HarvestEntry, IncomingEntry, PackEntry, WorkEntry
from traceability.rules.seal import canonical_bytes
from traceability.rules.templates import TREATMENTS, USES_PRODUCT, WORK_LABELS
from traceability.services import chain as chain_service
from traceability.services.chain import Draft, append_record, lock_chain
from traceability.services.corrections import correct_record, withdraw_record
from traceability.services.diary import record_incoming, record_loss, record_work
from traceability.services.harvest import record_harvest
from traceability.services.lots import merge_lots, pack_lot, split_lot
from traceability.services.parcels import record_delivery, record_packing, record_return, record_shipping
from traceability.services.recalls import recall_lot
from traceability.services.sale import commit_to_sale, return_from_sale
from traceability.services.seasons import close_season
from traceability.services.verification import request_verification, verify_lot

FIRST, LAST = date(2026, 10, 1), date(2026, 11, 20)


def certify(session: Session, household_id: int, produces: list[str]) -> int:
    row = Certificate(
        household_id=household_id, kind="vietgap", number="VG-1", issuer="Trung tâm", scope="Rau", state="verified",
        produces=produces, sites=[make_site(session, household_id)], issued_on=date(2026, 1, 1),
        expires_on=date(2026, 12, 31), entered_by=1, verified_by=2,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def live(session: Session, household_id: int, now: datetime) -> str:
    """Walk through the whole diary; return the season's URI."""
    keeper = make_keeper(household_id)
    officer = make_officer_actor(get_household(session, household_id).commune_id)
    who: dict[str, Any] = {"session": session, "household_id": household_id, "actor": keeper, "now": now}
    season = make_season(session, household_id, started_on=FIRST, actor=keeper, now=now)
    for what in ("seed", "fertiliser", "pesticide"):
        entry = IncomingEntry(what, f"Vật tư {what}", FIRST, Decimal("1.5"), "kg", "Đại lý", "HD-1", "L/01")
        record_incoming(**who, season_id=season.id, entry=entry, key=uuid.uuid4())
    done = {}
    for kind in WORK_LABELS:
        work = WorkEntry(
            kind=kind,
            happened_on=FIRST,
            product="Thuốc Bt" if kind in USES_PRODUCT else "",
            ingredient="Bacillus thuringiensis" if kind in TREATMENTS else "",
            target="sâu tơ",
            waiting_days=3 if kind in TREATMENTS else None,
            amount=Decimal(2),
            unit="kg",
        )
        done[kind] = record_work(**who, season_id=season.id, entry=work, key=uuid.uuid4())
    harvest = HarvestEntry(LAST, Decimal(100), "kg", LAST + timedelta(days=5), "Loại 1", photos=(make_photo(session),))
    lot = record_harvest(**who, season_id=season.id, entry=harvest, key=uuid.uuid4())
    correct_record(
        **who, record_id=done["tending"].id, reason="Nhầm", changes={"target": "cỏ \u0301"}, key=uuid.uuid4()
    )
    withdraw_record(**who, record_id=done["cleaning"].id, reason="Không có", key=uuid.uuid4())
    late = WorkEntry("spraying", LAST, product="Thuốc Bt", target="sâu", waiting_days=9)
    spray = record_work(**who, season_id=season.id, entry=late, key=uuid.uuid4())
    withdraw_record(**who, record_id=spray.id, reason="Ghi nhầm vụ", key=uuid.uuid4())
    request_verification(session=session, household_id=household_id, lot_id=lot.id, actor=keeper, now=now)
    verify_lot(
        session=session, lot_id=lot.id, officer=officer, officer_title=OFFICER_TITLE, signatory=SIGNATORY,
        reason="Đã xem ruộng, vụ ghi nhầm.", key=uuid.uuid4(), now=now,
    )  # fmt: skip
    one, two = split_lot(**who, lot_id=lot.id, parts=[Decimal(10), Decimal(20)], happened_on=LAST, key=uuid.uuid4())
    merge_lots(**who, parts=[(one.id, Decimal(5)), (two.id, Decimal(5))], happened_on=LAST, key=uuid.uuid4())
    pack_lot(
        **who, lot_id=lot.id, entry=PackEntry(LAST, Decimal(10), Decimal(20), "goi", Decimal("0.5")), key=uuid.uuid4()
    )
    record_loss(**who, lot_id=lot.id, amount=Decimal(1), reason="Dập, úng", happened_on=LAST, key=uuid.uuid4())
    make_standard(session, household_id, actor=keeper, now=now)
    commit_to_sale(**who, lot_id=lot.id, quantity=Decimal(30), key=uuid.uuid4())
    return_from_sale(**who, lot_id=lot.id, quantity=Decimal("2.5"), key=uuid.uuid4())
    for ref in ("A", "B"):
        record_packing(
            **who, lot_quantities=[(lot.id, Decimal(2))], parcel_ref=ref, consignment_ref=ref, key=uuid.uuid4()
        )
        record_shipping(session=session, parcel_ref=ref, occurred_at=now, key=uuid.uuid4(), now=now)
    record_delivery(session=session, parcel_ref="A", occurred_at=now, key=uuid.uuid4(), now=now)
    for _ in range(2):
        record_return(session=session, parcel_ref="B", occurred_at=now, key=uuid.UUID(int=7), now=now)
    close_season(**who, season_id=season.id, closed_on=LAST, key=uuid.uuid4())
    recall_lot(
        session=session, lot_id=lot.id, officer=officer, officer_title=OFFICER_TITLE, reason="Dư lượng",
        instruction="Không ăn.", is_drill=False, signatory=SIGNATORY, key=uuid.uuid4(), now=now,
    )  # fmt: skip
    return identifiers.object_uri(season.transformation_id)


def read_events(session: Session, household_id: int) -> list[tuple[str, bytes, Body]]:
    rows = session.execute(
        select(Record.kind, Record.body).where(Record.household_id == household_id).order_by(Record.seq)
    )
    return [(kind, body, json.loads(body)) for kind, body in rows]


def test_every_record_is_a_valid_event(session: Session, now: datetime) -> None:
    household_id = make_household(session)
    season = live(session, household_id, now)
    events = read_events(session, household_id)
    for kind, written, event in events:
        assert list_event_problems(event, None) == [], kind
        assert canonical_bytes(event) == written
        assert event_hash(event, None).startswith("ni:///sha-256;")
    assert Counter(kind for kind, _, _ in events) == Counter(
        dict.fromkeys(WORK_LABELS, 1)
        | {
            "season_opened": 1, "incoming": 3, "tending": 2, "spraying": 2, "declaration": 3, "harvest": 1, "held": 1,
            "released": 1, "verification": 1, "split": 1, "merge": 1, "packing": 1, "loss": 1, "listed": 1,
            "unlisted": 1, "sold": 2, "parcel_packed": 2, "parcel_shipped": 2, "parcel_delivered": 1,
            "parcel_returned": 1, "unpacked": 1, "season_closed": 1, "recall": 1,
        }
    )  # fmt: skip
    transformations = [event for _, _, event in events if event.get("transformationID") == season]
    assert {"inputQuantityList" in event for event in transformations} == {True, False}
    assert [event["cq:kind"] for event in transformations if "outputQuantityList" in event] == ["harvest"]


def test_every_event_has_a_hash_of_its_own_but_for_declarations(session: Session, now: datetime) -> None:
    household_id = make_household(session)
    live(session, household_id, now)
    events = [event for _, _, event in read_events(session, household_id)]
    declared = [event for event in events if "errorDeclaration" in event]
    plain = {event["eventID"]: event for event in events if "errorDeclaration" not in event}
    assert len(plain) + len(declared) == len(events)
    for event in declared:
        assert event_hash(event, None) == event_hash(plain[event["eventID"]], None)


def test_a_sale_and_its_parcel_share_the_consignments_name(session: Session, now: datetime) -> None:
    household_id = make_household(session)
    live(session, household_id, now)
    events = [event for _, _, event in read_events(session, household_id)]
    sold = [event for event in events if event["cq:kind"] == "sold"]
    packed = [event for event in events if event["cq:kind"] == "parcel_packed"]
    [unpacked] = [event for event in events if event["cq:kind"] == "unpacked"]
    names = [event["bizTransactionList"][0]["bizTransaction"] for event in sold]
    assert names == [event["bizTransactionList"][0]["bizTransaction"] for event in packed]
    assert len(set(names)) == 2
    assert [event["quantityList"] for event in sold] == [event["childQuantityList"] for event in packed]
    for field in ("parentID", "childQuantityList", "bizTransactionList"):
        assert unpacked[field] == packed[1][field]


@pytest.mark.parametrize(
    ("produces", "is_named"), [([], False), (["Rau muống"], True), (["Rau"], False), (["Bưởi"], False)]
)
def test_harvest_and_verification_name_the_certificates_that_cover_them(
    session: Session,
    now: datetime,
    produces: list[str],
    is_named: bool,  # noqa: FBT001
) -> None:
    household_id = make_household(session)
    certificate_id = certify(session, household_id, produces)
    make_verified_lot(session, household_id, now=now)
    session.execute(update(Certificate).where(Certificate.id == certificate_id).values(state="rejected"))
    make_verified_lot(session, household_id, produce="Rau muống trắng", now=now)
    uri = identifiers.certificate_uri(certificate_id)
    named = [
        (kind, event["certificationInfo"])
        for kind, _, event in read_events(session, household_id)
        if "certificationInfo" in event
    ]
    assert named == ([("harvest", [uri]), ("verification", [uri])] if is_named else [])


def test_a_body_that_is_no_event_is_never_sealed(session: Session, now: datetime) -> None:
    household_id = make_household(session)
    chain = lock_chain(session, household_id)
    head = (chain.head_seq, chain.head_hash)

    def build(stamp: Stamp) -> Body:
        goods = events_custody.lot_portion("Rau", "A", Decimal(1), "kg")
        return {**events_custody.sale(stamp, "listed", goods, "A"), "bizStep": "selling"}

    with pytest.raises(ValueError, match="listed: /bizStep must be a business step"):
        append_record(
            session, chain, Draft(build=build, occurred_at=now), actor=make_keeper(household_id), key=uuid.uuid4(),
            now=now,
        )  # fmt: skip
    assert (chain.head_seq, chain.head_hash) == head
    assert session.scalar(select(func.count()).select_from(Record).where(Record.household_id == household_id)) == 0
    assert chain_service.find_replay(session, chain, uuid.uuid4()) is None
