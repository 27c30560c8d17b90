//! The behaviour suite that every engine passes.
//!
//! An engine's tests implement [`Engine`] and call [`all`], or have each behaviour as a test of its own name with
//! `behaviours!`. A behaviour panics where the engine fails it.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that fails must stop.

pub(crate) mod accesses;
pub(crate) mod accounts;
pub(crate) mod addressees;
pub(crate) mod app_passwords;
pub(crate) mod browser_sessions;
mod engine;
pub(crate) mod evidence;
pub(crate) mod expiry;
pub(crate) mod fates;
pub(crate) mod feed;
pub(crate) mod find;
pub(crate) mod flags;
pub(crate) mod folders;
pub(crate) mod fullness;
pub(crate) mod infected;
pub(crate) mod kept;
pub(crate) mod life;
pub(crate) mod mailboxes;
pub(crate) mod messages;
pub(crate) mod organisations;
pub(crate) mod outcomes;
pub(crate) mod persons;
pub(crate) mod principals;
pub(crate) mod queue;
pub(crate) mod reconciliation;
pub(crate) mod removals;
mod samples;
pub(crate) mod seals;
pub(crate) mod search;
pub(crate) mod sent_copies;
mod session;
pub(crate) mod sums;

pub use engine::Engine;

/// Names every behaviour, by subject, to a macro.
macro_rules! behaviours {
    ($each:ident) => {
        $each! {
            accesses: [
                what_happened_is_read_back_and_equal_things_of_a_day_are_one_row,
                what_a_program_calls_itself_is_added_to_its_login,
                strangers_fill_no_history_and_are_counted,
                an_app_password_says_when_it_was_used_last,
                what_is_too_old_goes_in_lots,
            ]
            accounts: [
                a_password_of_any_characters_opens_its_own_mailbox_only,
                an_unknown_login_and_an_account_without_password_are_refused,
                the_login_is_read_without_regard_to_case,
                a_changed_password_replaces_the_old_one,
                nobody_logs_in_to_the_service_mailbox,
                a_password_is_the_same_whatever_keyboard_writes_it,
                who_stands_is_told_without_a_proof_and_another_secret_is_told_apart,
                a_user_who_may_not_log_in_is_refused_until_he_may_again,
                many_logins_at_once_are_all_answered,
            ]
            addressees: [
                recipients_stand_where_acceptance_put_them,
                what_was_certified_comes_back_and_is_certified_once,
                a_recipient_goes_from_acceptance_to_delivery,
                why_it_ended_is_kept_and_late_answers_are_noted,
                a_take_charge_that_is_overtaken_still_leaves_its_hour,
                deadlines_move_and_leave_their_marks,
                recipients_fall_due_oldest_first,
                who_moved_in_between_is_not_told,
                what_cannot_happen_to_a_recipient_fails_as_a_fault_of_ours,
                of_what_was_not_accepted_here_nothing_is_noted,
            ]
            app_passwords: [
                a_secret_of_ours_opens_the_mailbox_of_its_holder,
                the_secret_says_which_user_it_is,
                one_for_a_mailbox_opens_no_other,
                a_login_costs_no_hash_however_many_secrets_there_are,
                names_are_given_once_and_their_number_is_bounded,
                what_is_removed_or_ends_is_told_where_it_opened_something,
            ]
            browser_sessions: [
                a_login_by_browser_is_found_by_its_digest,
                who_ends_a_login_by_browser_ends_his_own,
                logins_by_browser_are_bounded_and_grow_old,
            ]
            fates: [
                what_became_of_a_message_is_told_to_who_sent_it,
                what_lies_in_a_mailbox_about_a_message_is_found,
                a_folder_is_paged_from_its_newest_message_on,
            ]
            evidence: [
                evidence_comes_back_as_written,
                numbers_ascend_without_gaps_whatever_fails_in_between,
                evidence_is_found_by_what_it_is_about_and_read_on_from_a_number,
                a_subject_is_kept_once_and_named_by_its_hash,
                leaves_are_the_canonical_bytes,
                rows_alike_in_everything_have_leaves_that_nobody_guesses,
            ]
            expiry: [
                what_is_younger_than_its_time_stays,
                evidence_goes_from_its_beginning_and_its_numbers_count_on,
                a_tree_of_evidence_goes_as_a_whole_and_its_end_is_evidence,
                what_the_machine_s_clock_says_is_young_stays_and_stops_nothing,
                an_infected_message_goes_with_its_content_when_its_time_ends,
                what_was_noted_to_recognise_repetitions_goes_too,
                the_service_mailbox_goes_from_its_beginning,
            ]
            feed: [
                every_change_is_told_with_what_it_concerns,
                what_is_told_is_there_and_what_fails_is_not_told,
                who_may_do_what_is_told_where_it_matters,
                nobody_is_told_of_the_service_mailbox,
            ]
            find: [
                messages_are_found_by_each_of_their_parts_and_all_together,
                a_message_is_found_at_once_and_shown_once,
            ]
            flags: [
                flags_are_added_removed_and_replaced,
                a_keyword_has_one_spelling_in_a_mailbox,
                a_folder_tells_the_keywords_that_its_messages_have,
                the_first_unseen_message_is_each_readers_own,
                what_is_no_keyword_is_refused,
                a_change_that_changes_nothing_is_none,
                what_was_changed_meanwhile_is_left_alone,
                what_a_client_did_not_know_of_before_its_own_change_is_told_apart,
                each_reader_has_an_own_seen,
                what_a_user_has_seen_is_a_change_for_him_alone,
                what_is_marked_to_go_is_counted_with_its_octets,
            ]
            folders: [
                a_mailbox_is_born_with_its_folders,
                folders_of_several_mailboxes_come_together_as_far_as_the_rows_reach,
                one_folder_is_found_as_in_the_list,
                what_is_noted_is_for_the_eyes_it_was_noted_for,
                a_folder_is_made_with_those_above_it_and_the_inbox_has_one_name,
                a_folder_made_again_is_another_folder,
                renaming_takes_along_what_is_below_and_changes_nothing_else,
                renaming_the_inbox_moves_its_messages,
                a_message_is_recent_until_a_session_is_told_of_it,
                what_cannot_be_renamed_or_removed_is_refused_with_the_reason,
                a_folder_goes_with_its_messages,
                a_special_use_is_given_once,
                subscriptions_outlive_folders,
            ]
            fullness: [
                a_level_is_told_once_for_each_time_that_it_is_reached,
                whatever_fills_a_mailbox_reaches_its_levels,
                what_moves_within_a_mailbox_fills_it_no_more,
                a_level_that_was_reached_is_there_after_a_restart,
                what_a_full_mailbox_refuses_is_kept_until_its_holder_is_told,
                of_many_refusals_the_first_are_kept_and_the_others_counted,
                growth_is_what_counts_and_came_lately,
            ]
            infected: [
                an_infected_message_is_kept_without_any_mailbox,
                it_stays_when_everything_else_that_refers_to_it_goes,
                the_special_store_is_read_page_by_page_and_by_identifier,
                an_outcome_that_fails_puts_nothing_away,
            ]
            kept: [
                a_receipt_that_is_kept_outlives_its_mailbox,
                what_is_kept_without_its_original_is_whole_while_anybody_has_that,
                what_is_kept_with_its_original_needs_nobody,
                what_is_there_about_a_message_is_read_page_by_page,
                messages_of_a_time_are_named_once_the_oldest_first,
                what_is_kept_goes_when_it_is_old_and_no_hold_is_on_it,
            ]
            life: [
                everything_is_there_after_closing_and_opening,
                after_closing_every_call_fails,
                figures_count_what_is_there,
            ]
            mailboxes: [
                octets_follow_what_comes_and_goes_and_receipts_do_not_count,
                of_a_receipt_one_entry_takes_no_room_wherever_it_is_filed,
                a_quota_is_kept_where_the_deposit_says_so,
                what_a_holder_puts_there_stays_within_the_quota,
                uids_ascend_and_are_never_given_again,
                what_is_marked_to_go_goes_and_nothing_else,
                every_change_takes_the_next_modification_sequence,
                a_list_is_read_page_by_page_and_by_sets,
                what_changed_since_is_told_as_a_set,
                an_entry_has_what_is_wanted_and_no_more,
                copies_and_moves_keep_flags_and_everybodys_seen,
                what_comes_into_another_mailbox_is_new_to_its_owner,
                messages_are_appended_all_or_none,
                what_went_is_remembered_with_its_modification_sequence,
                the_service_mailbox_is_only_added_to,
                what_does_not_exist_is_empty_to_read_and_refused_to_change,
            ]
            messages: [
                the_exact_bytes_come_back_however_they_were_cut,
                originals_come_back_marked_with_their_digest,
                five_hundred_receipts_of_one_original_hold_it_once,
                content_goes_with_its_last_reference,
                an_original_stays_while_any_message_holds_it,
                a_message_nobody_refers_to_is_not_kept,
                header_values_come_back_in_lists,
                any_range_of_a_message_is_read,
                what_the_service_mailbox_holds_stays,
            ]
            organisations: [
                an_organisation_has_a_name_and_a_code_of_its_own,
                offices_are_a_tree_that_is_found_by_names,
                an_office_moves_with_what_is_in_it_and_never_below_itself,
                what_is_not_empty_is_not_removed_and_says_what_is_inside,
                a_mailbox_stands_where_its_domain_lets_it,
                mailboxes_of_a_unit_are_listed_with_those_below_it_page_by_page,
                a_right_on_an_office_is_one_on_every_mailbox_below_it,
                who_may_lose_a_right_by_a_move_is_told,
                what_a_user_may_use_is_told_page_by_page_and_by_how_addresses_begin,
            ]
            outcomes: [
                an_outcome_is_there_whole_when_commit_returns,
                one_question_is_answered_from_one_view,
                an_empty_store_knows_that_it_knows_nobody,
                an_outcome_without_its_mailbox_leaves_nothing,
                what_was_done_before_is_refused_and_leaves_nothing,
                keys_differ_by_every_part,
                what_was_done_with_other_signed_octets_is_told_and_noted_once,
                of_simultaneous_outcomes_with_one_key_exactly_one_wins,
                one_that_fails_does_not_take_its_neighbours_along,
                outcomes_that_arrive_together_share_flushes,
                an_outcome_that_points_outside_itself_is_refused,
                a_deposit_within_quota_never_passes_it,
                one_commit_is_one_message_however_many_have_it,
            ]
            persons: [
                a_user_is_erased_and_the_name_is_nobody_s_as_long_as_evidence_may_name_it,
                what_a_mailbox_has_besides_messages_is_erased_and_nothing_of_another,
                what_a_user_did_is_found_in_every_mailbox_and_former_addresses_are_told,
            ]
            principals: [
                a_domain_is_added_changed_and_removed_when_it_is_empty,
                a_mailbox_is_made_once_and_found_without_regard_to_case,
                mailboxes_are_listed_by_address_page_by_page,
                what_a_mailbox_may_and_takes_is_changed,
                a_renamed_mailbox_keeps_everything_and_its_old_address_is_never_given_again,
                a_user_is_made_once_and_found_without_regard_to_case,
                rights_are_given_and_taken_away,
            ]
            queue: [
                a_dispatch_comes_back_as_it_was_queued,
                a_leased_dispatch_is_nobody_elses_until_the_lease_ends,
                the_longest_waiting_are_leased_first,
                a_retry_waits_until_it_is_due,
                a_finished_dispatch_is_gone_and_finishing_it_again_harms_nobody,
                hops_are_due_when_something_can_be_taken,
                simultaneous_leases_never_overlap,
                a_lease_that_is_given_back_leaves_the_dispatch_as_it_was,
                a_hop_that_answers_again_is_woken_whole,
                operators_see_the_queue_by_hop_and_by_message,
                an_operator_retries_and_fails_a_dispatch,
                a_dispatch_names_the_subject_that_its_evidence_will_be_about,
            ]
            reconciliation: [
                what_is_wrong_stays_until_it_is_judged_otherwise,
            ]
            removals: [
                what_leaves_a_mailbox_for_good_leaves_a_row_of_evidence,
                a_message_that_is_still_there_was_not_removed,
                a_folder_that_is_removed_leaves_the_same_evidence_and_many_go_in_lots,
                what_is_held_stays_and_the_rest_goes,
                a_mailbox_that_is_held_keeps_everything_also_what_comes_later,
            ]
            search: [
                texts_are_found_octet_for_octet_in_any_encoding,
                texts_are_found_by_what_they_say_in_their_charset,
                a_search_shows_nothing_of_another_mailbox_or_folder,
                what_moves_and_goes_is_found_where_it_is,
                people_find_words_without_regard_to_diacritics,
                content_that_many_share_is_found_in_each,
                an_index_is_begun_anew_by_order_and_after_a_restart_goes_on,
            ]
            seals: [
                a_head_goes_on_where_the_last_one_ended,
                tiles_come_back_and_are_kept_once,
                the_head_over_a_row_is_the_first_or_the_first_with_a_stamp,
                a_head_waits_for_its_stamp_and_gets_one,
            ]
            sums: [
                rows_are_counted_once,
                times_without_service_are_kept,
                what_is_hosted_is_counted,
            ]
            sent_copies: [
                a_copy_is_seen_counts_and_holds_the_body_with_the_original,
                the_clients_copy_takes_the_place_of_ours,
                a_copy_that_the_client_put_there_first_spares_ours,
                a_copy_is_recognised_once_and_for_a_day,
                a_mailbox_without_room_has_no_copy_and_the_message_goes_all_the_same,
                the_folder_for_what_was_sent_has_any_name_and_is_made_again,
                who_sends_from_a_shared_mailbox_has_seen_the_copy,
                notifications_lie_where_the_mailbox_has_them,
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
