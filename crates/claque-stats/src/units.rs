//! Figures as people read them.

/// Of stalls, where one may have been under way when the run was killed.
pub const NONE_ON_RECORD: &str = "none on record";
/// What stands where nothing was measured.
pub const NOT_MEASURED: &str = "N/A";

/// A time: "0.42 ms", "730 ms", "2.35 s", "12.4 s", "3 min 05 s", "1 h 02 min".
pub fn time(ms: f64) -> String {
    // Each limit is where the rounded figure would reach the next unit.
    match ms {
        ms if ms <= 0.0 => "0 ms".to_owned(),
        ms if ms < 9.995 => format!("{ms:.2} ms"),
        ms if ms < 99.95 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms if ms < 9_995.0 => format!("{:.2} s", ms / 1_000.0),
        ms if ms < 59_950.0 => format!("{:.1} s", ms / 1_000.0),
        ms => long_time((ms / 1_000.0).round()),
    }
}

/// `seconds` is whole, at least 60.
fn long_time(seconds: f64) -> String {
    let minutes = (seconds / 60.0).floor();
    if minutes < 60.0 {
        return format!("{minutes:.0} min {:02.0} s", seconds - minutes * 60.0);
    }
    let minutes = (seconds / 60.0).round();
    let hours = (minutes / 60.0).floor();
    format!("{hours:.0} h {:02.0} min", minutes - hours * 60.0)
}

/// The same of something that may not have been measured.
pub fn time_or_na(ms: Option<f64>) -> String {
    ms.map_or_else(|| NOT_MEASURED.to_owned(), time)
}

/// What stands for a quantile beyond which no value lies.
pub const TOO_FEW: &str = "-";

/// What that sign means, for a table that has it.
pub const TOO_FEW_MEANS: &str =
    "- too few values (n) for this quantile: p50 takes 2, p95 20, p99 100; max is all that can be told";

/// A quantile, or the sign that there is none.
pub fn quantile(ms: Option<f64>) -> String {
    ms.map_or_else(|| TOO_FEW.to_owned(), time)
}

/// A quantile, or the largest value where too few were measured for it: "1.20 s", "max 3.40 s".
pub fn quantile_or_max(ms: Option<f64>, max_ms: f64) -> String {
    ms.map_or_else(|| format!("max {}", time(max_ms)), time)
}

/// "95.0 %".
pub fn percent_or_na(percent: Option<f64>) -> String {
    percent.map_or_else(|| NOT_MEASURED.to_owned(), |percent| format!("{percent:.1} %"))
}

/// "1 block", "2 blocks", "10,000 blocks".
pub fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// A number with its thousands apart: "10,000".
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_change_their_unit_where_they_should() {
        let cases = [
            (0.0, "0 ms"),
            (0.424, "0.42 ms"),
            (9.996, "10.0 ms"),
            (99.96, "100 ms"),
            (999.4, "999 ms"),
            (999.6, "1.00 s"),
            (2_345.0, "2.35 s"),
            (59_940.0, "59.9 s"),
            (59_960.0, "1 min 00 s"),
            (185_000.0, "3 min 05 s"),
            (3_599_600.0, "1 h 00 min"),
            (7_319_000.0, "2 h 02 min"),
        ];
        for (ms, text) in cases {
            assert_eq!(time(ms), text, "{ms}");
        }
    }

    #[test]
    fn numbers_have_thousands_and_nouns_plurals() {
        assert_eq!(counted(1, "block"), "1 block");
        assert_eq!(counted(0, "block"), "0 blocks");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(999), "999");
    }
}
