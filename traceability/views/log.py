"""The log as anybody may read it: checkpoint, tiles, entries and proofs, and a page about it in plain words.

Sources: C2SP tlog-tiles (paths, media types, caching), tlog-checkpoint, tlog-proof; RFC 9162, 2.1.3 and 2.1.4 (proofs).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Response, jsonify, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, NotFound

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db
from marketplace.core.shared_pages import shared
from traceability.queries.log import (
    EntryView,
    find_checkpoint,
    find_entry,
    get_log_state,
    list_checkpoints,
    list_hold_records,
    list_stored,
)
from traceability.views.blueprint import blueprint
from traceability.views.log_files import allow_all, log_folder, open_log, read_public, send_text, spell_hashes
from transparency.merkle import consistency_proof, inclusion_proof
from transparency.note import split_note
from transparency.policy import Policy
from transparency.proof import TlogProof, format_proof
from transparency.tiles import WIDTH

_TILE = re.compile(r"(entries|[0-9]|[1-5][0-9]|6[0-3])/(x[0-9]{3}/)*[0-9]{3}(\.p/[1-9][0-9]{0,2})?")
_FOR_EVER = "public, max-age=31536000, immutable"
_SHOWN = 20
_MAX_PLACE = 2**62
#: An entry that waits longer than this means that the keeper does not work.
_LATE = timedelta(minutes=1)
#: Kinds whose content is shown with the lot or the event, not here.
_NO_STATEMENT = frozenset({"event", "error-declaration"})


@dataclass(frozen=True, slots=True)
class WitnessView:
    """A witness of the policy, and when it cosigned the newest checkpoint, if it did."""

    name: str
    vkey: str
    cosigned_at: datetime | None


@dataclass(frozen=True, slots=True)
class WitnessState:
    """The witnesses that the log's policy names, and whether those that cosigned are enough."""

    witnesses: tuple[WitnessView, ...]
    is_enough: bool


@blueprint.get("/minh-bach")
@needs(Permission.PUBLIC)
@shared
def log_page() -> ResponseReturnValue:
    """Tell in plain words how the log works, how it stands, who cosigns it and how to check it without us."""
    state = get_log_state(db.session())
    return render_template(
        "traceability/log.html",
        state=state,
        is_late=state.waiting_since is not None and state.waiting_since < utcnow() - _LATE,
        checkpoints=list_checkpoints(db.session(), _SHOWN),
        vkey=read_public("vkey").strip(),
        seen=read_witnesses(),
    )


@blueprint.get("/log/<any(checkpoint, vkey, 'office-keys', policy):name>")
@needs(Permission.PUBLIC)
def log_file(name: str) -> ResponseReturnValue:
    """Send the newest checkpoint, the log's public key, the office's certified keys or the witness policy."""
    text = read_public(name)
    if not text:
        raise NotFound
    return send_text(text, "no-cache")


@blueprint.get("/log/checkpoints/<int:size>")
@needs(Permission.PUBLIC)
def log_old_checkpoint(size: int) -> ResponseReturnValue:
    """Send the checkpoint that was published for a size. Until the quorum is there cosignatures may still come."""
    found = find_checkpoint(db.session(), size) if size < _MAX_PLACE else None
    if found is None:
        raise NotFound
    newest = read_public("checkpoint")
    # The database keeps the note as it was first published; witnesses that were late stand on the published one.
    note = newest if newest.split("\n\n")[0] == found.note.split("\n\n")[0] else found.note
    return send_text(note, _FOR_EVER if _is_cosigned(note) else "no-cache")


@blueprint.get("/log/tile/<path:path>")
@needs(Permission.PUBLIC)
def log_tile(path: str) -> ResponseReturnValue:
    """Send a tile or an entry bundle. None ever changes."""
    file = log_folder() / "tile" / path
    if not _TILE.fullmatch(path) or not file.is_file():
        raise NotFound
    response = send_file(file, mimetype="application/octet-stream")
    response.headers["Cache-Control"] = _FOR_EVER
    return allow_all(response)


@blueprint.get("/log/proof/inclusion")
@needs(Permission.PUBLIC)
def log_inclusion() -> ResponseReturnValue:
    """Prove that the entry at ``index`` stands in the first ``size`` entries (by default, in the newest checkpoint)."""
    log = open_log()
    index, size = _number("index"), _number("size", log.newest.size)
    if not index < size <= log.newest.size:
        raise BadRequest(_("Cần 0 ≤ index < size, và size không quá %(size)s.", size=log.newest.size))
    hashes = inclusion_proof(size, index, log.store.read_hash)
    return allow_all(jsonify(index=index, size=size, hashes=spell_hashes(hashes)))


@blueprint.get("/log/proof/consistency")
@needs(Permission.PUBLIC)
def log_consistency() -> ResponseReturnValue:
    """Prove that the first ``old`` entries are still the beginning of the first ``new`` ones."""
    log = open_log()
    old, new = _number("old"), _number("new", log.newest.size)
    if not 0 < old <= new <= log.newest.size:
        raise BadRequest(_("Cần 0 < old ≤ new, và new không quá %(size)s.", size=log.newest.size))
    hashes = consistency_proof(old, new, log.store.read_hash)
    return allow_all(jsonify(old=old, new=new, hashes=spell_hashes(hashes)))


