//! `yimen backup` and `yimen restore`: whole, while others write, between the engines, and refused when anything is wrong.

mod common;

use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use common::spot::{Spot, strs};
use common::{Server, done, refused, run, yimen};
use yimen::backup::Archive;
use yimen::open::{Place, open, open_store};
use yimen::rows::RowDigest;
use yimen_platform::{Actor, journal};
use yimen_store::{Engine, MIGRATIONS, Record, Store, StoreError, params, sql};
use yimen_testkit::until;

sql! {
    SOME_CASE = "select min(id) from casework_case";
    ADD_FILE = "insert into casework_file (id, case_id, slot, name, mime, size, digest, added_by, added_at)
        values ($1, $2, 'test', 'test', 'text/plain', 1, $3, 'test', 1)";
}

fn rows(store: &Store) -> String {
    let mut digest = RowDigest::new();
    store
        .dump(|record| {
            digest.see(&record);
            Ok(())
        })
        .unwrap();
    digest.finish()
}

/// The dump as text, without transaction numbers: those are the server's own.
fn text(store: &Store) -> Vec<String> {
    let mut out = Vec::new();
    store.dump_to(&mut out).unwrap();
    let mut txid = None;
    let mut lines = Vec::new();
    for line in String::from_utf8(out).unwrap().lines() {
        let mut json: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(columns) = json["columns"].as_array() {
            txid = columns.iter().position(|column| column == "txid");
        }
        if let (Some(row), Some(at)) = (json.as_array_mut(), txid) {
            row.remove(at);
        }
        if json.get("yimen_dump").is_none() && json.get("sha256").is_none() {
            lines.push(json.to_string());
        }
    }
    lines
}

/// Writes until told to stop: a new material, then in one transaction the row that names it and a journal entry. Counts
/// what it wrote.
fn write_on(place: Place, stop: Arc<AtomicBool>, count: Arc<AtomicU64>) -> std::thread::JoinHandle<u64> {
    std::thread::spawn(move || {
        let platform = open(&place).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let case: i64 = platform.store.read_blocking(|q| q.one::<i64>(&SOME_CASE, params![])).unwrap();
        let mut written = 0;
        while !stop.load(Ordering::SeqCst) {
            let blob =
                runtime.block_on(platform.blobs.put(format!("material {written}").into_bytes())).unwrap();
            let ctx = platform.ctx(Actor::System("test"), "test");
            platform
                .store
                .write_blocking("test", move |tx| -> Result<(), StoreError> {
                    let id = ctx.new_id();
                    tx.put_one(&ADD_FILE, params![id, case, &blob.digest])?;
                    journal::append(tx, &ctx, journal::Note { verb: "test", case, task: 0, body: "x" })
                })
                .unwrap();
            written += 1;
            count.store(written, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(2));
        }
        written
    })
}

