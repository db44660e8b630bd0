//! `serve`: opens the data, listens, says who can log in and where, and ends in order.

use crate::backup::Task;
use crate::commands::{Passphrase, Serve, say};
use crate::fault::Rejection;
use crate::{App, db, demo, forget, retention, router};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How long requests that are under way may take to end after the word to stop.
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
    let (listener, address) = listen(&args.listen).await?;
    let app = crate::open(dir)?;
    greet(dir, address, args.demo)?;
    let backup = match &args.backup {
        Some(target) => Some(begin_backup(&app, dir, target, &args.passphrase)?),
        None => None,
    };
    let stopping = app.clone();
    let retention = tokio::spawn(retention::keep(app.clone()));
    let forget = tokio::spawn(forget::keep(app.clone()));
    let served = serve_until_told(listener, app).await;
    retention.abort();
    forget.abort();
    if let Some(backup) = backup {
        backup.stop();
    }
    served?;
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

async fn listen(address: &str) -> Result<(TcpListener, SocketAddr), Rejection> {
    let listener = TcpListener::bind(address).await.map_err(|error| not_listening(address, &error))?;
    let address = listener.local_addr().map_err(|error| not_listening(address, &error))?;
    Ok((listener, address))
}

fn not_listening(address: &str, error: &std::io::Error) -> Rejection {
    match error.kind() {
        ErrorKind::AddrInUse => Rejection::new(
            format!("{address} 已被别的程序占用，请换一个端口"),
            format!("{address} is in use by another program: choose another port"),
        ),
        ErrorKind::PermissionDenied => Rejection::new(
            format!("没有权限监听 {address}"),
            format!("listening on {address} is not permitted"),
        ),
        ErrorKind::InvalidInput => Rejection::new(
            format!("“{address}”不是监听地址，应像 127.0.0.1:8080"),
            format!("\"{address}\" is no address to listen on, such as 127.0.0.1:8080"),
        ),
        _ => Rejection::new(
            format!("无法监听 {address}：{error}"),
            format!("cannot listen on {address}: {error}"),
        ),
    }
}

/// Says where it is and who can log in; loads the demo city first if that is asked for.
fn greet(dir: &Path, address: SocketAddr, with_demo: bool) -> Result<(), Rejection> {
    let mut connection = db::connect(dir)?;
    if with_demo && demo::is_empty(&connection)? {
        say("正在装入演示城市 … / loading the demo city …")?;
        demo::load(&mut connection, dir)?;
    }
    say("讲到 已启动 / Jiangdao is running")?;
    let here = reachable(address);
    say(&format!("  手机 / phone: http://{here}/"))?;
    say(&format!("  电脑 / desk:  http://{here}/desk"))?;
    for login in demo::logins(dir) {
        say(&login)?;
    }
    let accounts: i64 = connection.query_row("SELECT count(*) FROM account", [], |row| row.get(0))?;
    if accounts == 0 {
        first_account(dir)?;
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

fn first_account(dir: &Path) -> Result<(), Rejection> {
    let dir = dir.display();
    say("  还没有账号。导入组织，再建第一个账号 / No account yet. Import orgs, then add the first account:")?;
    say(&format!("    jiangdao org import --data {dir} orgs.csv"))?;
    say(&format!(
        "    jiangdao account add --data {dir} --login NAME --role admin --org CODE --password-stdin"
    ))
}

/// Serves until Ctrl-C or SIGTERM, then lets what is under way end, for a while.
async fn serve_until_told(listener: TcpListener, app: App) -> Result<(), Rejection> {
    let (stop, stopped) = oneshot::channel::<()>();
    let ends = async move {
        // An error says that nobody can send any more: then it is time to end as well.
        let _ = stopped.await;
    };
    // Who is at the other end tells whether its word for TLS counts.
    let router = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, router).with_graceful_shutdown(ends);
    let mut server = tokio::spawn(server.into_future());
    tokio::select! {
        () = told_to_stop() => {}
        ended = &mut server => return finished(ended),
    }
    let _ = stop.send(());
    match tokio::time::timeout(END_WITHIN, &mut server).await {
        Ok(ended) => finished(ended),
        Err(_) => {
            tracing::warn!("some requests did not end in time and were cut off");
            server.abort();
            Ok(())
        }
    }
}

fn finished(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> Result<(), Rejection> {
    let why = match ended {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    Err(Rejection::new(format!("服务中断：{why}"), format!("serving ended: {why}")))
}

async fn told_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
