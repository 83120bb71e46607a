"""Nơi sản xuất: fields, orchards, ponds, barns with their pens."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError, NotFound, Refused
from marketplace.core.text import nfc
from sellers.forms import BareForm, SiteForm
from sellers.queries import SiteView, get_site, list_sites
from sellers.rules import PARENT_KINDS, SITE_KINDS
from sellers.services.sites import SiteFacts, add_site, edit_site, remove_site
from sellers.views.blueprint import blueprint
from sellers.views.owner import own_household_id

#: What is asked of each kind of place, beside its name.
ASKED = {
    "field": ("area_m2", "planting_area_code"),
    "orchard": ("area_m2", "planting_area_code"),
    "pond": ("area_m2", "capacity_heads"),
    "barn": ("area_m2", "capacity_heads"),
    "pen": ("parent_id", "capacity_heads"),
    "workshop": ("area_m2",),
    "cold_store": ("area_m2",),
}


@blueprint.route("/ho-cua-toi/noi-san-xuat/moi", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def new_site() -> ResponseReturnValue:
    """Add a place: first its kind, then what is asked of such a place."""
    kind = request.args.get("loai", "")
    if kind not in SITE_KINDS:
        return render_template("sellers/site_kinds.html", kinds=SITE_KINDS)
    barns = _barns()
    if kind in PARENT_KINDS and not barns:
        flash(_("Hãy thêm chuồng trại trước, rồi mới thêm ô chuồng bên trong."), "warning")
        return redirect(url_for("sellers.new_site", loai="barn"), 303)
    form = SiteForm(asked=ASKED[kind], barns=barns, data={"parent_id": request.args.get("trong", type=int)})
    if not form.is_submitted():
        return _page(form, kind)
    if not form.validate():
        return _page(form, kind, status=422)
    try:
        with transaction() as session:
            add_site(session=session, household_id=own_household_id(), facts=_facts(form, kind), form_key=form.key)
    except Refused as error:
        form.add_error(error)
        return _page(form, kind, status=422)
    flash(_("Đã thêm %(name)s.", name=form.name.data.strip()), "success")
    return redirect(url_for("sellers.my_household", _anchor="noi-san-xuat"), 303)


@blueprint.route("/ho-cua-toi/noi-san-xuat/<int:site_id>", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def site(site_id: int) -> ResponseReturnValue:
    """Change what is said of a place; its kind stays."""
    view = _own_site(site_id)
    asked = tuple(name for name in ASKED[view.kind] if name != "parent_id")
    form = SiteForm(asked=asked, obj=view)
    if not form.is_submitted():
        return _page(form, view.kind, view)
    if not form.validate():
        return _page(form, view.kind, view, status=422)
    try:
        with transaction() as session:
            edit_site(
                session=session,
                household_id=own_household_id(),
                site_id=site_id,
                facts=_facts(form, view.kind),
            )
    except Refused as error:
        form.add_error(error)
        return _page(form, view.kind, view, status=422)
    flash(_("Đã lưu thay đổi."), "success")
    return redirect(url_for("sellers.my_household", _anchor="noi-san-xuat"), 303)


@blueprint.post("/ho-cua-toi/noi-san-xuat/<int:site_id>/bo")
@needs(Permission.KEEP_DIARY)
def drop_site(site_id: int) -> ResponseReturnValue:
    """Take a place off the list; its records stay."""
    if not BareForm().validate():
        raise NotFound
    try:
        with transaction() as session:
            remove_site(session=session, household_id=own_household_id(), site_id=site_id)
    except NotFound:
        raise
    except DomainError as error:
        flash(error.message, "warning")
        return redirect(url_for("sellers.site", site_id=site_id), 303)
    flash(_("Đã bỏ nơi này khỏi danh sách. Sổ sách cũ vẫn còn."), "success")
    return redirect(url_for("sellers.my_household", _anchor="noi-san-xuat"), 303)


def _page(form: SiteForm, kind: str, view: SiteView | None = None, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "sellers/site.html", form=form, kind=kind, kind_label=SITE_KINDS[kind], asked=ASKED[kind], site=view
    )
    return page, status


def _own_site(site_id: int) -> SiteView:
    view = get_site(db.session(), site_id)
    if view.household_id != own_household_id():
        raise NotFound
    return view


def _barns() -> list[tuple[int, str]]:
    sites = list_sites(db.session(), own_household_id())
    return [(place.id, place.name) for place in sites if place.kind == "barn"]


def _facts(form: SiteForm, kind: str) -> SiteFacts:
    typed = {name: form[name].data for name in ASKED[kind] if name in form}
    area, capacity = typed.get("area_m2"), typed.get("capacity_heads")
    return SiteFacts(
        kind=kind,
        name=nfc(form.name.data),
        parent_id=typed.get("parent_id"),
        area_m2=int(area) if area else None,
        capacity_heads=int(capacity) if capacity else None,
        planting_area_code=(typed.get("planting_area_code") or "").strip() or None,
    )
