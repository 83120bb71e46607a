"""Tiles: right names, right bytes, and a crash between any two steps harms nothing."""

import os
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transparency import files, tiles
from transparency.merkle import hash_leaf, read_from, root_of
from transparency.tiles import TileError, TileStore, join_bundle, split_bundle, tile_path


def entries_of(start, end):
    return [b"entry %d" % number for number in range(start, end)]


def root_over(size):
    return root_of(size, read_from([hash_leaf(entry) for entry in entries_of(0, size)]))


def names_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("number", "width", "path"),
    [
        (0, 256, "tile/0/000"),
        (0, 1, "tile/0/000.p/1"),
        (999, 256, "tile/0/999"),
        (1234067, 256, "tile/0/x001/x234/067"),
        (1234067, 255, "tile/0/x001/x234/067.p/255"),
        (1000, 256, "tile/0/x001/000"),
    ],
)
def test_paths_are_those_of_the_specification(number, width, path):
    assert tile_path(0, number, width) == path


def test_seventy_thousand_entries_are_the_tiles_of_the_specifications_example(tmp_path):
    TileStore(tmp_path).append(entries_of(0, 70_000))
    found = [name for name in names_in(tmp_path) if not name.startswith(("tile/entries", "size"))]
    full = [name for name in found if ".p/" not in name]
    assert sorted(name for name in found if ".p/" in name) == [
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    assert len([name for name in full if name.startswith("tile/0/")]) == 273
    assert [name for name in full if not name.startswith("tile/0/")] == ["tile/1/000"]
    assert {(tmp_path / name).stat().st_size for name in full} == {8192}


def test_256_entries_are_a_full_tile_and_a_partial_one_above(tmp_path):
    store = TileStore(tmp_path)
    store.append(entries_of(0, 256))
    assert names_in(tmp_path) == ["size", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"]
    assert (tmp_path / "tile/1/000.p/1").read_bytes() == store.root() == root_over(256)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=6))
