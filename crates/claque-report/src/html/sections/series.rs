//! Figures that others told, under the audience.

use claque_stats::units::{counted, grouped};
use claque_store::SeriesSource;

use super::{Markup, Page, plots};
use crate::series::{Drawn, plain};

/// A plot for each that is drawn; nothing where nobody was asked.
pub(super) fn series(page: &Page<'_>, out: &mut Markup) {
    let sources = &page.manifest.series_sources;
    if sources.is_empty() {
        return;
    }
    let selection = page.series;
    let told: Vec<_> = sources.iter().map(of_source).collect();
    let mut says =
        format!("What others told while the audience listened, at the same moments. {}.", told.join(". "));
    let drawn = count(selection.drawn.len());
    says.push_str(&match (drawn, count(selection.kept)) {
        (0, 0) => " Nothing was kept.".to_owned(),
        (0, kept) => format!(" Of {} none is drawn; all are in series.parquet.", series_of(kept)),
        (_, kept) => {
            format!(" Drawn is what is known by name; all {} are in series.parquet.", series_of(kept))
        }
    });
    if selection.more > 0 {
        says.push_str(&format!(" {} more are left out here.", grouped(count(selection.more))));
    }
    says.push_str(
        " That two things happen at the same time does not say that one is the cause of the other.",
    );
    plots::open("series", "The server's side", &says, out);
    for (drawn, number) in selection.drawn.iter().zip(0_u64..) {
        plots::figure(&format!("series-{number}"), &sentence(drawn), out);
    }
    out.raw("</section>\n");
}

fn of_source(source: &SeriesSource) -> String {
    let mut words = format!("{} was asked {}", source.source, counted(source.asked, "time"));
    if let Some(interval) = source.interval {
        words.push_str(&format!(", every {:.0} ms in the middle", interval.median_ms));
    }
    if let Some(late) = source.lateness {
        words.push_str(&format!(", at most {:.0} ms late", late.longest_ms));
    }
    if source.failed > 0 {
        words.push_str(&format!(", {} in vain", counted(source.failed, "time")));
    }
    words
}

fn sentence(drawn: &Drawn) -> String {
    let known = || drawn.levels.values.iter().copied().flatten();
    let (least, most) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let Drawn { name, unit, source, .. } = drawn;
    if least > most {
        return format!("{name}, of {source}: never known");
    }
    format!("{name}, of {source}: {} to {} {unit}", plain(least), plain(most))
}

fn series_of(number: u64) -> String {
    format!("{} series", grouped(number))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
