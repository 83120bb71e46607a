"""A log's tree as static files (C2SP tlog-tiles): tiles of 256 hashes, bundles of 256 entries, none ever changed.

What a file holds follows from the entries alone, so that writing it again after a crash writes the same bytes; other
bytes under the same name are refused. The size is written last: files beyond it are no part of the tree yet. Old
partial tiles go when the full one is there, as the specification allows.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from transparency.files import make_folder, sync_folder, write_content, write_durably
from transparency.merkle import HASH_BYTES, hash_leaf, hash_node, root_of

WIDTH = 256
#: Tree levels that one tile spans.
HEIGHT = 8
MAX_ENTRY_BYTES = 65_535
_SIZE_FILE = "size"
_MAX_NODES, _MAX_TILES = 200_000, 256
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
#: Fetches a file of the log by its path below the log's address, or None where there is none.
Fetch = Callable[[str], bytes | None]


class TileError(RuntimeError):
    """The files are not those of one growing log."""


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Return the path of a tile (level 0 up to 63) or a bundle (level ``entries``) below the log's address."""
    groups = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03}")
    path = f"tile/{level}/{'/'.join(groups)}"
    return path if width == WIDTH else f"{path}.p/{width}"


def join_bundle(entries: Sequence[bytes]) -> bytes:
    """Return entries as a bundle: each behind its length in two bytes. Raises ``TileError`` for one too long."""
    if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise TileError("an entry does not fit a bundle")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def split_bundle(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle. Raises ``TileError``."""
    entries, place = [], 0
    while place < len(bundle):
        end = place + 2 + int.from_bytes(bundle[place : place + 2], "big")
        if end > len(bundle) or end < place + 2 or len(bundle) < place + 2:
            raise TileError("a bundle of entries is cut off")
        entries.append(bundle[place + 2 : end])
        place = end
    return entries


class TileReader:
    """Reads the tree of a log of ``size`` entries from wherever its files are."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch = fetch
        self.size = size
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first ``size`` entries, by default all of them. Raises ``TileError``."""
        wanted = self.size if size is None else size
        if not 0 <= wanted <= self.size:
            message = f"the log has {self.size} entries, not {wanted}"
            raise TileError(message)
        return root_of(wanted, self.read_hash)

    def read_hash(self, height: int, position: int) -> bytes:
        """Return the hash of a complete subtree (``transparency.merkle.ReadHash``). Raises ``TileError``."""
        known = self._nodes.get((height, position))
        if known is not None:
            return known
        level, rest = divmod(height, HEIGHT)
        if rest == 0:
            number, place = divmod(position, WIDTH)
            tile = self._tile(level, number, place + 1)
            return tile[place * HASH_BYTES : (place + 1) * HASH_BYTES]
        # Below a tile's own height: folded from the tile at once, which is faster than going down by halves.
        first, width = position << rest, 1 << rest
        number, place = divmod(first, WIDTH)
        tile = self._tile(level, number, place + width)
        row = [tile[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at in range(place, place + width)]
        while len(row) > 1:
            row = [hash_node(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
        (found,) = row
        if len(self._nodes) >= _MAX_NODES:
            self._nodes.clear()
        self._nodes[height, position] = found
        return found

    def read_entries(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the entries from one place up to another. Raises ``TileError``."""
        for number in range(start // WIDTH, -(-end // WIDTH)):
            first = number * WIDTH
            needed = min(end - first, WIDTH)
            entries = split_bundle(self._read("entries", number, needed))
            if len(entries) < needed:
                message = f"entries from {first} on are missing"
                raise TileError(message)
            yield from entries[max(start - first, 0) : needed]

    def _tile(self, level: int, number: int, needed: int) -> bytes:
        tile = self._tiles.get((level, number), b"")
        if len(tile) < needed * HASH_BYTES:
            tile = self._read(level, number, needed)
            if len(tile) % HASH_BYTES or not needed * HASH_BYTES <= len(tile) <= WIDTH * HASH_BYTES:
                message = f"the file {tile_path(level, number)} has {len(tile)} bytes"
                raise TileError(message)
            if len(self._tiles) >= _MAX_TILES:
                self._tiles.clear()
            self._tiles[level, number] = tile
        return tile

    def _read(self, level: int | str, number: int, needed: int) -> bytes:
        in_level = self.size if level == "entries" else self.size >> (HEIGHT * int(level))
        width = min(in_level - number * WIDTH, WIDTH)
        if needed > width:
            message = f"the file {tile_path(level, number)} is not that wide in a log of {self.size}"
            raise TileError(message)
        found = self._fetch(tile_path(level, number, width))
        if found is None and width < WIDTH:
            # It may have become full since, and the partial one may be gone.
            found = self._fetch(tile_path(level, number))
        if found is None:
            message = f"the file {tile_path(level, number, width)} is missing"
            raise TileError(message)
        return found


class TileStore(TileReader):
    """The tree's files in a folder. Opening it reads one small file; only one process may append."""

    def __init__(self, folder: Path) -> None:
        super().__init__(self._read_file, _read_size(folder))
        self._folder = folder

    def append(self, entries: Sequence[bytes]) -> None:
        """Add entries at the end; when this returns, the disk has them.

        Raises ``TileError`` when a file of that name is there already and holds something else. A crash on the way
        leaves a tree of the old size, and the same entries may be appended again.
        """
        if not entries:
            return
        old, new = self.size, self.size + len(entries)
        begun = old % WIDTH
        bundle = self._file("entries", old // WIDTH, begun) if begun else b""
        kept = split_bundle(bundle)
        if len(kept) != begun:
            raise TileError("the last bundle of entries is not as long as the tree")
        full: list[tuple[int | str, int]] = []
        self._write_level("entries", old, [*kept, *entries], full)
        fresh = [hash_leaf(entry) for entry in entries]
        for level in range(64 // HEIGHT):
            if not fresh:
                break
            start = old >> (HEIGHT * level)
            begun = start % WIDTH
            tile = self._file(level, start // WIDTH, begun) if begun else b""
            row = [tile[place : place + HASH_BYTES] for place in range(0, len(tile), HASH_BYTES)] + fresh
            self._write_level(level, start, row, full)
            fresh = [_hash_tile(row[place : place + WIDTH]) for place in range(0, len(row) - WIDTH + 1, WIDTH)]
        write_durably(self._folder / _SIZE_FILE, f"{new}\n".encode())
        self.size = new
        self._tiles.clear()
        for one in full:
            shutil.rmtree(self._folder / f"{tile_path(*one)}.p", ignore_errors=True)

    def _write_level(self, level: int | str, old: int, row: Sequence[bytes], full: list[tuple[int | str, int]]) -> None:
        """Write the tiles of a level from the one on in which the old tree ends; ``row`` begins where that begins."""
        folders = set()
        for place in range(0, len(row), WIDTH):
            number = old // WIDTH + place // WIDTH
            part = row[place : place + WIDTH]
            path = self._folder / tile_path(level, number, len(part))
            content = join_bundle(part) if level == "entries" else b"".join(part)
            if self._write_once(path, content):
                folders.add(path.parent)
            if len(part) == WIDTH:
                full.append((level, number))
        for folder in folders:
            sync_folder(folder)

    def _write_once(self, path: Path, content: bytes) -> bool:
        try:
            there = path.read_bytes()
        except FileNotFoundError:
            make_folder(path.parent)
            write_content(path, content)
            return True
        if there != content:
            message = f"{path.relative_to(self._folder)} is there already and holds something else"
            raise TileError(message)
        return False

    def _file(self, level: int | str, number: int, width: int) -> bytes:
        found = self._read_file(tile_path(level, number, width))
        if found is None:
            full = self._read_file(tile_path(level, number))
            if full is None:
                message = f"the file {tile_path(level, number, width)} is missing"
                raise TileError(message)
            # A crash came between the full tile and the size.
            found = join_bundle(split_bundle(full)[:width]) if level == "entries" else full[: width * HASH_BYTES]
        if level != "entries" and len(found) != width * HASH_BYTES:
            message = f"the file {tile_path(level, number, width)} has {len(found)} bytes"
            raise TileError(message)
        return found

    def _read_file(self, path: str) -> bytes | None:
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None


def _hash_tile(row: Sequence[bytes]) -> bytes:
    """Return the hash of a full tile: what stands for it one level up."""
    while len(row) > 1:
        row = [hash_node(row[place], row[place + 1]) for place in range(0, len(row), 2)]
    return row[0]


def _read_size(folder: Path) -> int:
    try:
        written = (folder / _SIZE_FILE).read_text("ascii").removesuffix("\n")
    except FileNotFoundError:
        return 0
    if not _NUMBER.fullmatch(written):
        message = f"{folder / _SIZE_FILE} is no number"
        raise TileError(message)
    return int(written)
