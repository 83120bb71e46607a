"""The gate before sale on a real database: diaries with corrections, what is sealed, and what mends a lot."""

import json
import uuid
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from sqlalchemy import text

from marketplace.core.errors import Conflict, NotFound, Refused
from tests.factories.sellers import make_certificate, make_household, make_site
from tests.factories.traceability import (
    NOW,
    make_keeper,
    make_lot,
    make_photo,
    make_season,
    make_standard,
    make_verified_lot,
)
from traceability.queries.lots import find_unsellable, get_lot
from traceability.queries.sale_gate import find_gate, get_ingredients, judge_lot, list_standards
from traceability.queries.story import list_story
from traceability.rules.entries import HarvestEntry, WorkEntry
from traceability.rules.ingredients import BUILT_IN, IngredientList
from traceability.rules.sale_gate import RULE_VERSION
from traceability.services.corrections import correct_record, withdraw_record
from traceability.services.diary import record_work
from traceability.services.harvest import record_harvest
from traceability.services.lot_details import add_lot_details
from traceability.services.lots import merge_lots
from traceability.services.sale import commit_to_sale
from traceability.services.sale_gate import declare_standard, load_ingredients, review_gates

TODAY = date(2026, 11, 20)
HARVEST = date(2026, 11, 19)


def spray(session, household_id, season, on, days, *, kind="spraying", ingredient="Spinosad", actor=None):
    return record_work(
        session=session,
        household_id=household_id,
        season_id=season.id,
        entry=WorkEntry(
            kind=kind,
            happened_on=on,
            product="Thuốc A",
            ingredient=ingredient,
            target="sâu",
            waiting_days=days,
        ),
        actor=actor or make_keeper(household_id),
        key=uuid.uuid4(),
        now=NOW,
    )


def harvest(session, household_id, season, on=HARVEST, amount=50):
    return record_harvest(
        session=session,
        household_id=household_id,
        season_id=season.id,
        entry=HarvestEntry(happened_on=on, amount=Decimal(amount), unit="kg", photos=(make_photo(session),)),
        actor=make_keeper(household_id),
        key=uuid.uuid4(),
        now=NOW,
    )


def who(session, household_id):
    return {"session": session, "household_id": household_id, "actor": make_keeper(household_id), "now": NOW}


def put(session, household_id, lot, quantity=5, claims=(), key=None):
    return commit_to_sale(
        **who(session, household_id),
        lot_id=lot.id,
        quantity=Decimal(quantity),
        key=key or uuid.uuid4(),
        claims=claims,
    )


def missing(session, lot, on=TODAY, claims=()):
    return [check.code for check in judge_lot(session, get_lot(session, lot.id), on=on, claims=claims).missing]


def events(session, name):
    rows = session.execute(text("SELECT payload FROM core_outbox WHERE name = :name ORDER BY id"), {"name": name})
    return [payload for (payload,) in rows]


def statements(session, kind):
    rows = session.execute(text("SELECT content FROM trace_log_entries WHERE kind = :kind ORDER BY id"), {"kind": kind})
    return [json.loads(bytes(content)) for (content,) in rows]


# A spray (days before the harvest, days of waiting) as first entered, and what became of the entry later.
_AFTER = ("stands", "withdrawn", "moved earlier", "moved later", "shorter", "longer", "corrected twice")
_ENTERED = ((2, 0), (0, 0), (3, 3), (3, 2), (7, 10), (30, 29), (30, 30), (-0, 5))


def _standing(before, days, after):
    """Return (days before the harvest, waiting days) of what stands in the end, or nothing."""
    return {
        "stands": (before, days),
        "withdrawn": None,
        "moved earlier": (before + 4, days),
        "moved later": (max(before - 1, 0), days),
        "shorter": (before, max(days - 1, 0)),
        "longer": (before, days + 3),
        "corrected twice": (before + 2, days),
    }[after]


