//! Files people send: what may come in, what is refused, and in which words.

mod look;
mod receive;
mod sniff;
mod whole;

pub use receive::{Received, Refused, Upload, receive};
pub use sniff::inspect;
pub use yimen_files::clamd::Clamd;

/// Kinds of file a material may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    Pdf,
    Jpeg,
    Png,
    /// 版式文档 GB/T 33190: a zip with OFD.xml.
    Ofd,
    Docx,
    Xlsx,
}

impl FileKind {
    /// What a material usually is.
    pub const COMMON: &'static [FileKind] = &[FileKind::Pdf, FileKind::Jpeg, FileKind::Png, FileKind::Ofd];
    pub const ALL: &'static [FileKind] =
        &[FileKind::Pdf, FileKind::Jpeg, FileKind::Png, FileKind::Ofd, FileKind::Docx, FileKind::Xlsx];

    pub fn name(self) -> &'static str {
        match self {
            FileKind::Pdf => "PDF",
            FileKind::Jpeg => "JPG",
            FileKind::Png => "PNG",
            FileKind::Ofd => "OFD",
            FileKind::Docx => "DOCX",
            FileKind::Xlsx => "XLSX",
        }
    }

    /// Endings of file names, the usual one first.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            FileKind::Pdf => &["pdf"],
            FileKind::Jpeg => &["jpg", "jpeg"],
            FileKind::Png => &["png"],
            FileKind::Ofd => &["ofd"],
            FileKind::Docx => &["docx"],
            FileKind::Xlsx => &["xlsx"],
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            FileKind::Pdf => "application/pdf",
            FileKind::Jpeg => "image/jpeg",
            FileKind::Png => "image/png",
            FileKind::Ofd => "application/ofd",
            FileKind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            FileKind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    fn of_ending(ending: &str) -> Option<FileKind> {
        FileKind::ALL.iter().copied().find(|kind| kind.endings().contains(&ending))
    }

    fn is_image(self) -> bool {
        matches!(self, FileKind::Jpeg | FileKind::Png)
    }
}

/// What one upload field accepts.
#[derive(Debug, Clone)]
pub struct Rules {
    pub max_bytes: u64,
    pub max_files: usize,
    pub kinds: Vec<FileKind>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { max_bytes: 20 << 20, max_files: 10, kinds: FileKind::COMMON.to_vec() }
    }
}

/// Why a file was not taken. Each has its own words, because each asks something else of the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadError {
    /// Nothing chosen.
    None,
    Type {
        accepted: String,
    },
    Size {
        limit: u64,
    },
    Empty,
    Virus,
    Password,
    /// The connection broke, or the disk did.
    Failed,
    TooMany {
        limit: usize,
    },
    /// Not filled in on the form that was handed out.
    Template,
    /// Its content is not what its name says.
    Disguised {
        named: &'static str,
        found: &'static str,
    },
    /// Its content cannot be read.
    Damaged {
        named: &'static str,
    },
    /// It breaks off before its end.
    CutOff,
    /// A picture of more points than that.
    Points {
        limit: u64,
    },
    /// An archive that unpacks to too much, or to somewhere else.
    Archive,
    /// A document with scripts, or that starts programs.
    Active,
}

