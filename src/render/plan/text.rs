//! A plan on a terminal of 80 columns.

use std::fmt::Write as _;

use super::figures::{self, Of, Row, limit, shares, time};
pub use super::fill::{latency_free, sweep_remarks};
use super::lanes;
use super::rates::keeper;
pub use super::rates::lines as rates;
use super::table::table;
use super::{Limits, Picture, Plan, Step, TimeOuts};
use crate::render::escape;

/// Columns of bars in the sweep, where there is room.
const BAR: usize = 28;

/// How to write it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Columns.
    pub width: usize,
    /// Letters only.
    pub ascii: bool,
    /// Terminal colours for the titles.
    pub color: bool,
}

/// The plan as text.
pub fn text(plan: &Plan, options: Options) -> String {
    let mut writer = Writer { out: String::new(), width: options.width.clamp(40, 100), color: options.color };
    writer.head(plan);
    for of in [Of::Burst, Of::ClosedLoop] {
        if plan.columns.iter().any(|column| of.of(column).is_some()) {
            writer.columns(plan, &figures::title(plan, of), figures::outcomes(plan, of));
            for remark in figures::remarks(plan, of) {
                writer.item(&remark);
            }
        }
    }
    if plan.asked.latency_s.is_none() {
        writer.columns(
            plan,
            &format!("{}; in calls, exact for calls of equal length", figures::title(plan, Of::Burst)),
            figures::in_calls(plan),
        );
        writer.item("say --latency for times, and --timeout for the share that succeeds");
    }
    writer.title("what each column is");
    for column in &plan.columns {
        writer.item(&format!("{}: {}", column.name, column.what));
    }
    for picture in &plan.pictures {
        writer.title(&format!("one burst of {} call by call: {}", picture.requests, answered(picture)));
        let width = writer.width;
        writer.out.push_str(&lanes::picture(picture, width));
    }
    writer.advice(plan);
    writer.sizes(plan);
    writer.rates(plan);
    writer.sweep(plan);
    if !plan.notes.is_empty() {
        writer.title("to know");
        for note in &plan.notes {
            writer.item(note);
        }
    }
    if options.ascii { lanes::ascii(&writer.out) } else { writer.out }
}

/// `per host 600, in total 1000`.
pub fn limits(limits: &Limits) -> String {
    match (limits.per_host, limits.total) {
        (Some(per_host), Some(total)) => format!("per host {per_host}, in total {total}"),
        (Some(per_host), None) => format!("per host {per_host}"),
        (None, Some(total)) => format!("in total {total}"),
        (None, None) => "no limit".into(),
    }
}

/// What was asked, line by line.
pub fn asked(plan: &Plan) -> Vec<String> {
    let asked = &plan.asked;
    let mut lines = Vec::new();
    if let Some(library) = &asked.library {
        let version = asked.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
        lines.push(format!("{library}{version}: {}", above_the_limit(asked.at_limit)));
    }
    let hosts = if asked.limits.hosts == 1 { "1 host".to_string() } else { format!("{} hosts", asked.limits.hosts) };
    let does = if matches!(asked.at_limit, "discard" | "churn") { "kept" } else { "at once" };
    let effective = asked.limits.effective.map_or_else(String::new, |effective| format!(": {effective} {does}"));
    lines.push(format!("limits: {}, {hosts}{effective}", limits(&asked.limits)));
    let time_outs = &asked.time_outs;
    let shown = [(time_outs.total_s, "in all, the queue included"), (time_outs.queue_s, "in the queue"), (time_outs.read_s, "once sent")];
    let mut parts: Vec<String> =
        shown.iter().filter_map(|(timeout, of)| timeout.map(|timeout| format!("{} {of}", time(timeout.0)))).collect();
    if time_outs.queue_s.is_some() && time_outs.queue_restarts {
        parts.push("begun anew with each connection that comes back".into());
    }
    lines.push(format!("time-outs: {}", if parts.is_empty() { "none".into() } else { parts.join(", ") }));
    if let Some(capacity) = asked.server_capacity {
        let refuses = if asked.server_rejects { ", and refuses what is more" } else { "" };
        lines.push(format!("the server takes {capacity} at once{refuses}"));
    }
    match asked.retries {
        0 => {}
        1 => lines.push("what fails is tried once more".into()),
        retries => lines.push(format!("what fails is tried again up to {retries} times")),
    }
    lines
}

/// What happens above a limit, in words.
pub fn above_the_limit(at_limit: &str) -> &'static str {
    match at_limit {
        "wait" => "requests above the limit wait in the client",
        "discard" => "connections above the limit are opened and thrown away after use: nothing waits",
        "churn" => "connections above the cap are closed when idle and opened anew: nothing waits",
        "error" => "requests above the limit fail at once",
        _ => "there is no limit",
    }
}

