//! Full lives through HTTP: the real router on a port, real sessions, forms as a browser sends them, many at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use yimen_casework::model::{Bill, BillState, Owner, Task, TaskState};
use yimen_casework::policy::Act;
use yimen_casework::store;
use yimen_catalogue::Facts;
use yimen_catalogue::form::raw;
use yimen_catalogue::model::{Field, FieldKind, FormPage, StepKind};
use yimen_catalogue::pages::posted_answers;

use crate::client::{Answer, Client, encode};
use crate::lives::{AT_ONCE, slots};
use crate::script::Script;
use crate::server::Server;
use crate::stats;
use crate::world::{Failure, OFFICE, SERVICE, World};

/// What the lives have in common.
pub struct Load {
    pub world: Arc<World>,
    pub server: Server,
    /// Sessions of the first residents, in their order.
    citizens: Vec<String>,
    /// By department, and of the office that takes the cases in.
    staff: Vec<(Owner, String)>,
    /// Whether the pages of windows and of departments exist in this version.
    desk: bool,
    review: bool,
}

/// What a run came to.
pub struct Outcome {
    pub took: Duration,
    /// Of server and load together.
    pub cpu: Duration,
    pub requests: Vec<Duration>,
}

impl Load {
    /// Signs everybody in.
    pub async fn new(world: Arc<World>, server: Server, citizens: usize) -> Result<Load, Failure> {
        let mut sessions = Vec::new();
        for (person, ..) in world.residents.iter().take(citizens) {
            sessions.push(server.sign_in(&person.phone).await?);
        }
        let mut staff = Vec::new();
        let version = world.casework.catalogue.get().current(SERVICE).cloned().ok_or("no home transfer")?;
        for step in &version.service.steps {
            let department = Owner::Department(step.by.clone());
            if !matches!(step.by.as_str(), "applicant" | "window")
                && !staff.iter().any(|(o, _)| *o == department)
            {
                staff.push((department, server.sign_in(&format!("{}-1", step.by)).await?));
            }
        }
        let clerk = server.sign_in(&format!("{OFFICE}-1")).await?;
        let mut client = Client::connect(server.address).await?;
        let desk = client.get("/desk", &clerk, "probe").await?.status != 404;
        let review = client.get("/review", &staff[0].1, "probe").await?.status != 404;
        staff.push((Owner::Office(OFFICE.into()), clerk));
        Ok(Load { world, server, citizens: sessions, staff, desk, review })
    }

    /// What has no page in this version and goes to the commands directly.
    pub fn without_pages(&self) -> Vec<&'static str> {
        let missing =
            [(!self.desk, "accepting at the window"), (!self.review, "work of departments and windows")];
        missing.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect()
    }

    fn staff(&self, owner: &Owner) -> Result<&str, Failure> {
        let found = self.staff.iter().find(|(o, _)| o == owner);
        found
            .map(|(_, cookie)| cookie.as_str())
            .ok_or_else(|| format!("nobody is signed in for {owner:?}").into())
    }
}

/// Runs `count` lives, `AT_ONCE` at a time. `pages`: also gets every page a browser would show between the forms.
pub async fn run(load: &Arc<Load>, count: usize, seed: u64, pages: bool) -> Result<Outcome, Failure> {
    // Four times as many applicants as apply at once: nobody has two drafts at a time.
    let script = |n: usize| {
        let script = Script::new(&load.world, n % load.citizens.len(), seed.wrapping_add(n as u64))?;
        Forms::new(&load.world, &script)
    };
    let scripts: Arc<Vec<Forms>> = Arc::new((0..count).map(script).collect::<Result<_, Failure>>()?);
    let next = Arc::new(AtomicUsize::new(0));
    let (started, cpu) = (Instant::now(), stats::cpu());
    let mut workers = Vec::new();
    for _ in 0..AT_ONCE {
        let (load, scripts, next) = (load.clone(), scripts.clone(), next.clone());
        workers.push(tokio::spawn(async move {
            let (client, gateway) =
                (Client::connect(load.server.address).await?, Client::connect(load.server.gateway).await?);
            let mut life = Life { load: &load, client, gateway, pages, times: Vec::new() };
            // Whoever is done takes the next: nobody waits for the slowest at the end.
            while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
                life.one(script).await?;
            }
            Ok::<_, Failure>(life.times)
        }));
    }
    let mut requests = Vec::new();
    for worker in workers {
        requests.extend(worker.await??);
    }
    Ok(Outcome { took: started.elapsed(), cpu: stats::cpu() - cpu, requests })
}

struct Life<'a> {
    load: &'a Load,
    client: Client,
    gateway: Client,
    pages: bool,
    times: Vec<Duration>,
}

