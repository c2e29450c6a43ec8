//! One number, written in all the places and layouts that programs have for it.

use pool_advisor::discover::Tree;
use pool_advisor::finding::Safety;
use proptest::prelude::*;

use super::{check, mended, planned};

/// A program that sends 500 requests at once through what `make` makes.
fn program(head: &str, make: &str) -> String {
    format!(
        "import asyncio\nimport os\nimport argparse\nimport aiohttp\n{head}\n\n\
         async def one(session, slots, n):\n    async with slots:\n        await session.get(f\"http://api.local/{{n}}\")\n\n\n\
         async def main():\n    slots = asyncio.Semaphore(500)\n    connector = {make}\n    \
         async with aiohttp.ClientSession(connector=connector) as session:\n        \
         await asyncio.gather(*(one(session, slots, n) for n in range(5000)))\n\n\nasyncio.run(main())\n"
    )
}

/// Fixes a program with other files beside it: what became of the text in `path`.
fn fixed(main: &str, others: &[(&str, &str)], path: &str) -> String {
    let mut files = vec![("app.py".to_string(), main.as_bytes().to_vec())];
    files.extend(others.iter().map(|(path, text)| (path.to_string(), text.as_bytes().to_vec())));
    let (report, plan) = planned(&files, Safety::Unsafe);
    assert_eq!(report.findings.len(), 1, "{main}\n{:?} {:?}", report.findings, report.pools);
    assert_eq!(plan.applied.len(), 1, "{main}\n{:?} {:?}", report.findings[0].fixes, plan.dropped);
    let after = mended(&files, &plan);
    assert!(check(&Tree::from_memory(after.clone())).findings.is_empty());
    let text = after.into_iter().find(|(name, _)| name == path).unwrap().1;
    String::from_utf8(text).unwrap()
}

#[test]
fn a_number_is_changed_where_it_stands() {
    let use_it = "aiohttp.TCPConnector(limit=LIMIT)";
    for (head, make, was, is) in [
        ("LIMIT = 1_00  # slots", use_it, "LIMIT = 1_00  # slots", "LIMIT = 600  # slots"),
        ("LIMIT: int = 64", use_it, "LIMIT: int = 64", "LIMIT: int = 600"),
        ("LIMIT = int(os.environ.get('LIMIT', '64'))", use_it, "'64'", "'600'"),
        ("def make(n=64):\n    return aiohttp.TCPConnector(limit=n)", "make()", "n=64", "n=600"),
        ("def make(n):\n    return aiohttp.TCPConnector(limit=n)", "make(64)", "make(64)", "make(600)"),
    ] {
        let before = program(head, make);
        assert!(before.contains(was));
        assert_eq!(fixed(&before, &[], "app.py"), before.replacen(was, is, 1));
    }
}

#[test]
fn a_number_of_a_flag_is_changed_in_the_program_or_on_its_command_line() {
    let head = "parser = argparse.ArgumentParser()\nparser.add_argument('--limit', type=int, default=64)\nargs = parser.parse_args()";
    let before = program(head, "aiohttp.TCPConnector(limit=args.limit)");
    assert_eq!(fixed(&before, &[], "app.py"), before.replace("default=64", "default=600"));
    for (path, line, after) in [
        ("run.sh", "#!/bin/sh\npython app.py --limit 50 # few\n", "#!/bin/sh\npython app.py --limit 600 # few\n"),
        ("run.sh", "#!/bin/sh\npython app.py --limit=50\n", "#!/bin/sh\npython app.py --limit=600\n"),
        ("run.sh", "#!/bin/sh\r\npython app.py --limit '50'\r\n", "#!/bin/sh\r\npython app.py --limit '600'\r\n"),
        (
            "compose.yaml",
            "services:\n  app:\n    command: [\"python\", \"app.py\", \"--limit\", \"50\"]\n",
            "services:\n  app:\n    command: [\"python\", \"app.py\", \"--limit\", \"600\"]\n",
        ),
    ] {
        assert_eq!(fixed(&before, &[(path, line)], path), after);
    }
}

