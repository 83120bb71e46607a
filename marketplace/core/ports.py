"""What the floor needs from outside: a way to send an e-mail."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Sending(StrEnum):
    """How an attempt to send ended. ``UNKNOWN`` is not failure and is never repeated blindly."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail: plain text always, HTML beside it when there is one."""

    recipient: str
    subject: str
    text: str
    html: str | None
    message_id: str


class Mailer(Protocol):
    """Sends one e-mail."""

    def send(self, letter: Letter) -> Sending:
        """Hand the letter to the mail server. Raises ``Unavailable`` when it could not even be offered."""
