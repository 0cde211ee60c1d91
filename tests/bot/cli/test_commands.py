"""The other commands, as a user runs them."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rules.entries import KINDS
from rules.rule import rules_of
from tests.line.server import free_port


def redline(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REDLINE_")}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        env=kept | {"COLUMNS": "200"} | environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_version_is_told() -> None:
    assert redline("--version").stdout.startswith("redline 0.")


def test_rules_are_listed_and_explained() -> None:
    listed = redline("rules").stdout
    every = [rule for kind in KINDS for rule in rules_of(kind)]
    assert every
    assert not [rule.name for rule in every if rule.name not in listed]
    one = redline("rules", "named-user")
    assert one.returncode == 0
    assert "> USER app" not in one.stdout
    assert "USER app   # <--" in one.stdout


def test_an_unknown_rule_names_the_nearest() -> None:
    done = redline("rules", "named-usr")
    assert done.returncode == 2
    assert "Did you mean named-user?" in done.stderr
    assert "hadolint/DL3008?" in redline("rules", "hadlint/DL3008").stderr


def test_the_list_says_what_a_rule_does() -> None:
    listed = {line.split()[0]: line for line in redline("rules").stdout.splitlines()}
    assert re.search(r"  warns +The base image", listed["floating-base"])
    assert "  blocks what is added  " in listed["root-container"]
    assert "  blocks or informs  " in listed["missing-reference"]
    assert "Fix:" in redline("rules", "escaping-path").stdout


def test_a_tool_s_codes_are_listed_and_explained() -> None:
    listed = redline("rules", "hadolint").stdout
    assert "hadolint/DL3008 " in listed
    assert "named-user " not in listed
    assert "Pin it" in redline("rules", "hadolint/DL3008").stdout
    assert "`floating-base` judges this" in redline("rules", "hadolint/DL3006").stdout
    script = redline("rules", "hadolint/SC2999").stdout  # of which there are hundreds
    assert "ShellCheck sees a possible mistake" in script
    assert "/wiki/SC2999>" in script
    assert redline("rules", "hadolint/SC20861").returncode == 2


def test_rules_are_told_to_programs() -> None:
    listed = {
        each["name"]: each for each in json.loads(redline("rules", "--format", "json").stdout)
    }
    assert listed["privileged-container"] == {
        "name": "privileged-container",
        "title": "A container runs privileged",
        "group": "What a container may do",
        "severity": "blocking",
        "effect": "blocks wherever it is new",
    }
    assert listed["hadolint/DL3008"]["group"] == "hadolint"
    one = json.loads(redline("rules", "privileged-container", "--format", "json").stdout)
    assert one["why"].startswith("It has every capability")
    assert one["fix"].startswith("remove `privileged: true`")
    assert "privileged: true   # <--" in one["bad"][0]
    assert one["good"]


def test_help_has_no_switch_against_a_switch() -> None:
    told = redline("review", "--help").stdout
    assert "--no-tools" in told
    assert "--no-no-tools" not in told
    commands = redline("--help", COLUMNS="80").stdout.partition("Commands:")[2]
    assert "doctor" in commands
    assert "..." not in commands


def test_doctor_says_what_is_there_and_asks_for_no_server() -> None:
    done = redline("doctor")
    assert done.returncode == 0
    assert "hadolint" in done.stdout
    assert "sandbox: bubblewrap" in done.stdout
    assert "not ok" not in "".join(line for line in done.stdout.splitlines() if "sett" in line)


def test_doctor_names_each_fault_of_a_server(tmp_path: Path) -> None:
    settings = {"REDLINE_STATE_DIR": str(tmp_path), "REDLINE_GITHUB_TOKEN": "token"}
    wrong = redline("doctor", **settings)
    assert wrong.returncode == 1
    assert "REDLINE_REPOSITORIES must be set" in wrong.stdout
    assert "REDLINE_GITHUB_WEBHOOK_SECRET is not set" in wrong.stdout


def test_doctor_shows_the_operator_s_file(tmp_path: Path) -> None:
    file, key = tmp_path / "operator.yaml", tmp_path / "prod.kubeconfig"
    file.write_text(f"trusted_bots: [renovate]\nclusters: {{prod: {{kubeconfig: {key}}}}}\n")
    absent = redline("doctor", REDLINE_CONFIG=str(file))
    assert absent.returncode == 1
    assert f"operator's file       {file}: 1 trusted bot, 1 cluster" in absent.stdout
    assert f"clusters.prod.kubeconfig: there is no {key} on this machine" in absent.stdout
    key.touch()
    assert redline("doctor", REDLINE_CONFIG=str(file)).returncode == 0
    file.write_text("trusted_bot: []\nlimits: {stage: long}\n")
    wrong = redline("doctor", REDLINE_CONFIG=str(file))
    assert wrong.returncode == 1
    assert f"{file}:1: `trusted_bot` is no key that Redline knows." in wrong.stdout
    assert f"{file}:2: `limits.stage` is `long`;" in wrong.stdout


@pytest.mark.parametrize("command", ["serve", "receiver", "worker", "reconciler"])
def test_nothing_starts_with_a_wrong_operator_s_file(tmp_path: Path, command: str) -> None:
    file = tmp_path / "operator.yaml"
    file.write_text("defaults: {gate: {profile: strikt}}\nplans: prod\n")
    settings = {
        "REDLINE_STATE_DIR": str(tmp_path),
        "REDLINE_GITHUB_TOKEN": "token",
        "REDLINE_GITHUB_WEBHOOK_SECRET": "secret",
        "REDLINE_REPOSITORIES": "org/infra",
        "REDLINE_CONFIG": str(file),
    }
    done = redline(command, **settings)
    assert done.returncode == 2
    assert f"- REDLINE_CONFIG: {file}:1: `defaults.gate.profile` is `strikt`;" in done.stderr
    assert f"- REDLINE_CONFIG: {file}:2: `plans` is `prod`;" in done.stderr


def test_doctor_asks_the_services(tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    settings = {
        "REDLINE_STATE_DIR": str(tmp_path),
        "REDLINE_GITHUB_TOKEN": "token",
        "REDLINE_GITHUB_WEBHOOK_SECRET": "secret",
        "REDLINE_REPOSITORIES": "org/infra",
        "REDLINE_GITHUB_URL": f"http://{nowhere}",
        "REDLINE_BROKER_URL": f"redis://{nowhere}/0",
    }
    done = redline("doctor", **settings)
    assert done.returncode == 1
    rows = [line for line in done.stdout.splitlines() if line.startswith("  ")]
    told = {row[10:30].strip(): row[2:8].strip() for row in rows}
    assert (told["settings"], told["database"]) == ("ok", "ok")
    assert (told["broker"], told["github"]) == ("not ok", "not ok")


@pytest.mark.parametrize("command", ["serve", "receiver", "worker", "reconciler"])
def test_wrong_settings_are_all_named_at_once(command: str, tmp_path: Path) -> None:
    wrong = {"REDLINE_LEASE_SECONDS": "soon", "REDLINE_LISTEN": "nowhere"}
    done = redline(command, REDLINE_STATE_DIR=str(tmp_path), **wrong)
    assert done.returncode == 2
    assert "REDLINE_LEASE_SECONDS" in done.stderr
    assert "REDLINE_LISTEN" in done.stderr
    assert "no forge is configured" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["serve", "receiver"])
@pytest.mark.parametrize(
    ("address", "reason"), [("127.0.0.1", "in use"), ("203.0.113.1", "cannot assign")]
)
def test_an_address_that_is_not_to_be_had_is_named(
    command: str, address: str, reason: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"{address}:{taken.getsockname()[1]}"
        done = redline(command, **server(tmp_path, listen))
    assert done.returncode == 2
    assert done.stderr.startswith("redline: cannot listen: ")
    assert reason in done.stderr
    assert f"REDLINE_LISTEN={listen}" in done.stderr
    assert done.stderr.count("\n") == 1


def server(state: Path, listen: str) -> dict[str, str]:
    return {
        "REDLINE_STATE_DIR": str(state / "s"),
        "REDLINE_LISTEN": listen,
        "REDLINE_GITHUB_URL": "http://127.0.0.1:9",
        "REDLINE_GITHUB_TOKEN": "token",
        "REDLINE_GITHUB_WEBHOOK_SECRET": "secret",
        "REDLINE_REPOSITORIES": "org/*",
    }


def test_a_second_server_on_the_same_state_is_refused(tmp_path: Path) -> None:
    settings = server(tmp_path, f"127.0.0.1:{free_port()}")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | settings
    first = subprocess.Popen([sys.executable, "-m", "bot.cli", "serve"], env=environment)
    try:
        lock = tmp_path / "s" / "serve.lock"
        while not (lock.exists() and lock.read_text()):
            assert first.poll() is None
            time.sleep(0.05)
        second = redline("serve", **settings)
        assert second.returncode == 2
        assert str(first.pid) in second.stderr
    finally:
        first.terminate()
        first.wait(30)
