"""Which certificates names and descriptions claim, and what proves such a claim.

A claim has the code that search filters by: ``vietgap``, ``organic``, ``ocop`` or, with stars, ``ocop-5``. Words are
found however they are spaced, dotted or cased. Somebody who writes that goods have **no** certificate claims it all the
same: a shelf is read at a glance.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from marketplace.core.text import fold, normalise
from sellers.rules import Goods, Paper, certificate_label, is_in_date, list_covering


class Certificate(Paper, Protocol):
    """A certificate that an officer has seen, with what its badge says."""

    @property
    def label(self) -> str:
        """What the badge says."""


_GAP = r"[\W_]*"
#: Read in the normalised text, marks and all: "người Việt gặp" claims nothing.
_VIETGAP = re.compile(rf"\bv{_GAP}i{_GAP}[ệêe]{_GAP}t{_GAP}g{_GAP}a{_GAP}(?:h{_GAP})?p(?![^\W\d])")
_OCOP = re.compile(rf"\bo{_GAP}c{_GAP}o{_GAP}p(?![^\W\d])")
_ORGANIC = re.compile(rf"\bh[ữưu]u{_GAP}c[ơo]\b|\borganic")
#: Manure is organic wherever it is spread, and says nothing of the goods.
_OF_SOIL = re.compile(r"\b(?:phân|bón|mùn|rác|chất)(?:\W+\w+)?\W+$")
_FOOD_SAFETY = re.compile(r"\b(?:chung nhan|giay|giay phep)(?:\W+\w+){0,4}?\W+an toan thuc pham\b|\battp\b")
_STARS = re.compile(r"(?<!\d)([1-5]|\bmot|hai|ba|bon|nam)\W*(?:sao\b|[★⭐☆*])|\bsao\W*([1-5])\b|([★⭐☆*]{3,5})")
_NUMBERS = {"mot": 1, "hai": 2, "ba": 3, "bon": 4, "nam": 5}
_LABELS = {"organic": "hữu cơ"}


def find_claims(*texts: str) -> frozenset[str]:
    """Return the certificates that texts claim together: ``Rau muống VietGAP`` claims ``vietgap``."""
    told = normalise(" \n ".join(texts))
    claims = set()
    if _VIETGAP.search(told):
        claims.add("vietgap")
    if any(not _OF_SOIL.search(told[: found.start()]) for found in _ORGANIC.finditer(told)):
        claims.add("organic")
    if _OCOP.search(told):
        stars = [_count(found) for found in _STARS.finditer(fold(told))]
        claims.add(f"ocop-{max(stars)}" if stars else "ocop")
    if _FOOD_SAFETY.search(fold(told)):
        claims.add("food_safety")
    return frozenset(claims)


def _count(found: re.Match[str]) -> int:
    number, behind, drawn = found.groups()
    if drawn:
        return len(drawn)
    told = number or behind
    return _NUMBERS.get(told) or int(told)


def by_kind(claims: Iterable[str]) -> dict[str, int]:
    """Return the kinds of certificates that are claimed, each with the most stars that are (0 for none)."""
    wanted: dict[str, int] = {}
    for claim in claims:
        kind, _, stars = claim.partition("-")
        wanted[kind] = max(wanted.get(kind, 0), int(stars or 0))
    return wanted


def label_claim(kind: str, stars: int) -> str:
    """Return a claim in words: ``OCOP 5 sao``."""
    return _LABELS.get(kind) or certificate_label(kind, stars)


def proves(paper: Paper, kind: str, stars: int) -> bool:
    """Say whether a certificate is what is claimed: of that kind, with at least so many stars."""
    return paper.kind == kind and (paper.stars or 0) >= stars


def find_unproved(claims: Collection[str], papers: Sequence[Paper]) -> list[str]:
    """Return in words what is claimed and none of these certificates proves."""
    return [
        label_claim(kind, stars)
        for kind, stars in sorted(by_kind(claims).items())
        if not any(proves(paper, kind, stars) for paper in papers)
    ]


def tell_lack(kind: str, stars: int, papers: Sequence[Certificate], goods: Sequence[Goods], on: date) -> str:
    """Say why none of these certificates proves a claim about goods on a day, and what to do.

    ``goods`` begins with the lot itself.
    """
    name = label_claim(kind, stars)
    claimed = f"Tên hàng hay lời giới thiệu ghi {name}"
    same = [one for one in papers if one.kind == kind]
    in_date = [one for one in same if is_in_date(one, on)]
    covering = list_covering(same, goods, on)
    ended = max((one.expires_on for one in same if one.expires_on), default=None)
    if not in_date and ended is not None and ended < on:
        text = f"{claimed} nhưng giấy {name} đã hết hạn ngày {ended:%d/%m/%Y}."
    elif not in_date:
        text = f"{claimed} nhưng hộ không có giấy {name} nào được xã xác nhận còn hạn."
    elif covering:
        best = max(covering, key=lambda one: one.stars or 0)
        text = f"{claimed} nhưng giấy của hàng này chỉ là {best.label}."
    elif list_covering(in_date, [replace(one, is_taken=False) for one in goods], on):
        made_on = min(one.made_on for one in goods)
        text = f"Ngày làm ra {made_on:%d/%m/%Y} chưa nằm trong thời hạn của giấy {name}."
    else:
        produce = goods[0].produce if goods else ""
        text = f"{claimed} nhưng giấy {name} của hộ không cấp cho “{produce}” làm ra ở nơi này."
    return f"{text} Hãy nộp giấy đúng cho hàng này hoặc bỏ chữ đó đi."
