//! The pen: boxes, lines and words of a drawing, everything escaped.

use super::{Chart, FILLS, Says, Table, WIDTH, count};
use std::fmt::Write as _;

/// Room for the words of an axis.
const LEFT: f64 = 56.0;
/// Room for the legend.
const TOP: f64 = 30.0;
/// Room for the places below.
const BELOW: f64 = 28.0;
/// Room that a place's word needs; where there is less, some are left out.
const WORD: f64 = 52.0;

/// A part of the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Box {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

pub(super) struct Draw {
    id: String,
    height: f64,
    body: String,
}

impl Draw {
    pub(super) fn new(says: Says<'_>, height: f64) -> Self {
        let id = says.id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        Self { id, height, body: String::new() }
    }

    /// The field in which bars and lines stand, with its axis, half and whole of the highest, and the
    /// words of its places.
    pub(super) fn field<'a>(
        &mut self,
        places: &[String],
        most: u64,
        names: impl Iterator<Item = &'a str>,
    ) -> Box {
        self.legend_from(names, FILLS - 1);
        let field = Box { left: LEFT, top: TOP, width: WIDTH - LEFT, height: self.height - TOP - BELOW };
        for (part, value) in [(0.0, most), (0.5, most / 2), (1.0, 0)] {
            let top = field.top + field.height * part;
            if part != 0.5 || (most > 1 && most.is_multiple_of(2)) {
                self.text(LEFT - 6.0, top + 4.0, "end", &value.to_string());
                let _ = write!(self.body, r#"<path class="chart-axis" d="M{LEFT} {top:.1}H{WIDTH}"/>"#);
            }
        }
        let room = field.width / count(places.len().max(1));
        let every = places.len().div_ceil(1.max(whole(field.width / WORD))).max(1);
        for (at, place) in places.iter().enumerate().step_by(every) {
            self.text(field.left + room * (count(at) + 0.5), self.height - 8.0, "middle", place);
        }
        field
    }

    /// Which part has which fill.
    pub(super) fn legend<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        self.legend_from(names, 0);
    }

    fn legend_from<'a>(&mut self, names: impl Iterator<Item = &'a str>, first: usize) {
        let mut left = LEFT;
        for (at, name) in names.enumerate() {
            self.part(Box { left, top: 4.0, width: 16.0, height: 14.0 }, at + first, name);
            self.text(left + 22.0, 16.0, "start", name);
            left += 40.0 + 14.0 * count(name.chars().count());
        }
    }

    /// A box with a fill, its pattern over it, and what it says to whoever points at it.
    pub(super) fn part(&mut self, at: Box, fill: usize, says: &str) {
        if at.width < 0.05 || at.height < 0.05 {
            return;
        }
        let (Box { left, top, width, height }, fill) = (at, fill % FILLS);
        let place = format!(r#"x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}""#);
        let _ = write!(
            self.body,
            r#"<g><title>{}</title><rect class="chart-fill-{fill}" {place}/><rect fill="url(#{}-{fill})" {place}/></g>"#,
            escaped(says),
            self.id
        );
    }

    /// A line with a dot at each point; the second and later ones are dashed.
    pub(super) fn line(&mut self, points: &[(f64, f64, String)], at: usize) {
        let mut path = String::new();
        for (place, (left, top, _)) in points.iter().enumerate() {
            let _ = write!(path, "{}{left:.1} {top:.1}", if place == 0 { 'M' } else { 'L' });
        }
        let dash = if at == 0 { "none".to_owned() } else { format!("{} 4", at * 6) };
        let _ = write!(self.body, r#"<path class="chart-line" stroke-dasharray="{dash}" d="{path}"/>"#);
        for (left, top, says) in points {
            let says = escaped(says);
            let _ = write!(
                self.body,
                r#"<circle class="chart-dot" cx="{left:.1}" cy="{top:.1}" r="4"><title>{says}</title></circle>"#
            );
        }
    }

    pub(super) fn text(&mut self, left: f64, top: f64, anchor: &str, text: &str) {
        self.word("chart-text", left, top, anchor, text);
    }

    /// A word on a filled part.
    pub(super) fn on_part(&mut self, left: f64, top: f64, text: &str) {
        self.word("chart-text chart-on", left, top, "middle", text);
    }

    fn word(&mut self, class: &str, left: f64, top: f64, anchor: &str, text: &str) {
        let text = escaped(text);
        let _ = write!(
            self.body,
            r#"<text class="{class}" x="{left:.1}" y="{top:.1}" text-anchor="{anchor}">{text}</text>"#
        );
    }

    pub(super) fn done(self, says: Says<'_>, (heads, rows): Table) -> Chart {
        let Self { id, height, body } = self;
        let (title, desc) = (escaped(says.title), escaped(says.summary));
        let mut svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {height:.0}" role="img" aria-labelledby="{id}-title {id}-desc"><title id="{id}-title">{title}</title><desc id="{id}-desc">{desc}</desc><defs>"#
        );
        for (fill, ink) in INKS.iter().enumerate() {
            let _ = write!(
                svg,
                r#"<pattern id="{id}-{fill}" width="8" height="8" patternUnits="userSpaceOnUse"><path class="chart-ink" d="{ink}"/></pattern>"#
            );
        }
        let _ = write!(svg, "</defs>{body}</svg>");
        Chart { title: says.title.to_owned(), summary: says.summary.to_owned(), svg, heads, rows }
    }
}

/// One pattern per fill: falling, upright, level, rising lines, and none.
const INKS: [&str; FILLS] = ["M0 0L8 8", "M4 0V8", "M0 4H8", "M0 8L8 0", ""];

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of the drawing's width")]
const fn whole(n: f64) -> usize {
    n as usize
}

/// Text that stays text in SVG and HTML.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // XML 1.0 has no place for these.
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}
