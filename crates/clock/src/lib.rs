//! The machine's clock against time servers: certified instants stand on it, and the law allows one second [R-L-9-2].
//!
//! Begin with [`ClockWatch`]; [`Settings`] says whom it asks.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use rsntp::{AsyncSntpClient, Config};
use tokio::sync::watch;

/// How far the clock may be from UTC [R-L-9-2].
pub const TOLERANCE: Duration = Duration::from_secs(1);
/// How soon a clock that is too far from UTC is compared again: nothing is signed until it is mended.
const SOON: Duration = Duration::from_secs(10);
/// Time for one server's answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whom to ask, and how often.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Time servers (NTP); none: the clock is not compared.
    pub servers: Vec<TimeServer>,
    /// How often.
    pub every: Duration,
    /// How far from UTC the clock may be for anything to be signed by it.
    pub furthest: Duration,
}

/// A time server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeServer {
    /// Name or number.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self { servers: Vec::new(), every: Duration::from_secs(15 * 60), furthest: Duration::from_secs(60) }
    }
}

/// What is known of the clock.
pub struct ClockWatch {
    settings: Settings,
    last: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// What the last look found.
    offset: Option<Result<f64, String>>,
    /// How far off the clock was when it was last found too far; servers that are silent do not mend it.
    beyond: Option<f64>,
}

/// The one in the middle; of two the one that is nearer to no offset at all, since one of them may be wrong.
fn median(mut offsets: Vec<f64>) -> Option<f64> {
    offsets.sort_by(f64::total_cmp);
    let upper = offsets.get(offsets.len() / 2).copied()?;
    let lower = offsets.get((offsets.len() - 1) / 2).copied()?;
    Some(if lower.abs() < upper.abs() { lower } else { upper })
}

/// An offset in words.
fn off(offset: f64) -> String {
    format!("the clock is {:.3} s {} UTC", offset.abs(), if offset > 0.0 { "behind" } else { "ahead of" })
}

impl ClockWatch {
    /// Nothing is known until the first look.
    pub fn new(settings: Settings) -> Self {
        Self { settings, last: Mutex::default() }
    }

    /// What is wrong at the moment, for health; `None`: nothing, or no servers to ask.
    pub fn trouble(&self) -> Option<String> {
        match &self.known().offset {
            Some(Ok(offset)) if offset.abs() > TOLERANCE.as_secs_f64() => Some(off(*offset)),
            Some(Err(error)) => Some(format!("the clock could not be compared: {error}")),
            Some(Ok(_)) | None => None,
        }
    }

    /// Why nothing may be signed by this clock: it was found further from UTC than `furthest`, and nobody has found it mended
    /// since [R-L-9-2].
    pub fn too_far(&self) -> Option<String> {
        self.known().beyond.map(|offset| format!("{}: nothing is signed until it is mended", off(offset)))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks every server and keeps the median, so that one wrong server of three does no harm.
    pub async fn look(&self) {
        let config = Config::default().timeout(PATIENCE);
        let ask = |server: &TimeServer| {
            let (client, address) =
                (AsyncSntpClient::with_config(config.clone()), format!("{}:{}", server.host, server.port));
            async move {
                // The library's own time limit covers the answer, not the name's resolution.
                match tokio::time::timeout(2 * PATIENCE, client.synchronize(address.as_str())).await {
                    Ok(Ok(answer)) => Ok(answer.clock_offset().as_secs_f64()),
                    Ok(Err(error)) => Err(format!("{address}: {error}")),
                    Err(_) => Err(format!("{address}: no answer")),
                }
            }
        };
        let (mut offsets, mut errors) = (Vec::new(), Vec::new());
        for answer in join_all(self.settings.servers.iter().map(ask)).await {
            match answer {
                Ok(offset) => offsets.push(offset),
                Err(error) => errors.push(error),
            }
        }
        for error in &errors {
            tracing::warn!(event = "time-server-silent", error);
        }
        let most = offsets.len() > self.settings.servers.len() / 2;
        let result = median(offsets).ok_or_else(|| errors.join("; "));
        // A clock that cannot be compared has no offset: the last one must not pass for today's.
        metrics::gauge!("sigillo_clock_offset_seconds").set(result.as_ref().copied().unwrap_or(f64::NAN));
        let compared = result.is_ok();
        {
            let mut known = self.known();
            // One server of three that are silent or wrong stops nobody.
            if let Ok(offset) = &result
                && most
            {
                known.beyond = Some(*offset).filter(|offset| offset.abs() > self.settings.furthest.as_secs_f64());
            }
            known.offset = Some(result);
        }
        match self.trouble() {
            Some(trouble) if compared => {
                tracing::error!(event = "clock-wrong", trouble, "certified instants stand on this clock");
            }
            Some(trouble) => tracing::error!(event = "clock-unknown", trouble, "no time server answered"),
            None => {}
        }
    }

    /// Looks at once and then every `clock.every`, until `stop` becomes true, and tells each time whether the clock is
    /// [`ClockWatch::too_far`] off to sign by it; while it is, it looks again soon. Without servers it does nothing.
    pub async fn run(&self, tell: impl Fn(Option<String>), mut stop: watch::Receiver<bool>) {
        if self.settings.servers.is_empty() {
            tracing::info!(event = "clock-not-compared", "clock.servers names no time server");
            return;
        }
        while !*stop.borrow() {
            self.look().await;
            let too_far = self.too_far();
            let pause = if too_far.is_some() { self.settings.every.min(SOON) } else { self.settings.every };
            tell(too_far);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::{SystemTime, UNIX_EPOCH};

    use tokio::net::UdpSocket;
    use tokio::task::JoinHandle;

    use super::*;

    /// A time server (RFC 5905) whose clock is `ahead` seconds before ours.
    async fn server(ahead: f64) -> (SocketAddr, JoinHandle<()>) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut request = [0; 48];
            while let Ok((48, client)) = socket.recv_from(&mut request).await {
                // Seconds since 1900 in 32.32 bits.
                #[allow(clippy::disallowed_methods)] // It is a clock.
                let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
                let now = ((unix + ahead + 2_208_988_800.0) * 4_294_967_296.0) as u64;
                let mut answer = [0; 48];
                // No leap second, version 4, server; stratum 1, from GPS.
                answer[..4].copy_from_slice(&[0b00_100_100, 1, 6, 0xEC]);
                answer[12..16].copy_from_slice(b"GPS\0");
                answer[16..24].copy_from_slice(&now.to_be_bytes());
                answer[24..32].copy_from_slice(&request[40..48]);
                answer[32..40].copy_from_slice(&now.to_be_bytes());
                answer[40..48].copy_from_slice(&now.to_be_bytes());
                socket.send_to(&answer, client).await.unwrap();
            }
        });
        (address, task)
    }

