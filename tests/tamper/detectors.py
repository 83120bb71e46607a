"""Who notices: only what a stranger can do with the market's public pages, one older checkpoint and the log's key."""

import hashlib
import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.tamper.stage import Stranger
from transparency.audit import AuditTrust, audit_log
from transparency.checkpoint import parse_checkpoint
from transparency.lot_proof import Trust, UnreadableError, check_lot_proof
from transparency.note import NoteError, split_note
from transparency.report import Report

#: Asks the market for a page, over HTTP; None when it answers with an error.
Look = Callable[[str], bytes | None]
#: What the log's page says while entries wait too long.
_LATE = "Sổ đang ghi chậm"
#: The round seal of the commune on a lot's page.
_SEAL = 'class="seal"'


@dataclass(frozen=True, slots=True)
class Finding:
    """What a detector said about the market as it is shown now."""

    detector: str
    sentence: str


def detect(look: Look, stranger: Stranger) -> list[Finding]:
    """Run every detector."""
    audit = audit_log(lambda path: look(f"/log/{path}"), AuditTrust(stranger.vkey, since=stranger.kept))
    return [
        *(Finding("audit of the log", fault) for fault in audit.faults),
        *_compare_with_audit(look, stranger, audit),
        *_check_lots(look, stranger),
        *_check_photos(look, stranger),
        *_compare_producers(look, stranger),
        *_read_page(look),
    ]


def _compare_with_audit(look: Look, stranger: Stranger, audit: Report) -> Iterator[Finding]:
    """Look at the pages of the lots that the log names as recalled or held."""
    for line in audit.notes:
        word, code = re.match(r"(RECALLED|HELD) +([^ ,]+),", line).groups()  # type: ignore[union-attr]
        page = (look(f"/lo/{code}") or b"").decode()
        if code in stranger.lots and f'data-shown="{word.lower()}"' not in page:
            yield Finding("audit of the log", f"Lot {code} is {word} by the log; its page does not say so.")


def _check_lots(look: Look, stranger: Stranger) -> Iterator[Finding]:
    size = parse_checkpoint(split_note(stranger.kept)[0]).size
    for code in stranger.lots:
        data = look(f"/lo/{code}/bang-chung.json?since={size}")
        if data is None:
            yield Finding("proof of a lot", f"The market has no proof for lot {code} any more.")
            continue
        try:
            report = check_lot_proof(data, Trust(vkey=stranger.vkey, since=stranger.kept))
        except UnreadableError as error:
            yield Finding("proof of a lot", str(error))
            continue
        for fault in report.faults:
            yield Finding("proof of a lot", fault)
        page = (look(f"/lo/{code}") or b"").decode()
        if _SEAL in page.partition('<ol class="timeline"')[0] and "it is not verified" in report.to_text():
            yield Finding("proof of a lot", f"The page of lot {code} bears the seal; its entries say not verified.")


def _read_page(look: Look) -> Iterator[Finding]:
    if _LATE in (look("/minh-bach") or b"").decode():
        yield Finding("page of the log", "The market itself says that entries have waited too long for their place.")


def _check_photos(look: Look, stranger: Stranger) -> Iterator[Finding]:
    for code in stranger.lots:
        bundle = json.loads(look(f"/lo/{code}/bang-chung.json") or b"{}")
        for entry in bundle.get("entries", ()):
            for photo in _photos_in(entry["content"]):
                shown = look(f"/anh/{photo}/large.webp")
                if shown is None or hashlib.sha256(shown).hexdigest() != photo:
                    yield Finding("hash of a photo", f"Entry {entry['index']}: the photo shown is not the one entered.")


def _compare_producers(look: Look, stranger: Stranger) -> Iterator[Finding]:
    """Compare the producer on a lot's page with what the proof file opens, as the page does in the buyer's browser."""
    for code in stranger.lots:
        page = (look(f"/lo/{code}") or b"").decode()
        shown = re.search(r'data-maker="name">(?:<[^>]+>)?([^<]*)<', page)
        bundle = json.loads(look(f"/lo/{code}/bang-chung.json") or b"{}")
        told = [json.loads(entry["opened"]["content"]) for entry in bundle.get("entries", ()) if "opened" in entry]
        names = {one["name"] for one in told if "name" in one}
        if names and (shown is None or html.unescape(shown[1]) not in names):
            yield Finding("the lot's page", f"The page of lot {code} names a producer whom the log does not name.")


def _photos_in(content: str | None) -> list[str]:
    try:
        told = json.loads(content or "{}")
    except ValueError:
        return []
    return [str(one) for one in told.get("cq:photos", ())]


def tell_checkpoint(look: Look) -> str:
    """Say at which checkpoint the market stands."""
    try:
        return f"{parse_checkpoint(split_note((look('/log/checkpoint') or b'').decode())[0]).size} entries"
    except NoteError:
        return "none"
