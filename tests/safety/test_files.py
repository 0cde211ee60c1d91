"""Git and files: attacks 22 to 30 of docs/attacks.md, and files that hide."""

import pytest

from tests.repositories import Content, Link, Program, Repository, Submodule
from tests.safety.attack import DOCKERFILE, LAST, LINE, OTHER, Attacker, pod

PRIVILEGED = "privileged-container"


def test_22_links_are_not_followed(attacker: Attacker) -> None:
    links = {
        "passwd.yaml": Link("/etc/passwd"),
        "environ.yaml": Link("/proc/self/environ"),
        "up": Link(".."),
        "deep/er/up.yaml": Link("../../../x"),
        "loop": Link("loop"),
        "one": Link("two"),
        "two": Link("one"),
        "in.yaml": Link(OTHER),
    }
    seen = attacker.review(links)
    reported = {path for rule, path, _line in seen.found if rule == "escaping-path"}
    assert reported == links.keys() - {"in.yaml"}
    assert "root:" not in seen.everything


def test_22_a_link_must_not_make_a_manifest_of_what_nobody_judges(attacker: Attacker) -> None:
    seen = attacker.review(
        {
            "deploy.yaml": Link("notes/payload.txt"),
            "notes/payload.txt": pod("hidden"),
            "Dockerfile": Link("build"),
            "build": "FROM x\n",
            "sub": Submodule("1" * 40),
            "far.yaml": Link("sub/pod.yaml"),
        }
    )
    assert {path for _rule, path, _line in seen.found} == {
        *("deploy.yaml", "Dockerfile", "sub", "far.yaml"),
    }


def test_22_very_many_links_that_wind(attacker: Attacker) -> None:
    chain = {f"c{n}": Link("/".join((*("x",) * 50, *("..",) * 50, f"c{n + 1}"))) for n in range(60)}
    wide = {f"w{n}": Link("/".join(f"a{n}_{m}" for m in range(150))) for n in range(300)}
    seen = attacker.review({**chain, **wide, "c60": Link("end")})
    assert seen.stages["files-rules"][0] == "passed"
    assert seen.seconds < 10


def test_23_submodules_are_not_fetched(attacker: Attacker) -> None:
    modules = "".join(
        f'[submodule "{name}"]\n\tpath = {name}\n\turl = {url}\n'
        for name, url in (
            ("a", "file:///etc"),
            ("b", "-oProxyCommand=touch /tmp/redline-pwned"),
            ("c\r", "ext::sh -c touch%20/tmp/redline-pwned"),
        )
    )
    seen = attacker.review(
        {".gitmodules": modules, **{name: Submodule("1" * 40) for name in ("a", "b", "c\r")}}
    )
    assert {path for _rule, path, _line in seen.found} == {"a", "b", "c\r"}
    replaced = attacker.review({"m": None, "m/pod.yaml": pod("m")}, {"m": Submodule("2" * 40)})
    assert replaced.found == {(PRIVILEGED, "m/pod.yaml", LINE)}


def test_24_no_attribute_of_the_change_has_a_say(attacker: Attacker) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 9\n"
    lines = ("* filter=lfs diff=lfs -text", "*.yaml filter=evil linguist-generated -diff binary")
    seen = attacker.review(
        {".gitattributes": "\n".join(lines), "a.yaml": pod("a"), "large.bin": pointer}
    )
    assert seen.found == {(PRIVILEGED, "a.yaml", LINE)}
    assert ("a.yaml", LINE) in {(row["path"], row["line"]) for row in seen.pull.threads}


NAMES = [
    "--config=evil.yaml",
    "-rf.yaml",
    "new\nline.yaml",
    "car\rriage.yaml",
    "back`tick.yaml",
    "<img src=x onerror=alert(1)>.yaml",
    "b" * 250 + ".yaml",
    "latin-\udce9\udcff.yaml",
    "\u202egpj.yaml",
    "line\u2028end\x85.yaml",
    ":(top)x.yaml",
    "$(id)/a.yaml",
    "a|b`c|d.yaml",
    "@org/team.yaml",
    "</details>.yaml",
    "<!-- redline:1 x y -->.yaml",
    "/merge\n/recheck.yaml".lstrip("/"),
    "![x](https:/evil.example/p.png).yaml",
    "\x1b[31mred.yaml",
    "Dockerfile.-o\nx",
]


