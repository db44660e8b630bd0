//! What a read token may ask: the few routes below, as a viewer of its org; nothing else, and nothing that writes.

use super::places::City;
use super::{ROUTES, lines, told};
use crate::world::{NOW, PLANT, org_id};
use sha2::{Digest, Sha256};

/// The routes that it reads, as in the table of the roles.
const READS: &str = "
                                              | read token
GET    /api/v1/campaigns                      | 200
GET    /api/v1/sessions                       | P 200 404 404
GET    /api/v1/sessions/{id}                  | 200 404 404
GET    /api/v1/orgs                           | P 200 404 404
GET    /api/v1/coverage                       | P 200 404 404
GET    /api/v1/sessions/{id}/attendance       | 200 404 404
GET    /api/v1/exports/coverage.xlsx          | - 200 404 404
GET    /api/v1/exports/coverage.csv           | - 200 404 404
GET    /api/v1/exports/sessions.xlsx          | P 200 404 404
GET    /api/v1/exports/sessions.csv           | P 200 404 404
GET    /api/v1/exports/attendance.xlsx        | P 200 404 404
GET    /api/v1/exports/attendance.csv         | P 200 404 404
GET    /api/v1/exports/feedback.xlsx          | - 200 404 404
GET    /api/v1/exports/feedback.csv           | - 200 404 404
GET    /api/v1/exports/report.docx            | - 200 404 404
GET    /api/v1/exports/report.pdf             | 501 501 404 404
";

/// Asks every route of the table of the roles by a token for the plant, which an admin of the city made: the
/// branch is the token's, not its maker's.
pub(super) async fn what_a_read_token_may_ask(city: &City) {
    let hash: [u8; 32] = Sha256::digest("read-plant").into();
    city.world
        .write(move |conn| {
            conn.execute(
                "INSERT INTO read_token (id, account_id, org_id, name, token_hash, made_ms, ends_ms)
                 SELECT randomblob(16), account_id, org_id, 'cron', ?1, 0, ?2
                 FROM account, org WHERE account.login = 'admin' AND org.id = ?3",
                (hash, NOW + 1, uuid::Uuid::parse_str(&org_id(PLANT)).unwrap().as_bytes()),
            )
        })
        .await;
    let readable = lines(READS);
    let mut wrong = Vec::new();
    for line in lines(ROUTES) {
        let known = readable.iter().find(|read| read.route == line.route);
        // Where no token is looked at, each is told the same.
        let by_push_token = ["POST /api/v1/push", "POST /api/v1/files", "PATCH /api/v1/files/{sha256}"];
        let closed = line.cells[7] == "403" || by_push_token.contains(&line.route.as_str());
        let open = if closed { "403" } else { line.cells[5] };
        let want = known.map_or(open, |read| read.cells[0]);
        let got = told(city, &line.route, want, "read-plant").await;
        if got != want {
            wrong.push(format!("{} by a read token: {got}, not {want}", line.route));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let unknown = readable.iter().find(|read| !lines(ROUTES).iter().any(|line| line.route == read.route));
    assert!(unknown.is_none(), "no route of the server");
    // An attendance list by it names nobody, though its maker may see names.
    let list = city.ask("GET /api/v1/sessions/{id}/attendance", None, "read-plant").await;
    let text = list.body.to_string();
    assert!(text.contains("masked") && !text.contains("人mkP"), "{text}");
}
