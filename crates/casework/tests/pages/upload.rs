//! Materials: what is taken, what is refused, and who may open it.

use axum::http::header;
use yimen_files::samples::{Packed, huge_png, pdf, pdf_packed, photo, zip};

use crate::story;
use crate::world::PDF;

const PNG: &[u8] = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3A\x7E\x9B\x55\0\0\0\x0AIDAT\x78\xDA\x63\x60\0\0\0\x02\0\x01\xE5\x27\xDE\xFC\0\0\0\0IEND\xAE\x42\x60\x82";

#[test]
fn several_files_of_one_material_are_kept_and_one_is_removed() {
    story("files", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let path = format!("/cases/{number}/apply/materials/title");
        let sent =
            world.upload(&me, &path, &[], &[("f", "正面.pdf", PDF), ("f", "𠮷野·附图.png", PNG)]).await;
        assert_eq!(sent.location(), format!("/cases/{number}/apply/materials#material-title"));
        let page = world.get(&me, &format!("/cases/{number}/apply/materials")).await;
        assert!(page.says("正面.pdf") && page.says("𠮷野·附图.png"));
        let file = page.hidden_of("name=\"remove\" value=\"");
        world.upload(&me, &path, &[("remove", &file)], &[]).await;
        let page = world.get(&me, &format!("/cases/{number}/apply/materials")).await;
        assert!(!page.says("正面.pdf") && page.says("𠮷野·附图.png"));
    });
}

#[test]
fn what_cannot_be_taken_is_refused_in_words_and_the_rest_is_kept() {
    story("refused", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let path = format!("/cases/{number}/apply/materials/title");
        let large = vec![b'%'; (20 << 20) + 1];
        let files =
            [("f", "好.pdf", PDF), ("f", "程序.pdf", b"MZ\x90\x00\x03" as &[u8]), ("f", "太大.pdf", &large)];
        let page = world.upload(&me, &path, &[], &files).await;
        assert_eq!(page.status, 422);
        assert!(page.title().starts_with("错误："));
        assert!(page.says("“程序.pdf”的名称是 PDF") && page.says("“太大.pdf”超过 20 MB"));
        assert!(page.says("href=\"#file-title\""), "the summary leads to the box");
        assert!(page.says("好.pdf"), "what was sound is there");
        // Broken off on the way: what opens for nobody is not taken.
        for (name, whole) in [("断了.pdf", PDF), ("断了.png", PNG)] {
            let page = world.upload(&me, &path, &[], &[("f", name, &whole[..whole.len() - 10])]).await;
            assert_eq!(page.status, 422, "{name}");
            assert!(
                page.says(&format!("“{name}”不完整，后面的内容缺失")) && page.says("请重新下载、拍照或扫描")
            );
        }
        let none = world.upload(&me, &path, &[], &[("f", "", b"")]).await;
        assert_eq!(none.status, 422);
        assert!(none.says("请选择要上传的文件。"));
    });
}

#[test]
fn a_forged_slot_stores_nothing() {
    story("slot", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        // Not in the pack; in the pack but not needed here; made from the answers.
        for slot in ["passport", "power-of-attorney", "application", "../title"] {
            let path = format!("/cases/{number}/apply/materials/{slot}");
            let page = world.upload(&me, &path, &[], &[("f", "a.pdf", PDF)]).await;
            assert!(page.status == 409 || page.status == 404, "{slot}: {}", page.status);
        }
        let page = world.get(&me, &format!("/cases/{number}/apply/materials")).await;
        assert!(!page.says("a.pdf"));
    });
}