#[test]
fn a_number_of_a_file_is_changed_in_the_file() {
    let read = |head: &str| program(head, "aiohttp.TCPConnector(limit=CONFIG['http']['limit'])");
    let environment = program("", "aiohttp.TCPConnector(limit=int(os.environ['LIMIT']))");
    let with = |module: &str, mode: &str, path: &str, load: &str| {
        read(&format!("import {module}\nwith open('{path}', '{mode}') as file:\n    CONFIG = {module}.{load}(file)"))
    };
    for (main, path, before) in [
        (with("tomllib", "rb", "a.toml", "load"), "a.toml", "# top\n[http] # one\nlimit   =   64   # two\nother = 64\n"),
        (with("tomllib", "rb", "a.toml", "load"), "a.toml", "[http]\r\nlimit = 64\r\nother = 64\r\n"),
        (with("yaml", "r", "a.yaml", "safe_load"), "a.yaml", "http:\n    # one\n    limit:   64   # two\n    other: \"64\"\n"),
        (with("json", "r", "a.json", "load"), "a.json", "{\n  \"http\": {\"limit\": 64, \"other\": 64}\n}\n"),
        (environment.clone(), "run.sh", "#!/bin/sh\nexport LIMIT=64 # few\npython app.py\n"),
        (environment.clone(), "Dockerfile", "FROM python:3.12\nENV A=6 LIMIT=64 \\\n    B=64\nCMD [\"python\", \"app.py\"]\n"),
        (
            environment.clone(),
            "compose.yaml",
            "services:\n  app:\n    command: python app.py\n    environment:\n      LIMIT: \"64\"  # few\n      OTHER: \"64\"\n",
        ),
        (
            environment,
            "compose.yaml",
            "services:\n  app:\n    command: python app.py\n    environment:\n      - LIMIT=64  # few\n      - OTHER=64\n",
        ),
    ] {
        assert_eq!(fixed(&main, &[(path, before)], path), before.replacen("64", "600", 1), "{path}");
    }
}

#[test]
fn an_argument_is_added_in_the_layout_of_the_call() {
    for (make, after) in [
        ("aiohttp.TCPConnector()", "aiohttp.TCPConnector(limit=600)"),
        ("aiohttp.TCPConnector(ssl=False,)", "aiohttp.TCPConnector(ssl=False, limit=600,)"),
        (
            "aiohttp.TCPConnector(\n\t\tssl=False, # one, two)\n\t)",
            "aiohttp.TCPConnector(\n\t\tssl=False, # one, two)\n\t\tlimit=600,\n\t)",
        ),
        (
            "aiohttp.TCPConnector(\n        ssl=False  # no\n    )",
            "aiohttp.TCPConnector(\n        ssl=False,  # no\n        limit=600\n    )",
        ),
        ("aiohttp.TCPConnector(**{\"ssl\": False})", "aiohttp.TCPConnector(limit=600, **{\"ssl\": False})"),
        ("(aiohttp.TCPConnector)(ssl=(False))", "(aiohttp.TCPConnector)(ssl=(False), limit=600)"),
    ] {
        let before = program("", make);
        assert_eq!(fixed(&before, &[], "app.py"), before.replace(make, after));
    }
}

#[test]
fn what_brings_the_limits_is_imported_beside_its_neighbours() {
    for (import, after) in [
        ("from aiohttp import ClientSession", "from aiohttp import ClientSession, TCPConnector"),
        ("from aiohttp import ClientSession, web", "from aiohttp import ClientSession, TCPConnector, web"),
        (
            "from aiohttp import (\n    ClientSession,\n    web,\n)",
            "from aiohttp import (\n    ClientSession,\n    TCPConnector,\n    web,\n)",
        ),
    ] {
        let before =
            program("", "").replace("aiohttp.ClientSession(connector=connector)", "ClientSession()").replace("import aiohttp", import);
        let before = before.replace("    connector = \n", "");
        let wanted = before.replace(import, after).replace("ClientSession()", "ClientSession(connector=TCPConnector(limit=600))");
        assert_eq!(fixed(&before, &[], "app.py"), wanted);
    }
}

