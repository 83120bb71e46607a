"""Whether an account may walk to a folder, by the bits on the way."""

import os
import stat
from pathlib import Path

import pytest

from marketplace.embedded.account import Account, account_for, can_enter

STRANGER = Account(uid=60_001, gid=60_001, name="stranger")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder below one whose bits the test sets; everything above is the system's own."""
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    return inner


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [(0o755, 0o755, True), (0o711, 0o755, True), (0o750, 0o755, False), (0o755, 0o750, False), (0o755, 0o711, False)],
)
def test_a_stranger_needs_the_bits_of_others_all_the_way(
    folder: Path, outer: int, inner: int, *, expected: bool
) -> None:
    for parent in (folder, folder.parent):
        parent.chmod(0o755)
    above = [parent for parent in folder.parents if not parent.stat().st_mode & stat.S_IXOTH]
    folder.parent.chmod(outer)
    folder.chmod(inner)
    assert can_enter(folder, STRANGER) is (expected and not above)


def test_the_owner_is_measured_by_the_owner_bits(folder: Path) -> None:
    folder.chmod(0o077)
    owner = Account(uid=folder.stat().st_uid, gid=folder.stat().st_gid, name="owner")
    assert not can_enter(folder, owner)
    folder.chmod(0o700)
    assert can_enter(folder, owner)
    assert not can_enter(folder, STRANGER)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give folders away")
def test_root_runs_the_server_as_the_owner_of_its_data(folder: Path) -> None:
    nobody = account_for(folder)
    assert nobody is not None
    assert nobody.name == "nobody"
    os.chown(folder, nobody.uid, nobody.gid)
    assert account_for(folder) == nobody
    assert account_for(folder / "not there yet") == nobody


@pytest.mark.skipif(os.geteuid() == 0, reason="root needs another account")
def test_a_normal_user_runs_the_server_as_itself(folder: Path) -> None:
    assert account_for(folder) is None
