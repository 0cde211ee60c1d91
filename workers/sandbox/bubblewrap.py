"""The first way: namespaces, made by bubblewrap."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from workers.sandbox.plain import environment, limiting
from workers.sandbox.preparing import PATH
from workers.sandbox.running import Started
from workers.sandbox.terms import Job, Refused

_WORK, _SCRATCH = "/run/work", "/tmp"  # noqa: S108 - both are made inside the namespace
_ALONE = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"),
    *("--cap-drop", "ALL", "--uid", "65534", "--gid", "65534", "--hostname", "sandbox"),
)
_ROOT = tuple(map(Path, ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")))
_ETC = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl/certs", "/etc/ssl/openssl.cnf")
# bubblewrap leaves its root and /dev writable, and they are file systems without a size.
_SEALED = ("--remount-ro", "/dev", "--remount-ro", "/")


def start(job: Job) -> Started:
    """Start the program in namespaces of its own: no network, a root with nothing of ours.

    bubblewrap itself gets an empty environment: as the first process it would show the caller's
    to all others, and its --clearenv comes too late for that. Raises Refused where it is missing.
    """
    program = shutil.which("bwrap", path=PATH)
    if program is None:
        raise Refused("bubblewrap is not installed (Debian: bubblewrap)")
    argv = [program, *_ALONE, *_root(), *_given(job), *_SEALED]
    return _Bubblewrap(
        [*argv, "--", *limiting(job.limits), f"--nproc={job.limits.processes}", "--", *job.argv],
        cwd=Path("/"),
        env={},
        user=job.user,
    )


class _Bubblewrap(Started):
    """Reports a signal as shells do, and dies with all that it started."""

    def wait(self, seconds: float) -> tuple[int, bool]:
        """Its exit; more than 128 is a signal's."""
        code, signalled = super().wait(seconds)
        return code, signalled or 128 < code <= 128 + signal.NSIG


def _root() -> Iterator[str]:
    for path in _ROOT:
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    for name in _ETC:
        yield from ("--ro-bind-try", name, name)
    yield from ("--proc", "/proc", "--dev", "/dev")


def _given(job: Job) -> Iterator[str]:
    yield from ("--size", str(job.limits.disk), "--tmpfs", _SCRATCH)
    for one in job.programs:
        yield from ("--ro-bind", str(one.source), str(one.name))
    yield from ("--ro-bind", str(job.work), _WORK, "--chdir", _WORK)
    for name, value in environment(_SCRATCH).items():
        yield from ("--setenv", name, value)
