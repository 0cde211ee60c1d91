"""Notes and discussions of a merge request by the REST interface."""

from typing import TYPE_CHECKING, Any

from tests.fakes.gitlab import notes, positions, quick, shapes, suggestions
from tests.fakes.gitlab.paging import page
from tests.fakes.gitlab.params import may, needed
from tests.fakes.gitlab.positions import POSITIONED
from tests.fakes.gitlab.state import LEVELS, Discussion, Note, Request
from tests.fakes.gitlab.web import (
    REQUEST,
    Answer,
    Call,
    Refused,
    bad,
    forbidden,
    maybe_stamp,
    not_found,
    operation,
    stamp,
)

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server

NOTES, DISCUSSIONS = f"{REQUEST}/notes", f"{REQUEST}/discussions"
DISCUSSION = f"{DISCUSSIONS}/{{discussion_id}}"
LONGEST = 1_000_000


def shape(server: "Server", request: Request, one: Note) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": one.id,
        "type": one.kind,
        "body": one.body,
        "attachment": None,
        "author": shapes.user(server, one.author),
        "created_at": stamp(one.created),
        "updated_at": stamp(one.updated),
        "system": one.system,
        "noteable_id": request.id,
        "noteable_type": "MergeRequest",
        "project_id": request.project.id,
        "commit_id": None,
        "resolvable": one.resolvable,
        "confidential": False,
        "internal": False,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": request.iid,
        "commands_changes": {},
    }
    if one.resolvable:
        row |= {"resolved": one.resolver is not None,
                "resolved_by": shapes.maybe_user(server, one.resolver),
                "resolved_at": maybe_stamp(one.resolved)}  # fmt: skip
    if one.position is not None:
        row["position"] = positions.shape(one.position)
        row["suggestions"] = suggestions.shape(request, one)
    return row


def discussion_shape(server: "Server", request: Request, one: Discussion) -> dict[str, Any]:
    rows = [shape(server, request, note) for note in one.there()]
    return {"id": one.id, "individual_note": one.individual, "notes": rows}


def text(call: Call) -> str:
    """The text that is to be written. Raises Refused 400 for none, or one that is too long."""
    body: str = call.given["body"]
    check(call, body)
    return body


def check(call: Call, body: str) -> None:
    """Refuse what GitLab refuses; a bot's line that begins with ``/`` is a fault of the bot's."""
    if not body.strip():
        raise bad("""400 Bad request - Note {:note=>["can't be blank"]}""")
    if len(body) > LONGEST:
        reason = f"is too long (maximum is {LONGEST} characters)"
        call.server.state.violations.append(f"{call.operation.name}: {reason}")
        raise bad(f'400 Bad request - Note {{:note=>["{reason}"]}}')
    if quick.begins_with_slash(body):
        call.server.state.violations.append(f"{call.operation.name}: a line begins with /: {body}")


def own(call: Call, one: Note) -> None:
    """Only its author, or a Maintainer, changes a note; system notes nobody."""
    level = call.server.state.level(call.project, call.account)
    if one.system or (one.author != call.account and level < LEVELS["maintainer"]):
        raise forbidden()


def written(call: Call, request: Request, one: Note | None, status: int = 201) -> Answer:
    """The note; or, where it had quick actions only, what they did."""
    if one is None:
        return Answer({"commands_changes": {}, "summary": ["Applied."]}, 202)
    return Answer(shape(call.server, request, one), status)


def seen(call: Call, request: Request, kind: str) -> list[tuple[Discussion, list[Note]]]:
    """Discussions with their notes, as a listing that may be late shows them."""
    when = call.server.faults.seen(kind)
    rows = [(one, [note for line in one.notes.values() if (note := line.at(when)) is not None])
            for one in request.discussions.values()]  # fmt: skip
    return [(one, found) for one, found in rows if found]


def find(call: Call, request: Request) -> Discussion:
    """The discussion of the path. Raises Refused 404."""
    one = request.discussions.get(call.path["discussion_id"])
    if one is None or not one.there():
        raise not_found("Discussion")
    return one


def find_note(call: Call, request: Request) -> tuple[Discussion, Note]:
    """The note of the path, in the path's discussion where it names one. Raises Refused 404."""
    found = request.find(call.number("note_id"))
    if found is None or call.path.get("discussion_id", found[0].id) != found[0].id:
        raise not_found()
    note = found[1].now
    assert note is not None
    return found[0], note


