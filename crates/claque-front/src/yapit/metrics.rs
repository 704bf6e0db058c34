//! What the gateway tells of itself to whoever watches it. It is for everybody, as such pages are, and names no user.

use claque_gateway::ModelLevels;
use http::StatusCode;

use super::{
    Answer, Body, answer,
    gateway::{Gateway, GatewayStats},
};
use crate::exposition::{CONTENT_TYPE, Exposition, Kind::Counter, Kind::Gauge, count};

/// The answer.
pub(super) fn answer(gateway: &Gateway) -> Answer {
    let mut out = Exposition::default();
    let models = |of: fn(&ModelLevels<'_>) -> Option<u32>| {
        gateway.levels().filter_map(move |model| Some((&**model.model, u64::from(of(&model)?))))
    };
    let queued = "Blocks that wait for a worker.";
    out.add_of_models("claque_gateway_queued_blocks", Gauge, queued, models(|model| Some(model.queued)));
    let busy = "Workers that have a block.";
    out.add_of_models("claque_gateway_busy_workers", Gauge, busy, models(|model| Some(model.busy)));
    out.add_of_models(
        "claque_gateway_workers",
        Gauge,
        "Workers that there are.",
        models(|model| model.workers),
    );
    let overflowing = "Blocks at the overflow provider.";
    let name = "claque_gateway_overflowing_blocks";
    out.add_of_models(name, Gauge, overflowing, models(|model| Some(model.overflowing)));
    let GatewayStats { connections, documents, pipeline, .. } = gateway.stats();
    out.add("claque_gateway_connections", Gauge, "Open WebSockets.", count(connections))
        .add("claque_gateway_documents", Gauge, "Stored documents.", count(documents))
        .add("claque_gateway_made_total", Counter, "Pieces of audio that were made.", pipeline.served)
        .add(
            "claque_gateway_cache_hits_total",
            Counter,
            "Blocks that the cache answered.",
            pipeline.cache_hits,
        )
        .add(
            "claque_gateway_overflowed_total",
            Counter,
            "Blocks handed to the overflow provider.",
            pipeline.overflowed,
        )
        .add("claque_gateway_requeued_total", Counter, "Blocks put back into a queue.", pipeline.requeued)
        .add(
            "claque_gateway_refused_total",
            Counter,
            "Blocks refused because a queue was full.",
            pipeline.refused,
        )
        .add("claque_gateway_dead_letters_total", Counter, "Blocks given up.", pipeline.dead_letters);
    answer::with_type(StatusCode::OK, CONTENT_TYPE, Body::Bytes(out.into_bytes()))
}
