//! Sentences of the overview: trend, board of what is still on phones, the three questions it answers.

use shared::messages;

messages! {
    ASK_HELD = "办了什么、覆盖了谁", "What was held, who was reached";
    ASK_SAID = "大家怎么说", "What people said";
    ASK_MISSING = "还差什么、提醒谁", "What is missing, whom to remind";
    LED = "班子成员宣讲", "Led by leaders";
    LED_OF = "占已办场次 {}", "{} of those held";
    TREND = "按周", "By week";
    TREND_WEEK = "周（周一起）", "Week (from Monday)";
    TREND_NONE = "还没有已办的场次。", "No session was held yet.";
    TREND_SAYS = "{} 周，共 {} 人次；最多的一周从 {} 起，{} 人次。", "{} weeks, {} person-times in all; most in the week of {}: {}.";
    CHART_TABLE = "数据表", "As a table";
    MARKS_TITLE = "三项评价的分布", "The three ratings as distributions";
    MARKS_OF = "评价", "Rating";
    MARK_SHORT = "{} 分", "{}";
    MARKS_SAYS = "{}：{} 份，均分 {}", "{}: {} answers, mean {}";
    NOT_COVERED = "还没有覆盖", "Not covered yet";
    NOT_COVERED_SAYS = "{} 个基层工会、{} 个车间（班组）", "{} unions, {} workshops";
    NOT_COVERED_NONE = "都已覆盖", "All are covered";
    BOARD = "还在手机上", "Still on phones";
    BOARD_NONE = "结束时申报的都已到服务器。", "Everything that was declared at closing is here.";
    BOARD_WHO = "谁的手机", "Whose phone";
    BOARD_CODE = "结束码（未说明是谁的手机）", "Closing code (does not say whose phone)";
    BOARD_SINCE = "从何时起", "Since";
    BOARD_SEEN = "最后联系", "Last contact";
    BOARD_CHECK_INS = "签到", "Check-ins";
    BOARD_RESPONSES = "答卷（全场所缺）", "Responses (the session lacks)";
    BOARD_MORE = "只列出最早的 {} 条，共 {} 条。", "The {} oldest of {} are listed.";
    REMIND = "复制提醒文字", "Copy a reminder";
    REMIND_TO = "{}：提醒文字", "{}: reminder";
    REMIND_COPIED = "已复制", "Copied";
    REMIND_BY_HAND = "浏览器不让复制，请选中文字手工复制", "The browser does not allow copying: select the text";
}
