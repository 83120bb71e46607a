"""A witness: cosigns a log's checkpoint only if it continues the last one that it saw (C2SP tlog-witness).

It is for others to run: a province's office, a university, a co-operative. It has a key and a memory of its own, and
needs neither the market nor a database.
"""

import base64
import contextlib
import fcntl
import hashlib
import http.client
import math
import os
import socket
import threading
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from transparency.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, read_size
from transparency.files import make_folder, write_durably
from transparency.merkle import EMPTY_ROOT, HASH_BYTES, ProofError, verify_consistency
from transparency.note import COSIGNATURE, NoteError, Signer, Verifier, new_signer, open_note, read_base64, split_note

SIZE_TYPE = "text/x.tlog.size"
MAX_BODY_BYTES = 64 * 1024
_MAX_HASHES = 63
_KEY_FILE, _LOCK_FILE = "witness.key", "lock"


class WitnessError(RuntimeError):
    """A witness could not be reached, or did not cosign."""


class WitnessConflict(WitnessError):
    """The witness last cosigned another size than we thought."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the witness last cosigned {size} entries")
        self.size = size


class WitnessContradiction(WitnessError):
    """The witness cosigned something that this checkpoint does not continue: a rollback or a fork."""


class Refusal(Exception):
    """What a witness answers instead of a cosignature."""

    def __init__(self, status: int, text: str, content_type: str = "text/plain; charset=utf-8") -> None:
        super().__init__(text)
        self.status, self.text, self.content_type = status, text, content_type


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """What a log asks: to cosign this checkpoint, which continues the one of ``old_size`` entries."""

    old_size: int
    proof: Sequence[bytes]
    note: str

    def to_body(self) -> bytes:
        """Return the request's body."""
        lines = [f"old {self.old_size}", *(base64.b64encode(one).decode() for one in self.proof), "", self.note]
        return "\n".join(lines).encode()

    @classmethod
    def from_body(cls, body: bytes) -> "AddCheckpoint":
        """Read a request. Raises ``NoteError``."""
        try:
            head, gap, note = body.decode().partition("\n\n")
        except UnicodeDecodeError as error:
            raise NoteError("the request is not UTF-8") from error
        first, *lines = head.split("\n")
        if not gap or not first.startswith("old "):
            raise NoteError("the request begins with: old <size>")
        proof = [read_base64(line) for line in lines]
        if len(proof) > _MAX_HASHES or any(len(one) != HASH_BYTES for one in proof):
            raise NoteError("the proof has at most 63 hashes of 32 bytes")
        return cls(read_size(first.removeprefix("old ")), proof, note)


