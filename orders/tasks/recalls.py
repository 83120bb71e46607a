"""Tasks that a recall sets off."""

from marketplace.core.clock import utcnow
from marketplace.core.tasks import once, task
from orders.services.cancel_order import stop_for_recall


@task("orders.stop_recalled", queue="default")
def stop_recalled(*, delivery_id: int, lot_ids: list[int], reason: str, **_: object) -> None:
    """Stop open orders with goods of recalled lots."""
    with once(delivery_id) as session:
        if session is not None:
            stop_for_recall(session=session, lot_ids=lot_ids, reason=reason, now=utcnow())
