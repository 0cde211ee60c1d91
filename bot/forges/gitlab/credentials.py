"""As whom we call GitLab: the account of a token, of a person, a project or a group."""

from collections.abc import Iterator
from urllib.parse import quote

from bot.forges.base import Gone
from bot.forges.gitlab import answers
from bot.forges.gitlab.client import Client
from bot.forges.gitlab.errors import Forbidden
from bot.hooks.gitlab import BOT


class Account:
    """One token; ``patterns`` name the projects, exactly or with ``*``."""

    def __init__(self, url: str, verify: bool | str, token: str, patterns: tuple[str, ...]) -> None:
        self.client = Client(url, verify, token)
        self.token = token
        self._patterns = patterns
        self._me: answers.User | None = None

    @property
    def me(self) -> answers.User:
        """Our own account."""
        if self._me is None:
            self._me = self.client.get("/user", answers.User)
        return self._me

    def wrote(self, user: answers.User | None) -> bool:
        """Whether this is us."""
        return user is not None and user.id == self.me.id

    def person(self, user: answers.User | None) -> bool:
        """Whether it is a person other than us; deleted accounts count."""
        return user is None or not (self.wrote(user) or BOT.fullmatch(user.username))

    def projects(self) -> Iterator[answers.Project]:
        """Those that are named, then those that we are a member of; some may come twice."""
        exact = [one for one in self._patterns if not set(one) & set("*?")]
        for name in exact:
            try:
                yield self.client.get(f"/projects/{quote(name, safe='')}", answers.Project)
            except (Gone, Forbidden):
                continue
        if len(exact) < len(self._patterns):
            yield from self.client.pages(
                "/projects", answers.Project, membership=True, archived=False, order_by="id"
            )
