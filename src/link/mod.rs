//! Which concurrency reaches which pool, by what route, and whether the pool is large enough for it.

mod chosen;
mod climb;
mod counted;
mod demand;
mod forecast;
mod gathered;
mod guards;
mod handed;
mod homes;
mod hops;
mod hosts;
mod inventory;
mod iterators;
mod joins;
mod judge;
mod latency;
mod limits;
mod once;
mod pace;
mod patience;
mod route;
mod runs_on;
mod served;
mod starts;
mod streams;
mod sums;
mod turns;
mod uses;

use rustc_hash::FxHashMap;

pub use demand::{Decider, Demand};
pub use forecast::scenario;
pub use homes::Home;
pub use hops::{Hop, HopKind};
pub use judge::whole;
pub use patience::{Patience, TimeOut};
pub use route::Route;
pub use uses::Use;

use crate::catalog::library::Role;
use crate::facts::ContextKind;
use crate::finding::{Case, Concurrency, ConcurrencyKind, Pool, Verdict};
use crate::resolve::{Evaluator, ExprRef, ResolvedPool, Site, Thing, WrittenLatency, is_beside_the_program};
use crate::settings::{Load, Settings, Workload};
use crate::text::Span;
use crate::value::{Amount, Certainty, How, Step, Value};

/// Everything that rules judge by.
pub struct Linked<'a> {
    /// Pools as they were resolved, by path and place.
    pub resolved: Vec<ResolvedPool<'a>>,
    /// The same pools in the form of the report.
    pub pools: Vec<Pool>,
    /// Where each pool lives.
    pub homes: Vec<Vec<Home>>,
    /// Whether one life of each pool sees one request at most.
    pub one_request: Vec<bool>,
    /// What bounds the wait at each pool.
    pub patience: Vec<Patience>,
    /// The load that was declared for each pool.
    pub loads: Vec<Load>,
    /// The latencies in it that the program itself writes down.
    pub written_latencies: Vec<Vec<WrittenLatency>>,
    /// All places that declare concurrency.
    pub concurrency: Vec<Concurrency>,
    /// What reaches what.
    pub cases: Vec<Case>,
    /// Requests with the routes that lead to them.
    pub flows: Vec<Flow>,
    /// Limiters that are made anew by each of the tasks that they should bound: their place, and that of the fan-out.
    pub limiters_per_task: Vec<(Span, Span)>,
}

/// One request and what makes it run.
pub struct Flow {
    /// Index of the pool.
    pub pool: usize,
    /// The call that sends.
    pub call: ExprRef,
    /// Where it stands.
    pub span: Span,
    /// Whether it is sent again and again inside the pool's home.
    pub repeats_at_home: bool,
    /// Whether it may be sent more than once there, now and then or until the answer pleases.
    pub may_go_again: bool,
    /// What surely makes the same pool again, for another such request.
    pub made_again: Option<Span>,
    /// The route and what it asks of the pool.
    pub route: Route,
    /// See [`Demand`].
    pub demand: Demand,
}

impl Flow {
    /// The loop that sends such a batch again and again: all of it is started together, and waited for before the next begins. What has no
    /// such shape runs freely, and a connection that comes back is mostly wanted at once.
    pub fn comes_in_waves(&self) -> Option<Span> {
        let batch = self.demand.decided_by.as_ref().filter(|decider| decider.kind == ConcurrencyKind::FanOut && decider.site.is_none())?;
        let hops = &self.route.hops;
        let at = hops.iter().position(|(hop, _)| hop.at == batch.at && matches!(hop.kind, HopKind::FanOut { .. }))?;
        let goes_on = hops[..at].iter().any(|(hop, _)| hop.repeats());
        let overlaps = hops[at + 1..].iter().any(|(hop, _)| matches!(hop.kind, HopKind::FanOut { .. }));
        if goes_on || overlaps || self.route.starts.is_empty() || !self.route.is_sure() {
            return None;
        }
        hops[at + 1..].iter().find(|(hop, _)| matches!(hop.kind, HopKind::Loop)).map(|(hop, _)| hop.at)
    }

