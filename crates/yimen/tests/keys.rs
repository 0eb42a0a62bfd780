//! The keys of personal data while a server works: a new data key, everything sealed anew with it, the old one gone, and
//! another master key.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::spot::{Spot, strs};
use common::{Home, Server, done, refused, until};
use yimen::open::open_with;
use yimen::reseal::{Walked, tables, walk};
use yimen_platform::keys::{self, KeyError};
use yimen_platform::{Actor, Algorithm, Clock, KEY_NOTICE_MS, ManualClock, Platform, SystemClock};
use yimen_store::{Engine, MIGRATIONS, Options};

fn serve(spot: &Spot) -> Server {
    Server::start(&strs(&spot.args(&["serve", "--port", "0"])))
}

fn open(spot: &Spot, clock: &Arc<ManualClock>) -> Platform {
    open_with(&spot.place(), clock.clone(), Options::default()).unwrap()
}

fn is_served(server: &Server) {
    let cookie = server.sign_in("19900000000");
    let answered = until(Duration::from_secs(20), || server.ask("GET", "/my", &cookie, "").status == 200);
    assert!(answered, "the server does not come to terms with the keys");
}

fn go_through(platform: &Platform, look_only: bool) -> Walked {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut told = Vec::new();
    let walked = walk(platform, &runtime, look_only, &mut |line| told.push(line)).unwrap();
    // Every kind of thing that a city of some cases has.
    let empty = |line: &&String| line.contains("：0 ");
    let without: Vec<&str> = told.iter().filter(empty).map(|line| line.split('：').next().unwrap()).collect();
    assert_eq!(without, ["casework_look", "identity_proposal"], "{told:?}");
    walked
}

fn learn(platform: &Platform) {
    let keys = platform.store.read_blocking(keys::all).unwrap();
    platform.sealer.learn(&keys, platform.clock.now()).unwrap();
}

fn retire(platform: &Platform, number: u32) -> Result<(), KeyError> {
    let ctx = platform.ctx(Actor::System("test"), "r");
    platform.store.write_blocking("test", move |tx| keys::retire(tx, &ctx, number))
}

#[test]
fn everything_is_sealed_anew_beside_a_server_and_then_the_old_key_is_deleted() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let spot = Spot::city(engine);
        let server = serve(&spot);
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let platform = open(&spot, &clock);
        let ctx = platform.ctx(Actor::System("test"), "r");
        let sealer = platform.sealer.clone();
        let rotate = move |tx: &mut yimen_store::Tx<'_>| keys::rotate(tx, &ctx, &sealer, Algorithm::Sm4Gcm);
        platform.store.write_blocking("test", rotate).unwrap();
        assert!(matches!(retire(&platform, 1), Err(KeyError::InUse(1))));
        clock.advance_ms(KEY_NOTICE_MS);
        learn(&platform);
        assert_eq!(platform.sealer.current(), 2);

        let looked = go_through(&platform, true);
        assert!(looked.seen > 100 && looked.old == looked.seen, "{looked:?}");
        // Looking changed nothing; a second walk finds nothing to do.
        assert_eq!(go_through(&platform, false), looked);
        let after = Walked { old: 0, ..looked };
        assert_eq!(go_through(&platform, false), after);
        // The server has taken up the key by itself, and reads what was sealed under its feet.
        is_served(&server);

        assert!(matches!(retire(&platform, 1), Err(KeyError::NotYet(1, _))));
        assert!(matches!(retire(&platform, 7), Err(KeyError::NoSuchKey(7))));
        assert!(matches!(retire(&platform, 0), Err(KeyError::NoSuchKey(0))));
        clock.advance_ms(keys::RETIRE_AFTER_MS);
        assert_eq!(platform.blobs.unsettled_log().unwrap(), None);
        assert!(matches!(retire(&platform, 2), Err(KeyError::InUse(2))));
        retire(&platform, 1).unwrap();
        drop(platform);
        server.stop("TERM");
        let listed = done(&strs(&spot.args(&["key", "list"]))).out;
        assert!(!listed.contains("第 1 把") && listed.contains("第 2 把  sm4-gcm"), "{listed}");
        is_served(&serve(&spot));
    }
}

