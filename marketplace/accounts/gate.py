"""The gate that every request passes: who is there, and may they come in."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.accounts import queries
from marketplace.accounts.rules import ANONYMOUS, Actor, Permission, Role, is_allowed
from marketplace.core.db import db
from marketplace.core.shared_pages import has_just_written, is_drawing_shared

_FOR_A_HOUSEHOLD = frozenset({Permission.KEEP_DIARY, Permission.SELL})
View = TypeVar("View", bound=Callable[..., Any])
#: Where the browser's session keeps the id of the household that a helper or officer works for.
ACTING_FOR = "acting_for"
_MARK = "needs_permission"
#: Where Flask-Login keeps the key of the person in the browser's session.
_PERSON = "_user_id"
_MAX_SEEN = 1024
_SEEN = "seen_actors"


def needs(permission: Permission) -> Callable[[View], View]:
    """Name the permission of a view. Stands directly under the route; a view without one is refused."""

    def mark(view: View) -> View:
        setattr(view, _MARK, permission)
        return view

    return mark


def permission_of(endpoint: str) -> Permission | None:
    """Return the permission that an endpoint names, or None."""
    view = current_app.view_functions.get(endpoint)
    return cast("Permission | None", getattr(view, _MARK, None))


def current_actor() -> Actor:
    """Return who is making this request (worked out once for each request).

    Raises ``RuntimeError`` while a page is drawn that many will see.
    """
    if is_drawing_shared():
        message = "a shared page may not depend on who is looking"
        raise RuntimeError(message)
    if "actor" not in g:
        user = current_user
        if not user or not user.is_authenticated:
            g.actor = ANONYMOUS
        else:
            # Loaded with the person, unless the session has just been opened.
            loaded: Actor | None = g.pop("loaded_actor", None)
            g.actor = loaded or queries.load_actor(db.session(), user.id, session.get(ACTING_FOR))
    return cast("Actor", g.actor)


def glimpse_actor() -> Actor:
    """Return who is looking, as was known at most ``page_cache_seconds`` ago.

    Only for how a public page greets people: never for what somebody may do or see.
    """
    settings = current_app.extensions["settings"]
    if (
        is_drawing_shared()
        or "actor" in g
        or not settings.page_cache_seconds
        or has_just_written(settings.page_cache_seconds)
    ):
        return current_actor()
    if _PERSON not in session:
        return ANONYMOUS
    seen: OrderedDict[object, tuple[float, Actor]] = current_app.extensions.setdefault(_SEEN, OrderedDict())
    person, now = (session[_PERSON], session.get(ACTING_FOR)), time.monotonic()
    known = seen.get(person)
    if known is not None and now - known[0] < settings.page_cache_seconds:
        actor = known[1]
    else:
        actor = current_actor()
        seen[person] = (now, actor)
        seen.move_to_end(person)
        if len(seen) > _MAX_SEEN:
            seen.popitem(last=False)
    g.greets_somebody = actor.is_signed_in
    return actor


def is_for_somebody() -> bool:
    """Say whether what is being answered was made for somebody signed in."""
    return bool(g.get("greets_somebody")) or ("actor" in g and current_actor().is_signed_in)


def guard_request() -> ResponseReturnValue | None:
    """Refuse the request unless its route names a permission that the actor holds. Runs before every view."""
    if request.endpoint is None:
        return None
    permission = permission_of(request.endpoint)
    if permission is Permission.PUBLIC:
        return None
    if permission is None:
        abort(403)
    actor = current_actor()
    if is_allowed(actor, permission):
        return None
    if not actor.is_signed_in:
        if request.method in {"GET", "HEAD"} and not request.path.startswith("/api/"):
            return redirect(url_for("accounts.sign_in", tiep=request.full_path.rstrip("?")), 303)
        abort(401)
    if request.method == "GET" and permission in _FOR_A_HOUSEHOLD and Role.HELPER in actor.roles:
        # Somebody who only helps has not said yet for whom.
        return redirect(url_for("accounts.acting"), 303)
    return abort(403)
