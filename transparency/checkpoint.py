"""Checkpoints: how many entries a log has and the root of their tree, as a note's text (C2SP tlog-checkpoint)."""

import base64
import re
from dataclasses import dataclass

from transparency.merkle import EMPTY_ROOT, HASH_BYTES
from transparency.note import Note, NoteError, Verifier, open_note, read_base64

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
MAX_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's name, its size in entries and its root (32 bytes). Extension lines are carried along, unread."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """Return the text that is signed."""
    lines = (checkpoint.origin, str(checkpoint.size), base64.b64encode(checkpoint.root).decode())
    return "\n".join((*lines, *checkpoint.extensions)) + "\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint from the text of a note, not yet believed. Raises ``NoteError``."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop():
        raise NoteError("a checkpoint has at least three lines")
    if not all(lines):
        raise NoteError("a checkpoint has no empty lines")
    origin, number, spelt = lines[:3]
    size = read_size(number)
    root = read_base64(spelt)
    if len(root) != HASH_BYTES:
        raise NoteError("the root of a checkpoint has 32 bytes")
    if size == 0 and root != EMPTY_ROOT:
        raise NoteError("a log without entries has another root")
    return Checkpoint(origin, size, root, tuple(lines[3:]))


def open_checkpoint(note: str, *verifiers: Verifier) -> tuple[Checkpoint, Note]:
    """Read a checkpoint that one of these keys has signed, and that is of the log of that name.

    Raises ``NoteError``.
    """
    opened = open_note(note, verifiers)
    checkpoint = parse_checkpoint(opened.text)
    if all(line.name != checkpoint.origin for line in opened.verified):
        message = f"this is a checkpoint of another log: {checkpoint.origin}"
        raise NoteError(message)
    return checkpoint, opened


def read_size(text: str) -> int:
    """Return a number of entries in its one spelling. Raises ``NoteError``."""
    if not _NUMBER.fullmatch(text) or int(text) > MAX_SIZE:
        raise NoteError("a size is a decimal number without leading noughts")
    return int(text)
