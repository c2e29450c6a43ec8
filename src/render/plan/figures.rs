//! Figures of a plan as people read them: shares, times and counts, and ranges of them. The same words on the terminal and on the page.

use super::{Column, Figures, Number, Plan, Range};
use crate::value::{show_number, show_percent, show_seconds, show_share};

/// `18 %`, `16.4 %`.
pub fn share(share: f64) -> String {
    show_share(share)
}

/// `12–18 %`.
pub fn shares(range: Range) -> String {
    let (low, high) = (show_percent(range.low.0), show_percent(range.high.0));
    if low == high { format!("{high} %") } else { format!("{low}–{high} %") }
}

/// A time with four digits that count: `313.6 s`, `86.5 min`.
pub fn time(seconds: f64) -> String {
    show_seconds(four_digits(seconds))
}

/// `3.6–20 h`; the unit once where it is the same.
pub fn times(range: Range) -> String {
    let (low, high) = (time(range.low.0), time(range.high.0));
    if low == high {
        return high;
    }
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((number, unit)), Some((_, same))) if unit == same => format!("{number}–{high}"),
        (Some(("0", _)), _) => format!("0–{high}"),
        _ => format!("{low}–{high}"),
    }
}

/// `7.84 calls`.
pub fn calls(calls: f64) -> String {
    match show_number(calls).as_str() {
        "unbounded" => "for ever".into(),
        "1" => "1 call".into(),
        number => format!("{number} calls"),
    }
}

/// A time in the unit that a picture or a sweep names.
pub fn in_unit(value: Number, unit: &str) -> String {
    if unit == "calls" { calls(value.0) } else { time(value.0) }
}

/// A number of connections; none is no limit.
pub fn limit(limit: Option<u64>) -> String {
    limit.map_or_else(|| "none".to_string(), |limit| limit.to_string())
}

fn four_digits(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let step = libm::pow(10.0, libm::floor(libm::log10(number.abs())) - 3.0);
    // Away from the last bits that the product adds.
    let rounded = (number / step).round() * step;
    (rounded * 1e9).round() / 1e9
}

/// One line of a table: its title, and for each column the text and the place of the figure in the document (a JSON pointer
/// below the column), where it is one.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// What it says.
    pub title: &'static str,
    /// Texts, one for each column.
    pub cells: Vec<String>,
    /// Where the figure stands; empty for settings.
    pub pointer: String,
}

/// Which of the predictions a table shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    /// Requests that start together, once.
    Burst,
    /// Workers that go round.
    ClosedLoop,
}

impl Of {
    /// The key of the document.
    pub fn key(self) -> &'static str {
        match self {
            Self::Burst => "burst",
            Self::ClosedLoop => "closed_loop",
        }
    }

    /// The figures of a column.
    pub fn of(self, column: &Column) -> Option<&Figures> {
        match self {
            Self::Burst => column.burst.as_ref(),
            Self::ClosedLoop => column.closed_loop.as_ref(),
        }
    }
}

/// What the columns set.
pub fn settings(plan: &Plan) -> Vec<Row> {
    let row =
        |title, cell: &dyn Fn(&Column) -> String| Row { title, cells: plan.columns.iter().map(cell).collect(), pointer: String::new() };
    let mut rows = Vec::new();
    let any = |has: fn(&Column) -> bool| plan.columns.iter().any(has);
    let per_host = any(|column| column.limits.per_host.is_some());
    if per_host {
        rows.push(row("per host", &|column| limit(column.limits.per_host)));
    }
    if !per_host || any(|column| column.limits.total.is_some()) {
        rows.push(row("in total", &|column| limit(column.limits.total)));
    }
    if any(|column| column.semaphore.is_some()) {
        rows.push(row("semaphore", &|column| limit(column.semaphore)));
    }
    let shown = |timeout: Option<Number>| timeout.map_or_else(|| "none".to_string(), |timeout| time(timeout.0));
    if any(|column| column.time_outs.total_s.is_some()) {
        rows.push(row("time-out", &|column| shown(column.time_outs.total_s)));
    }
    if any(|column| column.time_outs.queue_s.is_some()) {
        rows.push(row("queue time-out", &|column| shown(column.time_outs.queue_s)));
    }
    if any(|column| column.time_outs.read_s.is_some()) {
        rows.push(row("read time-out", &|column| shown(column.time_outs.read_s)));
    }
    rows
}

