"""The proof that one entry is in a log, as a file for anybody's tools (C2SP tlog-proof)."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from transparency.checkpoint import Checkpoint, open_checkpoint, read_size
from transparency.merkle import HASH_BYTES, verify_inclusion
from transparency.note import NoteError, Verifier, read_base64

_HEADER = "c2sp.org/tlog-proof@v1"
_MAX_HASHES = 63


@dataclass(frozen=True, slots=True)
class TlogProof:
    """An entry's place, the hashes from its sibling up to below the root, a checkpoint; and data nobody vouches for."""

    index: int
    hashes: Sequence[bytes]
    checkpoint_note: str
    extra: bytes | None = None


def format_proof(proof: TlogProof) -> str:
    """Return the file's text."""
    lines = [_HEADER]
    if proof.extra is not None:
        lines.append(f"extra {base64.b64encode(proof.extra).decode()}")
    lines.append(f"index {proof.index}")
    lines += [base64.b64encode(one).decode() for one in proof.hashes]
    return "\n".join([*lines, "", proof.checkpoint_note])


def parse_proof(text: str) -> TlogProof:
    """Read a proof, not yet believed. Raises ``NoteError``."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines.pop(0) != _HEADER:
        raise NoteError("this is no proof of a log (c2sp.org/tlog-proof@v1)")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = read_base64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise NoteError("the proof does not say of which entry")
    index = read_size(lines.pop(0).removeprefix("index "))
    hashes = [read_base64(line) for line in lines]
    if len(hashes) > _MAX_HASHES or any(len(one) != HASH_BYTES for one in hashes):
        raise NoteError("the proof's hashes are not such")
    return TlogProof(index, hashes, note, extra)


def verify_proof(proof: TlogProof, leaf_hash: bytes, *verifiers: Verifier) -> Checkpoint:
    """Check that an entry is in the log that signed the checkpoint. Raises ``NoteError`` or ``ProofError``."""
    checkpoint, _ = open_checkpoint(proof.checkpoint_note, *verifiers)
    verify_inclusion(
        index=proof.index, size=checkpoint.size, leaf_hash=leaf_hash, proof=proof.hashes, root=checkpoint.root
    )
    return checkpoint
