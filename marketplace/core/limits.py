"""Rate limits, counted in Valkey so that all web processes count together."""

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse

#: What one address may send each minute to forms, all together; routes that guard secrets are stricter.
_WRITES = "120 per minute"


def _is_reading() -> bool:
    return request.method in {"GET", "HEAD", "OPTIONS"} or request.path.startswith("/webhooks/")


limiter = Limiter(
    get_remote_address,
    default_limits=[_WRITES],
    default_limits_exempt_when=_is_reading,
    default_limits_per_method=True,
    headers_enabled=True,
    swallow_errors=True,
    key_prefix="marketplace",
)


def is_within(limit: str, what: str) -> bool:
    """Count that this address does something once more; say whether it stays within ``limit`` (``"30 per minute"``).

    For what is done on the side of an answer: whoever is over the limit gets the answer all the same. While Valkey is
    away nothing is limited, as with the limits of pages.
    """
    if not limiter.enabled:
        return True
    try:
        return limiter.limiter.hit(parse(limit), "side", what, get_remote_address())
    except Exception:  # noqa: BLE001 - which error it is depends on the storage
        return True
