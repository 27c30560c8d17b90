use std::process::Command;

use holder::Capabilities;
use imap::{Door, Offer};

use crate::bench::{ANNA, Bench, LETTER, PASSWORD};

/// A client of few lines, over another implementation of the algorithm.
const CLIENT: &str = r#"
import socket, ssl, sys, zlib
tls = ssl._create_unverified_context().wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1]))))
into, out, held = zlib.compressobj(9, zlib.DEFLATED, -15), zlib.decompressobj(-15), b''
compressed = False
def send(text):
    data = text.encode()
    tls.sendall(into.compress(data) + into.flush(zlib.Z_SYNC_FLUSH) if compressed else data)
def until(tag):
    global held
    while True:
        for line in held.split(b'\r\n')[:-1]:
            if line.startswith(tag.encode() + b' '):
                whole, held = held, b''
                return whole.decode()
        more = tls.recv(65536)
        assert more, held
        held += out.decompress(more) if compressed else more
send('a LOGIN %s "%s"\r\n' % (sys.argv[2], sys.argv[3]))
assert 'COMPRESS=DEFLATE' in until('a')
send('b COMPRESS DEFLATE\r\n')
assert 'b OK' in until('b')
compressed = True
send('c SELECT INBOX\r\n')
until('c')
send('d FETCH 1:* (BODY.PEEK[])\r\n')
body = until('d')
assert body.count('Ogni riga conta.') == 20000, len(body)
message = 'Subject: x\r\n\r\n' + 'y' * 100000
send('e APPEND Bozze {%d+}\r\n%s\r\n' % (len(message), message))
assert 'APPENDUID' in until('e')
send('f COMPRESS DEFLATE\r\n')
assert 'f NO [COMPRESSIONACTIVE]' in until('f')
send('g LOGOUT\r\n')
assert 'g OK' in until('g')
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_compressed_for_who_asks_where_that_is_offered() {
    let mut bench = Bench::new().await;
    bench.offer = Offer::new(Capabilities::default(), true);
    let message = format!("Subject: x\r\n\r\n{}", "Ogni riga conta.\r\n".repeat(20_000));
    bench.deliver(&[&message]).await;
    let door = bench.listen(Door::Tls).await;
    let mut python = Command::new("python3");
    python.args(["-c", CLIENT, &door.address().port().to_string(), ANNA, PASSWORD]);
    let done = tokio::task::spawn_blocking(move || harness::output(&mut python)).await.unwrap().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut client = bench.login().await;
    assert_eq!(client.ok("STATUS Bozze (MESSAGES SIZE)").await, ["* STATUS \"Bozze\" (MESSAGES 1 SIZE 100014)"]);
}

#[tokio::test]
async fn another_algorithm_is_refused() {
    let mut bench = Bench::new().await;
    bench.offer = Offer::new(Capabilities::default(), true);
    bench.deliver(&[LETTER]).await;
    let mut client = bench.at_inbox().await;
    client.refused("COMPRESS LZ4", "NO [CANNOT]").await;
    assert_eq!(client.ok("SEARCH ALL").await, ["* SEARCH 1"]);
}