/// `plan: 500 requests at once, calls of 40 s`.
pub fn headline(plan: &Plan) -> String {
    let asked = &plan.asked;
    let latency = match (asked.latency_s, asked.latency_p95_s) {
        (Some(mean), Some(p95)) => format!(", calls of {} on average, 95 of 100 below {}", time(mean.0), time(p95.0)),
        (Some(mean), None) => format!(", calls of {}", time(mean.0)),
        (None, _) => ", latency not known".into(),
    };
    let s = if asked.concurrency == 1 { "" } else { "s" };
    format!("plan: {} request{s} at once{latency}", asked.concurrency)
}

/// The advice, line by line; no limits for pools that are not sized by concurrency.
pub fn advice(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(seconds) = plan.time_out_at_least_s {
        let TimeOuts { total_s, read_s, .. } = plan.asked.time_outs;
        let present = [total_s, read_s].into_iter().flatten().map(|timeout| timeout.0).fold(f64::INFINITY, f64::min);
        let latency = plan.asked.latency_s.map_or(0.0, |latency| latency.0);
        lines.push(format!(
            "first a time-out of {} or more: the present {} is shorter than most calls ({}), so that they fail whatever the pool",
            time(seconds.0),
            time(present),
            time(latency)
        ));
    }
    let Some(advice) = &plan.advice else {
        lines.push("a pool of database connections is sized by its share of what the server takes, never by concurrency".into());
        return lines;
    };
    if let Some(limit) = plan.rate_limit.as_ref().filter(|limit| limit.under_way.is_none()) {
        lines.push(format!(
            "first a limiter of {} a second around the requests: it decides how long all takes, not the pool; with --latency it can be said how many connections that keeps busy",
            crate::value::show_number(limit.per_second.0)
        ));
    }
    if !plan.columns.iter().any(|column| column.name == "after") {
        lines.push(match plan.asked.limits.effective {
            None => format!("no limit is fine as long as the program itself bounds what is under way to {}; else:", plan.asked.concurrency),
            Some(_) => format!("the present limits are enough for {} at once; with reserve:", plan.asked.concurrency),
        });
    }
    lines.extend([limits(&advice.limits), format!("not less than {}: {}", advice.floor, advice.floor_why)]);
    if let (Some(ceiling), Some(why)) = (advice.ceiling, &advice.ceiling_why) {
        lines.push(format!("not more than {ceiling} in use at once: {why}"));
    }
    if let Some((permits, why)) = advice.semaphore.zip(advice.semaphore_why.as_ref()) {
        let by_rate = plan.rate_limit.as_ref().filter(|_| advice.by_rate);
        let keeper = by_rate.map_or_else(|| format!("a semaphore of {permits}"), |limit| keeper(limit, permits));
        lines.push(format!("{keeper} around each request, outside the time-outs: {why}"));
    } else if plan.asked.server_capacity.is_none() {
        lines.push("if the server takes fewer, this moves the queue to the server: raise it stepwise, or say --server-capacity".into());
    }
    if let Some(files) = advice.open_files {
        lines.push(format!("raise the soft limit of open files to {files}"));
    }
    lines
}

/// What was answered in a picture, and what refused.
pub fn answered(picture: &Picture) -> String {
    let first = if picture.first_attempts_only { " at the first attempt" } else { "" };
    let refused = if picture.refused > 0 { format!(", {} refused", picture.refused) } else { String::new() };
    format!("{} answered{first}{refused}", picture.answered)
}

/// What the sizes' table shows: titles and rows.
pub fn sizes(plan: &Plan) -> (Vec<String>, Vec<Vec<String>>) {
    let has = |of: fn(&super::Size) -> bool| plan.sizes.iter().any(of);
    let (per_host, semaphore) = (has(|size| size.advised.per_host.is_some()), has(|size| size.semaphore.is_some()));
    let (refused, success) = (has(|size| size.refused_now > 0), has(|size| size.success_now.is_some()));
    let mut head = vec!["at once".to_string()];
    let columns = [
        (per_host, "per host"),
        (true, "in total"),
        (semaphore, "semaphore"),
        (true, "sockets"),
        (true, "waves now"),
        (refused, "refused now"),
        (success, "success now"),
    ];
    head.extend(columns.iter().filter(|(shown, _)| *shown).map(|(_, name)| (*name).to_string()));
    let rows = plan.sizes.iter().map(|size| {
        let mut row = vec![size.concurrency.to_string()];
        let cells = [
            (per_host, limit(size.advised.per_host)),
            (true, limit(size.advised.total)),
            (semaphore, limit(size.semaphore)),
            (true, size.sockets.to_string()),
            (true, size.waves_now.map_or_else(|| "never".into(), |waves| waves.to_string())),
            (refused, size.refused_now.to_string()),
            (success, size.success_now.map_or_else(|| "—".into(), shares)),
        ];
        row.extend(cells.into_iter().filter(|(shown, _)| *shown).map(|(_, cell)| cell));
        row
    });
    (head, rows.collect())
}

struct Writer {
    out: String,
    width: usize,
    color: bool,
}

