//! Registering and changing parties, on both engines.

use crate::world::{NOW, World, citizen, clerk, resident};
use yimen_parties::{Contact, NewParty, NumberKind, Party, PartyError, PartyKind};
use yimen_platform::{Actor, journal};
use yimen_store::{StoreError, params, sql};
use yimen_testkit::{on_each_engine, on_each_engine_async};

sql! {
    COUNT = "select count(*) from parties_party";
    RAW = "select number_index, number_sealed, phone_index, phone_sealed, address_sealed, initials from parties_party";
}

fn count(world: &World) -> i64 {
    world.store.read_blocking(|q| -> Result<i64, StoreError> { q.one(&COUNT, params![]) }).unwrap()
}

/// Verb and body of every journal entry.
fn journal(world: &World) -> Vec<(String, String)> {
    let read = |q: &mut yimen_store::Read<'_>| -> Result<_, StoreError> { journal::of_case(q, 0, 0, 1000) };
    let entries = world.store.read_blocking(read).unwrap();
    entries.into_iter().map(|entry| (entry.verb, entry.body)).collect()
}

fn wang() -> NewParty {
    NewParty::person("王小明", resident("19900101", 1)).phone("138 0000 1234").address("临安市钱王街1号")
}

fn messages(error: &PartyError) -> Vec<(String, String)> {
    error.fields().into_iter().map(|e| (e.field, e.message)).collect()
}

#[test]
fn the_same_number_is_the_same_party_and_only_contact_data_is_renewed() {
    on_each_engine(|db| {
        let world = World::new(db);
        let first = world.register(wang()).unwrap();
        assert_eq!((first.kind, first.revision), (PartyKind::Natural, 1));
        assert_eq!((first.phone.as_str(), first.address.as_str()), ("13800001234", "临安市钱王街1号"));

        // Typed another way, with a new phone and no address.
        let typed = format!(" {}　", resident("19900101", 1).replace("1990", " 1990-"));
        let again = world.register(NewParty::person(" 王 小明 ", typed).phone("0571-87654321")).unwrap();
        let expected = Party { phone: "0571-87654321".into(), revision: 2, ..first.clone() };
        assert_eq!(again, expected);

        // Nothing new: nothing is written.
        assert_eq!(world.register(NewParty::person("王小明", first.number.clone())).unwrap(), expected);
        assert_eq!(count(&world), 1);
        let verbs: Vec<String> = journal(&world).into_iter().map(|(verb, _)| verb).collect();
        assert_eq!(verbs, ["party.registered", "party.contact_updated"]);

        let (parties, id) = (world.parties.clone(), first.id);
        assert_eq!(world.store.read_blocking(move |q| parties.by_id(q, id)).unwrap(), expected);
    });
}

#[test]
fn two_who_register_one_number_at_once_make_one_party() {
    on_each_engine_async(|db| async move {
        let world = World::new(db);
        for round in 0..10 {
            let number = resident("19850505", 100 + round);
            let tasks: Vec<_> = (0..8)
                .map(|n| {
                    let (store, parties, ctx) =
                        (world.store.clone(), world.parties.clone(), world.ctx(clerk()));
                    let new = NewParty::person("李四", number.clone()).phone(format!("1380000000{n}"));
                    tokio::spawn(async move {
                        store.write("party.register", move |tx| parties.register(tx, &ctx, &new)).await
                    })
                })
                .collect();
            let mut ids = Vec::new();
            for task in tasks {
                ids.push(task.await.unwrap().unwrap().id);
            }
            ids.dedup();
            assert_eq!(ids.len(), 1, "one number, one party");
            assert_eq!(count(&world), i64::from(round) + 1);
        }
        let made = journal(&world).iter().filter(|(verb, _)| verb == "party.registered").count();
        assert_eq!(made, 10, "one entry for each party");
    });
}

