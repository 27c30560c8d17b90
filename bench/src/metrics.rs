//! Counters of a provider, read from its metrics page (Prometheus text).

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// One reading of a metrics page.
#[derive(Clone, Debug, Default)]
pub struct Page(String);

impl Page {
    /// Reads `http://<address>/metrics`.
    pub fn read(address: &str) -> io::Result<Self> {
        Ok(Page(get(address, "/metrics")?))
    }

    /// The sum of a counter over every series that has this label, `kind="delivery"` for instance; over all without
    /// one. A counter that is not there yet is zero.
    pub fn sum(&self, name: &str, label: Option<&str>) -> f64 {
        let series = self.0.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let (series, value) = line.trim().rsplit_once(' ')?;
            let (found, labels) = series.split_once('{').unwrap_or((series, ""));
            let fits =
                found == name && label.is_none_or(|label| labels.trim_end_matches('}').split(',').any(|l| l == label));
            if fits { value.parse::<f64>().ok() } else { None }
        });
        series.sum()
    }
}

/// The body of what `http://<address><path>` answers with 200.
pub fn get(address: &str, path: &str) -> io::Result<String> {
    let mut tcp = TcpStream::connect(address)?;
    tcp.set_read_timeout(Some(Duration::from_secs(10)))?;
    tcp.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    tcp.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.split_whitespace().nth(1) != Some("200") {
        return Err(io::Error::other(format!("{address}: {}", head.lines().next().unwrap_or("no answer"))));
    }
    Ok(body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn counters_are_summed_over_the_series_with_a_label() {
        let page =
            Page("# TYPE a counter\na{kind=\"x\",b=\"1\"} 2\na{kind=\"x\",b=\"2\"} 3\na{kind=\"y\"} 4\nab 9\n".into());
        assert_eq!(page.sum("a", Some("kind=\"x\"")), 5.0);
        assert_eq!(page.sum("a", None), 9.0);
        assert_eq!(page.sum("missing", None), 0.0);
    }

    #[test]
    fn an_answer_other_than_200_is_an_error() {
        for (status, good) in [("200 OK", true), ("404 Not Found", false)] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let server = thread::spawn(move || {
                let (mut tcp, _) = listener.accept().unwrap();
                // The whole request: a socket closed with octets unread may take the answer with it.
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut octet = [0];
                    tcp.read_exact(&mut octet).unwrap();
                    request.extend(octet);
                }
                tcp.write_all(format!("HTTP/1.1 {status}\r\n\r\na 1\n").as_bytes()).unwrap();
            });
            assert_eq!(Page::read(&address).is_ok_and(|page| page.sum("a", None) == 1.0), good, "{status}");
            server.join().unwrap();
        }
    }
}
