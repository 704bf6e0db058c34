//! What every page has around its words: style, data, scripts, and the policy that lets no others run.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest as _, Sha256};

use super::markup::Markup;

const STYLE: &str = include_str!("assets/style.css");

/// Whom a page may ask for anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// It opens from a file and has all it needs.
    Nobody,
    /// Whoever served it.
    ItsServer,
}

/// A page but for its words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shell<'a> {
    pub(super) title: &'a str,
    /// What runs, in this order and as one.
    pub(super) scripts: &'a [&'a str],
    pub(super) asks: Asks,
}

/// A page in one file that asks nobody for anything. `policy` says what else it may do, such as run a script; `style` is
/// added to that of all pages.
pub(crate) fn document(title: &str, policy: &str, style: &str, body: impl FnOnce(&mut Markup)) -> String {
    let mut page = Markup::default();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    let policy = whole_policy(policy);
    page.raw(&format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n"));
    page.raw("<link rel=\"icon\" href=\"data:,\">\n");
    page.element("title", title);
    page.raw("\n<style>\n").raw(STYLE).raw(style).raw("</style>\n</head>\n<body>\n");
    body(&mut page);
    page.raw("</body>\n</html>\n");
    page.into_text()
}

fn whole_policy(more: &str) -> String {
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; {more}img-src data:; media-src data:; base-uri 'none'; form-action 'none'"
    )
}

impl Shell<'_> {
    /// The whole file. `data` is the JSON that the scripts read.
    pub(super) fn write(&self, data: &str, body: impl FnOnce(&mut Markup)) -> String {
        document(self.title, &self.allows(), "", |page| {
            body(page);
            page.raw("<script type=\"application/json\" id=\"data\">");
            // Inside a script nothing ends it but `</script`; without any `<` nothing can.
            page.raw(&data.replace('<', "\\u003c"));
            page.raw("</script>\n<script>");
            page.raw(&self.script());
            page.raw("</script>\n");
        })
    }

    /// The Content-Security-Policy.
    pub(super) fn policy(&self) -> String {
        whole_policy(&self.allows())
    }

    /// What it may do besides being looked at.
    fn allows(&self) -> String {
        let hash = BASE64_STANDARD.encode(Sha256::digest(self.script().as_bytes()));
        let asks = match self.asks {
            Asks::Nobody => "",
            Asks::ItsServer => "connect-src 'self'; ",
        };
        format!("script-src 'sha256-{hash}'; {asks}")
    }

    fn script(&self) -> String {
        format!("(() => {{\n\"use strict\";\n{}}})();\n", self.scripts.concat())
    }
}
