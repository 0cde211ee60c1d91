"""The rules that checkov has an answer to, as a program: ``-m tests.bench.judging FOLDER``."""

import os
import sys
from collections.abc import Iterator

from rules.images import Images
from rules.release import Release
from rules.rule import Subject, judge, rules_of
from rules.subjects import dockerfile, manifest
from rules.subjects.yaml import Unreadable

ANSWERED = {
    "CKV_K8S_14": "floating-image",
    "CKV_K8S_16": "privileged-container",
    "CKV_K8S_20": "privilege-escalation",
    "CKV_K8S_23": "root-container",
    "CKV_DOCKER_3": "unprovable-user",
    "CKV_DOCKER_7": "floating-base",
    "CKV_DOCKER_8": "named-user",
}


def main() -> None:
    """Print the number of findings in the files KIND/NUMBER/NAME of a folder."""
    os.chdir(sys.argv[1])
    files = dict(_files())
    images = Images(lambda: files, lambda paths: {p: files[p] for p in paths if p in files})
    subjects = [each for path, data in files.items() for each in _subjects(path, data)]
    every = (*rules_of("kubernetes"), *rules_of("dockerfile"))
    rules = [rule for rule in every if rule.name in ANSWERED.values()]
    print(len(judge(rules, subjects, Release("", images.dockerfile_of))))


def _files() -> Iterator[tuple[str, bytes]]:
    for kind in ("k8s", "dockerfile"):
        for folder, _, names in os.walk(kind):
            for name in names:
                with open(f"{folder}/{name}", "rb") as file:  # noqa: PTH123 - no Path is loaded
                    yield f"{folder}/{name}", file.read()


def _subjects(path: str, data: bytes) -> list[Subject]:
    try:
        if path.startswith("k8s/"):
            return list(manifest.parse(data, path))
        return [dockerfile.parse(data, path)]
    except (Unreadable, dockerfile.Unreadable):
        return []


if __name__ == "__main__":
    main()
