"""The audit of a whole log: from public files and one older checkpoint alone."""

import hashlib
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.factories.transparency import HOUSEHOLD, make_market_log
from traceability.rules.leaf import ChainLink
from transparency.audit import AuditTrust, audit_log, fetch_from_folder, fetch_from_url
from transparency.note import COSIGNATURE, Verifier, new_signer
from transparency.policy import Policy


@pytest.fixture
def log():
    return make_market_log()


def audit(files, log, **trust):
    return audit_log(files.get, AuditTrust(Verifier.from_text(log.vkey), **trust))


def test_a_true_log_passes(log):
    kept = log.checkpoint(3)
    for number in range(600):
        log.add_record({"cq:kind": "tending", "n": number})
    report = audit(log.files(), log, since=kept)
    assert report.exit_code == 0, report.to_text()
    told = report.to_text()
    for sentence in (
        "signed a checkpoint of 607 entries",
        "The first 3 entries are those of your older checkpoint.",
        "Every tile holds the hashes of these entries.",
        "Nothing that came after your older checkpoint was backdated.",
        "No household's chain has a gap or a fork.",
        "All 2 signatures of people are true",
        "The database still holds every entry and content as it was logged.",
    ):
        assert sentence in told


def test_each_recalled_and_each_held_lot_is_named(log):
    log.recall(key=log.officer)
    log.recall(key=None)
    log.hold(reason="Còn cách ly\nHELD      X", lots=("TN2611-0005", "TN2611-0006"))
    log.hold("released", lots=("TN2611-0006",))
    log.hold(reason="Chờ xét nghiệm", lots=("TN2611-0006", "TN2611-0007"))
    report = audit(log.files(), log)
    assert report.faults == ["Entry 8: nobody has signed this recall."]
    assert report.notes == [
        "RECALLED  TN2611-0000, ordered 2026-11-20 (entry 7)",
        "RECALLED  TN2611-0001, ordered 2026-11-20 (entry 7)",
        "HELD      TN2611-0005, since no date    (entry 9): Còn cách ly HELD      X",
        "HELD      TN2611-0006, since no date    (entry 11): Chờ xét nghiệm",
        "HELD      TN2611-0007, since no date    (entry 11): Chờ xét nghiệm",
    ]


def test_a_market_that_does_not_show_its_holds_leaves_that_open(log):
    files = log.files()
    del files["holds/0"]
    report = audit(files, log)
    assert (report.exit_code, report.notes) == (2, [])
    assert "The market does not show the records that hold lots." in report.to_text()


def test_a_hold_is_what_was_logged(log):
    log.hold(lots=("TN2611-0005",))
    files = log.files()
    files["holds/0"] = files["holds/0"].replace(b"0005", b"0009")
    report = audit(files, log)
    assert report.faults == ["Entry 7: the content is not the one that was logged."]
    assert report.notes == []


def faults_of(log, change, **trust):
    files = log.files()
    change(files)
    report = audit(files, log, **trust)
    assert report.exit_code == 1, report.to_text()
    return report.faults


def test_files_that_do_not_fit_the_signature(log):
    def alter(name, old, new):
        return lambda files: files.update({name: files[name].replace(old, new, 1)})

    assert faults_of(log, lambda files: files.pop("checkpoint")) == ["The log shows no checkpoint."]
    assert "The checkpoint does not hold" in faults_of(log, alter("checkpoint", b"\n7\n", b"\n6\n"))[0]
    assert "do not give the root" in faults_of(log, alter("tile/entries/000.p/7", b"actor", b"Actor"))[0]
    assert "is missing" in faults_of(log, lambda files: files.pop("tile/entries/000.p/7"))[0]
    first = log.files()["tile/0/000.p/7"][:1]
    assert "The file tile/0/000.p/7 does not hold" in faults_of(log, alter("tile/0/000.p/7", first, b"?"))[0]
    assert "not certified" in faults_of(log, alter("office-keys", b"\n\n", b"\nx\n\n"))[0]


