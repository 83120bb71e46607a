"""Flask-Security: who a browser's session belongs to. Its own pages stay off; ours speak to farmers."""

from typing import Any

from flask import Flask, g, session
from flask_security import RoleMixin, Security, UserMixin
from flask_security.datastore import UserDatastore
from flask_security.utils import login_user, logout_user

from marketplace.accounts.gate import ACTING_FOR
from marketplace.accounts.queries import Person, find_person_and_actor
from marketplace.core.db import db

#: What a visitor keeps when signing in or out: the basket.
_KEPT = ("basket", "basket_count")


class SignedIn(UserMixin):
    """A person as Flask-Security knows one. ``fs_uniquifier`` is what the browser's session holds."""

    #: Flask-Security looks for it on the class.
    fs_uniquifier: str = ""

    def __init__(self, person: Person) -> None:
        self.id = person.id
        self.active = person.is_active
        self.fs_uniquifier = person.session_key
        self.roles: list[Any] = []


class _Role(RoleMixin):
    """Roles are ours (``accounts.rules``); Flask-Security only wants a class."""

    name = ""


class Directory(UserDatastore):
    """Lets Flask-Security find people by the key in their session, and nothing else."""

    def __init__(self) -> None:
        super().__init__(SignedIn, _Role)

    def find_user(
        self,
        case_insensitive: bool = False,  # noqa: ARG002, FBT001, FBT002 - its signature
        **kwargs: Any,
    ) -> SignedIn | None:
        """Return the person whose session holds ``fs_uniquifier``."""
        key = kwargs.get("fs_uniquifier")
        found = find_person_and_actor(db.session(), str(key), session.get(ACTING_FOR)) if key else None
        if found is None:
            return None
        person, g.loaded_actor = found
        return SignedIn(person)


def init_security(app: Flask) -> None:
    """Let Flask-Security load the person behind each request from the session.

    Passwords are hashed by ``accounts.passwords``, so that the command line and the seed need no web request.
    """
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of an algorithm
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_DEFAULT_REMEMBER_ME=False,
        # A token in the address or in a header signs nobody in: the session is the only way.
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_CLI_USERS_NAME="",
        SECURITY_CLI_ROLES_NAME="",
    )
    security = Security(app, Directory(), register_blueprint=False)
    # Permissions are ours (``accounts.gate``): Flask-Principal would load the person before every request for its own.
    security.principal.identity_loaders.clear()
    security.login_manager.request_loader(lambda _: None)


def enter(person: Person, *, is_kept: bool) -> None:
    """Open a fresh session: nothing that somebody may have planted before survives, the basket aside.

    ``is_kept`` makes it outlive the browser's window.
    """
    _start_over()
    session.permanent = is_kept
    login_user(SignedIn(person), remember=False, authn_via=["password"])


def leave() -> None:
    """End the session; the basket stays."""
    logout_user()
    _start_over()


def _start_over() -> None:
    kept = {name: session[name] for name in _KEPT if name in session}
    session.clear()
    session.update(kept)
    if kept:
        session.permanent = True
