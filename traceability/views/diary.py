"""The field diary: what to write today, the seasons, and one season's pages."""

from collections.abc import Sequence
from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound
from sellers.queries import get_site, list_sites
from traceability.forms.diary import CloseForm, SeasonForm
from traceability.queries.attention import list_held_lots, list_missing_by_lot
from traceability.queries.lots import LotView, list_household_lots, list_season_lots
from traceability.queries.records import list_season_records
from traceability.queries.seasons import SeasonView, get_season, list_seasons
from traceability.queries.sensors import list_days, list_devices_at, list_open_alerts, sum_rows
from traceability.queries.treatments import list_site_treatments
from traceability.rules.events_barn import KIND as SENSORS
from traceability.rules.lots import LotState
from traceability.rules.sensor_words import with_unit, write_percent
from traceability.rules.templates import TEMPLATES, TREATMENTS, get_template
from traceability.rules.waiting import Treatment, earliest_harvest
from traceability.services.seasons import close_season, open_season
from traceability.views.blueprint import blueprint
from traceability.views.owner import own_household_id, show_refusal
from traceability.views.sensors import tell_alerts
from traceability.views.steps import tell_steps

_NEEDY = frozenset({LotState.RECORDED, LotState.SENT_BACK, LotState.HELD, LotState.RECALLED})
_NEEDY_SHOWN = 12
_DONE_SHOWN = 10
#: What a tile of the first page writes -> the page of a season that writes it.
_WRITES = {
    "nhap": "traceability.enter_incoming",
    "viec": "traceability.enter_work",
    "thuoc": "traceability.enter_treatment",
    "thu": "traceability.enter_harvest",
}


@blueprint.get("/so-tay")
@needs(Permission.KEEP_DIARY)
def diary() -> ResponseReturnValue:
    """Ask what there is to write today; list the seasons and the lots that need something."""
    session = db.session()
    household_id = own_household_id()
    today = local_date(utcnow())
    seasons = list_seasons(session, household_id)
    is_open = [season for season in seasons if season.is_open]
    lots = list_household_lots(session, household_id)
    needy = [lot for lot in lots if _is_needy(lot)][:_NEEDY_SHOWN]
    treatments = list_site_treatments(session, {season.site_id for season in is_open})
    return render_template(
        "traceability/diary.html",
        open_seasons=is_open,
        closed_seasons=[season for season in seasons if not season.is_open][:_DONE_SHOWN],
        harvest_days={season.id: _harvest_day(treatments[season.site_id], today) for season in is_open},
        needy=needy,
        missing=list_missing_by_lot(session, [lot.id for lot in needy]),
        lots=[lot for lot in lots if lot not in needy],
        templates=TEMPLATES,
        today=today,
        alerts=tell_alerts(list_open_alerts(session, household_id)),
        places=_name_places(session, household_id),
    )


def _name_places(session: Session, household_id: int) -> dict[int, str]:
    """Return what a household calls its places: two flocks begun on one day are told apart by their pens."""
    return {site.id: site.name or site.kind_label for site in list_sites(session, household_id)}


def _is_needy(lot: LotView) -> bool:
    return lot.state in _NEEDY and lot.remaining > 0


def _harvest_day(treatments: Sequence[Treatment], today: date) -> date | None:
    """Return the first day on which a harvest may happen when that is not today."""
    day = earliest_harvest(treatments, today)
    return day if day > today else None


@blueprint.get("/so-tay/ghi/<what>")
@needs(Permission.KEEP_DIARY)
def choose_season(what: str) -> ResponseReturnValue:
    """Ask for which season something is written; with only one open season, go straight there."""
    endpoint = _WRITES.get(what)
    if endpoint is None:
        raise NotFound
    seasons = list_seasons(db.session(), own_household_id(), is_open=True)
    if what == "thuoc":
        seasons = [one for one in seasons if TREATMENTS & set(get_template(one.template).work)]
    if len(seasons) == 1:
        return redirect(url_for(endpoint, season_id=seasons[0].id), 303)
    return render_template(
        "traceability/choose_season.html",
        seasons=seasons,
        endpoint=endpoint,
        places=_name_places(db.session(), own_household_id()),
    )


