"""Which layer of the machine keeps a way from working, in words for people."""

import ctypes
import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from workers.sandbox.choosing import AUTO, self_test
from workers.sandbox.preparing import PATH
from workers.sandbox.terms import Way

_LANDLOCK_CREATE_RULESET = 444  # the same number on every architecture
_SWITCHES = {
    "kernel/unprivileged_userns_clone": ("0", "1"),
    "user/max_user_namespaces": ("0", "15000"),
    "kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
}


def explain(mode: str) -> str:
    """What works, or what was refused and by which layer, for one way or for all ("auto")."""
    if mode == Way.OFF:
        return "off: tools run without a sandbox"
    return "; ".join(map(_said, AUTO if mode == "auto" else (Way(mode),)))


def _said(way: Way) -> str:
    faults = self_test(way)
    if not faults:
        return f"{way} passes its self-test"
    layers = list(_namespaces() if way is Way.BUBBLEWRAP else _landlock())
    because = f" (likely: {', '.join(layers)})" if layers else ""
    return f"{way} fails: {', '.join(faults)}{because}"


def _namespaces(proc: Path = Path("/proc")) -> Iterator[str]:
    """What may keep bubblewrap from making namespaces."""
    if shutil.which("bwrap", path=PATH) is None:
        yield "bubblewrap is not installed: apt-get install bubblewrap"
        return
    for name, (bad, good) in _SWITCHES.items():
        if _read(proc / "sys" / name) == bad:
            yield f"the kernel's setting {name.replace('/', '.')}={bad}, needed is {good}"
    yield from _container(proc)


def _container(proc: Path) -> Iterator[str]:
    """What a container's engine takes away. deploy/docker/README.md gives it back."""
    status = dict(line.split(":\t", 1) for line in _read(proc / "self/status").split("\n") if line)
    if status.get("Seccomp", "0").strip() == "2":
        yield "a seccomp profile (deploy/docker/README.md)"
    profile = _read(proc / "self/attr/current")
    if profile and not profile.startswith("unconfined"):
        yield f"the AppArmor profile {profile}"
    mounts = [line.split() for line in _read(proc / "self/mounts").split("\n") if line]
    if any(mount[1].startswith("/proc/") and mount[2] != "binfmt_misc" for mount in mounts):
        yield "a masked /proc (Docker: systempaths=unconfined; Kubernetes: procMount: Unmasked)"
    if os.geteuid() == 0 and not int(status.get("CapEff", "0"), 16) & 1 << 7:
        yield "root without CAP_SETUID: run as an ordinary user"


def _landlock() -> Iterator[str]:
    """What may keep sandlock from confining."""
    if importlib.util.find_spec("sandlock") is None:
        yield "the package sandlock is not installed"
        return
    kernel = os.uname().release
    version = ctypes.CDLL(None, use_errno=True).syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1)
    if version < 1:
        yield (
            f"no Landlock: kernel {kernel} (5.13 is needed), the boot parameter lsm= without"
            " landlock, or a seccomp profile that does not know it"
        )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\n\0 ")
    except OSError:
        return ""
