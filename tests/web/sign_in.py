"""Signing in without the form: the session that a browser would hold."""

import time

from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session


def sign_in(client: FlaskClient, session: Session, user_id: int) -> None:
    """Make a test client that person's browser."""
    key = session.execute(text("SELECT session_key FROM accounts_users WHERE id = :id"), {"id": user_id})
    with client.session_transaction() as browser:
        browser["_user_id"] = key.scalar_one()
        browser["_fresh"] = True
        browser["fs_paa"] = time.time()
