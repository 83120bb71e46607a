"""Work on the chain of custody that nobody waits for."""

import structlog
from flask import current_app

from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.registry import resolve
from marketplace.core.tasks import once, task
from traceability.ports import Signatory
from traceability.queries.chain import list_chained_households, verify_chain
from traceability.queries.lots import get_lot, list_lots
from traceability.queries.sale_gate import list_gated_lots
from traceability.queries.sensors import list_devices_to_review
from traceability.services import master_data
from traceability.services.capture import begin_capture, finish_capture
from traceability.services.log import revoke_keys_of
from traceability.services.readings import close_old_days, thin_readings
from traceability.services.sale_gate import review_gates as ask_gates_again
from traceability.services.scans import forget_devices, weigh_scans
from traceability.services.sensor_summary import seal_lot_sensors, seal_season_sensors
from traceability.services.sensor_watch import review_device

log = structlog.get_logger(__name__)
_GATES_AT_ONCE = 50


class BrokenChainError(RuntimeError):
    """Sealed records no longer agree with their hashes: somebody has touched the database."""


@task("traceability.verify_chains", queue="default")
def verify_chains(**_: object) -> None:
    """Recompute every household's chain; a broken one fails the task, so that the operator sees it."""
    with transaction() as session:
        households = list_chained_households(session)
    broken = []
    for household_id in households:
        with transaction() as session:
            state = verify_chain(session, household_id)
        if not state.is_intact:
            log.error("chain_broken", household_id=household_id, seq=state.broken_seq)
            broken.append(f"{household_id}@{state.broken_seq}")
    if broken:
        message = f"chains broken (household@record): {', '.join(broken)}"
        raise BrokenChainError(message)


@task("traceability.seal_lot_sensors", queue="default")
def seal_sensors_of_lot(*, delivery_id: int, lot_id: int, **_: object) -> None:
    """Seal what the sensors saw while a lot grew."""
    with once(delivery_id) as session:
        if session is not None:
            seal_lot_sensors(session=session, lot_id=lot_id, now=utcnow())


@task("traceability.seal_season_sensors", queue="default")
def seal_sensors_of_season(*, delivery_id: int, season_id: int, **_: object) -> None:
    """Seal what the sensors saw in a season that was closed."""
    with once(delivery_id) as session:
        if session is not None:
            seal_season_sensors(session=session, season_id=season_id, now=utcnow())


@task("traceability.watch_sensors", queue="default")
def watch_sensors(**_: object) -> None:
    """Find values that stay out of range and devices that fell silent. Each device in a transaction of its own."""
    now = utcnow()
    with transaction() as session:
        due = list_devices_to_review(session, now)
    for device_id in due:
        with transaction() as session:
            review_device(session=session, device_id=device_id, now=now)


@task("traceability.thin_readings", queue="default")
def forget_old_readings(**_: object) -> None:
    """Close the days whose readings have been kept long enough, then throw those readings away."""
    now, keep_days = utcnow(), int(current_app.config["SENSOR_RAW_DAYS"])
    with transaction() as session:
        close_old_days(session=session, now=now, keep_days=keep_days)
    gone = -1
    while gone:
        with transaction() as session:
            gone = thin_readings(session=session, now=now, keep_days=keep_days)


@task("traceability.run_capture", queue="default")
def run_capture(*, delivery_id: int, capture_row: int, **_: object) -> None:
    """Take in the events of an EPCIS document."""
    with transaction() as session:
        begin_capture(session=session, capture_row=capture_row, now=utcnow())
    with once(delivery_id) as session:
        if session is not None:
            finish_capture(session=session, capture_row=capture_row, now=utcnow())


@task("traceability.review_household_gates", queue="default")
def review_household_gates(*, delivery_id: int, household_id: int, **_: object) -> None:
    """Ask the gate again about everything of a household on sale: its facts or its certificates changed."""
    with once(delivery_id) as session:
        if session is not None:
            lot_ids = list_gated_lots(session, household_id=household_id)
            ask_gates_again(session=session, lot_ids=lot_ids, now=utcnow())


@task("traceability.review_gates", queue="default")
def review_gates(**_: object) -> None:
    """Ask the gate again about everything on sale: days pass, and certificates run out with them."""
    last = 0
    while True:
        with transaction() as session:
            lot_ids = list_gated_lots(session, after=last, limit=_GATES_AT_ONCE)
            ask_gates_again(session=session, lot_ids=lot_ids, now=utcnow())
        if not lot_ids:
            return
        last = lot_ids[-1]


@task("traceability.log_household", queue="default")
def log_household(*, delivery_id: int, household_id: int, **_: object) -> None:
    """Log what the public sees of a household now."""
    with once(delivery_id) as session:
        if session is not None:
            master_data.log_household(session=session, household_id=household_id, now=utcnow())


@task("traceability.log_household_change", queue="default")
def log_household_change(*, delivery_id: int, change_id: int, status: str, **_: object) -> None:
    """Log that a household asked to change what was verified, or what became of it."""
    with once(delivery_id) as session:
        if session is not None:
            master_data.log_household_change(session=session, change_id=change_id, status=status, now=utcnow())


@task("traceability.log_site", queue="default")
def log_site(*, delivery_id: int, site_id: int, **_: object) -> None:
    """Log what the public sees of a place now."""
    with once(delivery_id) as session:
        if session is not None:
            master_data.log_site(session=session, site_id=site_id, now=utcnow())


@task("traceability.log_certificate", queue="default")
def log_certificate(*, delivery_id: int, certificate_id: int, status: str, **_: object) -> None:
    """Log that a certificate was added, verified, rejected, withdrawn, or ran out."""
    with once(delivery_id) as session:
        if session is not None:
            master_data.log_certificate(session=session, certificate_id=certificate_id, status=status, now=utcnow())


@task("traceability.log_product_class", queue="default")
def log_product_class(*, delivery_id: int, lot_id: int, **_: object) -> None:
    """Log the kind of produce that a harvest gave."""
    with once(delivery_id) as session:
        if session is not None:
            master_data.log_product_class(session=session, lot=get_lot(session, lot_id), now=utcnow())


@task("traceability.log_product_classes", queue="default")
def log_product_classes(*, delivery_id: int, child_ids: list[int], **_: object) -> None:
    """Log the kinds of produce that packing, splitting or mixing gave."""
    with once(delivery_id) as session:
        if session is not None:
            for lot in list_lots(session, child_ids).values():
                master_data.log_product_class(session=session, lot=lot, now=utcnow())


@task("traceability.revoke_keys", queue="default")
def revoke_keys(*, delivery_id: int, party: str, **_: object) -> None:
    """Log that the keys of somebody whose account was closed sign for nobody any more."""
    with once(delivery_id) as session:
        if session is not None:
            revoke_keys_of(
                session, party=party, by=None, reason="account_closed", signatory=resolve(Signatory), now=utcnow()
            )


@task("traceability.weigh_scans", queue="default")
def weigh_scans_of_lots(**_: object) -> None:
    """Look at lots that were scanned lately, and raise what is suspicious."""
    with transaction() as session:
        weigh_scans(session=session, now=utcnow())


@task("traceability.forget_scan_devices", queue="default")
def forget_scan_devices(**_: object) -> None:
    """Delete what could have told devices apart on days that are over."""
    with transaction() as session:
        forget_devices(session=session, now=utcnow())
