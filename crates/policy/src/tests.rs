//! What a policy reads as, says and refuses.

use proptest::prelude::*;

use super::*;

fn mistakes(text: &str) -> Vec<String> {
    Policy::parse(text).unwrap_err().iter().map(Mistake::to_string).collect()
}

#[test]
fn the_standard_policy_reads_and_says_what_it_says() {
    let policy = Policy::parse(Policy::STANDARD).unwrap();
    assert_eq!(policy, Policy::standard());
    assert_eq!(policy.granted().count(), 7);
    assert!(policy.allows(Relation::APPLICANT, Act::Submit));
    assert!(policy.allows(Relation::WINDOW, Act::PreCheck));
    assert!(!policy.allows(Relation::APPLICANT, Act::PreCheck));
    // Time passes for the program alone.
    let ticks: Vec<_> = Relation::all().filter(|one| policy.allows(*one, Act::Tick)).collect();
    assert_eq!(ticks, [Relation::PROGRAM]);
}

#[test]
fn a_mistake_says_its_line_and_what_to_do() {
    let text = "# 权限\nclerk office see\n\nclark office see\nclerk shop see\nclerk\nclerk task work\n\
                security city see\ncitizen city see\nclerk office see pay\nreviewer task see see\n\
                inspector city see tick\nreviewer city see fly";
    assert_eq!(
        mistakes(text),
        [
            "第 4 行：没有“clark”这种身份，可以写：citizen、clerk、reviewer、supervisor、inspector、program。",
            "第 5 行：没有“shop”这种范围，可以写：own、office、task、department、city。",
            "第 6 行：没有写范围，请在身份后面写明范围和事项。",
            "第 7 行：没有写 see：看不到的办件无从办理，请加上 see，或者删去这一行。",
            "第 8 行：管理员“security”不能接触办件，请删去这一行。",
            "第 9 行：申请人没有“全市的办件”这种范围，请改写范围。",
            "第 10 行：窗口人员在“本大厅收的办件”上已经写过，请合并成一行。",
            "第 11 行：“see”写了两次，请删去一个。",
            "第 12 行：tick 只属于系统自动处理，请从督查人员的事项中删去。",
            "第 13 行：没有“fly”这种事项，可以写：see、fill-in、submit、withdraw、pay、pre-check、work、\
             answer-return、take-back、approve、tick。",
        ]
    );
    assert_eq!(mistakes(&"x".repeat(70_000)).len(), 1);
}

fn policies() -> impl Strategy<Value = Policy> {
    let possible: Vec<Relation> =
        Relation::all().filter(|relation| relation.who.can_stand_in(relation.scope)).collect();
    let grant = (prop::sample::select(possible), any::<u16>());
    prop::collection::vec(grant, 0..12).prop_map(|grants| {
        let mut policy = Policy::nothing();
        for (relation, bits) in grants {
            let acts = Act::ALL.into_iter().filter(|act| {
                let drawn = bits >> (*act as u32) & 1 == 1;
                *act == Act::See || drawn && (*act != Act::Tick || relation.who == Who::Program)
            });
            policy.grant(relation, &acts.collect::<Vec<_>>());
        }
        policy
    })
}

proptest! {
    #[test]
    fn what_a_policy_prints_reads_as_the_same(policy in policies()) {
        prop_assert_eq!(Policy::parse(&policy.text()), Ok(policy));
    }

    /// The quick answer from sets of bits is that of asking each grant.
    #[test]
    fn a_set_may_what_one_of_it_may(policy in policies(), bits in 0_u32..(1 << 30)) {
        let relations: Relations = Relation::all().filter(|one| bits & one.bit() != 0).collect();
        prop_assert_eq!(relations, Relations(bits));
        for act in Act::ALL {
            let slow = Relation::all().any(|one| relations.has(one) && policy.allows(one, act));
            prop_assert_eq!(policy.any(relations, act), slow);
            prop_assert!(!slow || !policy.seeing(relations).is_empty(), "{:?} unseen", act);
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,80}(\n[a-z# ]{0,40}){0,5}") {
        let lines = text.lines().count();
        if let Err(mistakes) = Policy::parse(&text) {
            prop_assert!(mistakes.iter().all(|one| one.line >= 1 && one.line <= lines.max(1)));
        }
    }
}
