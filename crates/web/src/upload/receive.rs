//! Takes multipart bodies in, piece by piece, with a limit for each file, for each request, and for all of them.

use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Clamd, FileKind, Rules, UploadError, clean_name, inspect, look};
use crate::errors::WebError;
use crate::form_body::{MAX_BODY, MAX_FIELDS};
use crate::forms::FormState;
use crate::site::Site;

/// Memory all uploads together may hold, in KiB; beyond it people are asked to wait instead of the machine dying.
const BUDGET_KIB: usize = 512 * 1024;
static BUDGET: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(BUDGET_KIB)));

/// A file that passed.
#[derive(Debug)]
pub struct Upload {
    /// Name of the form field it came in.
    pub field: String,
    pub file_name: String,
    pub kind: FileKind,
    pub bytes: Vec<u8>,
    /// Given back when the file is dropped.
    _memory: Option<OwnedSemaphorePermit>,
}

/// A file that did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub field: String,
    pub file_name: String,
    pub why: UploadError,
}

impl Refused {
    pub fn message(&self) -> String {
        self.why.message(&self.file_name)
    }
}

/// Everything a multipart form brought.
#[derive(Debug, Default)]
pub struct Received {
    pub uploads: Vec<Upload>,
    pub refused: Vec<Refused>,
    /// The fields that are not files.
    pub form: FormState,
}

impl Received {
    /// Puts the refusals into the form's errors, or says that nothing was chosen.
    pub fn errors_for(&mut self, field: &str) -> &mut FormState {
        let messages: Vec<String> = self.refused.iter().map(Refused::message).collect();
        if !messages.is_empty() {
            self.form.error(field, messages.join(" "));
        } else if self.uploads.is_empty() {
            self.form.error(field, UploadError::None.message(""));
        }
        &mut self.form
    }
}

/// Reads a multipart request. Files that break a rule are in `refused`, the others in `uploads`; an error means the
/// request as a whole could not be read.
pub async fn receive(mut request: Request, rules: &Rules) -> Result<Received, WebError> {
    let files = u64::try_from(rules.max_files).unwrap_or(u64::MAX).saturating_add(2);
    let whole = rules.max_bytes.saturating_mul(files).saturating_add(MAX_BODY as u64);
    DefaultBodyLimit::max(usize::try_from(whole).unwrap_or(usize::MAX)).apply(&mut request);
    let site = request.extensions().get::<Arc<Site>>().cloned();
    let scanner = site.as_ref().and_then(|site| site.scanner.as_ref());
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| WebError::unsupported("这里只接受文件上传表单。请从本站页面选择文件上传。"))?;
    let mut received = Received::default();
    let mut text_size = 0;
    let mut count = 0;
    while let Some(part) = parts.next_field().await.map_err(|e| broken(&e))? {
        count += 1;
        if count > MAX_FIELDS {
            return Err(WebError::too_large(format!("表单最多 {MAX_FIELDS} 项，请减少内容后重试。")));
        }
        let field = part.name().unwrap_or_default().to_string();
        if part.file_name().is_some() {
            take_file(part, field, (rules, scanner), &mut received).await?;
        } else {
            let bytes = part.bytes().await.map_err(|e| broken(&e))?;
            text_size += bytes.len();
            if text_size > MAX_BODY {
                return Err(WebError::too_large("提交的文字超过 64 KB，没有保存。请缩短内容后重试。"));
            }
            let text = String::from_utf8(bytes.to_vec()).map_err(|_| {
                WebError::bad_request("提交的文字不是 UTF-8 编码，无法读取。请用本站页面重新填写并提交。")
            })?;
            received.form.push(field, text.replace("\r\n", "\n"));
        }
    }
    Ok(received)
}

async fn take_file(
    mut part: Field<'_>,
    field: String,
    (rules, scanner): (&Rules, Option<&Clamd>),
    received: &mut Received,
) -> Result<(), WebError> {
    let given = part.file_name().unwrap_or_default().to_string();
    let file_name = clean_name(&given);
    let mut bytes: Vec<u8> = Vec::new();
    let mut memory: Option<OwnedSemaphorePermit> = None;
    let mut size = 0_u64;
    let full = received.uploads.len() >= rules.max_files;
    // A file too many or too large is read to its end all the same: a browser shows no answer while it still sends.
    while let Some(chunk) = part.chunk().await.map_err(|e| broken(&e))? {
        size += chunk.len() as u64;
        if full || size > rules.max_bytes {
            (bytes, memory) = (Vec::new(), None);
        } else {
            keep(&mut bytes, &mut memory, &chunk)?;
        }
    }
    if given.is_empty() && size == 0 {
        // An empty file input sends a nameless empty part.
        return Ok(());
    }
    let verdict = if full {
        Err(UploadError::TooMany { limit: rules.max_files })
    } else if size > rules.max_bytes {
        Err(UploadError::Size { limit: rules.max_bytes })
    } else {
        inspect(&file_name, &bytes, rules)
    };
    let verdict = match verdict {
        Ok(kind) => match look::scanned(scanner, &bytes).await? {
            Ok(()) => look::into(kind, bytes).await.map(|bytes| (kind, bytes)),
            Err(why) => Err(why),
        },
        Err(why) => Err(why),
    };
    match verdict {
        Ok((kind, bytes)) => {
            let file_name = with_ending(file_name, kind);
            received.uploads.push(Upload { field, file_name, kind, bytes, _memory: memory });
        }
        Err(why) => received.refused.push(Refused { field, file_name, why }),
    }
    Ok(())
}

