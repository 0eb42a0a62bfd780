//! Looks into a file whose kind is known: what may be kept of it, and what a virus scanner says.

use tokio::sync::Semaphore;
use yimen_files::clamd::{Clamd, Verdict};
use yimen_files::picture::{Fault, Format, MOST_POINTS, anew};
use yimen_files::zip::Harm;
use yimen_files::{pdf, zip};

use super::{FileKind, UploadError};
use crate::errors::WebError;

/// Pictures and archives looked into at once: a picture takes up to half a gigabyte for a second.
static TURNS: Semaphore = Semaphore::const_new(2);
/// A document of this size is read sooner than it is handed over.
const SMALL: usize = 256 * 1024;

/// What is kept of a file: a picture is encoded anew, the others are as they came.
pub(super) async fn into(kind: FileKind, bytes: Vec<u8>) -> Result<Vec<u8>, UploadError> {
    if kind == FileKind::Pdf && bytes.len() <= SMALL {
        return checked(kind, bytes);
    }
    // Never closed.
    let Ok(_turn) = TURNS.acquire().await else { return Err(UploadError::Failed) };
    tokio::task::spawn_blocking(move || checked(kind, bytes)).await.unwrap_or(Err(UploadError::Failed))
}

fn checked(kind: FileKind, bytes: Vec<u8>) -> Result<Vec<u8>, UploadError> {
    let picture = |format| {
        anew(format, &bytes).map_err(|fault| match fault {
            Fault::TooLarge => UploadError::Points { limit: MOST_POINTS },
            Fault::Damaged => UploadError::Damaged { named: kind.name() },
        })
    };
    match kind {
        FileKind::Jpeg => picture(Format::Jpeg),
        FileKind::Png => picture(Format::Png),
        FileKind::Pdf => match pdf::acts(&bytes) {
            None => Ok(bytes),
            Some(_) => Err(UploadError::Active),
        },
        FileKind::Ofd | FileKind::Docx | FileKind::Xlsx => match zip::check(&bytes) {
            Ok(()) => Ok(bytes),
            Err(Harm::Damaged) => Err(UploadError::Damaged { named: kind.name() }),
            Err(Harm::TooMuch | Harm::Path) => Err(UploadError::Archive),
        },
    }
}

/// Asks the scanner, if there is one. Where it does not answer nothing is taken.
pub(super) async fn scanned(
    scanner: Option<&Clamd>,
    bytes: &[u8],
) -> Result<Result<(), UploadError>, WebError> {
    let Some(scanner) = scanner else { return Ok(Ok(())) };
    match scanner.scan(bytes).await {
        Ok(Verdict::Clean) => Ok(Ok(())),
        Ok(Verdict::Found(name)) => {
            tracing::warn!(name, "a virus in an upload");
            Ok(Err(UploadError::Virus))
        }
        Err(cause) => {
            let words = "病毒检查暂时不能进行，文件没有保存。请过几分钟再上传。";
            Err(WebError::unavailable(format_args!("virus scanner: {cause}")).detail(words))
        }
    }
}
