"""People against a real database: who they are, for whom they act, and what that leaves behind."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.errors import AlreadyMember, LoginTaken, NoLogin, NoSuchHelper
from marketplace.accounts.models import User
from marketplace.accounts.queries import (
    find_person,
    find_person_and_actor,
    list_acting_log,
    list_helped_households,
    list_household_user_ids,
    list_members,
    list_officer_user_ids,
    load_actor,
    may_act_for,
)
from marketplace.accounts.rules import ANONYMOUS, Role
from marketplace.accounts.services import (
    change_password,
    edit_profile,
    grant_helper,
    join_household,
    note_acting,
    register_user,
    revoke_helper,
    start_acting,
    stop_acting,
)
from marketplace.core.errors import NotFound
from tests.factories.accounts import make_user
from tests.factories.sellers import make_commune, make_household


def test_an_owner_acts_for_the_own_household(session):
    household_id = make_household(session, shown_name="Nhà bà Hoa")
    user_id = make_user(session, household_id=household_id)
    actor = load_actor(session, user_id)
    assert (actor.household_id, actor.household_name, actor.is_helper) == (household_id, "Nhà bà Hoa", False)
    assert actor.roles == {Role.BUYER, Role.HOUSEHOLD}
    assert len(actor.party) == 26


def test_an_actor_costs_one_statement(session, sql_log):
    household_id = make_household(session)
    user_id = make_user(session, roles={Role.HELPER}, household_id=household_id)
    with sql_log() as statements:
        load_actor(session, user_id, household_id)
    assert len(statements) == 1


def test_a_helper_acts_only_for_the_household_that_was_chosen(session):
    helped, other = make_household(session), make_household(session)
    user_id = make_user(session, roles={Role.HELPER}, household_id=helped)
    assert load_actor(session, user_id).household_id is None
    chosen = load_actor(session, user_id, helped)
    assert (chosen.household_id, chosen.is_helper) == (helped, True)
    assert load_actor(session, user_id, other).household_id is None


def test_an_owner_who_helps_goes_back_to_the_own_household_when_help_ends(session, now):
    own, helped = make_household(session), make_household(session)
    owner = make_user(session, household_id=helped)
    user_id = make_user(session, household_id=own, phone="+84912000222")
    grant_helper(session=session, household_id=helped, phone="+84912000222", granted_by=owner, now=now)
    acting = load_actor(session, user_id, helped)
    assert (acting.household_id, acting.is_helper) == (helped, True)
    revoke_helper(session=session, household_id=helped, user_id=user_id, now=now)
    after = load_actor(session, user_id, helped)
    assert (after.household_id, after.is_helper) == (own, False)


def test_an_officer_acts_for_households_of_the_own_commune_only(session):
    here, there = make_commune(session), make_commune(session, code="15000", name="Xã Yên Thọ")
    near, far = make_household(session, commune_id=here), make_household(session, commune_id=there)
    officer = make_user(session, roles={Role.OFFICER}, commune_id=here)
    acting = load_actor(session, officer, near)
    assert (acting.household_id, acting.is_helper, acting.commune_id) == (near, True, here)
    assert load_actor(session, officer, far).household_id is None
    assert may_act_for(session, officer, near) == "officer"
    assert may_act_for(session, officer, far) is None


def test_somebody_barred_is_nobody(session):
    user_id = make_user(session)
    session.execute(text("UPDATE accounts_users SET is_active = false WHERE id = :id"), {"id": user_id})
    assert load_actor(session, user_id) == ANONYMOUS
    assert load_actor(session, 2**40) == ANONYMOUS


def test_an_officer_needs_a_commune(session):
    with pytest.raises(IntegrityError):
        make_user(session, roles={Role.OFFICER})


def test_a_taken_number_is_not_told_apart_and_adds_nobody(session, now):
    make_user(session, phone="+84912000333", name="Người cũ")
    about = {"name": "Người mới", "email": None, "password_hash": "x", "now": now}
    assert register_user(session=session, phone="+84912000333", **about) is None
    assert session.execute(select(func.count()).select_from(User)).scalar_one() == 1
    assert find_person(session, phone="+84912000333").name == "Người cũ"
    assert register_user(session=session, phone="+84912000334", **about) is not None


def test_an_address_is_found_in_any_case(session):
    user_id = make_user(session, email="Hoa@Thu.vn", phone=None)
    assert find_person(session, email="HOA@thu.VN").id == user_id
    assert find_person(session) is None


def test_a_new_password_ends_every_session(session):
    user_id = make_user(session, phone="+84912000444")
    before = find_person(session, phone="+84912000444")
    key = change_password(session=session, user_id=user_id, password_hash="new")
    session.expire_all()
    assert find_person_and_actor(session, before.session_key) is None
    person, actor = find_person_and_actor(session, key)
    assert (person.id, actor) == (user_id, load_actor(session, user_id))


def test_a_login_stays_unique_and_stays(session):
    make_user(session, phone="+84912000555", email="mot@thu.vn")
    user_id = make_user(session, phone="+84912000556")
    with pytest.raises(LoginTaken) as taken:
        edit_profile(session=session, user_id=user_id, name="Hoa", phone="+84912000556", email="Mot@thu.vn")
    assert taken.value.field == "email"
    with pytest.raises(LoginTaken) as taken:
        edit_profile(session=session, user_id=user_id, name="Hoa", phone="+84912000555", email=None)
    assert taken.value.field == "phone"
    with pytest.raises(NoLogin):
        edit_profile(session=session, user_id=user_id, name="Hoa", phone=None, email=None)
    edit_profile(session=session, user_id=user_id, name=" Hoa ", phone=None, email="HAI@thu.vn")
    session.expire_all()
    assert find_person(session, email="hai@thu.vn").name == "Hoa"


def test_help_is_granted_once_and_ended_once(session, now):
    household_id = make_household(session)
    owner = make_user(session, household_id=household_id)
    user_id = make_user(session, phone="+84912000666", name="Cháu Nam")
    for _ in range(2):
        grant_helper(session=session, household_id=household_id, phone="+84912000666", granted_by=owner, now=now)
    assert [(member.user_id, member.kind) for member in list_members(session, household_id)] == [
        (owner, "own"),
        (user_id, "helper"),
    ]
    assert list_household_user_ids(session, household_id) == [owner, user_id]
    assert [item.kind for item in list_helped_households(session, user_id)] == ["helper"]
    revoke_helper(session=session, household_id=household_id, user_id=user_id, now=now)
    with pytest.raises(NotFound):
        revoke_helper(session=session, household_id=household_id, user_id=user_id, now=now)
    assert list_household_user_ids(session, household_id) == [owner]


def test_an_owner_can_be_neither_made_a_helper_nor_ended(session, now):
    household_id = make_household(session)
    owner = make_user(session, household_id=household_id, phone="+84912000777")
    with pytest.raises(AlreadyMember):
        grant_helper(session=session, household_id=household_id, phone="+84912000777", granted_by=owner, now=now)
    with pytest.raises(NotFound):
        revoke_helper(session=session, household_id=household_id, user_id=owner, now=now)
    with pytest.raises(NoSuchHelper):
        grant_helper(session=session, household_id=household_id, phone="+84912000999", granted_by=owner, now=now)


def test_joining_twice_changes_nothing(session, now):
    household_id = make_household(session)
    user_id = make_user(session)
    for _ in range(2):
        join_household(session=session, user_id=user_id, household_id=household_id, now=now)
    assert list_household_user_ids(session, household_id) == [user_id]
    assert load_actor(session, user_id).roles == {Role.BUYER, Role.HOUSEHOLD}


def test_acting_for_somebody_is_written_down_and_for_oneself_is_not(session, now):
    household_id = make_household(session)
    owner = make_user(session, household_id=household_id)
    helper = make_user(session, roles={Role.HELPER}, household_id=household_id, name="Cháu Nam")
    officer = make_user(session, roles={Role.OFFICER}, commune_id=make_commune(session), name="Anh Bình")
    assert start_acting(session=session, user_id=owner, household_id=household_id, now=now) is False
    assert start_acting(session=session, user_id=helper, household_id=household_id, now=now) is True
    assert start_acting(session=session, user_id=officer, household_id=household_id, now=now) is True
    note_acting(session=session, actor=load_actor(session, owner), what="Ghi sổ tay", now=now)
    stop_acting(session=session, actor=load_actor(session, helper, household_id), now=now)
    assert [(entry.name, entry.as_role, entry.what) for entry in list_acting_log(session, household_id)] == [
        ("Cháu Nam", "helper", "Thôi làm hộ"),
        ("Anh Bình", "officer", "Bắt đầu làm hộ"),
        ("Cháu Nam", "helper", "Bắt đầu làm hộ"),
    ]


def test_nobody_acts_for_strangers(session, now):
    household_id = make_household(session)
    with pytest.raises(NotFound):
        start_acting(session=session, user_id=make_user(session), household_id=household_id, now=now)
    assert list_acting_log(session, household_id) == []


def test_officers_are_found_by_commune(session):
    here, there = make_commune(session), make_commune(session, code="15000", name="Xã Yên Thọ")
    officer = make_user(session, roles={Role.OFFICER}, commune_id=here)
    make_user(session, roles={Role.OFFICER}, commune_id=there)
    assert list_officer_user_ids(session, here) == [officer]
