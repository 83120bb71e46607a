"""Bodies of the chain of custody: packing, splitting, sale, verification, parcels, holding and recall.

No body names a buyer or an order: parcels and consignments stand under random names.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from traceability.rules import identifiers
from traceability.rules.bodies import Body, Portion, Stamp, make_body, number, portions
from traceability.rules.entries import PackEntry
from traceability.rules.events_farm import ilmd
from traceability.rules.sale_gate import Result


def packing(  # noqa: PLR0917 - what is sealed, field by field
    stamp: Stamp, entry: PackEntry, parent: Portion, produce: str, lot_code: str, gtin: str | None = None
) -> Body:
    """Part of a lot became packs, a lot of its own."""
    return make_body(
        "TransformationEvent",
        "packing",
        stamp,
        {
            "bizStep": "packing",
            "disposition": "active",
            "inputQuantityList": portions([parent]),
            "outputQuantityList": portions([lot_portion(produce, lot_code, entry.amount, entry.unit, gtin)]),
            "ilmd": ilmd(lot_code, entry.happened_on, entry.best_before_on),
            "cq:lot": lot_code,
            "cq:produce": produce,
            "cq:amount": number(entry.amount),
            "cq:unit": entry.unit,
            **({"cq:packContent": number(entry.content)} if entry.content is not None else {}),
        },
    )


def regrouping(
    stamp: Stamp, kind: str, parents: Sequence[Portion], children: Sequence[Portion], codes: Sequence[str]
) -> Body:
    """A lot was split into several, or several were merged into one."""
    return make_body(
        "TransformationEvent",
        kind,
        stamp,
        {
            "bizStep": "repackaging",
            "disposition": "active",
            "inputQuantityList": portions(parents),
            "outputQuantityList": portions(children),
            "cq:lots": list(codes),
        },
    )


def loss(stamp: Stamp, goods: Portion, lot_code: str, reason: str) -> Body:
    """Part of a lot spoiled, died or was thrown away."""
    return make_body(
        "ObjectEvent",
        "loss",
        stamp,
        {
            "action": "DELETE",
            "bizStep": "destroying",
            "disposition": "destroyed",
            "quantityList": portions([goods]),
            "cq:lot": lot_code,
            "cq:reason": reason,
            "cq:amount": number(goods.amount) if goods.amount is not None else None,
            "cq:unit": goods.unit,
        },
    )


def sale(stamp: Stamp, kind: str, goods: Portion, lot_code: str, gate: Result | None = None) -> Body:
    """Part of a lot was put on sale (``listed``) or taken off again (``unlisted``).

    What the gate before sale said, and under which rules, is sealed with what went on sale.
    """
    is_listed = kind == "listed"
    return make_body(
        "ObjectEvent",
        kind,
        stamp,
        {
            "action": "OBSERVE",
            "bizStep": "stocking" if is_listed else "storing",
            "disposition": "sellable_accessible" if is_listed else "sellable_not_accessible",
            "quantityList": portions([goods]),
            "cq:lot": lot_code,
            "cq:amount": number(goods.amount) if goods.amount is not None else None,
            "cq:unit": goods.unit,
            "cq:ruleVersion": gate.version if gate else None,
            "cq:saleGate": ("open" if gate.is_open else "closed") if gate else None,
            "cq:gateChecks": [check.code for check in gate.checks] if gate else [],
        },
    )


def details(stamp: Stamp, goods: Portion, lot_code: str, brand: str, best_before_on: date | None) -> Body:
    """Something was added about a lot: its picture, its brand, its best-before day."""
    return make_body(
        "ObjectEvent",
        "details",
        stamp,
        {
            "action": "OBSERVE",
            "bizStep": "inspecting",
            "disposition": "in_progress",
            "quantityList": portions([goods]),
            "cq:lot": lot_code,
            "cq:brand": brand,
            "cq:bestBeforeOn": best_before_on.isoformat() if best_before_on else None,
        },
    )


def verification(  # noqa: PLR0917 - what is sealed, field by field
    stamp: Stamp,
    decision: str,
    goods: Portion,
    lot_code: str,
    title: str,
    reviewed: Sequence[str],
    explained: Sequence[str] = (),
) -> Body:
    """An officer decided on a lot. ``reviewed`` are the hashes (hex) of the records that stood in its story then.

    ``explained`` are the codes of the warnings that the officer answered with a reason; the reason lies apart.
    """
    return make_body(
        "ObjectEvent",
        "verification",
        stamp,
        {
            "action": "OBSERVE",
            "bizStep": "inspecting",
            "disposition": "conformant" if decision == "verified" else "non_conformant",
            "quantityList": portions([goods]),
            "cq:lot": lot_code,
            "cq:decision": decision,
            "cq:officerTitle": title,
            "cq:reviewedRecords": list(reviewed),
            "cq:explained": list(explained),
        },
    )


def holding(stamp: Stamp, kind: str, goods: Sequence[Portion], codes: Sequence[str], reason: str) -> Body:
    """Lots are held back (``held``) or let go again (``released``)."""
    return make_body(
        "ObjectEvent",
        kind,
        stamp,
        {
            "action": "OBSERVE",
            "bizStep": "holding" if kind == "held" else "storing",
            "disposition": "non_sellable_other" if kind == "held" else "sellable_not_accessible",
            "quantityList": portions(goods),
            "cq:lots": list(codes),
            "cq:reason": reason,
        },
    )


def recall(stamp: Stamp, goods: Sequence[Portion], codes: Sequence[str], reason: str, instruction: str) -> Body:
    """Lots were recalled, for good."""
    return make_body(
        "ObjectEvent",
        "recall",
        stamp,
        {
            "action": "OBSERVE",
            "bizStep": "holding",
            "disposition": "recalled",
            "persistentDisposition": {"set": ["recalled"]},
            "quantityList": portions(goods),
            "cq:lots": list(codes),
            "cq:reason": reason,
            "cq:instruction": instruction,
        },
    )


def recall_closed(stamp: Stamp, goods: Sequence[Portion], codes: Sequence[str]) -> Body:
    """A recall of lots has ended: what could be had back was dealt with. The lots stay recalled."""
    return make_body(
        "ObjectEvent",
        "recall_closed",
        stamp,
        {
            "action": "OBSERVE",
            "bizStep": "holding",
            "disposition": "recalled",
            "quantityList": portions(goods),
            "cq:lots": list(codes),
        },
    )


def parcel_packed(stamp: Stamp, parcel: str, consignment: str, goods: Sequence[Portion], codes: Sequence[str]) -> Body:
    """Goods of one or more lots went into a parcel. ``parcel`` is its address, made from an SSCC or a random name."""
    return make_body(
        "AggregationEvent",
        "parcel_packed",
        stamp,
        {
            "action": "ADD",
            "parentID": parcel,
            "bizStep": "packing",
            "disposition": "in_progress",
            "childQuantityList": portions(goods),
            "bizTransactionList": [{"type": "desadv", "bizTransaction": identifiers.transaction_uri(consignment)}],
            "cq:lots": list(codes),
        },
    )


def goods_sold(stamp: Stamp, consignment: str, goods: Sequence[Portion], codes: Sequence[str]) -> Body:
    """Goods of lots were sold: a buyer's order, under a random name, now stands against them."""
    return make_body(
        "TransactionEvent",
        "sold",
        stamp,
        {
            "action": "ADD",
            "bizStep": "retail_selling",
            "disposition": "retail_sold",
            "quantityList": portions(goods),
            "bizTransactionList": [{"type": "po", "bizTransaction": identifiers.transaction_uri(consignment)}],
            "cq:lots": list(codes),
        },
    )


