//! The desk's imports in a real browser: a tree, then a roster with a bad line, which is mended.

use super::line::{count, log_in_at, tap_named};
use crate::harness::{Browser, Done, Folder, Server, until};
use std::path::{Path, PathBuf};

const ORGS: &str = "新增单位一览表,,,\n编码,单位名称,层级,上级工会\n130302-900,新港机械厂工会,基层工会,海港区总工会\n\
    130302-900-1,总装车间,车间,130302-900\n130302-900-2,涂装车间,车间,130302-900\n";
/// A title, tabs, a phone as it stands in an office's table, and a line with a workshop that is none.
const ROSTER: &str = "新港机械厂花名册\n序号\t姓 名\t职工号\t所在部门\t联系电话\t是否会员\n1\t王　芳\t0001\t总装车间\t13800138001\t是\n\
    2\t李伟\t0002\t总撞车间\t13800138002\t否\n3\t阿依古丽•艾山\t0003\t涂装车间\t\t是\n";
const PEOPLE: &str = "SELECT count(*) FROM roster_entry JOIN org USING (org_id) WHERE code LIKE '130302-900%' AND until_ms IS NULL";

fn written(folder: &Path, name: &str, bytes: &[u8]) -> Done<PathBuf> {
    let path = folder.join(name);
    std::fs::write(&path, bytes)?;
    Ok(path)
}

/// Chooses a file; what it would do is shown at once.
async fn choose(desk: &Browser, file: &Path) -> Done {
    let field = desk.find("#import-file").await?;
    Ok(field.send_keys(file.to_string_lossy()).await?)
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn a_roster_with_a_bad_line_is_mended_and_imported() -> Done {
    let (data, profile) = (Folder::new("import-data")?, Folder::new("import-profile")?);
    let files = Folder::new("import-files")?;
    let server = Server::start(data.path(), &["--demo"])?;
    let desk = Browser::desk(profile.path()).await?;
    log_in_at(&desk, &server.url("/desk"), data.path()).await?;
    tap_named(&desk, "组织与花名册").await?;
    desk.shows(".orgs-below", "海港区总工会").await?;

    tap_named(&desk, "导入组织").await?;
    choose(&desk, &written(files.path(), "orgs.csv", ORGS.as_bytes())?).await?;
    desk.shows(".import-counts", "新增 3 · 未变 0").await?;
    desk.shows(".import-changes", "130302-900 新港机械厂工会").await?;
    assert_eq!(
        count(data.path(), "SELECT count(*) FROM org WHERE code LIKE '130302-900%'")?,
        0,
        "only shown"
    );
    tap_named(&desk, "确认导入").await?;
    desk.shows(".import-answer", "已导入").await?;
    tap_named(&desk, "查看花名册").await?;
    // The tree on the screen has the new union without a reload.
    tap_named(&desk, "海港区总工会").await?;
    tap_named(&desk, "新港机械厂工会").await?;
    desk.shows(".orgs-below", "涂装车间").await?;
    desk.shows(".empty", "还没有花名册").await?;

    tap_named(&desk, "导入花名册").await?;
    choose(&desk, &written(files.path(), "bad.txt", ROSTER.as_bytes())?).await?;
    desk.shows(".import-faults", "没有车间“总撞车间”").await?;
    desk.shows(".import-faults tbody td", "4").await?;
    assert_eq!(desk.count(".import .primary").await?, 0, "what is bad cannot be confirmed");
    let mended = ROSTER.replace("总撞车间", "总装车间");
    choose(&desk, &written(files.path(), "good.txt", mended.as_bytes())?).await?;
    desk.shows(".import-counts", "新增 3 · 未变 0").await?;
    desk.shows(".import-changes", "阿依古丽·艾山").await?;
    desk.shows(".import-answer", "没有用到的列：序号").await?;
    assert_eq!(count(data.path(), PEOPLE)?, 0);
    tap_named(&desk, "确认导入").await?;
    until("three people", async || Ok((count(data.path(), PEOPLE)? == 3).then_some(()))).await?;
    tap_named(&desk, "查看花名册").await?;
    desk.shows("section[aria-labelledby=roster-title] table", "总装车间").await?;
    desk.fill(".search", "8001").await?;
    desk.shows("main", "王芳").await?;
    until("one of them alone", async || {
        Ok((!desk.text("section[aria-labelledby=roster-title]").await?.contains("李伟")).then_some(()))
    })
    .await?;

    // The next month: one has left. The file is said to be the whole roster.
    desk.open(&server.url("/desk/roster/import?org=130302-900")).await?;
    let rest = mended.lines().filter(|line| !line.contains("0002")).collect::<Vec<_>>().join("\n");
    choose(&desk, &written(files.path(), "next.txt", rest.as_bytes())?).await?;
    desk.shows(".import-answer", "不用导入").await?;
    desk.tap(".import-whole input").await?;
    desk.shows(".import .note-warn", "1 人不在文件里").await?;
    tap_named(&desk, "确认导入").await?;
    until("two people", async || Ok((count(data.path(), PEOPLE)? == 2).then_some(()))).await
}
