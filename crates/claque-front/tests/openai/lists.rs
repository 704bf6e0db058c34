//! Lists and health.

use claque_front::openai::{Dialect, Request};

use crate::stage::{Stage, config, get};

#[test]
fn each_dialect_lists_what_it_has_where_it_has_it() {
    let paths = ["/v1/models", "/v1/models/tts-1", "/v1/audio/voices", "/v1/voices", "/voices", "/health"];
    let mut told = Vec::new();
    for dialect in Dialect::ALL {
        told.push(format!("# {}", dialect.name));
        let mut stage = Stage::new(config(dialect.name));
        for path in paths {
            let call = stage.call(0, get(path));
            let answer = stage.answer(call);
            if answer.status() == 200 {
                told.push(format!("{path}: {}", answer.text()));
            }
        }
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn old_clients_of_kokoro_get_names() {
    let mut stage = Stage::new(config("kokoro-fastapi"));
    let call = stage.call(0, Request { query: "legacy=true", ..get("/v1/audio/voices") });
    assert!(stage.answer(call).text().starts_with(r#"{"voices":["af_heart","#));
}