/// What becomes of the requests, in seconds.
pub fn outcomes(plan: &Plan, of: Of) -> Vec<Row> {
    let missing = || "—".to_string();
    let row = |title, key: &str, cell: &dyn Fn(&Figures) -> Option<String>| Row {
        title,
        cells: plan.columns.iter().map(|column| of.of(column).and_then(cell).unwrap_or_else(missing)).collect(),
        pointer: format!("{}/{key}", of.key()),
    };
    let least = |figures: &Figures, range: Range| {
        let text = times(range);
        Some(if figures.lower_bound && range.high.0 > 0.0 { format!("≥ {text}") } else { text })
    };
    let mut rows = vec![
        row("success", "success", &|figures| Some(shares(figures.success))),
        row("mean wait", "wait_mean", &|figures| least(figures, figures.wait_mean)),
        row("95 % wait below", "wait_p95", &|figures| least(figures, figures.wait_p95)),
        row("longest wait", "wait_longest", &|figures| least(figures, figures.wait_longest)),
        row("wall time", "wall", &|figures| least(figures, figures.wall)),
        row("in flight", "peak_in_flight", &|figures| Some(figures.peak_in_flight.to_string())),
        row("queue at most", "peak_queue", &|figures| Some(figures.peak_queue.to_string())),
    ];
    if plan.asked.retries > 0 {
        let attempts = |range: Range| {
            let (low, high) = (show_number(range.low.0), show_number(range.high.0));
            if low == high { high } else { format!("{low}–{high}") }
        };
        rows.push(row("attempts each", "attempts", &|figures| Some(attempts(figures.attempts))));
    }
    if plan.asked.at_limit != "wait" {
        let opened = |range: Range| {
            let (low, high) = (show_number(range.low.0.round()), show_number(range.high.0.round()));
            if low == high { high } else { format!("{low}–{high}") }
        };
        rows.push(row("opened", "opened", &|figures| figures.opened.map(opened)));
    }
    rows
}

/// What becomes of a burst, in calls.
pub fn in_calls(plan: &Plan) -> Vec<Row> {
    let row = |title, key: &str, cell: &dyn Fn(&Column) -> String| Row {
        title,
        cells: plan.columns.iter().map(cell).collect(),
        pointer: format!("in_calls/{key}"),
    };
    vec![
        row("mean wait", "wait_mean", &|column| calls(column.in_calls.wait_mean.0)),
        row("95 % wait below", "wait_p95", &|column| calls(column.in_calls.wait_p95.0)),
        row("longest wait", "wait_longest", &|column| calls(column.in_calls.wait_longest.0)),
        row("wall time", "wall", &|column| calls(column.in_calls.wall.0)),
        row("in flight", "peak_in_flight", &|column| column.in_calls.peak_in_flight.to_string()),
        row("queue at most", "peak_queue", &|column| column.in_calls.peak_queue.to_string()),
    ]
}

/// The title of a table of outcomes.
pub fn title(plan: &Plan, of: Of) -> String {
    let concurrency = plan.asked.concurrency;
    match of {
        Of::Burst => format!("burst: {concurrency} requests that start together, once"),
        Of::ClosedLoop => {
            format!("closed loop: {concurrency} workers with {} requests each, one after the other", plan.asked.rounds)
        }
    }
}

/// What the reader must know about a table: each remark with the columns that it is true of.
pub fn remarks(plan: &Plan, of: Of) -> Vec<String> {
    let mut all: Vec<(String, Vec<&str>)> = Vec::new();
    let mut add = |text: String, name| match all.iter_mut().find(|(known, _)| *known == text) {
        Some((_, names)) => names.push(name),
        None => all.push((text, vec![name])),
    };
    let mut had = 0;
    for column in &plan.columns {
        let Some(figures) = of.of(column) else { continue };
        had += 1;
        let waits = match figures.waits_of {
            "sent" => "waits are those of the requests that were sent; what gave up or was refused before is left out",
            _ => "waits are those of all requests, if nobody gave up",
        };
        add(waits.into(), &column.name);
        if column.semaphore.is_some() {
            add("what the semaphore holds back has not begun, so that no time-out counts and no wait is shown".into(), &column.name);
        }
        let at_servers = plan.asked.server_capacity.is_some_and(|each| each.saturating_mul(column.limits.hosts) < figures.peak_in_flight);
        if at_servers && !plan.asked.server_rejects && figures.seed.is_some() {
            add("the queue at the server is none of these waits: a request that stands there was sent".into(), &column.name);
        }
        if let Some(seed) = figures.seed {
            add(format!("simulated, from seed {seed} on"), &column.name);
        }
        for note in &figures.notes {
            add(note.clone(), &column.name);
        }
    }
    let prefixed = |(text, names): (String, Vec<&str>)| if names.len() == had { text } else { format!("{}: {text}", names.join(", ")) };
    all.into_iter().map(prefixed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits_and_their_unit_once() {
        let range = |low, high| Range { low: Number(low), high: Number(high) };
        assert_eq!(time(313.6), "313.6 s");
        assert_eq!(time(304.2571), "304.3 s");
        assert_eq!(times(range(313.6, 313.6)), "313.6 s");
        assert_eq!(times(range(0.0, 40.0)), "0–40 s");
        assert_eq!(times(range(500.0, 4320.0)), "500 s–72 min");
        assert_eq!(shares(range(0.12, 0.18)), "12–18 %");
        assert_eq!(shares(range(0.16351, 0.1636)), "16.4 %");
        assert_eq!(times(range(f64::INFINITY, f64::INFINITY)), "for ever");
        assert_eq!(calls(7.84), "7.84 calls");
        assert_eq!(calls(1.0), "1 call");
    }
}
