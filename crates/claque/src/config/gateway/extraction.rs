//! Settings of document extraction.

use claque_gateway::{CreationAnswer, ExtractionConfig};
use serde::{Deserialize, Serialize};

use super::{
    pipeline::PipelineSettings,
    set,
    units::{Name, Seconds, Size, Switch},
    workers::WorkersSetting,
};

/// Uploads, page jobs, and what limits them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ExtractionSettings {
    workers: Option<WorkersSetting>,
    page_seconds: Option<Seconds>,
    sigma: Option<Size>,
    ai_transform_seconds: Option<Switch<Seconds>>,
    max_concurrent: Option<Switch<u32>>,
    page_limit: Option<Switch<u64>>,
    answer: Option<Name<CreationAnswer>>,
    pipeline: PipelineSettings,
}

impl ExtractionSettings {
    pub(super) fn apply(&self, config: &mut ExtractionConfig) {
        set(&mut config.workers, self.workers.as_ref().map(|workers| workers.0));
        set(&mut config.page, self.page_seconds.map(|span| span.0));
        set(&mut config.sigma, self.sigma.map(|sigma| sigma.0));
        let ai_transform = self.ai_transform_seconds.as_ref().map(Switch::to_option);
        set(&mut config.ai_transform, ai_transform.map(|span| span.map(|span| span.0)));
        set(&mut config.max_concurrent, self.max_concurrent.as_ref().map(Switch::to_option));
        set(&mut config.page_limit, self.page_limit.as_ref().map(Switch::to_option));
        set(&mut config.answer, self.answer.map(|answer| answer.0));
        self.pipeline.apply(&mut config.pipeline);
    }
}

impl From<&ExtractionConfig> for ExtractionSettings {
    fn from(config: &ExtractionConfig) -> Self {
        let ExtractionConfig {
            workers,
            page,
            sigma,
            ai_transform,
            pipeline,
            max_concurrent,
            page_limit,
            answer,
        } = config;
        Self {
            workers: Some(WorkersSetting(*workers)),
            page_seconds: Some(Seconds(*page)),
            sigma: Some(Size(*sigma)),
            ai_transform_seconds: Some(ai_transform.map(Seconds).into()),
            max_concurrent: Some((*max_concurrent).into()),
            page_limit: Some((*page_limit).into()),
            answer: Some(Name(*answer)),
            pipeline: pipeline.into(),
        }
    }
}
