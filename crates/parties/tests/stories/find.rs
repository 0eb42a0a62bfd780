//! Finding people by what a clerk types, on both engines.

use crate::world::{World, resident};
use yimen_parties::NewParty;
use yimen_testkit::on_each_engine;

fn find(world: &World, text: &str) -> Vec<String> {
    find_most(world, text, 20)
}

fn find_most(world: &World, text: &str, most: usize) -> Vec<String> {
    let (parties, text) = (world.parties.clone(), text.to_owned());
    let found = world.store.read_blocking(move |q| parties.find(q, &text, most)).unwrap();
    found.into_iter().map(|party| party.name).collect()
}

fn people(world: &World) {
    let all = [
        ("单小明", resident("19900101", 1), "13800000001"),
        ("张三", resident("19900101", 2), "13800000002"),
        ("张三丰", resident("19900101", 3), "13800000002"),
        ("张", resident("19900101", 4), ""),
        ("章三", resident("19900101", 5), ""),
        ("刘䶮", resident("19900101", 6), ""),
        ("𠮷野", resident("19900101", 7), ""),
        ("Anna Berg", resident("19900101", 8), "0571-87654321"),
    ];
    for (name, number, phone) in all {
        world.register(NewParty::person(name, number).phone(phone)).unwrap();
    }
}

#[test]
fn people_are_found_by_number_phone_name_and_initials() {
    on_each_engine(|db| {
        let world = World::new(db);
        people(&world);
        let number = resident("19900101", 2);
        assert_eq!(find(&world, &number), ["张三"]);
        assert_eq!(find(&world, &format!(" {}-{} ", &number[..6], &number[6..])), ["张三"]);
        assert_eq!(find(&world, "000000900101002"), ["张三"], "the number of an old file");
        assert_eq!(find(&world, "138-0000-0002"), ["张三", "张三丰"]);
        assert_eq!(find(&world, "057187654321"), ["Anna Berg"]);
        assert_eq!(find(&world, "张"), ["张", "张三", "张三丰"]);
        assert_eq!(find(&world, " 张 三"), ["张三", "张三丰"]);
        assert_eq!(find(&world, "zs"), ["张三", "章三", "张三丰"]);
        assert_eq!(find(&world, "SXM"), ["单小明"]);
        assert_eq!(find(&world, "刘䶮"), ["刘䶮"]);
        assert_eq!(find(&world, "𠮷"), ["𠮷野"]);
        assert_eq!(find(&world, "Anna"), ["Anna Berg"], "by name and by initials, once");
        assert_eq!(find_most(&world, "z", 2).len(), 2);
    });
}

#[test]
fn what_means_nobody_finds_nobody() {
    on_each_engine(|db| {
        let world = World::new(db);
        people(&world);
        for text in [
            "",
            " ",
            "%",
            "_",
            "'",
            "13800000009",
            "000000199001010099",
            "三",
            "000",
            "🎈",
            "张%",
            "\u{10FFFF}",
        ] {
            assert_eq!(find(&world, text), Vec::<String>::new(), "{text:?}");
        }
    });
}

#[test]
fn a_list_shows_no_whole_number_and_no_whole_phone() {
    on_each_engine(|db| {
        let world = World::new(db);
        people(&world);
        let parties = world.parties.clone();
        let found = world.store.read_blocking(move |q| parties.find(q, "单小明", 5)).unwrap();
        assert_eq!(found[0].masked_phone, "138****0001");
        assert_eq!(found[0].document, "居民身份证");
        let number = resident("19900101", 1);
        assert_eq!(found[0].masked_number, format!("000000********{}", &number[14..]));
        assert!(!format!("{found:?}").contains(&number));
    });
}