@blueprint.get("/log/proof/<int:place>.tlog-proof")
@needs(Permission.PUBLIC)
def log_entry_proof(place: int) -> ResponseReturnValue:
    """Send the proof for one entry as a file for other people's tools (C2SP tlog-proof); the leaf rides along."""
    return send_proof(_get_entry(place), f"{place}.tlog-proof")


@blueprint.get("/log/entries/<int:place>")
@needs(Permission.PUBLIC)
def log_entry(place: int) -> ResponseReturnValue:
    """Send the leaf at a place, byte for byte, as the database holds it."""
    response = Response(_get_entry(place).leaf, mimetype="application/json")
    response.headers["Cache-Control"] = "no-cache"
    return allow_all(response)


@blueprint.get("/log/statements/<int:place>")
@needs(Permission.PUBLIC)
def log_statement(place: int) -> ResponseReturnValue:
    """Send the statement at a place, byte for byte: an announced key, a verification, a recall, an erasure."""
    entry = _get_entry(place)
    if entry.kind in _NO_STATEMENT or entry.content is None:
        raise NotFound
    response = Response(entry.content, mimetype="application/json")
    response.headers["Cache-Control"] = "no-cache"
    return allow_all(response)


@blueprint.get("/log/contents/<int:start>")
@needs(Permission.PUBLIC)
def log_contents(start: int) -> ResponseReturnValue:
    """Tell what the database holds now, from a place on: a line for each entry with the hashes of leaf and content.

    Whoever audits the log compares them with the tiles. The content itself may be nobody's business; its hash stands
    in the leaf anyway. A place that is empty, or whose content is gone, has a dash.
    """
    stored = {}
    if start < _MAX_PLACE:
        stored = {place: hashes for place, *hashes in list_stored(db.session(), start, WIDTH)}
    if not stored:
        raise NotFound
    lines = []
    for place in range(start, max(stored) + 1):
        leaf_hash, content_hash = stored.get(place, (None, None))
        lines.append(f"{leaf_hash.hex() if leaf_hash else '-'} {content_hash.hex() if content_hash else '-'}\n")
    return send_text("".join(lines), "no-cache")


@blueprint.get("/log/holds/<int:start>")
@needs(Permission.PUBLIC)
def log_holds(start: int) -> ResponseReturnValue:
    """Send the records that hold lots or let them go, from a place on: a line for each, with its place and content.

    Whoever audits the log checks them against the leaves and learns which lots are held.
    """
    records, is_taken = list_hold_records(db.session(), start, WIDTH) if start < _MAX_PLACE else ((), False)
    if not is_taken:
        raise NotFound
    return send_text("".join(f"{place} {body.decode()}\n" for place, body in records), "no-cache")


def send_proof(entry: EntryView, name: str) -> Response:
    """Send the proof for one entry as a file. Raises ``NotFound`` when no checkpoint covers it yet."""
    log = open_log()
    if entry.place >= log.newest.size:
        raise NotFound
    hashes = inclusion_proof(log.newest.size, entry.place, log.store.read_hash)
    proof = TlogProof(index=entry.place, hashes=hashes, checkpoint_note=log.note, extra=entry.leaf)
    response = send_text(format_proof(proof), "no-cache")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def read_witnesses() -> WitnessState | None:
    """Return who cosigned the newest checkpoint; None when there is none, or when nobody is asked to."""
    note, policy_text = read_public("checkpoint"), read_public("policy")
    if not note or not policy_text:
        return None
    policy = Policy.parse(policy_text)
    if not policy.needs_witnesses:
        return None
    found = policy.list_cosigners(*split_note(note))
    return WitnessState(
        tuple(
            WitnessView(
                one.name,
                one.verifier.to_text(),
                datetime.fromtimestamp(found[one.name].cosigned_at, UTC) if one.name in found else None,
            )
            for one in policy.witnesses
        ),
        policy.is_met_by(found),
    )


def _is_cosigned(note: str) -> bool:
    """Say whether a checkpoint carries the cosignatures that the policy asks for."""
    policy_text = read_public("policy")
    policy = Policy.parse(policy_text) if policy_text else Policy()
    return not policy.needs_witnesses or policy.is_met_by(policy.list_cosigners(*split_note(note)))


def _get_entry(place: int) -> EntryView:
    entry = find_entry(db.session(), place) if place < _MAX_PLACE else None
    if entry is None:
        raise NotFound
    return entry


def _number(name: str, default: int | None = None) -> int:
    typed = request.args.get(name, "")
    if not typed and default is not None:
        return default
    if not typed.isascii() or not typed.isdigit() or len(typed) > 18:
        raise BadRequest(_("%(name)s phải là một số nguyên không âm.", name=name))
    return int(typed)
