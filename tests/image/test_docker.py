"""The image as Docker starts it: no capability, no new privileges, its seccomp profile, its masks.

runc is what Docker starts containers with; the configuration is what Docker makes for it.
"""

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.image.test_image import IMAGE, buildah

pytestmark = [
    pytest.mark.skipif(not os.environ.get("REDLINE_IMAGE_TESTS"), reason="asked for by make image"),
    pytest.mark.skipif(not shutil.which("runc"), reason="runc is not installed"),
]

PROFILE = Path(__file__).parents[2] / "deploy/docker/seccomp.json"
MASKED = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
# What Docker's own profile keeps from a container without capabilities, as far as it matters here.
GATED = ["add_key", "bpf", "chroot", "fsconfig", "fsmount", "fsopen", "fspick", "io_uring_setup",
         "kcmp", "keyctl", "mount", "mount_setattr", "move_mount", "open_by_handle_at",
         "open_tree", "perf_event_open", "pidfd_getfd", "pivot_root", "process_madvise",
         "request_key", "sethostname", "setns", "umount", "umount2", "unshare",
         "userfaultfd"]  # fmt: skip
NAMESPACES = (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x4000000, 0x8000000, 0x2000000)
EXPLAIN = "import sys; from workers.sandbox import explain; print(explain(sys.argv[1]))"


def refused(*names: str, code: int = 1, flag: int = 0) -> dict[str, Any]:
    rule: dict[str, Any] = {"names": [*names], "action": "SCMP_ACT_ERRNO", "errnoRet": code}
    if flag:
        rule["args"] = [{"index": 0, "value": flag, "valueTwo": flag, "op": "SCMP_CMP_MASKED_EQ"}]
    return rule


DOCKERS = [
    refused(*GATED),
    refused("clone3", code=38),
    *(refused("clone", flag=flag) for flag in NAMESPACES),
]


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    container = buildah("from", "--pull-never", IMAGE).strip()
    yield buildah("mount", container).strip()
    buildah("umount", container)
    buildah("rm", container)


def started(root: str, folder: Path, rules: list[dict[str, Any]], *, masked: bool) -> str:
    """What the sandbox says of itself in such a container."""
    nothing = {"type": "tmpfs", "source": "tmpfs"}
    argv = ["/opt/redline/bin/python", "-c", EXPLAIN, "auto"]
    kinds = ("bounding", "effective", "permitted", "inheritable", "ambient")
    config = {
        "ociVersion": "1.0.2",
        "root": {"path": root, "readonly": True},
        "process": {
            "user": {"uid": 10001, "gid": 10001},
            "args": argv,
            "cwd": "/var/lib/redline",
            "env": ["HOME=/var/lib/redline"],
            "capabilities": {kind: [] for kind in kinds},
            "noNewPrivileges": True,
        },
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", **nothing, "options": ["nosuid", "mode=755"]},
            {"destination": "/tmp", **nothing, "options": ["nosuid", "nodev", "mode=1777"]},
        ],
        "linux": {
            "namespaces": [{"type": one} for one in ("pid", "ipc", "uts", "mount", "network")],
            "maskedPaths": MASKED if masked else [],
            "readonlyPaths": READ_ONLY if masked else [],
            "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules},
        },
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    argv = ["runc", f"--root={folder}/state", "run", "--bundle", str(folder), f"r-{uuid.uuid4()}"]
    return subprocess.run(
        argv, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    ).stdout


def test_sandlock_holds_with_what_docker_gives_to_all(root: str, tmp_path: Path) -> None:
    said = started(root, tmp_path, DOCKERS, masked=True)
    assert "sandlock passes its self-test" in said
    assert "bubblewrap fails" in said
    assert "a seccomp profile" in said
    assert "a masked /proc" in said


def test_bubblewrap_holds_with_the_override(root: str, tmp_path: Path) -> None:
    rules = json.loads(PROFILE.read_text(encoding="utf-8"))["syscalls"]
    for rule in rules:
        del rule["comment"]
    assert started(root, tmp_path, rules, masked=False).startswith("bubblewrap passes")
    said = started(root, tmp_path, rules, masked=True)
    assert "bubblewrap fails" in said
    assert "a masked /proc" in said