def test_however_it_grew_it_is_the_same_tree(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("log")
    size = 0
    for step in steps:
        store = TileStore(folder)
        store.append(entries_of(size, size + step))
        size += step
        assert store.size == TileStore(folder).size == size
        assert store.root() == TileStore(folder).root() == root_over(size)
    assert list(TileStore(folder).read_entries(0, size)) == entries_of(0, size)
    # No partial tile is left where there is a full one.
    for name in names_in(folder):
        assert not name.partition(".p/")[1] or not (folder / name.partition(".p/")[0]).exists()


def test_older_roots_stay_readable(tmp_path):
    store = TileStore(tmp_path)
    for start in range(0, 1_000, 37):
        store.append(entries_of(start, start + 37))
    for size in (0, 1, 255, 256, 257, 511, 999, store.size):
        assert store.root(size) == root_over(size)
    with pytest.raises(TileError):
        store.root(store.size + 1)


def test_a_reader_that_opened_earlier_finds_what_has_become_full(tmp_path):
    store = TileStore(tmp_path)
    store.append(entries_of(0, 200))
    earlier = TileStore(tmp_path)
    store.append(entries_of(200, 600))
    assert not (tmp_path / "tile/0/000.p").exists()
    assert earlier.root() == root_over(200)
    assert list(earlier.read_entries(190, 200)) == entries_of(190, 200)


class _PowerCut(Exception):
    pass


@pytest.mark.parametrize(("before", "after"), [(0, 3), (3, 10), (250, 256), (250, 700), (256, 257), (700, 1_100)])
def test_a_crash_at_any_write_heals(tmp_path, monkeypatch, before, after):
    begun = tmp_path / "begun"
    TileStore(begun).append(entries_of(0, before))
    begun.mkdir(exist_ok=True)
    writes = 0
    real = os.fsync

    def count(handle):
        nonlocal writes
        writes += 1
        real(handle)

    monkeypatch.setattr(os, "fsync", count)
    whole = shutil.copytree(begun, tmp_path / "whole")
    TileStore(whole).append(entries_of(before, after))
    total = writes
    assert total >= 3
    for limit in range(total):
        folder = shutil.copytree(begun, tmp_path / f"cut-{limit}")
        writes = 0

        def cut(handle, limit=limit):
            nonlocal writes
            writes += 1
            if writes > limit:
                raise _PowerCut
            real(handle)

        monkeypatch.setattr(os, "fsync", cut)
        with pytest.raises(_PowerCut):
            TileStore(folder).append(entries_of(before, after))
        monkeypatch.setattr(os, "fsync", real)
        # Either the old tree or the new one, never something between.
        found = TileStore(folder)
        assert found.size in {before, after}
        assert found.root() == root_over(found.size)
        found.append(entries_of(found.size, after))
        assert TileStore(folder).root() == root_over(after)
        left = [name for name in names_in(folder) if not name.rpartition("/")[2].startswith(".")]
        # A partial tile may outlive the crash beside the full one; nothing else differs.
        extra = {name for name in left if ".p/" in name and name.partition(".p/")[0] in left}
        assert sorted(set(left) - extra) == names_in(whole)


def test_a_tile_that_holds_something_else_is_not_overwritten(tmp_path):
    store = TileStore(tmp_path)
    store.append(entries_of(0, 10))
    (tmp_path / "size").write_text("0\n")
    rolled_back = TileStore(tmp_path)
    with pytest.raises(TileError, match="something else"):
        rolled_back.append([b"another history"] * 10)
    assert list(store.read_entries(0, 10)) == entries_of(0, 10)


@pytest.mark.parametrize("damage", ["gone", "short", "odd"])
@pytest.mark.parametrize("name", ["tile/0/000.p/10", "tile/entries/000.p/10"])
def test_damaged_files_are_told_and_not_built_upon(tmp_path, damage, name):
    TileStore(tmp_path).append(entries_of(0, 10))
    path = tmp_path / name
    content = path.read_bytes()
    path.unlink() if damage == "gone" else path.write_bytes(content[: -32 if damage == "short" else -1])
    with pytest.raises(TileError):
        TileStore(tmp_path).append(entries_of(10, 12))
    assert TileStore(tmp_path).size == 10
    with pytest.raises(TileError):
        (TileStore(tmp_path).root(), list(TileStore(tmp_path).read_entries(0, 10)))


@pytest.mark.parametrize("text", ["", "x", "-1", "01", "1 2"])
def test_a_size_that_is_no_number_is_told(tmp_path, text):
    (tmp_path / "size").write_text(text)
    with pytest.raises(TileError, match="no number"):
        TileStore(tmp_path)


def test_an_entry_that_fits_no_bundle_leaves_nothing_behind(tmp_path):
    with pytest.raises(TileError, match="does not fit"):
        TileStore(tmp_path).append([b"x" * 65_536])
    assert names_in(tmp_path) == []


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_there_and_back(entries):
    bundle = join_bundle(entries)
    assert split_bundle(bundle) == entries
    if entries:
        with pytest.raises(TileError):
            split_bundle(bundle[:-1] if entries[-1] or len(entries) == 1 else bundle + b"\x00")


def test_opening_and_proving_reads_little(tmp_path, monkeypatch):
    TileStore(tmp_path).append(entries_of(0, 70_000))
    read = []
    real = tiles.Path.read_bytes
    monkeypatch.setattr(tiles.Path, "read_bytes", lambda path: read.append(path.name) or real(path))
    store = TileStore(tmp_path)
    assert read == []
    tiles.root_of(69_000, store.read_hash)
    # One full tile at each of three levels and those at the edge.
    assert len(read) <= 5


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "x"
    files.write_durably(path, b"old")

    def fail(_handle):
        raise _PowerCut

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(_PowerCut):
        files.write_durably(path, b"new")
    assert path.read_bytes() == b"old"