impl Life<'_> {
    async fn one(&mut self, forms: &Forms) -> Result<(), Failure> {
        let me = &self.load.citizens[forms.resident];
        let number = self.apply(me, forms).await?;
        self.accept(&number).await?;
        let (case, tasks) = self.tasks(&number).await?;
        for task in tasks {
            match task.kind {
                StepKind::Payment => self.pay(me, &number, case, &task).await?,
                _ if task.state == TaskState::Skipped => {}
                _ => self.decide(&task, forms).await?,
            }
        }
        self.page(&format!("/cases/{number}"), me).await
    }

    /// From the guide to the number.
    async fn apply(&mut self, me: &str, forms: &Forms) -> Result<String, Failure> {
        self.page(&format!("/services/{SERVICE}"), me).await?;
        let draft = self.form(&format!("/services/{SERVICE}/start"), me, &forms.begin).await?;
        let number = draft.location.split('/').nth(2).ok_or("the start led to no case")?.to_owned();
        let base = format!("/cases/{number}/apply");
        for (page, answers) in &forms.pages {
            let path = format!("{base}/pages/{page}");
            self.page(&path, me).await?;
            self.form(&path, me, answers).await?;
        }
        for (slot, scan) in &forms.scans {
            self.page(&format!("{base}/materials"), me).await?;
            let path = format!("{base}/materials/{slot}");
            let started = Instant::now();
            let answer = self.client.post_body(&path, me, MULTIPART, scan).await?;
            self.times.push(started.elapsed());
            answer.taken(&path)?;
        }
        self.page(&format!("{base}/way"), me).await?;
        self.form(&format!("{base}/way"), me, &format!("delivery=window&office={OFFICE}")).await?;
        self.page(&format!("{base}/check"), me).await?;
        self.form(&format!("{base}/check"), me, "").await?;
        self.page(&format!("/cases/{number}/submitted"), me).await?;
        Ok(number)
    }

    /// The clerk opens the submission and accepts it; what was handed in is in order.
    async fn accept(&mut self, number: &str) -> Result<(), Failure> {
        if !self.load.desk {
            return self.accept_directly(number).await;
        }
        let clerk = self.load.staff(&Owner::Office(OFFICE.into()))?;
        let path = format!("/desk/cases/{number}");
        self.page(&path, clerk).await?;
        let done = self.form(&format!("{path}/precheck"), clerk, "action=accept").await?;
        self.page(&done.location, clerk).await
    }

    async fn accept_directly(&self, number: &str) -> Result<(), Failure> {
        let world = &self.load.world;
        let (casework, actor, number) = (world.casework.clone(), world.clerk(OFFICE), number.to_owned());
        let ctx = world.platform.ctx(actor, "bench");
        let accept = world.platform.store.write("case.accept", move |tx| {
            let id = casework.fetch_by_number(tx, &ctx, &number, Act::PreCheck)?.case.id;
            casework.accept(tx, &ctx, id, &[])
        });
        accept.await?;
        Ok(())
    }

    /// Which tasks the case has, and the case's own key: a browser would find their pages by links.
    async fn tasks(&self, number: &str) -> Result<(i64, Vec<Task>), Failure> {
        let number = number.to_owned();
        let read = self.load.world.platform.store.read::<_, yimen_store::StoreError, _>(move |q| {
            let Some(case) = store::case::id_by_number(q, &number)? else { return Ok(None) };
            Ok(Some((case, store::task::of_case(q, case)?)))
        });
        read.await?.ok_or_else(|| "a case without a number".into())
    }

    /// The way to the gateway and back. The gateway reports by itself; the payer's return asks until it is known.
    async fn pay(&mut self, me: &str, number: &str, case: i64, task: &Task) -> Result<(), Failure> {
        let read = self.load.world.platform.store.read(move |q| store::bills(q, case));
        let bills: Vec<Bill> = read.await?;
        let bill = bills.iter().find(|b| b.task_id == task.id).ok_or("a payment without a bill")?;
        if bill.state != BillState::Due {
            return Ok(());
        }
        let begun = self.form(&format!("/cases/{number}/bills/{}/pay", bill.id), me, "").await?;
        let path = begun
            .location
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
        let path = path.ok_or("the way to pay leads nowhere")?;
        self.gateway.post(&path, "", &[]).await?.taken(&path)?;
        loop {
            let started = Instant::now();
            let back =
                self.client.get(&format!("/cases/{number}/bills/{}/paid", bill.id), me, "http").await?;
            self.times.push(started.elapsed());
            match back.status {
                303 => return Ok(()),
                // Far shorter than a browser waits before it asks again.
                200 => tokio::time::sleep(Duration::from_millis(20)).await,
                status => return Err(format!("back from paying: {status}").into()),
            }
        }
    }

    async fn decide(&mut self, task: &Task, forms: &Forms) -> Result<(), Failure> {
        let (records, body) =
            forms.decisions.get(&task.step).ok_or_else(|| format!("{} is outside the plan", task.step))?;
        if !self.load.review {
            return self.decide_directly(task, records).await;
        }
        let staff = self.load.staff(&task.owner)?;
        let path = format!("/review/tasks/{}", task.id);
        self.page(&path, staff).await?;
        let done = self.form(&format!("{path}/decide"), staff, body).await?;
        self.page(&done.location, staff).await
    }

    async fn decide_directly(&mut self, task: &Task, records: &Facts) -> Result<(), Failure> {
        let world = &self.load.world;
        let actor = world.worker(&task.owner)?;
        let (casework, ctx) = (world.casework.clone(), world.platform.ctx(actor, "bench"));
        let decision = yimen_casework::DecideTask {
            task: task.id,
            finding: yimen_casework::model::Finding::Pass,
            opinion: "材料齐全，符合规定条件。".into(),
            records: records.clone(),
        };
        world
            .platform
            .store
            .write("task.decide", move |tx| casework.decide_task(tx, &ctx, &decision))
            .await?;
        Ok(())
    }

    async fn form(&mut self, path: &str, cookie: &str, body: &str) -> Result<Answer, Failure> {
        let started = Instant::now();
        let answer = self.client.post_form(path, cookie, body).await?;
        self.times.push(started.elapsed());
        answer.taken(path)
    }

    /// A page between the forms, if this run shows them.
    async fn page(&mut self, path: &str, cookie: &str) -> Result<(), Failure> {
        if !self.pages {
            return Ok(());
        }
        let path = path.split('#').next().unwrap_or(path);
        let started = Instant::now();
        let answer = self.client.get(path, cookie, "http").await?;
        self.times.push(started.elapsed());
        match answer.status {
            200 | 303 => Ok(()),
            status => Err(format!("{path}: answered {status}").into()),
        }
    }
}

