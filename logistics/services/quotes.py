"""Asking what parcels cost. The only service that uses the network, so it takes no session."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

from logistics.ports import Carrier, Done, NotSent, ParcelSpec, Quote, RefusedByCarrier
from logistics.rules.tariff import choose, estimate


def quote_parcels(*, carrier: Carrier, specs: Sequence[ParcelSpec], timeout_s: float = 3.0) -> list[Quote]:
    """Return the best quote for each parcel, in the same order.

    Never raises, never takes longer than ``timeout_s``. The best is the cheapest service within
    ``spec.max_transit_hours``, else the fastest. Where the carrier does not answer in time, or says no, our
    own estimate stands in. Call it outside a transaction.
    """
    if not specs:
        return []
    pool = ThreadPoolExecutor(max_workers=min(len(specs), 8), thread_name_prefix="quote")
    answers = [pool.submit(_best_quote, carrier, spec) for spec in specs]
    wait(answers, timeout=timeout_s)
    # Calls that are still under way end by themselves, and what they learn (token, places) serves the
    # next buyer.
    pool.shutdown(wait=False, cancel_futures=True)
    return [
        (answer.result() if answer.done() and not answer.cancelled() and answer.exception() is None else None)
        or estimate(carrier.code, spec)
        for answer, spec in zip(answers, specs, strict=True)
    ]


def choose_service(*, carrier: Carrier, spec: ParcelSpec) -> Done[str] | RefusedByCarrier | NotSent:
    """Choose the service for a parcel whose quote was only an estimate.

    Asking a price changes nothing there.
    """
    listed = carrier.quote(replace(spec, service=""))
    if isinstance(listed, Done):
        best = choose(listed.value, spec.max_transit_hours)
        return Done(best.service) if best else RefusedByCarrier("route", "no service goes there")
    return listed if isinstance(listed, RefusedByCarrier) else NotSent(listed.reason)


def _best_quote(carrier: Carrier, spec: ParcelSpec) -> Quote | None:
    listed = carrier.quote(replace(spec, service=""))
    best = choose(listed.value, spec.max_transit_hours) if isinstance(listed, Done) else None
    if best is None:
        return None
    exact = carrier.quote(replace(spec, service=best.service))
    if isinstance(exact, Done) and exact.value:
        # The price list leaves surcharges out; the price of the one service has them in.
        return replace(best, fee_vnd=exact.value[0].fee_vnd)
    return replace(best, is_estimate=True)
