"""Hints of one release that are told in one row: what its pods need from elsewhere. Pure."""

from collections.abc import Callable, Iterable, Sequence

from rules.finding import Finding, Severity
from rules.secrets import masked

# Of these a release may have dozens, all for one reason: someone else makes what it names.
GATHERED = {"missing-reference": "Nothing in this repository creates what pods here name"}
MOST_NAMED = 8  # in one row


def gathered(
    findings: Iterable[Finding], alone: Callable[[Finding], bool]
) -> list[Sequence[Finding]]:
    """The findings in their order, those together that make one row.

    ``alone`` says of which more is to be told than that.
    """
    rows: list[Sequence[Finding]] = []
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        hint = finding.rule in GATHERED and finding.severity is Severity.INFO
        if not hint or alone(finding):
            rows.append((finding,))
            continue
        key = (finding.rule, finding.project)
        if key not in groups:
            groups[key] = []
            rows.append(groups[key])
        groups[key].append(finding)
    return rows


def words(group: Sequence[Finding], shown: Callable[[str], str]) -> str:
    """What is said of a group; ``shown`` makes code of a name."""
    names = list(dict.fromkeys(masked(finding.detail) for finding in group))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{GATHERED[group[0].rule]}: {', '.join(map(shown, names[:MOST_NAMED]))}{more}"
