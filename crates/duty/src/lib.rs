//! Work that goes on beside the mail until the program ends, whatever goes wrong: [`run`]; and what an operator is told of it:
//! a [`Trouble`] has a beginning, and is news twice, when it begins and when it has passed.

use std::fmt;
use std::time::Duration;

use pec::Moment;
use tokio::sync::watch;

/// Looks what is to be done, again and again with a pause in between, until `stop` becomes true; then at once no further, also
/// in the middle of a look. What a look gives is for who looks to tell: it is tried again in any case.
pub async fn run<F: Future>(pause: Duration, mut stop: watch::Receiver<bool>, look: impl Fn() -> F) {
    let working = async {
        loop {
            drop(look().await);
            tokio::time::sleep(pause).await;
        }
    };
    tokio::select! {
        () = working => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// That work does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Since when.
    pub since: Moment,
    /// Why, by the last attempt.
    pub why: String,
}

/// What is to be told of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It has begun.
    Begins,
    /// It has passed.
    Passed,
}

impl Trouble {
    /// Notes how an attempt at `now` ended, where its trouble is kept; `None`: it is as it was.
    pub fn note<T, E: fmt::Display>(kept: &mut Option<Self>, ended: &Result<T, E>, now: Moment) -> Option<News> {
        let before = kept.take();
        match ended {
            Ok(_) => before.map(|_| News::Passed),
            Err(error) => {
                let begins = before.is_none();
                let since = before.map_or(now, |before| before.since);
                *kept = Some(Self { since, why: error.to_string() });
                begins.then_some(News::Begins)
            }
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "since {}: {}", self.since, self.why)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn trouble_is_news_when_it_begins_and_when_it_has_passed() {
        let mut kept = None;
        let mut after =
            |ended: Result<(), &str>, at| (Trouble::note(&mut kept, &ended, Moment::from_unix(at)), kept.clone());
        assert_eq!(after(Ok(()), 0), (None, None));
        let trouble = |why: &str| Some(Trouble { since: Moment::from_unix(1), why: why.into() });
        assert_eq!(after(Err("full"), 1), (Some(News::Begins), trouble("full")));
        assert_eq!(after(Err("away"), 2), (None, trouble("away")), "since the first time, why by the last");
        assert_eq!(after(Ok(()), 3), (Some(News::Passed), None));
        assert_eq!(after(Ok(()), 4), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn work_goes_on_until_it_is_stopped_and_then_in_the_middle() {
        let (stop, stopped) = watch::channel(false);
        let (looks, ended) = (Cell::new(0), Cell::new(0));
        run(Duration::from_secs(60), stopped, || async {
            looks.set(looks.get() + 1);
            if looks.get() == 3 {
                stop.send(true).unwrap();
                std::future::pending::<()>().await;
            }
            ended.set(ended.get() + 1);
            Err::<(), _>("no matter")
        })
        .await;
        assert_eq!((looks.get(), ended.get()), (3, 2));
    }
}