@pytest.mark.parametrize(("entered", "after"), list(product(_ENTERED, _AFTER)))
@pytest.mark.parametrize("kind", ["spraying", "medicine"])
def test_what_stands_in_the_diary_decides(session, entered, after, kind):
    before, days = entered
    household_id = make_household(session)
    season = make_season(session, household_id, started_on=HARVEST - timedelta(days=60))
    lot = harvest(session, household_id, season)
    record = spray(session, household_id, season, HARVEST - timedelta(days=before), days, kind=kind)
    change = {**who(session, household_id), "reason": "ghi nhầm"}
    stands = _standing(before, days, after)
    if stands is None:
        withdraw_record(**change, record_id=record.id, key=uuid.uuid4())
    elif after != "stands":
        if after == "corrected twice":
            record = correct_record(**change, record_id=record.id, changes={"waiting_days": 40}, key=uuid.uuid4())
        new = {"happened_on": HARVEST - timedelta(days=stands[0]), "waiting_days": stands[1]}
        correct_record(**change, record_id=record.id, changes=new, key=uuid.uuid4())
    # The produce may be taken on the first day after the day of the spray and its waiting days.
    is_kept = stands is None or stands[0] > stands[1]
    assert ("waiting_period" not in missing(session, lot)) is is_kept
    assert (get_lot(session, lot.id).state == "held") is not is_kept


def test_a_new_season_on_the_same_site_does_not_dodge_a_spray(session):
    household_id = make_household(session)
    site_id, other_id = make_site(session, household_id), make_site(session, household_id, name="Ruộng khác")
    season = make_season(session, household_id, site_id=site_id, started_on=HARVEST - timedelta(days=50))
    spray(session, household_id, season, HARVEST - timedelta(days=6), 10)
    fresh = {"started_on": HARVEST - timedelta(days=5)}
    dodging = make_season(session, household_id, site_id=site_id, **fresh)
    elsewhere = make_season(session, household_id, site_id=other_id, **fresh)
    another = make_season(session, household_id, site_id=site_id, produce="Cà chua", **fresh)
    for blocked in (dodging, another):
        with pytest.raises(Refused) as refusal:
            harvest(session, household_id, blocked)
        assert refusal.value.code == "waiting_period_not_over"
    assert "waiting_period" not in missing(session, harvest(session, household_id, elsewhere))


def test_a_mixture_keeps_the_treatments_of_all_that_went_in(session):
    household_id = make_household(session)
    lots = []
    for _ in range(2):
        site_id = make_site(session, household_id)
        season = make_season(session, household_id, site_id=site_id, started_on=HARVEST - timedelta(days=50))
        lots.append(harvest(session, household_id, season))
    merged = merge_lots(
        **who(session, household_id),
        parts=[(lot.id, Decimal(10)) for lot in lots],
        happened_on=HARVEST,
        key=uuid.uuid4(),
    )
    assert "waiting_period" not in missing(session, merged)
    spray(session, household_id, season, HARVEST - timedelta(days=6), 10)
    assert "waiting_period" in missing(session, merged)
    assert "waiting_period" not in missing(session, lots[0])


def test_an_incomplete_lot_is_refused_with_the_whole_list_and_nothing_moves(session):
    household_id = make_household(session, hamlet="", address_line="")
    lot = make_verified_lot(session, household_id, template="processed", produce="Nem chua")
    season = make_season(session, household_id)
    with pytest.raises(Refused) as refusal:
        put(session, household_id, lot)
    assert refusal.value.code == "lot_incomplete_for_sale"
    assert [one["code"] for one in refusal.value.params["missing"]] == ["item_address", "item_best_before"]
    assert refusal.value.params["rules"] == RULE_VERSION
    for told in (lot.code, "số nhà", "hạn sử dụng"):
        assert told in refusal.value.message
    assert get_lot(session, lot.id).quantity_out == 0
    assert find_gate(session, lot.id) is None
    assert "listed" not in {record.kind for record in list_story(session, lot)}
    assert season.is_open


