"""Old facts are cleared away once everybody was told, and no sooner."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select, update

from marketplace.core.models import Delivery, OutboxEvent
from marketplace.core.outbox import forget_mentions, prune_told

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
OLD, NEW = NOW - timedelta(days=31), NOW - timedelta(days=29)


def _make(session, name, relayed_at, **delivery):
    outbox_id = session.execute(
        insert(OutboxEvent).values(name=name, payload={}, relayed_at=relayed_at).returning(OutboxEvent.id)
    ).scalar_one()
    if delivery:
        session.execute(insert(Delivery).values(outbox_id=outbox_id, task="t", queue="default", **delivery))


def test_only_what_everybody_was_told_long_ago_goes(session):
    _make(session, "told", OLD, done_at=OLD)
    _make(session, "nobody listens", OLD)
    _make(session, "failed", OLD, failed_at=OLD)
    _make(session, "under way", OLD, attempts=1)
    _make(session, "new", NEW, done_at=NEW)
    _make(session, "not taken yet", None)
    assert prune_told(session, NOW - timedelta(days=30)) == 2
    assert prune_told(session, NOW - timedelta(days=30)) == 0
    left = session.scalars(select(OutboxEvent.name).order_by(OutboxEvent.id)).all()
    assert left == ["failed", "under way", "new", "not taken yet"]
    assert len(session.scalars(select(Delivery.id)).all()) == 3


def test_words_about_somebody_stay_as_long_as_somebody_has_to_be_told(session):
    words = {"reason": "Hỏi lại ông Bốn.", "code": "ông Bốn"}
    for name, state in (("told", {"done_at": OLD}), ("failed", {"failed_at": OLD}), ("waits", {"attempts": 1})):
        _make(session, name, OLD, **state)
    session.execute(update(OutboxEvent).values(payload=words))
    assert forget_mentions(session, ["reason", "text"], lambda text: "Bốn" in text) == 3
    left = dict(session.execute(select(OutboxEvent.name, OutboxEvent.payload)).all())
    gone = words | {"reason": ""}
    assert left == {"told": gone, "failed": gone, "waits": words}
