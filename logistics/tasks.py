"""Entry points of the worker: ask carriers outside transactions, hear what they say, look after silence."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from logistics.errors import CarrierUnreachable, UnreadableWebhook
from logistics.ports import Carrier, Done, NotSent, RefusedByCarrier
from logistics.queries import find_waybill
from logistics.services import book, call_back, cancel, hear
from logistics.services.quotes import choose_service
from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.inbox import UNREADABLE, lock_webhook, mark_applied
from marketplace.core.registry import resolve
from marketplace.core.tasks import once, task

#: A parcel under way is scanned several times a day; two days without a word are worth a look.
SILENT_AFTER = timedelta(hours=48)
log = structlog.get_logger(__name__)


@task("logistics.apply_webhook", queue="default")
def apply_webhook(*, delivery_id: int, inbox_id: int, **_: object) -> None:
    """Apply a stored message of the carrier. What cannot be read stays in the inbox for a person."""
    with once(delivery_id) as session:
        if session is None:
            return
        message = lock_webhook(session, inbox_id)
        if message is None:
            return
        now = utcnow()
        carrier = resolve(Carrier)
        try:
            words = carrier.read_webhook(bytes(message.body))
        except UnreadableWebhook as error:
            message.error = str(error.params.get("reason", ""))
            mark_applied(message, outcome=UNREADABLE, now=now)
            return
        outcome = hear.apply_words(session=session, carrier=carrier.code, words=words, now=now)
        mark_applied(message, outcome="ignored" if outcome == "empty" else outcome, now=now)


@task("logistics.book_parcel", queue="outside")
def book_parcel(*, delivery_id: int, parcel_id: int, **_: object) -> None:
    """Book a planned parcel.

    After a crash between the carrier's answer and our note, the same question is safe. When the carrier
    cannot be reached the delivery fails, and comes again later; an answer that got lost does not fail: the
    sweep asks after a quiet time, in which the carrier's own message usually settles it.
    """
    with transaction() as session:
        is_settled = not book.is_unsettled(session=session, parcel_id=parcel_id, now=utcnow())
    if is_settled:
        with once(delivery_id):
            return
    outcome = _ask_to_book(parcel_id, book.CALL_IS_DEAD_AFTER)
    if isinstance(outcome, NotSent):
        raise CarrierUnreachable(outcome.reason)
    if outcome is None:
        # Somebody else is asking right now; this delivery comes again and then finds the answer.
        return
    with once(delivery_id):
        pass


@task("logistics.cancel_parcel", queue="outside")
def cancel_parcel(*, delivery_id: int, parcel_id: int, **_: object) -> None:
    """Ask the carrier to call a parcel off."""
    outcome = _ask_to_cancel(parcel_id)
    if isinstance(outcome, NotSent):
        raise CarrierUnreachable(outcome.reason)
    with once(delivery_id):
        pass


@task("logistics.call_back_parcel", queue="outside")
def call_back_parcel(*, delivery_id: int, parcel_id: int, **_: object) -> None:
    """Ask the carrier for a parcel back. A lost answer does not fail: the sweep asks again after a quiet time."""
    outcome = _ask_to_call_back(parcel_id)
    if isinstance(outcome, NotSent):
        raise CarrierUnreachable(outcome.reason)
    with once(delivery_id):
        pass


@task("logistics.fetch_label", queue="outside")
def fetch_label(*, delivery_id: int, parcel_id: int, **_: object) -> None:
    """Fetch the label of a booked parcel; without one our own page is printed."""
    with transaction() as session:
        found = find_waybill(session, parcel_id)
    answer = resolve(Carrier).label(found[1]) if found else None
    if answer is not None and not isinstance(answer, Done | RefusedByCarrier):
        raise CarrierUnreachable(answer.reason)
    with once(delivery_id) as session_or_none:
        if session_or_none is not None and isinstance(answer, Done):
            hear.keep_label(session=session_or_none, parcel_id=parcel_id, label=answer.value)


@task("logistics.settle_unknown", queue="outside")
def settle_unknown(**_: object) -> None:
    """Ask again about bookings, cancellations and parcels wanted back whose answer got lost, after a quiet time."""
    now = utcnow()
    with transaction() as session:
        bookings = book.list_unsettled(session, now)
        cancels = cancel.list_open_cancels(session, now)
        wanted_back = call_back.list_open_call_backs(session, now)
    _each(bookings, lambda parcel_id: _ask_to_book(parcel_id, book.QUIET_TIME))
    _each(cancels, _ask_to_cancel)
    _each(wanted_back, _ask_to_call_back)


@task("logistics.poll_silent", queue="outside")
def poll_silent(**_: object) -> None:
    """Ask about parcels without news; where a carrier cannot be asked, call a person."""
    with transaction() as session:
        silent = hear.list_silent(session, utcnow() - SILENT_AFTER)
    carrier = resolve(Carrier)
    for parcel_id, code, waybill in silent:
        told = carrier.track(waybill) if waybill and code == carrier.code else None
        with transaction() as session:
            if isinstance(told, Done):
                hear.apply_words(session=session, carrier=code, words=told.value, now=utcnow())
            hear.flag_silent(session=session, parcel_id=parcel_id, before=utcnow() - SILENT_AFTER, now=utcnow())


def _ask_to_book(parcel_id: int, quiet: timedelta) -> object:
    """Ask the carrier to take a parcel and write down the end; None when it is not ours to ask."""
    with transaction() as session:
        claim = book.claim_booking(session=session, parcel_id=parcel_id, now=utcnow(), quiet=quiet)
    if claim is None:
        return None
    carrier = resolve(Carrier)
    spec = claim.spec
    if claim.carrier != carrier.code:
        outcome = RefusedByCarrier("carrier", f"no such carrier: {claim.carrier}")
        return _note(book.settle_booking, parcel_id, outcome)
    if not spec.service:
        # The quote was our estimate: the service is chosen now, and frozen before the carrier is asked.
        chosen = choose_service(carrier=carrier, spec=spec)
        if not isinstance(chosen, Done):
            return _note(book.settle_booking, parcel_id, chosen)
        with transaction() as session:
            spec = book.fix_service(session=session, parcel_id=parcel_id, service=chosen.value)
    return _note(book.settle_booking, parcel_id, carrier.create(claim.reference, spec))


def _ask_to_cancel(parcel_id: int) -> object:
    with transaction() as session:
        claim = cancel.claim_cancel(session=session, parcel_id=parcel_id, now=utcnow())
    if claim is None:
        return None
    outcome = resolve(Carrier).cancel(claim.waybill, "Người bán không gửi nữa")
    return _note(cancel.settle_cancel, parcel_id, outcome)


def _ask_to_call_back(parcel_id: int) -> object:
    with transaction() as session:
        claim = call_back.claim_call_back(session=session, parcel_id=parcel_id, now=utcnow())
    if claim is None:
        return None
    carrier = resolve(Carrier)
    reason = "Thu hồi hàng không an toàn"
    ask = carrier.cancel if claim.is_cancel else carrier.send_back
    settle = partial(call_back.settle_call_back, is_cancel=claim.is_cancel)
    return _note(settle, parcel_id, ask(claim.waybill, reason))


def _note(settle: Callable[..., None], parcel_id: int, outcome: object) -> object:
    now: datetime = utcnow()
    with transaction() as session:
        settle(session=session, parcel_id=parcel_id, outcome=outcome, now=now)
    log.info("carrier_answered", parcel_id=parcel_id, outcome=type(outcome).__name__)
    return outcome


def _each(parcel_ids: list[int], ask: Callable[[int], object]) -> None:
    for parcel_id in parcel_ids:
        if isinstance(ask(parcel_id), NotSent):
            # The carrier is away: the others can wait for the next round.
            return
