import { once } from 'node:events'
import { type AddressInfo, type Socket, connect } from 'node:net'
import type { Server } from 'node:http'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CaughtMail, Mailbox, mailServer, smtpServer } from './index.ts'

describe('the mail catcher', () => {
  let smtp: ReturnType<typeof smtpServer>
  let http: Server
  let mailbox: Mailbox
  let web: string
  beforeEach(async () => {
    mailbox = new Mailbox()
    smtp = smtpServer(mailbox)
    http = mailServer(mailbox)
    await Promise.all([
      once(smtp.listen(0, '127.0.0.1'), 'listening'),
      once(http.listen(0, '127.0.0.1'), 'listening'),
    ])
    web = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  })
  afterEach(() => {
    smtp.close()
    http.close()
    http.closeAllConnections()
  })

  it('lists what was sent, the newest first', async () => {
    await send('ann@acme.example', message({ subject: 'First' }))
    await send('bob@acme.example', message({ subject: '=?utf-8?q?Gr=C3=BC=C3=9Fe?=' }))

    const listed = await json<CaughtMail[]>('/messages')

    expect(listed.map(({ subject, envelope }) => [subject, envelope.to])).toEqual([
      ['Grüße', ['bob@acme.example']],
      ['First', ['ann@acme.example']],
    ])
  })

  it('lists only the messages for one recipient, also a hidden one', async () => {
    await send('ann@acme.example', message({ to: 'list@acme.example' }))
    await send('bob@acme.example', message({ to: 'list@acme.example' }))

    const listed = await json<CaughtMail[]>('/messages?to=Ann@acme.example')

    expect(listed.map(({ envelope, to }) => [envelope.to, to])).toEqual([
      [['ann@acme.example'], ['list@acme.example']],
    ])
  })

  it('shows a message with its headers and both of its forms', async () => {
    await send(
      'ann@acme.example',
      message({ subject: 'Both', type: 'multipart/alternative; boundary=b', extra: 'X-Tenant: acme' }, [
        '--b',
        'Content-Type: text/plain',
        '',
        'plain words',
        '--b',
        'Content-Type: text/html',
        '',
        '<p>rich words</p>',
        '--b--',
      ]),
    )
    const [listed] = await json<CaughtMail[]>('/messages')

    const mail = await json<CaughtMail>(`/messages/${listed?.id}`)
    const html = await fetch(`${web}/messages/${listed?.id}/html`)

    expect(mail.text?.trim()).toBe('plain words')
    expect(mail.headers).toContainEqual({ name: 'x-tenant', value: 'acme' })
    expect((await html.text()).trim()).toBe('<p>rich words</p>')
    expect(html.headers.get('content-security-policy')).toMatch(/^sandbox .*default-src 'none'/)
  })

  it('shows pages on which nothing from a message is markup', async () => {
    await send(
      'ann@acme.example',
      message({ subject: '<script>alert(1)</script>' }, ['<script>alert(2)</script>']),
    )
    const [listed] = await json<CaughtMail[]>('/messages')

    const list = await (await fetch(web)).text()
    const one = await (
      await fetch(`${web}/messages/${listed?.id}`, { headers: { accept: 'text/html' } })
    ).text()

    expect(list).toContain('&lt;script&gt;alert(1)')
    expect(one).toContain('&lt;script&gt;alert(2)')
    expect(list + one).not.toContain('<script')
  })

  it('forgets everything when asked to', async () => {
    await send('ann@acme.example', message({}))

    expect((await fetch(`${web}/messages`, { method: 'DELETE' })).status).toBe(204)

    expect(await json('/messages')).toEqual([])
    expect(await (await fetch(web)).text()).toContain('No message yet.')
  })

  it('keeps the last 500 messages', async () => {
    for (let number = 1; number <= 501; number += 1) {
      await mailbox.add(Buffer.from(message({ subject: `Number ${number}` })), {
        from: '',
        to: ['a@b.example'],
      })
    }

    expect(
      mailbox
        .list()
        .map(({ subject }) => subject)
        .at(-1),
    ).toBe('Number 2')
    expect(mailbox.list()).toHaveLength(500)
  })

  it('answers 404 for a message that is not there', async () => {
    expect((await fetch(`${web}/messages/0123456789abcdef`)).status).toBe(404)
    expect((await fetch(`${web}/elsewhere`)).status).toBe(404)
  })

  async function json<T>(path: string): Promise<T> {
    return (await (await fetch(web + path)).json()) as T
  }

  async function send(to: string, mail: string): Promise<void> {
    const socket = connect((smtp.server.address() as AddressInfo).port, '127.0.0.1')
    for (const [expected, line] of [
      ['220', 'EHLO test'],
      ['250', 'MAIL FROM:<sender@acme.example>'],
      ['250', `RCPT TO:<${to}>`],
      ['250', 'DATA'],
      ['354', `${mail}\r\n.`],
      ['250', 'QUIT'],
    ] as const) {
      expect(await reply(socket)).toMatch(new RegExp(`^${expected}`))
      socket.write(`${line}\r\n`)
    }
    await once(socket, 'close')
  }
})

function message(
  { subject = 'Subject', to = 'ann@acme.example', type = 'text/plain', extra = 'X-Extra: 1' },
  body: string[] = ['Hello'],
): string {
  const head = [
    `From: sender@acme.example`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Content-Type: ${type}`,
    extra,
  ]
  return [...head, '', ...body].join('\r\n')
}

/** The last line of the server's reply, which has a space after its code. */
async function reply(socket: Socket): Promise<string> {
  for await (const line of createInterface({ input: socket })) if (line[3] === ' ') return line
  return ''
}
