//! On other providers.

use pec::ProviderKey;
use store::Hop;

use crate::control::{Control, Out};
use crate::item::Item;
use crate::operator::Operator;
use crate::record::Act;
use crate::refused::Refused;
use crate::request::PeerRequest;

pub(crate) async fn execute(control: &Control, request: PeerRequest, who: &Operator, out: &Out) -> Result<(), Refused> {
    match request {
        PeerRequest::List => {
            for peer in control.running.peers().await? {
                out.send(Item::Peer(peer)).await?;
            }
            Ok(())
        }
        PeerRequest::Forget { name, unit } => {
            let provider = ProviderKey { name: name.into(), unit: unit.map(Into::into) };
            let told = provider.to_string();
            if !control.running.forget_peer(&provider).await? {
                let what = format!(
                    "provider {told} has shown no valid TLS certificate that is remembered; 'sigillo peer list'"
                );
                return Err(Refused::missing(what));
            }
            let now = control.now();
            control.faces.queue.wake(&Hop::Provider(provider), now).await?;
            control.running.queue_changed();
            control.record(now, who, Act::new("peer forget", [told.clone()])).await?;
            out.send(Item::done(format!("provider {told} may show any TLS certificate until it shows a valid one")))
                .await
        }
    }
}
