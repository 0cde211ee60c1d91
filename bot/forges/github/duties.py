"""Whether GitHub lets us do what we are for: permissions, subscriptions, webhooks that arrive."""

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.forges.base import Denied, Gone
from bot.forges.github import answers
from bot.forges.github.credentials import Account, Reach, holds
from bot.forges.github.status import NAME
from bot.protection import Fact, Part

_DUTIES = (
    ("contents", "read", "fetch the files of a change"),
    ("pull_requests", "write", "comment on a change"),
    ("checks", "write", f"show the check {NAME}"),
    ("issues", "read", "hear commands in comments"),
)
_QUEUE = ("merge_queues", "read", "hear of the merge queue's groups")
_EVENTS = {
    "pull_request": "hear of changes",
    "issue_comment": "hear commands in comments",
    "pull_request_review": "hear commands in the text of a review",
    "pull_request_review_comment": "hear commands in threads",
    "push": "hear that a base moved",
}
_LOG = "/app/hook/deliveries"
_WRONG_SECRET = 401


def rights(reach: Reach, repository: answers.Repository, *, queue: bool) -> Iterator[Fact]:
    """What we may do, by what it is needed for."""
    if reach.granted is None:
        yield _of_a_person(repository)
        return
    for name, level, duty in (*_DUTIES, *((_QUEUE,) if queue else ())):
        fine = holds(reach.granted, name, level)
        step = f"{reach.url}: accept {name}: {level}, after adding it in the App's own settings"
        says = f"to {duty}" if fine else f"missing, so we cannot {duty}"
        yield Fact(Part.RIGHTS, f"{name}: {level}", fine, says, "" if fine else step)
    fine = holds(reach.granted, "contents", "write")
    without = "not granted: threads of what is fixed are hidden, not resolved"
    yield Fact(
        Part.RIGHTS, "contents: write", fine or None, "to resolve threads" if fine else without
    )


def _of_a_person(repository: answers.Repository) -> Fact:
    if repository.permissions.get("push"):
        says = "our account may write; whether its token may, GitHub does not tell"
        return Fact(Part.RIGHTS, "write", True, says)
    says = f"our account may not write here, so it cannot set the status {NAME}"
    step = f"{repository.html_url}/settings/access: give it the role Write"
    return Fact(Part.RIGHTS, "write", False, says, step)


def webhooks(account: Account, repository: answers.Repository, *, queue: bool) -> Iterator[Fact]:
    """Whether what happens here reaches us: as far as GitHub shows it, to an App."""
    client = account.itself()
    if client is None:
        says = "only the repository's administrators see whether webhooks arrive"
        step = f"look at {repository.html_url}/settings/hooks, 'Recent Deliveries'"
        yield Fact(Part.WEBHOOKS, "deliveries", None, says, step)
        return
    app = client.get("/app", answers.App)
    wanted = {**_EVENTS, **({"merge_group": "hear of the merge queue"} if queue else {})}
    for event in wanted.keys() - set(app.events):
        says = f"the App does not ask for it, so we do not {wanted[event]}"
        step = f"the App's settings, 'Permissions & events': tick {event}"
        yield Fact(Part.WEBHOOKS, event, False, says, step)
    try:
        log = client.get(_LOG, list[answers.HookDelivery], per_page=100)
    except (Denied, Gone):
        yield Fact(Part.WEBHOOKS, "deliveries", None, "the App has no webhook of its own")
        return
    yield _deliveries([one for one in log if one.repository_id == repository.id])


def _deliveries(log: list[answers.HookDelivery]) -> Fact:
    """The newest first."""
    if not log:
        says = "none about this repository among the last 100: nothing has happened here lately"
        return Fact(Part.WEBHOOKS, "deliveries", None, says)
    failed = sum(not _taken(one) for one in log)
    newest = f"the newest, {_ago(log[0].delivered_at)}, {_answered(log[0])}"
    says = f"{newest}; {failed} of the last {len(log)} failed"
    if _taken(log[0]):
        return Fact(Part.WEBHOOKS, "deliveries", True, says)
    return Fact(Part.WEBHOOKS, "deliveries", False, says, _mended(log[0].status_code))


def _taken(one: answers.HookDelivery) -> bool:
    return 200 <= one.status_code < 300


def _answered(one: answers.HookDelivery) -> str:
    return f"was answered with {one.status_code}" if one.status_code else "had no answer"


def _mended(status: int) -> str:
    if status == _WRONG_SECRET:
        return (
            "the webhook secret in the App's settings is not one of REDLINE_GITHUB_WEBHOOK_SECRET"
        )
    return (
        "the webhook URL in the App's settings must lead to /webhooks/github of `redline serve`, "
        "through every proxy on the way"
    )


def _ago(when: str) -> str:
    """How long ago, by our clock; as it was written where it is no time."""
    try:
        then = datetime.fromisoformat(when.replace("Z", "+00:00"))
        seconds = max(0.0, (datetime.now(UTC) - then).total_seconds())
    except (ValueError, TypeError):
        return when[:30]
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' * (count > 1)} ago"
    return "just now"
