"""Checks the proof file of a lot (``choque-lot-proof/1``) without the market that made it.

The file is JSON: ``log`` (``origin``, ``vkey``), ``checkpoint`` (a note), ``office`` (a note that certifies the keys of
the market's office), ``witnesses`` (``name``, ``vkey``) with ``policy``, ``entries`` (``index``, ``leaf``, ``content``,
``proof``, ``title``, and ``opened`` with ``content`` and ``salt`` for what stands in the log by a salted hash),
``shown`` (what the market's pages go by: ``lot_shown.py``) and, when it was asked for, ``consistency`` (``old``,
``hashes``). Titles are for the eye only.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from transparency.checkpoint import Checkpoint, open_checkpoint
from transparency.decisions import LotEntry, check_decision, check_recall, index_by_hash
from transparency.entries import (
    SIGNED_KINDS,
    EntryError,
    Keyring,
    check_chain_order,
    check_content,
    check_order,
    read_leaf,
    read_office_keys,
)
from transparency.lot_facts import check_facts
from transparency.lot_shown import check_shown
from transparency.lot_story import OMISSIONS, read_story, tell_lot
from transparency.merkle import ProofError, hash_leaf, verify_consistency, verify_inclusion
from transparency.note import Note, NoteError, Verifier, read_base64
from transparency.policy import Policy, PolicyError, find_cosigners
from transparency.report import Report, capital

FORMAT = "choque-lot-proof/1"


class UnreadableError(ValueError):
    """This is not a proof file at all."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What the person who checks brings along, from anywhere but the market."""

    #: The log's key. Without one, the key in the file is taken, and the report says so.
    vkey: Verifier | None = None
    policy: Policy | None = None
    #: A checkpoint that was kept earlier (a note).
    since: str | None = None
    #: Photos whose origin is in question: file name and content.
    photos: Sequence[tuple[str, bytes]] = ()


def check_lot_proof(data: bytes, trust: Trust) -> Report:
    """Check a proof file. Raises ``UnreadableError``."""
    bundle = _parse(data)
    report = Report()
    _check(bundle, trust, report)
    report.note(OMISSIONS)
    return report


def _check(bundle: dict[str, Any], trust: Trust, report: Report) -> None:
    verifiers = _choose_log_keys(bundle, trust, report)
    try:
        checkpoint, note = open_checkpoint(bundle["checkpoint"], *verifiers)
    except NoteError as error:
        report.fault(f"The checkpoint does not hold: {error}.")
        return
    if bundle["log"].get("origin") != checkpoint.origin:
        report.fault("The checkpoint is of another log than the file says.")
    report.holds(f"The log {checkpoint.origin} signed a checkpoint of {checkpoint.size} entries.")
    _check_witnesses(bundle, trust, note, report)
    kept_size = _check_since(bundle, trust, checkpoint, verifiers, report)
    entries = list(_read_entries(bundle, report))
    good = _check_inclusion(entries, checkpoint, report)
    _check_dates(entries, kept_size, report)
    lots = read_story(good, {}).list_ancestors(bundle["lot"])
    signed = _check_statements(bundle, entries, lots, checkpoint.origin, verifiers, report)
    _check_lot(bundle, entries, report)
    _check_photos(entries, trust, report)
    facts = check_facts(bundle["lot"], good, signed, report)
    status = read_story(good, signed).judge(bundle["lot"])
    check_shown(bundle.get("shown"), status, good, report)
    tell_lot(bundle["lot"], good, signed, facts, status, report)


def _parse(data: bytes) -> dict[str, Any]:
    try:
        bundle = json.loads(data)
    except ValueError as error:
        raise UnreadableError("This is no proof file: it is not JSON.") from error
    if not isinstance(bundle, dict) or bundle.get("format") != FORMAT:
        message = f"This is no proof file: its format is not {FORMAT}."
        raise UnreadableError(message)
    shapes = {"lot": str, "log": dict, "checkpoint": str, "entries": list}
    for name, shape in shapes.items():
        if not isinstance(bundle.get(name), shape):
            message = f"This proof file is damaged: {name!r} is missing."
            raise UnreadableError(message)
    return bundle


