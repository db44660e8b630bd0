//! A city in which every place has one of everything, marked with the letter of the place; and the request
//! that a route is asked by.

use crate::world::{
    Answer, CITY, HOUR, NOW, OTHER_PLANT, PLANT, SHOP, World, change, check_in, create, id, org_id,
    person_id, replica_id, session_id,
};
use axum::body::Body;
use axum::http::{Method, Request, header};
use calamine::{Reader, Xlsx, open_workbook_from_rs};
use serde_json::{Value, json};
use server::access::grant::Role;
use server::{org, person};
use shared::closing::Closing;
use shared::person::Person;
use shared::session::Declared;
use std::io::Cursor;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where something is, seen from a grant on the plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the workshop of the plant.
    Own,
    /// At the other plant.
    Sibling,
    /// At the city, above both.
    Parent,
}

impl Place {
    pub(super) const ALL: [Self; 3] = [Self::Own, Self::Sibling, Self::Parent];

    pub(super) const fn letter(self) -> char {
        ['P', 'O', 'C'][self as usize]
    }

    pub(super) const fn org(self) -> u128 {
        [SHOP, OTHER_PLANT, CITY][self as usize]
    }

    pub(super) const fn session(self) -> u128 {
        [1, 2, 3][self as usize]
    }

    /// Another session there.
    pub(super) const fn second(self) -> u128 {
        [11, 12, 13][self as usize]
    }

    pub(super) const fn person(self) -> u128 {
        [201, 202, 203][self as usize]
    }

    /// An organizer there, whose device has something held.
    pub(super) const fn who(self) -> &'static str {
        ["who-mkP", "who-mkO", "who-mkC"][self as usize]
    }

    pub(super) const fn replica(self) -> u128 {
        [301, 302, 303][self as usize]
    }
}

/// Ids of what there is of each kind at a place.
#[derive(Debug, Default, Clone)]
pub(super) struct Things {
    pub(super) account: String,
    pub(super) grant: String,
    pub(super) waiting: String,
    pub(super) invitation: String,
    pub(super) held: String,
    pub(super) code: String,
    pub(super) file: String,
}

/// The city, with accounts "me", "ended" and "gone" of one role.
pub(super) struct City {
    pub(super) world: World,
    pub(super) things: [Things; 3],
    campaign: String,
    drawn: AtomicU32,
}

/// Everything that an answer says; of a workbook every cell.
pub(super) fn text(answer: &Answer) -> String {
    let kind =
        answer.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("text/csv") {
        return String::from_utf8(answer.bytes.clone()).unwrap();
    }
    if !kind.ends_with("spreadsheetml.sheet") {
        return answer.body.to_string();
    }
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(answer.bytes.clone())).unwrap();
    let sheets = book.worksheets();
    let cells = sheets.iter().flat_map(|(_, range)| range.rows().flatten().map(ToString::to_string));
    cells.collect::<Vec<_>>().join("\n")
}

/// The places of which a text tells.
pub(super) fn letters(text: &str) -> String {
    let tells = |place: &Place| {
        let letter = place.letter();
        let orgs: &[u128] = if *place == Place::Own { &[SHOP, PLANT] } else { &[place.org()] };
        text.contains(&format!("mk{letter}"))
            || text.contains(&format!("\"name\":\"nm{letter}"))
            || orgs.iter().any(|org| text.contains(&format!("\"org\":\"{}\"", org_id(*org))))
    };
    Place::ALL.iter().filter(|place| tells(place)).map(|place| place.letter()).collect()
}

