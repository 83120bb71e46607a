"""Checks of what a partner sends: field by field, with the carrier's own words for what is wrong."""

import re
from dataclasses import dataclass
from typing import Any

from simulators.store import Json
from simulators.viettelpost.places import Place, catalogue
from simulators.viettelpost.prices import Price, price_of, volumetric_g

_MAX_BYTES = 150
_MAX_WEIGHT_G = 100_000
_MAX_MONEY = 100_000_000
_PHONE = re.compile(r"(0|84|\+84)[1-9][0-9]{8,9}")
_PAYMENTS = (1, 2, 3, 4)
#: Status inside the envelope, as seen in the wild: the number says less than the message.
TOKEN_REFUSED = 202
INCORRECT = 203
NO_ROUTE = 204
_TEXTS = (
    "ORDER_NUMBER", "SENDER_FULLNAME", "SENDER_PHONE", "SENDER_ADDRESS", "RECEIVER_FULLNAME", "RECEIVER_PHONE",
    "RECEIVER_ADDRESS", "PRODUCT_NAME", "ORDER_SERVICE", "ORDER_SERVICE_ADD", "ORDER_NOTE",
)  # fmt: skip
_OPTIONAL_TEXTS = frozenset({"ORDER_SERVICE_ADD", "ORDER_NOTE"})


class Refusal(Exception):
    """The carrier says no; ``status`` goes into the envelope, HTTP stays 200."""

    def __init__(self, message: str, status: int = INCORRECT) -> None:
        """Keep the carrier's words."""
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Journey:
    """From where to where, and what it weighs."""

    sender: Place
    receiver: Place
    weight_g: int
    volume_g: int
    cod: int


def read_journey(data: Json, *, is_text: bool) -> Journey:
    """Read places, weight and COD of a price request or an order. Raises Refusal."""
    places = {side: (_text_place if is_text else _id_place)(data, side) for side in ("SENDER", "RECEIVER")}
    return Journey(
        places["SENDER"],
        places["RECEIVER"],
        whole(data, "PRODUCT_WEIGHT", default=50, upper=_MAX_WEIGHT_G),
        volumetric_g(
            *(whole(data, f"PRODUCT_{side}", default=0, upper=1000) for side in ("LENGTH", "WIDTH", "HEIGHT"))
        ),
        _cod(data),
    )


def price_journey(data: Json, journey: Journey) -> Price:
    """Return the price of the service asked for. Raises Refusal when it does not go there."""
    service = data.get("ORDER_SERVICE")
    if not isinstance(service, str) or not service:
        raise Refusal("Incorrect data: ORDER_SERVICE")
    extras = tuple(code.strip() for code in str(data.get("ORDER_SERVICE_ADD") or "").split(",") if code.strip())
    price = price_of(
        service, journey.sender.province, journey.receiver.province,
        weight_g=journey.weight_g, volume_g=journey.volume_g, cod=journey.cod, extras=extras,
    )  # fmt: skip
    if price is None:
        raise Refusal("Price does not apply to this itinerary!", NO_ROUTE)
    return price


