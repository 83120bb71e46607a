"""Files that a power cut leaves either as they were or as they were to be."""

import os
from pathlib import Path


def write_durably(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace a small file by way of a fresh one beside it, and wait until the disk has it and its name."""
    write_content(path, content, mode)
    sync_folder(path.parent)


def write_content(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace a file as ``write_durably`` does, but leave it to the caller to ``sync_folder``."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def make_folder(path: Path, mode: int = 0o755) -> None:
    """Make a folder and those above it; the disk knows of each."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=mode, exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Wait until the disk has a folder's names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
