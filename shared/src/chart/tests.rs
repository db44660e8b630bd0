//! What a chart says is what it was given; nothing that was given becomes markup.

use super::*;

const SAYS: Says<'_> = Says { id: "weeks", title: "按周", summary: "两周" };

fn places() -> Vec<String> {
    ["3月2日", "3月9日"].map(str::to_owned).to_vec()
}

#[test]
fn the_table_behind_holds_every_number_and_the_summary_stands_in_the_drawing() {
    let series = [Series { name: "场次", values: &[3, 0] }, Series { name: "人次", values: &[120, 40] }];
    for chart in [bars(SAYS, "周", &places(), &series), lines(SAYS, "周", &places(), &series)] {
        assert_eq!(chart.heads, ["周", "场次", "人次"]);
        assert_eq!(chart.rows, [["3月2日", "3", "120"], ["3月9日", "0", "40"]]);
        assert!(
            chart.svg.contains("<title id=\"weeks-title\">按周</title><desc id=\"weeks-desc\">两周</desc>")
        );
        assert!(chart.svg.contains("3月2日 人次 120"), "{}", chart.svg);
        assert!(chart.svg.contains("aria-labelledby=\"weeks-title weeks-desc\""));
    }
}

/// Widths of the parts of a fill.
fn widths(svg: &str, fill: usize) -> Vec<f64> {
    let mark = format!("class=\"chart-fill-{fill}\"");
    let of = |part: &str| part.split("width=\"").nth(1)?.split('"').next()?.parse().ok();
    svg.split(&mark).skip(1).filter_map(of).collect()
}

#[test]
fn shares_fill_the_line_and_differ_by_pattern() {
    let marks: Vec<String> = (1..=5).map(|mark| mark.to_string()).collect();
    let rows = [("听得懂".to_owned(), vec![1, 0, 1, 2, 4]), ("无".to_owned(), vec![])];
    let chart = shares(SAYS, "问题", &marks, &rows);
    // The first box of a fill is the legend's.
    let of: Vec<f64> = (0..5).filter_map(|fill| widths(&chart.svg, fill).get(1).copied()).collect();
    assert_eq!(of.len(), 4, "nobody gave a two");
    assert!((of.iter().sum::<f64>() - 530.0).abs() < 0.3, "{of:?}");
    assert!((of[3] - 265.0).abs() < 0.1, "half of them gave a five: {of:?}");
    for fill in 0..5 {
        assert!(chart.svg.contains(&format!("fill=\"url(#weeks-{fill})\"")), "{fill}");
    }
    assert_eq!(chart.rows[0], ["听得懂", "1", "0", "1", "2", "4"]);
    assert_eq!(chart.rows[1], ["无", "0", "0", "0", "0", "0"]);
}

#[test]
fn nothing_given_becomes_markup() {
    let says = Says { id: "a\"b", title: "</title><script>", summary: "1 < 2 & \"3\"\u{0}" };
    let place = ["<b>'".to_owned()];
    let chart = bars(says, "x", &place, &[Series { name: "&", values: &[u64::MAX] }]);
    assert!(!chart.svg.contains("<script>") && !chart.svg.contains("<b>"), "{}", chart.svg);
    assert!(chart.svg.contains("1 &lt; 2 &amp; &quot;3&quot; </desc>"));
    assert!(!chart.svg.contains("NaN") && !chart.svg.contains("inf"));
}

#[test]
fn nothing_to_draw_is_a_drawing_all_the_same() {
    let none = lines(SAYS, "周", &[], &[]);
    assert!(none.svg.ends_with("</svg>") && none.rows.is_empty());
    let alone = shares(SAYS, "问题", &[], &[]).alone();
    assert!(alone.starts_with("<svg ") && alone.contains("><style>.chart-text"), "{alone}");
}
