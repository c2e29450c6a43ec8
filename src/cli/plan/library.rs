//! From a library of the catalog to a scenario: defaults, what happens at the limit, what its time-outs count, how its versions behave.

use std::collections::BTreeMap;

use crate::catalog::library::{Library, Literal, PoolKind, QuirkKind, Role, Setting, Shape};
use crate::catalog::load::nearest;
use crate::catalog::version::{Version, Versions};
use crate::catalog::{Catalog, default_for};
use crate::cli::Failure;
use crate::cli::args::Set;
use crate::queueing::simulate::Keep;
use crate::queueing::what_if::Question;
use crate::queueing::{self, Behaviour, HandOver, tighter};
use crate::render::plan::Origin;
use crate::value::show_seconds;

/// What the command line sets. An infinite limit is none.
#[derive(Default)]
pub(in crate::cli) struct Written {
    /// Over all hosts.
    pub limit: Option<f64>,
    /// To one host.
    pub per_host: Option<f64>,
    /// Of a request, seconds.
    pub timeout: Option<f64>,
    /// Other settings by their names, as a program sets them.
    pub set: BTreeMap<String, Set>,
}

/// A kind of pool in a version of its library.
pub(in crate::cli) struct Known<'a> {
    library: &'a Library,
    kind: &'a PoolKind,
    version: Option<&'a str>,
}

/// The pool that `NAME[:POOL][@VERSION]` names.
///
/// # Errors
/// When the catalog has no such library or pool, or the version is none.
pub(in crate::cli) fn find<'a>(catalog: &'a Catalog, named: &'a str) -> Result<Known<'a>, Failure> {
    let (name, version) = named.split_once('@').map_or((named, None), |(name, version)| (name, Some(version)));
    let (name, pool) = name.split_once(':').map_or((name, None), |(name, pool)| (name, Some(pool)));
    if let Some(version) = version.filter(|version| Version::parse(version).is_none()) {
        return Err(Failure::new(format!("--library: `{version}` is no version: write `{name}@1.2.3`")));
    }
    let Some(library) = catalog.library(name) else {
        let known: Vec<&str> = catalog.libraries().iter().map(|library| library.name.as_str()).collect();
        let meant = nearest(name, &known).map_or_else(String::new, |meant| format!(", did you mean `{meant}`?"));
        return Err(Failure::new(format!("--library: the catalog has no `{name}`{meant}; `advisor explain` lists what it has")));
    };
    let kinds: Vec<&str> = library.pools.iter().map(|kind| kind.name.as_str()).collect();
    let kind = match pool {
        Some(pool) => library.pools.iter().find(|kind| kind.name == pool),
        None => library.pools.first(),
    };
    match kind {
        Some(kind) => Ok(Known { library, kind, version }),
        None if kinds.is_empty() => Err(Failure::new(format!("--library: the catalog knows no pool of `{name}`"))),
        None => {
            Err(Failure::new(format!("--library: `{name}` has no pool `{}`; there are {}", pool.unwrap_or_default(), kinds.join(", "))))
        }
    }
}

/// A default: a number, or none; unknown where the catalog does not know it.
enum Default {
    Number(f64),
    Nothing,
    Unknown,
}

