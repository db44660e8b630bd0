//! Charts (图表) as SVG: one drawing for page, print and report. Pure: numbers and words in, text out.
//!
//! A chart says its title and a summary in words (`<title>`, `<desc>`), carries the table that it was drawn
//! from, and tells its parts apart by patterns beside colours. Colours come from classes, so that a page's
//! light and dark hold for it; [`Chart::alone`] brings the colours of paper with it.

mod draw;

use draw::{Box, Draw};
use std::fmt::Write as _;

/// Width of a drawing in its own units; it scales to the room it gets.
const WIDTH: f64 = 640.0;
/// Fill classes, each with a pattern of its own.
const FILLS: usize = 5;
/// What a drawing looks like where no page says so.
const PAPER: &str = ".chart-text{font:13px sans-serif;fill:#1c1f24}.chart-axis{stroke:#8a9099;fill:none}\
.chart-line{stroke:#0b5cad;fill:none;stroke-width:2.5}.chart-dot{fill:#0b5cad}.chart-ink{stroke:#fff;stroke-width:1.5;fill:none}\
.chart-fill-0{fill:#9c2f2f}.chart-fill-1{fill:#b5651d}.chart-fill-2{fill:#6b7280}.chart-fill-3{fill:#2f7f6f}.chart-fill-4{fill:#0b5cad}";

/// A drawing with what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// What it is of.
    pub title: String,
    /// What it shows, in words.
    pub summary: String,
    /// The drawing: a whole `<svg>` element, everything in it escaped.
    pub svg: String,
    /// Heads of the table behind it.
    pub heads: Vec<String>,
    /// Its lines.
    pub rows: Vec<Vec<String>>,
}

impl Chart {
    /// The drawing with colours of its own, for paper and files.
    #[must_use]
    pub fn alone(&self) -> String {
        match self.svg.find('>') {
            Some(end) => {
                let (open, rest) = self.svg.split_at(end + 1);
                format!("{open}<style>{PAPER}</style>{rest}")
            }
            None => String::new(),
        }
    }
}

/// Words of a chart.
#[derive(Debug, Clone, Copy)]
pub struct Says<'a> {
    /// A word that no other chart of the page has, of letters, digits and hyphens.
    pub id: &'a str,
    /// What it is of.
    pub title: &'a str,
    /// What it shows, in words.
    pub summary: &'a str,
}

/// One thing counted at each place of an axis.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// What is counted.
    pub name: &'a str,
    /// How many, in the order of the places.
    pub values: &'a [u64],
}

/// Bars, one beside the other per place.
#[must_use]
pub fn bars(says: Says<'_>, axis: &str, places: &[String], series: &[Series<'_>]) -> Chart {
    let mut draw = Draw::new(says, 240.0);
    let field = draw.field(places, most(series), series.iter().map(|one| one.name));
    let room = field.width / count(places.len().max(1));
    let wide = (room * 0.8 / count(series.len().max(1))).min(40.0);
    for (at, one) in series.iter().enumerate() {
        for (place, value) in one.values.iter().take(places.len()).enumerate() {
            let height = field.height * count_u64(*value) / count_u64(most(series));
            let offset = (room - wide * count(series.len())) / 2.0 + wide * count(at);
            let part = Box {
                left: field.left + room * count(place) + offset,
                top: field.top + field.height - height,
                width: wide,
                height,
            };
            draw.part(part, at + FILLS - 1, &told(places.get(place), one.name, *value));
        }
    }
    draw.done(says, table(axis, places, series))
}

/// A line per thing over places in order, such as weeks.
#[must_use]
pub fn lines(says: Says<'_>, axis: &str, places: &[String], series: &[Series<'_>]) -> Chart {
    let mut draw = Draw::new(says, 240.0);
    let field = draw.field(places, most(series), series.iter().map(|one| one.name));
    let room = field.width / count(places.len().max(1));
    for (at, one) in series.iter().enumerate() {
        let points: Vec<(f64, f64, String)> = (0..places.len())
            .zip(one.values)
            .map(|(place, value)| {
                let up = field.height * count_u64(*value) / count_u64(most(series));
                let left = field.left + room * (count(place) + 0.5);
                (left, field.top + field.height - up, told(places.get(place), one.name, *value))
            })
            .collect();
        draw.line(&points, at);
    }
    draw.done(says, table(axis, places, series))
}

/// Distributions as shares of a whole, one line each: how many gave 1, 2, 3 …
#[must_use]
pub fn shares(says: Says<'_>, axis: &str, parts: &[String], rows: &[(String, Vec<u64>)]) -> Chart {
    let mut draw = Draw::new(says, 40.0 + 44.0 * count(rows.len()));
    draw.legend(parts.iter().map(String::as_str));
    for (at, (name, values)) in rows.iter().enumerate() {
        let top = 36.0 + 44.0 * count(at);
        draw.text(0.0, top + 19.0, "start", name);
        let all: u64 = values.iter().sum();
        let mut left = 110.0;
        for (part, value) in values.iter().enumerate() {
            let width = (WIDTH - 110.0) * count_u64(*value) / count_u64(all.max(1));
            let named = format!("{name}: {}", told(parts.get(part), "", *value));
            draw.part(Box { left, top, width, height: 28.0 }, part, &named);
            if width > 34.0 {
                draw.on_part(left + width / 2.0, top + 19.0, &value.to_string());
            }
            left += width;
        }
    }
    let heads = std::iter::once(axis.to_owned()).chain(parts.iter().cloned()).collect();
    let cells = |(name, values): &(String, Vec<u64>)| {
        let numbers = (0..parts.len()).map(|part| values.get(part).copied().unwrap_or(0).to_string());
        std::iter::once(name.clone()).chain(numbers).collect()
    };
    draw.done(says, (heads, rows.iter().map(cells).collect()))
}

fn most(series: &[Series<'_>]) -> u64 {
    series.iter().flat_map(|one| one.values).copied().max().unwrap_or(0).max(1)
}

fn told(place: Option<&String>, name: &str, value: u64) -> String {
    let mut text = place.cloned().unwrap_or_default();
    if !name.is_empty() {
        let _ = write!(text, " {name}");
    }
    let _ = write!(text, " {value}");
    text
}

type Table = (Vec<String>, Vec<Vec<String>>);

fn table(axis: &str, places: &[String], series: &[Series<'_>]) -> Table {
    let heads =
        std::iter::once(axis.to_owned()).chain(series.iter().map(|one| one.name.to_owned())).collect();
    let row = |(at, place): (usize, &String)| {
        let values = series.iter().map(|one| one.values.get(at).copied().unwrap_or(0).to_string());
        std::iter::once(place.clone()).chain(values).collect()
    };
    (heads, places.iter().enumerate().map(row).collect())
}

#[expect(clippy::cast_precision_loss, reason = "places of a chart are few")]
const fn count(n: usize) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "a drawing needs no more than 52 bits")]
const fn count_u64(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests;