def _choose_log_keys(bundle: dict[str, Any], trust: Trust, report: Report) -> list[Verifier]:
    own = [trust.vkey] if trust.vkey else []
    own += [log.verifier for log in trust.policy.logs] if trust.policy else []
    if own:
        return own
    try:
        given = Verifier.from_text(str(bundle["log"].get("vkey")))
    except NoteError as error:
        report.fault(f"The log's key in the file is no key: {error}.")
        return []
    report.holds(
        f"The log's key is taken from the file itself: {given.to_text()}. "
        "Compare it with one that you have from elsewhere, or give it with --vkey."
    )
    return [given]


def _check_witnesses(bundle: dict[str, Any], trust: Trust, note: Note, report: Report) -> None:
    policy, whose = trust.policy, "your policy"
    if policy is None:
        whose = "the policy in the file, which is the market's own"
        try:
            policy = Policy.parse(bundle["policy"]) if bundle.get("policy") else None
        except (PolicyError, TypeError, AttributeError):
            report.fault("The witness policy in the file cannot be read.")
            return
    if policy is None or not policy.needs_witnesses:
        report.holds("No witness is asked for: only somebody who kept an older checkpoint would notice a second log.")
        return
    found = find_cosigners(policy, note)
    names = ", ".join(f"{name} ({_tell_time(line.cosigned_at)})" for name, line in sorted(found.items())) or "nobody"
    if policy.is_met_by(found):
        report.holds(f"The checkpoint was cosigned by {names}: enough for {whose}.")
    elif trust.policy is not None:
        report.fault(f"The checkpoint was cosigned by {names}: not enough for {whose}.")
    else:
        report.holds(f"The checkpoint was cosigned by {names}: not enough for {whose}, so witnesses prove nothing yet.")


