//! Dialogues of the RFCs and the vendors: what the client sends and the server says, each line without its
//! CRLF.

/// RFC 2195 section 2.
pub(crate) const CRAM_MD5: &str = "\
C: AUTH CRAM-MD5\n\
S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\n\
C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\n\
S: +OK CRAM authentication successful\n";

/// RFC 5034 section 6, RFC 4616.
pub(crate) const PLAIN: &str = "\
C: AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q=\n\
S: +OK Maildrop locked and ready\n";

/// The same in two steps.
pub(crate) const PLAIN_TWO_STEPS: &str = "\
C: AUTH PLAIN\n\
S: + \n\
C: dGVzdAB0ZXN0AHRlc3Q=\n\
S: +OK Maildrop locked and ready\n";

/// RFC 4422 appendix A.
pub(crate) const EXTERNAL: &str = "\
C: AUTH EXTERNAL =\n\
S: +OK\n";

/// The same in two steps.
pub(crate) const EXTERNAL_TWO_STEPS: &str = "\
C: AUTH EXTERNAL\n\
S: + \n\
C: \n\
S: +OK\n";

/// With an identity that the client may not have.
pub(crate) const EXTERNAL_OTHER: &str = "\
C: AUTH EXTERNAL ZnJlZEBleGFtcGxlLmNvbQ==\n\
S: -ERR [AUTH] may not act as that user\n";

/// RFC 4505 section 4, in one step.
pub(crate) const ANONYMOUS: &str = "\
C: AUTH ANONYMOUS c2lyaGM=\n\
S: +OK\n";

/// Without a trace.
pub(crate) const ANONYMOUS_EMPTY: &str = "\
C: AUTH ANONYMOUS =\n\
S: +OK\n";

/// LOGIN.
pub(crate) const LOGIN: &str = "\
C: AUTH LOGIN\n\
S: + VXNlcm5hbWU6\n\
C: dXNlcg==\n\
S: + UGFzc3dvcmQ6\n\
C: cGVuY2ls\n\
S: +OK\n";

/// LOGIN with the name in the AUTH line.
pub(crate) const LOGIN_AT_ONCE: &str = "\
C: AUTH LOGIN dXNlcg==\n\
S: + UGFzc3dvcmQ6\n\
C: cGVuY2ls\n\
S: +OK\n";

/// RFC 5802 section 5.
pub(crate) const SCRAM_SHA_1: &str = "\
C: AUTH SCRAM-SHA-1 biwsbj11c2VyLHI9ZnlrbytkMmxiYkZnT05Sdjlxa3hkYXdM\n\
S: + cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0wzcmZjTkhZSlkxWlZ2V1ZzN2oscz1RU1hDUitRNnNlazhiZjkyLGk9NDA5Ng==\n\
C: Yz1iaXdzLHI9ZnlrbytkMmxiYkZnT05Sdjlxa3hkYXdMM3JmY05IWUpZMVpWdldWczdqLHA9djBYOHYzQnoyVDBDSkdiSlF5RjBYK0hJN\
FRzPQ==\n\
S: + dj1ybUY5cHFWOFM3c3VBb1pXamE0ZEpSa0ZzS1E9\n\
C: \n\
S: +OK Maildrop locked and ready\n";

/// RFC 7677 section 3.
pub(crate) const SCRAM_SHA_256: &str = "\
C: AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\n\
S: + cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxzPVcyMlphSjBTTlk3c29Fc1VFamI2Z1E\
9PSxpPTQwOTY=\n\
C: Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1kSHpiWmFwV0lrNGpVaE4rV\
XRlOXl0YWc5empmTUhnc3FtbWl6N0FuZFZRPQ==\n\
S: + dj02cnJpVFJCaTIzV3BSUi93dHVwK21NaFVaVW4vZEI1bkxUSlJzamw5NUc0PQ==\n\
C: \n\
S: +OK Maildrop locked and ready\n";

/// With flag y, in two steps.
pub(crate) const SCRAM_SHA_256_Y: &str = "\
C: AUTH SCRAM-SHA-256\n\
S: + \n\
C: eSwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\n\
S: + cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxzPVcyMlphSjBTTlk3c29Fc1VFamI2Z1E\
9PSxpPTQwOTY=\n\
C: Yz1lU3dzLHI9ck9wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1Gb3FpSFR0UUVERThsejFDZ\
GFFZTN0SzRtUytpTURUbDc3U1B5RFM1M0RZPQ==\n\
S: + dj1kSTRLcGlRSndCcjErVitLNlUxZEE2bDZJNEk5RFVOWFdORDRwY3BSVTNVPQ==\n\
C: \n\
S: +OK Maildrop locked and ready\n";

/// Bound to tls-exporter.
pub(crate) const SCRAM_SHA_256_PLUS: &str = "\
C: AUTH SCRAM-SHA-256-PLUS cD10bHMtZXhwb3J0ZXIsLG49dXNlcixyPXJPcHJOR2Z3RWJlUldnYk5Fa3FP\n\
S: + cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxzPVcyMlphSjBTTlk3c29Fc1VFamI2Z1E\
9PSxpPTQwOTY=\n\
C: Yz1jRDEwYkhNdFpYaHdiM0owWlhJc0xBQUJBZ01FQlFZSENBa0tDd3dORGc4UUVSSVRGQlVXRnhnWkdoc2NIUjRmLHI9ck9wck5HZndFY\
mVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1RQzZDUzIwcXVBRFFSYjNtVDk5WVVIK24zVkp4VXZ6dUswSzBFM\
VZyczJNPQ==\n\
S: + dj0yR2lBZ2FwRXBwTFZsVVhieFVEa3NMM1ZnWUh6dXFpSzV0UjRtaEpHZ3ZzPQ==\n\
C: \n\
S: +OK Maildrop locked and ready\n";

