//! The server as it is started and stopped: in seconds, once, and refused with a reason.

mod common;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

use common::{Home, Server, city, done, refused, until, yimen};
use yimen::hold::Hold;
use yimen::open::Place;
use yimen::rows::RowDigest;
use yimen_store::{MIGRATIONS, Migration, Options, Record, Store};

/// What a start may take here; on a machine of its own it is a small part of this.
const SECONDS: Duration = Duration::from_secs(30);

#[test]
fn the_demo_answers_within_seconds_stops_when_told_and_goes_on_later() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    let args = ["demo", "--port", "0", "--data", &data, "--cases", "60"];
    let began = Instant::now();
    let mut server = Server::start(&args);
    let told = |server: &Server| -> Vec<String> {
        let is_account = |line: &&String| line.starts_with("  ") && !line.contains('…');
        server.printed.iter().filter(is_account).cloned().collect()
    };
    let health = server.get("/healthz");
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 200, "{}", ready.body);
    let ready: serde_json::Value = serde_json::from_str(&ready.body).unwrap();
    assert_eq!((&ready["ready"], &ready["database"]), (&true.into(), &"ok".into()));
    let front = server.get("/");
    assert_eq!(front.status, 200);
    assert!(front.body.contains("<html lang=\"zh-CN\""), "{}", front.body);
    // The footer of every page leads to the public log.
    for page in [&front, &server.get("/sign-in"), &server.get("/nowhere")] {
        assert!(page.body.contains("<a href=\"/ledger\">公开账本</a>"), "{}", page.body);
    }
    assert_eq!(server.get("/ledger").status, 200);
    println!("address after {:?}, home page after {:?}", server.took, began.elapsed());
    assert!(began.elapsed() < SECONDS, "{:?}", began.elapsed());
    // The accounts are told, and they work.
    assert!(server.took < SECONDS);
    let cookie = server.sign_in("19900000000");
    let mine = server.ask("GET", "/my", &cookie, "").body;
    // The first account has one case of each kind to look at.
    for words in ["待缴费", "待补正", "审查中"] {
        assert!(mine.contains(words), "{words}: {mine}");
    }
    assert!(server.ask("GET", "/my?show=over", &cookie, "").body.contains("已办结"));
    let case = mine.split("href=\"/cases/").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    server.wait_for("停止", SECONDS);
    let accounts = told(&server);
    let (status, took) = server.stop("TERM");
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(10), "{took:?}");
    // Closed, it is one file.
    assert!(home.join("data/yimen.db").exists() && !home.join("data/yimen.db-wal").exists());

    let mut again = Server::start(&args);
    assert!(again.printed.iter().any(|line| line.contains("沿用")), "{:?}", again.printed);
    again.wait_for("停止", SECONDS);
    // Told again as the first time, with names and secrets; printed and on the sign-in page.
    assert_eq!(told(&again), accounts);
    assert!(
        accounts.len() > 10 && accounts[0].contains("19900000000  ") && accounts[0].contains("群众 "),
        "{accounts:?}"
    );
    assert!(again.get("/sign-in").body.contains("19900000000"));
    println!("second start: {:?}", again.took);
    // The session of before and the case of before.
    assert_eq!(again.ask("GET", "/my", &cookie, "").status, 200);
    if let Some(case) = case {
        assert_eq!(again.ask("GET", &format!("/cases/{case}"), &cookie, "").status, 200, "{case}");
    }
    assert_eq!(again.stop("INT").0.code(), Some(0));
}

#[test]
fn a_request_that_is_being_sent_is_answered_before_the_server_stops() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    city(&data, "5", &[]);
    let server = Server::start(&["serve", "--port", "0", "--data", &data]);
    let form = "login=19900000000&password=yimen-2026&next=";
    let mut slow = TcpStream::connect(&server.address).unwrap();
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        server.address,
        form.len()
    );
    slow.write_all(head.as_bytes()).unwrap();
    slow.write_all(&form.as_bytes()[..5]).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    server.signal("TERM");
    let address = server.address.clone();
    assert!(
        until(Duration::from_secs(10), || TcpStream::connect(&address).is_err()),
        "still takes connections"
    );
    slow.write_all(&form.as_bytes()[5..]).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert_eq!(server.stop("TERM").0.code(), Some(0));
}

