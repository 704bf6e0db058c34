//! Cleans an error text of secrets many times over: `clean_texts SECRETS TIMES`, and of one of the texts alone with its number behind that. It is timed from outside
//! (`cargo build --release -p claque-core --example clean_texts`, then `time`).

use std::process::ExitCode;

use claque_core::{
    rng::Seed,
    secret::{Secret, SecretSet},
};
use rand::RngExt as _;

/// Such as services say it.
const TEXTS: [&str; 4] = [
    "synthesis failed: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 23.69 GiB total capacity)",
    r#"{"error":{"message":"Rate limit reached for requests","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
    "404 Not Found: no audio under /v1/audio/5f0c7a1e-93f4-4c6e-8f58-0f6f5d7f3a11?variant=9c56cc51b374c3ba",
    "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
];

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<usize>().expect("a number"));
    let (count, times) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(1_000));
    let mut rng = Seed::root(7).child("secrets").rng();
    let mut set = SecretSet::default();
    for _ in 0..count {
        let key: String = (0..40).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect();
        set.insert(&Secret::from(format!("sk-{key}")));
    }
    let one = numbers.next().map(|number| &TEXTS[number..=number]);
    let bytes: usize =
        one.unwrap_or(&TEXTS).iter().cycle().take(times).map(|text| set.clean(text).len()).sum();
    // None of these texts holds a secret: shorter ones would be cheap for the wrong reason.
    if bytes < 90 * times { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
