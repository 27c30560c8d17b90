//! What executes operations: each goes to the file of what it is on.

use crate::act::{
    app_password, disclosure, domain, evidence, hold, mailbox, message, office, organisation, peer, person, queue,
    reconcile, upkeep, user,
};
use crate::control::{Control, Out};
use crate::operator::Operator;
use crate::refused::Refused;
use crate::request::Request;

impl Control {
    /// Executes an operation for somebody; the items of the answer go to `out` one after the other.
    pub async fn execute(&self, request: Request, who: &Operator, out: &Out) -> Result<(), Refused> {
        match request {
            Request::AppPassword(request) => app_password::execute(self, request, who, out).await,
            Request::Domain(request) => domain::execute(self, request, who, out).await,
            Request::Mailbox(request) => mailbox::execute(self, request, who, out).await,
            Request::Organisation(request) => organisation::execute(self, request, who, out).await,
            Request::Office(request) => office::execute(self, request, who, out).await,
            Request::User(request) => user::execute(self, request, who, out).await,
            Request::Queue(request) => queue::execute(self, request, who, out).await,
            Request::Peer(request) => peer::execute(self, request, who, out).await,
            Request::Hold(request) => hold::execute(self, request, who, out).await,
            Request::Message { identifier } => message::show(self, &identifier, out).await,
            Request::Disclose(request) => disclosure::record(self, request, who, out).await,
            Request::Person(request) => person::execute(self, request, who, out).await,
            Request::Evidence(request) => evidence::execute(self, request, out).await,
            Request::Reconcile(request) => reconcile::execute(self, request, who, out).await,
            Request::Status => upkeep::status(self, out).await,
            Request::Check => upkeep::check(self, out).await,
            Request::Acknowledge => upkeep::acknowledge(self, who, out).await,
            Request::Reindex => upkeep::reindex(self, who, out).await,
            Request::Reload => upkeep::reload(self, who, out).await,
            Request::Transfer(_) => Err(Refused::request("a transfer is a dialogue, and has no answer of items")),
            Request::Backup { folder } => upkeep::backup(self, &folder, who, out).await,
        }
    }
}
