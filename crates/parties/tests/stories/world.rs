//! What the tests of parties share: a handle, contexts of actors, invented numbers.

use std::sync::Arc;

use yimen_parties::{NewParty, Parties, Party, PartyError};
use yimen_platform::{Actor, Ctx, Ids, Role, Roles, Sealer, Staff};
use yimen_standards::check;
use yimen_standards::time::Instant;
use yimen_store::Store;
use yimen_testkit::TestDb;

pub const NOW: Instant = Instant(1_780_000_000_000);

/// One database with the handle on its parties.
pub struct World {
    pub store: Store,
    pub parties: Parties,
    ids: Arc<Ids>,
    _db: TestDb,
}

impl World {
    pub fn new(db: TestDb) -> World {
        let parties = Parties::new(Arc::new(Sealer::new([7; 32])));
        World { store: db.store().clone(), parties, ids: Arc::new(Ids::new(1)), _db: db }
    }

    pub fn ctx(&self, actor: Actor) -> Ctx {
        Ctx::new(actor, NOW, self.ids.clone(), "test")
    }

    pub fn register_as(&self, actor: Actor, new: NewParty) -> Result<Party, PartyError> {
        let (parties, ctx) = (self.parties.clone(), self.ctx(actor));
        self.store.write_blocking("party.register", move |tx| parties.register(tx, &ctx, &new))
    }

    pub fn register(&self, new: NewParty) -> Result<Party, PartyError> {
        self.register_as(clerk(), new)
    }
}

pub fn clerk() -> Actor {
    Actor::Staff(Arc::new(Staff {
        account: 5,
        name: "周窗口".into(),
        roles: Roles::of(&[Role::Clerk]),
        department: "service-office".into(),
        office: "hall".into(),
        counter: "3".into(),
    }))
}

pub fn citizen(party: i64) -> Actor {
    Actor::Citizen { account: 9, party, name: "某人".into() }
}

/// An invented resident ID: the division 000000 exists nowhere.
pub fn resident(birth: &str, serial: u32) -> String {
    let body = format!("000000{birth}{serial:03}");
    let check = check::mod_11_2(&body).expect("seventeen digits");
    format!("{body}{}", char::from(check))
}
