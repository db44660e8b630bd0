//! Forms and campaigns: made at the desk, pulled by phones, asked by the public page; a version that is out never
//! changes.

use crate::world::{CITY, NOW, SHOP, World, create, org_id, session_id};
use axum::http::Method;
use serde_json::{Value, json};
use shared::form::{DEFAULT_FORM, default_form};
use uuid::Uuid;

/// A form of each kind, with what is asked on a condition.
fn every_kind() -> Value {
    let text = |zh: &str| json!({ "zh": zh, "en": "" });
    json!({ "title": { "zh": " 满意度 ", "en": "Satisfaction" }, "questions": [
        { "id": "s_1", "text": text("基本情况"), "short": text(""), "type": "section" },
        { "id": "q_mark", "text": text("满意吗？"), "short": text("满意"), "type": "rating", "scale": 5, "required": true },
        { "id": "q_way", "text": text("怎么来的？"), "short": text(""), "type": "single", "other": true,
            "options": [{ "id": "bus", "text": text("班车") }, { "id": "foot", "text": text("步行") }] },
        { "id": "q_want", "text": text("想听什么？"), "short": text(""), "type": "multiple", "most": 2, "options": [
            { "id": "law", "text": text("法律") }, { "id": "pay", "text": text("工资") }, { "id": "fun", "text": text("文体") }] },
        { "id": "q_age", "text": text("工龄"), "short": text(""), "type": "number", "min": 0, "max": 60 },
        { "id": "q_day", "text": text("哪天方便？"), "short": text(""), "type": "date" },
        { "id": "q_why", "text": text("为什么不满意？"), "short": text(""), "type": "text", "max_chars": 50,
            "required": true, "shown_if": { "question": "q_mark", "one_of": [1, 2] } },
    ]})
}

impl World {
    async fn made(&self, form: &Value) -> Value {
        self.post("/api/v1/forms", "login-admin", form).await.ok()
    }

    async fn version(&self, id: &str, form: &Value) -> crate::world::Answer {
        self.post(&format!("/api/v1/forms/{id}/versions"), "login-admin", form).await
    }

    async fn close_form(&self, id: &str, closed: bool) -> crate::world::Answer {
        self.post(&format!("/api/v1/forms/{id}/closing"), "login-admin", &json!({ "closed": closed })).await
    }

    async fn campaign(&self, id: Option<&str>, set: &Value) -> crate::world::Answer {
        let path = id.map_or("/api/v1/campaigns".to_owned(), |id| format!("/api/v1/campaigns/{id}"));
        self.post(&path, "login-admin", set).await
    }

    async fn audited(&self, act: &str) -> usize {
        let all = self.ask(Method::GET, &format!("/api/v1/audit?act={act}"), "login-admin").await.ok();
        all["items"].as_array().unwrap().len()
    }
}

