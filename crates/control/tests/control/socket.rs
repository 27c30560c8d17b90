use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use control::{
    Client, Fault, Item, Limits, MailboxRequest, OfficeRequest, OrganisationRequest, Refused, Request, Socket,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::bench::{Bench, all, good};

struct Serving {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Serving {
    async fn start(bench: &Bench, limits: Limits) -> Self {
        let socket = Socket::bind(&bench.socket()).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(socket.serve(bench.control.clone(), limits, stopped)) }
    }

    async fn end(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

async fn ask(bench: &Bench, request: Request) -> Result<Vec<Item>, Refused> {
    let client = Client::reach(&bench.socket()).await?.expect("somebody listens");
    all(client.ask(request).await?).await
}

/// What the socket says to these bytes.
async fn say(bench: &Bench, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(bench.socket()).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut said = String::new();
    BufReader::new(stream).read_line(&mut said).await.unwrap();
    said
}

#[tokio::test]
async fn a_running_provider_is_administered_over_its_socket_by_who_calls() {
    let bench = Bench::new().await;
    let serving = Serving::start(&bench, Limits::default()).await;
    let mode = fs::metadata(bench.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let address = crate::bench::address("anna@alfa.example");
    let request = MailboxRequest::Add { address, password: good(), quota: 1 << 30, within: None };
    let items = ask(&bench, Request::Mailbox(request)).await.unwrap();
    assert!(matches!(&items[..], [Item::Mailbox(mailbox)] if mailbox.address == "anna@alfa.example"));
    // Names of people come through as they are written.
    let comune = OrganisationRequest::Add { name: "Comune dell'Àncora \"B\"".into(), ipa: Some("c_b1".into()) };
    let items = ask(&bench, Request::Organisation(comune)).await.unwrap();
    assert!(matches!(&items[..], [Item::Organisation(made)] if made.name == "Comune dell'Àncora \"B\""));
    let office = "Comune dell'Àncora \"B\"/Affari generali".parse().unwrap();
    let items = ask(&bench, Request::Office(OfficeRequest::Add { office, aoo: None, uo: Some("U1".into()) })).await;
    assert!(matches!(&items.unwrap()[..], [Item::Office(made)] if made.uo.as_deref() == Some("U1")));
    let refused = ask(&bench, Request::Message { identifier: "x@y.example".into() }).await.unwrap_err();
    assert_eq!(refused.fault, Fault::Missing);
    let who = control::Operator::of_this_process();
    let acts = bench.acts().await;
    assert_eq!(acts[0], format!("{who}: mailbox add quota=1073741824 [anna@alfa.example]"));
    assert_eq!(acts[2..], [format!("{who}: office add uo=U1 [Comune dell'Àncora \"B\"/Affari generali]")]);
    let status = ask(&bench, Request::Status).await.unwrap();
    assert!(matches!(&status[0], Item::Status(status) if status.running && status.health == ["ok"]));
    let reloaded = ask(&bench, Request::Reload).await.unwrap();
    assert_eq!(reloaded, [Item::done("certificates were read again")]);
    let check = ask(&bench, Request::Check).await.unwrap();
    assert!(matches!(check.last(), Some(Item::Check(check)) if check.whole), "{check:?}");
    serving.end().await;
    // Its file goes with it.
    assert!(Client::reach(&bench.socket()).await.unwrap().is_none());
    assert_eq!(fs::symlink_metadata(bench.socket()).unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[tokio::test]
async fn what_is_no_request_of_this_version_is_refused_in_words() {
    let bench = Bench::new().await;
    let limits = Limits { request: 1000, ..Limits::default() };
    let serving = Serving::start(&bench, limits).await;
    for (bytes, why) in [
        (&b"\n"[..], "no request"),
        (b"hello\n", "no request"),
        (b"{\"sigillo\":2,\"request\":{\"unheard-of\":1}}\n", "speaks version 1"),
        (b"{\"sigillo\":1,\"request\":{\"unheard-of\":1}}\n", "not understood"),
        (b"{\"sigillo\":1,\"request\":\"status\"", "did not come whole"),
    ] {
        let said = say(&bench, bytes).await;
        assert!(said.contains("refused") && said.contains(why), "{said}");
    }
    let long = [b"{\"sigillo\":1,".as_slice(), &b" ".repeat(2000)].concat();
    assert!(say(&bench, &long).await.contains("at most 1000 octets"));
    // Who says nothing is not answered, and everybody else still is.
    assert_eq!(say(&bench, b"").await, "");
    assert!(ask(&bench, Request::Status).await.is_ok());
    serving.end().await;
}

#[tokio::test]
async fn who_says_nothing_and_who_comes_too_many_hold_nobody_up_for_ever() {
    let bench = Bench::new().await;
    let limits = Limits { sessions: 1, time: Duration::from_millis(300), ..Limits::default() };
    let serving = Serving::start(&bench, limits).await;
    let mut silent = UnixStream::connect(bench.socket()).await.unwrap();
    // The silent one has the only place, until its time is over.
    let refused = loop {
        match ask(&bench, Request::Status).await {
            Err(refused) => break refused,
            Ok(_) => tokio::task::yield_now().await,
        }
    };
    assert!(refused.fault == Fault::NotNow && refused.what.contains("1 commands are served"), "{refused}");
    let mut said = String::new();
    silent.read_to_string(&mut said).await.unwrap();
    assert!(said.contains("no request came within"), "{said}");
    assert!(ask(&bench, Request::Status).await.is_ok());
    serving.end().await;
}

#[tokio::test]
async fn a_socket_that_answers_is_never_taken_and_that_of_a_dead_process_is_replaced() {
    let bench = Bench::new().await;
    let serving = Serving::start(&bench, Limits::default()).await;
    let taken = Socket::bind(&bench.socket()).await.unwrap_err().to_string();
    assert!(taken.contains("another process answers there"), "{taken}");
    assert!(ask(&bench, Request::Status).await.is_ok());
    serving.end().await;
    // As a killed process leaves it.
    drop(std::os::unix::net::UnixListener::bind(bench.socket()).unwrap());
    assert!(Client::reach(&bench.socket()).await.unwrap().is_none());
    let serving = Serving::start(&bench, Limits::default()).await;
    assert!(ask(&bench, Request::Status).await.is_ok());
    serving.end().await;
    fs::write(bench.socket(), "a file").unwrap();
    let refused = Socket::bind(&bench.socket()).await.unwrap_err().to_string();
    assert!(refused.contains("something else has this name"), "{refused}");
}

#[tokio::test]
async fn a_folder_that_others_can_write_and_a_path_that_is_too_long_are_refused_with_what_to_do() {
    let bench = Bench::new().await;
    let folder = bench.socket().parent().unwrap().to_owned();
    fs::set_permissions(&folder, Permissions::from_mode(0o770)).unwrap();
    let refused = Socket::bind(&bench.socket()).await.unwrap_err().to_string();
    assert!(refused.contains("others can write in") && refused.contains("chmod go-w"), "{refused}");
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    let long = folder.join("x".repeat(120));
    let refused = Socket::bind(&long).await.unwrap_err().to_string();
    assert!(refused.contains("too long"), "{refused}");
}

#[tokio::test]
async fn a_store_that_another_has_without_a_socket_is_a_clear_error() {
    let bench = Bench::new().await;
    let (folder, options) = (bench.socket().parent().unwrap().to_owned(), store::EmbeddedOptions::default());
    let refused = control::client::open(&folder, options, &bench.socket()).await.unwrap_err();
    assert_eq!(refused.fault, Fault::NotNow);
    assert!(refused.what.contains("nothing answers at its control socket"), "{refused}");
    let nowhere = folder.join("nothing");
    let refused = control::client::open(&nowhere, options, &bench.socket()).await.unwrap_err();
    assert_eq!(refused.fault, Fault::Missing, "{refused}");
    store::Upkeep::close(bench.store.as_ref()).await.unwrap();
}
