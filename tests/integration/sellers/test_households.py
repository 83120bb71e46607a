"""Households, their places and papers, against a real database."""

import uuid
from datetime import date

import pytest
from sqlalchemy import func, select, text

from marketplace.accounts.rules import Role
from marketplace.core.errors import NotFound, Refused
from sellers.models import Certificate, Household, IdentityCheck, PayoutAccount, Site
from sellers.queries import (
    find_payout_account,
    get_household,
    list_certificates,
    list_commune_certificates,
    list_household_cards,
    list_identity_checks,
    list_seller_disclosures,
    list_sites,
    list_valid_certificates,
    pickup_address,
)
from sellers.services.certificates import decide_certificate, expire_certificates
from sellers.services.households import (
    check_identity,
    register_household,
    submit_identity,
    suspend_household,
)
from sellers.services.payouts import set_payout_account
from sellers.services.sites import SiteFacts, add_site, edit_site, remove_site
from tests.factories.accounts import make_actor, make_user
from tests.factories.sellers import make_certificate, make_commune, make_facts, make_household, make_site

TODAY = date(2026, 11, 20)


def _events(session, name):
    found = session.execute(text("SELECT payload FROM core_outbox WHERE name = :name ORDER BY id"), {"name": name})
    return [row.payload for row in found]


def _check(session, household_id, officer, now, **changes: object):
    about = {
        "method": "cccd_checked_in_person",
        "number": "038 090 001 234",
        "is_accepted": True,
        "reason": "",
        "own_household_ids": frozenset(),
        **changes,
    }
    check_identity(session=session, household_id=household_id, officer=officer, now=now, **about)


@pytest.fixture
def officer(session):
    return make_actor(session, roles={Role.OFFICER}, commune_id=make_commune(session))


def test_joining_twice_with_one_form_makes_one_household(session, now):
    key, commune_id = uuid.uuid4(), make_commune(session)
    about = {"facts": make_facts(), "kind": "household", "commune_id": commune_id, "form_key": key, "now": now}
    first = register_household(session=session, **about)
    assert register_household(session=session, **about) == first
    household = get_household(session, first)
    assert (household.state, household.commune_name) == ("draft", "Xã Tân Ninh")
    assert household.code.startswith("H")
    assert len(household.code) == 8


def test_an_officer_makes_sure_who_it_is(session, officer, now):
    household_id = make_household(session, state="draft")
    submit_identity(session=session, household_id=household_id)
    submit_identity(session=session, household_id=household_id)
    _check(session, household_id, officer, now)
    assert get_household(session, household_id).is_verified
    assert _events(session, "sellers.household_verified") == [{"household_id": household_id}]
    (check,) = list_identity_checks(session, household_id)
    assert (check.last4, check.is_accepted, check.method_label) == ("1234", True, "Xem căn cước tại chỗ")
    stored = session.execute(select(IdentityCheck)).scalar_one()
    assert "038090001234" not in repr(vars(stored))


def test_a_household_sent_back_learns_why_and_is_not_verified(session, officer, now):
    household_id = make_household(session, state="identity_pending")
    with pytest.raises(Refused) as refused:
        _check(session, household_id, officer, now, is_accepted=False)
    assert refused.value.field == "reason"
    _check(session, household_id, officer, now, is_accepted=False, reason="Chưa gặp được chủ hộ.")
    assert get_household(session, household_id).state == "draft"
    assert list_identity_checks(session, household_id)[0].reason == "Chưa gặp được chủ hộ."
    assert _events(session, "sellers.household_verified") == []


@pytest.mark.parametrize("state", ["draft", "verified", "suspended"])
def test_nobody_is_verified_out_of_turn(session, officer, now, state):
    household_id = make_household(session, state=state)
    with pytest.raises(Refused):
        _check(session, household_id, officer, now)
    assert session.execute(select(func.count()).select_from(IdentityCheck)).scalar_one() == 0


def test_an_officer_checks_neither_strangers_nor_the_own_household(session, officer, now):
    there = make_household(session, commune_id=make_commune(session, code="15000", name="Xã Yên Thọ"))
    with pytest.raises(NotFound):
        _check(session, there, officer, now)
    own = make_household(session, state="identity_pending")
    with pytest.raises(Refused) as refused:
        _check(session, own, officer, now, own_household_ids=frozenset({own}))
    assert refused.value.code == "own_household"
    with pytest.raises(NotFound):
        _check(session, own, make_actor(session), now)
    assert get_household(session, own).state == "identity_pending"


