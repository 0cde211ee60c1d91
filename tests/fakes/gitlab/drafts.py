"""Draft notes: what only their author sees until it is published."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fakes.gitlab import notes, positions
from tests.fakes.gitlab.discussions import check
from tests.fakes.gitlab.paging import page
from tests.fakes.gitlab.params import may, needed
from tests.fakes.gitlab.positions import POSITIONED
from tests.fakes.gitlab.state import Draft, Request
from tests.fakes.gitlab.web import REQUEST, Answer, Call, bad, not_found, operation
from tests.fakes.timeline import Timeline, current

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

DRAFTS = f"{REQUEST}/draft_notes"


def shape(server: "Server", request: Request, one: Draft) -> dict[str, Any]:
    where = one.position
    right = where is not None and positions.valid(server, request, where)
    return {
        "id": one.id,
        "author_id": one.author.id,
        "merge_request_id": request.id,
        "resolve_discussion": one.resolves,
        "discussion_id": one.discussion,
        "note": one.body,
        "commit_id": one.commit,
        "line_code": positions.line_code(where) if where and right else None,
        "position": positions.shape(where) if where else positions.NOWHERE,
    }


def mine(call: Call, request: Request) -> list[Draft]:
    lines = request.drafts.values()
    return [one for one in current(lines, call.now) if one.author == call.account]


def find(call: Call, request: Request) -> Draft:
    """The caller's own draft of the path. Raises Refused 404."""
    wanted = call.number("draft_note_id")
    for one in mine(call, request):
        if one.id == wanted:
            return one
    raise not_found("Draft Note")


@operation(f"GET {DRAFTS}", pages=True)
def list_drafts(call: Call) -> Answer:
    request, when = call.request, call.server.faults.seen("drafts")
    rows = [one for one in current(request.drafts.values(), when) if one.author == call.account]
    return page(call, rows, lambda one: shape(call.server, request, one))


@operation(f"GET {DRAFTS}/{{draft_note_id}}")
def get_draft(call: Call) -> Answer:
    request = call.request
    return Answer(shape(call.server, request, find(call, request)))


@operation(
    f"POST {DRAFTS}",
    {
        "note": needed(),
        "position": POSITIONED,
        "in_reply_to_discussion_id": may(),
        "resolve_discussion": may("boolean"),
        "commit_id": may(),
    },
    content=True,
)
def create_draft(call: Call) -> Answer:
    """A wrong position is taken too; that the draft is lost shows when it is published."""
    request, body = call.request, call.given["note"]
    check(call, body)
    discussion = call.get("in_reply_to_discussion_id")
    if discussion is not None and discussion not in request.discussions:
        raise bad("400 Bad request - Thread to reply to cannot be found")
    where, resolves = positions.read(call.get("position")), call.get("resolve_discussion", False)
    one = Draft(call.server.state.id(), call.account, body, where, discussion, resolves,
                call.get("commit_id"))  # fmt: skip
    request.drafts[one.id] = Timeline(call.now, one)
    return Answer(shape(call.server, request, one), 201)


@operation(f"PUT {DRAFTS}/{{draft_note_id}}", {"note": may(), "position": POSITIONED}, content=True)
def update_draft(call: Call) -> Answer:
    """Without a position the one that it had is gone (gitlab#631434)."""
    request = call.request
    one = find(call, request)
    body = call.get("note", one.body)
    check(call, body)
    new = replace(one, body=body, position=positions.read(call.get("position")))
    request.drafts[one.id].set(call.now, new)
    return Answer(shape(call.server, request, new))


@operation(f"DELETE {DRAFTS}/{{draft_note_id}}")
def delete_draft(call: Call) -> Answer:
    request = call.request
    request.drafts[find(call, request).id].set(call.now, None)
    return Answer(status=204)


@operation(f"PUT {DRAFTS}/{{draft_note_id}}/publish", content=True)
def publish_one(call: Call) -> Answer:
    request = call.request
    notes.publish(call.server, request, [find(call, request)], call.account)
    return Answer(status=204)


@operation(f"POST {DRAFTS}/bulk_publish", {"note": may(), "internal": may("boolean"),
           "reviewer_state": may("text", "reviewed", "requested_changes", "approved")},
           content=True)  # fmt: skip
def publish_all(call: Call) -> Answer:
    """All of the caller's drafts as one review, and a summary note with them where it is given."""
    request, summary = call.request, call.get("note")
    if summary is not None:
        check(call, summary)
        one = Draft(call.server.state.id(), call.account, summary)
        request.drafts[one.id] = Timeline(call.now, one)
    notes.publish(call.server, request, mine(call, request), call.account)
    return Answer(status=204)
