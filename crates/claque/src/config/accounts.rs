//! Files with many accounts: TOML or CSV of e-mail and password, or tokens. Values are in no error, lines are.

use std::path::Path;

use claque_core::secret::Secret;
use claque_wire::yapit::rest::exposed;
use serde::Deserialize;
use toml::Spanned;

use super::{UsageError, file};

/// What such a file says.
#[derive(Debug)]
pub(super) struct AccountsFile {
    /// The identity service's project, if the file names it.
    pub(super) project_id: Option<Secret>,
    /// The project's publishable client key, if the file names it.
    pub(super) client_key: Option<Secret>,
    /// At least one, no two alike.
    pub(super) entries: Vec<Entry>,
}

/// An account, with the place it stands at: "accounts.csv:3".
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) place: String,
    pub(super) account: Account,
}

/// What there is to sign in with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Account {
    Password { email: Secret, password: Secret },
    Token(Secret),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlFile {
    #[serde(default, deserialize_with = "secret")]
    project_id: Option<Secret>,
    #[serde(default, deserialize_with = "secret")]
    client_key: Option<Secret>,
    accounts: Vec<Spanned<Fields>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Fields {
    #[serde(deserialize_with = "secret")]
    email: Option<Secret>,
    #[serde(deserialize_with = "secret")]
    password: Option<Secret>,
    #[serde(deserialize_with = "secret")]
    token: Option<Secret>,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    exposed::deserialize(deserializer).map(Some)
}

/// The columns a CSV file can have.
const COLUMNS: [&str; 3] = ["email", "password", "token"];

impl AccountsFile {
    /// Reads a file: CSV if its name ends in .csv, else TOML.
    ///
    /// # Errors
    /// It cannot be read, has no account or one twice, or a line of it is none.
    pub(super) fn read(path: &Path) -> Result<Self, UsageError> {
        let shown = path.display().to_string();
        let text = file::read_text(path, file::MOST_ACCOUNTS).map_err(|error| {
            UsageError::new(format!(
                "failed to read the accounts of {shown}: {error}; check the path given to --accounts"
            ))
        })?;
        let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let file = if is_csv { read_csv(&shown, &text)? } else { read_toml(&shown, &text)? };
        file.check(&shown)?;
        Ok(file)
    }

    fn check(&self, shown: &str) -> Result<(), UsageError> {
        if self.entries.is_empty() {
            return Err(UsageError::new(format!("failed to find an account in {shown}; add some")));
        }
        for (number, entry) in self.entries.iter().enumerate() {
            let earlier = self.entries.iter().take(number);
            if let Some(twin) = earlier.into_iter().find(|other| other.account.is_the_same(&entry.account)) {
                return Err(UsageError::new(format!(
                    "{}: the account of {} comes once more; take it out, for a limit would count it once",
                    entry.place, twin.place
                )));
            }
        }
        Ok(())
    }
}

impl Account {
    fn is_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Password { email, .. }, Self::Password { email: other, .. }) => email == other,
            (Self::Token(token), Self::Token(other)) => token == other,
            (Self::Password { .. }, Self::Token(_)) | (Self::Token(_), Self::Password { .. }) => false,
        }
    }
}

impl Fields {
    fn into_account(self) -> Option<Account> {
        let filled = |field: Option<Secret>| field.filter(|secret| !secret.expose().trim().is_empty());
        match (filled(self.email), filled(self.password), filled(self.token)) {
            (Some(email), Some(password), None) => Some(Account::Password { email, password }),
            (None, None, Some(token)) if !token.expose().trim().contains(char::is_whitespace) => {
                Some(Account::Token(Secret::from(token.expose().trim())))
            }
            _ => None,
        }
    }
}

