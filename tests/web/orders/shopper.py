"""A buyer with a browser: puts goods into the basket, says where to, orders."""

import re
from html import unescape

from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.factories.sellers import make_commune

ADDRESS = {
    "name": "Nguyễn Thị Lan",
    "phone": "0912 345 678",
    "email": "lan@thu.vn",
    "place": "Xã Tân Ninh, Tỉnh Thanh Hóa",
    "commune_code": "15715",
    "address_line": "Thôn 3, gần nhà văn hóa",
    "address_note": "Giao giờ hành chính",
}
#: Everything that a page of orders may change.
_TABLES = (
    "orders_baskets", "orders_basket_lines", "orders_basket_quotes", "orders_orders", "orders_consignments",
    "orders_lines", "orders_line_lots", "orders_payments", "orders_credits", "orders_refunds", "orders_changes",
    "catalog_stock", "catalog_reservations", "catalog_reviews", "core_outbox", "core_inbox", "core_notices",
    "core_ledger_postings", "trace_records", "logistics_parcels",
)  # fmt: skip


def words_of(response: TestResponse) -> str:
    """Return a page as its reader sees it, entities read."""
    return unescape(response.get_data(as_text=True))


def page_of(client: FlaskClient, path: str, status: int = 200) -> str:
    """Return a page as its reader sees it, once its status is known to be right."""
    response = client.get(path)
    assert response.status_code == status, path
    return words_of(response)


def everything(session: Session) -> dict[str, str]:
    """Return a mark for each table that changes with its content."""
    session.expire_all()
    return {
        table: session.execute(
            text(f"SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY id)), '') FROM {table} t")  # noqa: S608
        ).scalar_one()
        for table in _TABLES
    }


def put(client: FlaskClient, offer_id: int, quantity: str = "1") -> TestResponse:
    return client.post("/gio-hang/them", data={"offer_id": str(offer_id), "quantity": quantity})


def address(client: FlaskClient, **changes: str) -> TestResponse:
    return client.post("/thanh-toan", data={**ADDRESS, **changes})


def ready(client: FlaskClient, session: Session, *offer_ids: int) -> dict[str, str]:
    """Fill a basket and say where it goes; return what the last form carries, hidden fields and all."""
    make_commune(session)
    session.commit()
    for offer_id in offer_ids:
        assert put(client, offer_id).status_code == 303
    response = address(client)
    assert (response.status_code, response.location) == (303, "/thanh-toan/xac-nhan"), words_of(response)
    page = words_of(client.get("/thanh-toan/xac-nhan"))
    hidden = dict(re.findall(r'<input type="hidden" name="(total_shown|basket)" value="([^"]+)">', page))
    return {"payment": "cod", **hidden}


def order(client: FlaskClient, session: Session, *offer_ids: int, payment: str = "cod") -> str:
    """Order one unit of each; return the order's token."""
    response = client.post("/thanh-toan/xac-nhan", data={**ready(client, session, *offer_ids), "payment": payment})
    assert response.status_code == 303, words_of(response)
    found = re.match(r"/don/([^/]+)", response.location)
    assert found is not None, response.location
    return found[1]
