//! What was asked for and would do nothing: refused with the reason, for who is not told believes that it was done.

mod capacities;
#[cfg(test)]
mod tests;

use claque_run::order::{EngineFlag, ProtocolChoice, TargetChoice};

pub(crate) use self::capacities::of_capacities;
use super::{
    UsageError, headers,
    settings::Output,
    wish::{Place, Source, Wish},
    wishes::Wishes,
};
use crate::cli::{CourtesyFlags, TargetFlags};

/// A setting that was asked for: where, and its key.
type Said = (Place, &'static str);

fn of<T>(wish: Option<&Wish<T>>, key: &'static str) -> Option<Said> {
    wish.map(|wish| (wish.place, key))
}

fn on(wish: Option<&Wish<bool>>, key: &'static str) -> Option<Said> {
    of(wish.filter(|wish| wish.value), key)
}

/// The first setting that only yapit's protocol has, or the players of it.
fn first_of_yapit(wishes: &Wishes) -> Option<Said> {
    let listening = &wishes.listening;
    let all = [
        of(wishes.courtesy.account_limit.as_ref(), "account_limit"),
        on(wishes.courtesy.reuse_documents.as_ref(), "reuse_documents"),
        of(wishes.credentials.guest.as_ref(), "guest"),
        of(wishes.credentials.auth_env_file.as_ref(), "auth_env_file"),
        on(wishes.gateway.limits.as_ref(), "limits"),
        of(listening.reconnect.as_ref(), "reconnect"),
        of(listening.min_buffer.as_ref(), "min_buffer"),
        of(listening.batch_size.as_ref(), "batch_size"),
        of(listening.refill_threshold.as_ref(), "refill_threshold"),
        of(listening.session_error.as_ref(), "session_error"),
    ];
    all.into_iter().flatten().next()
}

/// The setting that has everybody listen to streams, which only speech in pieces comes as.
fn of_streams(wishes: &Wishes) -> Option<Said> {
    let is_of_streams = |wish: &&Wish<String>| ["reader", "turns"].contains(&wish.value.as_str());
    let listening = &wishes.listening;
    of(listening.listen.as_ref(), "listen")
        .or_else(|| of(listening.player.as_ref().filter(is_of_streams), "player"))
}

/// Of a service that is asked what it speaks: what has no effect if it is the other protocol, as errors name it.
#[derive(Debug, Default)]
pub(super) struct IfFound {
    /// If it speaks yapit's.
    pub(super) yapit: Option<String>,
    /// If it speaks as OpenAI does.
    pub(super) openai: Option<String>,
}

/// Refuses what the protocol does not know. `is_own` says that the service is a gateway of ours, which speaks yapit's unless it is told
/// otherwise.
///
/// # Errors
/// Something was asked for that would do nothing.
pub(super) fn in_protocol(
    wishes: &Wishes,
    source: &Source,
    (choice, is_own): (&ProtocolChoice, bool),
) -> Result<IfFound, UsageError> {
    let named = |said: Option<Said>| said.map(|(place, key)| source.name(place, key));
    let found = IfFound { yapit: named(of_streams(wishes)), openai: named(first_of_yapit(wishes)) };
    let refused = match (choice, found) {
        (ProtocolChoice::FindOut(_), found) if !is_own => return Ok(found),
        (ProtocolChoice::Openai(_), IfFound { openai: Some(named), .. }) => {
            format!("{named} has no meaning with the protocol openai; leave it out")
        }
        (ProtocolChoice::FindOut(_) | ProtocolChoice::Yapit, IfFound { yapit: Some(named), .. }) => format!(
            "{named} is about streams, and the service speaks yapit's protocol, whose blocks come whole; add --protocol openai, or leave it \
             out"
        ),
        (_, _) => return Ok(IfFound::default()),
    };
    Err(UsageError::new(refused))
}

/// Refuses who the audience is where nobody asks.
///
/// # Errors
/// Something was asked for that would do nothing.
pub(super) fn credentials_for_nobody(wishes: &Wishes, source: &Source) -> Result<(), UsageError> {
    let said = [
        wishes.credentials.typed_token.as_ref().map(|_| (Place::Flag, "token")),
        of(wishes.credentials.accounts.as_ref(), "accounts"),
        of(wishes.credentials.guest.as_ref(), "guest"),
        of(wishes.credentials.env_file.as_ref(), "env_file"),
        of(wishes.credentials.auth_env_file.as_ref(), "auth_env_file"),
    ];
    said.into_iter().flatten().next().map_or(Ok(()), |(place, key)| {
        Err(UsageError::new(format!(
            "{} says who listens, and the embedded gateway asks nobody: all are one user there; leave it out, name a service by \
             --base-url, or have the gateway ask, as --gateway-set auth.static_tokens='[\"TOKEN\"]' does",
            source.name(place, key)
        )))
    })
}

/// Refuses what is about a real service where there is a model of one.
///
/// # Errors
/// Something was asked for that would do nothing.
pub(super) fn in_simulation(wishes: &Wishes, source: &Source) -> Result<(), UsageError> {
    const NOTHING_SENT: &str = "which sends no requests; take it out, or use `claque run`";
    const NO_ACCOUNTS: &str = "whose service asks nobody who listens; take it out, or use `claque run`";
    const NO_WAY: &str = "which has no way to a service; take it out, or use `claque run`";
    let network = &wishes.network;
    let abort_on = wishes.judging.abort_on.as_ref().and_then(|rules| rules.first());
    let settings = [
        (
            of(wishes.target.base_url.as_ref(), "base_url"),
            "which has a model in place of a service; take it out, or use `claque run`",
        ),
        (of(abort_on, "abort_on"), "which costs no time; take it out"),
        (of(wishes.output.keep_audio.as_ref(), "keep_audio"), "which makes no audio; take it out"),
        (
            of(wishes.output.hear.as_ref(), "hear"),
            "which makes no audio, so that there is nothing to be heard; take it out, or use `claque run`",
        ),
        (of(wishes.output.decode_share.as_ref(), "decode_share"), "in which nothing sounds; take it out"),
        (
            of(wishes.speech.pcm_rate.as_ref(), "pcm_rate"),
            "which has no samples; take it out, or use `claque run`",
        ),
        (of(wishes.speech.request_field.iter().flatten().next(), "request_field"), NOTHING_SENT),
        (of(wishes.speech.path.as_ref(), "path"), NOTHING_SENT),
        (wishes.credentials.typed_token.as_ref().map(|_| (Place::Flag, "token")), NO_ACCOUNTS),
        (of(wishes.credentials.accounts.as_ref(), "accounts"), NO_ACCOUNTS),
        (of(wishes.credentials.guest.as_ref(), "guest"), NO_ACCOUNTS),
        (of(wishes.credentials.env_file.as_ref(), "env_file"), NO_ACCOUNTS),
        (of(wishes.credentials.auth_env_file.as_ref(), "auth_env_file"), NO_ACCOUNTS),
        (on(wishes.credentials.no_auth.as_ref(), "no_auth"), NO_ACCOUNTS),
        (of(wishes.courtesy.account_limit.as_ref(), "account_limit"), NO_WAY),
        (on(wishes.courtesy.allow_rate_limit.as_ref(), "allow_rate_limit"), NO_WAY),
        (of(wishes.courtesy.source_address.as_ref(), "source_address"), NO_WAY),
        (on(wishes.courtesy.reuse_documents.as_ref(), "reuse_documents"), NO_WAY),
        (of(network.allow_host.iter().flatten().next(), "allow_host"), NO_WAY),
        (of(network.client_cert.as_ref(), "client_cert"), NO_WAY),
        (of(network.client_key.as_ref(), "client_key"), NO_WAY),
        (on(network.insecure.as_ref(), "insecure"), NO_WAY),
    ];
    let said = settings.into_iter().find_map(|(said, why)| {
        let (place, key) = said?;
        Some((source.name(place, key), why))
    });
    let said = said.or_else(|| Some((headers::place(wishes, source)?, NO_WAY)));
    said.map_or(Ok(()), |(named, why)| {
        Err(UsageError::new(format!("{named} has no meaning in a simulation, {why}")))
    })
}

/// Refuses what a search decides, and what is of a single run.
///
/// # Errors
/// It was asked for.
pub(super) fn in_search(wishes: &Wishes, source: &Source) -> Result<(), UsageError> {
    if let Some(wish) = &wishes.audience.users {
        let what = "is what a capacity is searched for; take it out, and bound the search by --max-users";
        return Err(source.error(wish, "users", what));
    }
    match &wishes.output.hear {
        Some(wish) => {
            let what = "is about the listeners of one run, and a search makes many; take it out, and use `claque run`";
            Err(source.error(wish, "hear", what))
        }
        None => Ok(()),
    }
}

/// Refuses flags about a real service, beside --simulate.
///
/// # Errors
/// One was typed.
pub(super) fn flags_of_service(target: TargetFlags, courtesy: CourtesyFlags) -> Result<(), UsageError> {
    let mut typed = Wishes::default();
    typed.lay_target(target);
    typed.courtesy.lay(courtesy);
    in_simulation(&typed, &Source::default())
}

impl Wishes {
    /// The same without what a file says of the service itself, which means nothing to a model of it: such a file is for runs and for
    /// models of what they run against.
    pub(super) fn forget_service(&mut self) {
        self.target.base_url = None;
        self.judging.abort_on = None;
        (self.output.keep_audio, self.output.hear, self.output.decode_share) = (None, None, None);
        (self.speech.pcm_rate, self.speech.request_field, self.speech.path) = (None, None, None);
        self.credentials = super::credentials::CredentialWishes::default();
        self.courtesy = super::courtesy::CourtesyWishes::default();
        self.network = super::network::NetworkWishes::default();
    }
}

/// Refuses what says how well objectives are to be shown where there are none.
///
/// # Errors
/// There are none.
pub(super) fn confidence_in_nothing(wishes: &Wishes, source: &Source) -> Result<(), UsageError> {
    match &wishes.judging.confidence {
        Some(wish) if wishes.judging.objectives.as_ref().is_none_or(Vec::is_empty) => Err(source.error(
            wish,
            "confidence",
            "says how sure an objective is to be shown, and there is none; add --objective, or leave it out",
        )),
        Some(_) | None => Ok(()),
    }
}

/// Refuses constants of a modelled engine where a program or a service makes the audio.
///
/// # Errors
/// There are some.
pub(super) fn constants_of_no_model(wishes: &Wishes, engine: &EngineFlag) -> Result<(), UsageError> {
    const MODELLED: [&str; 3] = [".service", ".length", ".machine"];
    let EngineFlag::External { typed, .. } = engine else { return Ok(()) };
    let is_modelled = |typed: &&String| {
        let key = typed.split('=').next().unwrap_or_default().trim();
        key.starts_with("models.")
            && MODELLED.iter().any(|part| format!("{key}.").contains(&format!("{part}.")))
    };
    match wishes.gateway.gateway_set.iter().find(is_modelled) {
        Some(set) => Err(UsageError::new(format!(
            "--gateway-set {} is about a modelled engine, and --engine `{typed}` takes its own time; leave one of them out",
            set.split('=').next().unwrap_or_default().trim()
        ))),
        None => Ok(()),
    }
}

/// Refuses files about one run where there are many that are not kept.
///
/// # Errors
/// One was asked for.
pub(super) fn files_of_replicates(output: &Output) -> Result<(), UsageError> {
    let flag = match (&output.junit, &output.markdown, output.vocabulary) {
        (Some(_), _, _) => "--junit",
        (None, Some(_), _) => "--markdown",
        (None, None, _) if output.format == super::OutputFormat::Markdown => "--markdown",
        (None, None, Some(_)) => "--vocabulary",
        (None, None, None) => return Ok(()),
    };
    Err(UsageError::new(format!(
        "{flag} tells one run, and --replicates keeps none; leave one of them out, or give --json for the figures of all"
    )))
}

/// Whether a service is a gateway of ours.
pub(super) const fn is_own(target: &TargetChoice) -> bool {
    match target {
        TargetChoice::Embedded(_) | TargetChoice::EmbeddedSpeech(_) => true,
        TargetChoice::BaseUrl(_) => false,
    }
}
