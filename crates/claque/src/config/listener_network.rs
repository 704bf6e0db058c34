//! From wishes to the networks of listeners.

use std::path::{Path, PathBuf};

use claque_core::{
    link::{BitRate, LinkClass, LinkMix, LinkProfile, LossRate, PRESETS},
    span::{SpanText, parse_span},
    time::Duration,
};
use claque_run::usage::hint;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    UsageError, file,
    groups::Group,
    wish::{Source, Wish, list},
    wishes::{Wishes, over},
};

/// Longest delay of a network: more is no network that anybody listens over. A satellite's is 0.3 s.
const LONGEST_DELAY: Duration = Duration::from_secs(10);
/// Slowest line, in bits per second.
const SLOWEST: u64 = 1_000;
/// Units of rates.
const RATES: [(&str, f64); 3] = [("kbit", 1e3), ("mbit", 1e6), ("gbit", 1e9)];
/// Parts of a network, by the names they have where one is typed.
const PARTS: [&str; 5] = ["delay", "jitter", "loss", "down", "up"];
/// What is typed for no network, as some of a mix may have.
const NONE: &str = "none";
/// Most kinds of networks of one mix: figures are told of each.
const MOST_CLASSES: usize = 16;
/// Shares are counted in these parts of one.
const SHARE_PARTS: f64 = 1_000.0;
/// Largest share, so that those of all are counted in 32 bits.
const LARGEST_SHARE: f64 = 100_000.0;

/// What was said about the networks of listeners, by the names it has in a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListenerNetworkWishes {
    network: Option<Wish<Typed>>,
}

/// A network, a file with several, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a network such as \"3g\", or a list of networks with their shares")]
enum Typed {
    One(String),
    Mix(Vec<Entry>),
}

/// A network of a mix.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Option<String>,
    share: f64,
    link: String,
}

/// A file with networks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MixFile {
    network: Vec<Entry>,
}

impl ListenerNetworkWishes {
    pub(super) fn lay(&mut self, network: Option<String>) {
        over(&mut self.network, network.map(Typed::One));
    }
}

impl Group for ListenerNetworkWishes {
    fn place_files(&mut self, beside: &dyn Fn(&Path) -> PathBuf) {
        if let Some(Wish { value: Typed::One(typed), .. }) = &mut self.network
            && is_file(typed)
        {
            *typed = beside(Path::new(typed.as_str())).display().to_string();
        }
    }
}

/// Decides.
///
/// # Errors
/// A network is none, or a file with several cannot be read.
pub(super) fn networks(wishes: &Wishes, source: &Source) -> Result<LinkMix, UsageError> {
    let Some(wish) = &wishes.listener_network.network else { return Ok(LinkMix::default()) };
    let wrong = |why: String| source.error(wish, "network", why);
    match &wish.value {
        Typed::One(typed) if typed.trim() == NONE => Ok(LinkMix::default()),
        Typed::One(typed) if is_file(typed) => {
            let path = Path::new(typed);
            let text = file::read_text(path, file::MOST_SETTINGS).map_err(|why| {
                wrong(format!("names {typed}, which cannot be read: {why}; check the path"))
            })?;
            let MixFile { network } = toml::from_str(&text).map_err(|error| {
                wrong(format!("names {typed}, which holds no networks: {}", of_file(&error, &text)))
            })?;
            mix(&network).map_err(|why| wrong(format!("names {typed}, {why}")))
        }
        Typed::One(typed) => {
            let profile = profile(typed).map_err(|why| wrong(format!("is `{typed}`: {why}")))?;
            if profile.is_none() {
                return Err(wrong(format!(
                    "is `{typed}`, which does nothing; give {} or a name",
                    list(&PARTS)
                )));
            }
            let (name, share) = (usual_name(typed).into(), parts(1.0).unwrap_or(1));
            Ok(LinkMix::new(vec![LinkClass { name, share, profile }]))
        }
        Typed::Mix(entries) => mix(entries).map_err(|why| wrong(format!("is a list {why}"))),
    }
}

