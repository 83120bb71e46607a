"""What every process of the stack is started with."""

import json
import stat
from pathlib import Path

import pytest

from marketplace.config import from_environment
from marketplace.embedded.environment import OUTSIDE_ADDRESSES, complete

PORTS = {"web_port": 8001, "simulators_port": 8701, "smtp_port": 8726}


def test_a_bare_machine_gets_all_that_the_settings_ask_for(tmp_path: Path) -> None:
    env = complete({}, data_dir=tmp_path, **PORTS)
    settings = from_environment({**env, "DATABASE_URL": "postgresql+psycopg://x", "BROKER_URL": "redis://x"})
    assert env["PUBLIC_URL"] == "http://127.0.0.1:8001"
    assert env["STRIPE_API_BASE"] == "http://127.0.0.1:8701/stripe"
    assert env["SMTP_PORT"] == "8726"
    assert settings.stripe.secret_key == env["STRIPE_SECRET_KEY"]
    assert settings.stripe.secret_key.startswith("sk_test_")
    assert len(env["SECRET_KEY"]) >= 32


def test_secrets_are_made_once_and_only_we_may_read_them(tmp_path: Path) -> None:
    first = complete({}, data_dir=tmp_path, **PORTS)
    again = complete({}, data_dir=tmp_path, **PORTS)
    kept = tmp_path / "secrets.json"
    assert again == first
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text("utf-8"))["SECRET_KEY"] == first["SECRET_KEY"]


def test_another_folder_has_other_secrets(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    one, two = (complete({}, data_dir=folder, **PORTS)["SECRET_KEY"] for folder in folders)
    assert one != two


def test_a_secret_that_is_new_in_this_release_joins_the_kept_ones(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text(json.dumps({"SECRET_KEY": "old"}), "utf-8")
    env = complete({}, data_dir=tmp_path, **PORTS)
    assert env["SECRET_KEY"] == "old"
    assert env["STRIPE_WEBHOOK_SECRET"].startswith("whsec_")


def test_what_is_given_wins_unless_it_is_empty(tmp_path: Path) -> None:
    env = complete({"PUBLIC_URL": "https://cho.example", "SMTP_HOST": ""}, data_dir=tmp_path, **PORTS)
    assert env["PUBLIC_URL"] == "https://cho.example"
    assert env["SMTP_HOST"] == "127.0.0.1"


def test_simulators_stay_away_when_the_whole_world_outside_is_given(tmp_path: Path) -> None:
    real = dict.fromkeys(OUTSIDE_ADDRESSES, "https://real.example")
    assert "SIMULATORS_URL" not in complete(real, data_dir=tmp_path, **PORTS)


@pytest.mark.parametrize("missing", OUTSIDE_ADDRESSES)
def test_simulators_come_when_any_part_of_the_world_is_missing(tmp_path: Path, missing: str) -> None:
    real = {name: "https://real.example" for name in OUTSIDE_ADDRESSES if name != missing}
    env = complete(real, data_dir=tmp_path, **PORTS)
    assert env["SIMULATORS_URL"] == "http://127.0.0.1:8701"
    assert {name: env[name] for name in real} == real