/// Marks the orgs, and puts somebody on each roster.
async fn mark(world: &World) {
    world
        .write(|c| {
            c.execute(
                "UPDATE org SET name = 'nm' || replace(code, 'S', 'P') || '-' || code WHERE code IN ('P', 'S', 'O', 'C')",
                [],
            )?;
            for place in Place::ALL {
                let org = org_id(place.org()).parse().unwrap();
                let on = org::find(c, org)?.unwrap();
                let name = format!("人mk{}", place.letter());
                let id = person_id(place.person()).parse().unwrap();
                let person = Person { id, name, org, staff_no: None, phone_tail: Some("9753".into()) };
                person::put_on_roster(c, &person, on, 0)?;
            }
            Ok(())
        })
        .await;
}

/// One question, as the desk sends it.
fn asked() -> Value {
    json!([{ "id": "q", "text": { "zh": "好吗？" }, "short": { "zh": "好" }, "type": "rating", "scale": 5 }])
}

/// The id of an account.
pub(super) async fn account_id(world: &World, login: &'static str) -> String {
    let find = "SELECT id FROM account WHERE login = ?1";
    let bytes: [u8; 16] = world.write(move |c| c.query_row(find, [login], |row| row.get(0))).await;
    uuid::Uuid::from_bytes(bytes).to_string()
}

impl City {
    pub(super) async fn new(role: Role) -> Self {
        let world = World::new().await;
        mark(&world).await;
        let home = if role == Role::Admin { CITY } else { PLANT };
        for login in ["me", "ended", "gone"] {
            world.account(login, home, role).await;
        }
        world.end_grants("ended", NOW - 2 * HOUR).await;
        let made = world.post("/api/v1/campaigns", "login-admin", &json!({ "title": "专题" })).await.ok();
        let campaign = made["id"].as_str().unwrap().to_owned();
        let mut city = Self { world, things: Default::default(), campaign, drawn: AtomicU32::new(0) };
        let speakers = [account_id(&city.world, "me").await, account_id(&city.world, "ended").await];
        for place in Place::ALL {
            city.things[place as usize] = city.settle(place, &speakers).await;
        }
        city.revoke().await;
        city
    }

    async fn admin(&self, path: &str, body: &Value) -> Value {
        self.world.post(&format!("/api/v1{path}"), "login-admin", body).await.ok()
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let all = self.world.ask(Method::GET, &format!("/api/v1{path}"), "login-admin").await.ok();
        all["items"].as_array().unwrap().clone()
    }

    /// One of everything at a place.
    async fn settle(&self, place: Place, speakers: &[String]) -> Things {
        let (world, letter) = (&self.world, place.letter());
        let n = 10 * place.session();
        let mut session = create(n, place.session(), place.org());
        session["body"]["set"]["title"] = json!(format!("场mk{letter}"));
        let speakers: Vec<Value> = speakers.iter().map(|id| json!({ "account": id, "name": "讲" })).collect();
        session["body"]["set"]["lecturers"] = json!(speakers);
        let came = check_in(n + 1, place.session(), place.person());
        let second = create(n + 2, place.second(), place.org());
        world.push_as("admin", Some(9), &[session, came, second]).await.ok();
        world.account(place.who(), place.org(), Role::Organizer).await;
        let poem = change(500 + n, "poem", None, json!({ "text": format!("诗mk{letter}") }));
        world.push_as(place.who(), Some(place.replica()), &[poem]).await.ok();
        let made =
            json!({ "org": org_id(place.org()), "uses": 5, "days": 7, "note": format!("邀mk{letter}") });
        let path = self.admin("/invitations", &made).await["path"].as_str().unwrap().to_owned();
        let joining = json!({ "invite": path.split('#').nth(1).unwrap(), "name": format!("等mk{letter}"),
            "replica": replica_id(100 + place.replica()), "device": "机" });
        let joined = world.post("/api/v1/join", "", &joining).await.ok();
        let accounts = self.list(&format!("/accounts?q={}", place.who())).await;
        let invitations = self.list("/invitations").await;
        let invited = invitations.iter().find(|item| item["note"] == made["note"]).unwrap();
        let held = self.list("/held").await;
        let held = held.iter().find(|item| item["login"] == place.who()).unwrap();
        let declared = Declared { check_ins: 1, responses: 0 };
        let code = Closing::new(session_id(place.session()).parse().unwrap(), declared).code();
        self.admin("/closings", &json!({ "code": code })).await;
        let own = |value: &Value| value.as_str().unwrap().to_owned();
        Things {
            account: own(&accounts[0]["id"]),
            grant: accounts[0]["grants"][0]["id"].to_string(),
            waiting: own(&joined["account"]["id"]),
            invitation: own(&invited["id"]),
            held: own(&held["key"]),
            code,
            file: self.photo(place).await,
        }
    }

