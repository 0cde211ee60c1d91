"""A review becomes what is kept of it for its page. Pure, but for the source that it asks for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from bot.markdown import status
from bot.markdown.docs import doc
from bot.markdown.escape import cut, visible
from bot.markdown.guide import commands
from bot.markdown.links import Links
from bot.report.record import Deed, Head, Line, Offer, Place, Record, Row, Stage, Subject, fitted
from bot.report.veil import HOLD_SECRETS, Veil, secret_lines
from bot.review import Action, Effect, Outcome, Pardon, PardonKind, Review, StageResult
from rules.finding import Finding, Location, Severity, Side, named
from rules.profile import Profile
from rules.secrets import is_secret_file

Source = Callable[[Location], Sequence[str]]  # the lines of the file that a location lies in

MOST_EXCERPTS = 1_000
AROUND = 3  # lines before and behind the one that is meant
LONGEST, LONGEST_NAME, LONGEST_PATH = 1_000, 160, 400  # signs; the first of a message, a reason


def record(review: Review, source: Source, redline: str) -> Record:
    """All that the page of a review shows. ``redline`` is our version."""
    rows = _Rows(review, source)
    change = review.change
    subject = Subject(
        forge=change.id.forge,
        repository=_name(change.repository),
        number=change.id.number,
        url=change.url if change.url.startswith(("https://", "http://")) else "",
        author=_name(change.author),
        base_ref=_name(change.base_ref),
        merge_base=change.merge_base,
        ref=_name(change.id.ref),
    )
    every = (note for result in review.results for note in result.notes)
    notes = (*review.remarks, *review.switched_off, *every)
    whole = Record(
        head=_head(review),
        subject=subject,
        redline=redline,
        findings=rows.new(),
        before=rows.before(),
        stages=tuple(_stage(result) for result in _in_order(review)),
        deeds=deeds(review.effects),
        notes=tuple(_text(note) for note in dict.fromkeys(notes)),
        observed=review.profile is Profile.OBSERVE,
    )
    return fitted(whole)


def _head(review: Review) -> Head:
    counts = {severity.word: review.counts[severity] for severity in reversed(Severity)}
    counts["pardoned"] = len(review.findings) - len(review.counted)
    counts["unchecked"] = sum(each.outcome is Outcome.UNCHECKED for each in review.results)
    counts["existing"] = review.existing
    title = status.title(review)
    return Head(review.change.head, title, review.outcome, review.blocks, counts)


def _in_order(review: Review) -> list[StageResult]:
    """What needs a look first; within an outcome as the pipelines have it."""
    order = (Outcome.FAILED, Outcome.UNCHECKED, Outcome.PASSED, Outcome.NOT_NEEDED)
    return sorted(review.results, key=lambda result: order.index(result.outcome))


def _stage(result: StageResult) -> Stage:
    return Stage(
        name=_name(result.stage),
        project=_name(result.project),
        outcome=result.outcome,
        reason=_text(result.reason),
        seconds=round(result.seconds, 2),
        existing=result.existing,
        found=sum(finding.new for finding in result.findings),
    )


def _name(text: str) -> str:
    return cut(visible(text), LONGEST_NAME)


def _text(text: str) -> str:
    return visible(cut(" ".join(text.split()), LONGEST))


def _sentence(text: str) -> str:
    said = _text(text)
    return said[:1].upper() + said[1:]


def pardon(found: Pardon | None) -> str:
    """Who let it pass, and why; ``""`` for nobody."""
    if found is None:
        return ""
    verb = "Acknowledged" if found.kind is PardonKind.ACKNOWLEDGE else "Allowed"
    until = f" until {found.until}" if found.until else ""
    by = f" by @{found.by}" if found.by else " in the file"
    reason = f": {found.reason}" if found.reason else ""
    waits = ". It waits for someone who may agree, and counts until then" if found.waits else ""
    return _text(f"{verb}{by}{until}{reason}{waits}")


@dataclass
class _Rows:
    """The rows of a review, and the files around them, each read once."""

    review: Review
    source: Source
    _veils: dict[tuple[Side, str], tuple[int, Veil]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._links = Links(self.review.change)
        every = ((r, f) for r in self.review.results for f in r.findings)
        self._stages = {finding.identity: result.stage for result, finding in every}
        self._secrets = secret_lines(self.review)
        self._blocking = {finding.identity for finding in self.review.blocking}

    def new(self) -> tuple[Row, ...]:
        """What is new, with its source as far as anyone reads."""
        found = self.review.findings
        shown = [self._row(each, self._excerpt(each)) for each in found[:MOST_EXCERPTS]]
        return (*shown, *(self._row(each, ()) for each in found[MOST_EXCERPTS:]))

    def before(self) -> tuple[Row, ...]:
        """What the merge base has too: no source and no fix, since nobody has to act now."""
        every = (each for result in self.review.results for each in result.findings)
        old = [each for each in every if not each.new]
        old.sort(key=lambda each: (-each.severity, each.location.path, each.location.line))
        return tuple(replace(self._row(each, ()), fix="", guide=()) for each in old)

    def _row(self, finding: Finding, excerpt: tuple[Line, ...]) -> Row:
        where = finding.location
        return Row(
            id=self.review.ids[finding.identity],
            rule=_name(finding.rule),
            severity=finding.severity.word,
            message=_text(finding.message),
            fix=_sentence(finding.fix or doc(finding.rule).fix),
            path=cut(visible(where.path), LONGEST_PATH),
            line=where.line,
            side=where.side,
            url=self._links.url(where),
            stage=_name(self._stages[finding.identity]),
            project=_name(finding.project),
            excerpt=excerpt,
            pardon=pardon(self.review.exceptions.get(finding.identity)) if finding.new else "",
            pardoned=finding.new and self.review.pardon(finding) is not None,
            blocks=finding.identity in self._blocking,
            cause=self._cause(finding),
            offer=_offer(finding),
            symptom=finding.symptom or "",
            guide=commands(finding),
        )

    def _cause(self, finding: Finding) -> Place | None:
        where = finding.cause
        if where is None:
            return None
        return Place(cut(visible(where.path), LONGEST_PATH), where.line, self._links.url(where))

    def _excerpt(self, finding: Finding) -> tuple[Line, ...]:
        where = finding.location
        if is_secret_file(where.path):
            return ()
        last, veil = self._veil(where)
        if not 1 <= where.line <= last:
            return ()
        numbers = range(max(1, where.line - AROUND), min(last, where.line + AROUND) + 1)
        return tuple(Line(each, veil.line(each), each == where.line) for each in numbers)

    def _veil(self, where: Location) -> tuple[int, Veil]:
        """The number of the file's last line, and its lines as they may be shown."""
        key = (where.side, where.path)
        if key not in self._veils:
            lines = self.source(where)
            last = len(lines) - (bool(lines) and lines[-1] == "")
            self._veils[key] = last, Veil(lines, self._secrets.get(key, ()))
        return self._veils[key]


