//! `serve`: opens the data, listens, says who can log in and where, and ends in order.

use crate::backup::Task;
use crate::commands::{Passphrase, Serve, say};
use crate::door::{self, Door};
use crate::fault::Rejection;
use crate::{App, db, demo, export, files, first, forget, retention, router};
use shared::first::FIRST_HOURS;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

/// How long the last round of forgetting may take after the word to stop.
const END_WITHIN: Duration = Duration::from_secs(10);

/// Serves until the word to stop.
///
/// # Errors
/// One clear line: the address cannot be listened on, or the data cannot be opened.
pub(crate) fn serve(args: &Serve) -> Result<(), Rejection> {
    log_to_stderr();
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        Rejection::new(format!("系统资源不足：{error}"), format!("the system gave no threads: {error}"))
    })?;
    runtime.block_on(run(args))
}

fn log_to_stderr() {
    use std::io::IsTerminal;
    use tracing::Level;
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // Each opening of the data tells of every step, also where there is none to take.
    let what = Targets::new().with_default(Level::INFO).with_target("refinery_core", Level::WARN);
    // A second subscriber can only come from a program around this one; its choice stands.
    let _ = tracing_subscriber::registry().with(lines).with(what).try_init();
}

async fn run(args: &Serve) -> Result<(), Rejection> {
    let dir = args.data.data.as_path();
    // Before the data are opened: a second start beside a running one ends here, at once.
    let (listener, address) = door::listen(&args.listen).await?;
    let certificate = args.tls.open()?;
    let app = crate::open(dir)?;
    let scheme = if certificate.is_some() { "https" } else { "http" };
    // Whoever reads that it runs may stop it at once, and it ends in order.
    let stop = told_to_stop();
    greet(&app, dir, (scheme, address), args.demo).await?;
    let backup = match &args.backup {
        Some(target) => Some(begin_backup(&app, dir, target, &args.passphrase)?),
        None => None,
    };
    let stopping = app.clone();
    let retention = tokio::spawn(retention::keep(app.clone()));
    let forget = tokio::spawn(forget::keep(app.clone()));
    let sweep = tokio::spawn(files::keep(app.clone()));
    let exports = tokio::spawn(export::job::keep(app.clone()));
    Door::new(listener, router(app), certificate).serve(stop).await;
    retention.abort();
    forget.abort();
    sweep.abort();
    exports.abort();
    if let Some(backup) = backup {
        backup.stop();
    }
    // Of a large table the rounds of the next start do the rest.
    if let Ok(Err(error)) = tokio::time::timeout(END_WITHIN, forget::order(&stopping)).await {
        tracing::warn!(%error, "the order of the last answers could not be forgotten");
    }
    stopping.db.close().await;
    say("已停止 / stopped")
}

fn begin_backup(app: &App, dir: &Path, target: &Path, passphrase: &Passphrase) -> Result<Task, Rejection> {
    let passphrase = passphrase.read()?;
    let task = Task::start(app, dir, target, passphrase.as_deref())?;
    let target = target.display();
    say(&format!("  备份 / backup: {target}"))?;
    if passphrase.is_none() {
        say(
            "    没有给口令，救援文件的密钥不在备份里 / no passphrase: the key of rescue files is not in it",
        )?;
    }
    Ok(task)
}

/// Says where it is and who can log in; loads the demo city first if that is asked for.
async fn greet(
    app: &App,
    dir: &Path,
    (scheme, address): (&str, SocketAddr),
    with_demo: bool,
) -> Result<(), Rejection> {
    let mut connection = db::connect(dir)?;
    if with_demo && demo::is_empty(&connection)? {
        say("正在装入演示城市 … / loading the demo city …")?;
        demo::load(&mut connection, dir)?;
    }
    drop(connection);
    say("讲到 已启动 / Jiangdao is running")?;
    let here = reachable(address);
    say(&format!("  手机 / phone: {scheme}://{here}/"))?;
    say(&format!("  电脑 / desk:  {scheme}://{here}/desk"))?;
    for login in demo::logins(dir) {
        say(&login)?;
    }
    let offered = first::offer(app).await.map_err(|refusal| {
        Rejection::new(
            format!("首个管理员的链接无法生成：{refusal}"),
            format!("no link for the first admin: {refusal}"),
        )
    })?;
    if let Some(path) = offered {
        first_admin(&format!("{scheme}://{here}"), &path)?;
    }
    say("  停止 / stop: Ctrl-C")
}

/// An address that can be typed into a browser on this machine.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    address
}

/// Whoever reads this is the operator; a new start prints a new link, and ends this one.
fn first_admin(here: &str, path: &str) -> Result<(), Rejection> {
    say(&format!(
        "  还没有市级管理员，请用浏览器打开此链接建第一个，{FIRST_HOURS} 小时内有效、只能用一次 / \
         Nobody administers the city yet. Open this link to make the first admin; good once, for {FIRST_HOURS} hours:"
    ))?;
    say(&format!("    {here}{path}"))
}

/// The word to stop, listened for from now on: one that comes before it is waited for is not lost.
#[cfg(unix)]
fn told_to_stop() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    async fn heard(signal: std::io::Result<Signal>) {
        match signal {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending::<()>().await,
        }
    }
    let (interrupted, terminated) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async {
        tokio::select! {
            () = heard(interrupted) => {}
            () = heard(terminated) => {}
        }
    }
}

/// The word to stop, where there is one key for it and no signals.
#[cfg(not(unix))]
async fn told_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
