//! Every text of the phone, in both languages.

shared::messages! {
    /// The product.
    APP = "讲到", "Jiangdao";
    BACK = "返回", "Back";
    SESSIONS = "场次", "Sessions";
    SYNC = "同步", "Sync";
    ME = "我的", "Me";
    LOADING = "正在打开…", "Opening…";
    NONE = "无", "None";
    OPTIONAL = "选填", "optional";
    UNDO = "撤销", "Undo";
    CLOSE_NOTE = "关闭提示", "Dismiss";
    TOO_LONG = "内容太长，没有保存，请缩短后再试", "Too long; nothing was saved. Please shorten it";

    // Login
    LOGIN_TITLE = "登录", "Log in";
    LOGIN_LEAD = "只需要在有信号时登录一次，以后没有信号也能签到、收反馈。",
        "Log in once with signal. After that, everything works without.";
    LOGIN_AGAIN = "登录已失效。记录都在本机，重新登录后会接着上传。",
        "Your login has ended. Your records are on this phone and go up once you log in again.";
    JOIN_LEAD = "填上姓名就能加入。只需要在有信号时做一次，以后没有信号也能签到、收反馈。",
        "Enter your name to join. Once, with signal; later you can record without any.";
    JOIN_AGAIN_LEAD = "用这个链接在本机登录。", "Log in on this phone by this link.";
    JOIN_NAME = "姓名", "Name";
    JOIN_NEEDS = "请填写姓名", "Please enter your name";
    JOIN_DO = "加入", "Join";
    JOIN_DOING = "正在加入…", "Joining…";
    JOIN_NOT = "暂不加入", "Not now";
    JOIN_WAITS = "还没有授权：等管理员确认后，花名册会自动下载。",
        "No grant yet: once a manager confirms, the rosters come by themselves.";
    LOGIN_NAME = "用户名", "Login name";
    PASSWORD = "密码", "Password";
    LOGIN_CODE = "动态码或备用码", "Code or recovery code";
    PASSWORD_NEW = "新密码", "New password";
    LOGIN_DO = "登录", "Log in";
    LOGIN_DOING = "正在登录…", "Logging in…";
    LOGIN_NEEDS = "请填写用户名和密码", "Please enter login name and password";
    LOGIN_UNREACHABLE = "连不上服务器：可能没有信号。登录需要网络，请换个有信号的地方再试。",
        "No connection to the server, perhaps no signal. Logging in needs the network; please try where there is signal.";
    LOGIN_NOT_SERVER = "回答的不是讲到的服务器，可能是需要登录的无线网络。请先连好网络再试。",
        "Something other than the server answered, perhaps a Wi-Fi that wants a login. Please connect first.";
    LOGIN_NO_STORE = "这个浏览器不能保存记录（可能是无痕模式，或禁止了存储），所以不能登录。请换用 Chrome 或系统浏览器。",
        "This browser cannot keep records (private mode, or storage forbidden), so you cannot log in here. Please use Chrome or the system's browser.";
    LOGIN_UNSENT = "本机还有 {} 条记录没有上传，都在，有信号时会继续上传。",
        "{} records on this phone have not been uploaded yet; they are kept and go up when there is signal.";
    WIPED = "这个浏览器的数据被清除过：这个账号以前保存在本机、没有上传的记录已经不在了。请告诉管理员。",
        "This browser's data was cleared: records of this account that had not been uploaded are gone. Please tell an administrator.";

    NAMES_GONE = "三十天前的场次：到场名单已从本机清除，人数是服务器上的。",
        "Over thirty days ago: who was here has left this phone; the figures are the server's.";

    // The lock
    PIN = "手机密码", "Phone PIN";
    PIN_ASK = "输入手机密码", "Enter the phone's PIN";
    PIN_OPEN = "解锁", "Unlock";
    PIN_DOING = "正在核对…", "Checking…";
    PIN_UNSENT = "本机有 {} 条记录还没有上传，解锁后接着上传。", "{} records on this phone have not been uploaded; they go up once it is unlocked.";
    PIN_WRONG = "密码不对，还可以试 {} 次", "Wrong PIN; tries left: {}";
    PIN_WAIT = "试错太多次，请过 {} 分钟再试", "Too many wrong tries; please wait {} min";
    PIN_GONE = "密码已在另一个页面改动，请重新打开讲到", "The PIN was changed on another page; please open the app again";
    PIN_IMPOSSIBLE = "这个浏览器不能设密码（需要 https 连接）", "This browser cannot set a PIN (it needs https)";
    PIN_FORGOT = "忘记密码", "Forgot the PIN";
    PIN_FORGOT_LEAD = "有信号时重新登录一次（用登录密码，或请管理员发一个新的登录链接），就能设新的手机密码。记录都还在。",
        "Log in once with signal (by password, or by a new link from a manager) and choose a new PIN. All records are still here.";
    PIN_FORGOT_DO = "重新登录", "Log in again";
    PIN_NO_SERVER = "服务器解不开本机的锁，没有登录。请输入原来的手机密码；没上传的记录可先“存为文件”。",
        "The server could not open this phone's lock. Please enter its PIN; records can be saved to a file first.";
    PIN_TITLE = "设一个手机密码", "Choose a PIN for this phone";
    PIN_LEAD = "手机里会有职工名单。设了密码，手机丢了别人也看不到。密码只在本机，不会上传。",
        "This phone will hold people's names. With a PIN, nobody who finds it can read them. It never leaves the phone.";
    PIN_NEW = "手机密码（至少 6 位数字）", "PIN (at least 6 digits)";
    PIN_AGAIN = "再输一次", "Once more";
    PIN_SET = "设好密码", "Set the PIN";
    PIN_UNFIT = "请用 6 到 12 位数字，不要全部相同或连号", "Please use 6 to 12 digits, not all alike and no plain row";
    PIN_DIFFERS = "两次输入的不一样", "The two differ";
    PIN_NOT = "先不设", "Not now";
    PIN_NOT_LEAD = "以后可以在“我的”里设。", "You can set one later under Me.";
    PIN_ON = "已设密码，打开讲到时要输入。", "Set; asked for whenever the app is opened.";
    PIN_OFF = "没有设密码：拿到这部手机的人能看到名单。", "Not set: whoever has this phone can read the names.";
    PIN_OLD = "现在的手机密码", "Present PIN";
    PIN_CHANGE = "修改密码", "Change the PIN";
    PIN_REMOVE = "取消密码", "Remove the PIN";
    PIN_DONE = "手机密码已设好", "The PIN is set";
    PIN_REMOVED = "手机密码已取消", "The PIN is removed";
    OTHER_LOCKED = "{}：{} 条没有上传，等本人解锁后上传", "{}: {} not uploaded; they go up once their owner unlocks";

    // Setup
    SETUP_TITLE = "准备好，带到没有信号的地方", "Getting ready to work without signal";
    SETUP_LOGGED_IN = "已登录：{}", "Logged in: {}";
    SETUP_PEOPLE = "花名册：{} 人", "Roster: {} people";
    SETUP_SESSIONS = "场次：{} 个", "Sessions: {}";
    SETUP_DONE = "已下载", "downloaded";
    SETUP_DOING = "正在下载…", "downloading…";
    SETUP_WAITS = "还没下载完，连上网后会继续", "not complete; goes on when there is a connection";
    SETUP_TRIAL = "试写本机存储", "Trying this phone's storage";
    SETUP_START = "开始使用", "Start";
    SETUP_ANYWAY = "先用起来", "Start anyway";

    // What the browser can promise
    PROMISE_TRYING = "正在试写、关闭、重新打开、读回…", "Writing, closing, opening and reading back…";
    PROMISE_FAILS = "这个浏览器没有把试写的内容存住，请不要用它记录，换用 Chrome 或系统浏览器。",
        "This browser did not keep what was written. Please do not record with it; use Chrome or the system's browser.";
    PROMISE_PAGE = "能保存记录，但没有信号时不能重新打开本页：到现场前先打开，不要关闭。",
        "Keeps records, but cannot open this page without signal: open it before you go, and leave it open.";
    PROMISE_GOOD = "能保存记录，没有信号也能打开。手机空间很紧时浏览器可能清理数据，请有信号时尽早上传。",
        "Keeps records and opens without signal. When the phone runs very short of space the browser may clear data, so upload when you can.";
    PROMISE_BEST = "能长期保存记录，没有信号也能打开。", "Keeps records for good, and opens without signal.";
    PROMISE_TITLE = "这个浏览器", "This browser";

    // Sessions
    TODAY = "今天和进行中", "Today and open";
    PLANNED = "计划中", "Planned";
    DONE = "已结束", "Done";
    NEW_SESSION = "新建场次", "New session";
    NO_SESSIONS = "还没有场次。点下面的“新建场次”，三项就好。", "No sessions yet. Tap “New session” below: three fields.";
    WAITING_HERE = "{} 条待上传", "{} to upload";
    NEW_TITLE = "名称", "Title";
    NEW_TITLE_HINT = "例：班前宣讲", "e.g. Lecture before the shift";
    NEW_ORG = "在哪个工会组织", "Which organisation";
    NEW_STARTS = "什么时候", "When";
    NEW_CAMPAIGN = "专题活动", "Campaign";
    NEW_DO = "建好，去签到", "Create and check in";
    NEW_NEEDS_TITLE = "请填写名称", "Please enter a title";
    NEW_NEEDS_TIME = "请填写开始时间", "Please enter the time";
    NEW_NEEDS_ORG = "还没有下载到工会组织，连上网后再试", "No organisation has been downloaded yet; try again with signal";
    NOT_FOUND = "本机没有这个场次", "This session is not on this phone";
    NOT_FOUND_WHY = "可能还没有下载，或者你不再有它的授权。", "It may not have been downloaded yet, or your grant has ended.";
    TO_LIST = "回到场次", "To the sessions";

    // Attendance
    ATTENDANCE = "签到", "Check-in";
    ATTENDED = "实到", "Attended";
    /// After a figure.
    OF_EXPECTED = "应到", "expected";
    EXPECTED = "应到", "Expected";
    SEARCH = "姓名、拼音、工号、尾号", "Name, pinyin, number, tail";
    CLEAR = "清除", "Clear";
    ALL = "全部", "All";
    NOT_HERE = "未到", "Not here";
    HERE = "已到", "Here";
    SHOW = "显示", "Show";
    CUT = "共 {} 人，只列出前 {} 人，请输入姓名缩小范围", "{} people, the first {} are listed: type to narrow";
    NOBODY_FOUND = "没有找到“{}”", "Nobody found for “{}”";
    NOBODY = "这里没有人", "Nobody here";
    NO_ROSTER = "本场没有花名册，可以添加名单外人员，或在“现场”填人数。",
        "No roster for this session: add walk-ins, or enter a headcount under “Scene”.";
    CHECKED_IN = "{} 已签到", "{} checked in";
    UNDONE = "已撤销 {} 的签到", "Check-in of {} taken back";
    UNDO_CHECK_IN = "撤销签到", "Take back check-in";
    MORE = "{}：更多", "{}: more";
    NAMESAKE = "同名", "namesake";
    WALK_IN = "名单外", "walk-in";
    ADD_WALK_IN = "名单外人员", "Walk-in";
    ADD_NAMED = "把“{}”添加为名单外人员", "Add “{}” as a walk-in";
    WALK_IN_TITLE = "添加名单外人员", "Add a walk-in";
    WALK_IN_NAME = "姓名", "Name";
    WALK_IN_ORG = "单位或车间", "Organisation or workshop";
    WALK_IN_KIND = "类型", "Kind";
    KIND_NON_MEMBER = "非会员", "Not a member";
    KIND_AGENCY = "劳务派遣", "Agency worker";
    KIND_GUEST = "来宾", "Guest";
    WALK_IN_DO = "添加并签到", "Add and check in";
    ARRIVED = "到场 {}", "Arrived {}";
    SESSION_CLOSED = "本场已结束，补记会标明“结束后补记”。", "Closed; what is recorded now is marked as after closing.";

    // Feedback
    FEEDBACK = "反馈", "Feedback";
    FEEDBACK_COUNT = "本机已收 {} 份", "{} taken on this phone";
    FEEDBACK_ANON = "不记名：不保存是谁填的，也不保存几点填的。", "Anonymous: neither who nor at what time is kept.";
    ANSWERING = "扫码答卷", "Answer by code";
    ANSWERING_LEAD = "有信号的人用自己的手机扫码，不用登录，不记名地答。", "Those with signal scan it with their own phones and answer anonymously.";
    ANSWERING_SHOW = "显示二维码", "Show the code";
    ANSWERING_ASKING = "正在向服务器要二维码…", "Asking the server for the code…";
    ANSWERING_CODE = "答卷二维码", "Code to answer by";
    ANSWERING_COUNT = "已答 {} 份，最多 {} 份", "{} answered, at most {}";
    ANSWERING_OFFLINE = "要二维码需要网络，现在连不上。本机传着填照常能用。", "The code needs a network, and there is none now. Passing this phone round works as always.";
    ANSWERING_NOT_YET = "服务器还没有这个场次，请等它上传后再试。", "The server does not know this session yet; try again once it is uploaded.";
    ANSWERING_OVER = "这个场次已取消，或结束超过 72 小时，不再扫码答卷。", "The session was cancelled, or closed more than 72 hours ago.";
    ANSWERING_FAILED = "没有要到二维码，请稍后再试。", "The code did not come; try again shortly.";
    FEEDBACK_DO = "提交", "Submit";
    THANKS = "谢谢您！", "Thank you!";
    THANKS_LEAD = "您的意见已保存，不记名。请把手机交给下一位。", "Your answers are saved without your name. Please pass the phone on.";
    NEXT_PERSON = "下一位", "Next person";

    // Scene
    SCENE = "现场", "Scene";
    HEADCOUNT = "清点人数", "Headcount";
    HEADCOUNT_LEAD = "没有花名册，或来不及逐个签到时，填一个总人数。", "Where there is no roster, or no time to check in one by one.";
    HEADCOUNT_DO = "保存人数", "Save headcount";
    HEADCOUNT_BAD = "请填写 0 到 1000000 的整数", "Please enter a whole number up to 1000000";
    HEADCOUNT_NOW = "现在记的是 {} 人", "{} is on record now";
    NOTE = "备注", "Note";
    NOTE_DO = "保存备注", "Save note";
    SAVED_HERE = "已存本机", "Saved on this phone";

    // Summary
    SUMMARY = "小结", "Summary";
    WALK_INS = "名单外", "Walk-ins";
    RESPONSES = "反馈", "Responses";
    RATE = "到会率", "Rate";
    OWN_RECORDS = "本机记录 {} 条 · 服务器已收到 {} 条", "{} recorded · {} on the server";
    OWN_RESPONSES = "本机反馈 {} 份 · 服务器已收到 {} 份", "{} responses · {} on the server";
    CLOSE_DO = "结束本场", "Close session";
    CLOSE_LEAD = "结束后仍可补记。", "You can still add records afterwards.";
    CLOSING = "结束码", "Closing code";
    CLOSING_LEAD = "没有信号时，打电话把它报给工会工作人员，或者写下来：登记之后，本场就算已申报。",
        "Without signal, tell it to union staff by phone, or write it down: once it is typed in, this session counts as declared.";
    CLOSING_SAYS = "本机签到 {} 条 · 反馈 {} 份", "{} check-ins · {} responses of this phone";
    CLOSING_NOT_NEEDED = "记录都已上传，不用再报。", "Everything is uploaded; there is no need to tell it.";
    CLOSING_COPY = "复制结束码", "Copy the code";
    REOPEN_DO = "重新打开", "Reopen";
    CLOSED_NOW = "本场已结束", "Session closed";
    REOPENED = "本场已重新打开", "Session reopened";
    SHARE = "发到群里", "For the group chat";
    COPY = "复制文字", "Copy text";
    COPIED = "已复制", "Copied";
    COPY_BY_HAND = "请长按文字复制", "Please press and hold the text to copy";
    SHARE_TITLE = "【{}】{}", "[{}] {}";
    SHARE_WHEN = "时间：{}", "Time: {}";
    SHARE_WHERE = "地点：{}", "Place: {}";
    SHARE_ATTENDED = "到场 {} 人", "{} attended";
    SHARE_OF = "，应到 {} 人", " of {} expected";

    // Sync
    UNSENT_TITLE = "待上传", "To upload";
    UNSENT_NONE = "都已上传", "Everything is uploaded";
    UNSENT_LEAD = "都已存在本机，有信号时自动上传。", "All are saved on this phone and go up by themselves when there is signal.";
    SYNC_NOW = "立即同步", "Sync now";
    SYNCING = "正在同步…", "Syncing…";
    LAST_CONTACT = "上次连上服务器：{}", "Last contact with the server: {}";
    NEVER = "这次打开后还没有", "not since opening";
    OLDEST = "最早一条：{}", "Oldest: {}";
    HELD_TITLE = "待处理", "Held";
    HELD_LEAD = "服务器已收下但暂不计入，由管理员处理，你不用做什么。", "The server keeps these without counting them; staff will decide. Nothing to do for you.";
    HELD_REFUSED = "管理员没有接受：{}", "Staff refused it: {}";
    RESPONSES_WAITING = "反馈答卷", "Responses";
    TROUBLE_UNREACHABLE = "连不上服务器，会自动再试。", "The server cannot be reached; it will be tried again.";
    TROUBLE_LOGIN = "登录已失效，请重新登录；记录都在。", "Your login has ended; please log in again. All records are kept.";
    TROUBLE_NOT_SERVER = "网络要先登录（例如无线网络的登录页），记录都在，会自动再试。",
        "The network wants a login first (such as a Wi-Fi page). All records are kept and will be tried again.";
    TROUBLE_OTHER = "服务器暂时收不下（{}），记录都在，会自动再试。", "The server cannot take them now ({}). All records are kept and will be tried again.";

    OTHERS_TITLE = "本机的其他账号", "Other accounts on this phone";
    OTHERS_LEAD = "有信号时自动上传，记在各自的名下。", "They go up by themselves when there is signal, under their own names.";
    OTHER_UNSENT = "{}：{} 条待上传", "{}: {} to upload";
    OTHER_SENT = "{}：都已上传", "{}: everything is uploaded";
    DEVICES_TITLE = "你的其他设备", "Your other devices";
    DEVICES_LEAD = "上次登录时服务器所知。请在那台设备上打开讲到，让它上传。",
        "As the server knew at the last login. Please open Jiangdao there, so that it uploads.";
    DEVICE_UNSENT = "另一台设备（{}）上还有 {} 条未上传，最后联系 {}", "Another device ({}) has {} not uploaded; last contact {}";
    DEVICE_UNKNOWN = "未知", "unknown";

    // Rescue file
    RESCUE_DO = "存为文件", "Save to file";
    RESCUE_DOING = "正在存…", "Saving…";
    RESCUE_LEAD = "一直连不上服务器时，可以把没上传的记录存成加密文件，发给管理员导入。记录仍留在本机。",
        "No connection for long? Save what is not uploaded to an encrypted file and send it to an administrator. The records stay on this phone.";
    RESCUE_SAVED = "{} 条已存成加密文件，请在手机的“下载”里找到它，发给管理员，在工作台的“设备”页导入。以后照常上传也不会重复。",
        "{} records are in an encrypted file among your downloads. Send it to an administrator, who imports it on the desk's page “Devices”. Uploading them later as well doubles nothing.";
    RESCUE_SHARED = "{} 条已作为加密文件交给您选的应用。管理员收到后，在工作台的“设备”页导入。以后照常上传也不会重复。",
        "{} records went as an encrypted file to the app you chose. An administrator imports it on the desk's page “Devices”. Uploading them later as well doubles nothing.";
    RESCUE_NOTHING = "没有读到未上传的记录，没有存成文件。", "No records that wait for upload could be read, so there is no file.";
    RESCUE_NO_KEY = "没有存成文件：这部手机还没有收到服务器的加密公钥。有信号时打开一次讲到就会收到。",
        "No file was saved: this phone has not got the server's public key yet. It comes once Jiangdao is opened with signal.";
    RESCUE_FAILED = "没有存成文件，请再试一次。", "No file was saved; please try again.";

    // Losses
    LOSS_EMPTIED = "本机的记录被清空过：没来得及上传的已经不在了。请告诉管理员。",
        "The records on this phone were cleared: those not uploaded by then are gone. Please tell an administrator.";
    LOSS_ROLLED_BACK = "本机的记录回到了较早的状态，或被复制到了别处：之后记下而没来得及上传的可能不在了。请告诉管理员。",
        "The records on this phone went back to an earlier state, or were copied elsewhere: what was recorded since and not uploaded may be gone. Please tell an administrator.";
    LOSS_SERVER_BEHIND = "服务器的数据曾回退，正在重新上传本机留着的记录，你不用做什么。",
        "The server's data went back. What this phone has kept is being uploaded again; nothing to do for you.";
    LOSS_OTHER = "记录可能有缺。请告诉管理员。", "Records may be missing. Please tell an administrator.";
    LOSS_MISSING = "涉及 {} 条，其中一部分可能早已上传。", "{} records are concerned, some of which may have been uploaded before.";
    LOSS_MISSING_SERVER = "服务器少了 {} 条。", "The server lacks {}.";
    LOSS_READ = "知道了", "Understood";

    // Strip
    STRIP_OFFLINE = "没有网络，照常记录", "No network; record as usual";
    STRIP_UNSENT = "{} 条已存本机，待上传", "{} saved here, to upload";
    STRIP_SENDING = "正在上传 {} 条", "Uploading {}";
    STRIP_OLD = "最早的已等了 {}", "oldest {}";
    STRIP_OTHERS = "其他账号还有 {} 条待上传", "{} of other accounts to upload";
    STRIP_LOGIN = "登录已失效，点这里重新登录", "Login ended: tap to log in again";

    // States
    STATE_DRAFT = "草稿", "Draft";
    STATE_SAVING = "正在保存", "Saving";
    STATE_SAVED = "已存本机", "Saved here";
    STATE_SENDING = "上传中", "Uploading";
    STATE_SENT = "已上传", "Uploaded";
    STATE_HELD = "待处理", "Held";

    // Me
    LANGUAGE = "语言", "Language";
    TEXT_SIZE = "文字大小", "Text size";
    SIZE_USUAL = "标准", "Standard";
    SIZE_ELDER = "长辈版", "Large";
    THEME = "外观", "Appearance";
    THEME_SYSTEM = "跟随系统", "System";
    THEME_LIGHT = "浅色", "Light";
    THEME_DARK = "深色", "Dark";
    ACCOUNT = "账号", "Account";
    SIGN_OUT = "退出登录", "Sign out";
    SIGN_OUT_UNSENT = "还有 {} 条没有上传。退出不会删除它们，有信号时仍会上传。",
        "{} records are not uploaded yet. Signing out does not delete them; they still go up when there is signal.";
    SIGN_OUT_LEAD = "退出后，本机记录仍然保留。", "Your records stay on this phone after signing out.";
    SIGN_OUT_SURE = "确定退出", "Yes, sign out";
    CANCEL = "取消", "Cancel";
    VERSION = "版本 {}", "Version {}";

    // Whole-screen messages
    BROKEN_TITLE = "先停一下：没有保存成功", "Stop: it was not saved";
    BROKEN_FULL = "手机空间满了，刚才这一条没有保存。请先清理出空间，再点“再试一次”。之前的记录都在。",
        "The phone is full, and the last record was not saved. Please free some space, then try again. Earlier records are kept.";
    BROKEN_NEWER = "讲到已在另一个窗口更新。请重新打开本页，记录都在。",
        "Jiangdao was updated in another window. Please open this page again; all records are kept.";
    BROKEN_UNAVAILABLE = "这个浏览器现在不让保存记录（可能是无痕模式）。请换用 Chrome 或系统浏览器。",
        "This browser does not allow records to be kept (private mode?). Please use Chrome or the system's browser.";
    BROKEN_EMPTIED = "浏览器清空了本机的记录，没来得及上传的已经不在了。请点“再试一次”，重新登录，并告诉管理员。",
        "The browser has cleared the records on this phone; those not uploaded are gone. Please try again, log in anew and tell an administrator.";
    BROKEN_OTHER = "本机存储出错，刚才这一条可能没有保存，请先用纸记下。再试一次；不行就重启手机。之前的记录都在。",
        "This phone's storage failed, and the last record may not be saved: write it down on paper. Try again, or restart the phone. Earlier records are kept.";
    BROKEN_DETAIL = "原因：{}", "Reason: {}";
    TRY_AGAIN = "再试一次", "Try again";
    UPDATE_READY = "新版本已准备好", "A new version is ready";
    UPDATE_DO = "点此更新", "Tap to update";
}
