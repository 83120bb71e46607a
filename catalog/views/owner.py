"""Whose goods a page is about."""

from marketplace.accounts.gate import current_actor
from marketplace.core.errors import NotFound


def own_household_id() -> int:
    """Return the household acted for. Raises ``NotFound`` for somebody without one."""
    household_id = current_actor().household_id
    if household_id is None:
        raise NotFound
    return household_id
