//! Icons: drawn lines in the colour of the text beside them; they never stand without a word.

use crate::view::prelude::*;

/// A drawing on a field of 24 × 24.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// A pencil: 草稿.
    Draft,
    /// A phone with a tick: 已存本机.
    Saved,
    /// An arrow up: 上传中.
    Sending,
    /// A cloud with a tick: 已上传.
    Sent,
    /// A raised hand's worth of warning: 待处理.
    Held,
    /// An arrow to the left.
    Back,
    /// A tick.
    Tick,
    /// A plus.
    Plus,
    /// Three dots.
    More,
    /// A list.
    List,
    /// Two arrows in a circle.
    Sync,
    /// A head and shoulders.
    Person,
    /// A bubble of speech.
    Speech,
    /// A pin on a map.
    Place,
    /// Bars of a chart.
    Chart,
    /// A camera.
    Camera,
    /// A crossed-out cloud.
    Offline,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Draft => "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
            Self::Saved => "M7 2h10v20H7zM9.5 12l2 2 3.5-4",
            Self::Sending => "M12 20V5M6 11l6-6 6 6",
            Self::Sent => {
                "M7 19a5 5 0 0 1-.5-9.9 6 6 0 0 1 11.3 1.4A4.3 4.3 0 0 1 17.5 19zM9 14l2.2 2.2 3.8-4.2"
            }
            Self::Held => "M12 3l10 18H2zM12 10v5M12 18v.1",
            Self::Back => "M15 4l-8 8 8 8",
            Self::Tick => "M4 12.5l5.5 5.5L20 6.5",
            Self::Plus => "M12 4v16M4 12h16",
            Self::More => "M5 12v.1M12 12v.1M19 12v.1",
            Self::List => "M4 6h16M4 12h16M4 18h10",
            Self::Sync => "M4 12a8 8 0 0 1 14-5.3L20 9M20 4v5h-5M20 12a8 8 0 0 1-14 5.3L4 15M4 20v-5h5",
            Self::Person => "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21a8 8 0 0 1 16 0",
            Self::Speech => "M4 4h16v12H11l-5 4v-4H4z",
            Self::Place => {
                "M12 22s7-7 7-12a7 7 0 0 0-14 0c0 5 7 12 7 12zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"
            }
            Self::Chart => "M5 20v-8M12 20V4M19 20v-5",
            Self::Camera => "M4 8h4l1.5-3h5L16 8h4v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
            Self::Offline => "M7 19a5 5 0 0 1-.5-9.9 6 6 0 0 1 11.3 1.4A4.3 4.3 0 0 1 17.5 19zM4 3l17 19",
        }
    }

    /// The drawing; hidden from screen readers, which read the word beside it.
    #[must_use]
    pub fn draw(self) -> impl IntoView {
        view! {
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
                <path d=self.path() />
            </svg>
        }
    }
}
