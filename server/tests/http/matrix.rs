//! Who may do what: every route, kind of change and scope, by every role, on the own branch, a sibling's and
//! the org above. The tables are written by hand from the roles of the product; what is added to the router
//! without a line here fails.

mod facts;
mod ids;
mod places;
mod read;

use crate::guard;
use places::{City, Place};
use server::access::grant::Role;
use std::collections::BTreeSet;

/// A cell says what a role with a grant on the plant (the admin: on the city) is told:
/// - `200`: whatever it asks for;
/// - `200 404 404`: asked for something of its own branch (P), of the other plant (O), of the city itself (C);
/// - `P 200 404 404`: the same of an `org` in the query, and without one it gets rows of these places;
/// - `POC`: a list without such a query gives rows of these places. `-` where the answer names no place.
///
/// The last columns hold for every role: nobody logged in; the grant has ended; a token good for push alone;
/// a device whose logins were ended.
const ROUTES: &str = "
                                              | organizer     | lecturer      | viewer        | manager       | admin           | none | ended | push | gone
GET    /api/v1/health                         | 200           | 200           | 200           | 200           | 200             | 200  | 200   | 200  | 200
POST   /api/v1/login                          | 401           | 401           | 401           | 401           | 401             | 401  | 401   | 401  | 401
GET    /api/v1/login                          | 200           | 200           | 200           | 200           | 200             | 401  | 200   | 403  | 401
POST   /api/v1/join                           | 410           | 410           | 410           | 410           | 410             | 410  | 410   | 410  | 410
POST   /api/v1/enter                          | 410           | 410           | 410           | 410           | 410             | 410  | 410   | 410  | 410
POST   /api/v1/push                           | 200           | 200           | 200           | 200           | 200             | 401  | 200   | 200  | 401
POST   /api/v1/pull                           | 200           | 200           | 200           | 200           | 200             | 401  | 200   | 403  | 401
GET    /api/v1/campaigns                      | 200           | 200           | 200           | 200           | 200             | 401  | 403   | 403  | 401
POST   /api/v1/campaigns                      | 403           | 403           | 403           | 403           | 200             | 401  | 403   | 403  | 401
POST   /api/v1/campaigns/{id}                 | 403           | 403           | 403           | 403           | 200             | 401  | 403   | 403  | 401
GET    /api/v1/forms                          | 200           | 200           | 200           | 200           | 200             | 401  | 403   | 403  | 401
POST   /api/v1/forms                          | 403           | 403           | 403           | 403           | 200             | 401  | 403   | 403  | 401
GET    /api/v1/forms/{id}                     | 200           | 200           | 200           | 200           | 200             | 401  | 403   | 403  | 401
POST   /api/v1/forms/{id}/versions            | 403           | 403           | 403           | 403           | 200             | 401  | 403   | 403  | 401
POST   /api/v1/forms/{id}/closing             | 403           | 403           | 403           | 403           | 200             | 401  | 403   | 403  | 401
GET    /api/v1/sessions                       | P 200 404 404 | P 200 404 404 | P 200 404 404 | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
GET    /api/v1/sessions/{id}                  | 200 404 404   | 200 404 404   | 200 404 404   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
GET    /api/v1/orgs                           | P 200 404 404 | 403           | P 200 404 404 | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
GET    /api/v1/coverage                       | P 200 404 404 | 403           | P 200 404 404 | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
GET    /api/v1/coverage/phones                | - 200 404 404 | 403           | 403           | - 200 404 404 | - 200 200 200   | 401  | 403   | 403  | 401
GET    /api/v1/sessions/{id}/attendance       | 200 404 404   | 403 403 403   | 200 404 404   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
POST   /api/v1/sessions/{id}/attendance/reveal| 403 403 403   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
GET    /api/v1/exports/coverage.xlsx          | - 200 404 404 | 403           | - 200 404 404 | - 200 404 404 | - 200 200 200   | 401  | 403   | 403  | 401
POST   /api/v1/exports/coverage.xlsx          | 403           | 403           | 403           | - 200 404 404 | - 200 200 200   | 401  | 403   | 403  | 401
GET    /api/v1/exports/coverage.csv           | - 200 404 404 | 403           | - 200 404 404 | - 200 404 404 | - 200 200 200   | 401  | 403   | 403  | 401
POST   /api/v1/exports/coverage.csv           | 403           | 403           | 403           | - 200 404 404 | - 200 200 200   | 401  | 403   | 403  | 401
GET    /api/v1/exports/sessions.xlsx          | P 200 404 404 | P 200 404 404 | P 200 404 404 | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
POST   /api/v1/exports/sessions.xlsx          | 403           | 403           | 403           | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
GET    /api/v1/exports/sessions.csv           | P 200 404 404 | P 200 404 404 | P 200 404 404 | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
POST   /api/v1/exports/sessions.csv           | 403           | 403           | 403           | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
GET    /api/v1/exports/attendance.xlsx        | P 200 404 404 | 403           | P 200 404 404 | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
POST   /api/v1/exports/attendance.xlsx        | 403           | 403           | 403           | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
GET    /api/v1/exports/attendance.csv         | P 200 404 404 | 403           | P 200 404 404 | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
POST   /api/v1/exports/attendance.csv         | 403           | 403           | 403           | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
GET    /api/v1/exports/feedback.xlsx          | - 200 404 404 | 403           | - 200 404 404 | - 200 404 404 | - 200 200 200   | 401  | 403   | 403  | 401
POST   /api/v1/exports/feedback.xlsx          | 403           | 403           | 403           | - 200 404 404 | - 200 200 200   | 401  | 403   | 403  | 401
GET    /api/v1/exports/feedback.csv           | - 200 404 404 | 403           | - 200 404 404 | - 200 404 404 | - 200 200 200   | 401  | 403   | 403  | 401
POST   /api/v1/exports/feedback.csv           | 403           | 403           | 403           | - 200 404 404 | - 200 200 200   | 401  | 403   | 403  | 401
GET    /api/v1/exports/report.docx            | - 200 404 404 | 403           | - 200 404 404 | - 200 404 404 | - 200 200 200   | 401  | 403   | 403  | 401
POST   /api/v1/exports/report.docx            | - 200 404 404 | 403           | - 200 404 404 | - 200 404 404 | - 200 200 200   | 401  | 403   | 403  | 401
GET    /api/v1/exports/report.pdf             | 501 501 404 404 | 403           | 501 501 404 404 | 501 501 404 404 | 501 501 501 501 | 401  | 403   | 403  | 401
POST   /api/v1/exports/report.pdf             | 501 501 404 404 | 403           | 501 501 404 404 | 501 501 404 404 | 501 501 501 501 | 401  | 403   | 403  | 401
GET    /api/v1/exports/jobs                   | 200           | 200           | 200           | 200           | 200             | 401  | 200   | 403  | 401
GET    /api/v1/exports/jobs/{id}              | 404           | 404           | 404           | 404           | 404             | 401  | 404   | 403  | 401
GET    /api/v1/exports/jobs/{id}/file         | 404           | 404           | 404           | 404           | 404             | 401  | 404   | 403  | 401
POST   /api/v1/exports/jobs/{id}/end          | 404           | 404           | 404           | 404           | 404             | 401  | 404   | 403  | 401
GET    /api/v1/report/template                | 403           | 403           | 403           | 403           | 200             | 401  | 403   | 403  | 401
POST   /api/v1/report/template                | 403           | 403           | 403           | 403           | 200             | 401  | 403   | 403  | 401
GET    /api/v1/openapi.json                   | 200           | 200           | 200           | 200           | 200             | 200  | 200   | 200  | 200
GET    /api/v1/docs                           | 200           | 200           | 200           | 200           | 200             | 200  | 200   | 200  | 200
GET    /api/v1/docs.css                       | 200           | 200           | 200           | 200           | 200             | 200  | 200   | 200  | 200
GET    /api/v1/me/tokens                      | 200           | 200           | 200           | 200           | 200             | 401  | 200   | 403  | 401
POST   /api/v1/me/tokens                      | 200 404 404   | 403 403 403   | 200 404 404   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
POST   /api/v1/me/tokens/{id}/end             | 404           | 404           | 404           | 404           | 404             | 401  | 404   | 403  | 401
GET    /api/v1/roster                         | P 200 404 404 | 403           | 403           | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
GET    /api/v1/roster/counts                  | P 200 404 404 | 403           | 403           | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
GET    /api/v1/closings                       | P 200 404 404 | 403           | 403           | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
POST   /api/v1/closings                       | 200 403 403   | 403 403 403   | 403 403 403   | 200 403 403   | 200 200 200     | 401  | 403   | 403  | 401
GET    /api/v1/closings/{code}                | 200 403 403   | 403 403 403   | 403 403 403   | 200 403 403   | 200 200 200     | 401  | 403   | 403  | 401
GET    /api/v1/held                           | 403           | 403           | 403           | P             | POC             | 401  | 403   | 403  | 401
POST   /api/v1/held/{key}                     | 403 403 403   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
POST   /api/v1/rescue                         | 403           | 403           | 403           | 400           | 400             | 401  | 403   | 403  | 401
GET    /api/v1/devices                        | 403           | 403           | 403           | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
POST   /api/v1/devices/{replica}              | 403 403 403   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
GET    /api/v1/backup                         | 403           | 403           | 403           | 200           | 200             | 401  | 403   | 403  | 401
GET    /api/v1/audit                          | 403           | 403           | 403           | 403           | POC             | 401  | 403   | 403  | 401
GET    /api/v1/invitations                    | 403           | 403           | 403           | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
POST   /api/v1/invitations                    | 403 403 403   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
POST   /api/v1/invitations/{id}/end           | 403 403 403   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
GET    /api/v1/accounts                       | 403           | 403           | 403           | P 200 404 404 | POC 200 200 200 | 401  | 403   | 403  | 401
POST   /api/v1/accounts                       | 403 403 403   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
POST   /api/v1/accounts/{id}/grants           | 403 403 403   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
POST   /api/v1/accounts/{id}/link             | 403 403 403   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
POST   /api/v1/accounts/{id}/confirm          | 403 403 403   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
POST   /api/v1/grants/{id}/end                | 403 403 403   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
GET    /api/v1/imports                        | 200           | 200           | 200           | 200           | 200             | 401  | 200   | 403  | 401
POST   /api/v1/imports/orgs                   | 403           | 403           | 403           | 403           | 200             | 401  | 403   | 403  | 401
POST   /api/v1/imports/roster                 | 403 403 403   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
GET    /api/v1/imports/templates/orgs.xlsx    | 200           | 200           | 200           | 200           | 200             | 401  | 200   | 403  | 401
GET    /api/v1/imports/templates/roster.xlsx  | 200           | 200           | 200           | 200           | 200             | 401  | 200   | 403  | 401
POST   /api/v1/first                          | 410           | 410           | 410           | 410           | 410             | 410  | 410   | 410  | 410
POST   /api/v1/first/look                     | 410           | 410           | 410           | 410           | 410             | 410  | 410   | 410  | 410
GET    /api/v1/me                             | 200           | 200           | 200           | 200           | 200             | 401  | 200   | 403  | 401
POST   /api/v1/me/factor                      | 200           | 200           | 200           | 200           | 200             | 401  | 200   | 403  | 401
POST   /api/v1/me/factor/confirm              | 401           | 401           | 401           | 401           | 401             | 401  | 401   | 403  | 401
POST   /api/v1/me/factor/end                  | 401           | 401           | 401           | 401           | 401             | 401  | 401   | 403  | 401
POST   /api/v1/me/password                    | 401           | 401           | 401           | 401           | 401             | 401  | 401   | 403  | 401
GET    /api/v1/settings                       | 403           | 403           | 403           | 403           | 200             | 401  | 403   | 403  | 401
POST   /api/v1/settings                       | 403           | 403           | 403           | 403           | 200             | 401  | 403   | 403  | 401
POST   /api/v1/unlock                         | 400           | 400           | 400           | 400           | 400             | 401  | 400   | 403  | 401
GET    /api/v1/sessions/{id}/answering        | 200 404 404   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
POST   /api/v1/sessions/{id}/answering        | 200 404 404   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
POST   /api/v1/sessions/{id}/answering/end    | 200 404 404   | 403 403 403   | 403 403 403   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
GET    /api/v1/sessions/{id}/photos           | 200 404 404   | 200 404 404   | 200 404 404   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
POST   /api/v1/files                          | 400           | 400           | 400           | 400           | 400             | 401  | 400   | 400  | 401
GET    /api/v1/files/{sha256}                 | 200 404 404   | 200 404 404   | 200 404 404   | 200 404 404   | 200 200 200     | 401  | 403   | 403  | 401
PATCH  /api/v1/files/{sha256}                 | 400           | 400           | 400           | 400           | 400             | 401  | 400   | 400  | 401
POST   /api/v1/answers                        | 410           | 410           | 410           | 410           | 410             | 410  | 410   | 410  | 410
POST   /api/v1/answers/form                   | 410           | 410           | 410           | 410           | 410             | 410  | 410   | 410  | 410
POST   /api/v1/accounts/{id}/factor/end       | 403 403 403   | 403 403 403   | 403 403 403   | 404 404 404   | 404 404 404     | 401  | 403   | 403  | 401
GET    /metrics                               | 200           | 200           | 200           | 200           | 200             | 200  | 200   | 200  | 200
DELETE /api/v1/login                          | 204           | 204           | 204           | 204           | 204             | 401  | 204   | 403  | 401
";

