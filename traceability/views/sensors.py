"""Sensors in the diary: which there are, what they saw, their keys, and files of loggers."""

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts.gate import current_actor, needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db, transaction
from marketplace.core.errors import DomainError
from sellers.queries import get_site, list_sites
from traceability.forms.diary import StepForm
from traceability.forms.sensors import DeviceForm, EditDeviceForm, ReadingsFileForm
from traceability.queries.sensors import (
    DayRow,
    DeviceAlert,
    DeviceView,
    get_device,
    list_alerts,
    list_days,
    list_devices,
    list_open_alerts,
    sum_rows,
)
from traceability.rules.sensor_chart import Chart, draw_chart
from traceability.rules.sensor_files import MAX_BYTES, Fault, is_text, read_table
from traceability.rules.sensor_words import Words, tell_alert, tell_moment, tell_span, with_unit, write_percent
from traceability.rules.sensors import MEASURES, DeviceFacts, Measure, draw_band
from traceability.services.devices import NewKey, edit_device, register_device, renew_key, revoke_key
from traceability.services.readings import take_readings
from traceability.views.blueprint import blueprint
from traceability.views.owner import own_household_id, show_refusal

_DAYS_SHOWN = 30


@blueprint.get("/so-tay/cam-bien")
@needs(Permission.KEEP_DIARY)
def devices() -> ResponseReturnValue:
    """List the household's devices with their latest values, and what is wrong right now."""
    session = db.session()
    household_id = own_household_id()
    found = list_devices(session, household_id)
    sites = {site.id: site for site in list_sites(session, household_id)}
    alerts = list_open_alerts(session, household_id)
    return render_template(
        "traceability/sensors.html",
        devices=found,
        places={one.id: sites[one.site_id].name if one.site_id in sites else "" for one in found},
        values={one.id: tell_latest(one) for one in found},
        warned={one.device.id for one in alerts},
        alerts=tell_alerts(alerts),
    )


def tell_alerts(alerts: Sequence[DeviceAlert]) -> list[tuple[int, Words]]:
    """Say what is wrong right now: (device's id, words) of each alert."""
    return [(one.device.id, _words(one)) for one in alerts]


def _words(one: DeviceAlert) -> Words:
    device, alert = one.device, one.alert
    limits = (device.low_limit, device.high_limit)
    return tell_alert(device.name, device.measure, alert.kind, alert.began_at, alert.extreme_value, limits)


def tell_latest(device: DeviceView) -> str:
    """Say what a device measured last, and when."""
    if device.last_value is None or device.last_reading_at is None:
        return str(_("chưa có số đo"))
    value = with_unit(device.last_value, device.measure)
    return str(_("%(value)s, lúc %(time)s", value=value, time=tell_moment(device.last_reading_at)))


