"""A review for people at a terminal: findings with their source, the stages, one closing line."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rich.console import Console, Group, RenderableType
from rich.text import Text

from bot.report.veil import Veil, secret_lines
from bot.review import Outcome, Pardon, Review, StageResult
from rules.finding import Finding, Location, Severity, Side, Suggestion
from rules.secrets import is_secret_file

Source = Callable[[Location], Sequence[str]]  # the lines of the file that a location lies in

AROUND = 2
LONGEST = 160
MOST_OFFERED = 20  # lines of a suggestion, of the old and of the new

_COLOURS = {Severity.BLOCKING: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_OUTCOMES = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "bold red",
    Outcome.UNCHECKED: "bold magenta",
    Outcome.NOT_NEEDED: "dim",
}


class Terminal:
    """Shows findings as their stages end, and the rest at the review's end.

    Our own rules speak first: they are done before the first tool has started. ``compared`` says
    in a few words what was compared with what.
    """

    def __init__(
        self, stages: Sequence[str], source: Source, console: Console, compared: str
    ) -> None:
        self._waiting = sorted(stages, key=lambda name: not name.endswith("-rules"))
        self._source, self._console, self._compared = source, console, compared

    def show(self, review: Review) -> None:
        """Print the findings of each stage that has a result, up to the first that has none."""
        ended = {result.stage for result in review.results}
        while self._waiting and self._waiting[0] in ended:
            stage = self._waiting.pop(0)
            mine = [one for one in review.results if one.stage == stage]
            veils = _Veils(self._source, review)
            for finding in replace(review, results=tuple(mine)).findings:
                shown = _finding(review, finding, veils)
                self._console.print(shown)
                self._console.print()

    def end(self, review: Review) -> None:
        """Print what was not printed yet, the stages, and the closing line."""
        self.show(review)
        for line in _stages(review.results):
            self._console.print(line)
        notes = (note for result in review.results for note in result.notes)
        for note in dict.fromkeys((*review.remarks, *review.switched_off, *notes)):
            self._console.print(Text(plain(note), style="dim"))
        self._console.print(closing(review).append(f" ({self._compared})", style="dim"))


def closing(review: Review) -> Text:
    """What it comes to, in one line."""
    counts = review.counts
    parts = [
        f"{counts[Severity.BLOCKING]} blocking",
        f"{counts[Severity.WARNING]} warning{'s' * (counts[Severity.WARNING] != 1)}",
    ]
    if counts[Severity.INFO]:
        parts.append(f"{counts[Severity.INFO]} info")
    if allowed := len(review.findings) - len(review.counted):
        parts.append(f"{allowed} allowed")
    if review.existing:
        parts.append(f"{review.existing} there before")
    if review.unchecked:
        parts.append(f"{len(review.unchecked)} unchecked")
    line = Text(review.outcome.words.capitalize(), style=_OUTCOMES[review.outcome])
    return line.append(": " + ", ".join(parts), style="default")


class _Veils:
    """Files as a log may have them, each read once: what a terminal shows, CI keeps."""

    def __init__(self, source: Source, review: Review) -> None:
        self._source, self._secrets = source, secret_lines(review)
        self._known: dict[tuple[Side, str], tuple[int, Veil]] = {}

    def lines(self, where: Location, first: int, last: int) -> Iterator[tuple[int, str]]:
        """Those of these lines that the file has, with their numbers."""
        key = (where.side, where.path)
        if key not in self._known:
            lines = [] if is_secret_file(where.path) else self._source(where)
            count = len(lines) - (bool(lines) and lines[-1] == "")
            self._known[key] = count, Veil(lines, self._secrets.get(key, ()))
        count, veil = self._known[key]
        for number in range(max(1, first), min(count, last) + 1):
            yield number, plain(veil.line(number))


def _finding(review: Review, finding: Finding, veils: _Veils) -> RenderableType:
    where = finding.location
    head = Text(f"{plain(where.path)}:{where.line}", style="bold")
    if where.side != "head":
        head.append(" (removed)", style="dim")
    head.append(f"  {finding.severity.word}", style=_COLOURS[finding.severity])
    head.append(f"  {finding.rule}  ")
    head.append(review.ids[finding.identity], style="dim")
    parts: list[RenderableType] = [head, Text("  " + plain(finding.message))]
    if (pardon := review.exceptions.get(finding.identity)) is not None:
        parts.append(Text("  " + _allowed(pardon), style="cyan"))
    parts += _excerpt(where, veils)
    if finding.fix:
        parts.append(Text("  Fix: " + plain(finding.fix), style="green"))
    if finding.suggestion:
        parts += _offered(where, finding.suggestion, veils)
    return Group(*parts)


def _offered(where: Location, offered: Suggestion, veils: _Veils) -> Iterator[Text]:
    """The lines that were proven to be right, in place of those that stand there."""
    old = [line for _number, line in veils.lines(where, offered.first, offered.last)]
    new = [plain(line.expandtabs(4)) for line in offered.replacement.split("\n")]
    yield Text("  Certain to mend it:", style="green")
    for sign, style, shown in (("-", "red", old), ("+", "green", new)):
        for line in shown[:MOST_OFFERED]:
            yield Text(f"  {sign} {line[:LONGEST]}", style=style)
        if len(shown) > MOST_OFFERED:
            yield Text(f"  {sign} ... and {len(shown) - MOST_OFFERED} more", style=style)


def _allowed(pardon: Pardon) -> str:
    until = f" until {pardon.until}" if pardon.until else ""
    by = f" by {plain(pardon.by)}" if pardon.by else ""
    said = f"Allowed in the file{by}{until}: {plain(pardon.reason)}"
    return f"{said} (waits for someone who may allow it)" if pardon.waits else said


def _excerpt(where: Location, veils: _Veils) -> Iterator[Text]:
    """Some lines of source around the one that is meant."""
    for number, line in veils.lines(where, where.line - AROUND, where.line + AROUND):
        sign, style = (">", "bold") if number == where.line else (" ", "dim")
        yield Text(f"  {sign} {number:>5} | {line[:LONGEST]}", style=style)


def _stages(results: Sequence[StageResult]) -> Iterator[Text]:
    """A line for each stage: words of one width, then the reason, which may be long."""
    names = [f"{result.stage} {plain(result.project)}".strip() for result in results]
    widest = max(map(len, names), default=0)
    for name, result in zip(names, results, strict=True):
        line = Text(f"{result.outcome.words:<10}  ", style=_OUTCOMES[result.outcome])
        line.append(f"{name:<{widest}}  {result.seconds:5.1f} s", style="default not bold not dim")
        if result.reason:
            before = "so at the merge base too: " if result.existing else ""
            line.append(f"  {before}{plain(result.reason)}", style="default not bold not dim")
        yield line


def plain(text: str) -> str:
    """Text from a change, safe to print: it cannot move the cursor or turn the line round."""
    return "".join(sign if sign.isprintable() or sign == " " else _visible(sign) for sign in text)


def _visible(sign: str) -> str:
    return sign.encode("unicode_escape", "surrogatepass").decode("ascii")
