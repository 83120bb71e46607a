"""Audits a whole log from what anybody can download: its checkpoint, its tiles, its entries.

Everything is computed anew from the entries. What the market's database holds now is compared with it, as far as the
market tells: ``entries/<place>`` (the leaf) and ``contents/<place>`` (hashes of the contents from there on). Each
recalled lot is named by the signed orders, each held one by the records that hold lots (``holds/<place>``).
"""

import http.client
import urllib.parse
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from transparency.checkpoint import Checkpoint, open_checkpoint
from transparency.decisions import LotEntry
from transparency.entries import (
    SIGNED_KINDS,
    EntryError,
    Keyring,
    LeafView,
    check_content,
    check_order,
    read_leaf,
    read_office_keys,
)
from transparency.lot_story import tell_held, tell_recalled
from transparency.merkle import hash_leaf, read_from, root_of
from transparency.note import NoteError, Verifier
from transparency.policy import Policy, find_cosigners
from transparency.report import Report, capital
from transparency.tiles import HEIGHT, WIDTH, Fetch, TileError, TileReader, tile_path

_TIMEOUT_S = 30.0
_MAX_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class AuditTrust:
    """What the auditor brings along: the log's key, an older checkpoint (a note), a witness policy."""

    vkey: Verifier
    since: str | None = None
    policy: Policy | None = None


def audit_log(fetch: Fetch, trust: AuditTrust) -> Report:
    """Audit a log whose files ``fetch`` finds below its address."""
    report = Report()
    try:
        new, leaves_raw, kept_size = _check_tree(fetch, trust, report)
    except (NoteError, TileError) as error:
        report.fault(f"{capital(error)}.")
        return report
    leaves = []
    for index, raw in enumerate(leaves_raw):
        try:
            leaves.append(read_leaf(index, raw))
        except EntryError as error:
            report.fault(f"{capital(error)}.")
    if kept_size is not None:
        sentence = "Nothing that came after your older checkpoint was backdated."
        _check(report, sentence, lambda: check_order(leaves, kept_size))
    _check(report, "No household's chain has a gap or a fork.", lambda: _check_chains(leaves))
    signed = _check_keys(fetch, trust, new, leaves, report)
    _check_database(fetch, leaves, report)
    for line in [*tell_recalled(signed), *tell_held(_read_holds(fetch, leaves, report))]:
        report.note(line)
    return report


def _check_tree(fetch: Fetch, trust: AuditTrust, report: Report) -> tuple[Checkpoint, list[bytes], int | None]:
    published = fetch("checkpoint")
    if published is None:
        raise NoteError("The log shows no checkpoint")
    try:
        new, note = open_checkpoint(published.decode(), trust.vkey)
    except (NoteError, UnicodeDecodeError) as error:
        message = f"The checkpoint does not hold: {error}"
        raise NoteError(message) from error
    report.holds(f"The log {new.origin} signed a checkpoint of {new.size} entries.")
    if trust.policy is not None:
        found = find_cosigners(trust.policy, note)
        told = f"cosigned by {', '.join(sorted(found)) or 'nobody'}"
        if trust.policy.is_met_by(found):
            report.holds(f"The checkpoint is {told}: enough for your policy.")
        else:
            report.fault(f"The checkpoint is {told}: not enough for your policy.")
    reader = TileReader(fetch, new.size)
    entries = list(reader.read_entries(0, new.size))
    hashes = [hash_leaf(entry) for entry in entries]
    read = _remembering(hashes)
    if root_of(new.size, read) != new.root:
        raise TileError("The entries do not give the root that was signed")
    report.holds("The entries, hashed anew, give the root that was signed.")
    kept_size = _check_since(trust, new, read, report)
    _check_tiles(fetch, new.size, read)
    report.holds("Every tile holds the hashes of these entries.")
    return new, entries, kept_size


def _check_since(trust: AuditTrust, new: Checkpoint, read: Callable[[int, int], bytes], report: Report) -> int | None:
    """Check that the log continues the checkpoint that was kept; return that one's size."""
    if trust.since is None:
        return None
    try:
        old, _ = open_checkpoint(trust.since, trust.vkey)
    except NoteError as error:
        report.fault(f"Your older checkpoint is not of this log: {error}.")
        return None
    if old.origin != new.origin:
        report.fault(f"Your older checkpoint is of another log: {old.origin}.")
    elif old.size > new.size:
        report.fault(f"The log has {new.size} entries; your older checkpoint has {old.size}: it was cut off.")
    elif root_of(old.size, read) != old.root:
        report.fault(f"The first {old.size} entries are no longer those of your older checkpoint.")
    else:
        report.holds(f"The first {old.size} entries are those of your older checkpoint.")
    return old.size


