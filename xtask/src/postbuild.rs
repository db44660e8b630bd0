//! Finishes a folder that Trunk has built: smaller code, names by content, an external start
//! script, the worker's list, compressed copies. The order matters: a hash is taken of the bytes
//! that are served, and the list is written when no name changes any more.

use crate::compress::compress;
use crate::tools::on_path;
use crate::tree::{Done, files, read, read_text, write};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The hook of both Trunk configurations.
pub(crate) fn postbuild() -> Done {
    let staging = std::env::var_os("TRUNK_STAGING_DIR")
        .map(PathBuf::from)
        .ok_or("postbuild is called by Trunk, which sets TRUNK_STAGING_DIR")?;
    let public = std::env::var("TRUNK_PUBLIC_URL").unwrap_or_else(|_| "/".into());
    let programs = programs(&staging)?;
    for program in &programs {
        shrink(&staging.join(format!("{program}_bg.wasm")))?;
    }
    external_start(&staging, &public, &programs)?;
    let names = programs.iter().flat_map(|program| [format!("{program}_bg.wasm"), format!("{program}.js")]);
    // What names another file comes after it: its own hash is of the bytes with that name in them.
    let scripts =
        ["picture.js", "camera.js", "start.js"].into_iter().filter(|name| staging.join(name).exists());
    let mut order: Vec<String> = names.chain(scripts.map(str::to_owned)).collect();
    order.extend(top_level(&staging, "css")?);
    for name in order {
        rename_by_content(&staging, &name)?;
    }
    fill_worker(&staging, &public)?;
    compress(&staging)?;
    report(&staging)
}

