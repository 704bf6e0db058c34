//! Pages of files that other programs wrote, as qpdf counts them.

use claque_wire::pdf::page_count;

#[test]
fn two_of_five_pages_are_deleted_by_an_incremental_update() {
    assert_eq!(page_count(include_bytes!("data/pdf/incr_deleted.pdf")), Some(3));
}

#[test]
fn an_owners_password_keeps_nobody_from_reading() {
    assert_eq!(page_count(include_bytes!("data/pdf/enc_owner_objstm.pdf")), Some(5));
}

#[test]
fn a_file_that_is_cut_anywhere_is_read_or_refused() {
    let file = include_bytes!("data/pdf/enc_owner_objstm.pdf");
    for end in (0..file.len()).step_by(97) {
        let _any = page_count(&file[..end]);
    }
}
