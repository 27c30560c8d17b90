use std::io::{ErrorKind, Read as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

const LONG: Duration = Duration::from_secs(30);

fn shell(script: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", script]);
    shell
}

/// Waits until a process has ended, or nearly: nobody may have waited for it yet.
fn gone(process: &str) -> bool {
    let started = Instant::now();
    while started.elapsed() < LONG {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
        if matches!(state, None | Some('Z' | 'X')) {
            return true;
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    false
}

#[test]
fn what_a_program_reads_and_says_and_how_it_ends_is_heard() {
    let many = vec![b'x'; 3 << 20];
    let output = output_of(&mut shell("cat; echo said >&2; exit 7"), &many).unwrap();
    assert_eq!((output.status.code(), output.stdout.len(), &*output.stderr), (Some(7), many.len(), &b"said\n"[..]));
    let deaf = output_of(&mut shell("exit 0"), &many).unwrap();
    assert!(deaf.status.success());
    let none = super::output(&mut Command::new("/nonexistent/program")).unwrap_err();
    assert!(none.to_string().contains("/nonexistent/program"), "{none}");
}

#[test]
fn a_program_whose_time_is_over_ends_with_its_children_and_what_it_said_is_told() {
    let started = Instant::now();
    let error = output_within(&mut shell("sleep 600 & echo $!; wait"), Duration::from_millis(300)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let text = error.to_string();
    assert!(gone(text.lines().last().unwrap()), "{text}");
    assert!(started.elapsed() < LONG);
}

#[test]
fn a_child_that_is_left_behind_holds_no_pipe() {
    let started = Instant::now();
    let output = super::output(&mut shell("sleep 600 & echo $!")).unwrap();
    assert!(output.status.success() && gone(String::from_utf8(output.stdout).unwrap().trim()));
    assert!(started.elapsed() < LONG);
}

#[test]
fn a_child_that_left_the_group_is_told_and_waited_for_no_longer() {
    let error = super::output(&mut shell("setsid sh -c 'echo $$; exec sleep 20' & sleep 1")).unwrap_err();
    assert!(error.to_string().contains("holds its output"), "{error}");
}

#[test]
fn a_server_ends_with_its_value_or_its_time_and_its_children_with_it() {
    let mut script = shell("sleep 600 & echo $!; wait");
    let server = Running::start(script.stdout(Stdio::piped())).unwrap();
    let mut pipe = server.stdout().unwrap();
    assert_eq!(server.ended().unwrap(), None);
    drop(server);
    // To the end: nobody holds the pipe any more.
    let mut child = String::new();
    pipe.read_to_string(&mut child).unwrap();
    assert!(gone(child.trim()));

    let short = Running::start_for(&mut shell("sleep 600"), Duration::from_millis(100)).unwrap();
    assert_eq!(short.wait(LONG).unwrap().code(), None);
    let patient = Running::start(&mut shell("trap 'exit 3' TERM; while :; do sleep 0.01; done")).unwrap();
    assert_eq!(patient.wait(Duration::from_millis(50)).unwrap_err().kind(), ErrorKind::TimedOut);
    patient.terminate().unwrap();
    assert_eq!(patient.wait(LONG).unwrap().code(), Some(3));
    patient.terminate().unwrap();
}

/// The child of the next test.
#[test]
fn lives_until_it_is_killed() {
    if std::env::var_os("HARNESS_TEST_CHILD").is_none() {
        return;
    }
    let mut command = shell("sleep 600 & echo $!; wait");
    let server = Running::start(command.stdout(Stdio::inherit())).unwrap();
    // Its parent kills it when it has read this: from now on the group is watched.
    let said = Running::start(shell("echo watched").stdout(Stdio::inherit())).unwrap();
    said.wait(LONG).unwrap();
    let _ = server.wait(LONG);
}

#[test]
fn who_is_killed_leaves_nothing_running() {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["tests::lives_until_it_is_killed", "--exact", "--nocapture"]).env("HARNESS_TEST_CHILD", "1");
    let mut child = again.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let (mut said, mut octet) = (String::new(), [0]);
    let number = loop {
        assert_eq!(pipe.read(&mut octet).unwrap(), 1, "{said}");
        said.push(char::from(octet[0]));
        let (whole, _) = said.rsplit_once('\n').unwrap_or_default();
        let number = whole.lines().find_map(|line| line.parse::<u32>().ok());
        if let Some(number) = number.filter(|_| whole.lines().any(|line| line.ends_with("watched"))) {
            break number;
        }
    };
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(gone(&number.to_string()), "{number} outlives its parent");
}

#[test]
fn blocks_of_ports_differ_and_their_ports_too() {
    let (mut one, other) = (Block::take().unwrap(), Block::take().unwrap());
    assert_ne!(one.base(), other.base());
    let first = one.next().unwrap();
    assert!(first >= one.base() && one.all(|port| port > first && port < first + 100));
}

#[test]
fn a_program_that_is_started_may_open_as_many_files_as_this_process() {
    let granted = take_files();
    let output = output(&mut shell("ulimit -n")).unwrap();
    let its = String::from_utf8(output.stdout).unwrap();
    assert!(granted >= 256 && its.trim() == granted.to_string(), "{granted} and {its}");
}
