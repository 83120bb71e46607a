"""`python -m transparency`: exit codes and sentences, with nothing of the market loaded."""

import json
import subprocess
import sys

import pytest

from tests.factories.transparency import make_market_log
from transparency.__main__ import main


@pytest.fixture
def files(tmp_path):
    log = make_market_log()
    (tmp_path / "lot.json").write_text(json.dumps(log.bundle(since=3)))
    (tmp_path / "kept.txt").write_text(log.checkpoint(3))
    (tmp_path / "policy").write_text(f"log {log.vkey}\nquorum none\n")
    for name, content in log.files().items():
        path = tmp_path / "log" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path, log


def test_a_true_file(files, capsys):
    folder, log = files
    lot = str(folder / "lot.json")
    assert main(["verify", lot]) == 0
    assert main(["verify", lot, "--vkey", log.vkey, "--since", str(folder / "kept.txt")]) == 0
    assert main(["verify", lot, "--policy", str(folder / "policy")]) == 0
    assert "Everything that was checked holds." in capsys.readouterr().out
    (folder / "other.webp").write_bytes(b"x")
    assert main(["verify", lot, "--photo", str(folder / "other.webp")]) == 1


def test_a_false_file(files, capsys):
    folder, _ = files
    path = folder / "lot.json"
    path.write_text(path.read_text().replace("planting", "Planting"))
    assert main(["verify", str(path)]) == 1
    assert "FALSE        Entry 1: the content is not the one that was logged." in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "nothing.json"],
        ["verify", "kept.txt"],
        ["verify", "lot.json", "--vkey", "x"],
        ["verify", "lot.json", "--policy", "kept.txt"],
        ["verify", "lot.json", "--since", "nothing"],
        ["verify", "lot.json", "--since", "noise"],
        ["audit", "nothing"],
        ["audit", "http://127.0.0.1:9/log"],
    ],
)
def test_what_cannot_be_used(files, monkeypatch, capsys, arguments):
    monkeypatch.chdir(files[0])
    (files[0] / "noise").write_bytes(b"\xff\xfe")
    assert main(arguments) == 2
    assert capsys.readouterr().err.strip()


def test_an_audit(files, capsys):
    folder, log = files
    assert main(["audit", str(folder / "log"), "--since", str(folder / "kept.txt")]) == 0
    assert f"taken from the log itself: {log.vkey}" in capsys.readouterr().out
    (folder / "log/tile/0/000.p/7").write_bytes(bytes(224))
    assert main(["audit", str(folder / "log"), "--vkey", log.vkey]) == 1


@pytest.mark.slow
def test_it_runs_with_python_and_cryptography_alone(files):
    folder, _ = files
    script = (
        "import runpy, sys; sys.argv = ['transparency', 'verify', sys.argv[1]]\n"
        "try: runpy.run_module('transparency', run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "tops = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(tops & {'flask', 'sqlalchemy', 'click', 'marketplace', 'traceability', 'psycopg', 'rfc8785'}))\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder / "lot.json")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("[]")
