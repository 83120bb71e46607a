"""The keeper's files: what is public in the log's folder, and what stays beside the keys."""

from dataclasses import dataclass
from pathlib import Path

from transparency.files import make_folder, write_durably


@dataclass(frozen=True, slots=True)
class KeeperFiles:
    """Paths in the folder that everybody may read, and in the one that only the keeper reads."""

    log_dir: Path
    keys_dir: Path

    @property
    def key(self) -> Path:
        """The log's private key."""
        return self.keys_dir / "log.key"

    @property
    def signed(self) -> Path:
        """The last checkpoint that was signed, whether anybody has seen it or not."""
        return self.keys_dir / "log.signed"

    @property
    def contradicted(self) -> Path:
        """What a witness held against us. As long as it lies here nothing is signed."""
        return self.keys_dir / "log.contradicted"

    @property
    def lock(self) -> Path:
        """Held by the keeper that is at work."""
        return self.keys_dir / "log.lock"

    @property
    def checkpoint(self) -> Path:
        """The newest published checkpoint."""
        return self.log_dir / "checkpoint"

    @property
    def vkey(self) -> Path:
        """The log's public key."""
        return self.log_dir / "vkey"

    @property
    def office_keys(self) -> Path:
        """The certified keys of the market's office."""
        return self.log_dir / "office-keys"

    @property
    def new_office(self) -> Path:
        """Where the operator writes the name of another key of the office that is to be certified as well."""
        return self.keys_dir / "log.new-office"

    @property
    def policy(self) -> Path:
        """The witness policy under which the log is kept; empty without one."""
        return self.log_dir / "policy"

    def make(self) -> None:
        """Make the folders."""
        make_folder(self.log_dir)
        make_folder(self.keys_dir, mode=0o700)

    def publish(self, path: Path, text: str) -> None:
        """Write a public file, unless it says the same already."""
        if read_text(path) != text:
            write_durably(path, text.encode())

    def keep_secret(self, path: Path, text: str) -> None:
        """Write a file that only the keeper reads."""
        write_durably(path, text.encode(), mode=0o600)


def read_text(path: Path) -> str | None:
    """Return what a file says, or None when there is none."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
