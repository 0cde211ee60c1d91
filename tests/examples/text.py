"""A conversation as Markdown, with all that differs from run to run made equal."""

import re
from collections.abc import Iterator, Sequence
from itertools import count

from tests.demo.moment import Moment, Row, closed, excerpt, is_bot, place

_HIDDEN = re.compile(r"\n*<!--.*?-->", re.DOTALL)
_SHA = re.compile(r"(?<![0-9a-z])[0-9a-f]{40}(?![0-9a-z])")
_SERVER = re.compile(r"http://127\.0\.0\.1:\d+(?:/gitlab)?")
_REPOSITORY = re.compile(r"\b(?:org|group/sub)/shop\d+\b")
_PAGE = re.compile(r"(/reviews/git(?:hub|lab))/\d+/(\d+)/[0-9a-f]{32}")
_FOLDED = re.compile(r"<details>.*</details>", re.DOTALL)
_EMOJI = {"+1": "thumbs up", "thumbsup": "thumbs up"}
_SHOWN = 3  # lines of the diff above a thread


def told(moment: Moment, before: Row | None) -> str:
    """One moment: what people did, then all that is new at the change; edited comments last."""
    comments = [row for row in moment.comments if row["kind"] != "system"]
    known = {row["id"]: row for row in before["threads"]} if before else {}
    parts = [f"## {moment.did}", _status(moment), _annotations(moment)]
    parts += map(_comment, sorted(comments, key=lambda row: bool(row["history"])))
    parts += [_thread(thread, known.get(thread["id"])) for thread in moment.threads]
    parts += _ended(moment.closed)
    if moment.quiet:
        parts.append("No comment is new or different.")
    return "\n\n".join(part for part in parts if part)


def masked(text: str, forge: str) -> str:
    """The text without what a run makes up: addresses, ports, commits."""
    text = _REPOSITORY.sub("shop/platform", _SERVER.sub(f"https://{forge}.example", text))
    text = _PAGE.sub(r"\1/1/\2/SIGNATURE", text)
    numbers = count(1)
    for sha in dict.fromkeys(_SHA.findall(text)):
        mask = str(next(numbers)) * 40
        for length in (40, 12, 7):
            text = re.sub(rf"(?<![0-9a-z]){sha[:length]}(?![0-9a-z])", mask[:length], text)
    return text


def _status(moment: Moment) -> str:
    """The states in their order; only the last one's words, since others tell the seconds."""
    if not moment.statuses:
        return ""
    states = dict.fromkeys(row["conclusion"] or row["state"] for row in moment.statuses)
    *before, last = (state.replace("_", " ") for state in states)
    shown = " → ".join([*before, f"**{last}**"])
    # The full sha is what `masked` knows a commit by.
    return f"**Status** `redline` at {moment.commit}: {shown}\n\n{moment.statuses[-1]['title']}"


def _annotations(moment: Moment) -> str:
    rows = [
        f"- `{row['path']}:{row['start_line']}` {row['annotation_level']}: **{row['title']}** "
        f"{row['message']}"
        for row in moment.annotations
    ]
    return "**Annotations** of the check, beside the lines:\n\n" + "\n".join(rows) if rows else ""


def _comment(row: Row) -> str:
    edited = ", edited" if row["history"] else ""
    given = ", ".join(_EMOJI.get(each["content"], each["content"]) for each in row["reactions"])
    reacted = f" ({given} from redline)" if given and not is_bot(row["author"]) else ""
    return f"**Comment** of {row['author']}{edited}{reacted}:\n\n{_quoted(row['body'])}"


def _thread(thread: Row, before: Row | None) -> str:
    """A thread; of one that is known, what was not said in it before."""
    first, *replies = thread["comments"]
    old = [row["body"] for row in before["comments"]] if before else []
    parts = [f"### Thread on `{place(thread)}`"]
    if first["body"] not in old[:1]:
        parts += [_excerpt(thread), _quoted(first["body"])]
    parts += [_reply(row) for row in replies if row["body"] not in old]
    return "\n\n".join(part for part in parts if part)


def _excerpt(thread: Row) -> str:
    lines = excerpt(thread["hunk"] or "")[-_SHOWN:]
    shown = "\n".join(f"{one.new or one.old:>4} {one.sign} {one.text}".rstrip() for one in lines)
    return f"```text\n{shown}\n```" if shown else ""


def _reply(row: Row) -> str:
    return f"{row['author']} replies:\n\n{_quoted(row['body'])}"


def _ended(threads: Sequence[Row]) -> Iterator[str]:
    """Threads that are over, those that end alike together: the forge has folded them."""
    places: dict[tuple[str, str], list[str]] = {}
    for thread in threads:
        places.setdefault(_end(thread), []).append(f"`{place(thread)}`")
    for (word, said), alike in places.items():
        if len(alike) == 1:
            yield f"### Thread on {alike[0]}: {word}\n\n{said}"
        else:
            listed = "\n".join(f"- {one}" for one in alike)
            yield f"### {len(alike)} threads: {word}\n\n{listed}\n\nEach says now:\n\n{said}"


def _end(thread: Row) -> tuple[str, str]:
    """How the forge shows that it is over, and what it ends with."""
    assert closed(thread)
    word = "resolved" if thread["resolved"] else "hidden"
    first, *replies = thread["comments"]
    said = _FOLDED.sub("(what it said is folded)", _visible(first["body"]))
    return word, "\n\n".join([_quoted(said), *map(_reply, replies)])


def _quoted(body: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in _visible(body).split("\n"))


def _visible(body: str) -> str:
    return _HIDDEN.sub("", body).strip()


def diff(changed: Iterator[str]) -> str:
    """What a push changes, folded; the fence is longer than any inside."""
    text = "\n".join(changed)
    return f"<details><summary>The change</summary>\n\n````diff\n{text}\n````\n\n</details>"
