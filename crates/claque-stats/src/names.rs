//! The names of failures in files, both ways.

use claque_core::event::{FailureClass, Phase};

/// The class called `name`, or nothing for an unknown name.
#[must_use]
pub fn class_from_name(name: &str) -> Option<FailureClass> {
    FailureClass::ALL.into_iter().find(|class| class.as_str() == name)
}

/// Every phase, in the order in which a session passes them.
pub const PHASES: [Phase; 5] =
    [Phase::Preparation, Phase::Dial, Phase::Handshake, Phase::BeforeAudio, Phase::MidAudio];

/// The name of `phase`.
#[must_use]
pub const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Preparation => "preparation",
        Phase::Dial => "dial",
        Phase::Handshake => "handshake",
        Phase::BeforeAudio => "before-audio",
        Phase::MidAudio => "mid-audio",
    }
}

/// The phase called `name`, or nothing for an unknown name.
#[must_use]
pub fn phase_from_name(name: &str) -> Option<Phase> {
    PHASES.into_iter().find(|&phase| phase_name(phase) == name)
}

/// Serialises a class by its name; for `#[serde(with)]`.
pub mod class {
    use claque_core::event::FailureClass;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    /// Writes the name.
    ///
    /// # Errors
    /// What the serializer reports.
    pub fn serialize<S: Serializer>(class: &FailureClass, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(class.as_str())
    }

    /// Reads a name.
    ///
    /// # Errors
    /// A name that no class has.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<FailureClass, D::Error> {
        let name = String::deserialize(from)?;
        super::class_from_name(&name)
            .ok_or_else(|| D::Error::custom(format!("unknown failure class `{name}`")))
    }
}

/// Serialises a phase by its name; for `#[serde(with)]`.
pub mod phase {
    use claque_core::event::Phase;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    /// Writes the name.
    ///
    /// # Errors
    /// What the serializer reports.
    pub fn serialize<S: Serializer>(phase: &Phase, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(super::phase_name(*phase))
    }

    /// Reads a name.
    ///
    /// # Errors
    /// A name that no phase has.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Phase, D::Error> {
        let name = String::deserialize(from)?;
        super::phase_from_name(&name).ok_or_else(|| D::Error::custom(format!("unknown phase `{name}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back() {
        for class in FailureClass::ALL {
            assert_eq!(class_from_name(class.as_str()), Some(class));
        }
        for phase in PHASES {
            assert_eq!(phase_from_name(phase_name(phase)), Some(phase));
        }
        assert_eq!(class_from_name("weather"), None);
        assert_eq!(phase_from_name("weather"), None);
    }
}
