//! What accounts and proposals keep sealed, sealed anew a batch at a time. What is sealed of a sign-in under way is not
//! walked: it is gone within the hour, long before a key may be deleted.

use yimen_platform::reseal::{SealedTable, one_column};
use yimen_store::sql;

use crate::factor::SECRET_LABEL;
use crate::proposal::LABEL;

sql! {
    ACCOUNTS = "select id, totp_sealed from identity_account where id > $1 and totp_sealed is not null
        order by id limit $2";

    PUT_ACCOUNT = "update identity_account set totp_sealed = $2 where id = $1 and totp_sealed = $3";

    PROPOSALS = "select id, body_sealed from identity_proposal where id > $1 order by id limit $2";

    PUT_PROPOSAL = "update identity_proposal set body_sealed = $2 where id = $1 and body_sealed = $3";
}

pub const SEALED: &[SealedTable] = &[
    SealedTable {
        name: "identity_account",
        columns: &["totp_sealed"],
        batch: |tx, pass, after| one_column(tx, pass, after, SECRET_LABEL, (&ACCOUNTS, &PUT_ACCOUNT)),
    },
    SealedTable {
        name: "identity_proposal",
        columns: &["body_sealed"],
        batch: |tx, pass, after| one_column(tx, pass, after, LABEL, (&PROPOSALS, &PUT_PROPOSAL)),
    },
];
