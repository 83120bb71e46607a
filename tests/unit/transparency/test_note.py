"""Notes: published examples come out byte for byte, and nothing false is believed."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transparency.note import (
    COSIGNATURE,
    ED25519,
    NoteError,
    Signer,
    Verifier,
    new_signer,
    open_note,
    sign_note,
    split_note,
)

#: The example of the Go implementation of notes.
GO_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
#: The example of the C2SP specification.
C2SP_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
#: A checkpoint and two lines of keys nobody here knows, as the C2SP witness specification prints them.
FOREIGN = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "\u2014 witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


def test_the_published_key_signs_the_published_note():
    signer = Signer.from_text(GO_SECRET)
    assert signer.verifier().to_text() == GO_VKEY
    assert signer.to_text() == GO_SECRET
    assert sign_note(GO_TEXT, [signer]) == f"{GO_TEXT}\n{GO_LINE}"


@pytest.mark.parametrize(("note", "vkey"), [(f"{GO_TEXT}\n{GO_LINE}", GO_VKEY), (C2SP_NOTE, C2SP_VKEY)])
def test_published_notes_open(note, vkey):
    verifier = Verifier.from_text(vkey)
    assert verifier.to_text() == vkey
    opened = open_note(note, [verifier])
    assert opened.text == note.split("\n\n")[0] + "\n"
    assert [line.name for line in opened.verified] == [verifier.name]
    assert opened.others == ()


def test_the_published_cosigned_checkpoint_is_taken_apart_and_put_together():
    text, lines = split_note(FOREIGN)
    assert [(line.name, line.key_id.hex(), len(line.signature)) for line in lines] == [
        ("example.com/behind-the-sofa", "033de0ae", 64),
        ("witness.example.com/w1", "8d66cf3f", 72),
    ]
    assert lines[1].cosigned_at == 1679315147
    assert text + "\n" + "".join(line.to_text() for line in lines) == FOREIGN


def test_a_cosignature_signs_the_time_and_the_text():
    witness = new_signer("witness.example/w1", COSIGNATURE)
    note = sign_note("log.example\n1\nx\n", [witness], at=1_800_000_000)
    opened = open_note(note, [witness.verifier()])
    assert opened.verified[0].cosigned_at == 1_800_000_000
    plain = Verifier(witness.name, witness.verifier().public_key, ED25519)
    message = "cosignature/v1\ntime 1800000000\nlog.example\n1\nx\n"
    assert plain.is_valid(message, opened.verified[0].signature[8:])
    assert not witness.verifier().is_valid(opened.text, (1).to_bytes(8, "big") + opened.verified[0].signature[8:])
    assert not witness.verifier().is_valid(opened.text, b"\xff" * 72)
    with pytest.raises(NoteError, match="time"):
        sign_note("x\n", [witness])


def test_the_same_key_in_two_roles_has_two_numbers():
    signer = new_signer("a.example")
    as_witness = Signer(signer.name, signer.seed, COSIGNATURE)
    assert signer.verifier().key_id != as_witness.verifier().key_id
    with pytest.raises(NoteError, match="none of the expected keys"):
        open_note(sign_note("x\n", [signer]), [as_witness.verifier()])


def test_unknown_lines_are_kept_and_ignored():
    mine = new_signer("log.example")
    later = "\u2014 log.example " + base64.b64encode(b"\x06\x00\x00\x01" + bytes(2428)).decode() + "\n"
    opened = open_note(sign_note("x\n", [mine]) + later, [mine.verifier()])
    assert [line.to_text() for line in opened.others] == [later]
    assert len(opened.verified) == 1


def test_a_line_that_is_there_twice_counts_once():
    mine = new_signer("log.example")
    note = sign_note("x\n", [mine, mine])
    assert len(open_note(note, [mine.verifier()]).verified) == 1


def test_one_false_line_of_a_known_key_spoils_the_note():
    one, other = new_signer("one.example"), new_signer("other.example")
    note = sign_note("x\n", [one]) + other.sign("y\n").to_text()
    assert open_note(note, [one.verifier()]).text == "x\n"
    with pytest.raises(NoteError, match=r"other\.example is false"):
        open_note(note, [one.verifier(), other.verifier()])


@given(st.data())
def test_no_flipped_bit_is_believed(data):
    signer = Signer.from_text(GO_SECRET)
    note = bytearray(sign_note(GO_TEXT, [signer]).encode())
    place = data.draw(st.integers(0, len(note) - 1))
    note[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((NoteError, UnicodeDecodeError)):
        open_note(note.decode(), [signer.verifier()])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "x\n",
        "x\n\n",
        "x\n\n\u2014 a.example AAAAAAA=",
        "x\n\n- a.example AAAAAAA=\n",
        "x\n\n\u2014 a.example\n",
        "x\n\n\u2014  AAAAAAA=\n",
        "x\n\n\u2014 a+b AAAAAAA=\n",
        "x\n\n\u2014 a.example AAAA\n",
        "x\n\n\u2014 a.example AAAAAAB=\n",
        "x\n\n\u2014 a.example AAAAAAA\n",
        "x\n\n\u2014 a.example AAAA AAA=\n",
        "x\ty\n\n\u2014 a.example AAAAAAA=\n",
        "x\r\n\n\u2014 a.example AAAAAAA=\n",
        "\ud800\n\n\u2014 a.example AAAAAAA=\n",
        "x\n\n" + "\u2014 a.example AAAAAAA=\n" * 300,
        "x" * 1_000_001 + "\n\n\u2014 a.example AAAAAAA=\n",
    ],
)
def test_what_is_no_note(note):
    with pytest.raises(NoteError):
        split_note(note)


def test_text_with_empty_lines_ends_at_the_last_one():
    signer = new_signer("a.example")
    assert open_note(sign_note("a\n\nb\n", [signer]), [signer.verifier()]).text == "a\n\nb\n"


def test_every_part_and_every_change_of_a_key_is_refused():
    for secret, read in ((GO_SECRET, Signer.from_text), (GO_VKEY, Verifier.from_text)):
        for start in range(len(secret)):
            with pytest.raises(NoteError):
                read(secret[start + 1 :])
            with pytest.raises(NoteError):
                read(secret[:start])
            with pytest.raises(NoteError):
                read(secret[:start] + chr(ord(secret[start]) + 1) + secret[start + 1 :])


@pytest.mark.parametrize(
    "vkey",
    [
        # A wrong length, and an unknown kind, both with the number that goes with it.
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_what_is_no_key(vkey):
    with pytest.raises(NoteError):
        Verifier.from_text(vkey)


def test_a_name_with_a_space_gets_no_key():
    with pytest.raises(NoteError):
        new_signer("a b")


def test_a_secret_does_not_print_itself():
    assert GO_SECRET.rsplit("+", 1)[1] not in repr(Signer.from_text(GO_SECRET))
