"""Changes, diffs, findings and reviews for tests, with the dull parts filled in."""

from collections.abc import Sequence

from bot.change import Change, ChangedFile, ChangeId, Diff, FileStatus, ForgeName, Hunk
from bot.review import Outcome, Review, StageResult
from rules.finding import Family, Finding, Location, Severity, Side
from rules.gate import Gate
from rules.profile import Profile

ID = ChangeId(ForgeName.GITHUB, 1, number=7)
HEAD, NEXT = "a1b2c3d" + "0" * 33, "d4e5f60" + "0" * 33


def change(head: str = HEAD, *, draft: bool = False) -> Change:
    return Change(
        id=ID,
        repository="org/infra",
        merge_base="b" * 40,
        base="c" * 40,
        head=head,
        base_ref="main",
        url="https://github.com/org/infra/pull/7",
        clone_url="https://github.com/org/infra.git",
        author="ann",
        draft=draft,
    )


def added(path: str, lines: int = 100) -> ChangedFile:
    return changed_file(FileStatus.ADDED, path, hunks=(Hunk(0, 1, "+" * lines),))


def changed_file(
    status: FileStatus, path: str, old: str = "", hunks: tuple[Hunk, ...] = ()
) -> ChangedFile:
    return ChangedFile(status, old or path, path, "1" * 40, "2" * 40, "100644", "100644", hunks)


def diff(*paths: str) -> Diff:
    """A change that adds these files."""
    return Diff(tuple(added(path) for path in paths))


def finding(
    rule: str = "root-container",
    path: str = "apps/web.yaml",
    line: int = 12,
    *,
    name: str = "web",
    severity: Severity = Severity.BLOCKING,
    family: Family | None = Family.SECURITY_CONTEXT,
    message: str = "",
    fix: str = "",
    new: bool = True,
    address: str = "",
    project: str = "apps",
    side: Side = Side.HEAD,
) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        location=Location(path, line, side, block=(line, line + 2)),
        message=message or f"Container `{name}` may run as root.",
        detail=name,
        address=address or "apps/Deployment//web",
        project=project,
        family=family,
        fix=fix,
        new=new,
    )


def warning(rule: str = "hadolint/DL3008", path: str = "Dockerfile", line: int = 3) -> Finding:
    return finding(
        rule,
        path,
        line,
        severity=Severity.WARNING,
        family=None,
        message="Packages are installed without a version.",
        address=path,
        project="",
    )


def result(
    *findings: Finding,
    stage: str = "kubernetes-rules",
    outcome: Outcome | None = None,
    reason: str = "",
    notes: Sequence[str] = (),
    seconds: float = 0.4,
    existing: bool = False,
) -> StageResult:
    blocks = any(each.new and each.severity is Severity.BLOCKING for each in findings)
    found = Outcome.FAILED if blocks else Outcome.PASSED
    return StageResult(
        stage, "", outcome or found, reason, findings, tuple(notes), seconds, existing
    )


def unchecked(stage: str = "hadolint", reason: str = "hadolint is not installed") -> StageResult:
    return result(stage=stage, outcome=Outcome.UNCHECKED, reason=reason)


def review(
    *results: StageResult, head: str = HEAD, draft: bool = False, profile: Profile = Profile.DEFAULT
) -> Review:
    return Review(change(head, draft=draft), results, Gate(profile))