def parcel_unpacked(
    stamp: Stamp, parcel: str, consignment: str, goods: Sequence[Portion], codes: Sequence[str]
) -> Body:
    """Goods came out of a parcel (its address) that came back: they are no longer one thing."""
    return make_body(
        "AggregationEvent",
        "unpacked",
        stamp,
        {
            "action": "DELETE",
            "parentID": parcel,
            "bizStep": "unpacking",
            "disposition": "returned",
            "childQuantityList": portions(goods),
            "bizTransactionList": [{"type": "desadv", "bizTransaction": identifiers.transaction_uri(consignment)}],
            "cq:lots": list(codes),
        },
    )


#: What happened to a parcel -> CBV 2.0 business step and disposition.
_PARCEL_STEPS = {
    "parcel_shipped": ("shipping", "in_transit"),
    "parcel_delivered": ("receiving", "retail_sold"),
    "parcel_returned": ("receiving", "returned"),
}


def parcel_moved(stamp: Stamp, kind: str, parcel: str, consignment: str) -> Body:
    """A parcel (its address) was handed to the carrier, handed over at the door, or came back."""
    step, disposition = _PARCEL_STEPS[kind]
    return make_body(
        "ObjectEvent",
        kind,
        stamp,
        {
            "action": "OBSERVE",
            "bizStep": step,
            "disposition": disposition,
            "epcList": [parcel],
            "bizTransactionList": [{"type": "desadv", "bizTransaction": identifiers.transaction_uri(consignment)}],
        },
    )


def lot_portion(produce: str, code: str, amount: Decimal, unit: str, gtin: str | None = None) -> Portion:
    """Return an amount of a lot, ready for a quantity list."""
    return Portion(identifiers.lot_uri(produce, code, gtin), amount, unit)
