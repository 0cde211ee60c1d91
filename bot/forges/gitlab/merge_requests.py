"""Merge requests as GitLab shows them, and what of them may be used again a moment later."""

import time
from typing import Generic, TypeVar

from bot.change import ChangeId
from bot.forges.gitlab import answers
from bot.forges.gitlab.client import Client

T = TypeVar("T")
_AN_HOUR = 3600.0


class Recent(Generic[T]):
    """What was seen or written in the last ``seconds``."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: dict[object, tuple[float, T]] = {}

    def put(self, key: object, value: T) -> None:
        """Remember it from now on."""
        now = time.monotonic()
        self._seen = {name: one for name, one in self._seen.items() if one[0] > now}
        self._seen[key] = (now + self._seconds, value)

    def get(self, key: object) -> T | None:
        """What was remembered, None when that is too long ago."""
        until, value = self._seen.get(key, (0.0, None))
        return value if until > time.monotonic() else None

    def drop(self, key: object) -> None:
        """Forget it: the next look asks GitLab."""
        self._seen.pop(key, None)


class MergeRequests:
    """Asks for merge requests; ``seconds``: how long an answer serves what only leans on it."""

    def __init__(self, client: Client, seconds: float) -> None:
        self._client = client
        self._recent: Recent[answers.MergeRequest] = Recent(seconds)
        self._refs: Recent[answers.Refs] = Recent(_AN_HOUR)

    def now(self, change: ChangeId) -> answers.MergeRequest:
        """As it is now."""
        path = f"/projects/{change.repository}/merge_requests/{change.number}"
        found = self._client.get(path, answers.MergeRequest)
        self._recent.put(change, found)
        if found.diff_refs and whole(found.diff_refs, found.sha or ""):
            self._refs.put(change, found.diff_refs)
        return found

    def lately(self, change: ChangeId) -> answers.MergeRequest:
        """As it was when it was looked at a moment ago, else as it is now."""
        return self._recent.get(change) or self.now(change)

    def forget(self, change: ChangeId) -> None:
        """The next look asks GitLab."""
        self._recent.drop(change)

    def refs(self, change: ChangeId, head: str) -> answers.Refs | None:
        """The commits that positions at this head are counted in; None where there are none yet."""
        known = self._refs.get(change)
        if not whole(known, head):
            known = self.now(change).diff_refs
        return known if whole(known, head) else self.newest_version(change, head)

    def newest_version(self, change: ChangeId, head: str) -> answers.Refs | None:
        """The same from the list of all diffs."""
        path = f"/projects/{change.repository}/merge_requests/{change.number}/versions"
        for one in self._client.get(path, list[answers.Version], per_page=1)[:1]:
            refs = answers.Refs(one.base_commit_sha, one.start_commit_sha, one.head_commit_sha)
            return refs if whole(refs, head) else None
        return None


def whole(refs: answers.Refs | None, head: str) -> bool:
    """Whether they are of this head, and none is missing."""
    return bool(refs and refs.head_sha == head and refs.base_sha and refs.start_sha)