impl Writer {
    fn head(&mut self, plan: &Plan) {
        self.heading(&headline(plan));
        for line in asked(plan) {
            self.item(&line);
        }
        for line in &plan.asked.said {
            self.item(line);
        }
        self.title("without any latency");
        for line in latency_free(plan) {
            self.item(&line);
        }
    }

    fn columns(&mut self, plan: &Plan, title: &str, outcomes: Vec<Row>) {
        self.title(title);
        let head: Vec<String> = plan.columns.iter().map(|column| column.name.clone()).collect();
        let rows: Vec<(String, Vec<String>)> =
            figures::settings(plan).into_iter().chain(outcomes).map(|row| (row.title.to_string(), row.cells)).collect();
        let width = self.width;
        self.out.push_str(&table(&head, &rows, width));
    }

    fn advice(&mut self, plan: &Plan) {
        self.title("what to write");
        for line in advice(plan) {
            self.item(&line);
        }
    }

    fn sizes(&mut self, plan: &Plan) {
        let (head, rows) = sizes(plan);
        let Some((_, columns)) = head.split_first().filter(|_| !rows.is_empty()) else { return };
        self.title("what to write for so many at once, and what a burst of them does now");
        let rows: Vec<(String, Vec<String>)> =
            rows.into_iter().filter_map(|row| row.split_first().map(|(first, rest)| (format!("{first:>7}"), rest.to_vec()))).collect();
        let width = self.width;
        let text = table(columns, &rows, width);
        self.out.push_str(&text.replacen("         ", "  at once", 1));
    }

    fn rates(&mut self, plan: &Plan) {
        let lines = rates(plan);
        if !lines.is_empty() {
            self.title("by the second");
        }
        for line in lines {
            self.item(&line);
        }
    }

    fn sweep(&mut self, plan: &Plan) {
        let Some(sweep) = &plan.sweep else { return };
        let timed = sweep.tells_success();
        self.title(&match sweep.time_out_s {
            Some(timeout) => format!("pool sizes (burst of {}): success within {}, waits", plan.asked.concurrency, time(timeout.0)),
            None if timed => format!("pool sizes (burst of {}): success, mean and longest wait", plan.asked.concurrency),
            None => format!("pool sizes (burst of {}): mean and longest wait", plan.asked.concurrency),
        });
        let most = sweep.steps.iter().map(|step| step.wait_mean.0).filter(|wait| wait.is_finite()).fold(0.0, f64::max);
        let waits =
            |step: &Step| format!("{} / {}", figures::in_unit(step.wait_mean, sweep.unit), figures::in_unit(step.wait_longest, sweep.unit));
        let widest = |of: &dyn Fn(&Step) -> usize| sweep.steps.iter().map(of).max().unwrap_or(0);
        let digits = widest(&|step| step.slots.to_string().len()).max(4);
        let tail = widest(&|step| waits(step).chars().count());
        let marked = widest(&|step| marks(step).chars().count());
        let shown = widest(&|step| shares(step.success).chars().count()).max(7);
        let success_width = if timed { shown + 1 } else { 0 };
        let room = BAR.min(self.width.saturating_sub(4 + digits + success_width + tail + marked)).max(1);
        for step in &sweep.steps {
            let filled = if timed { step.success.low.0 } else { step.wait_mean.0 / most.max(f64::MIN_POSITIVE) };
            let success = if timed { format!("{:>shown$} ", shares(step.success)) } else { String::new() };
            let line = format!("  {:>digits$} {success}{} {:<tail$}{}", step.slots, bar(filled, room), waits(step), marks(step));
            let _ = writeln!(self.out, "{}", line.trim_end());
        }
        if !timed {
            self.item("bars: the mean wait");
        }
        for remark in sweep_remarks(plan) {
            self.item(&remark);
        }
    }

    fn heading(&mut self, text: &str) {
        let (on, off) = if self.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
        let wrapped = textwrap::fill(&escape::line(text), self.width);
        let _ = writeln!(self.out, "{on}{wrapped}{off}");
    }

    fn title(&mut self, text: &str) {
        self.out.push('\n');
        self.heading(text);
    }

    fn item(&mut self, text: &str) {
        let text = escape::line(text);
        let options = textwrap::Options::new(self.width).initial_indent("  ").subsequent_indent("    ");
        let _ = writeln!(self.out, "{}", textwrap::fill(&text, options));
    }
}

fn marks(step: &Step) -> String {
    if step.marks.is_empty() { String::new() } else { format!(" ← {}", step.marks.join(", ")) }
}

/// A bar for a share of so many columns.
fn bar(share: f64, room: usize) -> String {
    let whole = (share.clamp(0.0, 1.0) * room as f64).round() as usize;
    // What is more than nothing is seen.
    let filled = if whole == 0 && share > 0.0 { "▁".to_string() } else { "█".repeat(whole) };
    let blank = room.saturating_sub(whole.max(usize::from(share > 0.0)));
    filled + &" ".repeat(blank)
}
