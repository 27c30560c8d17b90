//! Every address of the pages, as it is asked for by whoever may not, and by other sites in the name of who may.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use conformance::client::trust;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use web::router::{Route, Who, routes};

use crate::house::{PATIENCE, World, letter};

const ANNA: &str = "anna.bianchi@alfa.example";
const MARIO: &str = "mario.rossi@alfa.example";
const SECRET: &str = "riservatissimo";
/// Octets above which a form has files.
const FORM: usize = 2 << 20;

/// What a page answers.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    /// Empty for an answer without end.
    body: String,
}

/// Somebody at alfa's pages, by hand.
struct Visitor<'a> {
    world: &'a World,
    cookie: Option<String>,
}

impl Visitor<'_> {
    fn origin(&self) -> String {
        format!("https://{}:{}", self.world.alfa.provider.hostname, self.world.alfa.ports().web)
    }

    /// One request on a connection of its own.
    fn ask(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Reply {
        let alfa = &self.world.alfa;
        let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, alfa.ports().web)).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        let name = ServerName::try_from(alfa.provider.hostname.clone()).unwrap();
        let session = ClientConnection::new(trust(&self.world.lab.tls_ca).unwrap(), name).unwrap();
        let mut stream = StreamOwned::new(session, tcp);
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}:{}\r\n", alfa.provider.hostname, alfa.ports().web);
        for (name, value) in more {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(cookie) = &self.cookie {
            head.push_str(&format!("Cookie: {cookie}\r\n"));
        }
        let is_said = |field: &str| more.iter().any(|(name, _)| *name == field);
        if method == "POST" && !is_said("Content-Type") {
            head.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
        }
        if !is_said("Content-Length") {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str(&format!("Connection: close\r\n\r\n{body}"));
        stream.write_all(head.as_bytes()).unwrap();
        read(BufReader::new(stream))
    }

    fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[], "")
    }

    /// As a form of a page of ours is sent.
    fn post(&self, path: &str, body: &str) -> Reply {
        self.ask("POST", path, &[("Origin", &self.origin()), ("Sec-Fetch-Site", "same-origin")], body)
    }

    /// The same form with room for files.
    fn post_parts(&self, path: &str) -> Reply {
        let form = [("Origin", &*self.origin()), ("Content-Type", "multipart/form-data; boundary=x")];
        self.ask("POST", path, &form, "--x--\r\n")
    }

    /// Logs in, and remembers it as a browser does.
    fn enter(&mut self, login: &str, password: &str) -> Reply {
        let reply = self.post("/entra", &format!("user={login}&password={password}"));
        self.cookie = Some(reply.headers["set-cookie"].split(';').next().unwrap().to_owned());
        reply
    }
}

fn read(mut stream: impl BufRead) -> Reply {
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let status = line().split(' ').nth(1).unwrap().parse().unwrap();
    let lines = std::iter::from_fn(|| Some(line()).filter(|line| !line.is_empty()));
    let headers: BTreeMap<String, String> = lines
        .map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())).unwrap())
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = Vec::new();
    stream.take(length).read_to_end(&mut body).unwrap();
    Reply { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
}

/// The address of a route in anna's mailbox.
fn place(route: &Route, inbox: &str) -> String {
    let values = [
        ("{mailbox}", ANNA),
        ("{folder}", inbox),
        ("{uid}", "1"),
        ("{part}", "1"),
        ("{document}", "0"),
        ("{number}", "0"),
        ("{draft}", "0123456789abcdef0123456789abcdef"),
        ("{tag}", "0"),
        ("{name}", "sigillo.css"),
    ];
    values.iter().fold(route.path.to_owned(), |path, (name, value)| path.replace(name, value))
}

