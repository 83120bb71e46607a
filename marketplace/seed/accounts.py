"""The people of the invented market, and one account of each role to try it with. All share one password."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.accounts.passwords import hash_password
from marketplace.accounts.queries import find_person
from marketplace.accounts.rules import Role
from marketplace.accounts.services import create_user
from marketplace.seed.households import HouseholdPlan, invent_name, plan_households
from sellers.queries import get_commune_by_code

#: Known to everybody who reads this: the seed runs on an empty market only, and never on a server with customers.
PASSWORD = "lua-chin-vang"  # noqa: S105 - an account to try things with
MAIN_COMMUNE = "15715"
OPERATOR = "dieu-hanh@choque.example"
HELPER_PHONE = "+84900020001"
BUYERS = (
    ("Nguyễn Minh Anh", "nguoi-mua@choque.example", "+84900030001"),
    ("Trần Quốc Bảo", "quoc-bao@choque.example", "+84900030002"),
    ("Lê Thu Hà", "thu-ha@choque.example", "+84900030003"),
    ("Phạm Gia Huy", "gia-huy@choque.example", "+84900030004"),
    ("Vũ Ngọc Mai", "ngoc-mai@choque.example", "+84900030005"),
)


def officer_email(commune_code: str) -> str:
    """Return the address with which a commune's officer signs in."""
    return "can-bo@choque.example" if commune_code == MAIN_COMMUNE else f"can-bo-{commune_code}@choque.example"


def demo_household() -> HouseholdPlan:
    """Return the household to try things with: pigs in Tân Ninh."""
    return next(plan for plan in plan_households() if plan.code == "lon-bachi")


def _as_typed(phone: str) -> str:
    return "0" + phone.removeprefix("+84")


#: (role, what to sign in with, password) of one account for each role.
DEMO_ACCOUNTS: list[tuple[str, str, str]] = [
    ("Hộ bán hàng (lợn, xã Tân Ninh)", _as_typed(demo_household().phone), PASSWORD),
    ("Người làm hộ", _as_typed(HELPER_PHONE), PASSWORD),
    ("Cán bộ xã Tân Ninh", officer_email(MAIN_COMMUNE), PASSWORD),
    ("Người điều hành", OPERATOR, PASSWORD),
    ("Người mua", BUYERS[0][1], PASSWORD),
]


@dataclass(frozen=True, slots=True)
class People:
    """Ids of the people whom others need to know."""

    officers: dict[str, int]
    helper_id: int
    buyers: list[int]
    #: Household plan -> the household that was made.
    households: dict[str, int] = field(default_factory=dict)


def make_people(session: Session, now: datetime) -> People:
    """Make officers, the operator, a helper and buyers, or find those that are there."""
    password_hash = hash_password(PASSWORD)
    officers = {}
    for code in dict.fromkeys(plan.commune_code for plan in plan_households()):
        commune = get_commune_by_code(session, code)
        email = officer_email(code)
        known = find_person(session, email=email)
        officers[code] = known.id if known else create_user(
            session=session,
            name=invent_name("officer", code),
            phone=None,
            email=email,
            password_hash=password_hash,
            roles=(Role.OFFICER,),
            commune_id=commune.id,
            title=f"Cán bộ nông nghiệp {commune.full_name[0].lower()}{commune.full_name[1:]}",
            now=now,
            agreed_at=now,
        )  # fmt: skip
    _ensure(session, "Hoàng Thị Phương Nga", OPERATOR, None, Role.OPERATOR, password_hash, now)
    helper_id = _ensure(session, "Lê Khánh Linh", None, HELPER_PHONE, Role.HELPER, password_hash, now)
    buyers = [_ensure(session, *who, Role.BUYER, password_hash, now) for who in BUYERS]
    return People(officers, helper_id, buyers)


def make_farmer(session: Session, plan: HouseholdPlan, password_hash: str, now: datetime) -> int:
    """Make the person who signs in for a household."""
    return _ensure(session, plan.representative, None, plan.phone, Role.HOUSEHOLD, password_hash, now)


def _ensure(  # noqa: PLR0917 - one argument for each thing known of a person
    session: Session, name: str, email: str | None, phone: str | None, role: Role, password_hash: str, now: datetime
) -> int:
    known = find_person(session, phone=phone, email=None if phone else email)
    if known:
        return known.id
    return create_user(
        session=session, name=name, phone=phone, email=email, password_hash=password_hash,
        roles=(role,), now=now, agreed_at=now,
    )  # fmt: skip
