//! Runs over documents: made or read, extracted, recorded, cleared away.

mod left;
mod paced;
mod paper;
mod record;
mod run;
mod simulate;

use claque_core::{corpus::Corpus, rng::Seed};
use claque_net::extraction::Paper;
use claque_stats::CacheUse;

use crate::order::{DocumentsPlan, Origin};

pub use self::{left::going, record::judge, run::perform, simulate::simulate};

/// The file of document `number` of a run. `unique` makes made ones differ from those of other runs.
fn paper(plan: &DocumentsPlan, corpus: &Corpus, unique: Seed, number: u32) -> Paper {
    match &plan.origin {
        Origin::Made(shape) => {
            let number = match plan.cache {
                CacheUse::Avoided => number,
                CacheUse::Allowed => 0,
            };
            let title = format!("claque load test {}", number + 1);
            let content = paper::write(*shape, &title, corpus, unique.index(u64::from(number)));
            let file_name = format!("claque-{}.pdf", number + 1);
            Paper { file_name, content: content.into(), pages: Some(shape.pages) }
        }
        Origin::Files(files) => {
            let place = usize::try_from(number).unwrap_or(0) % files.len().max(1);
            let (file_name, content) = files.get(place).cloned().unwrap_or_default();
            Paper { file_name, content, pages: None }
        }
    }
}
