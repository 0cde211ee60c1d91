"""What is said to people who ask for something in a comment. Pure."""

from collections.abc import Iterable, Sequence

from bot.change import Change, ForgeName
from bot.commands import Verb, Wrong
from bot.markdown.docs import doc
from bot.markdown.escape import code, cut, escape
from bot.markdown.links import Links
from bot.markdown.rows import fitting
from bot.markdown.thread import looking
from bot.marks import body_hash, sign
from bot.pardon import DESTROYED, Said
from bot.permission import Act
from bot.review import CommentKind, Mark
from bot.told import Item, Named, Told, longer
from rules.finding import Location, Side

_LISTED, _ROOM = 20, 20_000  # rows and bytes of one list
_COMMANDS = (
    ("recheck [project...]", "reviews the newest commit again", "the author or {triage}"),
    ("status", "says what holds this change back, and what was let pass", "everyone"),
    ("explain ID", "says why a finding matters, and how to mend it", "everyone"),
    (
        "allow ID [--until DATE] --reason TEXT",
        "excepts a rule at this place, in this repository",
        "the author or {write}; what blocks: {write}, not on an own change, or {admin}",
    ),
    (
        "acknowledge ID --reason TEXT",
        "accepts what this change does there, until it does something else",
        "likewise",
    ),
    (
        f"acknowledge {DESTROYED} --reason TEXT",
        "the same for all that is destroyed or replaced",
        "likewise",
    ),
    ("run SHA", "lets this commit of an untrusted author run with credentials", "{write}"),
    ("pause", "stops the comments here, never the status", "the author or {write}"),
    ("resume", "brings them back", "the author or {write}"),
    ("help", "shows this table", "everyone"),
)
_ROLES = {
    ForgeName.GITHUB: {"triage": "triage", "write": "write", "admin": "admin"},
    ForgeName.GITLAB: {"triage": "Reporter", "write": "Developer", "admin": "Owner"},
}

_WHO = {
    ForgeName.GITHUB: {"triage": "triage access", "write": "write access", "admin": "an admin"},
    ForgeName.GITLAB: {
        "triage": "the role Reporter",
        "write": "the role Developer",
        "admin": "an Owner",
    },
}
_REFUSALS = {
    Act.ASK: "this is for those who may read this repository.",
    Act.RECHECK: "a recheck is for the author of this change and for those with {triage} here.",
    Act.RECHECK_KEYED: "a recheck with credentials is for those with {write} here.",
    Act.RUN: "`/redline run` is for those with {write} here.",
    Act.ALLOW_WARNING: (
        "a warning is let pass by the author of this change or by those with {write}."
    ),
    Act.PARDON_BLOCKING: (
        "what blocks is let pass by someone with {write}, not on their own change, or by {admin}."
    ),
    Act.PAUSE: "comments are paused by the author of this change or by those with {write}.",
}

_USAGE = {
    Verb.EXPLAIN: "`/redline explain ID`",
    Verb.ALLOW: "`/redline allow ID [--until 2027-01-31] --reason TEXT`",
    Verb.ACKNOWLEDGE: "`/redline acknowledge ID --reason TEXT`, with "
    f"`{DESTROYED}` for the ID where all is meant that is destroyed or replaced",
    Verb.RUN: "`/redline run SHA`",
}

_WRONG = {
    Wrong.FINDING: "It names no finding by its id.",
    Wrong.REASON: "It gives no reason.",
    Wrong.DATE: "What follows `--until` is not understood.",
    Wrong.ORDER: "`--until` must stand before `--reason`, which takes the rest of the line.",
    Wrong.SHA: "It names no commit by its sha.",
}

NO_REVIEW = "No review of this change has ended yet: nothing here has an id so far."
UNKNOWN = "That is no command of Redline's."
CHANGED = (
    "A new review ended while this was written, and the change does something else there now. "
    "Look at it, then say it again."
)
NOTHING_DESTROYED = "Nothing is destroyed or replaced in the newest review of this change."


def commands(forge: ForgeName) -> str:
    """The table of commands. On GitLab a note of quick actions alone reaches nobody."""
    roles = _ROLES.get(forge, _ROLES[ForgeName.GITHUB])
    rows = (f"| `/redline {what}` | {does} | {who} |" for what, does, who in _COMMANDS)
    table = "\n".join(("| command | what it does | who may say it |", "|---|---|---|", *rows))
    parts = [
        "A command is a line of its own in a comment:",
        table.format(**roles),
        "ID is the short id of a finding, as each row and thread shows it.",
        "" if forge is ForgeName.GITLAB else "`/recheck` alone is understood too.",
        "Each push is reviewed by itself: after a fix nothing needs to be asked for.",
    ]
    return "\n\n".join(part for part in parts if part)


def refusal(act: Act, forge: ForgeName) -> str:
    """Who may do what was refused, as the forge calls them."""
    who = _WHO.get(forge, _WHO[ForgeName.GITHUB])
    return f"Not done: {_REFUSALS[act].format(**who)}"


def wrong(verb: Verb, why: Wrong) -> str:
    """What is missing in a command, and how it is written."""
    if verb is Verb.ACKNOWLEDGE and why is Wrong.DATE:
        return "An acknowledgement has no date: it ends when this change does something else."
    return f"{_WRONG[why]} It is written {_USAGE[verb]}."


def past(until: str, today: str) -> str:
    """A day that is over."""
    return f"{until} is over (today is {today}, UTC): an exception needs a day to come."


