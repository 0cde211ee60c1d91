"""Make a run ready: find the program, and let the user it runs as read what it was given."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from workers.sandbox.terms import Job, Limits, Missing, Refused, Shown

NOBODY = 65534
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_SYSTEM = tuple(map(Path, ("/usr", "/bin", "/sbin", "/lib", "/lib64")))


@contextmanager
def prepared(
    argv: Sequence[str], work: Path, limits: Limits, programs: Sequence[Path]
) -> Iterator[Job]:
    """A job, for as long as it takes. Raises Missing where the program or one named is not there.

    Root starts nothing as root: a namespace maps an id and takes nothing away from it, and files
    under /proc/sys ask for the id alone (tried: bubblewrap as root could write sysctls).
    """
    program = _found(argv[0])
    wanted = [program, *programs] if not _of_system(program) else list(programs)
    shown = tuple(Shown(_there(path), path) for path in map(Path.absolute, wanted))
    with tempfile.TemporaryDirectory(prefix="redline-run-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder, "scratch")
        scratch.mkdir(0o700)
        command = (str(program), *argv[1:])
        job = Job(command, work.resolve(), scratch, shown, limits, user=None)
        yield _readable(job, Path(folder), NOBODY) if drops() else job


@cache
def drops() -> bool:
    """Whether we are root and so must become nobody before anything is started."""
    return os.geteuid() == 0 and _mapped(NOBODY)


def _mapped(user: int) -> bool:
    """Whether the id exists in our user namespace (rootless containers may map root alone)."""
    ranges = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    spans = [tuple(map(int, line.split())) for line in ranges]
    return any(first <= user < first + count for first, _, count in spans)


def _found(program: str) -> Path:
    """Where the program lies; a bare name is looked up among the system's only."""
    where = program if "/" in program else shutil.which(program, path=PATH)
    if where is None:
        raise Missing(f"{program} is not installed")
    return _there(Path(where))


def _there(path: Path) -> Path:
    if not path.exists():
        raise Missing(f"{path.name} is not there")
    return path.absolute()


def _of_system(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in _SYSTEM)


def _readable(job: Job, folder: Path, user: int) -> Job:
    """The same job for another user: what that user could not reach is copied beside it."""
    folder.chmod(0o711)
    os.chown(job.scratch, user, user)
    work = _copied(job.work, folder / "work", user)
    programs = tuple(
        one
        if open_to_all(one.source)
        else replace(one, source=_copied(one.source, folder / f"program-{n}", user))
        for n, one in enumerate(job.programs)
    )
    return replace(job, work=work, programs=programs, user=user)


def open_to_all(path: Path) -> bool:
    """Whether any user can reach and read it; a folder is taken at its top's word."""
    real = path.resolve()
    needed = stat.S_IROTH | (stat.S_IXOTH if real.is_dir() else 0)
    reachable = all(parent.stat().st_mode & stat.S_IXOTH for parent in real.parents)
    return reachable and real.stat().st_mode & needed == needed


def _copied(source: Path, target: Path, user: int) -> Path:
    """A copy that belongs to the user, links kept as links."""
    try:
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copy2(source, target)
        _give(target, user)
    except OSError as error:
        raise Refused(f"{source.name} cannot be made readable: {error.strerror}") from None
    return target


def _give(path: Path, user: int) -> None:
    os.chown(path, user, user, follow_symlinks=False)
    if path.is_dir() and not path.is_symlink():
        for child in path.iterdir():
            _give(child, user)
