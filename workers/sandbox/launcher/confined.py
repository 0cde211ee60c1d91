"""A program under Landlock and a seccomp filter of ours, with no process that answers for it."""

import ctypes
import os
import resource
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workers.sandbox.launcher import descent, filtering, landlock
else:
    import descent
    import filtering
    import landlock

_PR_SET_PDEATHSIG = 1
_FILES = 1024  # descriptors


class Confined:
    """Started when made. Raises OSError where it cannot be confined or started."""

    def __init__(self, job: dict[str, Any], version: int):
        if version < 1:
            raise OSError("this kernel has no Landlock")
        tasks = descent.tasks_of_user() + job["processes"]
        failed, tell = os.pipe2(os.O_CLOEXEC)
        self._process = os.fork()
        if self._process == 0:
            _become(job, version, tasks, tell)
        os.close(tell)
        with os.fdopen(failed, "rb") as told:
            reason = told.read()
        if reason:
            raise OSError(reason.decode(errors="replace"))

    def kill(self) -> None:
        """End its group; what has left that is found when it has ended."""
        with suppress(ProcessLookupError):
            os.killpg(self._process, signal.SIGKILL)

    def ended(self) -> tuple[int, int]:
        """Wait for its end: its exit, and the signal that ended it or 0."""
        status = os.waitpid(self._process, 0)[1]
        if os.WIFSIGNALED(status):
            return 0, os.WTERMSIG(status)
        return os.WEXITSTATUS(status), 0


def _become(job: dict[str, Any], version: int, tasks: int, tell: int) -> None:
    """Confine this process and turn it into the program; never returns."""
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(job["work"])
        landlock.confine(job["read"], [job["scratch"], "/dev/null"], version)
        for kind, most in (
            (resource.RLIMIT_DATA, job["memory"]),
            (resource.RLIMIT_NPROC, tasks),
            (resource.RLIMIT_NOFILE, _FILES),
        ):
            resource.setrlimit(kind, (most, most))
        filtering.refuse(_refused(version), namespaces=False)
        os.execve(job["argv"][0], job["argv"], job["env"])  # noqa: S606 - no shell is wanted
    except OSError as error:
        os.write(tell, str(error).encode())
    finally:
        os._exit(127)


def _refused(version: int) -> list[str]:
    names = [*filtering.DANGEROUS, *filtering.METADATA, *filtering.OTHERS]
    if version < landlock.SCOPED:
        names += [*filtering.SIGNALS, "truncate"]
    return names
