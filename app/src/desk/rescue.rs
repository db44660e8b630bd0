//! 导入救援文件: takes in what a phone could not upload and saved to a file.

use super::Desk;
use super::api::{self, Trouble};
use super::format;
use super::words::{self, t};
use crate::view::html;
use crate::view::prelude::*;
use crate::view::task::spawn_local;
use shared::problem::Code;
use shared::rescue::{FILE_MAX_BYTES, RefusedPart, RescueAnswer};
use shared::text::Lang;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

/// How it went.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    NoFile,
    Unreadable,
    Answered(RescueAnswer),
    Trouble(Trouble),
}

/// Chooses a file and imports it.
#[component]
pub fn RescueImport() -> impl IntoView {
    let desk = Desk::here();
    let field = NodeRef::<html::Input>::new();
    let busy = RwSignal::new(false);
    let outcome = RwSignal::new(None::<Outcome>);
    let import = move |_| {
        if busy.get_untracked() {
            return;
        }
        let chosen = field.get_untracked().and_then(|field| field.files()).and_then(|files| files.get(0));
        let Some(file) = chosen else {
            outcome.set(Some(Outcome::NoFile));
            return;
        };
        busy.set(true);
        outcome.set(None);
        spawn_local(async move {
            let done = bring(file).await;
            // The page may be gone by now.
            busy.try_set(false);
            match done {
                Outcome::Trouble(trouble) if trouble.is_login_over() => desk.login_is_over(),
                done => {
                    outcome.try_set(Some(done));
                    desk.tick.now();
                }
            }
        });
    };
    view! {
        <section class="rescue">
            <h2>{t(words::RESCUE)}</h2>
            <p class="quiet">{t(words::RESCUE_HINT)}</p>
            <p class="actions">
                <input type="file" node_ref=field aria-label=t(words::RESCUE_CHOOSE) />
                <button type="button" on:click=import aria-disabled=move || busy.get().to_string()>
                    {move || if busy.get() { words::RESCUE_DOING } else { words::RESCUE_DO }.get(desk.lang())}
                </button>
            </p>
            <div class="rescue-says" role="status">
                {move || {
                    let lines = outcome.get().map(|outcome| says(&outcome, desk.lang())).unwrap_or_default();
                    lines.into_iter().map(|(class, line)| view! { <p class=class>{line}</p> }).collect_view()
                }}
            </div>
        </section>
    }
}

async fn bring(file: File) -> Outcome {
    // Not even read: it may be a film.
    if file.size() > FILE_MAX_BYTES as f64 {
        return Outcome::Trouble(Trouble::Refused(Code::RescueTooLarge, String::new()));
    }
    let Ok(buffer) = JsFuture::from(file.array_buffer()).await else { return Outcome::Unreadable };
    let bytes = js_sys::Uint8Array::new(&buffer).to_vec();
    match api::send_file("/api/v1/rescue", &bytes).await {
        Ok(answer) => Outcome::Answered(answer),
        Err(trouble) => Outcome::Trouble(trouble),
    }
}

/// One line for the file, and one for each part that stayed out, each with its class.
fn says(outcome: &Outcome, lang: Lang) -> Vec<(&'static str, String)> {
    match outcome {
        Outcome::NoFile => vec![("bad", words::RESCUE_NO_FILE.get(lang).to_owned())],
        Outcome::Unreadable => vec![("bad", words::RESCUE_UNREADABLE.get(lang).to_owned())],
        Outcome::Trouble(trouble) => vec![("bad", trouble.says(lang))],
        Outcome::Answered(answer) => {
            let counts = [answer.taken, answer.dup, answer.held].map(format::count);
            let done = words::RESCUE_DONE.with(lang, &counts.each_ref().map(String::as_str));
            let refused = answer.refused.iter().map(|part| ("bad", refused(part, lang)));
            std::iter::once(("", done)).chain(refused).collect()
        }
    }
}

fn refused(part: &RefusedPart, lang: Lang) -> String {
    let why = Code::from_code(&part.code).map_or(part.code.as_str(), |code| code.title(lang));
    words::RESCUE_REFUSED.with(lang, &[&part.login, &format::count(part.count), why])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_that_stayed_out_has_its_line() {
        let part = |code: &str| RefusedPart { login: "li".to_owned(), count: 1_200, code: code.to_owned() };
        let refused = vec![part("rescue_unproven"), part("of a newer server")];
        let answer = RescueAnswer { taken: 12, dup: 3, held: 0, refused };
        let lines = says(&Outcome::Answered(answer), Lang::Zh);
        assert_eq!(lines[0], ("", "新收 12 条，已有 3 条，待处理 0 条。".to_owned()));
        assert!(lines[1].1.starts_with("li（1,200 条）没有导入：服务器不认识"), "{}", lines[1].1);
        assert_eq!(lines[2].1, "li（1,200 条）没有导入：of a newer server");
    }
}
