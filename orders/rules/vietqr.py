"""VietQR: the payment code of NAPAS, an EMVCo merchant-presented QR in TLV form (two-digit tag, two-digit length)."""

from marketplace.core.ids import is_checked_code, new_code, normalise_code
from marketplace.core.text import fold

_NAPAS_AID = "A000000727"
_TRANSFER_TO_ACCOUNT = "QRIBFTTA"
_VND = "704"
_MAX_VALUE = 99
_MAX_PURPOSE = 25
_CODE_LENGTH = 8
#: Marks our transfers among all that reaches the account.
PREFIX = "CQ"


def encode_vietqr(*, bank_bin: str, account_number: str, amount_vnd: int, purpose: str) -> str:
    """Return the payload of a dynamic VietQR for a transfer to an account.

    ``bank_bin`` has six digits, ``purpose`` at most 25 ASCII characters (accents are folded away). Raises
    ``ValueError`` for what the format cannot carry.
    """
    if not (bank_bin.isdigit() and len(bank_bin) == 6):
        message = "the bank's number (BIN) has six digits"
        raise ValueError(message)
    if not account_number.isalnum() or not account_number.isascii() or len(account_number) > 19:
        message = "an account number has 1 to 19 letters or digits"
        raise ValueError(message)
    if amount_vnd <= 0:
        message = "the amount must be positive"
        raise ValueError(message)
    plain = _ascii(purpose)[:_MAX_PURPOSE]
    beneficiary = _tlv("00", bank_bin) + _tlv("01", account_number)
    payload = (
        _tlv("00", "01")
        + _tlv("01", "12")
        + _tlv("38", _tlv("00", _NAPAS_AID) + _tlv("01", beneficiary) + _tlv("02", _TRANSFER_TO_ACCOUNT))
        + _tlv("53", _VND)
        + _tlv("54", str(amount_vnd))
        + _tlv("58", "VN")
        + _tlv("62", _tlv("08", plain))
        + "6304"
    )
    return f"{payload}{crc16(payload.encode('ascii')):04X}"


def crc16(data: bytes) -> int:
    """Return CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF), as EMVCo asks for tag 63."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
            value &= 0xFFFF
    return value


def new_transfer_code() -> str:
    """Return a fresh transfer code such as ``CQ7F3K9M2XQ``: prefix, random body, check character."""
    return PREFIX + new_code(_CODE_LENGTH)


def find_transfer_codes(content: str) -> list[str]:
    """Return the valid transfer codes in a bank line, in order, whatever the bank put around or into them.

    Banks drop spaces, add their own numbers and change case; a code counts only when its check character is right.
    """
    text = normalise_spaces_away(content)
    length = len(PREFIX) + _CODE_LENGTH + 1
    found: list[str] = []
    for at in range(len(text) - length + 1):
        if not text.startswith(PREFIX, at):
            continue
        body = normalise_code(text[at + len(PREFIX) : at + length])
        if len(body) == _CODE_LENGTH + 1 and is_checked_code(body) and PREFIX + body not in found:
            found.append(PREFIX + body)
    return found


def normalise_spaces_away(content: str) -> str:
    """Return the letters and digits of a bank line in capitals."""
    return "".join(ch for ch in content.upper() if ch.isascii() and ch.isalnum())


def _tlv(tag: str, value: str) -> str:
    if not 0 < len(value) <= _MAX_VALUE:
        message = f"the value of tag {tag} must have 1 to 99 characters"
        raise ValueError(message)
    return f"{tag}{len(value):02d}{value}"


def _ascii(text: str) -> str:
    return "".join(ch if ch.isascii() else fold(ch).upper() for ch in text)