/// A field as its control posts it; a date comes in three.
fn typed(field: &Field, facts: &Facts) -> Vec<(String, String)> {
    let Some(fact) = facts.get(&field.id) else {
        return vec![(field.id.clone(), String::new())];
    };
    let values = raw(field, fact);
    match (field.kind, values.first()) {
        (FieldKind::Date, Some(day)) => {
            let parts = ["y", "m", "d"].into_iter().zip(day.split('-'));
            parts.map(|(part, value)| (format!("{}-{part}", field.id), value.to_owned())).collect()
        }
        _ => values.into_iter().map(|value| (field.id.clone(), value)).collect(),
    }
}

const MULTIPART: &str = "multipart/form-data; boundary=bench";

/// A multipart body with one small PDF that nobody else has.
fn scan(slot: &str, pdf: &[u8], mark: &str) -> Vec<u8> {
    let mut body = format!(
        "--bench\r\nContent-Disposition: form-data; name=\"file-{slot}\"; filename=\"{slot}.pdf\"\r\n\
         Content-Type: application/pdf\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(pdf);
    body.extend_from_slice(format!("% {mark}\n\r\n--bench--\r\n").as_bytes());
    body
}

/// What the browsers of one life send, made up before the clock starts.
struct Forms {
    resident: usize,
    begin: String,
    /// By page.
    pages: Vec<(String, String)>,
    /// By material.
    scans: Vec<(String, Vec<u8>)>,
    /// By step: what is recorded, and the form it is recorded with.
    decisions: BTreeMap<String, (Facts, String)>,
}

impl Forms {
    fn new(world: &World, script: &Script) -> Result<Forms, Failure> {
        let (version, facts, seed) = (&script.version, &script.facts, script.seed);
        let nonce = ("nonce".to_string(), format!("bench-{seed}-{}", world.platform.ids.token()));
        let begin: Vec<_> = [nonce].into_iter().chain(posted_answers(version, facts)).collect();
        let page = |page: &FormPage| {
            let fields = version.fields(&page.id, facts);
            let answers: Vec<_> = fields.into_iter().flat_map(|field| typed(field, facts)).collect();
            (page.id.clone(), encode(&answers))
        };
        let pages = version.pages(facts).into_iter().map(page).collect();
        let scan_of = |(n, slot): (usize, String)| {
            let pdf = &world.scans[n % world.scans.len()];
            let body = scan(&slot, pdf, &format!("{seed}-{n}"));
            (slot, body)
        };
        let scans = slots(version, facts).into_iter().enumerate().map(scan_of).collect();
        let decision = |(step, records): (&String, &Facts)| {
            let specs = version.step(step).map(|s| s.records.as_slice()).unwrap_or_default();
            let mut fields: Vec<_> = specs.iter().flat_map(|field| typed(field, records)).collect();
            fields.push(("task-finding".into(), "pass".into()));
            fields.push(("task-opinion".into(), "材料齐全，内容与申请一致，符合规定条件。".into()));
            (step.clone(), (records.clone(), encode(&fields)))
        };
        let decisions = script.all_records().map(decision).collect();
        Ok(Forms { resident: script.resident, begin: encode(&begin), pages, scans, decisions })
    }
}
