//! Judges a client of another crate in this process: no socket, and no clock that anybody waits for.
//!
//! ```text
//! cargo run --release -p pop3-proto-benches --example judge_async_pop [SELECT]...
//! ```
//!
//! The client is async-pop. It sees no network: its stream is a queue of octets, and its future is polled when
//! something has come. To judge a client of your own, write a [`Caller`] like [`AsyncPop`] around it.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use async_pop::response::list::ListResponse;
use pop3_proto::Time;
use pop3_proto::conformance::{
    Caller, Certificate, Door, End, Exit, Form, Job, Link, Move, Run, Select, Subject, Task, TlsFacts, Trial,
    Wish, drive_client, probes,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What lies between the client and the kit.
#[derive(Default)]
struct Queues {
    link: u32,
    /// What the client has not read yet, and whether nothing more will come.
    unread: VecDeque<u8>,
    is_over: bool,
    reads_at_end: u32,
    /// What the client has done and the kit has not seen yet.
    moves: VecDeque<Move>,
    stored: Vec<Vec<u8>>,
}

/// The client's end. async-pop asks for a stream that may go to another thread.
#[derive(Clone, Default)]
struct Stream(Arc<Mutex<Queues>>);

impl Stream {
    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut queues = self.queues();
        if queues.unread.is_empty() {
            // A client that reads at the end again and again would never come back.
            queues.reads_at_end += u32::from(queues.is_over);
            if !queues.is_over || queues.reads_at_end > 1000 {
                return Poll::Pending;
            }
        }
        let count = queues.unread.len().min(into.remaining());
        into.put_slice(&queues.unread.drain(..count).collect::<Vec<u8>>());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let mut queues = self.queues();
        let said = Move::Say(Link(queues.link), from.to_vec());
        queues.moves.push_back(said);
        Poll::Ready(Ok(from.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What a program would do that uses the crate as its documentation shows.
async fn work(stream: Stream, task: Task) -> async_pop::error::Result<()> {
    let mut client = async_pop::new(stream.clone()).await?;
    client.login(&task.user, &task.password).await?;
    if task.job != Job::Login
        && let ListResponse::Multiple(list) = client.list(None).await?
    {
        for item in list.items() {
            let number: usize = item.counter().clone().try_into()?;
            let message = client.retr(number).await?;
            stream.queues().stored.push(message.to_vec());
            if task.job == Job::Delete {
                client.dele(number).await?;
            }
        }
    }
    client.quit().await?;
    Ok(())
}

/// The client under test.
#[derive(Default)]
struct AsyncPop {
    stream: Stream,
    work: Option<Pin<Box<dyn Future<Output = async_pop::error::Result<()>>>>>,
}

impl AsyncPop {
    /// Goes on as far as it can.
    fn poll(&mut self) {
        let Some(work) = &mut self.work else { return };
        let mut context = Context::from_waker(Waker::noop());
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut context)));
        let (success, crashed) = match polled {
            Ok(Poll::Pending) => return,
            Ok(Poll::Ready(result)) => (Some(result.is_ok()), false),
            Err(_) => (None, true),
        };
        self.work = None;
        let mut queues = self.stream.queues();
        let leave = Move::Leave(Link(queues.link), End::Fin);
        queues.moves.extend([leave, Move::Exit(Exit { success, crashed, printed: Vec::new() })]);
    }
}

impl Caller for AsyncPop {
    fn start(&mut self, task: &Task, _: Time) -> bool {
        let link = self.stream.queues().link + 1;
        let moves = VecDeque::from([Move::Connect(Link(link), Door::Clear)]);
        *self.stream.queues() = Queues { link, moves, ..Queues::default() };
        self.work = Some(Box::pin(work(self.stream.clone(), task.clone())));
        task.tls == Wish::Clear
    }

    fn next(&mut self, _: Time) -> Option<Move> {
        if self.stream.queues().moves.is_empty() {
            self.poll();
        }
        self.stream.queues().moves.pop_front()
    }

    fn take(&mut self, _: Link, octets: &[u8], _: Time) {
        self.stream.queues().unread.extend(octets);
    }

    fn secure(&mut self, _: Link, _: Certificate) -> Option<TlsFacts> {
        None
    }

    fn closed(&mut self, _: Link, _: End) {
        self.stream.queues().is_over = true;
    }

    fn stop(&mut self) {
        self.work = None;
    }

    fn stored(&mut self) -> Option<Vec<Vec<u8>>> {
        Some(self.stream.queues().stored.clone())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let patterns: Vec<String> = std::env::args().skip(1).collect();
    let selects = patterns.iter().map(|pattern| Select::parse(pattern)).collect::<Result<Vec<_>, _>>()?;
    let of_clients: Vec<_> = probes().into_iter().filter(|probe| probe.is_for_clients()).collect();
    let chosen = match selects.as_slice() {
        // async-pop parses all that has come of a reply again with each read: for megabytes that takes hours.
        [] => of_clients.iter().filter(|probe| !probe.id().ends_with("/endless")).collect(),
        selects => Select::chosen(selects, &of_clients)?,
    };

    let subject = Rc::new(Subject {
        name: "async-pop".into(),
        jobs: vec![Job::Login, Job::Fetch, Job::Delete],
        tls: vec![Wish::Clear],
        store: Some(Form::default()),
        odd_secrets: true,
        tells: true,
        ..Subject::default()
    });
    // Panics of the client are findings, and are told as such.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut client, mut clock) = (AsyncPop::default(), Time::ZERO);
    let mut trial = Trial::new(&subject);
    drive_client(|now, seen| trial.next(now, seen), &mut client, &mut clock);
    println!("async-pop says {}", trial.into_habits()?.verbs.join(", "));

    let mut counts = BTreeMap::new();
    for probe in chosen {
        let mut run = Run::of_client(probe, &subject, 1);
        drive_client(|now, seen| run.next(now, seen), &mut client, &mut clock);
        let Some(outcome) = run.into_outcome() else { continue };
        *counts.entry(outcome.verdict).or_insert(0) += 1;
        for judgement in outcome.judgements.iter().filter(|judgement| judgement.verdict.is_accusation()) {
            println!("{:9} {:30} {:14} {}", judgement.verdict, outcome.probe, judgement.row, judgement.words);
        }
    }
    for (verdict, count) in counts {
        println!("{count:4} {verdict}");
    }
    Ok(())
}