#[test]
fn a_backup_taken_while_others_write_goes_from_engine_to_engine_and_back() {
    for (here, there) in [(Engine::Sqlite, Engine::Postgres), (Engine::Postgres, Engine::Sqlite)] {
        let spot = Spot::city(here);
        let before = Archive::open(Path::new(&spot.backup("before.tar"))).unwrap().manifest;
        let stop = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicU64::new(0));
        let writer = write_on(spot.place(), stop.clone(), count.clone());
        let mut last = before.clone();
        let mut file = String::new();
        for round in 0..3 {
            let so_far = count.load(Ordering::SeqCst);
            until(|| count.load(Ordering::SeqCst), |now| *now > so_far + 5);
            file = spot.backup(&format!("round-{round}.tar"));
            let manifest = Archive::open(Path::new(&file)).unwrap().manifest;
            let new = |table: &str| manifest.tables[table] - before.tables[table];
            assert!(
                manifest.tables["casework_file"] > last.tables["casework_file"],
                "nobody wrote meanwhile"
            );
            assert_eq!(new("casework_file"), new("platform_journal"), "half of a transaction");
            assert_eq!(manifest.blobs.count, before.blobs.count + new("casework_file"), "{here:?}");
            assert_eq!(manifest.blobs.missing, Vec::<String>::new());
            last = manifest;
        }
        stop.store(true, Ordering::SeqCst);
        assert!(writer.join().unwrap() > 10);

        let (other, back) = (Spot::empty(there), Spot::empty(here));
        for (from, to) in [(&spot, &other), (&other, &back)] {
            to.take_key_of(from);
            let said = done(&strs(&to.args(&["restore", &file])));
            assert!(said.out.contains("恢复完成") && said.out.contains("下一步"), "{}", said.out);
            file = to.backup("again.tar");
        }
        let manifests = [&other, &back].map(|s| Archive::open(&s.home.join("again.tar")).unwrap().manifest);
        for manifest in &manifests {
            assert_eq!(manifest.rows_sha256, last.rows_sha256);
            assert_eq!((&manifest.tables, &manifest.blobs), (&last.tables, &last.blobs));
        }
        let stores = [&other, &back].map(|spot| open_store(&spot.place()).unwrap());
        assert_eq!(text(&stores[0]), text(&stores[1]));
        assert_eq!(rows(&stores[0]), last.rows_sha256);
        assert!(text(&stores[0]).len() > 1000);
    }
}

/// Every member of an archive: name and content, in order.
fn members(file: &str) -> Vec<(String, Vec<u8>)> {
    let mut tar = tar::Archive::new(std::fs::File::open(file).unwrap());
    let read = |entry: Result<tar::Entry<'_, std::fs::File>, _>| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.path().unwrap().display().to_string(), bytes)
    };
    tar.entries().unwrap().map(read).collect()
}

fn pack(file: &str, members: &[(String, Vec<u8>)]) {
    let mut tar = tar::Builder::new(std::fs::File::create(file).unwrap());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        tar.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    tar.into_inner().unwrap().flush().unwrap();
}

#[test]
fn a_truncated_archive_is_refused_wherever_it_ends() {
    let spot = Spot::city(Engine::Sqlite);
    let file = spot.backup("whole.tar");
    let bytes = std::fs::read(&file).unwrap();
    let cut = spot.home.join("cut.tar");
    // Beyond it lie the last member's padding and the end mark.
    let content = bytes.len() - 1024 - 480;
    let step = bytes.len() / 60;
    for length in (0..content).step_by(step).chain([100, 511, 512, 513, content - 1]) {
        std::fs::write(&cut, &bytes[..length]).unwrap();
        let outcome = Archive::open(&cut).and_then(|archive| archive.verify(None, &mut |_| {}));
        assert!(outcome.is_err(), "cut at {length} of {}", bytes.len());
    }
    let target = Spot::empty(Engine::Sqlite);
    target.take_key_of(&spot);
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    refused(&strs(&target.args(&["restore", cut.to_str().unwrap()])), &["不完整", "另一份备份"]);
    refused(&strs(&target.args(&["restore", "--verify", "Cargo.toml"])), &["不是一门的备份"]);
    refused(&strs(&target.args(&["restore", "/no/such/file"])), &["/no/such/file"]);
    assert!(!target.home.join("data/yimen.db").exists() && !target.home.join("data/blobs").exists());
}

