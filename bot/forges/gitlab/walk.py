"""All open merge requests that we reach: what the reconciler looks at for missed webhooks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.change import ChangeId, ForgeName, Seen
from bot.forges.base import ForgeError, Gone, Limited
from bot.forges.gitlab import answers
from bot.forges.gitlab.client import Query, read
from bot.forges.gitlab.credentials import Account
from bot.forges.gitlab.errors import Forbidden, Unchanged

_PAGES = 10  # of 100 open merge requests each


@dataclass(frozen=True, slots=True)
class _Page:
    """A page's numbers and heads, and its ETag: asked with it, GitLab answers 304 with no body."""

    etag: str
    size: int
    requests: tuple[tuple[int, str], ...]


class Walk:
    """Remembers what it has seen from one walk to the next; ``projects`` are those of the last."""

    def __init__(self, account: Account, allows: Callable[[str], bool]) -> None:
        self._account, self._allows = account, allows
        self._seen: dict[tuple[int, int], _Page] = {}
        self.projects: tuple[int, ...] = ()

    def changes(self) -> Iterator[Seen]:
        """Each open change, by project, the newest activity first.

        One project that fails does not hide the others: the first failure is raised after all of
        them. A limit that is reached holds for all.
        """
        failures: list[ForgeError] = []
        walked: set[int] = set()
        for project in self._account.projects():
            wanted = not project.archived and self._allows(project.path_with_namespace)
            if wanted and project.id not in walked:
                walked.add(project.id)
                self.projects = tuple(walked)
                yield from self._open(project.id, failures)
        if failures:
            raise failures[0]

    def _open(self, project: int, failures: list[ForgeError]) -> Iterator[Seen]:
        """Open changes of one project. Raises Limited; what else fails goes to ``failures``."""
        try:
            for number in range(1, _PAGES + 1):
                page = self._page(project, number)
                for request, head in page.requests:
                    yield Seen(ChangeId(ForgeName.GITLAB, project, number=request), head)
                if page.size < 100:
                    return
        except (Gone, Forbidden):
            return
        except Limited:
            raise
        except ForgeError as error:
            failures.append(error)

    def _page(self, project: int, number: int) -> _Page:
        path, known = f"/projects/{project}/merge_requests", self._seen.get((project, number))
        query: dict[str, Query] = {"state": "opened", "order_by": "updated_at", "sort": "desc"}
        try:
            headers, data = self._account.client.send(
                "GET",
                path,
                query={**query, "per_page": 100, "page": number},
                headers={"If-None-Match": known.etag} if known and known.etag else {},
            )
        except Unchanged:
            assert known is not None
            return known
        listed = read(path, data, list[answers.ListedMergeRequest])
        # What has no head yet was opened a moment ago: the next walk sees it.
        requests = tuple((one.iid, one.sha) for one in listed if one.sha)
        page = _Page(headers.get("etag", ""), len(listed), requests)
        self._seen[project, number] = page
        return page
