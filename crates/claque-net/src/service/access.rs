//! Who we are to the service: what is shown with each call, and how it comes to be.

use claque_core::secret::Secret;
use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    time::Duration,
};
use hyper::{HeaderMap, header::HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::watch;

/// What there is to sign in with.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Nothing: a server with authentication off.
    None,
    /// An access token, and where it was found, for errors.
    Token {
        /// The token.
        token: Secret,
        /// Name of a flag, a variable or a place in a file.
        source: String,
    },
    /// An account of the identity service.
    Password(Box<PasswordSignIn>),
    /// A visitor without an account.
    Guest,
}

/// An account of the identity service. Its debug output hides the secrets.
#[derive(Clone, Debug)]
pub struct PasswordSignIn {
    /// E-mail address of the account.
    pub email: Secret,
    /// Its password.
    pub password: Secret,
    /// The identity service's project.
    pub project_id: String,
    /// The project's publishable client key.
    pub client_key: Secret,
    /// Where these were found, for errors: names of variables and of a file.
    pub source: String,
}

/// What is shown to the service. Its debug output hides the secrets.
#[derive(Clone, Debug)]
pub(crate) enum Pass {
    /// Nothing.
    Nobody,
    /// An access token.
    Bearer(Secret),
    /// A guest. In 2026-02 the id is all there is, hence a secret.
    Guest { id: Secret, token: Option<Secret> },
}

/// The pass of the moment. Clones see it change.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pass: watch::Receiver<Pass>,
}

/// What is encoded in a query: all but the unreserved characters (RFC 3986 section 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl Access {
    /// A pass that never changes.
    pub(crate) fn fixed(pass: Pass) -> Self {
        Self { pass: watch::channel(pass).1 }
    }

    /// A pass that whoever holds the other end may change.
    pub(crate) const fn changing(pass: watch::Receiver<Pass>) -> Self {
        Self { pass }
    }

    /// Adds the headers of the moment; none for a secret that no header can hold.
    pub(crate) fn sign(&self, headers: &mut HeaderMap) {
        self.show(|name, secret| {
            if let Ok(mut value) = HeaderValue::from_str(secret) {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        });
    }

    /// Gives the headers of the moment, name and value, to `take`; none that no header can hold.
    pub(crate) fn show_fit(&self, mut take: impl FnMut(&'static str, &str)) {
        self.show(|name, secret| {
            if HeaderValue::from_str(secret).is_ok() {
                take(name, secret);
            }
        });
    }

    fn show(&self, mut take: impl FnMut(&'static str, &str)) {
        match &*self.pass.borrow() {
            Pass::Nobody => {}
            Pass::Bearer(token) => take("authorization", &format!("Bearer {}", token.expose())),
            Pass::Guest { id, token } => {
                take("x-anonymous-id", id.expose());
                if let Some(token) = token {
                    take("x-anonymous-token", token.expose());
                }
            }
        }
    }

    /// The WebSocket's query of the moment; none where nothing is shown. Never printed.
    pub(crate) fn query(&self) -> Option<String> {
        let encoded = |secret: &Secret| utf8_percent_encode(secret.expose(), ENCODED).to_string();
        match &*self.pass.borrow() {
            Pass::Nobody => None,
            Pass::Bearer(token) => Some(format!("token={}", encoded(token))),
            Pass::Guest { id, token: None } => Some(format!("anonymous_id={}", encoded(id))),
            Pass::Guest { id, token: Some(token) } => {
                Some(format!("anonymous_id={}&anonymous_token={}", encoded(id), encoded(token)))
            }
        }
    }

    /// Sees every change of the pass from this moment on.
    pub(crate) fn watch(&self) -> Watch {
        let mut pass = self.pass.clone();
        pass.mark_unchanged();
        Watch(pass)
    }
}

/// Sees changes of a pass.
#[derive(Debug)]
pub(crate) struct Watch(watch::Receiver<Pass>);

impl Watch {
    /// Waits for a change, so long at most. Gives whether there was one; for a pass that nobody can change at once.
    pub(crate) async fn changes_within(&mut self, limit: Duration) -> bool {
        tokio::time::timeout(limit, self.0.changed()).await.is_ok_and(|changed| changed.is_ok())
    }
}

/// A header of something secret.
pub(crate) fn secret_header(secret: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(secret).map_err(|_| Failure {
        phase: Phase::Handshake,
        class: FailureClass::Auth,
        code: None,
        text: "a credential holds characters that no header can carry".to_owned(),
        kills: FailureScope::Session,
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pass_is_shown_in_its_own_way_and_never_printed() {
        let shown = |pass: Pass| {
            let access = Access::fixed(pass);
            let mut headers = HeaderMap::new();
            access.sign(&mut headers);
            assert!(!format!("{access:?}{headers:?}").contains("hush"));
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
            (headers, access.query())
        };
        assert_eq!(shown(Pass::Nobody), (vec![], None));
        let (headers, query) = shown(Pass::Bearer(Secret::from("hush/1")));
        assert_eq!(
            (headers, query.as_deref()),
            (vec!["authorization: Bearer hush/1".to_owned()], Some("token=hush%2F1"))
        );
        let id = Secret::from("hush-id");
        let (headers, query) = shown(Pass::Guest { id: id.clone(), token: None });
        assert_eq!((headers.len(), query.as_deref()), (1, Some("anonymous_id=hush-id")));
        let (headers, query) = shown(Pass::Guest { id, token: Some(Secret::from("hush")) });
        assert_eq!(headers, ["x-anonymous-id: hush-id", "x-anonymous-token: hush"]);
        assert_eq!(query.as_deref(), Some("anonymous_id=hush-id&anonymous_token=hush"));
    }
}