#[test]
fn a_tampered_archive_is_refused_wherever_it_was_changed() {
    let spot = Spot::city(Engine::Sqlite);
    let file = spot.backup("whole.tar");
    let bytes = std::fs::read(&file).unwrap();
    let changed = spot.home.join("changed.tar");
    let sealer = yimen_platform::Sealer::from_existing(&spot.key()).unwrap();
    let verify = |path: &Path| Archive::open(path).and_then(|a| a.verify(Some(&sealer), &mut |_| {}));
    verify(Path::new(&file)).unwrap();
    // Heads and contents; what pads a member to 512 bytes belongs to neither.
    let mut tar = tar::Archive::new(&bytes[..]);
    let places: Vec<(usize, usize)> = tar
        .entries()
        .unwrap()
        .map(|e| e.unwrap())
        .map(|e| (e.raw_header_position() as usize, e.size() as usize))
        .collect();
    let mut tried = 0;
    for (head, size) in places {
        let content = head + 512;
        for at in [head, head + 50, content, content + size / 3, content + size / 2, content + size - 1] {
            let mut other = bytes.clone();
            other[at] ^= 0x10;
            std::fs::write(&changed, other).unwrap();
            assert!(verify(&changed).is_err(), "byte {at} of the member at {head}");
            tried += 1;
        }
    }
    assert!(tried > 40);
    // A member more, one less, two exchanged.
    let whole = members(&file);
    let blob = whole.iter().position(|(name, _)| name.starts_with("blobs/")).unwrap();
    let mut less = whole.clone();
    less.remove(blob);
    let mut more = whole.clone();
    more.insert(blob, (format!("blobs/ab/{}", "ab".repeat(32)), b"new".to_vec()));
    let mut late = whole.clone();
    late.push(("keys/master.key".into(), b"0".repeat(64)));
    let mut exchanged = whole.clone();
    exchanged.swap(blob, blob + 1);
    for members in [less, more, late, exchanged] {
        pack(changed.to_str().unwrap(), &members);
        assert!(verify(&changed).is_err());
    }
    // The same members packed by another program are fine.
    pack(changed.to_str().unwrap(), &whole);
    verify(&changed).unwrap();
}

#[test]
fn an_archive_somebody_else_put_together_is_told_by_its_code() {
    let spot = Spot::city(Engine::Sqlite);
    let file = spot.backup("whole.tar");
    let forged = spot.home.join("forged.tar").display().to_string();
    let mut parts = members(&file);
    let manifest = parts.iter_mut().find(|(name, _)| name == "manifest.json").unwrap();
    manifest.1 =
        String::from_utf8(manifest.1.clone()).unwrap().replace("\"sqlite\"", "\"postgres\"").into_bytes();
    pack(&forged, &parts);
    // Consistent in itself, so that only the key tells.
    let none = Spot::empty(Engine::Sqlite);
    let said = done(&strs(&none.args(&["restore", "--verify", &forged])));
    assert!(said.out.contains("未核对是谁写的"), "{}", said.out);
    none.take_key_of(&spot);
    refused(&strs(&none.args(&["restore", "--verify", &forged])), &["校验码不符"]);
    refused(&strs(&none.args(&["restore", &forged])), &["校验码不符", "没有恢复任何内容"]);
    assert!(!none.home.join("data/yimen.db").exists());
}

#[test]
fn the_key_decides_who_can_restore() {
    let spot = Spot::city(Engine::Sqlite);
    let file = spot.backup("without.tar");
    let with = spot.home.join("with.tar").display().to_string();
    let said = done(&strs(&spot.args(&["backup", &with, "--with-key"])));
    assert!(said.out.contains("妥善保管"), "{}", said.out);
    for (path, key) in [(&file, false), (&with, true)] {
        assert_eq!(members(path).iter().any(|(name, _)| name == "keys/master.key"), key);
        assert_eq!(std::fs::metadata(path).unwrap().mode() & 0o777, 0o600);
        // Sealed data is sealed in the archive, too.
        let text = std::fs::read(path).unwrap();
        assert!(!text.windows(10).any(|w| w == b"Yimen demo"), "a material in the clear");
    }
    // No key, then another key.
    let target = Spot::empty(Engine::Sqlite);
    refused(&strs(&target.args(&["restore", &file])), &["备份不含密钥", "keys/master.key", "复制"]);
    assert!(!target.home.join("data").exists(), "a refused restore made something");
    std::fs::create_dir_all(target.key().parent().unwrap()).unwrap();
    std::fs::write(target.key(), "ab".repeat(32)).unwrap();
    for path in [&file, &with] {
        refused(&strs(&target.args(&["restore", path])), &["不是这份备份的密钥", "指纹"]);
    }
    assert_eq!(std::fs::read_to_string(target.key()).unwrap(), "ab".repeat(32));
    // The key that is packed is put where none is.
    let target = Spot::empty(Engine::Sqlite);
    let said = done(&strs(&target.args(&["restore", &with])));
    assert!(said.out.contains("已写入密钥"), "{}", said.out);
    assert_eq!(std::fs::read(target.key()).unwrap(), std::fs::read(spot.key()).unwrap());
    assert_eq!(std::fs::metadata(target.key()).unwrap().mode() & 0o777, 0o600);
    assert_eq!(rows(&open_store(&target.place()).unwrap()), rows(&open_store(&spot.place()).unwrap()));
    // A backup by the wrong key would hold what nobody can read.
    std::fs::write(spot.key(), "cd".repeat(32)).unwrap();
    let wrong = spot.home.join("wrong.tar").display().to_string();
    refused(&strs(&spot.args(&["backup", &wrong])), &["指纹", "正确的密钥"]);
    assert!(!Path::new(&wrong).exists() && !Path::new(&format!("{wrong}.part")).exists());
}

