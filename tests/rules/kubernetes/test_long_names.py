"""However long a name is that a file gives, a message stays one that people can read."""

import pytest

from rules.release import Release
from rules.rule import judge, rules_of
from rules.subjects import manifest

NAME = "n" * 100_000
KEY = "n" * 1_000  # YAML knows no longer ones
PODS = {
    "limit-below-request": f"""
    - name: {NAME}
      image: web:1
      resources: {{limits: {{{KEY}: 1}}, requests: {{{KEY}: 2}}}}
""",
    "wrong-probe-port": f"""
    - name: web
      image: web:1
      ports: [{{name: {NAME}, containerPort: 80, protocol: {NAME}}}]
      livenessProbe: {{httpGet: {{port: {NAME}}}}}
      readinessProbe: {{httpGet: {{port: 81}}}}
      startupProbe: {{httpGet: {{port: "{"1" * 100_000}"}}}}
""",
    "missing-ephemeral-storage": f"""
    - {{name: web, image: "web:1", volumeMounts: [{{name: {NAME}, mountPath: /a}}]}}
  volumes: [{{name: {NAME}, emptyDir: {{}}}}]
""",
    "illegal-image": f"""
    - {{name: web, image: "{NAME}N"}}
""",
    "missing-memory-limit": f"""
    - {{name: {NAME}, image: web, resources: {{limits: {{memory: {NAME}}}}}}}
""",
    "heap-above-limit": f"""
    - {{name: {NAME}, image: web, args: ["-Xmx2g {NAME}"], resources: {{limits: {{memory: 1}}}}}}
""",
    "unschedulable-request": f"""
    - {{name: web, image: web}}
  nodeSelector: {{{KEY}: a}}
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms:
          - matchExpressions: [{{key: {KEY}, operator: DoesNotExist}}]
""",
}


@pytest.mark.parametrize("name", PODS)
def test_a_message_has_an_end(name: str) -> None:
    text = (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {NAME}}}\nspec:\n  containers:{PODS[name]}"
    )
    objects = manifest.parse(text, "pod.yaml")
    rules = [rule for rule in rules_of("kubernetes") if rule.name == name]
    found = judge(rules, objects, Release(objects=lambda: objects))
    assert found
    for each in found:
        assert len(each.message) < 1_500
        assert len(each.detail) < 1_000
