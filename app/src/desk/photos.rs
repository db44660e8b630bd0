//! 照片 of a session: what was taken, and what of it is here.

use super::Desk;
use super::day::Day;
use super::load::{Load, Loaded};
use super::words::t;
use crate::view::prelude::*;
use shared::id::SessionId;
use shared::photo::{PhotoItem, PhotoList};
use std::sync::Arc;

shared::messages! {
    PHOTOS = "照片", "Photos";
    PHOTOS_NONE = "没有照片。", "No photos.";
    PHOTO_COMING = "文件还在手机上", "The file is still on a phone";
    PHOTO_CLOSED = "签到表上有姓名，不能查看", "The sheet shows names, which you do not see";
    PHOTO_OPEN = "打开大图：{}", "Open {}";
}

/// The section of a session's page.
#[component]
pub fn Photos(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let load = Load::<PhotoList>::one(move || format!("/api/v1/sessions/{id}/photos"));
    let show = move |list: Arc<PhotoList>| {
        if list.items.is_empty() {
            return view! { <p class="quiet">{t(PHOTOS_NONE)}</p> }.into_any();
        }
        let items = list.items.iter().cloned().map(|item| view! { <One item=item /> }).collect_view();
        view! { <ul class="photos">{items}</ul> }.into_any()
    };
    view! {
        <section aria-labelledby="photos-title">
            <h2 id="photos-title">{t(PHOTOS)}</h2>
            <Loaded load=load show=show />
        </section>
    }
}

#[component]
fn One(item: PhotoItem) -> impl IntoView {
    let desk = Desk::here();
    let PhotoItem { sha256, shows, caption, at_ms, here, open, .. } = item;
    let says = move || {
        let label = shows.label(desk.lang());
        caption.as_ref().map_or_else(|| label.to_owned(), |caption| format!("{label} · {caption}"))
    };
    let alt = says.clone();
    let picture = match (here, open) {
        (true, true) => {
            let url = format!("/api/v1/files/{sha256}");
            let picture = url.clone();
            view! {
                <a href=url target="_blank" aria-label=move || PHOTO_OPEN.with(desk.lang(), &[&alt()])>
                    <img src=picture loading="lazy" alt="" />
                </a>
            }
            .into_any()
        }
        (true, false) => view! { <p class="quiet">{t(PHOTO_CLOSED)}</p> }.into_any(),
        (false, _) => view! { <p class="note note-warn">{t(PHOTO_COMING)}</p> }.into_any(),
    };
    view! { <li>{picture}<p>{says}<br /><span class="quiet">{Day::of(at_ms).to_string()}</span></p></li> }
}
