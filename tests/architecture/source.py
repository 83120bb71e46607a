"""What the tests of the architecture look at: our own files, and the syntax trees of the Python among them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sellers", "traceability", "catalog", "logistics", "orders", "search")
#: Everything that runs in a real market, the simulators beside it and the two libraries under it.
PRODUCT = ("marketplace", *PACKAGES, "simulators", "transparency", "epcis")
_NOT_OURS = {".git", ".venv", "var", "build", "dist", "__pycache__", "node_modules"}


@cache
def list_files() -> tuple[Path, ...]:
    """Return every file of the project: those that Git knows or, in an unpacked archive, those that are there."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        paths = (ROOT / name for name in listed.stdout.split("\0") if name)
        return tuple(sorted(path for path in set(paths) if path.is_file()))
    return tuple(sorted(path for path in ROOT.rglob("*") if path.is_file() and not _NOT_OURS & set(path.parts)))


def list_python(*folders: str) -> list[Path]:
    """Return the Python files below some folders of the project, or all of them."""
    return [
        path
        for path in list_files()
        if path.suffix == ".py" and (not folders or path.relative_to(ROOT).parts[0] in folders)
    ]


@cache
def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def walk(*folders: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield every node of the Python files below some folders, with "file:line" of where it stands."""
    for path in list_python(*folders):
        name = str(path.relative_to(ROOT))
        for node in ast.walk(parse(path)):
            yield f"{name}:{getattr(node, 'lineno', 1)}", node
