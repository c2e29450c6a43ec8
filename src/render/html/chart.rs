//! Pictures as inline SVG: lanes of connections with the queue below, time by percentile, pool sizes, a queue over time.
//!
//! Colours are classes of the page's style, so that they follow light, dark and paper. Each picture has a sentence that says what it shows.

use std::fmt::Write as _;

use super::escape;
use crate::render::plan::figures::{in_unit, shares};
use crate::render::plan::text::answered;
use crate::render::plan::{Block, Moment, Picture, Step, Sweep};

/// Width of all pictures, in their own units; the page scales them.
const WIDTH: f64 = 480.0;
/// Left of a chart.
pub(crate) const LEFT: f64 = 68.0;
/// Right end of a chart.
pub(crate) const RIGHT: f64 = 474.0;

/// A picture that is being drawn.
pub(crate) struct Svg {
    out: String,
}

impl Svg {
    pub(crate) fn new(height: f64, says: &str) -> Self {
        let says = escape(says);
        let out = format!("<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{says}\">\n<title>{says}</title>\n", tenths(height));
        Self { out }
    }

    pub(crate) fn rect(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        let (x, y, width, height) = (tenths(x), tenths(y), tenths(width.max(0.0)), tenths(height.max(0.0)));
        let _ = writeln!(self.out, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>");
    }

    pub(crate) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(tenths);
        let _ = writeln!(self.out, "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>");
    }

    pub(crate) fn text(&mut self, class: &str, anchor: &str, x: f64, y: f64, text: &str) {
        let (x, y) = (tenths(x), tenths(y));
        let _ = writeln!(self.out, "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x}\" y=\"{y}\">{}</text>", escape(text));
    }

    pub(crate) fn path(&mut self, class: &str, points: &[(f64, f64)], close_at: Option<f64>) {
        let mut d = String::new();
        for (number, (x, y)) in points.iter().enumerate() {
            let _ = write!(d, "{}{} {}", if number == 0 { "M" } else { "L" }, tenths(*x), tenths(*y));
        }
        if let (Some(floor), Some((first, _)), Some((last, _))) = (close_at, points.first(), points.last()) {
            let _ = write!(d, "L{} {}L{} {}Z", tenths(*last), tenths(floor), tenths(*first), tenths(floor));
        }
        let _ = writeln!(self.out, "<path class=\"{class}\" d=\"{d}\"/>");
    }

    fn dot(&mut self, class: &str, x: f64, y: f64) {
        let _ = writeln!(self.out, "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"3\"/>", tenths(x), tenths(y));
    }

    pub(crate) fn end(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }
}

/// A coordinate: finite, with one digit after the point.
fn tenths(number: f64) -> String {
    let number = if number.is_finite() { number.clamp(-1e4, 1e4) } else { 0.0 };
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_string)
}

/// Where a share of the chart's width stands.
pub(crate) fn across(share: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * if share.is_finite() { share.clamp(0.0, 1.0) } else { 1.0 }
}

