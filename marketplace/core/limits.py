"""Rate limits, counted in Valkey so that all web processes count together."""

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

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