@blueprint.route("/so-tay/vu/moi", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def new_season() -> ResponseReturnValue:
    """Open a season: what, where, since when."""
    household_id = own_household_id()
    session = db.session()
    sites = list_sites(session, household_id)
    form = SeasonForm()
    form.offer_sites((site.id, f"{site.kind_label}: {site.name}") for site in sites)
    status = 200
    if not form.is_submitted():
        _propose_season(form, [site.id for site in sites], list_seasons(session, household_id))
    elif not form.validate():
        status = 422
    else:
        try:
            with transaction() as changing:
                season = open_season(
                    session=changing,
                    household_id=household_id,
                    site_id=int(form.site_id.data),
                    produce=form.produce.data or "",
                    template=form.template.data,
                    started_on=form.started_on.data,
                    actor=current_actor(),
                    key=form.key,
                    now=utcnow(),
                )
            flash(_("Đã mở sổ cho %(produce)s.", produce=season.produce), "success")
            return redirect(url_for("traceability.season", season_id=season.id), 303)
        except DomainError as error:
            status = show_refusal(form, error)
    return render_template("traceability/new_season.html", form=form, sites=sites), status


def _propose_season(form: SeasonForm, site_ids: Sequence[int], known: Sequence[SeasonView]) -> None:
    form.started_on.data = local_date(utcnow())
    if known:
        form.template.data = known[0].template
        form.site_id.data = str(known[0].site_id)
    elif len(site_ids) == 1:
        form.site_id.data = str(site_ids[0])


@blueprint.get("/so-tay/vu/<int:season_id>")
@needs(Permission.KEEP_DIARY)
def season(season_id: int) -> ResponseReturnValue:
    """Show a season: what may be written next, its lots, and everything written so far."""
    session = db.session()
    found = get_season(session, season_id, household_id=own_household_id())
    template = get_template(found.template)
    today = local_date(utcnow())
    treatments = list_site_treatments(session, [found.site_id])[found.site_id]
    records = list_season_records(session, season_id)
    lots = list_season_lots(session, season_id)
    return render_template(
        "traceability/season.html",
        season=found,
        template=template,
        site=get_site(session, found.site_id),
        lots=lots,
        held=list_held_lots(session, found.household_id, lots),
        # What sensors saw is sealed for each lot and told with it; here the last week is enough.
        steps=tell_steps((one for one in records if one.kind != SENSORS or one.lot_id is None), is_private=True),
        week=_tell_week(found, today) if found.is_open else [],
        treatment=next((kind for kind in template.work if kind in TREATMENTS), None),
        harvest_on=_harvest_day(treatments, today),
        may_correct=found.is_open,
    )


def _tell_week(season: SeasonView, today: date) -> list[tuple[int, str, str]]:
    """Say what the sensors of a season's place saw in the last seven days: (device's id, its name, in short)."""
    session = db.session()
    devices = list_devices_at(session, season.site_id)
    days = list_days(session, [one.id for one in devices], today - timedelta(days=6), today)
    told = []
    for one in devices:
        if one.id not in days:
            continue
        span = sum_rows(days[one.id])
        said = f"{with_unit(span.minimum, one.measure)} – {with_unit(span.maximum, one.measure)}"
        if span.share is not None:
            said = _(
                "%(range)s; %(share)s thời gian trong khoảng cho phép",
                range=said,
                share=write_percent(span.share * 100),
            )
        told.append((one.id, one.name, said))
    return told


@blueprint.route("/so-tay/vu/<int:season_id>/ket-thuc", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def end_season(season_id: int) -> ResponseReturnValue:
    """Close a season for good."""
    household_id = own_household_id()
    found = get_season(db.session(), season_id, household_id=household_id)
    form = CloseForm()
    status = 200
    if request.method == "GET":
        form.closed_on.data = local_date(utcnow())
    elif not form.validate():
        status = 422
    else:
        try:
            with transaction() as changing:
                close_season(
                    session=changing,
                    household_id=household_id,
                    season_id=season_id,
                    closed_on=form.closed_on.data,
                    actor=current_actor(),
                    key=form.key,
                    now=utcnow(),
                )
            flash(_("Đã kết thúc. Sổ vẫn còn để xem lại."), "success")
            return redirect(url_for("traceability.diary"), 303)
        except DomainError as error:
            status = show_refusal(form, error)
    return (
        render_template("traceability/end_season.html", form=form, season=found, template=get_template(found.template)),
        status,
    )