#[test]
fn a_newer_schema_is_refused() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    city(&data, "5", &[]);
    let mut newer = MIGRATIONS.to_vec();
    let text = "create table platform_future (id {{int}} not null primary key){{strict}};";
    newer.push(Migration { number: 9000, name: "future", text });
    let store = Store::open(&format!("sqlite:{data}/yimen.db"), Options::default()).unwrap();
    store.migrate_with(&newer).unwrap();
    drop(store);
    for command in ["serve", "demo"] {
        refused(
            &[command, "--port", "0", "--data", &data],
            &["不能更新数据库结构", "9000_future", "请用新的程序"],
        );
    }
    let file = home.join("b.tar").display().to_string();
    done(&["backup", &file, "--data", &data]);
    let other = home.join("other");
    std::fs::create_dir_all(other.join("keys")).unwrap();
    std::fs::copy(home.join("data/keys/master.key"), other.join("keys/master.key")).unwrap();
    refused(&["restore", &file, "--data", other.to_str().unwrap()], &["9000_future", "请用新的程序"]);
}

#[test]
fn upgrade_copies_the_database_of_an_older_program_before_it_is_brought_up_to_date() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    let (last, older) = MIGRATIONS.split_last().unwrap();
    // As the program before this one left it.
    std::fs::create_dir_all(home.join("data")).unwrap();
    let store = Store::open(&format!("sqlite:{data}/yimen.db"), Options::default()).unwrap();
    store.migrate_with(older).unwrap();
    drop(store);
    yimen_platform::Sealer::from_file(&home.join("data/keys/master.key")).unwrap();
    let copies = || std::fs::read_dir(home.join("data/backups")).map_or(0, Iterator::count);

    // A file stands where the copies should be: nothing is changed.
    std::fs::write(home.join("data/backups"), "x").unwrap();
    refused(&["serve", "--port", "0", "--data", &data], &["要先备份数据库", "数据库没有改动"]);
    std::fs::remove_file(home.join("data/backups")).unwrap();
    let version = |file: &std::path::Path| {
        Store::open(&format!("sqlite:{}", file.display()), Options::default())
            .unwrap()
            .schema_version()
            .unwrap()
    };
    assert_eq!(version(&home.join("data/yimen.db")), older.last().unwrap().number);

    let said = done(&["ledger", "keys", "--data", &data]);
    assert_eq!(copies(), 1);
    let copy = std::fs::read_dir(home.join("data/backups")).unwrap().next().unwrap().unwrap().path();
    assert!(
        said.err.contains("更新前的数据库已备份到") && said.err.contains(copy.to_str().unwrap()),
        "{said:#?}"
    );
    assert!(!said.out.contains("备份"), "what a command prints is its answer: {said:#?}");
    assert_eq!(version(&copy), older.last().unwrap().number, "the copy is as the database was");
    assert_eq!(version(&home.join("data/yimen.db")), last.number);
    // The way back: put in its place, it is brought up to date once more. A database that is, is not copied again.
    std::fs::copy(&copy, home.join("data/yimen.db")).unwrap();
    std::fs::remove_dir_all(home.join("data/backups")).unwrap();
    Server::start(&["serve", "--port", "0", "--data", &data]).stop("TERM");
    assert_eq!(copies(), 1);
    Server::start(&["serve", "--port", "0", "--data", &data]).stop("TERM");
    assert_eq!(copies(), 1);
}