#[test]
fn only_an_empty_database_is_filled() {
    let spot = Spot::city(Engine::Sqlite);
    let file = spot.backup("whole.tar");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let target = Spot::empty(engine);
        target.take_key_of(&spot);
        done(&strs(&target.args(&["restore", &file])));
        let before = rows(&open_store(&target.place()).unwrap());
        let said = refused(&strs(&target.args(&["restore", &file])), &["已经有数据", "空的数据库"]);
        assert!(!said.err.contains("password"), "{}", said.err);
        assert_eq!(rows(&open_store(&target.place()).unwrap()), before);
    }
}

#[test]
fn nothing_is_written_over_and_nothing_half_written_is_left() {
    let spot = Spot::city(Engine::Sqlite);
    let file = spot.backup("once.tar");
    let before = std::fs::read(&file).unwrap();
    refused(&strs(&spot.args(&["backup", &file])), &["已经存在", "不覆盖"]);
    assert_eq!(std::fs::read(&file).unwrap(), before);
    refused(&strs(&spot.args(&["backup", "/no/such/folder/a.tar"])), &["/no/such/folder"]);
    // Where there is nothing, nothing is made.
    let none = Spot::empty(Engine::Sqlite);
    refused(&strs(&none.args(&["backup", "/tmp/never.tar"])), &["没有可备份的内容"]);
    assert!(!none.home.join("data").exists());
    // A store of materials that does not answer.
    let away = spot.home.join("away.tar").display().to_string();
    let keys = spot.home.join("keys");
    std::fs::write(&keys, "access_key_id=a\nsecret_access_key=b\n").unwrap();
    let url = format!("s3://city?endpoint=http://127.0.0.1:9&credentials={}", keys.display());
    refused(&["backup", &away, "--data", &spot.data(), "--blobs", &url], &["材料库"]);
    assert!(!Path::new(&away).exists() && !Path::new(&format!("{away}.part")).exists());
    // Another one at work.
    let busy = spot.home.join("busy.tar").display().to_string();
    let held = std::fs::File::create(format!("{busy}.part")).unwrap();
    held.lock().unwrap();
    refused(&strs(&spot.args(&["backup", &busy])), &["另一个备份正在写"]);
    drop(held);
    done(&strs(&spot.args(&["backup", &busy])));
    assert!(!Path::new(&format!("{busy}.part")).exists());
}

