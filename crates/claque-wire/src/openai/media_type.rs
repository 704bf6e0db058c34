//! What an answer is by its `content-type` (RFC 9110 section 8.3).

/// The kind of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Samples without a container.
    Pcm(Samples),
    /// A container, whichever it says.
    Container,
    /// Audio of a kind that is not said.
    Bytes,
    /// Server-sent events.
    Events,
    /// JSON.
    Json,
    /// A web page.
    Page,
    /// Something else that is no audio.
    Other,
}

/// What parameters say of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Samples {
    pub(super) rate: Option<u32>,
    pub(super) channels: Option<u16>,
    /// Whether they are said to be others than those that are measured: 16 bits, signed, lowest byte first.
    pub(super) are_other: bool,
    /// Whether a rate or a number of channels is said, readable or not.
    pub(super) is_said: bool,
}

impl Kind {
    /// Reads a header field; without one the answer is bytes of any kind.
    pub(super) fn of(content_type: Option<&str>) -> Self {
        let mut parts = content_type.unwrap_or_default().split(';');
        let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        match &*essence {
            "" | "application/octet-stream" | "binary/octet-stream" | "audio/*" => Self::Bytes,
            "audio/pcm" | "audio/x-pcm" | "audio/pcm_s16le" | "audio/s16le" | "audio/raw" | "audio/x-raw"
            | "audio/l16" => Self::Pcm(Samples::of(parts)),
            "text/event-stream" => Self::Events,
            "text/html" | "application/xhtml+xml" => Self::Page,
            "application/ogg" => Self::Container,
            json if json == "application/json" || json.ends_with("+json") => Self::Json,
            audio if audio.starts_with("audio/") => Self::Container,
            _ => Self::Other,
        }
    }
}

impl Samples {
    fn of<'p>(parameters: impl Iterator<Item = &'p str>) -> Self {
        let mut samples = Self::default();
        for (name, value) in parameters.filter_map(|parameter| parameter.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match &*name.trim().to_ascii_lowercase() {
                "rate" | "sample_rate" | "samplerate" => {
                    samples.is_said = true;
                    samples.rate = value.parse().ok();
                }
                "channels" => {
                    samples.is_said = true;
                    samples.channels = value.parse().ok();
                }
                "bits" | "width" | "bits_per_sample" | "bit_depth" => {
                    samples.are_other |= value != "16";
                }
                "encoding" | "codec" | "sample_format" => samples.are_other |= !is_16_bits(value),
                _ => {}
            }
        }
        samples
    }
}

/// Whether it is a name of samples of 16 bits, signed, lowest byte first, or of none in particular.
fn is_16_bits(encoding: &str) -> bool {
    let plain: String =
        encoding.chars().filter(char::is_ascii_alphanumeric).map(|sign| sign.to_ascii_lowercase()).collect();
    matches!(
        &*plain,
        "" | "pcm"
            | "lpcm"
            | "linear"
            | "signed"
            | "signedint"
            | "signedinteger"
            | "s16"
            | "s16le"
            | "i16"
            | "i16le"
            | "int16"
            | "int16le"
            | "pcm16"
            | "pcm16le"
            | "pcms16"
            | "pcms16le"
            | "linear16"
            | "linear16le"
            | "pcm16bit"
            | "l16"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_what_real_servers_write() {
        for (content_type, kind) in [
            (None, Kind::Bytes),
            (Some("audio/pcm"), Kind::Pcm(Samples::default())),
            (Some("audio/ogg;codec=opus"), Kind::Container),
            (Some("Audio/MPEG"), Kind::Container),
            (Some("text/event-stream; charset=utf-8"), Kind::Events),
            (Some("application/problem+json"), Kind::Json),
            (Some("text/html; charset=utf-8"), Kind::Page),
            (Some("text/plain"), Kind::Other),
        ] {
            assert_eq!(Kind::of(content_type), kind, "{content_type:?}");
        }
        let samples = Samples { rate: Some(22_050), channels: Some(2), are_other: false, is_said: true };
        assert_eq!(Kind::of(Some("audio/L16; Rate=22050;channels=\"2\"")), Kind::Pcm(samples));
    }
}
