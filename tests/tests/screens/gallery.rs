//! Pictures of every screen, for people who look: `cargo xtask gallery`.

/// Left out of an ordinary run by its name: nobody looks at pictures there.
mod long {
    use crate::harness::{Browser, Done, Folder, Server};
    use crate::screens::{DESK, Look, PHONE, Screen, look, working_desk, working_phone};
    use std::path::{Path, PathBuf};

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "needs the built product: cargo xtask gallery"]
    async fn take() -> Done {
        let folder = Folder::new("gallery-data")?;
        let (data, profile, office) =
            (folder.path().join("data"), folder.path().join("phone"), folder.path().join("desk"));
        // Without a place for the pictures this is a test that they can be taken.
        let to =
            std::env::var_os("JIANGDAO_GALLERY").map_or_else(|| folder.path().join("shots"), PathBuf::from);
        std::fs::create_dir_all(&to)?;
        let server = Server::start(&data, &["--demo"])?;
        let (phone, session) = working_phone(&server, &data, &profile).await?;
        let desk = working_desk(&server, &data, &office).await?;
        for theme in ["light", "dark"] {
            for lang in ["zh", "en"] {
                for elder in [false, true] {
                    all(&phone, &server, &session, look(theme, elder, lang), PHONE, &to.join("phone"))
                        .await?;
                }
                all(&desk, &server, &session, look(theme, false, lang), DESK, &to.join("desk")).await?;
            }
        }
        Ok(())
    }

    async fn all(
        browser: &Browser,
        server: &Server,
        session: &str,
        look: Look,
        screens: &[Screen],
        to: &Path,
    ) -> Done {
        std::fs::create_dir_all(to)?;
        look.wear(browser).await?;
        for screen in screens {
            screen.show(browser, server, session).await.map_err(|why| format!("{}: {why}", screen.name))?;
            browser.shot(&to.join(format!("{}.{}.png", screen.name, look.name()))).await?;
        }
        Ok(())
    }
}
