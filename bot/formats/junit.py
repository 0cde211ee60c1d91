"""``redline review --format junit``: a test suite a stage, a test case a new finding. Pure.

What blocks is a failure, what could not be checked an error, what was let pass is skipped; the
rest passes and says itself. GitLab and Jenkins take of two cases with one name the first, so each
has its finding's short id.
"""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from bot.formats.described import message
from bot.formats.inert import inert
from bot.markdown.guide import commands
from bot.report.making import pardon
from bot.review import Outcome, Review, StageResult
from rules.finding import Finding, Side


def render(review: Review) -> str:
    """The report as XML 1.0; a newline ends it."""
    root = ET.Element("testsuites", name="redline")
    for result in review.results:
        _suite(root, review, result)
    _configuration(root, (*review.remarks, *review.switched_off))
    suites = root.findall("testsuite")
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.set("time", f"{sum(result.seconds for result in review.results):.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _suite(root: ET.Element, review: Review, result: StageResult) -> None:
    name = inert(f"{result.stage} {result.project}".strip())
    suite = ET.SubElement(root, "testsuite", name=name)
    _stage(suite, name, result)
    for finding in result.findings:
        if finding.new:
            _case(suite, name, finding, review)
    counted = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    suite.set("tests", str(len(suite)))
    for attribute, tag in counted.items():
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("time", f"{result.seconds:.3f}")


def _configuration(root: ET.Element, said: Sequence[str]) -> None:
    """What is to be said of the repository's settings: it fails nothing."""
    if not said:
        return
    counts = {"tests": "1", "failures": "0", "errors": "0", "skipped": "0", "time": "0.000"}
    suite = ET.SubElement(root, "testsuite", {"name": "configuration"} | counts)
    case = ET.SubElement(suite, "testcase", name="read", classname="configuration", time="0")
    ET.SubElement(case, "system-out").text = "\n".join(map(inert, said))


def _stage(suite: ET.Element, name: str, result: StageResult) -> None:
    """The stage itself is a case: so one that found nothing is seen to have run."""
    case = ET.SubElement(suite, "testcase", name="ran", classname=name, time="0")
    reason = inert(result.reason)
    if result.outcome is Outcome.NOT_NEEDED:
        _told(case, "skipped", reason or "not needed")
    elif result.outcome is Outcome.UNCHECKED and result.existing:
        _told(case, "skipped", f"not checked, as before this change: {reason}")
    elif result.outcome is Outcome.UNCHECKED:
        _told(case, "error", f"not checked: {reason}")
    said = [inert(note) for note in result.notes]
    old = sum(not finding.new for finding in result.findings)
    were = "finding was" if old == 1 else "findings were"
    said += [f"{old} {were} there before this change"] * bool(old)
    if said:
        ET.SubElement(case, "system-out").text = "\n".join(said)


def _case(suite: ET.Element, name: str, finding: Finding, review: Review) -> None:
    where, held = finding.location, review.exceptions.get(finding.identity)
    path, rule = inert(where.path), inert(finding.rule)
    label = f"{path}: {rule} {_subject(finding)} ({review.ids[finding.identity]})"
    case = ET.SubElement(suite, "testcase", name=label, classname=name, time="0")
    case.set("file", path)
    case.set("line", str(where.line))
    side = " at the merge base" if where.side is Side.BASE else ""
    text = f"{path}:{where.line}{side}: {finding.severity.word}: {inert(message(finding))}"
    text = "\n".join(part for part in (text, pardon(held), *commands(finding)) if part)
    if review.pardon(finding) is not None:
        _told(case, "skipped", pardon(held))
    elif review.blocks and finding.severity >= review.gate.block_on:
        _told(case, "failure", inert(finding.message), text).set("type", rule)
        return
    ET.SubElement(case, "system-out").text = text


def _subject(finding: Finding) -> str:
    parts = (finding.address, finding.container or "")
    named = " ".join(inert(part) for part in parts if part and part != finding.location.path)
    return named or "this file"


def _told(case: ET.Element, tag: str, words: str, text: str = "") -> ET.Element:
    """GitLab shows an element's content, Jenkins its message first."""
    element = ET.SubElement(case, tag, message=words)
    element.text = text or words
    return element