def test_25_names_of_any_bytes_are_reviewed_and_escaped(attacker: Attacker) -> None:
    files = {name: pod("x") for name in NAMES if name.endswith(".yaml")}
    odd = {name: "FROM x\n" for name in NAMES if not name.endswith(".yaml")}
    seen = attacker.review({**files, **odd})
    assert {path for rule, path, _line in seen.found if rule == PRIVILEGED} == files.keys()
    assert {path for rule, path, _line in seen.found if rule == "floating-base"} == odd.keys()


def test_26_branch_title_and_author_reach_no_shell_and_no_comment(attacker: Attacker) -> None:
    evil = "$(touch${IFS}/tmp/redline-pwned)`id`;x"
    seen = attacker.review(
        {"a.yaml": pod("a")},
        branch="-x/$(id)`id`;&|'\"<b>",
        title=f"{evil} <!-- --> @org",
        by="eve-$(id)",
    )
    assert seen.found == {(PRIVILEGED, "a.yaml", LINE)}
    assert not [word for word in ("$(", "`id`", "eve-") if word in seen.everything]


def test_27_large_files_are_told_with_their_size(attacker: Attacker) -> None:
    limit = 1 << 20
    exact = pod("exact").ljust(limit, "#")
    padded = '{"x": "' + "y" * limit + '", "apiVersion": "v1", "kind": "Pod"}'
    spelt = padded.replace("apiVersion", "\\u0061piVersion")
    seen = attacker.review(
        {
            "large.bin": b"\0" * (30 << 20),
            "data.json": '{"x": "' + "y" * limit + '"}',
            "exact.yaml": exact,
            "one-more.yaml": exact + "#",
            "padded.json": padded,
            "spelt.json": spelt,
        }
    )
    outcome, reason = seen.stages["kubernetes-rules"]
    assert outcome == "unchecked"
    assert "one-more.yaml (1,048,577 bytes)" in reason
    assert f"padded.json ({len(padded):,} bytes), spelt.json ({len(spelt):,} bytes)" in reason
    assert "data.json" not in reason
    assert "large.bin" not in reason
    assert seen.found == {(PRIVILEGED, "exact.yaml", LINE)}
    assert "Could not check: kubernetes rules: too large" in seen.status[1]


def test_27_two_hundred_large_files(attacker: Attacker) -> None:
    filler = "#".ljust(200_000, "x") + "\n"
    seen = attacker.review({f"many/{n:03}.yaml": pod(f"p{n}") + filler for n in range(200)})
    outcome, reason = seen.stages["kubernetes-rules"]
    assert outcome == "unchecked"
    assert reason.startswith("too much to be judged together: many/")
    judged = {path for _rule, path, _line in seen.found}
    assert 80 <= len(judged) <= (16 << 20) // 200_000


@pytest.mark.parametrize("count", [5_000])
def test_27_more_files_than_are_reviewed(attacker: Attacker, count: int) -> None:
    repo = attacker.fake.repository("org/many", {"README.md": "x\n"})
    bare = Repository(repo.state.git.path)
    files = {f"many/{n}.yaml": f"{n}\n" for n in range(count)}
    bare.commit(files, branch="change", on=bare.commit({"x": "x\n"}))
    seen = attacker.look(repo, repo.open_pull("change"))
    want = f"the change has {count:,} files; at most 3,000 are reviewed"
    assert {reason for _outcome, reason in seen.stages.values()} == {want}


def test_28_changes_without_lines(attacker: Attacker) -> None:
    before: dict[str, Content] = {
        "mode.yaml": pod("m"),
        "old.yaml": pod("o"),
        "gone.yaml": pod("g"),
        "b.bin": b"\0",
        "hidden.txt": pod("h"),
    }
    seen = attacker.review(
        {
            "mode.yaml": Program(pod("m")),
            "old.yaml": None,
            "new/name.yaml": pod("o"),
            "gone.yaml": None,
            "b.bin": b"\0\1",
            "hidden.txt": None,
            "hidden.yaml": pod("h"),
            "empty.yaml": "",
            "Dockerfile": "",
        },
        before,
    )
    assert seen.found == {
        (PRIVILEGED, "hidden.yaml", LINE),
        ("unreadable-file", "Dockerfile", 1),
    }


