"""Keeping the index in step with the shelf."""

from collections.abc import Callable, Iterator, Sequence

from sqlalchemy.orm import Session

from catalog.queries import SearchDocument, list_search_documents
from search.ports import ProductIndex


def refresh_products(*, session: Session, index: ProductIndex, product_ids: Sequence[int]) -> None:
    """Bring the index in step with these products as they are now: on sale or gone. Repeating it changes nothing.

    Where no index is (a new market, a lost folder, another version of the schema), all of it is built.
    """
    if not index.is_ready():
        rebuild_index(session=session, index=index, tick=lambda _count: None)
        return
    documents = list_search_documents(session, product_ids)
    on_sale = {document.product_id for document in documents}
    if documents:
        index.put(documents)
    gone = [product_id for product_id in product_ids if product_id not in on_sale]
    if gone:
        index.remove(gone)


def rebuild_index(*, session: Session, index: ProductIndex, tick: Callable[[int], None]) -> int:
    """Build the whole index anew; return how many products it holds. The old one answers meanwhile."""

    def documents() -> Iterator[SearchDocument]:
        yield from list_search_documents(session)

    return index.rebuild(documents(), tick)
