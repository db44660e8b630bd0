//! What a reader likes, as signals: language and light or dark.

use crate::prefs::{self as kept, Theme};
use crate::view::prelude::*;
use shared::text::Lang;

/// The choices of theme in the order of the screen, with the word that the style sheet reads.
pub const THEMES: [(Theme, &str); 3] =
    [(Theme::System, "system"), (Theme::Light, "light"), (Theme::Dark, "dark")];

/// The word that the style sheet reads.
#[must_use]
pub fn word(theme: Theme) -> &'static str {
    THEMES.into_iter().find(|(known, _)| *known == theme).map_or("system", |(_, word)| word)
}

/// The preferences, kept wherever the browser lets them be kept.
#[derive(Debug, Clone, Copy)]
pub struct Prefs {
    /// The language.
    pub lang: RwSignal<Lang>,
    /// Light or dark.
    pub theme: RwSignal<Theme>,
}

impl Prefs {
    /// Reads them, and from now on keeps them and shows them on the page's root.
    #[must_use]
    pub fn begin() -> Self {
        let before = kept::prefs();
        let prefs = Self { lang: RwSignal::new(before.lang), theme: RwSignal::new(before.theme) };
        Effect::new(move |_| {
            let (lang, theme) = (prefs.lang.get(), prefs.theme.get());
            set_on_root("lang", lang.tag());
            set_on_root("data-theme", word(theme));
            // What the phone keeps beside these stays as it is.
            kept::set_prefs(&kept::Prefs { lang, theme, ..kept::prefs() });
        });
        prefs
    }
}

fn set_on_root(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute(name, value);
    }
}
