//! The catalogue of refusals. Each has a stable code for programs, an HTTP status, whether
//! the same request may succeed later, and a sentence for people in both languages.

use crate::text::Lang;
use serde::{Deserialize, Serialize};

/// A reason for which the server refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The body is not JSON, or not of the expected shape.
    Malformed,
    /// The body's content type is not JSON.
    NotJson,
    /// Too many changes or bytes in one request.
    TooLarge,
    /// Login name or password wrong; never says which.
    BadCredentials,
    /// Name and password are right, and a code of the second factor is asked for.
    SecondFactorNeeded,
    /// The code of the second factor is wrong, or was used already.
    SecondFactorWrong,
    /// The password is right and too old: a new one is asked for.
    PasswordOld,
    /// No login, an unknown one, or one that ended.
    LoginExpired,
    /// The login is known, and lacks the right.
    Forbidden,
    /// The account cannot be without a second factor, and has none yet.
    SecondFactorMissing,
    /// The replica belongs to another account.
    ReplicaForeign,
    /// A cookie write from a page that is not ours.
    OriginForeign,
    /// The thing asked for does not exist, or is not visible to the asker.
    NotFound,
    /// The address exists and does not take this method.
    MethodNotAllowed,
    /// A value in the query or the body is out of range.
    BadValue,
    /// What was typed is no closing code: a character is wrong, or two are swapped.
    ClosingWrong,
    /// A closing code fits several sessions, and none was chosen.
    ClosingAmbiguous,
    /// A closing code is about a session that takes none: cancelled, or of another time.
    ClosingUnfit,
    /// Something held that cannot be given an effect (yet).
    HeldUnfit,
    /// A link that nobody gave out, that ended, or that was used up.
    InviteEnded,
    /// A link to answer by that nobody gave out, that ended, or by which enough have answered.
    AnsweringEnded,
    /// A response that does not answer the form as it asks.
    AnswerWrong,
    /// A form that cannot go out as it is.
    FormWrong,
    /// Somebody else brought out a version of the form meanwhile.
    FormChanged,
    /// The form is asked by a campaign or at every session, or is closed.
    FormUnfit,
    /// A login name that somebody has already.
    LoginTaken,
    /// A rescue file that is none, or was damaged on its way.
    RescueDamaged,
    /// A rescue file that the server's key does not open.
    RescueForeign,
    /// A rescue file of a newer version.
    RescueNewer,
    /// A rescue file of more bytes than are read.
    RescueTooLarge,
    /// A part of a rescue file whose token the server does not know.
    RescueUnproven,
    /// The data, or the file, are no longer those that an import was previewed with.
    ImportChanged,
    /// A file to import of more bytes than are read.
    ImportTooLarge,
    /// No photo names this file (yet): its bytes are not taken.
    FileUnnamed,
    /// The bytes of a file are not those that its name says, or go on elsewhere.
    FileWrong,
    /// A file that is no JPEG, PNG or WebP picture.
    FileKind,
    /// The phone speaks an older protocol than this call needs.
    UpdateNeeded,
    /// Too many requests for now.
    TooMany,
    /// The server cannot take it in now; nothing was stored.
    Busy,
    /// This program was built without what is asked for.
    NotBuilt,
    /// A fault on the server's side.
    Internal,
}

impl Code {
    /// Every code, for documents and tests.
    pub const ALL: [Self; 41] = [
        Self::Malformed,
        Self::NotJson,
        Self::TooLarge,
        Self::BadCredentials,
        Self::SecondFactorNeeded,
        Self::SecondFactorWrong,
        Self::PasswordOld,
        Self::LoginExpired,
        Self::Forbidden,
        Self::SecondFactorMissing,
        Self::ReplicaForeign,
        Self::OriginForeign,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::BadValue,
        Self::ClosingWrong,
        Self::ClosingAmbiguous,
        Self::ClosingUnfit,
        Self::HeldUnfit,
        Self::InviteEnded,
        Self::AnsweringEnded,
        Self::AnswerWrong,
        Self::FormWrong,
        Self::FormChanged,
        Self::FormUnfit,
        Self::LoginTaken,
        Self::RescueDamaged,
        Self::RescueForeign,
        Self::RescueNewer,
        Self::RescueTooLarge,
        Self::RescueUnproven,
        Self::ImportChanged,
        Self::ImportTooLarge,
        Self::FileUnnamed,
        Self::FileWrong,
        Self::FileKind,
        Self::UpdateNeeded,
        Self::TooMany,
        Self::Busy,
        Self::NotBuilt,
        Self::Internal,
    ];

