"""What has happened to people."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class AccountClosed:
    """Somebody cannot sign in any more. ``party`` is the random name under which sealed records know the person."""

    name: ClassVar[str] = "accounts.account_closed"
    user_id: int
    party: str
