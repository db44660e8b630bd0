//! A real browser on a profile that outlives it, driven through ChromeDriver.

use super::process::{Process, is_alive, signal};
use super::{Done, PATIENCE, named, until};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::{By, DesiredCapabilities, WebDriver, WebElement};

/// No visible window, nothing that talks to anybody but the page's own server.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
];

#[derive(Clone, Copy)]
enum Device {
    Phone,
    Desk,
}

/// A running browser with one page open.
pub(crate) struct Browser {
    service: Process,
    service_url: String,
    profile: PathBuf,
    device: Device,
    more: Vec<String>,
    running: Option<Running>,
}

struct Running {
    driver: WebDriver,
    id: u32,
}

impl Browser {
    /// A phone of 360 × 640 with touch, keeping its data in `profile`.
    pub(crate) async fn phone(profile: &Path) -> Done<Self> {
        Self::phone_with(profile, &[]).await
    }

    /// The same with further words for the browser.
    pub(crate) async fn phone_with(profile: &Path, more: &[String]) -> Done<Self> {
        Self::start(profile, Device::Phone, more).await
    }

    /// A screen of an office, 1280 × 800.
    pub(crate) async fn desk(profile: &Path) -> Done<Self> {
        Self::start(profile, Device::Desk, &[]).await
    }

    async fn start(profile: &Path, device: Device, more: &[String]) -> Done<Self> {
        // Port 0 lets ChromeDriver choose, so that no two tests can want the same one.
        let service = Process::start(Command::new(named("CHROMEDRIVER")?).arg("--port=0"))?;
        let port: u16 = service.line("ChromeDriver's port", |line| {
            line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
        })?;
        let service_url = format!("http://127.0.0.1:{port}");
        let profile = profile.to_path_buf();
        let mut browser = Self { service, service_url, profile, device, more: more.to_vec(), running: None };
        browser.start_again().await?;
        Ok(browser)
    }

    /// Starts a killed one again on the same profile.
    pub(crate) async fn start_again(&mut self) -> Done {
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(&named("CHROME")?.to_string_lossy())?;
        for flag in FLAGS.into_iter().chain(self.more.iter().map(String::as_str)) {
            wanted.add_arg(flag)?;
        }
        wanted.add_arg(&format!("--user-data-dir={}", self.profile.display()))?;
        let driver = WebDriver::new(&self.service_url, wanted)
            .await
            .map_err(|why| format!("no browser: {why}\n{}", self.service.heard()))?;
        let id = driver.capabilities().get("goog:processID").and_then(Value::as_u64);
        let id = id.and_then(|id| u32::try_from(id).ok()).or_else(|| locked_by(&self.profile));
        let id = id.ok_or("the browser does not say its process id")?;
        self.running = Some(Running { driver, id });
        self.dress().await
    }

    /// Size, touch and language of the device.
    async fn dress(&self) -> Done {
        let cdp = self.page()?.cdp();
        let (width, height, mobile) = match self.device {
            Device::Phone => (360, 640, true),
            Device::Desk => (1280, 800, false),
        };
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 2, "mobile": mobile
        });
        cdp.send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
        let touch = json!({ "enabled": mobile, "maxTouchPoints": i32::from(mobile).max(1) });
        cdp.send_raw("Emulation.setTouchEmulationEnabled", touch).await?;
        Ok(())
    }

    /// The driver itself, for what has no helper here.
    pub(crate) fn page(&self) -> Done<&WebDriver> {
        Ok(&self.running.as_ref().ok_or("the browser is not running")?.driver)
    }

    /// Opens an address.
    pub(crate) async fn open(&self, url: &str) -> Done {
        Ok(self.page()?.goto(url).await?)
    }

    /// Loads the page again.
    pub(crate) async fn reload(&self) -> Done {
        Ok(self.page()?.refresh().await?)
    }

    /// The first element that matches, waited for until it is shown.
    pub(crate) async fn find(&self, css: &str) -> Done<WebElement> {
        let page = self.page()?;
        until(css, async || {
            let element = page.find(By::Css(css)).await?;
            Ok(element.is_displayed().await?.then_some(element))
        })
        .await
    }

    /// How many elements match now.
    pub(crate) async fn count(&self, css: &str) -> Done<usize> {
        Ok(self.page()?.find_all(By::Css(css)).await?.len())
    }

    /// Taps the first element that matches, as soon as that can be done.
    pub(crate) async fn tap(&self, css: &str) -> Done {
        let page = self.page()?;
        until(&format!("a tap on {css}"), async || {
            // Found anew each time: a page that paints itself again leaves stale elements behind.
            let element = page.find(By::Css(css)).await?;
            // Out from under the bar at the foot, as a thumb would scroll it.
            element.scroll_into_view().await?;
            element.click().await?;
            Ok(Some(()))
        })
        .await
    }

    /// Empties a field and types into it.
    pub(crate) async fn fill(&self, css: &str, text: &str) -> Done {
        let field = self.find(css).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// The text of the first element that matches.
    pub(crate) async fn text(&self, css: &str) -> Done<String> {
        Ok(self.find(css).await?.text().await?)
    }

    /// Waits until the first element that matches holds this text.
    pub(crate) async fn shows(&self, css: &str, text: &str) -> Done {
        let page = self.page()?;
        until(&format!("{text} in {css}"), async || {
            let shown = page.find(By::Css(css)).await?.text().await?;
            if shown.contains(text) {
                return Ok(Some(()));
            }
            Err(format!("it shows: {shown}").into())
        })
        .await
    }

    /// Runs a script that may `return` and `await`.
    pub(crate) async fn run(&self, script: &str) -> Done<Value> {
        let body = format!(
            "const done = arguments[arguments.length - 1]; \
             (async () => {{ {script} }})().then(done, (why) => done('failed: ' + why));"
        );
        Ok(self.page()?.execute_async(body, Vec::new()).await?.json().clone())
    }

    /// Writes a picture of the page.
    pub(crate) async fn shot(&self, to: &Path) -> Done {
        Ok(self.page()?.screenshot(to).await?)
    }

    /// Kills the browser's process without a word, as a phone out of memory or power does.
    pub(crate) async fn kill(&mut self) -> Done {
        let Some(Running { driver, id }) = self.running.take() else {
            return Ok(());
        };
        driver.leak()?;
        signal("-KILL", id)?;
        until("the browser's end", async || Ok((!is_alive(id)).then_some(()))).await
    }

    /// Closes the browser in good order.
    pub(crate) async fn close(&mut self) -> Done {
        let Some(Running { driver, id }) = self.running.take() else {
            return Ok(());
        };
        driver.quit().await?;
        until("the browser's end", async || Ok((!is_alive(id)).then_some(()))).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(Running { driver, id }) = self.running.take() {
            // Not asked politely: after a failed test there is nobody to wait for the answer.
            let _ = driver.leak();
            let _ = signal("-KILL", id);
            let started = Instant::now();
            while is_alive(id) && started.elapsed() < PATIENCE {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }
    }
}

/// Chromium writes `host-4711` into this link.
fn locked_by(profile: &Path) -> Option<u32> {
    let lock = std::fs::read_link(profile.join("SingletonLock")).ok()?;
    lock.to_str()?.rsplit('-').next()?.parse().ok()
}
