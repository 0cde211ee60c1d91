"""A project's hook, the log of what it sent, and sending one again."""

from typing import Any

from tests.fakes.gitlab import payloads
from tests.fakes.gitlab.hooks import NAMES, TRIGGERS, Hook
from tests.fakes.gitlab.paging import page
from tests.fakes.gitlab.params import may
from tests.fakes.gitlab.state import LEVELS
from tests.fakes.gitlab.web import PROJECT, Answer, Call, Refused, not_found, operation
from tests.fakes.outbox import Delivery

HOOKS = f"{PROJECT}/hooks"
HOOK = f"{HOOKS}/{{hook_id}}"
RESENDS = 5  # a minute
TOO_MANY = {"message": {"error": "This endpoint has been requested too many times. "
                        "Try again later."}}  # fmt: skip


def event(call: Call, one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "url": call.server.hooks.url or "",
        "trigger": TRIGGERS[one.event],
        "request_headers": {name: "[REDACTED]" if name == "X-Gitlab-Token" else value
                            for name, value in one.request.items()},
        "request_data": one.payload,
        "response_headers": {},
        "response_body": one.answer,
        "execution_duration": round(one.seconds, 3),
        "response_status": str(one.status) if one.status else "internal error",
    }  # fmt: skip


def find(call: Call) -> Hook:
    """The hook of the path. Raises Refused 404."""
    hook = call.server.hooks.of(call.project)
    if call.server.hooks.url is None or hook.id != call.number("hook_id"):
        raise not_found()
    return hook


@operation(f"GET {HOOKS}", level=LEVELS["maintainer"], pages=True)
def list_hooks(call: Call) -> Answer:
    there = call.server.hooks.url is not None
    rows = [call.server.hooks.of(call.project)] if there else []
    return page(call, rows, lambda one: payloads.configured(call.server, one))


@operation(f"GET {HOOK}", level=LEVELS["maintainer"])
def get_hook(call: Call) -> Answer:
    return Answer(payloads.configured(call.server, find(call)))


@operation(f"GET {HOOK}/events", {"status": may()}, level=LEVELS["maintainer"], pages=True)
def list_events(call: Call) -> Answer:
    """Newest first. ``status`` is a number, or successful, client_failure, server_failure."""
    hook = find(call)
    found = [one for one in reversed(call.server.hooks.log) if one.hook == hook.id and one.tried]
    found = [one for one in found if counts(one.status, call.get("status"))]
    return page(call, found, lambda one: event(call, one))


def counts(status: int, wanted: str | None) -> bool:
    if wanted is None:
        return True
    groups = {"successful": range(200, 300), "client_failure": range(400, 500),
              "server_failure": range(500, 600)}  # fmt: skip
    if wanted in groups:
        return status in groups[wanted] or (wanted == "server_failure" and status == 0)
    return str(status) == wanted


@operation(f"POST {HOOK}/events/{{event_id}}/resend", level=LEVELS["maintainer"])
def resend(call: Call) -> Answer:
    """Once more, with the same Idempotency-Key; five times a minute."""
    hook, wanted = find(call), call.number("event_id")
    log = call.server.hooks.log
    if sum(one.redelivery and one.when > call.now - 60 for one in log) >= RESENDS:
        raise Refused(429, TOO_MANY)
    if not any(one.id == wanted and one.hook == hook.id for one in log):
        raise not_found()
    call.server.hooks.again(wanted)
    return Answer({"response_status": 200}, 201)


@operation(f"POST {HOOK}/test/{{trigger}}", level=LEVELS["maintainer"])
def test(call: Call) -> Answer:
    """A made-up push; what answers puts a disabled hook in order."""
    hook = find(call)
    if call.path["trigger"] not in {f"{name}_events" for name in (*NAMES, "merge_requests")}:
        raise Refused(400, {"error": "trigger does not have a valid value"})
    project, hook.disabled = hook.project, False
    sha = project.git.commit(project.default_branch) or ""
    call.server.hooks.push(project, project.default_branch, (sha, sha), call.account)
    return Answer({"message": "201 Created"}, 201)
