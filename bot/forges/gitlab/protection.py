"""What GitLab lets through without us: merge checks, our role, our webhook."""

from collections.abc import Iterator
from urllib.parse import quote

from msgspec import Struct

from bot.forges.base import Denied, Gone, Refused
from bot.forges.gitlab import answers
from bot.forges.gitlab.credentials import Account
from bot.forges.gitlab.status import NAME
from bot.protection import Fact, Part, Protection

_DEVELOPER, _MAINTAINER = 30, 40
_ADDRESS = "/webhooks/gitlab"
_EVENTS = {
    "merge_requests_events": ("Merge request events", "hear of changes"),
    "note_events": ("Comments", "hear commands in comments"),
    "push_events": ("Push events", "hear that a base moved"),
    "pipeline_events": ("Pipeline events", "hear of merge trains and of late pipelines"),
}


class _Project(Struct, frozen=True):
    """What of a project's settings matters; None where GitLab does not show it to us."""

    id: int
    path_with_namespace: answers.FullName
    web_url: str
    default_branch: str | None = None
    archived: bool = False
    only_allow_merge_if_pipeline_succeeds: bool | None = None
    allow_merge_on_skipped_pipeline: bool | None = None
    only_allow_merge_if_all_discussions_are_resolved: bool | None = None
    forking_access_level: str = "enabled"

    @property
    def merge_checks(self) -> str:
        """Where they are set."""
        return f"{self.web_url}/-/settings/merge_requests, 'Merge checks'"


class _Hook(Struct, frozen=True):
    id: int
    url: str
    alert_status: str = "executable"
    merge_requests_events: bool = True
    note_events: bool = True
    push_events: bool = True
    pipeline_events: bool = True


def protection(account: Account, name: str) -> Protection:
    """The project with this name. Raises Gone where we do not reach it, and ForgeError."""
    try:
        project = account.client.get(f"/projects/{quote(name, safe='')}", _Project)
    except Gone as error:
        raise Gone(f"GitLab shows {account.me.username} no project {name}: {error}") from error
    level = _level(account, project)
    facts = [*_gate(project), _right(account, project, level), *_webhooks(account, project, level)]
    return Protection(
        "GitLab",
        project.path_with_namespace,
        project.default_branch or "",
        project.only_allow_merge_if_pipeline_succeeds,
        tuple(facts),
    )


def _level(account: Account, project: _Project) -> int:
    path = f"/projects/{project.id}/members/all/{account.me.id}"
    try:
        return account.client.get(path, answers.Member).access_level
    except (Denied, Gone):
        return 0


def _gate(project: _Project) -> Iterator[Fact]:
    if project.archived:
        yield Fact(Part.GATE, "archived", None, "nothing can be changed or merged here")
    tick = f"{project.merge_checks}: tick"
    name, says = (
        "pipelines must succeed",
        f"a merge request whose status {NAME} is not green is held back",
    )
    held = project.only_allow_merge_if_pipeline_succeeds
    if held:
        yield Fact(Part.GATE, name, True, says)
        says = "a job that succeeds later can turn the merge request green again (gitlab#535437)"
        yield Fact(Part.GATE, "later jobs", None, says, "look at the status itself before merging")
    elif held is None:
        yield Fact(Part.GATE, name, None, "we may not look", f"look at {project.merge_checks}")
    else:
        says = f"off: a merge request whose status {NAME} failed can be merged"
        yield Fact(Part.GATE, name, False, says, f"{tick} 'Pipelines must succeed'")
    if project.allow_merge_on_skipped_pipeline:
        says = "a skipped pipeline counts as a success"
        step = f"{project.merge_checks}: untick 'Skipped pipelines are considered successful'"
        yield Fact(Part.GATE, "skipped pipelines", None, says, step)
    resolved = project.only_allow_merge_if_all_discussions_are_resolved
    if resolved is False and project.forking_access_level != "disabled":
        says = "where a fork takes no status of ours, a thread stands for it: it holds nothing back"
        step = f"{tick} 'All threads must be resolved'"
        yield Fact(Part.GATE, "changes from forks", None, says, step)


def _right(account: Account, project: _Project, level: int) -> Fact:
    if level >= _DEVELOPER:
        says = f"{account.me.username} may show the status and close threads"
        return Fact(Part.RIGHTS, "role", True, says)
    says = f"{account.me.username} is no Developer here: it can set no status {NAME}"
    step = f"{project.web_url}/-/project_members: give it the role Developer"
    return Fact(Part.RIGHTS, "role", False, says, step)


def _webhooks(account: Account, project: _Project, level: int) -> Iterator[Fact]:
    settings = f"{project.web_url}/-/hooks"
    path = f"/projects/{project.id}/hooks"
    try:
        hooks = list(account.client.pages(path, _Hook)) if level >= _MAINTAINER else None
    except (Denied, Gone, Refused):
        hooks = None
    if hooks is None:
        says = "shown to Maintainers only, which we are not: lost ones are not asked for again"
        yield Fact(Part.WEBHOOKS, "webhook", None, says, f"look at {settings}, or give us the role")
        return
    ours = [one for one in hooks if one.url.rstrip("/").endswith(_ADDRESS)]
    if not ours:
        says = f"the project has none that ends with {_ADDRESS}; its group may have one"
        step = f"{settings}: add REDLINE_PUBLIC_URL{_ADDRESS} with Redline's secret"
        yield Fact(Part.WEBHOOKS, "webhook", None, says, step)
    for hook in ours:
        yield from _hook(account, project, hook, settings)


def _hook(account: Account, project: _Project, hook: _Hook, settings: str) -> Iterator[Fact]:
    if hook.alert_status != "executable":
        says = f"GitLab has switched it off ({hook.alert_status}): it failed too often"
        step = f"{settings}/{hook.id}/edit: 'Test' sends one, and switches it on again"
        yield Fact(Part.WEBHOOKS, "webhook", False, says, step)
    for key, (label, duty) in _EVENTS.items():
        if not getattr(hook, key):
            step = f"{settings}/{hook.id}/edit: tick '{label}'"
            yield Fact(Part.WEBHOOKS, label.lower(), False, f"off: we do not {duty}", step)
    path = f"/projects/{project.id}/hooks/{hook.id}/events"
    try:
        log = account.client.get(path, list[answers.HookEvent], per_page=20)
    except (Denied, Gone, Refused):  # releases before 17.3 have no such log
        return
    yield _deliveries(log, f"{settings}/{hook.id}/edit: 'Recent events'")


def _deliveries(log: list[answers.HookEvent], place: str) -> Fact:
    if not log:
        return Fact(Part.WEBHOOKS, "deliveries", None, "none yet: nothing has happened here lately")
    failed = sum(not _taken(one) for one in log)
    newest = log[0].response_status or "no answer"
    says = f"the newest got {str(newest)[:60]}; {failed} of the last {len(log)} failed"
    if _taken(log[0]):
        return Fact(Part.WEBHOOKS, "deliveries", True, says)
    wanted = "its URL must lead to `redline serve`, through every proxy on the way"
    if str(newest) == "401":
        wanted = "its secret must be one of REDLINE_GITLAB_WEBHOOK_SECRET"
    step = f"{place}; {wanted}"
    return Fact(Part.WEBHOOKS, "deliveries", False, says, step)


def _taken(one: answers.HookEvent) -> bool:
    return str(one.response_status or "").startswith("2")
