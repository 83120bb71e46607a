"""What a household says of itself, as the log holds it: its name, its place, its papers.

The log holds a salted hash of each version (``commit``), so that a person can be erased and every proof still holds.
A proof file opens the newest ones: ``opened`` with ``content`` and ``salt``. lot-proof.js checks the same elsewhere.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from transparency.decisions import LotEntry
from transparency.entries import EntryError
from transparency.report import Report, capital

FACT_KINDS = frozenset({"master-data", "certificate"})


def check_facts(
    lot: str, entries: Sequence[LotEntry], good: Sequence[LotEntry], report: Report
) -> dict[int, Mapping[str, Any]]:
    """Return what was opened and holds, by the entry's place: of the household that made the lot and of nobody else.

    ``good`` are those of the entries that stand in the log.
    """
    parties = {
        entry.leaf.chain.party for entry in entries if entry.leaf.chain is not None and entry.body.get("cq:lot") == lot
    }
    facts = {}
    for entry in good:
        if entry.leaf.kind not in FACT_KINDS or entry.opened is None:
            continue
        try:
            facts[entry.leaf.index] = _open(entry, entry.opened, parties)
        except EntryError as error:
            report.fault(f"{capital(error)}.")
    return facts


def _open(entry: LotEntry, opened: tuple[bytes, bytes], parties: set[str]) -> Mapping[str, Any]:
    content, salt = opened
    where = f"entry {entry.leaf.index}"
    if hashlib.sha256(salt + content).hexdigest() != entry.body.get("commit"):
        message = f"{where}: what the file tells of the household is not what was logged"
        raise EntryError(message)
    try:
        told = json.loads(content)
    except ValueError as error:
        message = f"{where}: what the file tells of the household cannot be read"
        raise EntryError(message) from error
    if not isinstance(told, dict):
        message = f"{where}: what the file tells of the household is no object"
        raise EntryError(message)
    party = entry.body.get("name") if entry.body.get("subject") == "household" else told.get("household")
    if party not in parties:
        message = f"{where}: it is about another household than the one that made the lot"
        raise EntryError(message)
    return told
