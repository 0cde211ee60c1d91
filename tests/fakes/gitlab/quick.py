"""Quick actions: lines of a note that GitLab takes out and carries out, with its author's rights.

As older releases read them: only a plain fence protects a line, and the first plain fence ends it.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.fakes.gitlab.state import LEVELS, Account, Request

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

CARRIED_OUT = {"close", "reopen", "merge", "draft", "ready", "title", "target_branch", "label",
               "unlabel", "approve", "unapprove"}  # fmt: skip
KNOWN = CARRIED_OUT | {
    "assign", "unassign", "reassign", "assign_reviewer", "reviewer", "request_review", "todo",
    "done", "subscribe", "unsubscribe", "lock", "unlock", "estimate", "spend", "spent", "rebase",
    "milestone", "remove_milestone", "relabel", "award", "react", "copy_metadata", "shrug",
    "tableflip", "submit_review", "request_changes", "remove_due_date", "due", "weight", "move",
    "duplicate", "confidential", "promote", "create_merge_request", "epic", "iteration", "page",
    "cc", "wip", "remove_estimate", "remove_time_spent", "unassign_reviewer", "run_pipeline",
}  # fmt: skip
LINE = re.compile(r"/(\w+)(?:[ \t]+(.*))?\s*")
FENCED = re.compile(r"^```.+?\n```[ \t]*$", re.MULTILINE | re.DOTALL)


def begins_with_slash(body: str) -> bool:
    """Whether any line of a text could be taken for a quick action by some release."""
    return any(line.startswith("/") for line in body.splitlines())


def taken_out(body: str) -> tuple[str, list[tuple[str, str]]]:
    """What is left of a note, and the quick actions that were in it."""
    kept, found, at = [], [], 0
    for fence in [*FENCED.finditer(body), None]:
        end = len(body) if fence is None else fence.start()
        for line in body[at:end].splitlines(keepends=True):
            match = LINE.fullmatch(line)
            if match is not None and match[1].lower() in KNOWN:
                found.append((match[1].lower(), (match[2] or "").strip()))
            else:
                kept.append(line)
        if fence is not None:
            kept.append(fence[0])
            at = fence.end()
    return "".join(kept) if found else body, found


def carry_out(server: "Server", request: Request, name: str, rest: str, by: Account) -> None:
    """One of them; those that change nothing that is kept here do nothing."""
    level = server.state.level(request.project, by)
    if name not in CARRIED_OUT or (level < LEVELS["developer"] and by != request.author):
        return
    ACTS[name](server, request, rest, by)


def label(server: "Server", request: Request, rest: str, by: Account) -> None:
    names = tuple(name.strip('"') for name in re.findall(r'~("[^"]+"|\S+)', rest))
    server.acts.label(request, tuple(dict.fromkeys([*request.labels, *names])), by)


def unlabel(server: "Server", request: Request, rest: str, by: Account) -> None:
    names = re.findall(r'~("[^"]+"|\S+)', rest)
    left = () if not rest else tuple(one for one in request.labels if one not in names)
    server.acts.label(request, left, by)


Act = Callable[["Server", Request, str, Account], object]
ACTS: dict[str, Act] = {
    "close": lambda server, request, rest, by: server.acts.close(request, by),
    "reopen": lambda server, request, rest, by: server.acts.reopen(request, by),
    "merge": lambda server, request, rest, by: server.acts.merge(request, by),
    "draft": lambda server, request, rest, by: server.acts.draft(request, by, draft=True),
    "ready": lambda server, request, rest, by: server.acts.draft(request, by, draft=False),
    "title": lambda server, request, rest, by: server.acts.title(request, rest, by),
    "target_branch": lambda server, request, rest, by: server.acts.retarget(request, rest, by),
    "approve": lambda server, request, rest, by: server.acts.approve(request, by),
    "unapprove": lambda server, request, rest, by: server.acts.unapprove(request, by),
    "label": label,
    "unlabel": unlabel,
}
