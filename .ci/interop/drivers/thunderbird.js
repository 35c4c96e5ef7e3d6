// What thunderbird.py has Thunderbird do. Each task calls its last argument when it is done.
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { OAuth2Providers } = ChromeUtils.importESModule("resource:///modules/OAuth2Providers.sys.mjs");

// Calls the function; an error goes to the last argument as a text.
async function run(task, parameters) {
  try {
    await task(...parameters);
  } catch (error) {
    parameters[parameters.length - 1](String(error));
  }
}

// Makes an account, gets its mail, and tells how that ended and where the mail is.
async function fetch(account, done) {
  const certificates = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
  certificates.addCertFromBase64(account.authority, "C,C,C");
  await allowOAuth2(account);
  const server = MailServices.accounts.createIncomingServer(account.user, account.host, "pop3");
  server.port = account.port;
  server.socketType = account.socketType;
  server.authMethod = account.authMethod;
  server.password = account.password;
  server.loginAtStartUp = false;
  server.doBiff = false;
  server.setStringValue("storeContractID", "@mozilla.org/msgstore/maildirstore;1");
  server.QueryInterface(Ci.nsIPop3IncomingServer);
  server.leaveMessagesOnServer = account.keep;
  server.deleteMailLeftOnServer = true;
  MailServices.accounts.createAccount().incomingServer = server;
  const inbox = server.rootMsgFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
  const listener = {
    OnStartRunningUrl() {},
    OnStopRunningUrl: (url, status) => done([status, inbox.filePath.path]),
    QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
  };
  MailServices.pop3.GetNewMail(null, listener, inbox, server);
}

// The host gets an issuer of its own, and the user a refresh token of it, unless they have them already.
async function allowOAuth2({ host, user, tokenEndpoint }) {
  const name = "interop";
  if (!OAuth2Providers.getHostnameDetails(host, "pop3")) {
    const details = { name, clientId: name, authorizationEndpoint: tokenEndpoint, tokenEndpoint };
    OAuth2Providers.registerProvider(details, [host], "mail");
  }
  const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
  login.init(`oauth://${name}`, null, "mail", user, "refresh", "", "");
  const logins = await Services.logins.searchLoginsAsync({ origin: login.origin });
  if (!logins.some(old => old.username == user)) {
    await Services.logins.addLoginAsync(login);
  }
}

// Removes the account with its mail.
function forget({ user, host }, done) {
  const server = MailServices.accounts.findServer(user, host, "pop3");
  MailServices.accounts.removeAccount(MailServices.accounts.findAccountForServer(server), true);
  done([]);
}