def _offer(finding: Finding) -> Offer | None:
    """The lines that were proven to be right; not where they are many, or hold a secret."""
    offered = finding.suggestion
    if offered is None or finding.rule in HOLD_SECRETS or len(offered.replacement) > LONGEST:
        return None
    lines = offered.replacement.split("\n")
    veil = Veil(lines)
    return Offer(offered.first, offered.last, tuple(map(veil.line, range(1, len(lines) + 1))))


def deeds(effects: Iterable[Effect]) -> tuple[Deed, ...]:
    """What is lost comes first."""
    order = (Action.DESTROY, Action.REPLACE, Action.FORGET, Action.UPDATE, Action.CREATE)
    ranks = {action: number for number, action in enumerate(order)}
    every = sorted(set(effects), key=lambda e: (ranks.get(e.action, 9), e.project, e.address))
    return tuple(
        Deed(each.action, _text(each.address), _name(each.project), _text(_why(each)))
        for each in every
    )


def _why(effect: Effect) -> str:
    orders = {"delete-create": "destroyed first", "create-delete": "created first"}
    said = [orders.get(effect.order, "")]
    if effect.replace_paths:
        said.append(f"forced by {', '.join(map(named, effect.replace_paths))}")
    if effect.opened:
        said.append(f"opens to {', '.join(map(named, effect.opened))}")
    return "; ".join(filter(None, said))
