//! An answer leaves nothing behind that says whose it was.

use super::city::{MORNING_MS, UNION};
use super::{City, Handset, made};
use crate::harness::Done;
use rusqlite::types::ValueRef;
use uuid::Uuid;

#[tokio::test]
async fn nothing_in_the_database_joins_an_answer_to_a_phone() -> Done {
    let city = City::new("anonymous")?;
    let mut zhang = Handset::new(&city, "zhang").await?;
    let id = Uuid::now_v7().into();
    zhang.record(&city, id, vec![made::session(city.org(UNION)?, "意见", MORNING_MS)]).await?;
    zhang.sync(&city).await?;
    // That a push of answers is no contact of a device is held by the server's own tests; here the
    // phone also pulls, which is one.
    let pending = |city: &City| -> Done<i64> {
        Ok(city.database()?.query_row("SELECT sum(pending) FROM replica", [], |row| row.get(0))?)
    };
    let before = pending(&city)?;
    city.pass(3_600_000);
    let mut ids = Vec::new();
    for n in 0..8 {
        ids.extend(zhang.record(&city, id, vec![made::response(4, &format!("答{n}"))]).await?);
    }
    zhang.sync(&city).await?;
    assert_eq!(zhang.unsent().await?, 0);
    assert_eq!(pending(&city)?, before, "answers are counted under no device");

    // Every cell of every table: an answer's id stands in its own table alone.
    let conn = city.database()?;
    let tables: Vec<String> = conn
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut found = 0;
    for table in tables {
        let mut rows = conn.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let columns = rows.column_count();
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                let holds = match row.get_ref(column)? {
                    ValueRef::Blob(bytes) => ids.iter().any(|id| bytes == id.as_bytes()),
                    ValueRef::Text(text) => {
                        let text = String::from_utf8_lossy(text);
                        ids.iter().any(|id| text.contains(&id.to_string())) || text.contains("答")
                    }
                    _ => false,
                };
                if holds {
                    assert_eq!(table, "response");
                    found += 1;
                }
            }
        }
    }
    assert_eq!(found, 16, "the id and the answers of each, there and nowhere else");
    let days: Vec<i64> = conn
        .prepare("SELECT DISTINCT day_ms FROM response")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    assert_eq!(days, [shared::stamp::day_ms(city.now_ms())]);
    Ok(())
}
