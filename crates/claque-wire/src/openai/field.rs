//! Fields that a user adds to every request.

use serde_json::Value;

/// One field besides those that claque writes, or instead of one of them.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestField {
    /// Its name.
    pub name: String,
    /// Its value; it stands as a whole, nothing is merged into objects.
    pub value: Value,
}

/// Why a field is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// There is no name, or no equals sign.
    #[error("`{0}` is no field of a request: write name=json")]
    Form(String),
    /// The value is no JSON.
    #[error("the value of `{name}` is no JSON ({why}); text is written with quotes: {name}='\"text\"'")]
    Value {
        /// The field.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// It would replace the text.
    #[error("`input` is each block's text and cannot be set")]
    Input,
}

impl RequestField {
    /// Reads `name=json`.
    ///
    /// # Errors
    /// It is not of that form, or names the text itself.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| FieldError::Form(text.to_owned()))?;
        if name == "input" {
            return Err(FieldError::Input);
        }
        let value = serde_json::from_str(value)
            .map_err(|why| FieldError::Value { name: name.to_owned(), why: why.to_string() })?;
        Ok(Self { name: name.to_owned(), value })
    }
}
