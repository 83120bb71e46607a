"""One keeper at work, with the locks in its hands.

The order makes a crash harmless. Places are committed first; the tree's files follow from them, byte for byte, however
often they are written; only then is a checkpoint signed, and only one that is consistent with the last one that this
key has signed, which is remembered beside the key, outside the database. Sources: RFC 9162, 2.1; C2SP tlog-tiles,
tlog-checkpoint.
"""

import json
import time

import structlog
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from marketplace.core.clock import utcnow
from marketplace.keeper.cosigning import Cosigners
from marketplace.keeper.files import KeeperFiles, read_text
from traceability.adapters.key_folder import read_public_key
from traceability.queries.log import list_checkpoints
from traceability.rules.statements import OFFICE, log_opened
from traceability.services.log import log_statement
from traceability.services.sequence import (
    count_places,
    find_newest_entry,
    find_newest_opening,
    keep_checkpoint,
    list_leaves,
    log_older_records,
    place_waiting,
    queue_forgotten,
)
from transparency.checkpoint import Checkpoint, format_checkpoint, open_checkpoint
from transparency.entries import format_office_keys, name_key, read_office_keys
from transparency.note import NoteError, Signer, new_signer, sign_note
from transparency.tiles import TileStore
from transparency.witness import WitnessContradiction

#: Entries that get their places in one transaction, and leaves that are written in one go.
_BATCH = 4096
#: Seconds before witnesses are asked once more about a checkpoint that lacks their cosignatures.
_ASK_AGAIN_S = 10.0
#: Seconds between looks for entries that were taken out of the queue.
_LOOK_AGAIN_S = 30.0
log = structlog.get_logger(__name__)


class LogContradictedError(RuntimeError):
    """What lies in the database or the files contradicts a checkpoint that was signed. Nothing more is signed."""


