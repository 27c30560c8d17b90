//! What rights cost: a grant on an office is one row, and a page of what a user may use reads what it shows.

use rusqlite::Connection;

use super::super::{domains, grants, holders, offices, organisations, reach, schema, users};
use super::steps;
use crate::{Domain, FeedItem, NewOffice, OfficeChange, OfficeId, OrganisationId, Rights, Unit, UserId};

const READ: Rights = Rights { read: true, send: false, manage: false };

/// An organisation with two offices at the top, and `offices` below the first with so many mailboxes in each; and Olga.
fn served(offices: u32, mailboxes: u32) -> (Connection, [OfficeId; 2]) {
    let file = Connection::open_in_memory().unwrap();
    file.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    schema::make(&file).unwrap();
    let comune = organisations::add(&file, "Comune", None).unwrap().id;
    let make = |under, name: &str| {
        offices::add(&file, &NewOffice { under, name: name.into(), aoo: None, uo: None }).unwrap().id
    };
    let [first, other] = ["Affari generali", "Tributi"].map(|name| make(Unit::Organisation(comune), name));
    for office in 0..offices {
        let office = make(Unit::Office(first), &format!("Ufficio {office}"));
        let fill = format!(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {mailboxes})
             INSERT INTO mailboxes (key, address, domain, state, quota, service, organisation, office)
             SELECT printf('m%d.{at}@pec.example', n), printf('m%d.{at}@pec.example', n), 'pec.example', 'active', 1, 0,
               {comune}, {at} FROM n",
            at = office.0,
            comune = comune.0
        );
        file.execute_batch(&fill).unwrap();
    }
    users::create(&file, "olga", "", None).unwrap();
    (file, [first, other])
}

#[test]
fn a_right_on_an_office_is_one_row_and_one_item_whatever_stands_in_it() {
    let costs = |count: u32| {
        let (file, [office, other]) = served(count, count);
        let mut costs = Vec::new();
        let mut before = file.total_changes();
        let mut rows = |what: &str, told: Vec<FeedItem>| {
            let now = file.total_changes();
            costs.push((what.to_owned(), now - std::mem::replace(&mut before, now), told));
        };
        rows("given", grants::on_office(&file, "olga", office, READ).unwrap().1);
        rows("changed", grants::on_office(&file, "olga", office, Rights::ALL).unwrap().1);
        let to = |under| OfficeChange { under: Some(under), ..OfficeChange::default() };
        let users = |told: Vec<UserId>| told.into_iter().map(FeedItem::User).collect();
        rows("moved", users(offices::set(&file, office, &to(Unit::Office(other))).unwrap().1));
        rows("shut out", users::enable(&file, "olga", false).unwrap().1);
        rows("another password", users::set_password(&file, "olga", "x").unwrap().1);
        rows("taken", grants::on_office(&file, "olga", office, Rights::default()).unwrap().1);
        costs
    };
    let olga = || vec![FeedItem::User(UserId(1))];
    let each = [
        ("given", olga()),
        ("changed", olga()),
        // Who has the right on what moves keeps it.
        ("moved", Vec::new()),
        ("shut out", olga()),
        ("another password", olga()),
        ("taken", olga()),
    ];
    let one_row = each.map(|(what, told)| (what.to_owned(), 1, told));
    assert_eq!(costs(1), one_row);
    assert_eq!(costs(100), one_row, "ten thousand mailboxes");
}

#[test]
fn a_domain_is_given_to_an_organisation_in_lots() {
    let (file, _) = served(1, 25);
    let domain = Domain { organisation: Some(OrganisationId(1)), ..Domain::new("pec.example") };
    file.execute_batch("UPDATE mailboxes SET office = NULL, organisation = NULL").unwrap();
    assert_eq!(domains::seat_some(&file, "pec.example", 10).unwrap(), 0, "it is nobody's");
    let before = file.total_changes();
    assert!(domains::put(&file, &domain).unwrap());
    assert_eq!(file.total_changes() - before, 1);
    let lots: Vec<usize> = (0..4).map(|_| domains::seat_some(&file, "PEC.example", 10).unwrap()).collect();
    assert_eq!(lots, [10, 10, 5, 0]);
    let seated = organisations::find(&file, OrganisationId(1)).unwrap().unwrap();
    assert_eq!(seated.mailboxes, 25);
}

#[test]
fn ten_thousand_granted_mailboxes_are_told_page_by_page_and_one_of_them_costs_what_one_costs() {
    let page = format!("{} SELECT mailbox FROM reach", reach::page());
    let cost = |offices: u32, mailboxes: u32| {
        let (file, [office, _]) = served(offices, mailboxes);
        grants::on_office(&file, "olga", office, READ).unwrap();
        let (mut after, mut all) = (String::new(), 0);
        let mut most = 0;
        loop {
            let granted = holders::granted(&file, UserId(1), "", &after, 1_000).unwrap();
            assert!(granted.len() <= 1_000 && granted.is_sorted_by_key(|(one, _)| one.address.key()));
            assert!(granted.iter().all(|(_, rights)| *rights == READ));
            let (steps, rows) = steps(&file, &page, reach::range(UserId(1), "", &after, 1_000));
            assert_eq!(rows, granted.len());
            most = most.max(steps);
            let Some((last, _)) = granted.last() else { break };
            after = last.address.key();
            all += granted.len();
        }
        assert_eq!(all as u32, offices * mailboxes);
        let (named, rows) = steps(&file, &page, reach::range(UserId(1), "M1.3@", "", 1_000));
        assert_eq!(rows, 1);
        let (first, _) = holders::granted(&file, UserId(1), "m1.3@", "", 9).unwrap().remove(0);
        assert_eq!(reach::at(&file, 1, first.id).unwrap(), Some(READ));
        assert_eq!(reach::at(&file, 2, first.id).unwrap(), None);
        (most, named)
    };
    let ((_, named_of_few), (page_of_many, named_of_many)) = (cost(10, 1), cost(10, 1_000));
    // The end of an index is not read on from.
    let same = named_of_few.abs_diff(named_of_many) < 20;
    assert!(same, "one by its address is found among ten thousand as among ten: {named_of_few}, {named_of_many} steps");
    assert!(page_of_many < 10_000 * 100, "a page looks at each mailbox once: {page_of_many} steps");
}

#[test]
fn rights_are_found_by_indices() {
    let (file, _) = served(1, 1);
    let plan = |sql: &str| -> Vec<String> {
        let mut plan = file.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        plan.raw_query().mapped(|row| row.get(3)).map(Result::unwrap).collect()
    };
    let steps = plan(&format!("{} SELECT mailbox FROM reach", reach::page()));
    let wanted = "SEARCH m USING COVERING INDEX mailboxes_by_office (office=? AND organisation=? AND key>? AND key<?)";
    assert!(steps.iter().any(|step| step == wanted), "{steps:?}");
    let tables = ["mailboxes", "offices", "grants", "office_grants", "users", "m", "o"];
    let scans = |step: &String| tables.iter().any(|table| *step == format!("SCAN {table}"));
    assert!(!steps.iter().any(scans), "{steps:?}");
}