def check_order(data: Json, *, is_text: bool, known_groups: set[int]) -> tuple[Json, Journey, Price]:
    """Check a new order and return it in full, with its journey and price. Raises Refusal."""
    order = dict(data)
    for field in _TEXTS:
        order[field] = _text(data, field)
    for field in ("SENDER_PHONE", "RECEIVER_PHONE"):
        if not _PHONE.fullmatch(re.sub(r"[\s.]", "", order[field])):
            raise Refusal(f"Incorrect data: {field}")
    if data.get("PRODUCT_TYPE", "HH") not in ("HH", "TH"):
        raise Refusal("Incorrect data: PRODUCT_TYPE")
    payment = data.get("ORDER_PAYMENT")
    if isinstance(payment, bool) or payment not in _PAYMENTS:
        raise Refusal("Incorrect data: ORDER_PAYMENT")
    order["PRODUCT_WEIGHT"] = whole(data, "PRODUCT_WEIGHT", default=50, upper=_MAX_WEIGHT_G)
    order["PRODUCT_PRICE"] = whole(data, "PRODUCT_PRICE", default=0, upper=_MAX_MONEY)
    order["PRODUCT_QUANTITY"] = whole(data, "PRODUCT_QUANTITY", default=1, upper=100_000)
    order["MONEY_COLLECTION"] = _cod(data)
    if payment == 1 and order["MONEY_COLLECTION"] != 0:
        raise Refusal("Invalid [MONEY_COLLECTION]")
    if "DELIVERY_DATE" in data and not re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", str(data["DELIVERY_DATE"])):
        raise Refusal("Incorrect data: DELIVERY_DATE")
    if (data.get("GROUPADDRESS_ID") or 0) not in known_groups | {0}:
        raise Refusal("Groupaddress is invalid")
    _check_items(data)
    journey = read_journey(data, is_text=is_text)
    if journey.receiver.ward is None and is_text:
        raise Refusal("Invalid [RECEIVER_WARD] - RECEIVER_ADDRESS is not understood")
    return order, journey, price_journey(data, journey)


def whole(data: Json, field: str, *, default: int, upper: int) -> int:
    """Read a whole number that is not negative. Raises Refusal for text, fractions and booleans."""
    value = data.get(field)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= upper:
        raise Refusal(f"Incorrect data: {field}")
    return value


def check_note(value: Any) -> str:
    """Read the note of a change. Raises Refusal when it is longer than 150 bytes."""
    return _text({"NOTE": value}, "NOTE", is_optional=True)


def _text(data: Json, field: str, *, is_optional: bool = False) -> str:
    value = data.get(field)
    if value is None and (is_optional or field in _OPTIONAL_TEXTS):
        return ""
    is_required = not is_optional and field not in _OPTIONAL_TEXTS
    # Letters with Vietnamese accents take two or three bytes each.
    if not isinstance(value, str) or (is_required and not value.strip()) or len(value.encode()) > _MAX_BYTES:
        raise Refusal(f"Incorrect data: {field}")
    return value


def _cod(data: Json) -> int:
    value = data.get("MONEY_COLLECTION", 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_MONEY:
        raise Refusal("Invalid [MONEY_COLLECTION]")
    return value


def _text_place(data: Json, side: str) -> Place:
    address = _text(data, f"{side}_ADDRESS")
    place = catalogue().read(address)
    if place is None:
        raise Refusal(f"Invalid [{side}_PROVINCE] - {side}_ADDRESS is not understood")
    return place


def _id_place(data: Json, side: str) -> Place:
    ids = [whole(data, f"{side}_{level}", default=-1, upper=10**9) for level in ("PROVINCE", "DISTRICT", "WARD")]
    if ids[0] not in catalogue().provinces:
        raise Refusal(f"Invalid [{side}_PROVINCE] - {side}_PROVINCE does not exist")
    place = catalogue().find(ids[0], ids[1], max(ids[2], 0), str(data.get(f"{side}_ADDRESS") or ""))
    if place is None:
        raise Refusal(f"Invalid [{side}_WARD] - {side}_WARD does not belong to {side}_DISTRICT")
    return place


def _check_items(data: Json) -> None:
    field = "PRODUCT_DETAIL" if "PRODUCT_DETAIL" in data else "LIST_ITEM"
    items = data.get(field) or []
    if not isinstance(items, list):
        raise Refusal(f"Incorrect data: {field}")
    for item in items:
        if not isinstance(item, dict):
            raise Refusal(f"Incorrect data: {field}")
        _text(item, "PRODUCT_NAME")
        whole(item, "PRODUCT_QUANTITY", default=1, upper=100_000)
        whole(item, "PRODUCT_PRICE", default=0, upper=_MAX_MONEY)
        whole(item, "PRODUCT_WEIGHT", default=0, upper=_MAX_WEIGHT_G)
