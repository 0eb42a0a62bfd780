//! Reading a pack folder: every file to its tree, its tree to the model, every fault with its place.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{City, PackMeta, Service};
use crate::schema::FileKind;
use crate::shape;
use crate::suggest::nearest;
use crate::yaml::{self, At, Node};

/// Largest file taken.
const MAX_BYTES: u64 = 1 << 20;

/// A pack as far as it could be read. What did not fit the model is absent and told in `diagnostics`.
#[derive(Debug, Clone, Default)]
pub struct Pack {
    /// The folder's name.
    pub name: String,
    pub meta: Option<File<PackMeta>>,
    pub city: Option<File<City>>,
    /// In the order of their file names.
    pub services: Vec<File<Service>>,
    pub diagnostics: Vec<Diagnostic>,
}

/// One file of a pack with the positions of everything in it.
#[derive(Debug, Clone)]
pub struct File<T> {
    /// Path as given to the loader, for messages.
    pub path: String,
    pub node: Node,
    pub value: T,
}

impl<T> File<T> {
    /// A finding at a JSON pointer of this file.
    pub fn diagnostic(
        &self,
        pointer: &str,
        code: Code,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Diagnostic {
        diagnostic(&self.path, self.node.at_pointer(pointer), code, message, fix)
    }
}

pub(crate) fn diagnostic(
    file: &str,
    at: At,
    code: Code,
    message: impl Into<String>,
    fix: impl Into<String>,
) -> Diagnostic {
    Diagnostic {
        file: file.to_owned(),
        line: at.line,
        column: at.column,
        severity: code.severity(),
        code,
        message: message.into(),
        fix: fix.into(),
    }
}

impl Pack {
    /// Reads the folder. Nothing here fails: a folder that is not there is a finding too.
    pub fn load(folder: &Path) -> Self {
        // `.` has no name of its own.
        let named = match folder.file_name() {
            Some(_) => Ok(folder.to_owned()),
            None => folder.canonicalize(),
        };
        let name =
            named.ok().and_then(|f| Some(f.file_name()?.to_string_lossy().into_owned())).unwrap_or_default();
        let mut pack = Self { name, ..Self::default() };
        pack.meta = pack.file(&folder.join("pack.yaml"), FileKind::Pack);
        pack.city = pack.file(&folder.join("city.yaml"), FileKind::City);
        for path in pack.service_files(&folder.join("services")) {
            if let Some(service) = pack.file(&path, FileKind::Service) {
                pack.services.push(service);
            }
        }
        pack
    }

    /// The `.yaml` files of `services/`, by name; anything else there is told, since a forgotten service is not seen.
    fn service_files(&mut self, folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        match std::fs::read_dir(folder) {
            Ok(entries) => {
                for path in entries.filter_map(|entry| entry.ok().map(|e| e.path())) {
                    let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
                    match path.extension().and_then(|e| e.to_str()) {
                        Some("yaml") => found.push(path),
                        Some("yml") => self.push(
                            &path,
                            Code::FileName,
                            "服务文件的扩展名应为 .yaml",
                            "改名为 .yaml，否则不会被读取",
                        ),
                        _ if hidden => {}
                        _ => self.push(
                            &path,
                            Code::FileName,
                            "services/ 里有不是事项的文件",
                            "移走它，或改名为 .yaml",
                        ),
                    }
                }
            }
            Err(error) => self.push(
                folder,
                Code::FileMissing,
                format!("读不到 services 文件夹：{}", because(&error)),
                "建立 services 文件夹，每个事项一个 .yaml 文件",
            ),
        }
        found.sort();
        if found.is_empty() {
            self.push(
                folder,
                Code::NoService,
                "事项包里没有任何事项",
                "在 services/ 里放入至少一个 .yaml 文件",
            );
        }
        found
    }

    fn push(&mut self, path: &Path, code: Code, message: impl Into<String>, fix: impl Into<String>) {
        self.diagnostics.push(diagnostic(&path.display().to_string(), At::START, code, message, fix));
    }

