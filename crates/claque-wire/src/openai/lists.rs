//! What servers list: models and voices.

use serde_json::Value;

/// Names taken of one list at most.
const MOST_NAMES: usize = 10_000;

/// Names of models in the answer of `/v1/models`, in its order; none if it is no such list. Where a list says of models what they
/// are for, only those for speech are named.
#[must_use]
pub fn model_names(body: &[u8]) -> Option<Vec<String>> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let list = value.get("data").or_else(|| value.get("models"))?;
    let is_for_speech = |model: &&Value| {
        model.get("task").and_then(Value::as_str).is_some_and(|task| task == "text-to-speech")
    };
    let for_speech: Vec<Value> = list.as_array()?.iter().filter(is_for_speech).cloned().collect();
    if for_speech.is_empty() { names(list) } else { names(&Value::Array(for_speech)) }
}

/// Names of voices in the answer of a server's list of voices, in its order: text, or objects with an `id`, a `voice_id` or a
/// `name`, under `voices` or bare; none if it is no such list.
#[must_use]
pub fn voice_names(body: &[u8]) -> Option<Vec<String>> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let listed = value.get("voices").or_else(|| value.get("data")).unwrap_or(&value);
    let mut found = names(listed)?;
    if let Some(uploaded) = value.get("uploaded_voices").and_then(names) {
        found.extend(uploaded);
    }
    Some(found)
}

fn names(list: &Value) -> Option<Vec<String>> {
    let name = |item: &Value| {
        let text = |key: &str| item.get(key).and_then(Value::as_str);
        let name =
            item.as_str().or_else(|| text("id")).or_else(|| text("voice_id")).or_else(|| text("name"))?;
        Some(name.to_owned())
    };
    Some(list.as_array()?.iter().take(MOST_NAMES).filter_map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_several_shapes() {
        for body in [
            r#"{"voices":["a","b"]}"#,
            r#"{"voices":[{"id":"a","name":"Anna"},{"voice_id":"b"}]}"#,
            r#"["a","b"]"#,
            r#"{"voices":[{"name":"a"}],"uploaded_voices":["b"]}"#,
        ] {
            assert_eq!(voice_names(body.as_bytes()), Some(vec!["a".to_owned(), "b".to_owned()]), "{body}");
        }
        let models = br#"{"object":"list","data":[{"id":"kokoro","object":"model"}]}"#;
        assert_eq!(model_names(models), Some(vec!["kokoro".to_owned()]));
    }

    #[test]
    fn models_for_something_else_are_left_out_where_a_list_tells() {
        let models = br#"{"data":[{"id":"whisper","task":"automatic-speech-recognition"},{"id":"kokoro","task":"text-to-speech"}]}"#;
        assert_eq!(model_names(models), Some(vec!["kokoro".to_owned()]));
    }

    #[test]
    fn what_is_no_list_names_nothing() {
        for body in ["", "<html>", "{}", "[1, 2"] {
            assert_eq!(model_names(body.as_bytes()), None, "{body}");
            assert_eq!(voice_names(body.as_bytes()), None, "{body}");
        }
    }
}