ENCODED = {
    "crlf": (pod("a").replace("\n", "\r\n").encode(), LINE),
    "bom": (pod("b").encode("utf-8-sig"), LINE),
    "utf16": (pod("c").encode("utf-16"), LINE),
    "no-end": (pod("d").rstrip("\n").encode(), LINE),
    "signs": (("# é\x85# b\u2028# c\u2029# d\r# e\n" + pod("e")).encode(), LINE + 1),
    "nel": (pod("f").replace("        pri", "        # x\x85        pri").encode(), LINE),
    "tab": (pod("g").replace(": true\n", ":\ttrue\t\n").encode(), LINE),
    "cr": (pod("h").replace("\n", "\r").encode(), 1),
}
REFUSED = {
    "nul": ((pod("a") + "\0").encode(), LAST),
    "latin1": (pod("b").encode() + b"# \xe9\n", LAST),
    "utf16le": (pod("c").encode("utf-16-le"), 1),
    "indent": (b"apiVersion: v1\nkind: Pod\n\tmetadata: {}\n", 3),
}


def test_30_line_numbers_are_git_s_whatever_the_encoding(attacker: Attacker) -> None:
    files = {f"{name}.yaml": data for name, (data, _line) in {**ENCODED, **REFUSED}.items()}
    docker = {
        "crlf/Dockerfile": "FROM a:1.2.3\r\nRUN a \\\r\n  b\r\nENV A_TOKEN=abcdef123456\r\n",
        "nel/Dockerfile": "FROM a:1.2.3\n# x\x85y\u2028z\nENV A_TOKEN=abcdef123456",
    }
    seen = attacker.review({**files, **docker})
    assert {one for one in seen.found if one[0] == PRIVILEGED} == {
        (PRIVILEGED, f"{name}.yaml", line) for name, (_data, line) in ENCODED.items()
    }
    assert {one for one in seen.found if one[0] == "unreadable-file"} == {
        ("unreadable-file", f"{name}.yaml", line) for name, (_data, line) in REFUSED.items()
    }
    baked = {(path, line) for rule, path, line in seen.found if rule == "baked-secret"}
    assert baked == {("crlf/Dockerfile", 4), ("nel/Dockerfile", 3)}


def test_names_in_any_case_and_names_of_lock_files_hide_nothing(attacker: Attacker) -> None:
    names = ("a.YAML", "b.Yml", "c.JSON", "pnpm-lock.yaml", "package.json")
    seen = attacker.review(
        {**{name: pod("x") for name in names}, "dockerfile": "FROM x\n", "DOCKERFILE": "FROM y\n"}
    )
    assert {path for rule, path, _line in seen.found if rule == PRIVILEGED} == set(names)
    assert {"dockerfile", "DOCKERFILE"} < {path for _rule, path, _line in seen.found}


def test_a_new_chart_or_kustomization_hides_only_what_it_renders_and_that_is_said(
    attacker: Attacker,
) -> None:
    seen = attacker.review(
        {
            "Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n",
            "templates/t.yaml": pod("t"),
            "deploy/a.yaml": pod("a"),
            "templates/Dockerfile": DOCKERFILE + "ENV A_TOKEN=abcdef123456\n",
            "k/kustomization.yaml": "resources: [r.yaml]\ncommonAnnotations: {x: hidden.yaml}\n",
            "k/r.yaml": pod("r"),
            "k/hidden.yaml": pod("h"),
        },
        {"deploy/a.yaml": pod("a").replace("privileged: true", "privileged: false")},
    )
    assert seen.found >= {(PRIVILEGED, "deploy/a.yaml", LINE), (PRIVILEGED, "k/hidden.yaml", LINE)}
    assert seen.rules("templates/Dockerfile") == {"baked-secret"}
    assert seen.rules("templates/t.yaml") == seen.rules("k/r.yaml") == set()
    text = "\n".join(seen.bodies)
    assert "not judged before it is rendered: templates/t.yaml (chart .)" in text
    assert "not judged before it is rendered: k/r.yaml (kustomization k)" in text


def test_what_is_only_left_to_be_rendered_is_said_in_the_title(attacker: Attacker) -> None:
    repo = attacker.fake.repository("org/rendered", {"README.md": "x\n"})
    repo.push("change", {"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": pod("a")})
    pull = repo.open_pull("change")
    document = attacker.desk.review(pull)
    assert (
        document["stages"][0]["reason"]
        == "not judged before it is rendered: a.yaml (kustomization .)"
    )
    title = repo.checks(pull.head)[-1].output["title"]
    assert title == "0 blocking, 0 warnings, 1 stage ran, 1 file not judged before rendering"
