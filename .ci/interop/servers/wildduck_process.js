// WildDuck's POP3 server and a Maildir: one user, a plain port with STLS and a TLS port.
//
// Started by wildduck.py:
//   node wildduck_process.js PACKAGE USER PASSWORD MAILDIR PLAIN-PORT TLS-PORT CERT KEY

'use strict';

const fs = require('fs');
const path = require('path');
const { Readable } = require('stream');

const [home, user, password, maildir, plainPort, tlsPort, cert, key] = process.argv.slice(2);
const Server = require(path.join(home, 'lib', 'pop3', 'server'));

const HOST = '127.0.0.1';
const PIECE = 16 * 1024;

// WildDuck's database holds messages as they were received, with CRLF.
function text(file) {
    const octets = fs.readFileSync(file).toString('binary');
    return Buffer.from(octets.replace(/\r?\n/g, '\r\n'), 'binary');
}

function list() {
    const files = ['new', 'cur'].flatMap(part => fs.readdirSync(path.join(maildir, part)).map(name => path.join(maildir, part, name)));
    files.sort((a, b) => (path.basename(a) < path.basename(b) ? -1 : 1));
    const messages = files.map(file => ({ id: path.basename(file), file, size: text(file).length, popped: false }));
    return { messages, count: messages.length, size: messages.reduce((sum, message) => sum + message.size, 0) };
}

const handlers = {
    onAuth(auth, session, callback) {
        const is = auth.username === user && auth.password === password;
        setImmediate(() => callback(null, is ? { user: { id: 1, username: user } } : false));
    },
    onListMessages(session, callback) {
        setImmediate(() => callback(null, list()));
    },
    // Some messages are at hand, as in a cache; for others a database takes its time. Where two in a row are at hand,
    // WildDuck begins the second before it has ended the first.
    onFetchMessage(message, session, callback) {
        if (!fs.existsSync(message.file)) {
            // Another session has removed it.
            return callback(null, false);
        }
        const octets = text(message.file);
        const pieces = [];
        for (let at = 0; at < octets.length; at += PIECE) {
            pieces.push(octets.subarray(at, at + PIECE));
        }
        const answer = () => callback(null, Readable.from(pieces, { objectMode: false }));
        message.size % 4 === 3 ? setTimeout(answer, 2) : answer();
    },
    onUpdate(update, session, callback) {
        update.deleted.forEach(message => fs.rmSync(message.file, { force: true }));
        setImmediate(callback);
    }
};

const options = {
    ...handlers,
    cert: fs.readFileSync(cert),
    key: fs.readFileSync(key),
    logger: false,
    ignoreSTARTTLS: true, // passwords are taken without TLS, too; STLS is still offered
    SNICallback: (name, callback) => callback(null, null)
};

// WildDuck adds a listener for each command.
require('events').defaultMaxListeners = 0;

for (const [port, secure] of [[plainPort, false], [tlsPort, true]]) {
    const server = new Server({ ...options, secure });
    server.loggelf = () => {};
    server.on('error', error => console.error(error));
    server.listen(Number(port), HOST);
}
