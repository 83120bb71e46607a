"""The keeper: signs what grows, and never anything that contradicts what it has signed."""

import json
import shutil
import threading
import time

import pytest
from sqlalchemy import text

from marketplace.keeper import Keeper, keeping
from marketplace.keeper.keeping import LogContradictedError
from tests.factories.log import KeptMarket
from traceability.rules.statements import OFFICE, name_key
from traceability.services.sequence import place_waiting
from transparency.entries import read_office_keys
from transparency.note import new_signer
from transparency.tiles import TileError, split_bundle


def signed_size(market):
    return int((market.settings.keys_dir / "log.signed").read_text().split("\n")[1])


def test_everything_that_waits_is_signed_and_published(market):
    market.add_lot()
    assert market.keep()
    assert market.count("trace_log_waiting") == 0
    assert market.checkpoint.size == market.count("trace_log_entries") == signed_size(market)
    with market.begin() as session:
        rows = session.execute(
            text("SELECT leaf FROM trace_log_entries JOIN trace_log_positions ON entry_id = id ORDER BY place")
        ).all()
    size = market.checkpoint.size
    assert split_bundle(market.fetch(f"tile/entries/000.p/{size}")) == [leaf for (leaf,) in rows]
    kept = market.note
    market.keep()
    assert market.note == kept
    market.add_lot()
    market.keep()
    assert market.checkpoint.size > size
    assert market.audit(market.verifier, since=kept).exit_code == 0
    assert market.fetch(f"checkpoints/{size}").decode() == kept


def test_what_was_taken_out_of_the_queue_is_taken_up_again(market, capsys):
    market.add_lot()
    market.keep()
    market.add_lot()
    market.alter("DELETE FROM trace_log_waiting")
    assert market.checkpoint.size < market.count("trace_log_entries")
    market.keep()
    assert market.checkpoint.size == market.count("trace_log_entries")
    assert "log_queue_emptied" in capsys.readouterr().out


def test_a_keeper_at_work_looks_for_what_was_taken_out_now_and_then(market, monkeypatch):
    monkeypatch.setattr(keeping, "_LOOK_AGAIN_S", 0.0)
    rounds = []

    def place(session, *, limit):
        # After its first look somebody empties the queue, and again after the second.
        rounds.append(market.count("trace_log_waiting"))
        if len(rounds) < 3:
            market.alter("DELETE FROM trace_log_waiting")
        return place_waiting(session, limit=limit)

    market.add_lot()
    monkeypatch.setattr(keeping, "place_waiting", place)
    market.keep(rounds=4)
    assert rounds[0] == rounds[1] == rounds[2] > 0
    assert rounds[3] == 0
    assert market.checkpoint.size == market.count("trace_log_entries")


def test_the_log_begins_with_its_own_key_and_tells_a_new_policy_once(market, tmp_path):
    market.keep()
    market.keep()
    opening = json.loads(market.fetch("statements/0"))
    assert (opening["type"], opening["vkey"]) == ("policy", market.verifier.to_text())
    assert market.checkpoint.size == 1
    policy = tmp_path / "policy"
    policy.write_text("quorum none\n")
    other = KeptMarket(market.settings.database_url, market.folder, LOG_POLICY=str(policy))
    other.keep()
    other.keep()
    assert json.loads(other.fetch("statements/1"))["policy"] == "quorum none\n"
    assert other.checkpoint.size == 2
    other.close()


def test_the_key_lies_outside_the_database_and_is_nobody_elses(market):
    market.keep()
    assert (market.settings.keys_dir / "log.key").stat().st_mode & 0o777 == 0o600
    assert market.settings.keys_dir.stat().st_mode & 0o777 == 0o700


def test_the_keeper_needs_only_the_public_half_of_the_offices_key(market):
    market.keep()
    assert market.fetch("office-keys") is None
    market.add_lot()
    folder = market.settings.keys_dir / "officers"
    assert folder.stat().st_mode & 0o777 == 0o711
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*.key")} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*.pub")} == {0o644}
    hidden = shutil.move(folder / f"{OFFICE}.key", market.folder / "hidden")
    market.keep()
    assert not (folder / f"{OFFICE}.key").exists(), "it makes none either"
    shutil.move(hidden, folder / f"{OFFICE}.key")
    assert market.audit(market.verifier).exit_code == 0


