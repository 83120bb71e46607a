"""Asks the witnesses of the policy for their cosignatures (C2SP tlog-witness), all at once and not for long.

Each witness has a worker of its own and is asked again only when its last call has ended, so that a slow one holds up
nobody but itself.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import structlog

from marketplace.keeper.files import read_text
from transparency.checkpoint import parse_checkpoint
from transparency.files import make_folder, write_durably
from transparency.merkle import consistency_proof
from transparency.note import NoteError, split_note
from transparency.policy import Policy, PolicyWitness
from transparency.tiles import TileStore
from transparency.witness import WitnessConflict, WitnessContradiction, WitnessError, ask_witness

#: Seconds that all witnesses together may hold up a checkpoint.
_LIMIT_S = 2.0
#: Seconds for which a witness that did not answer is left alone.
_SILENCE_S = 10.0
log = structlog.get_logger(__name__)


class Cosigners:
    """The witnesses that can be asked, and what each of them knew last."""

    def __init__(self, policy: Policy, folder: Path) -> None:
        self._policy = policy
        self._folder = folder
        self._workers = {
            one.name: ThreadPoolExecutor(1, thread_name_prefix=f"witness-{one.name}") for one in policy.witnesses
        }
        self._calls: dict[str, Future[list[str]]] = {}
        self._silent_until: dict[str, float] = {}

    def list_missing(self, note: str) -> list[PolicyWitness]:
        """Return the witnesses with an address whose cosignature a note lacks, and that may be asked now."""
        text, lines = split_note(note)
        found = self._policy.list_cosigners(text, lines)
        now = time.monotonic()
        return [
            one
            for one in self._policy.witnesses
            if one.url
            and one.name not in found
            and self._silent_until.get(one.name, 0.0) <= now
            and (one.name not in self._calls or self._calls[one.name].done())
        ]

    def add_to(self, note: str, store: TileStore) -> str:
        """Return the note with the lines of the witnesses that answered in time.

        Raises ``WitnessContradiction`` when one of them cosigned what this note does not continue.
        """
        asked = self.list_missing(note)
        deadline = time.monotonic() + _LIMIT_S
        text, _ = split_note(note)
        size = parse_checkpoint(text).size
        known = {one.name: self._known_size(one) for one in asked}
        # A witness that knows another size than we thought names it, and is asked once more.
        for _ in range(2):
            asking = {one.name: self._ask(one, known[one.name], size, note, store) for one in asked}
            wait(asking.values(), timeout=max(deadline - time.monotonic(), 0.0))
            again = []
            for one in asked:
                answer = self._read_answer(one, text, asking[one.name])
                _check_contradiction(one, size, answer)
                if isinstance(answer, WitnessConflict):
                    known[one.name] = answer.size
                    again.append(one)
                elif isinstance(answer, str):
                    note += answer
                    self._remember(one, size)
                else:
                    self._silent_until[one.name] = time.monotonic() + _SILENCE_S
                    log.warning("witness_silent", witness=one.name, error=str(answer)[:200])
            asked = again
        return note

    def _ask(self, one: PolicyWitness, old: int, size: int, note: str, store: TileStore) -> "Future[list[str]]":
        proof = consistency_proof(old, size, store.read_hash) if old <= size else []
        call = self._workers[one.name].submit(ask_witness, str(one.url), min(old, size), proof, note, _LIMIT_S)
        self._calls[one.name] = call
        return call

    def _read_answer(self, one: PolicyWitness, text: str, asking: "Future[list[str]]") -> str | WitnessError:
        """Return the witness's own line when it is true; an error says what there was instead."""
        if not asking.done():
            return WitnessError("no answer in time")
        error = asking.exception()
        if error is not None:
            return error if isinstance(error, WitnessError) else WitnessError(str(error))
        try:
            _, lines = split_note(f"{text}\n{''.join(asking.result())}")
        except NoteError as unreadable:
            return WitnessError(str(unreadable))
        own = [line for line in lines if one.verifier.signed(line) and one.verifier.is_valid(text, line.signature)]
        return own[0].to_text() if own else WitnessError("its cosignature is not by the key in the policy")

    def _size_file(self, one: PolicyWitness) -> Path:
        return self._folder / f"{one.verifier.key_id.hex()}.size"

    def _known_size(self, one: PolicyWitness) -> int:
        written = (read_text(self._size_file(one)) or "0").strip()
        return int(written) if written.isascii() and written.isdigit() else 0

    def _remember(self, one: PolicyWitness, size: int) -> None:
        make_folder(self._folder, mode=0o700)
        write_durably(self._size_file(one), f"{size}\n".encode())


def _check_contradiction(one: PolicyWitness, size: int, answer: str | WitnessError) -> None:
    """Raise ``WitnessContradiction`` when a witness cosigned more than we have, or another log."""
    is_rollback = isinstance(answer, WitnessConflict) and answer.size > size
    if is_rollback or isinstance(answer, WitnessContradiction):
        message = f"the witness {one.name} does not take a checkpoint of {size} entries: {answer}"
        raise WitnessContradiction(message)
