//! What a speaking program is called and how it is spoken to.

use std::{ffi::OsStr, path::Path};

use claque_core::time::Duration;

use super::words;

/// Stands for the voice asked for.
const VOICE: &str = "{voice}";
/// Stands for the text.
const TEXT: &str = "{text}";
/// Stands for the file to write.
const OUTPUT: &str = "{output}";

/// A program that speaks: text in, WAV out, one run a block. No shell is ever involved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandEngine {
    /// The program: a name to be looked up in `PATH`, or a path.
    pub program: String,
    /// Its arguments. `{voice}` in them becomes the voice asked for, `{text}` the text and `{output}` the file to
    /// write.
    pub args: Vec<String>,
    /// How it is given the text.
    pub text: TextInput,
    /// Where its WAV comes out.
    pub audio: AudioSource,
    /// A run that takes longer is killed and counts as failed. 60 s by default: a long block on a busy machine.
    pub timeout: Duration,
}

/// How a program is given its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextInput {
    /// On its standard input, UTF-8, ended by a newline.
    Stdin,
    /// In place of `{text}` in its arguments.
    Argument,
}

/// Where a program's WAV comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AudioSource {
    /// On its standard output.
    Stdout,
    /// In the file named in place of `{output}` in its arguments, which is made and deleted by the host.
    File,
}

/// Why a speaking program is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The line has no words.
    #[error(
        "failed to read the engine's command: it is empty; name a program, for example 'espeak-ng --stdin --stdout'"
    )]
    Empty,
    /// A quote is open, or nothing follows the last backslash.
    #[error(
        "failed to read the engine's command '{line}': a quote is left open, or it ends in a backslash; close it, or double it"
    )]
    Quotes {
        /// The line.
        line: String,
    },
    /// There is a word in braces that stands for nothing.
    #[error(
        "failed to read the engine's command: '{word}' stands for nothing; there are {{voice}}, {{text}} and {{output}}"
    )]
    Placeholder {
        /// The word.
        word: String,
    },
    /// There is no preset of that name.
    #[error("failed to find an engine called '{name}'; there are {}, or type a whole command", CommandEngine::PRESETS.join(", "))]
    UnknownPreset {
        /// The name.
        name: String,
    },
    /// The preset has no voice of its own.
    #[error("failed to set up the engine '{name}': it needs a voice, for piper the path of an .onnx file")]
    NeedsVoice {
        /// The preset.
        name: String,
    },
}

impl CommandEngine {
    /// Names that [`CommandEngine::preset`] knows.
    pub const PRESETS: [&'static str; 3] = ["espeak-ng", "flite", "piper"];

    /// How long one run may take unless set otherwise.
    const TIMEOUT: Duration = Duration::from_secs(60);

    /// A known program. `voice` is one of the program's own, whatever voice is asked for; none for its usual one.
    ///
    /// # Errors
    /// [`CommandError::UnknownPreset`], and [`CommandError::NeedsVoice`] for piper without a voice.
    pub fn preset(name: &str, voice: Option<&str>) -> Result<Self, CommandError> {
        match name {
            // `-b 1`: the text is UTF-8.
            "espeak-ng" => {
                Self::of(name, &["--stdin", "--stdout", "-b", "1", "-v", voice.unwrap_or("en-us")])
            }
            // Slower than it could be, but its standard output holds no WAV.
            "flite" => Self::of(name, &["-voice", voice.unwrap_or("slt"), "-t", TEXT, "-o", OUTPUT]),
            "piper" => {
                let voice = voice.ok_or_else(|| CommandError::NeedsVoice { name: name.to_owned() })?;
                Self::of(name, &["--model", voice, "--output_file", OUTPUT])
            }
            _ => Err(CommandError::UnknownPreset { name: name.to_owned() }),
        }
    }

    /// A program by the line one would type, `espeak-ng --stdin --stdout -v {voice}`. Quotes hold words together; no
    /// shell reads it. With `{text}` in it the text goes there, else to standard input; with `{output}` the WAV
    /// is read from that file, else from standard output. `{voice}` is the slug of the voice that was asked for.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub fn parse(line: &str) -> Result<Self, CommandError> {
        let words = words::split(line).ok_or_else(|| CommandError::Quotes { line: line.to_owned() })?;
        let (program, args) = words.split_first().ok_or(CommandError::Empty)?;
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Self::of(program, &args)
    }

