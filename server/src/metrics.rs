//! `GET /metrics`: what to watch, in the text format of Prometheus. Counts only: nothing of a person, an
//! org or a session. Written by hand, see docs/decisions/0008.

use crate::App;
use crate::db::{CLASSES_US, Reading};
use crate::refuse::Refusal;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use rusqlite::Connection;
use std::fmt::{self, Display, Write};

/// What is read of the data at each scrape.
struct Found {
    seq: i64,
    held: i64,
    waiting: i64,
    closings: i64,
    gaps: i64,
    losses: i64,
    unsent: i64,
}

/// Answers with every gauge, counter and histogram.
///
/// # Errors
/// The store's.
pub async fn get(State(app): State<App>) -> Result<impl IntoResponse, Refusal> {
    let writer = app.db.gauge().await;
    let found = app.db.read::<_, Refusal, _>(|conn| Ok(found(conn)?)).await?;
    let mut text = String::new();
    // Writing into a text cannot fail.
    let _ = write(&mut text, &writer, &found);
    let _ = backup(&mut text, &app);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

fn found(conn: &Connection) -> rusqlite::Result<Found> {
    let number = |sql: &str| conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
    Ok(Found {
        seq: number("SELECT value FROM counter WHERE name = 'seq'")?,
        held: number("SELECT count(*) FROM held WHERE held_id NOT IN (SELECT held_id FROM held_decision)")?,
        waiting: number("SELECT count(*) FROM change WHERE state = 'waiting'")?,
        closings: number("SELECT count(*) FROM closing WHERE session_id IS NULL")?,
        // Whatever came ahead of a gap stands in this table until the gap is filled.
        gaps: number("SELECT count(DISTINCT replica_id) FROM replica_ahead")?,
        losses: number("SELECT count(DISTINCT replica_id) FROM device_loss")?,
        unsent: number("SELECT count(*) FROM replica WHERE pending > 0")?,
    })
}

fn write(out: &mut String, writer: &Reading, found: &Found) -> fmt::Result {
    let version = format!("jiangdao_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    head(out, "jiangdao_build_info", "gauge", "The version that runs.")?;
    writeln!(out, "{version} 1")?;
    commits(out, writer)?;
    one(out, "jiangdao_writer_queue", "gauge", "Writes that wait for the writer.", writer.queue)?;
    let refused = "Writes that were refused since too many waited.";
    one(out, "jiangdao_writer_refused_total", "counter", refused, writer.refused)?;
    one(out, "jiangdao_writer_jobs_total", "counter", "Writes in all commits.", writer.jobs)?;
    one(out, "jiangdao_commit_failures_total", "counter", "Commits that failed.", writer.failed)?;
    one(out, "jiangdao_seq", "gauge", "The last server seq that was given out.", found.seq)?;
    one(out, "jiangdao_held_changes", "gauge", "Changes kept without effect, not decided yet.", found.held)?;
    let waiting = "Changes that wait for their session.";
    one(out, "jiangdao_waiting_changes", "gauge", waiting, found.waiting)?;
    let closings = "Closing codes that wait for their session.";
    one(out, "jiangdao_waiting_closings", "gauge", closings, found.closings)?;
    let gaps = "Devices of which changes are missing below one that came.";
    one(out, "jiangdao_devices_with_gaps", "gauge", gaps, found.gaps)?;
    one(out, "jiangdao_devices_with_losses", "gauge", "Devices that reported a loss.", found.losses)?;
    let unsent = "Devices that had unsent changes when last heard of.";
    one(out, "jiangdao_devices_with_unsent", "gauge", unsent, found.unsent)
}

/// None of them of a server without a backup.
fn backup(out: &mut String, app: &App) -> fmt::Result {
    let Some(last_ms) = app.backup.last_ms() else { return Ok(()) };
    let age = app.clock.now_ms().saturating_sub(last_ms) / 1_000;
    one(
        out,
        "jiangdao_backup_age_seconds",
        "gauge",
        "Since everything was last known to be backed up.",
        age,
    )?;
    let durable = "The last server seq that is backed up.";
    one(out, "jiangdao_backup_seq", "gauge", durable, app.backup.durable_seq())
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn one(out: &mut String, name: &str, kind: &str, help: &str, value: impl Display) -> fmt::Result {
    head(out, name, kind, help)?;
    writeln!(out, "{name} {value}")
}

fn commits(out: &mut String, writer: &Reading) -> fmt::Result {
    let name = "jiangdao_commit_seconds";
    head(out, name, "histogram", "Time of a commit, the flush to the disk included.")?;
    let mut sum = 0;
    for (count, end_us) in writer.classes.iter().zip(CLASSES_US) {
        sum += count;
        writeln!(out, "{name}_bucket{{le=\"{}\"}} {sum}", Seconds(end_us))?;
    }
    let all: u64 = writer.classes.iter().sum();
    writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {all}")?;
    writeln!(out, "{name}_sum {}", Seconds(writer.sum_us))?;
    writeln!(out, "{name}_count {all}")
}

/// Microseconds as seconds, without the errors of binary fractions.
struct Seconds(u64);

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{part:06}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_adds_up_its_classes() {
        let mut classes = vec![0; CLASSES_US.len() + 1];
        (classes[0], classes[2], classes[CLASSES_US.len()]) = (3, 2, 1);
        let mut text = String::new();
        let writer = Reading { classes, sum_us: 12_345_678, ..Reading::default() };
        commits(&mut text, &writer).unwrap();
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(lines[0], "jiangdao_commit_seconds_bucket{le=\"0.0005\"} 3");
        assert_eq!(lines[2], "jiangdao_commit_seconds_bucket{le=\"0.0025\"} 5");
        assert_eq!(lines[11], "jiangdao_commit_seconds_bucket{le=\"10\"} 5");
        assert_eq!(lines[12], "jiangdao_commit_seconds_bucket{le=\"+Inf\"} 6");
        assert_eq!(lines[13..], ["jiangdao_commit_seconds_sum 12.345678", "jiangdao_commit_seconds_count 6"]);
    }
}
