//! PDF files to be extracted: selectable text, raster and vector figures, tables and captions on every page.
//!
//! Text is set in the base fonts that every reader has, so that nothing need be embedded; figures are what a layout
//! detector looks for: a picture, a chart, a ruled table, each with its caption.

use claque_core::{corpus::Corpus, rng::Seed};
use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};
use rand::{Rng, RngExt as _};

use crate::order::PaperShape;

/// A4 in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 54.0;
/// Font size and distance of lines of the text, in points.
const SIZE: f32 = 10.0;
const LEADING: f32 = 13.0;
/// Characters of a line: Helvetica's are half as wide as high on average.
const LINE_CHARS: usize = 92;
/// Height of a figure with its caption, in points.
const FIGURE: f32 = 150.0;
const CAPTION: f32 = 22.0;
/// Size of a picture in pixels.
const PIXELS: (i32, i32) = (120, 80);
/// Fast: what matters is that a reader must unpack it.
const COMPRESSION: u8 = 1;

const TEXT_FONT: Name<'_> = Name(b"F1");
const HEAD_FONT: Name<'_> = Name(b"F2");

/// A figure's sort; they take turns.
#[derive(Clone, Copy, Debug)]
enum Figure {
    Picture,
    Chart,
    Table,
}

const TURNS: [Figure; 3] = [Figure::Picture, Figure::Chart, Figure::Table];

/// Where something is on a page, from its lower left corner, in points.
#[derive(Clone, Copy, Debug)]
struct Place {
    left: f32,
    bottom: f32,
    width: f32,
    height: f32,
}

/// Writes a file. Equal seeds give equal files.
pub(crate) fn write(shape: PaperShape, title: &str, corpus: &Corpus, seed: Seed) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let mut ids = 1..;
    let mut next = move || Ref::new(ids.next().unwrap_or(1));
    let (catalog, tree, info, text_font, head_font) = (next(), next(), next(), next(), next());
    pdf.catalog(catalog).pages(tree);
    pdf.document_info(info).title(TextStr(title)).producer(TextStr("claque"));
    pdf.type1_font(text_font).base_font(Name(b"Helvetica"));
    pdf.type1_font(head_font).base_font(Name(b"Helvetica-Bold"));
    let mut pages = Vec::new();
    for number in 0..shape.pages {
        let mut rng = seed.index(u64::from(number)).rng();
        let (id, content_id) = (next(), next());
        pages.push(id);
        let mut content = Content::new();
        let first_figure = number * shape.figures_per_page;
        let places = figure_places(shape.figures_per_page);
        let mut pictures = Vec::new();
        for (place, figure) in places.iter().zip(first_figure..) {
            let name = picture_name(pictures.len());
            let drawn = draw(&mut content, *place, (figure, &name), corpus, &mut rng);
            pictures.extend(drawn.map(|pixels| (next(), pixels)));
        }
        let floor = places.iter().map(|place| place.bottom + place.height).fold(MARGIN, f32::max);
        write_text(&mut content, (title, number), floor, corpus, &mut rng);

        let mut page = pdf.page(id);
        page.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(tree).contents(content_id);
        let mut resources = page.resources();
        resources.fonts().pair(TEXT_FONT, text_font).pair(HEAD_FONT, head_font);
        if !pictures.is_empty() {
            let mut objects = resources.x_objects();
            for (index, (picture, _)) in pictures.iter().enumerate() {
                objects.pair(Name(picture_name(index).as_bytes()), *picture);
            }
        }
        resources.finish();
        page.finish();
        let packed = compress_to_vec_zlib(content.finish().as_slice(), COMPRESSION);
        pdf.stream(content_id, &packed).filter(Filter::FlateDecode);
        for (picture, pixels) in pictures {
            let packed = compress_to_vec_zlib(&pixels, COMPRESSION);
            let mut image = pdf.image_xobject(picture, &packed);
            image.filter(Filter::FlateDecode);
            image.width(PIXELS.0).height(PIXELS.1).bits_per_component(8);
            image.color_space().device_rgb();
        }
    }
    pdf.pages(tree).kids(pages.iter().copied()).count(i32::try_from(pages.len()).unwrap_or(i32::MAX));
    pdf.finish()
}

/// One figure stands alone in the middle; more stand in two columns from the bottom up.
fn figure_places(figures: u32) -> Vec<Place> {
    let room = WIDTH - 2.0 * MARGIN;
    let column = (room - 20.0) / 2.0;
    let place = |figure: u32| {
        let (row, right) = (rows_below(figure), figure % 2 == 1);
        let width = if figures == 1 { room * 0.7 } else { column };
        let left = match (figures, right) {
            (1, _) => MARGIN + room * 0.15,
            (_, false) => MARGIN,
            (_, true) => MARGIN + column + 20.0,
        };
        Place { left, bottom: MARGIN + row * (FIGURE + CAPTION), width, height: FIGURE + CAPTION }
    };
    (0..figures).map(place).collect()
}

fn rows_below(figure: u32) -> f32 {
    f32::from(u8::try_from(figure / 2).unwrap_or(u8::MAX))
}