#[test]
fn another_master_key_changes_nothing_but_who_may_open_the_keys() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let spot = Spot::city(engine);
        let (key, next) =
            (spot.home.join("data/keys/master.key"), spot.home.join("data/keys/master.key.next"));
        let old = std::fs::read_to_string(&key).unwrap();
        let backup = spot.home.join("before.tar").display().to_string();
        done(&strs(&spot.args(&["backup", &backup])));
        let mut server = serve(&spot);
        let changed = done(&strs(&spot.args(&["key", "master"]))).out;
        assert!(changed.contains("2 把密钥已改由新的主密钥") && changed.contains("不用重启"), "{changed}");
        let new = std::fs::read_to_string(&key).unwrap();
        assert!(new != old && !next.exists());
        // Whoever runs takes the new one up by itself, and the next data key with it. People are found as before.
        is_served(&server);
        server.wait_for("the new master key is in use", Duration::from_secs(20));
        server.stop("TERM");
        is_served(&serve(&spot));

        // Broken off after the database had the new keys and before the file was in its place.
        std::fs::rename(&key, &next).unwrap();
        std::fs::write(&key, &old).unwrap();
        refused(
            &strs(&spot.args(&["key", "list"])),
            &["不是这个数据库的密钥", "再运行一次 yimen key master"],
        );
        let ended = done(&strs(&spot.args(&["key", "master"]))).out;
        assert!(ended.contains("只差换上密钥文件"), "{ended}");
        assert_eq!(std::fs::read_to_string(&key).unwrap(), new);

        // A backup of before opens with the key of before.
        let other = Home::new();
        std::fs::create_dir_all(other.join("data/keys")).unwrap();
        let data = other.join("data").display().to_string();
        std::fs::copy(&key, other.join("data/keys/master.key")).unwrap();
        refused(&["restore", &backup, "--data", &data], &["指纹"]);
        std::fs::write(other.join("data/keys/master.key"), &old).unwrap();
        done(&["restore", &backup, "--data", &data]);
        is_served(&Server::start(&["serve", "--port", "0", "--data", &data]));
    }
}

/// Another node that nobody brought the new file: it must not go on sealing with what may be deleted one day.
#[test]
fn a_node_without_the_new_master_key_stops_before_others_seal_with_what_it_cannot_open() {
    let spot = Spot::city(Engine::Postgres);
    let node = Home::new();
    std::fs::create_dir_all(node.join("data/keys")).unwrap();
    std::fs::copy(spot.home.join("data/keys/master.key"), node.join("data/keys/master.key")).unwrap();
    let data = node.join("data").display().to_string();
    let mut server = Server::start(&["serve", "--port", "0", "--data", &data, "--store", &spot.store()]);
    done(&strs(&spot.args(&["key", "master"])));
    server.wait_for("copy the new key file here", Duration::from_secs(20));
    is_served(&server);
    done(&strs(&spot.args(&["key", "rotate"])));
    let began = std::time::Instant::now();
    server.wait_for("已停止服务以免丢失数据", Duration::from_secs(45));
    assert!(began.elapsed() < Duration::from_millis(KEY_NOTICE_MS.unsigned_abs()), "{:?}", began.elapsed());
}

#[test]
fn a_master_key_that_is_given_must_be_one() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    done(&["ledger", "keys", "--data", &data]);
    let given = home.join("new.key");
    std::fs::write(&given, "not a key").unwrap();
    let given = given.display().to_string();
    refused(&["key", "master", "--new", &given, "--data", &data], &["64 位十六进制数字"]);
    std::fs::write(&given, "cd".repeat(32)).unwrap();
    done(&["key", "master", "--new", &given, "--data", &data]);
    assert_eq!(std::fs::read_to_string(home.join("data/keys/master.key")).unwrap(), "cd".repeat(32));
    // What an earlier run left before it got as far as the database is nobody's, torn or not.
    std::fs::write(home.join("data/keys/master.key.next"), "ab").unwrap();
    done(&["key", "master", "--data", &data]);
    assert!(!home.join("data/keys/master.key.next").exists());
    // Elsewhere lies another key than the database's: that is said before anything is prepared.
    std::fs::write(home.join("data/keys/master.key"), "ab".repeat(32)).unwrap();
    refused(&["key", "master", "--data", &data], &["不是这个数据库的密钥"]);
    assert!(!home.join("data/keys/master.key.next").exists());
}

