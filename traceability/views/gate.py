"""What a lot lacks before it may be sold, as a checklist with links, and the two pages that mend most of it."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError
from traceability.forms.gate import LotDetailsForm, StandardForm
from traceability.queries.lots import LotView, get_lot_by_code
from traceability.queries.sale_gate import list_standards
from traceability.queries.seasons import list_seasons
from traceability.rules.sale_gate import GROUP_LABELS, Check, Place, Result
from traceability.rules.standards import STANDARDS
from traceability.rules.standards import list_standards as offered_for
from traceability.rules.templates import TEMPLATES
from traceability.services.lot_details import add_lot_details
from traceability.services.sale_gate import declare_standard
from traceability.views.blueprint import blueprint
from traceability.views.owner import own_household_id, show_refusal
from traceability.views.photos import keep_photos, kept_photos


@dataclass(frozen=True, slots=True)
class Line:
    """One condition on a checklist; ``href`` leads to where it can be mended."""

    label: str
    text: str
    is_met: bool
    group: str
    href: str = ""
    link_text: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    """Everything that has to be true of a lot, what is missing first."""

    missing: Sequence[Line]
    met: Sequence[Line]
    version: str

    @property
    def is_open(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing

    @property
    def groups(self) -> Sequence[tuple[str, Sequence[Line]]]:
        """What is met, by what it belongs to, in the order of the rules."""
        return [
            (name, found) for name in GROUP_LABELS.values() if (found := [one for one in self.met if one.group == name])
        ]


def tell_checklist(result: Result, lot: LotView, *, may_mend: bool, without: Collection[str] = ()) -> Checklist:
    """Return a gate's answer as its household (with links) or its commune reads it, ``without`` some checks (codes)."""
    lines = [_line(check, lot, may_mend=may_mend) for check in result.checks if check.code not in without]
    return Checklist(
        [line for line in lines if not line.is_met], [line for line in lines if line.is_met], result.version
    )


def _line(check: Check, lot: LotView, *, may_mend: bool) -> Line:
    href, link_text = _mend(check, lot) if may_mend and not check.is_met else ("", "")
    text = check.text if may_mend else _leave_out_advice(check.text)
    return Line(check.label, text, check.is_met, GROUP_LABELS[check.group], href, link_text)


def _leave_out_advice(text: str) -> str:
    """Return what is the matter, without what the household is asked to do: the commune reads this."""
    return " ".join(one for one in re.split(r"(?<=\.) ", text) if not one.startswith("Hãy ")) or text


def _mend(check: Check, lot: LotView) -> tuple[str, str]:
    if check.place in {Place.CORRECT, Place.SEASON} and check.place_id is None:
        return "", ""
    ways: dict[Place, Callable[[], tuple[str, str]]] = {
        Place.CORRECT: lambda: (url_for("traceability.correct", record_id=check.place_id), _("Đính chính ghi chép")),
        Place.SEASON: lambda: (url_for("traceability.season", season_id=check.place_id), _("Ghi tiếp vào sổ")),
        Place.DETAILS: lambda: (url_for("traceability.lot_details", code=lot.code), _("Bổ sung cho lô")),
        Place.STANDARDS: lambda: (url_for("traceability.standards", loai=lot.template), _("Khai tiêu chuẩn")),
        Place.HOUSEHOLD: lambda: (url_for("sellers.my_household"), _("Mở “Hộ của tôi”")),
        Place.CERTIFICATES: lambda: (url_for("sellers.new_certificate"), _("Nộp giấy chứng nhận")),
    }
    way = ways.get(check.place)
    return way() if way else ("", "")


@blueprint.route("/so-tay/lo/<code>/bo-sung", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def lot_details(code: str) -> ResponseReturnValue:
    """Add what is missing about a lot: a picture, its best-before day, its brand."""
    found = get_lot_by_code(db.session(), code, household_id=own_household_id())
    form = LotDetailsForm()
    status = 200
    if form.is_submitted():
        is_valid = form.validate()
        photos = keep_photos(form)
        status = 422
        if is_valid and not form.photos.errors:
            try:
                with transaction() as session:
                    add_lot_details(
                        session=session,
                        household_id=own_household_id(),
                        lot_id=found.id,
                        photos=photos,
                        brand=form.brand.data or "",
                        best_before_on=form.best_before_on.data,
                        actor=current_actor(),
                        key=form.key,
                        now=utcnow(),
                    )
                flash(_("Đã bổ sung cho lô."), "success")
                return redirect(url_for("traceability.lot", code=found.code, _anchor="dieu-kien"), 303)
            except DomainError as error:
                status = show_refusal(form, error)
    return render_template("traceability/lot_details.html", form=form, lot=found, kept=kept_photos(form)), status


@blueprint.route("/so-tay/tieu-chuan", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def standards() -> ResponseReturnValue:
    """Say which standard the household keeps, once for each kind of production."""
    session = db.session()
    declared = list_standards(session, own_household_id())
    kinds = _own_kinds(declared)
    form = StandardForm(formdata=request.form if request.method == "POST" else None)
    wished = request.args.get("loai", "")
    kind = (form.template.data if form.is_submitted() else wished) or next(iter(kinds), "")
    kind = kind if kind in TEMPLATES else next(iter(kinds), "vegetable")
    form.offer(
        ((code, TEMPLATES[code].label) for code in dict.fromkeys([*kinds, kind])),
        ((one.code, one.label) for one in offered_for(kind)),
    )
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                with transaction() as changing:
                    declare_standard(
                        session=changing,
                        household_id=own_household_id(),
                        template=form.template.data,
                        code=form.code.data,
                        number=form.number.data or "",
                        actor=current_actor(),
                        key=form.key,
                        now=utcnow(),
                    )
                flash(_("Đã ghi tiêu chuẩn áp dụng."), "success")
                return redirect(url_for("traceability.standards"), 303)
            except DomainError as error:
                status = show_refusal(form, error)
    else:
        form.template.data = kind
        if kind in declared:
            form.code.data, form.number.data = declared[kind].code, declared[kind].number
    page = render_template(
        "traceability/standards.html",
        form=form,
        declared=[(TEMPLATES[code].label, one) for code, one in declared.items()],
        undeclared=[(code, TEMPLATES[code].label) for code in kinds if code not in declared],
        hints={one.code: one.hint for one in STANDARDS.values()},
    )
    return page, status


def _own_kinds(declared: Iterable[str]) -> list[str]:
    """Return the kinds of production of this household, in the order of its seasons."""
    seasons = list_seasons(db.session(), own_household_id())
    return list(dict.fromkeys([*(season.template for season in seasons), *declared]))
