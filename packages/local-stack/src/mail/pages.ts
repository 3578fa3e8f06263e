import type { CaughtMail } from './mailbox.ts'

/** The list of messages as a page, the newest first. */
export function listPage(mails: readonly CaughtMail[]): string {
  const rows = mails.map(
    ({ id, subject, envelope, receivedAt }) => `<tr>
<td><a href="/messages/${id}">${escapeHtml(subject || '(no subject)')}</a></td>
<td>${escapeHtml(envelope.to.join(', '))}</td>
<td><time datetime="${receivedAt}">${receivedAt.replace('T', ' ').slice(0, 19)}</time></td>
</tr>`,
  )
  const table = `<table>
<caption>The newest first; reload to see new ones.</caption>
<thead><tr><th scope="col">Subject</th><th scope="col">To</th><th scope="col">Received (UTC)</th></tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table>`
  return page('Caught mail', rows.length === 0 ? '<p>No message yet.</p>' : table)
}

/** One message as a page; its own HTML stands in a frame that cannot do anything. */
export function mailPage({ id, subject, from, envelope, receivedAt, text }: CaughtMail): string {
  const title = subject || '(no subject)'
  return page(
    title,
    `<p><a href="/">All messages</a></p>
<dl>
<dt>From</dt><dd>${escapeHtml(from)}</dd>
<dt>To</dt><dd>${escapeHtml(envelope.to.join(', '))}</dd>
<dt>Received</dt><dd><time datetime="${receivedAt}">${receivedAt}</time></dd>
</dl>
<h2>Message</h2>
<iframe src="/messages/${id}/html" title="The message as HTML" sandbox="allow-popups"></iframe>
<h2>As plain text</h2>
<pre>${escapeHtml(text ?? '')}</pre>`,
  )
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
caption, th, td { text-align: left; padding: 0.3rem 1rem 0.3rem 0; vertical-align: top; }
iframe { width: 100%; height: 24rem; border: 1px solid #767676; }
pre { white-space: pre-wrap; }
</style>
</head>
<body><main><h1>${escapeHtml(title)}</h1>
${body}
</main></body>
</html>
`
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
