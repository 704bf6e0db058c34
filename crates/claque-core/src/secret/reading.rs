//! What a place of a text may stand for: itself, or what it is an escape of.

/// A character, and how many bytes of a text stand for it.
pub(super) type CharReading = (char, usize);

/// What the beginning of a text may stand for, and how many bytes of it do: the character itself, and what it is an
/// escape of.
pub(super) fn readings(text: &str) -> [Option<CharReading>; 2] {
    [text.chars().next().map(|c| (c, c.len_utf8())), escaped(text)]
}

/// The character that an escape at the beginning of a text stands for, and the bytes it takes: of URLs (RFC 3986 section
/// 2.1, and forms), of JSON (RFC 8259 section 7), and of HTML.
fn escaped(text: &str) -> Option<(char, usize)> {
    match text.as_bytes().first()? {
        b'+' => Some((' ', 1)),
        b'%' => percent(text),
        b'\\' => match text[1..].chars().next()? {
            'u' => unicode(text),
            other => Some((other, 1 + other.len_utf8())),
        },
        b'&' => entity(text),
        _ => None,
    }
}

fn percent(text: &str) -> Option<(char, usize)> {
    let byte = |at: usize| {
        let digits = text.get(at..at + 3)?.strip_prefix('%')?;
        digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
    };
    let first = byte(0)?;
    let length = match first {
        0..=0x7f => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    let bytes: Option<Vec<u8>> = (0..length).map(|number| byte(3 * number)).collect();
    let read = String::from_utf8(bytes?).ok()?;
    Some((read.chars().next()?, 3 * length))
}

fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(text.get(at..at + 6)?.strip_prefix("\\u")?, 16).ok();
    let first = unit(0)?;
    let pair = [Some(first), unit(6)];
    let mut read = char::decode_utf16(pair.into_iter().flatten());
    let read = read.next()?.ok()?;
    Some((read, 6 * read.len_utf16()))
}

fn entity(text: &str) -> Option<(char, usize)> {
    let (name, _) = text.get(1..)?.split_once(';').filter(|(name, _)| name.len() <= 12)?;
    let read = named(name)?;
    Some((read, name.len() + 2))
}

/// The character that HTML calls so: by its number, or by its name if it is a sign of ASCII or one that nobody sees.
pub(super) fn named(name: &str) -> Option<char> {
    const NAMES: &[(&str, char)] = &[
        ("amp", '&'),
        ("AMP", '&'),
        ("lt", '<'),
        ("LT", '<'),
        ("gt", '>'),
        ("GT", '>'),
        ("quot", '"'),
        ("QUOT", '"'),
        ("apos", '\''),
        ("shy", '\u{ad}'),
        ("zwj", '\u{200d}'),
        ("zwnj", '\u{200c}'),
        ("nbsp", '\u{a0}'),
        ("Tab", '\t'),
        ("NewLine", '\n'),
        ("excl", '!'),
        ("num", '#'),
        ("dollar", '$'),
        ("percnt", '%'),
        ("lpar", '('),
        ("rpar", ')'),
        ("ast", '*'),
        ("midast", '*'),
        ("plus", '+'),
        ("comma", ','),
        ("hyphen", '-'),
        ("dash", '-'),
        ("minus", '-'),
        ("period", '.'),
        ("sol", '/'),
        ("colon", ':'),
        ("semi", ';'),
        ("equals", '='),
        ("quest", '?'),
        ("commat", '@'),
        ("lsqb", '['),
        ("lbrack", '['),
        ("bsol", '\\'),
        ("rsqb", ']'),
        ("rbrack", ']'),
        ("Hat", '^'),
        ("lowbar", '_'),
        ("UnderBar", '_'),
        ("grave", '`'),
        ("lcub", '{'),
        ("lbrace", '{'),
        ("verbar", '|'),
        ("vert", '|'),
        ("VerticalLine", '|'),
        ("rcub", '}'),
        ("rbrace", '}'),
        ("tilde", '~'),
    ];
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
        return char::from_u32(hex.unwrap_or_else(|| number.parse()).ok()?);
    }
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

/// Bytes of the sign at the beginning of a text that may stand within a secret, also escaped: a blank, a line's end, a control
/// character, and what shows nothing, such as a soft hyphen, a filler, a joiner, a variation or a mark of direction. Pairs of
/// hexadecimal digits may also be set apart by `:` and `-`.
pub(super) fn gap(text: &str, in_hex: HexOnly) -> Option<usize> {
    let parts_pairs = |c| in_hex == HexOnly::Yes && matches!(c, ':' | '-');
    let sign = readings(text).into_iter().flatten().find(|(c, _)| is_invisible(*c) || parts_pairs(*c));
    let escape = ["\\n", "\\r", "\\t"].into_iter().find(|escape| text.starts_with(escape));
    sign.map(|(_, bytes)| bytes).or(escape.map(str::len))
}

/// Whether a writing is of hexadecimal digits only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HexOnly {
    Yes,
    No,
}

impl HexOnly {
    pub(super) fn of(writing: &str) -> Self {
        if writing.bytes().all(|byte| byte.is_ascii_hexdigit()) { Self::Yes } else { Self::No }
    }
}

/// Line ends and tabs are among the control characters, and the blank is the next of them.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\0'..=' ' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
            | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e01ef}'
    )
}
