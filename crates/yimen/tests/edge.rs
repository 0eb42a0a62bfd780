//! A full disk and a database that goes away while the server runs: told in Chinese, nothing half-written, no restart.

mod common;

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use common::{Answer, Home, Server, city, refused, until};
use yimen_testkit::postgres::{Cluster, Stop};

const CITIZEN: &str = "19900000000";
const START: &str = "/services/existing-home-transfer/start";

/// The page of a server that cannot do its work for now.
fn is_away(answer: &Answer) -> bool {
    let page = answer.body.contains("系统暂时不能使用") && answer.body.contains("没有保存");
    assert_eq!(answer.status == 503, page, "{} {}", answer.head, answer.body);
    answer.status == 503 && answer.header("retry-after").is_some()
}

/// How many rows there are, counted by a backup taken beside the server, onto another disk.
fn rows(server: &Server, home: &Home) -> u64 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let file = home.join(&format!("{}.tar", NEXT.fetch_add(1, Ordering::Relaxed)));
    let mut command = Command::new("nsenter");
    command.arg("--target").arg(server.id().to_string()).arg("--mount");
    if !is_root() {
        command.args(["--user", "--preserve-credentials"]);
    }
    command.arg(env!("CARGO_BIN_EXE_yimen")).arg("backup").arg(&file);
    command.arg("--data").arg(home.join("disk/data"));
    let said: common::Said = command.output().unwrap().into();
    assert_eq!(said.code, Some(0), "{said:#?}");
    let archive = yimen::backup::Archive::open(&file).unwrap();
    archive.verify(None, &mut |_| {}).unwrap();
    archive.manifest.rows()
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A city on a small disk of its own, which only the server and what is in its mount namespace see.
fn on_a_small_disk(home: &Home) -> Server {
    let disk = home.join("disk");
    std::fs::create_dir(&disk).unwrap();
    let script = r#"mount -t tmpfs -o size=160m yimen "$0" &&
        "$1" demo --data "$0/data" --cases 20 --until 2026-11-20T15:00 --port 0 >&2 &&
        exec "$1" serve --data "$0/data" --port 0"#;
    let mut command = Command::new("unshare");
    command.args(if is_root() { &["--mount"][..] } else { &["--map-root-user", "--mount"][..] });
    command.args(["sh", "-c", script]).arg(&disk).arg(env!("CARGO_BIN_EXE_yimen"));
    command.current_dir(common::root());
    Server::start_command(command)
}

/// Writes until nothing more fits.
fn fill(path: &PathBuf) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).unwrap();
    let piece = vec![0_u8; 64 * 1024];
    while file.write_all(&piece).is_ok() {}
    while file.write_all(&[0]).is_ok() {}
}

fn upload(server: &Server, cookie: &str, case: &str) -> u16 {
    use std::io::{Read, Write};
    let pdf = format!("%PDF-1.4\n{}\n%%EOF\n", "x".repeat(100_000));
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n{pdf}\r\n--b--\r\n"
    );
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    let head = format!(
        "POST /cases/{case}/apply/materials/title HTTP/1.0\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n\
         Accept: text/html\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n",
        server.address,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer);
    let status: u16 = text.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(status != 503 || text.contains("系统暂时不能使用"), "{text}");
    status
}

#[test]
fn a_full_disk_is_told_and_the_server_goes_on_when_there_is_room() {
    let home = Home::new();
    let server = on_a_small_disk(&home);
    // The disk as the server sees it.
    let disk = PathBuf::from(format!("/proc/{}/root{}", server.id(), home.join("disk").display()));
    let cookie = server.sign_in(CITIZEN);
    let draft = server.ask("POST", START, &cookie, "nonce=before&again=yes");
    assert_eq!(draft.status, 303, "{}", draft.body);
    let case = draft.header("location").unwrap().split('/').nth(2).unwrap().to_owned();
    let filler = disk.join("filler");
    fill(&filler);
    // What is in the log's file already may still be written; then it is full.
    let mut begun = 0;
    let full = until(Duration::from_secs(60), || {
        begun += 1;
        is_away(&server.ask("POST", START, &cookie, &format!("nonce=full-{begun}&again=yes")))
    });
    assert!(full, "the disk did not become full");
    assert_eq!(server.get("/readyz").status, 503);
    let before = rows(&server, &home);
    for n in 0..3 {
        assert!(is_away(&server.ask("POST", START, &cookie, &format!("nonce=more-{n}&again=yes"))));
    }
    assert!(is_away(&server.ask(
        "POST",
        "/sign-in",
        "",
        &format!("login={CITIZEN}&password=yimen-2026&next=")
    )));
    assert_eq!(upload(&server, &cookie, &case), 503);
    // Reading goes on.
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.ask("GET", "/my", &cookie, "").status, 200);
    assert_eq!(rows(&server, &home), before, "something was half-written");

    std::fs::remove_file(&filler).unwrap();
    assert_eq!(server.ask("POST", START, &cookie, "nonce=after&again=yes").status, 303);
    assert_eq!(upload(&server, &cookie, &case), 303);
    assert!(rows(&server, &home) > before);
    server.sign_in(CITIZEN);
    assert_eq!(server.get("/readyz").status, 200);
    assert_eq!(server.stop("TERM").0.code(), Some(0));
}

#[test]
fn a_database_that_goes_away_is_told_and_taken_up_again_without_a_restart() {
    let cluster = Cluster::own("edge");
    let home = Home::new();
    let (data, url) = (home.join("data").display().to_string(), cluster.url("postgres"));
    city(&data, "20", &["--store", &url]);
    let server = Server::start(&["serve", "--port", "0", "--data", &data, "--store", &url]);
    let cookie = server.sign_in(CITIZEN);
    let my = || server.ask("GET", "/my", &cookie, "");
    assert_eq!(my().status, 200);
    for (round, how) in [Stop::Fast, Stop::Immediate].into_iter().enumerate() {
        cluster.stop(how);
        let began = Instant::now();
        assert!(is_away(&my()), "{how:?}");
        assert!(is_away(&server.ask("POST", START, &cookie, &format!("nonce=away-{round}&again=yes"))));
        let form = format!("login={CITIZEN}&password=yimen-2026&next=");
        assert!(is_away(&server.ask("POST", "/sign-in", "", &form)));
        println!("{how:?}: three answers in {:?}", began.elapsed());
        assert!(began.elapsed() < Duration::from_secs(20), "people wait too long: {:?}", began.elapsed());
        // The process is alive and says so; it is not ready and says why.
        assert_eq!(server.get("/healthz").status, 200);
        let ready = server.get("/readyz");
        assert!(ready.status == 503 && ready.body.contains("请确认数据库服务正在运行"), "{}", ready.body);
        assert_eq!(server.get("/").status, 200, "what needs no database goes on");
        cluster.start();
        let began = Instant::now();
        assert!(until(Duration::from_secs(20), || my().status == 200), "{how:?}: not taken up again");
        println!("{how:?}: works again after {:?}", began.elapsed());
        let draft = server.ask("POST", START, &cookie, &format!("nonce=back-{round}&again=yes"));
        assert_eq!(draft.status, 303, "{}", draft.body);
        server.sign_in(CITIZEN);
        assert_eq!(server.get("/readyz").status, 200);
    }
    assert_eq!(server.stop("TERM").0.code(), Some(0));
    // Nor does one start without it.
    cluster.stop(Stop::Fast);
    refused(&["serve", "--port", "0", "--data", &data, "--store", &url], &["不能打开数据库", "--store"]);
}
