"""Every version of what the public sees, every turn of a certificate, every key is in the log, and nobody's name."""

import hashlib
import json
import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from marketplace.accounts.queries import load_actor
from marketplace.accounts.rules import Role
from marketplace.accounts.services import close_account
from sellers.queries import get_household, list_sites
from sellers.services.certificates import decide_certificate, expire_certificates, withdraw_certificate
from sellers.services.households import edit_household
from sellers.services.sites import SiteFacts, edit_site
from tests.factories.accounts import make_user
from tests.factories.sellers import make_certificate, make_facts, make_household, make_site
from tests.factories.traceability import (
    NOW,
    OFFICER_TITLE,
    SIGNATORY,
    make_keeper,
    make_officer_actor,
    make_verified_lot,
    make_waiting_lot,
)
from traceability.queries.master_data import list_keys, list_versions
from traceability.rules.statements import OFFICE, name_key
from traceability.services.log import revoke_keys_of
from traceability.services.master_data import (
    log_all_of,
    log_certificate,
    log_household,
    log_product_class,
    log_site,
)
from traceability.services.verification import verify_lot
from transparency.entries import Keyring, read_leaf

PRIVATE = ("Hoa", "912000111", "Số 12", "Đồng Cao", "ba đời")


def logged(session, kind):
    rows = session.execute(
        text("SELECT content, leaf FROM trace_log_entries WHERE kind = :kind ORDER BY id"), {"kind": kind}
    )
    return [(json.loads(bytes(content)), bytes(content) + bytes(leaf)) for content, leaf in rows]


def events(session, name):
    rows = session.execute(text("SELECT payload FROM core_outbox WHERE name = :name ORDER BY id"), {"name": name})
    return [payload for (payload,) in rows]


def test_each_version_is_logged_once_under_a_random_name(session):
    household_id = make_household(session)
    site_id = make_site(session, household_id)
    at = {"session": session, "now": NOW}
    assert log_household(**at, household_id=household_id) is True
    assert log_household(**at, household_id=household_id) is False
    assert log_site(**at, site_id=site_id) is True
    edit = {"session": session, "household_id": household_id, "actor": make_keeper(household_id), "now": NOW}
    edit_household(**edit, facts=make_facts(story="Nay trồng thêm cà chua."))
    assert log_household(**at, household_id=household_id) is True
    # The pick-up note is nobody's business, so the public's version stays as it is.
    note = make_facts(story="Nay trồng thêm cà chua.", pickup_note="Cổng xanh")
    edit_household(**edit, facts=note)
    assert log_household(**at, household_id=household_id) is False
    edit_site(
        session=session, household_id=household_id, site_id=site_id, facts=SiteFacts("field", "Ruộng mới", area_m2=720)
    )
    assert log_site(**at, site_id=site_id) is False

    told = [content for content, _ in logged(session, "master-data")]
    assert [(one["subject"], one["version"]) for one in told] == [("household", 1), ("site", 1), ("household", 2)]
    for one, version in zip(told, list_versions(session, household_id), strict=True):
        sealed = hashlib.sha256(bytes.fromhex(version.salt) + version.content.encode()).hexdigest()
        assert one["commit"] == version.commitment == sealed
        assert one["name"] == version.name
    assert told[0]["name"] == told[2]["name"] != told[1]["name"]
    for _, written in logged(session, "master-data"):
        for private in PRIVATE:
            assert private.encode() not in written, private
    assert "Ruộng" not in (list_versions(session, household_id)[1].content or "")


def test_a_kind_of_produce_is_logged_when_it_is_first_made(session):
    household_id = make_household(session)
    lot = make_verified_lot(session, household_id)
    assert log_product_class(session=session, lot=lot, now=NOW) is True
    assert log_product_class(session=session, lot=lot, now=NOW) is False
    assert log_product_class(session=session, lot=replace(lot, template="processed"), now=NOW) is True
    told = [content for content, _ in logged(session, "master-data") if content.get("subject") == "product-class"]
    assert [(one["name"], one["version"]) for one in told] == [
        ("https://choque.example/id/class/rau-muong", 1),
        ("https://choque.example/id/class/rau-muong", 2),
    ]


