//! What each format gives, with every place checked against the text that stands there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::discover::classify;
use crate::facts::config::Scalar;
use crate::text::Sources;

fn facts(path: &str, text: &str) -> (ConfigFacts, Sources) {
    let mut sources = Sources::default();
    let id = sources.add(path, text);
    let facts = read(sources.get(id), classify(path).unwrap());
    (facts, sources)
}

/// Words of each command joined by `|`; a word whose place reads otherwise is followed by what stands there.
fn commands(path: &str, text: &str) -> Vec<String> {
    let (facts, sources) = facts(path, text);
    let shown = |word: &crate::facts::config::Word| {
        let there = sources.slice(word.span);
        if *there == *word.text { word.text.to_string() } else { format!("{}<{there}>", word.text) }
    };
    facts
        .commands
        .iter()
        .map(|command| {
            let mut line: Vec<String> = command.environment.iter().map(|(name, word)| format!("{name}={}", shown(word))).collect();
            line.extend(command.words.iter().map(shown));
            line.extend(command.replicas.map(|(copies, span)| format!("x{copies}<{}>", sources.slice(span))));
            line.join("|")
        })
        .collect()
}

fn entries(path: &str, text: &str) -> Vec<String> {
    let (facts, sources) = facts(path, text);
    let value = |scalar: &Scalar| match scalar {
        Scalar::Number(number) => format!("{number}"),
        Scalar::Truth(truth) => format!("{truth}"),
        Scalar::Text(text) => format!("{text:?}"),
        Scalar::Null => "null".into(),
    };
    facts.entries.iter().map(|entry| format!("{}={}<{}>", entry.path.join("."), value(&entry.value), sources.slice(entry.span))).collect()
}

fn pins(path: &str, text: &str) -> Vec<String> {
    let (facts, sources) = facts(path, text);
    assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    facts
        .pins
        .iter()
        .map(|pin| {
            let what = pin.exact.as_ref().map_or_else(|| format!(" {}", pin.written), |version| format!("=={version}"));
            format!("{}{what}<{}>", pin.package, sources.slice(pin.span))
        })
        .collect()
}

#[test]
fn shell_scripts() {
    let text = r#"#!/bin/bash
set -euo pipefail   # a comment with `python x --n 1`
N=500
export MODE="fast lane"
if [ -n "$1" ]; then
  OTHER=1 nohup python -m app.main --jsonl 'small file.jsonl' \
    --concurrent $N --timeout=${T:-120} > log.txt 2>&1 &
fi
cat <<EOF | tee x
python -m not.read --n 1
EOF
run() { python a.py "$@"; }
for c in 10 50; do python b.py -c "$c"; done
(cd x && exec ./tool.sh)
echo "it's"; R=$(python c.py --n 7)
"#;
    let expected = [
        "[|-n|$1|]",
        "OTHER=1|nohup|python|-m|app.main|--jsonl|small file.jsonl|--concurrent|500<$N>|--timeout=120<--timeout=${T:-120}>",
        "cat",
        "tee|x",
        "python|a.py|$@",
        "python|b.py|-c|10<$c>",
        "python|b.py|-c|50<$c>",
        "cd|x",
        "exec|./tool.sh",
        "echo|it's",
        "python|c.py|--n|7",
    ];
    let found = commands("run.sh", text);
    assert_eq!(found[0], "set|-euo|pipefail");
    let rest: Vec<_> = found[1..].iter().map(|line| line.strip_prefix("MODE=fast lane|").unwrap_or(line)).collect();
    assert_eq!(rest, expected);
    let (facts, sources) = facts("run.sh", text);
    assert!(sources.slice(facts.commands[2].span).starts_with("OTHER=1 nohup python"));
    assert!(sources.slice(facts.commands[2].span).ends_with("${T:-120}"));
}

