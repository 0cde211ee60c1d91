"""Emoji reactions on notes."""

from typing import TYPE_CHECKING, Any

from tests.fakes.gitlab import shapes
from tests.fakes.gitlab.discussions import find_note
from tests.fakes.gitlab.paging import page
from tests.fakes.gitlab.params import needed
from tests.fakes.gitlab.state import Account, Award, Note, Request
from tests.fakes.gitlab.web import REQUEST, Answer, Call, Refused, forbidden, not_found, operation
from tests.fakes.gitlab.web import stamp as written
from tests.fakes.timeline import Timeline, current

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

AWARDS = f"{REQUEST}/notes/{{note_id}}/award_emoji"
NAMES = {"thumbsup", "thumbsdown", "eyes", "confused", "white_check_mark", "x", "tada", "heart",
         "rocket", "smile", "laughing", "warning", "hourglass_flowing_sand", "no_entry",
         "thinking", "wave", "question", "pray", "100", "fire"}  # fmt: skip


def shape(server: "Server", one: Award, note: int) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "user": shapes.user(server, one.account),
        "created_at": written(one.created),
        "updated_at": written(one.created),
        "awardable_id": note,
        "awardable_type": "Note",
        "url": None,
    }


def refused(reason: str) -> Refused:
    return Refused(404, {"message": f"404 Award Emoji Name {reason} Not Found"})


@operation(f"GET {AWARDS}", pages=True)
def list_awards(call: Call) -> Answer:
    _, note = find_note(call, call.request)
    lines = call.server.state.awards.get(note.id, [])
    found = current(lines, call.server.faults.seen("awards"))
    return page(call, found, lambda one: shape(call.server, one, note.id))


@operation(f"POST {AWARDS}", {"name": needed()}, content=True)
def award(call: Call) -> Answer:
    """One of each name a person: the same again is answered 404, as GitLab does."""
    request = call.request
    _, note = find_note(call, request)
    name = call.given["name"]
    if name not in NAMES:
        raise refused("is not a valid emoji name")
    one = give(call.server, request, note, name, call.account)
    if one is None:
        raise refused("has already been taken")
    return Answer(shape(call.server, one, note.id), 201)


def give(server: "Server", request: Request, note: Note, name: str, by: Account) -> Award | None:
    """Someone reacts; None where they did so already."""
    lines, now = server.state.awards.setdefault(note.id, []), server.state.clock.now()
    if any((one.account, one.name) == (by, name) for one in current(lines, now)):
        return None
    one = Award(server.state.id(), by, name, now)
    lines.append(Timeline(now, one))
    server.hooks.emoji("award", request, note, one)
    return one


@operation(f"DELETE {AWARDS}/{{award_id}}")
def revoke(call: Call) -> Answer:
    request = call.request
    _, note = find_note(call, request)
    wanted = call.number("award_id")
    for line in call.server.state.awards.get(note.id, []):
        if line.now is not None and line.now.id == wanted:
            if line.now.account != call.account:
                raise forbidden()
            call.server.hooks.emoji("revoke", request, note, line.now)
            line.set(call.now, None)
            return Answer(status=204)
    raise not_found("Award Emoji")
