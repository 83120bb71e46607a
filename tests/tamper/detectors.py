"""Who notices: only what a stranger can do with the market's public pages, one older checkpoint and the log's key."""

import hashlib
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.factories.log import KeptMarket
from tests.tamper.stage import Stranger
from transparency.checkpoint import parse_checkpoint
from transparency.lot_proof import Trust, UnreadableError, check_lot_proof
from transparency.note import NoteError, split_note

#: The round seal of the commune on a lot's page.
_LATE = "Sổ đang ghi chậm"
_SEAL = 'class="seal"'


@dataclass(frozen=True, slots=True)
class Finding:
    """What a detector said about the market as it is shown now."""

    detector: str
    sentence: str


def detect(market: KeptMarket, stranger: Stranger) -> list[Finding]:
    """Run every detector."""
    return [
        *_audit(market, stranger),
        *_check_lots(market, stranger),
        *_check_photos(market, stranger),
        *_compare_producers(market, stranger),
        *_read_page(market),
    ]


def _audit(market: KeptMarket, stranger: Stranger) -> Iterator[Finding]:
    for fault in market.audit(stranger.vkey, since=stranger.kept).faults:
        yield Finding("audit of the log", fault)


def _check_lots(market: KeptMarket, stranger: Stranger) -> Iterator[Finding]:
    size = parse_checkpoint(split_note(stranger.kept)[0]).size
    for code in stranger.lots:
        with market.client.get(f"/lo/{code}/bang-chung.json?since={size}") as answer:
            if answer.status_code != 200:
                yield Finding("proof of a lot", f"The market has no proof for lot {code} any more.")
                continue
            data = answer.get_data()
        try:
            report = check_lot_proof(data, Trust(vkey=stranger.vkey, since=stranger.kept))
        except UnreadableError as error:
            yield Finding("proof of a lot", str(error))
            continue
        for fault in report.faults:
            yield Finding("proof of a lot", fault)
        page = (_look_at(market, f"/lo/{code}") or b"").decode()
        if _SEAL in page and "(verification) is signed" not in report.to_text():
            yield Finding(
                "proof of a lot", f"The page of lot {code} says verified; its proof has no signed verification."
            )


def _read_page(market: KeptMarket) -> Iterator[Finding]:
    if _LATE in (_look_at(market, "/minh-bach") or b"").decode():
        yield Finding("page of the log", "The market itself says that entries have waited too long for their place.")


def _check_photos(market: KeptMarket, stranger: Stranger) -> Iterator[Finding]:
    for code in stranger.lots:
        bundle = json.loads(_look_at(market, f"/lo/{code}/bang-chung.json") or b"{}")
        for entry in bundle.get("entries", ()):
            for photo in _photos_in(entry["content"]):
                shown = _look_at(market, f"/anh/{photo}/large.webp")
                if shown is None or hashlib.sha256(shown).hexdigest() != photo:
                    yield Finding("hash of a photo", f"Entry {entry['index']}: the photo shown is not the one entered.")


def _compare_producers(market: KeptMarket, stranger: Stranger) -> Iterator[Finding]:
    """Compare the producer on a lot's page with what the proof file opens, as the page does in the buyer's browser."""
    for code in stranger.lots:
        page = (_look_at(market, f"/lo/{code}") or b"").decode()
        shown = re.search(r'data-maker="name">(?:<[^>]+>)?([^<]*)<', page)
        bundle = json.loads(_look_at(market, f"/lo/{code}/bang-chung.json") or b"{}")
        told = [json.loads(entry["opened"]["content"]) for entry in bundle.get("entries", ()) if "opened" in entry]
        names = {one["name"] for one in told if "name" in one}
        if names and (shown is None or html.unescape(shown[1]) not in names):
            yield Finding("the lot's page", f"The page of lot {code} names a producer whom the log does not name.")


def _look_at(market: KeptMarket, path: str) -> bytes | None:
    """Return what a page shows; a market that was attacked may answer with an error."""
    with market.client.get(path) as answer:
        return answer.get_data() if answer.status_code == 200 else None


def _photos_in(content: str | None) -> list[str]:
    try:
        told = json.loads(content or "{}")
    except ValueError:
        return []
    return [str(one) for one in told.get("cq:photos", ())]


def tell_checkpoint(market: KeptMarket) -> str:
    """Say at which checkpoint the market stands."""
    try:
        return f"{parse_checkpoint(split_note(market.note)[0]).size} entries"
    except NoteError:
        return "none"