    /// Whether the same demand comes by a route without an assumption.
    fn is_surer_than(&self, other: &Self) -> bool {
        let decider = |flow: &Self| flow.demand.decided_by.as_ref().map(|decider| decider.at);
        self.route.is_sure() && decider(self) == decider(other) && self.demand.value.amount == other.demand.value.amount
    }
}

/// What flows through the pools of a project, before anything is judged.
pub struct Explored<'a> {
    resolved: Vec<ResolvedPool<'a>>,
    sites: Vec<Site>,
    homes: Vec<Vec<Home>>,
    flows: Vec<Flow>,
    written: Vec<WrittenLatency>,
}

/// Asks everything that linking needs; what it asks for decides which files are read.
pub fn explore<'a>(evaluator: &Evaluator<'a>) -> Explored<'a> {
    let resolved = evaluator.pools();
    let sites = evaluator.sites();
    served::want_handed_over(evaluator, &resolved);
    let (homes, flows) = flows(evaluator, &resolved);
    let written = evaluator.written_latencies();
    Explored { resolved, sites, homes, flows, written }
}

/// Links what was explored.
pub fn link<'a>(evaluator: &Evaluator<'a>, explored: Explored<'a>, settings: &Settings) -> Linked<'a> {
    let Explored { resolved, sites, homes, flows, written } = explored;
    let mut pools: Vec<Pool> = resolved.iter().zip(&homes).map(|(pool, homes)| inventory::pool(evaluator, pool, homes)).collect();
    let mut concurrency: Vec<Concurrency> = sites.iter().map(inventory::concurrency).collect();
    for declared in evaluator.declarations() {
        if !concurrency.iter().any(|known| known.span == declared.at) {
            concurrency.push(Concurrency { span: declared.at, kind: declared.kind, name: declared.name, value: declared.value });
        }
    }
    let handed = served::handed_over(evaluator, &resolved);
    let mut cases = Vec::new();
    let mut loads = Vec::new();
    for (number, pool) in resolved.iter().enumerate() {
        let known = pool_cases(evaluator, number, pool, handed[number], &flows, &sites, &mut concurrency);
        let declared = settings.workloads.iter().filter(|workload| applies(workload, evaluator.project.path(pool.made.site.file)));
        let declared: Vec<&Workload> = declared.collect();
        let fans_out =
            known.iter().any(|case| !matches!(case.demand.amount, Amount::One(one) if one <= 1.0) && !case.demand.amount.is_unknown());
        // Of several workloads the largest decides, between two of one size the one with the longer calls.
        let size = |workload: &Workload| (workload.concurrency.unwrap_or(0.0), workload.load.latency.unwrap_or(0.0));
        let larger = |one: (f64, f64), other: (f64, f64)| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1));
        let largest = declared.into_iter().max_by(|one, other| larger(size(one), size(other)));
        loads.push(largest.map_or(settings.load, |workload| workload.load));
        let case = largest.filter(|_| !fans_out && !homes[number].contains(&Home::Thread));
        match case.and_then(|workload| workload_case(number, pool, workload)) {
            Some(case) => cases.push(case),
            None => cases.extend(known),
        }
    }
    let written_latencies = (loads.iter_mut().zip(&resolved))
        .map(|(load, pool)| latency::fill(load, pool, resolved.len(), evaluator.span(pool.made.site).file, &written))
        .collect();
    let of_pool = |number| flows.iter().filter(|flow| flow.pool == number).collect::<Vec<_>>();
    let patience: Vec<Patience> =
        resolved.iter().enumerate().map(|(number, pool)| patience::patience(evaluator, pool, &of_pool(number))).collect();
    // Its clients may wait longer or shorter than the pool by itself would.
    for ((pool, patience), load) in pools.iter_mut().zip(&patience).zip(&loads) {
        let wait = patience.time_outs.iter().find(|one| one.role == Role::AcquireTimeout);
        pool.capacity.acquire_timeout = wait.map(|one| one.value.clone());
        (pool.waits, pool.load) = (patience.reported(), *load);
    }
    for case in &mut cases {
        case.burst = judge::burst(case, &resolved[case.pool], &loads[case.pool], &patience[case.pool]);
        case.estimate = case.burst.as_ref().and_then(|burst| judge::estimate(burst, &loads[case.pool]));
    }
    let mut limiters_per_task: Vec<(Span, Span)> = flows
        .iter()
        .flat_map(|flow| {
            flow.demand.made_per_task.iter().map(|site| {
                (
                    evaluator.span(*site),
                    flow.route
                        .hops
                        .iter()
                        .rev()
                        .find(|(hop, _)| matches!(hop.kind, hops::HopKind::FanOut { .. }))
                        .map_or(flow.span, |(hop, _)| hop.at),
                )
            })
        })
        .collect();
    limiters_per_task.sort();
    limiters_per_task.dedup_by_key(|(limiter, _)| *limiter);
    let one_request = (0..resolved.len()).map(|number| sends_once(evaluator, number, &flows)).collect();
    Linked { resolved, pools, homes, one_request, patience, loads, written_latencies, concurrency, cases, flows, limiters_per_task }
}

