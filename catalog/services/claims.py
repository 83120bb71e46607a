"""What the goods sold from a lot claim of certificates: in their names and in their descriptions."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.models import Offer, Product, Stock
from traceability.rules.claims import find_claims


def list_claims(session: Session, lot_ids: Sequence[int], product_id: int, *texts: str) -> dict[int, frozenset[str]]:
    """Return what is claimed of each of these lots, if a product that is sold from them says these ``texts``.

    The claims of everything else that is sold from the same lot are in it.
    """
    claims = dict.fromkeys(lot_ids, find_claims(*texts))
    rows = session.execute(
        select(Stock.lot_id, Product.name, Product.other_names, Product.description)
        .join(Offer, Offer.id == Stock.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .where(Stock.lot_id.in_(lot_ids), Product.id != product_id, Stock.listed > Stock.sold)
    )
    for lot_id, *others in rows:
        claims[lot_id] |= find_claims(*others)
    return claims
