//! One test for each answer given on day one to what people complained of elsewhere.

use yimen_casework::model::CaseState;
use yimen_catalogue::{Catalogue, publish};
use yimen_platform::Actor;

use crate::story;
use crate::world::{PAGES, PDF, number_of};

/// Saved on every page, also in the middle of one, and resumed on any device.
#[test]
fn drafts() {
    story("drafts", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let page = world.get(&me, &format!("/cases/{number}/apply/pages/house")).await;
        let autosave = page.hidden_of("data-autosave=\"");
        // The page is half typed, one field is nonsense, then the browser dies.
        let half = [("title_no", "浙(2020)第1号"), ("house_area", "八十"), ("house_address", "")];
        let saved = world.post(&me, &autosave, &half).await;
        assert_eq!(saved.status, 204);
        let elsewhere = world.citizen("周小满", crate::world::BUYER);
        let list = world.get(&elsewhere, "/my").await;
        assert!(list.says(&number) && list.says("继续填写"));
        let page = world.get(&elsewhere, &format!("/cases/{number}/apply/pages/house")).await;
        assert!(page.says("value=\"浙(2020)第1号\"") && !page.says("八十"));
        // Saved again as it was, nothing changes.
        let revision = world.case(&number).revision;
        world.post(&me, &autosave, &half).await;
        assert_eq!(world.case(&number).revision, revision);
    });
}

/// A case stays on the version it began with; what is begun afterwards is on the new one.
#[test]
fn versions() {
    story("versions", |world| async move {
        let me = world.buyer();
        let old = world.start(&me).await;
        let mut service =
            world.casework.catalogue.get().current("existing-home-transfer").unwrap().service.clone();
        let mut added = service.form[0].fields[0].clone();
        added.id = "new_question".into();
        added.label = "新增的一项".into();
        service.form[0].fields.push(added);
        let services: Vec<_> = world
            .casework
            .catalogue
            .get()
            .services()
            .map(|v| if v.service.id == service.id { service.clone() } else { v.service.clone() })
            .collect();
        let city = world.casework.catalogue.get().city().clone();
        let set_up =
            move |_: &yimen_casework::Casework, tx: &mut yimen_store::Tx<'_>, ctx: &yimen_platform::Ctx| {
                publish(tx, ctx, "hangzhou", Some(&city), &services)?;
                Ok(())
            };
        world.command(&Actor::System("test"), set_up).unwrap();
        let fresh = world.casework.platform.store.read_blocking(|q| Catalogue::load(q)).unwrap();
        world.casework.catalogue.swap(fresh);
        let page = |number: String| {
            let (world, me) = (&world, &me);
            async move { world.get(me, &format!("/cases/{number}/apply/pages/house")).await }
        };
        assert!(!page(old.clone()).await.says("新增的一项"));
        assert!(page(world.start(&me).await).await.says("新增的一项"));
        world.fill(&me, &old).await;
        let sent = world.post(&me, &format!("/cases/{old}/apply/check"), &[]).await;
        assert_eq!(
            sent.location(),
            format!("/cases/{old}/submitted"),
            "the old draft can still be handed in"
        );
    });
}

/// One case, many revisions: what was handed in each time is kept under one number.
#[test]
fn revisions() {
    story("revisions", |world| async move {
        let me = world.buyer();
        let number = world.correcting(&me).await;
        world
            .upload(&me, &format!("/cases/{number}/apply/materials/title"), &[], &[("f", "新.pdf", PDF)])
            .await;
        world
            .post(&me, &format!("/cases/{number}/correct"), &[("contract_no", "HZ2"), ("action", "hand-in")])
            .await;
        let id = world.case(&number).id;
        let kept = world
            .casework
            .platform
            .store
            .read_blocking(move |q| yimen_casework::store::case::revisions(q, id))
            .unwrap();
        assert_eq!(kept.iter().map(|r| r.number).collect::<Vec<_>>(), [1, 2]);
        let list = world.get(&me, "/my").await.text();
        assert_eq!(
            list.matches(&yimen_casework::pages::grouped(&number)).count(),
            1,
            "no second application"
        );
    });
}

