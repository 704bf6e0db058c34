//! The secrets of a process: learnt wherever one is given or received, blanked wherever text from outside comes in.

use std::sync::Arc;

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    extraction::{Accepted, Created, Prepared, Refused, Reply, Status},
    secret::{Secret, SecretSet, ServiceName},
};
use tokio::sync::watch;

use super::access::{Credentials, Pass};

/// All secrets that were given or received so far. Clones share them.
#[derive(Clone, Debug)]
pub struct Secrets(Arc<watch::Sender<SecretSet>>);

impl Default for Secrets {
    fn default() -> Self {
        Self(Arc::new(watch::channel(SecretSet::default()).0))
    }
}

impl Secrets {
    /// Has a secret blanked from now on.
    pub fn learn(&self, secret: &Secret) {
        self.0.send_if_modified(|set| {
            set.insert(secret);
            false
        });
    }

    pub(super) fn learn_all_of<'a>(&self, secrets: impl IntoIterator<Item = &'a Secret>) {
        secrets.into_iter().for_each(|secret| self.learn(secret));
    }

    /// Has everything secret about an account blanked from now on.
    pub(super) fn learn_all(&self, credentials: &Credentials) {
        match credentials {
            Credentials::None | Credentials::Guest => {}
            Credentials::Token { token, .. } => self.learn(token),
            Credentials::Password(account) => {
                self.learn_all_of([&account.email, &account.password, &account.client_key]);
            }
        }
    }

    pub(super) fn learn_pass(&self, pass: &Pass) {
        match pass {
            Pass::Nobody => {}
            Pass::Bearer(token) => self.learn(token),
            Pass::Guest { id, token } => {
                self.learn(id);
                token.iter().for_each(|token| self.learn(token));
            }
        }
    }

    /// Text from outside, fit to be kept and shown: without secrets, and cut ([`SecretSet::clean`]).
    #[must_use]
    pub fn clean(&self, foreign: &str) -> String {
        self.0.borrow().clean(foreign)
    }

    /// How many were learnt so far.
    pub(crate) fn count(&self) -> usize {
        self.0.borrow().count()
    }

    /// A name that a service gave and is told again ([`SecretSet::name`]).
    #[must_use]
    pub fn name(&self, foreign: &str) -> ServiceName {
        self.0.borrow().name(foreign)
    }

    /// A failure whose words may come from outside, fit to be kept and shown.
    #[must_use]
    pub fn clean_failure(&self, failure: Failure) -> Failure {
        Failure { text: self.clean(&failure.text), ..failure }
    }

    /// Whether a name that a service gave can be used as it is ([`SecretSet::is_fit_name`]).
    pub(crate) fn is_fit_name(&self, name: &str) -> bool {
        self.0.borrow().is_fit_name(name)
    }

    /// An answer of the conversation about a document, fit to be kept and shown.
    pub(crate) fn clean_reply(&self, reply: Reply) -> Reply {
        let unfit = |what| {
            let text = format!("the answer names {what} by something that is no name");
            let (phase, class, kills) = (Phase::BeforeAudio, FailureClass::Protocol, FailureScope::Session);
            Reply::Refused(Refused {
                failure: Failure { phase, class, code: None, text, kills },
                limit: None,
            })
        };
        match reply {
            Reply::Refused(Refused { failure, limit }) => {
                Reply::Refused(Refused { failure: self.clean_failure(failure), limit })
            }
            Reply::Created(Created { ref id, .. }) | Reply::Status(Status { document: Some(ref id), .. })
                if !self.is_fit_name(id) =>
            {
                unfit("a document")
            }
            Reply::Status(status) => {
                let error = status.error.map(|words| self.clean(&words));
                Reply::Status(Status { error, ..status })
            }
            Reply::Prepared(Prepared { ref hash, .. }) if !self.is_fit_name(hash) => unfit("an upload"),
            Reply::Accepted(Accepted { ref extraction_id, ref content_hash, ref prompt_hash, .. })
                if ![extraction_id, content_hash, prompt_hash.as_ref().unwrap_or(extraction_id)]
                    .into_iter()
                    .all(|name| self.is_fit_name(name)) =>
            {
                unfit("an extraction")
            }
            Reply::Prepared(_)
            | Reply::Accepted(_)
            | Reply::Created(_)
            | Reply::Cancelled
            | Reply::Deleted => reply,
        }
    }
}
