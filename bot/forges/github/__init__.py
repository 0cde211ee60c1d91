"""GitHub, as bot.forges.base wants a forge. PyGithub is used in this package only."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from bot.change import Change, ChangeId, Kind, Seen
from bot.forges.base import Gone, Refused, Role
from bot.forges.github import answers
from bot.forges.github.client import Client
from bot.forges.github.conversation import GitHubConversation
from bot.forges.github.credentials import Account, App, Person
from bot.forges.github.deliveries import DeliveryLog
from bot.forges.github.errors import Forbidden
from bot.forges.github.protection import protection
from bot.forges.github.status import Boards
from bot.forges.github.walk import Walk
from bot.protection import Protection
from bot.review import Status

if TYPE_CHECKING:
    from bot.settings import Settings

_NAME = re.compile(r"(?!\.\.?/)[\w.-]+/(?!\.\.?\Z)[\w.-]+", re.ASCII)
_QUEUE = "refs/heads/gh-readonly-queue/"
_ROLES = {role.name.lower(): role for role in Role}
_PORTS = {"https": 443, "http": 80}


def connect(settings: "Settings") -> "GitHub":
    """GitHub with the configured App or token. Asks GitHub nothing yet."""
    url, verify = settings.github_url, str(settings.ca_bundle) if settings.ca_bundle else True
    account: Account
    if settings.github_app_id is not None:
        key = settings.github_private_key.get_secret_value()
        account = App(url, verify, settings.github_app_id, key)
    else:
        token = settings.github_token.get_secret_value()
        account = Person(url, verify, token, settings.repositories)
    return GitHub(url, account, settings.allows, Boards(settings.settle_seconds), settings.key)


class GitHub:
    """Implements bot.forges.base.Forge. ``url`` is the API's base; ``key`` signs marks.

    ``allows`` says of a repository's name of today whether it may be reviewed.
    """

    def __init__(
        self, url: str, account: Account, allows: Callable[[str], bool], boards: Boards, key: bytes
    ) -> None:
        self._url, self._account, self._allows = url, account, allows
        self._boards, self._key = boards, key
        self._walk, self._log = Walk(account, allows), DeliveryLog(account)

    def change(self, change: ChangeId) -> Change:
        """The change as it is now; Gone when it is closed, not there, or not ours to review."""
        try:
            client = self._account.client(change.repository)
            if change.kind == Kind.MERGE_GROUP:
                return self._group(client, change)
            return self._pull(client, change)
        except Forbidden as error:
            raise Gone(str(error)) from error

    def head(self, change: ChangeId) -> str:
        """Its newest commit; Gone as above. What it is compared with is not asked for."""
        try:
            client = self._account.client(change.repository)
            if change.kind == Kind.MERGE_GROUP:
                return self._group_head(client, change)
            return self._open(client, change).head.sha
        except Forbidden as error:
            raise Gone(str(error)) from error

    def open_changes(self) -> Iterator[Seen]:
        """Every open pull request of the repositories that we reach and may review."""
        return self._walk.changes()

    def unfinished(self, change: Change | Seen) -> bool:
        """Whether the head lacks a final status of ours; a superseded one is not final."""
        client = self._account.client(change.id.repository)
        return not self._boards.of(client, self._account.me()).final(change)

    def send_again(self) -> int:
        """Ask for the webhooks of the last day that did not reach us; how many."""
        return self._log.send_again()

    def token(self, change: Change, *, fresh: bool = False) -> str:
        """A token for git: an App's can read this repository and nothing else."""
        return self._account.git_token(change.id.repository, fresh=fresh)

    def role(self, change: Change, login: str) -> Role:
        """The person's role now; of a custom role, what GitHub says it amounts to at least.

        Where we are not allowed to ask, nobody has a role.
        """
        client = self._account.client(change.id.repository)
        path = f"/repositories/{change.id.repository}/collaborators/{quote(login, safe='')}"
        try:
            answer = client.get(f"{path}/permission", answers.Permission)
        except (Gone, Forbidden):
            return Role.NONE
        named = _ROLES.get(answer.role_name)
        return _ROLES.get(answer.permission, Role.NONE) if named is None else named

    def status(self, change: Change | Seen, status: Status) -> None:
        """Show it at the head: a check run with an App, a commit status with a token."""
        client = self._account.client(change.id.repository)
        self._boards.of(client, self._account.me()).show(change, status)

    def conversation(self, change: Change) -> GitHubConversation:
        """The comments of this change."""
        client = self._account.client(change.id.repository)
        return GitHubConversation(client, self._account.me(), change, self._key)

    def protection(self, repository: str) -> Protection:
        """Whether our check is required, what we may do, and whether webhooks arrive."""
        if not _NAME.fullmatch(repository):
            raise Gone(f"{repository} is no name of a repository: it has one slash")
        return protection(self._account, repository)

    def _open(self, client: Client, id_: ChangeId) -> answers.Pull:
        pull = client.get(f"/repositories/{id_.repository}/pulls/{id_.number}", answers.Pull)
        if pull.state != "open":
            raise Gone(f"{pull.html_url} is {pull.state}")
        self._check(pull.base.repo)
        return pull

    def _pull(self, client: Client, id_: ChangeId) -> Change:
        pull = self._open(client, id_)
        compared = self._compared(client, id_, pull.base.ref, pull.head.sha, pull.base.sha)
        return Change(
            id=id_,
            repository=pull.base.repo.full_name,
            merge_base=compared.merge_base_commit.sha,
            base=compared.base_commit.sha,
            head=pull.head.sha,
            base_ref=pull.base.ref,
            url=pull.html_url,
            clone_url=_own_address(pull.base.repo.clone_url, self._url),
            author=pull.user.login if pull.user else "",
            fork=pull.head.repo is None or pull.head.repo.id != pull.base.repo.id,
            draft=pull.draft,
            installation=self._account.installation(id_.repository),
        )

    def _group(self, client: Client, id_: ChangeId) -> Change:
        """A merge queue's group: its branch is named ``BASE/pr-NUMBER-SHA OF BASE``."""
        base_ref, _, last = id_.ref.removeprefix(_QUEUE).rpartition("/")
        if not id_.ref.startswith(_QUEUE) or not base_ref:
            raise Gone(f"{id_.ref} is not a merge queue's branch")
        repository = client.get(f"/repositories/{id_.repository}", answers.Repository)
        self._check(repository)
        head = self._group_head(client, id_)
        compared = self._compared(client, id_, last.rpartition("-")[2], head, "")
        return Change(
            id=id_,
            repository=repository.full_name,
            merge_base=compared.merge_base_commit.sha,
            base=compared.base_commit.sha,
            head=head,
            base_ref=base_ref,
            url=f"{repository.html_url}/queue/{quote(base_ref)}",
            clone_url=_own_address(repository.clone_url, self._url),
            author="",
            installation=self._account.installation(id_.repository),
        )

    def _group_head(self, client: Client, id_: ChangeId) -> str:
        branch = quote(id_.ref.removeprefix("refs/"))
        path = f"/repositories/{id_.repository}/git/ref/{branch}"
        return client.get(path, answers.Reference).object.sha

    def _check(self, repository: answers.Repository) -> None:
        if not self._allows(repository.full_name):
            raise Gone(f"{repository.full_name} is not among REDLINE_REPOSITORIES")

    def _compared(
        self, client: Client, id_: ChangeId, base: str, head: str, last_known: str
    ) -> answers.Comparison:
        """The base branch as it is now, and where head left it.

        The second page of one commit each: only the first one lists the files, which may be large.
        """
        path = f"/repositories/{id_.repository}/compare/{quote(base)}...{head}"
        try:
            return client.get(path, answers.Comparison, per_page=1, page=2)
        except Gone as error:
            if "common ancestor" in str(error):
                raise Refused(str(error)) from error
            if not last_known:
                raise
        return self._compared(client, id_, last_known, head, "")  # the branch was deleted


def _own_address(clone_url: str, api: str) -> str:
    """The address to clone from, if it is the forge's own. Raises Refused."""
    clone, forge = urlsplit(clone_url), urlsplit(api)
    there = (clone.hostname, clone.port or _PORTS.get(clone.scheme))
    own = (forge.hostname or "").removeprefix("api.")
    here = (own, forge.port or _PORTS.get(forge.scheme))
    if there != here or clone.scheme != forge.scheme or clone.username or clone.password:
        raise Refused(f"the clone address {clone.hostname} is not the forge's own host")
    return clone_url
