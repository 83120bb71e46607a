"""The proof file of a lot: everything that is needed to check its page without us (``choque-lot-proof/1``)."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest, NotFound

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.db import db
from traceability.queries.log import EntryView, list_lot_entries
from traceability.queries.lots import LotView, find_lot_by_code
from traceability.queries.master_data import list_facts
from traceability.queries.passport import list_signed
from traceability.queries.records import RecordView
from traceability.queries.story import list_story
from traceability.queries.verifications import summarise_treatments
from traceability.rules.epcis_access import is_public_record
from traceability.views.blueprint import blueprint
from traceability.views.log import read_witnesses, send_proof
from traceability.views.log_files import OpenLog, allow_all, open_log, read_public, spell_hashes
from traceability.views.shown_lot import count_kept, read_shown
from traceability.views.steps import tell_steps
from transparency.lot_proof import FORMAT
from transparency.merkle import consistency_proof, inclusion_proof


@blueprint.get("/lo/<code>/bang-chung.json")
@needs(Permission.PUBLIC)
def lot_proof(code: str) -> ResponseReturnValue:
    """Send the proof file of a lot.

    ``since`` is the size of a checkpoint that somebody kept: the proof that the log continues it comes along. ``tai``
    makes it a file to save. What is about a lot and not on its public page, such as where parcels went, stays out.
    """
    session = db.session()
    lot = find_lot_by_code(session, code)
    if lot is None:
        raise NotFound
    log = open_log()
    facts = list_facts(session, lot.household_id, log.newest.size)
    story = _list_public_story(session, lot)
    titles, entries = _list_entries(session, lot, story, facts.places)
    bundle = _bundle(lot, [entry for entry in entries if entry.place < log.newest.size], titles, log)
    for entry in bundle["entries"]:
        fact = facts.versions.get(entry["index"])
        if fact is not None and fact.content and fact.salt:
            entry["opened"] = {"content": fact.content.decode(), "salt": fact.salt.hex()}
    shown = _tell_shown(session, lot, story, log.newest.size)
    if shown is not None:
        bundle["shown"] = shown
    since = request.args.get("since", "")
    if since:
        bundle["consistency"] = _prove_since(since, log)
    response = Response(json.dumps(bundle, ensure_ascii=False, separators=(",", ":")), mimetype="application/json")
    response.headers["Cache-Control"] = "no-cache"
    if request.args.get("tai"):
        response.headers["Content-Disposition"] = f'attachment; filename="{lot.code}.bang-chung.json"'
    return allow_all(response)


@blueprint.get("/lo/<code>/bang-chung.tlog-proof")
@needs(Permission.PUBLIC)
def lot_tlog_proof(code: str) -> ResponseReturnValue:
    """Send the proof for a lot's last signed statement, or its last record, for other people's tools."""
    lot = find_lot_by_code(db.session(), code)
    if lot is None:
        raise NotFound
    _titles, entries = _list_entries(db.session(), lot, _list_public_story(db.session(), lot))
    size = open_log().newest.size
    placed = [entry for entry in entries if entry.place < size and entry.kind != "key"]
    signed = [entry for entry in placed if entry.kind == "verification"]
    if not placed:
        raise NotFound
    return send_proof((signed or placed)[-1], f"{lot.code}.tlog-proof")


def _list_public_story(session: Session, lot: LotView) -> Sequence[RecordView]:
    # How much was put on sale is the household's affair, here as in the interface for programs.
    return [record for record in list_story(session, lot) if is_public_record(record.kind)]


def _list_entries(
    session: Session, lot: LotView, story: Sequence[RecordView], places: Collection[int] = ()
) -> tuple[Mapping[int, str], Sequence[EntryView]]:
    steps = tell_steps(story, is_private=False)
    titles = {record.id: step.title for record, step in zip(story, steps, strict=True)}
    return titles, list_lot_entries(session, lot.id, list(titles), places)


def _tell_shown(session: Session, lot: LotView, story: Sequence[RecordView], size: int) -> dict[str, Any] | None:
    """Return what pages and shop go by, for whoever compares it with the entries (``transparency/lot_shown.py``).

    None while an entry of the lot waits for its place: there is nothing yet to compare with.
    """
    signed = list_signed(session, lot)
    places = [*(one.place for one in story), *(one.place for one in signed)]
    if any(place is None or place >= size for place in places):
        return None
    return {
        "state": lot.state,
        "holdReason": lot.hold_reason,
        "bestBeforeOn": lot.best_before_on.isoformat() if lot.best_before_on else None,
        "treatments": count_kept(read_shown(lot, story, signed), summarise_treatments(story, lot)),
        "roles": {record.content_hash: record.row_role for record in story},
    }


def _bundle(lot: LotView, entries: Sequence[EntryView], titles: Mapping[int, str], log: OpenLog) -> dict[str, Any]:
    seen = read_witnesses()
    return {
        "format": FORMAT,
        "lot": lot.code,
        "log": {"origin": log.newest.origin, "vkey": read_public("vkey").strip()},
        "checkpoint": log.note,
        "office": read_public("office-keys"),
        "witnesses": [{"name": one.name, "vkey": one.vkey} for one in seen.witnesses] if seen else [],
        "policy": read_public("policy"),
        "entries": [
            {
                "index": entry.place,
                "leaf": entry.leaf.decode(),
                "content": entry.content.decode() if entry.content is not None else None,
                "proof": spell_hashes(inclusion_proof(log.newest.size, entry.place, log.store.read_hash)),
                "title": titles.get(entry.record_id or 0) or _title(entry),
            }
            for entry in entries
        ],
    }


def _title(entry: EntryView) -> str:
    # Whether a signature is there; whoever checks the file says whether it is true.
    is_signed = "signature" in json.loads(entry.leaf)
    titles: dict[str, str] = {
        "event": _("Ghi chép"),
        "error-declaration": _("Báo ghi nhầm"),
        "verification": _("Xác nhận có chữ ký của cán bộ xã") if is_signed else _("Xác nhận không có chữ ký"),
        "master-data": _("Thông tin của hộ"),
        "certificate": _("Chứng nhận"),
        "key": _("Công bố khóa ký của cán bộ"),
        "policy": _("Quy ước của sổ"),
        "recall": _("Lệnh thu hồi có chữ ký") if is_signed else _("Lệnh thu hồi không có chữ ký"),
        "erasure": _("Xóa dữ liệu cá nhân"),
    }
    return titles.get(entry.kind, entry.kind)


def _prove_since(typed: str, log: OpenLog) -> dict[str, Any]:
    size = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 18 else 0
    if not 0 < size <= log.newest.size:
        raise BadRequest(_("since phải từ 1 đến %(size)s.", size=log.newest.size))
    return {"old": size, "hashes": spell_hashes(consistency_proof(size, log.newest.size, log.store.read_hash))}