def test_every_turn_of_a_certificate_is_logged(session):
    household_id = make_household(session)
    officer_id = make_user(session, roles={Role.OFFICER}, commune_id=get_household(session, household_id).commune_id)
    officer = load_actor(session, officer_id)
    certificate_id = make_certificate(session, household_id, state="claimed", expires_on=date(2026, 11, 21))
    for added in events(session, "sellers.certificate_added"):
        del added["household_id"]
        assert log_certificate(session=session, now=NOW, **added) is True
    decide_certificate(
        session=session, certificate_id=certificate_id, officer=officer, is_accepted=True, reason="", now=NOW
    )
    assert expire_certificates(session=session, today=date(2026, 11, 22)) == 1
    withdraw_certificate(session=session, household_id=household_id, certificate_id=certificate_id)
    withdraw_certificate(session=session, household_id=household_id, certificate_id=certificate_id)
    for name in ("certificate_verified", "certificate_expired", "certificate_ended"):
        (told,) = events(session, f"sellers.{name}")
        assert log_certificate(session=session, certificate_id=told["certificate_id"], status=told["status"], now=NOW)
        assert not log_certificate(
            session=session, certificate_id=told["certificate_id"], status=told["status"], now=NOW
        )
    # A late word of the beginning does not turn it back.
    for late in ("added", "verified"):
        assert not log_certificate(session=session, certificate_id=certificate_id, status=late, now=NOW)
    found = logged(session, "certificate")
    assert [content["status"] for content, _ in found] == ["added", "verified", "expired", "withdrawn"]
    assert len({content["name"] for content, _ in found}) == 1
    assert all(b"VietGAP-TT" not in written for _, written in found)


def test_a_household_is_logged_as_a_whole(session):
    household_id = make_household(session)
    make_site(session, household_id)
    make_certificate(session, household_id)
    assert log_all_of(session=session, household_id=household_id, now=NOW) == 3
    assert log_all_of(session=session, household_id=household_id, now=NOW) == 0
    assert len(list_sites(session, household_id)) == 1


def verify(session, lot, officer):
    return verify_lot(
        session=session,
        lot_id=lot.id,
        officer=officer,
        officer_title=OFFICER_TITLE,
        signatory=SIGNATORY,
        key=uuid.uuid4(),
        now=NOW,
    )


def test_a_revoked_key_is_logged_and_never_signs_again(session):
    household_id = make_household(session)
    officer = make_officer_actor(get_household(session, household_id).commune_id)
    verify(session, make_waiting_lot(session, household_id), officer)
    old = SIGNATORY.public_key(officer.party)
    later = NOW + timedelta(hours=1)
    assert revoke_keys_of(session, party=officer.party, by=None, reason="operator", signatory=SIGNATORY, now=later) == 1
    assert revoke_keys_of(session, party=officer.party, by=None, reason="operator", signatory=SIGNATORY, now=later) == 0
    told = [content for content, _ in logged(session, "key")]
    assert [(one["action"], one["keyId"]) for one in told] == [("add", name_key(old)), ("revoke", name_key(old))]
    assert (told[1]["title"], told[1]["reason"]) == (OFFICER_TITLE, "operator")
    (key,) = list_keys(session)
    assert (key.revoked_at, key.reason) == (later, "operator")

    verify(session, make_waiting_lot(session, household_id), officer)
    new = SIGNATORY.public_key(officer.party)
    assert new != old
    assert [(one["action"], one["keyId"]) for one, _ in logged(session, "key")][2:] == [("add", name_key(new))]
    leaf = json.loads(
        session.scalar(text("SELECT leaf FROM trace_log_entries WHERE kind = 'verification' ORDER BY id DESC"))
    )
    assert leaf["actorKeyId"] == name_key(new)
    # Whoever knows only the office's key follows all of it; what the old key signed stays signed.
    office = SIGNATORY.public_key(OFFICE)
    keyring = Keyring({name_key(office): office})
    titles = []
    rows = session.execute(text("SELECT kind, leaf, content FROM trace_log_entries ORDER BY id")).all()
    for place, (kind, raw, content) in enumerate(rows):
        if kind == "key":
            keyring.learn(read_leaf(place, bytes(raw)), bytes(content))
        elif kind == "verification":
            titles.append(keyring.check_signature(read_leaf(place, bytes(raw)), bytes(content)))
    assert titles == [OFFICER_TITLE, OFFICER_TITLE]
    # Asked again for the old key, the folder has only the new one.
    assert SIGNATORY.renew(officer.party, old) == new


def test_closing_an_account_ends_sessions_and_asks_for_the_keys(session):
    user_id = make_user(
        session, roles={Role.OFFICER}, commune_id=get_household(session, make_household(session)).commune_id
    )
    party = load_actor(session, user_id).party
    key_before = session.scalar(text("SELECT session_key FROM accounts_users WHERE id = :id"), {"id": user_id})
    close_account(session=session, user_id=user_id, now=NOW)
    close_account(session=session, user_id=user_id, now=NOW)
    assert load_actor(session, user_id).user_id is None
    assert session.scalar(text("SELECT session_key FROM accounts_users WHERE id = :id"), {"id": user_id}) != key_before
    assert events(session, "accounts.account_closed") == [{"user_id": user_id, "party": party}]


@pytest.mark.parametrize("state", ["claimed", "verified", "rejected"])
def test_a_certificate_of_others_cannot_be_taken_back(session, state):
    from marketplace.core.errors import NotFound

    certificate_id = make_certificate(session, make_household(session), state=state)
    with pytest.raises(NotFound):
        withdraw_certificate(session=session, household_id=make_household(session), certificate_id=certificate_id)