/// Whether a pool sees one request at most between its making and the next.
fn sends_once(evaluator: &Evaluator<'_>, pool: usize, flows: &[Flow]) -> bool {
    let own = || flows.iter().filter(|flow| flow.pool == pool);
    let mut requests: Vec<ExprRef> = own().map(|flow| flow.call).collect();
    requests.sort();
    requests.dedup();
    !requests.is_empty() && own().all(|flow| !flow.may_go_again) && once::at_most_one(evaluator, &requests)
}

/// All requests with their routes.
fn flows(evaluator: &Evaluator<'_>, pools: &[ResolvedPool<'_>]) -> (Vec<Vec<Home>>, Vec<Flow>) {
    let mut known_homes: FxHashMap<ExprRef, Vec<Home>> = FxHashMap::default();
    // What becomes of a test's own pool stands in the test.
    let by = |pool: &ResolvedPool<'_>| if evaluator.project.is_test(pool.made.site.file) { evaluator.scout() } else { evaluator };
    let homes: Vec<Vec<Home>> = pools.iter().map(|pool| homes::homes(by(pool), pool.made.site)).collect();
    for pool in pools {
        by(pool).want_users(pool.made.site);
        pool.clients.iter().for_each(|client| by(pool).want_users(*client));
    }
    let mut flows = Vec::new();
    for at in uses::uses(evaluator.scout(), pools) {
        let pool = &pools[at.pool];
        let evaluator = by(pool);
        let is_pool = |thing: &Thing| match thing {
            Thing::Made(made) | Thing::Part(made, _) => made.site == pool.made.site || pool.clients.contains(&made.site),
            _ => false,
        };
        let made_in = loops_around(evaluator, pool.made.site);
        for way in climb::ways(evaluator, at.call, at.object, pool.made.site, &homes[at.pool]) {
            let Some(route) = route::route(evaluator, &way, at.object, is_pool) else { continue };
            // An example or a benchmark of the program shows what can be done with it.
            let beside = |file: u32| is_beside_the_program(evaluator.project.path(file));
            let shown = !beside(pool.made.site.file) && way.calls.iter().any(|(_, caller)| beside(caller.call.file));
            let is_sure = !route.assumed;
            let route = Route { assumed: route.assumed || shown, ..route };
            let demand = demand::demand(evaluator, &route, &mut known_homes);
            // A loop around the request alone uses one pool again; one around the construction too makes a pool each time.
            let (around_both, around_request): (Vec<_>, Vec<_>) =
                route.hops.iter().filter(|(hop, _)| hop.repeats()).partition(|(hop, _)| made_in.contains(&hop.at.start));
            let inside = way.calls.iter().take_while(|(function, _)| !homes[at.pool].contains(&Home::Activation(*function)));
            let mut on_the_way = std::iter::once(at.call).chain(inside.map(|(_, caller)| caller.call));
            let repeats_at_home = !around_request.is_empty();
            let may_go_again = repeats_at_home || on_the_way.any(|call| once::may_go_again(evaluator, call, &made_in));
            let repeated: Vec<_> = around_both.into_iter().chain(&route.beyond).filter(|(hop, _)| is_sure && hop.repeats()).collect();
            let made_again = if repeated.is_empty() {
                None
            } else {
                let turns = turns::turns(evaluator, &way, pool);
                repeated.iter().find(|(hop, scope)| turns.make_again(evaluator, hop, *scope)).map(|(hop, _)| hop.at)
            };
            flows.push(Flow {
                pool: at.pool,
                call: at.call,
                span: evaluator.span(at.call),
                repeats_at_home,
                may_go_again,
                made_again,
                route,
                demand,
            });
        }
    }
    (homes, flows)
}

