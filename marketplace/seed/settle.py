"""One household settles in: registered, checked by its commune, with places, papers, an account, a diary and goods."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from marketplace.accounts.queries import get_title, load_actor
from marketplace.accounts.rules import Actor
from marketplace.accounts.services import grant_helper, join_household
from marketplace.core.clock import local_date, start_of_local_day
from marketplace.core.text import fold
from marketplace.seed.accounts import HELPER_PHONE, People, make_farmer
from marketplace.seed.diaries import HELD, SECOND_SITE, UNNAMED_SPRAY, Farm, find_site, plan_diary, produce_of, way_of
from marketplace.seed.dice import dice, key
from marketplace.seed.goods import Goods
from marketplace.seed.households import HouseholdPlan
from marketplace.seed.photo_album import Album
from marketplace.seed.sensors import EQUIPPED, install_sensors
from marketplace.seed.shelf import plan_shelf
from marketplace.seed.timeline import Timeline
from sellers.queries import get_commune_by_code, get_household
from sellers.rules import Scope
from sellers.services.certificates import CertificateFacts, add_certificate, decide_certificate
from sellers.services.households import (
    HouseholdFacts,
    check_identity,
    edit_household,
    register_household,
    submit_identity,
)
from sellers.services.payouts import set_payout_account
from sellers.services.sites import SiteFacts, add_site
from traceability.services.sale_gate import declare_standard

_JOINED = timedelta(days=700)
_BANKS = ("970405", "970436", "970415", "970418", "970422")
_AREAS = {"field": 1800, "orchard": 5200, "pond": 2600, "workshop": 90}
_OCOP_TEMPLATES = frozenset({"processed", "honey", "craft"})
_STANDARDS = {
    "vegetable": ("tcvn", "TCVN 11892-1:2017"),
    "processed": ("qcvn", ""),
    "craft": ("own", "TCCS 01:2026"),
}
_VIETGAP_TEMPLATES = frozenset({"vegetable", "fruit", "rice"})


def settle_household(  # noqa: PLR0917 - whom, with whom, with what, until when
    session: Session, plan: HouseholdPlan, people: People, album: Album, password_hash: str, now: datetime
) -> int:
    """Make one household with everything that it did until ``now``; return its id. One that is there stays as it is."""
    commune = get_commune_by_code(session, plan.commune_code)
    joined = now - _JOINED
    household_id = register_household(
        session=session, facts=_facts(plan), kind=plan.kind, commune_id=commune.id,
        form_key=key(plan.code, "household"), now=joined,
    )  # fmt: skip
    if get_household(session, household_id).is_verified:
        return household_id
    user_id = make_farmer(session, plan, password_hash, joined)
    join_household(session=session, user_id=user_id, household_id=household_id, now=joined)
    farmer = load_actor(session, user_id)
    officer_id = people.officers[plan.commune_code]
    officer = load_actor(session, officer_id)
    edit_household(
        session=session, household_id=household_id, facts=_facts(plan), actor=farmer, now=joined,
        photo_sha256=album.scene("home", plan.code),
    )  # fmt: skip
    submit_identity(session=session, household_id=household_id)
    check_identity(
        session=session, household_id=household_id, officer=officer,
        method="business_licence" if plan.kind == "cooperative" else "cccd_checked_in_person",
        number=_identity_number(plan),
        is_accepted=True, reason="", own_household_ids=frozenset(), now=joined + timedelta(days=2),
    )  # fmt: skip
    _set_account(session, plan, household_id, farmer, joined)
    sites = _add_sites(session, plan, household_id)
    _add_papers(session, plan, household_id, farmer, officer, local_date(now), joined, sites)
    _declare_standards(session, plan, household_id, farmer, joined + timedelta(days=6))
    helper = _helper(session, plan, household_id, people, user_id, joined)
    farm = Farm(
        session=session, household_id=household_id, farmer=farmer, officer=officer,
        officer_title=get_title(session, officer_id), sites=sites, album=album,
        timeline=Timeline(until=now - timedelta(minutes=30)), today=local_date(now), helper=helper,
    )  # fmt: skip
    if plan.code == EQUIPPED:
        install_sensors(farm, now - timedelta(minutes=30))
    for place, goods in enumerate(plan.goods):
        plan_diary(farm, goods, plan.index + place * 3)
        plan_shelf(farm, goods)
    farm.timeline.run()
    return household_id


def _facts(plan: HouseholdPlan) -> HouseholdFacts:
    return HouseholdFacts(
        shown_name=plan.shown_name,
        representative=plan.representative,
        phone=plan.phone,
        hamlet=plan.hamlet,
        address_line=plan.address_line,
        pickup_note=plan.pickup_note,
        story=plan.story,
    )


def _identity_number(plan: HouseholdPlan) -> str:
    """Return the number on the paper that the officer saw: a tax code, or a number of somebody born in Thanh Hóa."""
    d = dice("identity", plan.code)
    if plan.kind == "cooperative":
        return f"280{d.randrange(10**7):07d}"
    return f"038{d.choice((0, 1))}{d.randrange(55, 95):02d}{plan.index:06d}"


def _declare_standards(session: Session, plan: HouseholdPlan, household_id: int, farmer: Actor, now: datetime) -> None:
    for template in sorted({goods.template for goods in plan.goods}):
        code, number = _STANDARDS.get(template, ("pledge", ""))
        declare_standard(
            session=session, household_id=household_id, template=template, code=code, number=number, actor=farmer,
            key=key(plan.code, "standard", template), now=now,
        )  # fmt: skip


def _helper(  # noqa: PLR0917 - as above
    session: Session, plan: HouseholdPlan, household_id: int, people: People, user_id: int, joined: datetime
) -> Actor | None:
    if plan.index % 6 and plan.code != "lon-bachi":
        return None
    grant_helper(
        session=session,
        household_id=household_id,
        phone=HELPER_PHONE,
        granted_by=user_id,
        now=joined + timedelta(days=5),
    )
    return load_actor(session, people.helper_id, household_id)


def _add_sites(session: Session, plan: HouseholdPlan, household_id: int) -> dict[str, int]:
    sites: dict[str, int] = {}
    for goods in plan.goods:
        way = way_of(goods)
        if way.site_kind in sites:
            _add_own_site(session, plan, household_id, goods, sites)
            continue
        d = dice("site", plan.code, way.site_kind)
        facts = SiteFacts(
            kind=way.site_kind,
            name=way.site_name,
            area_m2=int(round(_AREAS[way.site_kind] * d.uniform(0.6, 1.5), -1)) if way.site_kind in _AREAS else None,
            capacity_heads=d.choice((30, 60, 120)) if way.site_kind == "barn" else None,
        )
        sites[way.site_kind] = add_site(
            session=session, household_id=household_id, facts=facts, form_key=key(plan.code, "site", way.site_kind)
        )
        _add_rented(session, plan, household_id, facts, sites)
        if way.site_kind == "barn":
            for pen in (1, 2):
                add_site(
                    session=session, household_id=household_id,
                    facts=SiteFacts(kind="pen", name=f"Ô số {pen}", parent_id=sites["barn"], capacity_heads=12),
                    form_key=key(plan.code, "pen", pen),
                )  # fmt: skip
    return sites


def _add_own_site(
    session: Session, plan: HouseholdPlan, household_id: int, goods: Goods, sites: dict[str, int]
) -> None:
    """Give a further product a place of its own: a waiting period holds for everything at one place."""
    way = way_of(goods)
    if way.site_kind == "workshop":
        return
    count = 2 + sum(name.startswith(f"{way.site_kind}/") for name in sites)
    name = f"{way.site_kind}/{goods.slug}"
    facts = SiteFacts(
        kind=way.site_kind,
        name=f"{way.site_name}, khu {count}",
        area_m2=_AREAS.get(way.site_kind),
        capacity_heads=60 if way.site_kind == "barn" else None,
    )
    sites[name] = add_site(
        session=session, household_id=household_id, facts=facts, form_key=key(plan.code, "site", name)
    )


def _add_rented(
    session: Session, plan: HouseholdPlan, household_id: int, facts: SiteFacts, sites: dict[str, int]
) -> None:
    """Give each product with a second crop a rented place for it."""
    for goods in plan.goods:
        if goods.slug not in HELD | UNNAMED_SPRAY or way_of(goods).site_kind != facts.kind:
            continue
        name = f"{SECOND_SITE}/{goods.slug}"
        rented = replace(facts, name=f"{facts.name}, chỗ thuê thêm cho {goods.name.lower()}")
        sites[name] = add_site(
            session=session, household_id=household_id, facts=rented, form_key=key(plan.code, "site", name)
        )


def _set_account(session: Session, plan: HouseholdPlan, household_id: int, farmer: Actor, now: datetime) -> None:
    d = dice("bank", plan.code)
    set_payout_account(
        session=session, household_id=household_id, bank_bin=d.choice(_BANKS),
        account_number=f"0000{d.randrange(10**8):08d}", holder=fold(plan.representative).upper(), actor=farmer, now=now,
    )  # fmt: skip


def _add_papers(  # noqa: PLR0917 - whose, by whom, seen by whom, when
    session: Session,
    plan: HouseholdPlan,
    household_id: int,
    farmer: Actor,
    officer: Actor,
    today: date,
    joined: datetime,
    sites: dict[str, int],
) -> None:
    d = dice("papers", plan.code)
    papers: list[tuple[CertificateFacts, bool]] = []
    for goods in plan.goods:
        issued = today - timedelta(days=d.randrange(60, 500))
        if goods.template in _OCOP_TEMPLATES and d.random() < 0.6:
            stars = d.choice((3, 3, 4))
            papers.append((_paper("ocop", goods, sites, issued, 1095, d.randrange(10, 900), stars), True))
        elif goods.template in _VIETGAP_TEMPLATES and ("VietGAP" in goods.name or d.random() < 0.4):
            papers.append((_paper("vietgap", goods, sites, issued, 730, d.randrange(10, 900)), True))
        elif goods.template == "processed":
            papers.append((_paper("food_safety", goods, sites, issued, 1095, d.randrange(10, 900)), d.random() < 0.7))
    if plan.index % 9 == 0:
        old = today - timedelta(days=800)
        papers.append((_paper("vietgap", plan.goods[0], sites, old, 730, d.randrange(10, 900)), True))
    for place, (facts, is_seen) in enumerate(papers):
        certificate_id = add_certificate(
            session=session, household_id=household_id, facts=facts, photo_sha256=None, actor=farmer,
            form_key=key(plan.code, "paper", place),
        )  # fmt: skip
        if is_seen:
            decide_certificate(
                session=session, certificate_id=certificate_id, officer=officer, is_accepted=True, reason="",
                now=max(joined, start_of_local_day(facts.issued_on)) + timedelta(days=3, hours=9),
            )  # fmt: skip


def _paper(  # noqa: PLR0917 - what stands on it
    kind: str,
    goods: Goods,
    sites: dict[str, int],
    issued: date,
    days: int,
    number: int,
    stars: int | None = None,
) -> CertificateFacts:
    issuers = {
        "ocop": "Ủy ban nhân dân tỉnh Thanh Hóa",
        "vietgap": "Tổ chức chứng nhận VietGAP Bắc Trung Bộ",
        "food_safety": "Chi cục Quản lý chất lượng nông sản",
    }
    return CertificateFacts(
        kind=kind,
        number=f"{number:04d}/{issued.year}/{kind.upper().replace('_', '-')}",
        issuer=issuers[kind],
        issued_on=issued,
        expires_on=issued + timedelta(days=days),
        stars=stars,
        scope=goods.name,
        covers=Scope((produce_of(goods),), (), (find_site(sites, goods, way_of(goods)),)),
    )
