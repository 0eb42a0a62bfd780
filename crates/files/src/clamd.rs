//! Asks a ClamAV daemon about a file: the command `INSTREAM` of clamd(8), over TCP or a Unix socket.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

/// Where the daemon listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clamd {
    Tcp(String),
    Unix(PathBuf),
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Clean,
    /// The name of what was found.
    Found(String),
}

/// As much at once; the daemon sets no bound for one piece, only for all together.
const PIECE: usize = 64 * 1024;
/// From the connection to the verdict.
const PATIENCE: Duration = Duration::from_secs(30);
/// A verdict is a line.
const LONGEST: u64 = 4096;

impl Clamd {
    /// `host:port`, or the path of a socket, which begins with `/`.
    pub fn parse(text: &str) -> Result<Clamd, String> {
        if text.starts_with('/') {
            return Ok(Clamd::Unix(text.into()));
        }
        match text.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0) => {
                Ok(Clamd::Tcp(text.into()))
            }
            _ => Err(format!("“{text}”应写作 主机:端口，例如 127.0.0.1:3310，或者套接字的完整路径")),
        }
    }

    /// An error where the daemon is not reached, does not answer in time, or cannot tell.
    pub async fn scan(&self, bytes: &[u8]) -> io::Result<Verdict> {
        let asked = async {
            match self {
                Clamd::Tcp(address) => converse(TcpStream::connect(address).await?, bytes).await,
                Clamd::Unix(path) => converse(UnixStream::connect(path).await?, bytes).await,
            }
        };
        tokio::time::timeout(PATIENCE, asked).await?
    }
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> io::Result<Verdict> {
    // A daemon that has had enough says so and hangs up before all was sent: what it said is worth more than the error.
    let sent = send(&mut stream, bytes).await;
    let mut said = Vec::new();
    let read = stream.take(LONGEST).read_to_end(&mut said).await;
    match verdict(&said) {
        Some(verdict) => verdict,
        None => Err(sent.err().or(read.err()).unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into())),
    }
}

/// `zINSTREAM` and a null; pieces, each behind its length of four bytes; a length of nothing.
async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    stream.write_all(b"zINSTREAM\0").await?;
    for piece in bytes.chunks(PIECE) {
        // A piece has 64 KiB at most.
        stream.write_all(&(piece.len() as u32).to_be_bytes()).await?;
        stream.write_all(piece).await?;
    }
    stream.write_all(&[0; 4]).await?;
    stream.flush().await
}

/// `stream: OK`, `stream: Eicar-Signature FOUND`, or what went wrong; nothing where it is no whole answer.
pub fn verdict(said: &[u8]) -> Option<io::Result<Verdict>> {
    let line = &said[..said.iter().position(|byte| *byte == 0)?];
    let line = String::from_utf8_lossy(line);
    Some(match line.trim().strip_prefix("stream: ") {
        Some("OK") => Ok(Verdict::Clean),
        Some(rest) if rest.ends_with(" FOUND") => {
            Ok(Verdict::Found(rest.trim_end_matches(" FOUND").to_owned()))
        }
        _ => Err(io::Error::other(format!("clamd: {}", line.trim()))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::{TcpListener, UnixListener};

    /// What a daemon gets of these bytes, by the manual.
    fn framed(bytes: &[u8]) -> Vec<u8> {
        let mut out = b"zINSTREAM\0".to_vec();
        for piece in bytes.chunks(PIECE) {
            out.extend((piece.len() as u32).to_be_bytes());
            out.extend(piece);
        }
        out.extend([0; 4]);
        out
    }

    /// Answers one caller with these bytes after having read as many; gives back what it read.
    async fn answers(mut stream: impl AsyncRead + AsyncWrite + Unpin, read: usize, answer: &[u8]) -> Vec<u8> {
        let mut got = vec![0; read];
        stream.read_exact(&mut got).await.unwrap();
        stream.write_all(answer).await.unwrap();
        got
    }

    async fn asked(bytes: &[u8], answer: &'static [u8]) -> (io::Result<Verdict>, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let clamd = Clamd::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        let length = framed(bytes).len();
        let daemon =
            tokio::spawn(async move { answers(listener.accept().await.unwrap().0, length, answer).await });
        (clamd.scan(bytes).await, daemon.await.unwrap())
    }

    #[tokio::test]
    async fn the_file_goes_over_byte_by_byte_as_the_manual_says() {
        let long: Vec<u8> = (0..150_000_u32).map(|n| n as u8).collect();
        for bytes in [&b""[..], b"%PDF", &long[..PIECE], &long[..=PIECE], &long] {
            let (said, got) = asked(bytes, b"stream: OK\0").await;
            assert_eq!(said.unwrap(), Verdict::Clean);
            assert_eq!(got, framed(bytes));
        }
        assert_eq!(framed(b"%PDF"), b"zINSTREAM\0\0\0\0\x04%PDF\0\0\0\0");
        let found = asked(b"x", b"stream: Win.Test.EICAR_HDB-1 FOUND\0").await.0.unwrap();
        assert_eq!(found, Verdict::Found("Win.Test.EICAR_HDB-1".into()));
    }

    #[tokio::test]
    async fn whatever_is_no_verdict_is_an_error() {
        for answer in [
            &b"INSTREAM size limit exceeded. ERROR\0"[..],
            b"UNKNOWN COMMAND\0",
            b"",
            b"stream: OK",
            b"\0",
            b"OK\0",
        ] {
            assert!(asked(b"x", answer).await.0.is_err(), "{}", String::from_utf8_lossy(answer));
        }
        assert!(Clamd::parse("127.0.0.1:1").unwrap().scan(b"x").await.is_err());
        for wrong in ["", "here", "host:", "host:0", ":3310", "host:99999"] {
            assert!(Clamd::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn over_a_socket_of_the_machine_as_well() {
        let path = std::env::temp_dir().join(format!("yimen-clamd-{}", std::process::id()));
        let listener = UnixListener::bind(&path).unwrap();
        let length = framed(b"x").len();
        let daemon = tokio::spawn(async move {
            answers(listener.accept().await.unwrap().0, length, b"stream: OK\0").await
        });
        let said = Clamd::parse(path.to_str().unwrap()).unwrap().scan(b"x").await;
        std::fs::remove_file(&path).unwrap();
        assert_eq!((said.unwrap(), daemon.await.unwrap()), (Verdict::Clean, framed(b"x")));
    }
}
