"""What becomes of notes: written, edited, deleted, resolved, published; whoever does it."""

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.fakes.gitlab import positions, quick
from tests.fakes.gitlab.state import Account, Discussion, Draft, Note, Position, Request, Version
from tests.fakes.timeline import Timeline

if TYPE_CHECKING:
    from tests.fakes.gitlab.server import Server


def act_upon(server: "Server", request: Request, by: Account, body: str) -> str:
    """Carry out a text's quick actions. Gives what is left of it."""
    rest, actions = quick.taken_out(body)
    for name, words in actions:
        quick.carry_out(server, request, name, words, by)
    return rest.strip() if actions else body


def say(server: "Server", request: Request, by: Account, body: str) -> Note | None:
    """A note of its own, which cannot be resolved.

    None where it had quick actions only: then nothing is written, and no webhook is sent.
    """
    return begin(server, request, made(server, by, act_upon(server, request, by, body), None, None))


def start(
    server: "Server", request: Request, by: Account, body: str, where: Position | None
) -> Note | None:
    """The first note of a thread: at a position, or of the whole. None as ``say``."""
    kind = "DiffNote" if where else "DiscussionNote"
    left = act_upon(server, request, by, body)
    return begin(server, request, made(server, by, left, kind, where))


def begin(server: "Server", request: Request, note: Note) -> Note | None:
    if not note.body:
        return None
    discussion = Discussion(secrets.token_hex(20), individual=note.kind is None)
    request.discussions[discussion.id] = discussion
    return add(server, request, discussion, note)


def reply(
    server: "Server", request: Request, discussion: Discussion, by: Account, body: str
) -> Note | None:
    """One more note of a thread; a plain note that is answered becomes a thread."""
    body = act_upon(server, request, by, body)
    if not body:
        return None
    if discussion.individual:
        discussion.individual = False
        change(server, discussion, discussion.first, kind="DiscussionNote")
    first = discussion.first
    note = made(server, by, body, first.kind, first.position)
    return add(server, request, discussion, replace(note, original=first.original))


def made(
    server: "Server", by: Account, body: str, kind: str | None, position: Position | None
) -> Note:
    now = server.state.clock.now()
    return Note(server.state.id(), by, body, now, now, kind, position=position, original=position)


def add(server: "Server", request: Request, discussion: Discussion, note: Note) -> Note:
    discussion.notes[note.id] = Timeline(note.created, note)
    request.updated = note.created
    server.notify(request, "note", note.author)
    server.hooks.note("create", request, discussion, note, note.author)
    return note


def change(server: "Server", discussion: Discussion, note: Note, **fields: object) -> Note:
    line = discussion.notes[note.id]
    new = replace(note, **fields)  # type: ignore[arg-type]
    line.set(server.state.clock.now(), new)
    return new


def edit(
    server: "Server", request: Request, where: tuple[Discussion, Note], body: str, by: Account
) -> Note | None:
    """Another text; quick actions in it are carried out too. None: nothing was left of it."""
    discussion, note = where
    rest = act_upon(server, request, by, body)
    if not rest:
        delete(server, discussion, note)
        return None
    now = server.state.clock.now()
    new = change(server, discussion, note, body=rest, updated=now)
    server.hooks.note("update", request, discussion, new, by)
    return new


def delete(server: "Server", discussion: Discussion, note: Note) -> None:
    discussion.notes[note.id].set(server.state.clock.now(), None)


def resolve(
    server: "Server", request: Request, discussion: Discussion, by: Account, *, done: bool
) -> None:
    """Close or re-open a thread; when the last one closes, people are told."""
    now = server.state.clock.now()
    other = [note for note in discussion.there()
             if note.resolvable and (note.resolver is not None) != done]  # fmt: skip
    for note in other:
        who, when = (by, now) if done else (None, None)
        change(server, discussion, note, resolver=who, resolved=when)
    if other and done and not unresolved(request):
        system(server, request, by, "resolved all threads")
        server.notify(request, "all resolved", by)


def unresolved(request: Request) -> list[Discussion]:
    return [
        one for one in request.discussions.values()
        if any(note.resolvable and note.resolver is None for note in one.there())
    ]  # fmt: skip


def system(
    server: "Server", request: Request, by: Account, body: str, within: Discussion | None = None
) -> None:
    """What GitLab itself says in the conversation; no webhook tells of it."""
    within = within or Discussion(secrets.token_hex(20), individual=True)
    request.discussions[within.id] = within
    kind = None if within.individual else within.first.kind
    note = replace(made(server, by, body, kind, None), system=True)
    within.notes[note.id] = Timeline(note.created, note)


def publish(server: "Server", request: Request, drafts: list[Draft], by: Account) -> None:
    """Make drafts notes. One whose position is wrong is lost, and nobody is told."""
    now, before = server.state.clock.now(), len(server.notifications)
    for draft in drafts:
        request.drafts[draft.id].set(now, None)
        discussion = request.discussions.get(draft.discussion or "")
        if discussion is not None:
            reply(server, request, discussion, by, draft.body)
            resolve(server, request, discussion, by, done=draft.resolves)
        elif draft.position is None:
            say(server, request, by, draft.body)
        elif positions.valid(server, request, draft.position):
            start(server, request, by, draft.body, draft.position)
    told = server.notifications[before:]
    server.notifications[before:] = [one for one in told if one.kind != "note"]
    if any(one.kind == "note" for one in told):  # one message tells of the whole review
        server.notify(request, "review", by)


def follow(server: "Server", request: Request, version: Version, by: Account) -> None:
    """After a push: threads move with their lines; where a line is gone they are outdated."""
    git, number = request.project.git, len(request.versions)
    for discussion in request.discussions.values():
        first = discussion.first
        if first.original is None or first.outdated:
            continue
        place = positions.moved(git, first.position or first.original, version)
        for note in discussion.there():
            if place is not None:
                change(server, discussion, note, position=place)
            elif not note.system:
                change(server, discussion, note, outdated=True)
        if place is None:
            text = (
                f"changed this line in [version {number} of the diff](diffs?diff_id={version.id})"
            )
            system(server, request, by, text, discussion)
            if request.project.settings.get("resolve_outdated_diff_discussions"):
                resolve(server, request, discussion, by, done=True)
