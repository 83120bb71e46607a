"""The script that checks a lot's proof file in the browser, by itself: no market runs here."""

import base64
import copy
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marketplace.core.quantity import UNITS, format_quantity
from sellers.rules import CERTIFICATE_KINDS
from tests.factories.lot_proofs import VECTORS
from tests.factories.transparency import LOT, OFFICER, Entry, make_market_log
from traceability.views.passport import _SILENT
from transparency.checkpoint import Checkpoint, format_checkpoint
from transparency.entries import format_office_keys
from transparency.merkle import consistency_proof, hash_leaf, inclusion_proof, read_from, root_of
from transparency.note import COSIGNATURE, new_signer, sign_note

SCRIPTS = Path(__file__).parents[2] / "marketplace" / "static" / "js"
#: Published with Go's package golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#: What the page has where the script writes; the script cannot be loaded without it.
PAGE = """<!doctype html><html lang="vi"><title>x</title><main>
<section data-check data-lot="L"><svg><use href="#x"></use></svg>
<p data-check-said></p><ul data-check-list></ul><button data-check-again></button><button data-check-photos></button>
<button data-check-forget></button></section></main></html>"""
CHECK = """async ([bundle, lot]) => {
  const { checkBundle, Fault } = await import("/lot-proof.js");
  try {
    const found = await checkBundle(bundle, lot);
    const decisions = [...found.decisions.values()];
    return {
      checkpoint: found.checkpointFault?.code ?? found.checkpoint.size,
      entries: found.entries.filter((entry) => entry.fault).map((entry) => [entry.index, entry.fault.code]),
      faults: found.faults.map((fault) => fault.code),
      decisions: decisions.map(({ title, lot, decision, fault }) => fault?.code ?? [title, lot, decision]),
      witnesses: found.witnesses, signatures: found.signatures, count: found.entries.length,
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { refused: error.code };
  }
}"""

#: Checks true proofs, and each of them with one bit of a hash changed, one hash more and one hash less.
TREES = """async ({ leaves, roots, inclusion, consistency }) => {
  const { checkInclusion, checkConsistency, readBase64 } = await import("/lot-proof.js");
  const holds = (work) => work.then(() => true, () => false);
  const flip = (hash) => hash.map((byte, at) => at ? byte : byte ^ 1);
  const spoil = (proof, more) => [
    ...proof.map((one, at) => proof.map((hash, place) => place === at ? flip(hash) : hash)),
    [...proof, more],
    ...(proof.length ? [proof.slice(1)] : []),
  ];
  const told = { good: 0, wrong: [], passed: [] };
  const expect = (does, name) => { does ? told.good++ : told.wrong.push(name); };
  const refuse = (does, name) => { if (does) told.passed.push(name); };
  for (const [size, index, spelt] of inclusion) {
    const proof = spelt.map(readBase64), leafHash = readBase64(leaves[index]), name = ["inclusion", size, index];
    const given = { index, size, leafHash, root: readBase64(roots[size]), proof };
    expect(await holds(checkInclusion(given)), name);
    for (const bad of spoil(proof, leafHash)) refuse(await holds(checkInclusion({ ...given, proof: bad })), name);
    if (size > 1) refuse(await holds(checkInclusion({ ...given, index: (index + 1) % size })), name);
  }
  for (const [oldSize, newSize, spelt] of consistency) {
    const proof = spelt.map(readBase64), oldRoot = readBase64(roots[oldSize]), newRoot = readBase64(roots[newSize]);
    const given = { oldSize, newSize, oldRoot, newRoot, proof }, name = ["consistency", oldSize, newSize];
    expect(await holds(checkConsistency(given)), name);
    for (const bad of spoil(proof, newRoot)) refuse(await holds(checkConsistency({ ...given, proof: bad })), name);
    refuse(await holds(checkConsistency({ ...given, oldRoot: flip(oldRoot) })), name);
    refuse(await holds(checkConsistency({ ...given, newRoot: flip(newRoot) })), name);
  }
  return told;
}"""