/// Many files for one material, sent one by one or together.
#[test]
fn multi_file() {
    story("multi", |world| async move {
        let me = world.buyer();
        let number = world.start(&me).await;
        let path = format!("/cases/{number}/apply/materials/title");
        for n in 0..4 {
            let name = format!("第{n}页.pdf");
            world.upload(&me, &path, &[], &[("f", &name, PDF), ("f", &format!("又{name}"), PDF)]).await;
        }
        let page = world.get(&me, &format!("/cases/{number}/apply/materials")).await;
        assert_eq!(page.text().matches("name=\"remove\"").count(), 8);
        let names: Vec<String> = (0..4).map(|n| format!("多{n}.pdf")).collect();
        let more: Vec<(&str, &str, &[u8])> = names.iter().map(|n| ("f", n.as_str(), PDF)).collect();
        let full = world.upload(&me, &path, &[], &more).await;
        assert_eq!(full.status, 422);
        assert_eq!(full.text().matches("name=\"remove\"").count(), 10, "ten are the most");
    });
}

/// A form has a nonce, a second submission shows the same confirmation, and so does Back.
#[test]
fn double_submit() {
    story("double", |world| async move {
        let me = world.buyer();
        let start = "/services/existing-home-transfer/start";
        let (first, second) = (
            world.post(&me, start, &[("nonce", "one")]).await,
            world.post(&me, start, &[("nonce", "one")]).await,
        );
        assert_eq!(first.location(), second.location());
        let number = number_of(&first.location());
        world.fill(&me, &number).await;
        let path = format!("/cases/{number}/apply/check");
        let (first, second) = (world.post(&me, &path, &[]).await, world.post(&me, &path, &[]).await);
        assert_eq!((first.status.as_u16(), first.location()), (303, format!("/cases/{number}/submitted")));
        assert_eq!(second.location(), first.location());
        for back in ["apply/check", "apply", "apply/pages/house", "apply/materials"] {
            assert_eq!(
                world.get(&me, &format!("/cases/{number}/{back}")).await.location(),
                first.location(),
                "{back}"
            );
        }
        // Also when the window has already accepted it.
        let accepted = world.accepted(&me).await;
        let late = world.post(&me, &format!("/cases/{accepted}/apply/check"), &[]).await;
        assert_eq!(late.location(), format!("/cases/{accepted}/submitted"));
        assert!(world.get(&me, &late.location()).await.says("申请已提交"));
        // And two at once.
        let number = world.filled(&me).await;
        let path = format!("/cases/{number}/apply/check");
        let (one, two) = tokio::join!(world.post(&me, &path, &[]), world.post(&me, &path, &[]));
        for sent in [one, two] {
            assert!(sent.status == 303 || sent.status == 409, "{} {}", sent.status, sent.text());
        }
        assert_eq!(world.case(&number).state, CaseState::Submitted);
    });
}

/// Optional fields left empty, in the browser's way or altogether, never block a submission.
#[test]
fn one_bad_field_must_not_block_submission() {
    story("optional", |world| async move {
        let me = world.buyer();
        for empty in [false, true] {
            let number = world.filled(&me).await;
            let optional = [("estate_unit", ""), ("seller2_name", ""), ("registration_request", " ")];
            for (page, fields) in PAGES {
                let mut fields = fields.to_vec();
                if empty {
                    fields.extend(optional);
                }
                world.post(&me, &format!("/cases/{number}/apply/pages/{page}"), &fields).await;
            }
            let sent = world.post(&me, &format!("/cases/{number}/apply/check"), &[]).await;
            assert_eq!(sent.location(), format!("/cases/{number}/submitted"), "{}", sent.text());
        }
    });
}

/// Instants are kept as such and told in the hall's own time, the due one with what is left.
#[test]
fn time() {
    story("time", |world| async move {
        let me = world.buyer();
        // Half past midnight in China is the day before elsewhere.
        world.clock.set(crate::world::day("2026-11-26").at(0, 30));
        let number = world.submitted(&me).await;
        let page = world.get(&me, &format!("/cases/{number}")).await;
        assert!(page.says("2026年11月26日 00:30"));
        assert!(page.says("剩余 5 个工作日") && page.says("12月3日 17:00 前"), "{}", page.text());
    });
}
