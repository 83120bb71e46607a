"""Celery entry points of search. The queue has one worker, since the index has one writer."""

from marketplace.core.db import transaction
from marketplace.core.registry import resolve
from marketplace.core.tasks import once, task
from search.ports import ProductIndex
from search.services import rebuild_index, refresh_products


@task("search.refresh_product", queue="search")
def refresh_product(*, delivery_id: int, product_id: int, **_: object) -> None:
    """Bring the index in step with one product."""
    with once(delivery_id) as session:
        if session is not None:
            refresh_products(session=session, index=resolve(ProductIndex), product_ids=[product_id])


@task("search.rebuild_nightly", queue="search")
def rebuild_nightly(**_: object) -> None:
    """Build the index anew once a day: dates pass and certificates end without any event."""
    with transaction() as session:
        rebuild_index(session=session, index=resolve(ProductIndex), tick=lambda _count: None)