/// The first sixteen digits of a finished hash: enough for names, short enough to read.
pub(crate) fn short_hash(hash: Sha256) -> String {
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn hash_of(bytes: &[u8]) -> String {
    short_hash(Sha256::new_with_prefix(bytes))
}

/// `phone` and `seal` for a folder with `phone.js`, `phone_bg.wasm`, `seal.js` and `seal_bg.wasm`.
fn programs(staging: &Path) -> Done<Vec<String>> {
    let all = top_level(staging, "wasm")?;
    Ok(all.iter().filter_map(|name| name.strip_suffix("_bg.wasm").map(str::to_owned)).collect())
}

/// Names of the files right in the folder with this ending.
fn top_level(staging: &Path, kind: &str) -> Done<Vec<String>> {
    let all = files(staging)?;
    let here = all.iter().filter(|path| path.parent() == Some(staging));
    let named = here.filter_map(|path| path.file_name()?.to_str());
    let end = format!(".{kind}");
    Ok(named.filter(|name| name.ends_with(&end)).map(str::to_owned).collect())
}

/// Runs wasm-opt when it is installed; else takes out the names of functions, which nobody reads.
fn shrink(wasm: &Path) -> Done {
    if let Some(optimiser) = on_path("wasm-opt") {
        let status = Command::new(optimiser).arg("-Oz").arg(wasm).arg("-o").arg(wasm).status()?;
        if status.success() {
            return Ok(());
        }
        eprintln!("wasm-opt failed ({status}): going on without it");
    }
    let bytes = read(wasm)?;
    let slim = without_names(&bytes).ok_or_else(|| format!("{} is no wasm", wasm.display()))?;
    write(wasm, &slim)
}

/// Copies a module without its custom section `name`.
fn without_names(module: &[u8]) -> Option<Vec<u8>> {
    let (head, mut rest) = module.split_at_checked(8)?;
    let mut slim = head.to_vec();
    while let Some((&kind, after)) = rest.split_first() {
        let (length, body) = leb128(after)?;
        let (body, next) = body.split_at_checked(length)?;
        let named =
            kind == 0 && leb128(body).is_some_and(|(length, text)| text.get(..length) == Some(b"name"));
        if !named {
            slim.extend_from_slice(rest.get(..rest.len() - next.len())?);
        }
        rest = next;
    }
    Some(slim)
}

/// Reads the number that stands before each section, and what follows it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    for (at, &byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

/// Puts our own start script in the place of Trunk's inline one: pages then need no inline script
/// and the server can forbid it.
fn external_start(staging: &Path, public: &str, programs: &[String]) -> Done {
    let path = staging.join("index.html");
    let page = read_text(&path)?;
    let inline = inline_script(&page).ok_or("index.html holds no start script of Trunk's")?;
    // The others are loaded by the one that Trunk starts.
    let glue = programs.iter().find(|program| inline.contains(&format!("/{program}.js")));
    let glue = glue.ok_or_else(|| format!("Trunk starts none of {}", programs.join(", ")))?;
    let own = format!("<script type=\"module\" src=\"{public}start.js\"></script>");
    write(&path, page.replacen(inline, &own, 1).as_bytes())?;
    // The source names a neutral `app`, so that one script starts phone and desk.
    let path = staging.join("start.js");
    let start = rename_in(&read_text(&path)?, "app.js", &format!("{glue}.js"));
    write(&path, rename_in(&start, "app_bg.wasm", &format!("{glue}_bg.wasm")).as_bytes())
}

fn inline_script(page: &str) -> Option<&str> {
    let mark = page.find("TrunkApplicationStarted")?;
    let from = page.get(..mark)?.rfind("<script")?;
    let end = "</script>";
    let to = mark + page.get(mark..)?.find(end)? + end.len();
    page.get(from..to)
}

/// Renames `base.css` to `base-0123456789abcdef.css`, here and wherever a text names it.
fn rename_by_content(staging: &Path, name: &str) -> Done {
    let path = staging.join(name);
    let hash = hash_of(&read(&path)?);
    let (stem, end) = name.rsplit_once('.').ok_or_else(|| format!("{name} has no ending"))?;
    let hashed = format!("{stem}-{hash}.{end}");
    std::fs::rename(&path, staging.join(&hashed))?;
    for kind in ["html", "js", "css"] {
        for text_name in top_level(staging, kind)? {
            let path = staging.join(&text_name);
            let text = read_text(&path)?;
            let renamed = rename_in(&text, name, &hashed);
            if renamed != text {
                write(&path, renamed.as_bytes())?;
            }
        }
    }
    Ok(())
}

/// Replaces a file's name where it stands as one: after a quote or a slash.
fn rename_in(text: &str, old: &str, new: &str) -> String {
    ['"', '\'', '/'].iter().fold(text.to_owned(), |text, before| {
        text.replace(&format!("{before}{old}"), &format!("{before}{new}"))
    })
}

/// Writes into the worker which files it keeps, and a version made of all their bytes.
fn fill_worker(staging: &Path, public: &str) -> Done {
    let path = staging.join("service_worker.js");
    if !path.exists() {
        return Ok(());
    }
    let mut list = Vec::new();
    let mut all = Sha256::new();
    for file in files(staging)? {
        if file == path {
            continue;
        }
        let inside = file.strip_prefix(staging)?;
        let address = inside.to_string_lossy().replace('\\', "/");
        let address = if address == "index.html" { "" } else { address.as_str() };
        list.push(format!("{public}{address}"));
        all.update(address.as_bytes());
        all.update(read(&file)?);
    }
    let mut worker = read_text(&path)?;
    for (from, to) in [
        ("const LIST = [];", format!("const LIST = {};", serde_json::to_string_pretty(&list)?)),
        ("const VERSION = \"\";", format!("const VERSION = \"{}\";", short_hash(all))),
    ] {
        if !worker.contains(from) {
            return Err(format!("service_worker.js has no line `{from}`").into());
        }
        worker = worker.replacen(from, &to, 1);
    }
    write(&path, worker.as_bytes())
}

/// Says what a first visit downloads.
fn report(staging: &Path) -> Done {
    let mut sum = 0;
    for file in files(staging)? {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(name) = name.strip_suffix(".br") {
            let packed = std::fs::metadata(&file)?.len();
            println!("{packed:>9} bytes brotli  {name}");
            sum += packed;
        }
    }
    println!("{sum:>9} bytes brotli together");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{inline_script, rename_in, without_names};

    #[test]
    fn takes_out_the_names_only() {
        let module = b"\0asm\x01\0\0\0\x01\x01x\x00\x07\x04namexx\x00\x05\x04keep\x02\x01y";
        let slim = without_names(module).expect("well formed");
        assert_eq!(slim, b"\0asm\x01\0\0\0\x01\x01x\x00\x05\x04keep\x02\x01y");
        assert_eq!(without_names(b"\0asm\x01\0\0\0\x01\x7fx"), None, "cut short");
    }

    #[test]
    fn renames_whole_names_only() {
        let text = "import './app.js'; './snapp.js'; \"/app.js\"";
        let renamed = rename_in(text, "app.js", "phone.js");
        assert_eq!(renamed, "import './phone.js'; './snapp.js'; \"/phone.js\"");
    }

    #[test]
    fn finds_the_script_of_trunk() {
        let page = "<script src=a></script><script>TrunkApplicationStarted</script><p>";
        assert_eq!(inline_script(page), Some("<script>TrunkApplicationStarted</script>"));
        assert_eq!(inline_script("<p>"), None);
    }
}