    fn file<T: DeserializeOwned>(&mut self, path: &Path, kind: FileKind) -> Option<File<T>> {
        match read(path) {
            Ok(text) => {
                let (file, diagnostics) = parse(&path.display().to_string(), &text, kind);
                self.diagnostics.extend(diagnostics);
                file
            }
            Err((code, message, fix)) => {
                self.push(path, code, message, fix);
                None
            }
        }
    }
}

type Refusal = (Code, String, &'static str);

fn read(path: &Path) -> Result<String, Refusal> {
    use std::io::Read;
    let unreadable = |error: std::io::Error| unreadable(path, &error);
    // Opening a pipe waits for its other end, reading a device has no end: only files are read.
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if meta.is_dir() {
        return Err((Code::FileUnreadable, "这是文件夹，不是文件".to_owned(), "移走它，放上同名的文件"));
    }
    if !meta.is_file() {
        return Err((Code::FileUnreadable, "这不是普通文件".to_owned(), "移走它，放上同名的文件"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("文件过大（{} 字节，最多 {MAX_BYTES} 字节）", meta.len());
        return Err((Code::FileUnreadable, message, "一个文件只写一个事项"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|b| **b == b'\n').count() + 1;
        (Code::FileUnreadable, format!("第 {line} 行起不是 UTF-8 文字"), "把文件另存为 UTF-8 编码")
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Refusal {
    if path.is_symlink() {
        let message = format!("符号链接指向的文件读不到：{}", because(error));
        return (Code::FileUnreadable, message, "把文件本身放在这里");
    }
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            (Code::FileMissing, "缺少文件".to_owned(), "建立这个文件，写法见 docs/packs.md")
        }
        std::io::ErrorKind::NotADirectory => {
            (Code::FileMissing, "上一级不是文件夹".to_owned(), "写事项包文件夹的路径，例如 packs/hangzhou")
        }
        _ => (Code::FileUnreadable, format!("文件无法读取：{}", because(error)), "检查文件和文件夹的权限"),
    }
}

/// The system's reason in Chinese, where it is one of the usual ones.
fn because(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "不存在".to_owned(),
        std::io::ErrorKind::PermissionDenied => "没有读取权限".to_owned(),
        std::io::ErrorKind::NotADirectory => "不是文件夹".to_owned(),
        _ => error.to_string(),
    }
}

/// Parses one file's text. The file is `None` where the text does not fit the model; then there are findings.
pub fn parse<T: DeserializeOwned>(
    path: &str,
    text: &str,
    kind: FileKind,
) -> (Option<File<T>>, Vec<Diagnostic>) {
    let (node, faults) = yaml::parse(text);
    let mut found: Vec<Diagnostic> = faults.into_iter().map(|fault| yaml_fault(path, fault)).collect();
    let Some(node) = node else {
        if found.is_empty() {
            found.push(diagnostic(path, At::START, Code::NotYaml, "文件是空的", "写法见 docs/packs.md"));
        }
        return (None, found);
    };
    let (value, faults) = shape::check(&node, kind.schema());
    if faults.is_empty() {
        match serde_json::from_value(value) {
            Ok(value) => return (Some(File { path: path.to_owned(), node, value }), found),
            // The schema is made from the model, so this is a difference between the two; say it all the same.
            Err(error) => found.push(diagnostic(
                path,
                At::START,
                Code::WrongType,
                format!("内容与格式不符：{error}"),
                "查看 docs/packs.md",
            )),
        }
    }
    found.extend(faults.into_iter().map(|f| diagnostic(path, f.at, f.code, f.message, f.fix)));
    (None, found)
}

fn yaml_fault(path: &str, fault: yaml::Fault) -> Diagnostic {
    match fault {
        yaml::Fault::Syntax { at, info } => diagnostic(
            path,
            at,
            Code::NotYaml,
            format!("不是合法的 YAML：{info}"),
            "检查缩进（用空格，不用制表符）、冒号后的空格、引号和括号是否成对",
        ),
        yaml::Fault::DuplicateKey { at, name, first } => diagnostic(
            path,
            at,
            Code::DuplicateKey,
            format!("键 `{name}` 重复，第 {} 行已写过", first.line),
            "只保留一个",
        ),
        yaml::Fault::NotUsed { at, what } => {
            diagnostic(path, at, Code::NotYaml, format!("事项包不使用{what}"), "直接写出内容")
        }
    }
}

/// «Did you mean» for a reference to something with an id.
pub(crate) fn reference_fix<'a>(
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    what: &str,
) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("是不是想写“{near}”？"),
        None => {
            let all: Vec<&str> = known.take(20).collect();
            if all.is_empty() {
                format!("先定义{what}")
            } else {
                format!("可用的{what}：{}", all.join("、"))
            }
        }
    }
}
