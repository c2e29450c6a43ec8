//! Tables of a fixed width: a title and as many columns as fit, then the rest below.

use textwrap::core::display_width;

/// Columns as rows of text: `head` names them, each row has a title and a cell for each. Splits them into several tables where they
/// are too wide for `width`; the first column comes in each, for it is what the others are compared with.
pub fn table(head: &[String], rows: &[(String, Vec<String>)], width: usize) -> String {
    let titles = rows.iter().map(|(title, _)| display_width(title)).max().unwrap_or(0);
    let widths: Vec<usize> = head
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let cells = rows.iter().filter_map(|(_, cells)| cells.get(at)).map(|cell| display_width(cell));
            cells.chain([display_width(name)]).max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    let mut next = 0;
    while next < head.len() {
        let mut shown: Vec<usize> = if next == 0 { Vec::new() } else { vec![0] };
        let mut used = 2 + titles + shown.iter().filter_map(|at| widths.get(*at)).map(|width| width + 2).sum::<usize>();
        while let Some(column) = widths.get(next) {
            let is_first_new = shown.len() == usize::from(shown.first() == Some(&0) && next > 0);
            if used + column + 2 > width && !is_first_new {
                break;
            }
            used += column + 2;
            shown.push(next);
            next += 1;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        let names: Vec<&str> = shown.iter().filter_map(|at| head.get(*at)).map(String::as_str).collect();
        line(&mut out, "", titles, &names, &shown, &widths);
        for (title, cells) in rows {
            let cells: Vec<&str> = shown.iter().map(|at| cells.get(*at).map_or("", String::as_str)).collect();
            line(&mut out, title, titles, &cells, &shown, &widths);
        }
    }
    out
}

fn line(out: &mut String, title: &str, titles: usize, cells: &[&str], shown: &[usize], widths: &[usize]) {
    let mut text = format!("  {title}{}", " ".repeat(titles.saturating_sub(display_width(title))));
    for (cell, at) in cells.iter().zip(shown) {
        let width = widths.get(*at).copied().unwrap_or(0);
        text.push_str(&" ".repeat(2 + width.saturating_sub(display_width(cell))));
        text.push_str(cell);
    }
    out.push_str(text.trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_stands_below_beside_the_first_column() {
        let head: Vec<String> = ["before", "after", "a third"].map(String::from).into();
        let rows = vec![("row".to_string(), ["1", "22", "333–444 s"].map(String::from).to_vec())];
        assert_eq!(table(&head, &rows, 80), "       before  after    a third\n  row       1     22  333–444 s\n");
        let narrow = table(&head, &rows, 22);
        assert_eq!(narrow, "       before  after\n  row       1     22\n\n       before    a third\n  row       1  333–444 s\n");
        assert_eq!(table(&head, &rows, 1), narrow, "never less than a column beside the first");
        assert_eq!(table(&[], &rows, 80), "");
    }
}
