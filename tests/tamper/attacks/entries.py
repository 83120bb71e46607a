"""Attacks on entries of the log, on its tiles and on its keys."""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marketplace.core.photos import photo_path
from tests.factories.log import KeptMarket
from tests.tamper.attacks.registry import attack
from tests.tamper.stage import Administrator, Stage
from traceability.rules.leaf import Leaf, Signature, hash_content, write_leaf
from traceability.rules.recalls import tell_order
from traceability.rules.seal import canonical_bytes, seal
from traceability.rules.statements import key_announced, name_key
from transparency.checkpoint import parse_checkpoint
from transparency.note import new_signer, split_note

Content = dict[str, Any]


# --- who made it ------------------------------------------------------------------------------------------------------


@attack("put another producer's name on the page of a lot")
def rename_producer(market: KeptMarket, stage: Stage) -> None:
    Administrator(market).run("UPDATE sellers_households SET shown_name = 'Nhà ông Lạ'")


@attack("put another producer's name on the page of a lot and into the version behind the log")
def rename_producer_everywhere(market: KeptMarket, stage: Stage) -> None:
    rename_producer(market, stage)
    Administrator(market).run(
        "UPDATE trace_master_versions SET content = convert_to("
        "jsonb_set(convert_from(content, 'UTF8')::jsonb, '{name}', to_jsonb('Nhà ông Lạ'::text))::text, 'UTF8')"
    )


# --- records ----------------------------------------------------------------------------------------------------------


@attack("flip a byte of a record")
def flip_record(market: KeptMarket, stage: Stage) -> None:
    Administrator(market).run(
        "UPDATE trace_records SET body = set_byte(body, 40, get_byte(body, 40) # 1) WHERE id = :id", id=_first(market)
    )


@attack("change a record, reseal its chain and rewrite the leaves")
def rewrite_record(market: KeptMarket, stage: Stage) -> None:
    _rewrite_record(Administrator(market), _first(market), lambda body: {**body, "cq:note": "khác"})


@attack("delete a record and its entry")
def delete_record(market: KeptMarket, stage: Stage) -> None:
    admin, record = Administrator(market), _first(market)
    admin.run(
        "DELETE FROM trace_log_positions WHERE entry_id IN (SELECT id FROM trace_log_entries WHERE record_id = :r)",
        r=record,
    )
    admin.run("DELETE FROM trace_log_entries WHERE record_id = :r", r=record)
    admin.run("DELETE FROM trace_records WHERE id = :r", r=record)


@attack("delete a record and close the gap in places and sequence numbers")
def delete_and_close(market: KeptMarket, stage: Stage) -> None:
    admin = Administrator(market)
    ((place, seq),) = admin.run(
        "SELECT place, seq FROM trace_records r JOIN trace_log_entries e ON e.record_id = r.id"
        " JOIN trace_log_positions ON entry_id = e.id WHERE r.id = :r",
        r=_first(market),
    )
    delete_record(market, stage)
    admin.run("UPDATE trace_log_positions SET place = -place WHERE place > :place", place=place)
    admin.run("UPDATE trace_log_positions SET place = -place - 1 WHERE place < 0")
    admin.run("UPDATE trace_records SET seq = -seq WHERE seq > :seq", seq=seq)
    admin.run("UPDATE trace_records SET seq = -seq - 1 WHERE seq < 0")
    ((record,),) = admin.run("SELECT min(id) FROM trace_records")
    _rewrite_record(admin, int(str(record)), lambda body: body)


@attack("insert a record between two others")
def insert_record(market: KeptMarket, stage: Stage) -> None:
    admin = Administrator(market)
    _copy_record(admin, _first(market), seq_after=True)


@attack("insert a record with an old date at the end")
def backdate_new_record(market: KeptMarket, stage: Stage) -> None:
    admin = Administrator(market)
    _copy_record(admin, _first(market), seq_after=False)


@attack("reorder two entries")
def reorder(market: KeptMarket, stage: Stage) -> None:
    admin = Administrator(market)
    admin.run("UPDATE trace_log_positions SET place = -1 WHERE place = 3")
    admin.run("UPDATE trace_log_positions SET place = 3 WHERE place = 4")
    admin.run("UPDATE trace_log_positions SET place = 4 WHERE place = -1")


@attack("take new entries out of the queue while the keeper rests", keeper_runs=False)
def empty_queue(market: KeptMarket, stage: Stage) -> None:
    admin = Administrator(market)
    ((household_id,),) = admin.run("SELECT DISTINCT household_id FROM trace_lots")
    market.household_id = int(str(household_id))
    market.add_lot(datetime.now(UTC) - timedelta(minutes=5), is_verified=False)
    admin.run("DELETE FROM trace_log_waiting")


