//! Libraries of Python: poplib, and imap_tools upon imaplib.

use super::{ANNA, Home, Mailbox};
use crate::house::{World, succeed};

const POPLIB: &str = r#"
import poplib, ssl, sys
port, authority, user, password, into = int(sys.argv[1]), *sys.argv[2:6]
trusting = ssl.create_default_context(cafile=authority)
m = poplib.POP3_SSL('localhost', port, context=trusting)
assert 'UIDL' in m.capa() and 'TOP' in m.capa(), m.capa()
m.user(user); m.pass_(password)
count, octets = m.stat()
answers = [m.retr(number) for number in range(1, count + 1)]
assert sum(answer[2] for answer in answers) == octets, 'what is announced is what comes'
for number, (_, lines, size) in enumerate(answers, 1):
    whole = b''.join(line + b'\r\n' for line in lines)
    assert len(whole) == size
    open('%s/%d' % (into, number), 'wb').write(whole)
assert m.top(1, 0)[1][-1] == b'', 'a header and its empty line'
names = m.uidl()[1]
m.dele(1)
# Gone without QUIT: nothing is deleted.
m.close()
m = poplib.POP3_SSL('localhost', port, context=trusting)
m.user(user); m.pass_(password)
assert m.uidl()[1] == names
m.dele(1); m.quit()
m = poplib.POP3_SSL('localhost', port, context=trusting)
m.user(user); m.pass_(password)
assert [name.split()[1] for name in m.uidl()[1]] == [name.split()[1] for name in names[1:]]
m.quit()
"#;

const IMAP_TOOLS: &str = r#"
import datetime, ssl, sys
from imap_tools import MailBox, MailMessageFlags, AND
port, authority, user, password = int(sys.argv[1]), *sys.argv[2:5]
trusting = ssl.create_default_context(cafile=authority)
with MailBox('localhost', port=port, ssl_context=trusting).login(user, password) as m:
    # Two that are sent one after the other may arrive in any order.
    mails = sorted(m.fetch(mark_seen=False), key=lambda mail: mail.subject)
    assert [mail.subject for mail in mails] == ['POSTA CERTIFICATA: lettera %d' % n for n in (1, 2)], mails
    assert [a.filename for a in mails[0].attachments if a.filename] == ['daticert.xml', 'postacert.eml', 'smime.p7s']
    assert {f.name for f in m.folder.list()} >= {'INBOX', 'Bozze', 'Cestino', 'Inviata'}
    m.folder.create('Pratiche/2026 — già')
    m.move(mails[0].uid, 'Pratiche/2026 — già')
    m.folder.set('Pratiche/2026 — già')
    (moved,) = m.fetch(AND(subject='lettera 1', date_gte=datetime.date(2026, 1, 1)), mark_seen=False)
    assert moved.text == mails[0].text
    m.flag(moved.uid, [MailMessageFlags.FLAGGED], True)
    assert m.uids(AND(flagged=True)) == [moved.uid]
    m.append(b'Subject: x\r\n\r\nciao\r\n', 'Pratiche/2026 — già', flag_set=[MailMessageFlags.SEEN])
    assert m.folder.status('Pratiche/2026 — già')['MESSAGES'] == 2
    m.folder.rename('Pratiche/2026 — già', 'Archivio & altro')
    m.folder.set('INBOX')
    m.delete(mails[1].uid)
    assert m.uids() == []
    m.folder.delete('Archivio & altro')
"#;

#[test]
fn poplib_fetches_and_deletes_and_imap_tools_finds_files_and_moves() {
    let world = World::alone();
    let (home, mailbox) = (Home::new(&world, "python"), Mailbox::of(&world, ANNA));
    let sent = mailbox.receive(3);
    let run = |script: &str, port: u16, last: &[&str]| {
        // Debian's, which has Debian's libraries; another may stand before it in PATH.
        let mut python = home.client("/usr/bin/python3");
        python.args(["-c", script, &port.to_string(), &mailbox.authority(), ANNA, &mailbox.password()]).args(last);
        succeed(&mut python);
    };
    run(POPLIB, mailbox.pop3_port(), &[&home.0.display().to_string()]);
    for (number, message) in (1..).zip(&sent) {
        let fetched = std::fs::read(home.path(&number.to_string())).unwrap();
        assert!(fetched == *message, "message {number} is other octets");
    }
    run(IMAP_TOOLS, mailbox.imap_port(), &[]);
}