#[test]
fn shell_arrays_splitting_and_nested_shells() {
    let text = "ARGS=(--n 5)\nARGS+=(--m 6)\nOPTS=\"--a 1  --b 2\"\npython x.py \"${ARGS[@]}\" $OPTS \"$OPTS\"\n\
                bash -lc \"python y.py --n 7\"\ncase $1 in\n start) python z.py;;\n *) ;;\nesac\nM=$2\npython w.py $M\r\n";
    assert_eq!(
        commands("x.sh", text),
        [
            "python|x.py|--n<${ARGS[@]}>|5<${ARGS[@]}>|--m<${ARGS[@]}>|6<${ARGS[@]}>|--a<$OPTS>|1<$OPTS>|--b<$OPTS>|2<$OPTS>|--a 1  --b 2<$OPTS>",
            "bash|-lc|python y.py --n 7",
            "python|y.py|--n|7",
            "python|z.py",
            "python|w.py|$M",
        ]
    );
}

#[test]
fn makefiles_and_justfiles() {
    let make = "N ?= 500\nPY := python\n# run: a\nrun: build\n\t@$(PY) -m app --n $(N) --m $${M:-7} \\\n\t  --q $(Q)\n\t-X=5 ./go.sh\n";
    assert_eq!(commands("Makefile", make), ["python<$(PY)>|-m|app|--n|500<$(N)>|--m|7<$${M:-7}>|--q|$(Q)", "X=5|./go.sh"]);
    let just = "n := \"500\"\n\nrun m=\"7\": build\n    @python -m app --n {{n}} --m {{ m }} --q {{q}}\n\npy:\n    #!/usr/bin/env python\n    import os\n";
    assert_eq!(commands("justfile", just), ["python|-m|app|--n|500<{{n}}>|--m|7<{{ m }}>|--q|{{q}}"]);
}

#[test]
fn dockerfiles() {
    let text = "FROM python AS base\nARG N=500\nENV MODE=fast \\\n    # why\n    LEVEL=\"3\"\nENV OLD style\nRUN --mount=type=cache pip install . && \\\n    # a comment\n    python setup.py --n ${N}\n\
                ENTRYPOINT [\"python\", \"-m\", \\\n  \"app\"]\nCMD [\"--n\", \"500\"]\nFROM base\nCMD python -m other --n 5\nFROM base\nENTRYPOINT [\"/entrypoint.sh\"]\nCMD [\"python\", \"z.py\"]\n\
                FROM base\nENV ONLY=1\n";
    let environment = "MODE=fast|LEVEL=3|OLD=style";
    assert_eq!(
        commands("Dockerfile", text),
        [
            format!("{environment}|pip|install|."),
            format!("{environment}|python|setup.py|--n|500<${{N}}>"),
            format!("{environment}|python|-m|app|--n|500"),
            "python|-m|other|--n|5".into(),
            "/entrypoint.sh|python|z.py".into(),
            "python|z.py".into(),
            "ONLY=1".into(),
        ]
    );
    let heredoc = "FROM x\nRUN <<END\npip install x\nCMD no\nEND\nCMD [\"a\" b]\n";
    assert_eq!(commands("Dockerfile", heredoc), ["[a|b]".replace("[a", "[a<[\"a\">")]);
}

#[test]
fn compose_files() {
    let text = r#"x-base: &base
  environment: {MODE: fast}
services:
  a:
    <<: *base
    command: python -m app --n 500 --m "${M:-7}"
    deploy: {replicas: 3}
  b:
    entrypoint: [python, -m, app]
    command: ['--n', "600"]
    environment:
      - LEVEL=3
  c:
    image: x
    environment:
      WORKERS: 8
  d:
    command: >
      sh -c
      "python x.py
      --n 7"
"#;
    assert_eq!(
        commands("docker-compose.yml", text),
        [
            "MODE=fast|python|-m|app|--n|500|--m|7<${M:-7}>|x3<3>",
            "LEVEL=3|python|-m|app|--n|600",
            "WORKERS=8",
            "sh|-c|python x.py --n 7<python x.py\n      --n 7>",
            "python|x.py|--n|7",
        ]
    );
    assert_eq!(commands("stack.yaml", text).len(), 5);
}

