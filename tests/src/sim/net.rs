//! The way of a call: out, through whatever stands between, to the server and back.

use super::device::{Flavour, Sent};
use super::server::{End, foreign, ok, portal, refusal};
use super::world::{Fate, Happening, Request, World};
use serde_json::{Value, json};
use shared::id::ChangeId;
use shared::museum::{Defect, planted};
use shared::phone::{Answer, Call, Event, Outgoing, Table};
use shared::problem::Code;

impl World {
    /// A tab sends a call.
    pub(super) fn call(&mut self, device: usize, generation: u64, path: &'static str, out: Outgoing) {
        let push = path == "push";
        let body: Value = serde_json::from_str(&out.body).unwrap_or_default();
        let changes = body["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let ids: Vec<ChangeId> =
            changes.iter().filter_map(|change| change["id"].as_str()?.parse().ok()).collect();
        self.mix(ids.len() as u64 + 1);
        let sent = Sent { push, batch: body["batch"].as_str().unwrap_or_default().to_owned(), ids };
        if push {
            self.look_at_push(device, generation, &sent);
        }
        let Some(tab) = self.tab(device, generation) else { return };
        tab.calls.insert(out.call, sent);
        let timeout_ms = i64::from(out.timeout_ms);
        self.plan(timeout_ms, Happening::Timeout { device, tab: generation, call: out.call });
        let text = if !push && self.plan.page < 1_000 {
            let mut body = body.clone();
            body["limit"] = json!(self.plan.page);
            body.to_string()
        } else {
            out.body
        };
        let body = self.spoken(device, push, body, text);
        self.next_id += 1;
        let request = Request { path, bearer: out.bearer, body: body.into_bytes(), number: self.next_id };
        self.send(device, generation, out.call, request);
    }

    /// Only one tab pushes from a database, and only what is its account's.
    fn look_at_push(&mut self, device: usize, generation: u64, sent: &Sent) {
        let phone = &self.devices[device];
        let Some(tab) = phone.tabs.iter().find(|tab| tab.generation == generation) else { return };
        let (account, background, leads) = (tab.account, tab.background, phone.leads(tab));
        if let Some(disk) = phone.disks.get(&account) {
            let again = |table| sent.ids.iter().any(|id| disk.tables.get(table, &id.to_string()).is_some());
            let (changes, responses) = (again(Table::Acked), again(Table::AckedResponses));
            if changes {
                self.reached.note("epoch: changes pushed again");
            }
            if responses {
                self.reached.note("epoch: responses pushed again");
            }
        }
        if background && !sent.ids.is_empty() {
            self.reached.note("account: another one's changes went up in the background");
        }
        let other = |id: &&ChangeId| self.oracle.account(**id).is_some_and(|own| own != account);
        let foreign = sent.ids.iter().find(|id| other(id) && !self.oracle.foreign.contains(*id));
        let foreign = foreign.copied();
        if !leads {
            self.breaks("OnePusher", || format!("phone {device}: tab {generation} pushes without the lead"));
        }
        if let Some(id) = foreign {
            self.breaks("OwnAccountOnly", || format!("phone {device}: {id} is pushed by account {account}"));
        }
    }

    /// The body as this version of the app writes it.
    fn spoken(&mut self, device: usize, push: bool, mut body: Value, text: String) -> String {
        match self.devices[device].flavour {
            Flavour::Current => text,
            Flavour::Old => {
                self.reached.note("client: old");
                let optional: &[&str] = if push { &["epoch", "pending", "wall_ms"] } else { &["limit"] };
                if let Some(fields) = body.as_object_mut() {
                    optional.iter().for_each(|field| drop(fields.remove(*field)));
                }
                body.to_string()
            }
            Flavour::New => {
                self.reached.note("client: new");
                body["battery"] = json!({ "level": 0.4, "plugged": null });
                body.to_string()
            }
        }
    }

    fn send(&mut self, device: usize, tab: u64, call: Call, request: Request) {
        let latency_ms = self.rng.i64(10..150) + if self.rng.u32(..20) == 0 { 3_000 } else { 0 };
        let net = self.plan.net;
        let hit = |rng: &mut fastrand::Rng, rate: u32| rng.u32(..1_000) < rate;
        if self.pulls_cut && request.path == "pull" {
            self.plan(latency_ms, Happening::Reply { device, tab, call, answer: None });
            return;
        }
        if self.calm {
            let request = Box::new(request);
            self.plan(latency_ms, Happening::Arrive { device, tab, call, request, end: Fate::Clear });
            return;
        }
        if hit(&mut self.rng, net.drop) {
            self.reached.note("net: request dropped");
            if self.rng.bool() {
                self.plan(latency_ms, Happening::Reply { device, tab, call, answer: None });
            }
            return;
        }
        if hit(&mut self.rng, net.doubled) {
            self.reached.note("net: request doubled");
            let later_ms = latency_ms + self.rng.i64(0..30_000);
            let request = Box::new(request.clone());
            self.plan(later_ms, Happening::Arrive { device, tab, call, request, end: Fate::Clear });
        }
        let end = self.fate(request.path == "push");
        let request = Box::new(request);
        self.plan(latency_ms, Happening::Arrive { device, tab, call, request, end });
    }

    fn fate(&mut self, push: bool) -> Fate {
        let net = self.plan.net;
        let throw = |rng: &mut fastrand::Rng, rate: u32| rng.u32(..1_000) < rate;
        if throw(&mut self.rng, net.reply_lost) {
            return Fate::ReplyLost;
        }
        if throw(&mut self.rng, net.late) {
            return Fate::Late;
        }
        if throw(&mut self.rng, net.cut) {
            return Fate::Cut;
        }
        if throw(&mut self.rng, net.portal) {
            return Fate::Portal([200, 302, 401, 404][self.rng.usize(..4)]);
        }
        if throw(&mut self.rng, net.refused) {
            return Fate::Refused([413, 429, 503, 404][self.rng.usize(..4)]);
        }
        if push && throw(&mut self.rng, net.crash) {
            return if self.rng.bool() { Fate::CrashBefore } else { Fate::CrashAfter };
        }
        if push && throw(&mut self.rng, net.odd) {
            let odd = [Fate::Shuffled, Fate::LeftOut, Fate::Again, Fate::Newer, Fate::OtherBatch];
            return odd[self.rng.usize(..odd.len())];
        }
        Fate::Clear
    }

    /// A request reaches the server, or what stands in its place.
    pub(super) fn arrive(&mut self, device: usize, tab: u64, call: Call, request: &Request, end: Fate) {
        let latency_ms = self.rng.i64(10..150) + if self.rng.u32(..15) == 0 { 2_000 } else { 0 };
        let reply =
            |answer: Option<Answer>| Happening::Reply { device, tab, call, answer: answer.map(Box::new) };
        match end {
            Fate::Portal(status) => {
                self.reached.note(match status {
                    200 => "net: portal 200",
                    302 => "net: portal 302",
                    401 => "net: portal 401",
                    _ => "net: portal 404",
                });
                self.plan(latency_ms, reply(Some(portal(status))));
                return;
            }
            Fate::Refused(status) => {
                let (what, code, after_s) = match status {
                    413 => ("server: 413", Code::TooLarge, None),
                    429 => ("server: 429", Code::TooMany, Some(5)),
                    503 => ("server: 503", Code::Busy, Some(7)),
                    _ => ("server: 404 in JSON", Code::NotFound, None),
                };
                self.reached.note(what);
                self.plan(latency_ms, reply(Some(refusal(code, after_s))));
                return;
            }
            _ => {}
        }
        if !self.server.up {
            self.reached.note("server: down");
            self.plan(latency_ms, reply(None));
            return;
        }
        let crashes = end == Fate::CrashBefore;
        let machine = if crashes { End::CrashesBefore } else { End::Answers };
        let taken = if matches!(end, Fate::LeftOut | Fate::Again) { self.some_of(request) } else { None };
        let request = taken.as_ref().map_or(request, |(request, _)| request);
        reserve(request.number);
        let answer = self.server.answer(request.path, &request.bearer, &request.body, self.now_ms, machine);
        reserve(0);
        if let Some(answer) = &answer {
            self.look_at_answer(request, answer);
        }
        let left = taken.as_ref().map(|(_, left)| left.as_slice()).unwrap_or_default();
        match end {
            Fate::CrashBefore | Fate::CrashAfter => {
                let what = if crashes {
                    "server: crash before the commit"
                } else {
                    "server: crash after the commit"
                };
                self.reached.note(what);
                self.crash();
                let told = answer.filter(|_| crashes && planted(Defect::AnswerBeforeCommit));
                self.plan(latency_ms, reply(told));
            }
            Fate::ReplyLost => self.reached.note("net: reply dropped after the commit"),
            Fate::Late => self.plan(21_000 + latency_ms, reply(answer)),
            _ => {
                let answer = answer.map(|answer| self.bent(answer, end, left));
                self.plan(latency_ms, reply(answer));
            }
        }
    }

    /// A busy server takes some of a batch and leaves the others: their places and ids.
    fn some_of(&mut self, request: &Request) -> Option<(Request, Vec<(usize, Value)>)> {
        let mut body: Value = serde_json::from_slice(&request.body).ok()?;
        let all = std::mem::take(body["changes"].as_array_mut()?);
        let (mut taken, mut left) = (Vec::new(), Vec::new());
        for (place, change) in all.into_iter().enumerate() {
            if self.rng.bool() {
                left.push((place, change["id"].clone()));
            } else {
                taken.push(change);
            }
        }
        body["changes"] = Value::Array(taken);
        let body = body.to_string().into_bytes();
        Some((Request { body, ..request.clone() }, left))
    }

    /// What the answer looks like when it arrives.
    fn bent(&mut self, answer: Answer, end: Fate, left: &[(usize, Value)]) -> Answer {
        if end == Fate::Cut {
            self.reached.note("net: reply cut short");
            let mut body = answer.body;
            let keep = self.rng.usize(..body.len().max(1));
            while !body.is_char_boundary(keep.min(body.len())) {
                body.pop();
            }
            body.truncate(keep);
            return Answer { body, ..answer };
        }
        let odd =
            matches!(end, Fate::Shuffled | Fate::LeftOut | Fate::Again | Fate::Newer | Fate::OtherBatch);
        let Ok(mut value) = serde_json::from_str::<Value>(&answer.body) else { return answer };
        if !odd || answer.status != 200 {
            return answer;
        }
        match end {
            Fate::Shuffled => {
                self.reached.note("net: results in another order");
                if let Some(results) = value["results"].as_array_mut() {
                    results.reverse();
                }
            }
            Fate::LeftOut if !left.is_empty() => self.reached.note("net: results left out"),
            Fate::Again if !left.is_empty() => {
                self.reached.note("net: results told to come again");
                if let Some(results) = value["results"].as_array_mut() {
                    for (place, id) in left {
                        let again = json!({ "id": id, "st": "retry", "code": "busy" });
                        results.insert((*place).min(results.len()), again);
                    }
                }
            }
            Fate::LeftOut | Fate::Again => {}
            Fate::Newer => {
                self.reached.note("net: words of a newer server");
                value["weather"] = json!("fine");
                if let Some(result) = value["results"].get_mut(0) {
                    *result = json!({ "id": result["id"], "st": "weighed", "code": "new_word" });
                }
            }
            _ => {
                self.reached.note("net: reply of another batch");
                return foreign(&json!(uuid::Uuid::from_u128(self.rng.u128(..))));
            }
        }
        ok(&value)
    }

    /// Whatever is sent in a batch is taken or held: no bytes of any version are turned away.
    fn look_at_answer(&mut self, request: &Request, answer: &Answer) {
        if request.path != "push" {
            return;
        }
        if answer.status == 401 {
            self.reached.note("server: 401");
            return;
        }
        if answer.status != 200 {
            let (status, body) = (answer.status, answer.body.clone());
            self.breaks("OldBytesAccepted", || format!("a push was answered with {status}: {body}"));
            return;
        }
        let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let value: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let (sent, results) = (sent["changes"].as_array(), value["results"].as_array());
        let (sent, results) = (sent.map_or(0, Vec::len), results.cloned().unwrap_or_default());
        let good = |result: &Value| matches!(result["st"].as_str(), Some("ok" | "dup" | "held"));
        if sent != results.len() || !results.iter().all(good) {
            self.breaks("OldBytesAccepted", || format!("{sent} changes were answered with {results:?}"));
        }
    }

    /// An answer, or the news that there is none, reaches a tab.
    pub(super) fn reply(&mut self, device: usize, generation: u64, call: Call, answer: Option<Box<Answer>>) {
        let Some(tab) = self.tab(device, generation) else { return };
        let Some(sent) = tab.calls.remove(&call) else {
            if answer.is_some() {
                self.reached.note("receipt: for a call given up");
                if let Some(answer) = answer {
                    self.step(device, generation, Event::Answered { call, answer: *answer });
                }
            }
            return;
        };
        if tab.calls.keys().any(|other| *other < call) {
            self.reached.note("net: replies out of order");
        }
        let Some(answer) = answer else {
            self.step(device, generation, Event::Unanswered { call, timed_out: false });
            return;
        };
        self.note_receipt(&sent, &answer);
        if sent.push {
            let (count, status) = (sent.ids.len(), answer.status);
            let body: String = answer.body.chars().take(260).collect();
            self.note(|_| {
                format!("phone {device}: tab {generation} hears {status} to {count} changes: {body}")
            });
        } else {
            self.note(|_| format!("phone {device}: tab {generation} pulls {}", outline(&answer)));
        }
        self.step(device, generation, Event::Answered { call, answer: *answer });
    }

    fn note_receipt(&mut self, sent: &Sent, answer: &Answer) {
        let value: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        if !sent.push {
            for part in value["scopes"].as_array().map(Vec::as_slice).unwrap_or_default() {
                if part["reset"] == true {
                    self.reached.note("pull: reset");
                }
                if part["more"] == true {
                    self.reached.note("pull: more than one page");
                }
            }
            return;
        }
        let reached = &mut self.reached;
        if answer.status != 200 {
            return reached.note("receipt: status is not 200");
        }
        if !answer.json {
            return reached.note("receipt: not JSON");
        }
        if value.is_null() {
            return reached.note("receipt: unreadable");
        }
        if value["batch"] != sent.batch.as_str() {
            return reached.note("receipt: other batch");
        }
        for id in &sent.ids {
            let id = id.to_string();
            let results = value["results"].as_array().map(Vec::as_slice).unwrap_or_default();
            let found = results.iter().find(|result| result["id"] == id.as_str());
            match found.and_then(|result| result["st"].as_str()) {
                Some("ok") => reached.note("receipt: ok"),
                Some("dup") => reached.note("receipt: dup"),
                Some("held") => reached.note("receipt: held"),
                Some(_) => reached.note("receipt: retry"),
                None => reached.note("receipt: none for this id"),
            }
        }
    }

    /// The phone gives a call up.
    pub(super) fn timeout(&mut self, device: usize, generation: u64, call: Call) {
        let Some(tab) = self.tab(device, generation) else { return };
        if tab.calls.remove(&call).is_some() {
            self.reached.note("net: reply after the phone gave up");
            self.step(device, generation, Event::Unanswered { call, timed_out: true });
        }
    }
}

/// What a pull brought, in few words: each scope with its new cursor and the seqs of its rows.
fn outline(answer: &Answer) -> String {
    let value: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let parts = value["scopes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let part = |part: &Value| {
        let rows = part["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
        let seqs: Vec<String> = rows.iter().map(|row| row["seq"].to_string()).collect();
        format!("{} to {} [{}]", part["scope"], part["cursor"], seqs.join(" "))
    };
    let parts: Vec<String> = parts.iter().map(part).collect();
    format!("{} {}", answer.status, parts.join(", "))
}

/// With the defect planted, a request's seqs are those of the moment at which it was sent.
fn reserve(number: u64) {
    shared::museum::reserve(if planted(Defect::SeqBeforeCommit) { number } else { 0 });
}