/// Lanes of connections with their calls; below them the requests that wait, over the same time.
pub fn timeline(picture: &Picture) -> String {
    const SHOWN: usize = 12;
    let shown = picture.lanes.len().min(SHOWN);
    let (pitch, depth) = (13.0, 64.0);
    let bottom = 6.0 + shown as f64 * pitch + if picture.slots > shown as u64 { 16.0 } else { 0.0 };
    let most = picture.depth.iter().map(|depth| depth.waiting).max().unwrap_or(0);
    let floor = bottom + depth + 12.0;
    let says = format!(
        "{}: {} requests through {} lanes, {} wait at the start, {} after {}",
        picture.name,
        picture.requests,
        picture.slots,
        most,
        answered(picture),
        in_unit(picture.wall, picture.unit)
    );
    let mut svg = Svg::new(floor + 20.0, &says);
    let span = picture.wall.0;
    for (number, lane) in picture.lanes.iter().take(shown).enumerate() {
        let y = 4.0 + number as f64 * pitch;
        svg.rect("lane", LEFT, y, RIGHT - LEFT, pitch - 3.0);
        for (number, block) in lane.iter().enumerate() {
            let (from, to) = (across(block.start.0 / span), across(block.end.0 / span));
            svg.rect(class_of(block, number), from, y, (to - from - 0.6).max(0.6), pitch - 3.0);
        }
    }
    if shown > 0 {
        svg.text("", "end", LEFT - 6.0, 13.0, "lane 1");
    }
    if picture.slots > shown as u64 {
        let more = format!("… and {} more lanes like these", picture.slots - shown as u64);
        svg.text("", "start", LEFT, 6.0 + shown as f64 * pitch + 9.0, &more);
    }
    if most > 0 {
        let mut points = Vec::new();
        for pair in picture.depth.windows(2) {
            if let [one, next] = pair {
                let y = floor - depth * one.waiting as f64 / most as f64;
                points.extend([(across(one.at.0 / span), y), (across(next.at.0 / span), y)]);
            }
        }
        if let Some(last) = picture.depth.last() {
            let y = floor - depth * last.waiting as f64 / most as f64;
            points.extend([(across(last.at.0 / span), y), (RIGHT, y)]);
        }
        svg.path("wait", &points, Some(floor));
        svg.text("", "end", LEFT - 6.0, floor - depth + 10.0, &most.to_string());
    }
    svg.text("", "end", LEFT - 6.0, floor, "queue");
    svg.line("axis", (LEFT, floor + 0.5), (RIGHT, floor + 0.5));
    if most == 0 {
        svg.text("", "start", LEFT + 6.0, floor - 8.0, "nobody waits");
    }
    svg.text("", "start", LEFT, floor + 15.0, "0");
    svg.text("", "end", RIGHT, floor + 15.0, &in_unit(picture.wall, picture.unit));
    svg.end()
}

fn class_of(block: &Block, number: usize) -> &'static str {
    match (block.cut_off, number % 2) {
        (true, _) => "cut",
        (false, 0) => "call",
        (false, _) => "odd",
    }
}

/// Wait and service, stacked, for the request at each percentile.
pub fn percentiles(picture: &Picture) -> String {
    let most = picture.percentiles.iter().map(|one| one.wait.0 + one.service.0).fold(0.0, f64::max);
    let pitch = 21.0;
    let says: Vec<String> = picture
        .percentiles
        .iter()
        .map(|one| {
            let (wait, service) = (in_unit(one.wait, picture.unit), in_unit(one.service, picture.unit));
            format!("{} of 100: {wait} waiting, {service} served", one.of_100.0)
        })
        .collect();
    let mut svg = Svg::new(picture.percentiles.len() as f64 * pitch + 4.0, &says.join("; "));
    let end = RIGHT - 84.0;
    let scale = |seconds: f64| (end - LEFT) * seconds / most.max(f64::MIN_POSITIVE);
    for (number, one) in picture.percentiles.iter().enumerate() {
        let y = number as f64 * pitch + 2.0;
        let name = if one.of_100.0 >= 100.0 { "slowest".to_string() } else { format!("{} %", one.of_100.0) };
        svg.text("", "end", LEFT - 6.0, y + 13.0, &name);
        let (wait, service) = (scale(one.wait.0), scale(one.service.0));
        svg.rect("wait", LEFT, y, wait, pitch - 4.0);
        svg.rect("call", LEFT + wait, y, service, pitch - 4.0);
        let whole = crate::render::plan::Number(one.wait.0 + one.service.0);
        svg.text("ink", "start", LEFT + wait + service + 6.0, y + 13.0, &in_unit(whole, picture.unit));
    }
    svg.end()
}