/// Whether a flow goes to hosts that differ from request to request.
pub fn goes_to_many_hosts(evaluator: &Evaluator<'_>, flow: &Flow) -> bool {
    hosts::vary(evaluator, flow.call)
}

/// Whether only the limit per host is too small for a demand, and not the total as well.
pub fn bound_by_host_only(pool: &ResolvedPool<'_>, demand: &Value) -> bool {
    let per_host = pool.role(Role::PerHost).is_some_and(|setting| setting.name == pool.capacity.decided_by);
    let total = pool.role(Role::Total).and_then(|setting| setting.value.amount.greatest());
    per_host && !total.zip(demand.amount.least()).is_some_and(|(total, wanted)| total < wanted)
}

/// Where the loops around a construction begin, in its own function.
fn loops_around(evaluator: &Evaluator<'_>, site: ExprRef) -> Vec<u32> {
    let scope = evaluator.scope(evaluator.scope_of(site));
    let loops = scope
        .context_chain(evaluator.context_of(site))
        .filter(|(_, context)| matches!(context.kind, ContextKind::For { .. } | ContextKind::While { .. }));
    loops.map(|(_, context)| context.span.start).collect()
}

/// The cases of one pool: one for each thing that decides a demand, the largest first.
fn pool_cases(
    evaluator: &Evaluator<'_>,
    number: usize,
    pool: &ResolvedPool<'_>,
    handed_over: Option<ExprRef>,
    flows: &[Flow],
    sites: &[Site],
    concurrency: &mut Vec<Concurrency>,
) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut seen: Vec<(Option<Span>, Amount, bool, Option<&str>)> = Vec::new();
    let mut is_used_unknown = false;
    for flow in flows.iter().filter(|flow| flow.pool == number) {
        let nobody = called_by_nobody(evaluator, flow);
        let decider = flow.demand.decided_by.as_ref().map(|decider| decider.at);
        // One function that nobody calls says as much as several.
        if nobody.is_some() && seen.iter().any(|(.., known)| known.is_some()) {
            continue;
        }
        let key = (decider, flow.demand.value.amount.clone(), flow.route.is_sure(), nobody);
        // The same by a route that is sure says more.
        if seen.contains(&key) || (!flow.route.is_sure() && flows.iter().any(|other| other.pool == number && other.is_surer_than(flow))) {
            continue;
        }
        seen.push(key);
        let (verdict, because) = judge::verdict(&flow.demand.value, pool);
        let (verdict, because) = match verdict {
            Verdict::TooSmall if flow.route.open.is_some() && !flow.demand.fans_out => {
                (Verdict::CannotTell, format!("{because}, if so many are asked for at once: nothing in the scanned files does"))
            }
            Verdict::TooSmall if bound_by_host_only(pool, &flow.demand.value) && hosts::vary(evaluator, flow.call) => {
                (Verdict::CannotTell, format!("{because}, but to different hosts, and the limit holds for each host alone"))
            }
            Verdict::TooSmall if flow.route.by_key => (
                Verdict::CannotTell,
                format!("{because}, if all ask under one key: each key has its own, and which key they ask under is not known"),
            ),
            Verdict::TooSmall if flow.route.assumed => (
                Verdict::CannotTell,
                format!("{because}, if the calls on the way mean this one: an object on it is not known, or only an example does so"),
            ),
            Verdict::Ok if pool.capacity.effective.amount != Amount::Unbounded => match (nobody, handed_over) {
                (Some(name), _) => (
                    Verdict::CannotTell,
                    format!("nothing in the scanned files calls `{name}`, so that how much runs at once is not known"),
                ),
                (None, Some(call)) => (
                    Verdict::CannotTell,
                    format!(
                        "{because} here, but the handlers of a server are given it too ({}), and run for each request",
                        evaluator.project.sources.place(evaluator.method_span(call))
                    ),
                ),
                (None, None) => (Verdict::Ok, because),
            },
            known => (known, because),
        };
        is_used_unknown |= verdict == Verdict::CannotTell && flow.route.is_sure();
        let fed_by = feeding(evaluator, flow, sites, concurrency);
        cases.push(Case {
            pool: number,
            concurrency: fed_by,
            demand: flow.demand.value.clone(),
            supply: pool.capacity.effective.clone(),
            verdict,
            because,
            route: route_steps(evaluator, flow),
            route_is_known: true,
            estimate: None,
            burst: None,
        });
    }
    let own: Vec<&Flow> = flows.iter().filter(|flow| flow.pool == number).collect();
    if let Some((demand, parts)) = sums::together(evaluator, &own) {
        let (mut verdict, mut because) = judge::verdict(&demand, pool);
        if verdict == Verdict::TooSmall && bound_by_host_only(pool, &demand) && parts.iter().any(|flow| hosts::vary(evaluator, flow.call)) {
            verdict = Verdict::CannotTell;
            because = format!("{because}, but to different hosts, and the limit holds for each host alone");
        }
        let mut fed_by: Vec<usize> = parts.iter().flat_map(|flow| feeding(evaluator, flow, sites, concurrency)).collect();
        fed_by.sort_unstable();
        fed_by.dedup();
        // What each of them asks by itself says nothing beside their sum.
        cases.retain(|case| !is_alone(case));
        cases.push(Case {
            pool: number,
            concurrency: fed_by,
            supply: pool.capacity.effective.clone(),
            verdict,
            because,
            route: parts.first().map(|flow| route_steps(evaluator, flow)).unwrap_or_default(),
            route_is_known: true,
            estimate: None,
            burst: None,
            demand,
        });
    }
    // A request that runs alone says nothing beside one that surely runs in company.
    let in_company = |flow: &&Flow| {
        flow.route.is_sure() && !flow.route.one_of_several && !matches!(flow.demand.value.amount, Amount::One(one) if one <= 1.0)
    };
    if flows.iter().filter(|flow| flow.pool == number).any(|flow| in_company(&flow)) {
        cases.retain(|case| !is_alone(case));
    }
    // Nor beside one of which nobody knows how often it runs.
    if is_used_unknown && pool.capacity.effective.amount != Amount::Unbounded {
        cases.retain(|case| case.verdict != Verdict::Ok || !is_alone(case));
    }
    cases.sort_by(|one, other| {
        let size = |case: &Case| case.demand.amount.greatest().unwrap_or(-1.0);
        size(other).total_cmp(&size(one)).then_with(|| one.because.cmp(&other.because))
    });
    cases
}

