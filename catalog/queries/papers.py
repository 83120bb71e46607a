"""Which certificates goods on sale may show: those that cover every lot that the next buyer may be sent."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy.orm import Session

from sellers import queries as sellers
from sellers.rules import list_covering
from traceability.queries.goods import list_goods


def list_papers(
    session: Session, lots: Mapping[int, tuple[int, Collection[int]]], on: date
) -> dict[int, list[sellers.CertificateView]]:
    """Return certificates by product, from each product's household and lots on sale. Two statements.

    Products without a certificate, or with nothing that can be bought, are left out.
    """
    known: dict[int, list[sellers.CertificateView]] = {}
    for paper in sellers.list_verified_certificates(session, {household_id for household_id, _ in lots.values()}):
        known.setdefault(paper.household_id, []).append(paper)
    asked = {product_id: told for product_id, told in lots.items() if told[0] in known and told[1]}
    goods = list_goods(session, {lot_id for _, lot_ids in asked.values() for lot_id in lot_ids})
    covered = {
        product_id: list_covering(known[household_id], [one for lot_id in lot_ids for one in goods.get(lot_id, ())], on)
        for product_id, (household_id, lot_ids) in asked.items()
    }
    return {product_id: papers for product_id, papers in covered.items() if papers}