def _check_tiles(fetch: Fetch, size: int, read: Callable[[int, int], bytes]) -> None:
    for level in range(64 // HEIGHT):
        count = size >> (HEIGHT * level)
        if not count:
            return
        for number in range(-(-count // WIDTH)):
            width = min(count - number * WIDTH, WIDTH)
            found = fetch(tile_path(level, number, width)) or fetch(tile_path(level, number))
            expected = b"".join(read(HEIGHT * level, number * WIDTH + place) for place in range(width))
            if found is None or found[: len(expected)] != expected:
                message = f"the file {tile_path(level, number, width)} does not hold the hashes of the entries"
                raise TileError(message)


def _check_chains(leaves: Sequence[LeafView]) -> None:
    last: dict[str, int] = defaultdict(int)
    for leaf in leaves:
        if leaf.chain is None:
            continue
        if leaf.chain.seq != last[leaf.chain.party] + 1:
            message = (
                f"entry {leaf.index} is record {leaf.chain.seq} of a household whose last one was "
                f"{last[leaf.chain.party]}: records were inserted, left out or moved"
            )
            raise EntryError(message)
        last[leaf.chain.party] = leaf.chain.seq


def _check_keys(
    fetch: Fetch, trust: AuditTrust, new: Checkpoint, leaves: Sequence[LeafView], report: Report
) -> list[LotEntry]:
    """Check who signed; return the statements whose signature is true."""
    certified = fetch("office-keys")
    try:
        office = read_office_keys(certified.decode(), new.origin, trust.vkey) if certified is not None else {}
    except (NoteError, UnicodeDecodeError, ValueError) as error:
        report.fault(f"The keys of the market's office are not certified by the log's key: {error}.")
        office = {}
    keyring = Keyring(office)
    signed: list[LotEntry] = []
    faults = len(report.faults)
    for leaf in leaves:
        if leaf.kind not in SIGNED_KINDS and leaf.key_id is None:
            continue
        content = fetch(f"statements/{leaf.index}")
        if content is None:
            report.fault(f"Entry {leaf.index} ({leaf.kind}): the market no longer has the statement.")
            continue
        try:
            check_content(leaf, content)
            if leaf.kind == "key":
                keyring.learn(leaf, content)
            else:
                keyring.check_signature(leaf, content)
            signed.append(LotEntry(leaf, content, []))
        except EntryError as error:
            report.fault(f"{capital(error)}.")
    if len(report.faults) == faults:
        report.holds(f"All {len(signed)} signatures of people are true, by keys that the log had announced.")
    return signed


def _read_holds(fetch: Fetch, leaves: Sequence[LeafView], report: Report) -> list[LotEntry]:
    """Return the records that hold lots or let them go, as far as the market shows them and the log has them."""
    by_index = {leaf.index: leaf for leaf in leaves}
    found: list[LotEntry] = []
    for start in range(0, len(leaves), WIDTH):
        answer = fetch(f"holds/{start}")
        if answer is None:
            report.leaves_open("The market does not show the records that hold lots.")
            return found
        for line in answer.decode("utf-8", "replace").split("\n"):
            place, _, content = line.partition(" ")
            leaf = by_index.get(int(place)) if place.isascii() and place.isdigit() else None
            if leaf is None:
                continue
            try:
                check_content(leaf, content.encode())
            except EntryError as error:
                report.fault(f"{capital(error)}.")
            else:
                found.append(LotEntry(leaf, content.encode(), []))
    return found


def _check_database(fetch: Fetch, leaves: Sequence[LeafView], report: Report) -> None:
    """Compare the leaves with what the market's database holds at this moment."""
    faults = len(report.faults)
    told = list(_read_contents(fetch, len(leaves)))
    if not told:
        report.leaves_open("The market does not tell what its database holds now.")
        return
    for leaf, (leaf_hash, content_hash) in zip(leaves, told, strict=False):
        if leaf_hash != hash_leaf(leaf.raw).hex():
            report.fault(f"Entry {leaf.index}: the database holds another leaf, or none, in this place.")
        elif content_hash != leaf.content_hash:
            report.fault(f"Entry {leaf.index}: the database holds another content than was logged, or none.")
    if len(told) < len(leaves):
        report.fault(f"The database holds {len(told)} entries, the log {len(leaves)}.")
    if len(report.faults) == faults:
        report.holds("The database still holds every entry and content as it was logged.")


def _read_contents(fetch: Fetch, count: int) -> Iterator[tuple[str, str]]:
    for start in range(0, count, WIDTH):
        answer = fetch(f"contents/{start}")
        lines = (answer or b"").decode("utf-8", "replace").splitlines()
        for line in lines[: count - start]:
            leaf_hash, _, content_hash = line.partition(" ")
            yield leaf_hash, content_hash
        if len(lines) < min(WIDTH, count - start):
            return


def _check(report: Report, sentence: str, check: Callable[[], None]) -> None:
    try:
        check()
    except EntryError as error:
        report.fault(f"{capital(error)}.")
    else:
        report.holds(sentence)


def _remembering(hashes: Sequence[bytes]) -> Callable[[int, int], bytes]:
    """Return a reader that hashes each subtree once."""
    levels: list[Sequence[bytes]] = [hashes]

    def read(height: int, position: int) -> bytes:
        while len(levels) <= height:
            below = levels[-1]
            levels.append([read_from(below)(1, place) for place in range(len(below) // 2)])
        return levels[height][position]

    return read


def fetch_from_folder(folder: Path) -> Fetch:
    """Return a fetch over a copy of the log's files."""

    def fetch(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    return fetch


def fetch_from_url(url: str) -> Fetch:
    """Return a fetch over HTTP from a log's address. A refused or broken answer raises ``OSError``."""
    parts = urllib.parse.urlsplit(url.rstrip("/"))
    kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}.get(parts.scheme)
    if kind is None or not parts.hostname:
        message = f"this is no address: {url}"
        raise ValueError(message)
    connection = kind(parts.hostname, parts.port, timeout=_TIMEOUT_S)

    def fetch(path: str) -> bytes | None:
        try:
            connection.request("GET", f"{parts.path}/{path}")
            answer = connection.getresponse()
            content: bytes = answer.read(_MAX_BYTES)
        except http.client.HTTPException as error:
            connection.close()
            raise OSError(str(error)) from error
        if answer.status == 404:
            return None
        if answer.status != 200:
            message = f"{path}: the server answers {answer.status}"
            raise OSError(message)
        return content

    return fetch
