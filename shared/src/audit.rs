//! Audit (审计): who logged in, took something away or decided something (docs/security.md).

use crate::session::words;
use crate::text::Lang;
use serde::{Deserialize, Serialize};

words! {
    /// What was done.
    Act {
        /// Somebody logged in.
        Login = "login", "登录", "Logged in";
        /// A login was refused; of what was typed, what was wrong is not said.
        LoginRefused = "login_refused", "登录被拒", "Login refused";
        /// An account was made.
        Account = "account", "新建账号", "Account added";
        /// A role was given.
        Grant = "grant", "授权", "Role granted";
        /// Attendance was taken away as a file.
        ExportAttendance = "export_attendance", "导出签到", "Attendance exported";
        /// Figures were taken away as a file.
        ExportCoverage = "export_coverage", "导出汇总", "Figures exported";
        /// The list of sessions was taken away as a file.
        ExportSessions = "export_sessions", "导出场次", "Sessions exported";
        /// Published marks were taken away as a file.
        ExportFeedback = "export_feedback", "导出反馈", "Feedback exported";
        /// The summary report was made.
        ExportReport = "export_report", "生成汇总报告", "Report made";
        /// The wording of the summary report was changed.
        ReportTemplate = "report_template", "修改报告模板", "Report wording changed";
        /// A read token was made, or ended.
        ReadToken = "read_token", "只读令牌", "Read token";
        /// A part of a rescue file was brought.
        Rescue = "rescue", "导入救援文件", "Rescue file imported";
        /// A closing code was typed in.
        Closing = "closing", "登记结束码", "Closing code recorded";
        /// Something held was given its effect.
        HeldAccept = "held_accept", "接受待处理", "Held change accepted";
        /// Something held was refused.
        HeldRefuse = "held_refuse", "拒绝待处理", "Held change refused";
        /// The data were restored from a backup.
        Restore = "restore", "从备份恢复", "Restored from a backup";
        /// The org tree was imported.
        ImportOrgs = "import_orgs", "导入组织", "Orgs imported";
        /// A roster was imported.
        ImportRoster = "import_roster", "导入花名册", "Roster imported";
        /// A person's names and texts were rewritten.
        Erasure = "erasure", "删除个人信息", "Person erased";
        /// For how long names are kept was set.
        Retention = "retention", "设置保留期", "Retention set";
        /// A role was ended.
        GrantEnd = "grant_end", "结束授权", "Role ended";
        /// A link to join by was made, or ended.
        Invite = "invite", "邀请", "Invitation";
        /// Somebody joined by a link.
        Join = "join", "加入", "Joined";
        /// Somebody who joined was let in, or not.
        Confirm = "confirm", "确认加入", "Joining decided";
        /// A link for an account was made, or a password was set by one.
        Link = "link", "账号链接", "Account link";
        /// A phone whose PIN was forgotten got its store's key.
        Unlock = "unlock", "重置手机密码", "Phone unlocked";
        /// A device was revoked, reported lost, or found.
        Device = "device", "设备处置", "Device";
        /// A second factor was set up.
        FactorOn = "factor_on", "启用两步验证", "Second factor on";
        /// A second factor was switched off.
        FactorOff = "factor_off", "关闭两步验证", "Second factor off";
        /// Somebody changed their own password.
        Password = "password", "修改密码", "Password changed";
        /// The first admin was made by the link of the console.
        First = "first", "首个管理员", "First admin";
        /// Something was set for the whole city.
        Setting = "setting", "修改设置", "Setting changed";
        /// What is masked was looked at.
        Reveal = "reveal", "查看完整信息", "Masked data looked at";
        /// A link to answer by was made, or ended.
        Answering = "answering", "扫码答卷", "Public answering";
        /// A form or a version of one went out, or one was closed.
        Form = "form", "表单", "Form";
        /// A campaign was made or changed.
        Campaign = "campaign", "专题活动", "Campaign";
    }
}

/// An item of `GET /api/v1/audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditItem {
    /// Its place in the chain, from 1.
    pub place: u64,
    /// When, ms.
    pub at_ms: i64,
    /// Login name of who did it; none of the console.
    pub login: Option<String>,
    /// Name of who did it.
    pub name: Option<String>,
    /// [`Act::wire`], or a word of a newer version.
    pub act: String,
    /// What exactly.
    pub detail: String,
    /// The hash of the chain up to here, hexadecimal.
    pub hash: String,
}

impl AuditItem {
    /// What was done, in words.
    #[must_use]
    pub fn says(&self, lang: Lang) -> &str {
        Act::from_wire(&self.act).map_or(self.act.as_str(), |act| act.label(lang))
    }
}
