"""An officer signs while his or her key is revoked: every signature stands in the log before the revocation."""

from threading import Event, Thread

from flask import Flask
from sqlalchemy import select

from marketplace.core.db import transaction
from marketplace.core.ids import new_ulid
from tests.factories.traceability import NOW, SIGNATORY
from traceability.models.log import LogEntry, SigningKey
from traceability.services.log import announce_key, log_statement, revoke_keys_of


def sign(party: str, has_looked: Event | None = None, may_go_on: Event | None = None) -> None:
    with transaction() as session:
        announce_key(session, party=party, title="Cán bộ", commune="Tân Ninh", signatory=SIGNATORY, now=NOW)
        if has_looked is not None and may_go_on is not None:
            has_looked.set()
            assert may_go_on.wait(20)
        log_statement(
            session, kind="recall", content={"n": 1}, actor_party=party, now=NOW, subject=party, signature_by=SIGNATORY
        )


def revoke(party: str) -> int:
    with transaction() as session:
        return revoke_keys_of(session, party=party, by=None, reason="operator", signatory=SIGNATORY, now=NOW)


def test_a_key_is_not_revoked_while_it_signs(committed_app: Flask) -> None:
    party = new_ulid()
    with committed_app.app_context():
        sign(party)
    has_looked, may_go_on, is_revoked = Event(), Event(), Event()

    def sign_slowly() -> None:
        with committed_app.app_context():
            sign(party, has_looked, may_go_on)

    def revoke_meanwhile() -> None:
        with committed_app.app_context():
            assert revoke(party) == 1
        is_revoked.set()

    threads = [Thread(target=sign_slowly), Thread(target=revoke_meanwhile)]
    threads[0].start()
    assert has_looked.wait(20)
    threads[1].start()
    assert not is_revoked.wait(0.5), "it waits for the one who signs"
    may_go_on.set()
    for thread in threads:
        thread.join(20)
    with committed_app.app_context(), transaction() as session:
        revocation = session.scalar(select(SigningKey.revoked_entry_id).where(SigningKey.party == party))
        signed = session.scalars(
            select(LogEntry.id).where(LogEntry.kind == "recall").order_by(LogEntry.id.desc()).limit(2)
        ).all()
        assert len(signed) == 2
        assert max(signed) < (revocation or 0)


def test_who_comes_after_the_revocation_signs_with_a_new_key(committed_app: Flask) -> None:
    party = new_ulid()
    with committed_app.app_context():
        sign(party)
        assert revoke(party) == 1
        sign(party)
        with transaction() as session:
            keys = session.scalars(
                select(SigningKey.revoked_entry_id).where(SigningKey.party == party).order_by(SigningKey.id)
            ).all()
    assert [key is None for key in keys] == [False, True]
