//! Whether the requests of one call go to one host.

use crate::facts::ExprKind;
use crate::resolve::{Evaluator, ExprRef};

/// Whether the host itself is put together from something that changes (`f"https://h{i}.example.com/"`).
pub fn vary(evaluator: &Evaluator<'_>, call: ExprRef) -> bool {
    let ExprKind::Call { arguments, .. } = &evaluator.expr(call).kind else { return false };
    let facts = evaluator.project.facts(call.file);
    arguments.iter().any(|argument| {
        let expr = facts.expr(argument.value);
        matches!(expr.kind, ExprKind::Format(_)) && host_has_holes(evaluator.project.sources.slice(expr.span))
    })
}

/// Whether the host of a URL with holes has a hole beside fixed text. A hole that is all of the host may be one host.
fn host_has_holes(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '"', '\'', '?']).next().unwrap_or("");
    let Some(open) = host.find('{') else { return false };
    let close = host.rfind('}').unwrap_or(open);
    let named = |text: &str| text.chars().any(char::is_alphanumeric) && !text.starts_with(':');
    let (before, after) = (host.get(..open).unwrap_or(""), host.get(close + 1..).unwrap_or(""));
    // `https://site.example.com{path}`: the host is whole before the hole.
    let whole_before = before.contains('.') && after.is_empty();
    !whole_before && (named(before) || named(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_beside_fixed_text_is_many_hosts() {
        assert!(host_has_holes("f\"https://h{i}.example.com/x\""));
        assert!(host_has_holes("f\"https://{region}.example.com\""));
        assert!(!host_has_holes("f\"https://{host}/x/{i}\""));
        assert!(!host_has_holes("f\"https://{host}:8080/x\""));
        assert!(!host_has_holes("f\"https://example.com/{i}\""));
        assert!(!host_has_holes("f\"{base}/v1\""));
        assert!(!host_has_holes("f\"https://site.example.com{path}\""));
    }
}
