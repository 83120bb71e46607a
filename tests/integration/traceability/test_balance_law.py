"""The law of balance: whatever a household does with its lots, no more leaves than went in."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace.core.errors import Refused
from tests.factories.sellers import make_household
from tests.factories.traceability import make_keeper, make_verified_lot
from traceability.models.custody import Lot, LotLink
from traceability.queries.chain import verify_chain
from traceability.rules.entries import PackEntry
from traceability.services.diary import record_loss
from traceability.services.lots import merge_lots, pack_lot, split_lot
from traceability.services.sale import commit_to_sale, return_from_sale

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["split", "merge", "pack", "loss", "sell", "return"]),
        st.integers(0, 9),
        st.integers(0, 9),
        st.decimals(Decimal("0.001"), Decimal(70), places=3),
    ),
    max_size=12,
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS)
def test_no_sequence_of_steps_makes_goods_out_of_nothing(
    session: Session, now: datetime, steps: list[tuple[str, int, int, Decimal]]
) -> None:
    with session.begin_nested() as attempt:
        household_id = make_household(session)
        first = make_verified_lot(session, household_id, now=now)
        who = {"session": session, "household_id": household_id, "actor": make_keeper(household_id), "now": now}
        lots = [first.id]
        lost = sold = Decimal(0)
        codes: set[str] = set()
        for step, one, other, amount in steps:
            lot_id, second = lots[one % len(lots)], lots[other % len(lots)]
            key = uuid.uuid4()
            try:
                with session.begin_nested():
                    if step == "split":
                        parts = split_lot(**who, lot_id=lot_id, parts=[amount], happened_on=first.made_on, key=key)
                        lots += [part.id for part in parts]
                    elif step == "merge":
                        parts_in = [(lot_id, amount), (second, amount)]
                        lots.append(merge_lots(**who, parts=parts_in, happened_on=first.made_on, key=key).id)
                    elif step == "pack":
                        entry = PackEntry(
                            happened_on=first.made_on,
                            taken=amount,
                            amount=amount,
                            unit="kg",
                            best_before_on=first.made_on + timedelta(days=30),
                        )
                        lots.append(pack_lot(**who, lot_id=lot_id, entry=entry, key=key).id)
                    elif step == "loss":
                        record_loss(
                            **who,
                            lot_id=lot_id,
                            amount=amount,
                            reason="Hỏng",
                            happened_on=first.made_on,
                            key=key,
                        )
                        lost += amount
                    elif step == "sell":
                        commit_to_sale(**who, lot_id=lot_id, quantity=amount, key=key)
                        sold += amount
                    else:
                        return_from_sale(**who, lot_id=lot_id, quantity=amount, key=key)
                        sold -= amount
            except Refused as refusal:
                codes.add(refusal.code)
        assert codes <= {"not_enough_left", "parts_wrong", "more_than_is_on_sale"}
        rows = session.execute(
            select(Lot.id, Lot.quantity_made, Lot.quantity_out).where(Lot.household_id == household_id)
        ).all()
        assert all(Decimal(0) <= out <= made for _, made, out in rows)
        left = sum((made - out for _, made, out in rows), Decimal(0))
        assert left + lost + sold == Decimal(100)
        sums = text("SELECT parent_id, sum(quantity) FROM trace_lot_links GROUP BY parent_id")
        linked: dict[int, Decimal] = dict(tuple(row) for row in session.execute(sums))
        assert all(linked.get(lot_id, Decimal(0)) <= out for lot_id, _, out in rows)
        children = set(session.scalars(select(LotLink.child_id)))
        assert {lot_id for lot_id, _, _ in rows} - children >= {first.id}
        assert verify_chain(session, household_id).is_intact
        attempt.rollback()


@pytest.mark.parametrize("unit", ["tui", "kg"])
def test_packs_begin_with_what_was_packed(session: Session, now: datetime, unit: str) -> None:
    household_id = make_household(session)
    lot = make_verified_lot(session, household_id, now=now)
    packs = pack_lot(
        session=session,
        household_id=household_id,
        lot_id=lot.id,
        entry=PackEntry(happened_on=lot.made_on, taken=Decimal(30), amount=Decimal(30), unit=unit, content=Decimal(1)),
        actor=make_keeper(household_id),
        key=uuid.uuid4(),
        now=now,
    )
    assert (packs.unit, packs.remaining, packs.origin) == (unit, Decimal(30), "packing")