def test_barring_and_letting_sell_again(session):
    household_id = make_household(session)
    suspend_household(session=session, household_id=household_id, is_suspended=True)
    with pytest.raises(Refused):
        suspend_household(session=session, household_id=household_id, is_suspended=True)
    assert not get_household(session, household_id).is_verified
    suspend_household(session=session, household_id=household_id, is_suspended=False)
    assert get_household(session, household_id).is_verified
    assert _events(session, "sellers.household_changed") == [{"household_id": household_id}] * 2


def test_only_the_own_people_say_where_money_goes(session, officer, now):
    household_id = make_household(session)
    owner = make_actor(session, household_id=household_id)
    helper = make_actor(session, roles={Role.HELPER}, household_id=household_id)
    account = {"bank_bin": "970405", "account_number": "3512205001234", "holder": "LE THI HOA", "now": now}
    for stranger in (helper, officer, make_actor(session)):
        with pytest.raises(NotFound):
            set_payout_account(session=session, household_id=household_id, actor=stranger, **account)
    assert find_payout_account(session, household_id) is None
    set_payout_account(session=session, household_id=household_id, actor=owner, **account)
    view = find_payout_account(session, household_id)
    assert (view.bank, view.masked_number, view.holder) == ("Agribank", "••••1234", "LE THI HOA")
    for wrong in ({"bank_bin": "123456"}, {"account_number": "12"}, {"account_number": "35ă1234"}):
        with pytest.raises(Refused) as refused:
            set_payout_account(session=session, household_id=household_id, actor=owner, **{**account, **wrong})
        assert refused.value.field == next(iter(wrong))
    assert session.execute(select(func.count()).select_from(PayoutAccount)).scalar_one() == 1


def test_pens_stand_in_barns_of_the_same_household(session):
    household_id, stranger = make_household(session), make_household(session)
    barn = make_site(session, household_id, kind="barn", name="Chuồng 1")
    field = make_site(session, household_id)
    foreign = make_site(session, stranger, kind="barn")
    pen = make_site(session, household_id, kind="pen", name="Ô 1", parent_id=barn)
    assert [site.id for site in list_sites(session, household_id)] == [field, barn, pen]
    for parent in (None, field, foreign, pen, 2**40):
        with pytest.raises(Refused) as refused:
            make_site(session, household_id, kind="pen", parent_id=parent)
        assert refused.value.field == "parent_id"
    with pytest.raises(Refused):
        make_site(session, household_id, kind="field", parent_id=barn)
    with pytest.raises(Refused):
        make_site(session, household_id, kind="castle")
    assert session.execute(select(func.count()).select_from(Site)).scalar_one() == 4


def test_a_site_is_added_once_for_each_form(session):
    household_id, key = make_household(session), uuid.uuid4()
    facts = SiteFacts(kind="orchard", name="Vườn bưởi", area_m2=1500)
    first = add_site(session=session, household_id=household_id, facts=facts, form_key=key)
    assert add_site(session=session, household_id=household_id, facts=facts, form_key=key) == first
    assert len(list_sites(session, household_id)) == 1


def test_a_barn_goes_after_its_pens_and_its_rows_stay(session):
    household_id = make_household(session)
    barn = make_site(session, household_id, kind="barn")
    pen = make_site(session, household_id, kind="pen", parent_id=barn)
    with pytest.raises(Refused) as refused:
        remove_site(session=session, household_id=household_id, site_id=barn)
    assert refused.value.code == "site_has_parts"
    remove_site(session=session, household_id=household_id, site_id=pen)
    remove_site(session=session, household_id=household_id, site_id=barn)
    session.flush()
    assert list_sites(session, household_id) == []
    assert session.execute(select(func.count()).select_from(Site)).scalar_one() == 2
    with pytest.raises(NotFound):
        remove_site(session=session, household_id=household_id, site_id=barn)


def test_strangers_places_stay_as_they_are(session):
    household_id, stranger = make_household(session), make_household(session)
    site = make_site(session, stranger)
    with pytest.raises(NotFound):
        edit_site(session=session, household_id=household_id, site_id=site, facts=SiteFacts("field", "Của tôi"))
    with pytest.raises(NotFound):
        remove_site(session=session, household_id=household_id, site_id=site)
    assert [view.name for view in list_sites(session, stranger)] == ["Ruộng Đồng Cao"]


