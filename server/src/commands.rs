//! The commands of `jiangdao`, as people and scripts type them (docs/sync.md, "Commands").

pub(crate) mod account;
mod audit;
mod backup;
mod campaign;
mod import;
mod person;
mod rescue;

use crate::clock::Clock;
use crate::fault::{Fault, Rejection};
use crate::tls::Certificate;
use crate::{db, serve};
use clap::{Parser, Subcommand};
use rusqlite::Connection;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// 讲到：宣讲活动的签到与反馈 / attendance and feedback of lecture sessions
#[derive(Debug, Parser)]
#[command(name = "jiangdao", version, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// One command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 启动服务 / serve phones and desk
    Serve(Serve),
    /// 组织 / the org tree
    #[command(subcommand)]
    Org(Org),
    /// 花名册 / rosters
    #[command(subcommand)]
    Roster(Roster),
    /// 专题活动 / campaigns
    #[command(subcommand)]
    Campaign(Campaign),
    /// 账号 / accounts
    #[command(subcommand)]
    Account(Account),
    /// 备份一次 / back up once
    Backup {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
        /// 备份文件夹 / folder of the backup
        to: PathBuf,
        /// For the key of rescue files.
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// 从备份恢复到空文件夹 / restore a backup into an empty folder
    Restore {
        /// 备份文件夹 / folder of the backup
        from: PathBuf,
        /// Where the data is to be.
        #[command(flatten)]
        data: Data,
        /// For the key of rescue files.
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// 演练：在临时文件夹里恢复并核对 / drill: restore into a scratch folder and compare
    Verify {
        /// 备份文件夹 / folder of the backup
        from: PathBuf,
    },
    /// 核对：由流水重算，与现有汇总比较 / recount from the log and compare with the roll-ups
    Check {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
    },
    /// 由流水重建汇总表 / make the roll-ups anew
    Recount {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
    },
    /// 救援文件 / rescue files
    #[command(subcommand)]
    Rescue(Rescue),
    /// 人员 / persons
    #[command(subcommand)]
    Person(person::Person),
    /// 姓名保留多久 / how long names are kept
    Retention(person::Retention),
    /// 审计 / the audit
    #[command(subcommand)]
    Audit(audit::Audit),
}

/// Where the data is.
#[derive(Debug, clap::Args)]
pub struct Data {
    /// 数据文件夹，没有就新建 / data folder, made if missing
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

/// `serve`
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
    /// 监听地址，如 127.0.0.1:8080 / address to listen on
    #[arg(long, value_name = "ADDR")]
    pub listen: String,
    /// 数据为空时装入演示城市 / load the demo city into an empty data folder
    #[arg(long)]
    pub demo: bool,
    /// 备份到此文件夹（另一块盘或挂载的共享），每分钟一次 / back up to this folder every minute
    #[arg(long, value_name = "TO")]
    pub backup: Option<PathBuf>,
    /// What the key of rescue files is put under in the backup.
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// TLS by the program itself.
    #[command(flatten)]
    pub tls: Tls,
}

/// The files of TLS; without them the program speaks plain HTTP, for a proxy or for this machine alone.
#[derive(Debug, clap::Args)]
pub struct Tls {
    /// 证书链文件（PEM） / file with the certificate and those between it and its root (PEM)
    #[arg(long, value_name = "F", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// 私钥文件（PEM） / file with its private key (PEM)
    #[arg(long, value_name = "F", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

impl Tls {
    /// The certificate, if one is named.
    pub(crate) fn open(&self) -> Result<Option<Certificate>, Rejection> {
        let (Some(chain), Some(key)) = (&self.tls_cert, &self.tls_key) else { return Ok(None) };
        Certificate::open(chain, key).map(Some)
    }
}

/// What the key of rescue files is put under in a backup.
#[derive(Debug, clap::Args)]
pub struct Passphrase {
    /// 存有口令的文件，保护备份里的救援密钥 / file with the passphrase for the rescue key in the backup
    #[arg(long, value_name = "F")]
    pub passphrase_file: Option<PathBuf>,
}

impl Passphrase {
    /// The first line of the file, if one is named.
    pub(crate) fn read(&self) -> Result<Option<String>, Rejection> {
        let Some(path) = &self.passphrase_file else { return Ok(None) };
        let (name, bytes) = read_file(path)?;
        let line =
            String::from_utf8(bytes).ok().and_then(|text| Some(text.lines().next()?.trim().to_owned()));
        match line.filter(|line| !line.is_empty()) {
            Some(line) => Ok(Some(line)),
            None => {
                let fault = Fault::new("文件里没有口令", "there is no passphrase in the file");
                Err(Rejection::at(&name, 0, &fault))
            }
        }
    }
}

/// `org …`
#[derive(Debug, Subcommand)]
pub enum Org {
    /// 导入组织：编码、名称、级别、上级 / import orgs: code, name, level, parent
    Import {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
        /// The file.
        #[command(flatten)]
        file: ImportFile,
    },
}

/// `roster …`
#[derive(Debug, Subcommand)]
pub enum Roster {
    /// 导入花名册：姓名、工号、车间、手机尾号 / import a roster: name, number, workshop, phone tail
    Import {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
        /// 所属工会的编码 / code of the union
        #[arg(long, value_name = "CODE")]
        org: String,
        /// 文件就是全部花名册：不在其中的人已离开 / the file is the whole roster: who is not in it has left
        #[arg(long)]
        whole: bool,
        /// The file.
        #[command(flatten)]
        file: ImportFile,
    },
}

/// A file to import, and how.
#[derive(Debug, clap::Args)]
pub struct ImportFile {
    /// XLSX 或 CSV（UTF-8、GB18030）文件 / XLSX, or CSV in UTF-8 or GB18030
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// 工作表的名称，默认第一个有表头的 / name of the sheet; else the first one with the head
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// 只看会有哪些变化，不写入 / only say what would change
    #[arg(long)]
    pub preview: bool,
}

/// `campaign …`
#[derive(Debug, Subcommand)]
pub enum Campaign {
    /// 新建专题活动，打印其 ID / add a campaign and print its id
    Add {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
        /// 名称 / title
        #[arg(long, value_name = "T")]
        title: String,
        /// 通知文号 / number of the notice
        #[arg(long, value_name = "N")]
        notice: Option<String>,
    },
}

/// `account …`
#[derive(Debug, Subcommand)]
pub enum Account {
    /// 新建账号，密码从标准输入读 / add an account; the password comes from standard input
    Add(AccountAdd),
    /// 关闭账号的两步验证（手机和备用码都丢了） / switch off an account's second factor: phone and codes are lost
    ResetFactor {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
        /// 登录名 / login name
        #[arg(long, value_name = "NAME")]
        login: String,
    },
}

/// `account add`
#[derive(Debug, clap::Args)]
pub struct AccountAdd {
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
    /// 登录名 / login name
    #[arg(long, value_name = "NAME")]
    pub login: String,
    /// organizer, lecturer, viewer, manager, admin
    #[arg(long)]
    pub role: String,
    /// 授权的组织编码（含其下各级） / code of the org, with all below it
    #[arg(long, value_name = "CODE")]
    pub org: String,
    /// 从标准输入读密码 / read the password from standard input
    #[arg(long, required = true)]
    pub password_stdin: bool,
    /// 姓名 / name of the person
    #[arg(long, value_name = "N")]
    pub name: Option<String>,
}

/// `rescue …`
#[derive(Debug, Subcommand)]
pub enum Rescue {
    /// 导入手机存出的救援文件，可重复导入 / import a rescue file of a phone; again changes nothing
    Import {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
        /// 救援文件 / the rescue file
        file: PathBuf,
        /// 凭证失效时，担保其中这个账号的记录 / vouch for this account's records where their token is not known
        #[arg(long = "as", value_name = "LOGIN")]
        login: Option<String>,
    },
}

/// Does what the command line says; every refusal is one clear line on standard error.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misspelt(&error),
    };
    match run(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(rejection) => {
            eprintln!("{rejection}");
            ExitCode::FAILURE
        }
    }
}

