import pytest

from marketplace.accounts.rules import ANONYMOUS, Actor, Permission, Role, is_allowed


def _actor(*roles: Role, **about: object):
    return Actor(user_id=1, party="P", name="Hoa", roles=frozenset(roles), **about)


BUYER = _actor(Role.BUYER)
OWNER = _actor(Role.HOUSEHOLD, household_id=7)
HELPER = _actor(Role.HELPER, household_id=7, is_helper=True)
OFFICER = _actor(Role.OFFICER, commune_id=3)
ACTING_OFFICER = _actor(Role.OFFICER, commune_id=3, household_id=7, is_helper=True)
OPERATOR = _actor(Role.OPERATOR)
ALLOWED = {
    Permission.PUBLIC: {"nobody", "buyer", "owner", "helper", "officer", "acting", "operator"},
    Permission.SIGNED_IN: {"buyer", "owner", "helper", "officer", "acting", "operator"},
    Permission.KEEP_DIARY: {"owner", "helper", "acting"},
    Permission.SELL: {"owner", "helper", "acting"},
    Permission.MANAGE_HOUSEHOLD: {"owner"},
    Permission.VERIFY: {"officer", "acting"},
    Permission.OPERATE: {"operator"},
}
PEOPLE = {
    "nobody": ANONYMOUS,
    "buyer": BUYER,
    "owner": OWNER,
    "helper": HELPER,
    "officer": OFFICER,
    "acting": ACTING_OFFICER,
    "operator": OPERATOR,
}


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_do_what(permission, who):
    assert is_allowed(PEOPLE[who], permission) is (who in ALLOWED[permission])


def test_an_officer_without_a_commune_verifies_nothing():
    assert not is_allowed(_actor(Role.OFFICER), Permission.VERIFY)