#[test]
fn a_backup_that_is_killed_leaves_no_file_of_the_name() {
    let spot = Spot::city(Engine::Sqlite);
    let (file, part) = (spot.home.join("k.tar"), spot.home.join("k.tar.part"));
    let args = spot.args(&["backup", file.to_str().unwrap()]);
    let mut killed = 0;
    for _ in 0..40 {
        let mut child = yimen(&strs(&args)).stdout(std::process::Stdio::null()).spawn().unwrap();
        while !part.exists() && !file.exists() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let _ = child.kill();
        if child.wait().unwrap().code().is_none() {
            assert!(!file.exists(), "a killed backup left a file that looks whole");
            killed += usize::from(part.exists());
        }
        let _ = std::fs::remove_file(&file);
        if killed >= 3 {
            break;
        }
    }
    assert!(killed >= 3, "killed in time only {killed} times");
    // What it left behind stands in nobody's way.
    assert!(part.exists());
    done(&strs(&args));
    done(&strs(&spot.args(&["restore", "--verify", file.to_str().unwrap()])));
    assert!(!part.exists());
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let spot = Spot::city(Engine::Sqlite);
    let disk = spot.home.join("disk");
    std::fs::create_dir(&disk).unwrap();
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let script = r#"mount -t tmpfs -o size=64k yimen "$0" && "$@"; code=$?; ls -A "$0"; exit $code"#;
    let mut command = Command::new("unshare");
    command.args(if root { &["--mount"][..] } else { &["--map-root-user", "--mount"][..] });
    command.args(["sh", "-c", script]).arg(&disk).arg(env!("CARGO_BIN_EXE_yimen"));
    command.args(spot.args(&["backup", disk.join("a.tar").to_str().unwrap()]));
    let said: common::Said = command.output().unwrap().into();
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.err.contains("磁盘已满"), "{said:#?}");
    assert!(said.out.ends_with("…\n"), "something was left: {said:#?}");
}

#[test]
fn a_lost_material_is_told_and_costs_only_itself() {
    let spot = Spot::city(Engine::Sqlite);
    let blobs = spot.home.join("data/blobs");
    let mut found: Vec<PathBuf> = std::fs::read_dir(&blobs)
        .unwrap()
        .map(|folder| folder.unwrap().path())
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    found.sort();
    assert_eq!(found.len(), 4);
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    std::fs::remove_file(&found[0]).unwrap();
    std::fs::set_permissions(&found[1], PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(&found[1], b"damaged").unwrap();
    let file = spot.home.join("gaps.tar").display().to_string();
    let target = Spot::empty(Engine::Sqlite);
    target.take_key_of(&spot);
    for args in [spot.args(&["backup", &file]), target.args(&["restore", &file])] {
        let said = run(&strs(&args));
        assert_eq!(said.code, Some(2), "{said:#?}");
        assert!(said.err.contains(&name(&found[0])) && said.err.contains(&name(&found[1])), "{said:#?}");
    }
    assert_eq!(Archive::open(Path::new(&file)).unwrap().manifest.blobs.count, 2);
    assert_eq!(rows(&open_store(&target.place()).unwrap()), rows(&open_store(&spot.place()).unwrap()));
}

#[test]
fn a_backup_of_an_older_schema_is_brought_up_to_date() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let spot = Spot::empty(engine);
        let older = &MIGRATIONS[..MIGRATIONS.len() - 1];
        std::fs::create_dir_all(spot.data()).unwrap();
        open_store(&spot.place()).unwrap().migrate_with(older).unwrap();
        yimen_platform::Sealer::from_file(&spot.key()).unwrap();
        let file = spot.backup("older.tar");
        assert_eq!(
            Archive::open(Path::new(&file)).unwrap().manifest.schema_version,
            older.last().unwrap().number
        );
        let target = Spot::empty(engine);
        target.take_key_of(&spot);
        let said = done(&strs(&target.args(&["restore", &file])));
        assert!(said.out.contains("数据库结构已更新 1 步"), "{}", said.out);
        let version = open_store(&target.place()).unwrap().schema_version().unwrap();
        assert_eq!(version, MIGRATIONS.last().unwrap().number);
    }
}

