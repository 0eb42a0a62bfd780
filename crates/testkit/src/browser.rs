//! Real browsers for tests: Debian's Chromium driven through its ChromeDriver, one session for each actor.
//!
//! ```no_run
//! # async fn story() -> Result<(), yimen_testkit::browser::BrowserError> {
//! let browser = yimen_testkit::browser::Browser::start().await?;
//! let applicant = browser.phone().await?;
//! applicant.goto("http://127.0.0.1:8080/").await?;
//! applicant.fill("姓名", "王小明").await?;
//! applicant.click("下一步").await?;
//! applicant.wait_for("核对填写内容").await?;
//! applicant.inspect("check-answers").await?; // fits the screen, no axe violation, screenshot
//! # Ok(()) }
//! ```
//!
//! A missing browser is an error that names the package, never a skipped test.

mod act;
mod look;
mod wire;

pub use look::Violation;
pub use thirtyfour::Key;

use serde_json::json;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use thirtyfour::{Capabilities, WebDriver};

/// What went wrong, what was on the page then, and what to do about it.
pub struct BrowserError(pub(crate) String);

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The same as for people: a failing test prints this one.
impl fmt::Debug for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BrowserError {}

pub type Result<T = ()> = std::result::Result<T, BrowserError>;

/// How long things may take to appear. Pages are served in milliseconds; a loaded machine may take seconds.
const PATIENCE: Duration = Duration::from_secs(10);

fn error(what: impl fmt::Display) -> BrowserError {
    BrowserError(what.to_string())
}

/// A ChromeDriver of our own. It ends, with all its browsers, when this and every session are dropped.
pub struct Browser {
    driver: Arc<Driver>,
}

impl Browser {
    pub async fn start() -> Result<Browser> {
        // Beside the blob store, the client that speaks to chromedriver is built for whatever provider the process
        // has; somebody may have set one before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let started = tokio::task::spawn_blocking(Driver::start).await;
        let driver = started.map_err(|e| error(format!("starting chromedriver: {e}")))??;
        Ok(Browser { driver: Arc::new(driver) })
    }

    /// A new person with a phone: 390 × 844, touch, nothing stored.
    pub async fn phone(&self) -> Result<Session> {
        self.session(Screen { width: 390, height: 844, is_phone: true }).await
    }

    /// A new person at a desk: 1280 × 900, nothing stored.
    pub async fn desktop(&self) -> Result<Session> {
        self.session(Screen { width: 1280, height: 900, is_phone: false }).await
    }

    async fn session(&self, screen: Screen) -> Result<Session> {
        let number = self.driver.sessions.fetch_add(1, Ordering::Relaxed);
        let profile = self.driver.folder.join(format!("profile-{number}"));
        let capabilities = capabilities(&self.driver.chromium, &profile, screen);
        let connected =
            WebDriver::builder(&self.driver.address, capabilities).client(wire::Loopback).connect().await;
        let web = connected.map_err(|e| error(format!("chromium did not start: {e}")))?;
        Ok(Session {
            web,
            screen,
            scripts_refused: AtomicBool::new(false),
            patience: PATIENCE,
            driver: self.driver.clone(),
        })
    }
}

#[derive(Clone, Copy)]
struct Screen {
    width: u32,
    height: u32,
    is_phone: bool,
}

/// One person's browser: its own cookies, its own window.
pub struct Session {
    web: WebDriver,
    screen: Screen,
    scripts_refused: AtomicBool,
    patience: Duration,
    driver: Arc<Driver>,
}

impl Session {
    /// The same person, waiting so long for things to appear.
    pub fn with_patience(mut self, patience: Duration) -> Session {
        self.patience = patience;
        self
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.driver.ask("DELETE", &format!("/session/{}", self.web.handle().session_id()));
        // Its own way of ending would wait for the runtime that we are blocking.
        let _ = self.web.clone().leak();
    }
}

fn capabilities(chromium: &Path, profile: &Path, screen: Screen) -> Capabilities {
    let profile = format!("--user-data-dir={}", profile.display());
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--lang=zh-CN",
        // Pages must work on an isolated network: whatever they would fetch from elsewhere fails at once.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        &profile,
    ];
    let options = json!({
        "binary": chromium,
        "args": arguments,
        "mobileEmulation": { "deviceMetrics": {
            "width": screen.width, "height": screen.height, "pixelRatio": 1.0,
            "touch": screen.is_phone, "mobile": screen.is_phone,
        }},
    });
    let wanted = json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    wanted.as_object().cloned().unwrap_or_default().into()
}

/// Runs chromedriver and ends it, its browsers and their files when we close our end of the pipe, which also
/// happens when we are killed. It is the leader of its process group; `kill` is the shell's own.
const KEEPER: &str = r#"
"$1" --port=0 &
exec >&-
read -r _
trap '' TERM
kill -TERM -- -$$
wait
rm -rf "$2"
kill -KILL -- -$$
"#;

/// The chromedriver process and the folder of its browsers' profiles.
struct Driver {
    keeper: Child,
    address: String,
    port: u16,
    chromium: PathBuf,
    folder: PathBuf,
    sessions: AtomicU32,
}

impl Driver {
    /// Of the port that it was given on one address chromedriver may find that another program has it on the other; then
    /// it ends, and another port will do.
    fn start() -> Result<Driver> {
        for _ in 0..3 {
            if let Some(driver) = Driver::on_a_free_port()? {
                return Ok(driver);
            }
        }
        Err(error("chromedriver ended three times without saying on which port it listens"))
    }

    fn on_a_free_port() -> Result<Option<Driver>> {
        static STARTED: AtomicU32 = AtomicU32::new(1);
        let chromium = find("chromium", "chromium")?;
        let chromedriver = find("chromedriver", "chromium-driver")?;
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("yimen-browser-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| error(format!("{}: {e}", folder.display())))?;
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "keeper"]).arg(chromedriver).arg(&folder).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut keeper = command.spawn().map_err(|e| error(format!("cannot start chromedriver: {e}")))?;
        let port = keeper.stdout.take().and_then(announced_port);
        // Whichever way this ends, its drop ends the keeper and removes the folder.
        let mut driver =
            Driver { keeper, address: String::new(), port: 0, chromium, folder, sessions: AtomicU32::new(0) };
        let Some(port) = port else { return Ok(None) };
        driver.port = port;
        driver.address = format!("http://127.0.0.1:{port}");
        Ok(Some(driver))
    }

    /// Sends a request without the runtime, which may be the one that is dropping us.
    fn ask(&self, method: &str, path: &str) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        // The beginning of an answer says that it is done; the connection may stay open long after.
        stream.read(&mut [0; 64]).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Asked politely, it ends its browsers first; what does not listen is killed.
        let _ = self.ask("GET", "/shutdown");
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// `ChromeDriver was started successfully on port 41293.`
fn announced_port(output: impl Read + Send + 'static) -> Option<u16> {
    let mut lines = BufReader::new(output).lines();
    let port = lines.by_ref().map_while(std::io::Result::ok).find_map(|line| {
        let (_, rest) = line.split_once("successfully on port ")?;
        rest.trim_end_matches('.').parse().ok()
    });
    // Whatever it says later is read away, or it would block once the pipe is full.
    std::thread::spawn(move || lines.for_each(drop));
    port
}

fn find(program: &str, package: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/bin")]);
    let found = folders.find_map(|folder| Some(folder.join(program)).filter(|file| file.is_file()));
    found.ok_or_else(|| {
        error(format!(
            "`{program}` is not installed: run the tests by `cargo xtask test`, which installs what they need, \
             or install Debian's package {package}"
        ))
    })
}
