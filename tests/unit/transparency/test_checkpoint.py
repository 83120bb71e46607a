"""Checkpoints and proof files have one spelling each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transparency.checkpoint import MAX_SIZE, Checkpoint, format_checkpoint, open_checkpoint, parse_checkpoint
from transparency.merkle import EMPTY_ROOT, ProofError, hash_leaf, inclusion_proof, read_from, root_of
from transparency.note import NoteError, new_signer, sign_note
from transparency.proof import TlogProof, format_proof, parse_proof, verify_proof

#: The example of C2SP tlog-checkpoint.
TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
HASHES = [hash_leaf(bytes([n])) for n in range(5)]


def test_the_published_checkpoint_is_read_and_written():
    checkpoint = parse_checkpoint(TEXT)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    assert format_checkpoint(checkpoint) == TEXT


@given(st.integers(1, MAX_SIZE), st.binary(min_size=32, max_size=32), st.lists(st.text("abc ", min_size=1)))
def test_there_and_back(size, root, extensions):
    checkpoint = Checkpoint("log.example", size, root, tuple(extensions))
    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"a\n1\n{ROOT}",
        f"a\n{ROOT}\n",
        f"\n1\n{ROOT}\n",
        f"a\n01\n{ROOT}\n",
        f"a\n-1\n{ROOT}\n",
        f"a\n+1\n{ROOT}\n",
        f"a\n1 \n{ROOT}\n",
        f"a\n\u0661\n{ROOT}\n",
        f"a\n{2**63}\n{ROOT}\n",
        f"a\n{10**30}\n{ROOT}\n",
        "a\n1\nCsUYapGGPo4dkMgI\n",
        f"a\n1\n{ROOT[:-2]}J=\n",
        f"a\n1\n{ROOT}\n\nx\n",
        f"a\n0\n{ROOT}\n",
    ],
)
def test_what_is_no_checkpoint(text):
    with pytest.raises(NoteError):
        parse_checkpoint(text)


def test_a_checkpoint_is_the_one_of_the_log_that_signed_it():
    log, other = new_signer("log.example"), new_signer("other.example")
    text = format_checkpoint(Checkpoint("log.example", 0, EMPTY_ROOT))
    assert open_checkpoint(sign_note(text, [other, log]), log.verifier())[0].size == 0
    with pytest.raises(NoteError, match="another log"):
        open_checkpoint(sign_note(text, [other]), other.verifier())


def make_proof(extra=None):
    log = new_signer("log.example")
    read = read_from(HASHES)
    note = sign_note(format_checkpoint(Checkpoint("log.example", 5, root_of(5, read))), [log])
    return log, TlogProof(3, inclusion_proof(5, 3, read), note, extra)


@pytest.mark.parametrize("extra", [None, b"", b"more"])
def test_a_proof_file_is_written_and_read(extra):
    log, proof = make_proof(extra)
    text = format_proof(proof)
    assert text.startswith("c2sp.org/tlog-proof@v1\n")
    assert parse_proof(text) == proof
    assert verify_proof(parse_proof(text), HASHES[3], log.verifier()).size == 5
    with pytest.raises(ProofError):
        verify_proof(proof, HASHES[2], log.verifier())
    with pytest.raises(NoteError):
        verify_proof(proof, HASHES[3], new_signer("log.example").verifier())


def test_a_proof_of_the_only_entry_has_no_hashes():
    log = new_signer("log.example")
    note = sign_note(format_checkpoint(Checkpoint("log.example", 1, HASHES[0])), [log])
    text = format_proof(TlogProof(0, [], note))
    assert text == f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note}"
    verify_proof(parse_proof(text), HASHES[0], log.verifier())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tlog-proof@v1", "tlog-proof@v2"),
        ("index 3", "index 03"),
        ("index 3\n", ""),
        ("index 3\n", "index 3\nAAAA\n"),
        ("index 3\n", "index 3\n" + f"{ROOT}\n" * 64),
        ("\n\n", "\n"),
    ],
)
def test_what_is_no_proof_file(old, new):
    _, proof = make_proof()
    with pytest.raises(NoteError):
        parse_proof(format_proof(proof).replace(old, new))
