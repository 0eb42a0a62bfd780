//! `yimen ledger …`: verifying the public log, checking receipts, witnessing.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use yimen::hold::Hold;
use yimen::ledger;
use yimen::open::{Place, open, open_held};
use yimen_casework::pages::act_words;
use yimen_ledger::tlog::key::{Algorithm, Signer, Verifier};
use yimen_ledger::witness::Witness;
use yimen_ledger::{LedgerError, pages};

use crate::serve::{Failure, bind, runtime};

/// How often progress is told.
const TELL: u64 = 100_000;

/// Makes the log again from the journal.
pub fn verify_log(place: &Place) -> Result<ExitCode, Failure> {
    if !place.key_file().exists() {
        return Err(format!("{} 里没有一门的数据。请用 --data 指明数据目录。", place.data.display()).into());
    }
    let platform = open(place)?;
    let keys = ledger::keys(place, &platform, false)?.verifiers();
    println!("正在按日志重新计算整本账 …");
    let verified = platform.store.read_blocking(move |q| {
        let mut told = 0;
        yimen_ledger::verify(q, &keys, |done| {
            if done / TELL > told {
                told = done / TELL;
                println!("  … 已核对 {done} 条");
            }
        })
    });
    match verified {
        Ok(found) => {
            println!("账本完好：{} 条，{} 个检查点的签名和根都对得上。", found.leaves, found.checkpoints);
            println!("根：{}", found.root.base64());
            if found.waiting + found.unsigned > 0 {
                println!(
                    "另有 {} 条日志等待存证，{} 条等待签名；服务运行时几秒内完成。",
                    found.waiting, found.unsigned
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(LedgerError::Store(error)) => Err(error.into()),
        Err(error) => {
            eprintln!("账本有问题：{error}。请保留现场，用备份和见证方的签名查明何时被改动。");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Checks a receipt with keys alone.
pub fn check_receipt(file: &Path, keys: &[String]) -> Result<ExitCode, Failure> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("不能读取凭证 {}：{e}", file.display()))?;
    let keys = verifiers(keys)?;
    let origin = keys.first().map_or("", Verifier::name);
    match yimen_ledger::check(&text, origin, &keys) {
        Ok(checked) => {
            println!("凭证属实：{}，{}", checked.act.at().zh(), act_words(&checked.act.verb));
            println!("  内容：{}", checked.act.body);
            println!("  账本 {} 第 {} 条，共 {} 条", origin, checked.index + 1, checked.checkpoint.size);
            println!("  签名：{}", checked.signers().join("、"));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("凭证不能证明：{error}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Checks an exported file with keys alone.
pub fn check_export(file: &Path, keys: &[String]) -> Result<ExitCode, Failure> {
    let bytes = std::fs::read(file).map_err(|e| format!("不能读取 {}：{e}", file.display()))?;
    match yimen_ledger::export::check(&bytes, &verifiers(keys)?) {
        Ok(found) => {
            println!("导出的文件完整，没有改动：{} 条记录，{} 导出。", found.rows, found.at.zh());
            println!("  签名：{}", found.signed_by);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("不能证明 {} 完整可靠：{error}", file.display());
            Ok(ExitCode::FAILURE)
        }
    }
}

pub fn print_keys(place: &Place, new: bool) -> Result<ExitCode, Failure> {
    // A server that runs would go on signing with the keys of before.
    let hold = if new { Some(Hold::take(place)?) } else { None };
    let platform = hold.as_ref().map_or_else(|| open(place), |hold| open_held(place, hold))?;
    for key in ledger::keys(place, &platform, new)?.verifiers() {
        println!("{key}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Serves as a witness, with a key and a memory of its own in the data folder.
pub fn witness(place: &Place, listen: SocketAddr, name: &str, logs: &[String]) -> Result<ExitCode, Failure> {
    let logs = verifiers(logs)?;
    let listener = bind(listen)?;
    let hold = Hold::take(place)?;
    let platform = open_held(place, &hold)?;
    let signer = witness_key(place, name)?;
    let key = signer.verifier().to_string();
    let watched: Vec<String> = logs.iter().map(|log| log.name().to_string()).collect();
    let router = pages::witness_routes(Arc::new(Witness { signer, logs }), platform);
    runtime()?.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        println!("见证服务已启动：http://{}", listener.local_addr()?);
        println!("见证的账本：{}", watched.join("、"));
        println!("在账本一方加上：--witness 'http://{}={key}'\n停止：Ctrl+C", listener.local_addr()?);
        axum::serve(listener, router).with_graceful_shutdown(crate::serve::told_to_stop()).await
    })?;
    Ok(ExitCode::SUCCESS)
}

fn witness_key(place: &Place, name: &str) -> Result<Signer, Failure> {
    use rand::Rng;
    let file = place.data.join("keys").join("witness.key");
    if !file.exists() {
        let mut seed = [0; 32];
        rand::rng().fill_bytes(&mut seed);
        let signer =
            Signer::new(name, Algorithm::Cosignature, &seed).map_err(|e| format!("--name {name}：{e}"))?;
        yimen_platform::Sealer::write_key(&file, &signer.to_secret_text())?;
    }
    let text = std::fs::read_to_string(&file).map_err(|e| format!("不能读取 {}：{e}", file.display()))?;
    let signer = Signer::parse(&text).map_err(|e| format!("{}：{e}", file.display()))?;
    match signer.verifier().name() == name {
        true => Ok(signer),
        false => Err(format!(
            "{} 是“{}”的密钥，不是“{name}”的。请用原来的 --name，或换一个 --data。",
            file.display(),
            signer.verifier().name()
        )
        .into()),
    }
}

fn verifiers(keys: &[String]) -> Result<Vec<Verifier>, Failure> {
    let parse = |key: &String| Verifier::parse(key).map_err(|e| format!("公钥“{key}”不能使用：{e}").into());
    keys.iter().map(parse).collect()
}
