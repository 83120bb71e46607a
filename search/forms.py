"""Reads the address of a search: what cannot be read is left out and said."""

from dataclasses import dataclass

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from catalog.rules import CATEGORIES
from marketplace.core.errors import DomainError
from marketplace.core.money import parse_vnd
from marketplace.core.text import nfc
from search.ports import SearchFilters, SearchRequest
from search.rules import MAX_LENGTH

SORTS = ("relevance", "cheapest", "dearest", "newest", "best")
_MAX_PAGE = 400
_MAX_CODE = 32


@dataclass(frozen=True, slots=True)
class ReadSearch:
    """A search as it was understood, and a sentence for each thing that was not."""

    request: SearchRequest
    problems: tuple[str, ...]


def read_search(args: "MultiDict[str, str]") -> ReadSearch:
    """Read a search from the address line. Never fails."""
    problems: list[str] = []
    text = nfc(args.get("q", "")).replace("\x00", "").strip()
    if len(text) > MAX_LENGTH:
        problems.append(_("Câu tìm quá dài; chợ chỉ đọc %(count)s ký tự đầu.", count=MAX_LENGTH))
        text = text[:MAX_LENGTH]
    price_from = _price(args.get("gia-tu", ""), problems)
    price_to = _price(args.get("gia-den", ""), problems)
    if price_from is not None and price_to is not None and price_from > price_to:
        problems.append(_("Giá từ cao hơn giá đến, nên chợ đổi chỗ hai số."))
        price_from, price_to = price_to, price_from
    stars = args.get("sao", 0, type=int)
    category = args.get("loai", "")
    sort = args.get("xep", "relevance")
    filters = SearchFilters(
        category=category if category in CATEGORIES else "",
        commune=_code(args.get("xa", "")),
        certificate=_code(args.get("chung-nhan", "")),
        price_from=price_from,
        price_to=price_to,
        stars=stars if 1 <= stars <= 5 else None,
        in_stock=args.get("con-hang") == "1",
    )
    page = min(max(args.get("trang", 1, type=int), 1), _MAX_PAGE)
    return ReadSearch(
        SearchRequest(text, filters, sort if sort in SORTS else "relevance", page),
        tuple(dict.fromkeys(problems)),
    )


def _price(typed: str, problems: list[str]) -> int | None:
    if not typed.strip():
        return None
    try:
        return int(parse_vnd(typed))
    except DomainError:
        problems.append(_("Chợ chưa đọc được giá “%(typed)s”. Ví dụ: 50k hoặc 50.000.", typed=typed[:20]))
        return None


def _code(typed: str) -> str:
    return typed if len(typed) <= _MAX_CODE and typed.replace("-", "").isalnum() else ""
