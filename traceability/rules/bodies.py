"""The common ground of every sealed body: an EPCIS 2.0 event with our own fields under the prefix ``cq``.

Source: GS1 EPCIS 2.0 (JSON binding). Times carry their offset; the extension prefix is bound in the event's own
context, so that each body can be read alone. Amounts become JSON numbers; RFC 8785 spells them in one way.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from marketplace.core.clock import VN_TZ, local_date
from marketplace.core.quantity import UNITS
from traceability.rules import identifiers

CONTEXT: list[Any] = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"cq": identifiers.VOCABULARY},
]
OFFSET = "+07:00"
_NOON = time(12, 0)
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every record carries, whatever it says: its ID, its times, for whom and by whom it was entered."""

    event_id: uuid.UUID
    occurred_at: datetime
    recorded_at: datetime
    household_party: str
    entered_by: str
    entered_role: str
    place: str | None = None
    photos: tuple[str, ...] = ()
    commitment: str | None = None
    #: URIs of certificates that were in date and cover what the record is about.
    certificates: tuple[str, ...] = ()
    #: Known to the day only, which is how a diary is kept.
    is_day_only: bool = False


@dataclass(frozen=True, slots=True)
class Portion:
    """An amount of a class of goods, as EPCIS lists it."""

    uri: str
    amount: Decimal | None = None
    unit: str | None = None


def moment_of(day: date, now: datetime) -> datetime:
    """Return the moment that stands for a day of the diary: noon in Viet Nam, or now when that is still to come."""
    noon = datetime.combine(day, _NOON, tzinfo=VN_TZ).astimezone(UTC)
    return min(noon, now) if day >= local_date(now) else noon


def make_body(event_type: str, kind: str, stamp: Stamp, fields: Mapping[str, Any]) -> Body:
    """Return the body of a record: EPCIS fields in ``fields``, the stamp around them. Empty values are left out."""
    body: Body = {
        "@context": CONTEXT,
        "type": event_type,
        "eventID": identifiers.event_uri(stamp.event_id),
        "eventTime": _local(stamp.occurred_at),
        "eventTimeZoneOffset": OFFSET,
        "recordTime": _local(stamp.recorded_at),
        "certificationInfo": list(stamp.certificates),
        "readPoint": {"id": identifiers.place_uri(stamp.place)} if stamp.place else None,
        "cq:kind": kind,
        "cq:household": identifiers.party_uri(stamp.household_party),
        "cq:enteredBy": identifiers.party_uri(stamp.entered_by),
        "cq:enteredRole": stamp.entered_role,
        "cq:timePrecision": "day" if stamp.is_day_only else None,
        "cq:photos": list(stamp.photos),
        "cq:privateCommit": stamp.commitment,
        **fields,
    }
    return {key: value for key, value in body.items() if value not in (None, "", [], {})}


def portions(items: Iterable[Portion]) -> list[dict[str, Any]]:
    """Write amounts as EPCIS quantity elements; pieces carry no unit of measure, as the standard asks."""
    return [_portion(item) for item in items]


def _portion(item: Portion) -> dict[str, Any]:
    element: dict[str, Any] = {"epcClass": item.uri}
    if item.amount is not None:
        element["quantity"] = number(item.amount)
        unit = UNITS.get(item.unit or "")
        if unit is not None and unit.uom is not None:
            element["uom"] = unit.uom
    return element


def number(amount: Decimal) -> int | float:
    """Return an amount as a JSON number: whole ones as integers (three decimals fit a double exactly enough)."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def declare_error(body: Body, *, declared_at: datetime, reason: str, corrective: Iterable[uuid.UUID]) -> Body:
    """Return the error declaration of an event: the event again, ID and all, with why it is wrong and what replaces it.

    ``reason`` is CBV's ``did_not_occur`` or ``incorrect_data``.
    """
    declaration: Body = {
        "declarationTime": _local(declared_at),
        "reason": reason,
        "correctiveEventIDs": [identifiers.event_uri(event_id) for event_id in corrective],
    }
    if not declaration["correctiveEventIDs"]:
        del declaration["correctiveEventIDs"]
    return {**body, "errorDeclaration": declaration}


def _local(moment: datetime) -> str:
    return moment.astimezone(VN_TZ).isoformat(timespec="milliseconds")