class Keeping:
    """Keeps a log of one name through one connection, on which the keeper's lock hangs."""

    def __init__(
        self, connection: Connection, files: KeeperFiles, *, origin: str, policy_text: str, cosigners: Cosigners
    ) -> None:
        self._connection = connection
        self._files = files
        self._origin = origin
        self._cosigners = cosigners
        self._signer = self._read_key()
        self._verifier = self._signer.verifier()
        self._store = TileStore(files.log_dir)
        self._asked_at = time.monotonic()
        self._look_at = 0.0
        self._seen = (0, 0)
        files.publish(files.vkey, f"{self._verifier.to_text()}\n")
        files.publish(files.policy, policy_text)
        self._tell_opening(policy_text)
        self._log_older()

    def do_round(self) -> bool:
        """Place what waits, write it, sign it and publish it; say whether more is likely to wait.

        Raises ``LogContradictedError``, ``TileError`` or ``NoteError``; then nothing was signed.
        """
        self._queue_forgotten()
        with Session(self._connection) as session, session.begin():
            found = place_waiting(session, limit=_BATCH)
            placed = count_places(session)
        # The office's key lies there before anything that it signed can be seen; it is certified before that is signed.
        self._certify_office()
        self._write(placed)
        self._sign_and_publish()
        return found == _BATCH

    def _queue_forgotten(self) -> None:
        """Take up again, now and then, what somebody took out of the queue: nothing that was entered stays out.

        Not when places are missing that were signed for: that is no queue to be mended, and the round will say so.
        """
        if time.monotonic() < self._look_at:
            return
        last = self._find_last_signed()
        self._look_at = time.monotonic() + _LOOK_AGAIN_S
        with Session(self._connection) as session, session.begin():
            if last is not None and count_places(session) < last.size:
                return
            found = queue_forgotten(session, above=self._seen[0])
            newest = find_newest_entry(session)
        if not found:
            # Entries of transactions that were still open at the last look are looked at once more.
            self._seen = (self._seen[1], newest)
        else:
            log.error("log_queue_emptied", entries=found)

    def _write(self, placed: int) -> None:
        if placed < self._store.size:
            message = f"the database has {placed} places, the tree {self._store.size}: entries were taken away"
            raise LogContradictedError(message)
        while self._store.size < placed:
            with Session(self._connection) as session, session.begin():
                leaves = list_leaves(session, self._store.size, _BATCH)
            if not leaves:
                message = f"the entry at place {self._store.size} is gone"
                raise LogContradictedError(message)
            self._store.append(leaves)

    def _sign_and_publish(self) -> None:
        told = read_text(self._files.contradicted)
        if told is not None:
            raise LogContradictedError(told.strip())
        last = self._find_last_signed()
        new = Checkpoint(self._origin, self._store.size, self._store.root())
        if last is not None:
            _check_consistent(last, new, self._store)
        text = format_checkpoint(new)
        published = read_text(self._files.checkpoint)
        if published is not None and published.startswith(f"{text}\n"):
            self._ask_again(published)
            return
        note = sign_note(text, [self._signer])
        # Remembered before anybody sees it: from here on no other root of this size can be signed.
        self._files.keep_secret(self._files.signed, note)
        note = self._cosign(note)
        self._asked_at = time.monotonic()
        with Session(self._connection) as session, session.begin():
            is_kept = keep_checkpoint(session, size=new.size, root=new.root, note=note, now=utcnow())
        if not is_kept:
            message = f"the database holds another checkpoint of {new.size} entries"
            raise LogContradictedError(message)
        self._files.publish(self._files.checkpoint, note)

    def _ask_again(self, published: str) -> None:
        """Ask witnesses that were silent, while nothing new comes in."""
        if time.monotonic() - self._asked_at >= _ASK_AGAIN_S:
            self._asked_at = time.monotonic()
            if self._cosigners.list_missing(published):
                self._files.publish(self._files.checkpoint, self._cosign(published))

    def _cosign(self, note: str) -> str:
        """Return the note with what witnesses add. One that saw another log stops us until a person has looked."""
        try:
            return self._cosigners.add_to(note, self._store)
        except WitnessContradiction as contradiction:
            self._files.keep_secret(self._files.contradicted, f"{contradiction}\n")
            raise LogContradictedError(str(contradiction)) from contradiction

    def _find_last_signed(self) -> Checkpoint | None:
        """Return the largest checkpoint that this key is known to have signed.

        It is remembered here, out in the world, or in the database, in case the files are lost.
        """
        found: Checkpoint | None = None
        notes = [read_text(path) for path in (self._files.signed, self._files.checkpoint)]
        signed = [open_checkpoint(note, self._verifier)[0] for note in notes if note is not None]
        for one in [*signed, *self._list_kept()]:
            if found is not None and found.size == one.size and found.root != one.root:
                message = f"two different checkpoints of {one.size} entries were signed"
                raise LogContradictedError(message)
            if found is None or one.size > found.size:
                found = one
        return found

    def _list_kept(self) -> list[Checkpoint]:
        """Return the largest checkpoint in the database, if there is one. One that nobody signed contradicts us."""
        with Session(self._connection) as session, session.begin():
            kept = list_checkpoints(session, 1)
        try:
            return [open_checkpoint(one.note, self._verifier)[0] for one in kept]
        except NoteError as error:
            message = (
                f"the database holds another checkpoint of {kept[0].size} entries, not signed by this key: {error}"
            )
            raise LogContradictedError(message) from error

    def _read_key(self) -> Signer:
        path = self._files.key
        written = read_text(path)
        if written is not None:
            signer = Signer.from_text(written.strip())
            if signer.name != self._origin:
                message = f"{path} is the key of {signer.name}, and LOG_ORIGIN is {self._origin}"
                raise LogContradictedError(message)
            return signer
        with Session(self._connection) as session, session.begin():
            has_begun = count_places(session) > 0
        if has_begun or self._files.signed.exists() or self._files.checkpoint.exists():
            message = f"{path} is gone, and the log has entries: bring the key back"
            raise LogContradictedError(message)
        signer = new_signer(self._origin)
        self._files.keep_secret(path, f"{signer.to_text()}\n")
        return signer

    def _certify_office(self) -> None:
        """Sign which keys are those of the market's office, those of earlier years included.

        The first one is taken as it is. Another one makes somebody else the office, so the operator has to name it.
        """
        written = read_text(self._files.office_keys)
        known: list[bytes] = []
        if written is not None:
            known += read_office_keys(written, self._origin, self._verifier).values()
        newest = read_public_key(self._files.keys_dir / "officers", OFFICE)
        if newest is None or newest in known:
            return
        if known and (read_text(self._files.new_office) or "").strip() != name_key(newest):
            message = (
                f"the office has another key ({name_key(newest)}) than was certified; "
                f"if you replaced it, write this name into {self._files.new_office}"
            )
            raise LogContradictedError(message)
        text = format_office_keys(self._origin, [*known, newest])
        self._files.publish(self._files.office_keys, sign_note(text, [self._signer]))

    def _tell_opening(self, policy_text: str) -> None:
        """Log how the log begins, or under which other key or policy it goes on; once."""
        opening = log_opened(origin=self._origin, vkey=self._verifier.to_text(), policy=policy_text)
        with Session(self._connection) as session, session.begin():
            if _read_opening(find_newest_opening(session)) != opening:
                log_statement(session, kind="policy", content=opening, actor_party=None, now=utcnow())

    def _log_older(self) -> None:
        """Log what was sealed before there was a log, in bites that hold nobody up."""
        found = _BATCH
        while found == _BATCH:
            with Session(self._connection) as session, session.begin():
                found = log_older_records(session, limit=_BATCH, now=utcnow())


def _read_opening(content: bytes | None) -> dict[str, object] | None:
    """Return what a statement says, without its own random ID."""
    try:
        told = json.loads(content or b"null")
    except ValueError:
        return None
    return {name: value for name, value in told.items() if name != "id"} if isinstance(told, dict) else None


def _check_consistent(last: Checkpoint, new: Checkpoint, store: TileStore) -> None:
    if new.size < last.size:
        message = f"a checkpoint of {last.size} entries was signed, and now the tree has {new.size}"
        raise LogContradictedError(message)
    if store.root(last.size) != last.root:
        message = f"the first {last.size} entries are no longer those that were signed"
        raise LogContradictedError(message)
