"""A small market's log, made in memory: an office, an officer, a lot's records and their verification."""

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from traceability.rules.leaf import ChainLink, Leaf, Signature, hash_content, write_leaf, write_time
from traceability.rules.recalls import tell_order
from traceability.rules.seal import canonical_bytes, commit
from traceability.rules.statements import Decision, key_announced, master_version, name_key, verification
from transparency.audit import Fetch
from transparency.checkpoint import Checkpoint, format_checkpoint
from transparency.entries import format_office_keys
from transparency.merkle import consistency_proof, hash_leaf, inclusion_proof, read_from, root_of
from transparency.note import Signer, new_signer, sign_note
from transparency.tiles import HEIGHT, WIDTH, join_bundle, tile_path

ORIGIN = "cho.example/log"
LOT = "TN2611-0001"
HOUSEHOLD, OFFICER, OFFICE = "01JDXV6N1P3Z4Y5X6W7V8T9S0H", "01JDXV6N1P3Z4Y5X6W7V8T9S0Q", "0" * 26
START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
PHOTO = "ab" * 32


def public_of(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@dataclass
class Entry:
    leaf: bytes
    content: bytes
    opened: dict[str, str] | None = None


@dataclass
class MarketLog:
    """Grows by ``add``; ``checkpoint``, ``bundle`` and ``fetch`` show it as the market would."""

    signer: Signer = field(default_factory=lambda: new_signer(ORIGIN))
    office: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    officer: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    entries: list[Entry] = field(default_factory=list)
    records: int = 0
    now: datetime = START
    #: What the market shows of the lot; None: the file does not tell.
    shown: dict[str, Any] | None = None

    @property
    def vkey(self) -> str:
        return self.signer.verifier().to_text()

    def add(self, content: dict[str, Any], *, key: Ed25519PrivateKey | None = None, **about: Any) -> Entry:
        self.now += timedelta(minutes=1)
        written = canonical_bytes(content)
        leaf = Leaf(**{"logged_at": self.now, "content_hash": hash_content(written), **about})
        if key is not None:
            leaf = replace(leaf, signature=Signature(name_key(public_of(key)), key.sign(written)))
        entry = Entry(write_leaf(leaf), written)
        self.entries.append(entry)
        return entry

    def add_record(self, content: dict[str, Any], **about: Any) -> Entry:
        self.records += 1
        chain = ChainLink(HOUSEHOLD, self.records, bytes([self.records % 256]) * 32)
        return self.add(content, **{"kind": "event", "actor": HOUSEHOLD, "chain": chain, **about})

    def announce(self, key: Ed25519PrivateKey, *, by: Ed25519PrivateKey | None, action: str = "add") -> Entry:
        told = key_announced(
            party=OFFICER, public_key=public_of(key), title="Cán bộ xã", commune="Tân Ninh",
            valid_from=self.now, action=action,
        )  # fmt: skip
        return self.add(told, kind="key", actor=OFFICE, key=by)

    def verify(
        self, reviewed: list[Entry], *, key: Ed25519PrivateKey, lot: str = LOT, result: str = "verified", **changes: Any
    ) -> Entry:
        sealed = {"cq:kind": "verification", "cq:lot": lot, "cq:decision": result, "cq:officerTitle": "Cán bộ xã"}
        record = self.add_record(
            {"eventID": f"urn:uuid:{self.records}", "eventTime": write_time(self.now), **sealed}, actor=OFFICER
        )
        decision = Decision(
            lot_code=lot,
            decision=result,
            officer=OFFICER,
            officer_title="Cán bộ xã",
            record=hash_content(record.content),
            reviewed=[hash_content(one.content) for one in reviewed],
            photos=[PHOTO],
            decided_at=self.now,
            key_id=name_key(public_of(key)),
        )
        told = {**verification(replace(decision, **changes)), "id": "x"}
        return self.add(told, kind="verification", actor=OFFICER, key=key)

    def recall(self, *, key: Ed25519PrivateKey | None, actor: str = OFFICER, officer: str = OFFICER) -> Entry:
        told = tell_order(
            recall_id=1, lot_code="TN2611-0000", lot_codes=["TN2611-0000", LOT], reason="Tồn dư thuốc",
            instruction="Đừng ăn", remedy="refund", officer=officer, officer_title="Cán bộ xã", at=self.now,
        )  # fmt: skip
        return self.add({**told, "id": "x"}, kind="recall", actor=actor, key=key)

    def tell(
        self,
        content: Any,
        *,
        subject: str = "household",
        name: str = HOUSEHOLD,
        status: str = "",
        shown: dict[str, Any] | None = None,
    ) -> Entry:
        """Log what a household says of itself by its salted hash, and open it in the file (as ``shown``, to lie)."""
        salt = bytes([len(self.entries)]) * 32
        told = master_version(
            subject=subject, name=name, version=1, status=status, commitment=commit(salt, canonical_bytes(content)),
            at=self.now,
        )  # fmt: skip
        entry = self.add(told, kind="certificate" if subject == "certificate" else "master-data")
        entry.opened = {"content": canonical_bytes(content if shown is None else shown).decode(), "salt": salt.hex()}
        return entry

    def hold(self, kind: str = "held", reason: str = "Còn cách ly", lots: tuple[str, ...] = (LOT,)) -> Entry:
        return self.add_record({"cq:kind": kind, "cq:lots": list(lots), "cq:reason": reason})

    def derive(self, kind: str, parents: tuple[str, ...], child: str = LOT, **fields: Any) -> Entry:
        """Pack, split or merge lots into another."""
        inputs = [
            {"epcClass": f"https://choque.example/id/class/rau/{code.lower()}", "quantity": 1} for code in parents
        ]
        lots = {"cq:lot": child} if kind == "packing" else {"cq:lots": [child]}
        return self.add_record({"cq:kind": kind, "inputQuantityList": inputs, **lots, **fields})

    def erase(self, entry: Entry, *, key: Ed25519PrivateKey | None) -> Entry:
        """Log that the salt behind an entry was destroyed."""
        entry.opened = None
        told = {"v": 1, "type": "erasure", "destroyed": [json.loads(entry.content)["commit"]], "id": "x"}
        return self.add(told, kind="erasure", actor=OFFICE, key=key)

    def read(self):
        return read_from([hash_leaf(entry.leaf) for entry in self.entries])

    def checkpoint(self, size: int | None = None) -> str:
        count = len(self.entries) if size is None else size
        return sign_note(format_checkpoint(Checkpoint(ORIGIN, count, root_of(count, self.read()))), [self.signer])

    def office_note(self) -> str:
        return sign_note(format_office_keys(ORIGIN, [public_of(self.office)]), [self.signer])

    def bundle(self, *, since: int | None = None, places: list[int] | None = None) -> dict[str, Any]:
        size, read = len(self.entries), self.read()
        made = {
            "format": "choque-lot-proof/1",
            "lot": LOT,
            "log": {"origin": ORIGIN, "vkey": self.vkey},
            "checkpoint": self.checkpoint(),
            "office": self.office_note(),
            "witnesses": [],
            "policy": "",
            "entries": [
                {
                    "index": place,
                    "leaf": self.entries[place].leaf.decode(),
                    "content": self.entries[place].content.decode(),
                    "proof": spell(inclusion_proof(size, place, read)),
                    "title": "Bước",
                }
                | ({"opened": self.entries[place].opened} if self.entries[place].opened else {})
                for place in (range(size) if places is None else places)
            ],
        }
        if self.shown is not None:
            made["shown"] = self.shown
        if since is not None:
            made["consistency"] = {"old": since, "hashes": spell(consistency_proof(since, size, read))}
        return made

    def fetch(self) -> Fetch:
        files = self.files()
        return files.get

    def files(self) -> dict[str, bytes]:
        """Everything that the log's address would answer."""
        size, read = len(self.entries), self.read()
        found = {
            "checkpoint": self.checkpoint().encode(),
            "vkey": f"{self.vkey}\n".encode(),
            "office-keys": self.office_note().encode(),
        }
        for level in range(8):
            count = size >> (HEIGHT * level)
            for start in range(0, count, WIDTH):
                row = range(start, min(start + WIDTH, count))
                path = tile_path(level, start // WIDTH, len(row))
                found[path] = b"".join(read(HEIGHT * level, place) for place in row)
                if level == 0:
                    path = tile_path("entries", start // WIDTH, len(row))
                    found[path] = join_bundle([self.entries[place].leaf for place in row])
        for start in range(0, size, WIDTH):
            lines = [
                f"{hash_leaf(entry.leaf).hex()} {hash_content(entry.content).hex()}"
                for entry in self.entries[start : start + WIDTH]
            ]
            holds = [
                f"{place} {entry.content.decode()}\n"
                for place, entry in enumerate(self.entries[start : start + WIDTH], start)
                if json.loads(entry.content).get("cq:kind") in {"held", "released"}
            ]
            found[f"holds/{start}"] = "".join(holds).encode()
            found[f"contents/{start}"] = ("\n".join(lines) + "\n").encode()
        for place, entry in enumerate(self.entries):
            if json.loads(entry.leaf).get("kind") not in {"event", "error-declaration"}:
                found[f"statements/{place}"] = entry.content
        return found


def make_market_log(crop: str = "Rau muống", **keys: Any) -> MarketLog:
    """Return a log with an opening, an officer's key, three records of a lot, and their verification."""
    log = MarketLog(**keys)
    log.add({"type": "policy", "origin": ORIGIN}, kind="policy")
    records = [
        log.add_record({"cq:kind": "planting", "cq:crop": crop, "cq:photos": []}),
        log.add_record({"cq:kind": "spraying", "cq:photos": [PHOTO]}),
        log.add_record({"cq:kind": "harvest", "cq:lot": LOT, "cq:photos": []}),
    ]
    log.announce(log.officer, by=log.office)
    log.verify(records, key=log.officer)
    return log


def spell(hashes) -> list[str]:
    return [base64.b64encode(one).decode() for one in hashes]
