//! Notes, keys, checkpoints and proofs as text; SM2 as OpenSSL sees it.

use std::process::Command;

use proptest::prelude::*;
use yimen_ledger::tlog::checkpoint::Checkpoint;
use yimen_ledger::tlog::hash::Hash;
use yimen_ledger::tlog::key::{Algorithm, KeyError, SM2_DISTID, Signer, Verifier, cosigned_at};
use yimen_ledger::tlog::note::{Note, NoteError};
use yimen_ledger::tlog::proof::{Proof, ProofError};
use yimen_ledger::tlog::tree::{inclusion, root};

use crate::tiles::{Log, entry};

const LOG: &str = "city.example/tlog";
const NOW: u64 = 1_790_000_000;

fn signer(name: &str, algorithm: Algorithm) -> Signer {
    Signer::new(name, algorithm, &[7; 32]).unwrap()
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint { origin: LOG.into(), size, root: root(&mut Log::of(size).at(size), size).unwrap() }
}

fn signed(text: String, signers: &[&Signer]) -> Note {
    let mut note = Note::new(text);
    note.signatures = signers.iter().map(|s| s.sign(&note.text, NOW)).collect();
    note
}

/// The note of the specification's first page, its key as published with Go's note package.
#[test]
fn a_note_signed_elsewhere_is_verified() {
    let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let note = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let key = Verifier::parse(key).unwrap();
    let note = Note::parse(note).unwrap();
    assert_eq!(note.verify(std::slice::from_ref(&key)).unwrap().len(), 1);
    let mut changed = note.clone();
    changed.text = changed.text.replace("answer", "question");
    assert_eq!(changed.verify(&[key]).unwrap_err(), NoteError::WrongSignature);
}

#[test]
fn each_kind_of_key_signs_and_reads_back() {
    for algorithm in [Algorithm::Ed25519, Algorithm::Cosignature, Algorithm::Sm2] {
        let key = signer("witness.example/民政", algorithm);
        let again = Signer::parse(&key.to_secret_text()).unwrap();
        let verifier = Verifier::parse(&key.verifier().to_string()).unwrap();
        let note = signed("text\n".into(), &[&again]);
        let note = Note::parse(&note.to_string()).unwrap();
        assert_eq!(note.verify(std::slice::from_ref(&verifier)).unwrap().len(), 1, "{algorithm:?}");
        let mut other = note.clone();
        other.text.insert(0, 'x');
        assert_eq!(other.verify(std::slice::from_ref(&verifier)).unwrap_err(), NoteError::WrongSignature);
        let stranger = Signer::new("witness.example/民政", algorithm, &[8; 32]).unwrap();
        assert_eq!(note.verify(&[stranger.verifier().clone()]).unwrap_err(), NoteError::Unsigned);
        let time = cosigned_at(&note.signatures[0].signature);
        assert_eq!(time == Some(NOW), algorithm == Algorithm::Cosignature);
    }
}

#[test]
fn keys_that_are_none_are_refused() {
    let text = signer(LOG, Algorithm::Ed25519).verifier().to_string();
    assert_eq!(Verifier::parse(&text.replacen("city", "town", 1)).unwrap_err(), KeyError::WrongId);
    for bad in ["", "a", "a+b", "a+00000000+", "a+00000000+AQ==", "a b+00000000+AQ==", "++"] {
        assert!(Verifier::parse(bad).is_err(), "{bad}");
        assert!(Signer::parse(&format!("PRIVATE+KEY+{bad}")).is_err(), "{bad}");
    }
    assert_eq!(Signer::new("two words", Algorithm::Ed25519, &[1; 32]).err(), Some(KeyError::BadName));
    assert!(Signer::new("zero", Algorithm::Sm2, &[0; 32]).is_err());
}

#[test]
fn the_other_implementation_reads_our_checkpoint() {
    let text = checkpoint(70).text();
    let theirs = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).unwrap();
    assert_eq!((theirs.origin(), theirs.size()), (LOG, 70));
    assert_eq!(theirs.hash().0, checkpoint(70).root.0);
    assert_eq!(Checkpoint::parse(&text), Some(checkpoint(70)));
    assert_eq!(Checkpoint::parse(&text.replace("70", "070")), None);
    assert_eq!(Checkpoint::parse(text.trim_end()), None);
    assert!(Checkpoint::parse(&format!("{text}extension\n")).is_some());
    assert_eq!(Checkpoint::parse(&format!("{text}\n")), None);
}

