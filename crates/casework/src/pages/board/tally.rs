//! Adding up: one count of the store, summed by department, by service and by office, so that every table agrees.

use std::collections::BTreeMap;

use super::standing::Standing;
use crate::live::Count;
use crate::model::CaseState;

/// How many cases stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    by: [i64; 6],
}

impl Sum {
    pub fn of(&self, standing: Standing) -> i64 {
        self.by[standing as usize]
    }

    pub fn all(&self) -> i64 {
        self.by.iter().sum()
    }

    fn add(&mut self, standing: Standing, count: i64) {
        self.by[standing as usize] += count;
    }
}

/// The cases on their way, in every way the board shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub total: Sum,
    /// How many are still with the window: handed in, not yet accepted.
    pub submitted: i64,
    pub by_lead: BTreeMap<String, Sum>,
    pub by_service: BTreeMap<String, Sum>,
    pub by_office: BTreeMap<String, Sum>,
}

impl Tally {
    /// `accepted_only` leaves out what has not been accepted yet.
    pub fn of(counts: &[Count], accepted_only: bool) -> Tally {
        let mut tally = Tally::default();
        for one in counts {
            let accepted = matches!(one.state, CaseState::InReview | CaseState::Decided);
            if accepted_only && !accepted {
                continue;
            }
            let standing = one.standing;
            tally.total.add(standing, one.count);
            if one.state == CaseState::Submitted {
                tally.submitted += one.count;
            }
            tally.by_lead.entry(one.lead.clone()).or_default().add(standing, one.count);
            tally.by_service.entry(one.service.clone()).or_default().add(standing, one.count);
            tally.by_office.entry(one.office.clone()).or_default().add(standing, one.count);
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(lead: &str, state: CaseState, standing: Standing, count: i64) -> Count {
        let (service, office) = (format!("{lead}-service"), "hall".into());
        Count { lead: lead.into(), service, office, state, standing, count }
    }

    #[test]
    fn every_way_of_adding_up_comes_to_the_same() {
        let counts = [
            count("tax", CaseState::InReview, Standing::Late, 3),
            count("tax", CaseState::InReview, Standing::Soon, 5),
            count("land", CaseState::Submitted, Standing::Normal, 7),
            count("land", CaseState::Correcting, Standing::Correcting, 2),
            count("land", CaseState::Decided, Standing::Decided, 4),
        ];
        let tally = Tally::of(&counts, false);
        assert_eq!((tally.total.all(), tally.submitted), (21, 7));
        for sums in [&tally.by_lead, &tally.by_service, &tally.by_office] {
            assert_eq!(sums.values().map(Sum::all).sum::<i64>(), 21);
        }
        let heads = Tally::of(&counts, true);
        assert_eq!((heads.total.all(), heads.submitted), (12, 0));
    }
}
