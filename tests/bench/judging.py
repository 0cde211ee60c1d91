"""The rules that checkov has an answer to, as a program: ``-m tests.bench.judging FOLDER``."""

import os
import sys
from collections.abc import Iterator

from rules.images import Images
from rules.release import Release
from rules.rule import Rule, Subject, judge, rules_of
from rules.subjects import dockerfile, manifest
from rules.subjects.yaml import Unreadable

ANSWERED = {
    "CKV_K8S_8": "missing-liveness",
    "CKV_K8S_9": "missing-readiness",
    "CKV_K8S_10": "missing-cpu-request",
    "CKV_K8S_11": "missing-cpu-limit",
    "CKV_K8S_12": "missing-memory-request",
    "CKV_K8S_13": "missing-memory-limit",
    "CKV_K8S_14": "floating-image",
    "CKV_K8S_16": "privileged-container",
    "CKV_K8S_17": "host-namespace",
    "CKV_K8S_18": "host-namespace",
    "CKV_K8S_19": "host-namespace",
    "CKV_K8S_20": "privilege-escalation",
    "CKV_K8S_21": "default-namespace",
    "CKV_K8S_22": "writable-root",
    "CKV_K8S_23": "root-container",
    "CKV_K8S_25": "added-capabilities",
    "CKV_K8S_26": "host-port",
    "CKV_K8S_27": "host-path",
    "CKV_K8S_28": "kept-capabilities",
    "CKV_K8S_31": "missing-seccomp",
    "CKV_K8S_35": "secret-literal",
    "CKV_K8S_37": "kept-capabilities",
    "CKV_K8S_39": "added-capabilities",
    "CKV_K8S_40": "missing-user-id",
    "CKV_K8S_49": "wildcard-role",
    "CKV_K8S_157": "wildcard-role",
    "CKV_K8S_158": "wildcard-role",
    "CKV_DOCKER_3": "root-image",
    "CKV_DOCKER_7": "floating-base",
    "CKV_DOCKER_8": "root-image",
}


def main() -> None:
    """Print the number of findings in the files KIND/NUMBER/NAME of a folder."""
    os.chdir(sys.argv[1])
    files = dict(_files())
    images = Images(lambda: files, lambda paths: {p: files[p] for p in paths if p in files})
    every = (*rules_of("kubernetes"), *rules_of("dockerfile"))
    rules = [rule for rule in every if rule.name in ANSWERED.values()]
    print(sum(_found(path, data, rules, images) for path, data in files.items()))


def _found(path: str, data: bytes, rules: list[Rule], images: Images) -> int:
    """How much is found in one file, which is a release of its own."""
    subjects = _subjects(path, data)
    objects = [each for each in subjects if isinstance(each, manifest.Manifest)]
    release = Release("", images.dockerfile_of, images.tagged_later, lambda: objects)
    return len(judge(rules, subjects, release))


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