def unknown(word: str, named: Named, told: Told) -> str:
    """No finding is meant, or more than one."""
    if named.found:
        rows = _list(f"- {code(longer(item))}: {_in_short(item)}" for item in named.found)
        return f"{code(word)} may mean several findings:\n\n{rows}"
    if named.old:
        return f"{code(word)} was there before this change: it does not count, and nothing is due."
    at = f" at {told.head[:7]}" if told.head else ""
    said = f"There is no finding {code(word)} in the newest review{at}."
    if not named.near:
        return said
    rows = _list(f"- {code(item.id)}: {_in_short(item)}" for item in named.near)
    return f"{said} Spelt alike:\n\n{rows}"


def other_head(head: str, named: str) -> str:
    """The commit that was named is not the newest one, or not named whole."""
    begins = head.startswith(named)
    said = "A commit is named whole" if begins else f"The newest commit is {head[:7]}"
    return f"{said}. Look at it, then say `/redline run {head}`: only what was named is run."


def explained(item: Item, change: Change) -> str:
    """A finding whole: what, why, how to mend it, how to let it pass."""
    docs = doc(item.rule)
    fix = escape(item.fix) if item.fix else docs.fix
    where = _place(item, change)
    parts = [
        f"{code(item.id)} · {code(item.rule)} · {item.severity} · {where}",
        escape(item.message),
        f"**Fix:** {fix}" if fix else "",
        docs.why,
        looking(item.symptom, item.guide) if item.symptom and item.guide else "",
        _passed(item) if item.pardon else _waits(item) or _how_to_pass(item),
    ]
    return "\n\n".join(part for part in parts if part)


def _waits(item: Item) -> str:
    """That its file has an exception which someone has to agree to."""
    given = item.allowed
    if given is None or not given.waits:
        return ""
    until = f" until {given.until}" if given.until else ""
    return (
        f"The change brings an exception to it{until}: {escape(given.reason)}. It waits for someone"
        f" who may allow what blocks: `/redline allow {item.id}` agrees."
    )


def _how_to_pass(item: Item) -> str:
    return (
        f"`/redline allow {item.id} --reason TEXT` excepts the rule at this place; "
        f"`/redline acknowledge {item.id} --reason TEXT` accepts it for this change."
    )


def _passed(item: Item) -> str:
    verb = "Allowed" if item.allowed else "Acknowledged"
    given = item.pardon
    assert given is not None
    until = f" until {given.until}" if given.until else ""
    by = f"by {code('@' + given.by)}" if given.by else "in the file"
    return f"{verb} {by}{until}: {escape(given.reason)}"


def standing(told: Told | None, said: Said, change: Change, goes_on: str) -> str:
    """What holds the change back, and what was let pass. ``goes_on``: waits, runs, or nothing."""
    parts = [_outcome(told, goes_on)]
    if told is not None:
        heavy = [item for item in told.new if told.weighs(item) and item.pardon is None]
        light = [item for item in told.new if not told.weighs(item) and item.pardon is None]
        passed = [item for item in told.new if item.pardon is not None]
        parts += [
            _part("Blocks", (_row(item, change) for item in heavy)),
            _part("Does not block", (_row(item, change) for item in light)),
            _part(
                "Let pass",
                (f"- {code(one.id)}: {_in_short(one)} · {_passed(one)}" for one in passed),
            ),
            _part("Not checked", _unchecked(told)),
        ]
    if said.paused_by:
        parts.append(f"Comments are paused by {code('@' + said.paused_by)}.")
    if by := said.released.get(change.head, ""):
        parts.append(f"{change.head[:7]} was released by {code('@' + by)} to run with credentials.")
    return "\n\n".join(part for part in parts if part)


def _outcome(told: Told | None, goes_on: str) -> str:
    said = NO_REVIEW
    if told is not None:
        at = f" of {told.head[:7]}" if told.head else ""
        verb = "blocks merge" if told.blocks else "nothing blocks"
        said = f"**Redline: {verb}**, by the newest review{at}."
    return f"{said} Another one {goes_on}." if goes_on else said


def _unchecked(told: Told) -> Iterable[str]:
    for stage in told.stages:
        if stage.outcome == "unchecked":
            before = " (as before this change)" if stage.existing else ""
            name = f"{stage.stage} {stage.project}".strip()
            yield f"- {code(name)}: {escape(stage.reason)}{before}"


def _part(title: str, rows: Iterable[str]) -> str:
    shown = _list(rows)
    return f"{title}:\n\n{shown}" if shown else ""


def _list(rows: Iterable[str]) -> str:
    every = list(rows)
    shown = fitting(every, _ROOM, _LISTED)
    if len(every) > len(shown):
        shown.append(f"- ... and {len(every) - len(shown)} more")
    return "\n".join(shown)


def _row(item: Item, change: Change) -> str:
    waits = " · an exception in the file waits" if item.allowed and item.allowed.waits else ""
    return f"- {code(item.id)}: {escape(cut(item.message, 300))} ({_place(item, change)}){waits}"


def _in_short(item: Item) -> str:
    return f"{code(item.rule)} in {code(item.path)}"


def _place(item: Item, change: Change) -> str:
    return Links(change).place(Location(item.path, item.line, Side(item.side)))


def joined(said: Sequence[str]) -> str:
    """Several answers as one comment, each once; empty where reactions say it all."""
    return "\n\n".join(dict.fromkeys(part for part in said if part))


def signed(text: str, comment: str, change: Change, key: bytes) -> str:
    """The answer as it is posted: to what was not asked in the conversation it leads back."""
    whole = Mark(CommentKind.ANSWER, identity=comment, body=body_hash(text))
    asked = "" if comment.isdigit() else f"[Asked here]({change.url}#{comment})\n\n"
    return f"{asked}{text}\n\n{sign(whole, change.id, key)}"
