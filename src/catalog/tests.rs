//! Tests of the built-in knowledge base and of its look-ups.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod complaints;

use std::collections::BTreeMap;

use super::concurrency::{Gives, MethodGives, Takes};
use super::library::{Literal, Makes, Role};
use super::origins::{EnvironmentRead, OptionPlace};
use super::*;
use crate::text::Language;

/// The built-in files by the road that checks everything.
fn checked() -> Catalog {
    Catalog::with_files(&[]).unwrap_or_else(|problems| panic!("{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>()))
}

fn default(catalog: &Catalog, library: &str, setting: &str, version: Option<&str>) -> Literal {
    let pool = &catalog.library(library).unwrap().pools[0];
    let setting = pool.settings.iter().find(|one| one.name == setting).unwrap();
    default_for(setting, &version::Versions::of(version)).value.clone()
}

#[test]
fn the_built_in_files_load_without_a_complaint() {
    let (checked, built_in) = (checked(), Catalog::built_in());
    let names = |catalog: &Catalog| catalog.libraries().iter().map(|library| library.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&checked), names(built_in));
    assert_eq!(checked.sources().len(), built_in.sources().len());
    for name in ["aiohttp", "anthropic", "botocore", "curl_cffi", "httpcore", "httpx", "httpx2", "openai", "requests", "urllib3"] {
        assert!(checked.library(name).is_some(), "{name}");
    }
}

#[test]
fn every_symbol_leads_back_to_its_constructor() {
    let catalog = Catalog::built_in();
    for library in catalog.libraries() {
        for constructor in &library.constructors {
            for symbol in &constructor.symbols {
                let found = catalog.constructor(symbol).unwrap_or_else(|| panic!("{symbol}"));
                assert_eq!((&found.library.name, &found.constructor.symbols), (&library.name, &constructor.symbols), "{symbol}");
                assert!(symbol.contains('.') && !symbol.contains("::"), "{symbol}");
            }
        }
    }
    assert!(catalog.constructor("aiohttp").is_none());
}

#[test]
fn pools_have_their_own_kind_or_the_first() {
    let pool = |symbol| Catalog::built_in().constructor(symbol).unwrap().pool.unwrap();
    assert_eq!((pool("boto3.client").name.as_str(), pool("boto3.client").at_limit), ("client", AtLimit::Discard));
    assert_eq!(pool("aiobotocore.config.AioConfig").at_limit, AtLimit::Wait);
    assert_eq!(pool("requests.packages.urllib3.PoolManager").settings[0].name, "maxsize");
}

#[test]
fn methods_of_factories_are_constructors() {
    let catalog = Catalog::built_in();
    let session = catalog.constructor("boto3.session.Session").unwrap().constructor;
    assert_eq!(session.makes, Makes::Factory);
    let client = catalog.constructor(&session.methods["client"]).unwrap().constructor;
    assert_eq!(client.parameters[9].name, "config");
    let config = catalog.constructor("botocore.client.Config").unwrap().constructor;
    assert_eq!(config.parameters[8].sets, ["max_pool_connections"]);
}

#[test]
fn defaults_follow_the_version() {
    let catalog = Catalog::built_in();
    for (version, expected) in [
        (None, 1000.0),
        (Some("1.0.0"), 100.0),
        (Some("1.16.1"), 100.0),
        (Some("1.16.2"), 1000.0),
        (Some("4"), 1000.0),
        (Some("no version"), 1000.0),
    ] {
        assert_eq!(default(catalog, "openai", "max_connections", version), Literal::Number(expected), "{version:?}");
    }
    assert_eq!(default(catalog, "aiohttp", "sock_connect", Some("3.10.8")), Literal::Word("none".into()));
    assert_eq!(default(catalog, "aiohttp", "sock_connect", Some("3.10.9")), Literal::Number(30.0));
    assert_eq!(default(catalog, "urllib3", "block", None), Literal::Truth(false));
}

#[test]
fn a_fork_takes_over_what_it_does_not_say() {
    let catalog = Catalog::built_in();
    let (old, new) = (catalog.library("httpx").unwrap(), catalog.library("httpx2").unwrap());
    assert_eq!(old.constructors.len(), new.constructors.len());
    let found = catalog.constructor("httpx2._client.AsyncClient").unwrap();
    assert_eq!(found.library.name, "httpx2");
    let pool = found.pool.unwrap();
    assert_eq!(pool.error_text, "httpx2.PoolTimeout");
    assert_eq!(pool.settings.len(), old.pools[0].settings.len());
    assert_eq!(pool.sends, old.pools[0].sends);
    assert!(pool.quirks.iter().all(|quirk| quirk.package.as_deref() == Some("httpcore2")), "the quirks are the fork's own");
}

#[test]
fn the_seed_words_keep_the_search_fast() {
    for language in [Language::Python, Language::Rust] {
        let words = Catalog::built_in().words(language);
        assert!(words.len() <= 64, "{language:?}: {} words", words.len());
        assert!(words.is_sorted());
        for word in &words {
            assert!(word.len() >= 4, "{word}");
            assert!(words.iter().all(|other| other == word || !other.contains(word)), "{word} stands inside another");
        }
    }
}

/// A file that imports a pool's constructor in any of the usual ways and calls it holds a seed word.
#[test]
fn every_pool_is_found_by_a_seed_word() {
    let catalog = Catalog::built_in();
    let words = catalog.words(Language::Python);
    for library in catalog.libraries().iter().filter(|library| library.language == Language::Python) {
        for constructor in &library.constructors {
            if !constructor.makes.owns_a_pool() {
                continue;
            }
            for symbol in &constructor.symbols {
                let (module, name) = symbol.rsplit_once('.').unwrap();
                if symbol.contains("._") || catalog.constructor(module).is_some() {
                    continue; // A private module, or a method of something that has a word of its own.
                }
                let top = symbol.split('.').next().unwrap();
                let rest = symbol.strip_prefix(top).unwrap();
                for text in [
                    format!("import {module}\nx = {symbol}()\n"),
                    format!("from {module} import {name}\nx = {name}()\n"),
                    format!("import {top} as t\nx = t{rest}()\n"),
                ] {
                    assert!(words.iter().any(|word| text.contains(word)), "no word for\n{text}");
                }
            }
        }
    }
}

/// The same for Rust: by its whole path, and by a `use` of its type.
#[test]
fn every_pool_of_rust_is_found_by_a_seed_word() {
    let catalog = Catalog::built_in();
    let words = catalog.words(Language::Rust);
    for library in catalog.libraries().iter().filter(|library| library.language == Language::Rust) {
        let pools = library.constructors.iter().filter(|constructor| constructor.makes.owns_a_pool());
        for symbol in pools.flat_map(|constructor| &constructor.symbols) {
            let path = symbol.replace('.', "::");
            let (owner, function) = path.rsplit_once("::").unwrap();
            let name = owner.rsplit("::").next().unwrap();
            for text in [format!("let x = {path}();"), format!("use {owner};\nlet x = {name}::{function}();")] {
                assert!(words.iter().any(|word| text.contains(word)), "no word for\n{text}");
            }
        }
    }
}

#[test]
fn setters_of_a_builder_give_it_back() {
    let builder = Catalog::built_in().constructor("reqwest.Client.builder").unwrap().constructor;
    for method in ["pool_max_idle_per_host", "http2_prior_knowledge", "user_agent", "build"] {
        assert!(builder.passes.iter().any(|pass| pass == method), "{method}");
    }
    let session = Catalog::built_in().constructor("requests.Session").unwrap().constructor;
    assert!(!session.setters.is_empty() && session.passes.is_empty(), "`mount` gives nothing back");
}

#[test]
fn pools_of_databases_are_told_from_others() {
    let database = |symbol| Catalog::built_in().constructor(symbol).unwrap().pool.unwrap().database;
    for symbol in
        ["sqlalchemy.create_engine", "asyncpg.create_pool", "pymongo.MongoClient", "sqlx.PgPool.connect", "diesel.r2d2.Pool.builder"]
    {
        assert!(database(symbol), "{symbol}");
    }
    for symbol in ["aiohttp.ClientSession", "redis.Redis", "reqwest.Client.new", "ureq.agent"] {
        assert!(!database(symbol), "{symbol}");
    }
}

#[test]
fn a_class_given_as_an_argument_says_the_kind_of_pool() {
    let engine = Catalog::built_in().constructor("sqlalchemy.create_engine").unwrap();
    let class = engine.constructor.parameters.iter().find(|parameter| parameter.name == "poolclass").unwrap();
    assert_eq!(class.kinds["sqlalchemy.pool.NullPool"], "none");
    let kind = |name: &str| engine.library.pools.iter().find(|pool| pool.name == name).unwrap().at_limit;
    assert_eq!((kind("queue"), kind("none"), kind("assertion")), (AtLimit::Wait, AtLimit::Unbounded, AtLimit::Error));
}

#[test]
fn defaults_change_in_a_patch_release() {
    let catalog = Catalog::built_in();
    let word = |version| default(catalog, "deadpool", "max_size", version);
    assert_eq!(word(Some("0.12.2")), Literal::Word("cpus-times-4".into()));
    assert_eq!(word(Some("0.12.3")), Literal::Word("cpus-times-2".into()));
    assert_eq!(word(None), Literal::Word("cpus-times-2".into()));
    assert_eq!(default(catalog, "redis", "max_connections", Some("7.4.0")), Literal::Number(2_147_483_648.0));
    assert_eq!(default(catalog, "redis", "max_connections", Some("8.0.0")), Literal::Number(100.0));
    assert_eq!(default(catalog, "ureq", "max_idle_connections_per_host", Some("2.12.1")), Literal::Number(1.0));
}

#[test]
fn methods_of_numbers_belong_to_a_language() {
    let catalog = Catalog::built_in();
    let gives = |name| catalog.number_method(Language::Rust, name).map(|method| method.gives);
    assert_eq!(gives("unwrap_or"), Some(MethodGives::OrDefault));
    assert_eq!(gives("clamp"), Some(MethodGives::Clamp));
    assert_eq!(gives("buffer_unordered"), None);
    assert_eq!(catalog.number_method(Language::Rust, "get").unwrap().arguments, Some(0));
    assert!(catalog.number_method(Language::Python, "get").is_none());
    assert_eq!(catalog.fan_out_method("for_each_concurrent").unwrap().function, Some(1));
    assert_eq!(catalog.executor("actix_web.HttpServer.new").unwrap().per_worker, Some(0));
}

#[test]
fn sources_of_concurrency_are_found_by_name() {
    let catalog = Catalog::built_in();
    assert_eq!(catalog.limiter("asyncio.BoundedSemaphore").unwrap().parameter, "value");
    assert!(catalog.executor("multiprocessing.Pool").unwrap().processes);
    assert!(!catalog.executor("concurrent.futures.ThreadPoolExecutor").unwrap().processes);
    assert_eq!(catalog.fan_out("asyncio.gather").unwrap().takes, Takes::Arguments);
    assert_eq!(catalog.fan_out("aiometer.run_on_each").unwrap().limit.as_deref(), Some("max_at_once"));
    assert!(catalog.fan_out_method("gather").is_none());
    assert!(!catalog.starter("asyncio.to_thread").unwrap().detached);
    assert_eq!(catalog.starter_method("run_in_executor").unwrap().executor, Some(0));
    assert_eq!(catalog.parser("argparse.ArgumentParser").unwrap().dest.as_deref(), Some("dest"));
    assert_eq!(catalog.option("click.option").unwrap().stands, OptionPlace::Decorator);
    assert_eq!(catalog.environment("os.environ").unwrap().reads, EnvironmentRead::Subscript);
    assert_eq!(catalog.environment("os.getenv").unwrap().default_position, Some(1));
    assert_eq!(catalog.function("min").unwrap().gives, Gives::Least);
    assert_eq!(catalog.constant("botocore.endpoint.MAX_POOL_CONNECTIONS").unwrap().value, Literal::Number(10.0));
}

#[test]
fn prefixes_of_symbols_are_modules() {
    let catalog = Catalog::built_in();
    for module in ["aiohttp", "aiohttp.client", "requests.packages", "concurrent.futures", "os", "httpx2._transports"] {
        assert!(catalog.names_module(module), "{module}");
    }
    for other in ["aiohttp.TCPConnector", "aioh", "int", "", "unknown"] {
        assert!(!catalog.names_module(other), "{other}");
    }
}

#[test]
fn names_that_mean_concurrency() {
    let catalog = Catalog::built_in();
    for name in [
        "--concurrency",
        "max_concurrency",
        "MAX_CONCURRENT_REQUESTS",
        "maxConcurrentDownloads",
        "max-workers",
        "num_workers",
        "scraper.maxWorkers",
        "threads",
        "download_threads",
        "--num-threads",
        "worker_count",
        "n_jobs",
        "parallel",
        "max_parallel_requests",
        "network_parallelism",
        "max_in_flight",
        "number_of_workers",
        "concurrent_lta_trigger_limit",
        "semaphore_limit",
    ] {
        assert!(catalog.means_concurrency(name), "{name}");
    }
    for name in [
        "timeout",
        "batch_size",
        "max_retries",
        "rate_limit",
        "chunk_size",
        "queue_size",
        "tensor_parallel_size",
        "num_processes",
        "dataloader_num_workers",
        "concurrency_timeout",
        "worker_timeout",
        "use_threads",
        "thread_safe",
        "parallel_tool_calls",
        "requests_per_minute",
        "max_connections",
        "pool_maxsize",
        "current_concurrency",
        "WEB_CONCURRENCY",
        "postgresql_concurrently",
        "thread_id",
        "worker_name",
        "max_tasks_per_worker",
        "limit",
        "n",
        "",
    ] {
        assert!(!catalog.means_concurrency(name), "{name}");
    }
}

/// A setting that several libraries name alike plays the same part in each where objects flow between them.
#[test]
fn what_a_carrier_sets_the_pools_that_take_it_have() {
    let catalog = Catalog::built_in();
    let limits = catalog.constructor("httpx.Limits").unwrap();
    let roles = |pool: &library::PoolKind| pool.settings.iter().map(|one| (one.name.clone(), one.role)).collect::<BTreeMap<String, Role>>();
    let (httpx, openai) = (roles(limits.pool.unwrap()), roles(catalog.constructor("openai.DefaultHttpxClient").unwrap().pool.unwrap()));
    for name in limits.constructor.parameters.iter().flat_map(|parameter| &parameter.sets) {
        assert_eq!(httpx.get(name), openai.get(name), "{name}");
    }
}

#[test]
fn the_packed_files_say_what_their_texts_say() {
    for (stem, path, text, packed) in super::embedded::LIBRARIES.iter().chain(super::embedded::RUST_LIBRARIES) {
        let unpacked: super::library::Library = rmp_serde::from_slice(packed).unwrap();
        let read: super::library::Library = toml::from_str(text).unwrap();
        assert_eq!(format!("{unpacked:?}"), format!("{read:?}"), "{path}");
        assert!(super::load::library(stem, path, text, Some(packed)).is_ok());
    }
    for (_, path, text, packed) in super::embedded::CONCURRENCY {
        let unpacked: super::concurrency::Source = rmp_serde::from_slice(packed).unwrap();
        let read: super::concurrency::Source = toml::from_str(text).unwrap();
        assert_eq!(format!("{unpacked:?}"), format!("{read:?}"), "{path}");
    }
}
