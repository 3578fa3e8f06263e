import { describe, expect, test } from 'vitest'
import { openLogger } from './index.ts'

function logged(write: (log: ReturnType<typeof openLogger>) => void): string {
  const lines: string[] = []
  write(openLogger({ service: 'test', level: 'trace', stream: { write: (line) => void lines.push(line) } }))
  return lines.join('')
}

describe('what is logged', () => {
  test.each(['mlr_', 'mlo_', 'mlb_', 'mlf_', 'mlc_', 'mlk_', 'mls_'])(
    'C204: holds no token that begins with %s',
    (prefix) => {
      const token = `${prefix}${'0Az'.repeat(44)}`
      const text = logged((log) =>
        log.info({ url: `/reset?token=${token}`, deep: { token } }, `about ${token}`),
      )
      expect(text).not.toContain('0Az0Az')
      expect(text.match(/\[redacted\]/g)).toHaveLength(3)
    },
  )

  test('holds no JWT, no password of a connection and nobody’s address', () => {
    const text = logged((log) =>
      log.warn(
        'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c3IifQ.c2lnbmF0dXJl postgres://iam:hunter2@db.internal/iam 550 <ada.lovelace+x@acme.example>: no; büro@bücher.example',
      ),
    )
    expect(text).not.toMatch(/c2lnbmF0dXJl|hunter2|lovelace|büro/)
    expect(text).toContain('[address]')
  })

  test('tells of an error what it says, its code and where it came from, and nothing that it carries', () => {
    const cause = Object.assign(new Error('row refused'), {
      code: '23505',
      detail: 'Key (email)=(carried-1)',
    })
    const error = Object.assign(new Error('could not be stored', { cause }), {
      code: 'EFAILED',
      rejected: ['carried-2'],
      parameters: ['carried-3'],
      response: { body: 'carried-4' },
    })
    const text = logged((log) => log.error({ err: error }, 'A request failed'))
    expect(text).not.toContain('carried')
    expect(JSON.parse(text)).toMatchObject({
      severity: 'ERROR',
      err: { type: 'Error', code: 'EFAILED', message: expect.stringContaining('row refused') as string },
    })
    expect(text).toContain('open-logger.test.ts')
  })

  test('keeps the names of files of packages', () => {
    const path = 'at /x/node_modules/.pnpm/pino@10.4.0/node_modules/pino/lib.js:1:2 and @iam/domain@0.1.0'
    expect(logged((log) => log.info(path))).toContain(path)
  })
})
