//! A client library of somebody else's, in a process of its own.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The folder with the packages of `tests/third-party`; `cargo xtask test` fetches them and says where they are.
pub fn packages() -> PathBuf {
    let given = std::env::var_os("YIMEN_OIDC_NODE").map(PathBuf::from);
    let folder =
        given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/xtask/third-party"));
    assert!(
        folder.join("node_modules").is_dir(),
        "{} has no packages: run `cargo xtask test`, which fetches them",
        folder.display()
    );
    folder.canonicalize().expect("a folder")
}

pub struct Library {
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Library {
    pub fn start(script: &str) -> Library {
        let mut process = Command::new("node")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/third-party").join(script))
            .env("YIMEN_OIDC_NODE", packages())
            .env("NODE_NO_WARNINGS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs; `cargo xtask test` installs it");
        let input = process.stdin.take().expect("piped");
        let output = BufReader::new(process.stdout.take().expect("piped")).lines();
        Library { input, output, _process: process }
    }

    /// Does something and says what came of it, also where it failed.
    pub async fn ask(&mut self, act: &str, mut given: Value) -> Value {
        given["act"] = act.into();
        self.input.write_all(format!("{given}\n").as_bytes()).await.expect("it listens");
        let line = tokio::time::timeout(std::time::Duration::from_secs(30), self.output.next_line());
        let line = line.await.expect("an answer in time").expect("a line").expect("it still runs");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// `ask`, which has to succeed.
    pub async fn done(&mut self, act: &str, given: Value) -> Value {
        let answer = self.ask(act, given).await;
        assert!(answer.get("failed").is_none(), "{act}: {answer}");
        answer
    }

    /// `ask`, which has to fail like this.
    pub async fn fails(&mut self, act: &str, given: Value, how: &str) -> Value {
        let answer = self.ask(act, given).await;
        assert_eq!(answer["failed"], how, "{act}: {answer}");
        answer
    }

    pub async fn url(&mut self, act: &str, given: Value) -> String {
        self.done(act, given).await["url"].as_str().expect("an address").to_owned()
    }

    pub async fn authorization_url(&mut self) -> String {
        self.url("authorization_url", json!({})).await
    }
}
