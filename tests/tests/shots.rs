//! The pictures of the README, taken of the demo city by `cargo xtask shots`.

/// Left out of an ordinary run by its name: pictures differ from machine to machine.
mod long {
    use crate::browser::line::{check_in, fill_forms, log_in, log_in_at, new_session, tap_named};
    use crate::harness::{Browser, Done, Folder, Server};
    use std::path::{Path, PathBuf};

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "needs the built product: cargo xtask shots"]
    async fn take() -> Done {
        let folder = Folder::new("shots-data")?;
        let data = folder.path().join("data");
        // Without a place for the pictures this is a test that they can be taken.
        let to = std::env::var_os("JIANGDAO_SHOTS").map(PathBuf::from);
        let to = to.unwrap_or_else(|| folder.path().to_path_buf());
        let mut server = Server::start(&data, &["--demo"])?;
        phone(&server, &data, &to.join("phone.png")).await?;
        desk(&server, &data, &to.join("desk.png")).await?;
        server.stop()
    }

    /// An organiser in the middle of checking in.
    async fn phone(server: &Server, data: &Path, to: &Path) -> Done {
        let profile = Folder::new("shots-phone")?;
        let mut phone = Browser::phone(profile.path()).await?;
        log_in(&phone, server, data).await?;
        for (title, people, forms) in [("班前宣讲：安全生产", 36, 8), ("职工书屋学习会", 9, 6)]
        {
            let page = new_session(&phone, title).await?;
            check_in(&phone, people).await?;
            fill_forms(&phone, forms).await?;
            tap_named(&phone, "小结").await?;
            phone.shows(".own", &format!("服务器已收到 {forms} 份")).await?;
            phone.open(&server.url(&page)).await?;
            phone.find(".people .person.here").await?;
            phone.shot(to).await?;
            phone.open(&server.url("/")).await?;
        }
        phone.close().await
    }

    /// What a city sees of it.
    async fn desk(server: &Server, data: &Path, to: &Path) -> Done {
        let profile = Folder::new("shots-desk")?;
        let mut desk = Browser::desk(profile.path()).await?;
        log_in_at(&desk, &server.url("/desk"), data).await?;
        desk.shows("main", "45").await?;
        desk.find(".coverage tbody tr").await?;
        desk.shot(to).await?;
        desk.close().await
    }
}
