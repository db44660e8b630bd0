//! Words of a form that is filled in, wherever that is.

use shared::messages;

messages! {
    OPTIONAL = "（选填）", " (optional)";
    LOW = "完全不能", "Not at all";
    HIGH = "完全能", "Fully";
    OTHER = "其他", "Other";
    OTHER_SAY = "请写明", "Say what";
    MOST = "最多选 {} 项", "Choose at most {}";
    ANY = "可选多项", "Choose any";
    RANGE = "填 {} 到 {} 的整数", "A whole number from {} to {}";
    LEAST = "填不小于 {} 的整数", "A whole number of at least {}";
    GREATEST = "填不大于 {} 的整数", "A whole number of at most {}";
    WHOLE = "填整数", "A whole number";
    DAYS = "{} 到 {}", "{} to {}";
    DAYS_FROM = "不早于 {}", "Not before {}";
    DAYS_TO = "不晚于 {}", "Not after {}";
    NEWER = "这一题要更新程序后才能填，可以不答。", "This question needs an update of the app; it can be left out.";
}
