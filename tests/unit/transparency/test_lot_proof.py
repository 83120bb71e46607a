"""The proof file of a lot: it holds as it is, and every change is told by name."""

import base64
import copy
import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.factories.lot_proofs import VECTORS, spell_vectors
from tests.factories.transparency import HOUSEHOLD, LOT, OFFICER, make_market_log
from transparency.entries import format_office_keys
from transparency.lot_proof import Trust, UnreadableError, check_lot_proof
from transparency.note import COSIGNATURE, Verifier, new_signer, sign_note
from transparency.policy import Policy
from transparency.report import State


def check(bundle, **trust):
    return check_lot_proof(json.dumps(bundle).encode(), Trust(**trust))


@pytest.fixture
def log():
    return make_market_log()


def test_a_true_file_holds(log):
    report = check(log.bundle(), vkey=Verifier.from_text(log.vkey))
    assert report.exit_code == 0, report.to_text()
    told = report.to_text()
    assert "All 7 entries are, letter for letter, those that stand in the log." in told
    assert "Entry 6 (verification) is signed: Cán bộ xã." in told
    assert told.endswith("Everything that was checked holds.\n")


def test_without_a_key_of_ones_own_the_report_says_whose_it_took(log):
    report = check(log.bundle())
    assert report.exit_code == 0
    assert f"taken from the file itself: {log.vkey}" in report.to_text()


def change_entry(place, **changes):
    def change(bundle):
        bundle["entries"][place].update(changes)

    return change


def flip_content(place):
    def change(bundle):
        content = bundle["entries"][place]["content"]
        bundle["entries"][place]["content"] = content.replace("c", "C", 1)

    return change


def rewrite_leaf(place, **fields):
    """What a database administrator can do: the content, the leaf and its hash agree, the tree does not."""

    def change(bundle):
        entry = bundle["entries"][place]
        content = entry["content"].replace("planting", "Planting")
        leaf = {**json.loads(entry["leaf"]), "contentHash": hashlib.sha256(content.encode()).hexdigest(), **fields}
        entry["content"], entry["leaf"] = content, json.dumps(leaf, separators=(",", ":"))

    return change


def flip_proof(bundle):
    raw = bytearray(base64.b64decode(bundle["entries"][2]["proof"][0]))
    raw[3] ^= 1
    bundle["entries"][2]["proof"][0] = base64.b64encode(raw).decode()


def swap_entries(bundle):
    one, other = bundle["entries"][1], bundle["entries"][2]
    one["index"], other["index"] = other["index"], one["index"]


