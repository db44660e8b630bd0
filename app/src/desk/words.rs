//! Every sentence of the desk. Words of the domain stand with their types in `shared`.

use super::Desk;
use shared::messages;
use shared::text::Msg;

/// A text that follows the language.
pub fn t(message: Msg) -> impl Fn() -> &'static str + Copy + Send + 'static {
    let desk = Desk::here();
    move || message.get(desk.lang())
}

messages! {
    APP = "讲到 · 工作台", "Jiangdao · Desk";
    BRAND = "讲到", "Jiangdao";
    DESK = "工作台", "Desk";
    SKIP = "跳到正文", "Skip to content";
    MENU = "主要页面", "Main pages";
    OVERVIEW = "总览", "Overview";
    SESSIONS = "场次", "Sessions";
    HELD = "待处理", "Held";
    CLOSINGS = "结束码", "Closing codes";
    DEVICES = "设备", "Devices";
    LANGUAGE = "语言", "Language";
    OTHER_LANGUAGE = "English", "中文";
    THEME = "外观", "Theme";
    THEME_SYSTEM = "跟随系统", "As the system";
    THEME_LIGHT = "浅色", "Light";
    THEME_DARK = "深色", "Dark";
    SIGN_OUT = "退出登录", "Sign out";
    SIGN_OUT_FAILED = "没有退出：{}", "Not signed out: {}";
    NO_PAGE = "没有这个页面", "There is no such page";
    NO_PAGE_NEXT = "地址可能写错了，请从总览进入。", "The address may be mistyped; start from the overview.";
    TO_OVERVIEW = "回到总览", "Back to the overview";
    TO_SESSIONS = "回到场次列表", "Back to the sessions";

    LOGIN = "登录", "Log in";
    LOGIN_HINT = "使用管理员为您开通的账号。", "Use the account that your administrator opened for you.";
    LOGIN_NAME = "用户名", "Login name";
    PASSWORD = "密码", "Password";
    LOGGING_IN = "正在登录…", "Logging in…";
    LOGIN_OVER = "登录已失效，请重新登录；登录后回到刚才的页面。", "Your login has ended. Log in again to come back to the same page.";
    LOGIN_MISSING = "请填写用户名和密码", "Please fill in login name and password";

    LOADING = "正在读取…", "Loading…";
    RETRY = "重试", "Try again";
    STALE = "刷新失败：{}。屏幕上是上次的数据。", "Refresh failed: {}. The data shown is from before.";
    TROUBLE_UNREACHABLE = "连不上服务器，请检查网络", "The server cannot be reached; check the network";
    TROUBLE_SLOW = "服务器没有及时回答", "The server did not answer in time";
    TROUBLE_STRANGE = "服务器的回答无法识别（{}），请刷新页面或联系管理员", "The server's answer cannot be read ({}); reload the page or ask your administrator";
    NOT_HERE = "没有找到，或不在您的授权范围内", "Not found, or outside of what you may see";
    NOT_ALLOWED = "您的账号没有工作台的权限，请找管理员授权", "Your account has no right to use the desk; ask your administrator";
    WITH_DETAIL = "{}：{}", "{}: {}";

    WAY = "所在工会组织", "Place in the organisation";
    FILTERS = "查询条件", "Filters";
    ORG = "工会组织", "Organisation";
    FIND_ORG = "查找工会组织", "Find an organisation";
    FIND_ORG_HINT = "名称或编码", "Name or code";
    ORG_NOT_FOUND = "没有找到唯一的工会组织，请从提示中选择", "No single organisation found; choose one from the list";
    CAMPAIGN = "专题活动", "Campaign";
    ALL_CAMPAIGNS = "全部专题活动", "All campaigns";
    ACTIVITY = "活动", "Activity";
    ALL_ACTIVITIES = "全部活动", "All activities";
    FROM = "从", "From";
    TO = "到（含）", "To (incl.)";
    THIS_WEEK = "本周", "This week";
    THIS_MONTH = "本月", "This month";
    THIS_YEAR = "今年", "This year";
    CLEAR = "清除条件", "Clear filters";

    FIGURES = "主要数字", "Figures";
    AS_OF = "截至 {}", "As of {}";
    HELD_PLANNED = "场次（已举办）", "Sessions held";
    PLANNED_MORE = "计划中 {}", "{} planned";
    ATTENDED = "实到人次", "Person-times";
    ATTENDED_OF = "应到 {}，名单外 {}", "{} expected, {} walk-ins";
    PEOPLE = "参加人数", "People";
    PEOPLE_HINT = "实名签到，去重后", "by name, each once";
    RATE = "到会率", "Attendance rate";
    RATE_OF = "应到 {}", "{} expected";
    RATE_MEANS_ALL = "只算有花名册的场次", "sessions with a roster";
    RATE_NONE = "没有花名册可比，算不出到会率", "No roster to compare with, so no rate";
    ORGS = "基层工会覆盖", "Unions covered";
    WORKSHOPS = "车间（班组）覆盖", "Workshops covered";
    RESPONSES = "反馈答卷", "Responses";
    OF_ALL = "{} / {}", "{} / {}";
    SHARE = "覆盖率 {}", "{} covered";
    NOTHING_TO_COVER = "没有这一级", "None of this level here";

    SCORES = "三个问题", "Three questions";
    SCORE_N = "{} 份", "n = {}";
    SCORE_MEAN = "平均 {}", "mean {}";
    SCORE_WITHHELD = "少于 5 份，不显示", "Fewer than 5, withheld";
    SCORE_NONE = "还没有答卷", "No responses yet";
    SCORE_BARS = "各分值份数：{}", "Answers per mark: {}";
    SCORE_BAR = "{} 分 {} 份", "mark {}: {}";
    MARK = "{} 分", "{}";
    COMMA = "，", ", ";

    PHONES = "还在手机上", "Still on phones";
    PHONES_SAYS = "还有 {} 条签到、{} 份答卷在 {} 部手机上，尚未上传。", "Not uploaded yet: {} check-ins and {} responses (phones: {}).";
    PHONES_NEXT = "请提醒现场记录员连上网络后打开“讲到”，会自动上传。", "Ask the organisers to open Jiangdao with a connection; it uploads by itself.";

    CHILDREN = "下级情况", "Breakdown";
    OWN = "本级", "Own level";
    COL_HELD = "已举办", "Held";
    COL_PLANNED = "计划", "Planned";
    COL_ATTENDED = "人次", "Person-times";
    COL_PEOPLE = "人数", "People";
    COL_RATE = "到会率", "Rate";
    COL_ORGS = "基层工会", "Unions";
    COL_WORKSHOPS = "车间", "Workshops";
    COL_RESPONSES = "答卷", "Responses";
    COL_PHONES = "未上传", "On phones";
    COL_PHONES_TITLE = "还在手机上的签到和答卷", "Check-ins and responses still on phones";
    SORT_BY = "按“{}”排序", "Sort by {}";
    WITHHELD_SHORT = "<5", "<5";
    TOTAL = "合计", "Total";
    FOOTNOTE = "场次、人次、覆盖数和答卷逐级相加等于上级；人数、到会率和评分不能相加：同一个人可能参加多场，平均数不是和。“本级”是直接挂在该组织上的部分。评分少于 5 份不显示（表中写作 <5）。日期按北京时间。",
        "Sessions, person-times, covered orgs and responses add up to the line above; people, rates and scores do not: one person may attend several sessions, and a mean is no sum. “Own level” is what hangs on the organisation itself. Scores over fewer than 5 responses are withheld (written <5). Dates are UTC+8.";
    SEE_SESSIONS = "查看这些场次", "See these sessions";
    NO_CHILDREN = "没有下级组织", "Nothing below";
    NO_CHILDREN_NEXT = "这是最末一级，请看它的场次。", "This is the lowest level; see its sessions.";
    NOTHING_YET = "这个范围内还没有场次", "No sessions in this range yet";
    NOTHING_YET_NEXT = "放宽条件，或请现场记录员在手机上新建场次；上传后这里会自动出现。", "Widen the filters, or have an organiser make a session on the phone; it appears here once uploaded.";

    COL_START = "开始时间", "Start";
    COL_TITLE = "名称", "Title";
    COL_STATE = "状态", "State";
    COL_ATTENDED_EXPECTED = "实到 / 应到", "Attended / expected";
    COL_MISSING = "未上传答卷", "Not uploaded";
    COL_MISSING_TITLE = "手机申报、服务器还没收到的答卷", "Responses that phones declared and the server has not got";
    EXPORT_LIST = "下载签到表（XLSX）", "Download attendance (XLSX)";
    EXPORT_ONE = "下载本场签到表（XLSX）", "Download this attendance (XLSX)";
    EXPORTING = "正在生成…", "Preparing…";
    EXPORT_FAILED = "没有下载成功：{}", "Not downloaded: {}";
    EXPORT_NAME = "签到", "attendance";
    PAGES = "翻页", "Pages";
    PAGE_OF = "第 {} / {} 页，共 {} 条", "Page {} of {}, {} in all";
    EXPORT_FIGURES = "下载汇总（XLSX）", "Download figures (XLSX)";
    EXPORT_FIGURES_NAME = "汇总", "figures";
    PREVIOUS = "上一页", "Previous";
    NEXT = "下一页", "Next";
    SIZE = "每页", "Per page";

    FACTS = "基本情况", "Facts";
    TOTALS = "合计", "Totals";
    TIME = "时间", "Time";
    MODE = "形式", "Mode";
    VENUE = "地点", "Venue";
    TOPIC = "主题", "Topic";
    LECTURERS = "宣讲员", "Lecturers";
    LEADER = "班子成员", "leader";
    NOTE = "备注", "Note";
    TAGS = "标记", "Tags";
    AUDIENCE = "参加范围", "Audience";
    ATTENDED_ONE = "实到", "Attended";
    EXPECTED = "应到", "Expected";
    EXPECTED_NONE = "没有花名册，也没有填应到人数", "No roster, and no expected figure given";
    RATE_MEANS = "花名册内实到 / 应到", "of the roster, present / expected";
    RATE_NONE_ONE = "还没有举办，或没有花名册可比", "Not held yet, or no roster to compare with";
    WALK_INS = "名单外人员", "Walk-ins";
    HEADCOUNT = "清点人数", "Headcount";
    HEADCOUNT_NONE = "没有清点", "not counted";
    DECLARED = "手机结束时申报", "Declared at closing";
    DECLARED_SAYS = "签到 {} 条，答卷 {} 份", "{} check-ins, {} responses";
    DECLARED_NONE = "还没有手机结束这一场", "No phone has closed it yet";

    ROSTER = "人员", "People";
    SHOW = "显示", "Show";
    SHOW_ALL = "全部", "All";
    SEARCH = "查找姓名、工号或手机尾号", "Find a name, staff number or phone tail";
    COL_NAME = "姓名", "Name";
    COL_STAFF_NO = "工号", "Staff no.";
    COL_TAIL = "手机尾号", "Phone tail";
    COL_WORKSHOP = "车间（班组）", "Workshop";
    COL_ARRIVED = "到达时间", "Arrived";
    COL_REMARKS = "说明", "Remarks";
    PRESENT = "已到", "Present";
    NOT_PRESENT = "未到", "Not present";
    WALK_IN = "名单外", "Walk-in";
    ARRIVED_UNKNOWN = "时间不详", "Time not known";
    NAME_UNKNOWN = "人员待确认", "Not known yet";
    NO_PEOPLE = "还没有人员", "No people yet";
    NO_PEOPLE_NEXT = "没有花名册，也还没有人签到。请导入花名册，或在手机上签到后等它上传。", "There is no roster and nobody has checked in. Import a roster, or check in on the phone and let it upload.";
    NO_MATCH = "没有符合条件的人员", "Nobody matches";
    NO_MATCH_NEXT = "换一个查找词，或显示全部。", "Try another word, or show all.";
    TAG_TIME_SUSPECT = "时间存疑", "Time in doubt";
    TAG_AFTER_CLOSE = "结束后补记", "After closing";

    HELD_HINT = "手机已经上传、服务器原样保存、但还没有生效的记录。内容不会丢失。", "Records that phones uploaded and the server keeps as they came, without effect so far. Nothing is lost.";
    HELD_NONE = "没有待处理的记录", "Nothing is held";
    HELD_NONE_NEXT = "这里不需要做什么。", "There is nothing to do here.";
    COL_WHY = "原因", "Why";
    COL_WHO = "谁记录的", "Recorded by";
    COL_WHEN = "收到时间", "Received";
    COL_RAW = "原文", "As it was sent";
    RAW_SHOW = "显示原文", "Show";
    WHO_NOBODY = "匿名答卷", "anonymous response";

    CLOSINGS_HINT = "现场没有信号时，记录员把手机上的结束码报过来：登记后，本场先算已申报，等手机上传后由手机自己的数据代替，不会重复计算。", "Where there is no signal, the organiser tells the code on the phone: once recorded, the session counts as declared, until the phone's own data take its place. Nothing counts twice.";
    CLOSING_FIELD = "输入结束码", "Type the code";
    CLOSING_EMPTY = "12 位数字和字母，不分大小写", "12 digits and letters, capital or small";
    CLOSING_LEFT = "{} … 还差 {} 位", "{} … {} to go";
    CLOSING_RIGHT = "{}，核对无误", "{}: the check is right";
    CLOSING_UNKNOWN = "服务器还没有这个场次，可能是在手机上新建的。登记后先存着，等手机上传后自动对上。", "The server does not know this session yet; it may have been made on the phone. It is kept, and finds its session once the phone uploads.";
    CLOSING_CHOOSE = "有几个场次都对得上，请选一个：", "Several sessions fit; choose one:";
    CLOSING_AGAIN = "这个结束码已经登记过了，不用再登记。", "This code was recorded before; there is nothing to do.";
    CLOSING_DO = "登记", "Record";
    CLOSING_DONE = "已登记", "Recorded";
    CLOSING_FOREIGN = "这个结束码是其他工会组织的场次，或者您没有登记的权限", "This code is about a session of another organisation, or you have no right to record it";
    CLOSING_NO_SESSION = "还不知道", "not known yet";
    CLOSINGS_NONE = "还没有登记过结束码", "No codes recorded yet";
    CLOSINGS_NONE_NEXT = "手机上结束一场后，“小结”页会显示结束码。", "A phone shows its code on the summary page once a session is closed.";
    COL_TYPED = "登记时间", "Recorded";
    COL_TYPED_BY = "登记人", "By";
    COL_DECLARED = "申报", "Declares";

    DEVICES_HINT = "手机或浏览器最后一次联系服务器时报告的情况；之后发生的事，下次联系才知道。", "What each phone or browser told when it last contacted the server; what happened since is known at its next contact.";
    BACKUP_NONE = "未备份：服务器的磁盘一坏，数据就没有了", "Not backed up: if the server's disk breaks, the data are gone";
    BACKUP_GOOD = "已备份至 {}", "Backed up as of {}";
    BACKUP_FAILS = "最后一次备份是 {}，现在写不进去：{}", "Last backed up {}; it cannot be written now: {}";
    BACKUP_RESTORED = "数据于 {} 从 {} 的备份恢复，含 {} 条改动；此后 {} 台设备补传回 {} 条备份里没有的", "The data were restored on {} from the backup of {} with {} changes; since then {} devices have brought back {} that it lacked";
    DEVICES_NONE = "还没有设备", "No devices yet";
    DEVICES_NONE_NEXT = "现场记录员在手机上登录后，这里会自动出现。", "They appear here once organisers log in on their phones.";
    RESCUE = "导入救援文件", "Import a rescue file";
    RESCUE_HINT = "手机连不上服务器时存出的加密文件。记在原记录人名下；重复导入、以后手机再上传，都不会重复计数。",
        "The encrypted file that a phone saved while it could not reach the server. Records go under those who made them; importing it again, or the phone uploading later, doubles nothing.";
    RESCUE_CHOOSE = "选择救援文件", "Choose a rescue file";
    RESCUE_DO = "导入", "Import";
    RESCUE_DOING = "正在导入…", "Importing…";
    RESCUE_NO_FILE = "请先选择文件", "Please choose a file first";
    RESCUE_UNREADABLE = "文件读不出来", "The file cannot be read";
    RESCUE_DONE = "新收 {} 条，已有 {} 条，待处理 {} 条。", "{} taken, {} known already, {} held.";
    RESCUE_REFUSED = "{}（{} 条）没有导入：{}", "{} ({}) was not imported: {}";
    DEVICE_UNNAMED = "未命名设备", "unnamed device";
    COL_DEVICE = "设备", "Device";
    COL_ACCOUNT = "账号", "Account";
    COL_CONTACT = "最后联系", "Last contact";
    COL_UNSENT = "未上传", "Unsent";
    COL_UNSENT_TITLE = "最后联系时还没有上传的记录", "Records not uploaded yet, as of the last contact";
    COL_GAPS = "缺号", "Gaps";
    COL_GAPS_TITLE = "编号更大的记录已经收到、自己还没收到的记录", "Records that have not arrived though later ones have";
    COL_CONDITION = "状况", "Condition";
    CONTACT_NEVER = "还没有联系过", "never";
    AGO_NOW = "刚刚", "just now";
    AGO_MINUTES = "{} 分钟前", "{} min ago";
    AGO_HOURS = "{} 小时前", "{} h ago";
    AGO_DAYS = "{} 天前", "{} d ago";
    LOSS_EMPTIED = "本机记录被清空", "Records on the device were wiped";
    LOSS_ROLLED_BACK = "本机记录回到了旧状态", "Records on the device went back to an older state";
    LOSS_SERVER_BEHIND = "服务器数据曾回退", "The server's data had gone back";
    LOSS_OTHER = "记录有异常", "Something is wrong with the records";
    CLASHED = "记录被复制或回滚", "Records were copied or rolled back";
    LOSS_AT = "{}（{}）", "{} ({})";
    LOSS_MISSING = "{}（{}，最多 {} 条）", "{} ({}, up to {} records)";
}