    fn of(program: &str, args: &[&str]) -> Result<Self, CommandError> {
        if let Some(word) = args.iter().find_map(|arg| unknown_placeholder(arg)) {
            return Err(CommandError::Placeholder { word: word.to_owned() });
        }
        let uses = |placeholder| args.iter().any(|arg| arg.contains(placeholder));
        Ok(Self {
            program: program.to_owned(),
            text: if uses(TEXT) { TextInput::Argument } else { TextInput::Stdin },
            audio: if uses(OUTPUT) { AudioSource::File } else { AudioSource::Stdout },
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            timeout: Self::TIMEOUT,
        })
    }

    /// The program's name without its folder, for messages.
    pub(crate) fn program_name(&self) -> String {
        let name = Path::new(&self.program).file_name().and_then(OsStr::to_str);
        name.unwrap_or(&self.program).to_owned()
    }

    /// The arguments of one run.
    pub(super) fn arguments(&self, text: &str, voice: &str, output: &str) -> Vec<String> {
        // One pass, so that a text with a placeholder in it stays as it is.
        self.args.iter().map(|arg| fill(arg, &[(TEXT, text), (VOICE, voice), (OUTPUT, output)])).collect()
    }
}

fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    'scan: while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        for (placeholder, value) in values {
            if let Some(after) = rest.strip_prefix(placeholder) {
                out.push_str(value);
                rest = after;
                continue 'scan;
            }
        }
        out.push('{');
        rest = &rest[1..];
    }
    out + rest
}

/// A word of letters in braces that stands for nothing.
fn unknown_placeholder(arg: &str) -> Option<&str> {
    arg.match_indices('{').find_map(|(start, _)| {
        let end = start + arg[start..].find('}')?;
        let word = &arg[start..=end];
        let inner = &arg[start + 1..end];
        let is_word = !inner.is_empty() && inner.bytes().all(|c| c.is_ascii_lowercase());
        (is_word && ![VOICE, TEXT, OUTPUT].contains(&word)).then_some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_line_says_how_text_and_audio_go() {
        let plain = CommandEngine::parse("espeak-ng --stdin --stdout -v {voice}").unwrap();
        assert_eq!((plain.text, plain.audio), (TextInput::Stdin, AudioSource::Stdout));
        let files = CommandEngine::parse("/opt/say -t {text} -o '{output}'").unwrap();
        assert_eq!((files.text, files.audio), (TextInput::Argument, AudioSource::File));
        assert_eq!(files.program_name(), "say");
        assert_eq!(CommandEngine::parse("  "), Err(CommandError::Empty));
        let words = CommandEngine::parse("say {txt}").unwrap_err().to_string();
        assert_eq!(
            words,
            "failed to read the engine's command: '{txt}' stands for nothing; there are {voice}, {text} and {output}"
        );
    }

    #[test]
    fn a_text_never_becomes_anything_but_itself() {
        let engine = CommandEngine::parse("say -v {voice} --text={text}").unwrap();
        let args = engine.arguments("{voice} $(rm) 'x' {", "af", "");
        assert_eq!(args, ["-v", "af", "--text={voice} $(rm) 'x' {"]);
    }

    #[test]
    fn presets_are_known_by_name() {
        for name in CommandEngine::PRESETS {
            let engine = CommandEngine::preset(name, Some("other")).unwrap();
            assert!(engine.program == name && engine.args.contains(&"other".to_owned()), "{engine:?}");
        }
        assert!(matches!(CommandEngine::preset("piper", None), Err(CommandError::NeedsVoice { .. })));
        let words = CommandEngine::preset("say", None).unwrap_err().to_string();
        assert!(words.contains("espeak-ng, flite, piper"), "{words}");
    }
}
