"""Words and looks that the tests of recall pages share."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from traceability.queries.lots import LotView

WORDS = {"reason": "Dư lượng thuốc 0,5 mg/kg", "instruction": "Đừng ăn", "remedy": "refund"}


def start(lot: LotView, kind: str = "real", **words: object) -> dict[str, object]:
    """Return what the form that begins a recall sends."""
    return {**WORDS, "kind": kind, "sure": lot.code, **words}


def body(response: TestResponse, status: int = 200) -> str:
    """Return a page's text, once its status is known to be right."""
    html = response.get_data(as_text=True)
    assert response.status_code == status, html[:3000]
    return html


def count(session: Session, model: Any) -> int:
    """Return how many rows a table has."""
    session.expire_all()
    return session.scalar(select(func.count()).select_from(model)) or 0