def test_another_key_of_the_office_is_certified_only_when_the_operator_names_it(begun):
    folder = begun.settings.keys_dir / "officers"
    (folder / f"{OFFICE}.key").unlink()
    name = name_key(begun.signatory.public_key(OFFICE))
    certified = begun.fetch("office-keys")
    begun.add_lot()
    refuses(begun, f"another key .{name}.")
    assert begun.fetch("office-keys") == certified
    (begun.settings.keys_dir / "log.new-office").write_text(f"{name}\n")
    begun.keep()
    keys = read_office_keys(begun.fetch("office-keys").decode(), begun.settings.log_origin, begun.vkey)
    assert len(keys) == 2
    assert name in keys
    assert begun.audit(begun.vkey, since=begun.kept).exit_code == 0


def test_entries_of_an_open_transaction_come_later(market):
    market.add_lot()
    market.keep()
    size = market.checkpoint.size
    waiting = threading.Event()
    go_on = threading.Event()
    statement = text(
        "INSERT INTO trace_log_entries (kind, leaf, content_hash, content, logged_at)"
        " VALUES ('recall', '{}', sha256('{}'), '{}', now())"
    )

    def write_slowly():
        with market.begin() as session:
            session.execute(statement)
            waiting.set()
            go_on.wait(30)

    thread = threading.Thread(target=write_slowly)
    thread.start()
    assert waiting.wait(30)
    with market.begin() as session:
        session.execute(statement)
    market.keep()
    assert market.checkpoint.size == size + 1
    go_on.set()
    thread.join()
    market.keep()
    assert market.checkpoint.size == size + 2


# --- never inconsistently ---------------------------------------------------------------------------------------------


def refuses(market, match, error=LogContradictedError):
    """The keeper says what is wrong; what was signed and published stays as it was."""
    before = (market.note, (market.settings.keys_dir / "log.signed").read_bytes())
    for _ in range(2):
        with pytest.raises(error, match=match):
            market.keep()
    assert (market.note, (market.settings.keys_dir / "log.signed").read_bytes()) == before


@pytest.fixture
def begun(market):
    market.add_lot()
    market.keep()
    market.kept, market.vkey = market.note, market.verifier
    return market


def test_entries_that_were_taken_away(begun):
    last = begun.checkpoint.size - 1
    begun.alter("DELETE FROM trace_log_positions WHERE place >= :last", last=last)
    refuses(begun, "entries were taken away")


def test_a_database_restored_from_before_and_gone_on_another_way(begun):
    size = begun.checkpoint.size
    begun.add_lot()
    begun.keep()
    begun.alter("DELETE FROM trace_log_positions WHERE place >= :s; DELETE FROM trace_log_checkpoints", s=size)
    begun.add_lot()
    begun.add_lot()
    shutil.rmtree(begun.settings.log_dir / "tile")
    (begun.settings.log_dir / "size").unlink()
    refuses(begun, "are no longer those that were signed")


def test_a_leaf_that_was_changed_and_the_tree_built_anew(begun):
    begun.alter(
        "UPDATE trace_log_entries SET leaf = leaf || ' ' WHERE id = (SELECT min(id) + 2 FROM trace_log_entries)"
    )
    shutil.rmtree(begun.settings.log_dir / "tile")
    (begun.settings.log_dir / "size").unlink()
    refuses(begun, "are no longer those that were signed")


def test_tiles_rolled_back_are_written_again_or_refused(begun, tmp_path):
    older = shutil.copytree(begun.settings.log_dir, tmp_path / "older")
    begun.add_lot()
    begun.keep()
    newest = begun.note
    shutil.rmtree(begun.settings.log_dir)
    shutil.copytree(older, begun.settings.log_dir)
    # The database still has it all: the files follow from it, and the same checkpoint is published again.
    begun.keep()
    assert begun.note == newest
    assert begun.audit(begun.vkey, since=begun.kept).exit_code == 0
    first = begun.settings.log_dir / "tile/0/000.p"
    tile = next(iter(sorted(first.iterdir(), key=lambda path: -int(path.name))))
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    begun.add_lot()
    before = (begun.settings.keys_dir / "log.signed").read_bytes()
    with pytest.raises((LogContradictedError, TileError)):
        begun.keep()
    assert (begun.settings.keys_dir / "log.signed").read_bytes() == before