@pytest.fixture(scope="module")
def script(browser):
    page = browser.new_page()

    def serve(route):
        name = urlsplit(route.request.url).path.lstrip("/")
        if name:
            route.fulfill(body=(SCRIPTS / name).read_text("utf-8"), content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    page.route("https://cho.example/**", serve)
    page.goto("https://cho.example/")
    yield page
    page.close()


@pytest.fixture
def log():
    return make_market_log()


def check(script, bundle, lot=LOT):
    return script.evaluate(CHECK, [bundle, lot])


def test_a_true_file_holds(script, log):
    assert check(script, log.bundle()) == {
        "checkpoint": 7,
        "entries": [],
        "faults": [],
        "decisions": [["Cán bộ xã", LOT, "verified"]],
        "witnesses": {"cosigners": [], "asked": False, "isEnough": False, "listed": 0},
        "signatures": True,
        "count": 7,
    }


def test_letters_of_every_kind_come_through(script):
    log = make_market_log(crop="Mắm tôm “Ba Làng” — 20 % \u2028 🦐 e\u0301")
    found = check(script, log.bundle())
    assert (found["entries"], found["faults"]) == ([], [])


def rewrite(place, *, leaf=None, content=None):
    """Put other bytes in an entry; the leaf agrees with the content, as a database administrator sees to."""

    def change(bundle):
        import hashlib

        entry = bundle["entries"][place]
        entry["content"] = content(entry["content"]) if content else entry["content"]
        fields = json.loads(entry["leaf"])
        fields["contentHash"] = hashlib.sha256(entry["content"].encode()).hexdigest()
        fields |= leaf or {}
        entry["leaf"] = json.dumps(fields, separators=(",", ":"), sort_keys=True, ensure_ascii=False)

    return change


def flip_content(bundle):
    bundle["entries"][1]["content"] = bundle["entries"][1]["content"].replace("planting", "stocking")


def flip_proof(bundle):
    raw = bytearray(base64.b64decode(bundle["entries"][2]["proof"][1]))
    raw[31] ^= 1
    bundle["entries"][2]["proof"][1] = base64.b64encode(raw).decode()


def change_entry(place, **fields):
    return lambda bundle: bundle["entries"][place].update(fields)


def spell_twice(bundle):
    # The last letter of base64 of 32 bytes holds two bits that mean nothing.
    spelt = bundle["entries"][2]["proof"][0]
    last = chr(ord(spelt[-2]) + 1)
    bundle["entries"][2]["proof"][0] = f"{spelt[:-2]}{last}="


@pytest.mark.parametrize(
    ("change", "entries"),
    [
        (flip_content, [[1, "content"]]),
        (change_entry(1, content=None), [[1, "content"]]),
        (rewrite(2, content=lambda text: text.replace("spraying", "watering")), [[2, "inclusion"], [6, "hidden"]]),
        (rewrite(2, leaf={"recordTime": "2026-11-20T03:03:00.001Z"}), [[2, "inclusion"]]),
        (flip_proof, [[2, "inclusion"]]),
        (lambda bundle: bundle["entries"][2]["proof"].pop(), [[2, "inclusion"]]),
        (lambda bundle: bundle["entries"][2]["proof"].append(bundle["entries"][2]["proof"][0]), [[2, "inclusion"]]),
        (lambda bundle: bundle["entries"][2].update(proof=bundle["entries"][1]["proof"]), [[2, "inclusion"]]),
        (change_entry(2, proof=["AAAA"]), [[2, "hash"]]),
        (change_entry(2, proof=["%"]), [[2, "base64"]]),
        (change_entry(2, proof=None), [[2, "entry"]]),
        (spell_twice, [[2, "base64"]]),
        (lambda bundle: bundle["entries"][2].update(index=12), [[12, "inclusion"]]),
    ],
    ids=[
        "content flipped", "content left out", "content and leaf rewritten", "time rewritten", "proof flipped",
        "proof too short", "proof too long", "another proof", "short hash", "no base64", "no proof",
        "base64 spelt in a second way", "place outside the log",
    ],
)  # fmt: skip
def test_a_changed_entry_is_named(script, log, change, entries):
    bundle = log.bundle()
    change(bundle)
    assert check(script, bundle)["entries"] == entries


@pytest.mark.parametrize("index", [-1, 1.5, "2", None, 2**53])
def test_a_place_that_is_none_is_a_fault(script, log, index):
    bundle = log.bundle()
    bundle["entries"][2]["index"] = index
    assert check(script, bundle)["faults"]


def test_an_entry_that_is_there_twice_is_a_fault(script, log):
    bundle = log.bundle()
    bundle["entries"].append(bundle["entries"][1])
    assert check(script, bundle)["faults"] == ["twice"]


def resign(bundle, signer, **changes):
    size, root = bundle["checkpoint"].split("\n")[1:3]
    fields = {"origin": bundle["log"]["origin"], "size": int(size), "root": base64.b64decode(root), **changes}
    bundle["checkpoint"] = sign_note(format_checkpoint(Checkpoint(**fields)), [signer])


def test_a_checkpoint_has_to_be_signed_by_the_logs_key(script, log):
    honest = log.bundle()
    for change in (
        lambda bundle: resign(bundle, new_signer("cho.example/log")),
        lambda bundle: bundle.update(checkpoint=bundle["checkpoint"].replace("\n7\n", "\n8\n")),
        lambda bundle: bundle["log"].update(vkey=new_signer("cho.example/log").verifier().to_text()),
    ):
        bundle = copy.deepcopy(honest)
        change(bundle)
        assert (check(script, bundle)["checkpoint"], check(script, bundle)["count"]) == ("signature", 0)


def test_a_checkpoint_of_another_log_is_none_of_this(script, log):
    bundle = log.bundle()
    resign(bundle, log.signer, origin="khac.example/log")
    assert check(script, bundle)["checkpoint"] == "checkpoint"
    bundle = log.bundle()
    bundle["log"]["origin"] = "khac.example/log"
    assert check(script, bundle)["checkpoint"] == "checkpoint"


@pytest.mark.parametrize("note", ["", "x\n", "a\n1\nb\n\n", "a\n1\nb\n\nno line\n", "a\tb\n\n— a AAAAAAAA\n"])
def test_a_broken_checkpoint_is_a_fault_and_no_crash(script, log, note):
    assert check(script, log.bundle() | {"checkpoint": note})["checkpoint"] == "note"


@pytest.mark.parametrize("vkey", ["", "x", "cho.example/log+00000000+AAAA", GO_VKEY.replace("c74f20a3", "c74f20a4"), 7])
def test_a_broken_key_is_a_fault_and_no_crash(script, log, vkey):
    bundle = log.bundle()
    bundle["log"]["vkey"] = vkey
    assert check(script, bundle)["checkpoint"] == "vkey"


def test_what_is_no_proof_file_or_of_another_lot_is_refused(script, log):
    assert check(script, None) == {"refused": "format"}
    assert check(script, {"format": "choque-lot-proof/2"}) == {"refused": "format"}
    assert check(script, log.bundle(), "TN2611-0002") == {"refused": "other-lot"}


def test_a_published_key_of_go_is_read(script):
    read = """async (vkey) => {
      const { name, keyId, kind } = await (await import("/lot-proof.js")).readKey(vkey);
      return [name, keyId, kind];
    }"""
    assert script.evaluate(read, GO_VKEY) == ["PeterNeumann", "c74f20a3", 1]


def test_signatures_of_strangers_prove_nothing(script, log):
    stranger = Ed25519PrivateKey.generate()
    log.verify(log.entries[1:4], key=stranger)
    assert check(script, log.bundle())["decisions"][1] == "foreign-key"
    log.announce(stranger, by=None)
    log.verify(log.entries[1:4], key=stranger)
    found = check(script, log.bundle())
    assert found["decisions"][2] == "foreign-key"
    assert "key" in found["faults"]
    log.announce(stranger, by=stranger)
    assert check(script, log.bundle())["faults"].count("key") == 2


def test_an_office_that_the_log_does_not_certify_is_none(script, log):
    bundle = log.bundle()
    forged = sign_note(format_office_keys("cho.example/log", [bytes(32)]), [new_signer("cho.example/log")])
    found = check(script, bundle | {"office": forged})
    assert (found["faults"], found["decisions"]) == (["signature", "key"], ["foreign-key"])
    found = check(script, bundle | {"office": ""})
    assert (found["faults"], found["decisions"]) == (["key"], ["foreign-key"])


def test_a_revoked_key_signs_no_more(script, log):
    log.announce(log.officer, by=log.office, action="revoke")
    assert check(script, log.bundle())["decisions"] == [["Cán bộ xã", LOT, "verified"]]
    log.verify(log.entries[1:4], key=log.officer)
    assert check(script, log.bundle())["decisions"] == [["Cán bộ xã", LOT, "verified"], "revoked-key"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lot_code": "TN2611-0009"}, "decision"),
        ({"decision": "sent_back"}, "decision"),
        ({"officer_title": "Chủ tịch xã"}, "decision"),
        ({"officer": "01JDXV6N1P3Z4Y5X6W7V8T9S0Z"}, "decision"),
        ({"record": bytes(32)}, "decision"),
        ({"photos": ["cd" * 32]}, "decision"),
    ],
)
def test_a_decision_is_about_what_it_was_signed_for(script, log, changes, code):
    del log.entries[-2:]
    log.verify(log.entries[1:4], key=log.officer, **changes)
    assert check(script, log.bundle())["decisions"] == [code]


