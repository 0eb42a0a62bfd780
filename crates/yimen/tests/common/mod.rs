//! Running the real binary: commands, a server to talk to, places that are gone afterwards.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod spot;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// A folder of its own, gone when dropped.
pub struct Home(PathBuf);

impl Home {
    pub fn new() -> Home {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("yimen-bin-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Home(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The program in the root of the repository, with nothing of our own environment that steers it.
pub fn yimen(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yimen"));
    command.args(args).current_dir(root()).stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("YIMEN_")) {
        command.env_remove(name);
    }
    command
}

/// What a command that ended said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

pub fn run(args: &[&str]) -> Said {
    yimen(args).output().unwrap().into()
}

/// `run`, which must succeed.
pub fn done(args: &[&str]) -> Said {
    let said = run(args);
    assert_eq!(said.code, Some(0), "{args:?}: {said:#?}");
    said
}

/// `run`, which must fail with these words.
pub fn refused(args: &[&str], words: &[&str]) -> Said {
    let said = run(args);
    assert_eq!(said.code, Some(1), "{args:?}: {said:#?}");
    for word in words {
        assert!(said.err.contains(word), "{args:?}: {word:?} is not in {said:#?}");
    }
    assert!(!said.err.contains("panicked"), "{said:#?}");
    said
}

/// A small city in `data` (and the other places of `more`), made and not served.
pub fn city(data: &str, cases: &str, more: &[&str]) {
    let mut args =
        vec!["demo", "--port", "0", "--data", data, "--cases", cases, "--until", "2026-11-20T15:00"];
    args.extend(more);
    done(&args);
}

/// A server that was started and answers.
pub struct Server {
    child: Child,
    lines: Receiver<String>,
    /// `127.0.0.1:port`.
    pub address: String,
    /// From the start of the process to the address in print.
    pub took: Duration,
    pub printed: Vec<String>,
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = |line: &'_ &str| line.to_ascii_lowercase().starts_with(&format!("{name}:"));
        Some(self.head.lines().find(line)?.split_once(':')?.1.trim())
    }
}

impl Server {
    /// Starts the program and waits for its address.
    pub fn start(args: &[&str]) -> Server {
        Server::start_command(yimen(args))
    }

    pub fn start_command(mut command: Command) -> Server {
        let began = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (send, lines) = channel();
        for stream in [
            Box::new(child.stdout.take().unwrap()) as Box<dyn Read + Send>,
            Box::new(child.stderr.take().unwrap()),
        ] {
            let send = send.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    // Shown only when the test fails.
                    println!("server: {line}");
                    let _ = send.send(line);
                }
            });
        }
        drop(send);
        let mut server =
            Server { child, lines, address: String::new(), took: Duration::ZERO, printed: Vec::new() };
        server.wait_for("http://127.0.0.1:", Duration::from_secs(120));
        server.took = began.elapsed();
        let line = server.printed.last().unwrap();
        server.address = line.split_once("http://").unwrap().1.split_whitespace().next().unwrap().to_owned();
        server
    }

    /// Waits until a line with these words is printed.
    pub fn wait_for(&mut self, words: &str, most: Duration) {
        let end = Instant::now() + most;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.printed.push(line);
                    if self.printed.last().unwrap().contains(words) {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no {words:?} within {most:?}: {:#?}", self.printed),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!(
                        "the server ended ({:?}) without {words:?}: {:#?}",
                        self.child.wait(),
                        self.printed
                    )
                }
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "")
    }

    pub fn ask(&self, method: &str, path: &str, cookie: &str, form: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // 1.0: the answer ends where the connection does.
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nAccept: text/html\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.address,
            form.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{method} {path}: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Signs a demo account in and answers its cookie.
    pub fn sign_in(&self, login: &str) -> String {
        let answer = self.ask("POST", "/sign-in", "", &format!("login={login}&password=yimen-2026&next="));
        assert_eq!(answer.status, 303, "{login}: {}", answer.body);
        answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }

    /// Tells the server to stop and waits for it.
    pub fn stop(mut self, signal: &str) -> (ExitStatus, Duration) {
        let began = Instant::now();
        self.signal(signal);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, began.elapsed());
            }
            assert!(began.elapsed() < Duration::from_secs(40), "the server does not stop");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn signal(&self, signal: &str) {
        let told = Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status();
        assert!(told.unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a request is answered as wanted within the time, asking again and again.
pub fn until(most: Duration, mut ask: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + most;
    while Instant::now() < end {
        if ask() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}
