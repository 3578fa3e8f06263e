import { debianProgram } from '@iam/local-stack/debian'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

/** A real Chromium, Debian's, which reaches this machine and nothing else. */
export interface TestBrowser {
  readonly browser: Browser
  readonly close: () => Promise<void>
}

/** Starts one. Refuses in one sentence when none can be had. */
export async function openBrowser(): Promise<TestBrowser> {
  const { path, env } = await debianProgram('chromium-headless-shell')
  const home = mkdtempSync(join(tmpdir(), 'iam-browser-'))
  const browser = await chromium.launch({
    executablePath: path,
    timeout: 120_000,
    env: { ...env, ...fontsBeside(path, home), HOME: home, PATH: '/usr/bin:/bin' },
    args: [
      // Its sandbox needs rights that root in a container does not have, and all that it is shown here is ours.
      '--no-sandbox',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ],
  })
  const close = async () => {
    await browser.close()
    rmSync(home, { recursive: true, force: true })
  }
  return { browser, close }
}

/** A fetched browser is told where the fonts are that were fetched with it: the machine may have none. */
function fontsBeside(path: string, home: string): Record<string, string> {
  const fonts = join(dirname(path), '../../share/fonts')
  if (!existsSync(fonts)) return {}
  const file = join(home, 'fonts.conf')
  writeFileSync(
    file,
    `<?xml version="1.0"?><fontconfig><dir>${fonts}</dir><cachedir>${join(home, 'fonts')}</cachedir></fontconfig>`,
  )
  return { FONTCONFIG_FILE: file }
}
