"""The keeper: signs what grows, and never anything that contradicts what it has signed."""

import base64
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from hashlib import sha256

import metamorphic_log as theirs
import pytest
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy import table as table_of

from marketplace.keeper import Keeper
from marketplace.keeper.keeping import LogContradictedError
from tests.conftest import copy_database, drop_database
from tests.factories.log import KeptMarket
from transparency.checkpoint import open_checkpoint
from transparency.merkle import hash_leaf
from transparency.note import COSIGNATURE, Verifier, new_signer
from transparency.tiles import TileError, split_bundle
from transparency.witness import Witness
from transparency.witness_server import WitnessServer


@pytest.fixture
def market(tmp_path):
    url = copy_database()
    made = KeptMarket(url, tmp_path / "data")
    yield made
    made.close()
    drop_database(url)


def count(market, table):
    with market.begin() as session:
        return session.scalar(select(func.count()).select_from(table_of(table)))


def alter(market, statements, **values):
    """Do what only a superuser can: past triggers and foreign keys."""
    with market.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements.split(";"):
            session.execute(text(statement), values)


def signed_size(market):
    return int((market.settings.keys_dir / "log.signed").read_text().split("\n")[1])


def test_everything_that_waits_is_signed_and_published(market):
    market.add_lot()
    assert market.keep()
    assert count(market, "trace_log_waiting") == 0
    assert market.checkpoint.size == count(market, "trace_log_entries") == signed_size(market)
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
    alter(begun, "DELETE FROM trace_log_positions WHERE place >= :last", last=last)
    refuses(begun, "entries were taken away")


def test_a_database_restored_from_before_and_gone_on_another_way(begun):
    size = begun.checkpoint.size
    begun.add_lot()
    begun.keep()
    alter(begun, "DELETE FROM trace_log_positions WHERE place >= :s; DELETE FROM trace_log_checkpoints", s=size)
    begun.add_lot()
    begun.add_lot()
    shutil.rmtree(begun.settings.log_dir / "tile")
    (begun.settings.log_dir / "size").unlink()
    refuses(begun, "are no longer those that were signed")