/// How the content of a page names its pictures.
fn picture_name(index: usize) -> String {
    format!("Im{index}")
}

/// Draws a figure with its caption. Gives the pixels of a picture, which is then to be an object of the page.
fn draw(
    content: &mut Content,
    place: Place,
    (number, picture_name): (u32, &str),
    corpus: &Corpus,
    rng: &mut impl Rng,
) -> Option<Vec<u8>> {
    let kind = TURNS[usize::try_from(number).unwrap_or(0) % TURNS.len()];
    let inner = Place { bottom: place.bottom + CAPTION, height: FIGURE - 12.0, ..place };
    let (word, pixels) = match kind {
        Figure::Picture => {
            content.save_state();
            content.transform([inner.width, 0.0, 0.0, inner.height, inner.left, inner.bottom]);
            content.x_object(Name(picture_name.as_bytes()));
            content.restore_state();
            ("Figure", Some(picture(rng)))
        }
        Figure::Chart => {
            chart(content, inner, rng);
            ("Figure", None)
        }
        Figure::Table => {
            table(content, inner, rng);
            ("Table", None)
        }
    };
    let sentence = ascii(pick(corpus, rng));
    let caption: String = format!("{word} {}. {sentence}", number + 1).chars().take(60).collect();
    line(content, TEXT_FONT, 8.0, (place.left, place.bottom + 8.0), &caption);
    pixels
}

/// Smooth colours, a disc, and some grain, as of a photograph. RGB, rows from the top.
fn picture(rng: &mut impl Rng) -> Vec<u8> {
    let colour: [u32; 3] = [rng.random(), rng.random(), rng.random()].map(|c: u32| c % 128);
    let (centre_x, centre_y) = (rng.random_range(20..100), rng.random_range(15..65));
    let mut pixels = Vec::new();
    for y in 0..PIXELS.1 {
        for x in 0..PIXELS.0 {
            let in_disc = (x - centre_x).pow(2) + (y - centre_y).pow(2) < 300;
            let light = u32::try_from(x + y).unwrap_or(0) / 2 + if in_disc { 40 } else { 0 };
            let grain = rng.random::<u32>() % 6;
            pixels.extend(colour.map(|part| u8::try_from((part + light + grain).min(255)).unwrap_or(255)));
        }
    }
    pixels
}

/// Axes, bars and a line.
fn chart(content: &mut Content, place: Place, rng: &mut impl Rng) {
    const BARS: u8 = 8;
    let step = place.width / f32::from(BARS);
    let mut tops = Vec::new();
    for bar in 0..BARS {
        let height = place.height * rng.random_range(0.1..0.9_f32);
        let left = place.left + f32::from(bar) * step;
        content.set_fill_rgb(0.25, 0.45, 0.7);
        content.rect(left + step * 0.2, place.bottom, step * 0.6, height).fill_nonzero();
        tops.push((left + step * 0.5, place.bottom + place.height * rng.random_range(0.2..1.0_f32)));
    }
    content.set_stroke_rgb(0.8, 0.2, 0.1).set_line_width(1.5);
    for (index, (x, y)) in tops.into_iter().enumerate() {
        if index == 0 {
            content.move_to(x, y);
        } else {
            content.line_to(x, y);
        }
    }
    content.stroke();
    content.set_stroke_gray(0.0).set_line_width(1.0);
    content.move_to(place.left, place.bottom + place.height).line_to(place.left, place.bottom);
    content.line_to(place.left + place.width, place.bottom).stroke();
    content.set_fill_gray(0.0);
}

/// Rules and figures in cells.
fn table(content: &mut Content, place: Place, rng: &mut impl Rng) {
    const ROWS: u8 = 6;
    const COLUMNS: u8 = 4;
    let (row, column) = (place.height / f32::from(ROWS), place.width / f32::from(COLUMNS));
    content.set_stroke_gray(0.0).set_line_width(0.5);
    for number in 0..=ROWS {
        let y = place.bottom + f32::from(number) * row;
        content.move_to(place.left, y).line_to(place.left + place.width, y);
    }
    for number in 0..=COLUMNS {
        let x = place.left + f32::from(number) * column;
        content.move_to(x, place.bottom).line_to(x, place.bottom + place.height);
    }
    content.stroke();
    for (y, x) in (0..ROWS).flat_map(|y| (0..COLUMNS).map(move |x| (y, x))) {
        let cell = match (y == ROWS - 1, x) {
            (true, 0) => "Item".to_owned(),
            (true, _) => format!("Run {x}"),
            (false, 0) => format!("Row {}", ROWS - 1 - y),
            (false, _) => format!("{}.{}", rng.random_range(0..1_000), rng.random_range(0..10)),
        };
        let at = (place.left + f32::from(x) * column + 4.0, place.bottom + f32::from(y) * row + 6.0);
        line(content, TEXT_FONT, 8.0, at, &cell);
    }
}