/// Whether a case is that of one request at a time.
fn is_alone(case: &Case) -> bool {
    matches!(case.demand.amount, Amount::One(one) if one <= 1.0)
}

/// The function that a lone request comes from, where whoever calls it stands outside of what is scanned: a library's. What starts a program
/// is called once.
fn called_by_nobody<'a>(evaluator: &Evaluator<'a>, flow: &Flow) -> Option<&'a str> {
    let function = flow.route.open.filter(|_| matches!(flow.demand.value.amount, Amount::One(one) if one <= 1.0))?;
    (!flow.demand.fans_out && !evaluator.starts_program(function)).then(|| &*evaluator.scope(function).name)
}

/// Indexes of the declarations on a route, outermost first; fan-outs are added to the list where they decide.
fn feeding(evaluator: &Evaluator<'_>, flow: &Flow, sites: &[Site], concurrency: &mut Vec<Concurrency>) -> Vec<usize> {
    let mut found = Vec::new();
    for (hop, _) in flow.route.hops.iter().rev() {
        match &hop.kind {
            hops::HopKind::Limiter { site, kind, .. } => {
                let known = sites.iter().position(|known| known.made.site == *site);
                let index = known.unwrap_or_else(|| listed(concurrency, evaluator.method_span(*site), *kind, "limit", &hop.value));
                found.push(index);
            }
            // How often a server runs its handlers stands nowhere in the program.
            hops::HopKind::FanOut { served: true, .. } => {}
            hops::HopKind::FanOut { .. } => found.push(listed(concurrency, hop.at, ConcurrencyKind::FanOut, "fan-out", &hop.value)),
            _ => {}
        }
    }
    found.dedup();
    // What runs beside it, each with a pool of its own, is concurrency of the program all the same.
    for (hop, _) in &flow.route.beyond {
        if matches!(hop.kind, hops::HopKind::FanOut { served: false, .. }) {
            listed(concurrency, hop.at, ConcurrencyKind::FanOut, "fan-out", &hop.value);
        }
    }
    found
}

