//! The pictures of the README, taken of the demo city by `cargo xtask shots`.

/// Left out of an ordinary run by its name: pictures differ from machine to machine.
mod long {
    use crate::harness::{Browser, Done, Folder, Server};
    use std::path::PathBuf;

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "needs the built product: cargo xtask shots"]
    async fn take() -> Done {
        let data = Folder::new("shots-data")?;
        // Without a place for the pictures this is a test that they can be taken.
        let to = std::env::var_os("JIANGDAO_SHOTS").map(PathBuf::from);
        let to = to.unwrap_or_else(|| data.path().to_path_buf());
        let mut server = Server::start(&data.path().join("data"), &["--demo"])?;
        phone(&server, &to.join("phone.png")).await?;
        desk(&server, &to.join("desk.png")).await?;
        server.stop()
    }

    async fn phone(server: &Server, to: &std::path::Path) -> Done {
        let profile = Folder::new("shots-phone")?;
        let mut phone = Browser::phone(profile.path()).await?;
        phone.open(&server.url("/")).await?;
        phone.find("main").await?;
        phone.shot(to).await?;
        phone.close().await
    }

    async fn desk(server: &Server, to: &std::path::Path) -> Done {
        let profile = Folder::new("shots-desk")?;
        let mut desk = Browser::desk(profile.path()).await?;
        desk.open(&server.url("/desk")).await?;
        desk.find("main").await?;
        desk.shot(to).await?;
        desk.close().await
    }
}
