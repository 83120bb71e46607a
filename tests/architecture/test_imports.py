"""Who may import whom: the contracts of pyproject.toml, and that they cover every package."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, PRODUCT, ROOT


def test_every_import_points_down():
    program = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([program, "--no-logo"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert "0 broken" in run.stdout


def test_every_package_is_under_contract_typed_and_measured():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    assert set(settings["importlinter"]["root_packages"]) == set(PRODUCT)
    assert set(settings["mypy"]["packages"]) == set(PRODUCT)
    assert set(settings["coverage"]["run"]["source_pkgs"]) == set(PRODUCT)
    assert {f"{name}*" for name in PRODUCT} == set(settings["setuptools"]["packages"]["find"]["include"])


@pytest.mark.parametrize("package", PACKAGES)
def test_the_rooms_of_each_package_are_known(package):
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    rooms = next(contract for contract in contracts if contract["id"] == "rooms")
    assert package in rooms["containers"]
    assert rooms["exhaustive"] is True