#[test]
fn a_number_that_is_computed_is_left_to_people() {
    for (head, make) in [
        ("HALF = 32", "aiohttp.TCPConnector(limit=HALF * 2)"),
        ("", "aiohttp.TCPConnector(limit=32 + 32)"),
        ("", "aiohttp.TCPConnector(limit=0x40)"),
        ("", "aiohttp.TCPConnector(limit=len('abc'))"),
    ] {
        let main = program(head, make);
        let (report, plan) = planned(&vec![("app.py".into(), main.clone().into())], Safety::Unsafe);
        assert_eq!(report.findings.len(), 1, "{main}");
        assert!(plan.changes.is_empty(), "{:?}", plan.applied);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// However the arguments are laid out: it parses, the finding goes, and nothing but the new argument (and a comma) is there.
    #[test]
    fn any_layout_takes_an_argument(
        gaps in prop::collection::vec(prop::sample::select(vec!["", " ", "\n        ", "  # a, b)\n        ", "\n\n\t"]), 8),
        names in prop::sample::subsequence(vec!["ssl=False", "family=0", "happy_eyeballs_delay=(None)", "local_addr=('h', 1)"], 0..=4),
        trailing in any::<bool>(),
    ) {
        let mut call = format!("aiohttp.TCPConnector({}", gaps[0]);
        for (at, name) in names.iter().enumerate() {
            let last = at + 1 == names.len();
            call.push_str(name);
            call.push_str(gaps[2 * (at % 3) + 1]);
            call.push_str(if last && !trailing { "" } else { "," });
            call.push_str(gaps[2 * (at % 3) + 2]);
        }
        call.push(')');
        let before = program("", &call);
        let after = fixed(&before, &[], "app.py");
        let bare = |text: &str| text.replace("limit=600", "").chars().filter(|c| !c.is_whitespace() && *c != ',').collect::<String>();
        prop_assert_eq!(bare(&before), bare(&after));
        prop_assert_eq!(after.matches("limit=600").count(), 1);
    }
}

#[test]
fn what_callers_may_bring_is_not_written_beside_it() {
    let head = "def make(**rest):\n    options = {'ssl': False}\n    return aiohttp.TCPConnector(**options)";
    let own = program(head, "make()");
    assert_eq!(fixed(&own, &[], "app.py"), own.replace("TCPConnector(**options)", "TCPConnector(limit=600, **options)"));
    let head = "def make(**options):\n    options['ssl'] = False\n    return aiohttp.TCPConnector(**options)";
    let (report, plan) = planned(&vec![("app.py".into(), program(head, "make()").into())], Safety::Unsafe);
    assert_eq!((report.findings.len(), plan.applied.len()), (1, 0), "somebody may call `make(limit=5)`");
}

#[test]
fn comments_that_silence_nothing_go_and_others_stay() {
    for (before, after) in [
        ("x = 1  # advisor: ignore[limits-ignored] why\n", "x = 1\n"),
        ("x = 1\t# noqa: E501  # advisor: ignore[limits-ignored]\n", "x = 1\t# noqa: E501\n"),
        ("x = 1  # advisor: ignore[limits-ignored] why # type: ignore\n", "x = 1  # type: ignore\n"),
        ("    # advisor: ignore[limits-ignored]\r\nx = 1\r\n", "x = 1\r\n"),
        ("x = 1  # advisor: ignore[limits-ignored]", "x = 1"),
        ("# advisor: ignore-file[limits-ignored] é\nx = 1\n", "x = 1\n"),
        ("x = '# advisor: ignore[limits-ignored]'\n", "x = '# advisor: ignore[limits-ignored]'\n"),
        // Meant for a rule of another name: the author has to say which.
        ("x = 1  # advisor: ignore[limit-ignored]\n", "x = 1  # advisor: ignore[limit-ignored]\n"),
    ] {
        let code = "import aiohttp\ns = aiohttp.TCPConnector()\n";
        let files = vec![("app.py".to_string(), format!("{before}{}{code}", if before.ends_with('\n') { "" } else { "\n" }).into_bytes())];
        let (_, plan) = planned(&files, Safety::Safe);
        let text = String::from_utf8(mended(&files, &plan).remove(0).1).unwrap();
        assert_eq!(text.strip_suffix(code).unwrap().trim_end_matches('\n'), after.trim_end_matches('\n'), "{before}");
    }
}

#[test]
fn arguments_without_effect_go() {
    let head = "import httpx\n\nLIMITS = httpx.Limits(max_connections=9)\ntransport = httpx.HTTPTransport()\n";
    for (call, after, safe) in [
        ("httpx.Client(limits=LIMITS, transport=transport)", "httpx.Client(transport=transport)", true),
        (
            "httpx.Client(\n    transport=transport,  # ours\n    limits=httpx.Limits(max_connections=9),  # gone\n)",
            "httpx.Client(\n    transport=transport,  # ours\n)",
            true,
        ),
        ("httpx.Client(http2=True, limits=LIMITS, timeout=3, transport=transport)", "httpx.Client(timeout=3, transport=transport)", true),
        // Whether this is a pool at all is not known.
        ("httpx.Client(limits=LIMITS, transport=make())", "httpx.Client(transport=make())", false),
    ] {
        let text = |call: &str| format!("{head}client = {call}\nclient.get('http://a')\n");
        let files = vec![("app.py".to_string(), text(call).into_bytes())];
        let (report, plan) = planned(&files, if safe { Safety::Safe } else { Safety::Unsafe });
        assert_eq!(String::from_utf8(mended(&files, &plan).remove(0).1).unwrap(), text(after), "{:?}", report.findings);
        assert!(safe || planned(&files, Safety::Safe).1.changes.is_empty(), "{call}");
    }
}

#[test]
fn a_constant_that_something_else_reads_is_left_as_it_is() {
    for other in ["    params = {'size': LIMIT}\n", "    await asyncpg.create_pool('postgres://db', min_size=1, max_size=LIMIT)\n"] {
        let before = program("import asyncpg\nLIMIT = 64", "aiohttp.TCPConnector(limit=LIMIT)")
            .replace("    slots =", &format!("{other}    slots ="));
        assert!(before.contains(other));
        assert_eq!(fixed(&before, &[], "app.py"), before.replace("(limit=LIMIT)", "(limit=600)"));
    }
}
