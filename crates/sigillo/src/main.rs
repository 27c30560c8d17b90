//! The program: parses the command line, hands over, ends with a sysexits code.

use std::process::ExitCode;

use clap::Parser;
use control::Request;
use sigillo::cli::{Cli, Command};
use sigillo::{administer, directory_command, dns_command, exit, mailbox, serve, store_command, verify_command};
use tikv_jemallocator::Jemalloc;

/// The system's allocator keeps what large messages held, many times the budget. This one gives it back, by threads of its
/// own also while nothing happens (docs/architecture.md has the measurements).
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            // Help and version are told in the same way. Standard output may be closed: there is nobody to tell then.
            let _ = told.print();
            return if told.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::fail(exit::OS_ERROR, format!("cannot start the runtime: {error}")),
    };
    let ended = runtime.block_on(async {
        match cli.command {
            Command::AppPassword(of) => administer::run(of.command).await,
            Command::Check(on) => administer::ask(Request::Check, &on.common).await,
            #[cfg(feature = "lab")]
            Command::Demo(options) => sigillo::laboratory::demo(options).await,
            Command::Directory(of) => directory_command::run(of.command).await,
            Command::Dns(options) => dns_command::run(&options).await,
            Command::Domain(of) => administer::run(of.command).await,
            Command::Dossier(command) => administer::dossier(command).await,
            Command::Evidence(of) => administer::evidence(of.command).await,
            Command::Export(of) => administer::export(of.command).await,
            Command::Import(of) => administer::import(of.command).await,
            Command::Infected(of) => administer::infected(of.command).await,
            #[cfg(feature = "lab")]
            Command::Lab(options) => sigillo::laboratory::lab(&options).await,
            Command::Mailbox(of) => mailbox::run(of.command).await,
            Command::Message(of) => administer::run(of.command).await,
            Command::Office(of) => administer::run(of.command).await,
            Command::Organisation(of) => administer::run(of.command).await,
            Command::Peer(of) => administer::run(of.command).await,
            Command::Person(of) => administer::person(of.command).await,
            Command::Queue(of) => administer::run(of.command).await,
            Command::Reconcile(command) => administer::run(command).await,
            Command::Reload(on) => administer::ask(Request::Reload, &on.common).await,
            Command::Serve(options) => serve::run(options).await,
            Command::Statistics(of) => administer::statistics(of.command).await,
            Command::Status(on) => administer::ask(Request::Status, &on.common).await,
            Command::Store(of) => store_command::run(of.command).await,
            Command::User(of) => administer::run(of.command).await,
            Command::Verify(options) => verify_command::run(&options).await,
        }
    });
    // A read of standard input under way cannot be taken back; waiting for it would keep a drained provider from ending.
    runtime.shutdown_background();
    // What was asked for went into a file that is full: that is no success.
    match output::fault() {
        Some(fault) => exit::fail(exit::CANT_CREATE, format!("standard output: {fault}")),
        None => ended,
    }
}
