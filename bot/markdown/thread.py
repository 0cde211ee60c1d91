"""What a thread says: what will happen, how to mend it, why it matters. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.change import Anchor, AnchorKind, Diff, ForgeName
from bot.markdown import suggestion
from bot.markdown.docs import doc
from bot.markdown.escape import code, cut, escape
from bot.markdown.guide import guides, title
from bot.markdown.links import Links
from bot.markdown.rows import fitting
from bot.review import Pardon, Review
from rules.finding import Family, Finding, Severity

LISTED = 25  # findings of one rule that one thread lists
_OWN_THREAD = {Family.DESTRUCTION, Family.IAM, Family.NETWORK, Family.ENCRYPTION}
_ORDER = tuple(Family)
_WORTH = 30  # signs that are worth not being told again
_NAME = re.compile(r"[^`]*`[^`]+`")
_LONGEST_BODY, _ROWS_ROOM = 30_000, 20_000  # signs; bytes


@dataclass(frozen=True, eq=False)  # one of a kind: comparing thousands of findings takes long
class Group:
    """The findings that one thread speaks for: one, or all of one rule in one file."""

    stage: str
    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The gravest, the topmost among equals."""
        return self.findings[0]

    @property
    def alone(self) -> bool:
        """Whether its kind has a thread for each finding."""
        return self.first.family in _OWN_THREAD

    @property
    def worthy(self) -> bool:
        """Whether it is said inline: it blocks, or is of a family that always is."""
        return self.first.severity is Severity.BLOCKING or self.first.family is not None

    @property
    def unlike(self) -> bool:
        """Whether they weigh differently."""
        return any(each.severity is not self.first.severity for each in self.findings)

    @property
    def rank(self) -> tuple[bool, int, str, int, str]:
        """Who comes first where there is no room for all."""
        family = self.first.family
        order = len(_ORDER) if family is None else _ORDER.index(family)
        where = self.first.location
        blocking = self.first.severity is Severity.BLOCKING
        return (not blocking, order, where.path, where.line, self.first.rule)


def groups(review: Review) -> tuple[Group, ...]:
    """What the new findings would say in threads, in the order in which they get one."""
    together: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for result in review.results:
        for finding in result.findings:
            if finding.new:
                together[(result.stage, *_shared(finding))].append(finding)
    made = (
        Group(stage, tuple(sorted(them, key=_gravest))) for (stage, *_), them in together.items()
    )
    return tuple(sorted(made, key=lambda group: group.rank))


def _shared(finding: Finding) -> tuple[str, str, str]:
    alone = finding.family in _OWN_THREAD
    return (finding.rule, finding.location.path, finding.identity if alone else "")


def _gravest(finding: Finding) -> tuple[int, int, str, str]:
    return (-finding.severity, finding.location.line, finding.address, finding.detail)


def place(group: Group, diff: Diff, forge: ForgeName) -> Anchor:
    """Where the thread stands: on the lines that it suggests to replace.

    Else at the first of its findings that the diff shows.
    """
    if len(group.findings) == 1 and (spot := suggestion.spot(group.first, diff, forge)):
        return spot
    own = [diff.anchor(finding.location) for finding in group.findings]
    every = [*own, *(diff.anchor(each.location, each.cause) for each in group.findings)]
    for kind in (AnchorKind.LINE, AnchorKind.FILE):
        for anchor in every:
            if anchor.kind is kind:
                return anchor
    return Anchor(AnchorKind.SUMMARY)


def body(
    group: Group, anchor: Anchor, links: Links, review: Review, *, offered: bool = False
) -> str:
    """The thread's text, without its mark. ``offered``: its suggestion can be committed here."""
    ids = review.ids
    parts = [_said(group, anchor, links, review), _fix(group)]
    if offered and group.first.suggestion:
        parts.append(suggestion.block(group.first.suggestion, links.change.id.forge))
    parts.append(_why(group.first.rule))
    parts += (looking(symptom, commands) for symptom, commands in guides(group.findings))
    names = f"{code(group.first.rule)} · {code(ids[group.first.identity])}"
    if len(group.findings) > 1:
        names = code(group.first.rule)
    parts.append(names)
    return "\n\n".join(part for part in parts if part)


def _said(group: Group, anchor: Anchor, links: Links, review: Review) -> str:
    finding, severity = group.first, group.first.severity.word.capitalize()
    if len(group.findings) == 1:
        message = escape(finding.message) + passed(review.exceptions.get(finding.identity))
        away = _away(finding, anchor, links)
        stop = "." if away.endswith(".") and not message.endswith(".") else ""
        return f"**{severity}:** {message}{stop}{away}"
    rows = fitting(_rows(group, links, review), _ROWS_ROOM, LISTED)
    more = len(group.findings) - len(rows)
    if more > 0:
        rows.append(f"- ... and {more} more in this file")
    head = f"**{severity}**, {len(group.findings)} times in this file:"
    if group.unlike:
        head = f"**{tally(group.findings)}** in this file:"
    return f"{head}\n\n" + "\n".join(rows)


