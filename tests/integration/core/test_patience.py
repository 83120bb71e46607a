"""How long work for later is tried again: through a night without the world outside, and not for ever."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sqlalchemy import insert

from marketplace.core.models import Delivery, OutboxEvent
from marketplace.core.outbox import claim_due, note_failure

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
LEASE = timedelta(seconds=20)


def _make_delivery(session):
    outbox_id = session.execute(
        insert(OutboxEvent).values(name="test", payload={}, relayed_at=NOW).returning(OutboxEvent.id)
    ).scalar_one()
    return session.execute(
        insert(Delivery).values(outbox_id=outbox_id, task="test", queue="default", next_at=NOW).returning(Delivery.id)
    ).scalar_one()


def _live(session, delivery_id, fail):
    """Let time pass from one attempt to the next until nobody tries any more; return when each was."""
    tries, now = [], NOW
    delivery = session.get(Delivery, delivery_id)
    while True:
        claimed = claim_due(session, now, LEASE)
        session.refresh(delivery)
        if delivery.failed_at is not None:
            return tries
        assert [one.delivery_id for one in claimed] == [delivery_id]
        tries.append(now)
        if fail:
            note_failure(session, delivery_id, "OSError: máy chủ thư không trả lời", now)
            session.flush()
            if delivery.failed_at is not None:
                return tries
        now = delivery.next_at


def test_what_fails_is_tried_for_about_a_day(session):
    tries = _live(session, _make_delivery(session), fail=True)
    assert tries[8] - tries[0] < timedelta(minutes=10), "at first often"
    assert timedelta(hours=22) < tries[-1] - tries[0] < timedelta(hours=26)
    pauses = [after - before for before, after in pairwise(tries)]
    assert max(pauses) == timedelta(minutes=10)


def test_what_the_broker_loses_is_sent_again_for_about_a_day(session):
    tries = _live(session, _make_delivery(session), fail=False)
    assert timedelta(hours=22) < tries[-1] - tries[0] < timedelta(hours=26)
    assert tries[1] - tries[0] == LEASE
