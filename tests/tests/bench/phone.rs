//! The phone with a roster of 5,000 people, in Chromium at a quarter of this machine's speed.

/// Left out of an ordinary run by its name: times are no gates.
mod long {
    use crate::bench::figures::Samples;
    use crate::browser::line::{log_in, new_session, tap_named};
    use crate::harness::{Browser, Done, Folder, Server, until};
    use serde_json::{Value, json};

    /// How many times slower than this machine.
    const SLOWER: u32 = 4;
    const STARTS: usize = 7;
    const TAPS: usize = 40;

    /// Runs in each page before anything else: when something was first seen, and how long each strict write took.
    const WATCH: &str = "
        const seen = {}, writes = [];
        globalThis.watched = { seen, writes };
        const wanted = { list: '.list-page .float a', people: '.people .person' };
        new MutationObserver(() => {
            for (const [name, css] of Object.entries(wanted)) {
                if (!(name in seen) && document.querySelector(css)) {
                    seen[name] = null;
                    // After the frame in which it is painted.
                    requestAnimationFrame(() => setTimeout(() => { seen[name] = performance.now(); }));
                }
            }
        }).observe(document, { childList: true, subtree: true });
        const begin = IDBDatabase.prototype.transaction;
        IDBDatabase.prototype.transaction = function (...how) {
            const begun = performance.now(), made = begin.apply(this, how);
            if (how[1] === 'readwrite') {
                made.addEventListener('complete', () => writes.push(performance.now() - begun));
            }
            return made;
        };";

    /// Taps on people who are not here yet; ms until the row says that it is saved, and until that is painted.
    const TAP: &str = "
        const times = [], painted = [];
        const wait = (ms) => new Promise((go) => setTimeout(go, ms));
        for (let n = 0; n < TAPS; n++) {
            const row = document.querySelector('.person:not(.here)');
            const begun = performance.now();
            const saved = new Promise((go) => {
                const look = () => row.textContent.includes('已存本机') && go(performance.now());
                new MutationObserver(look).observe(row, { childList: true, subtree: true, characterData: true });
            });
            row.querySelector('.person-tap').click();
            times.push((await saved) - begun);
            await new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
            painted.push(performance.now() - begun);
            await wait(50);
        }
        return [times, painted];";

    /// Types names letter by letter; ms from each key press until the list is there.
    const SEARCH: &str = "
        const field = document.querySelector('input[type=search]');
        const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
        const times = [];
        const rest = () => new Promise((go) => {
            const channel = new MessageChannel();
            channel.port1.onmessage = go;
            channel.port2.postMessage(null);
        });
        for (const word of ['王', '王伟', '10', '1002', '100234', '刘海', '8', '84', '8464', '']) {
            set.call(field, word);
            const begun = performance.now();
            field.dispatchEvent(new InputEvent('input', { bubbles: true }));
            await rest();
            times.push(performance.now() - begun);
            await new Promise((go) => setTimeout(go, 100));
        }
        return times;";

    /// Scrolls the list from top to bottom; ms between frames.
    const SCROLL: &str = "
        const times = [];
        scrollTo(0, 0);
        let last = await new Promise(requestAnimationFrame);
        while (scrollY + innerHeight < document.documentElement.scrollHeight - 1 && times.length < 400) {
            scrollBy(0, 24);
            const now = await new Promise(requestAnimationFrame);
            times.push(now - last);
            last = now;
        }
        return times;";

    /// A browser that was just started becomes a slow one, and watches its pages.
    async fn slow(phone: &Browser) -> Done {
        let cdp = phone.page()?.cdp();
        cdp.send_raw("Page.enable", json!({})).await?;
        cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await?;
        cdp.send_raw("Emulation.setCPUThrottlingRate", json!({ "rate": SLOWER })).await?;
        Ok(())
    }

    /// Starts the browser anew, without a server, on a page; ms until `what` was painted.
    async fn cold(phone: &mut Browser, url: &str, what: &str) -> Done<f64> {
        phone.close().await?;
        phone.start_again().await?;
        slow(phone).await?;
        phone.open(url).await?;
        until(what, async || {
            Ok(phone.run(&format!("return globalThis.watched?.seen.{what} ?? null")).await?.as_f64())
        })
        .await
    }

    async fn colds(phone: &mut Browser, url: &str, what: &str) -> Done<Samples> {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            times.push(cold(phone, url, what).await?);
        }
        Ok(Samples::new(times))
    }

    #[tokio::test]
    #[ignore = "needs the built product: cargo xtask bench phone"]
    async fn measure() -> Done {
        let (data, profile) = (Folder::new("bench-data")?, Folder::new("bench-profile")?);
        let mut server = Server::start(data.path(), &["--demo"])?;
        let mut phone = Browser::phone(profile.path()).await?;
        log_in(&phone, &server, data.path()).await?;
        let page = new_session(&phone, "测速的宣讲").await?;
        tap_named(&phone, "现场").await?;
        server.stop()?;
        let list = colds(&mut phone, &server.url("/"), "list").await?;
        let people = colds(&mut phone, &server.url(&page), "people").await?;
        let search = Samples::told(&phone.run(SEARCH).await?)?;
        let scroll = Samples::told(&phone.run(SCROLL).await?)?;
        let tapped = phone.run(&TAP.replace("TAPS", &TAPS.to_string())).await?;
        let at = |place: usize| Samples::told(tapped.get(place).unwrap_or(&Value::Null));
        let (saved, painted) = (at(0)?, at(1)?);
        let writes = Samples::told(&phone.run("return watched.writes").await?)?;
        println!("| {SLOWER}× slower, ms | n | median | p95 | range | goal | floor |");
        println!("| --- | --- | --- | --- | --- | --- | --- |");
        for line in [
            list.line("cold start without network → session list", "600", "1,500"),
            people.line("cold start → list of 5,000 people", "800", "1,200"),
            search.line("key press → list of the found", "1", "5"),
            saved.line("tap → 已存本机 in the row", "50 (p95)", "50 (p95)"),
            painted.line("tap → painted", "50 (p95)", "50 (p95)"),
            writes.line("strict write → complete", "3, p95 7", "4, p95 10"),
            scroll.line("frame while the list scrolls", "", "50 (most)"),
        ] {
            println!("{line}");
        }
        Ok(())
    }
}
