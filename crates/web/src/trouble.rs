//! What a page says instead. The words are made when it is known in which language (`visit::worded`).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use holder::{Denied, ErrorKind, StoreError};

use crate::language::Language;

/// Why there is no such page. Nothing was changed, unless it says so.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// There is no such thing, or not for him.
    NotFound,
    /// The mailbox is not his.
    NotYours,
    /// Nothing in the mailbox is changed.
    ReadOnly,
    /// He is not logged in any more.
    Over,
    /// What was sent cannot be read.
    Wrong,
    /// Another site asked for it.
    FromElsewhere,
    /// His address asks too much.
    TooMuch,
    /// What was sent came too slowly.
    TooSlow,
    /// What was sent is too large.
    TooLarge,
    /// It cannot be done as it is now, for this reason, Italian and English.
    Refused(String, String),
    /// The fault is ours.
    Us,
}

/// What a page gives.
pub(crate) type Answer = Result<Response, Trouble>;

impl Trouble {
    /// The number of HTTP.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotYours | Self::ReadOnly | Self::FromElsewhere => StatusCode::FORBIDDEN,
            Self::Over => StatusCode::UNAUTHORIZED,
            Self::Wrong => StatusCode::BAD_REQUEST,
            Self::TooMuch => StatusCode::TOO_MANY_REQUESTS,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Refused(..) => StatusCode::CONFLICT,
            Self::Us => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What is wrong with a request that did not come as far as its page: it cannot be read, or is no way to ask for it.
    pub(crate) fn of(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY => {
                Some(Self::Wrong)
            }
            StatusCode::METHOD_NOT_ALLOWED => Some(Self::NotFound),
            StatusCode::PAYLOAD_TOO_LARGE => Some(Self::TooLarge),
            _ => None,
        }
    }

    /// The title and what there is to say.
    pub(crate) fn words(&self, l: Language) -> (String, String) {
        let (title, says) = match self {
            Self::NotFound => (l.not_found(), l.not_found_says()),
            Self::NotYours => (l.not_yours(), l.not_yours_says()),
            Self::ReadOnly => (l.trouble(), l.read_only()),
            Self::Over => (l.log_in(), l.login_over()),
            Self::Wrong => (l.bad_request(), l.bad_request_says()),
            Self::FromElsewhere => (l.from_elsewhere(), l.from_elsewhere_says()),
            Self::TooMuch => (l.too_much(), l.too_much_says()),
            Self::TooSlow => (l.too_slow(), l.too_slow_says()),
            Self::TooLarge => (l.too_large(), l.too_large_says()),
            Self::Refused(it, en) => (l.trouble(), l.of(it.as_str(), en.as_str())),
            Self::Us => (l.trouble(), l.trouble_says()),
        };
        (title.to_owned(), says.to_owned())
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut reply = self.status().into_response();
        reply.extensions_mut().insert(self);
        reply
    }
}

impl From<Denied> for Trouble {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotYours(_) => Self::NotYours,
            Denied::ReadOnly { .. } => Self::ReadOnly,
            Denied::Over => Self::Over,
            Denied::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error.kind {
            ErrorKind::OverQuota => Self::Refused(
                "La casella è piena: libera spazio e riprova. Nulla è andato perduto.".into(),
                "The mailbox is full: make room and try again. Nothing is lost.".into(),
            ),
            ErrorKind::Held => Self::Refused(
                "Un vincolo legale conserva questi messaggi: non si possono togliere.".into(),
                "A legal hold keeps these messages: they cannot be removed.".into(),
            ),
            ErrorKind::Limit => Self::Refused(
                "La casella ha già quanto può avere di queste cose.".into(),
                "The mailbox has as many of these as it may have.".into(),
            ),
            _ => {
                tracing::error!(event = "page-failed", %error);
                Self::Us
            }
        }
    }
}
