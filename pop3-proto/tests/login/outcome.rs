//! What came of a login in a test, and the claims that tests make about it.

use pop3_proto::Security;
use pop3_proto::client::{Capabilities, ProtocolError};
use pop3_proto::login::{Failure, Method, Reason, RefusalKind, Retry, ServerNotes};
use pop3_proto::sasl::Why;

use crate::script::set;

/// How a login ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    In,
    Failed(Failure),
    /// The session itself failed.
    Broken(ProtocolError),
}

/// Everything that can be known when the login is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) end: End,
    pub(crate) learned: ServerNotes,
    pub(crate) words: String,
    pub(crate) token_refusal: Option<String>,
    pub(crate) capabilities: Capabilities,
    pub(crate) security: Security,
    pub(crate) method: Option<Method>,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn logs_in(self) -> Self {
        assert_eq!(self.end, End::In, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn fails(self, trouble: RefusalKind, reason: Reason, retry: Option<Retry>) -> Self {
        match self.end {
            End::Failed(failure) => {
                assert_eq!((failure.kind, failure.reason, failure.retry), (trouble, reason, retry));
            }
            other => panic!("{other:?} in place of {trouble:?}, {reason:?}"),
        }
        self
    }

    /// The login failed: the server refused `method` last, for this reason.
    #[track_caller]
    pub(crate) fn refused(self, trouble: RefusalKind, method: Method) -> Self {
        self.fails(trouble, Reason::Refused(method), None)
    }

    /// The login failed because of a mistake of the program.
    #[track_caller]
    pub(crate) fn unusable(self, method: Method, why: Why) -> Self {
        self.fails(RefusalKind::Caller, Reason::Unusable(method, why), None)
    }

    #[track_caller]
    pub(crate) fn no_method(self) -> Self {
        self.fails(RefusalKind::Policy, Reason::NoMethod, None)
    }

    #[track_caller]
    pub(crate) fn not_proved(self, method: Method) -> Self {
        self.fails(RefusalKind::Policy, Reason::NotProved(method), None)
    }

    #[track_caller]
    pub(crate) fn said(self, words: &str) -> Self {
        assert_eq!(self.words, words);
        self
    }

    #[track_caller]
    pub(crate) fn learned_nothing(self) -> Self {
        assert_eq!(self.learned, ServerNotes::default());
        self
    }

    /// The server has hung up at these methods inside TLS, and nothing else is known about it.
    #[track_caller]
    pub(crate) fn learned_hang_ups(self, methods: &[Method]) -> Self {
        let mut learned = ServerNotes::default();
        learned.in_tls.hung_up = set(methods);
        assert_eq!(self.learned, learned);
        self
    }

    /// These methods have failed with the server inside TLS, and nothing else is known about it.
    #[track_caller]
    pub(crate) fn learned_to_avoid(self, methods: &[Method]) -> Self {
        let mut learned = ServerNotes::default();
        learned.in_tls.failed = set(methods);
        assert_eq!(self.learned, learned);
        self
    }
}