#[test]
fn every_column_that_names_a_blob_is_known() {
    let spot = Spot::city(Engine::Sqlite);
    let mut found = Vec::new();
    let store = open_store(&spot.place()).unwrap();
    store
        .dump(|record| {
            if let Record::Table { name, columns } = record {
                let named = columns.iter().filter(|c| c.contains("digest") || c.contains("blob"));
                found.extend(named.map(|column| format!("{name}.{column}")));
            }
            Ok(())
        })
        .unwrap();
    // A new column: is it a material's? Then it belongs into BLOB_COLUMNS, or backups would lack it.
    let known = [
        "casework_file.digest",
        "catalogue_version.digest",
        "identity_pending.token_digest",
        "identity_policy.digest",
        "identity_session.token_digest",
    ];
    assert_eq!(found, known);
    assert_eq!(yimen::backup::BLOB_COLUMNS, &[("casework_file", "digest")]);
}

#[test]
fn a_restored_server_serves_what_was_there() {
    let spot = Spot::city(Engine::Sqlite);
    let file = spot.backup("whole.tar");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let target = Spot::empty(engine);
        target.take_key_of(&spot);
        done(&strs(&target.args(&["restore", &file])));
        let server = Server::start(&strs(&target.args(&["serve", "--port", "0"])));
        assert_eq!(server.get("/readyz").status, 200);
        assert_eq!(server.get("/").status, 200);
        let cookie = server.sign_in("19900000000");
        let page = server.ask("GET", "/my", &cookie, "");
        assert_eq!(page.status, 200, "{}", page.body);
    }
}

#[test]
fn a_restored_server_goes_on_as_the_same_public_log() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let spot = Spot::city(engine);
        let keys = |spot: &Spot| done(&strs(&spot.args(&["ledger", "keys"]))).out;
        let bare = run(&strs(&spot.args(&["backup", spot.home.join("bare.tar").to_str().unwrap()])));
        assert!(bare.out.contains("没有找到公开账本的签名密钥"), "{bare:#?}");
        // Signed once: from then on the key is who the log is.
        let server = Server::start(&strs(&spot.args(&["serve", "--port", "0"])));
        until(|| server.get("/tlog/checkpoint").status, |status| *status == 200);
        server.stop("TERM");
        let own = keys(&spot);
        let file = spot.backup("signed.tar");
        let packed = members(&file);
        let secret = std::fs::read_to_string(spot.place().ledger_key_file()).unwrap();
        assert!(packed.iter().any(|(name, _)| name == "keys/ledger.key.sealed"));
        for line in secret.lines() {
            let found = |bytes: &[u8]| bytes.windows(line.len()).any(|part| part == line.as_bytes());
            assert!(packed.iter().all(|(_, bytes)| !found(bytes)), "the key lies readable in the backup");
        }

        let other = Spot::empty(engine);
        other.take_key_of(&spot);
        let ledger_key = other.place().ledger_key_file();
        // Another log's key is refused, and nothing is written.
        std::fs::write(&ledger_key, secret.replace("PRIVATE", "OTHER")).unwrap();
        refused(&strs(&other.args(&["restore", &file])), &["另一个公开账本的密钥"]);
        std::fs::remove_file(&ledger_key).unwrap();
        let said = done(&strs(&other.args(&["restore", &file])));
        assert!(said.out.contains("已写入公开账本的签名密钥"), "{said:#?}");
        assert_eq!(std::fs::metadata(&ledger_key).unwrap().mode() & 0o777, 0o600);
        assert_eq!(keys(&other), own);
        done(&strs(&other.args(&["ledger", "verify"])));
        // Gone, the server does not sign as somebody else under the old name.
        std::fs::remove_file(&ledger_key).unwrap();
        refused(&strs(&other.args(&["serve", "--port", "0"])), &["缺少公开账本的签名密钥", "--new"]);
        assert!(!ledger_key.exists());
        let anew = done(&strs(&other.args(&["ledger", "keys", "--new"]))).out;
        assert_ne!(anew, own);
    }
}
