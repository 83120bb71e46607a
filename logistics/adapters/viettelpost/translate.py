"""Between our words and those of Viettel Post's partner API v2. Pure functions: no network, no clock.

Traps that are handled here: texts hold 150 *bytes* and Vietnamese letters take two or three; money may come
as text; the answer to an order calls the waybill ORDER_NUMBER, which is what we called our own code; times
carry no zone.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from logistics.errors import UnreadableWebhook
from logistics.ports import Booking, ParcelSpec, Quote, Word

CARRIER = "viettelpost"
_DATA = Path(__file__).resolve().parents[2] / "data"
_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_MAX_BYTES = 150
#: ORDER_PAYMENT: collect nothing, or the goods' money alone (the delivery fee is part of it already).
_COLLECT_NOTHING, _COLLECT_GOODS = 1, 3
_HOURS = re.compile(r"(\d+(?:[.,]\d+)?)\s*(gi|ng)", re.IGNORECASE)
_HOURS_A_DAY = 24

Fields = dict[str, Any]


def price_fields(spec: ParcelSpec, sender: tuple[int, int, int], recipient: tuple[int, int, int]) -> Fields:
    """Return the body of a price request; places are (province, district, ward) in the carrier's numbers."""
    fields: Fields = {
        **_place_fields("SENDER", sender),
        **_place_fields("RECEIVER", recipient),
        "PRODUCT_TYPE": "HH",
        "PRODUCT_WEIGHT": spec.weight_g,
        "PRODUCT_PRICE": spec.declared_vnd,
        "MONEY_COLLECTION": spec.cod_vnd,
    }
    if spec.service:
        return {**fields, "ORDER_SERVICE": spec.service, "ORDER_SERVICE_ADD": "", "NATIONAL_TYPE": 1}
    return {**fields, "TYPE": 1}


def order_fields(
    reference: str, spec: ParcelSpec, sender: tuple[int, int, int], recipient: tuple[int, int, int]
) -> Fields:
    """Return the body of a new order. CHECK_UNIQUE lets the carrier block a second parcel under our code.

    Raises ``ValueError`` naming the field when a name, phone or address does not fit: those are never cut.
    """
    return {
        "ORDER_NUMBER": reference,
        **_person_fields("SENDER", spec.sender.name, spec.sender.phone, spec.sender.line),
        **_person_fields("RECEIVER", spec.recipient.name, spec.recipient.phone, spec.recipient.line),
        **_place_fields("SENDER", sender),
        **_place_fields("RECEIVER", recipient),
        "PRODUCT_NAME": clip(spec.contents),
        "PRODUCT_QUANTITY": 1,
        "PRODUCT_PRICE": spec.declared_vnd,
        "PRODUCT_WEIGHT": spec.weight_g,
        "PRODUCT_TYPE": "HH",
        "ORDER_PAYMENT": _COLLECT_GOODS if spec.cod_vnd else _COLLECT_NOTHING,
        "ORDER_SERVICE": spec.service,
        "ORDER_SERVICE_ADD": "",
        "ORDER_NOTE": clip(spec.note),
        "MONEY_COLLECTION": spec.cod_vnd,
        "CHECK_UNIQUE": True,
        "LIST_ITEM": [
            {
                "PRODUCT_NAME": clip(spec.contents),
                "PRODUCT_QUANTITY": 1,
                "PRODUCT_PRICE": spec.declared_vnd,
                "PRODUCT_WEIGHT": spec.weight_g,
            }
        ],
    }


def clip(text: str, limit: int = _MAX_BYTES) -> str:
    """Return as much of a text as fits into ``limit`` bytes of UTF-8, never half a letter."""
    plain = " ".join(text.split())
    return plain.encode()[:limit].decode(errors="ignore").rstrip()


def read_money(value: object) -> int | None:
    """Return an amount in đồng from a number or a text such as ``"35000"`` or ``"35000.0"``.

    None for anything else.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        if not re.fullmatch(r"\s*\d+(\.0+)?\s*", value):
            return None
        value = float(value)
    if isinstance(value, int | float) and value >= 0 and value == int(value):
        return int(value)
    return None


def read_hours(value: object) -> int | None:
    """Return hours from ``48.0``, ``"48 giờ"``, ``"48 gio"`` or ``"2 ngày"``; None when it does not say."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return int(value) if value > 0 else None
    found = _HOURS.search(str(value))
    if not found:
        return None
    number = float(found[1].replace(",", "."))
    return round(number * _HOURS_A_DAY if found[2].lower() == "ng" else number)


def read_price_list(rows: object) -> list[Quote]:
    """Return the quotes of a price list (a bare array). Rows that make no sense are left out."""
    quotes = []
    for row in rows if isinstance(rows, list) else []:
        fee = read_money(row.get("GIA_CUOC")) if isinstance(row, Mapping) else None
        if fee is None or not row.get("MA_DV_CHINH"):
            continue
        quotes.append(
            Quote(
                carrier=CARRIER,
                service=str(row["MA_DV_CHINH"]),
                service_name=str(row.get("TEN_DICHVU") or row["MA_DV_CHINH"])[:80],
                fee_vnd=fee,
                transit_hours=read_hours(row.get("THOI_GIAN")),
            )
        )
    return quotes