#[test]
fn a_data_folder_has_one_server_and_short_commands_work_beside_it() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    city(&data, "5", &[]);
    let server = Server::start(&["serve", "--port", "0", "--data", &data]);
    let process = format!("进程 {}", server.id());
    let words = ["正在被另一个一门程序使用", &data, &process, "请先停止那个程序", "--data"];
    let log = done(&["ledger", "keys", "--data", &data]).out;
    let witness = [
        "ledger",
        "witness",
        "--port",
        "0",
        "--data",
        &data,
        "--name",
        "w",
        "--log",
        log.lines().next().unwrap(),
    ];
    refused(&["serve", "--port", "0", "--data", &data], &words);
    refused(&["demo", "--port", "0", "--data", &data], &words);
    refused(&witness, &words);
    refused(&["ledger", "keys", "--new", "--data", &data], &words);
    // The same database by another name is the same.
    let linked = home.join("linked.db");
    std::os::unix::fs::symlink(home.join("data/yimen.db"), &linked).unwrap();
    let store = format!("sqlite:{}", linked.display());
    refused(
        &["serve", "--port", "0", "--data", &data, "--store", &store],
        &["正在被另一个一门程序使用", &store],
    );

    let file = home.join("b.tar").display().to_string();
    done(&["backup", &file, "--data", &data]);
    refused(&["restore", &file, "--data", &data], &words);
    done(&["pack", "publish", "packs/hangzhou", "--data", &data]);
    done(&["ledger", "verify", "--data", &data]);
    assert_eq!(done(&["ledger", "keys", "--data", &data]).out, log);
    assert_eq!(server.get("/readyz").status, 200);

    // A server that died holds nothing.
    assert_eq!(server.stop("KILL").0.code(), None);
    let next = Server::start(&["serve", "--port", "0", "--data", &data]);
    assert_eq!(next.get("/readyz").status, 200);
}

#[test]
fn no_command_changes_the_schema_under_a_running_server() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    let place = Place { data: home.join("data"), store: String::new(), blobs: String::new(), node: 0 };
    let held = Hold::take(&place).unwrap();
    let older = MIGRATIONS.split_last().unwrap().1;
    let url = format!("sqlite:{data}/yimen.db");
    let store = Store::open(&url, Options::default()).unwrap();
    store.migrate_with(older).unwrap();
    yimen_platform::Sealer::from_file(&place.key_file()).unwrap();
    let publish = ["pack", "publish", "packs/hangzhou", "--data", &data];
    refused(&publish, &["正在被另一个一门程序使用", &data]);
    assert_eq!(store.schema_version().unwrap(), older.last().unwrap().number);
    drop(held);
    done(&publish);
    assert_eq!(store.schema_version().unwrap(), MIGRATIONS.last().unwrap().number);
}

#[test]
fn a_demo_of_a_broken_pack_leaves_nothing_behind() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    let pack = home.join("pack");
    let mut copy = std::process::Command::new("cp");
    copy.arg("-r").arg(common::root().join("packs/hangzhou")).arg(&pack);
    assert!(copy.status().unwrap().success());
    std::fs::write(pack.join("services/broken.yaml"), "id: broken\n").unwrap();
    let pack = pack.display().to_string();
    let demo = ["demo", "--port", "0", "--data", &data, "--pack", &pack];
    refused(&demo, &["broken.yaml", "没有通过检查"]);
    assert!(!home.join("data").exists());
    refused(&["demo", "--port", "0", "--data", &data, "--pack", "nowhere"], &["没有找到事项包 nowhere"]);
    assert!(!home.join("data").exists());
    // Nor in a folder that is there.
    std::fs::create_dir(home.join("data")).unwrap();
    refused(&demo, &["broken.yaml"]);
    assert_eq!(std::fs::read_dir(home.join("data")).unwrap().count(), 0);
}

