"""Reads a VietQR payload as a banking app does (EMVCo TLV; NAPAS tag 38)."""


def read_vietqr(payload: str) -> dict[str, str]:
    """Return bank, account, amount and content; empty for anything that is no VietQR."""
    fields = _parse(payload.strip())
    inner = _parse(fields.get("38", ""))
    beneficiary = _parse(inner.get("01", ""))
    if inner.get("00") != "A000000727" or "01" not in beneficiary:
        return {}
    return {
        "bank": beneficiary.get("00", ""),
        "account": beneficiary["01"],
        "amount": fields.get("54", ""),
        "content": _parse(fields.get("62", "")).get("08", ""),
    }


def _parse(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    at = 0
    while at + 4 <= len(text):
        tag, size = text[at : at + 2], text[at + 2 : at + 4]
        if not size.isdigit() or at + 4 + int(size) > len(text):
            return {}
        fields[tag] = text[at + 4 : at + 4 + int(size)]
        at += 4 + int(size)
    return fields if at == len(text) else {}