def test_a_record_that_the_officer_saw_may_not_be_left_out(script, log):
    found = check(script, log.bundle(places=[1, 3, 4, 5, 6]))
    assert (found["entries"], found["decisions"]) == ([[6, "hidden"]], ["hidden"])


def test_a_record_that_never_stood_in_the_log_was_hidden(script, log):
    log.verify([*log.entries[1:4], Entry(b"", b"gone")], key=log.officer)
    assert check(script, log.bundle())["decisions"][1] == "hidden"


def test_nobody_verifies_what_he_or_she_entered(script, log):
    own = log.add_record({"cq:kind": "tending", "cq:lot": LOT}, actor=OFFICER)
    log.verify([*log.entries[1:4], own], key=log.officer)
    assert check(script, log.bundle())["decisions"][1] == "four-eyes"


@pytest.mark.parametrize("case", json.loads(VECTORS.read_text("utf-8")), ids=lambda case: case["name"])
def test_the_browser_says_what_python_says(script, case):
    found = check(script, case["bundle"])
    said = {*found["faults"], *(code for _, code in found["entries"])}
    said |= {one for one in found["decisions"] if isinstance(one, str)}
    assert said == ({case["code"]} if case["code"] else set())


def test_what_was_backdated_is_named(script, log):
    from datetime import timedelta

    log.now -= timedelta(days=2)
    log.add_record({"cq:kind": "tending", "cq:lot": LOT})
    assert check(script, log.bundle())["entries"] == [[7, "order"]]


