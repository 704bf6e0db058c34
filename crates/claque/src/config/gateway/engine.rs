//! What makes the audio of a reference gateway, as it was asked for.

use claque_core::time::Duration;
use claque_net::{
    host::{CommandEngine, EngineChoice, OpenaiEngine, PersistentEngine, WyomingEngine},
    service::Target,
};
use claque_run::{order::EngineFlag, usage::hint};

use crate::config::{Environment, UsageError, wish::Source, wishes::Wishes};

/// The variable that holds the key for a service that is the engine.
const KEY_VARIABLE: &str = "CLAQUE_ENGINE_API_KEY";
/// Engines that are known by name.
const ENGINES: [&str; 8] =
    ["synthetic", "deterministic", "espeak-ng", "flite", "piper", "persistent", "openai", "wyoming"];

/// Decides on an engine.
///
/// # Errors
/// It is almost one that is known, or cannot be used.
pub(super) fn engine(wishes: &Wishes, source: &Source) -> Result<EngineFlag, UsageError> {
    let Some(wish) = &wishes.gateway.engine else { return Ok(EngineFlag::Synthetic) };
    let typed = wish.value.trim();
    match typed {
        "synthetic" => return Ok(EngineFlag::Synthetic),
        "deterministic" => return Ok(EngineFlag::Deterministic),
        _ => {}
    }
    // A program may have any name; one that is almost an engine's is a slip.
    let is_known = typed.split(':').next().is_some_and(|name| ENGINES.contains(&name));
    if let Some(hint) = hint(typed, &ENGINES).filter(|_| !is_known && is_bare_word(typed)) {
        let what = format!("is `{typed}`, which is unknown; {hint} For a program of this name give its path");
        return Err(source.error(wish, "engine", what));
    }
    let engine =
        external(typed).map_err(|what| source.error(wish, "engine", format!("is not usable: {what}")))?;
    // A service's key comes from the environment, and from nowhere else.
    let engine = match engine {
        EngineChoice::Openai(engine) => {
            let key = Environment::of_process().value(KEY_VARIABLE).cloned();
            EngineChoice::Openai(OpenaiEngine { key, ..engine })
        }
        other @ (EngineChoice::Synthetic
        | EngineChoice::Command(_)
        | EngineChoice::Persistent(_)
        | EngineChoice::Wyoming(_)) => other,
    };
    Ok(EngineFlag::External { typed: typed.to_owned(), engine })
}

/// A program or a service.
fn external(typed: &str) -> Result<EngineChoice, String> {
    let (name, rest) = typed.split_once(':').map_or((typed, None), |(name, rest)| (name, Some(rest.trim())));
    let words = |error: claque_net::host::CommandError| error.to_string();
    match (name, rest) {
        ("persistent", rest) => {
            PersistentEngine::parse(rest.unwrap_or_default()).map(EngineChoice::Persistent).map_err(words)
        }
        ("openai", rest) => openai(rest.unwrap_or_default()).map(EngineChoice::Openai),
        ("wyoming", rest) => wyoming(rest.unwrap_or_default()).map(EngineChoice::Wyoming),
        (name, voice) if CommandEngine::PRESETS.contains(&name) => {
            CommandEngine::preset(name, voice).map(EngineChoice::Command).map_err(words)
        }
        _ => CommandEngine::parse(typed).map(EngineChoice::Command).map_err(words),
    }
}

fn openai(typed: &str) -> Result<OpenaiEngine, String> {
    let (url, [model, voice]) = settings(typed, ["model", "voice"])?;
    if url.is_empty() {
        return Err("it names no address; give one such as openai:http://127.0.0.1:8880".to_owned());
    }
    let target = Target::parse(url).map_err(|error| error.to_string())?;
    Ok(OpenaiEngine { target, model, voice, key: None })
}

fn wyoming(typed: &str) -> Result<WyomingEngine, String> {
    let (address, [voice]) = settings(typed, ["voice"])?;
    let engine = WyomingEngine::parse(address)
        .ok_or_else(|| format!("`{address}` is no host and port; give them as in wyoming:127.0.0.1:10200"))?;
    Ok(WyomingEngine { voice, timeout: Duration::from_secs(60), ..engine })
}

/// An address, and what is set behind it as `NAME=VALUE` with spaces between.
fn settings<'t, const N: usize>(
    typed: &'t str,
    names: [&str; N],
) -> Result<(&'t str, [Option<String>; N]), String> {
    let mut words = typed.split_whitespace();
    let address = words.next().unwrap_or_default();
    let mut values = [const { None }; N];
    for word in words {
        let known = word
            .split_once('=')
            .filter(|(_, value)| !value.is_empty())
            .and_then(|(name, value)| Some((names.iter().position(|known| *known == name)?, value)));
        let Some((at, value)) = known else {
            let names = names.map(|name| format!("{name}=NAME")).join(" and ");
            return Err(format!("`{word}` behind its address is no setting of it; there is {names}"));
        };
        values[at] = Some(value.to_owned());
    }
    Ok((address, values))
}

fn is_bare_word(command: &str) -> bool {
    !command.contains(|character: char| character.is_whitespace() || character == '/' || character == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_typed_with_what_to_ask_them_for() {
        let engine = openai("https://tts.example/v1 model=kokoro voice=af_heart").unwrap();
        assert_eq!(engine.target.as_str(), "https://tts.example/v1");
        assert_eq!((engine.model.as_deref(), engine.voice.as_deref()), (Some("kokoro"), Some("af_heart")));
        let EngineChoice::Wyoming(engine) = external("wyoming:[::1]:10200 voice=en_US-joe-medium").unwrap()
        else {
            panic!("it is a Wyoming server")
        };
        assert_eq!((engine.host.as_str(), engine.port), ("::1", 10_200));
        assert_eq!(engine.voice.as_deref(), Some("en_US-joe-medium"));
    }

    #[test]
    fn what_cannot_be_used_is_told_with_what_can() {
        for (typed, expected) in [
            ("openai:", "it names no address; give one such as openai:http://127.0.0.1:8880"),
            ("openai:tts.example", "failed to read the base URL `tts.example`: it lacks http:// or https://"),
            ("openai:http://a:b@tts.example", "it carries credentials"),
            (
                "openai:http://tts.example speed=2",
                "`speed=2` behind its address is no setting of it; there is model=NAME and voice=NAME",
            ),
            ("wyoming:piper", "`piper` is no host and port; give them as in wyoming:127.0.0.1:10200"),
            ("wyoming:piper:10200 voice=", "there is voice=NAME"),
            ("persistent:", "it is empty; name a program"),
            ("persistent: say 'open", "a quote is left open"),
        ] {
            let words = external(typed).unwrap_err();
            assert!(words.contains(expected), "{typed}: {words}");
        }
    }

    #[test]
    fn a_program_that_stays_up_has_a_process_for_each_worker() {
        let flag =
            |typed: &str| EngineFlag::External { typed: typed.to_owned(), engine: external(typed).unwrap() };
        let EngineFlag::External { engine: EngineChoice::Persistent(engine), .. } =
            flag("persistent: python3 'my voice.py' --fast").with_processes(3)
        else {
            panic!("it stays up")
        };
        assert_eq!((engine.program.as_str(), engine.processes.get()), ("python3", 3));
        assert_eq!(engine.args, ["my voice.py", "--fast"]);
        assert_eq!(flag("wyoming:a:1").with_processes(3), flag("wyoming:a:1"));
    }
}
