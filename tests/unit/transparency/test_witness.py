"""A witness never cosigns two logs, whatever is asked of it, by one or by many at once."""

import contextlib
import http.client
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from transparency.checkpoint import Checkpoint, format_checkpoint
from transparency.merkle import EMPTY_ROOT, consistency_proof, hash_leaf, read_from, root_of
from transparency.note import COSIGNATURE, Verifier, new_signer, open_note, sign_note
from transparency.witness import (
    AddCheckpoint,
    Refusal,
    Witness,
    WitnessConflict,
    WitnessContradiction,
    WitnessError,
    ask_witness,
)
from transparency.witness_server import WitnessServer

ORIGIN, NAME = "log.example/log", "so.example/witness"
LOG = new_signer(ORIGIN)
HASHES = [hash_leaf(bytes([n])) for n in range(60)]
FORK = [*HASHES[:5], hash_leaf(b"other"), *HASHES[6:]]


def note_of(size, hashes=HASHES, signer=LOG):
    root = root_of(size, read_from(hashes))
    return sign_note(format_checkpoint(Checkpoint(ORIGIN, size, root)), [signer])


def request_of(old, new, hashes=HASHES):
    proof = consistency_proof(old, new, read_from(hashes)) if old < new else []
    return AddCheckpoint(old, proof, note_of(new, hashes)).to_body()


@pytest.fixture
def witness(tmp_path):
    made = Witness(tmp_path / "w", NAME, [LOG.verifier()])
    yield made
    made.close()


def refusal_of(witness, body):
    with pytest.raises(Refusal) as refused:
        witness.add_checkpoint(body, 7)
    return refused.value


def test_what_continues_is_cosigned_and_remembered(witness, tmp_path):
    for old, new in ((0, 5), (5, 5), (5, 8), (8, 60)):
        line = witness.add_checkpoint(request_of(old, new), 1_800_000_000 + new)
        opened = open_note(note_of(new) + line, [witness.verifier])
        assert opened.verified[0].cosigned_at == 1_800_000_000 + new
        assert witness.last_checkpoint(ORIGIN).size == new
    witness.close()
    again = Witness(tmp_path / "w", NAME, [LOG.verifier()])
    assert again.verifier == witness.verifier
    assert again.last_checkpoint(ORIGIN).size == 60
    again.close()


def test_refusals_are_those_of_the_specification(witness):
    witness.add_checkpoint(request_of(0, 5), 7)
    before = witness.find_note(sha256(ORIGIN.encode()).hexdigest())
    conflict = refusal_of(witness, request_of(0, 8))
    assert (conflict.status, conflict.text, conflict.content_type) == (409, "5\n", "text/x.tlog.size")
    assert refusal_of(witness, request_of(6, 8)).status == 409
    assert refusal_of(witness, request_of(5, 8).replace(b"old 5", b"old 9")).status == 400
    assert refusal_of(witness, AddCheckpoint(5, [], note_of(8)).to_body()).status == 422
    assert refusal_of(witness, AddCheckpoint(5, [HASHES[0]], note_of(5)).to_body()).status == 422
    assert refusal_of(witness, request_of(5, 8, FORK[:4] + FORK[5:6] + FORK[5:])).status == 422
    forked = AddCheckpoint(5, [], note_of(5, [*HASHES[:4], hash_leaf(b"other")])).to_body()
    assert (refusal_of(witness, forked).status, refusal_of(witness, forked).content_type[:10]) == (409, "text/plain")
    assert refusal_of(witness, AddCheckpoint(5, [], note_of(8, signer=new_signer(ORIGIN))).to_body()).status == 403
    stranger = sign_note(format_checkpoint(Checkpoint("x.example", 0, EMPTY_ROOT)), [new_signer("x.example")])
    assert refusal_of(witness, AddCheckpoint(0, [], stranger).to_body()).status == 404
    assert witness.find_note(sha256(ORIGIN.encode()).hexdigest()) == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"old 0\n",
        b"new 0\n\n" + note_of(5).encode(),
        b"old 00\n\n" + note_of(5).encode(),
        b"old -1\n\n" + note_of(5).encode(),
        b"old 0\nAAAA\n\n" + note_of(5).encode(),
        b"old 0\n" + b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * 64 + b"\n" + note_of(5).encode(),
        b"old 0\n\nno note\n",
        b"old 0\n\n" + note_of(5).replace("\n5\n", "\n05\n").encode(),
    ],
)
def test_what_is_no_request(witness, body):
    assert refusal_of(witness, body).status == 400


