"""The log's public files, as the keeper publishes them, for the views that show them."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Response, current_app
from werkzeug.exceptions import NotFound

from transparency.checkpoint import Checkpoint, parse_checkpoint
from transparency.note import split_note
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
