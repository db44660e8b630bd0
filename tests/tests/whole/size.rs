//! What an attendance costs on disk, all tables and indexes counted.

/// Measured and printed, for `docs/measurements.md`; the bound only tells when it runs away.
mod long {
    use crate::harness::Done;
    use crate::whole::city::{City, MORNING_MS, UNION};
    use crate::whole::handset::Handset;
    use crate::whole::made;
    use shared::id::PersonId;
    use uuid::Uuid;

    const SESSIONS: usize = 20;

    #[tokio::test]
    async fn bytes_per_attendance() -> Done {
        let city = City::new("size")?;
        let org = city.org(UNION)?;
        let mut zhang = Handset::new(&city, "zhang").await?;
        let people: Vec<PersonId> = zhang.phone.book().people.keys().copied().collect();
        let before = pages(&city)?;
        for _ in 0..SESSIONS {
            let id = Uuid::now_v7().into();
            let mut bodies = vec![made::session(org, "宣讲", MORNING_MS)];
            bodies.extend(people.iter().map(|person| made::check_in(*person)));
            zhang.record(&city, id, bodies).await?;
            zhang.sync(&city).await?;
        }
        assert_eq!(zhang.unsent().await?, 0);
        let attendances = SESSIONS * people.len();
        let each = (pages(&city)? - before) / i64::try_from(attendances)?;
        println!("{attendances} attendances: {each} bytes each");
        assert!(each < 2_000, "{each} bytes for each attendance");
        Ok(())
    }

    /// Bytes of the pages in use.
    fn pages(city: &City) -> Done<i64> {
        let sql = "SELECT (page_count - freelist_count) * page_size
                   FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
        Ok(city.database()?.query_row(sql, [], |row| row.get(0))?)
    }
}