def test_an_empty_proof_continues_nothing_only(witness):
    assert refusal_of(witness, AddCheckpoint(0, [HASHES[0]], note_of(5)).to_body()).status == 422


def test_a_folder_serves_one_process_and_one_name(witness, tmp_path):
    with pytest.raises(WitnessError, match="at work"):
        Witness(tmp_path / "w", NAME, [LOG.verifier()])
    witness.add_checkpoint(request_of(0, 5), 7)
    witness.close()
    with pytest.raises(WitnessError, match=r"that of so\.example/witness"):
        Witness(tmp_path / "w", "another.example", [LOG.verifier()])
    (tmp_path / "w" / "witness.key").unlink()
    with pytest.raises(WitnessError, match="bring the key back"):
        Witness(tmp_path / "w", NAME, [LOG.verifier()])


def test_many_at_once_never_roll_it_back_nor_split_it(witness):
    witness.add_checkpoint(request_of(0, 5), 7)
    asked = [(5, new, hashes) for new in range(6, 30) for hashes in (HASHES, FORK)]

    def ask(one):
        try:
            return one[1], one[2], witness.add_checkpoint(request_of(*one), 7)
        except Refusal as refused:
            return refused.status

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, asked))
    done = [one for one in answers if one != 409]
    assert len(done) == 1
    size, hashes, _ = done[0]
    assert witness.last_checkpoint(ORIGIN) == Checkpoint(ORIGIN, size, root_of(size, read_from(hashes)))


@pytest.fixture
def served(witness):
    server = WitnessServer(("127.0.0.1", 0), witness)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_over_http(served, witness):
    line = ask_witness(served, 0, [], note_of(5), 5)
    assert len(open_note(note_of(5) + "".join(line), [witness.verifier]).verified) == 1
    with pytest.raises(WitnessConflict) as conflict:
        ask_witness(f"{served}/", 0, [], note_of(8), 5)
    assert conflict.value.size == 5
    with pytest.raises(WitnessContradiction, match="422"):
        ask_witness(served, 5, [], note_of(8), 5)
    with pytest.raises(WitnessContradiction, match="another log of this size"):
        ask_witness(served, 5, [], note_of(5, FORK[1:]), 5)
    with pytest.raises(WitnessError, match="404"):
        ask_witness(f"{served}/elsewhere", 5, [], note_of(8), 5)


def test_the_monitors_address_and_a_kept_connection(served, witness):
    ask_witness(served, 0, [], note_of(5), 5)
    connection = http.client.HTTPConnection(served.removeprefix("http://"), timeout=5)
    found = {}
    for path in (f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint", "/", f"/{'0' * 64}/checkpoint", "/../etc"):
        connection.request("GET", path)
        answer = connection.getresponse()
        found[path] = (answer.status, answer.read().decode())
    assert [status for status, _ in found.values()] == [200, 200, 404, 404]
    seen = next(iter(found.values()))[1]
    assert len(open_note(seen, [LOG.verifier(), witness.verifier]).verified) == 2
    assert Verifier.from_text(found["/"][1].strip()) == witness.verifier
    for length in ("x", "999999"):
        connection.putrequest("POST", "/add-checkpoint")
        connection.putheader("Content-Length", length)
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 400
        answer.read()
    connection.close()


@pytest.mark.parametrize("url", ["ftp://x/", "http://", "x", "http://127.0.0.1:9", "http://127.0.0.1:bad"])
def test_nobody_answers(url):
    with pytest.raises(WitnessError):
        ask_witness(url, 0, [], note_of(5), 1)


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_whoever_drips_is_cut_off(begin, scheme):
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip():
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(begin)
                for _ in range(100):
                    connection.sendall(b"H")
                    time.sleep(0.1)

        thread = threading.Thread(target=drip)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(WitnessError):
            ask_witness(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}", 0, [], note_of(5), 0.5)
        assert time.monotonic() - begun < 2
        thread.join()


@pytest.mark.slow
def test_the_program_starts_tells_its_line_and_stops(tmp_path):
    command = [sys.executable, "-m", "transparency", "witness", "--folder", str(tmp_path / "w")]
    command += ["--name", NAME, "--log", LOG.verifier().to_text(), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        program.stdout.readline()
        _, name, vkey, url = program.stdout.readline().split()
        assert (name, Verifier.from_text(vkey).kind) == (NAME, COSIGNATURE)
        assert len(ask_witness(url, 0, [], note_of(5), 5)) == 1
        program.terminate()
        assert program.wait(10) == 0
    refused = subprocess.run([*command[:-4], "--log", "x"], capture_output=True, text=True, check=False)
    assert (refused.returncode, "no key of a log" in refused.stderr) == (2, True)
