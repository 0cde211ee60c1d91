"""The files that people deploy hold what they promise."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import VERSION
from workers.sandbox.launcher import filtering

ROOT = Path(__file__).parents[2]
BIN = Path(sys.prefix, "bin")
OURS = ("receiver", "worker", "reconciler")
COMPOSE = ("docker-compose.yml", "deploy/docker/docker-compose.bubblewrap.yml")
NEEDED_BY_BUBBLEWRAP = {
    "clone",
    "clone3",
    "unshare",
    "mount",
    "umount2",
    "pivot_root",
    "sethostname",
}


@pytest.fixture
def services() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / COMPOSE[0]).read_text(encoding="utf-8"))
    found: dict[str, Any] = loaded["services"]
    return found


@pytest.mark.parametrize("name", COMPOSE)
def test_compose_fits_its_schema(name: str) -> None:
    argv = [f"{BIN}/check-jsonschema", "--builtin-schema", "vendor.compose-spec", f"{ROOT}/{name}"]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stdout


def test_every_service_gives_up_what_it_does_not_need(services: dict[str, Any]) -> None:
    assert set(services) == {*OURS, "broker", "database"}
    for name, service in services.items():
        user, group = service["user"].split(":")
        assert int(user) > 0, name
        assert int(group) > 0, name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
        assert "cap_add" not in service, name
        assert service["mem_limit"], name
        assert service["healthcheck"]["test"][0] == "CMD", name


def test_images_are_pinned(services: dict[str, Any]) -> None:
    for service in services.values():
        assert re.search(r":\d+\.\d+(\.\d+)?$", service["image"]), service["image"]
    assert {services[name]["image"] for name in OURS} == {f"redline:{VERSION}"}
    assert f"redline=={VERSION}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_no_secret_stands_in_the_file(services: dict[str, Any]) -> None:
    for name in (*OURS, "database"):
        for variable, value in services[name]["environment"].items():
            if re.search(r"PASSWORD|SECRET|KEY|TOKEN|DATABASE_URL", variable):
                assert variable.endswith("_FILE"), variable
                assert re.fullmatch(r"(\$\{\w+:\+)?/run/secrets/\w+\}?", str(value)), variable


def test_the_broker_forgets_nothing(services: dict[str, Any]) -> None:
    words = services["broker"]["command"]
    assert words[words.index("--appendonly") + 1] == "yes"
    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"
    assert services["broker"]["networks"] == services["database"]["networks"] == ["inside"]


def test_hadolint_has_nothing_to_say() -> None:
    argv = [f"{BIN}/hadolint", "--no-color", "--disable-ignore-pragma", f"{ROOT}/Dockerfile"]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60, cwd="/")
    assert (ran.returncode, ran.stdout) == (0, "")


def test_redline_has_nothing_to_say(tmp_path: Path) -> None:
    for name in ("Dockerfile", ".dockerignore", *COMPOSE):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    for argv in (["init", "--quiet"], ["add", "--all"], [*ME, "commit", "--quiet", "-m", "x"]):
        subprocess.run(["git", *argv], cwd=tmp_path, check=True, timeout=60)
    argv = [f"{BIN}/redline", "review", "--all", "--format", "json", "."]
    ran = subprocess.run(
        argv, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    said = json.loads(ran.stdout)
    assert said["findings"] == []
    assert said["outcome"] == "passed", said["stages"]


ME = ["-c", "user.name=x", "-c", "user.email=x@example.org"]


def test_the_seccomp_profile_refuses_what_it_can() -> None:
    profile = json.loads((ROOT / "deploy/docker/seccomp.json").read_text(encoding="utf-8"))
    refused = {name for rule in profile["syscalls"] for name in rule["names"]}
    assert {rule["action"] for rule in profile["syscalls"]} == {"SCMP_ACT_ERRNO"}
    assert not refused & NEEDED_BY_BUBBLEWRAP
    dangerous = set(filtering.DANGEROUS) - NEEDED_BY_BUBBLEWRAP
    without = {"socket", "chroot", "setns", "personality", "process_mrelease", "migrate_pages"}
    assert dangerous - without - {"msgget", "semget", "shmget", "mq_open"} <= refused


def test_the_image_is_made_of_the_program_alone() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    assert not [line for line in lines if line.startswith("!") and "test" in line]
