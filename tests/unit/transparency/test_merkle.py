"""The tree: published vectors of RFC 6962/9162, and laws that hold for any tree."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transparency.merkle import (
    EMPTY_ROOT,
    ProofError,
    consistency_proof,
    hash_leaf,
    hash_node,
    inclusion_proof,
    read_from,
    root_of,
    verify_consistency,
    verify_inclusion,
)

#: Leaf inputs, roots of the first n of them, and proofs, as the reference implementations of RFC 6962 publish them.
LEAVES = [
    bytes.fromhex(one)
    for one in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
READ = read_from([hash_leaf(leaf) for leaf in LEAVES])


def reference_root(leaves):
    """RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hash_leaf(leaves[0])
    cut = 1
    while cut * 2 < len(leaves):
        cut *= 2
    return hash_node(reference_root(leaves[:cut]), reference_root(leaves[cut:]))


def make_tree(size):
    hashes = [hash_leaf(n.to_bytes(4, "big")) for n in range(size)]
    return hashes, read_from(hashes)


def test_roots_are_the_published_ones():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of(0, READ) == EMPTY_ROOT
    assert [root_of(size, READ).hex() for size in range(1, 9)] == ROOTS


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_the_published_ones(index, size):
    assert [one.hex() for one in inclusion_proof(size, index, READ)] == INCLUSION[index, size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proofs_are_the_published_ones(old, new):
    assert [one.hex() for one in consistency_proof(old, new, READ)] == CONSISTENCY[old, new]


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_the_root_is_the_one_of_the_definition(leaves):
    assert root_of(len(leaves), read_from([hash_leaf(one) for one in leaves])) == reference_root(leaves)


def test_every_proof_of_every_small_tree_verifies():
    hashes, read = make_tree(70)
    roots = [root_of(size, read) for size in range(71)]
    for size in range(1, 71):
        for index in range(size):
            verify_inclusion(
                index=index, size=size, leaf_hash=hashes[index],
                proof=inclusion_proof(size, index, read), root=roots[size],
            )  # fmt: skip
        for old in range(size + 1):
            verify_consistency(
                old_size=old, new_size=size, old_root=roots[old], new_root=roots[size],
                proof=consistency_proof(old, size, read),
            )  # fmt: skip


def flip(hashes, place, bit):
    changed = bytearray(hashes[place])
    changed[bit // 8] ^= 1 << bit % 8
    return [*hashes[:place], bytes(changed), *hashes[place + 1 :]]


@settings(max_examples=300)
@given(st.data())
def test_an_inclusion_proof_with_one_bit_changed_fails(data):
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    hashes, read = make_tree(size)
    proof = [hashes[index], root_of(size, read), *inclusion_proof(size, index, read)]
    changed = flip(proof, data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255)))
    with pytest.raises(ProofError):
        verify_inclusion(index=index, size=size, leaf_hash=changed[0], root=changed[1], proof=changed[2:])


@settings(max_examples=300)
@given(st.data())
def test_a_consistency_proof_with_one_bit_changed_fails(data):
    new = data.draw(st.integers(2, 300))
    old = data.draw(st.integers(1, new - 1))
    _, read = make_tree(new)
    proof = [root_of(old, read), root_of(new, read), *consistency_proof(old, new, read)]
    changed = flip(proof, data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255)))
    with pytest.raises(ProofError):
        verify_consistency(old_size=old, new_size=new, old_root=changed[0], new_root=changed[1], proof=changed[2:])


@settings(max_examples=300)
@given(st.data())
def test_a_proof_for_another_place_or_size_fails(data):
    size = data.draw(st.integers(2, 200))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index))
    hashes, read = make_tree(size)
    with pytest.raises(ProofError):
        verify_inclusion(
            index=other, size=size, leaf_hash=hashes[index],
            proof=inclusion_proof(size, index, read), root=root_of(size, read),
        )  # fmt: skip


def corruptions(proof, roots):
    yield [*proof, b""]
    yield [b"", *proof]
    for root in roots:
        yield [*proof, root]
        yield [root, *proof]
    if proof:
        yield proof[:-1]
        yield proof[1:]
        yield [proof[0], *proof]
    if len(proof) > 1:
        yield proof[::-1]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_published_inclusion_proofs_bear_no_change(index, size):
    proof = [bytes.fromhex(one) for one in INCLUSION[index, size]]
    root, leaf = bytes.fromhex(ROOTS[size - 1]), hash_leaf(LEAVES[index])
    verify_inclusion(index=index, size=size, leaf_hash=leaf, proof=proof, root=root)
    for changed in corruptions(proof, [root]):
        with pytest.raises(ProofError):
            verify_inclusion(index=index, size=size, leaf_hash=leaf, proof=changed, root=root)
    wrong = [(index - 1, size), (index + 1, size), (index ^ 2, size), (index, size * 2), (index, size // 2)]
    for one, other in wrong:
        if (one, other) != (index, size):
            with pytest.raises(ProofError):
                verify_inclusion(index=one, size=other, leaf_hash=leaf, proof=proof, root=root)


@pytest.mark.parametrize(("old", "new"), [pair for pair in CONSISTENCY if pair[0] < pair[1]])
def test_published_consistency_proofs_bear_no_change(old, new):
    proof = [bytes.fromhex(one) for one in CONSISTENCY[old, new]]
    old_root, new_root = bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1])
    known = {"old_root": old_root, "new_root": new_root}
    verify_consistency(old_size=old, new_size=new, proof=proof, **known)
    for changed in (*corruptions(proof, [old_root, new_root]), []):
        with pytest.raises(ProofError):
            verify_consistency(old_size=old, new_size=new, proof=changed, **known)
    for one, other in ((old - 1, new), (old + 1, new), (old ^ 2, new), (old, new * 2), (old, new // 2)):
        with pytest.raises(ProofError):
            verify_consistency(old_size=one, new_size=other, proof=proof, **known)
    with pytest.raises(ProofError):
        verify_consistency(old_size=old, new_size=new, proof=proof, old_root=new_root, new_root=old_root)


A, B = b"a" * 32, b"b" * 32


@pytest.mark.parametrize(
    ("old", "new", "old_root", "new_root", "proof"),
    [
        (0, 0, A, A, []),
        (0, 1, A, B, []),
        (1, 1, A, B, []),
        (1, 0, A, A, []),
        (2, 1, A, A, []),
        (1, 2, A, B, []),
        (0, 1, EMPTY_ROOT, A, [A]),
        (1, 1, A, A, [A]),
        (-1, 1, A, A, []),
        (1, 1, b"short", b"short", []),
    ],
)
def test_what_needs_no_proof_still_has_to_be_true(old, new, old_root, new_root, proof):
    with pytest.raises(ProofError):
        verify_consistency(old_size=old, new_size=new, old_root=old_root, new_root=new_root, proof=proof)


def test_nothing_begins_everything():
    verify_consistency(old_size=0, new_size=5, old_root=EMPTY_ROOT, new_root=A, proof=[])
    verify_consistency(old_size=5, new_size=5, old_root=A, new_root=A, proof=[])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (2, 1)])
def test_no_proof_for_what_is_not_there(index, size):
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_proof(size, index, READ)
    with pytest.raises(ProofError):
        verify_inclusion(index=index, size=size, leaf_hash=A, proof=[], root=A)


def test_no_tree_continues_a_larger_one():
    with pytest.raises(ValueError, match="cannot continue"):
        consistency_proof(3, 2, READ)
