//! Who is asked for figures beside an audience. It is typed and in no scenario: a file of somebody else's has nobody asked and no program run.

use claque_net::{
    scrape::{CommandLine, ScrapeSource},
    service::Target,
};
use claque_run::order::TargetChoice;

use super::UsageError;
use crate::cli::ScrapeFlags;

/// Decides.
///
/// # Errors
/// An address is none, a line is no command, or there is no embedded gateway to be asked.
pub(super) fn sources(flags: ScrapeFlags, target: &TargetChoice) -> Result<Vec<ScrapeSource>, UsageError> {
    let ScrapeFlags { scrape, scrape_command, watch_pid } = flags;
    let mut all = Vec::new();
    for typed in &scrape {
        all.push(page(typed, target)?);
    }
    for typed in &scrape_command {
        let command = CommandLine::parse(typed).ok_or_else(|| {
            // It may hold a key, and is not said back.
            UsageError::new(
                "--scrape-command is empty or leaves a quote open; give a program and its arguments",
            )
        })?;
        all.push(ScrapeSource::Command(command));
    }
    all.extend(watch_pid.into_iter().map(ScrapeSource::Process));
    for (place, source) in all.iter().enumerate() {
        if all.iter().take(place).any(|other| other == source) {
            return Err(UsageError::new(format!("{source} is to be asked twice; name it once")));
        }
    }
    Ok(all)
}

fn page(typed: &str, target: &TargetChoice) -> Result<ScrapeSource, UsageError> {
    if typed == "gateway" {
        return match target {
            TargetChoice::Embedded(_) | TargetChoice::EmbeddedSpeech(_) => Ok(ScrapeSource::EmbeddedGateway),
            TargetChoice::BaseUrl(_) => Err(UsageError::new(
                "--scrape gateway is the embedded gateway, and --base-url names another service; give the address of its metrics",
            )),
        };
    }
    // What may be a password or a key is not said back.
    if typed.contains('@') {
        return Err(UsageError::new(
            "--scrape carries credentials, and nobody who is scraped is shown any; leave them out, or scrape by --scrape-command",
        ));
    }
    if typed.contains(['?', '#']) {
        return Err(UsageError::new(
            "--scrape carries a query or a fragment, which may be a key and would stand in the run's folder; leave it out, or scrape by \
             --scrape-command",
        ));
    }
    let found = Target::parse(typed).map_err(|error| {
        let words = error.to_string().replace("the base URL", "--scrape");
        UsageError::new(words.replace("https://tts.example", "http://127.0.0.1:9100/metrics"))
    })?;
    Ok(ScrapeSource::Page(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources_of(scrape: &[&str], command: &[&str]) -> Result<Vec<String>, String> {
        let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let flags = ScrapeFlags { scrape: owned(scrape), scrape_command: owned(command), watch_pid: vec![7] };
        let elsewhere = TargetChoice::BaseUrl(Target::parse("http://127.0.0.1:1").unwrap());
        let found = sources(flags, &elsewhere).map_err(|error| error.to_string())?;
        Ok(found.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn who_is_asked_is_who_was_typed() {
        let found = sources_of(&["http://127.0.0.1:9100/metrics", "https://tts.example"], &["echo 'a b' 1"]);
        let expected = ["http://127.0.0.1:9100/metrics", "https://tts.example", "echo", "pid 7"];
        assert_eq!(found.unwrap(), expected);
    }

    #[test]
    fn what_would_carry_a_secret_or_leads_nowhere_is_refused() {
        for (typed, words) in [
            ("http://me:hush@tts.example/metrics", "--scrape carries credentials"),
            ("http://tts.example/metrics?key=hush", "--scrape carries a query or a fragment"),
            ("tts.example/metrics", "failed to read --scrape `tts.example/metrics`"),
            ("gateway", "--scrape gateway is the embedded gateway"),
        ] {
            let error = sources_of(&[typed], &[]).unwrap_err();
            assert!(error.starts_with(words) && !error.contains("hush"), "{error}");
        }
        assert!(sources_of(&[], &["echo 'a"]).unwrap_err().contains("leaves a quote open"));
        assert!(sources_of(&[], &["a", "a"]).unwrap_err().contains("twice"));
    }
}
