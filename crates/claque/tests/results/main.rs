//! What a run leaves and what the verbs about kept runs make of it. The page is looked at in a real browser.

mod browser;
mod changed_runs;
mod chosen_repeats;
mod ci;
mod columns;
mod exit_codes;
mod explain;
mod import;
mod kept;
mod page;
mod pages;
mod release;
mod sealed;
mod stage;
mod suite;
mod suites_by_name;
mod swapped;
mod tune;
mod two_capacities;
mod virtual_time;