impl<'a> Known<'a> {
    /// What the catalog says of the pool.
    #[cfg(feature = "probe")]
    pub(in crate::cli) fn kind(&self) -> &'a PoolKind {
        self.kind
    }

    /// Whether this version leaves slots empty, or takes more than its total, when it speaks to several hosts.
    #[cfg(feature = "probe")]
    pub(in crate::cli) fn is_loose(&self, hosts: u64) -> bool {
        hosts > 1 && self.has(QuirkKind::TotalOvershoots).is_some()
    }

    /// Puts what the library does into the question. What the command line gives stays.
    ///
    /// # Errors
    /// When the command line sets a limit or a setting that such a pool does not have.
    pub(in crate::cli) fn apply(&self, question: &mut Question, written: &Written) -> Result<Origin, Failure> {
        let mut origin =
            Origin { library: Some(self.library.name.clone()), version: self.version.map(str::to_string), ..Origin::default() };
        if let Some(version) = self.version.and_then(Version::parse)
            && Version::parse(&self.library.checked).is_some_and(|checked| version > checked)
        {
            origin.notes.push(format!("the catalog was read from {} up to version {} only", self.library.name, self.library.checked));
        }
        if self.library.pools.len() > 1 {
            let others: Vec<String> = self.library.pools.iter().map(|kind| format!("{}:{}", self.library.name, kind.name)).collect();
            origin.said.push(format!("of the pools {} this is `{}`", others.join(", "), self.kind.name));
        }
        if let Some(name) = written.set.keys().find(|name| !self.kind.settings.iter().any(|setting| setting.name == **name)) {
            let known: Vec<&str> = self.kind.settings.iter().map(|setting| setting.name.as_str()).collect();
            return Err(Failure::new(format!("--set: {} has no `{name}`; there are {}", self.library.name, known.join(", "))));
        }
        self.check_kinds(written)?;
        self.limits(question, written, &mut origin)?;
        self.time_outs(question, written, &mut origin);
        self.behaviours(question, &mut origin);
        question.sized_by_concurrency = !self.kind.database;
        Ok(origin)
    }

    /// Whether each setting that is set takes such a value.
    fn check_kinds(&self, written: &Written) -> Result<(), Failure> {
        let mut set = self.kind.settings.iter().filter(|setting| matches!(written.set.get(&setting.name), Some(Set::Truth(_))));
        match set.find(|setting| !is_switch(setting.role)) {
            Some(setting) => Err(Failure::new(format!("--set: `{}` is no switch: it takes a number, a time or `none`", setting.name))),
            None => Ok(()),
        }
    }

    /// What is set without being a part of any prediction.
    pub(in crate::cli) fn unused(&self, written: &Written) -> Vec<String> {
        let is_unused = |setting: &&Setting| match setting.role {
            Role::ConnectTimeout => !setting.covers_queue,
            role => matches!(role, Role::Hosts | Role::Minimum | Role::KeepAlive | Role::Other),
        };
        let set = self.kind.settings.iter().filter(|setting| written.set.contains_key(&setting.name));
        set.filter(is_unused).map(|setting| format!("`{}` changes nothing that a plan tells", setting.name)).collect()
    }

    /// Whether a switch is on: as it is set, else by default.
    fn is_on(&self, role: Role, written: &Written) -> Option<(&Setting, bool)> {
        let setting = self.setting(role)?;
        let default = || matches!(default_for(setting, &Versions::of(self.version)).value, Literal::Truth(true));
        Some((setting, written.set.get(&setting.name).map_or_else(default, |set| truth(*set))))
    }

    fn setting(&self, role: Role) -> Option<&Setting> {
        self.kind.settings.iter().find(|setting| setting.role == role)
    }

    fn limits(&self, question: &mut Question, written: &Written, origin: &mut Origin) -> Result<(), Failure> {
        let (name, now) = (&self.library.name, &mut question.now);
        for (flag, given, role) in [("--limit", written.limit, Role::Total), ("--per-host", written.per_host, Role::PerHost)] {
            if given.is_some() && self.setting(role).is_none() {
                let has: Vec<&str> = self.kind.settings.iter().filter(|one| is_limit(one.role)).map(|one| one.name.as_str()).collect();
                return Err(Failure::new(format!("{flag}: a pool of {name} has no such limit; it has {}", has.join(", "))));
            }
        }
        let mut role = |role: Role, given: Option<f64>| match given {
            Some(_) => None,
            None => self.set_or_default(role, written, origin).map(|number| number as u64),
        };
        now.limits.total = now.limits.total.or_else(|| role(Role::Total, written.limit));
        now.limits.per_host = now.limits.per_host.or_else(|| role(Role::PerHost, written.per_host));
        let idle = role(Role::Idle, None);
        now.at_limit = self.kind.at_limit.into();
        match self.kind.shape {
            Shape::SizeAndOverflow if written.limit.is_none() => {
                // An overflow without a limit takes the pool's away.
                now.limits.total = match self.set_or_default(Role::Overflow, written, origin) {
                    Some(overflow) => now.limits.total.map(|size| size.saturating_add(overflow as u64)),
                    None if self.setting(Role::Overflow).is_some() => None,
                    None => now.limits.total,
                };
            }
            Shape::BlockingFlag => {
                if let Some((setting, blocks)) = self.is_on(Role::Block, written) {
                    if blocks {
                        now.at_limit = queueing::AtLimit::Wait;
                    }
                    origin.said.push(format!("`{}` is {blocks}", setting.name));
                }
            }
            _ => {}
        }
        question.has_total = self.setting(Role::Total).is_some();
        question.has_per_host = self.setting(Role::PerHost).is_some();
        if !self.kind.shared_by_hosts && question.has_total {
            now.limits.per_host = tighter(now.limits.total, now.limits.per_host);
            now.limits.total = None;
            (question.has_total, question.has_per_host) = (false, true);
            origin.said.push("each host has a pool of its own".into());
        }
        now.keep = match (idle, self.kind.shape) {
            (Some(idle), Shape::IdleOnly) => Some(Keep::IdlePerHost(idle)),
            (Some(idle), _) if self.has(QuirkKind::IdleCapCountsBusy).is_some() => Some(Keep::Open(idle)),
            (Some(idle), _) => Some(Keep::Idle(idle)),
            (None, _) => None,
        };
        if let Some((setting, true)) = self.is_on(Role::CloseAfterUse, written) {
            now.keep = Some(Keep::Idle(0));
            origin.said.push(format!("`{}`: each connection is closed after use", setting.name));
        }
        if let Some((setting, true)) = self.is_on(Role::Multiplexed, written) {
            now.at_limit = queueing::AtLimit::Unbounded;
            (now.limits.total, now.limits.per_host, now.keep) = (None, None, None);
            origin.said.push(format!(
                "`{}`: one connection carries many requests, so that a number of connections bounds none: limits of connections are left out, and what is advised of them does not hold; the server bounds the requests on each connection, which --server-capacity can say",
                setting.name
            ));
            return Ok(());
        }
        let setting = self.setting(Role::Idle).filter(|_| now.concurrency > idle.unwrap_or(u64::MAX));
        if let (Some(setting), Some(idle)) = (setting, idle) {
            origin
                .notes
                .push(format!("raise `{}` ({idle}) with the limit: above it connections that are wanted again are closed", setting.name));
        }
        Ok(())
    }

    /// Attempts that follow a failed one.
    pub(in crate::cli) fn retries(&self, written: &Written, origin: &mut Origin) -> u32 {
        self.set_or_default(Role::Retries, written, origin).map_or(0, |times| times as u32)
    }

    /// The number that the command line sets for a role by the setting's name, else the default; `None` is no limit.
    fn set_or_default(&self, role: Role, written: &Written, origin: &mut Origin) -> Option<f64> {
        match self.setting(role).and_then(|setting| written.set.get(&setting.name)) {
            Some(set) => number(*set),
            None => self.default(role, origin),
        }
    }

    /// The number that a role has by default; `None` is no limit. What is taken is said.
    fn default(&self, role: Role, origin: &mut Origin) -> Option<f64> {
        let setting = self.setting(role)?;
        let source = &default_for(setting, &Versions::of(self.version)).source;
        let is_time = matches!(role, Role::TotalTimeout | Role::AcquireTimeout | Role::ConnectTimeout | Role::ReadTimeout);
        let (number, shown) = match default_of(setting, self.version) {
            Default::Number(number) if is_time => (Some(number), show_seconds(number)),
            Default::Number(number) => (Some(number), crate::value::show_number(number)),
            // What is off unless the program says so needs no words.
            Default::Nothing if setting.quiet => return None,
            Default::Nothing => (None, "none".into()),
            Default::Unknown => {
                origin.notes.push(format!("`{}` has a default that the catalog does not know; taken as none", setting.name));
                return None;
            }
        };
        origin.said.push(format!("`{}` is {shown} by default ({source})", setting.name));
        number
    }

    fn time_outs(&self, question: &mut Question, written: &Written, origin: &mut Origin) {
        let set = if written.timeout.is_some() { self.set_by_timeout() } else { Vec::new() };
        let time_outs = &mut question.now.time_outs;
        let assumed = time_outs.total.take().filter(|_| set.is_empty());
        for setting in &self.kind.settings {
            let covers = setting.covers_queue;
            let counts = match setting.role {
                Role::TotalTimeout | Role::AcquireTimeout | Role::ReadTimeout => true,
                Role::ConnectTimeout => covers,
                _ => false,
            };
            if !counts {
                continue;
            }
            let seconds = if let Some(set) = written.set.get(&setting.name) {
                number(*set)
            } else if set.contains(&setting.name.as_str()) {
                written.timeout
            } else {
                self.default(setting.role, origin)
            };
            let place = match setting.role {
                Role::TotalTimeout if covers => &mut time_outs.total,
                Role::TotalTimeout | Role::ReadTimeout => &mut time_outs.read,
                _ => &mut time_outs.queue,
            };
            *place = [*place, seconds].into_iter().flatten().min_by(f64::total_cmp);
        }
        if !set.is_empty() {
            let names: Vec<String> = set.iter().map(|name| format!("`{name}`")).collect();
            origin.said.push(format!("--timeout sets {}", names.join(", ")));
        }
        if let Some(assumed) = assumed {
            time_outs.total = Some(time_outs.total.map_or(assumed, |total| total.min(assumed)));
            origin.notes.push(format!(
                "the catalog does not know what a time-out of {} counts: taken as from the call on, the queue included",
                self.library.name
            ));
        }
        let now = &question.now;
        if let (Some(read), Some(latency)) = (now.time_outs.read, now.latency)
            && read < latency
        {
            origin.notes.push(format!(
                "the read time-out of {} ends calls of {}: it counts up to the first byte and from one to the next, so that only an answer that comes in pieces escapes it",
                show_seconds(read),
                show_seconds(latency)
            ));
        }
    }

    /// The settings that a plain number given as `timeout` sets, by the constructors of the library; else its time-out of the whole.
    fn set_by_timeout(&self) -> Vec<&str> {
        let ours = |pool: &Option<String>| match pool {
            Some(pool) => *pool == self.kind.name,
            None => self.library.pools.first().is_some_and(|first| first.name == self.kind.name),
        };
        let constructors = self.library.constructors.iter().filter(|constructor| ours(&constructor.pool));
        let parameter =
            constructors.flat_map(|constructor| &constructor.parameters).find(|one| one.name == "timeout" && !one.sets.is_empty());
        match parameter {
            Some(parameter) => parameter.sets.iter().map(String::as_str).collect(),
            None => self.setting(Role::TotalTimeout).map(|setting| setting.name.as_str()).into_iter().collect(),
        }
    }

    fn behaviours(&self, question: &mut Question, origin: &mut Origin) {
        let now = &mut question.now;
        let unfair = self.has(QuirkKind::Unfair);
        now.behave(Behaviour {
            unfair: unfair.is_some(),
            queue_restarts: self.has(QuirkKind::AcquireTimeoutRestarts).is_some(),
            whole_seconds: self.has(QuirkKind::TimeOutsEndAtWholeSeconds).is_some(),
            cpu_bound: self.has(QuirkKind::CpuBound).is_some(),
        });
        if let Some(source) = unfair.filter(|_| now.hand_over == HandOver::Unknown && now.rounds > 1) {
            origin.notes.push(format!(
                "who gets a freed connection: the worker that gave it back if it asks again at once, the one who waits longest if it awaits anything between ({source})"
            ));
        }
        let told = [
            (
                QuirkKind::CpuBound,
                now.cpu_bound,
                "the client's own CPU is the narrow place at so many requests, whatever the pool; a probe tells the times",
            ),
            (
                QuirkKind::StallsAfterTimeOuts,
                now.time_outs.total.is_some() || now.time_outs.queue.is_some(),
                "after many time-outs at once this version sends next to nothing any more: a closed loop then ends with the successes of its first round alone",
            ),
            (
                QuirkKind::TotalOvershoots,
                now.limits.hosts > 1,
                "over several hosts more connections may be busy than the total says, and some slots of a host stay empty",
            ),
        ];
        for (kind, concerns, what) in told {
            if let Some(source) = self.has(kind).filter(|_| concerns) {
                origin.notes.push(format!("{what} ({source})"));
            }
        }
    }

    /// Where it was seen that this version behaves so; `None` where it does not. Versions that are not known count as the newest.
    fn has(&self, kind: QuirkKind) -> Option<&str> {
        // The version that is known is the library's own.
        let versions = |package: &Option<String>| Versions::of(self.version.filter(|_| package.is_none()));
        let quirks = self.kind.quirks.iter().filter(|quirk| quirk.does == kind);
        quirks
            .into_iter()
            .find(|quirk| versions(&quirk.package).newest_is_within(quirk.since.as_deref(), quirk.until.as_deref()))
            .map(|quirk| quirk.source.as_str())
    }
}

/// Whether a setting of this role is on or off.
fn is_switch(role: Role) -> bool {
    matches!(role, Role::Block | Role::CloseAfterUse | Role::Multiplexed)
}

/// What switches something on or off; programs write numbers and nothing too.
fn truth(set: Set) -> bool {
    match set {
        Set::Truth(truth) => truth,
        Set::Number(number) => number != 0.0,
        Set::Nothing => false,
    }
}

fn number(set: Set) -> Option<f64> {
    match set {
        Set::Number(number) => Some(number),
        Set::Nothing | Set::Truth(_) => None,
    }
}

fn is_limit(role: Role) -> bool {
    matches!(role, Role::Total | Role::PerHost | Role::Idle)
}

fn default_of(setting: &Setting, version: Option<&str>) -> Default {
    let value = &default_for(setting, &Versions::of(version)).value;
    if setting.unlimited.contains(value) {
        return Default::Nothing;
    }
    match value {
        Literal::Number(number) => Default::Number(*number),
        Literal::Word(word) if word == "none" || word == "unlimited" => Default::Nothing,
        Literal::Word(_) | Literal::Truth(_) => Default::Unknown,
    }
}
