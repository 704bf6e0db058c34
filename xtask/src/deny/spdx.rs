//! SPDX licence expressions (SPDX specification 2.3, annex D), and the slash that stood for OR before them.

use std::{collections::BTreeSet, fmt};

/// Whether the licences in `allowed` suffice for `expression`.
///
/// An exception is part of the name: `Apache-2.0 WITH LLVM-exception` has to be allowed as a whole. The same holds
/// for a trailing `+`.
///
/// # Errors
/// When the expression cannot be read.
pub(crate) fn permits(expression: &str, allowed: &BTreeSet<String>) -> Result<bool, SpdxError> {
    let mut parser = Parser { expression, tokens: tokens(expression), allowed };
    let verdict = parser.alternatives()?;
    match parser.tokens.pop() {
        None => Ok(verdict),
        Some(token) => Err(parser.unexpected(Some(token))),
    }
}

/// A licence expression that cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SpdxError {
    expression: String,
    found: Option<String>,
}

impl fmt::Display for SpdxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.found.as_deref().unwrap_or("its end");
        write!(f, "failed to read the licence expression {:?}: unexpected {found}", self.expression)
    }
}

impl std::error::Error for SpdxError {}

/// Recursive descent; each rule returns its verdict, so no tree is built.
struct Parser<'a> {
    expression: &'a str,
    /// Still to read, the next one last.
    tokens: Vec<String>,
    allowed: &'a BTreeSet<String>,
}

impl Parser<'_> {
    /// `a OR b OR ...`, the weakest binding.
    fn alternatives(&mut self) -> Result<bool, SpdxError> {
        let mut verdict = self.conjunction()?;
        while self.take("OR") || self.take("/") {
            verdict |= self.conjunction()?;
        }
        Ok(verdict)
    }

    /// `a AND b AND ...`.
    fn conjunction(&mut self) -> Result<bool, SpdxError> {
        let mut verdict = self.single()?;
        while self.take("AND") {
            verdict &= self.single()?;
        }
        Ok(verdict)
    }

    /// A name, a name WITH an exception, or something in parentheses.
    fn single(&mut self) -> Result<bool, SpdxError> {
        if self.take("(") {
            let verdict = self.alternatives()?;
            return if self.take(")") { Ok(verdict) } else { Err(self.unexpected_next()) };
        }
        let mut name = self.name()?;
        if self.take("WITH") {
            name = format!("{name} WITH {}", self.name()?);
        }
        Ok(self.allowed.contains(&name))
    }

    fn name(&mut self) -> Result<String, SpdxError> {
        match self.tokens.pop() {
            Some(token) if !is_operator(&token) => Ok(token),
            other => Err(self.unexpected(other)),
        }
    }

    fn take(&mut self, wanted: &str) -> bool {
        self.tokens.pop_if(|token| token == wanted).is_some()
    }

    fn unexpected_next(&mut self) -> SpdxError {
        let next = self.tokens.pop();
        self.unexpected(next)
    }

    fn unexpected(&self, found: Option<String>) -> SpdxError {
        SpdxError { expression: self.expression.to_owned(), found }
    }
}

fn is_operator(token: &str) -> bool {
    ["AND", "OR", "WITH", "/", "(", ")"].contains(&token)
}

/// The tokens in reverse.
fn tokens(expression: &str) -> Vec<String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " / ");
    spaced.split_whitespace().rev().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(expression: &str, allowed: &[&str]) -> bool {
        permits(expression, &allowed.iter().map(|&name| name.to_owned()).collect()).unwrap()
    }

    #[test]
    fn one_of_several_suffices_for_or() {
        assert!(permitted("MIT OR Apache-2.0", &["MIT"]));
        assert!(!permitted("GPL-2.0 OR GPL-3.0", &["MIT"]));
    }

    #[test]
    fn the_old_slash_means_or() {
        assert!(permitted("MIT/Apache-2.0", &["Apache-2.0"]));
        assert!(permitted("MIT / Apache-2.0", &["MIT"]));
    }

    #[test]
    fn and_needs_both() {
        assert!(permitted("Apache-2.0 AND ISC", &["Apache-2.0", "ISC"]));
        assert!(!permitted("Apache-2.0 AND ISC", &["Apache-2.0"]));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert!(permitted("MIT OR GPL-3.0 AND ISC", &["MIT"]));
        assert!(!permitted("(MIT OR GPL-3.0) AND ISC", &["MIT"]));
    }

    #[test]
    fn an_exception_belongs_to_its_licence() {
        let llvm = "Apache-2.0 WITH LLVM-exception";
        assert!(!permitted(llvm, &["Apache-2.0"]));
        assert!(permitted(llvm, &[llvm]));
        assert!(permitted("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", &["MIT"]));
    }

    #[test]
    fn nonsense_is_refused_with_its_words() {
        for (expression, found) in [
            ("", "its end"),
            ("MIT OR", "its end"),
            ("MIT ISC", "ISC"),
            ("(MIT", "its end"),
            ("MIT)", ")"),
            ("AND MIT", "AND"),
        ] {
            let error = permits(expression, &BTreeSet::new()).unwrap_err().to_string();
            assert!(error.ends_with(&format!("unexpected {found}")), "{expression:?}: {error}");
        }
    }
}
