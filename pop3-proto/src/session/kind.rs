//! The kinds of ticket. The kind says which answers a command can have.

/// Any kind of ticket, for code that refuses any command or keeps any ticket. Sealed.
#[expect(private_bounds, reason = "this is the seal")]
pub trait Kind: Tagged {}

/// Tells the session which kind of ticket is out.
pub(crate) trait Tagged {
    const TAG: Tag;
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// Which kind of ticket is out.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Tag { $($name,)+ }

        $(
            $(#[doc = $doc])+
            #[derive(Debug)]
            pub enum $name {}

            impl Kind for $name {}

            impl Tagged for $name {
                const TAG: Tag = Tag::$name;
            }
        )+
    };
}

kinds! {
    /// Login to a [`Server`](crate::server::Server): `accept` with an index opens the maildrop.
    Login,
    /// AUTH to a [`Server`](crate::server::Server): `challenge` continues the exchange, `accept` with an
    /// index opens the maildrop.
    Sasl,
    /// STLS: `accept` starts TLS.
    Tls,
    /// STAT: `ok` with the count and total size.
    Stat,
    /// LIST with a number: `ok` with the size.
    Scan,
    /// LIST alone: `begin` a listing of sizes.
    ScanListing,
    /// UIDL with a number: `ok` with the unique-id.
    Uid,
    /// UIDL alone: `begin` a listing of unique-ids.
    UidListing,
    /// RETR or TOP: `begin` a body.
    Body,
    /// DELE or RSET: `ok` with a text.
    Done,
    /// UTF8: `ok` with a text; UTF-8 is in use from then on.
    Utf8,
    /// LANG with a range: `ok` with the language tag and a text in that language.
    Lang,
    /// LANG alone: `begin` a listing of languages.
    LangListing,
    /// Unknown verb: `ok` in one line, or `begin` a body.
    Other,
    /// QUIT: `ok` or `err`; either closes the session.
    Quit,
}

/// Login to a [`Session`](super::Session): `accept` begins TRANSACTION.
#[derive(Debug)]
pub enum SessionLogin {}

impl Kind for SessionLogin {}

impl Tagged for SessionLogin {
    const TAG: Tag = Tag::Login;
}

/// AUTH to a [`Session`](super::Session): `challenge` continues the exchange, `accept` begins TRANSACTION.
#[derive(Debug)]
pub enum SessionSasl {}

impl Kind for SessionSasl {}

impl Tagged for SessionSasl {
    const TAG: Tag = Tag::Sasl;
}

/// The kinds of ticket that can accept a login.
pub trait Admits: Kind {}
impl Admits for Login {}
impl Admits for Sasl {}

/// The kinds of ticket that can send a challenge.
pub trait Exchanges: Kind {}
impl Exchanges for Sasl {}
impl Exchanges for SessionSasl {}