/// What every answer carries.
fn is_dressed(path: &str, reply: &Reply) {
    let carries =
        |name: &str| reply.headers.get(name).unwrap_or_else(|| panic!("{path}: no {name}: {reply:?}")).as_str();
    let policy = carries("content-security-policy");
    assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
    assert!(!policy.contains("unsafe-eval") && !policy.contains("script-src 'unsafe"), "{path}: {policy}");
    assert!(policy.contains("frame-ancestors"), "{path}: {policy}");
    assert!(carries("strict-transport-security").starts_with("max-age="), "{path}");
    assert_eq!(carries("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(carries("referrer-policy"), "no-referrer", "{path}");
    assert_eq!(carries("cross-origin-opener-policy"), "same-origin", "{path}");
    let kept = path.starts_with("/assets/") && reply.status == 200;
    assert_eq!(carries("cache-control").contains("no-store"), !kept, "{path}");
}

#[test]
fn every_address_of_the_pages_is_for_those_it_is_for() {
    let world = World::alone();
    world.submit(&[ANNA], letter(ANNA, SECRET)).unwrap();
    world.alfa.one(ANNA, "transport-envelope");
    let stranger = Visitor { world: &world, cookie: None };
    let [mut anna, mut mario] = [(); 2].map(|()| Visitor { world: &world, cookie: None });
    let entered = anna.enter(ANNA, &world.alfa.password("anna.bianchi"));
    mario.enter(MARIO, &world.alfa.password("mario.rossi"));

    // A login is held to this host, to TLS, and out of reach of scripts and of other sites.
    let cookie = &entered.headers["set-cookie"];
    assert!(cookie.starts_with("__Host-"), "{cookie}");
    for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");

    let list = anna.get(&format!("/c/{ANNA}")).body;
    assert!(list.contains(SECRET), "{list}");
    let inbox = list.split("/azioni").next().unwrap().rsplit('/').next().unwrap().to_owned();

    for route in routes() {
        let (method, path) = (route.method.as_str(), place(&route, &inbox));
        let ask = |who: &Visitor<'_>| if method == "POST" { who.post(&path, "") } else { who.get(&path) };
        let reply = ask(&stranger);
        is_dressed(&path, &reply);
        assert!(!reply.body.contains(SECRET), "{method} {path}: {reply:?}");
        if route.who == Who::Holder {
            // A form is not led away from: asked for again, it is sent again.
            match method {
                "POST" => assert_eq!(reply.status, 401, "{path}: {reply:?}"),
                _ => {
                    assert_eq!(reply.status, 303, "{path}: {reply:?}");
                    assert!(reply.headers["location"].starts_with("/entra?poi=/"), "{path}: {reply:?}");
                }
            }
        }
        if route.path.contains("{mailbox}") {
            let reply = if route.most > FORM { mario.post_parts(&path) } else { ask(&mario) };
            is_dressed(&path, &reply);
            assert!([403, 404].contains(&reply.status), "{method} {path}: {reply:?}");
            assert!(!reply.body.contains(SECRET), "{method} {path}: {reply:?}");
        }
        if method == "POST" {
            let origin = anna.origin();
            for elsewhere in [
                &[("Origin", "https://altrove.example"), ("Sec-Fetch-Site", "cross-site")][..],
                &[("Origin", origin.as_str()), ("Sec-Fetch-Site", "same-site")],
                &[("Origin", "null")],
                &[],
            ] {
                let reply = anna.ask("POST", &path, elsewhere, "do=discard&language=en");
                is_dressed(&path, &reply);
                assert_eq!(reply.status, 403, "{path} from {elsewhere:?}: {reply:?}");
                assert!(!reply.headers.contains_key("set-cookie"), "{path}: {reply:?}");
            }
        } else if route.who == Who::Holder {
            let reply = anna.get(&path);
            is_dressed(&path, &reply);
            assert!([200, 303, 404].contains(&reply.status), "{path}: {reply:?}");
        }
    }
    // What was asked for from elsewhere was not done.
    assert_eq!(anna.get(&format!("/c/{ANNA}")).status, 200);

    // What cannot be read has words too.
    for wrong in
        [format!("/c/{ANNA}/f/x/y"), format!("/c/{ANNA}/f/{inbox}?sotto=x"), format!("/c/{ANNA}/f/{inbox}/azioni")]
    {
        let reply = anna.get(&wrong);
        is_dressed(&wrong, &reply);
        assert!([400, 404].contains(&reply.status) && reply.body.contains("<h1>"), "{wrong}: {reply:?}");
    }
    // What is too large is refused before it has come.
    let origin = anna.origin();
    let form = [
        ("Origin", origin.as_str()),
        ("Accept", "text/plain"),
        ("Content-Type", "multipart/form-data; boundary=x"),
        ("Content-Length", "1000000000"),
    ];
    let reply =
        anna.ask("POST", &format!("/c/{ANNA}/scrivi/0123456789abcdef0123456789abcdef/allegati"), &form, "--x\r\n");
    assert_eq!(reply.status, 413, "{reply:?}");
    assert!(reply.body.contains("supera il limite") && !reply.body.contains('<'), "{reply:?}");
    let asset = stranger.get("/entra").body.split('"').find(|one| one.ends_with("/sigillo.css")).unwrap().to_owned();
    let kept = stranger.get(&asset);
    assert_eq!(kept.status, 200, "{kept:?}");
    is_dressed(&asset, &kept);
}