fn listed(concurrency: &mut Vec<Concurrency>, span: Span, kind: ConcurrencyKind, name: &str, value: &Value) -> usize {
    concurrency.iter().position(|known| known.span == span && known.kind == kind).unwrap_or_else(|| {
        concurrency.push(Concurrency { span, kind, name: name.to_string(), value: value.clone() });
        concurrency.len() - 1
    })
}

fn route_steps(evaluator: &Evaluator<'_>, flow: &Flow) -> Vec<Step> {
    let mut steps = route::steps(&flow.route);
    let line = evaluator.project.sources.slice(flow.span).lines().next().unwrap_or("").to_string();
    steps.push(Step { at: Some(flow.span), said: format!("sends: `{line}`") });
    steps
}

/// Whether a workload runs through the pools of a file.
fn applies(workload: &Workload, path: &str) -> bool {
    if workload.paths.is_empty() {
        return true;
    }
    let mut globs = ignore::overrides::OverrideBuilder::new("");
    for pattern in &workload.paths {
        if globs.add(pattern).is_err() {
            return false;
        }
    }
    globs.build().is_ok_and(|globs| globs.matched(path, false).is_whitelist())
}

/// A workload that was declared from outside and is taken to run through the pool; `None` where it does not say how much of it runs at once.
fn workload_case(number: usize, pool: &ResolvedPool<'_>, workload: &Workload) -> Option<Case> {
    let demand = Value {
        amount: Amount::One(workload.concurrency?),
        certainty: Certainty::Assumed,
        how: How::Config,
        defined_at: workload.declared.at,
        trail: vec![workload.declared.clone()],
        same_as: Vec::new(),
    };
    let (verdict, because) = judge::verdict(&demand, pool);
    Some(Case {
        pool: number,
        concurrency: Vec::new(),
        supply: pool.capacity.effective.clone(),
        verdict,
        because,
        route: vec![Step { at: workload.declared.at, said: format!("workload `{}`, taken to run through this pool", workload.name) }],
        route_is_known: false,
        estimate: None,
        burst: None,
        demand,
    })
}
