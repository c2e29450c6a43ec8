//! The counters of a scan, which know no noise: no byte is parsed twice, what leads nowhere is not parsed, twice the tree is twice the work.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;

use pool_advisor::catalog::Catalog;
use pool_advisor::discover::Tree;
use pool_advisor::finding::{Counters, Report};
use pool_advisor::settings::Settings;

/// A package in each language whose pool, numbers and callers stand in different files, and files that have nothing to do with them.
fn package(number: usize) -> Vec<(String, String)> {
    let python = |name: &str, text: String| (format!("package{number}/{name}.py"), text);
    let rust = |name: &str, text: String| (format!("crate{number}/src/{name}.rs"), text);
    vec![
        python("limits", format!("PER_HOST_{number} = 30\n\n\ndef tasks_{number}():\n    return 500\n")),
        python(
            "client",
            format!(
                "import aiohttp\nfrom .limits import PER_HOST_{number}\n\n\ndef make_session_{number}():\n    \
                 connector = aiohttp.TCPConnector(limit_per_host=PER_HOST_{number})\n    return aiohttp.ClientSession(connector=connector)\n"
            ),
        ),
        python(
            "work",
            format!(
                "import asyncio\nfrom .client import make_session_{number}\nfrom .limits import tasks_{number}\n\n\n\
                 async def ask_{number}(session, url):\n    async with session.get(url) as answer:\n        return await answer.text()\n\n\n\
                 async def everything_{number}():\n    async with make_session_{number}() as session:\n        \
                 await asyncio.gather(*[ask_{number}(session, 'https://example.org/x') for _ in range(tasks_{number}())])\n"
            ),
        ),
        python(
            "main",
            format!(
                "import asyncio\nfrom .work import everything_{number}\n\nif __name__ == '__main__':\n    asyncio.run(everything_{number}())\n"
            ),
        ),
        python("elsewhere", format!("def unrelated_{number}(xs):\n    return [x.get('a') for x in xs]\n")),
        rust(
            "main",
            format!(
                "mod pool_{number};\n\nfn main() {{\n    let client = pool_{number}::client_{number}();\n    let _ = client.get(\"https://example.org\").send();\n}}\n"
            ),
        ),
        rust(
            &format!("pool_{number}"),
            format!(
                "pub fn client_{number}() -> reqwest::Client {{\n    reqwest::Client::builder().pool_max_idle_per_host(4).build().unwrap()\n}}\n"
            ),
        ),
        rust("elsewhere", format!("pub fn unrelated_{number}(n: u32) -> u32 {{\n    n + 1\n}}\n")),
    ]
}

fn scan(packages: usize) -> Report {
    let files = (10..10 + packages).flat_map(package).map(|(path, text)| (path, text.into_bytes())).collect();
    pool_advisor::check(&Tree::from_memory(files), Catalog::built_in(), &Settings::default())
}

#[test]
fn no_byte_is_parsed_twice() {
    let report = scan(8);
    let Counters { files, bytes, files_parsed, bytes_parsed, .. } = report.counters;
    let parsed: BTreeSet<&str> = report.reads.iter().map(|read| &*read.path).collect();
    assert_eq!(parsed.len() as u64, files_parsed, "a file was read twice");
    let texts = report.sources.iter().filter(|file| parsed.contains(&*file.path)).map(|file| file.text.len() as u64);
    assert_eq!(texts.sum::<u64>(), bytes_parsed);
    assert!(bytes_parsed < bytes && files_parsed < files, "{files_parsed} of {files} files, {bytes_parsed} of {bytes} bytes");
    assert!(!parsed.iter().any(|path| path.contains("elsewhere")), "what leads nowhere was read: {parsed:?}");
}

#[test]
fn twice_the_tree_is_twice_the_work() {
    let (half, once, twice) = (scan(10), scan(20), scan(40));
    assert_eq!(once.findings.len(), 20, "each package has its fault");
    assert_eq!(twice.findings.len(), 40);
    let limiters = 2 * half.counters.names - once.counters.names;
    let double = Counters {
        entries: 2 * once.counters.entries,
        files: 2 * once.counters.files,
        bytes: 2 * once.counters.bytes,
        hits: 2 * once.counters.hits,
        files_parsed: 2 * once.counters.files_parsed,
        bytes_parsed: 2 * once.counters.bytes_parsed,
        functions: 2 * once.counters.functions,
        calls: 2 * once.counters.calls,
        rounds: once.counters.rounds,
        // Those of the limiters that the catalog knows are looked up whatever the program is.
        names: 2 * once.counters.names - limiters,
        questions: 2 * once.counters.questions,
    };
    assert_eq!(twice.counters, double);
}