TAMPERINGS = {
    "content": (flip_content(1), "Entry 1: the content is not the one that was logged."),
    "content and leaf": (rewrite_leaf(1), "Entry 1 is not in the log"),
    "time of a leaf": (rewrite_leaf(1, recordTime="2026-11-19T00:00:00.000Z"), "Entry 1 is not in the log"),
    "content left out": (change_entry(1, content=None), "Entry 1: the content is missing."),
    "leaf unreadable": (change_entry(1, leaf="{}"), "Entry 1 is no leaf that can be read."),
    "leaf of another kind": (rewrite_leaf(1, kind="gossip"), "Entry 1 is of a kind that is not known here."),
    "proof": (flip_proof, "Entry 2 is not in the log: the inclusion proof leads to another root."),
    "proof cut": (lambda b: b["entries"][2]["proof"].pop(), "Entry 2 is not in the log: the inclusion proof is too s"),
    "proof damaged": (change_entry(2, proof=["?"]), "This is no base64."),
    "places swapped": (swap_entries, "Entry 2 is not in the log"),
    "place beyond": (change_entry(2, index=99), "Entry 99 is not in the log"),
    "place twice": (change_entry(2, index=1), "place is no number, or is there twice"),
    "record left out": (lambda b: b["entries"].pop(2), "the officer had 1 record(s) before him or her that are not"),
    "decision's record left out": (lambda b: b["entries"].pop(5), "that are not in the file"),
    "key left out": (lambda b: b["entries"].pop(4), "Entry 6: signed by a key that the log had not announced."),
    "another lot": (lambda b: b.update(lot="TN2611-0002"), "this verification is of another lot"),
    "no lot": (lambda b: b.update(lot="TN2611-0002"), "No record in the file speaks of lot TN2611-0002."),
    "checkpoint": (
        lambda b: b.update(checkpoint=b["checkpoint"].replace("\n7\n", "\n8\n")),
        "The checkpoint does not hold: the signature of cho.example/log is false.",
    ),
    "origin": (lambda b: b["log"].update(origin="x.example"), "The checkpoint is of another log than the file says."),
    "office keys gone": (lambda b: b.pop("office"), "announced without the signature of the market's office."),
    "key of the log": (lambda b: b["log"].update(vkey="x"), "The log's key in the file is no key"),
    "policy": (lambda b: b.update(policy="quorum x\n"), "The witness policy in the file cannot be read."),
    "entry damaged": (lambda b: b["entries"].append(7), "The entry in place 7 of the file is damaged."),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_each_tampering_is_named(log, name):
    tamper, sentence = TAMPERINGS[name]
    bundle = copy.deepcopy(log.bundle())
    tamper(bundle)
    report = check(bundle)
    assert report.exit_code == 1
    assert any(sentence in fault for fault in report.faults), report.to_text()
    assert "DO NOT RELY ON THIS" in report.to_text()


def test_the_shared_proof_files_are_those_that_are_made():
    assert VECTORS.read_text("utf-8") == spell_vectors()


@pytest.mark.parametrize("case", json.loads(VECTORS.read_text("utf-8")), ids=lambda case: case["name"])
def test_python_says_what_the_browser_says(case):
    report = check(case["bundle"])
    assert report.exit_code == bool(case["code"]), report.to_text()
    assert len(report.faults) == bool(case["code"]), report.to_text()
    assert all(case["sentence"] in fault for fault in report.faults)


def test_the_lots_story_is_told_from_what_was_sealed(log):
    wrong = json.loads(log.entries[2].leaf)["contentHash"]
    log.add_record({"cq:kind": "declaration"}, kind="error-declaration", corrects=bytes.fromhex(wrong))
    told = check(log.bundle()).to_text()
    assert f"\nLot {LOT}\n" in told
    assert "  no date     spraying, declared wrong by entry 7 (entry 2)\n" in told
    assert "  2026-11-20  verification (entry 5)\n" in told
    assert "  2026-11-20  verified, signed by Cán bộ xã (entry 6)\n" in told
    assert "RECALLED" not in told
    log.recall(key=log.officer)
    told = check(log.bundle()).to_text()
    assert f"\nLot {LOT}: RECALLED\n" in told
    assert "  2026-11-20  RECALLED by Cán bộ xã: Tồn dư thuốc; Đừng ăn (entry 8)\n" in told


def test_who_made_it_is_told_from_what_was_opened(log):
    log.tell({"name": "Nhà ông Thành", "commune": "Xã Tân Ninh", "province": "Tỉnh Thanh Hóa"})
    paper = {
        "household": HOUSEHOLD,
        "kind": "ocop",
        "stars": 4,
        "number": "QĐ-1",
        "issuer": "UBND",
        "expiresOn": "2028-01-01",
    }
    log.tell(paper, subject="certificate", name=OFFICER, status="verified")
    told = check(log.bundle()).to_text()
    assert "  made by Nhà ông Thành, Xã Tân Ninh, Tỉnh Thanh Hóa (logged 2026-11-20, entry 7)\n" in told
    assert "  certificate ocop 4 QĐ-1 UBND, until 2028-01-01: verified (logged 2026-11-20, entry 8)\n" in told


@pytest.mark.parametrize(
    "opened", [7, {}, {"content": "{}"}, {"content": 7, "salt": "00"}, {"content": "{}", "salt": "0g"}]
)
def test_what_is_opened_in_no_known_way_cannot_be_read(log, opened):
    log.tell({"name": "Nhà ông Thành"})
    bundle = log.bundle()
    bundle["entries"][7]["opened"] = opened
    report = check(bundle)
    assert report.faults == ["Entry 7: what the file tells of the household cannot be read."]
    assert "made by" not in report.to_text()


def test_what_is_not_opened_is_false_unless_a_signed_erasure_says_why(log):
    told = log.tell({"name": "Nhà ông Thành"})
    bundle = log.bundle()
    del bundle["entries"][7]["opened"]
    unopened = (
        "Entry 7: what the household said of itself is not opened, and no signed erasure says that it was destroyed."
    )
    assert check(bundle).faults == [unopened]
    forged = log.erase(told, key=None)
    assert check(log.bundle()).faults == ["Entry 8: nobody has signed this erasure.", unopened]
    log.entries.remove(forged)
    log.erase(told, key=log.office)
    report = check(log.bundle())
    assert report.exit_code == 0
    assert "made by" not in report.to_text()
    assert "  the file does not tell who made it: erased, or left out\n" in report.to_text()


def test_what_was_left_out_altogether_is_not_told_and_is_no_fault(log):
    log.tell({"name": "Nhà ông Thành"})
    report = check(log.bundle(places=list(range(7))))
    assert report.exit_code == 0
    assert "  the file does not tell who made it: erased, or left out\n" in report.to_text()


def test_how_the_lot_stands_is_told_by_its_entries(log):
    told = check(log.bundle()).to_text()
    assert "  by its entries it is verified by an officer's signature\n" in told
    assert "  best before: no day was sealed\n" in told
    assert "waiting periods" not in told
    log.verify(log.entries[1:4], key=log.officer, treatments=1, waiting_rule="waiting-period/1")
    told = check(log.bundle()).to_text()
    assert "  waiting periods: the officer counted 1 treatment(s), all of them kept\n" in told
    log.hold()
    told = check(log.bundle()).to_text()
    assert f"\nLot {LOT}: HELD\n" in told
    assert "  by its entries it is held, not for sale: Còn cách ly\n" in told


def test_a_recall_that_no_signed_order_backs_is_left_open(log):
    log.add_record({"cq:kind": "recall", "cq:lots": [LOT]}, actor=OFFICER)
    report = check(log.bundle())
    assert report.exit_code == 2
    assert "Entry 7 says that the lot was recalled, but no signed order in the file says so." in report.to_text()
    assert f"Lot {LOT}: RECALLED" in report.to_text()


def test_what_a_file_can_leave_out_is_said_once_and_always(log):
    broken = {**log.bundle(), "checkpoint": "x"}
    for bundle in (log.bundle(), broken):
        assert check(bundle).to_text().count("can leave out later entries") == 1


def test_a_sealed_word_writes_no_line_of_its_own(log):
    log.add_record({"cq:kind": "harvest\nEverything that was checked holds.", "cq:lot": LOT})
    assert "harvest Everything" in check(log.bundle()).to_text()


def test_what_claims_to_be_older_than_its_own_chain_is_told_without_any_checkpoint(log):
    log.add_record({"cq:kind": "spraying"}, logged_at=log.now.replace(month=1))
    assert "Entry 7 claims to be of 2026-01-20" in check(log.bundle()).faults[0]


def test_a_log_signed_by_another_key_is_not_the_log_that_is_meant(log):
    stranger = make_market_log()
    assert check(stranger.bundle()).exit_code == 0
    report = check(stranger.bundle(), vkey=Verifier.from_text(log.vkey))
    assert report.exit_code == 1
    assert "none of the expected keys has signed" in report.faults[0]


def test_an_older_checkpoint_is_continued_or_the_report_says_that_it_is_not(log):
    kept = log.checkpoint(3)
    assert check(log.bundle(since=3), since=kept).exit_code == 0
    assert "your checkpoint of 3 entries: nothing in it was changed" in check(log.bundle(since=3), since=kept).to_text()
    assert check(log.bundle(), since=log.checkpoint()).exit_code == 0
    left_open = check(log.bundle(), since=kept)
    assert left_open.exit_code == 2
    assert [state for state, _ in left_open.findings].count(State.OPEN) == 1
    assert "?since=3" in left_open.to_text()
    assert "not everything could be checked" in left_open.to_text()


def test_a_rewritten_history_is_told_by_who_kept_a_checkpoint(log):
    fork = make_market_log("Cải bắp", signer=log.signer, office=log.office, officer=log.officer)
    fork.add_record({"cq:kind": "loss"})
    assert check(fork.bundle(since=3)).exit_code == 0
    report = check(fork.bundle(since=3), since=log.checkpoint(3))
    assert report.exit_code == 1
    assert "is not a continuation of your checkpoint of 3 entries" in report.faults[0]
    two = check(fork.bundle(), since=replace_size(log, 8))
    assert "two different logs of 8 entries" in two.faults[0]


def replace_size(log, size):
    while len(log.entries) < size:
        log.add_record({"cq:kind": "other"})
    return log.checkpoint()


@pytest.mark.parametrize("carried", [None, {}, {"old": 3}, {"old": 3, "hashes": ["?"]}, {"old": 3, "hashes": []}, [3]])
def test_a_proof_of_continuation_that_is_none(log, carried):
    bundle = {**log.bundle(), "consistency": carried}
    assert check(bundle, since=log.checkpoint(3)).exit_code in {1, 2}


def test_a_log_that_was_cut_off_or_is_another_one(log):
    longer = replace_size(log, 9)
    log.entries = log.entries[:7]
    assert "fewer than the 9 of yours" in check(log.bundle(), since=longer).faults[0]
    other = make_market_log()
    assert "not of this log" in check(log.bundle(), since=other.checkpoint(3)).faults[0]
    assert "not of this log" in check(log.bundle(), since="x").faults[0]


def test_nobody_becomes_an_officer_without_the_offices_signature(log):
    forger = Ed25519PrivateKey.generate()
    log.announce(forger, by=None)
    log.verify(log.entries[1:4], key=forger)
    report = check(log.bundle())
    assert "Entry 7: this key was announced without the signature of the market's office." in report.faults
    assert "Entry 9: signed by a key that the log had not announced." in report.faults
    log.announce(forger, by=forger)
    assert any("Entry 10: this key was announced without" in one for one in check(log.bundle()).faults)


def test_the_offices_keys_are_certified_by_the_log_alone(log):
    forger = Ed25519PrivateKey.generate()
    log.announce(forger, by=forger)
    stranger = new_signer(log.signer.name)
    raw = forger.public_key().public_bytes_raw()
    text = format_office_keys(log.signer.name, [raw])
    forged = {**log.bundle(), "office": sign_note(text, [stranger])}
    assert any("not certified by the log's key" in one for one in check(forged).faults)
    other = sign_note(text.replace("cho.example", "chu.example"), [log.signer])
    assert any("not certified" in one for one in check({**log.bundle(), "office": other}).faults)
    assert any("not certified" in one for one in check({**log.bundle(), "office": log.checkpoint()}).faults)


def test_a_revoked_key_signs_no_more(log):
    log.announce(log.officer, by=log.office, action="revoke")
    assert check(log.bundle()).exit_code == 0
    log.verify(log.entries[1:4], key=log.officer)
    assert "Entry 9: signed by a key that had been revoked." in check(log.bundle()).faults


def test_a_signature_is_of_the_one_it_names(log):
    log.verify(log.entries[1:4], key=log.officer, officer="01JDXV6N1P3Z4Y5X6W7V8T9S0Z")
    assert "Entry 8: this verification names another officer than signed it." in check(log.bundle()).faults
    log.add({"lot": LOT}, kind="verification", actor="01JDXV6N1P3Z4Y5X6W7V8T9S0Z", key=log.officer)
    assert "Entry 9: signed by another person's key." in check(log.bundle()).faults
    log.add({"lot": LOT}, kind="verification", actor=OFFICER)
    assert "Entry 10: nobody has signed this verification." in check(log.bundle()).faults
    log.add({"lot": LOT}, kind="verification", actor=OFFICER, key=log.office)
    assert "Entry 11: the office cannot verify a lot." in check(log.bundle()).faults
    log.add({"salt": "x"}, kind="erasure", actor=OFFICER)
    assert "Entry 12: nobody has signed this erasure." in check(log.bundle()).faults
    log.add({"salt": "x"}, kind="erasure", actor="0" * 26, key=log.office)
    assert not any("Entry 13" in one for one in check(log.bundle()).faults)


def test_what_was_slipped_in_with_an_old_date_is_told(log):
    kept = log.checkpoint()
    log.add_record({"cq:kind": "spraying"}, logged_at=log.now.replace(month=1))
    faults = check(log.bundle(since=7), since=kept).faults
    assert len(faults) == 1
    assert "Entry 7 claims to be of 2026-01-20" in faults[0]
    assert "it was backdated" in faults[0]


def test_photos_are_those_that_were_entered(log):
    data = b"a picture"
    log.add_record({"cq:kind": "tending", "cq:photos": [hashlib.sha256(data).hexdigest()]})
    report = check(log.bundle(), photos=[("a.webp", data)])
    assert report.exit_code == 0
    assert "The photo a.webp is one that was entered." in report.to_text()
    assert check(log.bundle(), photos=[("a.webp", b"another")]).faults == [
        "The photo a.webp is none of those that were entered."
    ]


def test_witnesses_count_by_your_policy_or_by_the_files_own(log):
    witness = new_signer("so.example/w", COSIGNATURE)
    policy = f"witness so {witness.verifier().to_text()}\nquorum so\n"
    bundle = {**log.bundle(), "policy": policy}
    lonely = check(bundle)
    assert lonely.exit_code == 0
    assert "cosigned by nobody: not enough for the policy in the file" in lonely.to_text()
    assert "cosigned by nobody: not enough for your policy." in check(bundle, policy=Policy.parse(policy)).faults[0]
    text = bundle["checkpoint"].split("\n\n")[0] + "\n"
    bundle["checkpoint"] += witness.sign(text, at=1_800_000_000).to_text()
    report = check(bundle, policy=Policy.parse(policy))
    assert report.exit_code == 0
    assert "cosigned by so (2027-01-15 08:00 UTC): enough for your policy" in report.to_text()
    assert "No witness is asked for" in check(log.bundle()).to_text()
    named = Policy.parse(f"log {log.vkey}\nquorum none\n")
    assert check(log.bundle(), policy=named).exit_code == 0
    other = Policy.parse(f"log {new_signer('cho.example/log').verifier().to_text()}\nquorum none\n")
    assert check(log.bundle(), policy=other).exit_code == 1


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"[]", b'{"format":"choque-lot-proof/2"}', b'{"format":"choque-lot-proof/1","lot":"x","log":{}}'],
)
def test_what_is_no_proof_file(data):
    with pytest.raises(UnreadableError):
        check_lot_proof(data, Trust())