/// A route as `METHOD path`, and its cells.
struct Line<'t> {
    route: String,
    cells: Vec<&'t str>,
}

fn lines(table: &str) -> Vec<Line<'_>> {
    let body = table.lines().filter(|line| !line.trim().is_empty()).skip(1);
    body.map(|line| {
        let mut cells = line.split('|').map(str::trim);
        let route = cells.next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        Line { route, cells: cells.collect() }
    })
    .collect()
}

#[test]
fn every_route_has_a_line_and_every_line_a_route() {
    let there: BTreeSet<String> =
        guard::routes().iter().map(|(method, path)| format!("{method} {path}")).collect();
    let lines = lines(ROUTES);
    let told: BTreeSet<String> = lines.iter().map(|line| line.route.clone()).collect();
    let without: Vec<&String> = there.difference(&told).collect();
    assert!(without.is_empty(), "who may use them? {without:?}");
    let gone: Vec<&String> = told.difference(&there).collect();
    assert!(gone.is_empty(), "no route of the server: {gone:?}");
    assert!(lines.iter().all(|line| line.cells.len() == 9) && lines.len() == told.len());
}

/// What a route tells one token, in the words of a cell.
async fn told(city: &City, route: &str, form: &str, token: &str) -> String {
    let words: Vec<&str> = form.split(' ').collect();
    let mut said = Vec::new();
    if words.len() != 3 {
        let answer = city.ask(route, None, token).await;
        let listed = words[0].parse::<u16>().is_err();
        said.push(match answer.status.as_u16() {
            200 if words[0] == "-" => "-".to_owned(),
            200 if listed => places::letters(&places::text(&answer)),
            status => status.to_string(),
        });
    }
    if words.len() > 1 {
        for place in Place::ALL {
            let answer = city.ask(route, Some(place), token).await;
            said.push(answer.status.as_u16().to_string());
            if answer.status.is_success() {
                // What one place is asked for is not answered with another's.
                let foreign: String = places::letters(&places::text(&answer));
                let above = [(Place::Own, ""), (Place::Sibling, "O"), (Place::Parent, "POC")];
                let allowed = above.iter().find(|(known, _)| *known == place).unwrap().1;
                let own = place.letter();
                assert!(
                    foreign.chars().all(|c| c == own || allowed.contains(c)),
                    "{route} about {own} as {token} tells of {foreign}"
                );
            }
        }
    }
    said.join(" ")
}

