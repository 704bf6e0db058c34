//! A service that says back what it was shown, in whatever it answers.

use crate::{
    canned::{self, Answers, BLOCKS, CREATED, MODELS},
    program::{assert_none_holds, run_with},
};

const TOKEN: &str = "SEKRET-token/with+signs-0123456789";
/// The token as it stands, as a URL writes it, and in other letters.
const ECHO: &str = r#"{"detail":"no: SEKRET-token/with+signs-0123456789 SEKRET-token%2Fwith%2Bsigns-0123456789 sekret-TOKEN/with+signs-0123456789"}"#;

#[test]
fn a_token_that_is_said_back_is_nowhere_to_be_read() {
    let deleted = ("DELETE /api/v1/documents/", "403 Forbidden", ECHO);
    let answers: [Vec<(&str, &str, &str)>; 4] = [
        vec![("", "401 Unauthorized", ECHO)],
        vec![MODELS, ("POST /api/v1/documents/text", "403 Forbidden", ECHO)],
        vec![MODELS, CREATED, ("GET /api/v1/documents/", "500 Internal Server Error", ECHO), deleted],
        // The handshake of the WebSocket.
        vec![MODELS, CREATED, BLOCKS, deleted, ("GET /api/v1/ws/tts", "403 Forbidden", ECHO)],
    ];
    for answers in answers {
        let answers: Answers = Vec::leak(answers);
        let address = canned::serve(answers);
        let url = format!("http://{address}");
        let audience = ["--users", "2", "--blocks", "2", "--timeout", "2", "--reconnect", "off"];
        let ran = run_with("run", &[&audience[..], &["--base-url", &url]].concat(), |command| {
            command.env("CLAQUE_TOKEN", TOKEN)
        });
        assert_ne!(ran.code, Some(0));
        let mut artefacts = ran.artefacts();
        if ran.run.is_some() {
            // Columns are packed.
            artefacts.push(("the facts".to_owned(), format!("{:?}", ran.errors()).into_bytes()));
        }
        assert_none_holds(&artefacts, &["SEKRET", "sekret"]);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("no: "), "the service's other words are told: {said}");
    }
}
