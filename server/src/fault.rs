//! Why a command was not carried out: one clear line each, Chinese then English.

use std::fmt;

/// What is wrong, said in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Fault {
    /// Says it in both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.zh, self.en)
    }
}

/// A rejection: nothing was done. Each line stands for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The lines, as they are printed.
    pub lines: Vec<String>,
}

impl Rejection {
    /// A rejection of one line.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::from(Fault::new(zh, en))
    }

    /// A rejection of one line about a place in a file; line 0 is the file as a whole.
    #[must_use]
    pub fn at(file: &str, line: usize, fault: &Fault) -> Self {
        let place = if line == 0 { file.to_owned() } else { format!("{file}:{line}") };
        Self { lines: vec![format!("{place}: {fault}")] }
    }
}

impl From<Fault> for Rejection {
    fn from(fault: Fault) -> Self {
        Self { lines: vec![fault.to_string()] }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(format!("数据库出错：{error}"), format!("the database failed: {error}"))
    }
}

impl From<rusqlite::Error> for Rejection {
    fn from(error: rusqlite::Error) -> Self {
        Fault::from(error).into()
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}

impl std::error::Error for Rejection {}

/// Every fault of a file, gathered before anything is refused, so that one look at the answer is
/// enough to mend the file.
#[derive(Debug, Default)]
pub struct Faults {
    by_line: std::collections::BTreeMap<usize, Vec<Fault>>,
}

impl Faults {
    /// Adds what is wrong with a line.
    pub fn add(&mut self, line: usize, fault: Fault) {
        self.by_line.entry(line).or_default().push(fault);
    }

    /// Nothing if there is no fault, else a rejection with one line per bad line of the file.
    ///
    /// # Errors
    /// The rejection.
    pub fn close(&self, file: &str) -> Result<(), Rejection> {
        if self.by_line.is_empty() {
            return Ok(());
        }
        let lines = self.by_line.iter().map(|(line, faults)| {
            let zh: Vec<&str> = faults.iter().map(|fault| fault.zh.as_str()).collect();
            let en: Vec<&str> = faults.iter().map(|fault| fault.en.as_str()).collect();
            format!("{file}:{line}: {} / {}", zh.join("；"), en.join("; "))
        });
        Err(Rejection { lines: lines.collect() })
    }
}