#[test]
fn kubernetes_manifests() {
    let text = r#"apiVersion: apps/v1
kind: Deployment
spec:
  replicas: 4
  template:
    spec:
      containers:
      - name: a
        command: ["python", "-m", "app"]
        args: ["--n", "$(N)"]
        env:
        - {name: N, value: "500"}
        - name: S
          valueFrom: {}
---
apiVersion: batch/v1
kind: Job
spec:
  template:
    spec:
      containers:
      - env: [{name: M, value: "8"}]
        command:
        - /bin/sh
        - -c
        - |
          export A=1
          python b.py \
            --n 7 --m $M
      - command: [sh, -c, "./c.sh"]
---
other: {containers: [{command: [no]}]}
"#;
    let found = commands("deploy.yaml", text);
    assert_eq!(found[0], "N=500|python|-m|app|--n|500<$(N)>|x4<4>");
    assert!(found[1].starts_with("M=8|/bin/sh|-c|export A=1\n"));
    assert_eq!(found[2..], ["M=8|A=1|python|b.py|--n|7|--m|8<$M>", "sh|-c|./c.sh", "./c.sh"]);
}

#[test]
fn pipelines() {
    let text = "env: {N: 500}\njobs:\n  t:\n    steps:\n    - uses: x\n    - env: {M: 7}\n      run: |\n        python a.py --n $N\n        python b.py --m ${{ inputs.m }} --q \"$M\"\n    - run: python c.py\n";
    assert_eq!(
        commands(".github/workflows/ci.yml", text),
        ["N=500|M=7|python|a.py|--n|500<$N>", "N=500|M=7|python|b.py|--m|${{ inputs.m }}|--q|7<$M>", "N=500|python|c.py"]
    );
    let text = "variables: {N: \"500\"}\njob:\n  script:\n    - python a.py --n $N\n    - >-\n      python b.py\n      --m 7\n";
    assert_eq!(commands(".gitlab-ci.yml", text), ["N=500|python|a.py|--n|500<$N>", "N=500|python|b.py|--m|7"]);
}

#[test]
fn process_managers() {
    assert_eq!(commands("Procfile", "# no: x\nweb: gunicorn -w ${W:-4} app:app\n"), ["gunicorn|-w|4<${W:-4}>|app:app"]);
    let unit = "[Unit]\nDescription=x\n[Service]\nEnvironment=\"N=500\" M=7\nExecStart=-/usr/bin/python app.py --n ${N} \\\n  --m 3\n";
    assert_eq!(commands("app.service", unit), ["N=500|M=7|/usr/bin/python|app.py|--n|500<${N}>|--m|3"]);
    let conf = "[program:a]\ncommand = python a.py --n 5\nenvironment=A=\"1,2\",B=3\nnumprocs=4\n[other]\ncommand=no\n";
    assert_eq!(commands("supervisord.conf", conf), ["A=1,2|B=3|python|a.py|--n|5|x4<4>"]);
}

#[test]
fn entries_of_every_format() {
    assert_eq!(
        entries("a.toml", "[pool]\nlimit = 1_0\nname = \"é\"\nlist = [true, 0x10, 1.5]\n"),
        ["pool.limit=10<1_0>", "pool.name=\"é\"<\"é\">", "pool.list.0=true<true>", "pool.list.1=16<0x10>", "pool.list.2=1.5<1.5>"]
    );
    assert_eq!(
        entries("a.yaml", "é: &x 1\nb:\n  - \"ü\"\n  - *x\n---\nc: !!str 5\nd: ~\ne: inf\nf: 1_000\n"),
        ["é=1<1>", "b.0=\"ü\"<\"ü\">", "b.1=1<1>", "c=\"5\"<5>", "d=null<~>", "e=\"inf\"<inf>", "f=1000<1_000>"]
    );
    // A comment behind a quoted value is no part of it.
    assert_eq!(
        entries("b.yaml", "a: \"3\\\"0\"  # one \"two\"\nb: 'it''s' # three\nc: &d !!str '5' # four\n"),
        ["a=\"3\\\"0\"<\"3\\\"0\">", "b=\"it's\"<'it''s'>", "c=\"5\"<'5'>"]
    );
    assert_eq!(
        entries("a.json", "{\n\t\"a\": {\"b\": [1, false, null, \"x\"]}\n}"),
        ["a.b.0=1<1>", "a.b.1=false<false>", "a.b.2=null<null>", "a.b.3=\"x\"<\"x\">"]
    );
    assert_eq!(
        entries("a.ini", "; x\ntop = 1\n[pool]\nlimit: 10\nlong = a\n  b\n"),
        ["top=\"1\"<1>", "pool.limit=\"10\"<10>", "pool.long=\"a\\n  b\"<a\n  b>"]
    );
    assert_eq!(
        entries(".env", "\u{FEFF}# x\nexport A=1 # why\nB = \"two words\"\nC='3'\nnot a line\n"),
        ["A=\"1\"<1>", "B=\"two words\"<two words>", "C=\"3\"<3>"]
    );
    assert_eq!(
        entries("pyproject.toml", "[project.scripts]\napp = \"pkg.cli:main\"\n"),
        ["project.scripts.app=\"pkg.cli:main\"<\"pkg.cli:main\">"]
    );
}

