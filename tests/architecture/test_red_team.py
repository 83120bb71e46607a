"""The table of ways to cheat in docs/traceability.md and the tests that try them name the same."""

import re

from tests.architecture.source import ROOT

_ROW = re.compile(r"^\| (`[a-z-]+`|not stopped) \| [^|]+ \| [^|]+ \| [^|]+ \|$", re.MULTILINE)
_MARK = re.compile(r'pytest\.mark\.attack\("([a-z-]+)"\)')


def test_every_row_with_a_name_has_a_test_and_every_test_a_row():
    rows = _ROW.findall((ROOT / "docs" / "traceability.md").read_text())
    named = [row.strip("`") for row in rows if row != "not stopped"]
    tried = {
        name for path in (ROOT / "tests" / "redteam").glob("test_*.py") for name in _MARK.findall(path.read_text())
    }
    assert set(named) == tried
    assert len(named) == len(set(named))
    assert len(rows) >= 40
    assert "not stopped" in rows