def test_a_tile_that_is_gone(begun):
    shutil.rmtree(begun.settings.log_dir / "tile/0")
    refuses(begun, "is missing", TileError)


def test_a_truncated_log_with_everything_in_the_database_truncated_too(begun):
    begun.alter(
        "DELETE FROM trace_log_positions WHERE place > 2; DELETE FROM trace_log_checkpoints;"
        "DELETE FROM trace_log_entries WHERE id > (SELECT max(entry_id) FROM trace_log_positions)",
    )
    shutil.rmtree(begun.settings.log_dir / "tile")
    (begun.settings.log_dir / "size").unlink()
    refuses(begun, "a checkpoint of 9 entries was signed, and now the tree has")


def test_a_published_checkpoint_is_remembered_even_when_the_memory_is_lost(begun):
    (begun.settings.keys_dir / "log.signed").unlink()
    begun.alter("UPDATE trace_log_entries SET leaf = leaf || ' ' WHERE id = (SELECT min(id) FROM trace_log_entries)")
    shutil.rmtree(begun.settings.log_dir / "tile")
    (begun.settings.log_dir / "size").unlink()
    with pytest.raises(LogContradictedError, match="no longer those that were signed"):
        begun.keep()
    assert not (begun.settings.keys_dir / "log.signed").exists()


def test_a_checkpoint_in_the_database_is_a_promise_even_when_all_files_are_lost(begun):
    begun.alter("UPDATE trace_log_entries SET leaf = leaf || ' ' WHERE id = (SELECT min(id) FROM trace_log_entries)")
    shutil.rmtree(begun.settings.log_dir / "tile")
    for path in ("size", "checkpoint"):
        (begun.settings.log_dir / path).unlink()
    (begun.settings.keys_dir / "log.signed").unlink()
    begun.add_lot()
    for _ in range(2):
        with pytest.raises(LogContradictedError, match="no longer those that were signed"):
            begun.keep()
    assert begun.fetch("checkpoint") is None
    assert not (begun.settings.keys_dir / "log.signed").exists()


def test_a_forged_checkpoint_in_the_database(begun):
    size = begun.checkpoint.size
    begun.add_lot()
    with begun.begin() as session:
        after = size + session.scalar(text("SELECT count(*) FROM trace_log_waiting"))
        session.execute(
            text("INSERT INTO trace_log_checkpoints VALUES (:size, sha256('x'), 'x', now())"), {"size": after}
        )
    with pytest.raises(LogContradictedError, match="another checkpoint"):
        begun.keep()
    assert begun.note == begun.kept


def test_a_key_that_is_gone_is_not_replaced(begun):
    (begun.settings.keys_dir / "log.key").unlink()
    refuses(begun, "bring the key back")


def test_a_key_that_was_replaced_signs_nothing(begun):
    stranger = new_signer(begun.settings.log_origin)
    (begun.settings.keys_dir / "log.key").write_text(stranger.to_text())
    begun.add_lot()
    with pytest.raises(Exception, match="none of the expected keys"):
        begun.keep()
    assert begun.note == begun.kept
    (begun.settings.keys_dir / "log.key").write_text(new_signer("another.example").to_text())
    with pytest.raises(LogContradictedError, match=r"is the key of another\.example"):
        begun.keep()


def test_run_tells_of_a_contradiction_and_goes_on_waiting(begun, capsys):
    begun.alter("DELETE FROM trace_log_positions WHERE place > 2")
    keeper = Keeper(begun.settings)
    thread = threading.Thread(target=keeper.run)
    thread.start()
    deadline = time.monotonic() + 20
    said = ""
    while "log_contradicted" not in said and time.monotonic() < deadline:
        time.sleep(0.05)
        said += capsys.readouterr().out
    keeper.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert "entries were taken away" in said
    assert begun.note == begun.kept
