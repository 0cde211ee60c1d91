"""All open pull requests that we reach: what the reconciler looks at for missed webhooks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.change import ChangeId, ForgeName, Seen
from bot.forges.base import ForgeError, Gone, Limited
from bot.forges.github import answers
from bot.forges.github.client import Client, read
from bot.forges.github.credentials import Account

_PAGES = 10  # of 100 open pull requests each


@dataclass(frozen=True, slots=True)
class _Page:
    """A page's numbers and heads, and its ETag: asked with it, GitHub answers 304 at no cost."""

    etag: str
    pulls: tuple[tuple[int, str], ...]


class Walk:
    """Remembers what it has seen from one walk to the next."""

    def __init__(self, account: Account, allows: Callable[[str], bool]) -> None:
        self._account, self._allows = account, allows
        self._seen: dict[tuple[int, int], _Page] = {}

    def changes(self) -> Iterator[Seen]:
        """Each open change, by repository, the newest activity first.

        One repository that fails, or one installation at its limit, does not hide the others: the
        first failure is raised after all of them.
        """
        failures: list[ForgeError] = []
        walked: set[int] = set()
        for client, repositories in self._account.repositories():
            try:
                for repository in repositories:
                    if repository.id not in walked and self._wanted(repository):
                        walked.add(repository.id)
                        yield from self._open(client, repository.id, failures)
            except ForgeError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _wanted(self, repository: answers.Repository) -> bool:
        shut = repository.archived or repository.disabled
        return not shut and self._allows(repository.full_name)

    def _open(self, client: Client, repository: int, failures: list[ForgeError]) -> Iterator[Seen]:
        """Open changes of one repository. Raises Limited; what else fails goes to ``failures``."""
        try:
            for number in range(1, _PAGES + 1):
                page = self._page(client, repository, number)
                for pull, head in page.pulls:
                    yield Seen(ChangeId(ForgeName.GITHUB, repository, number=pull), head)
                if len(page.pulls) < 100:
                    return
        except (Gone, Limited) as error:
            if isinstance(error, Limited):
                raise
        except ForgeError as error:
            failures.append(error)

    def _page(self, client: Client, repository: int, number: int) -> _Page:
        path, known = f"/repositories/{repository}/pulls", self._seen.get((repository, number))
        query: dict[str, str | int] = {"state": "open", "sort": "updated", "direction": "desc"}
        headers, data = client.send(
            "GET",
            path,
            query={**query, "per_page": 100, "page": number},
            headers={"If-None-Match": known.etag} if known and known.etag else {},
        )
        if data is None and known is not None:
            return known
        listed = read(path, data, list[answers.ListedPull])
        pulls = tuple((pull.number, pull.head.sha) for pull in listed)
        page = _Page(headers.get("etag", ""), pulls)
        self._seen[repository, number] = page
        return page
