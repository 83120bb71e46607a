"""What everybody may see of households and communes, and the search for a commune by any of its names."""

from flask import jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.limits import limiter
from marketplace.core.shared_pages import shared
from sellers.queries import (
    find_communes,
    get_commune,
    get_commune_by_code,
    get_household_by_code,
    list_commune_households,
    list_household_cards,
    list_sites,
    list_valid_certificates,
)
from sellers.views.blueprint import blueprint

_LONGEST_QUERY = 100


@blueprint.get("/ho/<code>")
@needs(Permission.PUBLIC)
@shared
def household(code: str) -> ResponseReturnValue:
    """Show a household: its story, commune, papers, places and goods. Nobody sees one that is not checked."""
    session = db.session()
    view = get_household_by_code(session, code)
    if not view.is_shown:
        raise NotFound
    if code != view.code:
        return redirect(url_for("sellers.household", code=view.code), 301)
    return render_template(
        "sellers/household.html",
        household=view,
        commune=get_commune(session, view.commune_id),
        certificates=list_valid_certificates(session, [view.id], local_date(utcnow())),
        sites=[site for site in list_sites(session, view.id) if site.parent_id is None],
    )


@blueprint.get("/xa/<string(length=5):code>")
@needs(Permission.PUBLIC)
@shared
def commune(code: str) -> ResponseReturnValue:
    """Show a commune with the households whose identity it has checked."""
    if not (code.isascii() and code.isdigit()):
        raise NotFound
    session = db.session()
    view = get_commune_by_code(session, code)
    ids = [item.id for item in list_commune_households(session, view.id) if item.is_verified]
    certificates = list_valid_certificates(session, ids, local_date(utcnow()))
    return render_template(
        "sellers/commune.html",
        commune=view,
        households=sorted(list_household_cards(session, ids), key=lambda card: card.id),
        badges={
            household_id: [item for item in certificates if item.household_id == household_id] for household_id in ids
        },
    )


@blueprint.get("/api/communes")
@needs(Permission.PUBLIC)
@limiter.limit("90/minute")
def communes() -> ResponseReturnValue:
    """Return communes that fit what is typed: new names, old communes, old districts; marks optional."""
    matches = find_communes(db.session(), request.args.get("q", "")[:_LONGEST_QUERY])
    items = [{"code": match.code, "label": match.label, "note": match.formerly or ""} for match in matches]
    response = jsonify({"items": items})
    response.cache_control.max_age = 300
    response.cache_control.public = True
    return response