fn id_of(made: &Value) -> String {
    made["item"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_form_goes_out_in_versions_and_none_of_them_changes() {
    let world = World::new().await;
    let made = world.made(&every_kind()).await;
    let id = id_of(&made);
    assert_eq!((&made["item"]["version"], &made["item"]["questions"]), (&json!(1), &json!(6)));
    assert_eq!(made["versions"][0]["at_ms"], NOW);
    let first = made["versions"][0]["form"].clone();
    assert_eq!(first["title"]["zh"], "满意度");
    assert_eq!(first["questions"][2]["short"]["zh"], "怎么来的？", "a column needs a name");

    let mut next = every_kind();
    next["after"] = json!(1);
    next["questions"][1]["text"]["zh"] = json!("总的来说满意吗？");
    next["questions"].as_array_mut().unwrap().remove(4);
    let second = world.version(&id, &next).await.ok();
    assert_eq!(second["item"]["version"], 2);
    assert_eq!(second["versions"][0]["form"], first);
    // Sent again, or saved by somebody with nothing changed, it is the same version.
    assert_eq!(world.version(&id, &next).await.ok()["item"]["version"], 2);
    assert_eq!(world.audited("form").await, 2);
    // Made from a version that is not the latest, it would undo the other's work.
    next["title"]["zh"] = json!("别的");
    assert_eq!(world.version(&id, &next).await.code(), "form_changed");
    // A name keeps its meaning over all versions: figures add up under it.
    next["after"] = json!(2);
    next["questions"][1]["scale"] = json!(7);
    let told = world.version(&id, &next).await;
    assert_eq!(told.code(), "form_wrong");
    assert!(told.body["detail"].as_str().unwrap().starts_with("q_mark:"), "{}", told.body);

    // Phones pull every version: a draft is finished on the one that it was begun on.
    let rows = world.rows("zhang", &format!("org:{}", org_id(SHOP))).await;
    assert_eq!(rows[&format!("form:{id}:1")], first);
    assert_eq!(rows[&format!("form:{id}:2")], second["versions"][1]["form"]);
    assert_eq!(rows[&format!("form:{DEFAULT_FORM}:1")], serde_json::to_value(default_form()).unwrap());
}

#[tokio::test]
async fn a_form_that_is_not_right_does_not_go_out() {
    let world = World::new().await;
    type Edit = fn(&mut Value);
    let edits: [(&str, Edit); 6] = [
        ("form", |form| form["title"]["zh"] = json!("")),
        ("form", |form| form["questions"] = json!([])),
        ("q_way", |form| form["questions"][2]["options"] = json!([])),
        ("q_why", |form| form["questions"][6]["shown_if"]["question"] = json!("q_why")),
        ("q_age", |form| form["questions"][4]["min"] = json!(61)),
        ("q_day", |form| form["questions"][5]["type"] = json!("drawing")),
    ];
    for (place, edit) in edits {
        let mut form = every_kind();
        edit(&mut form);
        let told = world.post("/api/v1/forms", "login-admin", &form).await;
        assert_eq!(told.code(), "form_wrong", "{place}");
        assert!(told.body["detail"].as_str().unwrap().starts_with(&format!("{place}:")), "{}", told.body);
    }
    let list = world.ask(Method::GET, "/api/v1/forms", "login-admin").await.ok();
    assert_eq!((&list["total"], &list["items"][0]["usual"]), (&json!(1), &json!(true)));
    assert_eq!(world.close_form(&DEFAULT_FORM.to_string(), true).await.code(), "form_unfit");
    let unknown = Uuid::nil().to_string();
    assert_eq!(world.close_form(&unknown, true).await.code(), "not_found");
    assert_eq!(world.version(&unknown, &every_kind()).await.code(), "not_found");
}

#[tokio::test]
async fn a_campaign_names_its_form_and_closes() {
    let world = World::new().await;
    let id = id_of(&world.made(&every_kind()).await);
    let set = json!({ "title": " 安全月 ", "notice": " 〔2026〕3号 ", "from_ms": NOW, "to_ms": NOW + 1, "form": id });
    let made = world.campaign(None, &set).await.ok();
    let campaign = made["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&made["title"], &made["notice"], &made["form"]),
        (&json!("安全月"), &json!("〔2026〕3号"), &json!(id))
    );
    let key = format!("campaign:{campaign}");
    let scope = format!("org:{}", org_id(SHOP));
    assert_eq!(world.rows("zhang", &scope).await[&key], made);
    // What is asked cannot be closed; what is closed cannot be chosen.
    let told = world.close_form(&id, true).await;
    assert_eq!(told.code(), "form_unfit");
    assert!(told.body["detail"].as_str().unwrap().contains("安全月"));
    let mut closed = set.clone();
    closed["closed"] = json!(true);
    let told = world.campaign(Some(&campaign), &closed).await.ok();
    assert_eq!(told["closed"], true);
    world.campaign(Some(&campaign), &closed).await.ok();
    assert_eq!(world.audited("campaign").await, 2, "the same again is nothing");
    assert_eq!(world.rows("zhang", &scope).await[&key]["closed"], true);
    world.close_form(&id, true).await.ok();
    world.campaign(Some(&campaign), &set).await.ok();
    assert_eq!(world.campaign(None, &set).await.code(), "form_unfit");
    assert_eq!(
        world
            .version(
                &id,
                &json!({ "after": 1, "title": { "zh": "新" },
        "questions": every_kind()["questions"] })
            )
            .await
            .code(),
        "form_unfit"
    );
    world.close_form(&id, false).await.ok();

    for (field, value) in [("title", json!(" ")), ("title", json!("长".repeat(300))), ("to_ms", json!(NOW))]
    {
        let mut wrong = set.clone();
        wrong[field] = value;
        assert_eq!(world.campaign(None, &wrong).await.code(), "bad_value", "{field}");
    }
    assert_eq!(world.campaign(Some(&Uuid::nil().to_string()), &set).await.code(), "not_found");
}

#[tokio::test]
async fn the_public_page_asks_what_the_campaign_names_and_takes_no_other_answers() {
    let world = World::new().await;
    let id = id_of(&world.made(&every_kind()).await);
    let campaign = world.campaign(None, &json!({ "title": "安全月", "form": id })).await.ok();
    let mut session = create(1, 1, SHOP);
    session["body"]["set"]["campaign"] = campaign["id"].clone();
    world.push(&[session, create(2, 2, SHOP)]).await;
    let mut asked = Vec::new();
    for n in [1, 2] {
        let path = format!("/api/v1/sessions/{}/answering", session_id(n));
        let link = world.post(&path, "login-zhang", &json!({})).await.ok();
        let token = link["path"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
        let body = json!({ "token": token, "session": session_id(n) });
        let form = world.post("/api/v1/answers/form", "", &body).await.ok();
        asked.push((token, form));
    }
    assert_eq!(asked[0].1["form"]["id"], json!(id));
    assert_eq!(asked[1].1["form"]["id"], json!(DEFAULT_FORM));
    let (token, form) = &asked[0];
    let hand = async |answers: Value| {
        let body = json!({ "token": token, "id": form["id"], "answers": answers });
        world.post("/api/v1/answers", "", &body).await
    };
    for (answers, place) in [
        (json!({ "q_mark": 2 }), "q_why"),
        (json!({ "q_mark": 5, "q_way": "plane" }), "q_way"),
        (json!({ "q_mark": 5, "q_want": ["law", "pay", "fun"] }), "q_want"),
        (json!({ "q_mark": 5, "q_age": 61 }), "q_age"),
        (json!({ "q_mark": 5, "q_day": "2026-02-30" }), "q_day"),
        (json!({ "q_mark": 5, "s_1": "x" }), "s_1"),
    ] {
        let told = hand(answers).await;
        assert_eq!(told.code(), "answer_wrong");
        assert!(told.body["detail"].as_str().unwrap().starts_with(&format!("{place}:")), "{}", told.body);
    }
    // What was answered before the mark was changed is no answer to what is asked now.
    let answers = json!({ "q_mark": 5, "q_why": "旧的", "q_way": { "other": " 骑车 " }, "q_want": ["fun", "law"], "q_age": "7" });
    assert_eq!(hand(answers.clone()).await.ok(), json!({ "st": "ok" }));
    assert_eq!(hand(answers).await.ok(), json!({ "st": "dup" }));
    let kept = world.write(|conn| {
        let mut all = conn.prepare("SELECT answers FROM response")?;
        let rows = all.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect::<Result<Vec<_>, _>>()
    });
    let kept: Vec<Value> = kept.await.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let want = json!({ "q_mark": 5, "q_way": { "other": "骑车" }, "q_want": ["law", "fun"], "q_age": 7 });
    assert_eq!(kept.iter().filter(|answers| **answers == want).count(), 1, "{kept:?}");
}

#[tokio::test]
async fn a_backup_carries_forms_and_campaigns() {
    let world = World::new().await;
    let id = id_of(&world.made(&every_kind()).await);
    let other = id_of(&world.made(&every_kind()).await);
    let set = json!({ "title": "安全月", "from_ms": NOW, "to_ms": NOW + 1, "closed": true, "form": id });
    world.campaign(None, &set).await.ok();
    world.close_form(&other, true).await.ok();
    let target = world.dir().join("backup");
    server::backup::back_up_once(world.dir(), &target, None, NOW).unwrap();
    let restored = World::restored(&target);
    for path in ["/api/v1/forms", "/api/v1/campaigns", &format!("/api/v1/forms/{id}")] {
        let before = world.ask(Method::GET, path, "login-admin").await.ok();
        assert_eq!(restored.ask(Method::GET, path, "login-admin").await.ok(), before, "{path}");
    }
    let scope = format!("org:{}", org_id(CITY));
    assert_eq!(restored.rows("admin", &scope).await.len(), world.rows("admin", &scope).await.len());
}