#[test]
fn a_key_for_id_tokens_is_made_at_the_command_line_and_listed() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    refused(&["oidc", "keys", "--data", &data], &["没有一门的数据", "--data"]);
    done(&["ledger", "keys", "--data", &data]);
    assert!(done(&["oidc", "keys", "--data", &data]).out.contains("还没有签名密钥"));
    done(&["oidc", "rotate", "--data", &data]);
    let next = done(&["oidc", "rotate", "--data", &data]).out;
    assert!(next.contains("起使用") && next.contains("继续公布"), "{next}");
    refused(&["oidc", "rotate", "--data", &data], &["还没有生效"]);
    let listed = done(&["oidc", "keys", "--data", &data]).out;
    assert!(listed.contains("使用中") && listed.matches("建立").count() == 2, "{listed}");
    assert!(done(&["oidc", "rotate", "--at-once", "--data", &data]).out.contains("已经作废"));
    let listed = done(&["oidc", "keys", "--data", &data]).out;
    assert!(listed.contains("使用中") && listed.matches("起作废").count() == 2, "{listed}");
}

#[test]
fn a_new_data_key_is_made_at_the_command_line_and_listed() {
    let home = Home::new();
    let data = home.join("data").display().to_string();
    for command in ["list", "rotate", "reseal", "master"] {
        refused(&["key", command, "--data", &data], &["没有一门的密钥", "--data"]);
    }
    done(&["ledger", "keys", "--data", &data]);
    let listed = done(&["key", "list", "--data", &data]).out;
    assert!(listed.contains("第 1 把  aes-256-gcm") && listed.contains("使用中"), "{listed}");
    assert!(!listed.contains("第 0 把"), "{listed}");
    let nothing = done(&["key", "reseal", "--data", &data]).out;
    assert!(nothing.contains("0 项里有 0 项"), "{nothing}");
    let rotated = done(&["key", "rotate", "--cipher", "sm4", "--data", &data]).out;
    assert!(rotated.contains("已建立第 2 把数据密钥（sm4-gcm）") && rotated.contains("30 秒后"), "{rotated}");
    refused(&["key", "rotate", "--data", &data], &["上一次换密钥还没有生效", "秒后再试"]);
    refused(&["key", "reseal", "--data", &data], &["第 2 把", "现在还早"]);
    refused(&["key", "retire", "1", "--data", &data], &["第 1 把", "不能删除"]);
    let listed = done(&["key", "list", "--data", &data]).out;
    assert!(listed.contains("第 2 把  sm4-gcm") && listed.contains("起使用"), "{listed}");
    // Under another master key none of them opens.
    std::fs::write(home.join("data/keys/master.key"), "ab".repeat(32)).unwrap();
    refused(&["key", "list", "--data", &data], &["不是这个数据库的密钥"]);
}

/// Columns of bytes that hold nothing a data key sealed for good, and why.
const NOT_WALKED: &[(&str, &str)] = &[
    ("identity_code.asked_sealed", "gone within the hour"),
    ("messages_outbox.phone_sealed", "gone within the hour"),
    ("messages_outbox.text_sealed", "gone within the hour"),
    ("identity_pending.secret_sealed", "gone within the hour"),
    ("ledger_leaf.salt", "random"),
    ("ledger_tile.hashes", "hashes"),
    ("ledger_bundle.entries", "public"),
    ("platform_key.wrapped", "by the master key"),
];

#[test]
fn no_sealed_column_is_forgotten() {
    let mut found = Vec::new();
    for migration in MIGRATIONS {
        let mut table = "";
        for line in migration.text.lines().map(str::trim) {
            if let Some(rest) = line.to_lowercase().strip_prefix("create table ") {
                let at = line.len() - rest.len();
                table = line[at..].split([' ', '(']).next().unwrap();
            } else if line.contains("{{bytes}}") {
                found.push(format!("{table}.{}", line.split_whitespace().next().unwrap()));
            }
        }
    }
    let mut known: Vec<String> = NOT_WALKED.iter().map(|(column, _)| (*column).to_owned()).collect();
    known.extend(tables().flat_map(|t| t.columns.iter().map(|column| format!("{}.{column}", t.name))));
    found.sort();
    known.sort();
    // A new column: what seals it would be lost with its key. Walk it in its domain's `reseal`, or say why not.
    assert_eq!(found, known);
}
