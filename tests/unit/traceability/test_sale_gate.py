"""The gate before sale: a table of sprays and harvests, each item missing alone, certificates, ingredients, claims.

Expected answers of the table are worked out here by counting days since 1970 at seven hours ahead of UTC, with integers
only: no calendar, no time zone of Python, nothing of the rule itself.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from marketplace.core.clock import local_date
from sellers.rules import Goods
from traceability.rules.ingredients import WORKING_LIST, IngredientList
from traceability.rules.lots import LotState
from traceability.rules.sale_gate import (
    CHANGES,
    RULE_VERSION,
    Dose,
    GateFacts,
    Group,
    Place,
    Stage,
    Taking,
    judge,
    needs_best_before,
)
from traceability.rules.waiting import last_waiting_day

_VIET_NAM_S = 7 * 3600
_DAY_S = 86_400
TODAY = date(2026, 11, 20)
SITE = "https://choque.example/id/loc/01hx"
FIELD = 11


@dataclass(frozen=True)
class Paper:
    """A certificate that an officer has seen."""

    kind: str
    label: str
    issued_on: date
    expires_on: date | None
    stars: int | None = None
    produces: tuple[str, ...] = ("Nem chua",)
    productions: tuple[str, ...] = ()
    site_ids: tuple[int, ...] = (FIELD,)


@dataclass(frozen=True)
class Case:
    """Sprays (moment, days of waiting) that stand at the end, and the moment of the harvest that stands."""

    name: str
    sprays: tuple[tuple[datetime, int], ...]
    harvest: datetime


def _day_number(moment: datetime) -> int:
    """Return how many Vietnamese days have begun since 1970, counted in seconds."""
    return (int(moment.timestamp()) + _VIET_NAM_S) // _DAY_S


def expected(case: Case) -> bool:
    """Say whether the harvest was allowed: before the day of each spray, or after day 0 and all its waiting days."""
    taken = _day_number(case.harvest)
    return all(taken < _day_number(at) or taken > _day_number(at) + days for at, days in case.sprays)


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def _cases() -> list[Case]:
    cases = []
    # Hours around midnight in Viet Nam (17:00 UTC) and around midnight in UTC, with every short waiting period.
    spray_hours = {"23:59 VN": (16, 59), "00:00 VN": (17, 0), "23:59 UTC": (23, 59), "00:00 UTC": (0, 0)}
    harvest_hours = {"last minute": (16, 59, 59), "first minute": (17, 0, 0), "noon VN": (5, 0, 0)}
    for (spray_name, clock), (harvest_name, taken), days, later in product(
        spray_hours.items(), harvest_hours.items(), (0, 1, 3, 7, 14), (-1, 0, 1)
    ):
        sprayed = _utc(2026, 11, 3, *clock)
        harvest = _utc(2026, 11, 3, *taken) + timedelta(days=days + later)
        cases.append(Case(f"{spray_name}, {days} days, {harvest_name} {later:+d}", ((sprayed, days),), harvest))
    # Across the ends of months and years, and the leap day of 2028 (2026, 2100 have none).
    for start, days in product(
        (
            _utc(2026, 12, 30, 3),
            _utc(2028, 2, 27, 3),
            _utc(2028, 2, 28, 17),
            _utc(2027, 2, 27, 3),
            _utc(2100, 2, 27, 3),
        ),
        (1, 2, 3, 30, 365),
    ):
        cases += [
            Case(
                f"{start:%Y-%m-%d}, {days} days, on day {days + late}",
                ((start, days),),
                start + timedelta(days=days + late),
            )
            for late in (0, 1)
        ]
    # Two sprays: the longer one counts, whichever came first; one after the harvest does not.
    harvest = _utc(2026, 11, 20, 2)
    for first, second in product(((14, 5), (14, 6), (19, 0), (20, 0)), ((10, 9), (10, 10), (21, 30), (20, 7))):
        sprays = tuple((_utc(2026, 11, day, 2), days) for day, days in (first, second))
        cases += [Case(f"two sprays {first} {second}", sprays, harvest)]
        cases += [Case(f"two sprays {second} {first}", sprays[::-1], harvest)]
    # A corrected spray (what stands is what counts), a withdrawn one (nothing stands), a corrected harvest.
    for moved in (-8, -3, -1, 0, 1, 3):
        cases.append(
            Case(f"spray corrected by {moved}", ((_utc(2026, 11, 15, 4) + timedelta(days=moved), 5),), harvest)
        )
        cases.append(
            Case(f"harvest corrected by {moved}", ((_utc(2026, 11, 15, 4), 5),), harvest + timedelta(days=moved))
        )
    cases.append(Case("spray withdrawn", (), harvest))
    return cases


CASES = _cases()


def test_the_table_is_long_enough_and_knows_both_answers():
    answers = [expected(case) for case in CASES]
    assert len(CASES) >= 200
    assert min(answers.count(True), answers.count(False)) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_waiting_period_is_kept_or_not(case):
    doses = tuple(
        Dose(number, "spraying", "Thuốc", "spinosad", local_date(at), last_waiting_day(local_date(at), days))
        for number, (at, days) in enumerate(case.sprays, start=1)
    )
    taken_on = local_date(case.harvest)
    facts = replace(COMPLETE, made_on=taken_on, takings=(Taking("TH-1", 7, taken_on, doses),))
    (check,) = (one for one in judge(facts).checks if one.code == "waiting_period")
    assert check.is_met is expected(case)
    assert (check.place_id in {dose.record_id for dose in doses}) is not check.is_met
    if not check.is_met:
        assert "không được bán" in check.text


def _stage(kind: str, on: date = date(2026, 10, 1)) -> Stage:
    return Stage(kind, "urn:season", SITE, on, 1)


COMPLETE = GateFacts(
    on=TODAY,
    code="TH-15715-2611-0042",
    trace_uri="https://choque.example/id/class/nem-chua/th-15715-2611-0042",
    product_uri="https://choque.example/id/class/nem-chua",
    produce="Nem chua",
    template="processed",
    origin="making",
    state=LotState.VERIFIED,
    made_on=date(2026, 11, 19),
    best_before_on=date(2026, 11, 26),
    season_id=7,
    photo_count=2,
    producer="Hộ bà Hoa",
    producer_code="HABC123",
    address="Thôn 4, Xã Tân Ninh, Tỉnh Thanh Hóa",
    origin_place="Xưởng, Xã Tân Ninh, Tỉnh Thanh Hóa",
    is_producer_verified=True,
    standards=("Quy chuẩn",),
    goods=(Goods("Nem chua", "processed", FIELD, date(2026, 11, 19)),),
    stages=(_stage("incoming"), _stage("processing"), _stage("making", date(2026, 11, 19))),
)


def test_a_complete_lot_passes_every_check():
    result = judge(COMPLETE)
    assert result.is_open
    assert result.missing == ()
    assert [item.code for item in result.items] == [
        "item_name", "item_image", "item_producer", "item_address", "item_stages", "item_time", "item_trace_code",
        "item_mark", "item_best_before", "item_standard",
    ]  # fmt: skip
    assert result.version == RULE_VERSION
    assert RULE_VERSION in CHANGES
    codes = [check.code for check in result.checks]
    assert len(codes) == len(set(codes))
    assert {check.group for check in result.checks} == set(Group) - {Group.PAPERS}


LACKING = {
    "item_name": ({"produce": " "}, Place.NOWHERE),
    "item_image": ({"photo_count": 0}, Place.DETAILS),
    "item_producer": ({"producer": ""}, Place.HOUSEHOLD),
    "item_address": ({"address": ""}, Place.HOUSEHOLD),
    "item_stages": ({"stages": COMPLETE.stages[1:]}, Place.SEASON),
    "item_time": ({"made_on": None}, Place.SEASON),
    "item_trace_code": ({"trace_uri": ""}, Place.NOWHERE),
    "item_mark": ({"code": "", "brand": ""}, Place.DETAILS),
    "item_best_before": ({"best_before_on": None}, Place.DETAILS),
    "item_standard": ({"standards": ()}, Place.STANDARDS),
    "passport_gtin": ({"product_uri": ""}, Place.NOWHERE),
    "passport_producer_code": ({"producer_code": ""}, Place.NOWHERE),
    "passport_origin": ({"origin_place": ""}, Place.HOUSEHOLD),
    "quantities": ({"is_balanced": False}, Place.NOWHERE),
    "producer_verified": ({"is_producer_verified": False}, Place.HOUSEHOLD),
    "verified": ({"state": LotState.AWAITING}, Place.LOT),
    "not_held": ({"state": LotState.HELD}, Place.LOT),
    "not_recalled": ({"state": LotState.RECALLED}, Place.LOT),
    "in_date": ({"best_before_on": TODAY - timedelta(days=1)}, Place.LOT),
}


@pytest.mark.parametrize("code", LACKING)
def test_each_thing_missing_alone_stops_the_sale_and_is_named(code):
    changes, place = LACKING[code]
    result = judge(replace(COMPLETE, **changes))
    assert not result.is_open
    named = {check.code: check for check in result.missing}
    # A lot without a code has no sign either: its own two items go together.
    assert set(named) == ({code, "item_trace_code"} if code == "item_mark" else {code})
    assert named[code].place is place
    assert named[code].text.endswith(".")
    assert named[code].label


def test_a_stage_without_its_place_is_no_stage():
    stages = (replace(COMPLETE.stages[0], place_code=""), *COMPLETE.stages[1:])
    assert [check.code for check in judge(replace(COMPLETE, stages=stages)).missing] == ["item_stages"]


def test_the_season_or_the_record_is_where_it_is_mended():
    (lacking,) = judge(replace(COMPLETE, stages=COMPLETE.stages[1:])).missing
    assert (lacking.place, lacking.place_id) == (Place.SEASON, 7)
    dose = Dose(31, "spraying", "Thuốc lạ", "", date(2026, 10, 1), date(2026, 10, 8))
    (unnamed,) = judge(replace(COMPLETE, takings=(Taking("TH-1", 7, COMPLETE.made_on, (dose,)),))).missing
    assert (unnamed.code, unnamed.place, unnamed.place_id) == ("ingredient_named", Place.CORRECT, 31)


@pytest.mark.parametrize(
    ("template", "origin", "is_asked"),
    [
        ("vegetable", "harvest", False),
        ("vegetable", "packing", True),
        ("processed", "making", True),
        ("honey", "harvest", False),
        ("craft", "making", False),
        ("craft", "packing", False),
    ],
)
def test_fresh_produce_and_crafts_need_no_last_day(template, origin, is_asked):
    facts = replace(COMPLETE, template=template, origin=origin, best_before_on=None)
    assert needs_best_before(template, origin) is is_asked
    assert [check.code for check in judge(facts).missing] == (["item_best_before"] if is_asked else [])


@pytest.mark.parametrize(
    ("kind", "ingredient", "is_allowed"),
    [
        ("spraying", "Bacillus thuringiensis", True),
        ("spraying", "Nấm Trichoderma", True),
        ("spraying", "Emamectin benzoate 5% + Abamectin 1,8%", True),
        ("spraying", "Mancozeb 64% và Metalaxyl 8%", True),
        ("spraying", "MATRINE (dịch chiết từ cây khổ sâm)", True),
        ("spraying", "Paraquat", False),
        ("spraying", "Abamectin 1,8% + Fipronil 5%", False),
        ("spraying", "Chlorpyrifos ethyl 480g/l", False),
        ("medicine", "Tylosin", True),
        ("medicine", "Chloramphenicol 10%", False),
        ("medicine", "Xanh Malachite", False),
        ("medicine", "", True),
    ],
)
def test_what_may_be_used_is_a_list(kind, ingredient, is_allowed):
    dose = Dose(5, kind, "Thuốc", ingredient, date(2026, 10, 1), date(2026, 10, 8))
    result = judge(replace(COMPLETE, takings=(Taking("TH-1", 7, COMPLETE.made_on, (dose,)),)))
    assert [check.code for check in result.missing] == ([] if is_allowed else ["ingredient_allowed"])
    if not is_allowed:
        (check,) = result.missing
        assert check.place_id == 5


def test_another_list_gives_another_answer_and_says_its_version():
    dose = Dose(5, "spraying", "Thuốc", "Spinosad", date(2026, 10, 1), date(2026, 10, 8))
    facts = replace(COMPLETE, takings=(Taking("TH-1", 7, COMPLETE.made_on, (dose,)),))
    assert judge(facts).is_open
    strict = IngredientList("75/2025", "phụ lục I", ("abamectin",), ())
    assert [check.code for check in judge(replace(facts, ingredients=strict)).missing] == ["ingredient_allowed"]
    allowed = next(check for check in judge(facts).checks if check.code == "ingredient_allowed")
    assert WORKING_LIST.version in allowed.text
    assert strict.digest != WORKING_LIST.digest


def test_a_treatment_after_the_harvest_does_not_touch_it():
    dose = Dose(5, "spraying", "Thuốc", "Paraquat", date(2026, 11, 20), date(2026, 11, 30))
    assert judge(replace(COMPLETE, takings=(Taking("TH-1", 7, date(2026, 11, 19), (dose,)),))).is_open


@pytest.mark.parametrize(
    ("papers", "is_met", "told"),
    [
        ([Paper("vietgap", "VietGAP", date(2026, 1, 1), date(2026, 11, 20))], True, "còn hạn"),
        ([Paper("vietgap", "VietGAP", date(2026, 1, 1), None)], True, "còn hạn"),
        ([Paper("vietgap", "VietGAP", date(2026, 1, 1), date(2026, 11, 19))], False, "hết hạn ngày 19/11/2026"),
        ([Paper("vietgap", "VietGAP", date(2026, 11, 20), None)], False, "chưa nằm trong thời hạn"),
        ([Paper("ocop", "OCOP 4 sao", date(2026, 1, 1), None)], False, "không có giấy VietGAP nào"),
        ([], False, "không có giấy VietGAP nào"),
        (
            [Paper("vietgap", "VietGAP", date(2026, 1, 1), None, produces=("Mắm tép",))],
            False,
            "không cấp cho “Nem chua”",
        ),
        ([Paper("vietgap", "VietGAP", date(2026, 1, 1), None, site_ids=(12,))], False, "làm ra ở nơi này"),
        ([Paper("vietgap", "VietGAP", date(2026, 1, 1), None, produces=())], False, "không cấp cho “Nem chua”"),
        (
            [
                Paper("vietgap", "VietGAP", date(2024, 1, 1), date(2026, 11, 19)),
                Paper("vietgap", "VietGAP", date(2026, 11, 20), date(2028, 11, 20)),
            ],
            True,
            "còn hạn",
        ),
    ],
)
def test_a_claimed_certificate_has_to_be_in_date(papers, is_met, told):
    result = judge(replace(COMPLETE, papers=tuple(papers), claims=frozenset({"vietgap"})))
    (check,) = (one for one in result.checks if one.code == "certificate_vietgap")
    assert check.is_met is is_met
    assert result.is_open is is_met
    assert told in check.text
    assert check.place is Place.CERTIFICATES


@pytest.mark.parametrize(
    ("claim", "stars", "is_met"),
    [("ocop", 3, True), ("ocop-3", 3, True), ("ocop-3", 4, True), ("ocop-4", 3, False), ("ocop-5", 3, False)],
)
def test_stars_that_are_claimed_have_to_be_granted(claim, stars, is_met):
    paper = Paper("ocop", f"OCOP {stars} sao", date(2026, 1, 1), None, stars=stars)
    result = judge(replace(COMPLETE, papers=(paper,), claims=frozenset({claim})))
    assert result.is_open is is_met
    if not is_met:
        assert f"chỉ là OCOP {stars} sao" in result.missing[0].text


@pytest.mark.parametrize(
    ("standards", "claims", "ends", "until"),
    [
        (("Quy chuẩn",), (), [date(2026, 12, 1)], None),
        ((), (), [date(2026, 12, 1)], date(2026, 12, 1)),
        ((), (), [date(2026, 12, 1), None], None),
        (("Quy chuẩn",), ("vietgap",), [date(2026, 12, 1)], date(2026, 12, 1)),
        (("Quy chuẩn",), ("vietgap",), [date(2026, 12, 1), date(2027, 1, 5)], date(2027, 1, 5)),
        (("Quy chuẩn",), ("vietgap",), [None], None),
    ],
)
def test_an_open_gate_says_until_when_its_papers_hold(standards, claims, ends, until):
    papers = tuple(Paper("vietgap", "VietGAP", date(2026, 1, 1), end) for end in ends)
    result = judge(replace(COMPLETE, standards=standards, claims=frozenset(claims), papers=papers))
    assert result.is_open
    assert result.papers_until == until


def test_a_certificate_in_date_is_a_standard_and_one_that_ran_out_is_none():
    paper = Paper("vietgap", "VietGAP", date(2026, 1, 1), TODAY)
    assert judge(replace(COMPLETE, standards=(), papers=(paper,))).is_open
    ended = replace(paper, expires_on=TODAY - timedelta(days=1))
    assert [check.code for check in judge(replace(COMPLETE, standards=(), papers=(ended,))).missing] == [
        "item_standard"
    ]
