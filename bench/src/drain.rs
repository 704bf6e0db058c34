//! The least that can be done with answers: connections that read each to its end and drop what they read.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
};

use anyhow::{Context as _, ensure};

/// Bytes read at a time, as claque does.
const READ: usize = 64 << 10;
/// How a chunked answer ends.
const END: &[u8] = b"\r\n0\r\n\r\n";

/// What is to be read.
#[derive(Debug, clap::Args)]
pub(crate) struct DrainFlags {
    /// Address of the server
    #[arg(long)]
    server: SocketAddr,
    /// Connections, each on a thread
    #[arg(long)]
    users: u32,
    /// Answers that each reads, one after the other
    #[arg(long)]
    blocks: u32,
}

/// Reads everything.
///
/// # Errors
/// A connection breaks, or an answer is no 200.
pub(crate) fn run(flags: &DrainFlags) -> anyhow::Result<()> {
    let (server, blocks) = (flags.server, flags.blocks);
    let threads: Vec<_> = (0..flags.users).map(|_| thread::spawn(move || drain(server, blocks))).collect();
    for thread in threads {
        thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??;
    }
    Ok(())
}

fn drain(server: SocketAddr, blocks: u32) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(server).with_context(|| format!("failed to connect to {server}"))?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; READ];
    for _ in 0..blocks {
        stream.write_all(b"POST /v1/audio/speech HTTP/1.1\r\nhost: drain\r\ncontent-length: 2\r\n\r\n{}")?;
        // The end may lie across two reads: its last bytes are kept at the front.
        let (mut kept, mut is_first) = (0, true);
        loop {
            let count = stream.read(&mut buffer[kept..])?;
            ensure!(count > 0, "the server hung up");
            let all = kept + count;
            ensure!(!is_first || buffer.starts_with(b"HTTP/1.1 200"), "the server did not answer 200");
            is_first = false;
            if buffer[..all].ends_with(END) {
                break;
            }
            kept = all.min(END.len());
            buffer.copy_within(all - kept..all, 0);
        }
    }
    Ok(())
}
