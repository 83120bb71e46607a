"""The attacks. Some need the database's administrator only, the others also the server's."""

from tests.tamper.attacks import entries, lots  # noqa: F401 - they add themselves to the list
from tests.tamper.attacks.registry import ATTACKS, Attack

__all__ = ["ATTACKS", "Attack"]
