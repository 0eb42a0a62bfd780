//! The scans that demo applicants hand in: a few small, valid PDF files that say what they are.

/// A file to upload.
#[derive(Debug, Clone)]
pub struct Paper {
    pub name: &'static str,
    pub mime: &'static str,
    pub bytes: Vec<u8>,
}

/// One scan a kind; everybody hands in the same ones, so the blob store holds each once.
pub fn papers() -> Vec<Paper> {
    ["scan-1.pdf", "scan-2.pdf", "scan-3.pdf", "scan-4.pdf"]
        .into_iter()
        .enumerate()
        .map(|(i, name)| Paper {
            name,
            mime: "application/pdf",
            bytes: pdf(&format!("Yimen demo material {}", i + 1)),
        })
        .collect()
}

/// The smallest PDF that readers open: one page, one line of text.
fn pdf(text: &str) -> Vec<u8> {
    let content = format!("BT /F1 24 Tf 72 720 Td ({text}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_string(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_string(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_string(),
    ];
    let mut out = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", i + 1));
    }
    let table = out.len();
    out.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        out.push_str(&format!("{offset:010} 00000 n \n"));
    }
    let size = objects.len() + 1;
    out.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
    out.into_bytes()
}
