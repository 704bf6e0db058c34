//! What is wrong with a call, and how each dialect words that.

use serde::Serialize;
use serde_json::{Value, json};

/// The shapes of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorShape {
    /// `{"error": {"message", "type", "param", "code"}}`, the code in words.
    OpenAi,
    /// The same with the status as the code.
    VllmOmni,
    /// `{"error": {"code", "message", "type", "param"}}`, the code is the status.
    LocalAi,
    /// `{"detail": {"error", "message", "type"}}`, and the framework's own.
    KokoroFastApi,
    /// `{"detail": {"error": {"message", "type"}}}`, and the framework's own.
    Nested,
    /// `{"message", "code", "type", "param"}`, and the framework's own.
    Flat,
    /// `{"detail": words}`, and the framework's own.
    FastApi,
}

/// What is wrong with a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Complaint {
    pub(super) kind: ComplaintKind,
    /// The field it is about.
    pub(super) field: Option<&'static str>,
    pub(super) message: String,
    /// What stood in the field.
    pub(super) input: Value,
}

/// The kinds of what can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ComplaintKind {
    /// No such path.
    NoSuchPath,
    WrongMethod,
    /// No key or a wrong one; the status is the dialect's.
    Key(u16),
    BadJson,
    Missing,
    WrongType,
    /// Out of its range, or not one of its names.
    BadValue,
    /// This service cannot write the format that was asked for.
    Unsupported,
    UnknownModel(u16),
    UnknownVoice(u16),
    /// Too many wait.
    Overloaded,
    /// An engine has failed.
    Engine,
    /// An injected fault.
    Injected(u16),
}

#[derive(Serialize)]
struct OpenAiError<'a, C> {
    message: &'a str,
    r#type: &'a str,
    param: Option<&'a str>,
    code: C,
}

#[derive(Serialize)]
struct LocalAiError<'a> {
    code: u16,
    message: &'a str,
    r#type: &'a str,
    param: Option<&'a str>,
}

#[derive(Serialize)]
struct FlatError<'a> {
    message: &'a str,
    code: u16,
    r#type: &'a str,
    param: Option<&'a str>,
}

#[derive(Serialize)]
struct KokoroError<'a> {
    error: &'a str,
    message: &'a str,
    r#type: &'a str,
}

#[derive(Serialize)]
struct ErrorMessage<'a> {
    message: &'a str,
    r#type: &'a str,
}

#[derive(Serialize)]
struct ErrorEnvelope<T> {
    error: T,
}

#[derive(Serialize)]
struct Detail<T> {
    detail: T,
}

/// One complaint of the framework that many servers stand on.
#[derive(Serialize)]
struct Issue<'a> {
    r#type: &'a str,
    loc: Vec<Value>,
    msg: &'a str,
    input: &'a Value,
}

impl Complaint {
    pub(super) fn new(kind: ComplaintKind, field: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { kind, field, message: message.into(), input: Value::Null }
    }

    pub(super) fn with_input(self, input: &Value) -> Self {
        Self { input: input.clone(), ..self }
    }

    /// Status and body in a dialect's shape.
    pub(super) fn answer(&self, shape: ErrorShape) -> (u16, Vec<u8>) {
        let status = self.status(shape);
        (status, self.body(shape, status))
    }

    fn status(&self, shape: ErrorShape) -> u16 {
        match self.kind {
            ComplaintKind::NoSuchPath => 404,
            ComplaintKind::WrongMethod => 405,
            ComplaintKind::BadJson | ComplaintKind::Missing | ComplaintKind::WrongType => {
                if shape.has_framework() { 422 } else { 400 }
            }
            ComplaintKind::BadValue if self.field == Some("speed") && shape.has_framework() => 422,
            ComplaintKind::BadValue | ComplaintKind::Unsupported => 400,
            ComplaintKind::Key(status)
            | ComplaintKind::UnknownModel(status)
            | ComplaintKind::UnknownVoice(status)
            | ComplaintKind::Injected(status) => status,
            ComplaintKind::Overloaded => 503,
            ComplaintKind::Engine => 500,
        }
    }