@pytest.mark.parametrize(
    ("quorum", "signing", "is_enough"),
    [
        ("two", "ab", True),
        ("two", "a", False),
        ("a", "a", True),
        ("a", "b", False),
        ("deep", "bc", True),
        ("deep", "c", False),
    ],
)
def test_witnesses_count_as_the_policy_says(script, log, quorum, signing, is_enough):
    witnesses = {name: new_signer(f"{name}.example/w", COSIGNATURE) for name in "abc"}
    bundle = log.bundle()
    text, below = bundle["checkpoint"].rsplit("\n\n", 1)
    lines = "".join(witnesses[name].sign(f"{text}\n", at=1_795_000_000).to_text() for name in signing)
    bundle["checkpoint"] = f"{text}\n\n{below}{lines}"
    names = [f"witness {name} {signer.verifier().to_text()}" for name, signer in witnesses.items()]
    groups = ["group two 2 a b", "group ac any c", "group deep all b ac"]
    bundle["policy"] = "\n".join(["# ours", *names, *groups, f"quorum {quorum}", ""])
    found = check(script, bundle)["witnesses"]
    assert found["cosigners"] == [{"name": f"{name}.example/w", "at": 1_795_000_000} for name in signing]
    assert (found["asked"], found["isEnough"]) == (True, is_enough)


