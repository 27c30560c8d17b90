//! On one person: who answers is an officer by name, and on record before anything is told or goes.

mod account;
mod carrying_out;
mod plan;

use crate::act::hold::REASON;
use crate::control::{Control, Out};
use crate::item::Item;
use crate::login::LoginName;
use crate::operator::Operator;
use crate::person::Person;
use crate::record::Act;
use crate::refused::{Fault, Refused};
use crate::request::{PersonAct, PersonRequest};

use self::plan::Plan;

/// Octets of an officer's name.
const NAME: usize = 200;

pub(crate) async fn execute(
    control: &Control,
    request: PersonRequest,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let PersonRequest { names, officer, reason, what } = request;
    let reason = reason.trim();
    if reason.is_empty() || reason.len() > REASON {
        return Err(Refused::request(format!("a reason is needed, of at most {REASON} octets")));
    }
    if officer.len() > NAME || officer.chars().any(char::is_control) {
        return Err(Refused::request(format!(
            "the name of an officer has at most {NAME} octets, all of them to be read"
        )));
    }
    let now = control.now();
    let act = format!("{} as={officer:?}", what.name());
    if !control.persons.admit(&officer) {
        let concerns = names.into_iter().take(Person::MOST);
        control.record_first(now, who, Act::new(format!("{act}, refused: {reason}"), concerns)).await?;
        let what = format!("{officer} is not among privacy.officers in the configuration");
        return Err(Refused::new(Fault::NotYou, what));
    }
    let parsed: Result<Vec<LoginName>, String> = names.iter().map(|name| name.trim().parse()).collect();
    let (principals, persons) = (control.faces.principals.as_ref(), control.faces.persons.as_ref());
    let person = Person::find(&parsed.map_err(Refused::request)?, principals, persons).await?;
    let act = Act::new(format!("{act}: {reason}"), person.names());
    match what {
        PersonAct::Export => {
            control.record_first(now, who, act).await?;
            account::tell(control, &person, now, out).await
        }
        PersonAct::Erase { contents, carry_out } => {
            let plan = Plan::of(control, &person, contents, now).await?;
            if !carry_out {
                plan.tell(out).await?;
                let first = "before anything goes: 'sigillo person export' gives it to the person";
                return out.send(Item::done(format!("nothing was erased; --yes does it; {first}"))).await;
            }
            if !plan.steps.is_empty() {
                control.record_first(now, who, act).await?;
            }
            carrying_out::carry_out(control, plan, now, who, out).await
        }
    }
}
