//! The harness itself: if these fail, look there before looking at the product.

use crate::harness::{Browser, Done, Folder, PATIENCE, Server, jiangdao};
use std::time::{Duration, Instant};

const PAGE: &str = "data:text/html;charset=utf-8,<p id=out></p><input id=in>\
    <button onclick=\"setTimeout(() => out.textContent = document.getElementById('in').value, 300)\">\
    </button>";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: cargo xtask test"]
async fn a_page_is_filled_tapped_and_read() -> Done {
    let profile = Folder::new("check-profile")?;
    let mut desk = Browser::desk(profile.path()).await?;
    desk.open(PAGE).await?;
    assert_eq!(desk.run("return innerWidth;").await?, 1280);
    assert_eq!(desk.count("button").await?, 1);
    desk.fill("#in", "讲到").await?;
    desk.tap("button").await?;
    desk.shows("#out", "讲到").await?;
    assert_eq!(desk.text("#out").await?, "讲到");
    desk.close().await
}

#[test]
#[ignore = "needs the built product: cargo xtask test"]
fn a_killed_server_starts_again_where_it_was() -> Done {
    let data = Folder::new("check-server")?;
    let mut server = Server::start(data.path(), &[])?;
    let url = server.url("/");
    server.kill()?;
    server.start_again()?;
    assert_eq!(server.url("/"), url);
    let says = || server.heard().contains("/desk");
    let started = Instant::now();
    while !says() && started.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(says(), "it does not say where it is: {}", server.heard());
    server.stop()
}

#[test]
#[ignore = "needs the built product: cargo xtask test"]
fn an_unknown_command_is_refused_clearly() -> Done {
    let output = jiangdao(&["no-such-command"])?;
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr)?.contains("no-such-command"));
    Ok(())
}
