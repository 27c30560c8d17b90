//! What `sigillo dns` prints, in a name server that others wrote; and what `--check` says of it.

use std::fs;
use std::net::UdpSocket;
use std::process::{Command, Stdio};

use harness::Running;
use serde_json::Value;

use crate::house::{World, eventually, port, run, succeed};

const DOMAIN: &str = "alfa.example";

/// NSD with the domain's zone and that of its host's address. It ends with the value.
struct NameServer {
    port: u16,
    _process: Running,
}

impl NameServer {
    fn start(world: &World, name: &str, zone: &str) -> Self {
        let folder = world.scratch(name);
        fs::create_dir(&folder).unwrap();
        let head = "@ 3600 IN SOA ns.alfa.example. hostmaster.alfa.example. 1 3600 600 86400 300\n\
                    @ 3600 IN NS ns.alfa.example.\n";
        fs::write(folder.join("domain"), format!("{head}ns 3600 IN A 127.0.0.1\n{zone}")).unwrap();
        fs::write(folder.join("reverse"), format!("{head}1 3600 IN PTR mx.alfa.example.\n")).unwrap();
        let (port, here) = (port(), folder.display());
        let configuration = format!(
            "server:\n  ip-address: 127.0.0.1@{port}\n  username: \"\"\n  zonesdir: \"{here}\"\n  pidfile: \"\"\n  \
             database: \"\"\n  xfrdfile: \"{here}/xfrd\"\n  zonelistfile: \"{here}/zones\"\n  xfrdir: \"{here}\"\n  \
             server-count: 1\n\
             remote-control:\n  control-enable: no\n\
             zone:\n  name: {DOMAIN}\n  zonefile: domain\nzone:\n  name: 2.0.192.in-addr.arpa\n  zonefile: reverse\n"
        );
        fs::write(folder.join("nsd.conf"), configuration).unwrap();
        let log = fs::File::create(folder.join("log")).unwrap();
        let mut nsd = Command::new("nsd");
        nsd.env("PATH", std::env::var("PATH").unwrap_or_default() + ":/usr/sbin").arg("-d").arg("-c");
        nsd.arg(folder.join("nsd.conf")).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let process = Running::start(&mut nsd).unwrap();
        eventually("the name server", || {
            let log = || fs::read_to_string(folder.join("log")).unwrap();
            assert!(process.ended().unwrap().is_none(), "{}", log());
            answers(port).then_some(())
        });
        Self { port, _process: process }
    }
}

/// Whether somebody answers a question for the domain's SOA.
fn answers(port: u16) -> bool {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_millis(100))).unwrap();
    let question = b"\x12\x34\0\0\0\x01\0\0\0\0\0\0\x04alfa\x07example\0\0\x06\0\x01";
    socket.send_to(question, ("127.0.0.1", port)).unwrap();
    let mut answer = [0; 512];
    // The seventh octet and the next count the answers.
    matches!(socket.recv(&mut answer), Ok(length) if length > 12 && answer[6..8] != [0, 0])
}

fn dns(world: &World, domain: &str, options: &[&str]) -> Command {
    world.alfa.command(&[&["dns", domain], options].concat())
}

/// What a check says, by name and type; the exit code.
fn checked(world: &World, domain: &str) -> (Option<i32>, Vec<Value>) {
    let (status, stdout, stderr) = run(&mut dns(world, domain, &["--check", "--json"]));
    assert_eq!(stderr, "");
    (status.code(), stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// The result of a record.
fn result<'a>(lines: &'a [Value], name: &str, kind: &str) -> &'a Value {
    let one = lines.iter().find(|line| line["name"] == name && line["type"] == kind);
    one.unwrap_or_else(|| panic!("no {name} {kind}: {lines:#?}"))
}

