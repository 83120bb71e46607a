"""Officers' signing keys as files in a folder that the database never sees."""

import base64
import os
import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from transparency.files import write_durably

_PARTY = re.compile(r"[0-9A-Za-z]{26}")
_SEED_BYTES = 32


class KeyFolder:
    """One file a person: the 32 bytes of an Ed25519 seed (RFC 8032, 5.1.5), readable by our own user alone.

    The public half lies beside it in a file that other users may read, so that the keeper needs no private one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def public_key(self, party: str) -> bytes:
        """Return the public half of a person's key, and see to it that it can be read beside the key."""
        public_key = self._key(party).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        if read_public_key(self._folder, party) != public_key:
            # Whoever knows a file's name may come through; nobody else may list what is here.
            self._folder.chmod(0o711)
            write_durably(_public_path(self._folder, party), f"{base64.b64encode(public_key).decode()}\n".encode())
        return public_key

    def sign(self, party: str, content: bytes) -> bytes:
        """Return the person's signature over the exact bytes."""
        return self._key(party).sign(content)

    def renew(self, party: str, old: bytes) -> bytes:
        """Put an old key aside under another name, so that nothing signs with it, and make a new one."""
        if self.public_key(party) == old:
            path = self._path(party)
            path.replace(path.with_suffix(f".revoked-{old.hex()[:16]}"))
        return self.public_key(party)

    def _key(self, party: str) -> Ed25519PrivateKey:
        path = self._path(party)
        try:
            return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
        except FileNotFoundError:
            return self._make(path)

    def _path(self, party: str) -> Path:
        return self._folder / f"{_file_name(party)}.key"

    def _make(self, path: Path) -> Ed25519PrivateKey:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        fresh = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(_SEED_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            # Two requests at once: the first link wins, and both use its key.
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def read_public_key(folder: Path, party: str) -> bytes | None:
    """Return the public half of a person's key as its file in a ``KeyFolder`` says, or None when there is none yet."""
    try:
        return base64.b64decode(_public_path(folder, party).read_bytes(), validate=False)
    except FileNotFoundError:
        return None


def _public_path(folder: Path, party: str) -> Path:
    return folder / f"{_file_name(party)}.pub"


def _file_name(party: str) -> str:
    if not _PARTY.fullmatch(party):
        message = f"no name of a person: {party!r}"
        raise ValueError(message)
    return party.lower()