/// A heading and as many lines as there is room for above `floor`.
fn write_text(
    content: &mut Content,
    (title, number): (&str, u32),
    floor: f32,
    corpus: &Corpus,
    rng: &mut impl Rng,
) {
    let top = HEIGHT - MARGIN;
    line(content, HEAD_FONT, 14.0, (MARGIN, top), &ascii(&format!("{title}, page {}", number + 1)));
    let mut y = top - 2.0 * LEADING;
    let mut words = Vec::new();
    // A code that no other page has, so that none is like another.
    words.push(format!("Reference {:016x}.", rng.random::<u64>()));
    while y > floor + LEADING {
        while words.iter().map(|word| word.len() + 1).sum::<usize>() <= LINE_CHARS {
            words.extend(ascii(pick(corpus, rng)).split_whitespace().map(str::to_owned));
        }
        let mut text = words.remove(0);
        while words.first().is_some_and(|word| text.len() + 1 + word.len() <= LINE_CHARS) {
            text.push(' ');
            text.push_str(&words.remove(0));
        }
        line(content, TEXT_FONT, SIZE, (MARGIN, y), &text);
        y -= LEADING;
    }
}

fn line(content: &mut Content, font: Name<'_>, size: f32, (x, y): (f32, f32), text: &str) {
    content.begin_text().set_font(font, size).next_line(x, y).show(Str(text.as_bytes())).end_text();
}

fn pick<'a>(corpus: &'a Corpus, rng: &mut impl Rng) -> &'a str {
    let sentences = corpus.sentences();
    sentences.get(rng.random_range(0..sentences.len().max(1))).map_or("", String::as_str)
}

/// The base fonts' standard encoding is ASCII where everybody agrees on it.
fn ascii(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{2018}' | '\u{2019}' => Some('\''),
        '\u{201c}' | '\u{201d}' => Some('"'),
        '\u{2013}' | '\u{2014}' => Some('-'),
        ' '..='~' => Some(c),
        _ => None,
    };
    text.chars().filter_map(plain).collect()
}

#[cfg(test)]
mod tests {
    use claque_wire::pdf::page_count;

    use super::*;

    fn corpus() -> Corpus {
        Corpus::from_plain(
            "Alice was beginning to get very tired. “What is the use of a book,” thought Alice.",
        )
        .unwrap()
    }

    fn paper(pages: u32, figures_per_page: u32, seed: u64) -> Vec<u8> {
        write(PaperShape { pages, figures_per_page }, "Paper 1", &corpus(), Seed::root(seed))
    }

    #[test]
    fn a_paper_has_its_pages_and_figures() {
        for figures in 0..=PaperShape::MOST_FIGURES {
            let file = paper(7, figures, 1);
            assert_eq!(page_count(&file), Some(7));
            let images = file.windows(6).filter(|bytes| bytes == b"/Image").count();
            let turns = usize::try_from(7 * figures).unwrap().div_ceil(3);
            assert_eq!(images, turns, "{figures}");
        }
    }

    /// Runs a program of poppler's on a file and gives what it prints.
    fn poppler(program: &str, arguments: &[&str], file: &std::path::Path) -> String {
        let output = std::process::Command::new(program).args(arguments).arg(file).arg("-").output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.stderr.is_empty(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn another_reader_finds_pages_text_and_pictures() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("paper.pdf");
        std::fs::write(&path, paper(5, 3, 1)).unwrap();
        let info = std::process::Command::new("pdfinfo").arg(&path).output().unwrap();
        let info = String::from_utf8(info.stdout).unwrap();
        assert!(info.contains("Pages:           5"), "{info}");
        assert!(info.contains("Title:           Paper 1") && info.contains("(A4)"), "{info}");
        let text = poppler("pdftotext", &["-layout"], &path);
        assert_eq!(text.matches('\u{c}').count(), 5, "a form feed ends each page");
        for page in 1..=5 {
            assert!(text.contains(&format!("Paper 1, page {page}")), "{text}");
        }
        assert!(text.contains("Alice was beginning") && text.contains("What is the use of a book"), "{text}");
        assert!(
            text.contains("Figure 1. ") && text.contains("Figure 2. ") && text.contains("Table 3. "),
            "{text}"
        );
        let images = std::process::Command::new("pdfimages").arg("-list").arg(&path).output().unwrap();
        let images = String::from_utf8(images.stdout).unwrap();
        assert_eq!(images.lines().filter(|line| line.contains(" rgb ")).count(), 5, "{images}");
    }

    #[test]
    fn papers_differ_by_their_seed_alone() {
        assert_eq!(paper(2, 3, 1), paper(2, 3, 1));
        assert_ne!(paper(2, 3, 1), paper(2, 3, 2));
    }

    #[test]
    fn figures_leave_room_for_text_and_do_not_overlap() {
        for figures in 1..=PaperShape::MOST_FIGURES {
            let places = figure_places(figures);
            assert!(places.iter().all(|place| place.bottom + place.height < HEIGHT - MARGIN - 60.0));
            for (index, one) in places.iter().enumerate() {
                for other in &places[index + 1..] {
                    let apart = one.left + one.width <= other.left
                        || other.left + other.width <= one.left
                        || one.bottom + one.height <= other.bottom;
                    assert!(apart, "{one:?} {other:?}");
                }
            }
        }
    }
}
