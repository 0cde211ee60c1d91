"""The environment: read once, and all that is wrong with it said at once."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.operator import Operator
from bot.settings import Settings, SettingsError, load
from rules.config import Defaults

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"
TOKEN = {
    "REDLINE_GITHUB_TOKEN": "ghp_tokentoken",
    "REDLINE_GITHUB_WEBHOOK_SECRET": "hook-secret",
    "REDLINE_REPOSITORIES": "org/*",
}
APP = {
    "REDLINE_GITHUB_APP_ID": "17",
    "REDLINE_GITHUB_PRIVATE_KEY": KEY,
    "REDLINE_GITHUB_WEBHOOK_SECRET": "hook-secret",
}
GITLAB = {
    "REDLINE_GITLAB_URL": "https://git.example/gitlab/",
    "REDLINE_GITLAB_TOKEN": "glpat-token",
    "REDLINE_GITLAB_WEBHOOK_SECRET": "hook-secret",
    "REDLINE_REPOSITORIES": "group/**",
}

Loading = Callable[..., Settings]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Loading:
    """Loads an environment of nothing but what is given, and a state folder."""
    for name in list(os.environ):
        if name.startswith("REDLINE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("REDLINE_STATE_DIR", str(tmp_path / "state"))

    def load_(*environments: dict[str, str], **variables: str) -> Settings:
        for environment in (*environments, {f"REDLINE_{k}": v for k, v in variables.items()}):
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
        return load()

    return load_


def faults(load_: Loading, *environments: dict[str, str], **variables: str) -> str:
    with pytest.raises(SettingsError) as raised:
        load_(*environments, **variables)
    return str(raised.value)


def test_the_defaults(loaded: Loading, tmp_path: Path) -> None:
    settings = loaded(TOKEN)
    assert settings.database == f"sqlite:///{tmp_path}/state/redline.db"
    assert settings.address == ("127.0.0.1", 8000)
    assert settings.page_url == "http://127.0.0.1:8000"
    assert settings.github_url == "https://api.github.com"
    assert (settings.workers, settings.forge_pace_seconds, settings.lease_seconds) == (2, 3, 60)
    assert (settings.stage_seconds, settings.review_seconds) == (600, 1200)
    assert (settings.reconcile_seconds, settings.forge_walk_seconds) == (60, 900)
    assert (settings.publish_after_seconds, settings.settle_seconds) == (90, 6)
    assert settings.sandbox == "auto"
    assert settings.log == "json"
    assert settings.github
    assert not settings.gitlab


OPERATOR = """\
defaults: {gate: {profile: strict}, enforce: [gate]}
limits: {review: 30m, stage: 5m, running_per_repository: 3}
"""


def test_the_operator_s_file(loaded: Loading, tmp_path: Path) -> None:
    assert loaded(TOKEN).operator == Operator()
    file = tmp_path / "operator.yaml"
    file.write_text(OPERATOR)
    settings = loaded(TOKEN, CONFIG=str(file))
    assert settings.operator.defaults == Defaults({"gate": {"profile": "strict"}}, (("gate",),))
    assert settings.operator.limits.running_per_repository == 3
    assert (settings.review_seconds, settings.stage_seconds) == (1800, 300)


def test_the_environment_s_limits_go_over_the_operator_s_file(
    loaded: Loading, tmp_path: Path
) -> None:
    file = tmp_path / "operator.yaml"
    file.write_text(OPERATOR)
    settings = loaded(TOKEN, CONFIG=str(file), REVIEW_SECONDS="1200")
    assert (settings.review_seconds, settings.stage_seconds) == (1200, 300)


def test_all_faults_of_the_operator_s_file_are_said_at_once(
    loaded: Loading, tmp_path: Path
) -> None:
    file = tmp_path / "operator.yaml"
    file.write_text("limit: {}\ndefaults:\n  gate: {profile: strikt}\n")
    said = faults(loaded, TOKEN, CONFIG=str(file), LOG="shouting")
    assert "- REDLINE_LOG: " in said
    assert f"- REDLINE_CONFIG: {file}:1: `limit` is no key that Redline knows. Did you mean" in said
    assert f"- REDLINE_CONFIG: {file}:3: `defaults.gate.profile` is `strikt`;" in said
    missing = faults(loaded, TOKEN, CONFIG=str(tmp_path / "gone"))
    assert f"REDLINE_CONFIG: cannot read {tmp_path}/gone: No such file" in missing


def test_an_app_may_be_installed_everywhere(loaded: Loading) -> None:
    settings = loaded(APP)
    assert settings.github_app_id == 17
    assert settings.allows("any/thing")


def test_a_key_on_one_line_is_a_key(loaded: Loading) -> None:
    settings = loaded(APP | {"REDLINE_GITHUB_PRIVATE_KEY": KEY.replace("\n", "\\n")})
    assert settings.github_private_key.get_secret_value() == KEY


def test_gitlab_alone(loaded: Loading) -> None:
    settings = loaded(GITLAB, GITLAB_WEBHOOK_SECRET="old,whsec_bmV3")
    assert (settings.gitlab, settings.github) == (True, False)
    assert settings.allows("group/sub/deep/name")
    assert not settings.allows("other/name")
    assert {"glpat-token", "old", "whsec_bmV3"} <= set(settings.secrets)


def test_both_forges_at_once(loaded: Loading) -> None:
    settings = loaded(APP, GITLAB, REPOSITORIES="org/*,group/**")
    assert settings.gitlab
    assert settings.github


def test_every_fault_is_said_at_once(loaded: Loading) -> None:
    said = faults(
        loaded,
        GITHUB_TOKEN="ghp_secretvalue",
        WORKERS="many",
        LISTEN="nowhere",
        LOG="xml",
        STAGE_SECONDS="0",
        DATABASE_URL="mysql://user:dbpassword@host/db",
        BROKER_URL="amqp://user:brokerpassword@host",
        SECRET_KEY="tooshortkey",
        CA_BUNDLE="/no/such/file",
        PUBLIC_URL="ftp://x",
    )
    assert said.startswith("Redline cannot start:\n- ")
    for name in (
        "WORKERS", "LISTEN", "LOG", "STAGE_SECONDS", "DATABASE_URL", "BROKER_URL", "SECRET_KEY",
        "CA_BUNDLE", "PUBLIC_URL", "GITHUB_WEBHOOK_SECRET", "REPOSITORIES",
    ):  # fmt: skip
        assert said.count(f"- REDLINE_{name}") == 1, name
    for secret in ("ghp_secretvalue", "dbpassword", "brokerpassword", "tooshortkey"):
        assert secret not in said


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "no forge is configured"),
        (TOKEN | {"REDLINE_GITHUB_WEBHOOK_SECRET": ""}, "REDLINE_GITHUB_WEBHOOK_SECRET is not set"),
        (TOKEN | {"REDLINE_GITHUB_WEBHOOK_SECRET": " , "}, "REDLINE_GITHUB_WEBHOOK_SECRET is not"),
        (APP | {"REDLINE_GITHUB_WEBHOOK_SECRET": ""}, "REDLINE_GITHUB_WEBHOOK_SECRET is not set"),
        ({"REDLINE_GITHUB_WEBHOOK_SECRET": "x"}, "neither an App nor REDLINE_GITHUB_TOKEN"),
        (TOKEN | {"REDLINE_REPOSITORIES": ""}, "REDLINE_REPOSITORIES must be set"),
        (APP | {"REDLINE_GITHUB_APP_ID": ""}, "go together"),
        (APP | {"REDLINE_GITHUB_PRIVATE_KEY": ""}, "go together"),
        (APP | {"REDLINE_GITHUB_PRIVATE_KEY": "hello"}, "not a PEM key"),
        (APP | TOKEN, "choose one"),
        (TOKEN | {"REDLINE_GITHUB_URL": "http://ghe.example/api/v3"}, "use https"),
        (TOKEN | {"REDLINE_GITHUB_URL": "ghe.example"}, "not an https:// address"),
        (TOKEN | {"REDLINE_GITHUB_URL": "https://me:pw@ghe.example"}, "must not hold a user"),
        (TOKEN | {"REDLINE_FORGE_PACE_SECONDS": "0"}, "FORGE_PACE_SECONDS=0 is accepted"),
        (TOKEN | {"REDLINE_GITLAB_TOKEN": "glpat-x"}, "REDLINE_GITLAB_WEBHOOK_SECRET is not set"),
        (TOKEN | {"REDLINE_GITLAB_WEBHOOK_SECRET": "x"}, "REDLINE_GITLAB_TOKEN is not set"),
        (GITLAB | {"REDLINE_GITLAB_TOKEN": ""}, "REDLINE_GITLAB_TOKEN is not set"),
        (GITLAB | {"REDLINE_GITLAB_WEBHOOK_SECRET": ""}, "GITLAB_WEBHOOK_SECRET is not set"),
        (GITLAB | {"REDLINE_GITLAB_WEBHOOK_SECRET": "whsec_"}, "a signing token is whsec_ and"),
        (GITLAB | {"REDLINE_GITLAB_WEBHOOK_SECRET": "a,whsec_?"}, "a signing token is whsec_ and"),
        (GITLAB | {"REDLINE_REPOSITORIES": ""}, "REDLINE_REPOSITORIES must be set"),
        (GITLAB | {"REDLINE_GITLAB_URL": "http://git.example"}, "use https"),
        (GITLAB | {"REDLINE_GITLAB_URL": "https://me:pw@git.example"}, "must not hold a user"),
        (GITLAB | {"REDLINE_FORGE_PACE_SECONDS": "0"}, "FORGE_PACE_SECONDS=0 is accepted"),
        (TOKEN | {"REDLINE_LISTEN": "127.0.0.1:99999"}, "REDLINE_LISTEN is not HOST:PORT"),
        (TOKEN | {"REDLINE_GITHUB_TOKEN_FILE": "/no/such"}, "both set"),
        (APP | {"REDLINE_SECRET_KEY_FILE": "/no/such"}, "REDLINE_SECRET_KEY_FILE: cannot read"),
    ],
)
def test_refused(loaded: Loading, environment: dict[str, str], said: str) -> None:
    assert said in faults(loaded, environment)


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost:9", "[::1]:9", "127.1.2.3"])
def test_a_forge_on_this_machine_may_be_http_and_unpaced(loaded: Loading, host: str) -> None:
    settings = loaded(TOKEN, GITHUB_URL=f"http://{host}/api", FORGE_PACE_SECONDS="0")
    assert settings.forge_pace_seconds == 0


def test_a_secret_in_a_file(loaded: Loading, tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_text("old,new\n")
    settings = loaded(
        TOKEN | {"REDLINE_GITHUB_WEBHOOK_SECRET": ""}, GITHUB_WEBHOOK_SECRET_FILE=str(file)
    )
    assert [one.get_secret_value() for one in settings.github_webhook_secret] == ["old", "new"]


def test_secrets_do_not_show(loaded: Loading) -> None:
    settings = loaded(
        TOKEN,
        DATABASE_URL="postgres://redline:dbpassword@db/redline",
        BROKER_URL="redis://:brokerpassword@broker:6379/0",
    )
    assert settings.database == "postgresql+psycopg://redline:dbpassword@db/redline"
    hidden = {
        "ghp_tokentoken",
        "hook-secret",
        "dbpassword",
        "brokerpassword",
        settings.key.decode(),
    }
    assert hidden <= set(settings.secrets)
    assert not any(secret in repr(settings) for secret in hidden)


def test_the_key_is_made_once_for_our_user_alone(loaded: Loading, tmp_path: Path) -> None:
    loaded(TOKEN)
    (tmp_path / "state" / "secret.key").unlink()
    with ThreadPoolExecutor(8) as pool:
        keys = {one.key for one in pool.map(lambda _: load(), range(8))}
    assert len(keys) == 1
    (file,) = (tmp_path / "state").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert len(keys.pop()) == 64


def test_a_key_that_is_set_is_taken_and_none_is_made(loaded: Loading, tmp_path: Path) -> None:
    assert loaded(TOKEN, SECRET_KEY="k" * 32).key == b"k" * 32
    assert list((tmp_path / "state").iterdir()) == []


def test_a_state_folder_that_cannot_be_made(loaded: Loading, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "REDLINE_STATE_DIR: cannot make" in faults(
        loaded, TOKEN, STATE_DIR=str(tmp_path / "file" / "state")
    )


@pytest.mark.parametrize(
    ("pattern", "name", "allowed"),
    [
        ("org/infra", "org/infra", True),
        ("org/infra", "Org/Infra", True),
        ("org/infra", "org/infra2", False),
        ("org/*", "org/infra", True),
        ("org/*", "organisation/infra", False),
        ("org/*", "org/group/infra", False),
        ("org/**", "org/group/infra", True),
        ("org/infra-?", "org/infra-1", True),
        ("org/infra-?", "org/infra-12", False),
        ("org/a.b", "org/axb", False),
        ("org/*", "evil\norg/infra", False),
        ("x/y, org/*", "org/infra", True),
    ],
)
def test_repositories_by_pattern(loaded: Loading, pattern: str, name: str, allowed: bool) -> None:
    assert loaded(TOKEN, REPOSITORIES=pattern).allows(name) is allowed


def test_the_child_of_a_review_would_not_load_it() -> None:
    """Whoever imports rules and pipelines must not pull the server's settings in."""
    code = "import sys, bot.change, bot.review; sys.exit('bot.settings' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
    every = {f"REDLINE_{field.upper()}" for field in Settings.model_fields}
    assert every
    assert {name for name in every if f"`{name}`" not in page} == set()
    assert set(re.findall(r"`(REDLINE_[A-Z_]+)`", page)) == every