/// Help and version as clap writes them; of a mistake the one line that says what is wrong.
fn misspelt(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    if !error.use_stderr() {
        print!("{text}");
        return ExitCode::SUCCESS;
    }
    if error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        eprint!("{text}");
        return ExitCode::from(2);
    }
    // What is wrong ends at the first blank line; what follows is usage.
    let what: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let what = what.join(" ");
    let what = what.strip_prefix("error: ").unwrap_or(&what);
    eprintln!("命令写得不对，--help 有说明 / {what} (see --help)");
    ExitCode::from(2)
}

fn run(command: &Command) -> Result<(), Rejection> {
    let now_ms = Clock::system().now_ms();
    match command {
        Command::Serve(args) => serve::serve(args),
        Command::Org(Org::Import { data, file }) => import::orgs(&data.data, file, now_ms),
        Command::Roster(Roster::Import { data, org, whole, file }) => {
            import::roster(&data.data, (org, *whole), file, now_ms)
        }
        Command::Campaign(Campaign::Add { data, title, notice }) => {
            let campaign = campaign::new(title, notice.as_deref())?;
            write(data, |conn| Ok(crate::campaign::put(conn, &campaign, 0).map(drop)?))?;
            say(&campaign.id.to_string())
        }
        Command::Account(Account::Add(args)) => add_account(args, now_ms),
        Command::Account(Account::ResetFactor { data, login }) => {
            let mut connection = existing(&data.data)?;
            db::transaction(&mut connection, |conn| account::reset_factor(conn, login, now_ms))?;
            say(&format!("账号 {login} 的两步验证已关闭 / the second factor of {login} is off"))
        }
        Command::Backup { data, to, passphrase } => backup::once(&data.data, to, passphrase, now_ms),
        Command::Restore { from, data, passphrase } => backup::restore(from, &data.data, passphrase, now_ms),
        Command::Verify { from } => backup::verify(from, now_ms),
        Command::Check { data } => backup::check(&data.data, now_ms),
        Command::Recount { data } => backup::recount(&data.data),
        Command::Audit(audit) => audit::run(audit),
        Command::Rescue(Rescue::Import { data, file, login }) => {
            let (name, bytes) = read_file(file)?;
            rescue::import(&data.data, (&name, &bytes), login.as_deref(), now_ms)
        }
        Command::Person(command) => person::run(command, now_ms),
        Command::Retention(args) => person::retention(args, now_ms),
    }
}