#[test]
fn a_data_folder_that_cannot_be_written_is_told() {
    let home = Home::new();
    // A file stands where the folder should be.
    let file = home.join("file");
    std::fs::write(&file, "x").unwrap();
    let inside = file.join("data").display().to_string();
    refused(&["serve", "--port", "0", "--data", &inside], &["不能使用数据目录", &inside, "--data"]);
    // A folder of somebody else; root may write anywhere, so it becomes nobody.
    let closed = home.join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o555)).unwrap();
    std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let program = home.join("yimen");
    // By another process: a file that this one has open for writing, while a test beside it starts a program, is busy.
    let copied = std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_yimen")).arg(&program).status();
    assert!(copied.unwrap().success());
    for data in [closed.join("data"), closed.clone()] {
        let mut command = yimen(&[]);
        let mut as_nobody = std::process::Command::new(&program);
        as_nobody.envs(command.get_envs().filter_map(|(k, v)| Some((k, v?)))).current_dir("/");
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            as_nobody.uid(65534).gid(65534);
        }
        command = as_nobody;
        command.args(["serve", "--port", "0", "--data"]).arg(&data);
        let said: common::Said = command.output().unwrap().into();
        assert_eq!(said.code, Some(1), "{said:#?}");
        assert!(said.err.contains(data.to_str().unwrap()) && said.err.contains("--"), "{said:#?}");
        assert!(said.err.contains("请") && !said.err.contains("panicked"), "{said:#?}");
    }
}

/// In place of a disk: the folder of a tmpfs, for the test that starts itself once more.
const DISK: &str = "YIMEN_SERVE_TEST_DISK";

