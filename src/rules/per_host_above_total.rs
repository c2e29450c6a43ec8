//! A limit per host that the total limit masks. See `rules/per-host-above-total.md`.

use super::telling::{by_default_within, finding, place_of_setting, pool_label};
use super::{Context, Rule, edits};
use crate::catalog::library::Role;
use crate::finding::{Finding, Label};
use crate::value::{Amount, Certainty, How, show_number};

/// The rule.
pub static RULE: Rule = Rule { id: "per-host-above-total", about_next: false, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (pool, shown) in context.linked.resolved.iter().zip(&context.linked.pools) {
        let (Some(total), Some(per_host)) = (pool.role(Role::Total), pool.role(Role::PerHost)) else { continue };
        let (Some(most_total), Some(least_per_host)) = (total.value.amount.greatest(), per_host.value.amount.least()) else { continue };
        let certainty = total.value.certainty.min(per_host.value.certainty);
        let finite = least_per_host.is_finite() && per_host.value.amount != Amount::Unbounded;
        if !finite || least_per_host <= most_total || certainty == Certainty::Assumed || per_host.value.how == How::Default {
            continue;
        }
        let default = by_default_within(&total.value);
        let message = format!(
            "`{}` of {} can never be reached: `{}` of {}{default} stops all hosts together before",
            per_host.name,
            show_number(least_per_host),
            total.name,
            show_number(most_total)
        );
        let mut found = finding(context, RULE.id, shown, &per_host.name, place_of_setting(shown, &per_host.name), certainty, message);
        found.label = format!("{} to one host", show_number(least_per_host));
        match total.written_at {
            Some(at) => found.labels.push(Label { span: at, message: format!("{} in total", show_number(most_total)) }),
            None => found.labels.extend(pool_label(context, &found, shown)),
        }
        found.notes.push(format!("raise `{}` to {} or more, or lower `{}`", total.name, show_number(least_per_host), per_host.name));
        let wish = edits::Wish { setting: total.name.clone(), number: least_per_host, floor: least_per_host };
        found.fixes.extend(edits::set(context, pool, &[wish]));
        findings.push(found);
    }
}
