"""Signing in without the form: the session that a browser would hold."""

import time

from flask.testing import FlaskClient
from sqlalchemy import text

from marketplace.accounts.gate import ACTING_FOR
from marketplace.core.db import db

_PERSON = text("SELECT session_key FROM accounts_users WHERE id = :user_id")
_MEMBERSHIPS = text("SELECT household_id, kind FROM accounts_memberships WHERE user_id = :user_id AND ended_at IS NULL")


def sign_in(client: FlaskClient, user_id: int, acting_for: int | None = None) -> None:
    """Make a test client that person's browser.

    ``acting_for`` is the household chosen at /lam-ho. Somebody who belongs to no household and helps exactly
    one has chosen that one.
    """
    with client.application.app_context():
        session = db.session()
        session_key = session.execute(_PERSON, {"user_id": user_id}).scalar_one()
        memberships = [tuple(row) for row in session.execute(_MEMBERSHIPS, {"user_id": user_id})]
    if acting_for is None and [kind for _, kind in memberships] == ["helper"]:
        acting_for = memberships[0][0]
    with client.session_transaction() as browser:
        browser.clear()
        browser["_user_id"] = session_key
        browser["_fresh"] = True
        browser["fs_paa"] = time.time()
        if acting_for is not None:
            browser[ACTING_FOR] = acting_for
