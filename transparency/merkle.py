"""The tree of RFC 9162, 2.1: roots, proofs, and their verification.

A tree is read through ``ReadHash``: given a height and a position, it returns the hash of that complete subtree.
Height 0 are the leaves. A proof reads O(log n) of them, whatever the size of the log.
"""

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
#: The root of a tree without leaves (RFC 9162, 2.1.1).
EMPTY_ROOT = hashlib.sha256(b"").digest()
#: ``read(height, position)``: the hash over leaves position * 2**height up to (position + 1) * 2**height.
ReadHash = Callable[[int, int], bytes]


class ProofError(ValueError):
    """A proof does not prove what it is said to prove."""


def hash_leaf(entry: bytes) -> bytes:
    """Return the hash of an entry: SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def read_from(leaf_hashes: Sequence[bytes]) -> ReadHash:
    """Return a reader over leaf hashes in memory: for small trees, and for checking others."""

    def read(height: int, position: int) -> bytes:
        if height == 0:
            return leaf_hashes[position]
        return hash_node(read(height - 1, 2 * position), read(height - 1, 2 * position + 1))

    return read


def root_of(size: int, read: ReadHash) -> bytes:
    """Return the root over the first ``size`` leaves."""
    return _root_of_range(0, size, read) if size else EMPTY_ROOT


def inclusion_proof(size: int, index: int, read: ReadHash) -> list[bytes]:
    """Return the path from leaf ``index`` to the root over ``size`` leaves (RFC 9162, 2.1.3.1), lowest hash first."""
    if not 0 <= index < size:
        message = f"leaf {index} is not in a tree of {size}"
        raise ValueError(message)
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_root_of_range(middle, end, read))
            end = middle
        else:
            path.append(_root_of_range(start, middle, read))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, read: ReadHash) -> list[bytes]:
    """Return the proof that the first ``old`` leaves begin the first ``new`` ones (RFC 9162, 2.1.4.1).

    It is empty when nothing has to be proved: from nothing, or between equal sizes.
    """
    if not 0 <= old <= new:
        message = f"a tree of {new} cannot continue one of {old}"
        raise ValueError(message)
    if old in {0, new}:
        return []
    start, end, path = 0, new, []
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_root_of_range(middle, end, read))
            end = middle
        else:
            path.append(_root_of_range(start, middle, read))
            start = middle
    if start:
        # The old tree is no subtree of the new one: its last complete part comes along.
        path.append(_root_of_range(start, end, read))
    return path[::-1]


def verify_inclusion(*, index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check an inclusion proof (RFC 9162, 2.1.3.2). Raises ``ProofError``."""
    if not 0 <= index < size:
        message = f"entry {index} cannot be in a log of {size}"
        raise ProofError(message)
    _check_lengths([leaf_hash, root, *proof])
    place, last, found = index, size - 1, leaf_hash
    for one in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if place & 1 or place == last:
            found = hash_node(one, found)
            place, last = _climb_edge(place, last)
        else:
            found = hash_node(found, one)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("the inclusion proof is too short")
    if found != root:
        raise ProofError("the inclusion proof leads to another root")


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check a consistency proof (RFC 9162, 2.1.4.2). Raises ``ProofError``.

    Nothing (size 0) is the beginning of everything; its root has to be that of the empty tree.
    """
    if not 0 <= old_size <= new_size:
        message = f"a log of {new_size} cannot continue one of {old_size}"
        raise ProofError(message)
    _check_lengths([old_root, new_root, *proof])
    if old_size in {0, new_size}:
        _check_trivial(old_size, new_size, old_root, new_root, proof)
        return
    # A tree of 2**n leaves is a subtree of the new one; its root is known and is not sent.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not proof:
        raise ProofError("the consistency proof is empty")
    old_found = new_found = path[0]
    for one in path[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if place & 1 or place == last:
            old_found, new_found = hash_node(one, old_found), hash_node(one, new_found)
            place, last = _climb_edge(place, last)
        else:
            new_found = hash_node(new_found, one)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("the consistency proof is too short")
    _check_roots(old_found, old_root, new_found, new_root)


def _climb_edge(place: int, last: int) -> tuple[int, int]:
    """Pass the levels of the right edge that have no sibling."""
    while place & 1 == 0 and place:
        place, last = place >> 1, last >> 1
    return place, last


def _check_roots(old_found: bytes, old_root: bytes, new_found: bytes, new_root: bytes) -> None:
    if old_found != old_root:
        raise ProofError("the consistency proof leads to another old root")
    if new_found != new_root:
        raise ProofError("the consistency proof leads to another new root")


def _check_trivial(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise ProofError("nothing had to be proved, and yet there is a proof")
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise ProofError("the root of the empty log is another one")
    if old_size == new_size and old_root != new_root:
        message = f"there are two different logs of {new_size} entries"
        raise ProofError(message)


def _check_lengths(hashes: Sequence[bytes]) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofError("a hash does not have 32 bytes")


def _split(size: int) -> int:
    """Return the largest power of two below ``size``: where RFC 9162 cuts a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def _root_of_range(start: int, end: int, read: ReadHash) -> bytes:
    """Return the hash over leaves start to end; start is a multiple of a power of two that covers them."""
    parts = []
    while start < end:
        height = (end - start).bit_length() - 1
        parts.append(read(height, start >> height))
        start += 1 << height
    found = parts.pop()
    while parts:
        found = hash_node(parts.pop(), found)
    return found