@operation(f"GET {NOTES}", {"activity_filter": may()}, pages=True)
def list_notes(call: Call) -> Answer:
    """Newest first, unless it is asked for otherwise; system notes among them."""
    request = call.request
    rows = [note for _, found in seen(call, request, "notes") for note in found]
    by = call.get("order_by", "created_at")
    if by not in ("created_at", "updated_at"):
        raise Refused(400, {"error": "order_by does not have a valid value"})
    down = call.get("sort", "desc") == "desc"
    rows.sort(key=lambda note: (note.updated if by == "updated_at" else note.created, note.id),
              reverse=down)  # fmt: skip
    return page(call, rows, lambda one: shape(call.server, request, one))


@operation(f"GET {NOTES}/{{note_id}}")
@operation(f"GET {DISCUSSION}/notes/{{note_id}}")
def get_note(call: Call) -> Answer:
    request = call.request
    return Answer(shape(call.server, request, find_note(call, request)[1]))


@operation(f"POST {NOTES}", {"body": needed(), "created_at": may(), "internal": may("boolean"),
           "merge_request_diff_head_sha": may()}, content=True)  # fmt: skip
def create_note(call: Call) -> Answer:
    request, body = call.request, text(call)
    return written(call, request, notes.say(call.server, request, call.account, body))


@operation(f"PUT {NOTES}/{{note_id}}", {"body": needed()}, content=True)
@operation(f"PUT {DISCUSSION}/notes/{{note_id}}", {"body": may(), "resolved": may("boolean")},
           content=True)  # fmt: skip
def update_note(call: Call) -> Answer:
    """A new text, or (within a discussion) resolved; not both at once."""
    request = call.request
    discussion, note = find_note(call, request)
    if ("body" in call.given) == ("resolved" in call.given):
        both = "body" in call.given
        word = "mutually exclusive" if both else "missing, exactly one parameter must be provided"
        raise Refused(400, {"error": f"body, resolved are {word}"})
    if "resolved" in call.given:
        return resolved(call, request, discussion)
    own(call, note)
    edited = notes.edit(call.server, request, (discussion, note), text(call), call.account)
    return written(call, request, edited, 200)


@operation(f"DELETE {NOTES}/{{note_id}}")
@operation(f"DELETE {DISCUSSION}/notes/{{note_id}}")
def delete_note(call: Call) -> Answer:
    discussion, note = find_note(call, call.request)
    own(call, note)
    notes.delete(call.server, discussion, note)
    return Answer(status=204)


@operation(f"GET {DISCUSSIONS}", pages=True)
def list_discussions(call: Call) -> Answer:
    request = call.request

    def row(pair: tuple[Discussion, list[Note]]) -> dict[str, Any]:
        rows = [shape(call.server, request, note) for note in pair[1]]
        return {"id": pair[0].id, "individual_note": pair[0].individual, "notes": rows}

    return page(call, seen(call, request, "discussions"), row)


@operation(f"GET {DISCUSSION}")
def get_discussion(call: Call) -> Answer:
    request = call.request
    return Answer(discussion_shape(call.server, request, find(call, request)))


@operation(f"POST {DISCUSSIONS}", {"body": needed(), "position": POSITIONED, "commit_id": may(),
           "created_at": may()}, content=True)  # fmt: skip
def create_discussion(call: Call) -> Answer:
    request, body = call.request, text(call)
    where = positions.read(call.get("position"))
    if where is not None and not positions.valid(call.server, request, where):
        raise bad(f"400 Bad request - {positions.NO_LINE}")
    note = notes.start(call.server, request, call.account, body, where)
    if note is None:
        return written(call, request, note)
    found = request.find(note.id)
    assert found is not None
    return Answer(discussion_shape(call.server, request, found[0]), 201)


@operation(f"PUT {DISCUSSION}", {"resolved": needed("boolean")}, content=True)
def resolve(call: Call) -> Answer:
    request = call.request
    return resolved(call, request, find(call, request))


def resolved(call: Call, request: Request, discussion: Discussion) -> Answer:
    """Developers may, and the merge request's author. Raises Refused 403, or 400 for a note."""
    level = call.server.state.level(call.project, call.account)
    if level < LEVELS["developer"] and call.account != request.author:
        raise forbidden()
    if not discussion.first.resolvable:
        raise Refused(400, {"message": "400 Bad request - Discussion is not resolvable"})
    notes.resolve(call.server, request, discussion, call.account, done=call.given["resolved"])
    return Answer(discussion_shape(call.server, request, discussion))


@operation(f"POST {DISCUSSION}/notes", {"body": needed(), "created_at": may(),
           "note_id": may("integer")}, content=True)  # fmt: skip
def reply(call: Call) -> Answer:
    request = call.request
    discussion, body = find(call, request), text(call)
    done = notes.reply(call.server, request, discussion, call.account, body)
    return written(call, request, done)
