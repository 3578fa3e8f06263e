// The mail catcher as a program: node main.ts --smtp-port 1025 --http-port 8025
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { smtpServer } from './catch-mail.ts'
import { Mailbox } from './mailbox.ts'
import { mailServer } from './show-mail.ts'

const { values } = parseArgs({
  options: {
    'smtp-port': { type: 'string', default: '1025' },
    'http-port': { type: 'string', default: '8025' },
  },
})
const mailbox = new Mailbox()
const smtp = smtpServer(mailbox)
const http = mailServer(mailbox)

const listening = [once(smtp.listen(Number(values['smtp-port']), '127.0.0.1'), 'listening')]
listening.push(once(http.listen(Number(values['http-port']), '127.0.0.1'), 'listening'))
await Promise.all(listening)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop)
console.log(
  JSON.stringify({ ready: true, port: Number(values['http-port']), smtpPort: Number(values['smtp-port']) }),
)

function stop(): void {
  smtp.close()
  http.close()
  http.closeAllConnections()
}