@attack("backdate a record")
def backdate_record(market: KeptMarket, stage: Stage) -> None:
    def older(body: Content) -> Content:
        return {**body, "eventTime": "2026-01-02T00:00:00.000Z", "recordTime": "2026-01-02T00:00:00.000Z"}

    _rewrite_record(Administrator(market), _first(market), older, recordTime="2026-01-02T00:00:00.000Z")


@attack("name another photo in a record")
def swap_photo_hash(market: KeptMarket, stage: Stage) -> None:
    admin = Administrator(market)
    ((record,),) = admin.run(
        "SELECT id FROM trace_records WHERE photo_count > 0 AND kind = 'harvest' ORDER BY id LIMIT 1"
    )
    ((other,),) = admin.run("SELECT photo_sha256 FROM trace_lots ORDER BY id DESC LIMIT 1")
    _rewrite_record(admin, int(str(record)), lambda body: {**body, "cq:photos": [other]})


# --- verifications, keys, recalls, erasures ---------------------------------------------------------------------------


@attack("backdate a verification")
def backdate_verification(market: KeptMarket, stage: Stage) -> None:
    _rewrite_statement(Administrator(market), "verification", decidedAt="2026-01-02T00:00:00.000Z")


@attack("take a record out of a verification")
def alter_verification(market: KeptMarket, stage: Stage) -> None:
    _rewrite_statement(Administrator(market), "verification", reviewed=[])


@attack("move a verification to a lot that nobody verified")
def move_verification(market: KeptMarket, stage: Stage) -> None:
    admin = Administrator(market)
    admin.run(
        "UPDATE trace_log_entries SET lot_id = (SELECT max(id) FROM trace_lots) WHERE id = "
        "(SELECT min(id) FROM trace_log_entries WHERE kind = 'verification')"
    )
    admin.run("UPDATE trace_lots SET state = 'verified' WHERE id = (SELECT max(id) FROM trace_lots)")


@attack("forge a verification with a key of one's own, announced to the log")
def forge_verification(market: KeptMarket, stage: Stage) -> None:
    admin, forger = Administrator(market), Ed25519PrivateKey.generate()
    ((party,),) = admin.run("SELECT DISTINCT officer_party FROM trace_verifications")
    public = forger.public_key().public_bytes_raw()
    told = key_announced(
        party=str(party), public_key=public, title="Cán bộ xã", commune="Tân Ninh", valid_from=_now(admin)
    )
    _insert_statement(admin, "key", told, signer=forger)
    ((content,),) = admin.run("SELECT content FROM trace_log_entries WHERE kind = 'verification' ORDER BY id LIMIT 1")
    ((lot_id, code),) = admin.run("SELECT id, code FROM trace_lots ORDER BY id DESC LIMIT 1")
    statement = {**json.loads(bytes(content)), "lot": code, "keyId": name_key(public), "id": "forged"}  # type: ignore[arg-type]
    _insert_statement(admin, "verification", statement, signer=forger, actor=str(party), lot_id=int(str(lot_id)))
    admin.run("UPDATE trace_lots SET state = 'verified' WHERE id = :id", id=lot_id)


@attack("mark a lot as verified without any verification")
def mark_verified(market: KeptMarket, stage: Stage) -> None:
    Administrator(market).run("UPDATE trace_lots SET state = 'verified' WHERE id = (SELECT max(id) FROM trace_lots)")


@attack("replace an officer's key in its announcement")
def replace_officers_key(market: KeptMarket, stage: Stage) -> None:
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    _rewrite_statement(
        Administrator(market), "key", keyId=name_key(public), publicKey=base64.b64encode(public).decode()
    )


@attack("forge a recall")
def forge_recall(market: KeptMarket, stage: Stage) -> None:
    admin = Administrator(market)
    ((lot_id, code),) = admin.run("SELECT id, code FROM trace_lots ORDER BY id LIMIT 1")
    told = tell_order(
        recall_id=1,
        lot_code=str(code),
        lot_codes=[str(code)],
        reason="Tồn dư thuốc",
        instruction="Không ăn.",
        remedy="refund",
        officer="0" * 26,
        officer_title="Cán bộ xã",
        at=_now(admin),
    )
    _insert_statement(admin, "recall", told, signer=None, lot_id=int(str(lot_id)))
    admin.run("UPDATE trace_lots SET state = 'recalled' WHERE id = :id", id=lot_id)


@attack("forge an erasure")
def forge_erasure(market: KeptMarket, stage: Stage) -> None:
    admin = Administrator(market)
    told = {"v": 1, "type": "erasure", "id": "forged", "reason": "theo yêu cầu", "commitments": ["00" * 32]}
    _insert_statement(admin, "erasure", told, signer=Ed25519PrivateKey.generate())
    admin.run("DELETE FROM trace_private_details")


