"""Others say the same about what we make: metamorphic-log (in Rust) of proofs and notes, tlog-scales of tiles."""

import random
import shutil

import metamorphic_log as theirs
import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.tlog import InclusionProofInvalid

from transparency.checkpoint import Checkpoint, format_checkpoint
from transparency.merkle import consistency_proof, hash_leaf, inclusion_proof, verify_consistency, verify_inclusion
from transparency.note import new_signer, sign_note
from transparency.tiles import TileStore

SIZE, PAIRS = 70_000, 1_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("log")


@pytest.fixture(scope="module")
def log(folder):
    """A log with 70,000 entries, in a folder: three levels of tiles, all with partial ones."""
    store = TileStore(folder)
    entries = [b'{"n":%d}' % number for number in range(SIZE)]
    for start, end in ((0, 1), (1, 255), (255, 257), (257, 65_536), (65_536, SIZE)):
        store.append(entries[start:end])
    return store, entries


def test_a_thousand_random_pairs(log):
    store, entries = log
    dice = random.Random(9162)
    for _ in range(PAIRS):
        old = dice.randrange(1, SIZE)
        new = dice.randrange(old + 1, SIZE + 1)
        old_root, new_root = store.root(old), store.root(new)
        proof = consistency_proof(old, new, store.read_hash)
        theirs.verify_consistency(old, new, proof, old_root, new_root)
        verify_consistency(old_size=old, new_size=new, old_root=old_root, new_root=new_root, proof=proof)
        index = dice.randrange(new)
        leaf = hash_leaf(entries[index])
        proof = inclusion_proof(new, index, store.read_hash)
        theirs.verify_inclusion(index, new, leaf, proof, new_root)
        verify_inclusion(index=index, size=new, leaf_hash=leaf, proof=proof, root=new_root)
        with pytest.raises(theirs.VerifyError):
            theirs.verify_inclusion(index, new, hash_leaf(b"other"), proof, new_root)


def test_notes_and_checkpoints(log):
    store, entries = log
    signer = new_signer("log.example/log")
    vkey = signer.verifier().to_text()
    notes = {
        size: sign_note(format_checkpoint(Checkpoint(signer.name, size, store.root(size))), [signer])
        for size in (1, 4_000, SIZE)
    }
    for size, note in notes.items():
        head = theirs.checkpoint_verify(note, [vkey])
        assert (head.origin, head.size, head.root) == (signer.name, size, store.root(size))
        assert theirs.verify_signed_note(note, [vkey]) == 1
    theirs.checkpoint_verify_consistency(
        notes[4_000], notes[SIZE], [vkey], consistency_proof(4_000, SIZE, store.read_hash)
    )
    proof = inclusion_proof(SIZE, 65_000, store.read_hash)
    theirs.checkpoint_verify_inclusion(notes[SIZE], [vkey], 65_000, hash_leaf(entries[65_000]), proof)
    with pytest.raises(theirs.VerifyError):
        theirs.checkpoint_verify(notes[SIZE], [new_signer(signer.name).verifier().to_text()])


def _read_tiles(folder, size):
    """Return somebody else's reader of our files; it knows nothing but the folder and a size."""
    reader = TilesReader(LocalBackend(folder))
    reader.set_size(size)
    return reader


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 65_535, 65_536, 65_537, SIZE])
def test_others_compute_our_roots_from_our_tiles(log, folder, size):
    store, _ = log
    assert _read_tiles(folder, size).calculate_root_hash() == store.root(size)


def test_others_prove_our_entries_from_our_tiles(log, folder):
    store, entries = log
    dice = random.Random(20_261_129)
    reader = _read_tiles(folder, SIZE)
    for index in (0, 255, 256, 65_535, 65_536, SIZE - 1, *(dice.randrange(SIZE) for _ in range(100))):
        assert reader.get_entry(index) == entries[index]
        proof = reader.get_inclusion_proof(index, SIZE)
        assert proof.node_hashes == inclusion_proof(SIZE, index, store.read_hash)
        proof.check(hash_leaf(entries[index]), store.root(SIZE))
        with pytest.raises(InclusionProofInvalid):
            proof.check(hash_leaf(b"other"), store.root(SIZE))
    old = reader.get_consistency_proof(4_000, SIZE)
    assert old.node_hashes == consistency_proof(4_000, SIZE, store.read_hash)
    old.check(store.root(4_000), store.root(SIZE))


def test_others_notice_a_tile_in_which_one_bit_was_flipped(log, folder, tmp_path):
    store, _ = log
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    tile = copy / "tile" / "0" / "001"
    flipped = bytearray(tile.read_bytes())
    flipped[0] ^= 1
    tile.chmod(0o644)
    tile.write_bytes(flipped)
    assert _read_tiles(copy, SIZE).get_inclusion_proof(257, SIZE).node_hashes != inclusion_proof(
        SIZE, 257, store.read_hash
    )
    assert _read_tiles(copy, 300).calculate_root_hash() != store.root(300)
