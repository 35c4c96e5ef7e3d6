//! The kinds of ticket: which answers a command can have.

/// Any kind of ticket: for code that refuses a command or keeps its ticket, whatever it is. Sealed.
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
    /// Of a [`Server`](crate::server::Server): `accept` with an index opens the maildrop.
    Login,
    /// Of a [`Server`](crate::server::Server): `challenge` goes on, `accept` with an index opens the maildrop.
    Sasl,
    /// `accept` starts TLS.
    Tls,
    /// `ok` with the figures.
    Stat,
    /// `ok` with the size.
    Scan,
    /// `begin` a listing of sizes.
    ScanListing,
    /// `ok` with the id.
    Uid,
    /// `begin` a listing of ids.
    UidListing,
    /// `begin` a body.
    Body,
    /// `ok` with a text.
    Done,
    /// `ok` with a text; UTF-8 from here on.
    Utf8,
    /// `ok` with the language and a text in it.
    Lang,
    /// `begin` a listing of languages.
    LangListing,
    /// `ok` in one line, or `begin` a body.
    Other,
    /// `ok` or `err`, and the session closes.
    Quit,
}

/// Of a [`Session`](super::Session): `accept`.
#[derive(Debug)]
pub enum SessionLogin {}

impl Kind for SessionLogin {}

impl Tagged for SessionLogin {
    const TAG: Tag = Tag::Login;
}

/// Of a [`Session`](super::Session): `challenge` goes on, `accept`.
#[derive(Debug)]
pub enum SessionSasl {}

impl Kind for SessionSasl {}

impl Tagged for SessionSasl {
    const TAG: Tag = Tag::Sasl;
}

/// Tickets that let somebody in.
pub trait Admits: Kind {}
impl Admits for Login {}
impl Admits for Sasl {}

/// Tickets of an exchange.
pub trait Exchanges: Kind {}
impl Exchanges for Sasl {}
impl Exchanges for SessionSasl {}
