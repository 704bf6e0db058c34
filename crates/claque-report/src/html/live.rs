//! The page of a run that goes on: empty places, which its script fills with what it is told.

use super::{
    markup::Markup,
    shell::{Asks, Shell},
};

const SCRIPTS: [&str; 4] = [
    include_str!("assets/base.js"),
    include_str!("assets/time.js"),
    include_str!("assets/audience.js"),
    include_str!("assets/live.js"),
];

/// The page and its policy. `data` is the JSON of how things stand before anything has happened.
pub fn live(data: &str) -> (String, String) {
    let shell = Shell { title: "claque: a run", scripts: &SCRIPTS, asks: Asks::ItsServer };
    // A header can say what a page cannot: who may frame it.
    (shell.write(data, body), format!("{}; frame-ancestors 'none'", shell.policy()))
}

fn body(page: &mut Markup) {
    page.raw("<header>\n<p class=\"kicker\">claque, a run that goes on</p>\n<h1 id=\"about\"></h1>\n");
    page.raw("<p class=\"under\" id=\"progress\" role=\"status\"></p>\n</header>\n<main>\n");
    page.raw("<noscript><p>This page is filled by a script.</p></noscript>\n");
    page.raw("<section class=\"verdict\" id=\"outcome\" hidden><p></p><ul></ul></section>\n");
    page.raw("<dl class=\"headline\" id=\"headline\"></dl>\n");
    let plots = [
        ("audience", "The audience over time"),
        ("blocks", "Blocks a second"),
        ("underruns", "Underruns a second"),
        ("failures", "Errors a second"),
        ("queue", "The gateway: jobs waiting, workers with a job"),
    ];
    for (name, title) in plots {
        page.raw("<section id=\"").raw(name).raw("\">\n").element("h2", title);
        page.raw("<figure data-plot=\"").raw(name).raw("\" role=\"img\" aria-label=\"").words(title);
        page.raw("\"></figure>\n</section>\n");
    }
    page.raw("<section id=\"worst\">\n").element("h2", "Who waited longest");
    page.raw("\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table><thead><tr><th class=\"word\">listener</th><th>stalls</th><th>stalled</th><th>until</th></tr></thead><tbody></tbody></table></div>\n</section>\n");
    page.raw("<section id=\"feed\">\n").element("h2", "Errors and remarks, the latest first");
    page.raw("\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table><thead><tr><th>at</th><th>times</th><th class=\"word\">what</th><th class=\"word\">words</th></tr></thead><tbody></tbody></table></div>\n</section>\n</main>\n");
}
