//! Judges a client of another crate in the same process: async-pop, over a pipe in memory.
//!
//! No socket is opened and no time passes: the client is a future that is polled whenever the kit has something for
//! it. Run it with `cargo run -p pop3check --example judge_a_client`, or with words that select probes.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_pop::response::types::DataType as _;
use pop3_proto::Time;
use pop3_proto::conformance::{
    Caller, Certificate, Door, End, Exit, Form, Job, Link, Move, Run, Select, Subject, Task, TlsFacts,
    Verdict, Wish, drive_client, probes,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The two directions of a connection.
#[derive(Debug, Default)]
struct Pipe {
    to_client: VecDeque<u8>,
    to_server: Vec<u8>,
    closed: bool,
    /// How often the client has read at the end. One that never stops would hold this thread for ever.
    reads_at_the_end: u32,
}

/// The client's end.
#[derive(Debug, Clone, Default)]
struct Stream(Arc<Mutex<Pipe>>);

impl Stream {
    fn pipe(&self) -> std::sync::MutexGuard<'_, Pipe> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut pipe = self.pipe();
        let count = into.remaining().min(pipe.to_client.len());
        let octets: Vec<u8> = pipe.to_client.drain(..count).collect();
        into.put_slice(&octets);
        match (count, pipe.closed) {
            (0, false) => Poll::Pending,
            (0, true) if pipe.reads_at_the_end > 100 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            (0, true) => {
                pipe.reads_at_the_end += 1;
                Poll::Ready(Ok(()))
            }
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.pipe().to_server.extend_from_slice(octets);
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

type Store = Arc<Mutex<Vec<Vec<u8>>>>;

/// What a program does with this crate.
async fn session(stream: Stream, task: Task, store: Store) -> Result<(), async_pop::error::Error> {
    let mut pop = async_pop::new(stream).await?;
    pop.login(&task.user, &task.password).await?;
    if task.job != Job::Login {
        let count = pop.stat().await?.counter().value()?;
        for number in 1..=count {
            let message = pop.retr(number).await?;
            store.lock().unwrap_or_else(PoisonError::into_inner).push(message.to_vec());
            if task.job == Job::Delete {
                pop.dele(number).await?;
            }
        }
    }
    pop.quit().await?;
    Ok(())
}

type Work = Pin<Box<dyn Future<Output = Result<(), async_pop::error::Error>>>>;

/// The client, between and during its runs. It makes one connection in each.
#[derive(Default)]
struct AsyncPop {
    stream: Stream,
    store: Store,
    work: Option<Work>,
    moves: VecDeque<Move>,
}

const LINK: Link = Link(1);

impl Caller for AsyncPop {
    fn start(&mut self, task: &Task, _: Time) -> bool {
        if !task.again {
            self.store = Store::default();
        }
        self.stream = Stream::default();
        self.moves = VecDeque::from([Move::Connect(LINK, Door::Clear)]);
        self.work = Some(Box::pin(session(self.stream.clone(), task.clone(), self.store.clone())));
        true
    }

    fn next(&mut self, _: Time) -> Option<Move> {
        if self.moves.is_empty() {
            let result =
                self.work.as_mut().map(|work| work.as_mut().poll(&mut Context::from_waker(Waker::noop())));
            let said = std::mem::take(&mut self.stream.pipe().to_server);
            if !said.is_empty() {
                self.moves.push_back(Move::Say(LINK, said));
            }
            if let Some(Poll::Ready(result)) = result {
                self.work = None;
                let printed = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
                let exit = Exit { success: Some(result.is_ok()), crashed: false, printed: printed.into() };
                self.moves.extend([Move::Leave(LINK, End::Fin), Move::Exit(exit)]);
            }
        }
        self.moves.pop_front()
    }

    fn take(&mut self, _: Link, octets: &[u8], _: Time) {
        self.stream.pipe().to_client.extend(octets);
    }

    fn secure(&mut self, _: Link, _: Certificate) -> Option<TlsFacts> {
        None
    }

    fn closed(&mut self, _: Link, _: End) {
        self.stream.pipe().closed = true;
    }

    fn stop(&mut self) {
        self.work = None;
        self.moves.clear();
    }

    fn stored(&mut self) -> Option<Vec<Vec<u8>>> {
        Some(self.store.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let subject = Rc::new(Subject {
        name: "async-pop".into(),
        jobs: vec![Job::Login, Job::Fetch, Job::Delete],
        tls: vec![Wish::Clear],
        methods: vec!["USER".into(), "PLAIN".into()],
        store: Some(Form::default()),
        tells: true,
        limit: Duration::from_secs(60),
        ..Subject::default()
    });
    let words: Vec<String> = std::env::args().skip(1).collect();
    let selects = words.iter().map(|word| Select::parse(word)).collect::<Result<Vec<_>, _>>()?;
    let all: Vec<_> =
        probes().into_iter().filter(|probe| probe.is_for_clients() && !probe.is_referee()).collect();
    let (mut client, mut clock, mut judged) = (AsyncPop::default(), Time::ZERO, 0);
    for probe in Select::chosen(&selects, &all)? {
        let mut run = Run::of_client(probe, &subject, 1);
        drive_client(|now, seen| run.next(now, seen), &mut client, &mut clock);
        let Some(outcome) = run.into_outcome() else { continue };
        if matches!(outcome.verdict, Verdict::NotRun | Verdict::NotApplicable) {
            continue;
        }
        judged += 1;
        println!("{:<14} {}", outcome.verdict, outcome.probe);
        let mut worst = outcome.judgements.iter().filter(|judgement| judgement.verdict == outcome.verdict);
        if let Some(judgement) = worst.rfind(|judgement| !judgement.words.is_empty()) {
            println!("{:<14} {}: {}", "", judgement.row, judgement.words);
        }
    }
    println!("{judged} probes judged async-pop");
    Ok(())
}
