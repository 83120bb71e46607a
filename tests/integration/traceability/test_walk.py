"""From seed to recall: one lot's whole life, on a real database."""

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from marketplace.core.errors import Conflict, Refused
from sellers.queries import get_household
from tests.factories.sellers import make_household
from tests.factories.traceability import (
    OFFICER_TITLE,
    SIGNATORY,
    make_keeper,
    make_officer_actor,
    make_photo,
    make_season,
    make_standard,
)
from traceability.queries.chain import check_chain, verify_chain
from traceability.queries.lots import find_lot_by_code, find_unsellable, get_lot, list_sellable_lots
from traceability.queries.recalls import find_recall_of_lot
from traceability.queries.story import count_parcels, list_story
from traceability.rules.entries import HarvestEntry, IncomingEntry, PackEntry, WorkEntry
from traceability.services.diary import record_incoming, record_work
from traceability.services.harvest import record_harvest
from traceability.services.lots import pack_lot
from traceability.services.parcels import record_delivery, record_packing, record_shipping
from traceability.services.recalls import recall_lot
from traceability.services.sale import commit_to_sale
from traceability.services.verification import request_verification, verify_lot


def test_from_seed_to_recall(session: Session, now: datetime) -> None:  # noqa: PLR0915 - a whole life
    household_id = make_household(session)
    keeper = make_keeper(household_id)
    commune_id = get_household(session, household_id).commune_id
    officer = make_officer_actor(commune_id)
    season = make_season(session, household_id, started_on=date(2026, 10, 1), actor=keeper, now=now)
    who = {"session": session, "household_id": household_id, "actor": keeper, "now": now}

    record_incoming(
        **who,
        season_id=season.id,
        entry=IncomingEntry(
            what="seed",
            name="Hạt rau muống",
            happened_on=date(2026, 10, 1),
            amount=Decimal("0.5"),
            unit="kg",
            supplier="Đại lý Bà Hòa, 0912345678",
        ),
        key=uuid.uuid4(),
    )
    spray = record_work(
        **who,
        season_id=season.id,
        entry=WorkEntry(
            kind="spraying",
            happened_on=date(2026, 11, 14),
            product="Thuốc sinh học Bt",
            ingredient="Bacillus thuringiensis",
            target="sâu tơ",
            waiting_days=5,
        ),
        key=uuid.uuid4(),
    )
    assert spray.waiting_until == date(2026, 11, 19)

    harvest = HarvestEntry(
        happened_on=date(2026, 11, 19), amount=Decimal(100), unit="kg", photos=(make_photo(session),)
    )
    with pytest.raises(Refused) as refusal:
        record_harvest(**who, season_id=season.id, entry=harvest, key=uuid.uuid4())
    assert refusal.value.code == "waiting_period_not_over"
    assert refusal.value.params["may_harvest_on"] == "2026-11-20"
    assert list_sellable_lots(session, household_id, date(2026, 11, 20)) == []

    harvest = HarvestEntry(
        happened_on=date(2026, 11, 20),
        amount=Decimal(100),
        unit="kg",
        best_before_on=date(2026, 11, 25),
        photos=(make_photo(session),),
    )
    key = uuid.uuid4()
    lot = record_harvest(**who, season_id=season.id, entry=harvest, key=key)
    assert lot.state == "recorded"
    assert record_harvest(**who, season_id=season.id, entry=harvest, key=key) == lot
    assert find_lot_by_code(session, f" {lot.code.lower().replace('-', ' ')} ") == lot

    with pytest.raises(Refused) as unsellable:
        commit_to_sale(**who, lot_id=lot.id, quantity=Decimal(1), key=uuid.uuid4())
    assert unsellable.value.code == "lot_not_sellable"

    waiting = request_verification(session=session, household_id=household_id, lot_id=lot.id, actor=keeper, now=now)
    assert waiting.state == "awaiting_verification"
    verified = verify_lot(
        session=session,
        lot_id=lot.id,
        officer=officer,
        officer_title=OFFICER_TITLE,
        signatory=SIGNATORY,
        key=uuid.uuid4(),
        now=now,
    )
    assert verified.state == "verified"
    packs = pack_lot(
        **who,
        lot_id=lot.id,
        entry=PackEntry(
            happened_on=date(2026, 11, 20), taken=Decimal(20), amount=Decimal(40), unit="bo", content=Decimal("0.5")
        ),
        key=uuid.uuid4(),
    )
    assert (packs.state, packs.remaining) == ("verified", Decimal(40))

    with pytest.raises(Refused) as incomplete:
        commit_to_sale(**who, lot_id=lot.id, quantity=Decimal("30.5"), key=uuid.uuid4())
    assert incomplete.value.code == "lot_incomplete_for_sale"
    assert [one["code"] for one in incomplete.value.params["missing"]] == ["item_standard"]
    make_standard(session, household_id, now=now)
    listed = commit_to_sale(**who, lot_id=lot.id, quantity=Decimal("30.5"), key=uuid.uuid4())
    assert (listed.quantity_out, listed.remaining) == (Decimal("50.5"), Decimal("49.5"))
    with pytest.raises(Refused) as short:
        commit_to_sale(**who, lot_id=lot.id, quantity=Decimal(50), key=uuid.uuid4())
    assert short.value.code == "not_enough_left"
    assert short.value.params["left"] == "49.500"

    record_packing(
        **who,
        lot_quantities=[(lot.id, Decimal(2))],
        parcel_ref="KIEN-1",
        consignment_ref="DON-1",
        key=uuid.uuid4(),
    )
    later = now + timedelta(hours=5)
    record_shipping(session=session, parcel_ref="KIEN-1", occurred_at=later, key=uuid.uuid4(), now=later)
    arrived = now + timedelta(days=2)
    record_delivery(session=session, parcel_ref="KIEN-1", occurred_at=arrived, key=uuid.uuid4(), now=arrived)
    parcels = count_parcels(session, lot.id)
    assert {kind: parcel.count for kind, parcel in parcels.items()} == {
        "sold": 1,
        "parcel_packed": 1,
        "parcel_shipped": 1,
        "parcel_delivered": 1,
    }

    story = list_story(session, get_lot(session, lot.id))
    assert [record.kind for record in story] == [
        "season_opened",
        "incoming",
        "spraying",
        "harvest",
        "verification",
        "listed",
    ]
    assert "0912345678" not in story[1].details["name"]
    assert story[1].private["supplier"] == "Đại lý Bà Hòa, 0912345678"

    recall = recall_lot(
        session=session,
        lot_id=lot.id,
        officer=officer,
        officer_title=OFFICER_TITLE,
        reason="Dư lượng thuốc vượt mức cho phép.",
        instruction="Không ăn. Giữ hàng lại, chợ sẽ hoàn tiền.",
        is_drill=False,
        signatory=SIGNATORY,
        key=uuid.uuid4(),
        now=arrived,
    )
    assert recall.lot_ids == tuple(sorted((lot.id, packs.id)))
    assert find_unsellable(session, [lot.id, packs.id], date(2026, 11, 22)) == {lot.id, packs.id}
    assert find_recall_of_lot(session, packs.id) == recall
    with pytest.raises(Conflict):
        recall_lot(
            session=session,
            lot_id=lot.id,
            officer=officer,
            officer_title=OFFICER_TITLE,
            reason="Lần nữa.",
            instruction="Không ăn.",
            is_drill=False,
            signatory=SIGNATORY,
            key=uuid.uuid4(),
            now=arrived,
        )

    state = verify_chain(session, household_id)
    assert (state.is_intact, state.broken_seq) == (True, None)
    assert state.records == 12
    assert check_chain(session, household_id) == state
