//! Everything that can be asked for, from flags and file alike, before it means anything.
//!
//! The scenario file is read into [`Wishes`], group by group; flags are laid over it. A new setting is a flag in `cli`, a field and a line in
//! the file of its group, which decides what it means, too. What has no group yet stands here.

use std::path::PathBuf;

use claque_core::secret::Secret;
use claque_gateway::Workers;
use serde::{Deserialize, de::IgnoredAny};
use toml::{
    Spanned,
    de::{DeTable, Deserializer},
};

use super::{
    calibrated::CalibrationWishes, documents::DocumentWishes, gateway::GatewayTable, groups,
    listen::ListeningWishes, network::NetworkWishes, wish::Wish,
};
use crate::cli::{
    AudienceFlags, CourtesyFlags, CredentialFlags, GatewayFlags, ProtocolFlags, SpeechFlags, TargetFlags,
};

/// Settings by the names they have in a scenario file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wishes {
    pub(crate) users: Option<Wish<i64>>,
    pub(crate) blocks: Option<Wish<i64>>,
    pub(crate) model: Option<Wish<String>>,
    pub(crate) voice: Option<Wish<String>>,
    pub(crate) speed: Option<Wish<f64>>,
    pub(crate) stagger: Option<Wish<f64>>,
    pub(crate) arrivals: Option<Wish<String>>,
    #[serde(rename = "for")]
    pub(crate) arrivals_for: Option<Wish<String>>,
    pub(crate) listens: Option<Wish<String>>,
    pub(crate) hold: Option<Wish<String>>,
    pub(crate) warm_up: Option<Wish<String>>,
    pub(crate) texts: Option<Wish<i64>>,
    pub(crate) zipf: Option<Wish<f64>>,
    pub(crate) use_cached: Option<Wish<bool>>,
    pub(crate) varied_lengths: Option<Wish<bool>>,
    pub(crate) text: Option<Wish<PathBuf>>,
    pub(crate) seed: Option<Wish<u64>>,
    pub(crate) timeout: Option<Wish<f64>>,
    pub(crate) base_url: Option<Wish<String>>,
    pub(crate) protocol: Option<Wish<String>>,
    pub(crate) dialect: Option<Wish<String>>,
    pub(crate) response_format: Option<Wish<String>>,
    pub(crate) delivery: Option<Wish<String>>,
    pub(crate) pcm_rate: Option<Wish<i64>>,
    pub(crate) request_field: Option<Vec<Wish<String>>>,
    pub(crate) path: Option<Wish<String>>,
    pub(crate) env_file: Option<Wish<PathBuf>>,
    pub(crate) auth_env_file: Option<Wish<PathBuf>>,
    pub(crate) accounts: Option<Wish<PathBuf>>,
    pub(crate) guest: Option<Wish<i64>>,
    pub(crate) no_auth: Option<Wish<bool>>,
    pub(crate) account_limit: Option<Wish<String>>,
    pub(crate) allow_rate_limit: Option<Wish<bool>>,
    pub(crate) source_address: Option<Wish<String>>,
    pub(crate) reuse_documents: Option<Wish<bool>>,
    pub(crate) engine: Option<Wish<String>>,
    pub(crate) workers: Option<Wish<Workers>>,
    pub(crate) service_seconds: Option<Wish<f64>>,
    pub(crate) audio_seconds: Option<Wish<f64>>,
    pub(crate) limits: Option<Wish<bool>>,
    pub(crate) reproduce: Option<Wish<String>>,
    pub(crate) output_dir: Option<Wish<PathBuf>>,
    pub(crate) keep_audio: Option<Wish<PathBuf>>,
    pub(crate) decode_share: Option<Wish<f64>>,
    pub(crate) objectives: Option<Vec<Wish<String>>>,
    pub(crate) confidence: Option<Wish<f64>>,
    pub(crate) abort_on: Option<Vec<Wish<String>>>,
    pub(crate) documents: DocumentWishes,
    /// Of a model file.
    pub(crate) calibration: Option<CalibrationWishes>,
    /// Groups of settings that stand beside these and are read by themselves.
    #[serde(skip)]
    pub(crate) listening: ListeningWishes,
    #[serde(skip)]
    pub(crate) network: NetworkWishes,
    /// The file's table.
    pub(crate) gateway: Option<Wish<GatewayTable>>,
    /// Read only to say where secrets belong; their values are passed over.
    pub(crate) token: Option<Wish<IgnoredAny>>,
    pub(crate) password: Option<Wish<IgnoredAny>>,
    /// `--gateway`.
    #[serde(skip)]
    pub(crate) preset: Option<Wish<String>>,
    /// `--gateway-set`, in the order typed.
    #[serde(skip)]
    pub(crate) gateway_set: Vec<String>,
    /// `--token`.
    #[serde(skip)]
    pub(crate) typed_token: Option<Secret>,
}

impl Wishes {
    /// Reads what a scenario has, but for its gateway.
    ///
    /// # Errors
    /// A key is unknown or a value is not what it takes.
    pub(super) fn read(mut scenario: Spanned<DeTable<'_>>) -> Result<Self, groups::Unread> {
        let known = [
            groups::keys_of::<Self>(),
            groups::keys_of::<ListeningWishes>(),
            groups::keys_of::<NetworkWishes>(),
        ];
        groups::check(scenario.get_ref(), &known.concat())?;
        let listening = groups::take(scenario.get_mut())?;
        let network = groups::take(scenario.get_mut())?;
        let others = Self::deserialize(Deserializer::from(scenario))?;
        Ok(Self { listening, network, ..others })
    }

