"""Bodies of the field diary: what came in, the work, and what it gave.

One transformation ID for each season ties inputs (seed, fertiliser, sprays: inputs only) to outputs (harvests: outputs
only), as EPCIS 2.0 foresees. Where CBV 2.0 has no word for a step, the step is a URI of our own vocabulary.
"""

from dataclasses import dataclass
from datetime import date

from traceability.rules import identifiers
from traceability.rules.bodies import Body, Portion, Stamp, make_body, number, portions
from traceability.rules.entries import HarvestEntry, IncomingEntry, WorkEntry
from traceability.rules.waiting import RULE_VERSION

#: Work that puts something into the season; the rest is observed on it.
_PUTS_IN = frozenset({"planting", "stocking", "fertilising", "feeding", "watering", "spraying", "medicine"})
#: Kind of work -> CBV 2.0 business step, where there is one.
CBV_STEPS = {"checking": "inspecting", "deaths": "other"}
_WATER = "nước tưới"
#: ISO 3166-1: households of the communes farm in Viet Nam.
COUNTRY = "VN"


@dataclass(frozen=True, slots=True)
class SeasonRef:
    """What a body needs to know of a season."""

    transformation: str
    produce: str


def season_opened(stamp: Stamp, season: SeasonRef, template: str) -> Body:
    """A season was opened on a site."""
    return make_body(
        "ObjectEvent",
        "season_opened",
        stamp,
        {
            "action": "OBSERVE",
            "bizStep": identifiers.step_uri("season_opening"),
            "disposition": "in_progress",
            "epcList": [identifiers.object_uri(season.transformation)],
            "cq:produce": season.produce,
            "cq:template": template,
        },
    )


def season_closed(stamp: Stamp, season: SeasonRef) -> Body:
    """A season was closed: nothing more goes in or comes out."""
    return make_body(
        "ObjectEvent",
        "season_closed",
        stamp,
        {
            "action": "OBSERVE",
            "bizStep": identifiers.step_uri("season_closing"),
            "disposition": "inactive",
            "epcList": [identifiers.object_uri(season.transformation)],
            "cq:produce": season.produce,
        },
    )


def incoming(stamp: Stamp, season: SeasonRef, entry: IncomingEntry, supplier_lot_code: str | None) -> Body:
    """Seed, breed or another input came in. ``supplier_lot_code`` is set when that lot is known to this ledger."""
    batch = supplier_lot_code or entry.supplier_lot
    return make_body(
        "ObjectEvent",
        "incoming",
        stamp,
        {
            "action": "OBSERVE",
            "bizStep": "receiving",
            "disposition": "in_progress",
            "quantityList": portions([Portion(identifiers.class_uri(entry.name, batch), entry.amount, entry.unit)]),
            "cq:season": identifiers.object_uri(season.transformation),
            "cq:what": entry.what,
            "cq:name": entry.name,
            "cq:amount": number(entry.amount) if entry.amount is not None else None,
            "cq:unit": entry.unit,
            "cq:paperNo": entry.paper_no,
            "cq:supplierLot": entry.supplier_lot,
        },
    )


def work(stamp: Stamp, season: SeasonRef, entry: WorkEntry, waiting_until: date | None) -> Body:
    """Work was done: inputs join the season's transformation; other work is observed on the season."""
    step = CBV_STEPS.get(entry.kind) or identifiers.step_uri(entry.kind)
    details: Body = {
        "bizStep": step,
        "disposition": "in_progress",
        "cq:product": entry.product,
        "cq:activeIngredient": entry.ingredient,
        "cq:dose": entry.dose,
        "cq:target": entry.target,
        "cq:waitingDays": entry.waiting_days,
        "cq:waitingUntil": waiting_until.isoformat() if waiting_until else None,
        "cq:ruleVersion": RULE_VERSION if waiting_until else None,
        "cq:operatorRole": entry.operator,
        "cq:amount": number(entry.amount) if entry.amount is not None else None,
        "cq:unit": entry.unit,
    }
    season_uri = identifiers.object_uri(season.transformation)
    if entry.kind in _PUTS_IN:
        name = entry.product or (_WATER if entry.kind == "watering" else season.produce)
        goods = Portion(identifiers.class_uri(name), entry.amount, entry.unit)
        details |= {"transformationID": season_uri, "inputQuantityList": portions([goods])}
        return make_body("TransformationEvent", entry.kind, stamp, details)
    details |= {"action": "OBSERVE", "epcList": [season_uri]}
    return make_body("ObjectEvent", entry.kind, stamp, details)


def harvest(
    stamp: Stamp,
    season: SeasonRef,
    entry: HarvestEntry,
    *,
    origin: str,
    lot_code: str,
    gtin: str | None = None,
    inputs: list[Portion],
) -> Body:
    """A harvest, slaughter or making gave a lot. Lots that it was made from are its inputs."""
    produce = entry.produce or season.produce
    return make_body(
        "TransformationEvent",
        origin,
        stamp,
        {
            "transformationID": identifiers.object_uri(season.transformation),
            "bizStep": "creating_class_instance",
            "disposition": "active",
            "inputQuantityList": portions(inputs),
            "outputQuantityList": portions(
                [Portion(identifiers.lot_uri(produce, lot_code, gtin), entry.amount, entry.unit)]
            ),
            "ilmd": ilmd(
                lot_code, entry.happened_on, entry.best_before_on, entry.grade, is_harvest=origin == "harvest"
            ),
            "cq:lot": lot_code,
            "cq:produce": produce,
            "cq:amount": number(entry.amount),
            "cq:unit": entry.unit,
            "cq:ruleVersion": RULE_VERSION,
        },
    )


def ilmd(
    lot_code: str, made_on: date, best_before_on: date | None, grade: str = "", *, is_harvest: bool = False
) -> Body:
    """Return a lot's master data, which EPCIS allows where a lot begins and nowhere else.

    What CBV 2.0 has a name for stands under that name (``cbvmda``) as well as under our own.
    """
    made, best_before = made_on.isoformat(), best_before_on.isoformat() if best_before_on else None
    fields = {
        "cbvmda:lotNumber": lot_code,
        "cbvmda:countryOfOrigin": COUNTRY,
        "cbvmda:bestBeforeDate": best_before,
        "cbvmda:harvestStartDate": made if is_harvest else None,
        "cbvmda:harvestEndDate": made if is_harvest else None,
        "cq:madeOn": made,
        "cq:bestBeforeOn": best_before,
        "cq:grade": grade,
    }
    return {key: value for key, value in fields.items() if value}
