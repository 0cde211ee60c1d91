"""A review with something of everything, and any review that can be thought of."""

from dataclasses import replace

from hypothesis import strategies as st

from bot.change import Change, ChangeId, Diff, FileStatus, ForgeName, Hunk
from bot.review import Outcome, Pardon, PardonKind, Review, StageResult
from rules.entries import entries
from rules.finding import Family, Finding, Location, ObjectName, Severity, Side, Suggestion, Symptom
from rules.gate import Gate, OnUnchecked
from rules.profile import Profile
from tests.bot.given import added, change, changed_file, finding, result, unchecked, warning

ENTRIES = {entry.name: entry for entry in entries()}
ODD = 'deploy/a "b" & <c>/caf\udce9 100%.yaml'  # a blank, quotes and a byte that is no UTF-8
PRIVILEGED = replace(
    finding(
        "privileged-container",
        ODD,
        14,
        message='Container `we<b>` & "co" runs privileged: it can take over its node.',
        fix="Remove `privileged: true`.",
    ),
    suggestion=Suggestion(14, 15, "  privileged: false\n  x: \t<&>"),
    symptom=Symptom.CRASH_LOOP,
    object=ObjectName("Deployment", "shop", "web"),
)
ALLOWED = warning("hadolint/DL3008", "Dockerfile", 3)
WAITING = finding("host-path", "deploy/node.yaml", 4, name="agent")
ACKNOWLEDGED = finding(
    "removed-object",
    "deploy/old.yaml",
    7,
    family=Family.DESTRUCTION,
    message="The claim `data` goes, and its data with it.",
    address="v1/PersistentVolumeClaim//data",
    side=Side.BASE,
)
SHRUNK = finding(
    "missing-seccomp",
    "deploy/kept.yaml",
    12,
    severity=Severity.WARNING,
    message="The profile of container `web` was removed.",
    side=Side.BASE,
)
CAUSED = replace(
    finding("floating-base", "Dockerfile", 9, severity=Severity.WARNING, family=None),
    cause=Location("values.yaml", 2),
)
HINT = finding("split-run", "Dockerfile", 5, severity=Severity.INFO, family=None)
OLD = finding("root-container", "deploy/node.yaml", 30, name="old", new=False)
EVERY = (PRIVILEGED, ALLOWED, WAITING, ACKNOWLEDGED, SHRUNK, CAUSED, HINT, OLD)

DIFF = Diff(
    (
        added(ODD),
        added("Dockerfile"),
        changed_file(FileStatus.DELETED, "deploy/old.yaml", hunks=(Hunk(1, 0, "-" * 20),)),
        changed_file(FileStatus.MODIFIED, "deploy/kept.yaml", hunks=(Hunk(10, 10, "  ---+ "),)),
    )
)


def rich(profile: Profile = Profile.DEFAULT, gate: Gate | None = None) -> Review:
    """Every severity, every pardon, every outcome."""
    results = (
        replace(
            result(
                PRIVILEGED, WAITING, ACKNOWLEDGED, SHRUNK, OLD,
                notes=("`charts/web` is judged when rendered: 4 files",),
            ),
            project="envs/prod & co",
        ),
        result(ALLOWED, stage="hadolint"),
        result(CAUSED, HINT, stage="dockerfile-rules"),
        unchecked("tofu-plan", "backend init failed: <no credentials>"),
        result(
            stage="checkov",
            outcome=Outcome.UNCHECKED,
            reason="too large to be judged: x.tf",
            existing=True,
        ),
        result(stage="files-rules", outcome=Outcome.NOT_NEEDED, reason="no files in the change"),
    )  # fmt: skip
    return replace(
        Review(change(), results, gate or Gate(profile)),
        exceptions={
            ALLOWED.identity: Pardon(PardonKind.ALLOW, "ann", "the mirror <pins>", "2027-01-31"),
            WAITING.identity: Pardon(PardonKind.ALLOW, "ben", "needed", waits=True),
            ACKNOWLEDGED.identity: Pardon(PardonKind.ACKNOWLEDGE, "cleo", "moved to & fro"),
        },
        remarks=("`.redline.yaml` of the target branch, line 1: `gat` is no key",),
    )


_ODD = "\x00\x1b\x7f\x85\ufffe\uffff\u202e\udc80\udcff<>&\"'`|]\r\n\t"


def _text(odd: str) -> st.SearchStrategy[str]:
    return st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from(odd)), max_size=12)


_TEXT = _text(_ODD + "\ud800")
_NAME = _text(_ODD)  # as git has them, with other bytes, and never half a sign
_SAID = _NAME.filter(bool)
_LINE = st.integers(1, 10**7)


@st.composite
def _locations(draw: st.DrawFn) -> Location:
    line = draw(_LINE)
    block = draw(st.none() | st.just((max(1, line - 2), line + 2)))
    return Location(draw(_SAID), line, draw(st.sampled_from(Side)), block)


_FINDINGS = st.builds(
    Finding,
    rule=_SAID,
    severity=st.sampled_from(Severity),
    location=_locations(),
    message=_TEXT,
    detail=_NAME,
    address=_NAME,
    project=_NAME,
    family=st.none() | st.sampled_from(Family),
    fix=_TEXT,
    suggestion=st.none() | st.builds(Suggestion, _LINE, _LINE, _TEXT),
    container=st.none() | _TEXT,
    new=st.booleans(),
    cause=st.none() | _locations(),
    symptom=st.none() | st.sampled_from(Symptom),
)
_RESULTS = st.builds(
    StageResult,
    stage=_SAID,
    project=_NAME,
    outcome=st.sampled_from(Outcome),
    reason=_TEXT,
    findings=st.lists(_FINDINGS, max_size=3).map(tuple),
    notes=st.lists(_TEXT, max_size=2).map(tuple),
    existing=st.booleans(),
)
_PARDONS = st.builds(Pardon, st.sampled_from(PardonKind), _TEXT, _TEXT, _TEXT, waits=st.booleans())
_GATES = st.builds(
    Gate,
    st.sampled_from(Profile),
    st.sampled_from((Severity.BLOCKING, Severity.WARNING)),
    st.sampled_from(OnUnchecked),
)


@st.composite
def reviews(draw: st.DrawFn) -> Review:
    """Any review: whatever a text can hold."""
    results = tuple(draw(st.lists(_RESULTS, max_size=3)))
    every = [each for one in results for each in one.findings]
    held = {each.identity: draw(_PARDONS) for each in every if draw(st.booleans())}
    remarks = tuple(draw(st.lists(_TEXT, max_size=2)))
    return Review(change(), results, draw(_GATES), held, remarks)


def local(review: Review) -> Review:
    """The same as a review in a terminal."""
    made: Change = replace(
        review.change, id=ChangeId(ForgeName.LOCAL, 0), head="", url="file:///shop", clone_url=""
    )
    return replace(review, change=made)