def test_a_fork_a_cut_and_another_log(log):
    kept = log.checkpoint()
    fork = make_market_log()
    fork.signer = log.signer
    fork.add_record({"cq:kind": "loss"})
    assert any("no longer those of your older" in one for one in faults_of(fork, lambda _: None, since=kept))
    log.entries = log.entries[:5]
    assert any("it was cut off" in one for one in faults_of(log, lambda _: None, since=kept))
    assert any("is not of this log" in one for one in faults_of(make_market_log(), lambda _: None, since=kept))


def test_backdating_and_breaks_in_a_households_chain(log):
    kept = log.checkpoint()
    log.add_record({"cq:kind": "spraying"}, logged_at=log.now.replace(month=1))
    assert any("it was backdated" in one for one in faults_of(log, lambda _: None, since=kept))
    assert audit(log.files(), log, since=log.checkpoint()).exit_code == 0
    log.add_record({"cq:kind": "spraying"}, chain=ChainLink(HOUSEHOLD, 2, bytes(32)))
    assert any("records were inserted, left out or moved" in one for one in faults_of(log, lambda _: None))


def test_people_who_were_never_announced(log):
    forger = Ed25519PrivateKey.generate()
    log.announce(forger, by=forger)
    log.verify(log.entries[1:4], key=forger)
    log.add({"what": "salt"}, kind="erasure", actor=HOUSEHOLD)
    faults = faults_of(log, lambda _: None)
    assert "Entry 7: this key was announced without the signature of the market's office." in faults
    assert len(faults) == 3
    assert "no longer has the statement" in faults_of(make_market_log(), lambda files: files.pop("statements/6"))[0]


def test_a_database_that_no_longer_holds_what_was_logged(log):
    wrong = hashlib.sha256(b"x").hexdigest().encode()

    def change(place, word):
        def apply(files):
            lines = files["contents/0"].splitlines()
            words = lines[place].split()
            words[word] = wrong
            lines[place] = b" ".join(words)
            files["contents/0"] = b"\n".join(lines) + b"\n"

        return apply

    assert faults_of(log, change(2, 0)) == ["Entry 2: the database holds another leaf, or none, in this place."]
    assert faults_of(log, change(2, 1)) == ["Entry 2: the database holds another content than was logged, or none."]

    def cut(files):
        files["contents/0"] = b"\n".join(files["contents/0"].splitlines()[:-2]) + b"\n"

    assert faults_of(log, cut) == ["The database holds 5 entries, the log 7."]
    files = log.files()
    files.pop("contents/0")
    assert audit(files, log).exit_code == 2


def test_witnesses_by_your_policy(log):
    witness = new_signer("so.example/w", COSIGNATURE)
    policy = Policy.parse(f"witness so {witness.verifier().to_text()}\nquorum so\n")
    files = log.files()
    assert audit(files, log, policy=policy).faults == [
        "The checkpoint is cosigned by nobody: not enough for your policy."
    ]
    text = files["checkpoint"].decode().split("\n\n")[0] + "\n"
    files["checkpoint"] += witness.sign(text, at=1_800_000_000).to_text().encode()
    assert audit(files, log, policy=policy).exit_code == 0


def test_leaves_that_cannot_be_read(log):
    log.entries.append(replace(log.entries[0], leaf=b"{}"))
    assert "Entry 7 is no leaf that can be read." in faults_of(log, lambda _: None)


def test_a_folder_and_an_address_are_read_alike(log, tmp_path):
    for name, content in log.files().items():
        path = tmp_path / "log" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    trust = AuditTrust(Verifier.from_text(log.vkey))
    assert audit_log(fetch_from_folder(tmp_path / "log"), trust).exit_code == 0

    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        fetch = fetch_from_url(f"http://127.0.0.1:{server.server_port}/log/")
        assert audit_log(fetch, trust).exit_code == 0
        assert fetch("nothing") is None
        server.shutdown()
    with pytest.raises(OSError, match=r"\w"):
        fetch("checkpoint")
    with pytest.raises(ValueError, match="no address"):
        fetch_from_url("ftp://x/log")