# --- the server's administrator ---------------------------------------------------------------------------------------


@attack("swap a photo's file", "server")
def swap_photo(market: KeptMarket, stage: Stage) -> None:
    ((one,), (other,)) = Administrator(market).run("SELECT photo_sha256 FROM trace_lots ORDER BY id LIMIT 2")
    media = market.settings.media_dir
    shutil.copyfile(photo_path(media, str(other), "large"), photo_path(media, str(one), "large"))


@attack("roll back a tile", "server", keeper_runs=False)
def roll_back_tile(market: KeptMarket, stage: Stage) -> None:
    folder = market.settings.log_dir / "tile/0/000.p"
    newest = max(folder.iterdir(), key=lambda path: int(path.name))
    early = max((stage.early / "tile/0/000.p").iterdir(), key=lambda path: int(path.name))
    content = early.read_bytes()
    newest.write_bytes(content + newest.read_bytes()[: newest.stat().st_size - len(content)][::-1])


@attack("roll back a bundle of entries", "server", keeper_runs=False)
def roll_back_bundle(market: KeptMarket, stage: Stage) -> None:
    folder = market.settings.log_dir / "tile/entries/000.p"
    newest = max(folder.iterdir(), key=lambda path: int(path.name))
    early = max((stage.early / "tile/entries/000.p").iterdir(), key=lambda path: int(path.name))
    shutil.copyfile(early, newest)


@attack("truncate the log, and sign what is left", "server")
def truncate_log(market: KeptMarket, stage: Stage) -> None:
    admin = Administrator(market)
    size = parse_checkpoint(split_note(stage.stranger.kept)[0]).size - 2
    admin.run(
        "DELETE FROM trace_records WHERE id IN (SELECT record_id FROM trace_log_entries JOIN "
        "trace_log_positions ON entry_id = trace_log_entries.id WHERE place >= :size)",
        size=size,
    )
    admin.run(
        "DELETE FROM trace_log_entries WHERE id IN (SELECT entry_id FROM trace_log_positions WHERE place >= :size)",
        size=size,
    )
    admin.run("DELETE FROM trace_log_positions WHERE place >= :size", size=size)
    _forget(market, admin)


@attack("rewrite history and sign the fork with the log's key", "server")
def sign_fork(market: KeptMarket, stage: Stage) -> None:
    rewrite_record(market, stage)
    _forget(market, Administrator(market))


@attack("replay an old checkpoint with its tiles", "server", keeper_runs=False)
def replay_checkpoint(market: KeptMarket, stage: Stage) -> None:
    shutil.rmtree(market.settings.log_dir)
    shutil.copytree(stage.early, market.settings.log_dir)


@attack("replace the log's key and sign everything anew", "server")
def replace_log_key(market: KeptMarket, stage: Stage) -> None:
    _forget(market, Administrator(market))
    for name in ("office-keys", "vkey"):
        (market.settings.log_dir / name).unlink()
    stranger = new_signer(market.settings.log_origin)
    (market.settings.keys_dir / "log.key").write_text(f"{stranger.to_text()}\n")


# --- how it is done ---------------------------------------------------------------------------------------------------


def _first(market: KeptMarket) -> int:
    """Return the record of the work in the first lot's field."""
    with market.begin() as session:
        return int(
            session.connection()
            .exec_driver_sql("SELECT id FROM trace_records WHERE kind = 'tending' ORDER BY id LIMIT 1")
            .scalar_one()
        )


def _now(admin: Administrator) -> Any:
    return admin.run("SELECT now()")[0][0]


def _rewrite_record(admin: Administrator, record: int, change: Callable[[Content], Content], **in_leaf: object) -> None:
    """Change a record so that everything in the database agrees: its hash, the chain after it, and their leaves."""
    rows = admin.run(
        "SELECT id, body, seq FROM trace_records WHERE household_id = (SELECT household_id FROM trace_records "
        "WHERE id = :r) ORDER BY seq",
        r=record,
    )
    before = bytes(32)
    for found, stored, seq in rows:
        body = bytes(stored)  # type: ignore[arg-type]
        if found == record:
            body = canonical_bytes(change(json.loads(body)))
        own = seal(before, body)
        admin.run(
            "UPDATE trace_records SET body = :body, prev_hash = :prev, hash = :own WHERE id = :id",
            body=body, prev=before, own=own, id=found,
        )  # fmt: skip
        for entry, old in admin.run("SELECT id, leaf FROM trace_log_entries WHERE record_id = :r", r=found):
            leaf = json.loads(bytes(old))  # type: ignore[arg-type]
            leaf["contentHash"] = hash_content(body).hex()
            leaf["chain"] |= {"hash": own.hex(), "seq": seq}
            leaf.update(in_leaf if found == record else {})
            admin.run(
                "UPDATE trace_log_entries SET leaf = :leaf, content_hash = :hash WHERE id = :id",
                leaf=canonical_bytes(leaf), hash=hash_content(body), id=entry,
            )  # fmt: skip
        before = own