class Witness:
    """A witness on its folder: its key, and for each log the last checkpoint that it cosigned.

    A folder serves one process: a second one is refused, so that no two can cosign past each other.
    """

    def __init__(self, folder: Path, name: str, logs: Sequence[Verifier]) -> None:
        make_folder(folder, mode=0o700)
        self._folder = folder
        self._held = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._held)
            message = f"another witness is at work on {folder}"
            raise WitnessError(message) from error
        self._logs: dict[str, list[Verifier]] = {}
        for log in logs:
            self._logs.setdefault(log.name, []).append(log)
        try:
            self._signer = self._read_key(name)
        except (WitnessError, NoteError):
            self.close()
            raise
        self._one_at_a_time = threading.Lock()

    def close(self) -> None:
        """Let go of the folder."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    @property
    def verifier(self) -> Verifier:
        """The witness's public key."""
        return self._signer.verifier()

    def add_checkpoint(self, body: bytes, now: int) -> str:
        """Cosign and return the line; remember first. ``now``: seconds since 1970. Raises ``Refusal``."""
        try:
            asked = AddCheckpoint.from_body(body)
            text, _ = split_note(asked.note)
            claimed = parse_checkpoint(text)
        except NoteError as error:
            raise Refusal(400, f"{error}\n") from error
        verifiers = self._logs.get(claimed.origin)
        if verifiers is None:
            raise Refusal(404, "this log is not known here\n")
        try:
            new, opened = open_checkpoint(asked.note, *verifiers)
        except NoteError as error:
            raise Refusal(403, f"{error}\n") from error
        if asked.old_size > new.size:
            raise Refusal(400, "the old size is larger than the checkpoint's\n")
        with self._one_at_a_time:
            last = self.last_checkpoint(new.origin)
            _check(asked, last, new)
            line = self._signer.sign(text, at=now).to_text()
            kept = text + "\n" + "".join(one.to_text() for one in opened.verified) + line
            write_durably(self._state_file(new.origin), kept.encode(), mode=0o600)
        return line

    def last_checkpoint(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint of a log that was cosigned here."""
        note = self._last_note(origin)
        return parse_checkpoint(open_note(note, [self.verifier]).text) if note is not None else None

    def find_note(self, origin_hash: str) -> str | None:
        """Return the last cosigned checkpoint of the log whose name has this SHA-256 (hexadecimal), as a note."""
        for origin in self._logs:
            if _name_hash(origin) == origin_hash:
                return self._last_note(origin)
        return None

    def _last_note(self, origin: str) -> str | None:
        try:
            return self._state_file(origin).read_text("utf-8")
        except FileNotFoundError:
            return None

    def _state_file(self, origin: str) -> Path:
        return self._folder / f"{_name_hash(origin)}.checkpoint"

    def _read_key(self, name: str) -> Signer:
        path = self._folder / _KEY_FILE
        if path.exists():
            signer = Signer.from_text(path.read_text("utf-8").strip())
            if signer.name != name:
                message = f"the key in {path} is that of {signer.name}"
                raise WitnessError(message)
            return signer
        if any(self._folder.glob("*.checkpoint")):
            message = f"{path} is gone, but checkpoints were cosigned here: bring the key back"
            raise WitnessError(message)
        signer = new_signer(name, COSIGNATURE)
        write_durably(path, f"{signer.to_text()}\n".encode(), mode=0o600)
        return signer


def _check(asked: AddCheckpoint, last: Checkpoint | None, new: Checkpoint) -> None:
    known_size = last.size if last else 0
    if asked.old_size != known_size:
        raise Refusal(409, f"{known_size}\n", SIZE_TYPE)
    if last and last.size == new.size and last.root != new.root:
        raise Refusal(409, "another log of this size was cosigned here\n")
    try:
        verify_consistency(
            old_size=known_size,
            new_size=new.size,
            old_root=last.root if last else EMPTY_ROOT,
            new_root=new.root,
            proof=asked.proof,
        )
    except ProofError as error:
        raise Refusal(422, f"{error}\n") from error


def ask_witness(url: str, old_size: int, proof: Sequence[bytes], note: str, timeout_s: float) -> list[str]:
    """Ask a witness at its submission prefix; return the lines of its answer, which nobody has verified yet.

    ``timeout_s`` is for the whole of it. Raises ``WitnessConflict`` with the size that it knows,
    ``WitnessContradiction`` when it knows another log, ``WitnessError`` for everything else that went wrong.
    """
    parts = urllib.parse.urlsplit(url)
    connect: Mapping[str, type[_Hurried]] = {"http": _Hurried, "https": _HurriedSecure}
    if parts.scheme not in connect or not parts.hostname:
        message = f"this is no address of a witness: {url}"
        raise WitnessError(message)
    try:
        connection = connect[parts.scheme](parts.hostname, parts.port, timeout=timeout_s)
        connection.begin(timeout_s)
        try:
            body = AddCheckpoint(old_size, proof, note).to_body()
            path = f"{parts.path.rstrip('/')}/add-checkpoint"
            connection.request("POST", path, body, {"Content-Type": "text/plain; charset=utf-8"})
            answer = connection.getresponse()
            content = answer.read(MAX_BODY_BYTES).decode("utf-8", "replace")
            connection.check_time()
        finally:
            connection.end()
    except (OSError, http.client.HTTPException, ValueError) as error:
        message = f"no answer from {url}: {error}"
        raise WitnessError(message) from error
    if answer.status == 409 and answer.headers.get_content_type() == SIZE_TYPE:
        try:
            raise WitnessConflict(read_size(content.removesuffix("\n")))
        except NoteError as error:
            raise WitnessError("the witness named no size") from error
    if answer.status != 200:
        message = f"{answer.status} from {url}: {content.strip()[:200]}"
        raise (WitnessContradiction if answer.status in {409, 422} else WitnessError)(message)
    return [line + "\n" for line in content.split("\n") if line]


class _Hurried(http.client.HTTPConnection):
    """A connection that is cut off after so many seconds in all.

    The timeout of ``http.client`` begins anew with every byte, so that somebody who drips could hold us for hours.
    """

    _ends = math.inf
    _twin: socket.socket | None = None
    _timer: threading.Timer | None = None

    def begin(self, seconds: float) -> None:
        """Say when to be done."""
        self._ends = time.monotonic() + seconds

    def connect(self) -> None:
        """Connect, and let a clock run that shuts the line, whoever wraps or closes the socket meanwhile."""
        super().connect()
        self._twin = self.sock.dup()
        self._timer = threading.Timer(max(self._ends - time.monotonic(), 0.0), self._cut_off, [self._twin])
        self._timer.daemon = True
        self._timer.start()

    def check_time(self) -> None:
        """Raise ``TimeoutError`` when the time is over: then the answer may have been cut off."""
        if time.monotonic() >= self._ends:
            raise TimeoutError("the answer took too long")

    def end(self) -> None:
        """Close everything."""
        if self._timer is not None:
            self._timer.cancel()
        if self._twin is not None:
            self._twin.close()
        self.close()

    @staticmethod
    def _cut_off(twin: socket.socket) -> None:
        # It may be closed already, by us or from afar.
        with contextlib.suppress(OSError):
            twin.shutdown(socket.SHUT_RDWR)


class _HurriedSecure(http.client.HTTPSConnection, _Hurried):
    """The same with TLS: the clock runs before the handshake begins."""


def _name_hash(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()
