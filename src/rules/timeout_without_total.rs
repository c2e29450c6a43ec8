//! Time-outs without a total take the default total away. See `rules/timeout-without-total.md`.

use super::telling::{finding, place_of_timeout, pool_label};
use super::{Context, Rule};
use crate::catalog::default_for;
use crate::catalog::library::{Literal, Role};
use crate::finding::Finding;
use crate::value::{Amount, Certainty, How, show_seconds};

/// The rule.
pub static RULE: Rule = Rule { id: "timeout-without-total", about_next: false, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        let (Some(shown), Some(patience)) = (context.linked.pools.get(index), context.linked.patience.get(index)) else { continue };
        let Some(total) = patience.time_outs.iter().find(|one| one.role == Role::TotalTimeout) else { continue };
        let Some(known) = pool.kind.settings.iter().find(|known| known.name == total.setting) else { continue };
        // Taken away by what was left out, not by the program's own `None`.
        let Literal::Number(usual) = default_for(known, &pool.demanded.versions).value else { continue };
        let is_taken_away = total.value.how == How::Default && total.value.amount == Amount::Unbounded;
        let bounds_reading = |role| patience.time_outs.iter().any(|one| one.role == role && one.value.amount != Amount::Unbounded);
        if !is_taken_away || bounds_reading(Role::ReadTimeout) || patience.is_bounded_outside {
            continue;
        }
        let Some(given) = patience.time_outs.iter().find(|one| one.is_declared() && one.written_at.is_some()) else { continue };
        let message = format!(
            "a time-out with `{}` and without `{}` takes the default of {} away: a request may last for ever",
            given.setting,
            total.setting,
            show_seconds(usual)
        );
        let certainty = given.value.certainty.min(Certainty::Declared);
        let mut found = finding(context, RULE.id, shown, &total.setting, place_of_timeout(shown, given), certainty, message);
        found.label = format!("no `{}`", total.setting);
        found.labels.extend(pool_label(context, &found, shown));
        let read = patience.time_outs.iter().find(|one| one.role == Role::ReadTimeout);
        let or_read = read.map_or_else(String::new, |read| format!(", or `{}` where answers come in a stream", read.setting));
        found.notes.push(format!("say `{}` too{or_read}; `{}=None` says that it is meant", total.setting, total.setting));
        findings.push(found);
    }
}