#[test]
fn pins_of_every_format() {
    assert_eq!(
        pins("uv.lock", "version = 1\n[[package]]\nname = \"Aio_HTTP\"\nversion = \"3.9.5\"\n[[package]]\nname = \"local\"\n"),
        ["aio-http==3.9.5<\"3.9.5\">"]
    );
    assert_eq!(
        pins("Pipfile.lock", r#"{"default": {"httpx": {"hashes": ["x"], "version": "==0.27.0"}}, "_meta": {}}"#),
        ["httpx==0.27.0<\"==0.27.0\">"]
    );
    assert_eq!(
        pins("requirements.txt", "# x\naiohttp[a]==3.9.5 \\\n    --hash=sha256:x\nhttpx>=0.27,<1 ; python_version>'3'\n-r b.txt\n"),
        ["aiohttp==3.9.5<aiohttp[a]==3.9.5>", "httpx >=0.27,<1<httpx>=0.27,<1>"]
    );
    let pyproject = r#"[project]
dependencies = ["aiohttp>=3.8"]
[dependency-groups]
dev = ["httpx==0.27.0", {include-group = "x"}]
[tool.poetry.dependencies]
python = "^3.11"
requests = "^2.31"
redis = {version = "5.0.1", extras = ["x"]}
any = "*"
"#;
    assert_eq!(
        pins("pyproject.toml", pyproject),
        ["aiohttp >=3.8<\"aiohttp>=3.8\">", "httpx==0.27.0<\"httpx==0.27.0\">", "requests ^2.31<\"^2.31\">", "redis==5.0.1<\"5.0.1\">"]
    );
    assert_eq!(
        pins("setup.cfg", "[options]\ninstall_requires =\n    aiohttp>=3.8\n    # no\n    httpx==0.27.0\n"),
        ["aiohttp >=3.8<aiohttp>=3.8>", "httpx==0.27.0<httpx==0.27.0>"]
    );
    let cargo = r#"[dependencies]
reqwest = "0.12"
sq = { package = "sqlx_core", version = "=0.8.1" }
w = { workspace = true }
[target.'cfg(unix)'.dependencies]
nix = "0.29"
"#;
    assert_eq!(pins("Cargo.toml", cargo), ["reqwest 0.12<\"0.12\">", "sqlx-core==0.8.1<\"=0.8.1\">", "nix 0.29<\"0.29\">"]);
    assert_eq!(
        pins("environment.yml", "dependencies:\n  - numpy=1.26.4\n  - pip:\n    - httpx>=0.27\n"),
        ["numpy==1.26.4<numpy=1.26.4>", "httpx >=0.27<httpx>=0.27>"]
    );
    let script = r#"from setuptools import setup
BASE = ["httpx>=0.27,<1", f"six=={SIX}"]
CHANGED = ["requests<2"]
CHANGED = []
setup(
    name="redis==1",
    install_requires=[*BASE, "aiohttp"] + ["urllib3<2"],
    extras_require={"cache": ["redis[hiredis] >=4.2, <7.0"], "old": "pymongo==3.13\nmotor<3", "more": CHANGED, "all": read("x.txt")},
)
other(install_requires=["asyncpg<1"])
"#;
    let found = pins("pkg/setup.py", script);
    let shown: Vec<_> = found.iter().map(|pin| pin.split('<').next().unwrap_or_default()).collect();
    assert_eq!(shown, ["httpx >=0.27,", "urllib3 ", "redis >=4.2, ", "pymongo==3.13", "motor "]);
    assert!(found[2].ends_with("<\"redis[hiredis] >=4.2, <7.0\">"), "{}", found[2]);
    assert!(pins("pkg/install.py", script).is_empty());
    assert_eq!(pins("Pipfile", "[packages]\nrequests = \"==2.31.0\"\nany = \"*\"\n"), ["requests==2.31.0<\"==2.31.0\">"]);
}

#[test]
fn broken_files_are_located_and_the_rest_is_kept() {
    let (found, _) = facts("a.yaml", "a: 1\nb: [2, 3}\n");
    assert_eq!(found.entries.len(), 3);
    assert!(found.problems[0].to_string().starts_with("a.yaml:2:"), "{}", found.problems[0]);
    let (found, _) = facts("a.toml", "a = 1\nb = = 2\nc = 3\n");
    assert!(found.problems[0].to_string().starts_with("a.toml:2:"), "{}", found.problems[0]);
    assert!(found.entries.iter().any(|entry| *entry.path[0] == *"c"));
    // A template is not broken.
    assert!(facts("chart.yaml", "a: 1\n{{- if .Values.x }}\nb: 2\n{{- end }}\n").0.problems.is_empty());
}

#[test]
fn hostile_texts_stay_bounded() {
    let deep = [
        ("a.yaml", "["),
        ("b.yaml", "{a: "),
        ("c.json", "["),
        ("d.toml", "a = ["),
        ("d.toml", "a = {a="),
        ("x.sh", "$("),
        ("x.sh", "${A:-"),
        ("Dockerfile", "CMD ["),
        ("justfile", "  {{"),
    ];
    for (path, unit) in deep {
        facts(path, &unit.repeat(20_000));
    }
    for (open, close) in [("[", "]"), ("[[", "]]")] {
        facts("h.toml", &format!("{open}{}{close}\nx = 1\n", vec!["a"; 20_000].join(".")));
    }
    // Aliases that stand for 9^9 texts.
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..10 {
        let items = vec![format!("*a{}", level - 1); 9].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert!(facts("bomb.yaml", &bomb).0.entries.len() <= 100_000);
    // The same in what reads as a manifest, in which containers are looked for, and in what they run.
    let manifest = format!("apiVersion: v1\nkind: Pod\n{bomb}");
    assert!(facts("bomb.yaml", &manifest).0.commands.is_empty());
    let words = "x, ".repeat(2000);
    let containers = "*c, ".repeat(2000);
    let many = format!("apiVersion: v1\nkind: Pod\nc: &c {{command: [{words}]}}\ncontainers: [{containers}]\n");
    assert!(facts("many.yaml", &many).0.commands.iter().map(|command| command.words.len()).sum::<usize>() <= 500_000);
    // Itself.
    assert_eq!(entries("self.yaml", "a: &a [1, *a]\n").first().map(String::as_str), Some("a.0=1<1>"));
}

#[test]
fn one_long_line_stays_linear() {
    let json = format!("[{}0]", "{\"é\": 1, \"b\": \"x\"},".repeat(200_000));
    let started = std::time::Instant::now();
    let (found, _) = facts("data.json", &json);
    assert!(!found.entries.is_empty());
    let shell = "a;b -c \"$D\" 'e' `f`;".repeat(100_000);
    assert_eq!(facts("x.sh", &shell).0.commands.len(), 10_000);
    facts("x.sh", &"\"$X\" <<A ".repeat(100_000));
    facts("Makefile", &format!("a:\n\t{}", "$(X) ".repeat(200_000)));
    // A quadratic reader would take hours; the bound only has to tell the two apart on a slow machine.
    assert!(started.elapsed().as_secs() < 100);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in "[ \\n\\t$(){}\\[\\]\"'`\\\\<>&|;#=:,.@~!%^*?a-dN0-9é-]{0,200}") {
        for path in [
            "x.sh", "Makefile", "justfile", "Dockerfile", "docker-compose.yml", "a.yaml", "a.json", "a.toml", "a.ini", ".env", "Procfile",
            ".github/workflows/x.yml", ".gitlab-ci.yml", "a.service", "supervisord.conf", "requirements.txt", "setup.cfg", "pyproject.toml",
            "uv.lock",
        ] {
            let (facts, sources) = facts(path, &text);
            for word in facts.commands.iter().flat_map(|command| &command.words) {
                proptest::prop_assert!(sources.get(facts.file).text.get(word.span.range()).is_some());
            }
        }
    }
}