def test_a_certificate_shows_only_after_an_officer_has_seen_it(session, officer, now):
    household_id = make_household(session)
    waiting = make_certificate(session, household_id, state="claimed")
    assert list_valid_certificates(session, [household_id], TODAY) == []
    assert [(item.id, name) for item, name in list_commune_certificates(session, officer.commune_id)] == [
        (waiting, "Hộ bà Lê Thị Hoa")
    ]
    for _ in range(2):
        decide_certificate(
            session=session, certificate_id=waiting, officer=officer, is_accepted=True, reason="", now=now
        )
    assert [item.id for item in list_valid_certificates(session, [household_id], TODAY)] == [waiting]
    assert _events(session, "sellers.certificate_verified") == [
        {"certificate_id": waiting, "household_id": household_id, "status": "verified"}
    ]


def test_who_entered_a_certificate_does_not_verify_it(session, now):
    household_id = make_household(session)
    commune_id = make_commune(session)
    writer = make_actor(session, roles={Role.OFFICER}, commune_id=commune_id, acting_for=household_id)
    certificate = make_certificate(session, household_id, state="claimed", actor=writer)
    with pytest.raises(Refused) as refused:
        decide_certificate(
            session=session, certificate_id=certificate, officer=writer, is_accepted=True, reason="", now=now
        )
    assert refused.value.code == "four_eyes"
    assert session.get(Certificate, certificate).state == "claimed"
    other = make_actor(session, roles={Role.OFFICER}, commune_id=commune_id)
    decide_certificate(session=session, certificate_id=certificate, officer=other, is_accepted=True, reason="", now=now)
    assert session.get(Certificate, certificate).state == "verified"


def test_an_officer_elsewhere_decides_nothing(session, now):
    certificate = make_certificate(session, make_household(session), state="claimed")
    there = make_actor(session, roles={Role.OFFICER}, commune_id=make_commune(session, code="15000", name="Xã Yên Thọ"))
    with pytest.raises(NotFound):
        decide_certificate(
            session=session, certificate_id=certificate, officer=there, is_accepted=True, reason="", now=now
        )
    assert session.get(Certificate, certificate).state == "claimed"


def test_a_certificate_ends_with_its_day_and_is_told_of_once(session):
    household_id = make_household(session)
    certificate = make_certificate(session, household_id, expires_on=date(2026, 11, 20))
    make_certificate(session, household_id, kind="organic", expires_on=None)
    assert len(list_valid_certificates(session, [household_id], date(2026, 11, 20))) == 2
    assert len(list_valid_certificates(session, [household_id], date(2026, 11, 21))) == 1
    assert expire_certificates(session=session, today=date(2026, 11, 20)) == 0
    assert expire_certificates(session=session, today=date(2026, 11, 21)) == 1
    session.flush()
    assert expire_certificates(session=session, today=date(2026, 11, 22)) == 0
    assert _events(session, "sellers.certificate_expired") == [
        {"certificate_id": certificate, "household_id": household_id, "status": "expired"}
    ]


def test_lists_cost_one_statement_however_long(session, sql_log):
    ids = [make_household(session) for _ in range(5)]
    for household_id in ids:
        make_certificate(session, household_id)
    for read in (
        lambda: list_household_cards(session, ids),
        lambda: list_valid_certificates(session, ids, TODAY),
        lambda: list_seller_disclosures(session, ids),
    ):
        with sql_log() as statements:
            assert len(read()) == 5
        assert len(statements) == 1


def test_cards_hold_nothing_private(session):
    household_id = make_household(session, phone="+84912000123", address_line="Số 99 ngõ 3")
    (card,) = list_household_cards(session, [household_id])
    assert "+84912000123" not in repr(card)
    assert "Số 99" not in repr(card)
    address = pickup_address(session, household_id)
    assert (address.phone, address.line, address.commune_name) == ("+84912000123", "Số 99 ngõ 3", "Xã Tân Ninh")


def test_the_law_wants_to_know_who_sells(session):
    household_id = make_household(session)
    disclosure = list_seller_disclosures(session, [household_id])[household_id]
    assert disclosure.name == "Lê Thị Hoa"
    assert disclosure.address == "Số 12 ngõ 3, Thôn 4, Xã Tân Ninh, Tỉnh Thanh Hóa"


def test_nobody_else_s_rows_are_listed(session):
    mine, other = make_household(session), make_household(session)
    make_certificate(session, other)
    make_user(session, household_id=mine)
    assert list_certificates(session, mine) == []
    assert session.execute(select(func.count()).select_from(Household)).scalar_one() == 2