    async fn trouble(offsets: &[f64]) -> Option<String> {
        let mut servers = Vec::new();
        let mut tasks = Vec::new();
        for offset in offsets {
            let (address, task) = server(*offset).await;
            servers.push(TimeServer { host: "127.0.0.1".into(), port: address.port() });
            tasks.push(task);
        }
        let watch = ClockWatch::new(Settings { servers, ..Settings::default() });
        watch.look().await;
        tasks.iter().for_each(JoinHandle::abort);
        watch.trouble()
    }

    /// [R-L-9-2]
    #[tokio::test]
    async fn a_clock_more_than_a_second_from_utc_is_told_with_its_direction() {
        assert_eq!(trouble(&[0.0]).await, None);
        let told = trouble(&[5.0]).await.unwrap();
        assert!(told.starts_with("the clock is ") && told.ends_with(" s behind UTC"), "{told}");
        assert!(trouble(&[-5.0]).await.unwrap().ends_with(" s ahead of UTC"));
    }

    #[tokio::test]
    async fn one_wrong_server_of_three_does_no_harm() {
        assert_eq!(trouble(&[0.0, 4000.0, 0.0]).await, None);
        assert_eq!(trouble(&[0.0, 4000.0]).await, None, "the third is silent");
        assert_eq!(trouble(&[0.0, -4000.0]).await, None);
        assert!(trouble(&[60.0, 0.0, 60.0]).await.is_some());
    }

    /// [R-L-9-2]
    #[tokio::test]
    async fn a_clock_that_is_too_far_off_is_not_signed_by_until_somebody_finds_it_mended() {
        let (address, task) = server(90.0).await;
        let servers = vec![TimeServer { host: "127.0.0.1".into(), port: address.port() }];
        let mut watch = ClockWatch::new(Settings { servers: servers.clone(), ..Settings::default() });
        watch.look().await;
        let told = watch.too_far().unwrap();
        assert!(told.contains(" s behind UTC: nothing is signed"), "{told}");
        task.abort();
        let _ = task.await;
        watch.look().await;
        assert!(watch.trouble().unwrap().contains("could not be compared"));
        assert_eq!(watch.too_far(), Some(told), "silence mends nothing");
        let (address, task) = server(30.0).await;
        watch.settings.servers = vec![TimeServer { host: "127.0.0.1".into(), port: address.port() }];
        watch.look().await;
        assert_eq!(watch.too_far(), None);
        assert!(watch.trouble().is_some());
        task.abort();
    }

    #[tokio::test]
    async fn servers_that_do_not_answer_are_named() {
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = silent.local_addr().unwrap().port();
        drop(silent);
        let servers = vec![TimeServer { host: "127.0.0.1".into(), port }];
        let watch = ClockWatch::new(Settings { servers, ..Settings::default() });
        watch.look().await;
        let told = watch.trouble().unwrap();
        assert!(told.contains(&format!("could not be compared: 127.0.0.1:{port}: ")), "{told}");
    }
}