#[test]
fn a_file_is_opened_by_those_who_may_see_the_case_and_is_nothing_else() {
    story("open", |world| async move {
        let me = world.buyer();
        let number = world.submitted(&me).await;
        let page = world.get(&me, &format!("/cases/{number}")).await;
        let file = page.hidden_of(&format!("/cases/{number}/files/"));
        let path = format!("/cases/{number}/files/{file}");
        let opened = world.get(&me, &path).await;
        assert_eq!((opened.status.as_u16(), opened.bytes.as_slice()), (200, PDF));
        let of = |name| opened.headers[name].to_str().unwrap().to_string();
        assert_eq!(of(header::CONTENT_TYPE), "application/pdf");
        assert_eq!(of(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert!(of(header::CONTENT_DISPOSITION).starts_with("inline; filename="));
        assert!(of(header::CACHE_CONTROL).contains("no-store"));
        let saved = world.get(&me, &format!("{path}?save=1")).await;
        assert!(saved.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment;"));
        let other = world.citizen("别人", crate::world::SELLER);
        assert_eq!(world.get(&other, &path).await.status, 404);
        assert_eq!(world.get(&world.reviewer("tax"), &path).await.status, 404, "not sent to them yet");
        let nobody = world.get(&yimen_platform::Actor::Anyone, &path).await;
        assert!(nobody.status == 303 && nobody.location().starts_with("/sign-in"), "{}", nobody.status);
        let elsewhere = world.filled(&me).await;
        assert_eq!(
            world.get(&me, &format!("/cases/{elsewhere}/files/{file}")).await.status,
            404,
            "another case's file"
        );
    });
}

#[test]
fn a_removed_or_unknown_file_is_not_found() {
    story("gone", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let path = format!("/cases/{number}/apply/materials/title");
        for remove in ["1", "abc", "9999999999999999999999"] {
            let gone = world.upload(&me, &path, &[("remove", remove)], &[]).await;
            assert_eq!(gone.status, 404, "{remove}");
        }
        assert_eq!(world.get(&me, &format!("/cases/{number}/files/77")).await.status, 404);
    });
}

#[test]
fn what_could_do_harm_is_refused_in_words_and_a_photo_loses_where_it_was_taken() {
    story("harm", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let path = format!("/cases/{number}/apply/materials/title");
        let zeros = vec![0; 4 << 20];
        let bomb =
            zip(&[("OFD.xml", Packed::Stored(b"<OFD/>")), ("Doc_0/big.xml", Packed::Deflated(&zeros))]);
        let elsewhere =
            zip(&[("OFD.xml", Packed::Stored(b"<OFD/>")), ("../../../etc/cron.d/x", Packed::Stored(b"x"))]);
        let script = pdf(b"3 0 obj <</S/JavaScript /JS (app.alert(1))>> endobj");
        let packed = pdf_packed(b"3 0 <</S/L#61unch /F (cmd.exe)>>", "/Filter/FlateDecode");
        let huge = huge_png(50_000, 50_000);
        for (name, bytes, words) in [
            ("炸弹.ofd", &bomb, "解开后太大"),
            ("别处.ofd", &elsewhere, "路径异常"),
            ("脚本.pdf", &script, "带有脚本"),
            ("程序.pdf", &packed, "会启动程序"),
            ("巨大.png", &huge, "像素太多，超过 6400 万"),
        ] {
            let page = world.upload(&me, &path, &[], &[("f", name, bytes)]).await;
            assert_eq!(page.status, 422, "{name}");
            assert!(page.says(&format!("“{name}”")) && page.says(words), "{name}: {}", page.text());
        }
        let taken = photo(80, 40, 6);
        assert!(taken.windows(3).any(|three| three == b"GPS"));
        let sent = world.upload(&me, &path, &[], &[("f", "房产证.jpg", &taken)]).await;
        assert_eq!(sent.status, 303);
        let page = world.get(&me, &format!("/cases/{number}/apply/materials")).await;
        let file = page.hidden_of("name=\"remove\" value=\"");
        let kept = world.get(&me, &format!("/cases/{number}/files/{file}")).await;
        assert_eq!(kept.status, 200);
        assert!(
            kept.bytes.starts_with(b"\xFF\xD8\xFF") && !kept.bytes.windows(3).any(|three| three == b"GPS")
        );
    });
}
