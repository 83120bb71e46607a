"""What the documents say of the code is so."""

import ast
import re

import pytest
import yaml

from marketplace.embedded.stack import COMMANDS
from tests.architecture.source import ROOT, list_files, parse

_VARIABLE = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|HOST|PORT)(?:=1)?`")
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?!https?:)([^)#]+)")
_DOCUMENTS = [path for path in list_files() if path.suffix == ".md"]


def _read_variables() -> set[str]:
    """Return what ``env.get("...")`` and ``envvar="..."`` name in the settings and the command line."""
    found = set()
    for name in ("config", "cli"):
        for node in ast.walk(parse(ROOT / "marketplace" / f"{name}.py")):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                is_environment = isinstance(node.func.value, ast.Name) and node.func.value.id == "env"
                if node.func.attr == "get" and is_environment:
                    found.add(ast.literal_eval(node.args[0]))
                found |= {ast.literal_eval(word.value) for word in node.keywords if word.arg == "envvar"}
    return found


def _documented_variables() -> set[str]:
    texts = (ROOT / "docs" / name for name in ("operations.md", "going-live.md"))
    return {name for path in texts for name in _VARIABLE.findall(path.read_text("utf-8"))}


def test_every_variable_is_documented_and_every_documented_one_is_read():
    assert _read_variables() == _documented_variables()


@pytest.mark.parametrize("path", _DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path):
    broken = [link for link in _LINK.findall(path.read_text("utf-8")) if not (path.parent / link).exists()]
    assert broken == []


def test_containers_run_the_same_processes_as_the_stack():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    ours = {name: tuple(service["command"][1:]) for name, service in services.items() if name in COMMANDS}
    assert set(ours) == set(COMMANDS) - {"simulators"}
    for name, arguments in ours.items():
        expected = COMMANDS[name][3:]
        assert arguments[: len(expected)] == expected, name


def test_every_decision_is_in_the_list():
    folder = ROOT / "docs" / "adr"
    listed = set(_LINK.findall((folder / "README.md").read_text("utf-8")))
    assert listed == {path.name for path in folder.glob("0*.md")}
