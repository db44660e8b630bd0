//! The built folder, what the server serves of it, and the worker that keeps it.

use crate::harness::{Browser, Done, Folder, Server, named, until};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;

/// What the worker of the shipped server keeps.
fn kept(server: &Server) -> Done<BTreeSet<String>> {
    let (head, body) = server.get("/service_worker.js", &[])?;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let worker = String::from_utf8(body)?;
    let list = worker.split_once("const LIST = ").ok_or("no list")?.1;
    let list = list.split_once(';').ok_or("no end of the list")?.0;
    Ok(serde_json::from_str(list)?)
}

/// The addresses of the built phone, without the worker and the compressed copies.
fn built() -> Done<BTreeSet<String>> {
    let folder = named("JIANGDAO_DIST")?.join("phone");
    let mut addresses = BTreeSet::new();
    let mut open = vec![folder.clone()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(&folder)?.to_string_lossy().replace('\\', "/");
            let compressed = name.ends_with(".br") || name.ends_with(".gz");
            if !compressed && name != "service_worker.js" {
                addresses.insert(if name == "index.html" { "/".into() } else { format!("/{name}") });
            }
        }
    }
    Ok(addresses)
}

#[test]
#[ignore = "needs the built product: cargo xtask test"]
fn the_worker_keeps_the_whole_built_folder() -> Done {
    let data = Folder::new("shipped-list")?;
    let mut server = Server::start(data.path(), &[])?;
    let kept = kept(&server)?;
    assert_eq!(kept, built()?, "left: what the worker keeps; right: the built folder");
    for end in [".wasm", ".js", ".css"] {
        assert!(kept.iter().any(|address| address.ends_with(end)), "nothing of {end}");
    }
    server.stop()
}

#[test]
#[ignore = "needs the built product: cargo xtask test"]
fn names_tell_the_content_and_are_kept_for_ever() -> Done {
    let data = Folder::new("shipped-names")?;
    let mut server = Server::start(data.path(), &[])?;
    let folder = named("JIANGDAO_DIST")?.join("phone");
    let mut hashed = 0;
    for address in kept(&server)? {
        let (head, body) = server.get(&address, &[])?;
        assert!(head.starts_with("http/1.1 200"), "{address}: {head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{address}: {head}");
        let name = if address == "/" { "index.html" } else { address.trim_start_matches('/') };
        assert_eq!(body, std::fs::read(folder.join(name))?, "{address} is not what was built");
        if let Some(hash) = hash_in(&address) {
            let real = Sha256::digest(&body);
            let real: String = real.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hash, real, "{address}");
            assert!(head.contains("immutable"), "{address}: {head}");
            hashed += 1;
        } else {
            assert!(head.contains("cache-control: no-cache"), "{address}: {head}");
        }
    }
    assert!(hashed >= 4, "only {hashed} names with a hash");
    server.stop()
}

fn hash_in(address: &str) -> Option<&str> {
    let stem = address.rsplit_once('.')?.0;
    let hash = stem.rsplit_once('-')?.1;
    (hash.len() == 16).then_some(hash)
}

#[test]
#[ignore = "needs the built product: cargo xtask test"]
fn files_are_served_compressed_and_only_when_changed() -> Done {
    let data = Folder::new("shipped-http")?;
    let mut server = Server::start(data.path(), &[])?;
    let tag_of = |head: &str| -> Done<String> {
        let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).ok_or("no tag")?;
        Ok(tag.to_owned())
    };
    let (plain, _) = server.get("/", &[])?;
    let (packed, _) = server.get("/", &[("Accept-Encoding", "gzip, br")])?;
    assert!(packed.contains("content-encoding: br"), "{packed}");
    assert!(packed.contains("vary: accept-encoding"), "{packed}");
    assert_ne!(tag_of(&plain)?, tag_of(&packed)?, "two copies, two tags");
    let tag = tag_of(&packed)?;
    let asked = [("Accept-Encoding", "br"), ("If-None-Match", tag.as_str())];
    let (unchanged, body) = server.get("/", &asked)?;
    assert!(unchanged.starts_with("http/1.1 304"), "{unchanged}");
    assert!(body.is_empty());
    for page in ["/", "/s/0190", "/desk", "/desk/session/0190"] {
        let (head, body) = server.get(page, &[])?;
        assert!(head.starts_with("http/1.1 200"), "{page}: {head}");
        assert!(head.contains("script-src 'self' 'wasm-unsafe-eval'"), "{page}: {head}");
        assert!(head.contains("frame-ancestors 'none'"), "{page}: {head}");
        assert!(!String::from_utf8(body)?.contains("<script>"), "{page} holds an inline script");
    }
    for nothing in ["/nothing.js", "/api/nothing", "/..%2fCargo.toml", "/index.html.br"] {
        let (head, _) = server.get(nothing, &[])?;
        assert!(head.starts_with("http/1.1 404"), "{nothing}: {head}");
        assert!(!head.contains("immutable"), "{nothing}: {head}");
    }
    server.stop()
}

#[test]
#[ignore = "needs the built product: cargo xtask test"]
fn a_phone_holds_nothing_of_the_desk() -> Done {
    // The compiler's own output still names its functions; the shipped copy does not.
    let compiled = named("JIANGDAO_DIST")?.join("../wasm32-unknown-unknown/wasm");
    let names_desk = |program: &str| -> Done<bool> {
        let code = std::fs::read(compiled.join(program))?;
        Ok(holds(&code, b"3app4desk") || holds(&code, b"app..desk"))
    };
    assert!(names_desk("desk.wasm")?, "the desk's program names no functions: nothing is shown");
    assert!(!names_desk("phone.wasm")?, "the phone's program holds code of the desk");
    Ok(())
}

fn holds(code: &[u8], words: &[u8]) -> bool {
    code.windows(words.len()).any(|window| window == words)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the built product: cargo xtask test"]
async fn the_phone_opens_without_its_server() -> Done {
    let data = Folder::new("shipped-offline")?;
    let profile = Folder::new("shipped-profile")?;
    let mut server = Server::start(data.path(), &[])?;
    let mut phone = Browser::phone(profile.path()).await?;
    phone.open(&server.url("/")).await?;
    opened(&phone).await?;
    until("the worker", async || {
        let ready = "return (await navigator.serviceWorker.ready).active?.state \
                     === 'activated' && navigator.serviceWorker.controller !== null;";
        Ok(phone.run(ready).await?.as_bool().unwrap_or(false).then_some(()))
    })
    .await?;
    server.stop()?;
    phone.reload().await?;
    opened(&phone).await?;
    phone.kill().await?;
    phone.start_again().await?;
    // A cold start on an address deep inside: the worker answers with the one page.
    phone.open(&server.url("/s/0190")).await?;
    opened(&phone).await?;
    look(&phone, profile.path()).await?;
    phone.close().await
}

/// The start picture is gone and the app has put something in its place.
async fn opened(phone: &Browser) -> Done {
    until("the app", async || {
        let there = "return document.getElementById('start') === null \
                     && document.body.innerText.trim().length > 0;";
        Ok(phone.run(there).await?.as_bool().unwrap_or(false).then_some(()))
    })
    .await
}

/// The page really has the size of a phone, and a picture can be taken of it.
async fn look(phone: &Browser, folder: &Path) -> Done {
    assert_eq!(phone.run("return innerWidth;").await?, 360);
    let picture = folder.join("phone.png");
    phone.shot(&picture).await?;
    assert!(std::fs::metadata(&picture)?.len() > 1000);
    Ok(())
}
