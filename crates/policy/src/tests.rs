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
            "第 8 行：管理员“security”不能接触办件，三类管理员的权限也不能在这里合并，请删去这一行。",
            "第 9 行：申请人没有“全市的办件”这种范围，请改写范围。",
            "第 10 行：窗口人员在“本大厅收的办件”上已经写过，请合并成一行。",
            "第 11 行：“see”写了两次，请删去一个。",
            "第 12 行：tick 只属于系统自动处理，请从督查人员的事项中删去。",
            "第 13 行：没有“fly”这种事项，可以写：see、fill-in、submit、withdraw、pay、pre-check、work、\
             answer-return、take-back、approve、tick。",
        ]
    );
    assert_eq!(mistakes(&"x".repeat(70_000)).len(), 1);
    for hidden in
        ["# 说明\0", "clerk office see \u{202E}#", "\u{FEFF}# 说明", "# a\rclerk office see", "# \u{2028}see"]
    {
        assert_eq!(mistakes(hidden), ["第 1 行：有看不见的控制字符，请删去这一行，重新输入。"], "{hidden:?}");
    }
    assert!(Policy::parse("# 说明\t\r\nclerk\toffice\tsee\r\n").is_ok());
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

#[test]
fn a_city_may_change_everything_but_the_programs_part_and_what_applicants_see() {
    let standard = Policy::standard();
    assert_eq!(Policy::for_city(Policy::STANDARD), Ok(standard));
    let refused = |text: &str| -> Vec<String> {
        Policy::for_city(text).unwrap_err().iter().map(Mistake::to_string).collect()
    };
    let lines: Vec<&str> = Policy::STANDARD.lines().collect();
    let without = |word: &str| {
        let kept: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with(word)).collect();
        kept.join("\n")
    };
    let at = |word: &str| lines.iter().position(|line| line.starts_with(word)).unwrap() + 1;
    let program = "系统自动处理的权限不能改，否则时限和缴费都会停下。请写成：program city see pay tick";
    assert_eq!(refused(&without("program")), [format!("第 {} 行：{program}", lines.len() - 1)]);
    let more = Policy::STANDARD.replace("see pay tick", "see tick");
    assert_eq!(refused(&more), [format!("第 {} 行：{program}", at("program"))]);
    let citizen = refused(&without("citizen"));
    assert!(citizen.len() == 1 && citizen[0].contains("申请人必须能查看自己的办件"), "{citizen:?}");
    // Whatever else is wrong, too, is told with it; nothing gives an administrator a case, or two of them one line.
    assert_eq!(refused("").len(), 2);
    for line in ["system city see", "security own see", "audit city see", "system security see", "audit"] {
        let told = refused(&format!("{}{line}", Policy::STANDARD));
        assert!(told.len() == 1 && told[0].contains("不能接触办件"), "{line}: {told:?}");
    }
    for line in ["root city see", "admin city see", "clerk,security office see"] {
        let told = refused(&format!("{}{line}", Policy::STANDARD));
        assert!(told.len() == 1 && told[0].contains("这种身份"), "{line}: {told:?}");
    }
}

#[test]
fn a_change_says_who_gains_who_loses_and_what_nobody_could_do() {
    let before = Policy::standard();
    assert_eq!(before.changes(&before), []);
    assert!(NEEDS.iter().all(|need| need.is_met(&before)));
    let text = Policy::STANDARD
        .replace("reviewer     task        see work", "reviewer office see work")
        .replace("see take-back\n", "see take-back work\n");
    let after = Policy::for_city(&text).unwrap();
    let relation = |who, scope| Relation { who, scope };
    let changes = before.changes(&after);
    assert_eq!(
        changes,
        [
            Change {
                relation: relation(Who::Reviewer, Scope::Office),
                gains: vec![Act::See, Act::Work],
                loses: vec![]
            },
            Change {
                relation: relation(Who::Reviewer, Scope::Task),
                gains: vec![],
                loses: vec![Act::See, Act::Work]
            },
            Change {
                relation: relation(Who::Supervisor, Scope::Task),
                gains: vec![Act::Work],
                loses: vec![]
            },
        ]
    );
    // The heads do the work then; without them nobody would.
    assert!(NEEDS.iter().all(|need| need.is_met(&after)));
    let nobody = Policy::for_city("citizen own see\nprogram city see pay tick").unwrap();
    assert_eq!(NEEDS.iter().filter(|need| need.is_met(&nobody)).count(), 0);
    let place = |scope| matches!(scope, Scope::Task | Scope::City);
    let reach = before.reach(&[Who::Reviewer, Who::Clerk], place);
    assert_eq!(reach, BTreeSet::from([(Scope::Task, Act::See), (Scope::Task, Act::Work)]));
}

#[test]
fn a_late_reader_does_not_bring_an_old_policy_back() {
    let handle = PolicyHandle::default();
    handle.clone().put(2, Policy::nothing());
    handle.put(1, Policy::standard());
    assert_eq!(handle.in_force(), (2, Policy::nothing()));
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