def _tell_time(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return "at an impossible time"


def _check_since(
    bundle: dict[str, Any], trust: Trust, new: Checkpoint, verifiers: list[Verifier], report: Report
) -> int | None:
    """Check that the log continues the checkpoint that was kept; return that one's size."""
    if trust.since is None:
        return None
    try:
        old, _ = open_checkpoint(trust.since, *verifiers)
    except NoteError as error:
        report.fault(f"Your older checkpoint is not of this log, or the log's key was replaced: {error}.")
        return None
    if old.origin != new.origin:
        report.fault(f"Your older checkpoint is of another log: {old.origin}.")
        return None
    if old.size > new.size:
        report.fault(
            f"The file's checkpoint has {new.size} entries, fewer than the {old.size} of yours: it is an old one, or "
            "the log was cut off. Ask for a fresh file."
        )
        return None
    _check_continuation(bundle.get("consistency"), old, new, report)
    return old.size


def _check_continuation(carried: object, old: Checkpoint, new: Checkpoint, report: Report) -> None:
    hashes: list[bytes] = []
    try:
        if old.size < new.size:
            if not isinstance(carried, dict) or carried.get("old") != old.size:
                report.leaves_open(
                    f"The file carries no proof that it continues your checkpoint of {old.size} entries. "
                    f"Download it again with ?since={old.size} at the end of its address."
                )
                return
            hashes = [read_base64(one) for one in carried["hashes"]]
        verify_consistency(old_size=old.size, new_size=new.size, old_root=old.root, new_root=new.root, proof=hashes)
    except (ProofError, NoteError, KeyError, TypeError, AttributeError) as error:
        report.fault(f"The log is not a continuation of your checkpoint of {old.size} entries: {error}.")
    else:
        report.holds(f"The log is a continuation of your checkpoint of {old.size} entries: nothing in it was changed.")


def _check_dates(entries: Sequence[LotEntry], kept_size: int | None, report: Report) -> None:
    leaves = sorted((entry.leaf for entry in entries), key=lambda leaf: leaf.index)
    try:
        if kept_size is not None:
            check_order(leaves, kept_size)
        check_chain_order(leaves)
    except EntryError as error:
        report.fault(f"{capital(error)}.")


def _read_entries(bundle: dict[str, Any], report: Report) -> Iterable[LotEntry]:
    seen = set()
    for place, one in enumerate(bundle["entries"]):
        try:
            index = one["index"]
            if type(index) is not int or index in seen:
                raise EntryError("an entry's place is no number, or is there twice")  # noqa: TRY301 - one way out
            seen.add(index)
            proof = [read_base64(spelt) for spelt in one["proof"]]
            leaf = read_leaf(index, one["leaf"].encode())
            if not isinstance(one.get("content"), str):
                message = f"entry {index}: the content is missing"
                raise EntryError(message)  # noqa: TRY301 - one way out
            content = one["content"].encode()
        except (EntryError, NoteError) as error:
            report.fault(f"{capital(error)}.")
        except (KeyError, TypeError, AttributeError, UnicodeEncodeError):
            report.fault(f"The entry in place {place} of the file is damaged.")
        else:
            yield LotEntry(leaf, content, proof, one.get("opened"))


def _check_inclusion(entries: Sequence[LotEntry], checkpoint: Checkpoint, report: Report) -> list[LotEntry]:
    """Return the entries that stand in the log as the file gives them."""
    good = []
    for entry in entries:
        try:
            check_content(entry.leaf, entry.content)
        except EntryError as error:
            report.fault(f"{capital(error)}.")
            continue
        try:
            verify_inclusion(
                index=entry.leaf.index,
                size=checkpoint.size,
                leaf_hash=hash_leaf(entry.leaf.raw),
                proof=entry.proof,
                root=checkpoint.root,
            )
        except ProofError as error:
            report.fault(f"Entry {entry.leaf.index} is not in the log: {error}.")
            continue
        good.append(entry)
    if entries and len(good) == len(entries):
        report.holds(f"All {len(good)} entries are, letter for letter, those that stand in the log.")
    return good


def _check_statements(  # noqa: PLR0917 - the file, and what was read of it so far
    bundle: dict[str, Any],
    entries: Sequence[LotEntry],
    lots: Collection[str],
    origin: str,
    verifiers: list[Verifier],
    report: Report,
) -> dict[int, str]:
    """Return who signed: the title for each entry whose signature and statement hold."""
    ordered = sorted(entries, key=lambda entry: entry.leaf.index)
    try:
        office = read_office_keys(str(bundle["office"]), origin, *verifiers) if bundle.get("office") else {}
    except (NoteError, ValueError) as error:
        report.fault(f"The keys of the market's office are not certified by the log's key: {error}.")
        office = {}
    keyring = Keyring(office)
    by_hash, signed = index_by_hash(entries), {}
    for entry in ordered:
        leaf = entry.leaf
        try:
            if leaf.kind == "key":
                keyring.learn(leaf, entry.content)
            elif leaf.kind in SIGNED_KINDS or leaf.key_id is not None:
                title = keyring.check_signature(leaf, entry.content)
                if leaf.kind == "verification":
                    check_decision(entry, lots, by_hash)
                elif leaf.kind == "recall":
                    check_recall(entry)
                signed[leaf.index] = title
                report.holds(f"Entry {leaf.index} ({leaf.kind}) is signed: {title}.")
        except EntryError as error:
            report.fault(f"{capital(error)}.")
    return signed


def _check_lot(bundle: dict[str, Any], entries: Sequence[LotEntry], report: Report) -> None:
    lot = bundle["lot"]
    # The code is quoted in the record that made the lot and in every one about it.
    spelt = json.dumps(lot, ensure_ascii=False).encode()
    if not any(spelt in entry.content for entry in entries if entry.leaf.chain is not None):
        report.fault(f"No record in the file speaks of lot {lot}.")


def _check_photos(entries: Sequence[LotEntry], trust: Trust, report: Report) -> None:
    known = b"".join(entry.content for entry in entries)
    for name, content in trust.photos:
        digest = hashlib.sha256(content).hexdigest()
        if digest.encode() in known:
            report.holds(f"The photo {name} is one that was entered.")
        else:
            report.fault(f"The photo {name} is none of those that were entered.")
