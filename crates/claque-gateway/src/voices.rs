//! The models and voices a gateway offers: the table of a real server's answer, in its order.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A model, as listed to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// Number in the list, from 1.
    pub id: u32,
    /// Name in requests.
    pub slug: Arc<str>,
    /// Name for people.
    pub name: String,
    /// More words, if any.
    pub description: Option<String>,
    /// Its voices; the first is the default.
    pub voices: Vec<VoiceInfo>,
}

/// A voice of a model, as listed to clients. Its number is not written, for it follows from the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenVoice", into = "WrittenVoice")]
pub struct VoiceInfo {
    /// Number in the list of all voices, from 1.
    pub id: u32,
    /// Name in requests.
    pub slug: Arc<str>,
    /// Name for people.
    pub name: String,
    /// Language tag in lower case.
    pub lang: String,
    /// More words, if any.
    pub description: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenVoice {
    slug: String,
    /// None for the slug.
    name: Option<String>,
    /// None for American English.
    lang: Option<String>,
    description: Option<String>,
}

impl From<WrittenVoice> for VoiceInfo {
    fn from(written: WrittenVoice) -> Self {
        let WrittenVoice { slug, name, lang, description } = written;
        Self {
            id: 0,
            name: name.unwrap_or_else(|| slug.clone()),
            lang: lang.unwrap_or_else(|| "en-us".to_owned()),
            description,
            slug: slug.into(),
        }
    }
}

impl From<VoiceInfo> for WrittenVoice {
    fn from(voice: VoiceInfo) -> Self {
        let VoiceInfo { id: _, slug, name, lang, description } = voice;
        Self { slug: slug.to_string(), name: Some(name), lang: Some(lang), description }
    }
}

/// Slug, name, language, grade.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// The voices of kokoro in the order of a recorded `GET /api/v1/models`.
const KOKORO: [Row; 54] = [
    ("af_heart", "Heart", "en-us", "A"),
    ("af_bella", "Bella", "en-us", "A-"),
    ("af_nicole", "Nicole", "en-us", "B-"),
    ("af_aoede", "Aoede", "en-us", "C+"),
    ("af_kore", "Kore", "en-us", "C+"),
    ("af_sarah", "Sarah", "en-us", "C+"),
    ("af_alloy", "Alloy", "en-us", "C"),
    ("af_nova", "Nova", "en-us", "C"),
    ("af_sky", "Sky", "en-us", "C-"),
    ("af_jessica", "Jessica", "en-us", "D"),
    ("af_river", "River", "en-us", "D"),
    ("am_fenrir", "Fenrir", "en-us", "C+"),
    ("am_michael", "Michael", "en-us", "C+"),
    ("am_puck", "Puck", "en-us", "C+"),
    ("am_echo", "Echo", "en-us", "D"),
    ("am_eric", "Eric", "en-us", "D"),
    ("am_liam", "Liam", "en-us", "D"),
    ("am_onyx", "Onyx", "en-us", "D"),
    ("am_santa", "Santa", "en-us", "D-"),
    ("am_adam", "Adam", "en-us", "F+"),
    ("bf_emma", "Emma", "en-gb", "B-"),
    ("bf_isabella", "Isabella", "en-gb", "C"),
    ("bf_alice", "Alice", "en-gb", "D"),
    ("bf_lily", "Lily", "en-gb", "D"),
    ("bm_george", "George", "en-gb", "C"),
    ("bm_fable", "Fable", "en-gb", "C"),
    ("bm_lewis", "Lewis", "en-gb", "D+"),
    ("bm_daniel", "Daniel", "en-gb", "D"),
    ("jf_alpha", "Alpha", "ja", "C+"),
    ("jf_gongitsune", "Gongitsune", "ja", "C"),
    ("jf_nezumi", "Nezumi", "ja", "C-"),
    ("jf_tebukuro", "Tebukuro", "ja", "C"),
    ("jm_kumo", "Kumo", "ja", "C-"),
    ("zf_xiaobei", "Xiaobei", "zh", "D"),
    ("zf_xiaoni", "Xiaoni", "zh", "D"),
    ("zf_xiaoxiao", "Xiaoxiao", "zh", "D"),
    ("zf_xiaoyi", "Xiaoyi", "zh", "D"),
    ("zm_yunjian", "Yunjian", "zh", "D"),
    ("zm_yunxi", "Yunxi", "zh", "D"),
    ("zm_yunxia", "Yunxia", "zh", "D"),
    ("zm_yunyang", "Yunyang", "zh", "D"),
    ("ef_dora", "Dora", "es", ""),
    ("em_alex", "Alex", "es", ""),
    ("em_santa", "Santa", "es", ""),
    ("ff_siwis", "Siwis", "fr", "B-"),
    ("hf_alpha", "Alpha", "hi", "C"),
    ("hf_beta", "Beta", "hi", "C"),
    ("hm_omega", "Omega", "hi", "C"),
    ("hm_psi", "Psi", "hi", "C"),
    ("if_sara", "Sara", "it", "C"),
    ("im_nicola", "Nicola", "it", "C"),
    ("pf_dora", "Dora", "pt-br", ""),
    ("pm_alex", "Alex", "pt-br", ""),
    ("pm_santa", "Santa", "pt-br", ""),
];

/// A few voices of the inworld models; only the first is known to be first.
const INWORLD: [Row; 6] = [
    ("alex", "Alex", "en", "Energetic and expressive"),
    ("ashley", "Ashley", "en", "Warm and natural"),
    ("craig", "Craig", "en", "Refined and articulate"),
    ("deborah", "Deborah", "en", "Gentle and elegant"),
    ("dennis", "Dennis", "en", "Smooth and calm"),
    ("olivia", "Olivia", "en", "Upbeat and friendly"),
];

/// The model kokoro with its 54 voices.
pub fn kokoro() -> ModelInfo {
    let voices = KOKORO.iter().zip(1..).map(|(row, id)| voice(id, *row, "Quality grade ")).collect();
    ModelInfo { id: 1, slug: "kokoro".into(), name: "Kokoro".to_owned(), description: None, voices }
}

/// An inworld model. `id` is its place in the list, from 2.
pub fn inworld(id: u32, slug: &str, name: &str) -> ModelInfo {
    let first = 55 + id.saturating_sub(2) * 6;
    let voices = INWORLD.iter().zip(first..).map(|(row, id)| voice(id, *row, "")).collect();
    ModelInfo { id, slug: slug.into(), name: name.to_owned(), description: None, voices }
}

fn voice(id: u32, (slug, name, lang, words): Row, prefix: &str) -> VoiceInfo {
    VoiceInfo {
        id,
        slug: slug.into(),
        name: name.to_owned(),
        lang: lang.to_owned(),
        description: Some(format!("{prefix}{words}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_come_first_and_numbers_are_consecutive() {
        let models = [kokoro(), inworld(2, "inworld-1.5", "a"), inworld(3, "inworld-1.5-max", "b")];
        let firsts: Vec<_> = models.iter().map(|model| &*model.voices[0].slug).collect();
        assert_eq!(firsts, ["af_heart", "alex", "alex"]);
        let ids: Vec<u32> =
            models.iter().flat_map(|model| model.voices.iter().map(|voice| voice.id)).collect();
        assert_eq!(ids, (1..=66).collect::<Vec<_>>());
        assert_eq!(models[0].voices[53].description.as_deref(), Some("Quality grade "));
    }
}
