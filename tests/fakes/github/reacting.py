"""Reactions by GraphQL: the only way to react to a review's text."""

from typing import Any

from tests.fakes.github.nodes import Node, Wrong, locate, require
from tests.fakes.github.state import Reaction
from tests.fakes.github.web import Call
from tests.fakes.timeline import Timeline

KINDS = {"IC": "issue_comment", "PRRC": "review_comment", "PRR": "review"}
NAMES = {
    "+1": "THUMBS_UP", "-1": "THUMBS_DOWN", "laugh": "LAUGH", "hooray": "HOORAY",
    "confused": "CONFUSED", "heart": "HEART", "rocket": "ROCKET", "eyes": "EYES",
}  # fmt: skip
WORDS = {name: word for word, name in NAMES.items()}

Lines = list[Timeline[Reaction]]


def add(call: Call, given: Node) -> Node:
    """One of each kind a person: the same again changes nothing."""
    lines = subject(call, given["subjectId"])
    content = WORDS[given["content"]]
    if mine(call, lines, content) is None:
        one = Reaction(call.server.state.id(), call.login, content, call.now)
        lines.append(Timeline(call.now, one))
    return answer(call, lines, given)


def remove(call: Call, given: Node) -> Node:
    lines = subject(call, given["subjectId"])
    line = mine(call, lines, WORDS[given["content"]])
    if line is None:
        raise Wrong("NOT_FOUND", "Could not resolve to a reaction of the viewer.")
    line.set(call.now, None)
    return answer(call, lines, given)


def subject(call: Call, name: str) -> Lines:
    prefix, _, number = locate(call, name)
    if prefix not in KINDS:
        raise Wrong("UNPROCESSABLE", "Subject is not reactable")
    require(call, "issues:write" if prefix == "IC" else "pull_requests:write")
    return call.server.state.reactions.setdefault((KINDS[prefix], number), [])


def mine(call: Call, lines: Lines, content: str) -> Timeline[Reaction] | None:
    for line in lines:
        if line.now and (line.now.account, line.now.content) == (call.login, content):
            return line
    return None


def answer(call: Call, lines: Lines, given: Node) -> Node:
    def group(word: str) -> dict[str, Any]:
        there = mine(call, lines, word) is not None
        return {"content": NAMES[word], "viewerHasReacted": there}

    groups = [group(word) for word in NAMES]
    return {"reactionGroups": groups, "clientMutationId": given.get("clientMutationId")}
