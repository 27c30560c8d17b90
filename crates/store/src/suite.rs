//! The behaviour suite that every engine passes.
//!
//! An engine's tests implement [`Engine`] and call [`all`], or have each behaviour as a test of its own name with
//! `behaviours!`. A behaviour panics where the engine fails it.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that fails must stop.

pub(crate) mod accounts;
pub(crate) mod evidence;
pub(crate) mod expiry;
pub(crate) mod infected;
pub(crate) mod life;
pub(crate) mod mailboxes;
pub(crate) mod messages;
pub(crate) mod outcomes;
pub(crate) mod queue;
mod samples;
pub(crate) mod watches;

use std::sync::Arc;

use async_trait::async_trait;

use crate::Store;

/// How the suite comes to stores of one engine.
#[async_trait]
pub trait Engine: Sync {
    /// The store of this name: empty the first time; after its `close`, as it was left.
    async fn open(&self, name: &str) -> Arc<dyn Store>;
    /// Checks, after a behaviour, that all stores opened so far are sound; they are used no more.
    async fn check(&self);
}

/// Names every behaviour, by subject, to a macro.
macro_rules! behaviours {
    ($each:ident) => {
        $each! {
            accounts: [
                a_password_of_any_characters_opens_its_own_mailbox_only,
                an_unknown_login_and_an_account_without_password_are_refused,
                the_login_is_read_without_regard_to_case,
                a_changed_password_replaces_the_old_one,
                many_logins_at_once_are_all_answered,
            ]
            evidence: [
                evidence_comes_back_as_written,
                numbers_ascend_without_gaps_whatever_fails_in_between,
                evidence_is_found_by_identifier_and_read_on_from_a_number,
            ]
            expiry: [
                what_is_younger_than_its_time_stays,
                evidence_goes_from_its_beginning_and_its_numbers_count_on,
                what_the_machine_s_clock_says_is_young_stays_and_stops_nothing,
                an_infected_message_goes_with_its_content_when_its_time_ends,
                what_was_noted_to_recognise_repetitions_goes_too,
            ]
            infected: [
                an_infected_message_is_kept_without_any_mailbox,
                it_stays_when_everything_else_that_refers_to_it_goes,
                the_special_store_is_read_page_by_page_and_by_identifier,
                an_outcome_that_fails_puts_nothing_away,
            ]
            life: [
                everything_is_there_after_closing_and_opening,
                after_closing_every_call_fails,
                figures_count_what_is_there,
            ]
            mailboxes: [
                a_mailbox_is_made_once_and_found_without_regard_to_case,
                mailboxes_come_in_the_order_asked,
                state_and_quota_change_and_unknown_mailboxes_are_told,
                what_a_mailbox_takes_is_set_and_taken_back,
                used_octets_follow_deposits_and_expunges,
                a_quota_is_not_enforced_by_the_store,
                uids_ascend_and_are_never_given_again,
                every_change_advances_the_modification_sequence,
                flags_are_replaced_and_unseen_is_counted,
                a_folder_is_made_by_its_first_deposit_and_the_inbox_has_one_name,
                a_list_is_read_page_by_page,
                what_does_not_exist_is_empty,
            ]
            messages: [
                the_exact_bytes_come_back_however_they_were_cut,
                originals_come_back_marked_with_their_digest,
                five_hundred_receipts_of_one_original_hold_it_once,
                content_goes_with_its_last_reference,
                an_original_stays_while_any_message_holds_it,
                a_message_nobody_refers_to_is_not_kept,
                header_values_come_back_in_lists,
            ]
            outcomes: [
                an_outcome_is_there_whole_when_commit_returns,
                an_outcome_without_its_mailbox_leaves_nothing,
                what_was_done_before_is_refused_and_leaves_nothing,
                keys_differ_by_every_part,
                of_simultaneous_outcomes_with_one_key_exactly_one_wins,
                one_that_fails_does_not_take_its_neighbours_along,
                outcomes_that_arrive_together_share_flushes,
                an_outcome_that_points_outside_itself_is_refused,
                what_was_certified_comes_back_and_is_certified_once,
            ]
            queue: [
                a_dispatch_comes_back_as_it_was_queued,
                a_leased_dispatch_is_nobody_elses_until_the_lease_ends,
                the_longest_waiting_are_leased_first,
                a_retry_waits_until_it_is_due,
                a_finished_dispatch_is_gone_and_finishing_it_again_harms_nobody,
                hops_are_due_when_something_can_be_taken,
                simultaneous_leases_never_overlap,
            ]
            watches: [
                a_watch_lives_from_open_to_close,
                watches_fall_due_oldest_first,
                taking_or_closing_a_watch_that_is_not_open_does_nothing,
                a_watch_is_opened_once_and_what_was_taken_stays_taken,
                who_was_told_in_between_is_not_told_again,
            ]
        }
    };
}
#[cfg(test)]
pub(crate) use behaviours;

macro_rules! one_after_the_other {
    ($($subject:ident: [$($name:ident),* $(,)?])*) => {
        /// Every behaviour, one after the other, each with a fresh engine.
        pub async fn all<E: Engine>(make: impl Fn() -> E) {
            $($(
                let engine = make();
                $subject::$name(&engine).await;
                engine.check().await;
            )*)*
        }
    };
}
behaviours!(one_after_the_other);
