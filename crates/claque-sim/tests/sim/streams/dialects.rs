//! Every dialect that is answered, in every way and format.

use claque_core::time::MediaTime;
use claque_front::openai::{Dialect as ServiceDialect, OpenaiConfig};
use claque_sim::{SimError, simulate_streams};
use claque_wire::openai::{AudioFormat, Delivery, Dialect, RequestSettings};

use super::{at, engine, run, scenario};

#[test]
fn each_dialect_is_heard_in_each_of_its_ways_and_formats() {
    let mut heard = 0;
    for service in ServiceDialect::ALL {
        let dialect = Dialect::named(service.name).expect("both sides know it");
        for delivery in Delivery::ALL {
            let model = Some(dialect.model.unwrap_or("a-model").to_owned());
            let Ok(request) = RequestSettings::new(dialect, delivery, model) else { continue };
            for format in AudioFormat::ALL {
                let mut scenario = scenario(1, 2, engine());
                scenario.service = OpenaiConfig { streaming: engine(), ..OpenaiConfig::of(service) };
                scenario.voices = vec![scenario.service.voices.first().cloned().unwrap_or_default()];
                scenario.service.models = vec![request.model().to_owned()];
                scenario.request = request.clone().with_format(format);
                let what = format!("{} {delivery:?} {format:?}", service.name);
                let outcome = run(&scenario);
                let Some(error) = outcome.errors().first().map(|error| error.failure.clone()) else {
                    let block = outcome.blocks()[0];
                    let (first, chunks) = if block.chunks == 1 { (600, 1) } else { (200, 5) };
                    assert_eq!((block.first_audio_at, block.complete_at), (at(first), at(600)), "{what}");
                    assert_eq!(
                        (block.chunks, block.media),
                        (chunks, MediaTime::from_millis(1_000)),
                        "{what}"
                    );
                    assert!(delivery != Delivery::Whole || chunks == 1, "{what}");
                    heard += 1;
                    continue;
                };
                // A format that this server does not write is refused, as by the server itself.
                assert!(error.code.is_some_and(|code| (400..500).contains(&code)), "{what}: {error}");
            }
        }
    }
    assert!(heard > 60, "{heard}");
}

#[test]
fn who_takes_samples_for_others_is_told_before_the_run() {
    let mut scenario = scenario(1, 1, engine());
    let half = claque_wire::audio::PcmFormat::new(48_000, 1).expect("a usual rate");
    scenario.request = scenario.request.with_pcm(half);
    let error = simulate_streams(&scenario, |_| {}).unwrap_err();
    let (heard, made) = (MediaTime::from_millis(500), MediaTime::from_millis(1_000));
    assert_eq!(error, SimError::OtherLength { heard, made });
}
