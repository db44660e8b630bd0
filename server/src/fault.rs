//! Why a command was not carried out: one clear line each, Chinese then English.

use shared::import::FAULTS_MAX;
use std::collections::BTreeMap;
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    by_line: BTreeMap<usize, Vec<Fault>>,
}

impl Faults {
    /// What is wrong with one line; line 0 is the file as a whole.
    #[must_use]
    pub fn one(line: usize, fault: Fault) -> Self {
        Self { by_line: BTreeMap::from([(line, vec![fault])]) }
    }

    /// Adds what is wrong with a line.
    pub fn add(&mut self, line: usize, fault: Fault) {
        self.by_line.entry(line).or_default().push(fault);
    }

    /// Nothing if there is no fault.
    ///
    /// # Errors
    /// These faults.
    pub fn close(self) -> Result<(), Self> {
        if self.by_line.is_empty() { Ok(()) } else { Err(self) }
    }

    /// One fault per bad line, the first [`FAULTS_MAX`] of them, and how many lines more are bad.
    #[must_use]
    pub fn told(&self) -> (Vec<(usize, Fault)>, usize) {
        let lines = self.by_line.iter().take(FAULTS_MAX).map(|(line, faults)| {
            let zh: Vec<&str> = faults.iter().map(|fault| fault.zh.as_str()).collect();
            let en: Vec<&str> = faults.iter().map(|fault| fault.en.as_str()).collect();
            (*line, Fault::new(zh.join("；"), en.join("; ")))
        });
        (lines.collect(), self.by_line.len().saturating_sub(FAULTS_MAX))
    }

    /// One line of text per bad line of the file.
    #[must_use]
    pub fn rejection(&self, file: &str) -> Rejection {
        let (told, more) = self.told();
        let mut lines: Vec<String> =
            told.iter().flat_map(|(line, fault)| Rejection::at(file, *line, fault).lines).collect();
        if more > 0 {
            lines.push(format!("{file}: 还有 {more} 行有错 / and {more} bad lines more"));
        }
        Rejection { lines }
    }
}
