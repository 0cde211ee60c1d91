"""What explodes: attacks 27, 50 to 52, 57, 58, 60 and 62 of docs/attacks.md."""

import resource
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.change import Change
from tests.repositories import Content, Repository
from tests.safety.attack import DOCKERFILE, LINE, Attacker, pod
from tests.workers.conftest import change_of
from tests.workers.stages.given import Files, project
from workers import sandbox
from workers.checkout import fetched
from workers.project import MOST_FINDINGS
from workers.stages import hadolint

HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n"


def bomb(bare: Repository) -> Change:
    """A change of a billion files, in a push of ten objects."""
    base = bare.commit({"README.md": "x\n"})
    blob = bare.git("hash-object", "-w", "--stdin", given=b"x\n")
    tree = bare.git("mktree", given=f"100644 blob {blob}\tf.yaml\n".encode())
    for _ in range(9):
        lines = "".join(f"040000 tree {tree}\td{n}\n" for n in range(10))
        tree = bare.git("mktree", given=lines.encode())
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    head = bare.git(*who, "commit-tree", tree, "-p", base, "-m", "x")
    bare.git("update-ref", "refs/heads/bomb", head)
    return change_of(bare, base, head)


def well(bare: Repository) -> Change:
    """A change of one file, further down than any system takes a path."""
    base = bare.commit({"README.md": "x\n"})
    return change_of(bare, base, bare.commit({"d/" * 2_100 + "f.yaml": "x\n"}, branch="x", on=base))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (bomb, "the change has 100,000 or more files; at most 3,000 are reviewed"),
        (well, "the change nests folders more than 2,000 deep"),
    ],
)
def test_27_a_push_of_a_few_bytes_that_holds_endless_files(
    forge: Repository, made: Callable[[Repository], Change], said: str, tmp_path: Path
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with fetched(made(forge), "", tmp_path / "state", local=True) as checkout:
        assert checkout.excess == said
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200 << 10  # KiB


def test_27_one_file_deep_down_does_not_keep_the_others_from_being_judged(
    attacker: Attacker,
) -> None:
    deep = "a/" * 1_500 + "deep.yaml"
    near = "b/" * 60 + "near.yaml"
    seen = attacker.review({deep: pod("deep"), near: pod("near")})
    assert seen.stages["kubernetes-rules"][1].startswith("in too many folders to be judged: a/a/")
    assert seen.found == {("privileged-container", near, LINE)}


LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
)
MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], k{n}: 1}}\n" for n in range(1, 30)
)
UNREADABLE = {
    "laughs": LAUGHS,
    "aliases": "a: &a x\nb: [" + "*a," * 300_000 + "]\n",
    "itself": "x: &x [*x]\n",
    "brackets": "x: " + "[" * 100_000,
    "deep": "x: " + "{a: " * 300 + "}" * 300,
    "documents": "---\napiVersion: v1\nkind: Pod\n" * 10_000,
    "keys": "? {a: b}\n: c\n",
    "tabs": "\tx: 1\n",
    "escapes": 'x: "' + "\\n" * 400_000,
    "dashes": "x: " + "- " * 400_000,
}
ODD = {
    "merges": MERGES,
    "list": "x:\n" + "- a\n" * 100_000,
    "digits": "x: " + "9" * 1_000_000 + "\n",
    "date": "x: 2020-13-45\ny: 0x_\nz: 1e999999\nw: 08\n",
    "double": "x: 1\nx: 2\n",
    "python": "x: !!python/object/apply:os.system [touch /tmp/redline-pwned]\n",
    "anchors": "x:\n" + "".join(f"- &a{n} x\n" for n in range(50_000)),
    "null": "spec: {containers: null}\n",
    "map": "spec: {containers: {a: b}}\n",
    "scalars": "spec: {containers: [1, null, [x], a]}\n",
    "strings": "spec: {containers: [{name: [x], image: {a: b}, securityContext: x}]}\n",
    "huge": "spec: {containers: [{name: 9, image: x, securityContext: {runAsUser: 1e400}}]}\n",
    "windows": "spec: {os: {name: windows}, containers: [{name: a, image: 'x:1'}]}\n",
}


def test_50_to_52_and_57_what_yaml_can_do_ends_in_one_finding_a_file(attacker: Attacker) -> None:
    files = {f"bad/{name}.yaml": HEAD + text for name, text in UNREADABLE.items()}
    odd = {f"odd/{name}.yaml": HEAD + text for name, text in ODD.items()}
    crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {a: [1]}\n"
    lists = {"list.yaml": "apiVersion: v1\nkind: List\nitems: [1, null, {kind: 3}, [x]]\n"}
    seen = attacker.review({**files, **odd, **lists, "crd.yaml": crd})
    broken = {path for rule, path, _line in seen.found if rule == "unreadable-file"}
    assert broken == files.keys()
    assert not any(crash in repr(seen.stages) for crash in ("crashed", "died", "nonsense"))


