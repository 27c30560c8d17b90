//! The program's log as a whole: which lines are written, in which form, by the thread of [`crate::log`].

use std::io::{IsTerminal, stderr};

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

use crate::log::{self, LogThread};

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The log while it runs; dropping it waits, not long, for its last lines.
pub struct RunningLog {
    filter: Filter,
    _thread: LogThread,
}

/// Changes which lines are written.
#[derive(Clone)]
pub struct Filter(reload::Handle<EnvFilter, Registry>);

impl Filter {
    /// From now on those of this filter, as `tracing` says it.
    pub fn set(&self, filter: &str) -> Result<(), String> {
        let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
        self.0.reload(filter).map_err(|error| error.to_string())
    }
}

impl RunningLog {
    /// The handle to its filter.
    pub fn filter(&self) -> Filter {
        self.filter.clone()
    }
}

/// Starts the log of this process, once, to standard error; it stops nothing.
pub fn start(filter: &str, form: Form) -> Result<RunningLog, String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("log.filter: {error}"))?;
    let (filter, handle) = reload::Layer::new(filter);
    let (lines, thread) = log::start(stderr()).map_err(|error| format!("the log: {error}"))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match form {
        Form::Json => registry.with(fmt::layer().json().flatten_event(true).with_writer(lines)).try_init(),
        Form::Text => registry.with(fmt::layer().with_ansi(stderr().is_terminal()).with_writer(lines)).try_init(),
    };
    started.map_err(|error| error.to_string())?;
    Ok(RunningLog { filter: Filter(handle), _thread: thread })
}