/// Success and mean wait over the size of the pool, with the knee and the present size marked.
pub fn sweep(sweep: &Sweep) -> String {
    let timed = sweep.tells_success();
    let widest = sweep.steps.last().map_or(1, |step| step.slots) as f64;
    let longest = sweep.steps.iter().map(|step| step.wait_mean.0).filter(|wait| wait.is_finite()).fold(0.0, f64::max);
    let says: Vec<String> = sweep
        .steps
        .iter()
        .map(|step| {
            let success = if timed { format!("{}, ", shares(step.success)) } else { String::new() };
            format!("{}: {success}mean wait {}", step.slots, in_unit(step.wait_mean, sweep.unit))
        })
        .collect();
    let (top, floor) = (52.0, 192.0);
    let mut svg = Svg::new(floor + 22.0, &says.join("; "));
    let (left, right) = (LEFT, if timed { RIGHT - 66.0 } else { RIGHT });
    let x = |slots: u64| left + (right - left) * slots as f64 / widest.max(1.0);
    let up = |share: f64| floor - (floor - top) * if share.is_finite() { share.clamp(0.0, 1.0) } else { 1.0 };
    svg.line("axis", (left, floor), (right, floor));
    svg.line("axis", (left, top), (left, floor));
    let curve = |of: &dyn Fn(&Step) -> f64| sweep.steps.iter().map(|step| (x(step.slots), up(of(step)))).collect::<Vec<_>>();
    let waits = curve(&|step| step.wait_mean.0 / longest.max(f64::MIN_POSITIVE));
    let wait_axis = if timed { (right + 6.0, "start") } else { (left - 6.0, "end") };
    svg.text("", wait_axis.1, wait_axis.0, top + 4.0, &in_unit(crate::render::plan::Number(longest), sweep.unit));
    svg.text("", wait_axis.1, wait_axis.0, floor, "0");
    // Marks on one line would lie on each other; each has its own height.
    let mut height = 0;
    for step in sweep.steps.iter().filter(|step| !step.marks.is_empty()) {
        let label = format!("{}: {}", step.marks.join(", "), step.slots);
        let at = x(step.slots);
        svg.line("mark", (at, 8.0 + f64::from(height) * 13.0), (at, floor));
        let (anchor, from) = if at > (left + right) / 2.0 { ("end", at - 5.0) } else { ("start", at + 5.0) };
        svg.text("marked", anchor, from, 14.0 + f64::from(height) * 13.0, &label);
        height = (height + 1) % 3;
    }
    svg.path("curve of-wait", &waits, None);
    for (x, y) in &waits {
        svg.dot("dot of-wait", *x, *y);
    }
    if timed {
        let successes = curve(&|step| step.success.low.0);
        svg.path("curve", &successes, None);
        for (x, y) in &successes {
            svg.dot("dot", *x, *y);
        }
        svg.text("", "end", left - 6.0, top + 4.0, "100 %");
        svg.text("", "end", left - 6.0, floor, "0 %");
    }
    svg.text("", "start", left, floor + 16.0, "0");
    svg.text("", "end", right, floor + 16.0, &format!("{widest} connections"));
    svg.end()
}

/// Requests that wait and requests under way over time, of a simulation.
pub fn over_time(name: &str, timeline: &[Moment], wall: f64) -> String {
    let most = timeline.iter().map(|moment| moment.waiting.0 + moment.in_flight.0).fold(0.0, f64::max);
    let end = timeline.last().map_or(0.0, |moment| moment.at.0).max(f64::MIN_POSITIVE);
    let (top, floor) = (6.0, 96.0);
    let says = format!("{name}: requests under way and waiting over time, {} at most", most.round());
    let mut svg = Svg::new(floor + 20.0, &says);
    let up = |count: f64| floor - (floor - top) * count / most.max(f64::MIN_POSITIVE);
    let points =
        |of: &dyn Fn(&Moment) -> f64| timeline.iter().map(|moment| (across(moment.at.0 / end), up(of(moment)))).collect::<Vec<_>>();
    svg.path("wait", &points(&|moment| moment.waiting.0 + moment.in_flight.0), Some(floor));
    svg.path("call", &points(&|moment| moment.in_flight.0), Some(floor));
    svg.text("", "end", LEFT - 6.0, top + 10.0, &format!("{}", most.round()));
    svg.line("axis", (LEFT, floor + 0.5), (RIGHT, floor + 0.5));
    svg.text("", "start", LEFT, floor + 15.0, "0");
    svg.text("", "end", RIGHT, floor + 15.0, &in_unit(crate::render::plan::Number(wall), "seconds"));
    svg.end()
}
