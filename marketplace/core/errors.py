"""Families of expected outcomes that are not success. They carry no HTTP: the roof maps a family to a status.

``NotFound`` -> 404, ``Refused`` -> 422, ``Conflict`` -> 409, ``TooMuch`` -> 413, ``Unavailable`` -> 503.
"""


class DomainError(Exception):
    """Something that the rules foresee going wrong.

    ``code`` is stable and for programs; ``message`` is a full Vietnamese sentence for people; ``params`` are the
    facts behind it (dates, quantities), JSON-ready. ``field`` names the form field at fault, when there is one.
    """

    def __init__(self, code: str, message: str, *, field: str | None = None, **params: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.params = params

    def __reduce__(self) -> tuple[object, ...]:
        """Let it travel from one process to another with all that it says."""
        return _rebuild, (type(self), self.code, self.message, self.field, self.params)


def _rebuild(
    kind: type[DomainError], code: str, message: str, field: str | None, params: dict[str, object]
) -> DomainError:
    return kind(code, message, field=field, **params)


class NotFound(DomainError):
    """It does not exist, or not for the person who asks (the two are not told apart)."""

    def __init__(
        self,
        code: str = "not_found",
        message: str = "Không tìm thấy nội dung này.",
        *,
        field: str | None = None,
        **params: object,
    ) -> None:
        super().__init__(code, message, field=field, **params)


class Refused(DomainError):
    """The request is understood and breaks a rule; repeating it unchanged will fail again."""


class Conflict(DomainError):
    """The world has moved on since the person looked (a state, a price, the last item in stock)."""


class TooMuch(DomainError):
    """More bytes, files or characters than we take."""


class Unavailable(DomainError):
    """Something outside does not answer; trying again later may help."""
