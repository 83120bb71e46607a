"""Errors in the shape of Stripe's API."""

from simulators.store import Json


class ApiError(Exception):
    """An answer that is not good: HTTP status and the object under ``error``."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type_: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **extra: object,
    ) -> None:
        """Keep what Stripe would say; None is left out, as Stripe does."""
        super().__init__(message)
        self.status = status
        fields = {"code": code, "message": message, "param": param, "type": type_, **extra}
        self.body: Json = {"error": {key: value for key, value in fields.items() if value is not None}}


def missing(kind: str, key: str, param: str = "id") -> ApiError:
    """Build the error for an id that nobody knows."""
    return ApiError(f"No such {kind}: '{key}'", status=404, code="resource_missing", param=param)


def wrong_state(message: str, intent: Json) -> ApiError:
    """Build the error for a call that the state of a PaymentIntent forbids."""
    return ApiError(message, code="payment_intent_unexpected_state", payment_intent=intent)