impl UploadError {
    /// The sentence for the person; `name` is the file's name.
    pub fn message(&self, name: &str) -> String {
        match self {
            UploadError::None => "请选择要上传的文件。".into(),
            UploadError::Type { accepted } => format!("“{name}”的格式不能接受。请上传 {accepted} 文件。"),
            UploadError::Size { limit } => {
                format!("“{name}”超过 {}。请压缩、降低扫描分辨率或拆成几个文件后再上传。", size_words(*limit))
            }
            UploadError::Empty => format!("“{name}”是空文件，里面没有内容。请检查后重新选择。"),
            UploadError::Virus => {
                format!("“{name}”含有病毒或恶意内容，没有保存。请更换文件，并检查您的设备。")
            }
            UploadError::Password => {
                format!("“{name}”设有密码或加密限制，工作人员无法打开。请另存为不加密的文件后再上传。")
            }
            UploadError::Failed => format!("“{name}”没有上传成功。请检查网络后重新上传。"),
            UploadError::TooMany { limit: 0 } => {
                format!("文件个数已满，“{name}”没有保存。请先删除不需要的文件，再上传。")
            }
            UploadError::TooMany { limit } => {
                format!("这次最多只能再上传 {limit} 个文件，“{name}”没有保存。请删除不需要的文件后再上传。")
            }
            UploadError::Template => format!("“{name}”不是规定的模板。请下载模板，填写后再上传。"),
            UploadError::Disguised { named, found } => {
                format!(
                    "“{name}”的名称是 {named}，内容却是{found}，不能接受。请上传真正的 {named} 文件，只改扩展名不行。"
                )
            }
            UploadError::CutOff => {
                format!(
                    "“{name}”不完整，后面的内容缺失，可能没有下载完或者传输时中断了。请重新下载、拍照或扫描，能打开后再上传。"
                )
            }
            UploadError::Points { limit } => {
                let limit = limit / 10_000;
                format!("“{name}”的像素太多，超过 {limit} 万。请降低拍照或扫描的分辨率后再上传。")
            }
            UploadError::Archive => {
                format!(
                    "“{name}”里面的内容太多、解开后太大，或者路径异常，可能有害，没有保存。请用原来的软件重新导出后再上传。"
                )
            }
            UploadError::Active => {
                format!(
                    "“{name}”里带有脚本或者会启动程序的内容，不能接受。请打开后用“打印”另存为新的 PDF，再上传新的文件。"
                )
            }
            UploadError::Damaged { named } => {
                format!("“{name}”已损坏或不是 {named} 文件，无法打开。请重新导出或扫描后再上传。")
            }
        }
    }
}

/// 200 KB, 1.5 MB
pub fn size_words(bytes: u64) -> String {
    const MB: u64 = 1 << 20;
    match bytes {
        0..1024 => format!("{bytes} 字节"),
        1024..MB => format!("{} KB", bytes.div_ceil(1024)),
        _ if bytes.is_multiple_of(MB) => format!("{} MB", bytes / MB),
        _ => format!("{}.{} MB", bytes / MB, bytes % MB * 10 / MB),
    }
}

/// A name that is safe to keep, show and offer for download: no path, no control or direction characters, no leading
/// dot, at most 100 characters. The language of the name is the person's own.
pub fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'))
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c })
        .collect();
    let kept = kept.trim_start_matches(['.', ' ']).trim();
    let (stem, ending) = match kept.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.chars().count() <= 10 => (stem, Some(ending)),
        _ => (kept, None),
    };
    let stem: String = if stem.is_empty() { "未命名".into() } else { stem.chars().take(88).collect() };
    ending.map_or(stem.clone(), |ending| format!("{stem}.{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_paths_and_tricks_and_keep_their_language() {
        for (given, kept) in [
            ("身份证 正面.JPG", "身份证 正面.JPG"),
            ("C:\\Users\\张三\\合同.pdf", "合同.pdf"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\.htaccess", "htaccess"),
            ("photo\u{202E}gpj.exe", "photogpj.exe"),
            ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie_ b.pdf"),
            ("", "未命名"),
            (".pdf", "pdf"),
            ("𠮷野 ئۇيغۇر.png", "𠮷野 ئۇيغۇر.png"),
        ] {
            assert_eq!(clean_name(given), kept);
        }
        let long = clean_name(&format!("{}.pdf", "长".repeat(300)));
        assert_eq!((long.chars().count(), long.ends_with(".pdf")), (92, true));
    }

    #[test]
    fn sizes_read_well() {
        assert_eq!(
            [0, 900, 1024, 204_000, 1 << 20, (3 << 20) / 2, 20 << 20].map(size_words),
            ["0 字节", "900 字节", "1 KB", "200 KB", "1 MB", "1.5 MB", "20 MB"]
        );
    }

    #[test]
    fn every_refusal_has_words_of_its_own_that_end_a_sentence() {
        let all = [
            UploadError::None,
            UploadError::Type { accepted: "PDF".into() },
            UploadError::Size { limit: 20 << 20 },
            UploadError::Empty,
            UploadError::Virus,
            UploadError::Password,
            UploadError::Failed,
            UploadError::TooMany { limit: 10 },
            UploadError::Template,
            UploadError::Disguised { named: "PDF", found: "Windows 程序" },
            UploadError::Damaged { named: "PDF" },
            UploadError::CutOff,
            UploadError::Points { limit: 64_000_000 },
            UploadError::Archive,
            UploadError::Active,
        ];
        let words: std::collections::BTreeSet<String> = all.iter().map(|e| e.message("合同.pdf")).collect();
        assert_eq!(words.len(), all.len());
        assert!(words.iter().all(|w| w.ends_with('。')));
    }
}
