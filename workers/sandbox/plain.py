"""No sandbox: what ``REDLINE_SANDBOX=off`` means. Limits and an empty environment remain."""

import shutil

from workers.sandbox.preparing import PATH
from workers.sandbox.running import Started
from workers.sandbox.terms import Job, Limits, Refused


def start(job: Job) -> Started:
    """Start the program in its own process group, with resource limits."""
    names = {str(one.name): str(one.source) for one in job.programs}
    argv = [*limiting(job.limits), "--", *(names.get(word, word) for word in job.argv)]
    return _Plain(argv, cwd=job.work, env=environment(str(job.scratch)), user=job.user)


class _Plain(Started):
    """What it starts may leave its group and outlive it: nothing here can hold that."""

    escapes = True


def limiting(limits: Limits) -> list[str]:
    """The words that start a program under its limits.

    Data, not address space: Haskell and Go programs reserve far more than they use.
    """
    prlimit = shutil.which("prlimit", path=PATH)
    if prlimit is None:
        raise Refused("prlimit is missing (Debian: util-linux)")
    numbers = {
        "data": limits.memory,
        "fsize": limits.disk,
        "nofile": 1024,
        "core": 0,
    }
    return [prlimit, *(f"--{name}={most}:{most}" for name, most in numbers.items())]


def environment(scratch: str) -> dict[str, str]:
    """All that a tool gets to see of an environment."""
    return {"PATH": PATH, "HOME": scratch, "TMPDIR": scratch, "LANG": "C.UTF-8"}