/// Adds what was decided, as a scenario has it.
pub(super) fn decided(mix: &LinkMix, scenario: &mut Map<String, Value>) {
    if mix.is_none() {
        return;
    }
    let class = |class: &LinkClass| {
        let share = f64::from(class.share) / SHARE_PARTS;
        json!({ "name": &*class.name, "share": share, "link": as_typed(&class.profile) })
    };
    scenario.insert("network".to_owned(), mix.classes().iter().map(class).collect::<Vec<_>>().into());
}

/// Whether a file is meant.
fn is_file(typed: &str) -> bool {
    Path::new(typed).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

/// An error in a file, in a line.
fn of_file(error: &toml::de::Error, text: &str) -> String {
    let before = |start: usize| text.get(..start).unwrap_or(text);
    let line = error.span().map(|span| before(span.start).matches('\n').count() + 1);
    let place = line.map_or_else(String::new, |line| format!("line {line}: "));
    format!("{place}{}", error.message().trim().replace('\n', "; "))
}

/// # Errors
/// What is wrong with one of them, as a sentence's end.
fn mix(entries: &[Entry]) -> Result<LinkMix, String> {
    if entries.is_empty() || entries.len() > MOST_CLASSES {
        return Err(format!("with {} networks; give 1 to {MOST_CLASSES}", entries.len()));
    }
    let mut classes: Vec<LinkClass> = Vec::new();
    for entry in entries {
        let profile = profile(&entry.link).map_err(|why| format!("with link = `{}`: {why}", entry.link))?;
        let name = entry.name.clone().unwrap_or_else(|| usual_name(&entry.link));
        if name.trim().is_empty() || name.chars().count() > 40 || name.contains(char::is_control) {
            return Err(format!("with the name `{name}`; give 1 to 40 letters"));
        }
        if classes.iter().any(|class| *class.name == *name) {
            return Err(format!("with two networks called `{name}`; give one of them another name"));
        }
        let share = parts(entry.share)
            .ok_or_else(|| format!("with share = {}; give 0.001 to {LARGEST_SHARE}", entry.share))?;
        classes.push(LinkClass { name: name.into(), share, profile });
    }
    if classes.iter().all(|class| class.profile.is_none()) {
        return Err("with nothing but `none`, which does nothing; leave it out".to_owned());
    }
    Ok(LinkMix::new(classes))
}

/// A share in whole parts.
fn parts(share: f64) -> Option<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 100,000,000")]
    let whole = |share: f64| (share * SHARE_PARTS).round() as u32;
    (1.0 / SHARE_PARTS..=LARGEST_SHARE).contains(&share).then(|| whole(share))
}

/// What figures call a network for which no name was given: as it was typed.
fn usual_name(typed: &str) -> String {
    typed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a network: the name of one or `none`, and parts of it that are otherwise.
///
/// # Errors
/// What is wrong with it, and what can be typed.
fn profile(typed: &str) -> Result<LinkProfile, String> {
    let mut profile = LinkProfile::default();
    let mut words = typed.split_whitespace().peekable();
    if let Some(name) = words.next_if(|word| !word.contains('=')) {
        profile = preset(name)?;
    }
    let mut seen = Vec::new();
    for word in words {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("`{word}` has no value"))?;
        let key = *PARTS.iter().find(|part| **part == key).ok_or_else(|| {
            let hint = hint(key, &PARTS).unwrap_or_else(|| format!("give {}", list(&PARTS)));
            format!("`{key}` is unknown; {hint}")
        })?;
        if seen.contains(&key) {
            return Err(format!("`{key}` is there twice"));
        }
        seen.push(key);
        match key {
            "delay" => profile.delay = delay(value)?,
            "jitter" => profile.jitter = delay(value)?,
            "loss" => profile.loss = loss(value)?,
            "down" => profile.down = Some(rate(value)?),
            _ => profile.up = Some(rate(value)?),
        }
    }
    if profile.jitter > profile.delay {
        return Err(format!(
            "a jitter of {} would have things arrive before they were sent; give a delay that is no shorter",
            SpanText(profile.jitter)
        ));
    }
    Ok(profile)
}

