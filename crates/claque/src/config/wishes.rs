//! Everything that can be asked for, from flags and file alike, before it means anything.
//!
//! The scenario file is read into [`Wishes`], group by group; flags are laid over it. No setting stands here: each is a field of the group that
//! its file has, which lays the flag over it, decides what it means and names it in a run's scenario. A new group is a line below.

use std::path::{Path, PathBuf};

use toml::{Spanned, de::DeTable};

use super::{
    arrivals::ArrivalWishes, audience::AudienceWishes, courtesy::CourtesyWishes,
    credentials::CredentialWishes, documents::ExtractionWishes, gateway::GatewayWishes, groups,
    listen::ListeningWishes, listener_network::ListenerNetworkWishes, network::NetworkWishes,
    objectives::ObjectiveWishes, output::OutputWishes, speech::SpeechWishes, target::TargetWishes,
    wish::Wish,
};

/// Makes the type of all wishes out of its groups, and what reads and places them all.
macro_rules! groups {
    ($($(#[$doc:meta])* $name:ident: $group:ty,)*) => {
        /// Settings by their groups.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Wishes {
            $($(#[$doc])* pub(crate) $name: $group,)*
        }

        impl Wishes {
            /// Reads what a scenario has.
            ///
            /// # Errors
            /// A key is unknown or a value is not what it takes.
            pub(super) fn read(mut scenario: Spanned<DeTable<'_>>) -> Result<Self, groups::Unread> {
                groups::check(scenario.get_ref(), &Self::keys())?;
                Ok(Self { $($name: groups::take(scenario.get_mut())?,)* })
            }

            /// Every key that a scenario may have at its top.
            fn keys() -> Vec<&'static str> {
                [$(groups::keys_of::<$group>()),*].concat()
            }

            /// Puts every file that is read to where `beside` has it.
            pub(super) fn place_files(&mut self, beside: &dyn Fn(&Path) -> PathBuf) {
                $(groups::Group::place_files(&mut self.$name, beside);)*
            }
        }
    };
}

groups! {
    /// Who listens to what.
    audience: AudienceWishes,
    /// When they come, what they choose and how long they stay.
    schedule: ArrivalWishes,
    /// The player that everybody has, and what people do with it.
    listening: ListeningWishes,
    /// What is between it and the service.
    listener_network: ListenerNetworkWishes,
    /// The protocol, and how speech is asked for.
    speech: SpeechWishes,
    /// Which service is meant.
    target: TargetWishes,
    /// Who the audience is to it.
    credentials: CredentialWishes,
    /// How it is reached.
    network: NetworkWishes,
    /// How its limits are lived with.
    courtesy: CourtesyWishes,
    /// The reference gateway.
    gateway: GatewayWishes,
    /// What must be reached, and when a run is given up.
    judging: ObjectiveWishes,
    /// Where results go, and what is kept.
    output: OutputWishes,
    /// Documents that are extracted.
    extraction: ExtractionWishes,
}

/// A flag that was typed takes the place of what the file says.
pub(crate) fn over<T>(setting: &mut Option<Wish<T>>, flag: Option<T>) {
    if let Some(value) = flag {
        *setting = Some(Wish::flag(value));
    }
}

/// The same of a setting that takes many: what was typed takes the place of all that the file lists.
pub(crate) fn over_all<T>(setting: &mut Option<Vec<Wish<T>>>, flags: Vec<T>) {
    if !flags.is_empty() {
        *setting = Some(flags.into_iter().map(Wish::flag).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A setting is a field of its group, and its group alone: that it is touched in few files hangs on this.
    #[test]
    fn every_setting_is_one_groups_and_stands_nowhere_among_all() {
        let mut keys = Wishes::keys();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count, "two groups have the same key");
        assert!(
            ["users", "header", "token"].iter().filter(|key| keys.contains(key)).count() == 2,
            "{keys:?}"
        );
        for (file, text) in
            [("wishes.rs", include_str!("wishes.rs")), ("decided.rs", include_str!("decided.rs"))]
        {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            assert!(!code.contains(": Option<Wish<"), "{file} has a setting of its own");
            for key in &keys {
                let is_named =
                    code.contains(&format!("\"{key}\"")) || code.contains(&format!("{key}: Option"));
                assert!(!is_named, "{file} names {key}, which its group is to do");
            }
        }
    }
}