def test_a_false_cosignature_does_not_count(script, log):
    witness, other = new_signer("a.example/w", COSIGNATURE), new_signer("a.example/w", COSIGNATURE)
    bundle = log.bundle()
    line = witness.sign("another text\n", at=1_795_000_000).to_text()
    bundle["checkpoint"] += line + other.sign(bundle["checkpoint"].rsplit("\n\n", 1)[0] + "\n", at=5).to_text()
    bundle["policy"] = f"witness a {witness.verifier().to_text()}\nquorum a\n"
    assert check(script, bundle)["witnesses"] == {"cosigners": [], "asked": True, "isEnough": False, "listed": 1}


def test_every_tree_up_to_33_leaves(script):
    """The library that signs and the script that checks agree on each proof, and on each with one bit changed."""
    leaves = [hash_leaf(bytes([number])) for number in range(33)]
    read = read_from(leaves)
    spell = lambda raw: base64.b64encode(raw).decode()  # noqa: E731 - three times below
    roots = [spell(root_of(size, read)) for size in range(34)]
    inclusion = [
        [size, index, [spell(one) for one in inclusion_proof(size, index, read)]]
        for size in range(1, 34)
        for index in range(size)
    ]
    consistency = [
        [old, new, [spell(one) for one in consistency_proof(old, new, read)]]
        for new in range(1, 34)
        for old in range(1, new + 1)
    ]
    found = script.evaluate(
        TREES,
        {
            "leaves": [spell(leaf) for leaf in leaves],
            "roots": roots,
            "inclusion": inclusion,
            "consistency": consistency,
        },
    )
    assert found == {"good": 2 * 33 * 34 // 2, "wrong": [], "passed": []}


def test_a_large_log_is_no_trouble_for_its_numbers(script):
    """Numbers beyond 32 bits: a proof for the last of 2**40 + 1 entries is one hash long."""
    leaf, left = hash_leaf(b"last"), bytes(range(32))
    import hashlib

    root = hashlib.sha256(b"\x01" + left + leaf).digest()
    holds = """async ([index, size, leaf, proof, root]) => {
      const { checkInclusion, readBase64 } = await import("/lot-proof.js");
      const given = { index, size, leafHash: readBase64(leaf), proof: proof.map(readBase64), root: readBase64(root) };
      return checkInclusion(given).then(() => true, () => false);
    }"""
    spelt = [base64.b64encode(one).decode() for one in (leaf, left, root)]
    assert script.evaluate(holds, [2**40, 2**40 + 1, spelt[0], [spelt[1]], spelt[2]]) is True
    assert script.evaluate(holds, [2**39, 2**40 + 1, spelt[0], [spelt[1]], spelt[2]]) is False


def test_the_page_and_the_script_spell_alike(script):
    """Amounts, dates and lists as the page writes them; units and silent kinds are those of the market."""
    amounts = ["0.5", "12", "12.5", "1250.125", "1000000", "999.999"]
    from decimal import Decimal

    cases = [[float(amount), unit] for amount in amounts for unit in UNITS]
    wanted = [format_quantity(Decimal(amount), unit) for amount in amounts for unit in UNITS]
    spell = """async (cases) => {
      const { spellField } = await import("/lot-page.js");
      return cases.map(([amount, unit]) => spellField({ "cq:amount": amount, "cq:unit": unit }, "amount"));
    }"""
    assert script.evaluate(spell, cases) == wanted
    one = "async ([body, field]) => (await import('/lot-page.js')).spellField(body, field) ?? null"
    assert script.evaluate(one, [{"ilmd": {"cq:bestBeforeOn": "2026-12-05"}}, "bestBeforeOn"]) == "05/12/2026"
    assert script.evaluate(one, [{"cq:lots": ["A-1", "A-2"]}, "lots"]) == "A-1, A-2"
    assert script.evaluate(one, [{"cq:dose": "20 ml"}, "dose"]) == "20 ml"
    assert script.evaluate(one, [{}, "dose"]) is None
    silent = script.evaluate("async () => [...(await import('/lot-page.js')).SILENT]")
    assert set(silent) == _SILENT
    assert script.evaluate("async () => (await import('/lot-page.js')).PAPERS") == CERTIFICATE_KINDS
