//! Which protocol is spoken, and how speech is asked for.

use claque_wire::{
    audio::PcmFormat,
    openai::{AudioFormat, Delivery, Dialect, RequestField},
};
use serde_json::{Map, Value, json};

use super::{
    UsageError,
    wish::{Source, Wish},
    wishes::Wishes,
};

/// What was said about the protocol.
#[derive(Clone, Debug)]
pub(crate) enum ProtocolChoice {
    /// Nothing: the service is asked.
    FindOut(SpeechChoice),
    /// That of a yapit gateway.
    Yapit,
    /// OpenAI-compatible speech.
    Openai(SpeechChoice),
}

/// How speech is to be asked for, as far as that was said.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpeechChoice {
    /// Whose way with the API.
    pub(crate) dialect: Option<&'static Dialect>,
    /// The model that was named.
    pub(crate) model: Option<String>,
    pub(crate) format: Option<AudioFormat>,
    pub(crate) delivery: Option<Delivery>,
    pub(crate) pcm: Option<PcmFormat>,
    pub(crate) fields: Vec<RequestField>,
    /// Where it is asked for.
    pub(crate) path: Option<String>,
}

impl SpeechChoice {
    /// The same for a service that speaks as this one does, if it is known.
    pub(crate) fn for_dialect(self, name: &str) -> Self {
        Self { dialect: self.dialect.or_else(|| Dialect::named(name)), ..self }
    }
}

/// Decides on the protocol.
///
/// # Errors
/// A name is unknown, a field is none, or something is about another protocol than the one that was named.
pub(super) fn protocol(wishes: &Wishes, source: &Source) -> Result<ProtocolChoice, UsageError> {
    let speech = speech(wishes, source)?;
    let Some(wish) = &wishes.protocol else {
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
    let dialect = known(wishes.dialect.as_ref(), "dialect", source, &dialects, Dialect::named)?;
    let format =
        known(wishes.response_format.as_ref(), "response_format", source, &formats, AudioFormat::of_name)?;
    let delivery = known(wishes.delivery.as_ref(), "delivery", source, &deliveries, Delivery::of_name)?;
    let rate = source.within(wishes.pcm_rate.as_ref(), "pcm_rate", 4_000..=384_000, 24_000)?;
    let rate = u32::try_from(rate).unwrap_or(u32::MAX);
    let pcm = wishes.pcm_rate.as_ref().and_then(|_| PcmFormat::new(rate, 1));
    let field = |wish: &Wish<String>| {
        RequestField::parse(&wish.value).map_err(|error| source.error(wish, "request_field", error))
    };
    let fields = wishes.request_field.iter().flatten().map(field).collect::<Result<_, _>>()?;
    let path = wishes.path.as_ref().map(|wish| checked_path(wish, source)).transpose()?;
    let model = super::audience::slug(wishes.model.as_ref(), "model", source)?;
    Ok(SpeechChoice { dialect, model, format, delivery, pcm, fields, path })
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

fn checked_path(wish: &Wish<String>, source: &Source) -> Result<String, UsageError> {
    let is_path =
        wish.value.starts_with('/') && wish.value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if is_path {
        Ok(wish.value.clone())
    } else {
        Err(source.error(wish, "path", "is no path of a URL; give one such as /v1/audio/speech"))
    }
}

/// Whether speech is asked for by requests of its own, as far as that was said.
pub(super) fn is_spoken(wishes: &Wishes) -> bool {
    wishes.protocol.as_ref().map_or(first_of_speech(wishes).is_some(), |wish| wish.value == "openai")
}

/// The first setting that only requests for speech have.
fn first_of_speech(wishes: &Wishes) -> Option<&'static str> {
    let said = [
        ("dialect", wishes.dialect.is_some()),
        ("response_format", wishes.response_format.is_some()),
        ("delivery", wishes.delivery.is_some()),
        ("pcm_rate", wishes.pcm_rate.is_some()),
        ("request_field", wishes.request_field.as_ref().is_some_and(|fields| !fields.is_empty())),
        ("path", wishes.path.is_some()),
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
    let fields: Vec<&str> = wishes.request_field.iter().flatten().map(|wish| wish.value.as_str()).collect();
    let decided = json!({
        "dialect": speech.dialect.map(|dialect| dialect.name),
        "response_format": speech.format.map(AudioFormat::as_str),
        "delivery": speech.delivery.map(Delivery::as_str),
        "pcm_rate": wishes.pcm_rate.as_ref().map(|wish| wish.value),
        "request_field": (!fields.is_empty()).then_some(fields),
        "path": speech.path,
    });
    if let Value::Object(decided) = decided {
        scenario.extend(decided);
    }
}
