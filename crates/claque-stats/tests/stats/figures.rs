//! The list of figures and the page that has it.

use std::collections::BTreeSet;

use claque_stats::figures::{self, FigureForm, Place};

const PAGE: &str = include_str!("../../../../docs/metrics.md");

#[test]
fn every_figure_has_its_row_in_the_page_of_metrics() {
    let table = figures::as_markdown();
    for row in table.lines() {
        assert!(
            PAGE.lines().any(|line| line == row),
            "docs/metrics.md lacks `{row}`; its table should be\n{table}"
        );
    }
}

#[test]
fn no_two_figures_have_one_name() {
    let names: BTreeSet<_> = figures::ALL.iter().map(|figure| figure.id).collect();
    assert_eq!(names.len(), figures::ALL.len());
    assert!(figures::ALL.iter().all(|figure| !figure.id.is_empty() && !figure.definition.is_empty()));
}

#[test]
fn what_has_many_values_stands_in_the_table_of_the_page() {
    for figure in figures::ALL.iter().filter(|figure| figure.told == FigureForm::Quantiles) {
        assert!(figure.places.contains(&Place::Page), "{}", figure.id);
    }
}
