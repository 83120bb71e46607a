"""The log's public files, as the keeper publishes them, for the views that show them."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app
from werkzeug.exceptions import NotFound

from marketplace.core.registry import resolve
from traceability.ports import Signatory
from traceability.rules.statements import OFFICE
from transparency.checkpoint import Checkpoint, parse_checkpoint
from transparency.entries import name_key, read_office_keys
from transparency.note import NoteError, Verifier, split_note
from transparency.tiles import TileStore


@dataclass(frozen=True, slots=True)
class OpenLog:
    """One published checkpoint, and the tree's files, which hold at least its entries."""

    note: str
    newest: Checkpoint
    store: TileStore


def log_folder() -> Path:
    """Return the folder that the keeper publishes in."""
    return Path(current_app.config["LOG_DIR"])


def read_public(name: str) -> str:
    """Return what a small public file says; nothing when the keeper has not written it yet."""
    try:
        return (log_folder() / name).read_text("utf-8")
    except FileNotFoundError:
        return ""


def open_log() -> OpenLog:
    """Open the log at its newest checkpoint. Raises ``NotFound`` when none is published yet."""
    note = read_public("checkpoint")
    if not note:
        raise NotFound
    text, _ = split_note(note)
    # The checkpoint first: the tree only grows.
    return OpenLog(note, parse_checkpoint(text), TileStore(log_folder()))


def read_office() -> Mapping[str, bytes]:
    """Return the keys of the market's office by name: those that the log's key certifies, and the one in use here.

    None of them comes from the database.
    """
    own = resolve(Signatory).public_key(OFFICE)
    return {**_open_office(read_public("office-keys"), read_public("vkey").strip()), name_key(own): own}


@lru_cache(maxsize=8)
def _open_office(note: str, vkey: str) -> Mapping[str, bytes]:
    if not note or not vkey:
        return {}
    verifier = Verifier.from_text(vkey)
    try:
        return read_office_keys(note, verifier.name, verifier)
    except NoteError:
        return {}


def send_text(text: str, caching: str) -> Response:
    """Answer with plain text that scripts of other sites may read."""
    response = Response(text, mimetype="text/plain")
    response.headers["Cache-Control"] = caching
    return allow_all(response)


def allow_all(response: Response) -> Response:
    """Let scripts of other sites read an answer: the log is everybody's."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def spell_hashes(hashes: Sequence[bytes]) -> list[str]:
    """Return hashes in base64."""
    return [base64.b64encode(one).decode() for one in hashes]
