"""Numbers of the GS1 system: who may use which, and what a wrong one looks like.

GS1 General Specifications: a key begins with the company prefix that GS1 gave to its owner (after the indicator digit
of a GTIN-14 or the extension digit of an SSCC) and ends with a check digit (modulo 10). Numbers for restricted
circulation (02, 04, 20-29) mean something else in every shop, so none may leave the farm.
"""

from collections.abc import Collection

from marketplace.core.errors import Refused

#: Where GS1 keys have their web address in canonical form (GS1 Digital Link: URI Syntax 1.3, section 4.12).
CANONICAL = "https://id.gs1.org"
#: Digits of a company prefix that leave room for at least ten items in a GTIN-13. GS1 Viet Nam gives 7 to 10.
_PREFIX_DIGITS = range(7, 12)
#: Restricted circulation numbers, as a GTIN-13 begins with them.
_RESTRICTED = ("02", "04", *(str(number) for number in range(20, 30)))
#: Not for goods: coupons (05, 981-984, 99), periodicals and books (977-979), refund receipts (980), examples (952).
_NOT_FOR_GOODS = ("05", "952", "977", "978", "979", "980", "981", "982", "983", "984", "99")
_GTIN_DIGITS = frozenset({12, 13, 14})
_GTIN, _GLN, _SSCC = 14, 13, 18


def read_digits(typed: str) -> str:
    """Return what was typed without the spaces, dots and dashes that people put between digits."""
    return "".join(ch for ch in typed if ch not in " .-\u00a0")


def check_prefix(typed: str) -> str:
    """Return a company prefix as digits. Raises ``Refused`` (field ``prefix``) with what is wrong."""
    prefix = read_digits(typed)
    if not _is_digits(prefix):
        raise _wrong("prefix", "Mã doanh nghiệp chỉ gồm chữ số, ví dụ 893850123.")
    if len(prefix) not in _PREFIX_DIGITS:
        message = "Mã doanh nghiệp GS1 có từ 7 đến 11 chữ số. Hãy xem lại giấy chứng nhận quyền sử dụng mã số mã vạch."
        raise _wrong("prefix", message)
    _check_range(prefix, "prefix")
    if not _is_assigned(prefix):
        message = "Không có tổ chức GS1 nào cấp mã bắt đầu như vậy. Mã do GS1 Việt Nam cấp bắt đầu bằng 893."
        raise _wrong("prefix", message)
    return prefix


def check_gtin(typed: str, prefixes: Collection[str]) -> str:
    """Return a GTIN in its 14 digits. Raises ``Refused`` (field ``gtin``) unless one of these prefixes is in it."""
    digits = read_digits(typed)
    if not _is_digits(digits) or len(digits) not in _GTIN_DIGITS:
        message = "Mã GTIN có 13 chữ số như dưới mã vạch trên bao bì (hoặc 12, 14 chữ số)."
        raise _wrong("gtin", message)
    gtin = digits.zfill(_GTIN)
    _check_digit(gtin, "gtin")
    _check_range(gtin[1:], "gtin")
    if gtin.startswith("000000"):
        message = "Đây là mã 8 số. Mã này GS1 cấp riêng từng số, chợ chưa nhận được."
        raise _wrong("gtin", message)
    _check_owner(gtin[1:], prefixes, "gtin")
    return gtin


def check_gln(typed: str, prefixes: Collection[str]) -> str:
    """Return a GLN in its 13 digits. Raises ``Refused`` (field ``gln``) unless one of these prefixes is in it."""
    gln = read_digits(typed)
    if not _is_digits(gln) or len(gln) != _GLN:
        message = "Mã địa điểm GLN có đúng 13 chữ số."
        raise _wrong("gln", message)
    _check_digit(gln, "gln")
    _check_range(gln, "gln")
    _check_owner(gln, prefixes, "gln")
    return gln


def suggest_number(prefix: str, used: Collection[str]) -> str | None:
    """Return the first number of 13 digits under a prefix of which no other use is known; None when all are taken.

    ``used`` are GTINs in 14 digits or GLNs in 13. The two kinds never meet, so the caller gives one of them.
    """
    taken = {number[-_GLN:] for number in used}
    width = _GLN - 1 - len(prefix)
    for reference in range(10**width):
        number = with_check_digit(f"{prefix}{reference:0{width}d}")
        if number not in taken:
            return number
    return None


