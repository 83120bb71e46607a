"""Statements: what people and the market declare in the log beside the records. Plain JSON, no personal data.

A verification is a statement of its own, so that it can be signed by the officer and read without EPCIS. It names by
their hashes the records that the officer had before him or her, and the record of the decision.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from traceability.rules.leaf import write_time

Statement = dict[str, Any]
#: The name under which the market's own office stands in the log. Its key signs which keys are an officer's; the log's
#: key, which the web servers do not hold, certifies the office's.
OFFICE = "0" * 26
_KEY_ID_HEX = 16


@dataclass(frozen=True, slots=True)
class Decision:
    """A commune officer's decision on a lot. Hashes are SHA-256 of the exact bytes of records."""

    lot_code: str
    decision: str
    officer: str
    officer_title: str
    record: bytes
    reviewed: Sequence[bytes]
    photos: Sequence[str]
    decided_at: datetime
    key_id: str
    #: Codes of the warnings that the officer answered with a reason.
    explained: Sequence[str] = ()


def verification(decision: Decision) -> Statement:
    """Return the statement that an officer signs."""
    return {
        "v": 1,
        "type": "verification",
        "lot": decision.lot_code,
        "decision": decision.decision,
        "officer": decision.officer,
        "officerTitle": decision.officer_title,
        "record": decision.record.hex(),
        "reviewed": [one.hex() for one in decision.reviewed],
        "photos": sorted(set(decision.photos)),
        **({"explained": list(decision.explained)} if decision.explained else {}),
        "decidedAt": write_time(decision.decided_at),
        "keyId": decision.key_id,
    }


def name_key(public_key: bytes) -> str:
    """Return the name of a person's key: the first eight bytes of its SHA-256, in hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()[:_KEY_ID_HEX]


def key_announced(
    *, party: str, public_key: bytes, title: str, commune: str, valid_from: datetime, action: str = "add"
) -> Statement:
    """Return the statement that a key belongs to an officer from now on, or (``revoke``) no longer does."""
    return {
        "v": 1,
        "type": "key",
        "action": action,
        "party": party,
        "keyId": name_key(public_key),
        "publicKey": base64.b64encode(public_key).decode(),
        "title": title,
        "commune": commune,
        "validFrom": write_time(valid_from),
    }


def log_opened(*, origin: str, vkey: str, policy: str) -> Statement:
    """Return the statement with which a log begins, or goes on under another key or policy."""
    return {"v": 1, "type": "policy", "origin": origin, "vkey": vkey, "policy": policy}


def prefix_confirmed(*, prefix: str, party: str, officer: str, officer_title: str) -> Statement:
    """Return the statement that an officer saw by which paper GS1 gave a household this company prefix."""
    return {
        "v": 1,
        "type": "gs1Prefix",
        "prefix": prefix,
        "party": party,
        "officer": officer,
        "officerTitle": officer_title,
    }


def gtin_assigned(*, gtin: str, produce: str, unit: str, party: str) -> Statement:
    """Return the statement that what a household makes under this name, in this unit, bears this GTIN from now on."""
    return {"v": 1, "type": "gtin", "gtin": gtin, "produce": produce, "unit": unit, "party": party}


def alias_given(*, kind: str, uri: str, alias: str, party: str) -> Statement:
    """Return the statement that one thing has two names from now on. What was sealed under the first stays as it is."""
    return {"v": 1, "type": "alias", "of": kind, "uri": uri, "alias": alias, "party": party}


def gate_turned(*, lot_code: str, rules: str, missing: Sequence[str], at: datetime) -> Statement:
    """Return the statement that the gate before sale closed on a lot, or opened again when nothing is missing."""
    return {
        "v": 1,
        "type": "sale-gate",
        "lot": lot_code,
        "rules": rules,
        "result": "closed" if missing else "open",
        "missing": list(missing),
        "at": write_time(at),
    }


def standard_declared(*, household: str, template: str, code: str, number: str, at: datetime) -> Statement:
    """Return the statement that a household keeps a standard. Public as it stands: it names a document, nobody."""
    return {
        "v": 1,
        "type": "standard",
        "household": household,
        "production": template,
        "standard": code,
        "number": number,
        "declaredAt": write_time(at),
    }


def ingredients_loaded(*, version: str, source: str, digest: str, at: datetime) -> Statement:
    """Return the statement that a list of active ingredients is in force. ``digest`` is SHA-256 of its names."""
    return {
        "v": 1,
        "type": "ingredients",
        "version": version,
        "source": source,
        "sha256": digest,
        "at": write_time(at),
    }


def master_version(*, subject: str, name: str, version: int, status: str, commitment: str, at: datetime) -> Statement:
    """Return the statement of one version of what the public sees: a salted hash under a random name.

    ``status`` is a certificate's: added, verified, rejected, withdrawn, expired.
    """
    told = {
        "v": 1,
        "type": "certificate" if subject == "certificate" else "master-data",
        "subject": subject,
        "name": name,
        "version": version,
        "commit": commitment,
        "at": write_time(at),
    }
    return {**told, "status": status} if status else told


def erased(
    *,
    subject: str,
    party: str | None,
    reason: str,
    commitments: Sequence[str],
    photos: Sequence[str],
    is_four_eyes: bool,
    at: datetime,
) -> Statement:
    """Return the notice of an erasure: whose salts were destroyed (by their commitments) and why, naming nobody."""
    told = {
        "v": 1,
        "type": "erasure",
        "subject": subject,
        "reason": reason,
        "destroyed": sorted(commitments),
        "photosRemoved": sorted(photos),
        "fourEyes": is_four_eyes,
        "at": write_time(at),
    }
    return {**told, "party": party} if party else told