#[test]
fn another_name_for_a_known_number_is_refused_and_changes_nothing() {
    on_each_engine(|db| {
        let world = World::new(db);
        let first = world.register(wang()).unwrap();
        let other = NewParty { name: "王大明".into(), phone: "13900009999".into(), ..wang() };
        let error = world.register(other).unwrap_err();
        assert!(matches!(error, PartyError::NameConflict));
        let [(field, message)] = &messages(&error)[..] else { panic!("one message") };
        assert_eq!(field, "name");
        assert!(
            !message.contains('王') && !message.contains(&first.number),
            "tells whose number it is: {message}"
        );
        let (parties, number) = (world.parties.clone(), first.number.clone());
        let found = world.store.read_blocking(move |q| parties.by_number(q, &number)).unwrap();
        assert_eq!(found, Some(first));
        // Another spelling of the same name is the same name.
        let dotted = |dot: char| NewParty::person(format!("玛依拉{dot}阿布都"), resident("19700101", 7));
        let one = world.register(dotted('·')).unwrap();
        for dot in ['•', '∙', '．', '・'] {
            assert_eq!(world.register(dotted(dot)).unwrap().id, one.id);
        }
    });
}

#[test]
fn what_is_wrong_is_said_beside_each_field_and_nothing_is_written() {
    on_each_engine(|db| {
        let world = World::new(db);
        let bad = NewParty::person("１２３", "000000199013011234").phone("1380000").address("长".repeat(201));
        let error = world.register(bad).unwrap_err();
        let told = messages(&error);
        let fields: Vec<&str> = told.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["name", "number", "phone", "address"]);
        for (field, message) in &told {
            assert!(message.chars().any(|c| ('\u{4E00}'..'\u{9FFF}').contains(&c)), "{field}: {message}");
            assert!(!message.contains("0000001990"), "repeats the number: {message}");
        }
        let historic = world.register(NewParty::person("王小明", "000000900101001")).unwrap_err();
        assert_eq!(messages(&historic)[0].0, "number");
        assert!(messages(&historic)[0].1.contains("15位"));
        assert_eq!((count(&world), journal(&world).len()), (0, 0));
    });
}

#[test]
fn names_of_one_and_of_fifty_characters_of_any_script_are_taken() {
    on_each_engine(|db| {
        let world = World::new(db);
        let long = "𠮷".repeat(50);
        for (n, name) in
            ["馨", "刘䶮", "𠮷野", "玛依拉·阿布都热合曼", "Zoë Ångström", &long].into_iter().enumerate()
        {
            let number = resident("19600101", 10 + n as u32);
            let made = world.register(NewParty::person(name, number.clone())).unwrap();
            assert_eq!(made.name, name);
            let parties = world.parties.clone();
            let found = world.store.read_blocking(move |q| parties.by_number(q, &number)).unwrap().unwrap();
            assert_eq!(found.name, name);
        }
        let error = world.register(NewParty::person("字".repeat(51), resident("19600101", 99))).unwrap_err();
        assert_eq!(messages(&error)[0].0, "name");
    });
}

#[test]
fn numbers_phones_and_addresses_are_neither_in_the_rows_nor_in_the_journal() {
    on_each_engine(|db| {
        let world = World::new(db);
        let party = world.register(wang()).unwrap();
        let secret = [party.number.as_str(), "13800001234", "钱王街"];
        type Raw = (String, Vec<u8>, String, Vec<u8>, Vec<u8>, String);
        let raw: Raw =
            world.store.read_blocking(|q| -> Result<Raw, StoreError> { q.one(&RAW, params![]) }).unwrap();
        let mut bytes =
            [raw.0.as_bytes(), &raw.1, raw.2.as_bytes(), &raw.3, &raw.4, raw.5.as_bytes()].concat();
        for (_, body) in journal(&world) {
            bytes.extend_from_slice(body.as_bytes());
        }
        for word in secret {
            assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "{word} can be read");
        }
        for shown in [format!("{party:?}"), format!("{:?}", yimen_parties::LegalNumber::guess(&party.number))]
        {
            for word in secret {
                assert!(!shown.contains(word), "{word} in {shown}");
            }
        }
    });
}

