//! Figures that services and programs tell of themselves, as they are published.

use claque_core::series::SeriesKind::{self, Counter, Gauge, Unknown};
use claque_wire::metrics::{Metrics, NoMetrics, Sample, read_output, read_text};
use proptest::prelude::*;

const MANY: usize = 1_000;

fn told(found: &Metrics) -> Vec<(&str, &str, &str, SeriesKind, f64)> {
    let row =
        |sample: &'static Sample| (&*sample.name, &*sample.labels, &*sample.unit, sample.kind, sample.value);
    let kept: &'static Metrics = Box::leak(Box::new(found.clone()));
    kept.samples.iter().map(row).collect()
}

/// The example of the format's own page (prometheus.io, exposition formats, "Text format example"), without its histogram's middle.
#[test]
fn the_published_example_of_prometheus_is_read() {
    let text = r#"# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# A histogram, which has a pretty complex representation in the text format:
# HELP http_request_duration_seconds A histogram of the request duration.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320

# Finally a summary, which has a complex representation, too:
# HELP rpc_duration_seconds A summary of the RPC duration in seconds.
# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01"} 3102
rpc_duration_seconds_sum 1.7560473e+07
rpc_duration_seconds_count 2693
"#;
    let found = read_text(text, MANY).unwrap();
    let paths = r#"error="Cannot find file:\n\"FILE.TXT\"",path="C:\\DIR\\FILE.TXT""#;
    let expected = [
        ("http_requests_total", r#"code="200",method="post""#, "", Counter, 1027.0),
        ("http_requests_total", r#"code="400",method="post""#, "", Counter, 3.0),
        ("msdos_file_access_time_seconds", paths, "seconds", Unknown, 1.458_255_915e9),
        ("metric_without_timestamp_and_labels", "", "", Unknown, 12.47),
        ("something_weird", r#"problem="division by zero""#, "", Unknown, f64::INFINITY),
        ("http_request_duration_seconds_sum", "", "seconds", Counter, 53_423.0),
        ("http_request_duration_seconds_count", "", "", Counter, 144_320.0),
        ("rpc_duration_seconds", r#"quantile="0.01""#, "seconds", Gauge, 3_102.0),
        ("rpc_duration_seconds_sum", "", "seconds", Counter, 1.756_047_3e7),
        ("rpc_duration_seconds_count", "", "", Counter, 2_693.0),
    ];
    assert_eq!(told(&found), expected);
    assert_eq!((found.buckets, found.unread, found.beyond), (2, 0, 0));
}

#[test]
fn openmetrics_has_units_exemplars_and_an_end() {
    let text = "# TYPE acme_http_router_request_seconds summary\n# UNIT acme_http_router_request_seconds seconds\n\
        acme_http_router_request_seconds_sum{path=\"/api/v1\"} 9036.32\n\
        acme_http_router_request_seconds_created{path=\"/api/v1\"} 1605281325.0\n\
        # TYPE foo counter\nfoo_total 17.0 1520879607.789 # {id=\"counter-test\"} 5\n\
        # TYPE temp gauge\n# UNIT temp kelvin\ntemp NaN\n# EOF\nlater 1\n";
    let found = read_text(text, MANY).unwrap();
    let rows = told(&found);
    assert_eq!(
        rows[0],
        ("acme_http_router_request_seconds_sum", r#"path="/api/v1""#, "seconds", Counter, 9036.32)
    );
    assert_eq!(rows[1], ("foo_total", "", "", Counter, 17.0));
    assert_eq!((rows[2].0, rows[2].2, rows[2].3, rows[2].4.is_nan()), ("temp", "kelvin", Gauge, true));
    assert_eq!((rows.len(), found.buckets), (3, 1), "nothing counts behind the end");
}

#[test]
fn names_in_quotes_are_names() {
    let found = read_text(r#"{"my.dotted.metric", region="eu"} 4"#, MANY).unwrap();
    assert_eq!(told(&found), [("my.dotted.metric", r#"region="eu""#, "", Unknown, 4.0)]);
}

#[test]
fn a_line_that_is_broken_takes_no_other_with_it_and_is_counted() {
    let text =
        "good 1\nbad{a=\"b} 2\nbad{a=b} 2\nbad{a=\"1\",a=\"2\"} 3\nbad\nbad x\n9bad 1\n{} 1\nalso{} 2\n";
    let found = read_text(text, MANY).unwrap();
    assert_eq!(
        told(&found).iter().map(|row| (row.0, row.4)).collect::<Vec<_>>(),
        [("good", 1.0), ("also", 2.0)]
    );
    assert_eq!(found.unread, 7);
}

#[test]
fn what_is_no_answer_with_metrics_says_so() {
    assert_eq!(read_text("", MANY), Err(NoMetrics::Empty));
    assert_eq!(read_text("# nothing\n", MANY), Err(NoMetrics::Empty));
    let page = "<!doctype html>\n<html><body>Not Found</body></html>\n";
    assert_eq!(read_text(page, MANY), Err(NoMetrics::NoSample));
}

#[test]
fn more_than_there_is_room_for_is_counted() {
    let found = read_text("a 1\nb 2\nc 3\n", 2).unwrap();
    assert_eq!((found.samples.len(), found.beyond), (2, 1));
}

#[test]
fn foreign_words_carry_no_controls_and_are_of_bounded_length() {
    let found = read_text("a{x=\"\u{1b}]0;t\u{7}\"} 1\n", MANY).unwrap();
    assert!(!found.samples[0].labels.chars().any(char::is_control), "{:?}", found.samples[0].labels);
    let long = format!("{} 1\nb{{x=\"{}\"}} 1\nc 1\n", "a".repeat(201), "y".repeat(1_000));
    let found = read_text(&long, MANY).unwrap();
    assert_eq!((found.samples.len(), found.unread), (1, 2));
}

#[test]
fn a_table_of_nvidia_smi_is_read() {
    // As `nvidia-smi --query-gpu=index,name,utilization.gpu,memory.used,fan.speed --format=csv` prints it.
    let text = "index, name, utilization.gpu [%], memory.used [MiB], fan.speed [%]\n\
        0, NVIDIA A10G, 35 %, 1024 MiB, [N/A]\n1, NVIDIA A10G, 0 %, 3 MiB, [N/A]\n";
    let found = read_output(text, MANY).unwrap();
    let expected = [
        ("utilization.gpu", r#"index="0",name="NVIDIA A10G""#, "%", Unknown, 35.0),
        ("memory.used", r#"index="0",name="NVIDIA A10G""#, "MiB", Unknown, 1024.0),
        ("utilization.gpu", r#"index="1",name="NVIDIA A10G""#, "%", Unknown, 0.0),
        ("memory.used", r#"index="1",name="NVIDIA A10G""#, "MiB", Unknown, 3.0),
    ];
    assert_eq!(told(&found), expected);
    assert_eq!(read_output("0, 35 %, 1024 MiB\n", MANY), Err(NoMetrics::NoHeader));
}

#[test]
fn lines_of_names_and_values_are_read() {
    let found = read_output("queue_depth 4\nbusy=2\nheap: 1.5e3\nwith{a=\"1,2\"} 7\n", MANY).unwrap();
    let rows: Vec<_> = told(&found).iter().map(|row| (row.0, row.4)).collect();
    assert_eq!(rows, [("queue_depth", 4.0), ("busy", 2.0), ("heap", 1_500.0), ("with", 7.0)]);
}

/// Pieces of what such answers are made of, so that what is put together of them comes near to being one.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("# TYPE a counter\n".to_owned()),
        Just("# UNIT a seconds\n".to_owned()),
        Just("# EOF\n".to_owned()),
        Just("a_total".to_owned()),
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("x=\"".to_owned()),
        Just("\\\"".to_owned()),
        Just(",".to_owned()),
        Just(" 1e3".to_owned()),
        Just(" NaN\n".to_owned()),
        Just("\n".to_owned()),
        Just("[%]".to_owned()),
        any::<char>().prop_map(String::from),
        any::<f64>().prop_map(|number| format!(" {number}\n")),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_break_the_readers_and_bounds_hold(text in pieces(), bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for text in [text, String::from_utf8_lossy(&bytes).into_owned()] {
            for found in [read_text(&text, 3), read_output(&text, 3)].into_iter().flatten() {
                prop_assert!(found.samples.len() <= 3);
                prop_assert!(found.beyond == 0 || found.samples.len() == 3);
                for sample in &found.samples {
                    prop_assert!(!sample.name.is_empty() && sample.name.len() <= 600 && sample.labels.len() <= 3_000);
                    prop_assert!(![&sample.name, &sample.labels, &sample.unit].iter().any(|words| words.chars().any(char::is_control)));
                }
            }
        }
    }

    #[test]
    fn what_was_written_is_read_again(
        name in "[a-zA-Z_][a-zA-Z0-9_]{0,20}", value in any::<f64>(),
        labels in proptest::collection::btree_map("[a-z_]{1,8}", "[ -~]{0,12}", 0..4),
    ) {
        let written: Vec<_> = labels.iter().map(|(key, value)| {
            format!("{key}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
        }).collect();
        let found = read_text(&format!("{name}{{{}}} {value}\n", written.join(",")), 1).unwrap();
        let sample = &found.samples[0];
        prop_assert_eq!(&sample.name, &name);
        prop_assert_eq!(&sample.labels, &written.join(","));
        prop_assert!(sample.value.to_bits() == value.to_bits() || (sample.value.is_nan() && value.is_nan()));
    }
}
