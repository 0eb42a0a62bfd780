//! In a real browser: a reviewer compares a number with the paper it stands on, and the person reads that they did.

use yimen_testkit::browser::{Browser, Key, Result};

use crate::keyboard::{serve, tell};
use crate::world::{BUYER, SELLER};

#[test]
fn a_reviewer_compares_a_number_with_the_paper_and_the_person_reads_of_it() -> Result {
    tell("unmask", |world| async move {
        let buyer = world.buyer();
        let number = world.accepted(&buyer).await;
        let task = world.case(&number).tasks.iter().find(|t| t.step == "verify-contract").unwrap().id;
        let review = serve(&world, &world.reviewer("housing")).await;
        let browser = Browser::start().await?;
        let (desk, phone) = (browser.desktop().await?, browser.phone().await?);
        desk.goto(&format!("{review}/review/tasks/{task}")).await?;
        desk.wait_for("第 1 个，共 4 个").await?;
        desk.press(Key::Alt + ".").await?;
        desk.wait_for("第 2 个，共 4 个").await?;
        desk.click("查看完整号码").await?;
        // The paper that was open is open still.
        desk.wait_for("为什么要查看").await?;
        assert!(desk.shows("第 2 个，共 4 个").await? && !desk.shows(BUYER).await?);
        desk.inspect("unmask-why").await?;
        phone.goto(&format!("{review}/cases/{number}/unmask")).await?;
        phone.inspect("unmask-why").await?;
        desk.choose("为什么要查看", "和材料上的号码核对").await?;
        desk.click("显示完整号码").await?;
        desk.wait_for(BUYER).await?;
        assert!(desk.shows("第 2 个，共 4 个").await? && desk.shows(SELLER).await?);
        desk.inspect("unmask-shown").await?;
        // The number stays beside whatever paper is turned to, and no longer.
        desk.click("下一个").await?;
        desk.wait_for("第 3 个，共 4 个").await?;
        assert!(desk.shows(BUYER).await?);
        desk.reload().await?;
        desk.wait_for("为什么要查看").await?;
        assert!(!desk.source().await?.contains(BUYER));

        let own = serve(&world, &buyer).await;
        for session in [&phone, &desk] {
            session.goto(&format!("{own}/my/looks")).await?;
            session.wait_for("理由：和材料上的号码核对").await?;
            session.inspect("looks").await?;
            session.goto(&format!("{own}/cases/{number}/unmask")).await?;
            session.inspect("unmask-own").await?;
            session.click("显示完整号码").await?;
            session.wait_for(SELLER).await?;
            session.inspect("unmask-own-shown").await?;
        }
        Ok(())
    })
}