@blueprint.route("/so-tay/cam-bien/moi", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def new_device() -> ResponseReturnValue:
    """Register a device: first what it measures, then where it hangs and which values are right."""
    measure = MEASURES.get(request.args.get("do", ""))
    if measure is None:
        return render_template("traceability/sensor_measures.html", measures=MEASURES)
    sites = list_sites(db.session(), own_household_id())
    form = DeviceForm()
    form.offer_sites((site.id, f"{site.kind_label}: {site.name}") for site in sites)
    status = 200
    if not form.is_submitted():
        form.low_limit.data, form.high_limit.data = measure.low, measure.high
        form.patience_minutes.data, form.silence_hours.data = 30, 6
        wished = request.args.get("noi", "")
        form.site_id.data = wished if any(str(site.id) == wished for site in sites) else form.site_id.data
    elif not form.validate():
        status = 422
    else:
        try:
            with transaction() as session:
                made = register_device(
                    session=session,
                    household_id=own_household_id(),
                    facts=_facts(form, measure, int(form.site_id.data)),
                    actor=current_actor(),
                    key=form.key,
                    now=utcnow(),
                )
            return _key_page(made)
        except DomainError as error:
            status = show_refusal(form, error)
    page = render_template("traceability/sensor_new.html", form=form, measure=measure, sites=sites)
    return page, status


def _facts(form: EditDeviceForm, measure: Measure, site_id: int) -> DeviceFacts:
    return DeviceFacts(
        site_id=site_id,
        name=form.name.data or "",
        measure=measure.code,
        low_limit=form.low_limit.data,
        high_limit=form.high_limit.data,
        patience_minutes=form.patience_minutes.data,
        silence_hours=form.silence_hours.data,
    )


def _key_page(made: NewKey) -> ResponseReturnValue:
    """Show a new key, once: the answer to the form itself, since no address may hold it."""
    address = current_app.config["PUBLIC_URL"].rstrip("/") + url_for("sensors.receive_readings")
    return render_template("traceability/sensor_key.html", device=made.device, key=made.key, address=address)


@blueprint.get("/so-tay/cam-bien/<int:device_id>")
@needs(Permission.KEEP_DIARY)
def device(device_id: int) -> ResponseReturnValue:
    """Show what a device saw: the last days as a picture and in figures, its alerts, its key."""
    session = db.session()
    found = get_device(session, device_id, household_id=own_household_id())
    today = local_date(utcnow())
    rows = list_days(session, [found.id], today - timedelta(days=_DAYS_SHOWN - 1), today).get(found.id, [])
    alerts = list_alerts(session, found.id)
    lasting = [_words(DeviceAlert(one, found)) for one in alerts if one.ended_at is None]
    return render_template(
        "traceability/sensor.html",
        device=found,
        site=get_site(session, found.site_id),
        latest=tell_latest(found),
        allowed=_("%(low)s đến %(high)s", low=with_unit(found.low_limit, found.measure),
                  high=with_unit(found.high_limit, found.measure)),
        chart=chart_of(found, rows),
        figures=_figures(found.measure, rows),
        lasting=lasting,
        past=[
            (one.kind, tell_moment(one.began_at), tell_span(one.ended_at - one.began_at),
             with_unit(one.extreme_value, found.measure) if one.extreme_value is not None else "")
            for one in alerts if one.ended_at is not None
        ],
        renewal_key=uuid.uuid4(),
    )  # fmt: skip


def chart_of(device: DeviceView, rows: Sequence[DayRow]) -> Chart | None:
    """Draw the days of a device."""
    measure = device.measure
    return draw_chart(
        draw_band([row.figures for row in rows]),
        title=str(_("%(what)s thấp nhất và cao nhất mỗi ngày", what=measure.label)),
        unit=measure.symbol,
        limits=(device.low_limit, device.high_limit),
    )


def _figures(measure: Measure, rows: Sequence[DayRow]) -> list[tuple[str, str, str]]:
    if not rows:
        return []
    span = sum_rows(rows)
    found = [
        (_("Thấp nhất"), with_unit(span.minimum, measure), ""),
        (_("Cao nhất"), with_unit(span.maximum, measure), ""),
        (_("Trung bình"), with_unit(span.mean, measure), ""),
    ]
    if span.share is not None:
        found.append((_("Đúng mức"), write_percent(span.share * 100), ""))
    return found


@blueprint.route("/so-tay/cam-bien/<int:device_id>/sua", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def change_device(device_id: int) -> ResponseReturnValue:
    """Change name, range and patience of a device."""
    found = get_device(db.session(), device_id, household_id=own_household_id())
    form = EditDeviceForm(obj=found)
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                with transaction() as session:
                    edit_device(
                        session=session,
                        household_id=found.household_id,
                        device_id=found.id,
                        facts=_facts(form, found.measure, found.site_id),
                    )
                flash(_("Đã lưu thay đổi."), "success")
                return redirect(url_for("traceability.device", device_id=found.id), 303)
            except DomainError as error:
                status = show_refusal(form, error)
    return render_template("traceability/sensor_edit.html", form=form, device=found, measure=found.measure), status


@blueprint.post("/so-tay/cam-bien/<int:device_id>/doi-khoa")
@needs(Permission.KEEP_DIARY)
def renew_device_key(device_id: int) -> ResponseReturnValue:
    """Give a device a new key; the old one stops at once."""
    found = get_device(db.session(), device_id, household_id=own_household_id())

    def renew(form: StepForm) -> ResponseReturnValue:
        with transaction() as session:
            made = renew_key(
                session=session, household_id=found.household_id, device_id=found.id, key=form.key, now=utcnow()
            )
        return _key_page(made)

    return _step(found, renew)


@blueprint.post("/so-tay/cam-bien/<int:device_id>/thu-hoi-khoa")
@needs(Permission.KEEP_DIARY)
def revoke_device_key(device_id: int) -> ResponseReturnValue:
    """Take a device's key away."""
    found = get_device(db.session(), device_id, household_id=own_household_id())

    def revoke(_form: StepForm) -> ResponseReturnValue:
        with transaction() as session:
            revoke_key(session=session, household_id=found.household_id, device_id=found.id, now=utcnow())
        flash(_("Đã thu hồi khóa. Cảm biến này không gửi số đo được nữa; số liệu cũ vẫn còn."), "success")
        return redirect(url_for("traceability.device", device_id=found.id), 303)

    return _step(found, revoke)


def _step(found: DeviceView, act: Callable[[StepForm], ResponseReturnValue]) -> ResponseReturnValue:
    form = StepForm()
    if form.validate():
        return act(form)
    flash(_("Biểu mẫu đã cũ. Hãy bấm lại lần nữa."), "warning")
    return redirect(url_for("traceability.device", device_id=found.id), 303)


@blueprint.route("/so-tay/cam-bien/<int:device_id>/tep", methods=["GET", "POST"])
@needs(Permission.KEEP_DIARY)
def import_readings(device_id: int) -> ResponseReturnValue:
    """Take in a logger's file: all of it, or nothing and a list of what is wrong where."""
    found = get_device(db.session(), device_id, household_id=own_household_id())
    form = ReadingsFileForm()
    if not form.is_submitted():
        return _file_page(found, form)
    data = form.read() if form.validate() else None
    if data is None:
        form.file.errors = [*form.file.errors, _("Hãy chọn một tệp CSV.")]
        return _file_page(found, form, status=422)
    if len(data) > MAX_BYTES or not is_text(data):
        form.file.errors = [_refuse_file(data)]
        return _file_page(found, form, status=413 if len(data) > MAX_BYTES else 422)
    table = read_table(data, found.measure, utcnow())
    if table.faults:
        return _file_page(found, form, table.faults, table.more_faults, status=422)
    try:
        with transaction() as session:
            intake = take_readings(
                session=session, device_id=found.id, readings=table.readings, has_called=False, now=utcnow()
            )
    except DomainError as error:
        form.file.errors = [error.message]
        return _file_page(found, form, status=422)
    too_late = intake.too_late + table.too_old
    said = _("Đã nhận %(count)s số đo mới.", count=intake.accepted)
    if intake.repeated:
        said += " " + _("%(count)s số đo đã có từ trước.", count=intake.repeated)
    if too_late:
        said += " " + _("%(count)s số đo quá cũ nên không tính.", count=too_late)
    flash(said, "success")
    return redirect(url_for("traceability.device", device_id=found.id), 303)


def _refuse_file(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        return str(_("Tệp này quá lớn. Mỗi lần gửi tối đa 2 MB."))
    return str(_("Tệp này không phải tệp CSV. Hãy xuất số đo từ máy đo ra tệp CSV rồi gửi lại."))


def _file_page(
    found: DeviceView, form: ReadingsFileForm, faults: Sequence[Fault] = (), more: int = 0, status: int = 200
) -> ResponseReturnValue:
    page: Any = render_template("traceability/sensor_file.html", form=form, device=found, faults=faults, more=more)
    return page, status