async fn column(role: Role, at: usize) {
    let city = City::new(role).await;
    if role == Role::Manager {
        read::what_a_read_token_may_ask(&city).await;
    }
    let mut wrong = Vec::new();
    let lines = lines(ROUTES);
    for (place, token) in [(5, "none"), (6, "login-ended"), (7, "push-me"), (8, "login-gone")] {
        for line in &lines {
            // Asked in every way that any role can ask.
            let widest = line.cells[..5].iter().max_by_key(|cell| cell.split(' ').count()).unwrap();
            let got = told(&city, &line.route, widest, token).await;
            if got.split(' ').any(|word| word != line.cells[place]) {
                wrong.push(format!("{} with {token}: {got}, not {}", line.route, line.cells[place]));
            }
        }
    }
    for line in &lines {
        let want = line.cells[at];
        let got = told(&city, &line.route, want, "login-me").await;
        if got != want {
            wrong.push(format!("{} as {}: {got}, not {want}", line.route, role.word()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn what_an_organizer_may_ask() {
    column(Role::Organizer, 0).await;
}

#[tokio::test]
async fn what_a_lecturer_may_ask() {
    column(Role::Lecturer, 1).await;
}

#[tokio::test]
async fn what_a_viewer_may_ask() {
    column(Role::Viewer, 2).await;
}

#[tokio::test]
async fn what_a_manager_may_ask() {
    column(Role::Manager, 3).await;
}

#[tokio::test]
async fn what_an_admin_may_ask() {
    column(Role::Admin, 4).await;
}
