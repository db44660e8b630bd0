//! Words of the ways in which answers come.

use shared::messages;

messages! {
    CHECK = "{}：{}", "{}: {}";
    NEWER = "这份表单里有的题要更新程序后才能填，其余的照常填。", "Some questions of this form need an update of the app; the others can be answered.";
    PASS = "传给大家填", "Pass it round";
    PASS_END = "交还记录员", "Back to the organiser";
    PASS_HOLD = "按住 2 秒：交还记录员", "Hold for 2 s: back to the organiser";
    PASS_HELD = "继续按住…", "Keep holding…";
    PAPER = "录入纸质表", "Type in paper";
    PAPER_LEAD = "一张一张录：点分数，再点“存下，下一张”。纸上没填的可以空着。", "One sheet after the other: tap the marks, then save. What is blank on paper stays blank.";
    PAPER_DO = "存下，下一张", "Save, next sheet";
    PAPER_EMPTY = "这一张还是空白的", "This sheet is blank";
    PAPER_COUNT = "这次已录 {} 张", "{} sheets this time";
    PAPER_LAST = "上一张：{}", "The last one: {}";
    PAPER_GAP = "空", "blank";
}
