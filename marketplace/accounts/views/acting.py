"""Làm hộ: choosing the household to work for, and the trace that such work leaves."""

from collections.abc import Sequence

from flask import flash, g, has_request_context, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from marketplace.accounts.forms import ActingForm
from marketplace.accounts.gate import ACTING_FOR, current_actor, needs, permission_of
from marketplace.accounts.queries import HelpedHousehold, list_helped_households
from marketplace.accounts.rules import Permission
from marketplace.accounts.services import note_acting, start_acting, stop_acting
from marketplace.accounts.views.blueprint import blueprint
from marketplace.core.clock import utcnow
from marketplace.core.db import before_commit, db, transaction
from marketplace.core.errors import NotFound
from marketplace.core.text import fold

#: More households than this are searched rather than read through.
_SEEN_AT_ONCE = 8
_LONGEST_SEARCH = 60
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
#: Work that is done for a household, as opposed to an officer's own.
_HOUSEHOLD_WORK = frozenset({Permission.KEEP_DIARY, Permission.SELL, Permission.MANAGE_HOUSEHOLD})
#: What the household reads in its log, by the package whose page was used.
_WORK = {
    "traceability": "Ghi sổ tay",
    "catalog": "Sửa hàng bán",
    "orders": "Xử lý đơn hàng",
    "logistics": "Gửi hàng",
    "sellers": "Sửa hồ sơ của hộ",
}


@blueprint.get("/lam-ho")
@needs(Permission.SIGNED_IN)
def acting() -> ResponseReturnValue:
    """Show for which households a person may work; somebody who helps many finds one by name, place or code."""
    households = list_helped_households(db.session(), current_actor().user_id or 0)
    typed = request.args.get("tim", "").strip()[:_LONGEST_SEARCH]
    words = fold(typed).split()
    return render_template(
        "accounts/acting.html",
        households=[one for one in households if _is_named(one, words)],
        current=next((one for one in households if one.household_id == current_actor().household_id), None),
        has_search=len(households) > _SEEN_AT_ONCE,
        typed=typed,
    )


def _is_named(household: HelpedHousehold, words: Sequence[str]) -> bool:
    """Say whether each word begins one of the household's own: 7 means the hamlet 7, not any code with a 7 in it."""
    told = fold(f"{household.name} {household.place} {household.code}").split()
    return all(any(one.startswith(word) for one in told) for word in words)


@blueprint.post("/lam-ho")
@needs(Permission.SIGNED_IN)
def act() -> ResponseReturnValue:
    """Work for a household from now on; without one, go back to one's own work."""
    form = ActingForm()
    if not form.validate():
        raise NotFound
    actor = current_actor()
    household_id = form.household_id.data
    if household_id is None:
        with transaction() as db_session:
            stop_acting(session=db_session, actor=actor, now=utcnow())
        session.pop(ACTING_FOR, None)
        flash(_("Bạn đã thôi làm hộ."), "success")
        return redirect(url_for("accounts.acting"), 303)
    with transaction() as db_session:
        start_acting(session=db_session, user_id=actor.user_id or 0, household_id=household_id, now=utcnow())
    session[ACTING_FOR] = household_id
    return redirect("/so-tay", 303)


@before_commit
def note_work(db_session: Session) -> None:
    """Write down for the household that somebody else changes something in its name, with the change itself."""
    if not has_request_context() or request.method in _READING or "actor" not in g or "is_acting_noted" in g:
        return
    actor = current_actor()
    if actor.is_helper and permission_of(request.endpoint or "") in _HOUSEHOLD_WORK:
        g.is_acting_noted = True
        what = _WORK.get(request.blueprint or "", "Làm việc khác")
        note_acting(session=db_session, actor=actor, what=what, now=utcnow())
