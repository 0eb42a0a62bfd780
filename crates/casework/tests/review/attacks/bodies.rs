//! Bodies that no browser sends: multipart that never ends or has no boundary, JSON without a bottom, archives and pictures
//! that unpack to far more than they are.

use axum::body::Body;
use yimen_files::samples::{Packed, huge_png, pdf, pdf_packed, zip};

use super::{Got, Tally, request, send};
use crate::doors::Site;

pub async fn broken(site: &Site, tally: &mut Tally) {
    multipart(site, tally).await;
    harmful(site, tally).await;
    for body in deep() {
        let asked = request(site, "nobody", "POST", "/api/payments/report")
            .header("content-type", "application/json");
        let length = body.len();
        let got = send(site, asked.body(Body::from(body)).unwrap()).await;
        tally.note("JSON without a bottom", got.is_refusal(), || format!("{length} bytes: {}", got.status));
    }
}

fn deep() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"\xFF\xFE".to_vec(),
        b"{\"order\":1e999}".to_vec(),
    ];
    for depth in [200, 10_000, 30_000] {
        bodies.push(b"[".repeat(depth));
        bodies.push(b"{\"a\":".repeat(depth / 5));
    }
    bodies.push([b"{\"a\":\"", &vec![b'x'; 2 << 20][..], b"\"}"].concat());
    bodies
}

async fn upload(site: &Site, kind: &str, body: Vec<u8>) -> Got {
    let path = site.path("/cases/{number}/apply/materials/{slot}");
    let asked = request(site, "owner", "POST", &path).header("sec-fetch-site", "same-origin");
    send(site, asked.header("content-type", kind).body(Body::from(body)).unwrap()).await
}

const KIND: &str = "multipart/form-data; boundary=X";

async fn multipart(site: &Site, tally: &mut Tally) {
    let part = b"--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n".to_vec();
    let long = |name: &str, count| [b"--X\r\n", name.as_bytes(), &vec![b'a'; count][..]].concat();
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("multipart/form-data", part.clone()),
        ("multipart/form-data; boundary=", part.clone()),
        ("multipart/form-data; boundary=\"", part.clone()),
        ("multipart/mixed; boundary=X", part.clone()),
        ("application/x-www-form-urlencoded", b"a=1".to_vec()),
        (KIND, b"".to_vec()),
        (KIND, b"--X".to_vec()),
        (KIND, b"--X--\r\n".to_vec()),
        (KIND, part.clone()),
        (KIND, [part.repeat(600), b"--X--\r\n".to_vec()].concat()),
        (KIND, b"--X\r\n\r\n1\r\n--X--\r\n".to_vec()),
        (KIND, b"--X\r\nContent-Disposition: form-data\r\n\r\n1\r\n--X--\r\n".to_vec()),
        (
            KIND,
            b"--X\r\nContent-Disposition: form-data; name=\"\xFF\"; filename=\"\0\"\r\n\r\n1\r\n--X--\r\n"
                .to_vec(),
        ),
        (KIND, long("X-Long: ", 200_000)),
        (KIND, long("Content-Disposition: form-data; name=\"", 200_000)),
        (
            KIND,
            [
                &b"--X\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\n"[..],
                &vec![b'a'; 100_000],
                b"\r\n--X--\r\n",
            ]
            .concat(),
        ),
        (
            KIND,
            b"--Y\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.pdf\"\r\n\r\n%PDF\r\n--Y--\r\n"
                .to_vec(),
        ),
    ];
    for (n, (kind, body)) in bodies.into_iter().enumerate() {
        let got = upload(site, kind, body).await;
        tally.note("multipart that is none", got.is_refusal(), || format!("{n} {kind}: {}", got.status));
    }
}

async fn harmful(site: &Site, tally: &mut Tally) {
    let zeros = vec![0; 2 << 20];
    let (text, bomb) = (Packed::Stored(b"<OFD/>"), Packed::Deflated(&zeros));
    let many: Vec<String> = (0..6000).map(|n| n.to_string()).collect();
    let many: Vec<(&str, Packed<'_>)> =
        std::iter::once(("OFD.xml", text)).chain(many.iter().map(|name| (name.as_str(), text))).collect();
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("a.ofd", zip(&[("OFD.xml", text), ("b", bomb)])),
        ("a.ofd", zip(&[("OFD.xml", text), ("b", Packed::Lying(&zeros))])),
        ("a.ofd", zip(&many)),
        ("a.ofd", zip(&[("OFD.xml", text), ("../../b", text)])),
        ("a.ofd", zip(&[("OFD.xml", text), ("/etc/cron.d/b", text)])),
        ("a.ofd", zip(&[("OFD.xml", text), ("C:\\b", text)])),
        ("a.ofd", zip(&[("OFD.xml", Packed::Locked)])),
        ("a.pdf", zip(&[("OFD.xml", text)])),
        ("a.png", huge_png(60_000, 60_000)),
        ("a.png", huge_png(1, u32::MAX)),
        ("a.jpg", b"\xFF\xD8\xFF\xE0\0\x02\xFF\xD9".to_vec()),
        ("a.pdf", pdf(b"<</S/JavaScript /JS (app.alert(1))>>")),
        ("a.pdf", pdf(b"<</S/Java#53cript /JS 1 0 R>>")),
        ("a.pdf", pdf(b"<</S/Launch /F (cmd.exe)>>")),
        ("a.pdf", pdf_packed(b"<</S/JavaScript>>", "/Filter/FlateDecode")),
        ("a.pdf", b"<html><script>alert(1)</script> %PDF-1.7 %%EOF".to_vec()),
        ("a.svg", b"<svg onload=alert(1)>".to_vec()),
        ("a.pdf.exe", b"MZ".to_vec()),
        ("../../../etc/cron.d/x", b"* * * * * root sh".to_vec()),
    ];
    for (name, file) in files {
        let head = format!("--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{name}\"\r\n\r\n");
        let body = [head.as_bytes(), &file, b"\r\n--X--\r\n"].concat();
        let got = upload(site, KIND, body).await;
        tally.note("files that do harm", got.status == 422, || {
            format!("{name}, {} bytes: {}", file.len(), got.status)
        });
    }
}
