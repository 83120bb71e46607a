"""Keepers side by side, killed at any step, with witnesses; and what others make of the result."""

import base64
import contextlib
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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import metamorphic_log as theirs
import pytest
from sqlalchemy import Engine, event

from marketplace.keeper import Keeper, cosigning
from marketplace.keeper.keeping import LogContradictedError
from tests.factories.log import KeptMarket
from transparency.checkpoint import open_checkpoint
from transparency.merkle import consistency_proof, hash_leaf
from transparency.note import COSIGNATURE, Verifier, new_signer
from transparency.tiles import TileStore
from transparency.witness import AddCheckpoint, Witness
from transparency.witness_server import WitnessServer

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
    while market.checkpoint.size < market.count("trace_log_entries") and time.monotonic() < deadline:
        time.sleep(0.05)
    for keeper in keepers:
        keeper.stop()
    for thread in threads:
        thread.join(20)
    assert market.checkpoint.size == market.count("trace_log_entries")
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
        assert market.checkpoint.size == market.count("trace_log_entries")
        assert market.count("trace_log_waiting") == 0
        assert market.audit(vkey, since=kept).exit_code == 0
        kept = market.note
    assert program.exitcode == 0
    assert limit > 8


# --- witnesses --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_witness_of_its_own_cosigns(market, tmp_path):
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


class _Dripping(BaseHTTPRequestHandler):
    """Answers at once, and then never ends: a byte a second."""

    asked: ClassVar[list[float]] = []

    def do_POST(self):
        self.asked.append(time.monotonic())
        self.rfile.read(int(self.headers["Content-Length"]))
        with contextlib.suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n")
            for _ in range(60):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(1)

    def log_message(self, *_: object):
        pass


@contextlib.contextmanager
def serve(server):
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def witness(market, tmp_path):
    """A witness of the market's log, which has begun."""
    market.keep()
    made = Witness(tmp_path / "w", "w.example", [market.verifier])
    yield made
    made.close()


def watch(market, policy, text):
    policy.write_text(text)
    return KeptMarket(market.settings.database_url, market.folder, LOG_POLICY=str(policy))


@pytest.mark.slow
def test_a_witness_that_drips_a_byte_a_second_holds_up_nobody_but_itself(market, witness, tmp_path):
    dripping = new_signer("slow.example", COSIGNATURE).verifier().to_text()
    with (
        serve(WitnessServer(("127.0.0.1", 0), witness)) as url,
        serve(ThreadingHTTPServer(("127.0.0.1", 0), _Dripping)) as slow,
    ):
        watched = watch(
            market,
            tmp_path / "policy",
            f"witness true {witness.verifier.to_text()} {url}\nwitness slow {dripping} {slow}\nquorum true\n",
        )
        keeper = Keeper(watched.settings)
        # As if time had passed: the slow one may be asked again at once, unless its last call still goes on.
        cosigning._SILENCE_S, silence = 0.0, cosigning._SILENCE_S
        try:
            for _ in range(3):
                watched.add_lot()
                begun = time.monotonic()
                assert keeper.keep(rounds=1)
                assert time.monotonic() - begun < 4
                assert "w.example" in watched.note
                assert "slow.example" not in watched.note
        finally:
            cosigning._SILENCE_S = silence
        assert len(_Dripping.asked) >= 2, "its call ended with its time, so that it was asked again"
        watched.close()


def test_a_fork_that_a_witness_proves_stops_the_keeper(market, witness, tmp_path):
    with serve(WitnessServer(("127.0.0.1", 0), witness)) as url:
        watched = watch(market, tmp_path / "policy", f"witness true {witness.verifier.to_text()} {url}\nquorum true\n")
        watched.add_lot()
        watched.keep()
        assert "w.example" in watched.note
        before = watched.note
        # Whoever runs the server rewrites history and makes the keeper forget everything but the witness's size.
        watched.alter(
            "DELETE FROM trace_log_checkpoints;"
            "UPDATE trace_log_entries SET leaf = leaf || ' ' WHERE id = (SELECT min(id) + 2 FROM trace_log_entries)"
        )
        shutil.rmtree(watched.settings.log_dir / "tile")
        for path in ("size", "checkpoint"):
            (watched.settings.log_dir / path).unlink()
        (watched.settings.keys_dir / "log.signed").unlink()
        watched.add_lot()
        for _ in range(2):
            with pytest.raises(LogContradictedError, match="the witness true does not take"):
                watched.keep()
        assert watched.fetch("checkpoint") is None
        signed = (watched.settings.keys_dir / "log.signed").read_bytes()
        watched.add_lot()
        with pytest.raises(LogContradictedError):
            watched.keep()
        assert (watched.settings.keys_dir / "log.signed").read_bytes() == signed, "and nothing more was signed"
        held = witness.last_checkpoint(watched.settings.log_origin)
        assert str(held.size) == before.split("\n")[1]
        watched.close()


def test_a_rollback_that_a_witness_proves_stops_the_keeper(market, witness, tmp_path):
    with serve(WitnessServer(("127.0.0.1", 0), witness)) as url:
        watched = watch(market, tmp_path / "policy", f"witness true {witness.verifier.to_text()} {url}\nquorum true\n")
        watched.add_lot()
        watched.keep()
        watched.alter(
            "DELETE FROM trace_log_checkpoints; DELETE FROM trace_log_positions WHERE place > 2;"
            "DELETE FROM trace_log_waiting;"
            "DELETE FROM trace_log_entries WHERE id > (SELECT max(entry_id) FROM trace_log_positions);"
            "DELETE FROM trace_records WHERE id NOT IN (SELECT record_id FROM trace_log_entries"
            " WHERE record_id IS NOT NULL)"
        )
        shutil.rmtree(watched.settings.log_dir / "tile")
        for path in ("size", "checkpoint"):
            (watched.settings.log_dir / path).unlink()
        (watched.settings.keys_dir / "log.signed").unlink()
        shutil.rmtree(watched.settings.keys_dir / "witnesses")
        with pytest.raises(LogContradictedError, match="the witness last cosigned"):
            watched.keep()
        assert watched.fetch("checkpoint") is None
        watched.close()


def test_an_old_checkpoint_is_kept_for_ever_only_once_the_quorum_is_there(market, witness, tmp_path):
    server = WitnessServer(("127.0.0.1", 0), witness)
    url = f"http://127.0.0.1:{server.server_port}"
    watched = watch(market, tmp_path / "policy", f"witness true {witness.verifier.to_text()} {url}\nquorum true\n")
    with serve(server):
        watched.add_lot()
        watched.keep()
    path = f"/log/checkpoints/{watched.checkpoint.size}"
    with watched.client.get(path) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.get_data(as_text=True) == watched.note
    watched.add_lot()
    watched.keep()
    path = f"/log/checkpoints/{watched.checkpoint.size}"
    with watched.client.get(path) as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
    # The witness is back and signs what is published; the same address shows it.
    line = witness.add_checkpoint(
        AddCheckpoint(
            witness.last_checkpoint(watched.settings.log_origin).size,
            consistency_proof(
                witness.last_checkpoint(watched.settings.log_origin).size,
                watched.checkpoint.size,
                TileStore(watched.settings.log_dir).read_hash,
            ),
            watched.note,
        ).to_body(),
        1_800_000_000,
    )
    with (watched.settings.log_dir / "checkpoint").open("a") as file:
        file.write(line)
    with watched.client.get(path) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.get_data(as_text=True).endswith(line)
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
