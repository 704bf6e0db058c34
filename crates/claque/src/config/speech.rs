//! Which protocol is spoken, and how speech is asked for.

use claque_run::order::{ProtocolChoice, SpeechChoice};
use claque_wire::{
    audio::PcmFormat,
    openai::{AudioFormat, Delivery, Dialect, RequestField},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    UsageError,
    groups::Group,
    wish::{Source, Wish},
    wishes::{Wishes, over, over_all},
};
use crate::cli::{ProtocolFlags, SpeechFlags};

/// What was said about the protocol and how speech is asked for, by the names it has in a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SpeechWishes {
    protocol: Option<Wish<String>>,
    pub(super) dialect: Option<Wish<String>>,
    pub(super) response_format: Option<Wish<String>>,
    delivery: Option<Wish<String>>,
    pub(super) pcm_rate: Option<Wish<i64>>,
    pub(super) request_field: Option<Vec<Wish<String>>>,
    pub(super) path: Option<Wish<String>>,
}

impl SpeechWishes {
    pub(super) fn lay(&mut self, flags: ProtocolFlags) {
        self.lay_speech(flags.speech);
        over(&mut self.pcm_rate, flags.pcm_rate);
        over(&mut self.path, flags.path);
        over_all(&mut self.request_field, flags.request_field);
    }

    /// Those that have a meaning in a simulation, too.
    pub(super) fn lay_speech(&mut self, flags: SpeechFlags) {
        over(&mut self.protocol, flags.protocol);
        over(&mut self.dialect, flags.dialect);
        over(&mut self.response_format, flags.response_format);
        over(&mut self.delivery, flags.delivery);
    }
}

impl Group for SpeechWishes {}

/// Decides on the protocol.
///
/// # Errors
/// A name is unknown, a field is none, or something is about another protocol than the one that was named.
pub(super) fn protocol(wishes: &Wishes, source: &Source) -> Result<ProtocolChoice, UsageError> {
    let speech = speech(wishes, source)?;
    let Some(wish) = &wishes.speech.protocol else {
        // What only one protocol knows names it.
        return Ok(match first_of_speech(wishes) {
            Some(_) => ProtocolChoice::Openai(speech),
            None => ProtocolChoice::FindOut(speech),
        });
    };
    let known = |name: &str| match name {
        "yapit" => Some(ProtocolChoice::Yapit),
        "openai" => Some(ProtocolChoice::Openai(speech.clone())),
        _ => None,
    };
    let choice = source.known(wish, "protocol", &["openai", "yapit"], known)?;
    if let (ProtocolChoice::Yapit, Some(key)) = (&choice, first_of_speech(wishes)) {
        let what = format!(
            "is `yapit`, and --{} is about requests for speech; leave one of them out",
            key.replace('_', "-")
        );
        return Err(source.error(wish, "protocol", what));
    }
    Ok(choice)
}

fn speech(wishes: &Wishes, source: &Source) -> Result<SpeechChoice, UsageError> {
    let dialects: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.name).collect();
    let formats: Vec<&str> = AudioFormat::ALL.iter().map(|format| format.as_str()).collect();
    let deliveries: Vec<&str> = Delivery::ALL.iter().map(|delivery| delivery.as_str()).collect();
    let dialect = known(wishes.speech.dialect.as_ref(), "dialect", source, &dialects, Dialect::named)?;
    let format = known(
        wishes.speech.response_format.as_ref(),
        "response_format",
        source,
        &formats,
        AudioFormat::of_name,
    )?;
    let delivery =
        known(wishes.speech.delivery.as_ref(), "delivery", source, &deliveries, Delivery::of_name)?;
    let rate = source.within(wishes.speech.pcm_rate.as_ref(), "pcm_rate", 4_000..=384_000, 24_000)?;
    let rate = u32::try_from(rate).unwrap_or(u32::MAX);
    let pcm = wishes.speech.pcm_rate.as_ref().and_then(|_| PcmFormat::new(rate, 1));
    if let (Some(wish), Some(format)) = (&wishes.speech.pcm_rate, format)
        && format != AudioFormat::Pcm
    {
        let what = format!(
            "is about samples without a header, and --response-format is {}, which says its own; leave it out",
            format.as_str()
        );
        return Err(source.error(wish, "pcm_rate", what));
    }
    let field = |wish: &Wish<String>| {
        let field =
            RequestField::parse(&wish.value).map_err(|error| source.error(wish, "request_field", error))?;
        checked_field(wish, source, field)
    };
    let fields = wishes.speech.request_field.iter().flatten().map(field).collect::<Result<_, _>>()?;
    let path = wishes.speech.path.as_ref().map(|wish| checked_path(wish, source)).transpose()?;
    let model = super::audience::slug(wishes.audience.model.as_ref(), "model", source)?;
    let is_complete = dialect.is_some() && model.is_some() && wishes.audience.voice.is_some();
    Ok(SpeechChoice { dialect, model, format, delivery, pcm, fields, path, is_complete })
}