/// Bound to tls-unique.
pub(crate) const SCRAM_SHA_1_PLUS: &str = "\
C: AUTH SCRAM-SHA-1-PLUS cD10bHMtdW5pcXVlLCxuPXVzZXIscj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0w=\n\
S: + cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0wzcmZjTkhZSlkxWlZ2V1ZzN2oscz1RU1hDUitRNnNlazhiZjkyLGk9NDA5Ng==\n\
C: Yz1jRDEwYkhNdGRXNXBjWFZsTEN3QUFRSURCQVVHQndnSkNncz0scj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0wzcmZjTkhZSlkxWlZ2V\
1ZzN2oscD1SZXNnVkEydzZmRUZpd3pYa3JQU0dUdC9SU2c9\n\
S: + dj1IS0JlV2puOTlVNUF2dGdBano2bTFkODFtaGs9\n\
C: \n\
S: +OK Maildrop locked and ready\n";

/// On behalf of somebody else.
pub(crate) const SCRAM_SHA_256_OTHER: &str = "\
C: AUTH SCRAM-SHA-256 bixhPWFkbSxuPWE9MkNiPTNEYyxyPXJPcHJOR2Z3RWJlUldnYk5Fa3FP\n\
S: + cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxzPVcyMlphSjBTTlk3c29Fc1VFamI2Z1E\
9PSxpPTQwOTY=\n\
C: Yz1iaXhoUFdGa2JTdz0scj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxwPUZURzd2UE9ta\
W5ncDZFN05rWlFMWlp1MUovY2dMNHc4U0J0VGNxQlJNbW89\n\
S: + dj1meDRSWVhqSlpRT2hFbEtOVndtemNZZnJnZUZDMW1GbkluMzBURys5YjR3PQ==\n\
C: \n\
S: +OK Maildrop locked and ready\n";

/// RFC 5034 section 6.
pub(crate) const DIGEST_MD5: &str = "\
C: AUTH DIGEST-MD5\n\
S: + cmVhbG09ImVsd29vZC5pbm5vc29mdC5jb20iLG5vbmNlPSJPQTZNRzl0RVFHbTJoaCIscW9wPSJhdXRoIixhbGdvcml0aG09bWQ1LXN\
lc3MsY2hhcnNldD11dGYtOA==\n\
C: Y2hhcnNldD11dGYtOCx1c2VybmFtZT0iY2hyaXMiLHJlYWxtPSJlbHdvb2QuaW5ub3NvZnQuY29tIixub25jZT0iT0E2TUc5dEVRR20ya\
GgiLG5jPTAwMDAwMDAxLGNub25jZT0iT0E2TUhYaDZWcVRyUmsiLGRpZ2VzdC11cmk9InBvcC9lbHdvb2QuaW5ub3NvZnQuY29tIixyZXNwb\
25zZT1iMGQ1NmQyZjA1NGMyNGI2MjA3MjMyMjEwNjQ2OGRiOSxxb3A9YXV0aA==\n\
S: + cnNwYXV0aD0wYjk3MTQ2MmNlZjVlOGY5MzBkYjlhMzNiMDJmYzlhMA==\n\
C: \n\
S: +OK Maildrop locked and ready\n";

/// RFC 7628 section 4.1, for port 110.
pub(crate) const OAUTHBEARER: &str = "\
C: AUTH OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTEwAWF1dGg9QmVhcmVy\
IHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB\n\
S: +OK\n";

/// RFC 7628 section 4.3: the client learns where to get a token.
pub(crate) const OAUTHBEARER_DISCOVERY: &str = "\
C: AUTH OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9AQE=\n\
S: + eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24iOiJodHR\
wczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0=\n\
C: AQ==\n\
S: -ERR [AUTH] SASL authentication failed\n";

/// The same, cancelled.
pub(crate) const OAUTHBEARER_CANCELLED: &str = "\
C: AUTH OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9AQE=\n\
S: + eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24iOiJodHR\
wczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0=\n\
C: *\n\
S: -ERR SASL authentication failed\n";

/// Google, in one line.
pub(crate) const XOAUTH2: &str = "\
C: AUTH XOAUTH2 dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJo\
ZG1semRHRXVZMjl0Q2cBAQ==\n\
S: +OK Welcome.\n";

/// Google, with a token that is not good.
pub(crate) const XOAUTH2_FAILURE: &str = "\
C: AUTH XOAUTH2 dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJo\
ZG1semRHRXVZMjl0Q2cBAQ==\n\
S: + eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==\n\
C: \n\
S: -ERR [AUTH] SASL authentication failed\n";

/// Microsoft, in two steps.
pub(crate) const XOAUTH2_TWO_STEPS: &str = "\
C: AUTH XOAUTH2\n\
S: + \n\
C: dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZM\
jl0Q2cBAQ==\n\
S: +OK User successfully authenticated.\n";