fn keep(
    bytes: &mut Vec<u8>,
    memory: &mut Option<OwnedSemaphorePermit>,
    chunk: &Bytes,
) -> Result<(), WebError> {
    bytes.extend_from_slice(chunk);
    let held = memory.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
    let more = bytes.len().div_ceil(1024).saturating_sub(held);
    let busy = || {
        WebError::new(crate::ErrorKind::Unavailable)
            .detail("同时上传的人较多，这个文件没有保存。请过一会儿再上传。")
    };
    let permits = u32::try_from(more).map_err(|_| busy())?;
    let permit = BUDGET.clone().try_acquire_many_owned(permits).map_err(|_| busy())?;
    match memory {
        Some(held) => held.merge(permit),
        None => *memory = Some(permit),
    }
    Ok(())
}

/// The name ends as the content asks: `image` becomes `image.jpg`.
fn with_ending(name: String, kind: FileKind) -> String {
    let fits =
        name.rsplit_once('.').is_some_and(|(_, e)| kind.endings().contains(&e.to_ascii_lowercase().as_str()));
    if fits {
        return name;
    }
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    format!("{stem}.{}", kind.endings()[0])
}

fn broken(error: &MultipartError) -> WebError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return WebError::too_large("一次上传的文件太多或太大，没有保存。请分几次上传。");
    }
    if crate::traffic::is_too_slow(error) {
        return WebError::new(crate::ErrorKind::Slow);
    }
    tracing::debug!(%error, "multipart body broken");
    WebError::bad_request("上传没有完成，文件没有保存。请检查网络后重新上传。")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn request(parts: &[(&str, Option<&str>, &[u8])]) -> Request {
        let mut body = Vec::new();
        for (name, file, bytes) in parts {
            body.extend_from_slice(
                format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"").as_bytes(),
            );
            if let Some(file) = file {
                body.extend_from_slice(format!("; filename=\"{file}\"").as_bytes());
            }
            body.extend_from_slice(b"\r\n\r\n");
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--X--\r\n");
        Request::post("/")
            .header("content-type", "multipart/form-data; boundary=X")
            .body(Body::from(body))
            .unwrap()
    }

    #[tokio::test]
    async fn takes_files_and_fields_and_tells_refusals_apart() {
        let rules = Rules { max_bytes: 2000, max_files: 2, ..Rules::default() };
        let photo = yimen_files::samples::photo(16, 8, 1);
        let mut received = receive(
            request(&[
                ("nonce", None, b"n1"),
                ("file", Some("合同.pdf"), b"%PDF-1.7 %%EOF"),
                ("file", Some("C:\\x\\big.pdf"), &[b'%'; 2001]),
                ("file", Some("image"), &photo),
                ("file", Some("third.pdf"), b"%PDF-1.7"),
            ]),
            &rules,
        )
        .await
        .unwrap();
        let names: Vec<&str> = received.uploads.iter().map(|u| u.file_name.as_str()).collect();
        assert_eq!(names, ["合同.pdf", "image.jpg"]);
        let why: Vec<&UploadError> = received.refused.iter().map(|r| &r.why).collect();
        assert_eq!(why, [&UploadError::Size { limit: 2000 }, &UploadError::TooMany { limit: 2 }]);
        assert!(photo.windows(3).any(|three| three == b"GPS"));
        assert!(!received.uploads[1].bytes.windows(3).any(|three| three == b"GPS"));
        assert_eq!(received.form.nonce(), "n1");
        assert!(received.errors_for("file").error_of("file").unwrap().contains("big.pdf"));
    }

    #[tokio::test]
    async fn an_empty_choice_asks_for_a_file() {
        let mut received = receive(request(&[("file", Some(""), b"")]), &Rules::default()).await.unwrap();
        assert_eq!(received.errors_for("file").error_of("file"), Some("请选择要上传的文件。"));
    }

    #[tokio::test]
    async fn a_body_that_is_cut_off_or_far_too_large_is_an_error() {
        let cut = Request::post("/")
            .header("content-type", "multipart/form-data; boundary=X")
            .body(Body::from(
                "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF",
            ))
            .unwrap();
        assert_eq!(receive(cut, &Rules::default()).await.unwrap_err().status(), StatusCode::BAD_REQUEST);
        let rules = Rules { max_bytes: 10, max_files: 1, ..Rules::default() };
        let large = request(&[("file", Some("a.pdf"), &vec![b'x'; MAX_BODY + 100])]);
        assert_eq!(receive(large, &rules).await.unwrap_err().status(), StatusCode::PAYLOAD_TOO_LARGE);
        let other = Request::post("/").body(Body::from("x")).unwrap();
        assert_eq!(receive(other, &rules).await.unwrap_err().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}
