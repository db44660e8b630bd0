//! Every route of the server, in the order of the page that describes them. A route of the router without a line
//! here, or a line without a route, fails a test.

use Answer::{File, Json, Nothing, Text};
use Who::{Login, Open, Push, Read};

/// Who may ask, before roles are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// Anybody.
    Open,
    /// A login.
    Login,
    /// A login, or a read token.
    Read,
    /// A login, or a push token.
    Push,
}

/// What comes back where it goes well.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    /// JSON of this shape.
    Json(&'static str),
    /// A file of this content type.
    File(&'static str),
    /// Text of this content type.
    Text(&'static str),
    /// 204.
    Nothing,
}

/// One method of one path.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) who: Who,
    /// Names of parameters of the query, each one of [`QUERY`].
    pub(super) query: &'static [&'static str],
    /// Shape of the body, or its content type where it is no JSON.
    pub(super) body: &'static str,
    pub(super) answer: Answer,
}

/// A part of the page.
pub(super) struct Group {
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) routes: &'static [Route],
}

/// Parameters of queries: name, type, what it means.
pub(super) const QUERY: [(&str, &str, &str); 18] = [
    ("org", "string", "组织的编码或 ID，含其下全部 / code or id of an org, all below it included"),
    ("campaign", "uuid", "专题活动 / a campaign"),
    ("activity", "string", "活动类型，如 lecture / an activity such as lecture"),
    ("from_ms", "integer", "开始时间不早于，毫秒 / sessions that start at this moment or later, ms"),
    ("to_ms", "integer", "开始时间早于，毫秒 / sessions that start before this moment, ms"),
    ("session", "uuid", "一个场次 / one session"),
    ("page", "integer", "页码，从 1 起 / page, from 1"),
    ("size", "integer", "每页条数，1 到 100 / items a page, 1 to 100"),
    ("q", "string", "名称、编码或工号的一部分 / part of a name, code or staff number"),
    ("parent", "string", "只要它的直接下级 / the children of this org alone"),
    ("level", "string", "组织级别 / a level of orgs"),
    ("present", "boolean", "是否到场 / whether somebody came"),
    ("act", "string", "做了什么 / what was done"),
    ("login", "string", "登录名 / a login name"),
    ("state", "string", "open 或 decided / open or decided"),
    ("sheet", "string", "工作表 / the sheet"),
    ("confirm", "string", "预览给出的令牌；没有时只预览 / the token of the preview; without it, it is one"),
    ("whole", "boolean", "这是全部花名册 / it is the whole roster"),
];

