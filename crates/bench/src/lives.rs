//! Full lives of the existing-home transfer through the commands: each command its own unit of work, many lives at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use yimen_casework::model::{Case, CaseState, Channel, Finding, TaskState};
use yimen_casework::{CaseworkError, DecideTask, NewFile, StartDraft};
use yimen_catalogue::model::{Source, StepKind};
use yimen_catalogue::{Facts, Version};
use yimen_platform::{Actor, Ctx};

use crate::script::Script;
use crate::world::{Failure, OFFICE, SERVICE, World};

/// How many lives run at the same time.
pub const AT_ONCE: usize = 32;

/// How far a life goes.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    Closed,
    /// The n-th life ends after the submission and n mod so many further commands, or when it is closed.
    Scattered(usize),
}

/// Runs `count` lives; answers how long it took and how many commands a life has.
pub async fn run(
    world: &Arc<World>,
    count: usize,
    seed: u64,
    until: Until,
) -> Result<(Duration, f64), Failure> {
    let scripts: Vec<Script> = (0..count)
        .map(|n| Script::new(world, n % world.residents.len(), seed.wrapping_add(n as u64)))
        .collect::<Result<_, Failure>>()?;
    let scripts = Arc::new(scripts);
    let started = Instant::now();
    let (next, commands) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut workers = Vec::new();
    for _ in 0..AT_ONCE {
        let (world, next, commands) = (world.clone(), next.clone(), commands.clone());
        let scripts = scripts.clone();
        workers.push(tokio::spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(script) = scripts.get(n) else {
                    return Ok::<(), Failure>(());
                };
                let done = one(&world, n, script, until).await?;
                commands.fetch_add(done, Ordering::Relaxed);
            }
        }));
    }
    for worker in workers {
        worker.await??;
    }
    Ok((started.elapsed(), commands.load(Ordering::Relaxed) as f64 / count as f64))
}

struct Life<'a> {
    world: &'a World,
    id: i64,
    commands: usize,
}

/// One life from draft to closing, or as far as it goes. Answers how many commands it took.
async fn one(world: &World, n: usize, script: &Script, until: Until) -> Result<usize, Failure> {
    let (me, party, _) = &world.residents[script.resident];
    let party = *party;
    let citizen = Actor::Citizen { account: 1, party, name: me.name.as_str().into() };
    let mut life = Life { world, id: 0, commands: 0 };
    life.apply(&citizen, party, &me.name, n, script).await?;
    let mut left = match until {
        Until::Closed => usize::MAX,
        Until::Scattered(most) => n % most,
    };
    if left == 0 {
        return Ok(life.commands);
    }
    let clerk = world.clerk(OFFICE);
    let mut case = life.command("case.accept", &clerk, |c, tx, ctx, id| c.accept(tx, ctx, id, &[])).await?;
    while case.state != CaseState::Closed && left > 1 {
        left -= 1;
        case = life.next(script, case).await?;
    }
    Ok(life.commands)
}

impl Life<'_> {
    fn ctx(&self, actor: &Actor) -> Ctx {
        self.world.platform.ctx(actor.clone(), "bench")
    }

    /// One command in one unit of work.
    async fn command<F>(&mut self, name: &'static str, actor: &Actor, run: F) -> Result<Case, Failure>
    where
        F: Fn(&yimen_casework::Casework, &mut yimen_store::Tx<'_>, &Ctx, i64) -> Result<Case, CaseworkError>
            + Send
            + 'static,
    {
        self.commands += 1;
        let (casework, ctx, id) = (self.world.casework.clone(), self.ctx(actor), self.id);
        Ok(self.world.platform.store.write(name, move |tx| run(&casework, tx, &ctx, id)).await?)
    }

    /// What the applicant does: starts, answers page by page, files the papers, submits.
    async fn apply(
        &mut self,
        citizen: &Actor,
        party: i64,
        name: &str,
        n: usize,
        script: &Script,
    ) -> Result<(), Failure> {
        let (version, facts) = (&script.version, &script.facts);
        self.commands += 1;
        let (casework, ctx, name) = (self.world.casework.clone(), self.ctx(citizen), name.to_string());
        let nonce = format!("bench-{n}-{}", ctx.new_id());
        let started = self.world.platform.store.write("case.draft", move |tx| {
            let (applicant, office) = (party, OFFICE);
            let (channel, applicant_name) = (Channel::Online, name.as_str());
            let new =
                StartDraft { service: SERVICE, applicant, applicant_name, channel, nonce: &nonce, office };
            casework.start_draft(tx, &ctx, &new)
        });
        self.id = started.await?.0;
        for answers in by_page(version, facts) {
            self.command("case.answer", citizen, move |c, tx, ctx, id| c.answer(tx, ctx, id, &answers, &[]))
                .await?;
        }
        for (i, slot) in slots(version, facts).into_iter().enumerate() {
            self.commands += 1;
            let file = NewFile { slot, ..self.world.papers[i % self.world.papers.len()].clone() };
            let (casework, ctx, id) = (self.world.casework.clone(), self.ctx(citizen), self.id);
            self.world
                .platform
                .store
                .write("material.add", move |tx| casework.add_file(tx, &ctx, id, &file))
                .await?;
        }
        self.command("case.submit", citizen, |c, tx, ctx, id| c.submit(tx, ctx, id)).await?;
        Ok(())
    }

    /// The next live task is concluded by whoever it belongs to.
    async fn next(&mut self, script: &Script, case: Case) -> Result<Case, Failure> {
        let live = case.tasks.iter().find(|t| t.state == TaskState::Open);
        let task = live.ok_or("a case without an open task")?;
        if task.kind == StepKind::Payment {
            let bill = case.bills.iter().find(|b| b.task_id == task.id).ok_or("a payment without a bill")?.id;
            let gateway = Actor::System("支付网关");
            return self
                .command("payment.settle", &gateway, move |c, tx, ctx, _| c.pay(tx, ctx, bill, "bench"))
                .await;
        }
        let actor = self.world.worker(&task.owner)?;
        let records = script.records(&task.step)?.clone();
        let decision = DecideTask {
            task: task.id,
            finding: Finding::Pass,
            opinion: "材料齐全，符合规定条件。".into(),
            records,
        };
        self.command("task.decide", &actor, move |c, tx, ctx, _| c.decide_task(tx, ctx, &decision)).await
    }
}

/// The answers as a person saves them: the guide's questions, then page by page.
pub fn by_page(version: &Version, facts: &Facts) -> Vec<Facts> {
    let pick = |ids: Vec<&str>| -> Facts {
        ids.into_iter().filter_map(|id| Some((id.to_string(), facts.get(id)?.clone()))).collect()
    };
    let mut pages = vec![pick(version.service.guide.iter().map(|q| q.id.as_str()).collect())];
    for page in &version.service.form {
        pages.push(pick(page.fields.iter().map(|f| f.id.as_str()).collect()));
    }
    pages.retain(|page| !page.is_empty());
    pages
}

pub fn slots(version: &Version, facts: &Facts) -> Vec<String> {
    let needed = version.materials(facts);
    needed.iter().filter(|m| !m.from.contains(&Source::Form)).map(|m| m.id.clone()).collect()
}
