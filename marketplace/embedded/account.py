"""Which account the database runs as, and which folders it can enter. PostgreSQL refuses to run as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from marketplace.embedded.errors import EmbeddedError


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine."""

    uid: int
    gid: int
    name: str


def account_for(folder: Path) -> Account | None:
    """Return the account that a server with this data folder runs as; None means "as we are".

    Only root needs one: whoever owns the folder already, else ``nobody``.
    """
    if os.geteuid() != 0:
        return None
    owner = folder.stat().st_uid if folder.exists() else 0
    try:
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError:
        message = (
            "PostgreSQL does not run as root, and this system has no account 'nobody'. "
            "Start the marketplace as a normal user."
        )
        raise EmbeddedError(message) from None
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def can_enter(folder: Path, account: Account) -> bool:
    """Say whether the account may walk down to this folder and read it (by mode bits alone)."""
    folder = folder.resolve()
    walk = all(_has(parent, account, stat.S_IXOTH) for parent in folder.parents)
    return walk and _has(folder, account, stat.S_IXOTH | stat.S_IROTH)


def _has(path: Path, account: Account, bits: int) -> bool:
    """Compare the wanted bits (given as those for others) with the ones that count for the account."""
    found = path.stat()
    if found.st_uid == account.uid:
        bits <<= 6
    elif found.st_gid == account.gid:
        bits <<= 3
    return found.st_mode & bits == bits
