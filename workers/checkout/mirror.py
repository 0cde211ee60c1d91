"""A warm partial mirror of each repository, and a change's commits fetched into it."""

import base64
import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from bot.change import Change
from workers.checkout.git import Failed, Git, TimedOut, is_sha, view
from workers.checkout.locking import Held, Patience, alive, locked
from workers.checkout.objects import reading
from workers.checkout.reading import Checkout, Range
from workers.checkout.terms import CheckoutError, Denied, HeadGone, Unreachable

log = structlog.get_logger()

LARGEST = 20 << 30  # bytes of all mirrors together
_PACKS = 400  # in one mirror, from which on it is slower than a new one
_KEPT = 64  # commits that a fetch tells the forge it need not send again
_FETCH_SECONDS = 600
_BESIDE = 2  # further mirrors of a repository, while who stopped holds its own
_PAUSES = (0.3, 0.9)  # before git asks again a forge that did not answer
_NEGOTIATION = {"fetch.negotiationAlgorithm": "noop"}  # blobs have no history to speak about
_FETCH = (
    *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
    *("--no-recurse-submodules", "--filter=blob:none"),
)
_PASSED_ON = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_NO_PROXY = ("NO_PROXY", "no_proxy")


@dataclass(frozen=True)
class Source:
    """Where a repository is fetched from, and with which token (empty: none).

    ``local`` allows a folder of this machine: for tests. ``wait`` is how others are waited for.
    """

    url: str
    token: str = ""
    local: bool = False
    wait: Patience = Patience()  # noqa: RUF009 - frozen

    def config(self) -> dict[str, str]:
        """git's configuration for this source; the token goes to its own host only."""
        parts = urlsplit(self.url)
        protocol = self._protocol()
        config = {
            "remote.origin.url": self.url,
            "remote.origin.promisor": "true",
            "remote.origin.partialCloneFilter": "blob:none",
            f"protocol.{protocol}.allow": "always",
            "http.followRedirects": "false",
            "http.lowSpeedLimit": "1000",
            "http.lowSpeedTime": "30",
            "fetch.recurseSubmodules": "false",
        }
        if self.token and protocol != "file":
            secret = base64.b64encode(f"x-access-token:{self.token}".encode()).decode("ascii")
            place = f"http.{parts.scheme}://{parts.netloc}/.extraHeader"
            config[place] = f"Authorization: Basic {secret}"
        bundle = os.environ.get("REDLINE_CA_BUNDLE")
        return config | ({"http.sslCAInfo": bundle} if bundle else {})

    def _protocol(self) -> str:
        parts = urlsplit(self.url)
        if any(ord(sign) < 33 for sign in self.url) or "@" in parts.netloc:
            raise CheckoutError("the clone address is not one that git is given")
        loopback = parts.scheme == "http" and _loopback(parts.hostname or "")
        if parts.scheme == "https" or loopback or (parts.scheme == "file" and self.local):
            return parts.scheme
        raise CheckoutError(f"the clone address is not https: {parts.scheme}")


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _network() -> Mapping[str, str]:
    """What the environment says about proxies: git and curl read it themselves."""
    names = (*_PASSED_ON, *_NO_PROXY)
    return {name: os.environ[name] for name in names if name in os.environ}


@contextmanager
def fetched(
    change: Change,
    token: str,
    state: Path,
    *,
    local: bool = False,
    wait: Patience = Patience(),  # noqa: B008 - frozen
) -> Iterator[Checkout]:
    """The change's three commits, in the mirror of its repository under ``state``.

    Raises HeadGone, Denied, Unreachable. ``local`` allows a ``file://`` address: for tests.
    ``wait`` is how the forge and other processes are waited for.
    """
    commits = Range(change.merge_base, change.base, change.head)
    source = Source(change.clone_url, token, local, wait)
    with mirror_of(change, state, wait) as mirror:
        mirror.fetch([commits.merge_base, commits.base, commits.head], source)
        with reading(mirror.view) as objects:
            try:
                one = Checkout(
                    commits,
                    objects,
                    partial(mirror.fetch_blobs, source=source),
                    partial(mirror.fetch, source=source),
                )
            except Failed:
                mirror.give_up()
                raise Unreachable("the mirror was damaged and is made anew") from None
            yield one
    evict(state / "mirrors", LARGEST)


@contextmanager
def mirror_of(change: Change, state: Path, wait: Patience) -> Iterator["Mirror"]:
    """The mirror of a change's repository under ``state``, ready to be fetched into.

    Another one beside it while a process has that and does not go on: nobody may write to what is
    in the middle of a fetch, which may go on at any time. Raises Unreachable.
    """
    mirrors = state / "mirrors"
    mirrors.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{change.id.forge}-{change.id.repository}"
    with ExitStack() as stack:
        for each in (name, *(f"{name}~{number}" for number in range(1, _BESIDE + 1))):
            try:
                mirror = stack.enter_context(Mirror(mirrors, each).used(wait))
            except Held as held:
                log.warning("mirror left to who holds it", mirror=each, reason=str(held))
                reason = str(held)
            else:
                yield mirror
                return
        raise Unreachable(reason)