    fn body(&self, shape: ErrorShape, status: u16) -> Vec<u8> {
        let (message, param, kind) = (self.message.as_str(), self.field, self.openai_type(status));
        let is_frameworks =
            matches!(self.kind, ComplaintKind::NoSuchPath | ComplaintKind::WrongMethod) || status == 422;
        if shape.has_framework() && is_frameworks {
            return self.framework(status);
        }
        match shape {
            ErrorShape::OpenAi => {
                let code = self.openai_code();
                write(&ErrorEnvelope { error: OpenAiError { message, r#type: kind, param, code } })
            }
            ErrorShape::VllmOmni => {
                let kind = self.python_type(status);
                write(&ErrorEnvelope { error: OpenAiError { message, r#type: kind, param, code: status } })
            }
            ErrorShape::LocalAi => {
                write(&ErrorEnvelope { error: LocalAiError { code: status, message, r#type: kind, param } })
            }
            ErrorShape::KokoroFastApi => {
                let error = self.kokoro_name();
                write(&Detail { detail: KokoroError { error, message, r#type: kind } })
            }
            ErrorShape::Nested => {
                write(&Detail { detail: ErrorEnvelope { error: ErrorMessage { message, r#type: kind } } })
            }
            ErrorShape::Flat => {
                write(&FlatError { message, code: status, r#type: self.python_type(status), param })
            }
            ErrorShape::FastApi => write(&Detail { detail: message }),
        }
    }

    /// What the framework says before a server's own words have a say.
    fn framework(&self, status: u16) -> Vec<u8> {
        if status != 422 {
            return write(&Detail { detail: if status == 404 { "Not Found" } else { "Method Not Allowed" } });
        }
        let r#type = match self.kind {
            ComplaintKind::Missing => "missing",
            ComplaintKind::BadJson => "json_invalid",
            ComplaintKind::WrongType => "string_type",
            ComplaintKind::NoSuchPath
            | ComplaintKind::WrongMethod
            | ComplaintKind::Key(_)
            | ComplaintKind::BadValue
            | ComplaintKind::Unsupported
            | ComplaintKind::UnknownModel(_)
            | ComplaintKind::UnknownVoice(_)
            | ComplaintKind::Overloaded
            | ComplaintKind::Engine
            | ComplaintKind::Injected(_) => "value_error",
        };
        let loc = [Some(json!("body")), self.field.map(|field| json!(field))].into_iter().flatten().collect();
        write(&Detail { detail: [Issue { r#type, loc, msg: &self.message, input: &self.input }] })
    }

    const fn openai_type(&self, status: u16) -> &'static str {
        match (self.kind, status) {
            (ComplaintKind::Key(_), _) => "invalid_request_error",
            (_, 429) => "requests",
            (_, 500..) => "server_error",
            (_, _) => "invalid_request_error",
        }
    }

    const fn openai_code(&self) -> Option<&'static str> {
        match self.kind {
            ComplaintKind::Key(_) => Some("invalid_api_key"),
            ComplaintKind::UnknownModel(_) => Some("model_not_found"),
            ComplaintKind::Missing => Some("missing_required_parameter"),
            ComplaintKind::BadValue | ComplaintKind::Unsupported | ComplaintKind::UnknownVoice(_) => {
                Some("invalid_value")
            }
            ComplaintKind::Injected(429) => Some("rate_limit_exceeded"),
            ComplaintKind::NoSuchPath
            | ComplaintKind::WrongMethod
            | ComplaintKind::BadJson
            | ComplaintKind::WrongType
            | ComplaintKind::Overloaded
            | ComplaintKind::Engine
            | ComplaintKind::Injected(_) => None,
        }
    }

    const fn python_type(&self, status: u16) -> &'static str {
        match status {
            404 => "NotFoundError",
            429 => "RateLimitError",
            401 | 403 => "AuthenticationError",
            500.. => "InternalServerError",
            _ => "BadRequestError",
        }
    }

    const fn kokoro_name(&self) -> &'static str {
        match self.kind {
            ComplaintKind::UnknownModel(_) => "invalid_model",
            ComplaintKind::Overloaded | ComplaintKind::Engine | ComplaintKind::Injected(_) => {
                "processing_error"
            }
            ComplaintKind::NoSuchPath
            | ComplaintKind::WrongMethod
            | ComplaintKind::Key(_)
            | ComplaintKind::BadJson
            | ComplaintKind::Missing
            | ComplaintKind::WrongType
            | ComplaintKind::BadValue
            | ComplaintKind::Unsupported
            | ComplaintKind::UnknownVoice(_) => "validation_error",
        }
    }
}

impl ErrorShape {
    /// Whether the server stands on the framework that answers 422 with a list before the server's own words.
    const fn has_framework(self) -> bool {
        match self {
            Self::KokoroFastApi | Self::Nested | Self::Flat | Self::FastApi => true,
            Self::OpenAi | Self::VllmOmni | Self::LocalAi => false,
        }
    }
}

fn write(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("texts and numbers always serialise")
}