def _copy_record(admin: Administrator, record: int, *, seq_after: bool) -> None:
    """Slip in a record that looks like another one, with an entry of its own that waits for the keeper."""
    ((stored, seq, last),) = admin.run(
        "SELECT body, seq, (SELECT max(seq) FROM trace_records) FROM trace_records WHERE id = :r", r=record
    )
    body = canonical_bytes({**json.loads(bytes(stored)), "eventID": "ni:slipped-in"})  # type: ignore[arg-type]
    place = int(str(seq)) + 1 if seq_after else int(str(last)) + 1
    admin.run("UPDATE trace_records SET seq = -seq WHERE seq >= :place", place=place)
    admin.run("UPDATE trace_records SET seq = -seq + 1 WHERE seq < 0")
    ((new,),) = admin.run(
        "INSERT INTO trace_records (household_id, seq, prev_hash, hash, body, event_id, kind, season_id, lot_id,"
        " occurred_at, recorded_at, client_key, entered_by, entered_role) SELECT household_id, :place, prev_hash,"
        " sha256(prev_hash || :body), :body, gen_random_uuid(), kind, season_id, lot_id, occurred_at, recorded_at,"
        " gen_random_uuid(), entered_by, entered_role FROM trace_records WHERE id = :r RETURNING id",
        place=place, body=body, r=record,
    )  # fmt: skip
    ((old,),) = admin.run("SELECT leaf FROM trace_log_entries WHERE record_id = :r", r=record)
    leaf = json.loads(bytes(old))  # type: ignore[arg-type]
    leaf["contentHash"], leaf["chain"]["seq"] = hash_content(body).hex(), place
    leaf["recordTime"] = "2026-01-02T00:00:00.000Z"
    _insert_entry(admin, "event", canonical_bytes(leaf), body=body, content=None, record=int(str(new)), lot_id=None)


def _rewrite_statement(admin: Administrator, kind: str, **changes: object) -> None:
    """Change a statement, its hash and its leaf; only its signature stays as it was."""
    ((entry, stored, old),) = admin.run(
        "SELECT id, content, leaf FROM trace_log_entries WHERE kind = :kind ORDER BY id LIMIT 1", kind=kind
    )
    content = canonical_bytes({**json.loads(bytes(stored)), **changes})  # type: ignore[arg-type]
    leaf = {**json.loads(bytes(old)), "contentHash": hash_content(content).hex()}  # type: ignore[arg-type]
    admin.run(
        "UPDATE trace_log_entries SET content = :content, content_hash = :hash, leaf = :leaf WHERE id = :id",
        content=content, hash=hash_content(content), leaf=canonical_bytes(leaf), id=entry,
    )  # fmt: skip


def _insert_statement(
    admin: Administrator,
    kind: str,
    told: Content,
    *,
    signer: Ed25519PrivateKey | None,
    actor: str = "0" * 26,
    lot_id: int | None = None,
) -> None:
    content = canonical_bytes(told)
    signature = None
    if signer is not None:
        signature = Signature(name_key(signer.public_key().public_bytes_raw()), signer.sign(content))
    leaf = write_leaf(
        Leaf(
            kind=kind,
            logged_at=_now(admin),
            content_hash=hash_content(content),
            actor=actor,
            signature=signature,
        )
    )
    _insert_entry(admin, kind, leaf, body=content, content=content, record=None, lot_id=lot_id)


def _insert_entry(
    admin: Administrator,
    kind: str,
    leaf: bytes,
    *,
    body: bytes,
    content: bytes | None,
    record: int | None,
    lot_id: int | None,
) -> None:
    ((entry,),) = admin.run(
        "INSERT INTO trace_log_entries (kind, leaf, content_hash, content, record_id, lot_id, logged_at)"
        " VALUES (:kind, :leaf, :hash, :content, :record, :lot, now()) RETURNING id",
        kind=kind, leaf=leaf, hash=hashlib.sha256(body).digest(), content=content, record=record, lot=lot_id,
    )  # fmt: skip
    admin.run("INSERT INTO trace_log_waiting VALUES (:id)", id=entry)


def _forget(market: KeptMarket, admin: Administrator) -> None:
    """Make the keeper forget what it signed, and let it build the tree anew from the database."""
    admin.run("DELETE FROM trace_log_checkpoints")
    shutil.rmtree(market.settings.log_dir / "tile")
    for path in (
        market.settings.log_dir / "size",
        market.settings.log_dir / "checkpoint",
        market.settings.keys_dir / "log.signed",
    ):
        path.unlink()