    /// The stable code, as programs compare it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NotJson => "not_json",
            Self::TooLarge => "too_large",
            Self::BadCredentials => "bad_credentials",
            Self::SecondFactorNeeded => "second_factor_needed",
            Self::SecondFactorWrong => "second_factor_wrong",
            Self::PasswordOld => "password_old",
            Self::LoginExpired => "login_expired",
            Self::Forbidden => "forbidden",
            Self::SecondFactorMissing => "second_factor_missing",
            Self::ReplicaForeign => "replica_foreign",
            Self::OriginForeign => "origin_foreign",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::BadValue => "bad_value",
            Self::ClosingWrong => "closing_wrong",
            Self::ClosingAmbiguous => "closing_ambiguous",
            Self::ClosingUnfit => "closing_unfit",
            Self::HeldUnfit => "held_unfit",
            Self::InviteEnded => "invite_ended",
            Self::AnsweringEnded => "answering_ended",
            Self::AnswerWrong => "answer_wrong",
            Self::FormWrong => "form_wrong",
            Self::FormChanged => "form_changed",
            Self::FormUnfit => "form_unfit",
            Self::LoginTaken => "login_taken",
            Self::RescueDamaged => "rescue_damaged",
            Self::RescueForeign => "rescue_foreign",
            Self::RescueNewer => "rescue_newer",
            Self::RescueTooLarge => "rescue_too_large",
            Self::RescueUnproven => "rescue_unproven",
            Self::ImportChanged => "import_changed",
            Self::ImportTooLarge => "import_too_large",
            Self::FileUnnamed => "file_unnamed",
            Self::FileWrong => "file_wrong",
            Self::FileKind => "file_kind",
            Self::UpdateNeeded => "update_needed",
            Self::TooMany => "too_many",
            Self::Busy => "busy",
            Self::NotBuilt => "not_built",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed
            | Self::BadValue
            | Self::ClosingWrong
            | Self::AnswerWrong
            | Self::FormWrong
            | Self::RescueDamaged
            | Self::RescueForeign
            | Self::RescueNewer => 400,
            Self::BadCredentials
            | Self::SecondFactorNeeded
            | Self::SecondFactorWrong
            | Self::PasswordOld
            | Self::LoginExpired => 401,
            Self::Forbidden
            | Self::SecondFactorMissing
            | Self::ReplicaForeign
            | Self::OriginForeign
            | Self::RescueUnproven => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::ClosingAmbiguous
            | Self::ClosingUnfit
            | Self::HeldUnfit
            | Self::FormChanged
            | Self::FormUnfit
            | Self::ImportChanged
            | Self::FileUnnamed
            | Self::FileWrong
            | Self::LoginTaken => 409,
            Self::InviteEnded | Self::AnsweringEnded => 410,
            Self::TooLarge | Self::RescueTooLarge | Self::ImportTooLarge => 413,
            Self::NotJson | Self::FileKind => 415,
            Self::UpdateNeeded => 426,
            Self::TooMany => 429,
            Self::Internal => 500,
            Self::NotBuilt => 501,
            Self::Busy => 503,
        }
    }

    /// Whether the same work may succeed when it is sent again (split, later, or after a new login).
    #[must_use]
    pub const fn retry(self) -> bool {
        matches!(
            self,
            Self::TooLarge
                | Self::LoginExpired
                | Self::FileUnnamed
                | Self::FileWrong
                | Self::TooMany
                | Self::Busy
                | Self::Internal
        )
    }

    /// One sentence for people.
    #[must_use]
    pub const fn title(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::Malformed => {
                ("请求内容不是有效的 JSON 或格式不对", "The body is not valid JSON of the expected shape")
            }
            Self::NotJson => ("请求必须是 JSON", "The body must be JSON"),
            Self::TooLarge => {
                ("一次发送的内容过多，请分批再试", "Too much in one request; send it in smaller parts")
            }
            Self::BadCredentials
            | Self::SecondFactorNeeded
            | Self::SecondFactorWrong
            | Self::SecondFactorMissing
            | Self::PasswordOld
            | Self::LoginExpired
            | Self::ReplicaForeign
            | Self::InviteEnded
            | Self::LoginTaken
            | Self::Forbidden => self.of_login(),
            Self::OriginForeign => {
                ("请求来自其他网站，已拒绝", "The request came from another site and was refused")
            }
            Self::NotFound => ("没有找到", "Not found"),
            Self::MethodNotAllowed => {
                ("这个地址不接受这种请求方法", "This address does not take this method")
            }
            Self::BadValue => ("有一项内容不对", "A value is not right"),
            Self::ClosingWrong | Self::ClosingAmbiguous | Self::ClosingUnfit | Self::HeldUnfit => {
                self.of_desk()
            }
            Self::AnsweringEnded
            | Self::AnswerWrong
            | Self::FormWrong
            | Self::FormChanged
            | Self::FormUnfit => self.of_form(),
            Self::RescueDamaged => (
                "这不是救援文件，或者文件在传送中损坏了，什么都没有导入；请重新发送一次",
                "This is no rescue file, or it was damaged on its way; nothing was imported. Have it sent again",
            ),
            Self::RescueForeign => (
                "本服务器的密钥打不开这个救援文件：它属于另一台服务器，或者已经损坏；什么都没有导入",
                "This server's key does not open the rescue file: it belongs to another server, or is damaged; nothing was imported",
            ),
            Self::RescueNewer => (
                "救援文件来自更新的版本，请先更新服务器；什么都没有导入",
                "The rescue file comes from a newer version: update the server first; nothing was imported",
            ),
            Self::RescueTooLarge => {
                ("救援文件太大，什么都没有导入", "The rescue file is too large; nothing was imported")
            }
            Self::RescueUnproven => (
                "服务器不认识这部分记录的上传凭证，不能证明是谁记的，没有导入",
                "The server does not know the token of this part, which would prove whose it is; it was not imported",
            ),
            Self::ImportChanged => (
                "预览之后数据或文件有了变化，什么都没有导入；请重新预览",
                "The data or the file changed since the preview; nothing was imported. Preview it again",
            ),
            Self::ImportTooLarge => {
                ("文件超过 8 MiB，什么都没有导入", "The file has more than 8 MiB; nothing was imported")
            }
            Self::FileUnnamed | Self::FileWrong | Self::FileKind => self.of_files(),
            Self::UpdateNeeded => ("请更新后再试", "Please update first"),
            Self::TooMany => ("请求太频繁，请稍后再试", "Too many requests; try again shortly"),
            Self::Busy => ("服务器正忙，稍后会自动再试", "The server is busy; it will be tried again"),
            Self::NotBuilt => ("这台服务器没有装这一项功能", "This server was built without it"),
            Self::Internal => ("服务器出错了，内容没有丢失", "The server failed; nothing was lost"),
        };
        lang.pick(zh, en)
    }

    /// What is said of what staff type in and decide.
    const fn of_desk(self) -> (&'static str, &'static str) {
        match self {
            Self::ClosingWrong => ("结束码不对，请核对", "This is no closing code; please check it"),
            Self::ClosingAmbiguous => {
                ("这个结束码对应几个场次，请选一个", "This closing code fits several sessions; choose one")
            }
            Self::ClosingUnfit => ("这个场次不能用结束码申报", "This session takes no closing code"),
            _ => ("这条记录现在不能接受", "This record cannot be accepted now"),
        }
    }

    /// What is said of the bytes of a photo.
    const fn of_files(self) -> (&'static str, &'static str) {
        match self {
            Self::FileUnnamed => (
                "还没有照片记录指向这个文件，稍后会自动再传",
                "No photo names this file yet; it will be sent again",
            ),
            Self::FileKind => ("只接受 JPEG、PNG 或 WebP 图片", "Only JPEG, PNG or WebP pictures are taken"),
            _ => ("文件内容对不上，要从头再传", "The bytes do not fit; the file has to be sent again"),
        }
    }

    /// What is said of forms and answers to them.
    const fn of_form(self) -> (&'static str, &'static str) {
        match self {
            Self::AnsweringEnded => ("这个答卷链接已失效", "This link to answer by has ended"),
            Self::AnswerWrong => ("有一题的答案不对", "An answer is not as the form asks"),
            Self::FormWrong => ("表单还不能发布", "The form cannot go out as it is"),
            Self::FormChanged => (
                "别人刚发布了这份表单的新版本，请打开最新版本再改",
                "Somebody brought out a new version meanwhile: open that one and change it",
            ),
            _ => ("这份表单现在不能这样处理", "That cannot be done with this form now"),
        }
    }

    /// What is said of who somebody is, and may do.
    const fn of_login(self) -> (&'static str, &'static str) {
        match self {
            Self::BadCredentials => ("用户名或密码不对", "Wrong login name or password"),
            Self::SecondFactorNeeded => (
                "请输入动态码（验证器上的 6 位数字），或一个备用码",
                "Enter the 6 digits that your authenticator shows, or a recovery code",
            ),
            Self::SecondFactorWrong => (
                "动态码不对，或已经用过：请等下一个，或用一个备用码",
                "The code is wrong or was used: wait for the next one, or use a recovery code",
            ),
            Self::PasswordOld => ("密码用得太久了，请设一个新的", "The password is too old: set a new one"),
            Self::LoginExpired => ("登录已失效，请重新登录", "The login has ended; please log in again"),
            Self::SecondFactorMissing => (
                "管理人员须先在电脑工作台启用两步验证",
                "Managers set up the second factor at the desk first",
            ),
            Self::ReplicaForeign => {
                ("这部手机的记录属于另一个账号", "This phone's records belong to another account")
            }
            Self::InviteEnded => (
                "这个链接已用过或已过期，请向工会要一个新的",
                "This link was used or has ended: ask your union for a new one",
            ),
            Self::LoginTaken => ("这个登录名已有人用", "This login name is taken"),
            _ => ("没有这项权限", "You do not have this right"),
        }
    }

    /// The code with this name, if there is one.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code() == code)
    }
}

/// The body of a refusal: `application/problem+json`, RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable name of the problem's type: `urn:jiangdao:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence in Chinese.
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// What exactly was wrong, in Chinese and English.
    pub detail: String,
    /// [`Code::code`].
    pub code: String,
    /// [`Code::retry`].
    pub retry: bool,
}

impl Problem {
    /// The body for a code, with what exactly was wrong (may be empty: then the title in English).
    #[must_use]
    pub fn new(code: Code, detail: &str) -> Self {
        let detail = if detail.is_empty() { code.title(Lang::En) } else { detail };
        Self {
            kind: format!("urn:jiangdao:problem:{}", code.code()),
            title: code.title(Lang::Zh).to_owned(),
            status: code.status(),
            detail: detail.to_owned(),
            code: code.code().to_owned(),
            retry: code.retry(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_snake_case() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.code()), "{} stands twice", code.code());
            assert!(code.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert_eq!(Code::from_code(code.code()), Some(code));
        }
    }
}
