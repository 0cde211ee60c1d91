"""What people would see of a pod, as the rules say it of their own bad examples."""

import pytest

from rules import examples
from rules.finding import Symptom
from rules.images import Images
from rules.release import Release
from rules.rule import Rule, judge, rules_of
from rules.subjects import manifest

RULES = {rule.name: rule for rule in rules_of("kubernetes")}
CONFIG, CRASH = Symptom.CONFIG_ERROR, Symptom.CRASH_LOOP


def symptoms(rule: Rule, source: str) -> set[Symptom | None]:
    files = {path: text.encode() for path, text in examples.of(rule, source).files.items()}
    subjects = [
        each
        for path, data in files.items()
        if manifest.is_manifest(path)
        for each in manifest.parse(data, path)
    ]
    images = Images(lambda: files, lambda paths: {p: files[p] for p in paths if p in files})
    release = Release("", images.dockerfile_of, objects=lambda: subjects)
    return {each.symptom for each in judge([rule], subjects, release)}


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("unprovable-user", [{CONFIG}, {None}, {CONFIG}]),  # nobody could look: nobody knows
        ("root-container", [{None}, {None}, {None}, {CONFIG}, {None}]),
        ("floating-image", [{None}] * 3),
        ("illegal-image", [{Symptom.INVALID_IMAGE}] * 3),
        ("wrong-probe-port", [{Symptom.UNREADY}, {CRASH}, {None}, {None}]),
        ("heap-above-limit", [{Symptom.OOM_KILLED}] * 4),
        ("unschedulable-request", [{Symptom.PENDING}] * 2),
        ("missing-ephemeral-storage", [{Symptom.EVICTED}] * 2),
        ("limit-below-request", [{None}] * 3),  # no pod is made at all
        ("missing-memory-limit", [{None}] * 4),  # others' pods may fail, and only some day
    ],
)
def test_symptoms(name: str, want: list[set[Symptom | None]]) -> None:
    rule = RULES[name]
    assert [symptoms(rule, source) for source in rule.bad] == want
