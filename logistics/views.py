"""Labels for households, and the operator's view of all parcels."""

from collections.abc import Callable

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from logistics import queries
from logistics.forms import RemittanceForm, StepForm
from logistics.rules.barcode import barcode_path
from logistics.rules.states import STATE_LABELS, CodState, ParcelState
from logistics.services.book import retry_booking
from logistics.services.cancel import request_cancel
from logistics.services.hear import clear_attention
from logistics.services.money import record_remittance
from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, DomainError, NotFound

blueprint = Blueprint("logistics", __name__)
_PER_PAGE = 30
_LONGEST_SEARCH = 60


@blueprint.get("/buu-gui/<reference>/nhan")
@needs(Permission.SELL)
def label(reference: str) -> ResponseReturnValue:
    """Show the label of a household's own parcel: the carrier's file, else our own page in the same size."""
    household_id = current_actor().household_id
    if household_id is None:
        raise NotFound
    view = queries.get_label(db.session(), reference, household_id, utcnow())
    if view.parcel.state == ParcelState.CANCELLED:
        message = "Vận đơn này đã hủy nên không in nhãn nữa. Đừng giao kiện cho bưu tá."
        raise Conflict("parcel_cancelled", message)
    if view.content is not None and view.media_type == "application/pdf":
        response = Response(view.content, mimetype=view.media_type)
        response.headers["Content-Disposition"] = f'inline; filename="{_file_name(reference)}.pdf"'
        return response
    code = view.parcel.waybill or view.parcel.reference
    path, width = barcode_path(code)
    return render_template("logistics/label.html", label=view, code=code, barcode=path, barcode_width=width)


@blueprint.get("/dieu-hanh/buu-gui")
@needs(Permission.OPERATE)
def parcels() -> ResponseReturnValue:
    """List all parcels, those that need a person under their own tab."""
    session = db.session()
    wanted = request.args.get("trang-thai", "")
    if wanted not in {"", "attention", *ParcelState}:
        raise NotFound
    typed = request.args.get("tim", "")[:_LONGEST_SEARCH]
    page = min(max(request.args.get("trang", 1, type=int), 1), 10_000)
    found, total = queries.search_parcels(session, state=wanted or None, typed=typed, page=page, per_page=_PER_PAGE)
    return render_template(
        "logistics/parcels.html",
        parcels=found,
        counts=queries.count_parcels(session),
        cash=queries.sum_cod(session),
        states=[(state.value, text) for state, text in STATE_LABELS.items()],
        wanted=wanted,
        typed=typed,
        page=page,
        pages=max(1, -(-total // _PER_PAGE)),
        total=total,
    )


@blueprint.get("/dieu-hanh/buu-gui/<int:parcel_id>")
@needs(Permission.OPERATE)
def parcel(parcel_id: int) -> ResponseReturnValue:
    """Show a parcel with every word of its carrier."""
    return _parcel_page(parcel_id)


@blueprint.post("/dieu-hanh/buu-gui/<int:parcel_id>/hoi-lai")
@needs(Permission.OPERATE)
def ask_again(parcel_id: int) -> ResponseReturnValue:
    """Have the carrier asked again; a parcel that stands there already is not doubled."""
    return _do(
        parcel_id,
        lambda session: retry_booking(session=session, parcel_id=parcel_id, now=utcnow()),
        _("Đã giao việc hỏi lại đơn vị vận chuyển. Kết quả sẽ hiện ở trang này."),
    )


@blueprint.post("/dieu-hanh/buu-gui/<int:parcel_id>/huy")
@needs(Permission.OPERATE)
def cancel(parcel_id: int) -> ResponseReturnValue:
    """Ask the carrier to call a parcel off."""

    def ask(session: Session) -> None:
        reference = queries.get_parcel(session, parcel_id).reference
        request_cancel(session=session, reference=reference, now=utcnow())

    return _do(parcel_id, ask, _("Đã gửi yêu cầu hủy. Đơn vị vận chuyển có thể không nhận nếu bưu tá đã cầm hàng."))


@blueprint.post("/dieu-hanh/buu-gui/<int:parcel_id>/da-xem")
@needs(Permission.OPERATE)
def seen(parcel_id: int) -> ResponseReturnValue:
    """Take a parcel off the list of those that need a person."""
    return _do(
        parcel_id,
        lambda session: clear_attention(session=session, parcel_id=parcel_id),
        _("Đã ghi là bạn xem xong bưu gửi này."),
    )


@blueprint.post("/dieu-hanh/buu-gui/<int:parcel_id>/da-nhan-tien")
@needs(Permission.OPERATE)
def remitted(parcel_id: int) -> ResponseReturnValue:
    """Note that the carrier paid out the cash of a parcel."""
    form = RemittanceForm()
    if not form.validate_on_submit():
        return _parcel_page(parcel_id, remittance=form, status=422)

    def book(session: Session) -> None:
        reference = queries.get_parcel(session, parcel_id).reference
        record_remittance(session=session, reference=reference, statement=form.statement.data.strip(), now=utcnow())

    return _do(parcel_id, book, _("Đã ghi nhận tiền thu hộ của bưu gửi này."))


def _do(parcel_id: int, change: Callable[[Session], object], done: str) -> ResponseReturnValue:
    if not StepForm().validate_on_submit():
        return _parcel_page(parcel_id, problem=_("Trang đã cũ. Hãy bấm lại nút lần nữa."), status=422)
    try:
        with transaction() as session:
            change(session)
    except NotFound:
        raise
    except DomainError as error:
        return _parcel_page(parcel_id, problem=error.message, status=409 if isinstance(error, Conflict) else 422)
    flash(done, "success")
    return redirect(url_for("logistics.parcel", parcel_id=parcel_id), 303)


def _parcel_page(
    parcel_id: int, *, remittance: RemittanceForm | None = None, problem: str = "", status: int = 200
) -> ResponseReturnValue:
    session = db.session()
    cod = queries.find_cod(session, parcel_id)
    page = render_template(
        "logistics/parcel.html",
        parcel=queries.get_parcel(session, parcel_id),
        spec=queries.get_spec(session, parcel_id),
        cod=cod,
        can_remit=cod is not None and cod.state == CodState.COLLECTED,
        remittance=remittance or RemittanceForm(formdata=None),
        problem=problem,
    )
    return page, status


def _file_name(reference: str) -> str:
    return "".join(letter for letter in reference if letter.isascii() and (letter.isalnum() or letter == "-"))