const FILTER: &[&str] = &["org", "campaign", "activity", "from_ms", "to_ms"];
const FILTER_ONE: &[&str] = &["org", "campaign", "activity", "from_ms", "to_ms", "session"];
const FILTER_PAGE: &[&str] = &["org", "campaign", "activity", "from_ms", "to_ms", "page", "size"];
const PAGE: &[&str] = &["page", "size"];
const ORG_PAGE: &[&str] = &["org", "page", "size"];
const NONE: &[&str] = &[];
const XLSX: Answer = File("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
const CSV: Answer = File("text/csv");
const DOCX: Answer = File("application/vnd.openxmlformats-officedocument.wordprocessingml.document");
const PDF: Answer = File("application/pdf");
const OCTETS: &str = "application/octet-stream";

macro_rules! routes {
    ($($method:literal $path:literal $who:ident $query:expr, $body:literal => $answer:expr, $zh:literal, $en:literal;)*) => {
        &[$(Route { method: $method, path: $path, zh: $zh, en: $en, who: $who, query: $query, body: $body,
            answer: $answer }),*]
    };
}

/// Every route.
pub(super) const GROUPS: &[Group] = &[
    Group {
        zh: "数字和名单",
        en: "Figures and lists",
        routes: routes! {
            "GET" "/api/v1/coverage" Read FILTER, "" => Json("Coverage"), "一个组织及其下级的数字", "The figures of an org and its children";
            "GET" "/api/v1/coverage/phones" Login FILTER_PAGE, "" => Json("OnPhones"), "结束时申报、还没有到服务器的", "What was declared at closing and is not here";
            "GET" "/api/v1/sessions" Read FILTER_PAGE, "" => Json("Sessions"), "场次，最近的在前", "Sessions, the latest first";
            "GET" "/api/v1/sessions/{id}" Read NONE, "" => Json("Session"), "一个场次", "One session";
            "GET" "/api/v1/sessions/{id}/attendance" Read &["present", "q", "page", "size"], "" => Json("Attendances"), "应到和到场的人，脱敏", "Who is expected or present, masked";
            "POST" "/api/v1/sessions/{id}/attendance/reveal" Login NONE, "RevealRequest" => Json("Revealed"), "凭理由查看完整信息", "What is masked, for a reason";
            "GET" "/api/v1/orgs" Read &["org", "parent", "level", "q", "page", "size"], "" => Json("Orgs"), "组织", "Orgs";
            "GET" "/api/v1/campaigns" Read PAGE, "" => Json("Campaigns"), "专题活动", "Campaigns";
        },
    },
    Group {
        zh: "导出",
        en: "Exports",
        routes: routes! {
            "GET" "/api/v1/exports/coverage.xlsx" Read FILTER, "" => XLSX, "覆盖面", "Coverage";
            "POST" "/api/v1/exports/coverage.xlsx" Login FILTER, "ReasonRequest" => XLSX, "覆盖面，凭理由不脱敏", "The same unmasked, for a reason";
            "GET" "/api/v1/exports/coverage.csv" Read FILTER, "" => CSV, "覆盖面", "Coverage";
            "POST" "/api/v1/exports/coverage.csv" Login FILTER, "ReasonRequest" => CSV, "覆盖面，凭理由不脱敏", "The same unmasked, for a reason";
            "GET" "/api/v1/exports/sessions.xlsx" Read FILTER_ONE, "" => XLSX, "场次", "Sessions";
            "POST" "/api/v1/exports/sessions.xlsx" Login FILTER_ONE, "ReasonRequest" => XLSX, "场次，凭理由不脱敏", "The same unmasked, for a reason";
            "GET" "/api/v1/exports/sessions.csv" Read FILTER_ONE, "" => CSV, "场次", "Sessions";
            "POST" "/api/v1/exports/sessions.csv" Login FILTER_ONE, "ReasonRequest" => CSV, "场次，凭理由不脱敏", "The same unmasked, for a reason";
            "GET" "/api/v1/exports/attendance.xlsx" Read FILTER_ONE, "" => XLSX, "签到，脱敏", "Attendance, masked";
            "POST" "/api/v1/exports/attendance.xlsx" Login FILTER_ONE, "ReasonRequest" => XLSX, "签到，凭理由不脱敏", "The same unmasked, for a reason";
            "GET" "/api/v1/exports/attendance.csv" Read FILTER_ONE, "" => CSV, "签到，脱敏", "Attendance, masked";
            "POST" "/api/v1/exports/attendance.csv" Login FILTER_ONE, "ReasonRequest" => CSV, "签到，凭理由不脱敏", "The same unmasked, for a reason";
            "GET" "/api/v1/exports/feedback.xlsx" Read FILTER, "" => XLSX, "反馈评分", "Marks";
            "POST" "/api/v1/exports/feedback.xlsx" Login FILTER, "ReasonRequest" => XLSX, "反馈评分，凭理由", "The same, for a reason";
            "GET" "/api/v1/exports/feedback.csv" Read FILTER, "" => CSV, "反馈评分", "Marks";
            "POST" "/api/v1/exports/feedback.csv" Login FILTER, "ReasonRequest" => CSV, "反馈评分，凭理由", "The same, for a reason";
            "GET" "/api/v1/exports/report.docx" Read FILTER, "" => DOCX, "汇总报告", "The summary report";
            "POST" "/api/v1/exports/report.docx" Login FILTER, "ReportRequest" => DOCX, "汇总报告，附填写内容", "The same with what is typed in";
            "GET" "/api/v1/exports/report.pdf" Read FILTER, "" => PDF, "汇总报告", "The summary report";
            "POST" "/api/v1/exports/report.pdf" Login FILTER, "ReportRequest" => PDF, "汇总报告，附填写内容", "The same with what is typed in";
            "GET" "/api/v1/report/template" Login NONE, "" => Json("Wording"), "报告模板", "The wording of the report";
            "POST" "/api/v1/report/template" Login NONE, "WordingNew" => Json("Wording"), "修改报告模板；body 为 null 时恢复", "Sets it; null puts it back";
            "GET" "/api/v1/exports/jobs" Login NONE, "" => Json("Jobs"), "自己的导出任务", "One's own jobs";
            "GET" "/api/v1/exports/jobs/{id}" Login NONE, "" => Json("Job"), "一个任务", "One of them";
            "GET" "/api/v1/exports/jobs/{id}/file" Login NONE, "" => File(OCTETS), "任务的文件，保留一天", "Its file, which is kept for a day";
            "POST" "/api/v1/exports/jobs/{id}/end" Login NONE, "Any" => Json("Done"), "删除任务和文件", "Takes it away with its file";
        },
    },
    Group {
        zh: "表单、专题和照片",
        en: "Forms, campaigns, photos",
        routes: routes! {
            "GET" "/api/v1/forms" Login NONE, "" => Json("Forms"), "表单", "Forms";
            "POST" "/api/v1/forms" Login NONE, "FormNew" => Json("FormDetail"), "新建表单，发布第 1 版", "Makes a form and brings out its version 1";
            "GET" "/api/v1/forms/{id}" Login NONE, "" => Json("FormDetail"), "一份表单的各个版本", "All versions of a form";
            "POST" "/api/v1/forms/{id}/versions" Login NONE, "FormNew" => Json("FormDetail"), "发布下一版", "Brings out the next version";
            "POST" "/api/v1/forms/{id}/closing" Login NONE, "FormClosing" => Json("FormDetail"), "停用或恢复", "Closes it, or opens it again";
            "POST" "/api/v1/campaigns" Login NONE, "CampaignSet" => Json("Campaign"), "新建专题活动", "Makes a campaign";
            "POST" "/api/v1/campaigns/{id}" Login NONE, "CampaignSet" => Json("Campaign"), "修改专题活动", "Changes a campaign";
            "GET" "/api/v1/sessions/{id}/photos" Login NONE, "" => Json("Photos"), "一个场次的照片", "The photos of a session";
            "POST" "/api/v1/files" Push NONE, "" => Nothing, "开始上传一个文件（tus 1.0.0），201 和 Location", "Begins a file (tus 1.0.0): 201 and its Location";
            "PATCH" "/api/v1/files/{sha256}" Push NONE, "application/offset+octet-stream" => Nothing, "接着上传一段；HEAD 给出已到多少", "Adds a piece; HEAD tells how much is here";
            "GET" "/api/v1/files/{sha256}" Login NONE, "" => File(OCTETS), "一张照片", "A photo";
        },
    },
    Group {
        zh: "登录和账号",
        en: "Logins and accounts",
        routes: routes! {
            "POST" "/api/v1/login" Open NONE, "LoginRequest" => Json("LoginAnswer"), "登录", "Logs in";
            "GET" "/api/v1/login" Login NONE, "" => Json("LoginAnswer"), "谁登录了", "Who is logged in";
            "DELETE" "/api/v1/login" Login NONE, "" => Nothing, "退出登录", "Logs out";
            "POST" "/api/v1/join" Open NONE, "JoinRequest" => Json("LoginAnswer"), "凭邀请加入", "Joins by an invitation";
            "POST" "/api/v1/enter" Open NONE, "EnterRequest" => Json("Any"), "凭链接设密码", "Sets a password by a link";
            "POST" "/api/v1/first" Open NONE, "FirstRequest" => Json("Any"), "建首个管理员", "Makes the first admin";
            "POST" "/api/v1/first/look" Open NONE, "TokenRequest" => Json("FirstNeeds"), "首个管理员链接需要什么", "What that link asks for";
            "GET" "/api/v1/me" Login NONE, "" => Json("Me"), "自己的账号", "One's own account";
            "POST" "/api/v1/me/factor" Login NONE, "Any" => Json("FactorNew"), "开始启用两步验证", "Begins the second factor";
            "POST" "/api/v1/me/factor/confirm" Login NONE, "CodeRequest" => Json("RecoveryCodes"), "确认两步验证", "Switches it on";
            "POST" "/api/v1/me/factor/end" Login NONE, "FactorEnd" => Json("Done"), "关闭两步验证", "Switches it off";
            "POST" "/api/v1/me/password" Login NONE, "PasswordChange" => Json("Done"), "修改密码", "Changes the password";
            "GET" "/api/v1/me/tokens" Login NONE, "" => Json("ReadTokens"), "自己的只读令牌", "One's own read tokens";
            "POST" "/api/v1/me/tokens" Login NONE, "ReadTokenNew" => Json("ReadTokenMade"), "新建只读令牌，只显示一次", "Makes one; it is told this once";
            "POST" "/api/v1/me/tokens/{id}/end" Login NONE, "Any" => Json("Done"), "停用令牌", "Ends one";
            "GET" "/api/v1/accounts" Login &["org", "q", "page", "size"], "" => Json("Page"), "账号", "Accounts";
            "POST" "/api/v1/accounts" Login NONE, "AccountNew" => Json("LinkMade"), "新建账号", "Makes an account";
            "POST" "/api/v1/accounts/{id}/grants" Login NONE, "GrantNew" => Json("Any"), "授权", "Gives a role";
            "POST" "/api/v1/accounts/{id}/link" Login NONE, "Any" => Json("LinkMade"), "账号链接", "Makes a link for an account";
            "POST" "/api/v1/accounts/{id}/confirm" Login NONE, "ConfirmRequest" => Json("Any"), "确认加入", "Lets somebody in, or not";
            "POST" "/api/v1/accounts/{id}/factor/end" Login NONE, "Any" => Json("Any"), "关闭其两步验证", "Switches its second factor off";
            "POST" "/api/v1/grants/{id}/end" Login NONE, "Any" => Json("Any"), "结束授权", "Ends a role";
            "GET" "/api/v1/invitations" Login ORG_PAGE, "" => Json("Page"), "邀请", "Invitations";
            "POST" "/api/v1/invitations" Login NONE, "InvitationNew" => Json("LinkMade"), "新建邀请", "Makes an invitation";
            "POST" "/api/v1/invitations/{id}/end" Login NONE, "Any" => Json("Any"), "结束邀请", "Ends one";
            "GET" "/api/v1/settings" Login NONE, "" => Json("Settings"), "设置", "Settings";
            "POST" "/api/v1/settings" Login NONE, "SettingNew" => Json("Setting"), "修改设置", "Changes one";
        },
    },
    Group {
        zh: "手机",
        en: "Phones",
        routes: routes! {
            "POST" "/api/v1/push" Push NONE, "PushRequest" => Json("PushAnswer"), "上传改动", "Takes changes in";
            "POST" "/api/v1/pull" Login NONE, "PullRequest" => Json("PullAnswer"), "下载数据", "Gives rows";
            "POST" "/api/v1/unlock" Login NONE, "UnlockRequest" => Json("Any"), "重置手机密码", "Opens a phone whose PIN was forgotten";
            "POST" "/api/v1/answers" Open NONE, "AnswersRequest" => Json("Any"), "扫码答卷", "Takes an answer by link";
            "POST" "/api/v1/answers/form" Open NONE, "FormRequest" => Json("Any"), "扫码答卷的表单", "The form of that link";
            "GET" "/api/v1/sessions/{id}/answering" Login NONE, "" => Json("AnsweringNow"), "扫码答卷的链接", "The link to answer by";
            "POST" "/api/v1/sessions/{id}/answering" Login NONE, "Any" => Json("AnsweringNow"), "开通链接", "Makes one";
            "POST" "/api/v1/sessions/{id}/answering/end" Login NONE, "Any" => Json("AnsweringNow"), "结束链接", "Ends it";
        },
    },
    Group {
        zh: "管理",
        en: "Administration",
        routes: routes! {
            "GET" "/api/v1/roster" Login &["org", "q", "page", "size"], "" => Json("Page"), "花名册", "A roster";
            "GET" "/api/v1/roster/counts" Login &["org"], "" => Json("Any"), "各组织人数", "People per org";
            "GET" "/api/v1/imports" Login NONE, "" => Json("ImportRights"), "可以导入什么", "What one may import";
            "POST" "/api/v1/imports/orgs" Login &["sheet", "confirm"], "application/octet-stream" => Json("Any"), "导入组织", "Imports orgs";
            "POST" "/api/v1/imports/roster" Login &["org", "sheet", "whole", "confirm"], "application/octet-stream" => Json("Any"), "导入花名册", "Imports a roster";
            "GET" "/api/v1/imports/templates/orgs.xlsx" Login NONE, "" => XLSX, "组织模板", "Template of orgs";
            "GET" "/api/v1/imports/templates/roster.xlsx" Login NONE, "" => XLSX, "花名册模板", "Template of a roster";
            "GET" "/api/v1/held" Login &["state", "page", "size"], "" => Json("Page"), "待处理", "What is held";
            "POST" "/api/v1/held/{key}" Login NONE, "HeldRequest" => Json("Any"), "接受或拒绝", "Accepts or refuses it";
            "GET" "/api/v1/closings" Login ORG_PAGE, "" => Json("Page"), "结束码", "Closing codes";
            "POST" "/api/v1/closings" Login NONE, "ClosingRequest" => Json("Any"), "登记结束码", "Records one";
            "GET" "/api/v1/closings/{code}" Login NONE, "" => Json("Any"), "结束码说什么", "What one says";
            "GET" "/api/v1/devices" Login ORG_PAGE, "" => Json("Page"), "设备", "Devices";
            "POST" "/api/v1/devices/{replica}" Login NONE, "DeviceDeed" => Json("Any"), "停用、挂失或找回", "Revokes one, reports it lost or found";
            "POST" "/api/v1/rescue" Login NONE, "application/octet-stream" => Json("Any"), "导入救援文件", "Imports a rescue file";
            "GET" "/api/v1/backup" Login NONE, "" => Json("Any"), "备份情况", "How the backup stands";
            "GET" "/api/v1/audit" Login &["act", "login", "from_ms", "to_ms", "page", "size"], "" => Json("Page"), "审计", "The audit";
        },
    },
    Group {
        zh: "服务器",
        en: "The server",
        routes: routes! {
            "GET" "/api/v1/health" Open NONE, "" => Json("Health"), "是否正常", "Whether it stands";
            "GET" "/metrics" Open NONE, "" => Text("text/plain"), "运行指标", "Metrics";
            "GET" "/api/v1/openapi.json" Open NONE, "" => Json("Any"), "本说明，OpenAPI 3.1", "This description, OpenAPI 3.1";
            "GET" "/api/v1/docs" Open NONE, "" => Text("text/html"), "本说明，网页", "The same as a page";
            "GET" "/api/v1/docs.css" Open NONE, "" => Text("text/css"), "网页的样式", "Its style";
        },
    },
];
