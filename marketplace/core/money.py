"""Money: whole đồng, always. The đồng has no subunit in use (ISO 4217 lists VND with 0 decimals)."""

import re
from typing import NewType

from marketplace.core.errors import Refused

Vnd = NewType("Vnd", int)

#: More than any household parcel is worth; keeps typing slips and overflow out of the books.
MAX_VND = 100_000_000_000

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES = ("", "nghìn", "triệu", "tỷ")
_THOUSAND = r"(?:k|ng|nghìn|nghin|ngàn|ngan)"
_MILLION = r"(?:tr|triệu|trieu|củ)"
_CURRENCY = r"\s*(?:đ|₫|d|đồng|dong|vnd|vnđ)?"
_PLAIN = re.compile(rf"(\d{{1,12}}|\d{{1,3}}(?:[.,  ]\d{{3}}){{1,3}}){_CURRENCY}", re.IGNORECASE)
_KILO = re.compile(rf"(\d{{1,6}})(?:[.,](\d{{1,3}}))?\s*{_THOUSAND}{_CURRENCY}", re.IGNORECASE)
_MEGA = re.compile(rf"(\d{{1,5}})(?:[.,](\d{{1,6}}))?\s*{_MILLION}\s*(\d{{1,3}})?{_CURRENCY}", re.IGNORECASE)


def parse_vnd(text: str) -> Vnd:
    """Read an amount as people in Viet Nam write it.

    ``35000``, ``35.000``, ``35.000đ``, ``35k``, ``35 nghìn``, ``1tr2``, ``1,2tr`` and ``1 triệu 2`` are understood.
    Raises ``Refused`` for anything else, for fractions of a đồng and for amounts above ``MAX_VND``.
    """
    typed = " ".join(text.strip().split())
    amount = _read(typed)
    if amount is None:
        code, message = "money_unreadable", "Hãy nhập số tiền, ví dụ 35.000 hoặc 35k."
        raise Refused(code, message, typed=typed[:40])
    if amount > MAX_VND:
        code, message = "money_too_large", "Số tiền này lớn quá mức cho phép."
        raise Refused(code, message, typed=typed[:40])
    return Vnd(amount)


def _read(typed: str) -> int | None:
    if found := _PLAIN.fullmatch(typed):
        return int(re.sub(r"\D", "", found[1]))
    if found := _KILO.fullmatch(typed):
        return int(found[1]) * 1000 + int((found[2] or "0").ljust(3, "0"))
    if found := _MEGA.fullmatch(typed):
        if found[2] and found[3]:
            return None
        part = found[2] or found[3] or "0"
        return int(found[1]) * 1_000_000 + int(part.ljust(6, "0"))
    return None


def format_vnd(amount: int) -> str:
    """Write an amount as on a Vietnamese price tag: ``35.000đ``."""
    return f"{amount:,}".replace(",", ".") + "đ"


def format_vnd_short(amount: int) -> str:
    """Write an amount for tight places: ``35k``, ``1,2 triệu``; falls back to the full form when not round."""
    if amount and amount % 100_000 == 0 and amount >= 1_000_000:
        return f"{amount / 1_000_000:.1f}".removesuffix(".0").replace(".", ",") + " triệu"
    if amount and amount % 1000 == 0 and amount < 1_000_000:
        return f"{amount // 1000}k"
    return format_vnd(amount)


def spell_vnd(amount: int) -> str:
    """Write an amount in words, as read aloud: ``ba mươi lăm nghìn đồng``."""
    if amount < 0:
        return f"âm {spell_vnd(-amount)}"
    return f"{spell_number(amount)} đồng"


def spell_number(number: int) -> str:
    """Write a whole number below 10^12 in Vietnamese words (northern usage: nghìn, linh)."""
    if number == 0:
        return _DIGITS[0]
    groups = []
    while number:
        number, group = divmod(number, 1000)
        groups.append(group)
    words: list[str] = []
    for place in range(len(groups) - 1, -1, -1):
        if groups[place]:
            words += [*_spell_group(groups[place], is_leading=not words), _SCALES[place]]
    return " ".join(word for word in words if word)


def _spell_group(group: int, *, is_leading: bool) -> list[str]:
    hundreds, rest = divmod(group, 100)
    tens, ones = divmod(rest, 10)
    words: list[str] = []
    if hundreds or not is_leading:
        words += [_DIGITS[hundreds], "trăm"]
    if tens == 0:
        if ones:
            words += (["linh"] if words else []) + [_DIGITS[ones]]
        return words
    words += ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    if ones == 1 and tens > 1:
        words.append("mốt")
    elif ones == 5:
        words.append("lăm")
    elif ones:
        words.append(_DIGITS[ones])
    return words