class Mirror:
    """One repository's objects, and two locks.

    ``use`` is shared by all who read, and taken alone to remove the mirror; ``fetch`` is taken
    alone to write. Neither is ever downgraded to the other: that would leave a gap.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        self._use, self._fetch = folder / f"{name}.use", folder / f"{name}.fetch"
        self.view = Git(self.path / "view")

    @property
    def _repository(self) -> Path:
        return self.path / "git"

    @property
    def _damaged(self) -> Path:
        return self.path / "damaged"

    def give_up(self) -> None:
        """Have the mirror made anew once nobody uses it any more."""
        self._damaged.touch()

    @contextmanager
    def used(self, wait: Patience = Patience()) -> Iterator["Mirror"]:  # noqa: B008 - frozen
        """Keep the mirror from being removed while the block runs; make it where it is not.

        Raises Held where somebody has it who does not go on, and Unreachable.
        """
        packs = self._repository.glob("objects/pack/*.pack")
        if self._damaged.exists() or len(list(packs)) > _PACKS:
            self.remove()
        with locked(self._use, fcntl.LOCK_SH, wait):
            if self._damaged.exists():
                raise Held("the mirror is damaged, and another review still reads it")
            os.utime(self._use)
            with locked(self._fetch, fcntl.LOCK_EX, wait) as lock:
                alive(lock)
                self._make()
            yield self

    def _make(self) -> None:
        if (self.path / "view" / "HEAD").exists():
            return
        self.path.mkdir(mode=0o700, exist_ok=True)
        Git(self._repository).run("init", "--quiet", "--bare", "--template=", str(self._repository))
        view(self.path / "view", [self._repository / "objects"])

    def fetch(self, commits: Sequence[str], source: Source) -> None:
        """Bring the commits and their trees, without history and without contents."""
        if not all(map(is_sha, commits)):
            raise HeadGone("the change names a commit that cannot be one")
        missing = tuple(dict.fromkeys(sha for sha in commits if not self._has(sha)))
        if not missing:
            return
        refs = (f"{sha}:refs/kept/{sha}" for sha in missing)
        with locked(self._fetch, fcntl.LOCK_EX, source.wait) as lock:
            self._tidy()
            self._run(source, lock, *_FETCH, "--depth=1", "origin", *refs)

    def fetch_blobs(self, shas: Sequence[str], source: Source) -> None:
        """Bring contents, all in one go."""
        given = "".join(f"{sha}\n" for sha in shas if is_sha(sha)).encode("ascii")
        with locked(self._fetch, fcntl.LOCK_EX, source.wait) as lock:
            self._run(source, lock, *_FETCH, "--stdin", "origin", given=given, more=_NEGOTIATION)

    def _has(self, commit: str) -> bool:
        """Whether the commit was fetched: its ref is written last."""
        return (self._repository / "refs" / "kept" / commit).exists()

    def _tidy(self) -> None:
        """Clear what a killed fetch left behind, and forget the oldest commits."""
        for pattern in ("*.lock", "refs/kept/*.lock", "objects/pack/tmp_*"):
            for left in self._repository.glob(pattern):
                left.unlink(missing_ok=True)
        kept = sorted(self._repository.glob("refs/kept/*"), key=lambda ref: ref.stat().st_mtime)
        for ref in kept[:-_KEPT]:
            ref.unlink(missing_ok=True)

    def _run(
        self,
        source: Source,
        lock: int,
        *argv: str,
        given: bytes = b"",
        more: Mapping[str, str] | None = None,
    ) -> None:
        config = source.config() | dict(more or {})
        # git holds the lock too: if we are killed, nobody else writes before it has ended.
        git = Git(self._repository, config, {**_network()}, keep=(lock,))

        def idle() -> None:
            alive(lock)
            source.wait.idle()

        for pause in (*_PAUSES, None):
            alive(lock)
            try:
                git.run(*argv, given=given, seconds=_FETCH_SECONDS, idle=idle)
            except TimedOut:
                raise Unreachable(f"fetching took longer than {_FETCH_SECONDS} s") from None
            except Failed as failure:
                meant = _meant(failure.stderr)
                if pause is None or not isinstance(meant, Unreachable):
                    raise meant from None
                time.sleep(pause)
            else:
                return

    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())

    def remove(self) -> None:
        """Remove the mirror unless someone uses it."""
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self._use, fcntl.LOCK_EX, Patience(), at_once=True))
            except Unreachable:
                return
            shutil.rmtree(self.path, ignore_errors=True)


def evict(mirrors: Path, largest: int) -> None:
    """Remove mirrors, the least recently used first, until the rest has ``largest`` bytes."""
    used = sorted(mirrors.glob("*.use"), key=lambda lock: lock.stat().st_mtime, reverse=True)
    total = 0
    for lock in used:
        mirror = Mirror(mirrors, lock.stem)
        total += mirror.size()
        if total > largest:
            mirror.remove()


def _meant(stderr: bytes) -> CheckoutError:
    """What git's words mean. They themselves are shown to nobody."""
    if any(words in stderr for words in (b"not our ref", b"unadvertised object", b"remote ref")):
        return HeadGone("a commit of the change is not at the forge any more")
    refused = (b"Authentication failed", b"could not read Username", b"not found", b"error: 403")
    if any(words in stderr for words in refused):
        return Denied("the forge does not let the token read the repository")
    return Unreachable("the forge did not answer git")
