//! Whose instructions callgrind counted, by the file in which they are written. What is written in the standard library is its
//! caller's, as far as it was inlined; what the allocator and the copying of bytes cost stands on its own.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use anyhow::{Context as _, ensure};

/// Instructions of each part.
pub(super) type Parts = BTreeMap<&'static str, u64>;

/// Parts of the program, by pieces of the names of files; the first that fits counts.
const FILES: [(&str, &[&str]); 9] = [
    ("messages", &["claque-wire/src/yapit", "/serde", "/itoa-", "/zmij-", "/memchr-"]),
    ("websocket", &["claque-wire/src/websocket", "audience/socket.rs"]),
    (
        "http",
        &[
            "claque-wire/src/http1",
            "/httparse-",
            "audience/fetch.rs",
            "audience/pool.rs",
            "claque-net/src/service",
        ],
    ),
    ("audio_meter", &["claque-wire/src/audio", "/crc-fast-"]),
    (
        "facts",
        &[
            "claque-core/src/record/mod.rs",
            "claque-store/",
            "claque-stats/",
            "/parquet-",
            "/zstd",
            "audience/ledger.rs",
        ],
    ),
    ("texts", &["claque-core/src/script", "claque-core/src/corpus", "claque-run/src/unique.rs"]),
    ("player_and_listener", &["claque-core/"]),
    ("timers_and_loop", &["claque-net/", "/mio-", "/tokio-", "/nix-", "/slab-", "/rustls-"]),
    ("allocator", &["malloc/malloc.c", "malloc/arena.c"]),
];

/// Functions of the C library, for it comes with no names of files where its debug symbols are not installed; and one that nearly all
/// of the standard library is inlined into.
const FUNCTIONS: [(&str, &[&str]); 3] = [
    (
        "allocator",
        &[
            "malloc",
            "free",
            "realloc",
            "calloc",
            "_int_malloc",
            "_int_free",
            "_int_realloc",
            "malloc_consolidate",
            "unlink_chunk",
        ],
    ),
    ("texts", &["sha2::"]),
    ("copying", &["memcpy", "memmove", "memset", "__mem"]),
];

const REST: &str = "rest";

/// Reads a file that callgrind wrote: the parts, and all together.
///
/// # Errors
/// When it cannot be read, or is something else.
pub(super) fn read(path: &Path) -> anyhow::Result<(Parts, u64)> {
    let text = fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    let counted = Reader::default().read(&text);
    let parts = counted.with_context(|| format!("failed to understand {}", path.display()))?;
    let total = parts.values().sum();
    ensure!(total > 0, "callgrind counted nothing in {}", path.display());
    Ok((parts, total))
}

/// What one run has more of than another, for each of so many blocks.
pub(super) fn per_block(few: &Parts, many: &Parts, blocks: u64) -> Parts {
    let more = |(&part, &count): (&&'static str, &u64)| {
        (part, count.saturating_sub(few.get(part).copied().unwrap_or(0)) / blocks)
    };
    many.iter().map(more).collect()
}

/// Where in the file it is.
#[derive(Default)]
struct Reader<'a> {
    /// Names are written once, and are numbers from then on.
    files: HashMap<&'a str, &'a str>,
    functions: HashMap<&'a str, &'a str>,
    function: &'a str,
    /// The file of the function.
    own_file: &'a str,
    /// The file of the next lines, where something was inlined.
    file: &'a str,
    parts: Parts,
}

impl<'a> Reader<'a> {
    /// Reads everything, by Valgrind's "Callgrind Format Specification"; none where a line of cost has none.
    fn read(mut self, text: &'a str) -> Option<Parts> {
        let mut is_of_call = false;
        for line in text.lines() {
            let Some((key, value)) = line.split_once('=') else {
                // What follows a call is the cost of what was called, and stands at that, too.
                if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first))
                    && !std::mem::take(&mut is_of_call)
                {
                    self.count(line.split_whitespace().nth(1)?.parse().ok()?);
                }
                continue;
            };
            match key {
                "fl" => {
                    self.own_file = name(&mut self.files, value);
                    self.file = self.own_file;
                }
                "fi" | "fe" => self.file = name(&mut self.files, value),
                "cfi" | "cfl" => drop(name(&mut self.files, value)),
                "fn" => self.function = name(&mut self.functions, value),
                "cfn" => drop(name(&mut self.functions, value)),
                "calls" => is_of_call = true,
                _ => {}
            }
        }
        Some(self.parts)
    }

    fn count(&mut self, cost: u64) {
        let of_function =
            FUNCTIONS.iter().find(|(_, starts)| starts.iter().any(|start| self.function.starts_with(start)));
        let part = of_function
            .map(|(part, _)| *part)
            .or_else(|| part_of(self.file))
            .or_else(|| part_of(self.own_file));
        *self.parts.entry(part.unwrap_or(REST)).or_default() += cost;
    }
}

/// Understands `(7) name`, and `(7)` from then on.
fn name<'a>(names: &mut HashMap<&'a str, &'a str>, value: &'a str) -> &'a str {
    match value.split_once(' ') {
        Some((number, name)) => {
            names.insert(number, name);
            name
        }
        None => names.get(value).copied().unwrap_or(value),
    }
}

fn part_of(file: &str) -> Option<&'static str> {
    FILES.iter().find(|(_, pieces)| pieces.iter().any(|piece| file.contains(piece))).map(|(part, _)| *part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The meter, with something of the standard library and of the player inlined, and a call of the allocator.
    const TEXT: &str = "\
# callgrind format
events: Ir
summary: 1150

fl=(1) /src/crates/claque-wire/src/audio/opus.rs
fn=(1) claque_wire::audio::opus::count
16 100
fi=(2) /rustc/library/core/src/slice/mod.rs
+2 20
fi=(3) /src/crates/claque-core/src/time.rs
* 5
fe=(1)
-1 1
cfi=(4) ./malloc/malloc.c
cfn=(2) malloc
calls=3 40
+3 1000

fl=(4)
fn=(2)
40 1000

fl=(5) ???
fn=(3) __memcpy_avx_unaligned_erms
0 24

totals: 1150
";

    #[test]
    fn each_instruction_is_counted_once_at_whom_it_belongs_to() {
        let parts = Reader::default().read(TEXT).unwrap();
        let expected =
            [("allocator", 1_000), ("audio_meter", 121), ("copying", 24), ("player_and_listener", 5)];
        assert_eq!(parts, expected.into_iter().collect());
        assert_eq!(parts.values().sum::<u64>(), 1_150);
    }

    #[test]
    fn a_block_has_what_more_blocks_have_more() {
        let few: Parts = [("messages", 100), ("facts", 50)].into_iter().collect();
        let many: Parts = [("messages", 300), ("facts", 40), ("http", 20)].into_iter().collect();
        assert_eq!(
            per_block(&few, &many, 10),
            [("messages", 20), ("facts", 0), ("http", 2)].into_iter().collect()
        );
    }
}