def test_a_leaf_that_was_changed_and_the_tree_built_anew(begun):
    alter(
        begun, "UPDATE trace_log_entries SET leaf = leaf || ' ' WHERE id = (SELECT min(id) + 2 FROM trace_log_entries)"
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
    alter(
        begun,
        "DELETE FROM trace_log_positions WHERE place > 2; DELETE FROM trace_log_checkpoints;"
        "DELETE FROM trace_log_entries WHERE id > (SELECT max(entry_id) FROM trace_log_positions)",
    )
    shutil.rmtree(begun.settings.log_dir / "tile")
    (begun.settings.log_dir / "size").unlink()
    refuses(begun, "a checkpoint of 8 entries was signed, and now the tree has")


def test_a_published_checkpoint_is_remembered_even_when_the_memory_is_lost(begun):
    (begun.settings.keys_dir / "log.signed").unlink()
    alter(begun, "UPDATE trace_log_entries SET leaf = leaf || ' ' WHERE id = (SELECT min(id) FROM trace_log_entries)")
    shutil.rmtree(begun.settings.log_dir / "tile")
    (begun.settings.log_dir / "size").unlink()
    with pytest.raises(LogContradictedError, match="no longer those that were signed"):
        begun.keep()
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
    alter(begun, "DELETE FROM trace_log_positions WHERE place > 2")
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


# --- two at once, and killed at any step ------------------------------------------------------------------------------


def test_a_second_keeper_waits(market):
    keeper = Keeper(market.settings)
    thread = threading.Thread(target=keeper.run)
    thread.start()
    deadline = time.monotonic() + 20
    while not market.fetch("checkpoint") and time.monotonic() < deadline:
        time.sleep(0.05)
    # The same keys: the lock file. Other keys on the same database: the database's lock.
    assert Keeper(market.settings).keep(rounds=1) is False
    other = KeptMarket(market.settings.database_url, market.folder.parent / "other")
    assert other.keep() is False
    assert not (other.settings.keys_dir / "log.key").exists()
    assert not (other.settings.log_dir / "checkpoint").exists()
    other.close()
    keeper.stop()
    thread.join(20)
    assert market.keep() is True


def test_many_keepers_and_many_writers_make_one_log(market):
    market.keep()
    kept, vkey = market.note, market.verifier
    keepers = [Keeper(market.settings) for _ in range(3)]
    threads = [threading.Thread(target=keeper.run) for keeper in keepers]
    for thread in threads:
        thread.start()
    market.add_lot()
    for _ in range(5):
        market.add_lot()
    deadline = time.monotonic() + 30
    while market.checkpoint.size < count(market, "trace_log_entries") and time.monotonic() < deadline:
        time.sleep(0.05)
    for keeper in keepers:
        keeper.stop()
    for thread in threads:
        thread.join(20)
    assert market.checkpoint.size == count(market, "trace_log_entries")
    assert market.audit(vkey, since=kept).exit_code == 0


def _keep_until_killed(settings, limit):
    """Do a round, and die by SIGKILL at the step that is named: each wait for a disk, and each commit, is one."""
    steps = 0
    real = os.fsync

    def count_step(*_: object):
        nonlocal steps
        steps += 1
        if steps > limit:
            os.kill(os.getpid(), signal.SIGKILL)

    def fsync(handle):
        count_step()
        real(handle)

    os.fsync = fsync
    event.listen(Engine, "commit", count_step)
    Keeper(settings).keep(rounds=1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_killed_between_any_two_steps_it_heals(market):
    context = multiprocessing.get_context("fork")
    market.keep()
    kept, vkey = market.note, market.verifier
    for limit in range(60):
        market.add_lot()
        program = context.Process(target=_keep_until_killed, args=(market.settings, limit))
        program.start()
        program.join(60)
        # Whatever was published until now is true, and continues what was kept.
        report = market.audit(vkey, since=kept)
        assert report.faults == [], report.to_text()
        if program.exitcode == 0:
            break
        assert program.exitcode == -signal.SIGKILL
        market.keep()
        assert market.checkpoint.size == count(market, "trace_log_entries")
        assert count(market, "trace_log_waiting") == 0
        assert market.audit(vkey, since=kept).exit_code == 0
        kept = market.note
    assert program.exitcode == 0
    assert limit > 8


# --- witnesses --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_witness_of_its_own_cosigns_and_notices_a_fork(market, tmp_path):
    market.keep()
    name = "so-nnmt.example/witness"
    command = [sys.executable, "-m", "transparency", "witness", "--folder", str(tmp_path / "w"), "--name", name]
    command += ["--log", market.verifier.to_text(), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as witness:
        witness.stdout.readline()
        line = witness.stdout.readline().strip()
        (tmp_path / "policy").write_text(f"{line.replace(name, 'so-nnmt', 1)}\nquorum so-nnmt\n")
        watched = KeptMarket(market.settings.database_url, market.folder, LOG_POLICY=str(tmp_path / "policy"))
        for _ in range(3):
            watched.add_lot()
            watched.keep()
            wanted = Verifier.from_text(line.split()[2])
            checkpoint, note = open_checkpoint(watched.note, watched.verifier)
            assert [one for one in note.others if wanted.is_valid(note.text, one.signature)]
        witness_note = tmp_path / "w" / f"{sha256(checkpoint.origin.encode()).hexdigest()}.checkpoint"
        assert witness_note.read_text().startswith(note.text)
        # A witness that slept through some checkpoints is asked from the size that it names.
        shutil.rmtree(watched.settings.keys_dir / "witnesses")
        watched.add_lot()
        watched.keep()
        assert "so-nnmt.example/witness" in watched.note
        assert theirs.checkpoint_verify(watched.note, [watched.verifier.to_text()]).size == watched.checkpoint.size
        witness.terminate()
        witness.wait(10)
    watched.add_lot()
    watched.keep()
    assert "so-nnmt.example/witness" not in watched.note
    assert "Chưa đủ nơi làm chứng" in watched.get("/minh-bach").decode()
    watched.close()


def test_a_silent_and_a_false_witness_hold_nothing_up(market, tmp_path):
    market.keep()
    witness = Witness(tmp_path / "w", "w.example", [market.verifier])
    server = WitnessServer(("127.0.0.1", 0), witness)
    threading.Thread(target=server.serve_forever).start()
    url = f"http://127.0.0.1:{server.server_port}"
    false = new_signer("false.example", COSIGNATURE).verifier().to_text()
    silent = new_signer("silent.example", COSIGNATURE).verifier().to_text()
    unasked = new_signer("unasked.example", COSIGNATURE).verifier().to_text()
    (tmp_path / "policy").write_text(
        f"witness true {witness.verifier.to_text()} {url}\nwitness false {false} {url}\n"
        f"witness silent {silent} http://127.0.0.1:9\nwitness unasked {unasked}\n"
        "group g any true false silent unasked\nquorum g\n"
    )
    watched = KeptMarket(market.settings.database_url, market.folder, LOG_POLICY=str(tmp_path / "policy"))
    watched.add_lot()
    begun = time.monotonic()
    watched.keep()
    assert time.monotonic() - begun < 5
    _, note = open_checkpoint(watched.note, watched.verifier)
    assert [line.name for line in note.others] == ["w.example"]
    page = watched.get("/minh-bach").decode()
    assert "Có bên ngoài làm chứng" in page
    assert page.count("chưa ký mốc này") == 3
    server.shutdown()
    server.server_close()
    witness.close()
    watched.close()


# --- what others see --------------------------------------------------------------------------------------------------


def test_somebody_elses_verifier_reads_what_the_market_shows(market):
    notes = []
    for _ in range(3):
        market.add_lot()
        market.keep()
        notes.append(market.note)
    vkey = market.verifier.to_text()
    heads = [theirs.checkpoint_verify(note, [vkey]) for note in notes]
    for older, newer in ((0, 1), (1, 2), (0, 2)):
        old, new = heads[older].size, heads[newer].size
        proof = json.loads(market.fetch(f"proof/consistency?old={old}&new={new}"))
        hashes = [base64.b64decode(one) for one in proof["hashes"]]
        theirs.checkpoint_verify_consistency(notes[older], notes[newer], [vkey], hashes)
        for index in range(old):
            found = json.loads(market.fetch(f"proof/inclusion?index={index}&size={new}"))
            leaf = market.fetch(f"entries/{index}")
            hashes = [base64.b64decode(one) for one in found["hashes"]]
            theirs.checkpoint_verify_inclusion(notes[newer], [vkey], index, hash_leaf(leaf), hashes)