#[test]
fn what_is_printed_is_a_zone_that_a_check_finds_right_and_every_change_is_told() {
    let world = World::dark();
    let printed = succeed(&mut dns(&world, DOMAIN, &["--authority", "ca.example"]));
    for line in ["alfa.example. 3600 IN MX 10 mx.alfa.example.", "_dmarc.alfa.example. 3600 IN TXT \"v=DMARC1; p=none"]
    {
        assert!(printed.contains(line), "{printed}");
    }
    let imaps = format!("_imaps._tcp.alfa.example. 3600 IN SRV 0 1 {} mx.alfa.example.", world.alfa.ports().imap_tls);
    assert!(printed.contains(&imaps), "{printed}");
    let host = "mx 3600 IN A 192.0.2.1\n";
    let name_server = NameServer::start(&world, "right", &format!("{printed}{host}"));
    let asked = format!("[dns]\nservers = [\"127.0.0.1:{}\"]\n", name_server.port);
    world.alfa.edit("[relay]\n", &format!("{asked}[relay]\n"));
    let (code, lines) = checked(&world, DOMAIN);
    let wrong: Vec<_> = lines.iter().filter(|line| line["result"] != "right").collect();
    assert!(code == Some(0) && lines.len() > 15 && wrong.is_empty(), "{wrong:#?}");

    let changed: String = printed
        .lines()
        .filter(|line| !line.starts_with("_pop3s.") && !line.starts_with("alfa.example. 3600 IN TXT"))
        .map(|line| line.replace("10 mx.alfa", "10 mail.alfa") + "\n")
        .collect();
    let other = NameServer::start(&world, "changed", &format!("{changed}{host}@ IN TXT \"else\"\n"));
    world.alfa.edit(&asked, &format!("[dns]\nservers = [\"127.0.0.1:{}\"]\n", other.port));
    let (code, lines) = checked(&world, DOMAIN);
    assert_eq!(code, Some(1), "what is needed is not right");
    let mx = result(&lines, "alfa.example.", "MX");
    assert_eq!((&mx["result"], &mx["found"][0]), (&"other".into(), &"10 mail.alfa.example.".into()));
    assert!(mx["todo"].as_str().unwrap().contains("IN MX 10 mx.alfa.example."), "{mx}");
    assert_eq!(result(&lines, "alfa.example.", "TXT")["result"], "missing", "another text is no SPF");
    assert_eq!(result(&lines, "_pop3s._tcp.alfa.example.", "SRV")["result"], "missing");
    assert_eq!(result(&lines, "_imaps._tcp.alfa.example.", "SRV")["result"], "right");
    // A domain of which this name server says nothing, and asks nobody else.
    let (code, lines) = checked(&world, "altro.example");
    assert_eq!(code, Some(69), "{lines:#?}");
    assert_eq!(result(&lines, "altro.example.", "MX")["result"], "unknown");
    assert_eq!(result(&lines, "mx.alfa.example.", "A")["result"], "right");
}

#[test]
fn the_files_for_mail_programs_are_written_as_a_web_server_has_them() {
    let world = World::dark();
    let folder = world.scratch("web");
    let said = succeed(&mut dns(&world, DOMAIN, &["--files", &folder.display().to_string(), "--web", "www.example"]));
    for url in
        ["https://autoconfig.alfa.example/mail/config-v1.1.xml", "https://mta-sts.alfa.example/.well-known/mta-sts.txt"]
    {
        assert!(said.contains(url), "{said}");
    }
    let ports = world.alfa.ports();
    let value = |file: &str, path: &str| {
        let mut xmllint = Command::new("xmllint");
        xmllint.args(["--nonet", "--xpath", path]).arg(folder.join(file));
        succeed(&mut xmllint).trim().to_owned()
    };
    let config = |path: &str| value("mail/config-v1.1.xml", path);
    assert_eq!(config("string(//incomingServer[1]/port)"), ports.imap_tls.to_string());
    assert_eq!(config("count(//incomingServer)"), "4");
    assert_eq!(config("string(//outgoingServer[1]/socketType)"), "SSL");
    let autodiscover = |path: &str| value("autodiscover/autodiscover.xml", path);
    let imap = "//*[local-name()='Protocol'][*[local-name()='Type']='IMAP']/*[local-name()='Port']";
    assert_eq!(autodiscover(&format!("string({imap})")), ports.imap_tls.to_string());
    // Apple's form is read by a library that knows it.
    let script = "import plistlib, sys\n\
                  account = plistlib.load(open(sys.argv[1], 'rb'))['PayloadContent'][0]\n\
                  print(account['IncomingMailServerHostName'], account['IncomingMailServerPortNumber'], account['OutgoingMailServerPortNumber'])";
    let mut python = Command::new("python3");
    python.args(["-c", script]).arg(folder.join("alfa.example.mobileconfig"));
    assert_eq!(succeed(&mut python).trim(), format!("mx.alfa.example {} {}", ports.imap_tls, ports.submission_tls));
}
