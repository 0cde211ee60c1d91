"""The summary comment: every open finding of a change, in one place. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.change import ForgeName
from bot.markdown.escape import code, cut, escape
from bot.markdown.hints import MOST_NAMED, gathered, words
from bot.markdown.links import Links
from bot.markdown.rows import fitting, size
from bot.markdown.status import numbered, reasons
from bot.markdown.thread import folded, passed, tally
from bot.review import Outcome, PardonKind, Review, StageResult
from rules.finding import Finding, Severity
from rules.profile import Profile

LONGEST_BODY = 60_000  # bytes, the mark included; forges hold 65,536 signs
_FOR_MARK = 8_000
_MOST_LINES, _LINES_ROOM = 40, 8_000  # and bytes: stages, notes and reasons, each
_HEAD = "| Severity | What | Where | {} |\n|---|---|---|---|\n"


@dataclass(frozen=True)
class Page:
    """What a summary is made of. ``resolved`` names who resolved the thread of a finding that is
    still there, by its identity. ``url`` is where all of it can be read."""

    review: Review
    links: Links
    resolved: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    seconds: bool = False  # only at the check, which is one commit's: they differ at each push


def needed(review: Review) -> bool:
    """Whether there is anything to say: a finding, or something that could not be checked."""
    return bool(review.findings or review.unchecked)


def minor(review: Review) -> bool:
    """Whether all that there is to say are hints, which nobody has to be told of."""
    grave = any(each.severity > Severity.INFO for each in review.findings)
    return not (grave or review.unchecked)


def settled(links: Links) -> str:
    """What is left of a summary once there is nothing to say any more."""
    since = f" since {links.commit}" if links.commit else ""
    return f"**Redline:** nothing to report{since}."


def body(page: Page) -> str:
    """The summary's text, without its mark, cut by whole rows."""
    off = (escape(cut(each, 200)) for each in page.review.switched_off)
    said = (_outcome(page), _running(page), _not_checked(page), _remarks(page), *off)
    head = "\n\n".join(part for part in said if part)
    tail = "\n\n".join(part for part in (_existing(page), _stages(page), _notes(page)) if part)
    end = _end(page)
    room = LONGEST_BODY - _FOR_MARK - sum(size(part) for part in (head, tail, end))
    least = page.review.gate.block_on
    blocking = [each for each in page.review.findings if each.severity >= least]
    others = [each for each in page.review.findings if each.severity < least]
    first = _table(page, blocking, room)
    second = _others(page, others, room - size(first))
    return "\n\n".join(part for part in (head, first, second, tail, end) if part)


def _outcome(page: Page) -> str:
    review = page.review
    if review.blocking:
        verb = "would block" if review.profile is Profile.OBSERVE else "blocks merge"
    elif review.unchecked:
        verb = "could not check everything"
    else:
        verb = "nothing blocks"
    said = _weighed(review, review.findings)
    return f"**Redline: {verb}**{f' · {said}' if said else ''}"


def _weighed(review: Review, findings: Sequence[Finding]) -> str:
    """``2 blocking, 1 warning, 1 allowed``: what somebody let pass is told apart."""
    pardons = Counter(each.kind for one in findings if (each := review.pardon(one)))
    counted = [tally(each for each in findings if review.pardon(each) is None)]
    counted += [f"{pardons[kind]} {kind.words}" for kind in PardonKind if pardons[kind]]
    return ", ".join(part for part in counted if part)


def _running(page: Page) -> str:
    """What this list does not hold yet."""
    names = ", ".join(code(name) for name in page.review.running)
    return f"Still running: {names}." if names else ""


def _not_checked(page: Page) -> str:
    """What is missing in this review, first and loud."""
    old = [each for each in page.review.results if each.existing and _is_unchecked(each)]
    rows = [f"- **{escape(cut(each, 300))}**" for each in reasons(page.review.unchecked)]
    rows += [f"- {escape(cut(each, 300))} (as before this change)" for each in reasons(old)]
    if not rows:
        return ""
    return "**Not checked**, so nothing below speaks for it:\n\n" + _lines(page, rows)


def _remarks(page: Page) -> str:
    rows = [f"- {escape(cut(remark, 500))}" for remark in page.review.remarks]
    return f"**Settings** that were not understood:\n\n{_lines(page, rows)}" if rows else ""


def _is_unchecked(result: StageResult) -> bool:
    return result.outcome is Outcome.UNCHECKED


def _lines(page: Page, rows: Sequence[str]) -> str:
    shown = fitting(rows, _LINES_ROOM, _MOST_LINES)
    if len(rows) > len(shown):
        shown.append(f"- {_more(page, len(rows) - len(shown))}")
    return "\n".join(shown)


