"""What the people of these attempts share: forms as a browser sends them, and the worker that does what was said."""

from datetime import timedelta
from html import unescape

from sqlalchemy import select

from marketplace.core.clock import utcnow
from marketplace.core.outbox import claim_due, expand_events
from marketplace.desk.tasks import tell_household_change, tell_officers_change, tell_payout_decided, tell_payout_set
from marketplace.reactions import REACTIONS
from sellers.models import Household, HouseholdChange
from sellers.queries import get_household
from tests.factories.accounts import PASSWORD
from traceability.tasks import log_household_change

TASKS = {
    "desk.tell_household_change": tell_household_change,
    "desk.tell_officers_change": tell_officers_change,
    "desk.tell_payout_decided": tell_payout_decided,
    "desk.tell_payout_set": tell_payout_set,
    "traceability.log_household_change": log_household_change,
}
PROFILE = {
    "shown_name": "Hộ bà Lê Thị Hoa",
    "representative": "Lê Thị Hoa",
    "phone": "0912 000 111",
    "hamlet": "Thôn 4",
    "address_line": "Số 12 ngõ 3",
    "story": "Nhà trồng rau ba đời bên sông Chu.",
    "pickup_note": "",
    "tax_code": "",
}
PAYOUT = {"bank_bin": "970405", "account_number": "3512 2050 01234", "holder": "Lê Thị Hoa", "proof": PASSWORD}


def body(response, status=200):
    html = unescape(response.get_data(as_text=True))
    assert response.status_code == status, html[:2000]
    return html


def code_of(session, household_id):
    return session.scalar(select(Household.code).where(Household.id == household_id))


def run_what_was_said(session, client):
    """Do what the relay and a worker do with the facts of this test."""
    session.commit()
    now = utcnow()
    expand_events(session, REACTIONS, now)
    due = [one for one in claim_due(session, now, timedelta(minutes=1)) if one.task in TASKS]
    session.commit()
    with client.application.app_context():
        for one in due:
            TASKS[one.task](delivery_id=one.delivery_id, **one.payload)
    session.expire_all()
    return [one.task for one in due]


def view(session, household_id):
    session.expire_all()
    return get_household(session, household_id)


def open_change(session, household_id):
    session.expire_all()
    return session.scalar(
        select(HouseholdChange).where(HouseholdChange.household_id == household_id, HouseholdChange.state == "asked")
    )
