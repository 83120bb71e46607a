"""Habits of the house that a look at the source can check."""

import ast
import os
import re
from urllib.parse import urlsplit

import pytest

from tests.architecture.source import PRODUCT, ROOT, list_files, list_python, parse, walk

_LIMIT_BYTES = 20_480
#: Put together here, so that this file does not name what it forbids.
_UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|X" + "XX|NotImplemented" + r"Error)\b")
_REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "proxy.go" + "lang.org")
_MACHINE_PATH = re.compile(r"(?<![\w.~>}/-])/(?:ro" + "ot|wo" + r"rk|ho" + r"me/\w+)/")
_INDEX_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX")


def _text_files():
    for path in list_files():
        try:
            yield path.relative_to(ROOT), path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def test_only_one_place_commits():
    """A use case that commits by itself cannot be part of a larger one. The search index's writer is no database."""
    calls = [
        where
        for where, node in walk(*PRODUCT)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "writer")
    ]
    assert [where.rsplit(":", 1)[0] for where in calls] == ["marketplace/core/db.py"]


def test_only_processes_of_their_own_open_transactions_by_hand():
    """The relay and the keeper have no use cases; whoever has goes through ``transaction()``."""
    assert {
        where.rsplit(":", 1)[0]
        for where, node in walk(*PRODUCT)
        if isinstance(node, ast.Attribute)
        and node.attr == "begin"
        and not (isinstance(node.value, ast.Name) and node.value.id == "connection")
    } == {"marketplace/keeper/keeper.py", "marketplace/keeper/keeping.py", "marketplace/relay.py"}


def test_the_writer_that_is_no_database_stays_in_its_adapter():
    assert {
        where.rsplit(":", 1)[0]
        for where, node in walk(*PRODUCT)
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    } == {"marketplace/core/db.py", "search/adapters/tantivy_index.py"}


def test_no_python_file_is_too_long_to_read():
    too_long = {
        str(path.relative_to(ROOT)): path.stat().st_size
        for path in list_python()
        if path.relative_to(ROOT).parts[:2] != ("migrations", "versions") and path.stat().st_size > _LIMIT_BYTES
    }
    assert too_long == {}


def test_nothing_is_left_unfinished():
    found = [
        f"{path}: {match.group()}"
        for path, text in _text_files()
        if path.parts[0] in {*PRODUCT, "templates", "migrations"}
        for match in _UNFINISHED.finditer(text)
    ]
    assert found == []


def test_no_file_says_where_a_machine_gets_its_packages():
    addresses = (os.environ.get(name, "") for name in _INDEX_VARIABLES)
    own = [host for host in (urlsplit(address).hostname for address in addresses) if host]
    found = [f"{path}: {host}" for path, text in _text_files() for host in (*_REGISTRIES, *own) if host in text]
    assert found == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on():
    found = [f"{path}: {match.group()}" for path, text in _text_files() for match in _MACHINE_PATH.finditer(text)]
    assert found == []


def _packages():
    return [path for path in list_python(*PRODUCT) if path.name == "__init__.py"]


@pytest.mark.parametrize("path", _packages(), ids=lambda path: str(path.relative_to(ROOT).parent))
def test_a_package_says_in_one_sentence_what_it_is_for(path):
    tree = parse(path)
    if path == ROOT / "marketplace" / "__init__.py":
        assert tree.body == [], "the roof holds nothing itself"
        return
    sentence = ast.get_docstring(tree)
    assert sentence, "a package begins with a sentence"
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert len(re.findall(r"[.!?](?:\s|$)", sentence)) == 1, "one sentence"


def test_rooms_have_honest_names():
    vague = {"utils", "helpers", "common", "managers", "misc", "util", "helper"}
    assert [str(path) for path in list_python(*PRODUCT) if vague & {path.stem, *path.relative_to(ROOT).parts}] == []
