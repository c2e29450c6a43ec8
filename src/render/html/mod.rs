//! Pages that need nothing else: one file, its style inside, pictures as inline SVG, no script. Light and dark, for paper and for phones.
//!
//! Everything that is not ours is escaped by [`escape`]. The figures stand once more as JSON in the page, for programs.

pub mod chart;
pub mod plan;
pub mod scan;

use std::borrow::Cow;
use std::fmt::Write as _;

use super::escape as acting;
use super::plan::Picture;

/// Text for the content of an element or a quoted attribute. What acts on a terminal or hides is shown as an escape.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for character in acting::line(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// The same where words in backquotes are code.
pub fn with_code(text: &str) -> String {
    let escaped = escape(text);
    let parts: Vec<&str> = escaped.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // A lone backquote is a backquote.
        return escaped;
    }
    let mut out = String::with_capacity(escaped.len() + 16);
    for (number, part) in parts.iter().enumerate() {
        if number % 2 == 1 {
            let _ = write!(out, "<code>{part}</code>");
        } else {
            out.push_str(part);
        }
    }
    out
}

/// JSON as the content of a script element: no text in it can end the element or begin a comment.
fn inert(json: &str) -> Cow<'_, str> {
    if !json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 64);
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// A whole page. `body` is HTML, the rest is text; `json` holds the figures.
pub(crate) fn page(title: &str, body: &str, json: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"generator\" content=\"advisor {version}\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}</main>\n\
         <footer>advisor {version}. This page loads nothing and runs nothing.</footer>\n\
         <script type=\"application/json\" id=\"figures\">\n{json}</script>\n</body>\n</html>\n",
        version = env!("CARGO_PKG_VERSION"),
        title = escape(title),
        style = include_str!("style.css"),
        json = inert(json),
    )
}

/// A list of remarks; nothing for none.
pub(crate) fn list(items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: String = items.iter().map(|item| format!("<li>{}</li>\n", with_code(item))).collect();
    format!("<ul>\n{items}</ul>\n")
}

/// The pictures of one burst: lanes with the queue below, and what a request's time is made of.
fn pictures(picture: &Picture) -> String {
    let legend = |class: &str, text: &str| format!("<span><i class=\"{class}\"></i>{text}</span>");
    let cut = picture.lanes.iter().flatten().any(|block| block.cut_off);
    let mut lanes = vec![legend("call", "calls"), legend("wait", "waiting")];
    if cut {
        lanes.insert(1, legend("cut", "ended by a time-out"));
    }
    format!(
        "<figure>\n<div><figcaption><b>{name}</b>: {requests} requests through {slots}, {answered}. One burst, call by call.</figcaption>\n{timeline}\
         <p class=\"legend\">{lanes}</p></div>\n\
         <div><figcaption>What the time of a request is made of, from the fastest to the slowest, if nobody gave up.</figcaption>\n{bars}\
         <p class=\"legend\">{wait}{service}</p></div>\n</figure>\n",
        name = escape(&picture.name),
        answered = crate::render::plan::text::answered(picture),
        requests = picture.requests,
        slots = if picture.slots == 1 { "1 slot".into() } else { format!("{} slots", picture.slots) },
        timeline = chart::timeline(picture),
        lanes = lanes.concat(),
        bars = chart::percentiles(picture),
        wait = legend("wait", "waiting"),
        service = legend("call", "served"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_place() {
        assert_eq!(escape("<b a='1'>\"&\u{1b}</b>"), "&lt;b a=&#39;1&#39;&gt;&quot;&amp;\\u{1b}&lt;/b&gt;");
        assert_eq!(with_code("set `a<b` to 1"), "set <code>a&lt;b</code> to 1");
        assert_eq!(with_code("a ` b"), "a ` b");
        let json = r#"{"x":"</script><!--&\u2028"}"#;
        assert_eq!(inert(json), r#"{"x":"\u003c/script\u003e\u003c!--\u0026\u2028"}"#);
        let page = page("</title>", "", r#"{"x":"</script>"}"#);
        assert_eq!(page.matches("</script>").count(), 1);
        assert_eq!(page.matches("</title>").count(), 1);
    }
}