def _more(page: Page, count: int) -> str:
    return f"... and [{count} more]({page.url})" if page.url else f"... and {count} more"


def _table(page: Page, findings: Sequence[Finding], room: int) -> str:
    """As many rows as fit into ``room`` bytes; how many are missing is said below."""
    if not findings:
        return ""
    head = _HEAD.format("Rule" if _is_local(page) else "Id")
    room -= size(head) + size(_more(page, len(findings))) + 2
    groups = gathered(findings, lambda one: _is_told_of(page, one))
    rows = fitting((_row(page, group) for group in groups), room)
    table = head + "\n".join(rows) if rows else ""
    missing = sum(map(len, groups[len(rows) :]))
    return f"{table}\n\n{_more(page, missing)}".strip() if missing else table


def _is_local(page: Page) -> bool:
    """Whether there is no change to comment on: then nobody can say a finding's id to us."""
    return page.links.change.id.forge is ForgeName.LOCAL


def _is_told_of(page: Page, finding: Finding) -> bool:
    """Whether a row says of this very finding that somebody let it pass or closed its thread."""
    return finding.identity in page.review.exceptions or finding.identity in page.resolved


def _row(page: Page, group: Sequence[Finding]) -> str:
    if len(group) == 1:
        return _single(page, group[0])
    first = group[0]
    ids = dict.fromkeys(page.review.ids[each.identity] for each in group)
    names = [first.rule] if _is_local(page) else [*ids][:MOST_NAMED]
    said, place = words(group, code), page.links.place(first.location)
    return f"| {first.severity.word} | {said} | {place} | {' '.join(map(code, names))} |"


def _single(page: Page, finding: Finding) -> str:
    message = escape(cut(finding.message, 500))
    message += passed(page.review.exceptions.get(finding.identity))
    resolver = page.resolved.get(finding.identity)
    if resolver is not None:
        by = f" by {code(f'@{resolver}')}" if resolver else ""
        message += f" (resolved{by}, still present)"
    name = code(finding.rule if _is_local(page) else page.review.ids[finding.identity])
    return (
        f"| {finding.severity.word} | {message} | {page.links.place(finding.location)} | {name} |"
    )


def _others(page: Page, findings: Sequence[Finding], room: int) -> str:
    if not findings:
        return ""
    name = _weighed(page.review, findings)
    return folded(name, _table(page, findings, room - size(folded(name, ""))))


def _existing(page: Page) -> str:
    count = page.review.existing
    if not count:
        return ""
    were = "was" if count == 1 else "were"
    return f"{numbered(count, 'finding')} {were} there before this change and {were} not counted."


def _stages(page: Page) -> str:
    results = page.review.results
    rows = [_stage(page, result) for result in results if result.outcome is not Outcome.NOT_NEEDED]
    idle = [result for result in results if result.outcome is Outcome.NOT_NEEDED]
    rows += [_stage(page, result) for result in idle]
    counts = Counter(result.outcome for result in results)
    counted = ", ".join(
        f"{counts[each]} {each.words}" for each in reversed(Outcome) if counts[each]
    )
    name = f"{numbered(len(rows), 'stage')}: {counted}"
    return folded(name, _lines(page, rows)) if rows else ""


def _stage(page: Page, result: StageResult) -> str:
    name = code(f"{result.stage} {result.project}".strip())
    seconds = f", {result.seconds:.1f} s" if page.seconds else ""
    new = sum(finding.new for finding in result.findings)
    found = f", {numbered(new, 'finding')}" if new else ""
    let = sum(
        finding.new and page.review.pardon(finding) is not None for finding in result.findings
    )
    found += f", {let} let pass" if let else ""
    return f"- {name}: {result.outcome.words}{found}{seconds}"


def _notes(page: Page) -> str:
    notes = dict.fromkeys(note for result in page.review.results for note in result.notes)
    rows = [f"- {escape(cut(note, 500))}" for note in notes]
    return folded(numbered(len(rows), "note"), _lines(page, rows)) if rows else ""


def _end(page: Page) -> str:
    verb = "Reviewed" if page.seconds else "This list last changed"
    written = f"{verb} at {page.links.commit}. " if page.links.commit else ""
    if _is_local(page):
        return f"{written}`redline rules RULE` tells more of a rule."
    whole = f"[The whole review]({page.url}) shows the source too. " if page.url else ""
    again = "/redline recheck" if page.links.change.id.forge is ForgeName.GITLAB else "/recheck"
    explain = "`/redline explain ID` tells more of a finding, " if page.review.findings else ""
    return f"{written}{whole}{explain}`{again}` reviews again, `/redline help` lists the commands."
