"""GitLab, as bot.forges.base wants a forge. python-gitlab is used in this package only."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.change import Change, ChangeId, Kind, Seen
from bot.forges.base import Gone, Refused, Role, Unsure
from bot.forges.gitlab import answers
from bot.forges.gitlab.conversation import GitLabConversation
from bot.forges.gitlab.credentials import Account
from bot.forges.gitlab.deliveries import DeliveryLog
from bot.forges.gitlab.errors import Forbidden
from bot.forges.gitlab.merge_requests import MergeRequests, Recent, whole
from bot.forges.gitlab.protection import protection
from bot.forges.gitlab.status import Statuses, Train
from bot.forges.gitlab.walk import Walk
from bot.protection import Protection
from bot.review import Status

if TYPE_CHECKING:
    from bot.settings import Settings

_LATE = (0.3, 0.6, 1.2)  # seconds until a diff that GitLab is still making is asked for again
_LEVELS = (
    (50, Role.ADMIN),
    (40, Role.MAINTAIN),
    (30, Role.WRITE),
    (20, Role.TRIAGE),
    (10, Role.READ),
)
_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)+", re.ASCII)
_AN_HOUR = 3600.0
_OPEN = ("opened", "locked")  # locked: it is being merged, and may yet fail
_LEFT_TRAIN = ("merged", "skip_merged")


def connect(settings: "Settings") -> "GitLab":
    """GitLab with the configured token. Asks GitLab nothing yet."""
    url, verify = settings.gitlab_url.rstrip("/"), str(settings.ca_bundle or "") or True
    token = settings.gitlab_token.get_secret_value()
    account = Account(url, verify, token, settings.repositories)
    return GitLab(url, account, settings.allows, settings.key, settings.settle_seconds)


class GitLab:
    """Implements bot.forges.base.Forge. ``url`` is the instance's; ``key`` signs marks.

    ``allows`` says of a project's name of today whether it may be reviewed; ``settle``: seconds
    that listings may lag behind, and for which what was seen serves what only leans on it.
    """

    def __init__(
        self,
        url: str,
        account: Account,
        allows: Callable[[str], bool],
        key: bytes,
        settle: float,
    ) -> None:
        self._url, self._account, self._client = url, account, account.client
        self._allows, self._key, self._settle = allows, key, settle
        self._requests = MergeRequests(account.client, settle)
        self._statuses = Statuses(account, self._requests, key, settle)
        self._ids: Recent[int] = Recent(_AN_HOUR)  # of accounts, by name in small letters
        self._walk, self._log = Walk(account, allows), DeliveryLog(account)

    def change(self, change: ChangeId) -> Change:
        """The change as it is now; Gone when it is closed, not there, or not ours to review."""
        try:
            if change.kind == Kind.MERGE_GROUP:
                return self._train(change)
            return self._request(change)
        except Forbidden as error:
            raise Gone(str(error)) from error

    def head(self, change: ChangeId) -> str:
        """Its newest commit; Gone as above. The diff, which comes later, is not waited for."""
        try:
            if change.kind == Kind.MERGE_GROUP:
                return self._car(change)[1].sha
            found = self._requests.now(change)
        except Forbidden as error:
            raise Gone(str(error)) from error
        self._must_be_open(found)
        if not found.sha:
            raise Unsure(f"{found.web_url} has no commit yet")
        return found.sha

    def open_changes(self) -> Iterator[Seen]:
        """Every open merge request of the projects that we reach and may review."""
        return self._walk.changes()

    def unfinished(self, change: Change | Seen) -> bool:
        """Whether the head lacks a final status of ours; a superseded one is not final."""
        return not self._statuses.final(change)

    def send_again(self) -> int:
        """Ask for webhooks that did not reach us, where we are Maintainer; how many."""
        return self._log.send_again(self._walk.projects)

    def token(self, change: Change, *, fresh: bool = False) -> str:  # noqa: ARG002 - there is one
        """Our token: git takes it as a password."""
        return self._account.token

    def role(self, change: Change, login: str) -> Role:
        """The person's role now, through groups too; of a custom role the level below it.

        Where we are not allowed to ask, nobody has a role; who is no member may read what all may.
        """
        project = f"/projects/{change.id.repository}"
        try:
            member = self._member(project, login)
        except Forbidden:
            return Role.NONE
        except Gone:
            return self._stranger(project)
        return Role.NONE if member is None else _role(member)

    def _member(self, project: str, login: str) -> answers.Member | None:
        """Raises Gone where someone of that name is no member; None where nobody has the name.

        Ids are remembered, names change hands: what is answered must still be called so.
        """
        for id_ in (self._ids.get(login.lower()), None):
            asked = id_ or self._id(login)
            if not asked:
                return None
            member = self._client.get(f"{project}/members/all/{asked}", answers.Member)
            if member.username.lower() == login.lower():
                return member
            self._ids.drop(login.lower())
        return None

    def _id(self, login: str) -> int:
        found = self._client.get("/users", list[answers.User], username=login)
        for one in found:
            if one.username.lower() == login.lower():
                self._ids.put(login.lower(), one.id)
                return one.id
        return 0

    def status(self, change: Change | Seen, status: Status) -> None:
        """Show it at the head, in the pipeline that counts."""
        self._statuses.show(change, status)

    def conversation(self, change: Change) -> GitLabConversation:
        """The notes of this change."""
        account, requests = self._account, self._requests
        return GitLabConversation(account, requests, change, self._key, self._settle)

    def protection(self, repository: str) -> Protection:
        """Whether the merge checks hold back what is not green, our role, and our webhook."""
        if not _NAME.fullmatch(repository):
            raise Gone(f"{repository} is no name of a project")
        return protection(self._account, repository)

    def _stranger(self, project: str) -> Role:
        try:
            visibility = self._client.get(project, answers.Project).visibility
        except (Gone, Forbidden):
            return Role.NONE
        return Role.NONE if visibility == "private" else Role.READ

    def _request(self, id_: ChangeId) -> Change:
        found, refs = self._ready(id_)
        name = self._must_be_open(found)
        assert found.sha
        base = self._tip(id_, found.target_branch) or refs.start_sha or ""
        return Change(
            id=id_,
            repository=name,
            merge_base=refs.base_sha or self._merge_base(id_, base, found.sha),
            base=base,
            head=found.sha,
            base_ref=found.target_branch,
            url=found.web_url,
            clone_url=f"{self._url}/{name}.git",
            author=found.author.username if found.author else "",
            fork=found.source_project_id != found.target_project_id,
            draft=found.draft,
            installation=self._account.me.username,
        )

    def _ready(self, id_: ChangeId) -> tuple[answers.MergeRequest, answers.Refs]:
        """It, and the commits of its newest diff, for which GitLab takes a moment after a push.

        Without any the merge base is asked for by itself. Raises Unsure where there is no head.
        """
        found = self._requests.now(id_)
        for pause in _LATE:
            if found.sha and (refs := self._refs(id_, found)):
                return found, refs
            if found.state not in _OPEN:
                break
            time.sleep(pause)
            found = self._requests.now(id_)
        if not found.sha:
            raise Unsure(f"{found.web_url} has no commit yet")
        return found, self._refs(id_, found) or answers.Refs()

    def _refs(self, id_: ChangeId, found: answers.MergeRequest) -> answers.Refs | None:
        if whole(found.diff_refs, found.sha or ""):
            return found.diff_refs
        return self._requests.newest_version(id_, found.sha or "")

    def _merge_base(self, id_: ChangeId, base: str, head: str) -> str:
        """Raises Refused where there is none."""
        path = f"/projects/{id_.repository}/repository/merge_base?refs[]={base}&refs[]={head}"
        try:
            return self._client.get(path, answers.Commit).id
        except Gone as error:
            raise Refused(f"no common ancestor: {error}") from error

    def _tip(self, id_: ChangeId, branch: str) -> str:
        """The newest commit of a branch, ``""`` where it was deleted."""
        path = f"/projects/{id_.repository}/repository/branches/{quote(branch, safe='')}"
        try:
            return self._client.get(path, answers.Branch).commit.id
        except Gone:
            return ""

    def _must_be_open(self, found: answers.MergeRequest) -> str:
        """Raises Gone where it is not, or not ours to review. The project's name of now."""
        if found.state not in _OPEN:
            raise Gone(f"{found.web_url} is {found.state}")
        name = found.references.full.rpartition("!")[0]
        if not self._allows(name):
            raise Gone(f"{name} is not among REDLINE_REPOSITORIES")
        return name

    def _train(self, id_: ChangeId) -> Change:
        """A merge train's commit: the change merged with all that are before it."""
        number, pipeline = self._car(id_)
        change = self._request(replace(id_, kind=Kind.CHANGE, number=number, ref=""))
        head = pipeline.sha
        return Train(
            id=id_,
            repository=change.repository,
            merge_base=self._merge_base(id_, change.base, head),
            base=change.base,
            head=head,
            base_ref=change.base_ref,
            url=change.url,
            clone_url=change.clone_url,
            author="",
            installation=change.installation,
            pipeline=pipeline.id,
        )

    def _car(self, id_: ChangeId) -> tuple[int, answers.Pipeline]:
        """Whose change is on the train, and the pipeline that runs for it there. Raises Gone."""
        number = id_.ref.removeprefix("refs/merge-requests/").removesuffix("/train")
        if not number.isascii() or not number.isdigit():
            raise Gone(f"{id_.ref} is not of a merge train")
        path = f"/projects/{id_.repository}/merge_trains/merge_requests/{number}"
        car = self._client.get(path, answers.Car)
        if car.pipeline is None or car.status in _LEFT_TRAIN:
            raise Gone(f"!{number} of {id_.repository} has no pipeline on a merge train")
        return int(number), car.pipeline


def _role(member: answers.Member) -> Role:
    if (member.state, member.membership_state) != ("active", "active"):
        return Role.NONE
    return next((role for level, role in _LEVELS if member.access_level >= level), Role.NONE)