#[test]
fn a_server_whose_disk_runs_full_is_not_ready_until_there_is_room() {
    if let Some(disk) = std::env::var_os(DISK) {
        return run_full(std::path::Path::new(&disk));
    }
    let home = Home::new();
    let disk = home.join("disk");
    std::fs::create_dir(&disk).unwrap();
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    // A disk of our own, seen by nobody else and gone with the process.
    let output = std::process::Command::new("unshare")
        .args(if root { &["--mount"][..] } else { &["--map-root-user", "--mount"][..] })
        .args(["sh", "-c", r#"mount -t tmpfs -o size=128m yimen "$0" && exec "$@""#])
        .arg(&disk)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_server_whose_disk_runs_full_is_not_ready_until_there_is_room", "--nocapture"])
        .env(DISK, &disk)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn run_full(disk: &std::path::Path) {
    let data = disk.join("data").display().to_string();
    city(&data, "5", &[]);
    let server = Server::start(&["serve", "--port", "0", "--data", &data]);
    let ready = server.get("/readyz");
    assert!(ready.status == 200 && ready.body.contains("\"disk\":\"ok\""), "{}", ready.body);
    // Somebody else's file takes the room.
    let waste = disk.join("waste");
    std::fs::write(&waste, vec![1_u8; 80 << 20]).unwrap();
    let full = server.get("/readyz");
    assert_eq!(full.status, 503, "{}", full.body);
    for words in [
        "\"ready\":false",
        "\"database\":\"ok\"",
        "\"disk\":\"failed\"",
        "数据库所在的磁盘快满了",
        "请腾出空间",
    ] {
        assert!(full.body.contains(words), "{words}: {}", full.body);
    }
    assert_eq!(server.get("/healthz").status, 200, "it lives, and what can be read is read");
    assert_eq!(server.get("/").status, 200);
    std::fs::remove_file(waste).unwrap();
    assert_eq!(server.get("/readyz").status, 200, "nobody has to start it again");
}

#[test]
fn a_database_or_blob_address_that_is_none_is_told_in_chinese() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    for (option, url, words) in [
        (
            "--store",
            "mysql://db/yimen",
            "要以 sqlite: 或 postgres:// 开头，例如 sqlite:data/yimen.db。请改正 --store",
        ),
        ("--store", "sqlite:", "后面要写数据库文件"),
        ("--store", "postgres://u@127.0.0.1:1/db", "连不上数据库"),
        ("--blobs", "ftp://there", "要以 file: 或 s3:// 开头，例如 file:data/blobs。请改正 --blobs"),
        ("--blobs", "s3://", "没有写存储桶的名字"),
    ] {
        let told = refused(&["serve", "--port", "0", "--data", &data, option, url], &[words]).err;
        let english = ["must", "the ", "URL", "unavailable"].iter().find(|word| told.contains(**word));
        assert_eq!(english, None, "{told}");
    }
}

#[test]
fn a_port_in_use_is_told_before_anything_is_made() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let data = home.join("data").display().to_string();
    for command in ["demo", "serve"] {
        refused(&[command, "--port", &port, "--data", &data], &[&format!("端口 {port} 已被占用"), "--port"]);
    }
    assert!(!home.join("data").exists());
    refused(&["serve", "--host", "192.0.2.1", "--data", &data], &["不能监听 192.0.2.1", "--host"]);
}

/// All rows of cases, and of what they need, without what is sealed or found by a key of its own.
fn contents(data: &str) -> (String, u64) {
    let store = Store::open(&format!("sqlite:{data}/yimen.db"), Options::default()).unwrap();
    let mut digest = RowDigest::leaving_out(|table, column| {
        // Sorted by a blind index or made of them, and the keys themselves.
        matches!(table, "identity_login" | "parties_place" | "platform_setting" | "platform_key")
            || column.ends_with("_sealed")
            || column.ends_with("_index")
            || matches!(column, "facts" | "shows" | "password_hash")
    });
    let mut rows = 0;
    store
        .dump(|record| {
            rows += u64::from(matches!(record, Record::Row(_)));
            digest.see(&record);
            Ok(())
        })
        .unwrap();
    (digest.finish(), rows)
}

#[test]
fn the_same_seed_and_end_make_the_same_city() {
    let made = |seed: &str| {
        let home = Home::new();
        let data = home.join("data").display().to_string();
        city(&data, "60", &["--seed", seed]);
        contents(&data)
    };
    let first = made("7");
    assert!(first.1 > 1500, "{first:?}");
    assert_eq!(first, made("7"));
    assert_ne!(first.0, made("8").0);
}

#[test]
fn the_key_of_another_database_or_none_is_refused() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    city(&data, "5", &[]);
    let key = home.join("data/keys/master.key");
    let own = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    refused(&["serve", "--port", "0", "--data", &data], &["缺少密钥", "keys/master.key"]);
    assert!(!key.exists(), "a new key would seal part of the data for good");
    std::fs::write(&key, "12".repeat(32)).unwrap();
    refused(&["serve", "--port", "0", "--data", &data], &["不是这个数据库的密钥", "指纹"]);
    std::fs::write(&key, "no key").unwrap();
    refused(
        &["serve", "--port", "0", "--data", &data],
        &["密钥不可用", "64 位十六进制数字", "请从保管处或带密钥的备份取回"],
    );
    std::fs::write(&key, own).unwrap();
    assert_eq!(Server::start(&["serve", "--port", "0", "--data", &data]).get("/readyz").status, 200);
}

#[test]
fn cookies_are_bound_to_https_where_that_is_how_people_come() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    city(&data, "5", &[]);
    for (flag, secure) in [(&["--https"][..], true), (&[], false)] {
        let mut args = vec!["serve", "--port", "0", "--data", &data];
        args.extend(flag);
        let server = Server::start(&args);
        let forms =
            [("/sign-in", "login=19900000000&password=yimen-2026&next="), ("/mode", "mode=large&to=/")];
        for (path, form) in forms {
            let answer = server.ask("POST", path, "", form);
            let cookie = answer.header("set-cookie").unwrap_or_else(|| panic!("{path}: {}", answer.head));
            assert_eq!(cookie.contains("; Secure"), secure, "{path} {flag:?}: {cookie}");
            assert!(cookie.contains("HttpOnly"), "{cookie}");
        }
    }
}

