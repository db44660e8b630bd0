//! Sentences about one's own account, settings, and the first admin.

use shared::messages;

messages! {
    ME = "我的账号", "My account";
    ME_OF = "{}（{}）", "{} ({})";
    SETTINGS = "设置", "Settings";
    LOGIN_CODE = "动态码或备用码", "Code or recovery code";
    FACTOR = "两步验证", "Second factor";
    FACTOR_HINT = "登录时除了密码，再输入手机验证器上每 30 秒变一次的 6 位数字。密码被人知道了，也进不来。",
        "Beside the password, a login asks for 6 digits that an authenticator on your phone shows and changes every 30 s. Whoever learns the password stays out.";
    FACTOR_START = "启用两步验证", "Set it up";
    FACTOR_SCAN = "用验证器（如 Microsoft Authenticator、腾讯身份验证器、FreeOTP）扫码，或手工输入密钥，再把它显示的 6 位数字填在下面。",
        "Scan this with an authenticator (as FreeOTP, Aegis or Microsoft Authenticator), or type the key; then enter the 6 digits that it shows.";
    FACTOR_QR = "密钥的二维码", "Code of the key";
    FACTOR_KEY = "密钥", "Key";
    FACTOR_CODE = "动态码", "Code";
    FACTOR_CONFIRM = "确认启用", "Switch it on";
    FACTOR_CODES = "备用码", "Recovery codes";
    FACTOR_CODES_HINT = "手机不在身边时，每个备用码可代替动态码登录一次。只显示这一次：请打印或抄下，不要和密码放在一起。",
        "Without the phone, each of these logs in once in the place of a code. They are shown this once: print them or write them down, and keep them apart from the password.";
    FACTOR_KEPT = "已保存好备用码", "I have kept the codes";
    FACTOR_ON = "已启用（{} 起），还有 {} 个备用码没有用过。", "On since {}; {} recovery codes are left.";
    FACTOR_END = "关闭两步验证", "Switch it off";
    FACTOR_DEMANDED = "管理人员须启用两步验证：关闭后只能重新启用，做不了别的。", "Managers cannot be without it: once it is off, you can only set it up anew.";
    FACTOR_MUST = "请先启用两步验证", "Set up the second factor first";
    FACTOR_MUST_HINT = "管理人员须启用两步验证，启用后才能使用工作台。手机上的记录照常上传。", "Managers need it to use the desk. What is recorded on phones is uploaded all the same.";
    FACTOR_HAS = "已启用两步验证", "second factor on";
    FACTOR_RESET = "关闭两步验证", "Switch second factor off";
    FACTOR_RESET_SURE = "确定关闭：确是本人丢了手机", "Really switch it off: it is them, and the phone is lost";
    PASSWORD_CHANGE = "修改密码", "Change the password";
    PASSWORD_HINT = "修改后，其他设备和浏览器上的登录都失效，手机上没有上传的记录不会丢。", "It ends your logins on all other devices and browsers; what phones have not uploaded is not lost.";
    PASSWORD_OLD = "现在的密码", "Present password";
    PASSWORD_DONE = "密码已修改", "The password was changed";
    PASSWORD_RENEW = "密码到期了，请设一个新的，随即登录。", "The password has reached its age: set a new one, and you are logged in.";
    FIRST_TITLE = "建首个管理员", "Make the first admin";
    FIRST_HINT = "这个账号管理全市：组织、账号、设置、审计。链接只能用一次。", "This account administers the whole city: orgs, accounts, settings, audit. The link is good once.";
    FIRST_NAME = "姓名", "Name";
    FIRST_CITY = "市总工会的名称", "Name of the city's union";
    FIRST_CODE = "市总工会的编码", "Its code";
    FIRST_CODE_HINT = "以后导入组织表时，最上一级用同一个编码。", "The table of orgs that is imported later has the same code at its top.";
    FIRST_DO = "建好并登录", "Make it and log in";
    SETTINGS_HINT = "对全市生效。每次修改都记在审计里。", "For the whole city. Every change is in the audit.";
    SETTING_SAVE = "保存", "Save";
    SETTING_ON = "必须启用", "Demanded";
    SETTING_OFF = "自愿启用", "Offered";
    SETTING_AT = "{} 由 {} 设置", "set {} by {}";
    SETTING_CONSOLE = "控制台", "the console";
    SETTING_NEVER = "没有改过", "never changed";
    SETTING_FACTOR_HINT = "管理员和市级管理员没有启用的，登录后只能先启用；手机上传不受影响。", "Managers and admins who have none can only set one up once logged in; phones go on uploading.";
    SETTING_DAYS_HINT = "0 为一直有效。到期后，登录时要设新密码。", "0: for ever. Once it is over, a login asks for a new password.";
    SETTING_MONTHS_HINT = "不在任何花名册上、这么多个月没有参加活动的人，姓名由服务器删除，不能恢复；不填为一直保留。", "Names of those on no roster who were at no session for so many months are erased by the server, for good; empty: kept for ever.";
}