fn known<T>(
    wish: Option<&Wish<String>>,
    key: &str,
    source: &Source,
    names: &[&str],
    of_name: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, UsageError> {
    wish.map(|wish| source.known(wish, key, names, of_name)).transpose()
}

/// Names in a request that hold secrets.
const SECRETS: [&str; 5] = ["key", "token", "password", "secret", "authorization"];

/// A field that says what a setting says would make results tell of something else than was asked for, and a secret would be kept
/// with them.
fn checked_field(
    wish: &Wish<String>,
    source: &Source,
    field: RequestField,
) -> Result<RequestField, UsageError> {
    let name = field.name.to_lowercase();
    let settings = [("model", "model"), ("voice", "voice"), ("response_format", "response-format")];
    if let Some((_, flag)) = settings.iter().find(|(key, _)| *key == name) {
        return Err(source.error(wish, "request_field", format!("sets `{name}`; give --{flag} instead")));
    }
    if SECRETS.iter().any(|secret| name.contains(secret)) {
        let what = format!(
            "sets `{name}`, and what is set is kept with the results; give secrets as --token - or --header"
        );
        return Err(source.error(wish, "request_field", what));
    }
    Ok(field)
}

fn checked_path(wish: &Wish<String>, source: &Source) -> Result<String, UsageError> {
    let is_path =
        wish.value.starts_with('/') && wish.value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    let query = wish.value.split_once('?').map_or("", |(_, query)| query).to_lowercase();
    if SECRETS.iter().any(|secret| query.contains(secret)) {
        let what = "has a query that may hold a secret, and paths are kept with the results; give it as --token - or --header";
        return Err(source.error(wish, "path", what));
    }
    if is_path {
        Ok(wish.value.clone())
    } else {
        Err(source.error(wish, "path", "is no path of a URL; give one such as /v1/audio/speech"))
    }
}

/// Whether speech is asked for by requests of its own, as far as that was said.
pub(super) fn is_spoken(wishes: &Wishes) -> bool {
    wishes.speech.protocol.as_ref().map_or(first_of_speech(wishes).is_some(), |wish| wish.value == "openai")
}

/// The first setting that only requests for speech have.
fn first_of_speech(wishes: &Wishes) -> Option<&'static str> {
    let said = [
        ("dialect", wishes.speech.dialect.is_some()),
        ("response_format", wishes.speech.response_format.is_some()),
        ("delivery", wishes.speech.delivery.is_some()),
        ("pcm_rate", wishes.speech.pcm_rate.is_some()),
        ("request_field", wishes.speech.request_field.as_ref().is_some_and(|fields| !fields.is_empty())),
        ("path", wishes.speech.path.is_some()),
    ];
    said.into_iter().find_map(|(key, is_said)| is_said.then_some(key))
}

/// Adds what was decided, by the names a scenario has for it.
pub(super) fn decided(choice: &ProtocolChoice, wishes: &Wishes, scenario: &mut Map<String, Value>) {
    let (name, speech) = match choice {
        ProtocolChoice::FindOut(_) => return,
        ProtocolChoice::Yapit => ("yapit", None),
        ProtocolChoice::Openai(speech) => ("openai", Some(speech)),
    };
    scenario.insert("protocol".to_owned(), name.into());
    let Some(speech) = speech else { return };
    let fields: Vec<&str> =
        wishes.speech.request_field.iter().flatten().map(|wish| wish.value.as_str()).collect();
    let decided = json!({
        "dialect": speech.dialect.map(|dialect| dialect.name),
        "response_format": speech.format.map(AudioFormat::as_str),
        "delivery": speech.delivery.map(Delivery::as_str),
        "pcm_rate": wishes.speech.pcm_rate.as_ref().map(|wish| wish.value),
        "request_field": (!fields.is_empty()).then_some(fields),
        "path": speech.path,
    });
    if let Value::Object(decided) = decided {
        scenario.extend(decided);
    }
    // A request of its own has no connection that lasts.
    scenario.remove("reconnect");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(set: impl FnOnce(&mut Wishes)) -> Result<ProtocolChoice, UsageError> {
        let mut wishes = Wishes::default();
        set(&mut wishes);
        protocol(&wishes, &Source::default())
    }

    fn refused(set: impl FnOnce(&mut Wishes)) -> String {
        decided(set).expect_err("it is refused").to_string()
    }

    fn text(value: &str) -> Option<Wish<String>> {
        Some(Wish::flag(value.to_owned()))
    }

    fn field(value: &str) -> Option<Vec<Wish<String>>> {
        Some(vec![Wish::flag(value.to_owned())])
    }

    #[test]
    fn what_only_one_protocol_knows_names_it_and_nothing_leaves_it_to_the_service() {
        assert!(matches!(decided(|_| ()), Ok(ProtocolChoice::FindOut(_))));
        assert!(matches!(
            decided(|wishes| wishes.speech.delivery = text("sse")),
            Ok(ProtocolChoice::Openai(_))
        ));
        let error =
            refused(|wishes| (wishes.speech.protocol, wishes.speech.delivery) = (text("yapit"), text("sse")));
        assert!(
            error.contains("--protocol is `yapit`, and --delivery is about requests for speech"),
            "{error}"
        );
    }

    #[test]
    fn fields_that_have_a_setting_or_hold_a_secret_are_refused_unseen() {
        let model = refused(|wishes| wishes.speech.request_field = field("model=\"other\""));
        assert!(model.contains("sets `model`; give --model instead"), "{model}");
        for place in ["api_key=\"hush\"", "AccessToken=\"hush\""] {
            let secret = refused(|wishes| wishes.speech.request_field = field(place));
            assert!(secret.contains("kept with the results") && !secret.contains("hush"), "{secret}");
        }
        let path = refused(|wishes| wishes.speech.path = text("/v1/audio/speech?api_key=hush"));
        assert!(path.contains("may hold a secret") && !path.contains("hush"), "{path}");
        assert!(decided(|wishes| wishes.speech.request_field = field("language=\"en\"")).is_ok());
    }

    #[test]
    fn unknown_names_are_told_with_the_nearest_one() {
        let error = refused(|wishes| wishes.speech.dialect = text("koroko-fastapi"));
        assert!(error.contains("did you mean `kokoro-fastapi`?"), "{error}");
    }
}