    pub(crate) fn lay_audience(&mut self, flags: AudienceFlags) {
        over(&mut self.users, flags.users);
        over(&mut self.blocks, flags.blocks);
        over(&mut self.model, flags.model);
        over(&mut self.voice, flags.voice);
        over(&mut self.speed, flags.speed);
        over(&mut self.stagger, flags.stagger);
        over(&mut self.arrivals, flags.arrivals.arrivals);
        over(&mut self.arrivals_for, flags.arrivals.arrivals_for);
        over(&mut self.listens, flags.arrivals.listens);
        over(&mut self.hold, flags.arrivals.hold);
        over(&mut self.warm_up, flags.arrivals.warm_up);
        over(&mut self.texts, flags.arrivals.texts);
        over(&mut self.zipf, flags.arrivals.zipf);
        over(&mut self.use_cached, flags.use_cached);
        over(&mut self.varied_lengths, flags.varied_lengths);
        over(&mut self.text, flags.text);
        over(&mut self.seed, flags.seed);
        over(&mut self.timeout, flags.timeout);
    }

    pub(crate) fn lay_target(&mut self, flags: TargetFlags) {
        over(&mut self.base_url, flags.base_url);
        self.lay_credentials(flags.credentials);
        self.network.lay(flags.network);
    }

    pub(crate) fn lay_protocol(&mut self, flags: ProtocolFlags) {
        self.lay_speech(flags.speech);
        over(&mut self.pcm_rate, flags.pcm_rate);
        over(&mut self.path, flags.path);
        if !flags.request_field.is_empty() {
            self.request_field = Some(flags.request_field.into_iter().map(Wish::flag).collect());
        }
    }

    pub(crate) fn lay_speech(&mut self, flags: SpeechFlags) {
        over(&mut self.protocol, flags.protocol);
        over(&mut self.dialect, flags.dialect);
        over(&mut self.response_format, flags.response_format);
        over(&mut self.delivery, flags.delivery);
    }

    pub(crate) fn lay_credentials(&mut self, flags: CredentialFlags) {
        over(&mut self.env_file, flags.env_file);
        over(&mut self.auth_env_file, flags.auth_env_file);
        over(&mut self.accounts, flags.accounts);
        over(&mut self.guest, flags.guest);
        over(&mut self.no_auth, flags.no_auth);
        self.typed_token = flags.token;
    }

    pub(crate) fn lay_courtesy(&mut self, flags: CourtesyFlags) {
        over(&mut self.account_limit, flags.account_limit);
        over(&mut self.allow_rate_limit, flags.allow_rate_limit);
        over(&mut self.source_address, flags.source_address);
        over(&mut self.reuse_documents, flags.reuse_documents);
    }

    /// # Errors
    /// The number of workers is none.
    pub(crate) fn lay_gateway(&mut self, flags: GatewayFlags) -> Result<(), super::UsageError> {
        over(&mut self.preset, flags.gateway);
        over(&mut self.engine, flags.engine);
        over(&mut self.workers, flags.workers.as_deref().map(workers).transpose()?);
        over(&mut self.service_seconds, flags.service_seconds);
        over(&mut self.audio_seconds, flags.audio_seconds);
        over(&mut self.reproduce, flags.reproduce);
        self.gateway_set = flags.gateway_set;
        Ok(())
    }

    /// The first setting that only the reference gateway understands, with its name; flags before the file.
    pub(crate) fn first_of_gateway(&self) -> Option<(super::wish::Place, &'static str)> {
        fn of<T>(wish: Option<&Wish<T>>, key: &'static str) -> Option<(super::wish::Place, &'static str)> {
            wish.map(|wish| (wish.place, key))
        }
        let sets = (!self.gateway_set.is_empty()).then_some((super::wish::Place::Flag, "gateway_set"));
        let all = [
            of(self.preset.as_ref(), "gateway"),
            of(self.engine.as_ref(), "engine"),
            of(self.workers.as_ref(), "workers"),
            of(self.service_seconds.as_ref(), "service_seconds"),
            of(self.audio_seconds.as_ref(), "audio_seconds"),
            of(self.limits.as_ref(), "limits"),
            of(self.reproduce.as_ref(), "reproduce"),
            sets,
            of(self.gateway.as_ref(), "gateway"),
        ];
        let is_flag = |found: &&(super::wish::Place, _)| found.0 == super::wish::Place::Flag;
        let found: Vec<_> = all.into_iter().flatten().collect();
        found.iter().find(is_flag).or_else(|| found.first()).copied()
    }
}

/// A flag that was typed takes the place of what the file says.
pub(crate) fn over<T>(setting: &mut Option<Wish<T>>, flag: Option<T>) {
    if let Some(value) = flag {
        *setting = Some(Wish::flag(value));
    }
}

/// Reads what was typed after `--workers`.
///
/// # Errors
/// It is neither a number from 1 nor `unlimited`.
fn workers(typed: &str) -> Result<Workers, super::UsageError> {
    let error = || super::UsageError::new(format!("--workers is {typed}; give {}", Workers::EXPECTED));
    Workers::parse(typed).ok_or_else(error)
}