def make_sscc(prefix: str, serial: int) -> str:
    """Return the SSCC (18 digits) of a prefix's n-th parcel, counted from nought. Raises ``ValueError`` past the last.

    The extension digit widens the serial reference, so it counts on when the reference is full.
    """
    width = _SSCC - 2 - len(prefix)
    extension, reference = divmod(serial, 10**width)
    if extension > 9:
        message = f"all serial references of prefix {prefix} are used"
        raise ValueError(message)
    return with_check_digit(f"{extension}{prefix}{reference:0{width}d}")


def with_check_digit(digits: str) -> str:
    """Return digits with their check digit (GS1 General Specifications, 7.9) behind them."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def has_check_digit(number: str) -> bool:
    """Say whether the last digit is the check digit of the rest."""
    return _is_digits(number) and len(number) > 1 and with_check_digit(number[:-1]) == number


def company_prefix_length(digits: str, confirmed: Collection[str]) -> int | None:
    """Return how many of these digits are the company prefix at their beginning; None when nobody knows.

    ``confirmed``: the prefixes that officers have seen the papers of. Of others, GS1's published list knows.
    """
    known = [prefix for prefix in confirmed if digits.startswith(prefix)]
    if known:
        return len(max(known, key=len))
    if not _is_digits(digits):
        return None
    # See ``_is_assigned``: only who asks for EPC URNs asks it.
    from biip.gs1_prefixes import GS1CompanyPrefix  # noqa: PLC0415

    found = GS1CompanyPrefix.extract(digits)
    return None if found is None else len(found.value)


def overlap(one: str, other: str) -> bool:
    """Say whether two prefixes hold the same numbers: one begins with the other."""
    return one.startswith(other) or other.startswith(one)


def gtin_uri(gtin: str, lot: str = "") -> str:
    """Return the canonical address of a product, or of a lot of it. Lot codes of ours need no escaping."""
    return f"{CANONICAL}/01/{gtin}/10/{lot}" if lot else f"{CANONICAL}/01/{gtin}"


def gln_uri(gln: str, *, is_party: bool) -> str:
    """Return the canonical address of a party (417) or of a place (414)."""
    return f"{CANONICAL}/{'417' if is_party else '414'}/{gln}"


def sscc_uri(sscc: str) -> str:
    """Return the canonical address of a parcel."""
    return f"{CANONICAL}/00/{sscc}"


def _is_assigned(prefix: str) -> bool:
    # The library takes 20 MB, mostly for a list of everybody's prefixes; only the form for a new one asks it.
    from biip.gs1_prefixes import GS1Prefix  # noqa: PLC0415

    return GS1Prefix.extract(prefix) is not None


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _check_digit(number: str, field: str) -> None:
    if not has_check_digit(number):
        right = with_check_digit(number[:-1])[-1]
        message = f"Số kiểm tra cuối cùng không khớp: gõ {number[-1]}, đúng ra là {right}. Có chữ số nào gõ nhầm không?"
        raise _wrong(field, message)


def _check_range(number: str, field: str) -> None:
    if number.startswith(_RESTRICTED):
        message = (
            "Mã bắt đầu bằng 02, 04 hoặc 20 đến 29 chỉ dùng trong nội bộ một cửa hàng. "
            "Nơi khác cũng dùng đúng số ấy cho hàng khác, nên không in lên hàng bán ra ngoài được."
        )
        raise _wrong(field, message)
    if number.startswith(_NOT_FOR_GOODS):
        message = "Mã bắt đầu như vậy dành cho sách báo, phiếu giảm giá hoặc ví dụ mẫu, không dùng cho nông sản."
        raise _wrong(field, message)


def _check_owner(number: str, prefixes: Collection[str], field: str) -> None:
    if not any(number.startswith(prefix) for prefix in prefixes):
        own = ", ".join(sorted(prefixes)) or "chưa có mã nào"
        message = f"Mã này không nằm trong mã doanh nghiệp mà hộ được dùng ({own}). Có thể đó là mã của người khác."
        raise _wrong(field, message)


def _wrong(field: str, message: str) -> Refused:
    return Refused(f"{field}_wrong", message, field=field)