def _away(finding: Finding, anchor: Anchor, links: Links) -> str:
    """Where the finding is, if the comment stands elsewhere: on its block, or on what caused it."""
    where = finding.location
    if anchor.path and where.path not in (anchor.path, anchor.old_path):
        return f" This line causes it; it is at {links.place(where)}."
    there = anchor.kind is AnchorKind.LINE and anchor.line == where.line
    return "" if there or links.blind else f" ({links.line(where)})"


def tally(findings: Iterable[Finding]) -> str:
    """``2 blocking, 3 warnings, 1 info``: the gravest first, ``""`` for nothing."""
    counts = Counter(finding.severity for finding in findings)
    shown = [(counts[severity], severity.word) for severity in sorted(counts, reverse=True)]
    return ", ".join(f"{n} {word}{'s' * (n > 1 and word == 'warning')}" for n, word in shown)


def passed(pardon: Pardon | None) -> str:
    """Who let it pass, until when, and why; ``""`` for nobody."""
    return "" if pardon is None else f" ({_how(pardon)})"


def _how(pardon: Pardon) -> str:
    until = f" until {pardon.until}" if pardon.until else ""
    waits = ", waits for someone who may" if pardon.waits else ""
    by = f"by {code(f'@{pardon.by}')}" if pardon.by else "in the file"
    return f"{pardon.kind.words} {by}{until}{waits}: {escape(cut(pardon.reason, 200))}"


def let_pass(pardons: Iterable[Pardon]) -> str:
    """The same as a comment of its own: each once."""
    said = dict.fromkeys(map(_how, pardons))
    return "\n\n".join(f"This was {each}" for each in said)


def _rows(group: Group, links: Links, review: Review) -> Iterator[str]:
    """What differs in its first name only from a finding above is told short."""
    told: set[tuple[str, str]] = set()
    several = len(_fixes_of(group)) > 1
    for finding in group.findings:
        severity = f"{finding.severity.word}: " if group.unlike else ""
        name = code(review.ids[finding.identity])
        who, rest = _parts(cut(finding.message, 500))
        own = finding.fix if several else ""
        again = len(rest) > _WORTH and (rest, own) in told
        told.add((rest, own))
        message = f"{escape(who)}: the same" if again else escape(who + rest)
        message += passed(review.exceptions.get(finding.identity))
        fix = f"\n  **Fix:** {escape(cut(own, 500))}" if own and not again else ""
        yield f"- {severity}{message} ({links.line(finding.location)}, {name}){fix}"


def _parts(message: str) -> tuple[str, str]:
    """A message up to the end of its first name, and what it says of that."""
    found = _NAME.match(message)
    return (message[: found.end()], message[found.end() :]) if found else (message, "")


def _fixes_of(group: Group) -> Mapping[str, None]:
    return dict.fromkeys(each.fix for each in group.findings)


def _fix(group: Group) -> str:
    """One fix for all of them; where they differ each stands by its finding."""
    fixes = _fixes_of(group)
    if len(fixes) > 1:
        return ""
    if group.first.fix:
        return f"**Fix:** {escape(group.first.fix)}"
    fix = doc(group.first.rule).fix
    return f"**Fix:** {fix}" if fix else ""


def _why(rule: str) -> str:
    why = doc(rule).gist
    return folded("Why this matters", why) if why else ""


def looking(symptom: str, commands: Iterable[str]) -> str:
    """The guide's commands, folded: all of it is ours or of Kubernetes' own grammar."""
    return folded(title(symptom), "\n".join(("```sh", *commands, "```")))


def folded(title: str, text: str) -> str:
    """A part that opens on a click. The title is ours and plain."""
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


AGAIN = "**It counts again:** what let it pass holds no more."
DOUBLED = "Said twice by accident: an older comment of ours says this."
MERGED = "Moved to another file: the comment there says this."


def elsewhere(commit: str) -> str:
    """What is said where the target branch has the problem too: not this change's any more."""
    return f"Also on the target branch, as of {commit}: no longer counted here."


def rendered(commit: str) -> str:
    """What is said where the file is now part of a chart or kustomization."""
    return f"Not judged here any more, as of {commit}: the file is judged when rendered."


def over(headline: str, before: str) -> str:
    """A body that ends a thread: the headline, and what it said until then folded below."""
    text = _without_mark(before)
    return f"{headline}\n\n{folded('What was said', text)}" if text else headline


def _without_mark(text: str) -> str:
    """A body of ours as it was; the mark goes, and so does what a forge would take as a command."""
    visible = re.sub(r"\n*<!-- redline:1 [^>]*-->\s*$", "", text).strip()
    calm = re.sub(r"^(\s*)/", r"\1\\/", visible, flags=re.MULTILINE)
    return cut(suggestion.withdrawn(calm), _LONGEST_BODY)
