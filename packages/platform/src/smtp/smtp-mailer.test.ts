import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { MailServerAwayError, smtpMailer, type Letter } from './index.ts'

interface Behaviour {
  /** What it answers to RCPT TO; `nothing` to say nothing from then on. */
  readonly recipient?: string
}

/** A mail server that notes everything it is told. */
async function startServer({ recipient = '250 fine' }: Behaviour = {}) {
  const commands: string[] = []
  const content: string[] = []
  const server: Server = createServer((socket) => converse(socket, { commands, content, recipient }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { commands, content, server, port: (server.address() as AddressInfo).port }
}

function converse(
  socket: Socket,
  { commands, content, recipient }: { commands: string[]; content: string[]; recipient: string },
): void {
  let inData = false
  let rest = ''
  socket.on('error', () => undefined)
  socket.write('220 ready\r\n')
  socket.on('data', (chunk) => {
    const lines = (rest + chunk.toString()).split('\r\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (inData && line !== '.') {
        content.push(line)
        continue
      }
      commands.push(line)
      const answer = inData || !line.startsWith('RCPT') ? '250 fine' : recipient
      inData = line === 'DATA'
      if (answer !== 'nothing') socket.write(inData ? '354 go on\r\n' : `${answer}\r\n`)
    }
  })
}

const letter: Letter = {
  id: 'mail_01BX5ZZKBKACTAV9WEVGEMMVRZ',
  to: 'ada@acme.example',
  sender: 'Acme',
  subject: 'Hello',
  text: 'Hello',
  html: '<p>Hello</p>',
  language: 'en',
}

describe('sending over SMTP', () => {
  const open: { close(): void }[] = []
  afterEach(() => {
    for (const each of open.splice(0)) each.close()
  })

  function mailerFor(port: number, sendWithin?: number) {
    const options = { url: `smtp://127.0.0.1:${port}`, from: 'no-reply@id.example' }
    const mailer = smtpMailer({ ...options, ...(sendWithin === undefined ? {} : { sendWithin }) })
    open.push(mailer)
    return mailer
  }

  async function start(behaviour?: Behaviour) {
    const started = await startServer(behaviour)
    open.push({ close: () => void started.server.close() })
    return started
  }

  test.each([
    'a@x.example,b@evil.example',
    'a@good.example;b@evil.example',
    '<b@evil.example>,a@good.example',
    'group:b@evil.example;@good.example',
    'Name <b@evil.example>@good.example',
    '"x@evil.example"@good.example',
    '"x@evil.example" @good.example',
    'a@good.example\r\nRCPT TO:<b@evil.example>',
    'a@good.example>\r\nBcc: b@evil.example',
    'a b@good.example',
    '(comment)a@good.example',
    'ü@bücher.example',
    'a+tag@good.example',
  ])('C182: %j is one recipient, spelled as it is, or none', async (to) => {
    const { port, commands, content } = await start()
    await mailerFor(port)
      .send({ ...letter, to })
      .catch(() => undefined)
    const recipients = commands.filter((line) => /^RCPT/i.test(line))
    expect(recipients.length).toBeLessThanOrEqual(1)
    for (const line of recipients) {
      const told = line.replace(/^RCPT TO:<(.*)>$/, '$1')
      expect(told.slice(told.lastIndexOf('@')).normalize()).toBe(to.slice(to.lastIndexOf('@')).normalize())
    }
    expect(content.filter((line) => /^(Bcc|Cc):|^RCPT/i.test(line))).toEqual([])
  })

  test('C182: no header is made of what a tenant is called', async () => {
    const { port, content } = await start()
    const sender = 'Acme" <x@evil.example>\r\nBcc: y@evil.example'
    await mailerFor(port).send({ ...letter, sender, subject: 'Hello\r\nBcc: z@evil.example' })
    const headers = content.slice(0, content.indexOf('')).filter((line) => /^\S/.test(line))
    expect(
      headers.filter((line) => /^(From|To|Subject|Bcc|Cc):/i.test(line)).map((line) => line.split(':')[0]),
    ).toEqual(['From', 'To', 'Subject'])
    expect(headers.find((line) => line.startsWith('From:'))).toMatch(/<no-reply@id\.example>$|=\?UTF-8\?/)
  })

  test('a recipient that is refused is that mail’s own trouble', async () => {
    const { port } = await start({ recipient: '550 5.1.1 unknown' })
    const error: unknown = await mailerFor(port)
      .send(letter)
      .catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(MailServerAwayError)
  })

  test('a server that is not there is no mail’s trouble', async () => {
    const { port, server } = await start()
    server.close()
    await once(server, 'close')
    await expect(mailerFor(port).send(letter)).rejects.toBeInstanceOf(MailServerAwayError)
  })

  test('a server that stops answering holds a mail up for so long and no longer', async () => {
    const { port } = await start({ recipient: 'nothing' })
    await expect(mailerFor(port, 200).send(letter)).rejects.toThrow('no answer within 200 ms')
  })
})