fn read_toml(shown: &str, text: &str) -> Result<AccountsFile, UsageError> {
    let line = |offset: usize| {
        let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
        format!("{shown}:{}", before.iter().filter(|&&byte| byte == b'\n').count() + 1)
    };
    let file: TomlFile = toml::from_str(text).map_err(|error| {
        // The parser's own words could repeat a value.
        let place = error.span().map_or_else(|| shown.to_owned(), |span| line(span.start));
        not_understood(&place)
    })?;
    let entry = |fields: Spanned<Fields>| {
        let place = line(fields.span().start);
        let account = fields.into_inner().into_account().ok_or_else(|| not_understood(&place))?;
        Ok(Entry { place, account })
    };
    Ok(AccountsFile {
        project_id: file.project_id,
        client_key: file.client_key,
        entries: file.accounts.into_iter().map(entry).collect::<Result<_, _>>()?,
    })
}

fn read_csv(shown: &str, text: &str) -> Result<AccountsFile, UsageError> {
    // A quote that is never closed then holds a line end, which no account does.
    let text = format!("{text}\n");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut columns: Option<Vec<String>> = None;
    let mut entries = Vec::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|_| not_understood(shown))? {
        // Where the reader stands now; a record's own position is before the comments and empty lines it follows.
        let after = reader.position().line();
        let lines: u64 = record.iter().map(|cell| wide(cell.matches('\n').count())).sum();
        let place = format!("{shown}:{}", after.saturating_sub(lines.max(1)));

        if lines > 0 {
            return Err(not_understood(&place));
        }
        record.trim();
        if record.iter().all(str::is_empty) {
            continue;
        }
        let Some(columns) = &columns else {
            let (named, is_header) = columns_of(&record).ok_or_else(|| no_columns(&place))?;
            if !is_header {
                entries.push(entry(&place, &record, &named)?);
            }
            columns = Some(named);
            continue;
        };
        entries.push(entry(&place, &record, columns)?);
    }
    Ok(AccountsFile { project_id: None, client_key: None, entries })
}

/// What stands between cells: what the first line that says something has most of. Programs of countries whose numbers
/// have a comma write semicolons.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or("");
    let count = |delimiter: u8| first.bytes().filter(|&byte| byte == delimiter).count();
    // Of equals the last wins, and a comma is usual.
    [b'\t', b';', b','].into_iter().max_by_key(|&delimiter| count(delimiter)).unwrap_or(b',')
}

/// The columns that the first record names, or has without naming them; and whether it does name them. None if it has
/// not the columns it needs: a line that names others must not pass for an account.
fn columns_of(first: &csv::StringRecord) -> Option<(Vec<String>, bool)> {
    let names: Vec<String> = first.iter().map(str::to_ascii_lowercase).collect();
    let has = |name: &str| names.iter().any(|column| column == name);
    if COLUMNS.iter().any(|name| has(name)) {
        return (has("token") || (has("email") && has("password"))).then_some((names, true));
    }
    let is_word = |cell: &str| cell.chars().all(|c| c.is_alphabetic() || " _-".contains(c));
    let usual: &[&str] = match first.iter().collect::<Vec<_>>()[..] {
        [token] if !is_word(token) => &["token"],
        [email, _] if email.contains('@') => &["email", "password"],
        _ => return None,
    };
    Some((usual.iter().map(|&name| name.to_owned()).collect(), false))
}

