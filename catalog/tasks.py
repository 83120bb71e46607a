"""Celery entry points of the shop's shelf."""

from catalog.services import guard
from marketplace.core.clock import utcnow
from marketplace.core.tasks import once, task


@task("catalog.freeze_lots", queue="default")
def freeze_lots(*, delivery_id: int, lot_ids: list[int], **_: object) -> None:
    """Take goods of recalled or held lots off the shelf."""
    with once(delivery_id) as session:
        if session is not None:
            guard.freeze_lots(session=session, lot_ids=lot_ids)


@task("catalog.thaw_verified_lot", queue="default")
def thaw_verified_lot(*, delivery_id: int, lot_id: int, **_: object) -> None:
    """Put goods of a lot that was held and is verified anew back on the shelf."""
    with once(delivery_id) as session:
        if session is not None:
            guard.thaw_lots(session=session, lot_ids=[lot_id], now=utcnow())


@task("catalog.thaw_lots", queue="default")
def thaw_lots(*, delivery_id: int, lot_ids: list[int], **_: object) -> None:
    """Put goods of lots that pass the gate again back on the shelf."""
    with once(delivery_id) as session:
        if session is not None:
            guard.thaw_lots(session=session, lot_ids=lot_ids, now=utcnow())