def read_price(data: object, service: str) -> Quote | None:
    """Return the exact price of one service; None when the answer holds none."""
    fee = read_money(data.get("MONEY_TOTAL")) if isinstance(data, Mapping) else None
    if fee is None or not isinstance(data, Mapping):
        return None
    hours = read_hours(data.get("KPI_HT"))
    return Quote(carrier=CARRIER, service=service, service_name=service, fee_vnd=fee, transit_hours=hours)


def read_booking(data: object) -> Booking | None:
    """Return the booking of a new order; its ORDER_NUMBER is the waybill. None when the answer holds none."""
    waybill = str(data.get("ORDER_NUMBER") or "").strip() if isinstance(data, Mapping) else ""
    if not waybill or not isinstance(data, Mapping):
        return None
    return Booking(waybill, read_money(data.get("MONEY_TOTAL")))


def read_time(text: object) -> datetime:
    """Return a carrier's ``dd/MM/yyyy HH:mm:ss`` (Vietnamese time, no zone) in UTC. Raises ``ValueError``."""
    return datetime.strptime(str(text), "%d/%m/%Y %H:%M:%S").replace(tzinfo=_VIETNAM).astimezone(UTC)


def read_message(body: bytes) -> Mapping[str, Any]:
    """Return a webhook's JSON object. Raises ``UnreadableWebhook``."""
    try:
        message = json.loads(body)
    except ValueError as error:
        raise UnreadableWebhook(reason="not-json") from error
    if not isinstance(message, dict):
        raise UnreadableWebhook(reason="not-an-object")
    return message


def message_key(message: Mapping[str, Any], body: bytes) -> str:
    """Return what makes a webhook itself: waybill, state and the carrier's time.

    Else the hash of its bytes.
    """
    data = message.get("DATA")
    if isinstance(data, Mapping):
        parts = [_text(data, name) for name in ("ORDER_NUMBER", "ORDER_STATUS", "ORDER_STATUSDATE")]
        if all(parts):
            return "|".join(parts)[:200]
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def read_word(message: Mapping[str, Any]) -> Word | None:
    """Return what a webhook says; None for a kind that is not about an order.

    Raises ``UnreadableWebhook``.
    """
    data = message.get("DATA")
    if not isinstance(data, Mapping) or "ORDER_STATUS" not in data:
        return None
    code = _text(data, "ORDER_STATUS")
    try:
        happened_at = read_time(data.get("ORDER_STATUSDATE"))
    except ValueError as error:
        raise UnreadableWebhook("ORDER_STATUSDATE") from error
    state, label = _states().get(code, (None, ""))
    reason_code = _text(data, "REASON_CODE")
    return Word(
        reference=_text(data, "ORDER_REFERENCE")[:50],
        waybill=_text(data, "ORDER_NUMBER")[:50],
        code=code[:24],
        state=state,
        label=label or _text(data, "STATUS_NAME") or code,
        happened_at=happened_at,
        # "LOCALION" is the carrier's own spelling.
        place=_text(data, "LOCALION_CURRENTLY") or _text(data, "LOCATION_CURRENTLY"),
        reason_code=reason_code[:24],
        reason=_reasons().get(reason_code, _text(data, "NOTE") if reason_code else ""),
        is_returning=_is_true(data.get("IS_RETURNING")),
        cod_vnd=read_money(data.get("MONEY_COLLECTION")),
        fee_vnd=read_money(data.get("MONEY_TOTAL")),
    )


def _text(data: Mapping[str, Any], name: str) -> str:
    """Return a field as text that a database takes: no NUL, no half characters. Zero counts as a value."""
    value = data.get(name)
    if value is None or isinstance(value, Mapping | list):
        return ""
    return str(value).encode(errors="replace").decode().replace("\x00", "").strip()


def _place_fields(side: str, place: tuple[int, int, int]) -> Fields:
    return dict(zip((f"{side}_PROVINCE", f"{side}_DISTRICT", f"{side}_WARD"), place, strict=True))


def _person_fields(side: str, name: str, phone: str, address: str) -> Fields:
    # Postmen dial as people here do: 0912..., not +84912...
    dialled = f"0{phone[3:]}" if phone.startswith("+84") else phone
    fields = {f"{side}_FULLNAME": name, f"{side}_PHONE": dialled, f"{side}_ADDRESS": address}
    for field, value in fields.items():
        if not value.strip() or len(value.encode()) > _MAX_BYTES:
            raise ValueError(field)
    return dict(fields)


def _is_true(value: object) -> bool:
    return value is True or value == 1 or str(value).strip().lower() == "true"


@cache
def _states() -> dict[str, tuple[str, str]]:
    return {code: (state, name) for code, state, name in _rows("viettelpost_states.tsv")}


@cache
def _reasons() -> dict[str, str]:
    return dict(_rows("viettelpost_reasons.tsv"))


def _rows(name: str) -> list[list[str]]:
    lines = (_DATA / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]
