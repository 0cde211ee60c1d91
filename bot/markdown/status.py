"""The status of a commit in words: its titles, from queued to done; plain text. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from bot.markdown.escape import cut, visible
from bot.review import OFF, Annotation, Outcome, PardonKind, Progress, Review, StageResult, Status
from rules.finding import Family, Finding, Severity, Side
from rules.profile import Profile

LONGEST_TITLE = 140  # what a GitHub commit status holds; a check and GitLab hold more
MOST_ANNOTATIONS = 200
_NAMES = {
    Family.DESTRUCTION: "destroyed",
    Family.IAM: "IAM",
    Family.NETWORK: "network",
    Family.ENCRYPTION: "encryption",
    Family.SECURITY_CONTEXT: "security",
}


def queued(url: str = "") -> Status:
    """Known, and waiting for a worker."""
    return Status(Progress.QUEUED, "waiting for a worker", url=url)


def running(title: str, url: str = "") -> Status:
    """Under review; ``title`` is of ``progress``."""
    return Status(Progress.RUNNING, title, url=url)


def progress(number: int, of: int, label: str, seconds: float) -> str:
    """``3/7 tofu plan prod/eu, 41 s``: the stage that runs, counted from 1."""
    return cut(visible(f"{number}/{of} {label}, {seconds:.0f} s"), LONGEST_TITLE)


def superseded(head: str, url: str = "") -> Status:
    """A newer commit is reviewed instead."""
    return Status(Progress.SUPERSEDED, f"superseded by {head[:7]}", url=url)


def closed(url: str = "") -> Status:
    """The change was closed or merged before its review ended."""
    return Status(Progress.SUPERSEDED, "closed before the review ended", url=url)


def broken(reason: str, url: str = "") -> Status:
    """Nothing could be checked at all: never green. ``reason`` is for people, one line."""
    title = cut(visible(f"Could not check: {reason}"), LONGEST_TITLE)
    return Status(Progress.DONE, title, Outcome.UNCHECKED, green=False, url=url)


def done(review: Review, summary: str, url: str = "") -> Status:
    """The last word on a commit. ``summary`` is Markdown for the check's own page."""
    return Status(
        Progress.DONE,
        title(review),
        review.outcome,
        green=not review.blocks,
        summary=summary,
        url=url,
        annotations=annotations(review),
        plans=any(_plans(each) for each in review.results),
    )


def _plans(result: StageResult) -> bool:
    return result.stage == "tofu-plan" and result.outcome is not Outcome.NOT_NEEDED


def title(review: Review) -> str:
    """The outcome in one line: what blocks and what could not be checked are both named."""
    parts = [_blocking(review), _unchecked(review), _existing(review), _acknowledged(review)]
    if review.outcome is Outcome.NOT_NEEDED:
        left_out = any(each.notes or each.reason == OFF for each in review.results)
        what = "files that are judged here" if left_out else "infrastructure files"
        parts.append(f"No {what} changed")
    elif review.outcome is Outcome.PASSED:
        parts.append(_counted(review))
    parts += [visible(each.replace("`", "")) for each in review.remarks[:1]]
    if review.paused_by:
        parts.append(f"Comments paused by @{visible(review.paused_by)}")
    return _fitting([part for part in parts if part])


