"""What is known of a thing that has no page of its own, and of every thing as JSON-LD."""

import json
from collections.abc import Sequence

from flask import Response, current_app, redirect, render_template
from flask.typing import ResponseReturnValue

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from sellers.queries import CertificateView, HouseholdView, get_household, get_site, list_verified_certificates
from sellers.rules import list_covering
from traceability.queries.goods import list_goods
from traceability.queries.gs1_numbers import find_party_ulid
from traceability.queries.things import Thing, find_own, find_things
from traceability.rules import identifiers
from traceability.rules.digital_link import MalformedLink, parse_path
from traceability.rules.linkset import JSON_LD
from traceability.rules.web_voc import (
    Goods,
    Maker,
    Node,
    Paper,
    describe_goods,
    describe_maker,
    describe_place,
    describe_shipment,
)
from traceability.views.blueprint import blueprint
from traceability.views.thing_links import describe, page_of

_MINUTE_S = 60


@blueprint.get("/ma/<path:name>.jsonld")
@needs(Permission.PUBLIC)
def thing_data(name: str) -> ResponseReturnValue:
    """Tell of a thing in the words of the GS1 Web Vocabulary."""
    thing = _find(name)
    household = get_household(db.session(), thing.household_id)
    response = Response(json.dumps(_describe(thing, household), ensure_ascii=False), mimetype=JSON_LD)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.cache_control.public = True
    response.cache_control.max_age = _MINUTE_S
    return response


@blueprint.get("/ma/<path:name>")
@needs(Permission.PUBLIC)
def thing_page(name: str) -> ResponseReturnValue:
    """Tell of a product, a parcel or a season: whose it is and which lots belong to it."""
    thing = _find(name)
    household = get_household(db.session(), thing.household_id)
    page = page_of(thing, household)
    if not page.startswith("/ma/"):
        return redirect(page, 303)
    return render_template(
        "traceability/thing.html",
        thing=thing,
        household=household if thing.kind != "class" else None,
        title=describe(thing, household),
    )


def _find(name: str) -> Thing:
    """Return what stands at an address below ``/ma``. Raises ``NotFound``."""
    session = db.session()
    segments = name.strip("/").split("/")
    found: Thing | None = None
    if segments[0] == "id" and len(segments) in {3, 4}:
        found = find_own(session, *segments[1:])
    else:
        try:
            found = next(iter(find_things(session, parse_path(segments), with_lots=True)), None)
        except MalformedLink:
            found = None
    if found is None:
        raise NotFound
    return found


def _describe(thing: Thing, household: HouseholdView) -> Node:
    session = db.session()
    root = str(current_app.config["PUBLIC_URL"]).rstrip("/")
    if thing.kind == "parcel":
        contents = [identifiers.lot_uri(lot.produce, lot.code, lot.gtin) for lot in thing.lots]
        return describe_shipment(thing.uris, sscc=thing.sscc, contents=contents)
    page = f"{root}{page_of(thing, household)}"
    if thing.kind == "class":
        return describe_goods(Goods(thing.uris, thing.product, thing.lots[0].template, page), None, ())
    party = find_party_ulid(session, household.id)
    maker = Maker(
        uri=identifiers.party_uri(party) if party else f"{root}/ho/{household.code}",
        name=household.shown_name,
        page=f"{root}/ho/{household.code}",
        commune=household.commune_name,
        province=household.province_name,
        gln=thing.gln if thing.kind == "party" else None,
    )
    if thing.kind == "party":
        return describe_maker(maker, uris=thing.uris)
    if thing.kind == "place" and thing.site_id is not None:
        kind = get_site(session, thing.site_id).kind_label
        return describe_place(thing.uris, kind=kind, gln=thing.gln, maker=maker)
    return describe_goods(_goods(thing, page), maker, [_paper(one) for one in _list_papers(thing, household)])


def _list_papers(thing: Thing, household: HouseholdView) -> Sequence[CertificateView]:
    """Return the certificates that cover a lot today; of a product, those that cover each of its lots."""
    session = db.session()
    lot_ids = [thing.lot.id] if thing.lot is not None else [lot.id for lot in thing.lots]
    goods = [one for found in list_goods(session, lot_ids).values() for one in found]
    return list_covering(list_verified_certificates(session, [household.id]), goods, local_date(utcnow()))


def _goods(thing: Thing, page: str) -> Goods:
    lot = thing.lot
    if lot is None:
        template = thing.lots[0].template if thing.lots else ""
        return Goods(thing.uris, thing.product, template, page, gtin=thing.gtin, unit=thing.unit)
    return Goods(
        uris=thing.uris,
        name=lot.produce,
        template=lot.template,
        page=page,
        gtin=thing.gtin,
        lot_code=lot.code,
        serial=thing.serial,
        made_on=lot.made_on,
        is_harvested=lot.origin == "harvest",
        best_before_on=lot.best_before_on,
        amount=lot.quantity_made if thing.serial is None else None,
        unit=lot.unit,
        grade=lot.grade,
        is_recalled=lot.recall_id is not None,
    )


def _paper(one: CertificateView) -> Paper:
    return Paper(one.issuer, one.label, one.number, one.issued_on, one.expires_on)
