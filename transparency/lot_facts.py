"""What a household says of itself, as the log holds it: its name, its place, its papers.

The log holds a salted hash of each version (``commit``), so that a person can be erased and every proof still holds.
A proof file opens the newest ones: ``opened`` with ``content`` and ``salt``. lot-proof.js checks the same elsewhere.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from transparency.decisions import LotEntry
from transparency.entries import EntryError
from transparency.report import Report, capital

FACT_KINDS = frozenset({"master-data", "certificate"})
#: Records that make a lot name it so; those of a split or a merger name several.
_MAKERS = frozenset({"harvest", "slaughter", "making", "packing"})
_REGROUPINGS = frozenset({"split", "merge"})
#: What is told of a household or a paper; whatever of it is there is text.
_TEXTS = ("name", "hamlet", "commune", "province", "household", "kind", "number", "issuer", "expiresOn")
#: What a file opens: other versions, such as a site's, are told elsewhere.
_SUBJECTS = frozenset({"household", "certificate"})
_SALT = re.compile(r"(?:[0-9a-f]{2})*")


def check_facts(
    lot: str, good: Sequence[LotEntry], signed: Mapping[int, str], report: Report
) -> dict[int, Mapping[str, Any]]:
    """Return what was opened and holds, by the entry's place: of the household that made the lot and of nobody else.

    ``good`` are the entries that stand in the log, ``signed`` those with a true signature. Of several versions the
    newest one counts; one that is not opened is false, unless a signed erasure names its salt as destroyed.
    """
    _check_opened(good, signed, report)
    parties = {entry.leaf.chain.party for entry in good if entry.leaf.chain is not None and _makes(entry, lot)}
    if not parties:
        # Whoever made it is nobody that the log knows; what is wrong then has been told already.
        return {}
    facts: dict[int, Mapping[str, Any]] = {}
    newest: dict[object, int] = {}
    for entry in sorted(good, key=lambda one: one.leaf.index):
        if entry.leaf.kind not in FACT_KINDS or entry.opened is None:
            continue
        try:
            facts[entry.leaf.index] = _open(entry, parties)
        except EntryError as error:
            report.fault(f"{capital(error)}.")
        else:
            facts.pop(newest.get(str(entry.body.get("name")), -1), None)
            newest[str(entry.body.get("name"))] = entry.leaf.index
    return facts


def _check_opened(good: Sequence[LotEntry], signed: Mapping[int, str], report: Report) -> None:
    destroyed: set[str] = set()
    for entry in good:
        told = entry.body.get("destroyed")
        if entry.leaf.kind == "erasure" and entry.leaf.index in signed and isinstance(told, list):
            destroyed |= {str(one) for one in told}
    newest = {
        str(entry.body.get("name")): entry
        for entry in sorted(good, key=lambda one: one.leaf.index)
        if entry.leaf.kind in FACT_KINDS and entry.body.get("subject") in _SUBJECTS
    }
    for entry in newest.values():
        if entry.opened is None and entry.body.get("commit") not in destroyed:
            report.fault(
                f"Entry {entry.leaf.index}: what the household said of itself is not opened, "
                "and no signed erasure says that it was destroyed."
            )


def _makes(entry: LotEntry, lot: str) -> bool:
    if entry.leaf.kind != "event":
        return False
    body, kind = entry.body, entry.body.get("cq:kind")
    if kind in _REGROUPINGS:
        lots = body.get("cq:lots")
        return isinstance(lots, list) and lot in lots
    return kind in _MAKERS and body.get("cq:lot") == lot


def _open(entry: LotEntry, parties: set[str]) -> Mapping[str, Any]:
    given = entry.opened
    content, salt = (given.get("content"), given.get("salt")) if isinstance(given, dict) else (None, None)
    if not isinstance(content, str) or not isinstance(salt, str) or not _SALT.fullmatch(salt):
        _fail(entry, "what the file tells of the household cannot be read")
    try:
        written = content.encode()
        told = json.loads(content, parse_constant=_refuse)
    except ValueError:
        _fail(entry, "what the file tells of the household cannot be read")
    if hashlib.sha256(bytes.fromhex(salt) + written).hexdigest() != entry.body.get("commit"):
        _fail(entry, "what the file tells of the household is not what was logged")
    if not isinstance(told, dict) or any(not isinstance(told.get(name, ""), str) for name in _TEXTS):
        _fail(entry, "what the file tells of the household cannot be read")
    party = entry.body.get("name") if entry.body.get("subject") == "household" else told.get("household")
    if not isinstance(party, str) or party not in parties:
        _fail(entry, "it is about another household than the one that made the lot")
    return told


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _fail(entry: LotEntry, said: str) -> NoReturn:
    message = f"entry {entry.leaf.index}: {said}"
    raise EntryError(message)