def _fitting(parts: list[str]) -> str:
    """The parts as sentences; where they are too long each keeps its share, so all are named."""
    room = LONGEST_TITLE - 2 * (len(parts) - 1)
    lengths = [min(len(part), room // len(parts)) for part in parts]
    for number, part in enumerate(parts):
        lengths[number] += min(room - sum(lengths), len(part) - lengths[number])
    return ". ".join(cut(part, length) for part, length in zip(parts, lengths, strict=True))


def _blocking(review: Review) -> str:
    if not review.blocking:
        return ""
    verb = "Would block" if review.profile is Profile.OBSERVE else "Blocks merge"
    return f"{verb}: {', '.join(_kinds(review.blocking))}"


def _kinds(found: Iterable[Finding]) -> Iterable[str]:
    """``1 destroyed (aws_db_instance.main)``, ``2 security``, ``1 floating-image``."""
    kinds: dict[Family | None, list[Finding]] = defaultdict(list)
    for finding in found:
        kinds[finding.family].append(finding)
    for family, name in _NAMES.items():
        them = kinds.get(family, [])
        if family is Family.DESTRUCTION and them:
            names = ", ".join(cut(visible(each.address), 60) for each in them[:2])
            yield f"{len(them)} {name} ({names}{', ...' if len(them) > 2 else ''})"
        elif them:
            yield f"{len(them)} {name}"
    for rule, count in Counter(each.rule for each in kinds.get(None, [])).most_common():
        yield f"{count} {visible(rule)}"


def label(result: StageResult) -> str:
    """A stage and its project, as people say it: ``tofu plan prod/eu``."""
    return visible(f"{result.stage.replace('-', ' ')} {result.project}".strip())


def why(result: StageResult) -> str:
    """Stage, project and reason, the name said once: ``hadolint is not installed``."""
    name, reason = label(result), visible(" ".join(result.reason.split()))
    if reason.lower().startswith(f"{name.lower()} "):
        return reason
    return f"{name}: {reason}" if reason else name


def reasons(results: Iterable[StageResult]) -> list[str]:
    """Why each was not checked; what is wrong with the whole change is said once for its stages."""
    shared: dict[tuple[str, str], list[StageResult]] = defaultdict(list)
    for result in results:
        shared[visible(" ".join(result.reason.split())), result.project].append(result)
    return [
        f"{reason} ({', '.join(map(label, them))})" if reason and len(them) > 1 else why(each)
        for (reason, _), them in shared.items()
        for each in (them[:1] if reason else them)
    ]


def _first(results: Iterable[StageResult], room: int) -> str:
    """The first reason, and how many more there are.

    Names stand between backticks in a reason, which a title would show.
    """
    said, *others = reasons(results)
    more = f" (and {len(others)} more)" if others else ""
    return f"{cut(said.replace('`', ''), room)}{more}"


def _unchecked(review: Review) -> str:
    """Loud where the status is green all the same."""
    results = review.unchecked
    if not results:
        return ""
    verb = "NOT CHECKED" if review.gate.passes_unchecked else "Could not check"
    return f"{verb}: {_first(results, LONGEST_TITLE - 30)}"


def _existing(review: Review) -> str:
    old = [each for each in review.results if each.existing and each.outcome is Outcome.UNCHECKED]
    if not old:
        return ""
    return f"NOT CHECKED, as before this change: {_first(old, 60)}"


def _acknowledged(review: Review) -> str:
    """Who accepted what this change does, and why: each once."""
    given = dict.fromkeys(each for finding in review.findings if (each := review.pardon(finding)))
    said = [each for each in given if each.kind is PardonKind.ACKNOWLEDGE]
    if not said:
        return ""
    more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
    return f"Acknowledged by @{visible(said[0].by)}: {cut(visible(said[0].reason), 60)}{more}"


def _counted(review: Review) -> str:
    ran = sum(each.outcome in (Outcome.PASSED, Outcome.FAILED) for each in review.results)
    counts = review.counts
    blocking, warnings = counts.get(Severity.BLOCKING, 0), counts.get(Severity.WARNING, 0)
    passed = [each for finding in review.findings if (each := review.pardon(finding))]
    allowed = sum(each.kind is PardonKind.ALLOW for each in passed)
    said = f"{blocking} blocking, {numbered(warnings, 'warning')}"
    said += f", {allowed} allowed" if allowed else ""
    said += f", {numbered(ran, 'stage')} ran"
    later = frozenset[str]().union(*(each.later for each in review.results))
    return f"{said}, {numbered(len(later), 'file')} not judged before rendering" if later else said


def numbered(count: int, noun: str) -> str:
    """``1 warning``, ``2 warnings``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def annotations(review: Review) -> tuple[Annotation, ...]:
    """What counts and has no thread, at its line: what does not block and is of no family.

    All of it in a draft.
    """
    quiet = (
        finding
        for finding in review.counted
        if review.change.draft
        or (finding.severity < review.gate.block_on and finding.family is None)
    )
    shown = [each for each in quiet if each.location.side is Side.HEAD and _utf8(each)]
    return tuple(_annotation(each, review.ids) for each in shown[:MOST_ANNOTATIONS])


def _utf8(finding: Finding) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in finding.location.path)


def _annotation(finding: Finding, ids: Mapping[str, str]) -> Annotation:
    text = visible(finding.message.replace("`", ""))
    fix = f" Fix: {visible(finding.fix.replace('`', ''))}" if finding.fix else ""
    return Annotation(
        finding.location.path,
        finding.location.line,
        finding.severity,
        f"{visible(finding.rule)} {ids[finding.identity]}",
        cut(text + fix, 2000),
    )