    /// A photo of the place's session, with its bytes; the name of its file.
    async fn photo(&self, place: Place) -> String {
        let bytes = format!("\u{feff}{}", place.letter());
        let bytes = [b"\xff\xd8\xff\xe0".as_slice(), bytes.as_bytes()].concat();
        let name = crate::files::name_of(&bytes);
        let photo = crate::files::photo(800 + place.session(), place.session(), &bytes, "scene");
        self.world.push_as("admin", Some(9), &[photo]).await.ok();
        crate::files::bring(&self.world, "push-admin", &bytes).await;
        name
    }

    /// The device of "gone" is revoked.
    async fn revoke(&self) {
        self.world.push_as("gone", Some(55), &[]).await.ok();
        let bind = "UPDATE login SET replica_id = (SELECT max(replica_id) FROM replica)
                    WHERE account_id = (SELECT account_id FROM account WHERE login = 'gone')";
        self.world.write(move |c| c.execute(bind, [])).await;
        self.admin(&format!("/devices/{}", replica_id(55)), &json!({ "deed": "revoke" })).await;
    }

    /// A name or id that was not drawn before.
    fn draw(&self) -> u32 {
        self.drawn.fetch_add(1, Ordering::Relaxed)
    }

    /// Asks by a route about something of a place, or about nothing in particular.
    pub(super) async fn ask(&self, route: &str, place: Option<Place>, token: &str) -> Answer {
        let (method, path) = route.split_once(' ').unwrap();
        let at = place.unwrap_or(Place::Own);
        let mut path = self.filled(path, at);
        let by_org = method == "GET" || path.contains("/exports/") || path.ends_with("/imports/roster");
        if by_org && !route.contains('{') && place.is_some() {
            path = format!("{path}?org={}", org_id(at.org()));
        }
        let (kind, body) = match path.split('?').next().unwrap() {
            "/api/v1/imports/orgs" => ("octet-stream", "编码,名称,级别,上级\nZ,新厂,基层工会,C\n".to_owned()),
            "/api/v1/imports/roster" => ("octet-stream", "姓名,工号\n新人,900\n".to_owned()),
            "/api/v1/rescue" => ("octet-stream", "no rescue file".to_owned()),
            _ => ("json", self.body(route, at).to_string()),
        };
        let mut request = Request::builder().method(method).uri(path);
        if token != "none" {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.header(header::CONTENT_TYPE, format!("application/{kind}"));
        let body = if method == "POST" { Body::from(body) } else { Body::empty() };
        self.world.send(request.body(body).unwrap()).await
    }

    /// The path with the id of what it names at the place.
    fn filled(&self, path: &str, at: Place) -> String {
        let things = &self.things[at as usize];
        let (session, replica) = (session_id(at.session()), replica_id(at.replica()));
        let form = shared::form::DEFAULT_FORM.to_string();
        let id = match path {
            path if path.ends_with("/confirm") => &things.waiting,
            path if path.starts_with("/api/v1/accounts/") => &things.account,
            path if path.starts_with("/api/v1/grants/") => &things.grant,
            path if path.starts_with("/api/v1/invitations/") => &things.invitation,
            path if path.starts_with("/api/v1/sessions/") => &session,
            path if path.starts_with("/api/v1/devices/") => &replica,
            path if path.starts_with("/api/v1/held/") => &things.held,
            path if path.starts_with("/api/v1/closings/") => &things.code,
            path if path.starts_with("/api/v1/forms/") => &form,
            path if path.starts_with("/api/v1/campaigns/") => &self.campaign,
            path if path.starts_with("/api/v1/files/") => &things.file,
            // Of nobody: each is seen by its maker alone.
            path if path.starts_with("/api/v1/exports/jobs/") || path.starts_with("/api/v1/me/tokens/") => {
                &session
            }
            _ => "",
        };
        let parts = path.split('/').map(|part| if part.starts_with('{') { id } else { part });
        let filled = parts.collect::<Vec<_>>().join("/");
        assert!(!filled.contains("//"), "{path}: which id?");
        filled
    }

    /// A body that the route takes, about the place.
    fn body(&self, route: &str, at: Place) -> Value {
        let (org, n) = (org_id(at.org()), self.draw());
        match route.split_once(' ').unwrap().1 {
            "/api/v1/login" => json!({ "login": format!("nobody-{n}"), "password": "wrong" }),
            "/api/v1/join" => {
                json!({ "invite": "none", "name": "某人", "replica": replica_id(900), "device": "机" })
            }
            "/api/v1/enter" => json!({ "token": "none", "password": "three walls of brick" }),
            "/api/v1/push" => json!({ "proto": 1, "app": "t", "batch": id(9), "replica": null, "epoch": null,
                "wall_ms": NOW, "pending": 0, "changes": [] }),
            "/api/v1/first" => {
                json!({ "token": "none", "login": format!("first-{n}"), "name": "首", "password": "three walls of brick" })
            }
            "/api/v1/first/look" => json!({ "token": "none" }),
            "/api/v1/me/factor/confirm" => json!({ "code": "000000" }),
            "/api/v1/me/factor/end" => json!({ "password": "wrong", "code": "000000" }),
            "/api/v1/me/tokens" => json!({ "name": format!("t{n}"), "org": org, "days": 30 }),
            "/api/v1/report/template" => json!({ "body": null }),
            "/api/v1/me/password" => json!({ "old": "wrong", "new": "three walls of brick" }),
            "/api/v1/campaigns" => json!({ "title": format!("专题{n}") }),
            "/api/v1/campaigns/{id}" => json!({ "title": "专题" }),
            "/api/v1/forms" => json!({ "title": { "zh": "表" }, "questions": asked() }),
            "/api/v1/forms/{id}/versions" => {
                let form = shared::form::default_form();
                json!({ "after": 1, "title": form.title, "questions": form.questions })
            }
            "/api/v1/forms/{id}/closing" => json!({ "closed": false }),
            "/api/v1/settings" => json!({ "key": "password_days", "value": 0 }),
            "/api/v1/unlock" => json!({ "spare": "00" }),
            "/api/v1/answers" => json!({ "token": "none", "id": uuid::Uuid::new_v4(), "answers": {} }),
            "/api/v1/answers/form" => json!({ "token": "none", "session": session_id(at.session()) }),
            "/api/v1/pull" => json!({ "proto": 1, "epoch": null, "scopes": [] }),
            "/api/v1/invitations" => json!({ "org": org, "uses": 1, "days": 7 }),
            "/api/v1/accounts" => {
                json!({ "login": format!("new-{n}"), "name": "新", "role": "viewer", "org": org })
            }
            "/api/v1/accounts/{id}/grants" => json!({ "role": "viewer", "org": org }),
            "/api/v1/accounts/{id}/confirm" => json!({ "accept": true }),
            "/api/v1/closings" => json!({ "code": self.things[at as usize].code }),
            "/api/v1/held/{key}" => json!({ "accept": false, "reason": "试验" }),
            "/api/v1/devices/{replica}" => json!({ "deed": "found" }),
            _ => json!({ "reason": "核对人员" }),
        }
    }
}
