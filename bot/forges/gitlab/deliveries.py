"""The log of webhooks that GitLab keeps for a hook: it does not send a lost one again by itself."""

from collections import defaultdict
from collections.abc import Iterable

import structlog

from bot.forges.base import Denied, Gone, Refused
from bot.forges.gitlab import answers
from bot.forges.gitlab.credentials import Account

log = structlog.get_logger()

_ADDRESS = "/webhooks/gitlab"
_TRIES = 6  # of one webhook, the first one counted
_AT_ONCE = 5  # GitLab sends no more again in a minute
_KEY = "idempotency-key"
_OURS = ("merge_request_hooks", "note_hooks", "pipeline_hooks")


class DeliveryLog:
    """The logs of all hooks of ours that we may read: that takes a Maintainer."""

    def __init__(self, account: Account) -> None:
        self._client = account.client

    def send_again(self, projects: Iterable[int]) -> int:
        """Ask for each webhook that was never taken; how many."""
        return sum(self._project(project) for project in projects)

    def _project(self, project: int) -> int:
        path = f"/projects/{project}/hooks"
        try:
            hooks = list(self._client.pages(path, answers.Hook))
            ours = [one for one in hooks if one.url.rstrip("/").endswith(_ADDRESS)]
            if any(one.alert_status.endswith("disabled") for one in ours):
                log.warning("GitLab has disabled our webhook", project=project)
            return sum(self._hook(f"{path}/{hook.id}/events") for hook in ours)
        except (Denied, Gone, Refused):  # no Maintainer here, or a release without such a log
            return 0

    def _hook(self, path: str) -> int:
        """The first page of the log, the newest first: what is older was found by its head."""
        tries: dict[str, list[answers.HookEvent]] = defaultdict(list)
        for event in self._client.get(path, list[answers.HookEvent], per_page=20):
            if event.trigger in _OURS:
                tries[_key(event)].append(event)
        lost = [same[0] for same in tries.values() if all(map(_lost, same)) and len(same) < _TRIES]
        for event in lost[:_AT_ONCE]:
            self._client.send("POST", f"{path}/{event.id}/resend")
        return len(lost[:_AT_ONCE])


def _key(event: answers.HookEvent) -> str:
    """Equal when the same was sent again."""
    names = {name.lower(): value for name, value in event.request_headers.items()}
    return names.get(_KEY, str(event.id))


def _lost(event: answers.HookEvent) -> bool:
    """Whether nobody took it: what we answered is taken, whatever the answer."""
    code = str(event.response_status or "")
    return not code.isdigit() or int(code) in (408, 429) or int(code) >= 500