def test_the_rules_and_their_answer_are_sealed_with_what_goes_on_sale(session):
    household_id = make_household(session)
    lot = make_verified_lot(session, household_id)
    key = uuid.uuid4()
    put(session, household_id, lot, key=key)
    put(session, household_id, lot, key=key)
    (listed,) = [one for one in list_story(session, lot) if one.kind == "listed"]
    assert listed.details["ruleVersion"] == RULE_VERSION
    assert listed.details["saleGate"] == "open"
    assert {"waiting_period", "item_standard", "quantities", "verified"} <= set(listed.details["gateChecks"])
    gate = find_gate(session, lot.id)
    assert gate is not None
    assert (gate.is_open, gate.missing, gate.version) == (True, (), RULE_VERSION)


def test_a_certificate_that_runs_out_closes_the_gate_and_a_new_one_opens_it(session):
    household_id = make_household(session)
    certificate = {"issued_on": date(2026, 1, 5), "expires_on": TODAY + timedelta(days=2)}
    make_certificate(session, household_id, **certificate)
    lot = make_verified_lot(session, household_id)
    put(session, household_id, lot, claims={"vietgap"})
    assert review_gates(session=session, lot_ids=[lot.id], now=NOW + timedelta(days=2)) == []
    assert find_unsellable(session, [lot.id], TODAY) == set()

    later = NOW + timedelta(days=3)
    assert review_gates(session=session, lot_ids=[lot.id], now=later) == [lot.id]
    assert review_gates(session=session, lot_ids=[lot.id], now=later) == []
    assert find_unsellable(session, [lot.id], TODAY) == {lot.id}
    (told,) = events(session, "traceability.sale_gate_closed")
    assert told["lot_ids"] == [lot.id]
    assert told["household_id"] == household_id
    assert "hết hạn ngày 22/11/2026" in told["reason"]
    with pytest.raises(Refused) as refusal:
        commit_to_sale(
            **{**who(session, household_id), "now": later},
            lot_id=lot.id,
            quantity=Decimal(1),
            key=uuid.uuid4(),
            claims={"vietgap"},
        )
    assert [one["code"] for one in refusal.value.params["missing"]] == ["certificate_vietgap"]

    make_certificate(session, household_id, issued_on=TODAY, expires_on=TODAY + timedelta(days=700))
    assert review_gates(session=session, lot_ids=[lot.id], now=later) == [lot.id]
    assert find_unsellable(session, [lot.id], TODAY) == set()
    assert [one["lot_ids"] for one in events(session, "traceability.sale_gate_opened")] == [[lot.id]]
    turned = [one for one in statements(session, "policy") if one["type"] == "sale-gate"]
    assert [(one["result"], one["missing"]) for one in turned] == [
        ("closed", ["certificate_vietgap"]),
        ("open", []),
    ]


def test_a_correction_closes_the_gate_in_the_same_transaction(session):
    household_id = make_household(session)
    season = make_season(session, household_id, started_on=HARVEST - timedelta(days=50))
    record = spray(session, household_id, season, HARVEST - timedelta(days=20), 3)
    lot = make_verified_lot(session, household_id, season=season, harvested_on=HARVEST)
    put(session, household_id, lot)
    change = {**who(session, household_id), "reason": "nhãn ghi khác"}
    record = correct_record(**change, record_id=record.id, changes={"ingredient": "Paraquat"}, key=uuid.uuid4())
    gate = find_gate(session, lot.id)
    assert (gate.is_open, gate.missing) == (False, ("ingredient_allowed",))
    assert find_unsellable(session, [lot.id], TODAY) == {lot.id}
    (told,) = events(session, "traceability.sale_gate_closed")
    assert "Paraquat" in told["reason"]
    correct_record(**change, record_id=record.id, changes={"ingredient": "Spinosad"}, key=uuid.uuid4())
    assert find_gate(session, lot.id).is_open
    assert find_unsellable(session, [lot.id], TODAY) == set()


def test_a_hold_is_told_once_and_by_itself(session):
    household_id = make_household(session)
    season = make_season(session, household_id, started_on=HARVEST - timedelta(days=50))
    lot = make_verified_lot(session, household_id, season=season, harvested_on=HARVEST)
    put(session, household_id, lot)
    spray(session, household_id, season, HARVEST - timedelta(days=1), 7)
    assert get_lot(session, lot.id).state == "held"
    assert set(find_gate(session, lot.id).missing) == {"waiting_period", "not_held"}
    assert len(events(session, "traceability.lot_held")) == 1


