//! `audit verify`: walks the chain of the audit.

use super::{Data, say};
use crate::audit::Chain;
use crate::backup;
use crate::backup::record::{bytes, hex};
use crate::fault::Rejection;
use clap::Subcommand;

/// `audit …`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// 核对审计链，打印末尾的校验值 / walk the chain and print its head
    Verify {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
        /// 以前记下的校验值，看它是否还在链里 / a head noted down before, to be found in the chain
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
}

/// Does what the command says.
///
/// # Errors
/// One clear line.
pub(super) fn run(Audit::Verify { data, head }: &Audit) -> Result<(), Rejection> {
    let noted = head.as_deref().map(read).transpose()?;
    let chain = backup::verify_audit(&data.data, noted)?;
    if let Some(place) = chain.noted {
        say(&format!("记下的校验值在第 {place} 条 / the noted head is row {place}"))?;
    }
    tell(&chain)
}

/// What an operator notes down.
pub(super) fn tell(chain: &Chain) -> Result<(), Rejection> {
    let (count, head) = (chain.count, hex(&chain.head));
    say(&format!("审计 {count} 条，校验值 {head} / audit: {count} rows, head {head}"))
}

fn read(text: &str) -> Result<[u8; 32], Rejection> {
    let read = bytes(text.trim()).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    read.ok_or_else(|| Rejection::new("校验值应为 64 位十六进制数字", "a head is 64 hexadecimal digits"))
}