#[test]
fn the_help_says_how_data_is_placed() {
    for command in ["demo", "serve", "backup", "restore"] {
        let help = done(&[command, "--help"]).out;
        for words in ["--data", "--store", "--blobs", "s3://", "credentials=", "access_key_id", "YIMEN_STORE"]
        {
            assert!(help.contains(words), "{command}: {words}: {help}");
        }
        assert!(!help.contains("--until"), "{help}");
    }
}

#[test]
fn help_and_mistakes_are_told_in_chinese() {
    let english = |text: &str| {
        let ours = [
            "Usage",
            "Options",
            "Commands",
            "Arguments",
            "OPTIONS",
            "default",
            "env:",
            "Print",
            "error",
            "required",
        ];
        ours.into_iter()
            .chain(["unexpected", "invalid", "similar", "For more"])
            .find(|word| text.contains(word))
    };
    let commands: [&[&str]; 12] = [
        &["--help"],
        &["-h"],
        &["help"],
        &["demo", "--help"],
        &["serve", "-h"],
        &["backup", "--help"],
        &["restore", "--help"],
        &["ledger", "--help"],
        &["ledger", "verify", "--help"],
        &["ledger", "witness", "--help"],
        &["pack", "--help"],
        &["pack", "publish", "--help"],
    ];
    for command in commands {
        let said = done(command);
        assert!(
            said.out.contains("用法：yimen") && said.out.contains("显示说明"),
            "{command:?}: {}",
            said.out
        );
        assert_eq!(english(&said.out), None, "{command:?}: {}", said.out);
    }
    let mistakes: [(&[&str], &[&str]); 11] = [
        (&[], &["用法：yimen <命令>", "serve"]),
        (&["serv"], &["没有“serv”这个命令。是不是“serve”？"]),
        (&["serve", "--prot", "80"], &["没有“--prot”这个选项或参数。是不是“--port”？", "用法：yimen serve"]),
        (&["serve", "--port"], &["“--port <PORT>”后面没有写内容。它是：监听的端口（0 到 65535）。"]),
        (&["serve", "--port", "80x"], &["“--port <PORT>”不能是“80x”。它是：监听的端口"]),
        (&["serve", "--port", "99999"], &["“--port <PORT>”不能是“99999”。"]),
        (&["serve", "--host", "here"], &["“--host <HOST>”不能是“here”。它是：监听的 IP 地址。"]),
        (&["serve", "--port", "1", "--port", "2"], &["“--port <PORT>”只能写一次。"]),
        (&["backup"], &["还缺少：<FILE>。", "用法：yimen backup"]),
        (&["serve", "--gateway", "http://x"], &["还缺少：--gateway-secret-file", "--public-url"]),
        (&["serve", "--witness", "x"], &["“--witness <WITNESS>”不能是“x”。它是：为公开账本签名的见证方"]),
    ];
    for (command, words) in mistakes {
        let said = common::run(command);
        assert_eq!(said.code, Some(2), "{command:?}: {said:#?}");
        for word in words {
            assert!(said.err.contains(word), "{command:?}: {word} is not in {}", said.err);
        }
        assert_eq!(english(&said.err), None, "{command:?}: {}", said.err);
        assert_eq!(said.out, "", "{command:?}");
    }
    assert!(done(&["--version"]).out.starts_with("yimen "));
}

#[test]
fn a_city_of_no_or_endless_days_is_refused_before_anything_is_made() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    for (flag, value) in
        [("--days", "0"), ("--days", "-5"), ("--days", "9999999"), ("--cases", "-1"), ("--port", "99999")]
    {
        let said = common::run(&["demo", "--data", &data, flag, value]);
        assert_eq!(said.code, Some(2), "{said:#?}");
        assert!(said.err.contains(value) && said.err.contains(flag), "{said:#?}");
    }
    assert!(!home.join("data").exists());
}
