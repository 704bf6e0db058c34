//! Networks as people have them: gateways that want headers, proxies, certificates.

mod addresses;
mod certificates;
mod gate;
mod headers;
mod proxies;
mod proxy;
