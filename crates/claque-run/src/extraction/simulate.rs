//! Documents in virtual time.

use claque_front::yapit::gateway::ContentHash;
use claque_sim::{DocumentsScenario, SimulatedPaper, simulate_documents};
use claque_store::finished::{DocumentsHeading, FinishedDocuments, TimeKind};
use claque_wire::pdf::page_count;

use super::{paper, record::DocumentsRecorder};
use crate::{RunError, order::SimulateDocumentsOrder, usage::UsageError};

/// Simulates a run over documents and saves it as any other.
///
/// # Errors
/// A file's pages cannot be counted, or the folder cannot be written.
pub fn simulate(order: SimulateDocumentsOrder) -> Result<FinishedDocuments, RunError> {
    let SimulateDocumentsOrder { plan, corpus, gateway, results, seed, scenario } = order;
    let unique = plan.seed.child("unique");
    let papers: Result<Vec<_>, UsageError> =
        (0..plan.concurrent).map(|number| simulated(paper(&plan, &corpus, unique, number))).collect();
    let order = DocumentsScenario {
        papers: papers?,
        ai_transform: plan.ai_transform,
        poll: plan.poll,
        patience: plan.patience,
        gateway: gateway.config,
        link: claque_core::link::LinkProfile::default(),
        seed: gateway.seed,
    };
    let heading = DocumentsHeading {
        target: format!("simulated gateway ({})", gateway.preset),
        shape: plan.shape(),
        ai_transform: plan.ai_transform,
        time: TimeKind::Virtual,
        seed,
        scenario,
    };
    let mut facts = Vec::new();
    simulate_documents(&order, |fact| facts.push(fact));
    let mut recorder = DocumentsRecorder::create(heading, &results.dir)?;
    recorder.take(&facts);
    Ok(recorder.finish(None))
}

fn simulated(paper: claque_net::extraction::Paper) -> Result<SimulatedPaper, UsageError> {
    let claque_net::extraction::Paper { file_name, content, pages: _ } = paper;
    let pages = page_count(&content).ok_or_else(|| {
        UsageError::new(format!(
            "failed to count the pages of {file_name}, which hides them; a simulation needs them, `claque documents` does \
             not"
        ))
    })?;
    let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
    Ok(SimulatedPaper { content: ContentHash::of(&content), bytes, pages, title: file_name })
}