#[test]
fn a_citizen_can_change_only_the_own_contact_data() {
    on_each_engine(|db| {
        let world = World::new(db);
        let own = world.register(wang()).unwrap();
        let other = world.register(NewParty::person("李四", resident("19900101", 2))).unwrap();
        let update = |actor: Actor, id: i64, revision: i64, phone: &str| {
            let (parties, ctx) = (world.parties.clone(), world.ctx(actor));
            let contact = Contact { phone: phone.into(), address: String::new() };
            world.store.write_blocking("party.update", move |tx| {
                parties.update_contact(tx, &ctx, id, revision, &contact)
            })
        };
        let changed = update(citizen(own.id), own.id, 1, "13900001111").unwrap();
        assert_eq!(
            (changed.phone.as_str(), changed.address.as_str(), changed.revision),
            ("13900001111", "", 2)
        );
        assert!(matches!(update(citizen(own.id), other.id, 1, "13900001111"), Err(PartyError::NotFound)));
        assert!(matches!(update(Actor::Anyone, own.id, 2, "13900001111"), Err(PartyError::NotFound)));
        assert!(matches!(update(clerk(), own.id, 1, "13900002222"), Err(PartyError::Stale)));
        assert!(matches!(update(clerk(), own.id, 2, "119"), Err(PartyError::Invalid(_))));
        assert!(matches!(update(clerk(), 12345, 1, "13900002222"), Err(PartyError::NotFound)));
        // Registering is no way round it.
        let theirs = NewParty::person("李四", other.number.clone()).phone("13900003333");
        assert!(matches!(world.register_as(citizen(own.id), theirs), Err(PartyError::Forbidden)));
        let invented = NewParty::person("赵六", resident("19900101", 3));
        assert!(matches!(world.register_as(citizen(own.id), invented.clone()), Err(PartyError::Forbidden)));
        assert!(matches!(world.register_as(Actor::Anyone, invented), Err(PartyError::Forbidden)));
        assert_eq!(count(&world), 2);
    });
}

#[test]
fn other_documents_and_bodies_are_parties_too() {
    on_each_engine(|db| {
        let world = World::new(db);
        let company = world.register(NewParty::body("临安某某有限公司", "91330100ma2abcdexg")).unwrap();
        assert_eq!((company.kind, company.number.as_str()), (PartyKind::Legal, "91330100MA2ABCDEXG"));
        assert_eq!(company.masked_name(), "临安某某有限公司");
        // The same digits on a pass and in a passport are two people.
        let pass = NewParty::with(NumberKind::TaiwanPass, "林一", "12345678");
        let passport = NewParty::with(NumberKind::Passport, "Berg Anna", "12345678");
        let (pass, passport) = (world.register(pass).unwrap(), world.register(passport).unwrap());
        assert_ne!(pass.id, passport.id);
        let parties = world.parties.clone();
        let (bare, said) = world
            .store
            .read_blocking(move |q| {
                let bare = parties.by_number(q, "12345678")?;
                Ok::<_, PartyError>((bare, parties.by_document(q, NumberKind::Passport, "1234-5678")?))
            })
            .unwrap();
        assert_eq!((bare, said), (None, Some(passport)));
        let hongkong = NewParty::person("陈大文", "810000199001010027");
        assert_eq!(world.register(hongkong).unwrap().document(), "港澳居民居住证");
        for wrong in [
            (NumberKind::HongKongMacaoPass, "H1234567"),
            (NumberKind::TaiwanPass, "1234567A"),
            (NumberKind::Passport, "E1"),
        ] {
            let error = world.register(NewParty::with(wrong.0, "林一", wrong.1)).unwrap_err();
            assert_eq!(messages(&error)[0].0, "number", "{wrong:?}");
        }
    });
}

#[test]
fn an_entry_says_who_and_when() {
    on_each_engine(|db| {
        let world = World::new(db);
        world.register(wang()).unwrap();
        let read = |q: &mut yimen_store::Read<'_>| -> Result<_, StoreError> { journal::of_case(q, 0, 0, 10) };
        let entry = world.store.read_blocking(read).unwrap().remove(0);
        assert_eq!((entry.at, entry.actor_id, entry.office.as_str()), (NOW, 5, "hall"));
        assert_eq!(entry.body()["number_kind"], "resident_id");
    });
}