DOCKERFILES = {
    "continued": "RUN " + "\\\n" * 50_000 + "x\n",
    "heredocs": "RUN " + " ".join(f"<<A{n}" for n in range(2_000))
    + "\n" + "".join(f"A{n}\n" for n in range(2_000)),
    "variables": "ENV A=" + "${a:-" * 5_000 + "}" * 5_000 + "\n",
    "brackets": "RUN " + "[" * 200 + "\n",
    "parentheses": "RUN " + "(" * 40 + "\nRUN " + "$(" * 60 + "x" + ")" * 60 + "\n",
    "quotes": "RUN " + "'\"$(`" * 3_000 + "\n",
    "words": "RUN curl " + "--password" * 5_000 + "\nRUN eyJ" + "a" * 9_000 + ".eyJ" * 900 + "\n",
    "keys": "ENV A_TOKEN=" + "AKIA" * 9_000 + " B_SECRET=" + "a-" * 9_000 + "\n",
    "stages": "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(2_000)),
}  # fmt: skip


def test_58_and_62_dockerfiles_that_explode(attacker: Attacker) -> None:
    files: dict[str, Content] = {
        f"{name}/Dockerfile": DOCKERFILE + text for name, text in DOCKERFILES.items()
    }
    doubled = "ARG A0=ab\n" + "".join(
        f"ARG A{n}=${{A{n - 1}}}${{A{n - 1}}}\n" for n in range(1, 60)
    )
    files["from/Dockerfile"] = doubled + "FROM registry.example/${A59}\nUSER $A59\n"
    files["open/Dockerfile"] = DOCKERFILE + "RUN <<EOF\n" + "x\n" * 100_000
    files["syntax/Dockerfile"] = "# syntax=evil.example/any:1\nFROM x:1.2.3\nNONSENSE x\n"
    seen = attacker.review(files)
    assert seen.rules("open/Dockerfile") == {"unreadable-file"}
    assert not any(crash in repr(seen.stages) for crash in ("crashed", "died", "nonsense", "exit"))
    notes = "\n".join(seen.bodies)
    assert "another frontend than Docker" in notes


def test_58_a_dockerfile_on_which_hadolint_would_take_minutes(attacker: Attacker) -> None:
    many = DOCKERFILE + "".join(f"ENV A{n}_TOKEN=abcdef{n}\n" for n in range(9_000))
    small = {f"s{n}/Dockerfile": "FROM x\nRUN cd /tmp && sudo x\n" for n in range(3)}
    seen = attacker.review({"Dockerfile": many, **small})
    assert seen.stages["hadolint"] == ("unchecked", "larger than 131,072 bytes: Dockerfile")
    assert all(any("hadolint/" in rule for rule in seen.rules(path)) for path in small)


def test_58_a_line_that_keeps_hadolint_busy_for_ever_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hadolint, "_LIMITS", sandbox.Limits(seconds=1.5))
    monkeypatch.setattr(hadolint, "_ALONE", 2.0)
    sandbox.use("auto")
    busy = DOCKERFILE + "RUN " + "$(( " * 20 + "\n"
    files: dict[str, str | bytes] = {"a/Dockerfile": busy, "b/Dockerfile": "FROM x\nRUN sudo x\n"}
    judged = hadolint.run(project(Files(files)))
    assert str(judged.excess) == "hadolint took longer than it may: a/Dockerfile"
    assert judged.excess is not None
    assert not judged.excess.theirs
    assert {one.location.path for one in judged.findings} == {"b/Dockerfile"}


def test_60_ten_thousand_findings_are_counted_and_cut_by_rows(attacker: Attacker) -> None:
    rows = "".join(f"  - {{name: c{n}, image: x}}\n" for n in range(1_000))
    long = "# " + "x" * 100_000 + "\n"
    name = "n" * 60_000
    seen = attacker.review({"many.yaml": HEAD + long + "spec:\n  containers:\n" + rows + (
        f'  - {{name: {name}, image: "x`y\\nz"}}\n')})  # fmt: skip
    found = [one for one in seen.document["findings"] if one["path"] == "many.yaml"]
    assert 10_000 < len(found) < MOST_FINDINGS
    by_rule = Counter(one["rule"] for one in found)
    assert by_rule["root-container"] == by_rule["missing-liveness"] == 1_001
    counts = Counter(one["severity"] for one in found) + Counter(["blocking"])  # OTHER's
    title = f"{counts['blocking']} blocking, {counts['warning']} warnings, {counts['info']} info"
    assert f"blocks merge** · {title}\n" in seen.pull.comments[-1].body
    assert counts["blocking"] > 3_000
    for body in seen.bodies:
        assert len(body.encode()) <= 65_000
        assert all(line.endswith("|") for line in body.split("\n") if line.startswith("| bl"))


def test_60_more_findings_than_anyone_could_want(attacker: Attacker) -> None:
    rows = "".join(f"  - {{name: c{n}, image: x}}\n" for n in range(9_000))
    seen = attacker.review({"many.yaml": HEAD + "spec:\n  containers:\n" + rows})
    assert seen.stages["kubernetes-rules"] == ("unchecked", "more than 20,000 findings")