def test_goods_that_left_without_a_record_are_seen(session):
    household_id = make_household(session)
    lot = make_verified_lot(session, household_id)
    session.execute(text("UPDATE trace_lots SET quantity_out = 7 WHERE id = :id"), {"id": lot.id})
    assert missing(session, lot) == ["quantities"]


def test_a_lot_is_mended_where_the_list_points(session):
    household_id = make_household(session)
    lot = make_lot(session, household_id, template="processed", is_complete=False)
    assert {"item_image", "item_stages", "item_best_before", "item_standard"} <= set(missing(session, lot))
    make_standard(session, household_id, template="processed")
    photo = make_photo(session, "cd" * 32)
    key = uuid.uuid4()
    given = {"photos": (photo,), "brand": " Nem bà Hoa ", "best_before_on": HARVEST + timedelta(days=9)}
    mended = add_lot_details(**who(session, household_id), lot_id=lot.id, key=key, **given)
    assert (mended.photo_sha256, mended.best_before_on) == (photo, HARVEST + timedelta(days=9))
    assert add_lot_details(**who(session, household_id), lot_id=lot.id, key=key, **given) == mended
    assert missing(session, lot) == ["item_stages", "verified"]
    marks = [check for check in judge_lot(session, mended, on=TODAY).items if check.code == "item_mark"]
    assert marks[0].text == "Nem bà Hoa"
    assert [one.kind for one in list_story(session, lot)].count("details") == 1

    for refused, code in (
        ({**given, "photos": ()}, "best_before_is_set"),
        ({"photos": (), "brand": " ", "best_before_on": None}, "nothing_added"),
        ({"photos": (), "brand": "gọi 0912345678", "best_before_on": None}, "contact_in_sealed_text"),
    ):
        with pytest.raises(Refused) as refusal:
            add_lot_details(**who(session, household_id), lot_id=lot.id, key=uuid.uuid4(), **refused)
        assert refusal.value.code == code
    stranger = make_household(session)
    with pytest.raises(NotFound):
        add_lot_details(**who(session, stranger), lot_id=lot.id, key=uuid.uuid4(), **given)


def test_a_standard_is_declared_once_logged_and_opens_the_gate(session):
    household_id, other_id = make_household(session), make_household(session)
    lot = make_verified_lot(session, household_id)
    assert list(list_standards(session, household_id)) == ["vegetable"]
    key = uuid.uuid4()
    told = {"template": "rice", "code": "own", "number": "TCCS 07:2026", "key": key}
    declare_standard(**who(session, household_id), **told)
    declare_standard(**who(session, household_id), **told)
    with pytest.raises(Conflict):
        declare_standard(**who(session, other_id), **told)
    assert list_standards(session, household_id)["rice"].text.endswith("TCCS 07:2026")
    logged = [one for one in statements(session, "master-data") if one.get("production") == "rice"]
    assert [(one["standard"], one["number"]) for one in logged] == [("own", "TCCS 07:2026")]
    assert "Hoa" not in json.dumps(logged, ensure_ascii=False)
    assert missing(session, lot) == []


def test_an_operators_list_of_ingredients_takes_over_and_is_logged(session):
    assert get_ingredients(session).version == BUILT_IN
    given = IngredientList("75/2025", "Phụ lục I", ("Abamectin",), ("Chloramphenicol",))
    assert load_ingredients(session=session, given=given, now=NOW) is True
    assert load_ingredients(session=session, given=given, now=NOW) is False
    assert (get_ingredients(session).version, get_ingredients(session).digest) == ("75/2025", given.digest)
    with pytest.raises(Conflict):
        load_ingredients(session=session, given=IngredientList("75/2025", "khác", ("Spinosad",), ()), now=NOW)
    logged = [one for one in statements(session, "policy") if one["type"] == "ingredients"]
    assert [(one["version"], one["sha256"]) for one in logged] == [("75/2025", given.digest)]