fn add_account(args: &AccountAdd, now_ms: i64) -> Result<(), Rejection> {
    let new = account::New {
        login: &args.login,
        name: args.name.as_deref(),
        role: &args.role,
        org: &args.org,
        password: &read_password()?,
    };
    let ready = account::check(&new)?;
    write(&args.data, |conn| account::add(conn, &ready, now_ms))?;
    let login = &ready.login;
    say(&format!("账号 {login} 已建好 / account {login} was added"))
}

/// The data of a folder that has some: a mistyped folder is not made.
pub(crate) fn existing(dir: &Path) -> Result<Connection, Rejection> {
    if !dir.join(db::FILE).exists() {
        return Err(Rejection::new(
            format!("{} 里没有数据", dir.display()),
            format!("there is no data in {}", dir.display()),
        ));
    }
    Ok(db::connect(dir)?)
}

/// One write transaction on the data folder, beside whatever serves it.
fn write<T>(data: &Data, job: impl FnOnce(&Connection) -> Result<T, Rejection>) -> Result<T, Rejection> {
    let mut connection = db::connect(&data.data)?;
    db::transaction(&mut connection, job)
}

/// The name by which messages call a file, and its bytes.
fn read_file(path: &Path) -> Result<(String, Vec<u8>), Rejection> {
    let name = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => Ok((name, bytes)),
        Err(error) => {
            let fault =
                Fault::new(format!("文件读不出来：{error}"), format!("the file cannot be read: {error}"));
            Err(Rejection::at(&name, 0, &fault))
        }
    }
}

/// Longest password that is taken, bytes.
const PASSWORD_MAX_BYTES: u64 = 1_024;

/// The password on standard input, without the end of its line.
fn read_password() -> Result<String, Rejection> {
    let unreadable =
        || Rejection::new("标准输入里的密码读不出来", "the password on standard input cannot be read");
    let mut text = String::new();
    std::io::stdin().take(PASSWORD_MAX_BYTES + 1).read_to_string(&mut text).map_err(|_| unreadable())?;
    if text.len() as u64 > PASSWORD_MAX_BYTES {
        return Err(Rejection::new("密码太长", "the password is too long"));
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// Prints one line at once, so that scripts that wait for it go on.
pub(crate) fn say(line: &str) -> Result<(), Rejection> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| {
        Rejection::new(format!("输出写不出去：{error}"), format!("output cannot be written: {error}"))
    })
}
