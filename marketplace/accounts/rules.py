"""Who may do what: roles, permissions, and the actor that every use case is told about."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is here. One person may be several."""

    BUYER = "buyer"
    HOUSEHOLD = "household"
    HELPER = "helper"
    OFFICER = "officer"
    OPERATOR = "operator"


class Permission(StrEnum):
    """What a route asks for. Every route names one; a route that names none is refused."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    KEEP_DIARY = "keep_diary"
    SELL = "sell"
    MANAGE_HOUSEHOLD = "manage_household"
    VERIFY = "verify"
    OPERATE = "operate"


@dataclass(frozen=True, slots=True)
class Actor:
    """The person behind a request, as use cases know them.

    ``party`` is the random name that stands in sealed records: a record never holds a person's name.
    ``household_id`` is the household acted for at this moment; ``is_helper`` says that it is not one's own.
    ``commune_id`` is the territory of an officer.
    """

    user_id: int | None
    party: str
    name: str
    roles: frozenset[Role]
    household_id: int | None = None
    household_name: str | None = None
    is_helper: bool = False
    commune_id: int | None = None

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody signed in."""
        return self.user_id is not None


ANONYMOUS = Actor(user_id=None, party="", name="", roles=frozenset())


def is_allowed(actor: Actor, permission: Permission) -> bool:
    """Decide whether an actor holds a permission. Helpers keep the diary and sell, and touch no payouts."""
    acts_for_household = actor.household_id is not None
    match permission:
        case Permission.PUBLIC:
            return True
        case Permission.SIGNED_IN:
            return actor.is_signed_in
        case Permission.KEEP_DIARY | Permission.SELL:
            return actor.is_signed_in and acts_for_household
        case Permission.MANAGE_HOUSEHOLD:
            return actor.is_signed_in and acts_for_household and not actor.is_helper
        case Permission.VERIFY:
            return Role.OFFICER in actor.roles and actor.commune_id is not None
        case Permission.OPERATE:
            return Role.OPERATOR in actor.roles