fn entry(place: &str, record: &csv::StringRecord, columns: &[String]) -> Result<Entry, UsageError> {
    if record.len() != columns.len() {
        return Err(not_understood(place));
    }
    let cell = |name: &str| {
        let at = columns.iter().position(|column| column == name)?;
        record.get(at).map(Secret::from)
    };
    let fields = Fields { email: cell("email"), password: cell("password"), token: cell("token") };
    let account = fields.into_account().ok_or_else(|| not_understood(place))?;
    Ok(Entry { place: place.to_owned(), account })
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn no_columns(place: &str) -> UsageError {
    UsageError::new(format!(
        "{place}: failed to find the column `token`, or the columns `email` and `password`; name them in the first line"
    ))
}

fn not_understood(place: &str) -> UsageError {
    UsageError::new(format!(
        "{place}: failed to read an account; give email and password, or a token, in TOML as texts in quotes"
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(name: &str, text: &str) -> Result<AccountsFile, UsageError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        AccountsFile::read(&path)
    }

    fn password(email: &str, password: &str) -> Account {
        Account::Password { email: Secret::from(email), password: Secret::from(password) }
    }

    fn accounts(file: AccountsFile) -> Vec<Account> {
        file.entries.into_iter().map(|entry| entry.account).collect()
    }

    #[test]
    fn both_forms_hold_passwords_and_tokens() {
        let toml = "project_id = 'p'\nclient_key = 'k'\n[[accounts]]\nemail = 'a@x'\npassword = 'hush'\n\n[[accounts]]\ntoken = 'tok'\n";
        let file = read("a.toml", toml).unwrap();
        assert_eq!(file.project_id.as_ref().unwrap().expose(), "p");
        assert!(file.entries[1].place.ends_with("a.toml:7"), "{}", file.entries[1].place);
        assert_eq!(accounts(file), [password("a@x", "hush"), Account::Token(Secret::from("tok"))]);
        let csv = "email,password\n# a comment\na@x, hush\n\nb@x,\"with, \"\"quotes\"\"\"\n";
        let both = [password("a@x", "hush"), password("b@x", "with, \"quotes\"")];
        assert_eq!(accounts(read("a.csv", csv).unwrap()), both);
        assert_eq!(accounts(read("a.CSV", &csv.replace("email,password\n", "")).unwrap()), both);
        let tokens = [Account::Token(Secret::from("t1")), Account::Token(Secret::from("t2"))];
        assert_eq!(accounts(read("a.csv", "t1\nt2\n").unwrap()), tokens);
        assert_eq!(accounts(read("a.csv", "\u{feff}token\r\nt1\r\n\"t2\"\r\n").unwrap()), tokens);
        let semicolons = "name;password;email\nA;hush;a@x\n\"B; b\";\"with, \"\"quotes\"\"\";b@x\n";
        assert_eq!(accounts(read("a.csv", semicolons).unwrap()), both);
        let mixed = "token,email,password\nt1,,\n,a@x,hush\n";
        let mixed = accounts(read("a.csv", mixed).unwrap());
        assert_eq!(mixed, [Account::Token(Secret::from("t1")), password("a@x", "hush")]);
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_never_repeated() {
        for (name, text, line) in [
            ("a.toml", "[[accounts]]\nemail = 'hush'\n", ":1: "),
            ("a.toml", "[[accounts]]\nemail = 'hush'\npassword = hush\n", ":3: "),
            ("a.toml", "[[accounts]]\ntoken = 5\n", ":2: "),
            ("a.toml", "[[accounts]]\nhush = 'hush'\n", ":2: "),
            ("a.csv", "email,password\nhush\n", ":2: "),
            ("a.csv", "email,password\nhush,\"hush\n", ":2: "),
            ("a.csv", "hush hush\n", ":1: "),
            ("a.csv", "a@x,hush\nb@x,hush\na@x,hush\n", "a.csv:3: the account of "),
            ("a.csv", "email,hush\na@x,hush\n", ":1: failed to find the column"),
            ("a.csv", "# keys\nhush\nt1\nt2\n", ":2: failed to find the column"),
            ("a.csv", "user;hush\na@x;b\n", ":1: failed to find the column"),
        ] {
            let error = read(name, text).unwrap_err().to_string();
            assert!(error.contains(line) && !error.contains("hush"), "{text}: {error}");
        }
        assert!(read("a.csv", "\n").unwrap_err().to_string().contains("failed to find an account"));
        let error = AccountsFile::read(Path::new("none.csv")).unwrap_err().to_string();
        assert!(error.contains("none.csv") && error.contains("--accounts"), "{error}");
    }
}