fn preset(name: &str) -> Result<LinkProfile, String> {
    if name == NONE {
        return Ok(LinkProfile::default());
    }
    let preset = PRESETS.iter().find(|preset| preset.name == name);
    preset.map(claque_core::link::Preset::profile).ok_or_else(|| {
        let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).chain([NONE]).collect();
        let hint = hint(name, &names).unwrap_or_else(|| {
            format!("give {}, parts such as delay=40ms, or a file that ends in .toml", list(&names))
        });
        format!("`{name}` is no network; {hint}")
    })
}

fn delay(typed: &str) -> Result<Duration, String> {
    let span = parse_span(typed).map_err(|error| format!("{error}; give one such as 40ms"))?;
    if span > LONGEST_DELAY {
        return Err(format!("{} is too long; give {} at most", SpanText(span), SpanText(LONGEST_DELAY)));
    }
    Ok(span)
}

fn loss(typed: &str) -> Result<LossRate, String> {
    let wrong = || format!("`{typed}` is no loss; give one such as 0.5%, less than 50%");
    let percent: f64 = typed.strip_suffix('%').and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    if !(0.0..50.0).contains(&percent) {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 500,000")]
    let millionths = (percent * 10_000.0).round() as u32;
    LossRate::from_millionths(millionths).ok_or_else(wrong)
}

fn rate(typed: &str) -> Result<BitRate, String> {
    let wrong =
        || format!("`{typed}` is no rate; give bits per second, such as 400kbit or 2Mbit, 1kbit at least");
    let lower = typed.to_ascii_lowercase();
    let lower = lower.strip_suffix("/s").unwrap_or(&lower);
    let (number, unit) = RATES
        .iter()
        .find_map(|(name, unit)| lower.strip_suffix(name).map(|number| (number, *unit)))
        .ok_or_else(wrong)?;
    let bits = number.trim().parse::<f64>().map_err(|_| wrong())? * unit;
    if !(1e3..=1e12).contains(&bits) {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a thousand to 10^12")]
    let bits = bits.round() as u64;
    BitRate::new(bits.max(SLOWEST)).ok_or_else(wrong)
}

/// A network as it can be typed.
fn as_typed(profile: &LinkProfile) -> String {
    let mut parts = Vec::new();
    let mut span = |name: &str, span: Duration| {
        if !span.is_zero() {
            parts.push(format!("{name}={}", SpanText(span)));
        }
    };
    span("delay", profile.delay);
    span("jitter", profile.jitter);
    if profile.loss > LossRate::NONE {
        parts.push(format!("loss={}%", f64::from(profile.loss.millionths()) / 10_000.0));
    }
    for (name, rate) in [("down", profile.down), ("up", profile.up)] {
        if let Some(rate) = rate {
            parts.push(format!("{name}={}", rate_as_typed(rate)));
        }
    }
    if parts.is_empty() { NONE.to_owned() } else { parts.join(" ") }
}

fn rate_as_typed(rate: BitRate) -> String {
    let bits = rate.bits_per_second();
    if bits.is_multiple_of(1_000_000) {
        format!("{}Mbit", bits / 1_000_000)
    } else {
        let thousandths = format!("{}.{:03}", bits / 1_000, bits % 1_000);
        format!("{}kbit", thousandths.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(network: &str) -> Result<LinkMix, String> {
        let mut wishes = Wishes::default();
        wishes.listener_network.lay(Some(network.to_owned()));
        networks(&wishes, &Source::default()).map_err(|error| error.to_string())
    }

    fn scenario(mix: &LinkMix) -> String {
        let mut scenario = Map::new();
        decided(mix, &mut scenario);
        Value::Object(scenario).to_string()
    }

    #[test]
    fn a_network_is_read_and_told_as_it_can_be_typed() {
        let mix = typed("delay=40ms jitter=10ms loss=0.5% down=2Mbit up=384kbit").unwrap();
        assert_eq!(
            scenario(&mix),
            r#"{"network":[{"link":"delay=0.04s jitter=0.01s loss=0.5% down=2Mbit up=384kbit","name":"delay=40ms jitter=10ms loss=0.5% down=2Mbit up=384kbit","share":1.0}]}"#
        );
        let again = profile("delay=0.04s jitter=0.01s loss=0.5% down=2Mbit up=384kbit").unwrap();
        assert_eq!(again, mix.classes()[0].profile);
    }

    #[test]
    fn a_name_stands_for_a_network_and_parts_of_it_can_be_otherwise() {
        let mix = typed("3g loss=1% down=400kbit/s").unwrap();
        let LinkClass { name, profile, .. } = &mix.classes()[0];
        assert_eq!(
            (&**name, as_typed(profile).as_str()),
            ("3g loss=1% down=400kbit/s", "delay=0.15s loss=1% down=400kbit up=768kbit")
        );
        assert_eq!(typed("none"), Ok(LinkMix::default()), "to switch off what a file says");
    }

    #[test]
    fn what_is_no_network_is_told_with_what_could_be() {
        for (network, words) in [
            ("3gg", "--network is `3gg`: `3gg` is no network; did you mean `3g`?"),
            (
                "wifi",
                "`wifi` is no network; give 3g, lte, dsl, fibre or none, parts such as delay=40ms, or a file that ends in .toml",
            ),
            ("dely=40ms", "`dely` is unknown; did you mean `delay`?"),
            ("delay=40", "`40` is no length of time; give one such as 40ms"),
            ("delay=1min", "60s is too long; give 10s at most"),
            ("delay=1ms jitter=2ms", "before they were sent"),
            ("loss=0.5", "`0.5` is no loss; give one such as 0.5%"),
            ("loss=50%", "less than 50%"),
            ("down=2", "`2` is no rate; give bits per second, such as 400kbit or 2Mbit"),
            ("down=0kbit", "1kbit at least"),
            ("down=NaNkbit", "1kbit at least"),
            ("up=1Mbit up=2Mbit", "`up` is there twice"),
            ("delay=40ms 3g", "`3g` has no value"),
            ("", "does nothing"),
            ("loss=0%", "does nothing"),
        ] {
            let error = typed(network).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_file_has_networks_with_their_shares() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("networks.toml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            typed(path.to_str().unwrap())
        };
        let mix = read(
            "[[network]]\nshare = 70\nlink = \"dsl\"\n[[network]]\nname = \"bus\"\nshare = 30\nlink = \"3g loss=1%\"\n",
        );
        let names: Vec<_> =
            mix.unwrap().classes().iter().map(|class| (class.name.to_string(), class.share)).collect();
        assert_eq!(names, [("dsl".to_owned(), 70_000), ("bus".to_owned(), 30_000)]);
        for (text, words) in [
            ("[[network]]\nshare = 1\nlnk = \"dsl\"", "which holds no networks: line 3: unknown field `lnk`"),
            ("[[network]]\nshare = 0\nlink = \"dsl\"", "with share = 0; give 0.001 to 100000"),
            ("[[network]]\nshare = 1\nlink = \"none\"", "nothing but `none`"),
            (
                "[[network]]\nshare = 1\nlink = \"dsl\"\n[[network]]\nshare = 1\nlink = \"dsl\"",
                "two networks called `dsl`",
            ),
            ("network = []", "with 0 networks; give 1 to 16"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let error = typed("none-there.toml").unwrap_err();
        assert!(error.contains("which cannot be read"), "{error}");
    }
}
