//! Somebody comes to the counter: found by number, registered, and offered what this office takes in.

use crate::crew::{COMPANY, VISITOR, clerk_here};
use crate::story;
use crate::world::BUYER;

#[test]
fn a_known_person_is_found_by_number_however_it_is_typed_and_the_number_stands_in_no_address() {
    story("known", |world| async move {
        let (_, clerk) = (world.buyer(), clerk_here());
        for typed in [BUYER.to_string(), format!(" {} {} ", &BUYER[..6], &BUYER[6..])] {
            let found = world.post(&clerk, "/desk/new", &[("number", &typed)]).await;
            assert!(found.location().starts_with("/desk/new?party="), "{}", found.text());
            assert!(!found.location().contains(BUYER));
            let page = world.get(&clerk, &found.location()).await;
            assert!(page.says("周小满") && page.says("138****0001"));
            assert!(!page.says(BUYER), "the number is masked");
        }
    });
}

#[test]
fn a_new_person_of_any_name_is_registered_and_goes_on() {
    story("unknown", |world| async move {
        let clerk = clerk_here();
        let names = [
            ("000000199001010018", "𠮷".to_string()),
            ("000000198503120028", "玛依拉•阿布都".to_string()),
            (VISITOR, "䶮".repeat(40)),
        ];
        for (number, name) in names {
            let asked = world.post(&clerk, "/desk/new", &[("number", number)]).await;
            assert!(asked.location().starts_with("/desk/new?who="), "{}", asked.text());
            assert!(!asked.location().contains(number));
            let page = world.get(&clerk, &asked.location()).await;
            assert!(page.says("没有登记过") && !page.says(number));
            let who = page.hidden("who");
            let empty = [("who", who.as_str()), ("name", ""), ("phone", "12"), ("address", "某路1号")];
            let wrong = world.post(&clerk, "/desk/new/person", &empty).await;
            assert_eq!(wrong.status, 422);
            assert!(wrong.title().starts_with("错误："));
            assert!(wrong.says("href=\"#name\"") && wrong.says("href=\"#phone\""), "both at once");
            assert!(wrong.says("value=\"12\"") && wrong.says("某路1号"), "nothing typed is lost");
            let right = [("who", who.as_str()), ("name", name.as_str()), ("phone", "")];
            for _ in 0..2 {
                let done = world.post(&clerk, "/desk/new/person", &right).await;
                assert!(done.location().starts_with("/desk/new?party="), "{}", done.text());
                let page = world.get(&clerk, &done.location()).await;
                assert!(page.says(&name.replace('•', "·")), "{}", page.text());
            }
        }
    });
}

#[test]
fn a_number_that_cannot_be_is_refused_with_what_to_do_and_other_documents_have_their_kind() {
    story("bad-number", |world| async move {
        let clerk = clerk_here();
        for number in
            ["", "1", "000000199001010019", "00000019900230001X", "abc", "𠮷𠮷𠮷", &"9".repeat(3000)]
        {
            let refused = world.post(&clerk, "/desk/new", &[("number", number)]).await;
            assert_eq!(refused.status, 422, "{number}");
            assert!(refused.says("id=\"number-error\""), "{number}");
        }
        let pass = [("number", "H1234567"), ("kind", "hk_macao_pass")];
        let refused = world.post(&clerk, "/desk/new", &pass).await;
        assert_eq!(refused.status, 422);
        let pass = [("number", "h 12345678"), ("kind", "hk_macao_pass")];
        let asked = world.post(&clerk, "/desk/new", &pass).await;
        let page = world.get(&clerk, &asked.location()).await;
        assert!(page.says("港澳居民来往内地通行证"), "{}", page.text());
        // What somebody made up of an address is nobody.
        for address in ["/desk/new?who=zz", "/desk/new?who=00", "/desk/new?party=1", "/desk/new?party=x"] {
            let page = world.get(&clerk, address).await;
            assert_eq!(page.status, 200, "{address}");
            assert!(!page.says("登记并继续") && !page.says("办什么"), "{address}");
        }
        let forged = world.post(&clerk, "/desk/new/person", &[("who", "00"), ("name", "某人")]).await;
        assert_eq!(forged.status, 409);
    });
}

#[test]
fn the_same_number_under_another_name_is_told_without_saying_whose_it_is() {
    story("other-name", |world| async move {
        let clerk = clerk_here();
        let asked = world.post(&clerk, "/desk/new", &[("number", BUYER)]).await;
        let who = world.get(&clerk, &asked.location()).await.hidden("who");
        // Registered at the next counter in the meantime.
        world.buyer();
        let late = world.post(&clerk, "/desk/new/person", &[("who", &who), ("name", "别人")]).await;
        assert_eq!(late.status, 422);
        assert!(late.says("已经登记在另一个姓名") && !late.says("周小满"));
    });
}

#[test]
fn a_company_is_offered_what_is_for_companies_and_a_person_what_is_for_people() {
    story("company", |world| async move {
        let clerk = clerk_here();
        let company = world.come(&clerk, "杭州市上城区示范餐饮有限公司", COMPANY).await;
        let page = world.get(&clerk, &company).await;
        assert!(page.says(COMPANY), "the code of a company is public");
        assert!(page.says("公共场所卫生许可") && !page.says("居民身份证换领"), "{}", page.text());
        let person = world.come(&clerk, "王小明", VISITOR).await;
        let page = world.get(&clerk, &person).await;
        assert!(page.says("居民身份证换领"));
        let party = page.hidden("party");
        for typed in ["sfz", "身份证丢了", "居民身份证"] {
            let found = world.get(&clerk, &format!("/desk/new?party={party}&q={typed}")).await;
            assert!(found.says("value=\"id-card-replacement\""), "{typed}");
        }
        let none = world.get(&clerk, &format!("/desk/new?party={party}&q=zzqqxx")).await;
        assert!(none.says("没有符合的事项"));
    });
}

#[test]
fn the_same_start_twice_is_one_draft_and_forged_ones_are_refused() {
    story("start-twice", |world| async move {
        let clerk = clerk_here();
        let person = world.come(&clerk, "王小明", VISITOR).await;
        let page = world.get(&clerk, &person).await;
        let (party, nonce) = (page.hidden("party"), page.hidden("nonce"));
        let fields =
            [("party", party.as_str()), ("nonce", nonce.as_str()), ("service", "id-card-replacement")];
        let once = world.post(&clerk, "/desk/new/start", &fields).await.location();
        assert_eq!(world.post(&clerk, "/desk/new/start", &fields).await.location(), once);
        // Without a nonce each form begins a draft of its own.
        let bare = [("party", party.as_str()), ("service", "id-card-replacement")];
        let other = world.post(&clerk, "/desk/new/start", &bare).await.location();
        assert_ne!(other, once);
        assert_ne!(world.post(&clerk, "/desk/new/start", &bare).await.location(), other);
        let status = async |fields: &[(&str, &str)]| {
            world.post(&clerk, "/desk/new/start", fields).await.status.as_u16()
        };
        assert_eq!(status(&[("party", "77"), ("service", "id-card-replacement")]).await, 404);
        assert_eq!(status(&[("party", "x"), ("service", "id-card-replacement")]).await, 404);
        assert_eq!(status(&[("party", &party), ("service", "nothing")]).await, 409);
        assert_eq!(status(&[("party", &party)]).await, 409);
    });
}
