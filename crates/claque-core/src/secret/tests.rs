use proptest::prelude::*;

use super::{writing::SHORTEST_ENCODED, written::SHORTEST, *};

fn set(secrets: &[&str]) -> SecretSet {
    let mut set = SecretSet::default();
    secrets.iter().for_each(|secret| set.insert(&Secret::from(*secret)));
    set
}

#[test]
fn a_secret_is_blanked_however_it_is_written() {
    let set = set(&["p\"a/s & wörd", "me@x.example", "abcdefghijklmnop"]);
    for (text, clean) in [
        ("wrong: p\"a/s & wörd!", "wrong: [secret]!"),
        ("wrong: P\"A/S & Wörd!", "wrong: [secret]!"),
        ("q=p%22a%2Fs%20%26%20w%C3%B6rd&r", "q=[secret]&r"),
        ("q=p%22a%2fs+%26+w%c3%b6rd&r", "q=[secret]&r"),
        (r#"{"p":"p\"a\/s & w\u00f6rd"}"#, r#"{"p":"[secret]"}"#),
        ("<b>p&quot;a/s &amp; w&#xf6;rd</b>", "<b>[secret]</b>"),
        ("to me%40x.example or me@x.example", "to [secret] or [secret]"),
        ("cut: abcdefghijklm", "cut: [secret]"),
        ("another: abcdefghi", "another: abcdefghi"),
        ("%zz \\u12 &nosuch; &", "%zz \\u12 &nosuch; &"),
    ] {
        assert_eq!(set.clean(text), clean, "{text}");
    }
    assert_eq!(format!("{set:?}"), "SecretSet { secrets: 3, .. }");
}

#[test]
fn the_parts_of_a_token_are_blanked_one_by_one() {
    let set = set(&["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSBteXNlbGYifQ.c2lnbmF0dXJlLW9mLW1pbmU"]);
    for (text, clean) in [
        ("bad signature c2lnbmF0dXJlLW9mLW1pbmU", "bad signature [secret]"),
        ("claims eyJzdWIiOiJtZSBteXNlbGYifQ of eyJhbGciOiJIUzI1NiJ9", "claims [secret] of [secret]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSBteXNlbGYifQ.c2lnbmF0dXJlLW9mLW1pbmU", "[secret]"),
    ] {
        assert_eq!(set.clean(text), clean, "{text}");
    }
}

#[test]
fn a_secret_is_blanked_in_code_and_with_signs_in_it_that_nobody_sees() {
    let set = set(&["hush-hush", "12345"]);
    for (text, clean) in [
        ("aHVzaC1odXNo", "[secret]"),
        ("got 687573682d68757368 and 687573682D68757368", "got [secret] and [secret]"),
        ("hu\u{200b}sh\u{ad}-\u{2060}hush", "[secret]"),
        (r"hu\u200bsh-hu&shy;sh%E2%80%8B", "[secret]%E2%80%8B"),
        ("12345, 12\u{200b}345, MTIzNDU=", "[secret], 12\u{200b}345, MTIzNDU="),
    ] {
        assert_eq!(set.clean(text), clean, "{text}");
    }
    // "user:hush-hush" and "me:hush-hush", as Basic credentials are written.
    for (text, left) in [("dXNlcjpodXNoLWh1c2g=", "dXNlcj"), ("bWU6aHVzaC1odXNo", "bWU6")] {
        let clean = set.clean(text);
        assert!(clean.starts_with(left) && clean.contains(BLANK), "{clean}");
    }
    assert!(!set.is_fit_name("a-aHVzaC1odXNo-b"));
}

#[test]
fn a_secret_is_blanked_in_base64_of_base64_and_of_wide_characters() {
    let set = set(&["hush-hush", "12345"]);
    // Each made by `printf | base64`, the third by `iconv -t UTF-16LE | base64`, the fourth from `hush%2Dhush`.
    for (text, clean) in [
        ("got YUhWemFDMW9kWE5v.", "got [secret]."),
        ("got WVVoV2VtRkRNVzlrV0U1dg==.", "got [secret]==."),
        ("got aAB1AHMAaAAtAGgAdQBzAGgA.", "got [secret]."),
        ("got aHVzaCUyRGh1c2g=.", "got [secret]=."),
        ("honest 90fedcba90abcdef90abcdef", "honest 90fedcba90abcdef90abcdef"),
        ("short MTIzNDUgTVRJek5EVQ", "short MTIzNDUgTVRJek5EVQ"),
    ] {
        assert_eq!(set.clean(text), clean, "{text}");
    }
}

#[test]
fn any_part_of_a_long_secret_is_blanked() {
    let set = set(&["sk-SEKRETkey0123456789abcdefGHIJ", "short-pass-1"]);
    for (text, clean) in [
        (
            "Incorrect API key provided: SEKRETkey0123456789abcdefGHIJ (bad)",
            "Incorrect API key provided: [secret] (bad)",
        ),
        ("tail 56789abcdefghij.", "tail [secret]."),
        ("middle RETkey01234567.", "middle [secret]."),
        ("groups: SEKR-ETke-y012-3456!", "groups: [secret]!"),
        ("as services show it: sk-...GHIJ", "as services show it: sk-...GHIJ"),
        ("ort-pass-1 is of a short one", "ort-pass-1 is of a short one"),
    ] {
        assert_eq!(set.clean(text), clean, "{text}");
    }
    assert!(!set.is_fit_name("x-SEKRETkey012345") && set.is_fit_name("SEKRETkey"));
}

#[test]
fn what_basic_credentials_are_decoded_to_is_blanked() {
    let set = set(&["Basic Ym9iOmh1bnRlcjJTRUNSRVRwYXNz"]);
    assert_eq!(set.clean("user bob:hunter2SECRETpass, hunter2SECRETpass"), "user [secret], [secret]");
}

#[test]
fn a_secret_is_blanked_however_it_is_split() {
    let set = set(&["hush-hush"]);
    for split in [
        '\u{e0000}',
        '\u{e0041}',
        '\u{e01ef}',
        '\u{115f}',
        '\u{3164}',
        '\u{ffa0}',
        '\u{17b4}',
        '\u{17b5}',
        '\u{fff9}',
        '\u{fffb}',
        '\u{2800}',
        '\0',
        '\u{1b}',
        '\u{7f}',
        '\u{9f}',
        '\u{2028}',
        '\u{2029}',
        ' ',
        '\t',
        '\n',
    ] {
        assert_eq!(set.clean(&format!("is hu{split}{split}sh-hush.")), "is [secret].", "{split:?}");
    }
    for encoded in [
        "68:75:73:68:2d:68:75:73:68",
        "68-75-73-68-2D-68-75-73-68",
        "68 75 73 68  2d 68 75 73 68",
        "aHVz\r\naC1o\r\ndXNo",
        r"aHVzaC\r\n1odXNo",
    ] {
        assert_eq!(set.clean(encoded), "[secret]", "{encoded}");
    }
}

#[test]
fn the_longest_secret_at_a_place_is_blanked_whole() {
    let set = set(&["token", "token-of-mine", "to"]);
    assert_eq!(set.clean("token-of-mine, tokens, to"), "[secret], [secret]s, to");
}

#[test]
fn text_from_outside_is_cut() {
    let long = "ä".repeat(3_000_000);
    let cut = SecretSet::default().clean(&long);
    assert!(cut.len() <= MAX_TEXT && cut.len() > MAX_TEXT - 4 && cut.ends_with('…'), "{}", cut.len());
    let fits = "a".repeat(MAX_TEXT);
    assert_eq!(SecretSet::default().clean(&fits), fits);
    let echoes = "hush-hush ".repeat(1_000_000);
    assert!(!set(&["hush-hush"]).clean(&echoes).contains("hush"));
}

/// Head and claims are RFC 7519's way of `{"alg":"HS256","typ":"JWT"}` and of
/// `{"iss":"https://tts.example","sub":"user-77aa11","email":"ann@tts.example"}`.
#[test]
fn whom_a_token_was_given_to_is_blanked_in_plain_and_the_services_own_name_is_not() {
    let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
                 eyJpc3MiOiJodHRwczovL3R0cy5leGFtcGxlIiwic3ViIjoidXNlci03N2FhMTEiLCJlbWFpbCI6ImFubkB0dHMuZXhhbXBsZSJ9.\
                 c2lnbmF0dXJlc2lnbmF0dXJlc2ln";
    let set = set(&[token]);
    let said = "https://tts.example: user-77aa11 <ann@tts.example> has too many documents; see https://tts.example/limits";
    let clean =
        "https://tts.example: [secret] <[secret]> has too many documents; see https://tts.example/limits";
    assert_eq!(set.clean(said), clean);
    assert!(set.is_fit_name("user-77aa11-document-1"), "what is somebody's may be named by whose it is");
}

#[test]
fn a_name_with_a_secret_in_it_is_unfit() {
    let set = set(&["hush-hush", "one"]);
    assert!(set.is_fit_name("someone") && !set.is_fit_name("a-HUSH-HUSH-b"));
    assert!(!set.is_fit_name(&"a".repeat(MAX_TEXT + 1)));
}

#[test]
fn of_very_many_the_oldest_are_forgotten() {
    let mut set = SecretSet::default();
    (0..=MOST_SECRETS).for_each(|number| set.insert(&Secret::from(format!("token-{number:05}"))));
    assert_eq!(set.clean("token-00000 token-00001"), "token-00000 [secret]");
    assert_eq!(set.clean(&format!("token-{MOST_SECRETS:05}")), "[secret]");
}

proptest! {
    #[test]
    fn no_secret_gets_through(secret in "[ -~äß]{3,20}", before in "[ -~]{0,40}", after in "\\PC{0,40}", how in 0_u8..6) {
        let secret = secret.trim();
        prop_assume!(secret.chars().count() >= SHORTEST && !BLANK.contains(secret));
        let percent = |bytes: &str| bytes.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let json = |text: &str| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
        prop_assume!(how < 4 || secret.chars().count() >= SHORTEST_ENCODED);
        let shown = match how {
            4 => secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
            5 => secret.chars().flat_map(|c| [c, '\u{200b}']).collect(),
            0 => secret.to_owned(),
            1 => percent(secret),
            2 => json(secret),
            _ => secret.chars().map(|c| format!("&#{};", u32::from(c))).collect(),
        };
        let clean = set(&[secret]).clean(&format!("{before}{shown}{after}"));
        prop_assert!(!clean.contains(&shown), "{}", clean);
    }
}
