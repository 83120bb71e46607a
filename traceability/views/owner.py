"""Whose diary or commune a page is about, and how a refusal comes back to the form that caused it."""

from marketplace.accounts.gate import current_actor
from marketplace.core.errors import Conflict, DomainError, NotFound
from marketplace.core.forms import BaseForm


def own_household_id() -> int:
    """Return the household acted for. Raises ``NotFound`` for somebody without one."""
    household_id = current_actor().household_id
    if household_id is None:
        raise NotFound
    return household_id


def own_commune_id() -> int:
    """Return an officer's commune. Raises ``NotFound`` for somebody without one."""
    commune_id = current_actor().commune_id
    if commune_id is None:
        raise NotFound
    return commune_id


def show_refusal(form: BaseForm, error: DomainError) -> int:
    """Pin a refusal to its form and return the status of the page. What does not exist stays an error of its own."""
    if isinstance(error, NotFound):
        raise error
    form.add_error(error)
    return 409 if isinstance(error, Conflict) else 422
