"""Things in the words of the GS1 Web Vocabulary, as JSON-LD. The vocabulary has no word for sprays or waiting periods.

Source: https://ref.gs1.org/voc/. Only what is public stands here: no person, no exact place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marketplace.core.quantity import UNITS
from traceability.rules.bodies import number

CONTEXT: dict[str, Any] = {
    "gs1": "https://ref.gs1.org/voc/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "owl:sameAs": {"@type": "@id"},
}
_COUNTRY = "VN"
_NOT_FOOD = "craft"
Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Maker:
    """A household, as everybody may know it: its shown name, its page, commune and province."""

    uri: str
    name: str
    page: str
    commune: str
    province: str
    gln: str | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """A product, a lot of it, or a pack. What is None or empty is not said."""

    uris: Sequence[str]
    name: str
    template: str
    page: str
    gtin: str | None = None
    lot_code: str | None = None
    serial: str | None = None
    made_on: date | None = None
    is_harvested: bool = False
    best_before_on: date | None = None
    amount: Decimal | None = None
    unit: str | None = None
    grade: str | None = None
    is_recalled: bool | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate that an officer has seen."""

    agency: str
    standard: str
    number: str
    starts_on: date
    ends_on: date | None


def describe_goods(goods: Goods, maker: Maker | None, papers: Sequence[Paper]) -> Node:
    """Return a product, a lot or a pack."""
    made = _day(goods.made_on)
    node: Node = {
        "@type": "gs1:Product" if goods.template == _NOT_FOOD else "gs1:FoodBeverageTobaccoProduct",
        "gs1:productName": _text(goods.name),
        "gs1:gtin": goods.gtin,
        "gs1:hasBatchLotNumber": goods.lot_code,
        "gs1:hasSerialNumber": goods.serial,
        "gs1:productionDate": made,
        "gs1:harvestDate": made if goods.is_harvested else None,
        "gs1:bestBeforeDate": _day(goods.best_before_on),
        "gs1:netContent": _amount(goods.amount, goods.unit),
        "gs1:grade": goods.grade,
        "gs1:countryOfOrigin": {"@type": "gs1:Country", "gs1:countryCode": _COUNTRY},
        "gs1:manufacturer": describe_maker(maker, is_part=True) if maker is not None else None,
        "gs1:certification": [_certificate(paper) for paper in papers] or None,
        "gs1:isProductRecalled": goods.is_recalled,
        "gs1:pip": {"@id": goods.page},
    }
    return _document(goods.uris, node)


def describe_maker(maker: Maker, *, is_part: bool = False, uris: Sequence[str] = ()) -> Node:
    """Return a household or co-operative, as part of something else or as a document of its own."""
    node: Node = {
        "@type": "gs1:Organization",
        "gs1:organizationName": _text(maker.name),
        "gs1:partyGLN": maker.gln,
        "gs1:address": _address(maker),
        "gs1:pip": {"@id": maker.page},
    }
    if is_part:
        return {"@id": maker.uri, **_filled(node)}
    return _document(uris or (maker.uri,), node)


def describe_place(uris: Sequence[str], *, kind: str, gln: str | None, maker: Maker) -> Node:
    """Return a place of production: what it is and in which commune, never exactly where."""
    node: Node = {
        "@type": "gs1:Place",
        "gs1:physicalLocationName": _text(kind),
        "gs1:globalLocationNumber": gln,
        "gs1:address": _address(maker),
        "gs1:owningParty": describe_maker(maker, is_part=True),
    }
    return _document(uris, node)


def describe_shipment(uris: Sequence[str], *, sscc: str | None, contents: Sequence[str]) -> Node:
    """Return a parcel: its number and the names of the lots in it. Nobody knows from it where it went."""
    node: Node = {
        "@type": "gs1:LogisticUnit",
        "gs1:sscc": sscc,
        "gs1:contains": [{"@id": uri} for uri in contents] or None,
    }
    return _document(uris, node)


def _document(uris: Sequence[str], node: Node) -> Node:
    first, *others = uris
    return {"@context": CONTEXT, "@id": first, **({"owl:sameAs": others} if others else {}), **_filled(node)}


def _filled(node: Mapping[str, Any]) -> Node:
    return {name: value for name, value in node.items() if value is not None and value != ""}


def _text(text: str) -> Node:
    return {"@value": text, "@language": "vi"}


def _day(day: date | None) -> Node | None:
    return {"@value": day.isoformat(), "@type": "xsd:date"} if day is not None else None


def _amount(amount: Decimal | None, unit: str | None) -> Node | None:
    if amount is None or unit not in UNITS:
        return None
    node: Node = {"@type": "gs1:QuantitativeValue", "gs1:value": number(amount)}
    # Pieces and bundles have no code of their own in UN/ECE Recommendation 20 but "one".
    return {**node, "gs1:unitCode": UNITS[unit].uom or "C62"}


def _address(maker: Maker) -> Node:
    return {
        "@type": "gs1:PostalAddress",
        "gs1:addressLocality": _text(maker.commune),
        "gs1:addressRegion": _text(maker.province),
        "gs1:addressCountry": {"@type": "gs1:Country", "gs1:countryCode": _COUNTRY},
    }


def _certificate(paper: Paper) -> Node:
    return _filled(
        {
            "@type": "gs1:CertificationDetails",
            "gs1:certificationAgency": _text(paper.agency),
            "gs1:certificationStandard": paper.standard,
            "gs1:certificationIdentification": paper.number,
            "gs1:certificationStartDate": _day(paper.starts_on),
            "gs1:certificationEndDate": _day(paper.ends_on),
        }
    )