#[test]
fn a_proof_travels_as_text_and_holds_for_its_entry_only() {
    let log = Log::of(300);
    let (key, witness) =
        (signer(LOG, Algorithm::Ed25519), signer("witness.example/1", Algorithm::Cosignature));
    let path = inclusion(&mut log.at(300), 41, 300).unwrap();
    let note = signed(checkpoint(300).text(), &[&key, &witness]);
    let text = Proof { extra: b"salt".to_vec(), index: 41, path, note }.to_string();
    let proof = Proof::parse(&text).unwrap();
    let keys = [key.verifier().clone(), witness.verifier().clone()];
    let (head, by) = proof.verify(LOG, &entry(41), &keys).unwrap();
    assert_eq!((head.size, by.len()), (300, 2));
    assert_eq!(proof.verify(LOG, &entry(42), &keys).unwrap_err(), ProofError::NotIncluded);
    assert!(matches!(proof.verify("other", &entry(41), &keys), Err(ProofError::OtherLog(_))));
    // A witness alone does not speak for the log.
    let alone = proof.verify(LOG, &entry(41), &keys[1..]);
    assert_eq!(alone.unwrap_err(), ProofError::Note(NoteError::Unsigned));
    for cut in [10, 40, 200, text.len() / 2] {
        assert!(Proof::parse(&text[..cut]).is_err(), "{cut}");
    }
    assert!(Proof::parse(&text.replace("index 41", "index 041")).is_err());
    let bare = Proof { extra: Vec::new(), ..proof };
    assert_eq!(Proof::parse(&bare.to_string()).unwrap(), bare);
}

/// OpenSSL knows nothing of us: it verifies the signature from the public key alone.
#[test]
fn openssl_verifies_our_sm2_signature() {
    let key = signer(LOG, Algorithm::Sm2);
    let text = checkpoint(9).text();
    let line = key.sign(&text, NOW);
    let folder = std::env::temp_dir().join(format!("yimen-sm2-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let encoded = key.verifier().to_string();
    let point = base64_of(encoded.rsplit('+').next().unwrap(), &encoded);
    let public = file("public.der", &spki(&point[1 + "sm2-sm3".len()..]));
    let signature = file("signature.der", &der(&line.signature));
    let message = file("message", text.as_bytes());
    let verify = |message: &std::path::Path| {
        Command::new("openssl")
            .args(["pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pubin", "-keyform", "DER", "-inkey"])
            .arg(&public)
            .args(["-pkeyopt", &format!("distid:{SM2_DISTID}"), "-sigfile"])
            .arg(&signature)
            .arg("-in")
            .arg(message)
            .output()
            .expect("openssl is installed")
    };
    let verdict = verify(&message);
    assert!(verdict.status.success(), "{}", String::from_utf8_lossy(&verdict.stderr));
    let other = file("other", checkpoint(8).text().as_bytes());
    assert!(!verify(&other).status.success());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The key bytes behind the last `+`; base64 itself may hold a `+`, so they are cut by position.
fn base64_of(_: &str, vkey: &str) -> Vec<u8> {
    use base64::Engine;
    let text = vkey.splitn(3, '+').nth(2).unwrap();
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

/// A SubjectPublicKeyInfo of an SM2 point.
fn spki(point: &[u8]) -> Vec<u8> {
    let algorithm = hex::decode("301306072a8648ce3d020106082a811ccf5501822d").unwrap();
    let bits = [&[0x03, point.len() as u8 + 1, 0x00], point].concat();
    let body = [algorithm, bits].concat();
    [&[0x30, body.len() as u8], &body[..]].concat()
}

/// r and s as OpenSSL wants them.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let mut digits: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
        if digits[0] & 0x80 != 0 {
            digits.insert(0, 0);
        }
        [&[0x02, digits.len() as u8], &digits[..]].concat()
    };
    let body = [integer(&signature[..32]), integer(&signature[32..])].concat();
    [&[0x30, body.len() as u8], &body[..]].concat()
}

proptest! {
    #[test]
    fn what_comes_from_outside_never_panics(text in "\\PC{0,200}", lines in "(— [a-z]{1,5} [A-Za-z0-9+/=]{1,20}\n){0,4}") {
        for text in [text.clone(), format!("{text}\n\n{lines}"), format!("c2sp.org/tlog-proof@v1\nindex 1\n{text}\n\na\n1\n{lines}")] {
            if let Ok(note) = Note::parse(&text) {
                prop_assert_eq!(note.to_string(), text.clone());
            }
            let _ = Proof::parse(&text);
            let _ = Verifier::parse(&text);
            let _ = Checkpoint::parse(&text);
        }
        let _ = Hash::from_base64(&text);
    }
}
